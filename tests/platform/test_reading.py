"""What a message says, in both profiles, in every encoding, with attachments (platform.md §3, §4, §8; §24 rows 22–30;
§25 rows 9, 10, 15).

Where the safer reading differs from the real platform's, both are shown.
"""

import gzip
import re

import pytest

from conformance.gateway.producers import replies
from tests.people import ANNA
from tests.platform.letter import a_fault, check_headers, detail_of
from tests.platform.messages import (
    ADDRESSING,
    ANSWER,
    GET,
    REGISTRY,
    REGISTRY_2,
    SOAP,
    SOAP_12,
    a_message,
    a_message_20,
    an_envelope,
    header_20,
    header_21,
    payload,
)
from tests.platform.world import Gateway, World

NOWHERE = f"No receiverId (logical address) found for serviceNamespace: {GET}, receiverId: "
NO_MTOM_ENVELOPE = "Inkommande begäran är ej korrekt utformat och kan därför inte behandlas."


def addressed(header: str, body: str = payload()) -> bytes:
    return an_envelope(header, body).encode()


# Reading (§3)


def test_3_the_message_goes_on_untouched(gateway: Gateway) -> None:
    """platform.md §4.2, the row of equal profiles; DESIGN decision 6."""
    body = a_message(content="<!-- c --><a  b='1'/><?pi x?><![CDATA[<]]>&#229;\r\n")
    assert gateway.seen(gateway.call(body)).body == body


@pytest.mark.parametrize("header", [header_21("A", REGISTRY_2), header_21("A", "urn:any")], ids=["registry 2", "any"])
def test_25_row_9_the_namespace_of_the_address_is_not_looked_at(like_skltp: Gateway, header: str) -> None:
    """platform.md §25 row 9, §3, §4.1."""
    assert like_skltp.call(addressed(header)).status == 200


def test_4_1_the_address_of_the_second_registry_is_one(by_default: Gateway) -> None:
    """platform.md §4.1: contracts of the registry domain's version 2 use it."""
    assert by_default.call(addressed(header_21("A", REGISTRY_2))).status == 200


@pytest.mark.parametrize(
    "body",
    [
        a_message().replace(SOAP.encode(), b"urn:any:envelope"),
        f"<Envelope><Header><LogicalAddress>A</LogicalAddress></Header><Body>{payload()}</Body></Envelope>".encode(),
    ],
    ids=["of another namespace", "of none"],
)
def test_25_row_9_nor_is_that_of_the_envelope(like_skltp: Gateway, by_default: Gateway, body: bytes) -> None:
    """platform.md §25 row 9, §3: local names alone count; by default an envelope is a SOAP 1.1 envelope."""
    assert like_skltp.call(body).status == 200
    detail_of(by_default.call(body), "VP015")


def test_3_soap_1_2_is_not_told_apart_on_the_way_in(like_skltp: Gateway) -> None:
    """platform.md §3, the last paragraph: and faults are SOAP 1.1 all the same."""
    body = an_envelope(header_21("A"), payload(), SOAP_12).encode()
    assert like_skltp.call(body).status == 200
    nowhere = an_envelope(header_21("NOWHERE"), payload(), SOAP_12).encode()
    assert detail_of(like_skltp.call(nowhere), "VP004") == f"{NOWHERE}NOWHERE"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (header_21("A") + header_21("LAST"), "LAST"),
        (header_21("A") + header_20("LAST"), "LAST"),
        (f"<x:Other xmlns:x='urn:x'>{header_21('NESTED')}</x:Other>", "NESTED"),
        (header_21("A") + f"<x:Other xmlns:x='urn:x'>{header_20('NESTED')}</x:Other>", "NESTED"),
    ],
    ids=["the last one", "of either kind", "nested", "nested and last"],
)
def test_25_row_10_the_last_address_wins_at_any_depth(like_skltp: Gateway, header: str, found: str) -> None:
    """platform.md §25 row 10, §3."""
    assert detail_of(like_skltp.call(addressed(header)), "VP004") == NOWHERE + found


def test_25_row_10_by_default_an_address_is_a_child_of_the_header(by_default: Gateway) -> None:
    """platform.md §25 row 10."""
    nested = f"<x:Other xmlns:x='urn:x'>{header_21('A')}</x:Other>"
    detail_of(by_default.call(addressed(nested)), "VP003")


@pytest.mark.parametrize(
    ("content", "found"),
    [("<!--COMMENT-->LAST", "COMMENT"), ("FIRST<!-- -->LAST", "FIRST"), ("FIRST<![CDATA[LAST]]>", "FIRST")],
    ids=["a comment before", "a comment within", "CDATA within"],
)
def test_3_only_the_first_piece_of_the_address_is_read(like_skltp: Gateway, content: str, found: str) -> None:
    """platform.md §3 [D]: of a comment before the text, the comment's own text."""
    detail = detail_of(like_skltp.call(addressed(header_21(content))), "VP004")
    assert detail == NOWHERE + found


def test_3_a_child_in_the_address_is_an_internal_error(like_skltp: Gateway) -> None:
    """platform.md §3 [D], §12.4: a fault string without a code."""
    reply = like_skltp.call(addressed(header_21("<x/>A")))
    assert reply.status == 500
    check_headers(reply)
    assert not re.search(r"<faultstring>VP\d\d\d", reply.body.decode())
    assert "<faultcode>SOAP-ENV:Server</faultcode>" in reply.body.decode()


def test_3_the_header_is_switched_on_and_never_off(like_skltp: Gateway) -> None:
    """platform.md §3, the first row: an address between Header and Body counts."""
    body = a_message().replace(b"</soap:Header>", b"</soap:Header><To>LATE</To>")
    assert detail_of(like_skltp.call(body), "VP004") == f"{NOWHERE}LATE"


def test_3_what_breaks_after_the_first_element_is_not_noticed(like_skltp: Gateway) -> None:
    """platform.md §3: the bytes go on as they are."""
    body = a_message().replace(b"</soap:Body>", b"<broken")
    assert like_skltp.seen(like_skltp.call(body)).body == body


def test_3_by_default_a_message_is_well_formed_to_its_end(by_default: Gateway) -> None:
    """The safer reading: what a producer could not read does not reach it."""
    detail_of(by_default.call(a_message().replace(b"</soap:Body>", b"<broken")), "VP015")


# VP015


@pytest.mark.parametrize(
    "body",
    [b"", b" \r\n ", b"<Soap", b"hello", a_message().replace(b"<soap:Body>", b"<soap:Body sss>"),
     a_message().replace(b"<soap:Body>", b"<soap:Body"), gzip.compress(a_message(), mtime=0)],
    ids=["empty", "blank", "cut", "text", "a broken Body tag", "an unclosed Body tag", "gzip"],
)  # fmt: skip
def test_24_row_25_what_cannot_be_read_is_vp015(gateway: Gateway, body: bytes) -> None:
    """platform.md §24 row 25, §3, §8, §12.2; the detail is the parser's own."""
    assert detail_of(gateway.call(body), "VP015") or not body.strip()


def test_3_the_detail_tells_where_it_broke_and_nothing_of_the_message(gateway: Gateway) -> None:
    """platform.md §3, the last paragraph: in the words of our own parser, with line and column."""
    body = a_message(content=f"<id>{ANNA.number}</id>").replace(b"<soap:Body>", b"<soap:Body", 1)
    detail = detail_of(gateway.call(body), "VP015")
    assert re.search(r"line \d+", detail), detail
    assert ANNA.number not in detail
    assert "GetThing" not in detail


TWO_BODIES = {
    "two_elements_in_the_body": an_envelope(header_21("A"), payload(GET) + payload("urn:riv:test:OtherResponder:1")),
    "after_blanks_and_a_comment": an_envelope(header_21("A"), f" <!-- x -->\n{payload(GET)}"),
}


@pytest.mark.parametrize("body", TWO_BODIES.values(), ids=TWO_BODIES.keys())
def test_3_the_first_element_in_the_body_tells_the_contract(like_skltp: Gateway, body: str) -> None:
    """platform.md §3: reading stops there."""
    assert like_skltp.call(body.encode()).status == 200


def test_3_the_first_body_anywhere_is_the_body_of_a_scan(like_skltp: Gateway, by_default: Gateway) -> None:
    """platform.md §3: the next element after it; by default the envelope's own child is the body."""
    hidden = f"{header_21('A')}<x:Body xmlns:x='urn:x'>{payload('urn:riv:test:OtherResponder:1')}</x:Body>"
    body = an_envelope(hidden, payload(GET)).encode()
    detail = detail_of(like_skltp.call(body), "VP004")
    assert "serviceNamespace: urn:riv:test:OtherResponder:1," in detail
    assert by_default.call(body).status == 200


# Profiles (§4)


def test_24_row_22_a_message_in_profile_2_0_is_rewritten_to_2_1(gateway: Gateway) -> None:
    """platform.md §24 row 22, §4.3."""
    seen = gateway.seen(gateway.call(a_message_20("A")))
    wanted = an_envelope(f'<wsa:LogicalAddress xmlns:wsa="{REGISTRY}">A</wsa:LogicalAddress>', payload())
    assert without_declaration(seen.body) == wanted


def test_24_row_23_a_message_in_profile_2_1_is_rewritten_to_2_0(gateway: Gateway) -> None:
    """platform.md §24 row 23, §4.3."""
    seen = gateway.seen(gateway.call(a_message("ROUTE-20")))
    wanted = an_envelope(f'<riv:To xmlns:riv="{ADDRESSING}">ROUTE-20</riv:To>', payload())
    assert without_declaration(seen.body) == wanted


def without_declaration(body: bytes) -> str:
    """The document; fails unless it begins with a declaration of UTF-8 (§4.3 rule 1)."""
    declaration, found, rest = body.decode("utf-8").partition("?>")
    assert found
    assert declaration.replace("'", '"').lower() == '<?xml version="1.0" encoding="utf-8"'
    return rest.lstrip("\n")


REWRITTEN = {
    "1_and_6_declaration_comments_and_instructions": (
        f'<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="{SOAP}" xmlns:add="{ADDRESSING}"><e:Header>'
        "<?gone x?><!--kept--><add:To>A</add:To></e:Header><e:Body>"
        f'<t:GetThing xmlns:t="{GET}"><![CDATA[1<2&]]>&#229;</t:GetThing></e:Body></e:Envelope><!--after-->',
        f'<e:Envelope xmlns:e="{SOAP}" xmlns:add="{REGISTRY}"><e:Header>'
        "<!--kept--><add:LogicalAddress>A</add:LogicalAddress></e:Header><e:Body>"
        f'<t:GetThing xmlns:t="{GET}">1&lt;2&amp;å</t:GetThing></e:Body></e:Envelope>',
    ),
    "2_every_element_of_the_namespace": (
        f'<e:Envelope xmlns:e="{SOAP}" xmlns:add="{ADDRESSING}"><e:Header><add:MessageID>m</add:MessageID>'
        "<add:To>A</add:To><add:ReplyTo><add:Address>x</add:Address></add:ReplyTo></e:Header><e:Body>"
        f'<t:GetThing xmlns:t="{GET}"/></e:Body></e:Envelope>',
        f'<e:Envelope xmlns:e="{SOAP}" xmlns:add="{REGISTRY}"><e:Header><add:MessageID>m</add:MessageID>'
        "<add:LogicalAddress>A</add:LogicalAddress><add:ReplyTo><add:Address>x</add:Address></add:ReplyTo></e:Header>"
        f'<e:Body><t:GetThing xmlns:t="{GET}"/></e:Body></e:Envelope>',
    ),
    "4_declared_on_the_header": (
        f'<e:Envelope xmlns:e="{SOAP}"><e:Header xmlns:add="{ADDRESSING}"><add:To>A</add:To></e:Header><e:Body>'
        f'<t:GetThing xmlns:t="{GET}"/></e:Body></e:Envelope>',
        f'<e:Envelope xmlns:e="{SOAP}"><e:Header xmlns:add="{REGISTRY}"><add:LogicalAddress>A</add:LogicalAddress>'
        f'</e:Header><e:Body><t:GetThing xmlns:t="{GET}"/></e:Body></e:Envelope>',
    ),
    "4_declared_as_the_default": (
        f'<e:Envelope xmlns:e="{SOAP}"><e:Header><To xmlns="{ADDRESSING}">A</To></e:Header><e:Body>'
        f'<t:GetThing xmlns:t="{GET}"/></e:Body></e:Envelope>',
        f'<e:Envelope xmlns:e="{SOAP}"><e:Header><LogicalAddress xmlns="{REGISTRY}">A</LogicalAddress></e:Header>'
        f'<e:Body><t:GetThing xmlns:t="{GET}"/></e:Body></e:Envelope>',
    ),
    "5_attributes_are_copied": (
        f'<e:Envelope xmlns:e="{SOAP}" xmlns:add="{ADDRESSING}"><e:Header><add:To e:mustUnderstand="0" e:actor="urn:x" '
        f'add:IsReference="true" id="1">A</add:To></e:Header><e:Body><t:GetThing xmlns:t="{GET}"/></e:Body></e:Envelope>',
        f'<e:Envelope xmlns:e="{SOAP}" xmlns:add="{REGISTRY}"><e:Header><add:LogicalAddress e:mustUnderstand="0" '
        f'e:actor="urn:x" add:IsReference="true" id="1">A</add:LogicalAddress></e:Header><e:Body>'
        f'<t:GetThing xmlns:t="{GET}"/></e:Body></e:Envelope>',
    ),
    "2_and_4_declared_on_the_body": (
        f'<e:Envelope xmlns:e="{SOAP}"><e:Header><a:To xmlns:a="{ADDRESSING}">A</a:To></e:Header>'
        f'<e:Body xmlns:b="{ADDRESSING}"><t:GetThing xmlns:t="{GET}"><b:Action>x</b:Action></t:GetThing></e:Body>'
        "</e:Envelope>",
        f'<e:Envelope xmlns:e="{SOAP}"><e:Header><a:LogicalAddress xmlns:a="{REGISTRY}">A</a:LogicalAddress></e:Header>'
        f'<e:Body xmlns:b="{ADDRESSING}"><t:GetThing xmlns:t="{GET}"><b:Action xmlns:b="{REGISTRY}">x</b:Action>'
        "</t:GetThing></e:Body></e:Envelope>",
    ),
    "3_what_was_in_the_new_namespace_already": (
        f'<e:Envelope xmlns:e="{SOAP}" xmlns:n="{REGISTRY}"><e:Header><a:To xmlns:a="{ADDRESSING}">A</a:To></e:Header>'
        f'<e:Body><t:GetThing xmlns:t="{GET}"><n:To>x</n:To><To>y</To></t:GetThing></e:Body></e:Envelope>',
        f'<e:Envelope xmlns:e="{SOAP}" xmlns:n="{REGISTRY}"><e:Header><a:LogicalAddress xmlns:a="{REGISTRY}">A'
        f'</a:LogicalAddress></e:Header><e:Body><t:GetThing xmlns:t="{GET}"><n:LogicalAddress>x</n:LogicalAddress>'
        "<To>y</To></t:GetThing></e:Body></e:Envelope>",
    ),
    "5_other_declarations_are_copied_needed_or_not": (
        f'<e:Envelope xmlns:e="{SOAP}" xmlns:unused="urn:unused"><e:Header><a:To xmlns:a="{ADDRESSING}">A</a:To></e:Header>'
        f'<e:Body><t:GetThing xmlns:t="{GET}" xmlns:u="urn:u"><id u:kind="t:x" xml:lang="sv">1</id></t:GetThing></e:Body>'
        "</e:Envelope>",
        f'<e:Envelope xmlns:e="{SOAP}" xmlns:unused="urn:unused"><e:Header><a:LogicalAddress xmlns:a="{REGISTRY}">A'
        f'</a:LogicalAddress></e:Header><e:Body><t:GetThing xmlns:t="{GET}" xmlns:u="urn:u">'
        '<id u:kind="t:x" xml:lang="sv">1</id></t:GetThing></e:Body></e:Envelope>',
    ),
    "contract_and_actor_stay": (
        f'<e:Envelope xmlns:e="{SOAP}"><e:Header><a:To xmlns:a="{ADDRESSING}">A</a:To>'
        '<i:Actor xmlns:i="urn:riv:interoperability:headers:1"><i:actorId>x</i:actorId></i:Actor></e:Header>'
        f'<e:Body><t:GetThing xmlns:t="{GET}"/></e:Body></e:Envelope>',
        f'<e:Envelope xmlns:e="{SOAP}"><e:Header><a:LogicalAddress xmlns:a="{REGISTRY}">A</a:LogicalAddress>'
        '<i:Actor xmlns:i="urn:riv:interoperability:headers:1"><i:actorId>x</i:actorId></i:Actor></e:Header>'
        f'<e:Body><t:GetThing xmlns:t="{GET}"/></e:Body></e:Envelope>',
    ),
}


@pytest.mark.parametrize(("sent", "wanted"), REWRITTEN.values(), ids=REWRITTEN.keys())
def test_4_3_the_rules_of_the_rewrite(gateway: Gateway, sent: str, wanted: str) -> None:
    """platform.md §4.3, by the number of the rule."""
    seen = gateway.seen(gateway.call(sent.encode()))
    assert collapsed(without_declaration(seen.body)) == collapsed(wanted)


@pytest.mark.parametrize(("sent", "wanted"), REWRITTEN.values(), ids=REWRITTEN.keys())
def test_4_3_the_other_way_is_the_same_with_the_two_profiles_exchanged(
    gateway: Gateway, sent: str, wanted: str
) -> None:
    """platform.md §4.3, the last paragraph: the reverse is symmetric."""
    to_route_20 = [exchanged(one).replace(">A<", ">ROUTE-20<").replace(">A</", ">ROUTE-20</") for one in (sent, wanted)]
    seen = gateway.seen(gateway.call(to_route_20[0].encode()))
    assert collapsed(without_declaration(seen.body)) == collapsed(to_route_20[1])


def exchanged(text: str) -> str:
    """The same message with the two profiles exchanged."""
    other = {ADDRESSING: REGISTRY, REGISTRY: ADDRESSING, "LogicalAddress": "To", "To": "LogicalAddress"}
    return re.sub(
        f"{ADDRESSING}|{REGISTRY}|LogicalAddress|(?<=[:<])To(?=[ />])|\\bTo(?=>)", lambda one: other[one[0]], text
    )


def test_4_3_no_actor_is_added_and_the_contract_stays(gateway: Gateway) -> None:
    """platform.md §4.3: version 1.0 of a domain has none, and shares its contract's namespace."""
    seen = gateway.seen(gateway.call(a_message_20("A")))
    assert b"Actor" not in seen.body
    assert seen.body.count(GET.encode()) == 1


def collapsed(text: str) -> str:
    """With the two ways of writing an empty element made one."""
    return re.sub(r"<([\w:]+)([^<>]*?)></\1>", r"<\1\2/>", text)


def test_4_3_answers_are_never_rewritten(gateway: Gateway) -> None:
    """platform.md §4.3."""
    answer = a_message("A")
    assert gateway.call(a_message_20("A"), (), replies("200 OK", answer)).body == answer


def test_4_3_what_cannot_be_rewritten_is_vp012(like_skltp: Gateway) -> None:
    """platform.md §4.3, §12.2."""
    broken = a_message_20("A").replace(b"</soap:Body>", b"<broken")
    assert detail_of(like_skltp.call(broken), "VP012")


@pytest.mark.parametrize(
    ("body", "profile"), [(a_message("ROUTE-99"), "rivtabp21"), (a_message_20("ROUTE-99"), "rivtabp20")]
)
def test_24_row_24_another_profile_cannot_be_reached(gateway: Gateway, body: bytes, profile: str) -> None:
    """platform.md §24 row 24, §4.2, §12.2: the detail names the incoming profile."""
    detail = detail_of(gateway.call(body), "VP005")
    assert detail == f"No receiverId (logical address) with matching Riv-version found for {profile}"


def test_4_2_the_profiles_of_routes_ignore_letter_case(gateway: Gateway) -> None:
    """platform.md §4.2."""
    body = a_message("LOWER-PROFILE")
    assert gateway.seen(gateway.call(body)).body == body


# Character sets (§8)

ENCODED = {
    "UTF-16 with a mark": ("utf-16", 'encoding="UTF-16"'),
    "UTF-16LE": ("utf-16-le", 'encoding="UTF-16LE"'),
    "UTF-16BE": ("utf-16-be", 'encoding="UTF-16BE"'),
    "ISO-8859-1": ("iso-8859-1", 'encoding="ISO-8859-1"'),
    "windows-1252": ("windows-1252", 'encoding="windows-1252"'),
}


def encoded(codec: str, declared: str) -> bytes:
    return f'<?xml version="1.0" {declared}?>{a_message(content="<id>Åre</id>").decode()}'.encode(codec)


@pytest.mark.parametrize(("codec", "declared"), ENCODED.values(), ids=ENCODED.keys())
def test_24_row_26_a_producer_gets_utf_8_and_the_consumer_its_own(gateway: Gateway, codec: str, declared: str) -> None:
    """platform.md §24 row 26, §8."""
    reply = gateway.call(encoded(codec, declared))
    seen = gateway.seen(reply)
    assert "Åre" in without_declaration(seen.body)
    name = re.search('"(.*)"', declared)[1]
    assert reply.header("content-type").lower() == f"text/xml; charset={name}".lower()
    assert "Åre, 1 &lt; 2" in reply.body.decode(codec)
    assert reply.status == 200


@pytest.mark.parametrize("charset", ["UTF-16", "utf-16"])
def test_8_the_charset_of_the_content_type_opens_the_message(gateway: Gateway, charset: str) -> None:
    """platform.md §8: without a declaration in the XML."""
    body = a_message(content="<id>Åre</id>").decode().encode("utf-16")
    reply = gateway.call(body, {"Content-Type": f"text/xml; charset={charset}"})
    assert "Åre".encode() in gateway.seen(reply).body
    assert reply.header("content-type").lower() == "text/xml; charset=utf-16"


@pytest.mark.parametrize(
    ("declaration", "content_type"),
    [('<?xml version="1.0" encoding="UTF-16"?>', "text/xml"), ("", "text/xml; charset=UTF-16")],
    ids=["in the prolog", "in the header"],
)
def test_24_row_27_what_says_utf_16_and_is_utf_8_is_read(gateway: Gateway, declaration: str, content_type: str) -> None:
    """platform.md §24 row 27, §8: a second attempt works."""
    reply = gateway.call(declaration.encode() + a_message(), {"Content-Type": content_type})
    assert reply.status == 200
    assert len(gateway.attempts(reply)) == 1


def test_2_step_12_what_cannot_be_converted_is_vp009_when_it_was_only_scanned(
    like_skltp: Gateway, by_default: Gateway
) -> None:
    """platform.md §2 step 12: it breaks after the part that was read; by default all of it was."""
    broken = a_message().decode().replace("</soap:Body>", "<broken").encode("utf-16")
    detail_of(like_skltp.call(broken), "VP009")
    detail_of(by_default.call(broken), "VP015")


def test_8_a_fault_is_utf_8_whatever_the_request_was(gateway: Gateway) -> None:
    """platform.md §8: an error raised before step 12."""
    body = a_message("NOWHERE").decode().encode("utf-16")
    reply = gateway.call(body, {"Content-Type": "text/xml; charset=UTF-16"})
    assert detail_of(reply, "VP004") == f"{NOWHERE}NOWHERE"


def test_8_utf_8_is_not_touched_and_told(gateway: Gateway) -> None:
    """platform.md §8, the first row; a mark before it is kept."""
    body = b"\xef\xbb\xbf" + b'<?xml version="1.0" encoding="utf-8"?>' + a_message(content="<id>Åre</id>")
    reply = gateway.call(body)
    assert gateway.seen(reply).body == body
    assert reply.header("content-type") == "text/xml; charset=UTF-8"


# Attachments (§8)

INCLUDE = "<xop:Include xmlns:xop='http://www.w3.org/2004/08/xop/include' href='cid:a'/>"


def mtom(*parts: bytes) -> bytes:
    head = b'Content-Type: application/xop+xml; charset=UTF-8; type="text/xml"\r\nContent-ID: <root>\r\n\r\n'
    rows = [
        b"\r\n--b\r\n" + (head if number == 0 else b"Content-ID: <a>\r\n\r\n") + part
        for number, part in enumerate(parts)
    ]
    return b"".join(rows) + b"\r\n--b--\r\n"


MTOM = {"Content-Type": 'multipart/related; type="Application/XOP+xml"; boundary="b"; start="<root>"'}


def test_24_row_28_the_real_platform_drops_attachments(like_skltp: Gateway) -> None:
    """platform.md §24 row 28, §25 row 15, §8: the producer gets the XML part as text/xml."""
    body = a_message(content=INCLUDE)
    reply = like_skltp.call(mtom(body, b"\x00binary"), MTOM)
    seen = like_skltp.seen(reply)
    assert seen.body == body
    assert seen.header("content-type") == "text/xml;charset=UTF-8"
    assert reply.status == 200


def test_25_row_15_by_default_a_message_with_attachments_is_refused(by_default: Gateway) -> None:
    """platform.md §25 row 15."""
    assert "attachment" in detail_of(by_default.call(mtom(a_message(content=INCLUDE), b"\x00"), MTOM), "VP015")


def test_8_a_multipart_message_without_attachments_is_the_message(gateway: Gateway) -> None:
    """platform.md §8."""
    assert gateway.seen(gateway.call(mtom(a_message()), MTOM)).body == a_message()


@pytest.mark.parametrize("prefix", ["soap", "SOAP-ENV", "s1"])
def test_8_the_envelope_is_found_with_any_prefix(gateway: Gateway, prefix: str) -> None:
    """platform.md §8: from its first opening to its last closing tag; by default nothing else may be there."""
    body = a_message().replace(b"soap:", f"{prefix}:".encode()).replace(b"xmlns:soap=", f"xmlns:{prefix}=".encode())
    assert gateway.seen(gateway.call(mtom(body), MTOM)).body == body
    if gateway.is_skltp:
        around = b"--b\r\nContent-Type: application/xop+xml\r\n\r\nbefore " + body + b" after\r\n--b--"
        assert gateway.seen(gateway.call(around, MTOM)).body == body


def test_8_the_envelopes_name_is_found_in_any_letter_case(like_skltp: Gateway) -> None:
    """platform.md §8: "Envelope in any letter case"."""
    body = a_message().replace(b"soap:Envelope", b"soap:ENVELOPE")
    assert like_skltp.seen(like_skltp.call(mtom(body), MTOM)).body == body


def test_8_multipart_without_a_prefixed_envelope_is_vp015(like_skltp: Gateway, by_default: Gateway) -> None:
    """platform.md §8: with the Swedish sentence."""
    bare = a_message().replace(b"soap:", b"").replace(b"xmlns:soap", b"xmlns")
    assert detail_of(like_skltp.call(mtom(bare), MTOM), "VP015") == NO_MTOM_ENVELOPE
    assert detail_of(like_skltp.call(b"", MTOM), "VP015")
    detail_of(by_default.call(mtom(b"nothing"), MTOM), "VP015")


def test_8_multipart_without_the_mark_of_mtom_is_no_xml(gateway: Gateway) -> None:
    """platform.md §8."""
    told = {"Content-Type": 'multipart/related; type="text/xml"; boundary="b"'}
    detail_of(gateway.call(mtom(a_message()), told), "VP015")


# Sizes (§14.4)


def test_24_row_29_ten_megabytes_are_carried(gateway: Gateway) -> None:
    """platform.md §24 row 29."""
    body = a_message(content=f"<id>{'x' * 10_000_000}</id>")
    reply = gateway.call(body)
    assert reply.status == 200
    assert gateway.seen(reply).body == body


def test_14_4_one_node_may_be_as_large_as_a_message(gateway: Gateway) -> None:
    """platform.md §14.4 [D]: a comment before the body's first element is no other than a text in it."""
    body = a_message().replace(b"<soap:Body>", b"<!--" + b"x" * 10_500_000 + b"--><soap:Body>")
    reply = gateway.call(body)
    assert reply.status == 200
    assert len(gateway.seen(reply).body) > 10_500_000


def test_24_row_30_the_real_platform_answers_413_without_a_body(world: World) -> None:
    """platform.md §24 row 30, §14.4 [D]."""
    gateway = world.start("skltp", {"vp.max.receive.length": "20000"})
    assert gateway.call(a_message(content="x" * 15_000)).status == 200
    reply = gateway.call(a_message(content="x" * 20_000))
    assert (reply.status, reply.body) == (413, b"")


def test_24_row_30_by_default_a_message_above_the_limit_is_vp015(world: World) -> None:
    """A fault says what a bare 413 does not."""
    gateway = world.start("tidbro", {"vp.max.receive.length": "20000"})
    assert "20000" in detail_of(gateway.call(a_message(content="x" * 20_000)), "VP015")


def test_14_4_an_answer_above_the_limit_ends_the_call(world: World) -> None:
    """platform.md §14.4, §12.4 [D]: a fault string without a code on the real platform, VP009 by default."""
    large = replies("200 OK", b"x" * 20_001)
    real = world.start("skltp", {"vp.max.receive.length": "20000"}).call(None, (), large)
    assert real.status == 500
    assert b"<faultstring>VP" not in real.body
    ours = world.start("tidbro", {"vp.max.receive.length": "20000"}).call(None, (), large)
    detail_of(ours, "VP009")


def test_12_1_a_fault_is_written_as_the_platform_writes_it(gateway: Gateway) -> None:
    """platform.md §12.1: no declaration, no indentation, the prefix SOAP-ENV; whole, as it is on the wire."""
    reply = gateway.call(a_message("NOWHERE&lt;&amp;&gt;"))
    sentence = (
        "VP004 [Blackbox] Det finns inget vägval i tjänsteadresseringskatalogen som matchar anropets logiska adressat "
        "(ReceiverId) och tjänstekontrakt. Kontrollera uppgifterna i anropet och vid behov, beställ konfigurering i "
        "aktuell tjänsteplattform."
    )
    assert reply.body.decode() == a_fault("Client", sentence, f"{NOWHERE}NOWHERE<&>")
    assert ANSWER not in reply.body

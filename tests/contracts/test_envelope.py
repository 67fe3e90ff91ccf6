"""contracts/envelope.py: header and body out of an envelope, and envelopes into bytes (platform.md §3, §4.1, §12.1)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import envelope, xml
from contracts.errors import MessageUnreadable
from contracts.identifiers import HsaId
from contracts.scheduling import Actor, ActorType
from tests.people import ANNA

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
REGISTRY = "urn:riv:itintegration:registry:1"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
ACTOR = "urn:riv:interoperability:headers:1"
CONTRACT = "urn:riv:crm:scheduling:MakeBookingResponder:1"


def an_envelope(header: str = "", body: str = f'<MakeBooking xmlns="{CONTRACT}"/>', namespace: str = SOAP) -> bytes:
    return (
        f'<e:Envelope xmlns:e="{namespace}"><e:Header>{header}</e:Header><e:Body>{body}</e:Body></e:Envelope>'.encode()
    )


def address(text: str, name: str = "LogicalAddress", namespace: str = REGISTRY) -> str:
    return f'<{name} xmlns="{namespace}">{text}</{name}>'


def read_address(header: str) -> tuple[str | None, str | None]:
    message = envelope.read(an_envelope(header))
    return message.profile, message.logical_address


def test_a_message_is_read_as_far_as_routing_needs() -> None:
    message = envelope.read(an_envelope(address("SE123")))
    assert (message.profile, message.logical_address) == ("rivtabp21", "SE123")
    assert (message.contract, message.interaction, message.encoding) == (CONTRACT, "MakeBooking", "UTF-8")


def test_the_address_element_tells_the_profile() -> None:
    """platform.md §4.1."""
    assert read_address(address("SE123", "To", ADDRESSING)) == ("rivtabp20", "SE123")


@pytest.mark.parametrize(
    ("element", "namespace", "profile"),
    [
        ("LogicalAddress", "urn:riv:infrastructure:itintegration:registry:2", "rivtabp21"),
        ("LogicalAddress", "", "rivtabp21"),
        ("To", "urn:anything", "rivtabp20"),
    ],
)
def test_only_local_names_are_compared(element: str, namespace: str, profile: str) -> None:
    """platform.md §3; §25 row 9: the lenient mode."""
    assert read_address(address("SE123", element, namespace)) == (profile, "SE123")


def test_of_several_addresses_the_last_counts() -> None:
    """platform.md §3; §25 row 10."""
    both = address("SE1") + address("SE2", "To", ADDRESSING)
    assert read_address(both) == ("rivtabp20", "SE2")


def test_an_address_deeper_than_a_child_of_header_does_not_count() -> None:
    """platform.md §25 row 10, the strict reading."""
    nested = f'<x:Other xmlns:x="urn:x">{address("SE2")}</x:Other>'
    assert read_address(address("SE1") + nested) == ("rivtabp21", "SE1")
    assert read_address(nested) == (None, None)


def test_header_blocks_come_in_any_order_and_unknown_ones_are_passed_over() -> None:
    unknown = '<x:Thing xmlns:x="urn:x" e:mustUnderstand="0">text</x:Thing>'
    actor = f'<Actor xmlns="{ACTOR}"><actorId>{ANNA.number}</actorId><actorType>subject_of_care</actorType></Actor>'
    for header in (unknown + actor + address("SE1"), address("SE1") + actor + unknown):
        message = envelope.read(an_envelope(header))
        assert message.logical_address == "SE1"
        assert envelope.read_actor(message) == ANNA.actor


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "<!-- only a comment -->"])
def test_an_address_of_blanks_is_none(text: str) -> None:
    """platform.md §3: VP003 follows."""
    assert read_address(address(text)) == ("rivtabp21", None)


@pytest.mark.parametrize("text", [" SE123", "SE123 ", "SE 123", "\nSE123"])
def test_an_address_keeps_its_blanks(text: str) -> None:
    """platform.md §3: VP004 with a hint about white space follows."""
    assert read_address(address(text))[1] == text


@pytest.mark.parametrize("text", ["SE<![CDATA[12]]>3", "S<!-- c -->E123", "<?pi?>SE123"])
def test_an_address_in_pieces_is_read_whole(text: str) -> None:
    """platform.md §3 says [D] that only the first piece counts; no piece may hide the rest here."""
    assert read_address(address(text))[1] == "SE123"


@pytest.mark.parametrize(
    "data",
    [
        b"<a/>",
        f'<e:Envelope xmlns:e="{SOAP}"/>'.encode(),
        f'<e:Envelope xmlns:e="{SOAP}"><e:Header/></e:Envelope>'.encode(),
        an_envelope(body=""),
        an_envelope(body="text alone <!-- and a comment -->"),
    ],
)
def test_without_an_element_in_the_body_there_is_no_contract(data: bytes) -> None:
    """platform.md §3: VP003, or VP004 with serviceNamespace null, follows."""
    message = envelope.read(data)
    assert (message.contract, message.interaction, message.payload) == (None, None, None)


def test_an_element_without_a_namespace_has_no_contract() -> None:
    message = envelope.read(an_envelope(body="<MakeBooking/>"))
    assert (message.contract, message.interaction) == (None, "MakeBooking")


def test_the_first_of_several_body_elements_tells_the_contract() -> None:
    message = envelope.read(an_envelope(body=f'<!-- c --><A xmlns="{CONTRACT}"/><B xmlns="urn:other"/>'))
    assert (message.contract, message.interaction) == (CONTRACT, "A")


def test_what_is_not_xml_is_unreadable() -> None:
    with pytest.raises(MessageUnreadable):
        envelope.read(b"hello")


# Scanning, as the real platform reads


def scanned(header: str, body: str = f'<MakeBooking xmlns="{CONTRACT}"/>') -> tuple[str | None, str | None, str | None]:
    message = envelope.scan(an_envelope(header, body))
    return message.profile, message.logical_address, message.contract


def test_an_ordinary_message_is_scanned_as_it_is_read() -> None:
    for data in (
        an_envelope(address("SE123")),
        an_envelope(address("SE123", "To", ADDRESSING)),
        b"\xef\xbb\xbf" + an_envelope(address("SE1")),
    ):
        assert envelope.scan(data) == envelope.read(data)


@pytest.mark.parametrize(
    "header",
    [f"<x>{address('SE1')}</x>", f"<x><y/><z>{address('SE1')}<w/></z></x>", f"</e:Header><x>{address('SE1')}</x><e:Header>"],
    ids=["deeper", "much deeper", "after the header"],
)  # fmt: skip
def test_a_scan_takes_an_address_at_any_depth_once_a_header_has_begun(header: str) -> None:
    """platform.md §3; §25 row 10."""
    assert scanned(header) == ("rivtabp21", "SE1", CONTRACT)
    assert envelope.read(an_envelope(header)).logical_address is None


def test_a_scan_takes_no_address_before_a_header_has_begun() -> None:
    """platform.md §3."""
    data = an_envelope().replace(b"<e:Header>", address("SE1").encode() + b"<e:Header>")
    assert envelope.scan(data).logical_address is None


def test_a_scan_takes_the_last_address_for_profile_and_receiver() -> None:
    """platform.md §3; §25 row 10."""
    nested = f"<x>{address('SE2', 'To', ADDRESSING)}</x>"
    assert scanned(address("SE1") + nested) == ("rivtabp20", "SE2", CONTRACT)
    assert scanned(address("SE1") + address("")) == ("rivtabp21", None, CONTRACT)


def test_a_scan_takes_what_follows_the_first_body_wherever_that_stands() -> None:
    """platform.md §3: then it stops, and an address after it is not seen. Read whole, only the envelope's Body is it."""
    early = '<x:Body xmlns:x="urn:x"/><Other xmlns="urn:other"/>'
    assert scanned(early + address("SE1")) == (None, None, "urn:other")
    assert envelope.read(an_envelope(early + address("SE1"))).contract == CONTRACT


@pytest.mark.parametrize("namespace", ["urn:anything", "http://www.w3.org/2003/05/soap-envelope"])
def test_a_scan_compares_local_names_alone(namespace: str) -> None:
    """platform.md §3; §25 row 9."""
    message = envelope.scan(an_envelope(address("SE1", namespace="urn:other"), namespace=namespace))
    assert (message.profile, message.logical_address, message.contract) == ("rivtabp21", "SE1", CONTRACT)


@pytest.mark.parametrize(
    ("text", "receiver"),
    [
        (" SE123", " SE123"),
        ("SE123 ", "SE123 "),
        ("", None),
        (" \n", None),
        (" <!-- c -->SE1", None),
        ("<!-- SE9 -->SE1", " SE9 "),
        ("SE<![CDATA[12]]>3", "SE"),
        ("SE<!-- c -->123", "SE"),
    ],
)
def test_a_scan_takes_the_first_piece_of_an_address(text: str, receiver: str | None) -> None:
    """platform.md §3, the receiver's rules."""
    assert scanned(address(text))[1] == receiver


def test_an_element_in_an_address_stops_a_scan() -> None:
    """platform.md §3 [D]: an internal error follows."""
    with pytest.raises(xml.NoText):
        scanned(address("<x>SE1</x>"))


@pytest.mark.parametrize("rest", ["<", "<x>", "</e:Envelope>", "&nosuch;"])
def test_a_scan_stops_at_the_first_element_in_the_body(rest: str) -> None:
    """platform.md §3: what is malformed after it is not noticed, until somebody asks for the document."""
    message = envelope.scan(an_envelope(address("SE1"), f'<MakeBooking xmlns="{CONTRACT}">{rest}'))
    assert (message.contract, message.interaction) == (CONTRACT, "MakeBooking")
    with pytest.raises(MessageUnreadable):
        message.document()


def test_a_broken_body_tag_stops_a_scan() -> None:
    """platform.md §3: SoapUI 2.12.2."""
    with pytest.raises(MessageUnreadable):
        envelope.scan(an_envelope(address("SE1")).replace(b"<e:Body>", b"<e:Body s>"))


@pytest.mark.parametrize("body", ["", "text", "<!-- c -->"])
def test_a_scan_finds_no_contract_in_an_empty_body(body: str) -> None:
    """platform.md §3: VP004 with serviceNamespace null follows."""
    assert scanned(address("SE1"), body) == ("rivtabp21", "SE1", None)


def test_a_scan_finds_no_contract_without_a_body() -> None:
    """platform.md §3."""
    message = envelope.scan(f"<e:Envelope xmlns:e='{SOAP}'><e:Header>{address('SE1')}</e:Header></e:Envelope>".encode())
    assert (message.logical_address, message.contract, message.interaction, message.payload) == (
        "SE1",
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    "header", ["", '<x><Body xmlns=""><Other xmlns="urn:other"/></Body></x>', '<x><Body xmlns=""/></x><Other xmlns="urn:other"/>']
)  # fmt: skip
def test_what_a_scan_was_routed_by_is_what_its_document_holds(header: str) -> None:
    """A call authorised for one contract must not carry out another."""
    message = envelope.scan(an_envelope(address("SE1") + header))
    assert message.payload is not None
    assert message.payload.tag == f"{{{message.contract}}}{message.interaction}"
    assert message.header is not None


PIECES = [b"<", b">", b"</", b"/>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?", b"?>", b"&", b"&#1;", b"\x00", b"\xff\xfe", b"<Body>",
          b"<Header>", b"<To>x", b"</To>", b"<!DOCTYPE a>", b"xmlns='u'", b":", b" ", "å".encode()]  # fmt: skip


@given(st.integers(0, 500), st.integers(0, 20), st.lists(st.sampled_from(PIECES), max_size=4).map(b"".join))
def test_whatever_comes_a_scan_gives_a_message_or_an_error_of_ours(at: int, gone: int, piece: bytes) -> None:
    """And its document, when it can be had, is what it was routed by."""
    data = an_envelope(address("SE1") + address("SE2", "To", ADDRESSING))
    with suppress(MessageUnreadable, xml.NoText):
        message = envelope.scan(data[:at] + piece + data[at + gone :])
        payload = message.payload
        assert (payload is None) == (message.interaction is None)
        assert payload is None or payload.tag.rpartition("}")[2] == message.interaction


@given(st.integers(0, 500), st.lists(st.sampled_from(PIECES), max_size=3).map(b"".join))
def test_what_can_be_read_whole_can_be_scanned(at: int, piece: bytes) -> None:
    data = an_envelope(address("SE1"))
    with suppress(MessageUnreadable):
        whole = envelope.read(data[:at] + piece + data[at:])
        with suppress(xml.NoText):
            assert envelope.scan(whole.body).encoding == whole.encoding


# Oddities


def oddities(data: bytes) -> list[tuple[str, str]]:
    return [(one.rule, one.path) for one in envelope.oddities(envelope.read(data))]


def test_an_ordinary_envelope_is_not_odd() -> None:
    assert oddities(an_envelope(address("SE1"))) == []


def test_soap_1_2_is_odd() -> None:
    """contracts.md §2.6 rule 1."""
    assert oddities(an_envelope(namespace="http://www.w3.org/2003/05/soap-envelope")) == [("BP21-1", "Envelope")]


@pytest.mark.parametrize("namespace", ["urn:nonsense", "http://schemas.xmlsoap.org/soap/envelope"])
def test_another_envelope_is_odd(namespace: str) -> None:
    assert oddities(an_envelope(namespace=namespace)) == [("BP21-1", "Envelope")]


def test_two_elements_in_the_body_are_odd() -> None:
    """contracts.md §2.6 rule 7."""
    assert oddities(an_envelope(body="<a/><b/>")) == [("BP21-7", "Body")]


# The Actor


@pytest.mark.parametrize(
    ("kind", "actor_type"),
    [
        ("subject_of_care", ActorType.SUBJECT_OF_CARE),
        (" subject_of_care_agent\n", ActorType.SUBJECT_OF_CARE_AGENT),
        ("1.2.752.129.2.1.3.1", None),
        ("?", None),
        ("", None),
    ],
)
def test_an_actor_type_that_nobody_knows_is_kept_as_none(kind: str, actor_type: ActorType | None) -> None:
    """contracts.md A-6."""
    block = f'<h:Actor xmlns:h="{ACTOR}"><h:actorId> SE1-2 </h:actorId><h:actorType>{kind}</h:actorType></h:Actor>'
    assert envelope.read_actor(envelope.read(an_envelope(block))) == Actor("SE1-2", actor_type)


@pytest.mark.parametrize(
    "block", ["", f'<h:Actor xmlns:h="{ACTOR}"/>', f'<h:Actor xmlns:h="{ACTOR}"><h:actorId> </h:actorId></h:Actor>',
              '<Actor xmlns="urn:other"><actorId>x</actorId></Actor>'],
)  # fmt: skip
def test_without_an_actor_id_there_is_no_actor(block: str) -> None:
    assert envelope.read_actor(envelope.read(an_envelope(block))) is None


def test_a_message_without_a_header_has_no_actor() -> None:
    assert envelope.read_actor(envelope.read(f'<e:Envelope xmlns:e="{SOAP}"><e:Body/></e:Envelope>'.encode())) is None


# Writing


@pytest.mark.parametrize(
    "actor", [None, ANNA.actor, Actor("SE1-2", ActorType.SUBJECT_OF_CARE_AGENT), Actor("<&>", None)]
)
def test_a_written_request_is_read_back(actor: Actor | None) -> None:
    payload = xml.parse(f'<MakeBooking xmlns="{CONTRACT}"/>'.encode())
    message = envelope.read(envelope.write_request(payload, HsaId("SE<1>&2"), actor))
    assert (message.logical_address, message.profile) == ("SE<1>&2", "rivtabp21")
    assert (message.contract, envelope.read_actor(message)) == (CONTRACT, actor)
    assert envelope.oddities(message) == ()


def test_a_written_response_has_no_header() -> None:
    """contracts.md §2.5."""
    written = envelope.write_response(xml.parse(b"<r xmlns='urn:x'>1</r>"))
    assert (
        written
        == f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body><r xmlns="urn:x">1</r></soapenv:Body></soapenv:Envelope>'.encode()
    )


def test_a_fault_has_the_platforms_exact_skeleton() -> None:
    """platform.md §12.1."""
    assert (
        envelope.write_fault("Client", "VP004 [x] å", "no <route> & more")
        == (
            '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Header/><SOAP-ENV:Body>'
            "<SOAP-ENV:Fault><faultcode>SOAP-ENV:Client</faultcode><faultstring>VP004 [x] å</faultstring>"
            "<detail><detailString>no &lt;route&gt; &amp; more</detailString></detail></SOAP-ENV:Fault></SOAP-ENV:Body>"
            "</SOAP-ENV:Envelope>"
        ).encode()
    )


def test_a_producers_own_fault_has_no_detail() -> None:
    assert b"<detail" not in envelope.write_fault("Server", "The database is locked.")


@pytest.mark.parametrize("text", ["\x00\x0b", "\ud800", "]]>", "<a>&"])
def test_a_fault_is_well_formed_whatever_it_says(text: str) -> None:
    assert xml.parse(envelope.write_fault("Server", text, text)) is not None


def test_a_message_in_another_encoding_is_rewritten_in_utf_8() -> None:
    """platform.md §8."""
    text = (
        f'<?xml version="1.0" encoding="UTF-16"?><e:Envelope xmlns:e="{SOAP}"><e:Body><!-- å --></e:Body></e:Envelope>'
    )
    message = envelope.read(text.encode("utf-16"))
    rewritten = envelope.rewrite_as_utf_8(message)
    assert rewritten.decode() == text.replace("UTF-16", "UTF-8")

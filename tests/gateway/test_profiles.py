"""gateway/profiles.py: RIV-TA 2.0 ↔ 2.1 (platform.md §4.2, §4.3; VP001, VP005, VP012)."""

import re
from collections.abc import Callable

import pytest
from lxml import etree

from contracts import envelope, xml
from contracts.errors import ProfileMismatch, ProfileUnsupported, ResourceMissing
from gateway.profiles import in_other_profile, must_rewrite, rewrite
from tests.gateway.builders import sample

A = "http://www.w3.org/2005/08/addressing"
R = "urn:riv:itintegration:registry:1"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def to_21(text: str) -> str:
    return rewrite(xml.parse(text.encode()), "rivtabp20").decode()


def to_20(text: str) -> str:
    return rewrite(xml.parse(text.encode()), "rivtabp21").decode()


# Whether


@pytest.mark.parametrize(
    ("came_in", "route", "rewritten"),
    [
        ("rivtabp20", "RIVTABP20", False),
        ("rivtabp21", "rivtabp21", False),
        ("rivtabp20", "RIVTABP21", True),
        ("rivtabp21", "RivTaBp20", True),
    ],
)
def test_only_another_profile_demands_a_rewrite(came_in: envelope.Profile, route: str, rewritten: bool) -> None:
    """platform.md §4.2: the comparison ignores letter case."""
    assert must_rewrite(came_in, route) is rewritten


@pytest.mark.parametrize("route", ["RIVTABP22", "RIVTABP99", "", "nonsense"])
def test_a_route_with_another_profile_is_vp005_with_the_incoming_one(route: str) -> None:
    """platform.md §12.2."""
    with pytest.raises(ProfileMismatch) as told:
        must_rewrite("rivtabp20", route)
    assert told.value.detail == "No receiverId (logical address) with matching Riv-version found for rivtabp20"


def test_no_profile_is_vp001() -> None:
    with pytest.raises(ProfileUnsupported, match="No RIV version configured"):
        must_rewrite(None, "RIVTABP21")


# The rewrite, rule by rule, both ways


def rewritten_both_ways(text: str) -> list[tuple[etree._Element, str, str]]:
    """The root of a 2.0 message and of its likeness in 2.1, rewritten, each with the new namespace and address name."""
    return [
        (etree.fromstring(to_21(text).encode()), R, "LogicalAddress"),
        (etree.fromstring(to_20(exchanged(text)).encode()), A, "To"),
    ]


def test_the_output_has_our_declaration_and_not_the_original_one() -> None:
    """platform.md §4.3, 1."""
    text = "<?xml version='1.0' encoding='ISO-8859-1' standalone='yes'?><a>å</a>".encode("latin-1")
    for came_in in ("rivtabp20", "rivtabp21"):
        assert rewrite(xml.parse(text), came_in) == f"{DECLARATION}<a>å</a>".encode()


def test_every_element_of_the_namespace_moves_wherever_it_stands() -> None:
    """platform.md §4.3, 2: in the body too, with local names kept."""
    text = f'<e xmlns:w="{A}"><w:Action/><Body><x><w:MessageID><w:y>1</w:y></w:MessageID></x></Body></e>'
    for root, namespace, _ in rewritten_both_ways(text):
        moved = [element.tag for element in root.iter("{*}*") if etree.QName(element).namespace]
        assert moved == [f"{{{namespace}}}{name}" for name in ("Action", "MessageID", "y")]


def test_an_element_with_the_old_name_in_the_new_namespace_is_renamed_too() -> None:
    """platform.md §4.3, 3: after step 2, wherever it stands."""
    text = f'<e xmlns:w="{A}" xmlns:n="{R}"><n:To/><Body><w:To/></Body></e>'
    for root, namespace, name in rewritten_both_ways(text):
        assert [element.tag for element in root.iter(f"{{{namespace}}}*")] == [f"{{{namespace}}}{name}"] * 2


@pytest.mark.parametrize("place", ["x", "Body", "o:LogicalAddress", "o:To"])
def test_a_declaration_anywhere_else_is_left_as_it_is(place: str) -> None:
    """platform.md §4.3, 4: an element of another namespace is not the address, whatever its name."""
    text = f'<e xmlns:o="urn:o"><{place} xmlns:w="{A}"><w:Action/></{place}></e>'
    assert f'<{place} xmlns:w="{A}"><w:Action xmlns:w="{R}"/></{place}>' in to_21(text)
    assert f'xmlns:w="{R}"><w:Action xmlns:w="{A}"/>' in to_20(exchanged(text))


@pytest.mark.parametrize("direction", [to_21, to_20])
def test_other_declarations_are_copied_needed_or_not(direction: Callable[[str], str]) -> None:
    """platform.md §4.3, 5."""
    text = '<e xmlns="urn:d" xmlns:a="urn:a"><f xmlns:a="urn:a" xmlns:b="urn:b" b:c="1" t="a:x"/><g xmlns=""/></e>'
    assert direction(text) == DECLARATION + text


@pytest.mark.parametrize("direction", [to_21, to_20])
def test_attributes_are_copied(direction: Callable[[str], str]) -> None:
    """platform.md §4.3, 5: mustUnderstand and actor survive."""
    text = f'<s:e xmlns:s="{SOAP}"><s:f s:mustUnderstand="1" s:actor="urn:x" xml:lang="sv" plain="&lt;&amp;&quot;&#10;å"/></s:e>'
    assert direction(text) == DECLARATION + text


def test_a_header_of_the_second_registry_version_is_not_touched() -> None:
    """platform.md §4.1: it counts as 2.1 by its name, but its namespace is neither's."""
    text = '<s:Envelope xmlns:s="urn:s" xmlns:r="urn:riv:infrastructure:itintegration:registry:2"><s:Header><r:LogicalAddress>X</r:LogicalAddress></s:Header></s:Envelope>'
    assert envelope.read(text.encode()).profile == "rivtabp21"
    assert to_20(text) == DECLARATION + text


def test_the_contracts_namespace_is_not_changed() -> None:
    """platform.md §4.3: the profiles share it."""
    for contract_set, came_in in (("crm_scheduling_1.0", "rivtabp20"), ("crm_scheduling_1.1", "rivtabp21")):
        body = sample("MakeBooking", contract_set=contract_set)
        assert envelope.read(rewrite(xml.parse(body), came_in)).contract == envelope.read(body).contract


def test_no_actor_is_added() -> None:
    """platform.md §4.3: only the address header is bridged."""
    body = sample("MakeBooking", contract_set="crm_scheduling_1.0")
    assert envelope.read_actor(envelope.read(rewrite(xml.parse(body), "rivtabp20"))) is None


@pytest.mark.parametrize("came_in", ["rivtabp20", "rivtabp21"])
def test_a_message_that_is_broken_further_down_is_vp012_with_a_sentence(came_in: envelope.Profile) -> None:
    """platform.md §4.3, §12.2: found out when a scanned message is rewritten."""
    address = "<To>X</To>" if came_in == "rivtabp20" else "<LogicalAddress>X</LogicalAddress>"
    message = envelope.scan(
        f"<Envelope><Header>{address}</Header><Body><x xmlns='urn:x'></y></Body></Envelope>".encode()
    )
    with pytest.raises(ResourceMissing) as told:
        in_other_profile(message)
    assert "not well-formed XML: tag name mismatch at line 1" in told.value.detail


# The rewrite: where the declaration stands


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (  # on the envelope, the example of platform.md §4.3
            f'<s:Envelope xmlns:add="{A}" xmlns:s="{SOAP}"><s:Header><add:To>ADR</add:To></s:Header></s:Envelope>',
            f'<s:Envelope xmlns:add="{R}" xmlns:s="{SOAP}"><s:Header><add:LogicalAddress>ADR</add:LogicalAddress></s:Header></s:Envelope>',
        ),
        (  # on the header
            f'<s:Envelope xmlns:s="{SOAP}"><s:Header xmlns:add="{A}"><add:To>ADR</add:To></s:Header></s:Envelope>',
            f'<s:Envelope xmlns:s="{SOAP}"><s:Header xmlns:add="{R}"><add:LogicalAddress>ADR</add:LogicalAddress></s:Header></s:Envelope>',
        ),
        (  # on the address element
            f'<s:Envelope xmlns:s="{SOAP}"><s:Header><add:To xmlns:add="{A}">ADR</add:To></s:Header></s:Envelope>',
            f'<s:Envelope xmlns:s="{SOAP}"><s:Header><add:LogicalAddress xmlns:add="{R}">ADR</add:LogicalAddress></s:Header></s:Envelope>',
        ),
        (  # as the default namespace of the address element
            f'<s:Envelope xmlns:s="{SOAP}"><s:Header><To xmlns="{A}">ADR</To></s:Header></s:Envelope>',
            f'<s:Envelope xmlns:s="{SOAP}"><s:Header><LogicalAddress xmlns="{R}">ADR</LogicalAddress></s:Header></s:Envelope>',
        ),
        (  # on the body it stays
            f'<s:Envelope xmlns:s="{SOAP}" xmlns:a="{A}"><s:Header><a:To>X</a:To></s:Header><s:Body xmlns:b="{A}"><x/></s:Body></s:Envelope>',
            f'<s:Envelope xmlns:s="{SOAP}" xmlns:a="{R}"><s:Header><a:LogicalAddress>X</a:LogicalAddress></s:Header><s:Body xmlns:b="{A}"><x/></s:Body></s:Envelope>',
        ),
        (  # on the body, and an element there needs the other one: declared again on it
            f'<s:Envelope xmlns:s="{SOAP}"><s:Body xmlns:b="{A}"><b:Action>x</b:Action><b:Action/></s:Body></s:Envelope>',
            f'<s:Envelope xmlns:s="{SOAP}"><s:Body xmlns:b="{A}"><b:Action xmlns:b="{R}">x</b:Action><b:Action xmlns:b="{R}"/></s:Body></s:Envelope>',
        ),
    ],
    ids=["envelope", "header", "address", "default", "body", "body, used"],
)  # fmt: skip
def test_declarations_are_moved_where_the_platform_moves_them_both_ways(before: str, after: str) -> None:
    """platform.md §4.3, 2–4. The reverse is symmetric."""
    assert to_21(before) == DECLARATION + after
    assert to_20(exchanged(before)) == DECLARATION + exchanged(after)


def exchanged(text: str) -> str:
    """The same message with the two profiles exchanged."""
    other = {A: R, R: A, "LogicalAddress": "To", "To": "LogicalAddress"}
    return re.sub(f"{A}|{R}|LogicalAddress|To", lambda found: other[found[0]], text)


def test_the_other_headers_of_ws_addressing_move_along_with_their_names_kept() -> None:
    """platform.md §4.3, 2."""
    text = f'<e xmlns:w="{A}"><w:MessageID>1</w:MessageID><w:ReplyTo><w:Address/></w:ReplyTo><w:To>X</w:To></e>'
    root = etree.fromstring(to_21(text).encode())
    assert [element.tag for element in root.iter()] == [
        "e", f"{{{R}}}MessageID", f"{{{R}}}ReplyTo", f"{{{R}}}Address", f"{{{R}}}LogicalAddress",
    ]  # fmt: skip


def test_only_the_address_element_of_its_namespace_is_renamed() -> None:
    text = f'<e xmlns:w="{A}" xmlns:o="urn:o"><w:To/><o:To/><To/></e>'
    assert [element.tag for element in etree.fromstring(to_21(text).encode())] == [
        f"{{{R}}}LogicalAddress",
        "{urn:o}To",
        "To",
    ]


@pytest.mark.parametrize("declared", ["w u", "u w"])
@pytest.mark.parametrize("to_other", [to_21, to_20])
def test_an_attribute_keeps_its_prefix_among_several_for_its_namespace(
    declared: str, to_other: Callable[[str], str]
) -> None:
    """platform.md §4.3, 5: also where a declaration that nobody uses stands before or behind it."""
    namespaces = " ".join(f'xmlns:{prefix}="{A}"' for prefix in declared.split())
    nested = '<w:MessageID w:x="1" y="2" u:z="3" xml:lang="sv"/><o:a xmlns:o="urn:o" xmlns:p="urn:o" o:b="4" p:c="5" w:d="6"/>'
    text = to_other(f'<s:Envelope xmlns:s="{SOAP}" {namespaces} w:first="0"><!-- w:no="" -->{nested}</s:Envelope>')
    found = re.findall(r'([\w:]+)="(\d)"', text)
    assert found == [
        ("w:first", "0"), ("w:x", "1"), ("y", "2"), ("u:z", "3"), ("o:b", "4"), ("p:c", "5"), ("w:d", "6"),
    ]  # fmt: skip


def test_many_attributes_with_several_prefixes_for_a_namespace_take_no_time() -> None:
    attributes = " ".join(f'{"uw"[n % 2]}:a{n}=""' for n in range(15_000))
    assert attributes in to_21(f'<e xmlns:w="{A}" xmlns:u="{A}" {attributes}/>')


def test_attributes_keep_prefix_name_and_value() -> None:
    """platform.md §4.3, 5: mustUnderstand and actor survive."""
    text = (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:w="{A}"><w:To s:mustUnderstand="1" s:actor="urn:x" w:IsReferenceParameter="true" '
        'xml:lang="sv" plain="&lt;&amp;&quot;&#10;&#9;&#13;å">X</w:To></s:Envelope>'
    )
    root = etree.fromstring(to_21(text).encode())
    assert dict(root[0].attrib) == {
        f"{{{SOAP}}}mustUnderstand": "1",
        f"{{{SOAP}}}actor": "urn:x",
        f"{{{R}}}IsReferenceParameter": "true",  # follows what its prefix stands for now
        "{http://www.w3.org/XML/1998/namespace}lang": "sv",
        "plain": '<&"\n\t\rå',
    }


def test_an_attribute_keeps_its_namespace_where_its_prefix_is_hidden_below() -> None:
    text = '<e xmlns:p="urn:x" xmlns:q="urn:x"><f xmlns:p="urn:y" q:at="1"><g xmlns:q="urn:z" p:at="2"/></f></e>'
    root = etree.fromstring(to_21(text).encode())
    assert dict(root[0].attrib) == {"{urn:x}at": "1"}
    assert dict(root[0][0].attrib) == {"{urn:y}at": "2"}


def test_comments_and_text_stay_and_cdata_becomes_text_and_instructions_go() -> None:
    """platform.md §4.3, 1, 6, 7."""
    text = (
        "<?xml version='1.0'?><!--1-->\n<?pi?><!--2--><e>a<!--c--><?pi x?>b<![CDATA[<c>&]]>d&#13;<f/>e</e><!--after-->"
    )
    for rewritten in (to_21(text), to_20(text)):
        assert rewritten == f"{DECLARATION}<!--1--><!--2--><e>a<!--c-->b&lt;c&gt;&amp;d&#13;<f/>e</e>"


def test_a_default_namespace_that_is_taken_away_stays_away() -> None:
    text = '<a xmlns="urn:x"><b xmlns=""><c xmlns:p="urn:y" p:d="1"/></b></a>'
    root = etree.fromstring(to_21(text).encode())
    assert [element.tag for element in root.iter()] == ["{urn:x}a", "b", "c"]


def test_a_message_in_another_encoding_comes_out_in_utf_8() -> None:
    root = xml.parse('<?xml version="1.0" encoding="UTF-16"?><a>å</a>'.encode("utf-16"))
    assert rewrite(root, "rivtabp20") == f"{DECLARATION}<a>å</a>".encode()


@pytest.mark.parametrize(
    ("contract_set", "name"),
    [
        ("crm_scheduling_1.0", "MakeBooking"),
        ("crm_scheduling_1.1", "MakeBooking"),
        ("crm_scheduling_1.1", "GetAvailableDates"),
    ],
)
def test_there_and_back_again_is_the_same_message(contract_set: str, name: str) -> None:
    """Canonical XML of samples: nothing is lost."""
    root = xml.parse(sample(name, contract_set=contract_set))
    came_in = "rivtabp20" if contract_set.endswith("1.0") else "rivtabp21"
    there = xml.parse(rewrite(root, came_in))
    assert envelope.read(xml.serialise(there)).profile != came_in
    back = xml.parse(rewrite(there, "rivtabp21" if came_in == "rivtabp20" else "rivtabp20"))
    assert etree.tostring(back, method="c14n") == etree.tostring(root, method="c14n")


def test_thousands_of_declarations_do_not_hold_up_the_gateway() -> None:
    """Work grows with the message, not with its square: this took minutes when each element gathered them all."""
    many = 3_900
    declared = " ".join(f'xmlns:p{number}="urn:{number}"' for number in range(many))
    elements = "<b p1:c='1'/>" * 10_000 + "<b/>" * many
    assert to_21(f'<Envelope {declared} xmlns:w="{A}"><w:To>X</w:To>{elements}</Envelope>').count("<b") == many + 10_000

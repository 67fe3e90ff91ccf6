"""contracts/header_validation.py: what in a header breaks its schemas (platform.md §25 row 9)."""

import pytest

from contracts import envelope
from contracts.header_validation import HeaderValidator
from contracts.namespaces import (
    INTEROPERABILITY_HEADERS,
    REGISTRY_HEADERS,
    REGISTRY_HEADERS_2,
    SOAP_ENVELOPE,
    WS_ADDRESSING,
)
from tests.people import ANNA

CHECK = HeaderValidator().check
ADDRESS = f'<r:LogicalAddress xmlns:r="{REGISTRY_HEADERS}">A</r:LogicalAddress>'
ADDRESS_2 = f'<r:LogicalAddress xmlns:r="{REGISTRY_HEADERS_2}">A</r:LogicalAddress>'
TO = f'<w:To xmlns:w="{WS_ADDRESSING}">A</w:To>'
UNDERSTOOD = f'xmlns:s="{SOAP_ENVELOPE}" s:mustUnderstand="1" s:actor="urn:x"'


def actor(content: str | None = None, attributes: str = "", kind: str = "subject_of_care") -> str:
    told = f"<h:actorId>{ANNA.number}</h:actorId><h:actorType>{kind}</h:actorType>" if content is None else content
    return f'\n<h:Actor xmlns:h="{INTEROPERABILITY_HEADERS}" {attributes}>{told}</h:Actor>'


def found(header: str) -> tuple[list[str], list[str]]:
    body = f'<s:Envelope xmlns:s="{SOAP_ENVELOPE}"><s:Header>{header}</s:Header><s:Body><a xmlns="urn:a"/></s:Body></s:Envelope>'
    broken, advice = CHECK(envelope.read(body.encode()))
    return list(map(str, broken)), list(map(str, advice))


@pytest.mark.parametrize(
    "header",
    [
        "",
        ADDRESS,
        ADDRESS_2,
        TO,
        ADDRESS + actor(),
        actor() + ADDRESS,
        ADDRESS + actor(attributes=UNDERSTOOD),
        ADDRESS.replace(" xmlns", f" {UNDERSTOOD} xmlns"),
        TO.replace(" xmlns", f" {UNDERSTOOD} xmlns"),
        ADDRESS + '<x:Security xmlns:x="urn:x"><x:To/></x:Security>',
        ADDRESS + f'<w:MessageID xmlns:w="{WS_ADDRESSING}">1</w:MessageID>',
    ],
)
def test_a_header_that_keeps_its_schemas_has_nothing_to_tell(header: str) -> None:
    """Order, prefixes, unknown blocks and what SOAP allows on every block are nobody's business."""
    assert found(header) == ([], [])


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (ADDRESS + actor() + actor(), "line 3, Header/Actor: the header holds more than one Actor; the first one counts [one-of-a-kind]"),
        (ADDRESS + ADDRESS_2, "line 1, Header/LogicalAddress: the header holds more than one address; the last one counts [one-of-a-kind]"),
        (ADDRESS + actor("<h:bogus/>"), "line 2, Header/Actor/bogus: this element is not expected here; expected is ( actorId ) [sequence]"),
        (ADDRESS + actor("<h:actorId>1</h:actorId>"), "line 2, Header/Actor: child elements are missing; expected is ( actorType ) [sequence]"),
        (ADDRESS + actor(attributes='x="1"'), "line 2, Header/Actor: the contract declares no such attribute [attribute]"),
        (ADDRESS.replace(" xmlns", ' x="1" xmlns'), "line 1, Header/LogicalAddress: the contract declares no such attribute [attribute]"),
        (ADDRESS.replace(REGISTRY_HEADERS, "urn:other"), "line 1, Header/LogicalAddress: no contract declares this address in its namespace [namespace]"),
        (TO.replace(WS_ADDRESSING, "urn:other"), "line 1, Header/To: no contract declares this address in its namespace [namespace]"),
    ],
    ids=["two Actors", "two addresses", "bogus child", "no actorType", "attribute", "address attribute", "namespace", "of To"],
)  # fmt: skip
def test_what_breaks_a_headers_schema_is_told_with_line_and_rule(header: str, told: str) -> None:
    assert found(header) == ([told], [])


def test_an_actor_type_that_is_not_known_is_advice_alone() -> None:
    broken, (told,) = found(ADDRESS + actor(kind="robot"))
    assert broken == []
    assert told.startswith("line 2, Header/Actor/actorType: the value is not one of ")
    assert "robot" not in told


def test_nothing_told_quotes_the_message() -> None:
    broken, advice = found(
        ADDRESS
        + actor(f"<h:actorId>1</h:actorId><h:actorType>{ANNA.number}</h:actorType>{ANNA.number}<h:x{ANNA.number}/>")
    )
    assert broken
    assert ANNA.number not in "".join(broken + advice)


def test_thousands_of_blocks_are_told_of_in_a_few_sentences() -> None:
    broken, advice = found(ADDRESS + (actor("") + ADDRESS.replace(REGISTRY_HEADERS, "urn:other")) * 1_000)
    assert 1 < len(broken) + len(advice) <= 11

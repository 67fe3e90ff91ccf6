"""gateway/masking.py: nothing personal is left of a header or a body (platform.md §19.3, §25 row 25)."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from contracts import xml
from gateway import masking
from tests.gateway.builders import CLINIC, SAMPLES
from tests.people import ANNA, PEOPLE

EVERY_SAMPLE = sorted(SAMPLES.rglob("*.xml"))


def texts(document: bytes) -> set[str]:
    """Every text in a document that is not blank."""
    root = xml.parse(document)
    return {text.strip() for one in root.iter() for text in (one.text, one.tail) if text and text.strip()}


@pytest.mark.parametrize("path", EVERY_SAMPLE, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_of_every_sample_only_ids_codes_times_and_flags_are_left(path) -> None:
    left = texts(masking.body(path.read_bytes()).encode()) - {"(hidden)"}
    forms = [*masking._FORMS]
    assert [text for text in left if not any(form.fullmatch(text) for form in forms)] == []
    shown = masking.body(path.read_bytes())
    assert [one for one in PEOPLE if one.number in shown or one.last_name in shown] == []


def test_what_helps_to_understand_a_booking_is_left() -> None:
    shown = masking.body((SAMPLES / "crm_scheduling_1.1/MakeBooking/request-full.xml").read_bytes())
    assert f"LogicalAddress>{CLINIC}<" in shown
    assert "startTimeInclusive>2026" in shown
    assert "actorType>subject_of_care<" in shown


@pytest.mark.parametrize(
    "body",
    [
        "<a><healthcare_facility>Anna Provbäck</healthcare_facility></a>",
        "<a><timeTypeID>Anna</timeTypeID></a>",
        f"<a><healthcare_facility>{ANNA.number}</healthcare_facility></a>",
        f"<a><startTimeInclusive>{ANNA.number}</startTimeInclusive></a>",
        "<a><resultCode>Anna</resultCode></a>",
        "<a>Anna<b/>Anna</a>",
        "<a x='Anna'/>",
        "<a mustUnderstand='Anna'/>",
        "<a><!-- Anna --></a>",
        "<a><?x Anna?></a>",
        "<a><healthcare_facility>SE2321009991-2B02<!-- x -->Anna</healthcare_facility></a>",
        "<a><b><![CDATA[Anna]]></b></a>",
        f"<p{ANNA.number}/>",
        f"<a xmlns='urn:{ANNA.number}'/>",
        "<a><reason>An&#110;a</reason></a>",
    ],
)
def test_a_name_or_number_in_the_wrong_place_is_hidden_too(body: str) -> None:
    shown = masking.body(body.encode())
    assert "Anna" not in shown
    assert ANNA.number not in shown


@pytest.mark.parametrize("body", [b"Anna", b"<a>Anna", b"<!DOCTYPE a><a/>", b"\xff\xfeA"])
def test_what_is_not_xml_is_not_shown(body: bytes) -> None:
    assert masking.body(body) == f"({len(body)} bytes that are not XML, not shown)"


def test_what_is_very_long_is_not_shown() -> None:
    assert masking.body(b"<a>%s</a>" % (b"x" * 200_000)) == "(200007 bytes, not shown)"


def test_an_empty_body_is_empty() -> None:
    assert masking.body(b"") == ""


@given(some.text(alphabet=some.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1))
def test_any_text_of_an_unknown_element_is_hidden(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert texts(masking.body(f"<a>{escaped}</a>".encode()).encode()) <= {"(hidden)"}


@given(some.binary())
def test_any_bytes_give_a_text(content: bytes) -> None:
    assert isinstance(masking.body(content), str)


def test_a_number_in_a_headers_name_is_hidden() -> None:
    assert ANNA.number not in str(masking.headers([(ANNA.number, "1"), (f"x-{ANNA.number}", "1")], "x-vp-auth-cert"))


def test_a_header_that_comes_twice_is_masked_twice() -> None:
    rows = [("Set-Cookie", "a"), ("Set-Cookie", "b"), ("X", "1"), ("X", ANNA.number)]
    assert masking.headers(rows, "x-vp-auth-cert") == {"Set-Cookie": "<filtered>, <filtered>", "X": "1, (hidden)"}

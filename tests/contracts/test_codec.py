"""Messages ↔ XML: what is written is valid, what is read is what was meant, and nothing of a sender's is lost."""

from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from contracts import codec, envelope, xml
from contracts import scheduling as s
from contracts.catalogue import Catalogue
from contracts.codec import SCHEDULING_INTERACTIONS
from contracts.errors import ContractViolation
from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from contracts.validation import Validator
from tests.contracts.messages import messages
from tests.people import ANNA

SAMPLES = Path(__file__).parents[1] / "samples" / "crm_scheduling_1.1"
OFFICIAL = Catalogue.official()
VALIDATOR = Validator(OFFICIAL)
ALL_SAMPLES = sorted(SAMPLES.glob("*/*.xml"))
FORMS = [
    pytest.param(forms, way, id=f"{forms.name}-{way}")
    for forms in SCHEDULING_INTERACTIONS.values()
    for way in ("request", "response")
]


def payload_of(path: Path) -> etree._Element:
    return envelope.read(path.read_bytes()).payload


def form_of(path: Path) -> codec.Form:
    forms = SCHEDULING_INTERACTIONS[path.parent.name]
    return forms.request if path.name.startswith("request") else forms.response


def canonical(element: etree._Element) -> bytes:
    """The element with its namespaces alone, comments and blanks between elements left out."""
    copy = xml.parse(xml.serialise(element))
    for one in copy.iter("*"):
        if len(one) and not (one.text or "").strip():
            one.text = None
        one.tail = None
    rows = [(one.tag, sorted(one.attrib.items()), (one.text or "").strip()) for one in copy.iter("*")]
    return repr(rows).encode()


def violations(element: etree._Element, name: str, way: str):
    interaction = OFFICIAL.find(SCHEDULING_INTERACTIONS[name].contract, "rivtabp21")
    message = envelope.read(envelope.write_response(element))
    if way == "response":
        return VALIDATOR.check_response(message, interaction)
    return VALIDATOR.check_request(replace(message, profile="rivtabp21"))


def test_the_eleven_interactions_each_have_two_forms_and_every_field_of_a_message_is_in_its_form():
    assert len(SCHEDULING_INTERACTIONS) == 11
    for forms in SCHEDULING_INTERACTIONS.values():
        for form in (forms.request, forms.response):
            written = {part.field for part in form.parts} | {"extensions"}
            assert {one.name for one in fields(form.type)} == written


@pytest.mark.parametrize("path", ALL_SAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_sample_is_read_and_written_again_as_the_same_message(path):
    payload = payload_of(path)
    written = codec.encode(codec.decode(form_of(path), payload))
    assert canonical(written) == canonical(payload)


@pytest.mark.parametrize(("forms", "way"), FORMS)
@given(data=st.data())
def test_any_message_is_written_valid_and_read_back_equal(forms, way, data):
    form = getattr(forms, way)
    message = data.draw(messages(form))
    element = codec.encode(message)
    assert codec.decode(form, xml.parse(xml.serialise(element))) == message
    assert violations(element, forms.name, way) == ()


def test_a_whole_booking_request_is_read_into_the_fields_own_words():
    booking = codec.decode(
        SCHEDULING_INTERACTIONS["MakeBooking"].request, payload_of(SAMPLES / "MakeBooking/request-full.xml")
    )
    assert booking.timeslot.start == datetime(2026, 12, 14, 8, 10, tzinfo=SWEDEN)
    assert booking.timeslot.healthcare_facility == HsaId("se2321009991-2b02")
    assert booking.timeslot.subject_of_care == ANNA.identity
    assert booking.timeslot.reason == "Kontroll av blodvärde"
    assert (booking.subject_of_care_info.first_name, booking.subject_of_care_info.middle_name) == ("Anna", "Maria")


def test_the_odd_spellings_of_the_schema_are_on_the_wire():
    """contracts.md §1 item 5."""
    performers = codec.encode(s.GetAllPerformersResponse((s.PerformerInfo(HsaId("SE2321009991-P001"), "Maria", "Ek"),)))
    time_types = codec.encode(s.GetAllTimeTypesResponse((s.TimeType("PROV10", "Blodprov"),)))
    assert b":perfomer>" in xml.serialise(performers)
    assert b"<ListOfTimeTypes>" in xml.serialise(time_types)
    assert b":timeTypeId>" in xml.serialise(time_types)


def test_unknown_extension_elements_come_through_in_order():
    """contracts.md §2.3: a receiver ignores them, and we keep them."""
    path = SAMPLES / "GetBookingDetails/response-extension.xml"
    details = codec.decode(form_of(path), payload_of(path))
    assert details.extensions
    assert codec.decode(form_of(path), codec.encode(details)).extensions == details.extensions


def test_an_extension_keeps_the_namespaces_that_its_values_use():
    xml_text = (
        '<r:GetAllCareTypesResponse xmlns:r="urn:riv:crm:scheduling:GetAllCareTypesResponder:1" xmlns:p="urn:p">'
        '<v:kind xmlns:v="urn:v">p:special</v:kind></r:GetAllCareTypesResponse>'
    )
    form = SCHEDULING_INTERACTIONS["GetAllCareTypes"].response
    (kept,) = codec.decode(form, xml.parse(xml_text.encode())).extensions
    assert xml.parse(kept).nsmap["p"] == "urn:p"


def a_question(inner: str) -> etree._Element:
    namespace = "urn:riv:crm:scheduling:GetAvailableDatesResponder:1"
    return xml.parse(
        f'<r:GetAvailableDates xmlns:r="{namespace}" xmlns:x="{namespace}.1">\n{inner}\n</r:GetAvailableDates>'.encode()
    )


FACILITY = "<r:healthcare_facility>SE2321009991-2B02</r:healthcare_facility>"
DATES = "<r:startDateInclusive>20261201</r:startDateInclusive><r:endDateInclusive>20261231</r:endDateInclusive>"
PERSON = f"<x:subject_of_care>{ANNA.number}</x:subject_of_care>"
DATES_FORM = SCHEDULING_INTERACTIONS["GetAvailableDates"].request


def test_elements_are_read_by_name_in_any_order():
    read = codec.decode(DATES_FORM, a_question(PERSON + DATES + FACILITY))
    assert read == codec.decode(DATES_FORM, a_question(FACILITY + DATES + PERSON))


def test_text_is_trimmed_and_an_empty_optional_element_is_read_as_absent():
    """contracts.md G-11, §6.2: real traffic has an HSA-id followed by a line break."""
    question = a_question(
        FACILITY.replace("2B02", "2B02\n ") + DATES + "<r:timeTypeID/><r:bookingId> </r:bookingId>" + PERSON
    )
    read = codec.decode(DATES_FORM, question)
    assert read.healthcare_facility.text == "SE2321009991-2B02"
    assert (read.time_type_id, read.booking_id) == (None, None)


@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_blank_optional_text_is_left_out_when_writing(blank):
    """contracts.md G-11: empty elements are not allowed."""
    written = codec.encode(s.GetAllHealthcareFacilities(HsaId("SE2321009991-2B02"), ANNA.identity, booking_id=blank))
    assert [etree.QName(child).localname for child in written] == ["healthcare_facility", "subject_of_care"]


def test_an_extension_is_the_same_whatever_envelope_it_came_in():
    path = SAMPLES / "GetBookingDetails/response-extension.xml"
    details = codec.decode(form_of(path), payload_of(path))
    assert codec.decode(form_of(path), xml.parse(xml.serialise(codec.encode(details)))) == details
    (kept,) = details.extensions
    assert kept.count(b"xmlns") == 1


def test_a_comment_inside_a_value_does_not_cut_it_short():
    read = codec.decode(DATES_FORM, a_question(FACILITY.replace("-2B02", "<!-- x -->-2B02") + DATES + PERSON))
    assert read.healthcare_facility.text == "SE2321009991-2B02"


@pytest.mark.parametrize(
    ("inner", "path", "rule"),
    [
        (FACILITY + DATES.replace("20261201", "20260231") + PERSON, "GetAvailableDates/startDateInclusive", "G-5"),
        (FACILITY + DATES.replace("20261201", "20261200") + PERSON, "GetAvailableDates/startDateInclusive", "G-5"),
        (FACILITY + DATES + PERSON.replace("8", ""), "GetAvailableDates/subject_of_care", "G-9"),
        (FACILITY.replace("SE2321009991-2B02", " ") + DATES + PERSON, "GetAvailableDates", "G-11"),
        (DATES + PERSON, "GetAvailableDates", "G-11"),
        (FACILITY + DATES + PERSON + "<r:colour>green</r:colour>", "GetAvailableDates", "sequence"),
    ],
)
def test_what_is_no_value_is_told_with_path_line_and_rule_and_never_quoted(inner, path, rule):
    with pytest.raises(ContractViolation) as broken:
        codec.decode(DATES_FORM, a_question(inner))
    (violation,) = broken.value.violations
    assert (violation.path, violation.rule) == (path, rule)
    assert violation.line >= 1
    assert ANNA.number not in str(violation)
    assert "20260231" not in str(violation)


def test_a_rule_of_the_message_itself_is_told_by_its_id():
    """MB-2: the requested time needs a subject of care, which the schema leaves optional."""
    payload = payload_of(SAMPLES / "MakeBooking/request.xml")
    for one in payload.iter("{urn:riv:crm:scheduling:1}subject_of_care"):
        one.getparent().remove(one)
    with pytest.raises(ContractViolation) as broken:
        codec.decode(SCHEDULING_INTERACTIONS["MakeBooking"].request, payload)
    assert broken.value.violations[0].rule == "MB-2"


def test_characters_that_xml_cannot_carry_are_replaced_when_writing():
    element = codec.encode(s.CancelBookingResponse("ERROR", "Ring\x0b oss\x00"))
    assert "Ring\ufffd oss\ufffd" in xml.serialise(element).decode()


def test_no_message_namespace_is_declared_that_the_message_cannot_use():
    told = xml.serialise(codec.encode(s.CancelBookingResponse("OK")))
    assert told.count(b"xmlns") == 1


@pytest.mark.parametrize("uri", ["foo", "../x"])
def test_an_extension_in_a_relative_namespace_is_the_senders_mistake(uri):
    with pytest.raises(ContractViolation) as broken:
        codec.decode(DATES_FORM, a_question(f'{FACILITY}{DATES}{PERSON}<b xmlns="{uri}"/>'))
    assert broken.value.violations[0].rule == "namespace"


def test_so_many_foreign_elements_that_they_would_cost_seconds_are_refused():
    with pytest.raises(ContractViolation, match="more than 1000 elements of other namespaces"):
        codec.decode(DATES_FORM, a_question(FACILITY + DATES + PERSON + '<b xmlns="urn:b"/>' * 1001))

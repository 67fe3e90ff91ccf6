"""ProcessingStatus: what is written is what is read, by the schema, with the real platform's one gap (contracts.md §11)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import envelope, processing_status, xml
from contracts.catalogue import Errata, official_folder
from contracts.namespaces import INTEROPERABILITY_HEADERS
from contracts.processing_status import CausingAgent, SourceStatus, StatusCode, SynchError
from tests.people import ANNA, PEOPLE

NOON = datetime(2026, 12, 1, 11, 0, 0, tzinfo=UTC)
FOLDER = official_folder() / "crm_scheduling_1.1"
HEADERS = FOLDER / "core_components" / "interoperability_headers_1.0.xsd"


def message_with(block: bytes) -> envelope.Message:
    return envelope.read(envelope.write_response(xml.parse(b"<answer/>"), block))


def read_back(sources, fills_in=False):
    return processing_status.read(message_with(processing_status.write(sources, fills_in)))


def breaks_schema(block: bytes, errata: Errata) -> str:
    schema = xml.compile_schema({INTEROPERABILITY_HEADERS: HEADERS}, FOLDER, errata.correct)
    schema.validate(xml.parse(block))
    return str(schema.error_log)


texts = st.text(
    st.characters(codec="utf-8", exclude_characters="\ufffd").filter(lambda sign: xml.carriable(sign) == sign)
).map(str.strip)
given_texts = texts.filter(bool)
stamps = st.none() | given_texts
errors = st.builds(SynchError, st.sampled_from(get_args(CausingAgent)), texts, texts)
sources = st.builds(
    SourceStatus,
    texts,
    st.sampled_from(get_args(StatusCode)),
    st.booleans(),
    st.booleans(),
    stamps,
    stamps,
    st.none() | errors,
)


@given(st.lists(sources, max_size=5))
def test_what_is_written_is_read_again(rows):
    assert read_back(rows) == tuple(rows)


@given(st.lists(sources, max_size=5))
def test_every_header_with_the_gap_filled_keeps_the_schema_as_it_is(rows):
    assert breaks_schema(processing_status.write(rows, fills_in=True), Errata()) == ""


@given(st.text())
def test_whatever_a_text_holds_the_header_can_be_read(text):
    (row,) = read_back([processing_status.failed("SE2321009991-2B01", NOON, "43000", text)])
    assert row.logical_address == "SE2321009991-2B01"


def test_a_source_that_answered_is_told_with_the_moment_in_swedish_time():
    (row,) = read_back([processing_status.answered("SE2321009991-2B01", NOON)])
    assert row == SourceStatus("SE2321009991-2B01", "DataFromSource", False, True, "20261201120000")
    assert row.has_answered


def test_a_source_that_failed_is_told_with_its_error_and_without_a_last_success():
    (row,) = read_back([processing_status.failed("SE2321009991-2B01", NOON, "504", "Read timed out")])
    error = SynchError("virtualization_platform", "504", "Read timed out")
    assert row == SourceStatus("SE2321009991-2B01", "NoDataSynchFailed", False, False, None, "20261201120000", error)
    assert not row.has_answered


def test_the_elements_of_a_row_stand_in_the_schemas_order():
    block = processing_status.write([processing_status.failed("A", NOON, "500", "x")], fills_in=True)
    names = [child.tag.rpartition("}")[2] for child in xml.parse(block)[0]]
    assert names == [
        "logicalAddress", "statusCode", "isResponseFromCache", "isResponseInSynch", "lastSuccessfulSynch",
        "lastUnsuccessfulSynch", "lastUnsuccessfulSynchError",
    ]  # fmt: skip


def test_the_platforms_gap_is_the_only_thing_that_the_schema_minds_in_a_failed_row():
    block = processing_status.write([processing_status.failed("A", NOON, "500", "x")])
    assert b"lastSuccessfulSynch" not in block
    assert "lastSuccessfulSynch" in breaks_schema(block, Errata())
    assert breaks_schema(block, Errata.load(official_folder() / "errata.toml")) == ""


def test_a_filled_gap_is_an_empty_element_and_reads_as_none():
    failed = processing_status.failed("A", NOON, "500", "x")
    assert b"<h:lastSuccessfulSynch></h:lastSuccessfulSynch>" in processing_status.write([failed], fills_in=True)
    assert read_back([failed], fills_in=True) == (failed,)


def test_no_sources_are_an_empty_header_and_no_header_is_none():
    assert read_back([]) == ()
    assert processing_status.read(message_with(b"")) is None
    assert processing_status.read(envelope.read(b"<Envelope><Body><answer/></Body></Envelope>")) is None


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.first_name)
def test_a_persons_number_in_the_text_of_a_failure_is_hidden(person):
    row = processing_status.failed("A", NOON, "500", f"no patient {person.number} here")
    assert person.number not in repr(row)
    assert "(hidden)" in row.error.text


def test_markup_in_a_text_stays_text():
    (row,) = read_back([processing_status.failed("<A&B>", NOON, "500", "</h:text><x/>")])
    assert (row.logical_address, row.error.text) == ("<A&B>", "</h:text><x/>")


def test_a_header_is_read_leniently():
    told = (
        b'<p:ProcessingStatus xmlns:p="urn:riv:interoperability:headers:1"><other/><p:ProcessingStatusList>'
        b"<p:isResponseInSynch> 1 </p:isResponseInSynch><p:statusCode>Odd</p:statusCode></p:ProcessingStatusList>"
        b"<p:ProcessingStatusList/></p:ProcessingStatus>"
    )
    assert processing_status.read(message_with(told)) == (
        SourceStatus("", "Odd", False, True),
        SourceStatus("", "", False, False),
    )


def test_the_published_sample_of_a_partial_answer_is_read():
    sample = Path(__file__).parents[1] / "samples/crm_scheduling_1.1/GetSubjectOfCareSchedule/response-partial.xml"
    first, second = processing_status.read(envelope.read(sample.read_bytes()))
    assert (first.has_answered, second.has_answered) == (True, False)
    assert second.error.code == "VP009"
    assert ANNA.number not in repr((first, second))

"""takecare/mapping.py: the one table is whole, and holds both against the engine and against the schema."""

import re
from dataclasses import fields
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, strategies
from lxml import etree

from contracts import xml
from contracts.identifiers import HsaId
from contracts.namespaces import XML_SCHEMA
from contracts.producer import SchedulingProducer
from contracts.scheduling import ActorType
from contracts.times import SWEDEN
from scheduling_backends.engine.producer import Unanswered
from scheduling_backends.engine.refusals import Reason, catalogue
from scheduling_backends.takecare import mapping, records, schema
from scheduling_backends.takecare.mapping import Record, Units, Untranslatable
from tests.people import ANNA
from tests.scheduling_backends.timebooks import NORTH, at

XS = f"{{{XML_SCHEMA}}}"
UNITS = Units({"PNOR": NORTH})


def elements_of(name: str) -> list[str]:
    """The child elements that the schema gives a question or an answer, in order."""
    (found,) = [one for one in xml.parse_file(schema.XSD).iterchildren(f"{XS}element") if one.get("name") == name]
    return [str(child.get("name")) for child in found.iterdescendants(f"{XS}element")]


def test_every_question_of_the_contracts_is_an_operation() -> None:
    asked = {name for name in dir(SchedulingProducer) if re.match("get_|make_|update_|cancel_", name)}
    assert set(mapping.BY_METHOD) == asked


@pytest.mark.parametrize("operation", mapping.OPERATIONS, ids=lambda one: one.name)
def test_the_schema_has_the_rows_of_the_table_in_their_order(operation: mapping.Operation) -> None:
    assert elements_of(operation.name) == [row.element for row in operation.question.rows]
    told = [
        "Returkod",
        "Meddelande",
        *(["Skal"] if operation.changes else []),
        *(row.element for row in operation.answer.rows),
    ]
    told += [mapping.READY_REASONS_ELEMENT] if operation.tells_ready_reasons else []
    assert elements_of(operation.answer_element) == told


@pytest.mark.parametrize("operation", mapping.OPERATIONS, ids=lambda one: one.name)
def test_every_field_of_a_message_is_in_the_table(operation: mapping.Operation) -> None:
    """All but what foreign elements say, what no system uses, and the outcome, which is the Returkod's."""
    left_out = {"extensions", "notification", "result_code", "result_text"}
    for record in (operation.question, operation.answer):
        assert {row.field for row in record.rows} == {one.name for one in fields(record.of)} - left_out


def test_every_refusal_has_a_return_code_of_its_own() -> None:
    """domain.md §5.11."""
    assert set(mapping.RETURN_CODES) == {entry["code"] for entry in catalogue().values()}
    assert len(mapping.RETURN_CODES) == len(mapping.REFUSALS)


def test_every_reason_has_a_word_of_its_own() -> None:
    assert set(mapping.REASONS.values()) == set(Reason)
    assert len(mapping.REASONS) == len(mapping.REASON_WORDS)


def test_every_fault_and_every_role_has_a_word() -> None:
    assert set(mapping.FAULTS.values()) == set(Unanswered)
    assert set(mapping.ROLES) == {*ActorType, None}
    assert len(mapping.ACTOR_TYPES) == len(mapping.ROLES)


def test_persons_moments_days_flags_and_units_are_said_in_the_record_systems_way() -> None:
    assert mapping.PERSON.write(ANNA.identity, UNITS) == "19791212-9280"
    assert mapping.MOMENT.write(at(1, 8, 20), UNITS) == "2026-12-01 08:20"
    assert mapping.DAY.write(date(2026, 12, 1), UNITS) == "2026-12-01"
    assert (mapping.FLAG.write(True, UNITS), mapping.FLAG.write(False, UNITS)) == ("J", "N")
    assert mapping.UNIT.write(NORTH, UNITS) == "PNOR"


@given(strategies.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
def test_a_moment_of_whole_minutes_comes_back(moment: datetime) -> None:
    written = moment.replace(second=0, microsecond=0, tzinfo=SWEDEN)
    assert mapping.MOMENT.read(mapping.MOMENT.write(written, UNITS), UNITS) == written.replace(fold=0)


def test_a_moment_with_seconds_cannot_be_said() -> None:
    with pytest.raises(Untranslatable):
        mapping.MOMENT.write(at(1, 8, 20) + timedelta(seconds=1), UNITS)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (mapping.PERSON, "1979-12129280"),
        (mapping.PERSON, ""),
        (mapping.MOMENT, "2026-02-30 08:20"),
        (mapping.MOMENT, "20261201082000"),
        (mapping.DAY, "2026-13-01"),
        (mapping.FLAG, "true"),
        (mapping.UNIT, "NONE"),
    ],
)
def test_what_is_not_of_the_form_cannot_be_read(kind: mapping.Kind, text: str) -> None:
    with pytest.raises(Untranslatable):
        kind.read(text, UNITS)


def test_a_unit_that_is_not_there_cannot_be_said() -> None:
    with pytest.raises(mapping.UnknownUnit):
        mapping.UNIT.write(HsaId("SE2321009991-9Z99"), UNITS)


def test_the_schema_accepts_what_the_table_writes() -> None:
    for operation in mapping.OPERATIONS:
        element = etree.Element(f"{{{mapping.NAMESPACE}}}{operation.name}")
        records.fill(element, _full(operation.question), operation.question)
        assert schema.is_valid(element), schema.first_fault(element)


def _full(record: Record) -> dict[str, object]:
    """A record with every row filled in."""
    words = {
        mapping.TEXT: "ord",
        mapping.ID: "B-1",
        mapping.PERSON: "19791212-9280",
        mapping.MOMENT: "2026-12-01 08:20",
        mapping.DAY: "2026-12-01",
        mapping.FLAG: "J",
        mapping.UNIT: "PNOR",
        mapping.HSA_ID: NORTH.text,
    }
    return {row.element: _full(row.kind) if isinstance(row.kind, Record) else words[row.kind] for row in record.rows}

"""The values in every answer of the run: dates, points in time, ids of units and people, nothing empty.

Values are looked at as they stand, with the blanks that the scenarios' lenient reading drops.
Elsewhere: which elements must be there (messages_times.py), what the schema alone can tell (messages_schema.py).
Source: contracts.md G-2 to G-11, §6.2.
"""

import re

from conformance.checks import Findings
from conformance.producer.bench import ProducerBench
from conformance.producer.observing import Leaf, Seen, Tally, answers
from conformance.producer.suite import SUITES
from contracts.identifiers import HsaId, PersonIdentity
from contracts.times import parse_dt, parse_ts

_STAMPS = ("startTimeInclusive", "endTimeExclusive", "pingDateTime")
_DAYS = ("date",)
_HSA_IDS = ("healthcare_facility", "performer", "perfomer")
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")
_DT = re.compile(r"[1-9][0-9]{3}(0[1-9]|1[0-2])([0-2][0-9]|3[01])", re.ASCII)
_TS = re.compile(_DT.pattern + r"([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]", re.ASCII)


@SUITES.check("messages.dates-are-dt", rules=("G-2",), title="Dates are eight digits, YYYYMMDD")
def dates_are_dt(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one in answers(bench):
        for leaf in _filled(one, _DAYS):
            if not _DT.fullmatch(leaf.text):
                sentence = f"{leaf.name} is no DT, eight digits YYYYMMDD: {_shape(leaf.text)}."
                tally.add("G-2", sentence, "Write dates as YYYYMMDD and nothing around.", one, leaf.element)
    yield from tally.findings


@SUITES.check("messages.times-are-ts", rules=("G-3",), title="Points in time are fourteen digits, YYYYMMDDhhmmss")
def times_are_ts(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one in answers(bench):
        for leaf in _filled(one, _STAMPS):
            if not _TS.fullmatch(leaf.text):
                sentence = f"{leaf.name} is no TS, fourteen digits YYYYMMDDhhmmss: {_shape(leaf.text)}."
                remedy = "Write points in time as YYYYMMDDhhmmss, Swedish local time, without separators or a zone."
                tally.add("G-3", sentence, remedy, one, leaf.element)
    yield from tally.findings


def _shape(text: str) -> str:
    """How a value is built, with 9 for any digit and x for any letter, so that no value is quoted."""
    return f"it is built like “{_LETTER.sub('x', _DIGIT.sub('9', text[:40]))}”"


@SUITES.check(
    "messages.days-exist", rules=("G-5",), title="Every date and point in time exists in the calendar, and on the clock"
)
def days_exist(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one in answers(bench):
        for leaf in _filled(one, (*_DAYS, *_STAMPS)):
            sentence = _why_it_does_not_exist(leaf)
            if sentence:
                tally.add(
                    "G-5",
                    sentence,
                    "Send only moments that exist; the pattern of the schema does not tell.",
                    one,
                    leaf.element,
                )
    yield from tally.findings


def _why_it_does_not_exist(leaf: Leaf) -> str:
    """Nothing for a value that exists, or is of another form, which is another rule's."""
    form = _DT if leaf.name in _DAYS else _TS
    if not form.fullmatch(leaf.text):
        return ""
    try:
        parse_dt(leaf.text[:8])
    except ValueError:
        return f"{leaf.name} names a day that no calendar has, as 31 February: the schema's pattern lets it by."
    try:
        parse_ts(leaf.text.ljust(14, "0"))
    except ValueError:
        return f"{leaf.name} names a moment that does not exist: in that hour clocks are put forward to summer time."
    return ""


@SUITES.check("messages.start-is-before-end", rules=("G-6",), title="A time starts before it ends")
def start_is_before_end(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one in answers(bench):
        for slot in one.slots:
            if slot.start and slot.end and slot.end <= slot.start:
                when = "when" if slot.end == slot.start else "before"
                sentence = f"a time ends {when} it starts; the end is exclusive, so it is no time at all."
                remedy = "Let endTimeExclusive be the first moment after the time."
                tally.add("G-6", sentence, remedy, one, slot.one("endTimeExclusive"))
    yield from tally.findings


@SUITES.check("messages.nothing-is-empty", rules=("G-11",), title="No element is empty: what has no value is left out")
def nothing_is_empty(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one in answers(bench):
        for leaf in one.leaves:
            if leaf.is_empty and not _is_missed_elsewhere(one, leaf):
                sentence = f"{leaf.name} is there but empty; an optional element without a value must be left out."
                tally.add("G-11", sentence, f"Leave {leaf.name} out when it has no value.", one, leaf.element)
    yield from tally.findings


def _is_missed_elsewhere(one: Seen, leaf: Leaf) -> bool:
    """Whether the missing value is what another rule tells of: a text for INFO and ERROR, the id of a booking made."""
    if leaf.name == "resultText":
        return one.answer.result in ("INFO", "ERROR")
    return leaf.name == "bookingId" and one.interaction == "MakeBooking" and one.answer.is_done


@SUITES.check(
    "messages.hsa-ids-are-whole",
    rules=("G-7",),
    title="HSA-ids are given in full: SE, ten digits, a hyphen and the unit's or person's part",
)
def hsa_ids_are_whole(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one in answers(bench):
        for leaf in _filled(one, _HSA_IDS):
            if leaf.text != leaf.text.strip() or not HsaId(leaf.text).is_well_formed:
                sentence = f"{leaf.name} is no HSA-id in full, as SE2321000016-1hz5."
                remedy = (
                    "Give the HSA-id in full, with nothing around it: SE, ten digits, a hyphen, letters and digits."
                )
                tally.add("G-7", sentence, remedy, one, leaf.element)
    yield from tally.findings


@SUITES.check(
    "messages.person-ids-have-twelve-signs",
    rules=("G-9",),
    title="A patient's id has twelve signs and no hyphen",
)
def person_ids_have_twelve_signs(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one in answers(bench):
        for leaf in _filled(one, ("subject_of_care",)):
            if not _is_person_id(leaf.text):
                sentence = f"subject_of_care is not twelve signs without a hyphen: {_shape(leaf.text)}."
                remedy = "Write the patient's id as YYYYMMDDNNNN, the century first and nothing between."
                tally.add("G-9", sentence, remedy, one, leaf.element)
    yield from tally.findings


def _is_person_id(text: str) -> bool:
    try:
        PersonIdentity(text)
    except ValueError:
        return False
    return True


def _filled(one: Seen, names: tuple[str, ...]) -> list[Leaf]:
    return [leaf for leaf in one.leaves if leaf.name in names and not leaf.is_empty]

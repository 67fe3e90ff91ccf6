"""What must be refused, and how: taken times, past times, times and bookings that never were.

A refusal is resultCode ERROR with a text, in an answer with HTTP 200. What the contracts leave open is left open here:
a fault is no finding where nobody says that the error is a logical one.
Elsewhere: other people's bookings (strangers.py), messages that are wrong in themselves (malformed.py), what the text
and the ids of a refusal are (messages_times.py).
Source: contracts.md §3 (G-14 to G-16, G-22), MB-9, GBD-6, CB-8, UB-4; T111 §5.6, §5.7.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from conformance.checks import Findings, NotJudged
from conformance.producer import supply
from conformance.producer.bench import ProducerBench
from conformance.producer.suite import SUITES
from conformance.reading import Answer, Slot
from contracts import scheduling as s
from contracts.identifiers import HsaId

UNKNOWN_ID = "kit-no-such-booking"

RESULT_REMEDY = (
    "Answer a logical error with HTTP 200, resultCode ERROR and a resultText; keep faults for technical errors."
)


def answered(answer: Answer) -> Answer:
    """The answer, if there is one. Raises NotJudged for a call that nothing came back for."""
    if answer.exchange.failure:
        raise NotJudged(f"{answer.exchange.interaction} got no answer. {answer.exchange.failure.sentence}")
    return answer


def unless_refused(bench: ProducerBench, answer: Answer, rule: str, ground: str, remedy: str) -> Findings:
    """Findings unless `answer` is ERROR: `rule` when it was carried out, G-15 when it came as a fault.

    `ground` says why it had to be refused: a clause that a sentence can begin with.
    """
    if answered(answer).is_done:
        yield bench.finding(rule, f"{ground}, and yet the answer is resultCode {answer.result}.", remedy, answer)
    elif answer.fault:
        sentence = (
            f"{ground}, which is a logical error, and it was answered with a SOAP fault: a citizen is then told of a"
            " technical error and not why nothing was booked."
        )
        yield bench.finding("G-15", sentence, RESULT_REMEDY, answer)


@SUITES.check(
    "refusals.taken-time",
    rules=("MB-9", "G-15"),
    title="A time that somebody has taken is refused with resultCode ERROR, not with a fault",
)
def taken_time(bench: ProducerBench) -> Findings:
    with supply.full(bench) as full:
        answer = bench.make(full.moment.slots[0], full.latecomer, "Somebody else asks for a time that is taken.")
        remedy = "Sell a seat once: answer ERROR with a text as soon as the last seat of a time is gone."
        yield from unless_refused(bench, answer, "MB-9", "All seats of the time were booked", remedy)
        supply.undo(bench, answer, full.latecomer)


@SUITES.check(
    "refusals.passed-time",
    rules=("G-22",),
    title="A time that has passed cannot be booked",
)
def passed_time(bench: ProducerBench) -> Findings:
    moment = supply.take(bench)
    wanted = bench.wanted(moment.slots[0], bench.person, booking_id=None)
    assert wanted.start is not None  # a listed time has both
    assert wanted.end is not None
    back = timedelta(weeks=(moment.day - bench.today).days // 7 + 1)
    passed = replace(wanted, start=wanted.start - back, end=wanted.end - back)
    yield from _refused(bench, passed, "A time that has passed is asked for.", "G-22", "The time had passed")


@SUITES.check(
    "refusals.time-never-offered",
    rules=("G-16",),
    title="A time that was never offered cannot be booked",
)
def time_never_offered(bench: ProducerBench) -> Findings:
    moment = supply.take(bench)
    wanted = bench.wanted(moment.slots[0], bench.person, booking_id=None)
    assert wanted.start is not None  # a listed time has one
    night = wanted.start.replace(hour=3, minute=17)
    if any(one.start == night for one in supply.still_listed(bench, moment, "What is free that day?").slots):
        raise NotJudged("Times are offered in the small hours too; the check has no time that is not offered.")
    never = replace(wanted, start=night, end=night + timedelta(minutes=7))
    ground = "No list had a time from 03:17 to 03:24"
    yield from _refused(bench, never, "A time that no list had is asked for.", "G-16", ground)


def _refused(bench: ProducerBench, wanted: s.Timeslot, purpose: str, rule: str, ground: str) -> Findings:
    bench.remember(bench.person)
    answer = bench.ask(s.MakeBooking(bench.settings.facility, wanted, bench.person.info), purpose)
    remedy = "Book only times that are offered: compare start, end and facility with what is in the schedule."
    yield from unless_refused(bench, answer, rule, ground, remedy)
    supply.undo(bench, answer, bench.person)


@SUITES.check(
    "refusals.unknown-facility",
    rules=("G-15", "G-16"),
    title="A facility that does not exist has no times and takes no bookings",
)
def unknown_facility(bench: ProducerBench) -> Findings:
    nowhere = HsaId(f"{bench.settings.facility.text.partition('-')[0]}-KIT0NONE")
    last = bench.today + timedelta(weeks=bench.settings.weeks)
    question = s.GetAvailableTimeslots(nowhere, bench.person.identity, bench.today, last)
    listed = answered(bench.ask(question, "Which times does a facility have that does not exist?"))
    made_up = [one for one in listed.slots if HsaId(one.text("healthcare_facility") or "-") == nowhere]
    if made_up:
        sentence = "GetAvailableTimeslots lists times at a facility that does not exist."
        yield bench.finding("G-15", sentence, "Answer with an empty list, or with a fault.", listed, made_up[0])
    wanted = bench.wanted(supply.take(bench).slots[0], bench.person, healthcare_facility=nowhere, booking_id=None)
    bench.remember(bench.person)
    answer = bench.ask(s.MakeBooking(nowhere, wanted, bench.person.info), "A booking at a facility that is not there.")
    if answered(answer).is_done:
        sentence = f"A booking at a facility that does not exist was answered with resultCode {answer.result}."
        yield bench.finding("G-16", sentence, "Book at the facility that the request names, or refuse.", answer)
        supply.undo(bench, answer, bench.person)


@SUITES.check(
    "refusals.unknown-booking",
    rules=("GBD-6", "CB-8", "UB-4", "REF-1"),
    title="A booking that does not exist is neither shown, cancelled nor moved, and that is told as ERROR",
)
def unknown_booking(bench: ProducerBench) -> Findings:
    moment = supply.take(bench)
    for booking_id, what in _no_bookings(moment.slots[0]):
        details = answered(bench.details(booking_id, bench.person, f"Details of {what}."))
        if details.slots:
            sentence = f"GetBookingDetails shows a booking for the id of {what}."
            remedy = "Answer with a SOAP fault: the answer's type has no room for a refusal."
            yield bench.finding("GBD-6", sentence, remedy, details, details.slots[0])
    cancelled = answered(bench.cancel(UNKNOWN_ID, bench.person, "A booking is cancelled that does not exist."))
    yield from _done_with_nothing(bench, cancelled, "CB-8", "cancelled")
    bench.remember(bench.person)
    wanted = bench.wanted(moment.slots[0], bench.person, booking_id=UNKNOWN_ID)
    moved = answered(bench.ask(s.UpdateBooking(wanted), "A booking is moved that does not exist."))
    yield from _done_with_nothing(bench, moved, "UB-4", "moved")


def _no_bookings(free: Slot) -> Iterator[tuple[str, str]]:
    yield UNKNOWN_ID, "no booking"
    if free.booking_id:
        yield free.booking_id, "a free time"


def _done_with_nothing(bench: ProducerBench, answer: Answer, rule: str, verb: str) -> Findings:
    if answer.is_done:
        sentence = f"No booking has the id, so nothing can have been {verb}, and the answer is {answer.result}."
        yield bench.finding(rule, sentence, "Answer ERROR with a text for an id that names no booking.", answer)
    elif answer.fault:
        sentence = (
            f"{answer.exchange.interaction} has a result structure, and an unknown booking id was answered with a"
            " fault: a citizen whose booking the clinic has just removed is told of a technical error."
        )
        yield bench.finding("REF-1", sentence, RESULT_REMEDY, answer)

"""Does the target answer at all, and what does it offer?

The rest of a run rests on this suite: an interaction that does not answer a plain question is told here, once, and the
checks that need it are not judged. What a flag of a booking promises must be there too.
Elsewhere: the ping (basics_ping.py).
Source: contracts.md §3.1.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from conformance.checks import Findings, NotJudged
from conformance.people import TestPerson
from conformance.producer.bench import REQUIRED, Booking, ProducerBench
from conformance.producer.suite import SUITES
from conformance.reading import Answer
from contracts.identifiers import HsaId
from contracts.scheduling import GetAllHealthcareFacilities

_FOR_BOOKING = ("GetAvailableDates", "GetAvailableTimeslots")
_REMEDY = "Answer the plain question shown in the evidence with {0}Response; the sentence above says what came instead."


@SUITES.check(
    "basics.schedule-is-answered",
    rules=("IMP-1", "GSS-3"),
    title="GetSubjectOfCareSchedule, which everybody must offer, answers a plain question, also when nothing is booked",
)
def schedule_is_answered(bench: ProducerBench) -> Findings:
    interaction = REQUIRED[0]
    answer = bench.ask(bench.plain_question(interaction), "What has the first test person booked?")
    if answer.is_usable:
        return
    if not bench.evidence.useless and any(bench.ids_of(person) for person in bench.persons[1:]):
        sentence = (
            f"{interaction} lists what others have booked, but for a person with nothing booked gave {answer.in_words}."
        )
        yield bench.finding("GSS-3", sentence, "Answer with an empty list when nothing is booked.", answer)
    else:
        yield bench.finding("IMP-1", f"{interaction} gave {answer.in_words}.", _REMEDY.format(interaction), answer)


@SUITES.check(
    "basics.availability-is-answered",
    rules=("IMP-2",),
    title="GetAvailableDates and GetAvailableTimeslots answer a plain question where times can be booked",
)
def availability_is_answered(bench: ProducerBench) -> Findings:
    for interaction in _FOR_BOOKING:
        answer = bench.ask(bench.plain_question(interaction), f"Does {interaction} answer?")
        if not answer.is_usable:
            sentence = f"{interaction} gave {answer.in_words}."
            yield bench.finding("IMP-2", sentence, _REMEDY.format(interaction), answer)


@SUITES.check(
    "basics.offered-is-answered",
    rules=("IMP-6",),
    title="What the target is said to offer beyond that answers a plain question",
)
def offered_is_answered(bench: ProducerBench) -> Findings:
    asked = [one for one in bench.settings.offered if bench.plain_question(one) is not None]
    if not asked:
        raise NotJudged("Nothing is said to be offered; name optional interactions with --offers.")
    for interaction in asked:
        answer = bench.ask(bench.plain_question(interaction), f"Does {interaction} answer?")
        if not answer.is_usable:
            sentence = f"{interaction} is said to be offered, and gave {answer.in_words}."
            yield bench.finding("IMP-6", sentence, _REMEDY.format(interaction), answer)


def _usable_or_found(bench: ProducerBench, rule: str, answer: Answer, why: str) -> Findings:
    """A finding when an interaction that is needed gave something else than its answer."""
    if not answer.is_usable:
        interaction = answer.exchange.interaction
        yield bench.finding(
            rule, f"{why}, and {interaction} gave {answer.in_words}.", _REMEDY.format(interaction), answer
        )


@SUITES.check(
    "basics.details-are-answered",
    rules=("IMP-1",),
    title="GetBookingDetails, which everybody must offer, answers for a booking that the schedule lists",
)
def details_are_answered(bench: ProducerBench) -> Findings:
    with _a_booking(bench) as (booking_id, person):
        answer = bench.details(booking_id, person, "What are the details of a booking that stands?")
        yield from _usable_or_found(bench, "IMP-1", answer, "A booking stands")


@contextmanager
def _a_booking(bench: ProducerBench) -> Iterator[tuple[str, TestPerson]]:
    """A booking of a test person: one that was there before, or else one that is made."""
    for person in reversed(bench.persons):
        for booking_id in sorted(bench.ids_of(person)):
            yield booking_id, person
            return
    with bench.booked() as booking:
        yield booking.id, booking.person


@SUITES.check(
    "basics.promised-cancelling-is-offered",
    rules=("IMP-3",),
    title="Where a booking says that it may be cancelled, CancelBooking answers",
)
def promised_cancelling_is_offered(bench: ProducerBench) -> Findings:
    with bench.booked() as booking:
        _demand_promise(bench, booking, "cancel_booking_allowed")
        answer = bench.cancel(booking.id, booking.person, "The booking says that it may be cancelled.")
        yield from _usable_or_found(bench, "IMP-3", answer, "cancel_booking_allowed is true")


@SUITES.check(
    "basics.promised-rebooking-is-offered",
    rules=("IMP-4",),
    title="Where a booking says that it may be rebooked, UpdateBooking answers",
)
def promised_rebooking_is_offered(bench: ProducerBench) -> Findings:
    with bench.booked() as booking:
        _demand_promise(bench, booking, "rebooking_allowed")
        other = bench.free(booking.person, but=[booking.slot])[0]
        answer = bench.move(booking, other, "The booking says that it may be rebooked.")
        yield from _usable_or_found(bench, "IMP-4", answer, "rebooking_allowed is true")


def _demand_promise(bench: ProducerBench, booking: Booking, flag: str) -> None:
    """Raises NotJudged unless the details, the schedule or the listed free time say that the flag is true."""
    details = bench.details(booking.id, booking.person, f"Is {flag} true?").slots
    if not any(slot.flag(flag) for slot in (booking.slot, *details)):
        raise NotJudged(f"No booking could be made whose {flag} is true; then the interaction is optional.")


@SUITES.check(
    "basics.promised-facilities-are-offered",
    rules=("IMP-5",),
    title="Where a booking can be moved to another unit, GetAllHealthcareFacilities answers",
)
def promised_facilities_are_offered(bench: ProducerBench) -> Findings:
    with bench.booked() as booking:
        listed = bench.times("Which times may it be moved to?", person=booking.person, booking_id=booking.id)
        here = bench.settings.facility
        units = {HsaId(text) for one in listed.slots if (text := one.text("healthcare_facility"))}
        if units <= {here}:
            raise NotJudged("No time at another unit is offered for rebooking; then the interaction is optional.")
        question = GetAllHealthcareFacilities(here, booking.person.identity, booking.id)
        answer = bench.ask(question, "Which units may the booking be moved to?", person=booking.person)
        yield from _usable_or_found(bench, "IMP-5", answer, "Times at another unit are offered for rebooking")

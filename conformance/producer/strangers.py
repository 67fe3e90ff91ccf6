"""Whose booking is it? What somebody else than the citizen is shown, and what they can change: nothing.

The contracts say that the Actor tells who acts (A-1) and, in its table, that a person acting in person is the patient;
they leave open how a call of another kind is refused (§15), and so do these checks: a fault, an ERROR and an empty list
are all well, if nothing is shown and the booking still stands where it stood.
Source: contracts.md §4 (A-1, A-5 and the table), §5.2 (CB-3), §12 (privacy); §15.
"""

from conformance.checks import Findings
from conformance.people import TestPerson
from conformance.producer import supply
from conformance.producer.bench import NOBODY, Booking, ProducerBench
from conformance.producer.refusals import answered
from conformance.producer.suite import SUITES
from conformance.reading import Answer, Slot
from contracts import scheduling as s

_COMPARE = "Compare Actor.actorId with the citizen of the booking, and refuse when they differ."


@SUITES.check(
    "refusals.stranger-sees-no-schedule",
    rules=("ACT-1",),
    title="Somebody else is not shown a person's schedule",
)
def stranger_sees_no_schedule(bench: ProducerBench) -> Findings:
    with supply.booked(bench) as (booking, _):
        purpose = "What has somebody else booked? The Actor is not the patient."
        answer = answered(bench.schedule(booking.person, purpose, actor=bench.other.actor))
        yield from _shown(bench, answer, "ACT-1", "the Actor, acting in person, is somebody else than the patient")


@SUITES.check(
    "refusals.stranger-sees-no-details",
    rules=("ACT-1",),
    title="Somebody else is not shown a person's booking",
)
def stranger_sees_no_details(bench: ProducerBench) -> Findings:
    with supply.booked(bench) as (booking, _):
        answer = answered(bench.details(booking.id, bench.other, "Details of somebody else's booking."))
        yield from _shown(bench, answer, "ACT-1", "the Actor, acting in person, is somebody else than the patient")


@SUITES.check(
    "refusals.agent-sees-no-bookings",
    rules=("A-5",),
    title="An agent without a ground for shared records is shown nothing of the patient's",
)
def agent_sees_no_bookings(bench: ProducerBench) -> Findings:
    organisation = bench.settings.facility.text.partition("-")[0]
    agent = s.Actor(f"{organisation}-KIT0AGENT", s.ActorType.SUBJECT_OF_CARE_AGENT)
    with supply.booked(bench) as (booking, _):
        schedule = bench.schedule(booking.person, "What has the patient booked? An agent asks.", actor=agent)
        details = bench.details(booking.id, booking.person, "Details of a booking; an agent asks.", actor=agent)
        for answer in (schedule, details):
            yield from _shown(bench, answered(answer), "A-5", "an agent of unknown standing asks")


def _shown(bench: ProducerBench, answer: Answer, rule: str, ground: str) -> Findings:
    if answer.slots:
        sentence = f"{answer.exchange.interaction} shows a person's bookings, though {ground}."
        yield bench.finding(rule, sentence, _COMPARE, answer, answer.slots[0])


@SUITES.check(
    "refusals.stranger-cannot-cancel",
    rules=("CB-3",),
    title="Somebody else cannot cancel a person's booking",
)
def stranger_cannot_cancel(bench: ProducerBench) -> Findings:
    with supply.booked(bench) as (booking, _):
        answer = answered(bench.cancel(booking.id, bench.other, "Somebody else cancels the booking."))
        if _standing(bench, booking) is None:
            sentence = "The booking is gone: a person whose Actor is not the patient's could cancel it."
            yield bench.finding("CB-3", sentence, _COMPARE, answer)


@SUITES.check(
    "refusals.stranger-cannot-move",
    rules=("ACT-1",),
    title="Somebody else cannot move a person's booking",
)
def stranger_cannot_move(bench: ProducerBench) -> Findings:
    with supply.booked(bench) as (booking, _):
        slot = supply.take(bench).slots[0]
        for subject in (booking.person, bench.other):
            whose = "as the patient's" if subject is booking.person else "as their own"
            bench.remember(subject)
            question = s.UpdateBooking(bench.wanted(slot, subject, booking_id=booking.id))
            purpose = f"Somebody else moves the booking, and tells it {whose}."
            answer = answered(bench.ask(question, purpose, person=bench.other))
            stands = _standing(bench, booking)
            if stands is None or stands.start != booking.slot.start:
                sentence = f"The booking was moved or lost: a person whose Actor is not the patient's told it {whose}."
                yield bench.finding("ACT-1", sentence, _COMPARE, answer)
                return


@SUITES.check(
    "refusals.cancelling-without-actor",
    rules=("CB-8",),
    title="What CancelBooking without an Actor answers is what came of it",
)
def cancelling_without_actor(bench: ProducerBench) -> Findings:
    """Refusing it is right (A-1), and so is being liberal (A-6)."""
    with supply.booked(bench) as (booking, _):
        answer = answered(bench.cancel(booking.id, booking.person, "Cancelling without an Actor.", actor=NOBODY))
        is_gone = _standing(bench, booking) is None
        if is_gone is not answer.is_done:
            state = "gone" if is_gone else "still there"
            sentence = f"CancelBooking without an Actor gave {answer.in_words}, and the booking is {state}."
            remedy = "Refuse a call without an Actor before anything is done, or carry it out and say so."
            yield bench.finding("CB-8", sentence, remedy, answer)


def _standing(bench: ProducerBench, booking: Booking) -> Slot | None:
    """The booking in its owner's schedule. Raises NotJudged when that cannot be learnt."""
    return standing(bench, booking.id, booking.person)


def standing(bench: ProducerBench, booking_id: str, person: TestPerson) -> Slot | None:
    """The booking of this id in the person's schedule. Raises NotJudged when that cannot be learnt."""
    there = supply.scheduled(bench, person, "Does the booking stand?")
    return next((one for one in there if one.booking_id == booking_id), None)

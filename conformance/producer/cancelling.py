"""Cancelling: allowed by the flag alone, the time is free at once, the booking gone everywhere.

A cancellation that a flag forbids is tried only on bookings that the setting `refusable_bookings` names, for the run
itself books nothing that it may not cancel: a system that is wrong here loses a booking that somebody has chosen for
it, and the run says so among what it leaves behind.
Elsewhere: other people's bookings and unknown ids (refusals.py), the same cancellation twice (repeats.py).
Source: contracts.md §5.2, G-13, G-21.
"""

from collections.abc import Iterator

from conformance.checks import Findings, NotJudged
from conformance.model import Finding
from conformance.people import TestPerson
from conformance.producer import seats
from conformance.producer.bench import Booking, ProducerBench
from conformance.producer.suite import SUITES
from conformance.reading import Answer, Slot


@SUITES.check(
    "cancelling.allowed-is-carried-out",
    rules=("CB-1", "CB-3"),
    title="A booking that says that it may be cancelled can be, by its person, with its id and clinic",
)
def allowed_is_carried_out(bench: ProducerBench) -> Findings:
    with bench.booked() as booking:
        _demand_flag(bench, booking, "cancel_booking_allowed")
        answer = bench.end(booking.id, booking.person, "The booking is cancelled.")
        if not answer.is_done:
            sentence = f"GetBookingDetails says cancel_booking_allowed true, but CancelBooking gave {answer.in_words}."
            remedy = "Cancel what the flag says may be cancelled, or say false."
            yield bench.finding("CB-1", sentence, remedy, answer)


def _demand_flag(bench: ProducerBench, booking: Booking, name: str) -> Slot:
    details = bench.details(booking.id, booking.person, "What may be done with the booking?")
    slot = next(iter(details.slots), None)
    if slot is None or not slot.flag(name):
        raise NotJudged(f"The booking's details do not say {name} true.")
    return slot


@SUITES.check(
    "cancelling.confirmed-is-true",
    rules=("CB-8", "G-21"),
    title="A confirmed cancellation is true: the booking is in no answer any more",
)
def confirmed_is_true(bench: ProducerBench) -> Findings:
    """What earlier checks cancelled is looked for first: if it stands, no other booking may be allowed beside it."""
    earlier = bench.schedule(bench.person, "Is anything still booked that this run has cancelled?")
    still = next((one for one in earlier.slots if bench.has_cancelled(one.booking_id)), None)
    if still is not None:
        yield _still_there(bench, earlier, still)
        return
    with bench.booked() as booking:
        _ended(bench, booking)
        schedule = bench.schedule(booking.person, "Is the cancelled booking gone from the schedule?")
        still = next((one for one in schedule.slots if one.booking_id == booking.id), None)
        if still is not None:
            yield _still_there(bench, schedule, still)
            return
        details = bench.details(booking.id, booking.person, "Are there details of the cancelled booking?")
        for slot in details.slots[:1]:
            if slot.flag("cancel_booking_allowed") or slot.flag("rebooking_allowed"):
                sentence = "The booking is cancelled, and its details still say that it can be cancelled or moved."
                yield bench.finding("CB-8", sentence, _TRUE, details, slot)


_TRUE = "Answer OK or INFO when the booking has been cancelled, and show it nowhere from then on."


def _still_there(bench: ProducerBench, answer: Answer, slot: Slot) -> Finding:
    sentence = f"CancelBooking confirmed that booking {slot.booking_id} is cancelled, and the schedule still lists it."
    return bench.finding("CB-8", sentence, _TRUE, answer, slot)


def _ended(bench: ProducerBench, booking: Booking) -> Answer:
    answer = bench.end(booking.id, booking.person, "The booking is cancelled.")
    if not answer.is_done:
        raise NotJudged(f"The booking could not be cancelled ({answer.in_words}).")
    return answer


@SUITES.check(
    "cancelling.time-is-free-at-once",
    rules=("CB-5", "G-21"),
    title="A time that was cancelled can be booked again at once",
)
def time_is_free_at_once(bench: ProducerBench) -> Findings:
    slot = bench.free()[0]
    watched = seats.watch(bench, slot, bench.person)
    with bench.booked(slot=slot) as booking:
        _ended(bench, booking)
        if booking.id in bench.ids_of(booking.person):
            raise NotJudged("The booking was not cancelled; see cancelling.confirmed-is-true.")
        answer, is_free = seats.listed_again(bench, watched)
        remedy = "Let the time go in the same step as the booking is cancelled, and list it again."
        if not is_free:
            sentence = "The time could be booked before, and is not listed again after the cancellation."
            yield bench.finding("CB-5", sentence, remedy, answer)
            return
        again = bench.make(slot, watched.observer, "The time that was cancelled is booked by somebody else.")
        if again.is_done:
            bench.put_back(Booking(again.text("bookingId") or "", watched.observer, slot, again))
        elif again.fault:
            sentence = f"The cancelled time is listed again, but booking it gave {again.in_words}."
            yield bench.finding("CB-5", sentence, remedy, again)


@SUITES.check(
    "cancelling.message-is-taken",
    rules=("CB-2",),
    title="Where a message is allowed, a cancellation that has one is carried out",
)
def message_is_taken(bench: ProducerBench) -> Findings:
    with bench.booked() as booking:
        slot = _demand_flag(bench, booking, "message_allowed")
        if not slot.flag("cancel_booking_allowed"):
            raise NotJudged("The booking says that it may not be cancelled.")
        answer = bench.cancel(booking.id, booking.person, "It is cancelled with a message.", message=bench.message)
        if answer.is_done:
            return
        plain = bench.cancel(booking.id, booking.person, "It is cancelled without a message.")
        if plain.is_done:
            sentence = (
                "message_allowed is true, and a cancellation with a message gave"
                f" {answer.in_words}; without one it was carried out."
            )
            yield bench.finding("CB-2", sentence, "Take a message where the flag says that one may be sent.", answer)


@SUITES.check(
    "cancelling.false-flag-is-refused",
    rules=("CB-1", "CB-4", "G-13"),
    title="A booking whose cancel_booking_allowed is false or left out cannot be cancelled",
)
def false_flag_is_refused(bench: ProducerBench) -> Findings:
    judged = 0
    for person, booking_id in bench.settings.refusable_bookings:
        details = bench.details(booking_id, person, "May the booking be cancelled?")
        slot = next(iter(details.slots), None)
        if slot is not None and not slot.flag("cancel_booking_allowed"):
            judged += 1
            yield from _refused(bench, booking_id, person)
    if not judged:
        raise NotJudged("No booking is named whose cancel_booking_allowed is false; name one as a refusable booking.")


def _refused(bench: ProducerBench, booking_id: str, person: TestPerson) -> Iterator[Finding]:
    answer = bench.cancel(booking_id, person, "It is cancelled although it says that it may not be.")
    remedy = "Refuse with resultCode ERROR and a resultText where the flag is false."
    if answer.is_done:
        sentence = (
            f"GetBookingDetails does not say cancel_booking_allowed true, and CancelBooking gave {answer.in_words}."
        )
        yield bench.finding("CB-1", sentence, remedy, answer)
        bench.leave_behind(f"The booking {booking_id} was cancelled, although its cancel_booking_allowed is false.")
    elif answer.fault:
        sentence = "A booking that may not be cancelled was refused with a SOAP fault; a rule is no technical error."
        yield bench.finding("CB-4", sentence, remedy, answer)

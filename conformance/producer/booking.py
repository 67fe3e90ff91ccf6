"""Book, see, details: what holds of a new booking from its answer on.

Elsewhere: moving (moving.py), cancelling (cancelling.py), what must be refused (refusals.py), many at once (duel.py).
"""

from datetime import timedelta

from conformance.checks import Findings, NotJudged
from conformance.producer.bench import Booking, ProducerBench
from conformance.producer.suite import SUITES
from conformance.reading import Slot


@SUITES.check(
    "booking.a-free-time-can-be-booked",
    rules=("G-16", "MB-1"),
    title="A time that is listed as free can be booked, and the answer names the booking",
)
def a_free_time_can_be_booked(bench: ProducerBench) -> Findings:
    slot = bench.free()[0]
    answer = bench.make(slot, bench.person, "The latest free time is booked.")
    if not answer.is_done:
        sentence = f"A time that GetAvailableTimeslots had just listed could not be booked: {answer.in_words}."
        remedy = "List only times that can be booked, and book the time that is named by start, end and bookingId."
        yield bench.finding("G-16", sentence, remedy, answer)
        return
    booking_id = answer.text("bookingId")
    if not booking_id:
        sentence = f"resultCode is {answer.result}, but the answer names no booking."
        yield bench.finding("MB-1", sentence, "Give the new booking's id in bookingId for OK and INFO.", answer)
        return
    bench.put_back(Booking(booking_id, bench.person, slot, answer))


@SUITES.check(
    "booking.confirmed-is-seen",
    rules=("G-21",),
    title="A confirmed booking is in the person's schedule at once",
)
def confirmed_is_seen(bench: ProducerBench) -> Findings:
    with bench.booked() as booking:
        answer = bench.schedule(booking.person, "Is the new booking in the schedule?")
        if not answer.is_usable:
            raise NotJudged(f"GetSubjectOfCareSchedule gave {answer.in_words}.")
        if _found(booking, answer.slots) is None:
            sentence = "The booking was confirmed, but GetSubjectOfCareSchedule does not list its bookingId."
            yield bench.finding(
                "G-21", sentence, "Show a booking in every query from the moment of its answer.", answer
            )


@SUITES.check(
    "booking.time-stays-as-it-was-listed",
    rules=("G-4",),
    title="The schedule and the details tell the time of a booking as it was listed when it was free",
)
def time_stays_as_it_was_listed(bench: ProducerBench) -> Findings:
    with bench.booked() as booking:
        seen = bench.schedule(booking.person, "At which time does the schedule put the booking?")
        details = bench.details(booking.id, booking.person, "At which time do the details put the booking?")
        for answer, slot in ((seen, _found(booking, seen.slots)), (details, next(iter(details.slots), None))):
            if slot is not None and (told := _moved(booking.slot, slot)):
                sentence = f"{answer.exchange.interaction} tells another time than was listed and booked: {told}."
                yield bench.finding("G-4", sentence, _NO_ZONE, answer, slot.one("startTimeInclusive") or slot)


_NO_ZONE = "Keep Swedish local time from one end to the other: no side may convert, to UTC or from it."


def _found(booking: Booking, slots: tuple[Slot, ...]) -> Slot | None:
    return next((one for one in slots if one.booking_id == booking.id), None)


def _moved(listed: Slot, seen: Slot) -> str:
    """How far a time was moved, in words; empty when it was not, or cannot be compared."""
    if listed.start is None or seen.start is None or listed.start == seen.start:
        return ""
    by = seen.start.replace(tzinfo=None) - listed.start.replace(tzinfo=None)
    sign = "later" if by > timedelta(0) else "earlier"
    return f"{abs(by)} {sign}"

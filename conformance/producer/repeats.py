"""The same request once more: after its answer, and after the answer was lost.

The contracts have no request id (MB-10): who got no answer looks in the schedule, and may have to send again. That
ends well only if a seat is sold once whatever is repeated, and if what was done can be seen. A lost answer is made by
hanging up when the answer begins, so the request was carried out, or was refused.
Elsewhere: many at once (duel.py).
Source: contracts.md §12 (idempotence), MB-9, MB-10, CB-5, G-15, G-16.
"""

from collections.abc import Sequence

from conformance.checks import Findings, NotJudged
from conformance.people import TestPerson
from conformance.producer import supply
from conformance.producer.bench import Booking, ProducerBench
from conformance.producer.refusals import RESULT_REMEDY, answered
from conformance.producer.suite import SUITES
from conformance.reading import Answer, Slot

_ONCE = "Let the database decide: one booking to a seat, by a constraint or within one transaction."


@SUITES.check(
    "repeats.booking-twice",
    rules=("MB-9", "G-15"),
    title="The same MakeBooking sent twice books a seat once",
)
def booking_twice(bench: ProducerBench) -> Findings:
    with supply.full(bench) as full:
        mine = full.bookings[0]
        answer = bench.make(mine.slot, mine.person, "The same booking is asked for once more.")
        if answered(answer).fault:
            sentence = "The time is taken, by the same person, and a MakeBooking for it was answered with a SOAP fault."
            yield bench.finding("G-15", sentence, RESULT_REMEDY, answer)
        there = supply.booked_at(bench, mine.person, full.moment.start)
        if len(there) > 1:
            sentence = f"One seat was left, the same MakeBooking came twice, and {len(there)} bookings stand at it."
            yield bench.finding("MB-9", sentence, _ONCE, answer)
        cancel_all(bench, mine.person, [one for one in there if one.booking_id != mine.id])


@SUITES.check(
    "repeats.booking-with-a-lost-answer",
    rules=("G-21", "MB-9"),
    title="A MakeBooking whose answer is lost is found in the schedule, or can be sent again",
)
def booking_with_a_lost_answer(bench: ProducerBench) -> Findings:
    supply.demand_schedule(bench)
    moment, person = supply.take(bench), bench.person
    _dropped(bench.make(moment.slots[0], person, "A booking whose answer is lost.", drop_answer=True))
    seen = supply.booked_at(bench, person, moment.start)
    left = moment.among(supply.still_listed(bench, moment, "Is the time still free?", bench.other).slots)
    again = answered(bench.make(moment.slots[0], person, "The same booking is sent again."))
    there = supply.booked_at(bench, person, moment.start)
    if len(there) > 1 and seen and not left:
        sentence = "A booking whose answer was lost was sent again, and both stand: the time had one seat."
        yield bench.finding("MB-9", sentence, _ONCE, again)
    if not there and (left or again.is_done):
        raise NotJudged(f"No booking could be made: {again.in_words}.")
    if not there:
        sentence = (
            "The answer to a MakeBooking was lost. The time is no longer free, the schedule does not show a booking,"
            f" and sent again it gave {again.in_words}: the seat is lost, and the citizen cannot learn it."
        )
        yield bench.finding("G-21", sentence, _TO_THE_END, again)
    cancel_all(bench, person, there)


_TO_THE_END = "Carry a request out to its end or not at all, also when the caller hangs up, and show what was done."


@SUITES.check(
    "repeats.cancelling-twice",
    rules=("REP-1",),
    title="The same CancelBooking sent twice does not end in a fault",
)
def cancelling_twice(bench: ProducerBench) -> Findings:
    with supply.booked(bench) as (booking, _):
        first = bench.cancel(booking.id, booking.person, "The booking is cancelled.")
        if not answered(first).is_done:
            raise NotJudged(f"The booking could not be cancelled: {first.in_words}.")
        again = answered(bench.cancel(booking.id, booking.person, "The booking is cancelled once more."))
        yield from _no_fault(bench, again)


@SUITES.check(
    "repeats.cancelling-with-a-lost-answer",
    rules=("CB-5",),
    title="A CancelBooking whose answer is lost has been carried out whole, or not at all",
)
def cancelling_with_a_lost_answer(bench: ProducerBench) -> Findings:
    with supply.booked(bench) as (booking, moment):
        _dropped(bench.cancel(booking.id, booking.person, "A cancellation whose answer is lost.", drop_answer=True))
        stands = supply.booked_at(bench, booking.person, moment.start)
        if stands:
            answered(bench.cancel(booking.id, booking.person, "The cancellation is sent again."))
            stands = supply.booked_at(bench, booking.person, moment.start)
        listed = supply.still_listed(bench, moment, "Is the time free again?")
        if not stands and len(moment.among(listed.slots)) < len(moment.slots):
            sentence = "The answer to a CancelBooking was lost: the booking is gone, and its time is not free again."
            yield bench.finding("CB-5", sentence, _TO_THE_END, listed)


@SUITES.check(
    "repeats.moving-twice",
    rules=("G-16", "REP-1"),
    title="The same UpdateBooking sent twice leaves one booking, at the new time",
)
def moving_twice(bench: ProducerBench) -> Findings:
    with supply.booked(bench) as (booking, old):
        new = supply.ways_out(bench, booking)[0]
        first = answered(bench.move(booking, new.slots[0], "The booking is moved."))
        if not first.is_done:
            raise NotJudged(f"The booking could not be moved: {first.in_words}.")
        again = answered(bench.move(booking, new.slots[0], "The booking is moved once more to the same time."))
        yield from _no_fault(bench, again)
        yield from _one_at_new(bench, booking, old, new, again)


@SUITES.check(
    "repeats.moving-with-a-lost-answer",
    rules=("G-16",),
    title="An UpdateBooking whose answer is lost leaves one booking, and can be sent again",
)
def moving_with_a_lost_answer(bench: ProducerBench) -> Findings:
    with supply.booked(bench) as (booking, old):
        new = supply.ways_out(bench, booking)[0]
        _dropped(bench.move(booking, new.slots[0], "A move whose answer is lost.", drop_answer=True))
        again = answered(bench.move(booking, new.slots[0], "The move is sent again."))
        there = supply.booked_at(bench, booking.person, old.start, new.start)
        if not again.is_done and [one.text("startTimeInclusive") for one in there] == [old.start]:
            raise NotJudged(f"The booking could not be moved: {again.in_words}.")
        yield from _one_at_new(bench, booking, old, new, again)


def _one_at_new(
    bench: ProducerBench, booking: Booking, old: supply.Moment, new: supply.Moment, answer: Answer
) -> Findings:
    """Findings unless the person has one booking, at the new time; it may have another id (UB-6)."""
    there = supply.booked_at(bench, booking.person, old.start, new.start)
    starts = [one.text("startTimeInclusive") for one in there]
    if starts != [new.start]:
        state = "nothing stands any more" if not starts else f"{starts.count(old.start)} stand at the old time"
        sentence = f"The same move came twice, and not one booking at the new time is left of it: {state}."
        if starts.count(new.start) > 1:
            sentence = f"The same move came twice, and {starts.count(new.start)} bookings stand at the new time."
        remedy = "Move in one transaction: take the new seat, leave the old one, keep one booking."
        yield bench.finding("G-16", sentence, remedy, answer)
    cancel_all(bench, booking.person, there)


def _no_fault(bench: ProducerBench, answer: Answer) -> Findings:
    if answer.fault:
        interaction = answer.exchange.interaction
        sentence = f"The same {interaction} came twice, as it may when an answer is lost, and the second got a fault."
        yield bench.finding("REP-1", sentence, "Answer a repeated request with OK, or with ERROR and a text.", answer)


def _dropped(answer: Answer) -> None:
    """Raises NotJudged when the call did not get so far that its answer could be lost."""
    failure = answer.exchange.failure
    if failure is not None and failure.kind != "dropped":
        raise NotJudged(f"No answer began that could be lost. {failure.sentence}")


def cancel_all(bench: ProducerBench, person: TestPerson, slots: Sequence[Slot]) -> None:
    """Cancel what stands there."""
    for slot in slots:
        if slot.booking_id:
            bench.end(slot.booking_id, person, "The booking of this check is cancelled again.")

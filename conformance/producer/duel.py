"""Many at once for one time: is a seat sold twice, does a confirmed booking vanish, is who lost told so?

All ask at the same moment, from threads that wait for each other. Then everybody's schedule is read, and that is the
proof: what was answered may be wrong, and what stands there is what the clinic will see. Seats are known from the list
(supply.py); where it does not tell them, as many as stand there count, and each confirmed booking must be among them.
Source: contracts.md MB-9, UB-9, G-15 to G-17, G-21; DESIGN.md §5 (never two on one seat).
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from conformance.checks import Findings, NotJudged
from conformance.people import TestPerson
from conformance.producer import supply
from conformance.producer.bench import Booking, ProducerBench
from conformance.producer.refusals import RESULT_REMEDY
from conformance.producer.repeats import cancel_all
from conformance.producer.suite import SUITES
from conformance.reading import Answer, Slot

_FEWEST = 3
_PATIENCE_SECONDS = 10.0

T = TypeVar("T")


def at_once(works: Sequence[Callable[[], T]]) -> list[T]:
    """What the works give, each begun when all threads are there. Raises what a work raises."""
    start = threading.Barrier(len(works))

    def begun(work: Callable[[], T]) -> T:
        start.wait(_PATIENCE_SECONDS)
        return work()

    with ThreadPoolExecutor(len(works), "duel") as pool:
        return list(pool.map(begun, works))


@dataclass(frozen=True)
class Duellist:
    """One of those who asked: all that was answered, and what stands in the schedule at the time afterwards.

    `is_heard` is False when an answer was lost, on purpose or not: then anything may have happened.
    """

    person: TestPerson
    answers: tuple[Answer, ...]
    schedule: Answer
    standing: tuple[Slot, ...]

    @property
    def is_heard(self) -> bool:
        return all(one.exchange.failure is None for one in self.answers)

    @property
    def confirmed(self) -> tuple[Answer, ...]:
        return tuple(one for one in self.answers if one.is_done)


@dataclass(frozen=True)
class Duel:
    """What came of it. `seats` is None when the list does not tell; `left` is the list of the day afterwards."""

    moment: supply.Moment
    seats: int | None
    duellists: tuple[Duellist, ...]
    left: Answer

    @property
    def sold(self) -> int:
        return sum(len(one.standing) for one in self.duellists)

    @property
    def is_listed(self) -> bool:
        return bool(self.moment.among(self.left.slots))


@SUITES.check(
    "duel.many-for-one-time",
    rules=("MB-9", "G-21", "G-16", "G-15", "G-17"),
    title="Of many who ask for one time at once as many get it as there are seats, and the others are told so",
)
def many_for_one_time(bench: ProducerBench) -> Findings:
    yield from _fought(bench, lambda number: 0)


@SUITES.check(
    "duel.lost-answers",
    rules=("MB-9", "G-21", "G-16", "G-15", "G-17"),
    title="The same holds when answers are lost in the middle of it and requests are sent again",
)
def lost_answers(bench: ProducerBench) -> Findings:
    yield from _fought(bench, lambda number: number % 2)


def _fought(bench: ProducerBench, lost: Callable[[int], int]) -> Findings:
    """A duel and what is wrong with its end; `lost` says how many answers the duellist of a number loses first."""
    moment = supply.take(bench)
    persons = _idle(bench, moment)
    places = supply.seats_at(bench, moment, persons[0])
    duel = _fight(bench, moment, places, persons, lost)
    try:
        yield from (*_oversold(bench, duel), *_vanished(bench, duel), *_badly_told(bench, duel), *_listed(bench, duel))
    finally:
        for one in duel.duellists:
            cancel_all(bench, one.person, one.standing)


def _idle(bench: ProducerBench, moment: supply.Moment) -> tuple[TestPerson, ...]:
    """Test persons with nothing booked on the day. Raises NotJudged for fewer than three."""
    free = []
    for person in bench.persons[: bench.settings.duellists]:
        bench.remember(person)
        answer = bench.schedule(person, "Is the person free that day?")
        if answer.is_usable and all(one.start is None or one.start.date() != moment.day for one in answer.slots):
            free.append(person)
    if len(free) < _FEWEST:
        raise NotJudged(f"A duel needs {_FEWEST} test persons with nothing booked on the day; there are {len(free)}.")
    return tuple(free)


def _fight(
    bench: ProducerBench,
    moment: supply.Moment,
    places: int | None,
    persons: Sequence[TestPerson],
    lost: Callable[[int], int],
) -> Duel:
    def asking(number: int, person: TestPerson) -> Callable[[], tuple[Answer, ...]]:
        slot = moment.slots[number % len(moment.slots)]

        def ask() -> tuple[Answer, ...]:
            dropped = (
                bench.make(slot, person, "One of many at once; the answer is lost.", drop_answer=True)
                for _ in range(lost(number))
            )
            return *dropped, bench.make(slot, person, "One of many who ask for the time at once.")

        return ask

    answers = at_once([asking(number, person) for number, person in enumerate(persons)])
    bench.evidence.forgive()
    duellists = tuple(_duellist(bench, moment, *one) for one in zip(persons, answers, strict=True))
    loser = next((one.person for one in duellists if not one.standing), persons[0])
    return Duel(moment, places, duellists, supply.still_listed(bench, moment, "What is free after the duel?", loser))


def _duellist(bench: ProducerBench, moment: supply.Moment, person: TestPerson, answers: tuple[Answer, ...]) -> Duellist:
    schedule = bench.schedule(person, "What has the person got in the end?")
    if not schedule.is_usable:
        raise NotJudged(f"GetSubjectOfCareSchedule gave {schedule.in_words}, so the duel cannot be judged.")
    return Duellist(person, answers, schedule, moment.among(schedule.slots))


def _oversold(bench: ProducerBench, duel: Duel) -> Findings:
    if duel.seats is not None and duel.sold > duel.seats:
        last = [one for one in duel.duellists if one.standing][-1]
        sentence = (
            f"The time had {_seats(duel.seats)} by the list, {len(duel.duellists)} asked for it at once, and"
            f" {duel.sold} bookings stand at it in their schedules."
        )
        yield bench.finding("MB-9", sentence, _ONE_STATEMENT, last.schedule, last.standing[0])


def _seats(number: int) -> str:
    return "one seat" if number == 1 else f"{number} seats"


_ONE_STATEMENT = "Take the seat and find out that it is free in one step, by a constraint or a lock in the database."


def _vanished(bench: ProducerBench, duel: Duel) -> Findings:
    """Confirmed without being there, and there without being confirmed."""
    for one in duel.duellists:
        ids = {slot.booking_id for slot in one.standing}
        for answer in one.confirmed:
            if not one.standing or answer.text("bookingId") not in {None, *ids}:
                sentence = f"The booking was confirmed ({answer.result}) in the rush, and is in no schedule afterwards."
                remedy = "Answer OK only when the booking is stored for good, and never let another call undo it."
                yield bench.finding("G-21", sentence, remedy, answer)
        if one.is_heard and one.standing and not one.confirmed:
            sentence = f"The booking stands in the schedule, and the answer to its MakeBooking was {_last(one)}."
            remedy = "Undo all of a booking that is refused, and answer OK for one that is kept."
            yield bench.finding("G-16", sentence, remedy, one.answers[-1])


def _last(one: Duellist) -> str:
    return one.answers[-1].in_words


def _badly_told(bench: ProducerBench, duel: Duel) -> Findings:
    """One finding of a kind: all losers go the same way."""
    heard = [answer for one in duel.duellists for answer in one.answers if answer.exchange.failure is None]
    fault = next((answer for answer in heard if answer.fault), None)
    if fault is not None:
        sentence = "Somebody who asked for the time at the same moment as others got a SOAP fault, and not ERROR."
        yield bench.finding("G-15", sentence, RESULT_REMEDY, fault)
    mute = next((answer for answer in heard if answer.result == "ERROR" and not answer.text("resultText")), None)
    if mute is not None:
        sentence = "Who lost the time to somebody else got ERROR without a resultText: there is nothing to show."
        yield bench.finding("G-17", sentence, "Say in resultText that the time has just been taken.", mute)


def _listed(bench: ProducerBench, duel: Duel) -> Findings:
    if not duel.sold and duel.is_listed and all(one.is_heard and not one.confirmed for one in duel.duellists):
        sentence = (
            f"{len(duel.duellists)} asked at once for a time that is free, and nobody got it: it is still listed."
        )
        remedy = "Let the first be served; ERROR is for a time that is taken."
        yield bench.finding("G-16", sentence, remedy, duel.duellists[0].answers[-1])
    elif duel.seats is None:
        yield from _refused_with_seats_left(bench, duel)
    elif duel.is_listed is (duel.sold >= duel.seats):
        state = "is still listed as free" if duel.is_listed else "is not listed as free"
        sentence = f"Of {_seats(duel.seats)} {duel.sold} are booked after the duel, and the time {state}."
        remedy = "List a time as long as it has a seat left, and no longer."
        yield bench.finding("G-21", sentence, remedy, duel.left, next(iter(duel.moment.among(duel.left.slots)), None))


def _refused_with_seats_left(bench: ProducerBench, duel: Duel) -> Findings:
    """Where an entry has seats that nobody tells the number of: refused and still listed do not go together."""
    # Who has nothing else booked: a limit on bookings is no reason to refuse them.
    refused = next(
        (one for one in duel.duellists if one.is_heard and not one.confirmed and not one.schedule.slots), None
    )
    if refused is not None and duel.is_listed:
        sentence = "The time is still listed as free, and somebody who asked for it was refused."
        remedy = "List a time as long as it has a seat left, and no longer."
        yield bench.finding("G-21", sentence, remedy, refused.answers[-1])


@SUITES.check(
    "duel.moves-to-one-time",
    rules=("UB-9", "G-16"),
    title="Of two bookings that are moved to one seat at once one gets it, and the other stays where it was",
)
def moves_to_one_time(bench: ProducerBench) -> Findings:
    one, other, third = _three(bench)
    with supply.booked(bench, one) as (mine, _), supply.booked(bench, other) as (theirs, _):
        target = _common(supply.ways_out(bench, mine), supply.ways_out(bench, theirs))
        places = supply.seats_at(bench, target, third)
        slot = target.slots[0]
        answers = at_once([_moving(bench, mine, slot), _moving(bench, theirs, slot)])
        there = [supply.booked_at(bench, booking.person, target.start) for booking in (mine, theirs)]
        try:
            for booking, answer, standing in zip((mine, theirs), answers, there, strict=True):
                yield from _moved_or_not(bench, booking, answer, standing)
            on_one_seat = len({_seat(standing) for standing in there}) == 1 and all(there)
            if places is not None and (on_one_seat or sum(map(len, there)) > places):
                sentence = "Two bookings were moved to one seat at once, and both stand there in their schedules."
                yield bench.finding("UB-9", sentence, _ONE_STATEMENT, answers[1])
        finally:
            for booking, standing in zip((mine, theirs), there, strict=True):
                cancel_all(bench, booking.person, standing)


def _three(bench: ProducerBench) -> tuple[TestPerson, TestPerson, TestPerson]:
    if len(bench.persons) < _FEWEST:
        raise NotJudged(f"The check needs {_FEWEST} test persons; name more of them.")
    for person in bench.persons[:_FEWEST]:
        bench.remember(person)
    return bench.persons[0], bench.persons[1], bench.persons[2]


def _common(mine: Sequence[supply.Moment], theirs: Sequence[supply.Moment]) -> supply.Moment:
    """One entry of the list that both may have, as it is told to both."""
    names = {slot.seat for one in theirs for slot in one.slots}
    found = next((slot for one in mine for slot in one.slots if slot.seat in names), None)
    if found is None:
        raise NotJudged("No time is listed that both of two bookings could be moved to.")
    return supply.Moment((found,))


def _seat(standing: Sequence[Slot]) -> tuple[str | None, ...]:
    """With whom and where the first of the bookings is."""
    return tuple(standing[0].text(name) for name in ("performer", "resourceID")) if standing else ()


def _moving(bench: ProducerBench, booking: Booking, slot: Slot) -> Callable[[], Answer]:
    return lambda: bench.move(booking, slot, "A booking is moved, at the same moment as something else is done.")


def _moved_or_not(bench: ProducerBench, booking: Booking, answer: Answer, at_new: Sequence[Slot]) -> Findings:
    """What the schedule says beside what the answer said; a lost answer may have been either."""
    old = booking.slot.text("startTimeInclusive") or ""
    at_old = supply.booked_at(bench, booking.person, old)
    is_as_told = answer.exchange.failure or ((len(at_new), len(at_old)) == ((1, 0) if answer.is_done else (0, 1)))
    if not is_as_told or len(at_new) + len(at_old) != 1:
        sentence = (
            f"UpdateBooking gave {answer.in_words}, and {len(at_new)} bookings stand at the new time and {len(at_old)}"
            " at the old one."
        )
        yield bench.finding("G-16", sentence, _IN_ONE, answer)


_IN_ONE = "Move in one transaction: take the new seat, then leave the old one; when it is taken, change nothing."


@SUITES.check(
    "duel.cancelled-while-moved",
    rules=("CB-8", "G-16", "CB-5"),
    title="A booking that is cancelled and moved at once ends as the answers say, and no seat is lost",
)
def cancelled_while_moved(bench: ProducerBench) -> Findings:
    with supply.booked(bench) as (booking, old):
        new = supply.ways_out(bench, booking)[0]
        new_seats = len(new.among(supply.still_listed(bench, new, "Which seats are free at the new time?").slots))
        cancelled, moved = at_once([_cancelling(bench, booking), _moving(bench, booking, new.slots[0])])
        there = supply.booked_at(bench, booking.person, old.start, new.start)
        try:
            yield from _ended_as_told(
                bench, cancelled, moved, [one.text("startTimeInclusive") == new.start for one in there]
            )
            if not there:
                for moment, number in ((old, len(old.slots)), (new, new_seats)):
                    yield from _free_again(bench, moment, number)
        finally:
            cancel_all(bench, booking.person, there)


def _cancelling(bench: ProducerBench, booking: Booking) -> Callable[[], Answer]:
    return lambda: bench.cancel(booking.id, booking.person, "A booking is cancelled while it is moved.")


def _ended_as_told(bench: ProducerBench, cancelled: Answer, moved: Answer, at_new: Sequence[bool]) -> Findings:
    """`at_new`: for each booking that is left, whether it stands at the new time."""
    if cancelled.is_done and at_new:
        sentence = f"CancelBooking gave {cancelled.result} while the booking was being moved, and the booking stands."
        yield bench.finding(
            "CB-8", sentence, "Let a cancellation and a move of one booking wait for each other.", cancelled
        )
    unheard = cancelled.exchange.failure or moved.exchange.failure
    if not unheard and not cancelled.is_done and list(at_new) != [moved.is_done]:
        sentence = (
            f"CancelBooking gave {cancelled.in_words} and UpdateBooking {moved.in_words} at once, and not one booking"
            " stands where that says."
        )
        yield bench.finding(
            "G-16", sentence, "Let a cancellation and a move of one booking wait for each other.", moved
        )


def _free_again(bench: ProducerBench, moment: supply.Moment, number: int) -> Findings:
    listed = supply.still_listed(bench, moment, "Is the seat free again?")
    if len(moment.among(listed.slots)) < number:
        sentence = "The booking is cancelled, after it was moved or before, and a time that it left is not free again."
        yield bench.finding("CB-5", sentence, "Give back every seat that a cancelled booking held.", listed)

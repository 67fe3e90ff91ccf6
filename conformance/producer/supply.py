"""Times that a check may use up, and how many seats they have.

A list of free times tells seats by its entries: two entries at one time are two seats. A system may also give one entry
to several people, and then the list says nothing of seats; who needs to know books one and looks whether the entry is
still there (`seats_at`). The list is read once for a bench and each time given once: lists are long and checks many.
Source: contracts.md §5.8, GAT-6; G-21 says that a list is true at once.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from weakref import WeakKeyDictionary

from conformance.checks import NotJudged
from conformance.people import TestPerson
from conformance.producer.bench import Booking, ProducerBench
from conformance.reading import Answer, Slot

_MOST_TRIED = 4
_ENOUGH = 6
_FARTHEST = timedelta(days=3700)


@dataclass(frozen=True)
class Moment:
    """What a list has at one time: its entries of one start, end and kind."""

    slots: tuple[Slot, ...]

    @property
    def start(self) -> str:
        """As it stands in the list, YYYYMMDDhhmmss."""
        return self.slots[0].text("startTimeInclusive") or ""

    @property
    def kind(self) -> str | None:
        return self.slots[0].text("timeTypeID")

    @property
    def day(self) -> date:
        begins = self.slots[0].start
        assert begins is not None  # entries without a time are not taken in
        return begins.date()

    def among(self, slots: Sequence[Slot]) -> tuple[Slot, ...]:
        """Those of `slots` that stand at this time."""
        return tuple(one for one in slots if one.text("startTimeInclusive") == self.start)


@dataclass(frozen=True)
class Full:
    """A time that is taken, and somebody who has no part in it."""

    moment: Moment
    bookings: tuple[Booking, ...]
    latecomer: TestPerson


class Stock:
    """The free times of a bench: those with the fewest seats first, and late ones before early ones."""

    def __init__(self) -> None:
        self._left: list[Moment] = []

    def take(self, bench: ProducerBench, on: Callable[[date], bool]) -> Moment:
        """A time that no check has used, or one that is free again, on such a day if there is one.

        Raises NotJudged when nothing is listed.
        """
        if not self._left:
            self._left = _listed(bench)
        chosen = next((one for one in self._left if on(one.day)), self._left[0])
        self._left.remove(chosen)
        return chosen


_SHOWS = "the schedule shows bookings"
_HIDES = "The schedule does not show bookings, so it cannot be seen what became of one; see booking.confirmed-is-seen."

_stocks: WeakKeyDictionary[ProducerBench, Stock] = WeakKeyDictionary()


def _any(day: date) -> bool:
    return True


def take(bench: ProducerBench, *, on: Callable[[date], bool] = _any) -> Moment:
    """A free time for a check to use, on such a day if there is one. Raises NotJudged when there is none."""
    return _stocks.setdefault(bench, Stock()).take(bench, on)


def _listed(bench: ProducerBench) -> list[Moment]:
    best: list[Moment] = []
    for kind in bench.kinds():
        found = _moments(
            bench.times("Which times are free, and how many seats are there?", kind=kind).slots, bench.today
        )
        best = max(best, found, key=len)
        if len(best) >= _ENOUGH:
            break
    if not best:
        raise NotJudged(
            "No free time that may be cancelled again is listed, for any time type; open some, or name a time type."
        )
    return best


def _moments(free: Sequence[Slot], today: date) -> list[Moment]:
    grouped: dict[tuple[str | None, ...], list[Slot]] = {}
    for slot in free:
        if _is_usable(slot, today):
            key = tuple(slot.text(name) for name in ("startTimeInclusive", "endTimeExclusive", "timeTypeID"))
            grouped.setdefault(key, []).append(slot)
    late_first = sorted(grouped, key=str, reverse=True)
    return sorted((Moment(tuple(grouped[key])) for key in late_first), key=lambda one: len(one.slots))


def _is_usable(slot: Slot, today: date) -> bool:
    """Whether a check can book the time and cancel it, and reckon with its day: lists have had times in year 9999."""
    is_whole = slot.start is not None and slot.end is not None
    is_near = slot.start is not None and today <= slot.start.date() <= today + _FARTHEST
    return is_whole and is_near and slot.flag("cancel_booking_allowed") is not False


def still_listed(bench: ProducerBench, moment: Moment, purpose: str, person: TestPerson | None = None) -> Answer:
    """The list of the moment's day; raises NotJudged when there is none to be had."""
    after = moment.day + timedelta(days=1)  # whether the last day counts is judged elsewhere (GAT-4)
    answer = bench.times(purpose, person=person, kind=moment.kind, first=moment.day, last=after)
    if not answer.is_usable:
        raise NotJudged(f"GetAvailableTimeslots gave {answer.in_words}.")
    return answer


def book(bench: ProducerBench, slot: Slot, person: TestPerson, purpose: str = "A booking for this check.") -> Booking:
    """A booking of a listed time; the caller puts it back. Raises NotJudged when it cannot be made."""
    answer = bench.make(slot, person, purpose)
    booking_id = answer.text("bookingId")
    if not answer.is_done or not booking_id:
        raise NotJudged(
            f"No booking could be made ({answer.in_words}); see the check booking.a-free-time-can-be-booked."
        )
    return Booking(booking_id, person, slot, answer)


@contextmanager
def booked(bench: ProducerBench, person: TestPerson | None = None) -> Iterator[tuple[Booking, Moment]]:
    """A booking, and the time that it stands at; put back when the block ends.

    Raises NotJudged where the schedule shows no bookings: then nobody can see what became of one.
    """
    moment = take(bench)
    booking = book(bench, moment.slots[0], person or bench.person)
    try:
        if not bench.once(_SHOWS, lambda: booking.id in bench.ids_of(booking.person)):
            raise NotJudged(_HIDES)
        yield booking, moment
    finally:
        bench.put_back(booking)


def demand_schedule(bench: ProducerBench) -> None:
    """Raises NotJudged where the schedule shows no bookings; learns it by one, if need be."""
    if not bench.has_learnt(_SHOWS):
        with booked(bench):
            return
    if not bench.once(_SHOWS, lambda: True):
        raise NotJudged(_HIDES)


@contextmanager
def full(bench: ProducerBench) -> Iterator[Full]:
    """A time whose seats the kit has taken, all of them; put back when the block ends.

    Raises NotJudged when the test persons are too few to fill one.
    """
    for _ in range(_MOST_TRIED):
        moment = take(bench)
        with ExitStack() as putting_back:
            filled = _fill(bench, moment, putting_back)
            if filled is not None:
                yield filled
                return
    raise NotJudged("The times have more seats than there are test persons to fill them; name more persons.")


def _fill(bench: ProducerBench, moment: Moment, putting_back: ExitStack) -> Full | None:
    """None when all but one person have a seat and there are more. Who may not have the time is passed over."""
    free, bookings, refused = list(moment.slots), list[Booking](), list[NotJudged]()
    latecomer, *sitting = bench.persons  # who comes late must be free of any limit that others may have reached
    for person in sitting:
        try:
            booking = book(bench, free[0], person)
        except NotJudged as error:
            refused.append(error)
            continue
        putting_back.callback(bench.put_back, booking)
        bookings.append(booking)
        free = list(moment.among(still_listed(bench, moment, "Is the time full?", latecomer).slots))
        if not free:
            return Full(moment, tuple(bookings), latecomer)
    if not bookings:
        raise refused[0]
    return None


def seats_at(bench: ProducerBench, moment: Moment, person: TestPerson) -> int | None:
    """How many can be booked at the time: found by booking one, looking, and cancelling. None when no list tells.

    Somebody else looks, for who has booked may be shown nothing more: the next of the test persons after `person`.
    Raises NotJudged when it cannot be booked, and when it is not free again afterwards.
    """
    observer = next(iter(bench.persons[bench.persons.index(person) + 1 :]), None)
    if observer is None:
        return None
    before = len(moment.among(still_listed(bench, moment, "Which seats are free at the time?", observer).slots))
    booking = book(bench, moment.slots[0], person, "Does an entry of the list stand for one seat?")
    try:
        left = len(moment.among(still_listed(bench, moment, "Which seats are left?", observer).slots))
    finally:
        bench.put_back(booking)
    if len(moment.among(still_listed(bench, moment, "Is the time free again?", observer).slots)) < before:
        raise NotJudged("A cancelled time is not free again at once, so there is nothing to compete for.")
    return before if before - left == 1 else None


def undo(bench: ProducerBench, answer: Answer, person: TestPerson) -> None:
    """Cancel what should not have been booked: a schedule may not show it, so this goes by the answer."""
    booking_id = answer.text("bookingId")
    if answer.is_done and booking_id:
        gone = bench.end(booking_id, person, "What should have been refused is cancelled.")
        if not gone.is_done and booking_id not in bench.ids_of(person):
            bench.leave_behind(f"The booking {booking_id} may still stand: cancelling it gave {gone.in_words}.")


def booked_at(bench: ProducerBench, person: TestPerson, *starts: str) -> tuple[Slot, ...]:
    """What the person has booked at these times. Raises NotJudged when that cannot be learnt."""
    there = scheduled(bench, person, "What does the person have at the time?")
    return tuple(one for one in there if one.text("startTimeInclusive") in starts)


def scheduled(bench: ProducerBench, person: TestPerson, purpose: str) -> tuple[Slot, ...]:
    """What the person has booked. Raises NotJudged when that cannot be learnt."""
    answer = bench.schedule(person, purpose)
    if not answer.is_usable:
        raise NotJudged(f"GetSubjectOfCareSchedule gave {answer.in_words}.")
    return answer.slots


def ways_out(bench: ProducerBench, booking: Booking) -> tuple[Moment, ...]:
    """Where the booking may be moved, on its day or else in the fortnight before it, times with few seats first.

    Raises NotJudged when it may not be moved, or to nowhere.
    """
    begins, here = booking.slot.start, booking.slot.text("startTimeInclusive")
    assert begins is not None  # times without a start are not booked
    may_move = booking.slot.flag("rebooking_allowed") is not False
    for days in (0, 14) if may_move else ():
        first = max(bench.today, begins.date() - timedelta(days))
        question = "Where can the booking be moved?"
        listed = bench.times(question, person=booking.person, booking_id=booking.id, first=first, last=begins.date())
        found = tuple(one for one in _moments(listed.slots, bench.today) if one.start != here)
        if found:
            return found
    raise NotJudged("The booking cannot be moved, or no time to move it to is listed.")

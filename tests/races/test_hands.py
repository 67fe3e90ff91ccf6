"""One seat, many hands: citizens and staff at the same moment, a hundred times over (domain.md §7.4, §9.3, §9.5).

Whoever comes first, the truth afterwards is the same: nobody shares a seat, who was told OK has what was promised, and
a move that failed has left the citizen where he was. Which of the two wins is nobody's promise, and not tested.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import update

from contracts import scheduling as s
from contracts.identifiers import HsaId
from scheduling_backends.engine import care, closures, find
from scheduling_backends.engine.book import Contact
from scheduling_backends.engine.models import BookingRow, SeatRow, SlotRow
from scheduling_backends.engine.seats import Author
from scheduling_backends.engine.states import BookingState, SlotState
from tests.people import ANNA, BERTIL, DAN, Person
from tests.scheduling_backends.timebooks import GROUP, NORTH, World, a_period, a_type, at

RUNS = 100
NURSE = Author("care", "SE2321009991-S003")
PLANNER = HsaId("SE2321009991-S002")
TUESDAY = date(2026, 12, 1)
MORNING = (at(1, 9), at(1, 10))

Act = Callable[[], Any]


class Hands:
    """A clinic with six times of one seat each, and what citizens and staff do to them."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.add_clinic(NORTH, GROUP, a_type(max_simultaneous=0))
        world.add_times(period=a_period(TUESDAY))
        self.slots = world.ask().free_times()
        self.starts = [slot.start for slot in self.slots]
        self.ids = [row.id for row in sorted(world.rows(SlotRow), key=lambda row: row.start)]

    def of(self, person: Person):
        return self.world.ask(person)

    def by_care(self, act: Callable[..., Any], *arguments: object, **given: object) -> Any:
        """What staff's act returns, None when it was refused."""
        try:
            with self.world.timebook.writing() as session:
                return act(session, *arguments, **given)
        except care.CareRefused:
            return None

    def care_books(self, slot: int, person: Person) -> str | None:
        return self.by_care(care.book, self.ids[slot], person.identity, Contact("-"), NURSE, self.world.clock())

    def care_moves(self, booking_id: str, slot: int) -> str | None:
        return self.by_care(care.move, booking_id, self.ids[slot], NURSE, self.world.clock())

    def care_cancels(self, booking_id: str) -> bool:
        def cancelled(*arguments: Any) -> bool:
            care.cancel(*arguments)
            return True

        return bool(self.by_care(cancelled, booking_id, NURSE, self.world.clock()))

    def sits(self) -> dict[str, datetime]:
        """Where each booking sits, after a look that nothing contradicts itself."""
        slots = {row.id: row for row in self.world.rows(SlotRow)}
        seats = {seat.booking_id: seat.slot_id for seat in self.world.rows(SeatRow) if seat.booking_id}
        bookings = {row.id: row for row in self.world.rows(BookingRow) if row.state is BookingState.BOOKED}
        assert sorted(seats) == sorted(bookings)
        assert len(set(seats.values())) == len(seats)
        assert all(bookings[one].slot_id == slot_id for one, slot_id in seats.items())
        return {one: slots[slot_id].start for one, slot_id in seats.items()}

    def clear(self) -> None:
        """Everybody cancelled, every time free again."""
        for booking_id in self.sits():
            assert self.care_cancels(booking_id)
        with self.world.timebook.writing() as session:
            session.execute(update(SlotRow).values(state=SlotState.PUBLISHED, block_reason=None))
        assert not self.sits()


@pytest.fixture
def hands(world: World) -> Hands:
    return Hands(world)


def at_once(pool: ThreadPoolExecutor, acts: Sequence[Act]) -> list[Any]:
    """What the acts return, let go at the same moment."""
    barrier = threading.Barrier(len(acts))

    def run(act: Act) -> Any:
        barrier.wait()
        return act()

    return list(pool.map(run, acts))


def a_hundred_times(hands: Hands, prepare: Callable[[], Any], acts: Callable[[Any], Sequence[Act]], judge) -> None:
    """The duel again and again; `judge` gets what was prepared, the answers, and where everybody sits."""
    with ThreadPoolExecutor(4) as pool:
        for turn in range(RUNS):
            prepared = prepare()
            rivals = acts(prepared)
            ordered = rivals[::-1] if turn % 2 else rivals
            answers = at_once(pool, ordered)
            judge(prepared, answers[::-1] if turn % 2 else answers, hands.sits())
            hands.clear()


def told(answer: s.MakeBookingResponse | s.UpdateBookingResponse | s.CancelBookingResponse) -> bool:
    """Whether the citizen was told yes; a no has a sentence."""
    is_ok = answer.result_code == "OK"
    assert is_ok or answer.result_text
    return is_ok


def made(answer: s.MakeBookingResponse) -> str | None:
    """The booking that the citizen was promised."""
    assert told(answer) == (answer.booking_id is not None)
    return answer.booking_id


def test_r15_book_against_book_one_gets_the_seat(hands: Hands) -> None:
    def judge(_, answers, sits):
        promised = [one for one in map(made, answers) if one]
        assert len(promised) == 1
        assert sits == {promised[0]: hands.starts[0]}

    people = (ANNA, BERTIL, DAN)
    acts = [lambda who=who: hands.of(who).make(hands.slots[0]) for who in people]
    a_hundred_times(hands, lambda: None, lambda _: acts, judge)


def test_r26_rebook_against_cancel_in_two_windows_ends_cancelled(hands: Hands) -> None:
    """A booking that was cancelled is not moved, and the one that was moved is cancelled where it went."""
    ask = hands.of(ANNA)

    def judge(_, answers, sits):
        told(answers[0])
        assert told(answers[1])
        assert not sits

    a_hundred_times(
        hands,
        lambda: ask.booked(hands.slots[0]),
        lambda old: [lambda: ask.move(old, hands.slots[1]), lambda: ask.cancel(old)],
        judge,
    )


def test_rebook_against_anothers_cancel_a_failed_move_keeps_the_old_time(hands: Hands) -> None:
    """The seat that comes free is had, or was not free yet: then she sits where she sat."""
    anna, bertil = hands.of(ANNA), hands.of(BERTIL)

    def judge(prepared, answers, sits):
        moved, cancelled = map(told, answers)
        assert cancelled
        assert sits == {prepared[0]: hands.starts[1 if moved else 0]}

    a_hundred_times(
        hands,
        lambda: (anna.booked(hands.slots[0]), bertil.booked(hands.slots[1])),
        lambda ids: [lambda: anna.move(ids[0], hands.slots[1]), lambda: bertil.cancel(ids[1])],
        judge,
    )


def test_rebook_against_book_one_has_the_seat_and_the_other_loses_nothing(hands: Hands) -> None:
    anna, bertil = hands.of(ANNA), hands.of(BERTIL)

    def judge(old, answers, sits):
        moved, his = told(answers[0]), made(answers[1])
        assert moved != bool(his)
        assert sits == ({old: hands.starts[1]} if moved else {old: hands.starts[0], his: hands.starts[1]})

    a_hundred_times(
        hands,
        lambda: anna.booked(hands.slots[0]),
        lambda old: [lambda: anna.move(old, hands.slots[1]), lambda: bertil.make(hands.slots[1])],
        judge,
    )


def test_staff_against_citizen_one_of_them_has_the_seat(hands: Hands) -> None:
    """domain.md §7.4: staff may more than citizens, but no seat is theirs twice."""

    def judge(_, answers, sits):
        web, care_made = made(answers[0]), answers[1]
        assert (web is None) != (care_made is None)
        assert sits == {web or care_made: hands.starts[0]}

    acts = [lambda: hands.of(ANNA).make(hands.slots[0]), lambda: hands.care_books(0, BERTIL)]
    a_hundred_times(hands, lambda: None, lambda _: acts, judge)


def test_staff_who_move_a_booking_while_the_citizen_does_leave_it_in_one_place_that_was_promised(hands: Hands) -> None:
    ask = hands.of(ANNA)

    def judge(old, answers, sits):
        by_citizen, by_care = told(answers[0]), answers[1] is not None
        places = [hands.starts[1]] * by_citizen + [hands.starts[2]] * by_care
        assert list(sits) == [old]
        assert sits[old] in places

    a_hundred_times(
        hands,
        lambda: ask.booked(hands.slots[0]),
        lambda old: [lambda: ask.move(old, hands.slots[1]), lambda: hands.care_moves(old, 2)],
        judge,
    )


def test_staff_who_cancel_while_the_citizen_moves_leave_it_cancelled(hands: Hands) -> None:
    ask = hands.of(ANNA)

    def judge(_, answers, sits):
        told(answers[0])
        assert answers[1]
        assert not sits

    a_hundred_times(
        hands,
        lambda: ask.booked(hands.slots[0]),
        lambda old: [lambda: ask.move(old, hands.slots[1]), lambda: hands.care_cancels(old)],
        judge,
    )


def test_publish_against_book_a_draft_is_had_only_when_it_is_out(hands: Hands) -> None:
    """domain.md §7.3 item 5: two citizens who know a draft's start ask while it is published."""

    def draft() -> None:
        with hands.world.timebook.writing() as session:
            session.execute(update(SlotRow).values(state=SlotState.DRAFT))

    def publish() -> int:
        with hands.world.timebook.desk() as desk:
            return desk.publish(NORTH, TUESDAY, TUESDAY)

    def judge(_, answers, sits):
        promised = [one for one in map(made, answers[:2]) if one]
        assert len(promised) <= 1
        assert answers[2] == len(hands.slots)
        assert sits == dict.fromkeys(promised, hands.starts[0])
        assert all(row.state is SlotState.PUBLISHED for row in hands.world.rows(SlotRow))

    acts = [
        lambda: hands.of(ANNA).make(hands.slots[0]),
        lambda: hands.of(BERTIL).make(hands.slots[0]),
        publish,
    ]
    a_hundred_times(hands, draft, lambda _: acts, judge)


def test_closed_hours_against_book_the_booking_is_refused_or_on_the_work_list(hands: Hands) -> None:
    """domain.md §7.3 item 4."""

    def with_clinic(act, *arguments):
        with hands.world.timebook.writing() as session:
            here = find.clinic_by_hsa_id(session, NORTH)
            assert here is not None
            return act(session, here, *arguments)

    def close() -> int:
        return with_clinic(closures.close, MORNING, "Stängt", PLANNER, hands.world.clock())

    def judge(_, answers, sits):
        booking_id, closure_id = made(answers[0]), answers[1]
        (closure,) = with_clinic(closures.closures, hands.world.clock())
        assert [entry.id for entry in closure.waiting] == ([booking_id] if booking_id else [])
        assert sits == ({booking_id: hands.starts[0]} if booking_id else {})
        assert with_clinic(closures.withdraw, closure_id, hands.world.clock())

    acts = [lambda: hands.of(ANNA).make(hands.slots[0]), close]
    a_hundred_times(hands, lambda: None, lambda _: acts, judge)

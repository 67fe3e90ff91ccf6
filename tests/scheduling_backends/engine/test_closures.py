"""engine/closures.py: closed hours against schedules, other closings and citizens of the same moment (domain.md §7.3).

The races are run on both kinds of database.
"""

import threading
from collections.abc import Iterator
from datetime import date, datetime

import pytest
from sqlalchemy import select, text

from contracts.database import Database
from contracts.identifiers import HsaId
from scheduling_backends.engine import care, closures, find, migrations, planning
from scheduling_backends.engine.book import Contact
from scheduling_backends.engine.closures import Closure
from scheduling_backends.engine.desk import Desk
from scheduling_backends.engine.models import BookingRow, ClosureRow, SeatRow, SlotRow
from scheduling_backends.engine.seats import Author
from scheduling_backends.engine.states import SlotState
from tests.people import ANNA
from tests.scheduling_backends.timebooks import GROUP, NORTH, SOUTH, World, a_period, a_type, a_world, at

PLANNER = HsaId("SE2321009991-S002")
NURSE = Author("care", "SE2321009991-S003")
MORNING = (at(1, 9), at(1, 12))


def closed(world: World, hours: tuple[datetime, datetime] = MORNING, reason: str = "Stängt", column: str = "") -> int:
    with world.timebook.writing() as session:
        here = find.clinic_by_hsa_id(session, NORTH)
        assert here is not None
        return closures.close(session, here, hours, reason, PLANNER, world.clock(), column)


def opened(world: World, closure_id: int) -> bool:
    with world.timebook.writing() as session:
        here = find.clinic_by_hsa_id(session, NORTH)
        assert here is not None
        return closures.withdraw(session, here, closure_id, world.clock())


def standing(world: World) -> tuple[Closure, ...]:
    with world.timebook.reading() as session:
        here = find.clinic_by_hsa_id(session, NORTH)
        assert here is not None
        return closures.closures(session, here, world.clock())


def free_days(world: World) -> list[int]:
    return sorted({slot.start.day for slot in world.ask().free_times()})


def test_hours_that_nobody_is_booked_in_are_closed_at_once(clinic: World) -> None:
    """domain.md §7.3 item 4."""
    closed(clinic)
    (closure,) = standing(clinic)
    assert closure.is_in_force
    assert free_days(clinic) == [2]


def test_hours_that_are_closed_twice_stay_closed_until_both_are_opened(clinic: World) -> None:
    first = closed(clinic, reason="Utbildning")
    second = closed(clinic, (at(1, 9), at(1, 10)), reason="Brandövning")
    opened(clinic, first)
    assert min(slot.start for slot in clinic.ask().free_times()).hour == 10
    opened(clinic, second)
    assert min(slot.start for slot in clinic.ask().free_times()).hour == 9
    assert not opened(clinic, first)


def test_a_time_that_was_blocked_before_stays_blocked_when_the_hours_are_opened(clinic: World) -> None:
    slot_id = clinic.rows(SlotRow)[0].id
    with clinic.timebook.writing() as session:
        care.block(session, [slot_id], "Möte")
    opened(clinic, closed(clinic))
    assert [row.id for row in clinic.rows(SlotRow) if row.state is SlotState.BLOCKED] == [slot_id]


def test_a_part_of_a_time_that_is_closed_closes_the_time(clinic: World) -> None:
    closed(clinic, (at(1, 9, 29), at(1, 9, 31)))
    assert len(clinic.ask().free_times()) == 10


def test_closed_hours_close_no_other_clinic_performer_or_resource(clinic: World) -> None:
    clinic.add_clinic(SOUTH, GROUP, a_type())
    clinic.add_times(SOUTH)
    with clinic.timebook.desk() as desk:
        desk.add_resource(NORTH, "R1", "Rum 1")
        desk.add_resource(NORTH, "R2", "Rum 2")
        for resource in ("R1", "R2"):
            desk.add_slots(NORTH, "BES", a_period(date(2026, 12, 3)), resource=resource)
    closed(clinic, (at(3, 0), at(4, 0)), column="r1")
    assert len(clinic.ask().free_times()) == 12 + 6
    assert len(clinic.ask(facility=SOUTH).free_times()) == 12
    with clinic.timebook.desk() as desk:
        later = a_period(date(2026, 12, 3), opens=13, closes=14)
        assert desk.add_slots(NORTH, "BES", later, resource="R2").made == 2
        report = desk.add_slots(NORTH, "BES", later, resource="R1")
    assert (report.made, len(report.closed)) == (0, 2)


def test_a_copied_week_leaves_closed_hours_empty_and_tells(clinic: World) -> None:
    """domain.md §7.3 items 2 and 4."""
    closed(clinic, (at(8, 9), at(8, 10)))
    with clinic.timebook.writing() as session:
        here = find.clinic_by_hsa_id(session, NORTH)
        assert here is not None
        laid = planning.copy(Desk(session, clinic.clock()), session, here, date(2026, 11, 30), date(2026, 12, 7), 7)
    assert (laid.made, [moment.start for moment in laid.closed]) == (10, [at(8, 9), at(8, 9, 30)])


def test_the_work_list_is_empty_when_care_has_moved_and_told(clinic: World) -> None:
    ask = clinic.ask()
    booking_id = ask.booked(ask.free_times()[0])
    closed(clinic)
    assert [entry.id for entry in standing(clinic)[0].waiting] == [booking_id]
    wednesday = next(row.id for row in clinic.rows(SlotRow) if row.day.day == 2)
    with clinic.timebook.writing() as session:
        care.move(session, booking_id, wednesday, NURSE, clinic.clock())
    (closure,) = standing(clinic)
    assert (closure.waiting, [entry.id for entry in closure.to_tell]) == ((), [booking_id])
    with clinic.timebook.writing() as session:
        here = find.clinic_by_hsa_id(session, NORTH)
        assert here is not None
        assert closures.tell(session, here, booking_id, clinic.clock(), NURSE)
        assert not closures.tell(session, here, "B-unknown", clinic.clock(), NURSE)
    assert standing(clinic)[0].is_in_force


# -- Races


@pytest.fixture
def raced(database_url: str) -> Iterator[World]:
    database = Database(database_url)
    database.upgrade(migrations.LOCATION, migrations.HEAD)
    database.close()
    with a_world(database_url) as world:
        world.add_clinic(NORTH, GROUP, a_type())
        world.add_times()
        yield world


def at_once(*acts) -> None:
    barrier = threading.Barrier(len(acts))

    def run(act) -> None:
        barrier.wait()
        act()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_booking_in_the_moment_of_closing_is_refused_or_on_the_work_list(raced: World) -> None:
    """Never lost: its seat is held until the closing has been written, or the closing sees it."""
    ask, answers = raced.ask(ANNA), []
    wanted = ask.free_times()[0]
    at_once(lambda: answers.append(ask.make(wanted).result_code), lambda: closed(raced))
    (closure,) = standing(raced)
    if answers == ["OK"]:
        assert [entry.subject_of_care for entry in closure.waiting] == [ANNA.identity]
    else:
        assert (answers, closure.waiting, raced.rows(BookingRow)) == (["ERROR"], (), [])


def somebody_waits(world: World) -> bool:
    """Whether a transaction stands in another's way; SQLite's writers queue up before they begin."""
    with world.timebook.reading() as session:
        if session.get_bind().dialect.name == "sqlite":
            return True
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_the_closing_waits_for_who_is_just_taking_a_seat_there(raced: World) -> None:
    """The citizen's seat is taken, not yet committed: the closing sees the booking all the same."""
    ask = raced.ask(ANNA)
    wanted = ask.free_times()[0]
    slot_id = next(row.id for row in raced.rows(SlotRow) if row.start == wanted.start)
    is_seated, has_closed = threading.Event(), threading.Event()

    def sit_down() -> None:
        with raced.timebook.writing() as session:
            care.book(session, slot_id, ANNA.identity, Contact("Anna"), NURSE, raced.clock())
            is_seated.set()
            while not (somebody_waits(raced) or has_closed.is_set()):
                pass

    def close() -> None:
        is_seated.wait()
        closed(raced)
        has_closed.set()

    at_once(sit_down, close)
    (closure,) = standing(raced)
    assert len(closure.waiting) == 1
    assert [row.in_force_at for row in raced.rows(ClosureRow)] == [None]
    with raced.timebook.reading() as session:
        assert session.scalar(select(SeatRow.booking_id).where(SeatRow.slot_id == slot_id)) == closure.waiting[0].id


def test_a_time_that_is_taken_away_while_it_is_booked_is_kept(raced: World) -> None:
    """domain.md §7.3 item 6: who is just taking a seat is waited for, and keeps it."""
    slot_id = raced.rows(SlotRow)[0].id
    is_seated, is_done, removed = threading.Event(), threading.Event(), list[int]()

    def sit_down() -> None:
        with raced.timebook.writing() as session:
            care.book(session, slot_id, ANNA.identity, Contact("Anna"), NURSE, raced.clock())
            is_seated.set()
            while not (somebody_waits(raced) or is_done.is_set()):
                pass

    def remove() -> None:
        is_seated.wait()
        try:
            with raced.timebook.writing() as session:
                here = find.clinic_by_hsa_id(session, NORTH)
                assert here is not None
                removed.append(planning.remove_free(session, here, [slot_id]))
        finally:
            is_done.set()

    at_once(sit_down, remove)
    assert removed == [0]
    assert [row.slot_id for row in raced.rows(BookingRow)] == [slot_id]
    assert len(raced.rows(SeatRow)) == 12


def test_two_schedulers_who_save_the_same_schedule_make_it_once(raced: World) -> None:
    """domain.md §7.3 item 1: clashes are seen also between two who plan at once."""
    made: list[int] = []
    period = a_period(date(2026, 12, 3))
    is_planned, is_done = threading.Event(), threading.Event()

    def first() -> None:
        with raced.timebook.desk() as desk:
            made.append(desk.add_slots(NORTH, "BES", period).made)
            is_planned.set()
            while not (somebody_waits(raced) or is_done.is_set()):
                pass

    def second() -> None:
        is_planned.wait()
        made.append(raced.add_times(period=period))
        is_done.set()

    at_once(first, second)
    assert made == [6, 0]

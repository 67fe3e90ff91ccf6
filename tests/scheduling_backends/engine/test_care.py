"""engine/care.py: what staff do with bookings, and what the database does not let them do either (domain.md §6.3, §7.4)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from contracts.identifiers import HsaId
from scheduling_backends.engine import care, find
from scheduling_backends.engine.book import Contact
from scheduling_backends.engine.models import BookingRow, HistoryRow, SeatRow, SlotRow
from scheduling_backends.engine.offer import CutOff
from scheduling_backends.engine.seats import Author
from scheduling_backends.engine.states import BookingState, Happening, Initiative, SlotState
from tests.people import ANNA, BERTIL
from tests.scheduling_backends.timebooks import GROUP, NORTH, SOUTH, World, a_period, a_type, at

NURSE = Author("care", "SE2321009991-S001")


@pytest.fixture
def slots(world: World) -> list[int]:
    """Six times on Tuesday 1 December, from nine to twelve."""
    world.add_clinic(NORTH, GROUP, a_type())
    with world.timebook.desk() as desk:
        desk.add_slots(NORTH, "BES", a_period(at(1, 9).date()))
        return [slot_id for slot_id, _ in desk.slots(NORTH, "BES", at(1, 9).date())]


def booked(world: World, slot_id: int, person=ANNA, **given: object) -> str:
    with world.timebook.writing() as session:
        return care.book(session, slot_id, person.identity, Contact("Anna"), NURSE, world.clock(), **given)


def done(world: World, what, *arguments: object, **given: object) -> object:
    with world.timebook.writing() as session:
        return what(session, *arguments, **given)


def state_of(world: World, booking_id: str) -> BookingState:
    with world.timebook.reading() as session:
        return session.get_one(BookingRow, booking_id).state


def test_staff_book_a_seat_and_the_history_says_who(world: World, slots: list[int]) -> None:
    booking_id = booked(world, slots[0], note="Ringde")
    with world.timebook.reading() as session:
        row = session.get_one(BookingRow, booking_id)
        line = session.scalars(select(HistoryRow)).one()
    assert (row.booked_by, row.reason, row.care_note, row.slot_id) == (Initiative.CARE, None, "Ringde", slots[0])
    assert (line.by, line.by_hsa_id, line.what) == ("care", "SE2321009991-S001", Happening.BOOKED)


def test_staff_cannot_book_a_seat_that_is_taken(world: World, slots: list[int]) -> None:
    booked(world, slots[0])
    with pytest.raises(care.CareRefused) as refused:
        booked(world, slots[0], BERTIL)
    assert refused.value.situation is care.CareSituation.NO_SEAT
    assert refused.value.sentence.startswith("Tiden är redan bokad")


def test_staff_may_book_a_blocked_time_and_a_draft(world: World, slots: list[int]) -> None:
    done(world, care.block, slots[:1], "Möte")
    assert booked(world, slots[0])


def test_a_time_that_has_ended_cannot_be_booked(world: World, slots: list[int]) -> None:
    world.clock.now = at(1, 9, 30)
    with pytest.raises(care.CareRefused, match="slot_gone"):
        booked(world, slots[0])


def test_staff_move_a_booking_under_its_id_and_the_old_time_is_free(world: World, slots: list[int]) -> None:
    booking_id = booked(world, slots[0])
    done(world, care.move, booking_id, slots[3], NURSE, world.clock(), "Läkaren är borta")
    with world.timebook.reading() as session:
        seats = dict((session.execute(select(SeatRow.slot_id, SeatRow.booking_id))).all())
        found = find.booking(session, booking_id)
    assert (seats[slots[0]], seats[slots[3]]) == (None, booking_id)
    assert found is not None
    assert (found.booked_by, found.moves) == (Initiative.CARE, 0)


def test_a_move_to_a_taken_time_keeps_the_old_one(world: World, slots: list[int]) -> None:
    booking_id, _ = booked(world, slots[0]), booked(world, slots[1], BERTIL)
    with pytest.raises(care.CareRefused, match="no_seat"):
        done(world, care.move, booking_id, slots[1], NURSE, world.clock())
    with world.timebook.reading() as session:
        assert session.get_one(BookingRow, booking_id).slot_id == slots[0]
        assert session.scalar(select(SeatRow.booking_id).where(SeatRow.slot_id == slots[0])) == booking_id


def test_a_booking_does_not_move_to_another_clinic_by_the_desk(world: World, slots: list[int]) -> None:
    other = HsaId("SE2321009991-2B01")
    world.add_clinic(other, GROUP, a_type())
    with world.timebook.desk() as desk:
        desk.add_slots(other, "BES", a_period(at(1, 9).date()))
        (slot_id, _), *_ = desk.slots(other, "BES", at(1, 9).date())
    with pytest.raises(care.CareRefused, match="slot_gone"):
        done(world, care.move, booked(world, slots[0]), slot_id, NURSE, world.clock())


def test_what_is_cancelled_cannot_be_cancelled_moved_or_concluded(world: World, slots: list[int]) -> None:
    booking_id = booked(world, slots[0])
    done(world, care.cancel, booking_id, NURSE, world.clock(), "Sjuk")
    assert state_of(world, booking_id) is BookingState.CANCELLED_BY_CARE
    changes = (
        (care.cancel, booking_id, NURSE, world.clock()),
        (care.move, booking_id, slots[1], NURSE, world.clock()),
        (care.conclude, booking_id, True, NURSE, world.clock()),
    )
    for change in changes:
        with pytest.raises(care.CareRefused, match="booking_ended"):
            done(world, *change)


def test_an_unknown_booking_is_said_to_be_unknown(world: World, slots: list[int]) -> None:
    with pytest.raises(care.CareRefused, match="unknown_booking"):
        done(world, care.cancel, "B-none", NURSE, world.clock())


def test_nobody_has_stayed_away_from_a_time_that_has_not_begun(world: World, slots: list[int]) -> None:
    booking_id = booked(world, slots[0])
    with pytest.raises(care.CareRefused, match="not_yet_started"):
        done(world, care.conclude, booking_id, False, NURSE, world.clock())
    world.clock.now += timedelta(days=5)
    done(world, care.conclude, booking_id, False, NURSE, world.clock())
    assert state_of(world, booking_id) is BookingState.NO_SHOW
    done(world, care.conclude, booking_id, True, NURSE, world.clock())
    assert state_of(world, booking_id) is BookingState.COMPLETED


def test_blocked_times_are_opened_again(world: World, slots: list[int]) -> None:
    assert done(world, care.block, slots[:2], "Möte") == 2
    assert done(world, care.unblock, slots) == 2
    with world.timebook.reading() as session:
        assert set(session.scalars(select(SlotRow.state))) == {SlotState.PUBLISHED}


def test_staff_are_told_what_would_have_stopped_the_citizen(world: World, slots: list[int]) -> None:
    world.clock.now = at(1, 8)  # less than two hours before (R10)
    with world.timebook.reading() as session:
        soon = care.hits_of_booking(session, slots[0], ANNA.identity, world.clock())
        later = care.hits_of_booking(session, slots[4], ANNA.identity, world.clock())
    assert ([one.reason for one in soon], later) == (["LEAD_TIME"], ())


def test_an_open_invitation_that_staff_use_is_used_up(world: World, slots: list[int]) -> None:
    """domain.md R32."""
    with world.timebook.desk() as desk:
        invitation = desk.invite(NORTH, "BES", ANNA.identity, "Välkommen", [NORTH])
    booking_id = booked(world, slots[0], invitation=invitation)
    with world.timebook.reading() as session:
        row = session.get_one(BookingRow, invitation)
    assert (row.state, row.replaced_by) == (BookingState.MOVED, booking_id)


# -- Concluding


def test_nobody_comes_before_the_day_of_the_visit(world: World, slots: list[int]) -> None:
    booking_id = booked(world, slots[0])
    for too_early in (world.clock(), at(30, 23, 59, month=11)):
        with pytest.raises(care.CareRefused, match="not_yet_the_day") as refused:
            done(world, care.conclude, booking_id, True, NURSE, too_early)
    assert "Besöksdagen har inte kommit än" in refused.value.sentence
    assert state_of(world, booking_id) is BookingState.BOOKED
    done(world, care.conclude, booking_id, True, NURSE, at(1, 0))
    assert state_of(world, booking_id) is BookingState.COMPLETED


@pytest.mark.parametrize("came", [True, False])
def test_what_was_concluded_by_mistake_is_booked_again_and_the_history_keeps_both(
    world: World, slots: list[int], came: bool
) -> None:
    """domain.md §9.5: history is append-only."""
    booking_id = booked(world, slots[0])
    done(world, care.conclude, booking_id, came, NURSE, at(1, 9))
    done(world, care.reopen, booking_id, NURSE, at(1, 9, 5))
    assert state_of(world, booking_id) is BookingState.BOOKED
    told = Happening.CAME if came else Happening.STAYED_AWAY
    assert [line.what for line in world.rows(HistoryRow)] == [Happening.BOOKED, told, Happening.REOPENED]
    done(world, care.move, booking_id, slots[3], NURSE, at(1, 9, 10))


def test_a_booked_time_has_nothing_to_take_back(world: World, slots: list[int]) -> None:
    booking_id = booked(world, slots[0])
    with pytest.raises(care.CareRefused, match="not_concluded"):
        done(world, care.reopen, booking_id, NURSE, world.clock())


# -- Care's note


def test_mb_8_care_s_note_is_never_sent_as_the_citizen_s_reason(world: World, slots: list[int]) -> None:
    """contracts.md MB-8: `reason` is the patient's, also after the citizen has moved the time."""
    world.change(rebook_care=CutOff(24))
    booking_id = booked(world, slots[0], note="Orolig, ge extra tid")
    ask = world.ask(ANNA)
    assert ask.details(booking_id).reason is None
    assert ask.move(booking_id, ask.free_times()[2], "Hinner inte").result_code == "OK"
    assert ask.details(booking_id).reason is None
    (row,) = world.rows(BookingRow)
    assert (row.booked_by, row.reason, row.care_note) == (Initiative.CITIZEN, None, "Orolig, ge extra tid")


def test_care_s_note_follows_a_booking_to_another_clinic(world: World, slots: list[int]) -> None:
    world.change(rebook_care=CutOff(24))
    world.add_clinic(SOUTH, replace(GROUP, name="Södra"), a_type())
    world.add_times(SOUTH)
    booking_id = booked(world, slots[0], note="Orolig, ge extra tid")
    new = world.ask(ANNA, SOUTH).free_times()[0]
    assert world.ask(ANNA).move(booking_id, new).result_code == "OK"
    kept = [(row.reason, row.care_note) for row in world.rows(BookingRow) if row.state is BookingState.BOOKED]
    assert kept == [(None, "Orolig, ge extra tid")]

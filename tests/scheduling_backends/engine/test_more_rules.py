"""The rules that know more of the citizen: R6, R8, R9, R11, R14, R16, R26, R33, R34, R37; lists and bookings agree.

Each through the producer, as messages would: what is listed, what is refused and with which code.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts import xml
from contracts.identifiers import HsaId
from contracts.namespaces import TIDBRO
from scheduling_backends.engine import citizens, find, rules
from scheduling_backends.engine.citizens import Citizen
from scheduling_backends.engine.models import BookingRow, SlotRow
from scheduling_backends.engine.offer import (
    AfterCancelling,
    BookableBy,
    ClinicSettings,
    CutOff,
    LimitUnit,
    Release,
    Sex,
)
from scheduling_backends.engine.states import BookingState, SlotState
from tests.people import ANNA, BERTIL, RESERV, SAMIR, Person
from tests.scheduling_backends.timebooks import ALONE, GROUP, NORTH, SOUTH, World, a_period, a_type, at

MARIA, JONAS = HsaId("SE2321009991-P001"), HsaId("SE2321009991-P002")
NOT_ALLOWED = "APPOINTMENT_IS_NOT_ALLOWED"


def refused(answer) -> str | None:
    """The internal code of a refusal, None for what was done."""
    codes = [xml.parse(one).findtext(f"{{{TIDBRO}}}code") for one in answer.extensions]
    return codes[0] if codes else None


def set_up(world: World, clinic=GROUP, **settings: object) -> World:
    world.add_clinic(NORTH, clinic, a_type(**settings))
    world.add_times()
    return world


def any_time(world: World):
    """The first time as one to whom everything is open would get it."""
    world.change(requires_basis=False, only_sex=None, listed_only=False, release=None)
    return world.ask(ANNA).free_times()[0]


# R6


def test_who_has_no_booking_basis_sees_nothing_and_cannot_book(world: World) -> None:
    """domain.md R6."""
    set_up(world)
    slot = world.ask().free_times()[0]
    world.change(requires_basis=True)
    assert world.ask().time_types() == ()
    assert world.ask().free_times() == ()
    assert refused(world.ask().make(slot)) == NOT_ALLOWED
    with world.timebook.desk() as desk:
        desk.give_basis(NORTH, "BES", ANNA.identity)
    assert len(world.ask().time_types()) == 1
    assert refused(world.ask().make(slot)) is None
    assert refused(world.ask(BERTIL).make(slot)) == NOT_ALLOWED


def test_a_basis_ends_with_its_last_day_and_when_it_is_withdrawn(world: World) -> None:
    """domain.md R6."""
    set_up(world, requires_basis=True)
    with world.timebook.writing() as session:
        (kind,) = find.time_types(session, find.clinics(session))
        citizens.give_basis(session, ANNA.identity, kind, world.clock(), last_day=date(2026, 11, 28))
        other = citizens.give_basis(session, BERTIL.identity, kind, world.clock())
    assert world.ask().free_times()
    world.clock.now += timedelta(days=2)
    assert world.ask().free_times() == ()
    with world.timebook.writing() as session:
        citizens.withdraw_basis(session, other, world.clock())
    assert world.ask(BERTIL).free_times() == ()


# R8


@pytest.mark.parametrize(
    ("person", "sex"),
    [(ANNA, Sex.FEMALE), (BERTIL, Sex.MALE), (SAMIR, Sex.MALE), (RESERV, None)],
)
def test_the_number_tells_the_legal_sex(person: Person, sex: Sex | None) -> None:
    """domain.md §3.1, R8."""
    assert rules.sex_of(person.identity) is sex


def test_a_kind_of_time_for_one_sex_is_refused_to_the_other(world: World) -> None:
    """domain.md R8."""
    set_up(world)
    slot = world.ask().free_times()[0]
    world.change(only_sex=Sex.MALE)
    assert world.ask(ANNA).free_times() == ()
    assert refused(world.ask(ANNA).make(slot)) == NOT_ALLOWED
    assert world.ask(RESERV).free_times() == ()
    assert refused(world.ask(BERTIL).make(slot)) is None


# R9


@pytest.fixture
def two_performers(world: World) -> World:
    world.add_clinic(NORTH, GROUP, a_type(listed_only=True))
    with world.timebook.desk() as desk:
        for hsa_id, name in ((MARIA, "Maria"), (JONAS, "Jonas")):
            desk.add_performer(hsa_id, name, "Ek")
            desk.add_slots(NORTH, "BES", a_period(date(2026, 12, 1)), performer=hsa_id)
        desk.register(Citizen(ANNA.identity, "Anna", "Provbäck"))
    return world


def list_anna(world: World, performer: HsaId | None) -> None:
    with world.timebook.writing() as session:
        (clinic,) = find.clinics(session)
        citizens.list_at(session, ANNA.identity, clinic, performer)


def test_only_who_is_listed_at_the_clinic_can_book(two_performers: World) -> None:
    """domain.md R9."""
    two_performers.change(listed_only=False)
    slot = two_performers.ask(BERTIL).free_times()[0]
    two_performers.change(listed_only=True)
    assert two_performers.ask(ANNA).free_times() == ()
    assert refused(two_performers.ask(BERTIL).make(slot)) == NOT_ALLOWED
    list_anna(two_performers, None)
    assert {one.performer for one in two_performers.ask(ANNA).free_times()} == {MARIA, JONAS}
    assert refused(two_performers.ask(ANNA).make(slot)) is None


def test_who_has_an_own_doctor_gets_only_that_doctors_times(two_performers: World) -> None:
    """domain.md R9: only own doctor's times."""
    list_anna(two_performers, None)
    of_maria = next(one for one in two_performers.ask(ANNA).free_times() if one.performer == MARIA)
    list_anna(two_performers, JONAS)
    assert {one.performer for one in two_performers.ask(ANNA).free_times()} == {JONAS}
    assert refused(two_performers.ask(ANNA).make(of_maria)) == NOT_ALLOWED
    without = replace(of_maria, booking_id=None, performer=None, performer_name=None)
    assert refused(two_performers.ask(ANNA).make(without)) is None
    (row,) = two_performers.rows(BookingRow)
    slot = next(one for one in two_performers.rows(SlotRow) if one.id == row.slot_id)
    assert slot.performer_id == 2


def test_without_the_extended_rules_age_sex_and_listing_do_not_count(world: World) -> None:
    """domain.md §6: utökade regler."""
    plain = replace(GROUP, has_extended_rules=False)
    set_up(world, plain, age_from=90, only_sex=Sex.MALE, listed_only=True)
    slot = world.ask(ANNA).free_times()[0]
    assert refused(world.ask(ANNA).make(slot)) is None


# R11


@pytest.mark.parametrize(
    ("hours_before", "is_free"), [(9, False), (8, True), (3, True)], ids=["before", "at the threshold", "after"]
)
def test_citizens_get_same_day_times_only_after_the_threshold(world: World, hours_before: int, is_free: bool) -> None:
    """domain.md R11, §6.1 Före/efter gräns (AKUT15: only the last 8 hours)."""
    set_up(world)
    slot = world.ask().free_times()[0]
    world.change(release=Release(8, BookableBy.CARE, BookableBy.BOTH))
    world.clock.now = at(1, 9) - timedelta(hours=hours_before)
    assert (slot.start in [one.start for one in world.ask().free_times()]) == is_free
    assert refused(world.ask().make(slot)) == (None if is_free else "REQUESTED_TIME_IS_NO_LONGER_AVAILABLE")


@pytest.mark.parametrize(("hours_before", "is_free"), [(25, True), (24, True), (23, False)])
def test_citizens_may_be_shut_out_after_the_threshold(world: World, hours_before: int, is_free: bool) -> None:
    """domain.md R11, §6.1 Före/efter gräns."""
    set_up(world)
    slot = world.ask().free_times()[0]
    world.change(release=Release(24, BookableBy.BOTH, BookableBy.CARE))
    world.clock.now = at(1, 9) - timedelta(hours=hours_before)
    assert (slot.start in [one.start for one in world.ask().free_times()]) == is_free
    assert refused(world.ask().make(slot)) == (None if is_free else "TOO_LATE_TO_MAKE_APPOINTMENT")


# R14, R16


def test_a_citizen_has_so_many_times_at_the_clinic_and_no_more(world: World) -> None:
    """domain.md R14."""
    set_up(world, replace(GROUP, max_active=2), max_simultaneous=0)
    ask = world.ask()
    answers = [ask.make(slot) for slot in ask.free_times()[:3]]
    assert [refused(one) for one in answers] == [None, None, "MAX_BOOKINGS_REACHED"]
    assert "hos Norra" in (answers[2].result_text or "")


@pytest.mark.parametrize(("days", "code"), [(4, NOT_ALLOWED), (5, None)])
def test_visits_of_a_kind_keep_their_distance(world: World, days: int, code: str | None) -> None:
    """domain.md R16: E6 with the date from which it works."""
    world.add_clinic(NORTH, GROUP, a_type(max_simultaneous=0))
    world.add_times(period=a_period(date(2026, 12, 1), date(2026, 12, 11)))
    ask = world.ask()
    free = ask.free_times()
    ask.booked(next(one for one in free if one.start.date() == date(2026, 12, 3)))
    wanted = date(2026, 12, 3) + timedelta(days=days)
    slot = next(one for one in free if one.start.date() == wanted)
    world.change(min_days_between=5)
    assert (wanted in [one.start.date() for one in ask.free_times()]) == (code is None)
    answer = ask.make(slot)
    assert refused(answer) == code
    assert code is None or "den 8 december 2026" in (answer.result_text or "")


# R26, R37


def test_a_booking_is_moved_so_many_times_and_no_more(world: World) -> None:
    """domain.md R26."""
    set_up(world, max_rebookings=1)
    ask = world.ask()
    booking_id = ask.booked(ask.free_times()[0])
    assert ask.details(booking_id).rebooking_allowed
    assert refused(ask.move(booking_id, ask.free_times()[1])) is None
    assert not ask.details(booking_id).rebooking_allowed
    slot = world.ask(BERTIL).free_times()[3]
    answer = ask.move(booking_id, slot)
    assert refused(answer) == "UPDATE_APPOINTMENT_IS_NOT_ALLOWED"
    assert "så många gånger som det går" in (answer.result_text or "")


def test_who_is_too_late_is_told_of_the_fee(world: World) -> None:
    """domain.md R37, E9."""
    set_up(world, replace(GROUP, fee_note="Sen avbokning kostar 200 kronor."))
    ask = world.ask()
    booking_id = ask.booked(ask.free_times()[0])
    world.clock.now = at(1, 8)
    answer = ask.cancel(booking_id)
    assert refused(answer) == "TOO_LATE_TO_CANCEL_APPOINTMENT"
    assert (answer.result_text or "").endswith("Sen avbokning kostar 200 kronor.")


# R33, R34


@pytest.mark.parametrize(("follows", "count"), [(AfterCancelling.WORK_LIST, 0), (AfterCancelling.NEW_INVITATION, 1)])
def test_what_follows_a_cancelled_timed_invitation_is_the_clinics_rule(
    world: World, follows: AfterCancelling, count: int
) -> None:
    """domain.md R33."""
    set_up(world, after_cancelled_invitation=follows, cancel_care=CutOff(1))
    with world.timebook.desk() as desk:
        start = desk.empty_seat_at(NORTH, "BES", world.clock())
        booking_id = desk.book(NORTH, "BES", start, ANNA.identity, invitation_text="Välkommen")
    assert refused(world.ask().cancel(booking_id)) is None
    invited = [row for row in world.rows(BookingRow) if row.state is BookingState.INVITED]
    assert len(invited) == count
    for row in invited:
        assert (row.subject_of_care, row.invitation_text) == (ANNA.number, "Välkommen")
        assert world.ask().free_times(booking_id=row.id)


@pytest.mark.parametrize(("releases", "state"), [(True, SlotState.PUBLISHED), (False, SlotState.BLOCKED)])
def test_a_cancelled_time_is_free_at_once_unless_the_clinic_keeps_it(
    world: World, releases: bool, state: SlotState
) -> None:
    """domain.md R34."""
    set_up(world, releases_cancelled=releases)
    ask = world.ask()
    slot = ask.free_times()[0]
    ask.cancel(ask.booked(slot))
    assert (slot.start in [one.start for one in world.ask(BERTIL).free_times()]) == releases
    assert world.rows(SlotRow)[0].state is state


# An invitation's last day


def test_an_open_invitation_can_be_used_until_its_last_day(world: World) -> None:
    """domain.md R32, §5.8 (expired)."""
    set_up(world, is_protected=True)
    with world.timebook.desk() as desk:
        invitation = desk.invite(NORTH, "BES", ANNA.identity, "Välkommen", [NORTH], expires_on=date(2026, 11, 28))
    ask = world.ask()
    slot = ask.free_times(booking_id=invitation)[0]
    world.clock.now = at(29, 0, 0, month=11)
    assert ask.free_times(booking_id=invitation) == ()
    answer = ask.make(replace(slot, booking_id=invitation))
    assert refused(answer) == NOT_ALLOWED
    assert "Kallelsen gäller inte längre." in (answer.result_text or "")


def test_a_cut_off_and_a_release_are_stored_as_they_read(world: World) -> None:
    release = Release(8, BookableBy.CARE, BookableBy.BOTH)
    set_up(world, release=release, cancel_own=CutOff(3, LimitUnit.WORKING_DAYS), ready_reasons=("Recept", "Intyg"))
    with world.timebook.desk() as desk:
        kept = desk.time_type_settings(NORTH, "BES")
    assert (kept.release, str(kept.cancel_own), kept.ready_reasons) == (release, "3 working days", ("Recept", "Intyg"))
    assert Release.from_text(str(release)) == release


# R13, R44


def test_r13_a_kind_of_time_is_counted_across_the_clinic_s_group(world: World) -> None:
    """domain.md R13, R44: clinics of a group share their codes; R14 and R15 stay the clinic's own."""
    set_up(world, replace(GROUP, max_active=1))
    world.add_clinic(SOUTH, replace(GROUP, name="Södra", max_active=1), a_type(), a_type(code="ANNAT"))
    world.add_clinic(ALONE, ClinicSettings("Kajen"), a_type())
    for clinic, code in ((SOUTH, "BES"), (SOUTH, "ANNAT"), (ALONE, "BES")):
        world.add_times(clinic, code)
    booking_id = world.ask().booked(world.ask().free_times()[0])
    there = world.ask(ANNA, SOUTH)
    assert refused(there.make(there.free_times()[3])) == "MAX_BOOKINGS_REACHED"
    elsewhere, other = world.ask(ANNA, ALONE), world.ask(ANNA, SOUTH, "ANNAT")
    assert refused(elsewhere.make(elsewhere.free_times()[3])) is None
    assert refused(other.make(other.free_times()[3])) is None
    world.ask().cancel(booking_id)
    other.cancel(other.schedule()[0].booking_id)
    assert refused(there.make(there.free_times()[3])) is None

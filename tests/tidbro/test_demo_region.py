"""tidbro/demo_region.py, demo_people.py, demo_web.py: the clinics of domain.md §10 as they are planted.

Most of it is about the stand-alone clinics. Elsewhere: the scenarios through the gateway (tests/journeys/).
"""

import re
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from itertools import combinations

import pytest
from sqlalchemy import func, select

from contracts import scheduling as s
from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from scheduling_backends.engine.citizens import citizen as known_citizen
from scheduling_backends.engine.models import (
    BookingRow,
    CitizenRow,
    ClinicRow,
    HistoryRow,
    SeatRow,
    SlotRow,
    StaffRoleRow,
    StaffRow,
    TimeTypeRow,
)
from scheduling_backends.engine.offer import BookableBy, CutOff, LimitUnit, ReasonMode, Release
from scheduling_backends.engine.states import BookingState, Initiative, Role
from scheduling_backends.takecare.settings import TakeCareSettings
from scheduling_backends.takecare.system import TakeCareSystem
from tests.people import (
    ANNA,
    BERTIL,
    DAN,
    ELIN,
    GRETA,
    HULDA,
    ISAK,
    KARIN,
    LARS,
    MOA,
    NELLY,
    OSKAR,
    PEOPLE,
    SIV,
    THEO,
)
from tests.scheduling_backends.timebooks import NOW, a_world, empty_database
from tidbro.demo_people import citizens, turning
from tidbro.demo_region import plant
from tidbro.demo_web import on_the_web

TORGET, NORRA, SODRA, OSTER, VASTER, KANSLIET, KAJEN, OSTADIG = (
    HsaId(f"SE2321009991-{end}") for end in ("2B01", "2B02", "2B03", "2B04", "2B05", "2B99", "2b06", "2B07")
)
CLINICS = (TORGET, NORRA, SODRA, OSTER, VASTER, KANSLIET, KAJEN, OSTADIG)


def planted(world, now=NOW):
    world.clock.now = now
    with world.timebook.desk() as desk:
        plant(desk, now)
    return world


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """The region as it was planted; for tests that only look."""
    with a_world(empty_database(tmp_path_factory.mktemp("region"))) as world:
        yield planted(world)


@pytest.fixture
def region(tmp_path):
    """A region of one's own, to change."""
    with a_world(empty_database(tmp_path)) as world:
        yield planted(world)


# -- What is there


def test_the_eight_stand_alone_clinics_are_there_as_they_are_written(seen):
    assert {row.hsa_id for row in seen.rows(ClinicRow)} == {clinic.text for clinic in CLINICS}


def test_the_citizens_are_those_of_the_table_and_none_else():
    assert [one.identity.number for one in citizens()] == [person.number for person in PEOPLE]
    assert [one.contact.first_name for one in citizens()] == [person.first_name for person in PEOPLE]


def test_phones_are_of_the_series_kept_for_fiction_and_mail_goes_nowhere():
    text = resources.files("tidbro").joinpath("demo_region.toml").read_text("utf-8")
    phones = [int(re.sub(r"\D", "", phone)) for phone in re.findall(r'phone = "([^"]+)"', text)]
    assert len(phones) == len(set(phones)) > 20
    assert all(701740605 <= phone <= 701740699 for phone in phones)
    assert {mail.rsplit("@")[-1] for mail in re.findall(r'email = "([^"]+)"', text)} == {"example.com"}


def test_a_protected_identity_has_no_address():
    (siv,) = [one for one in citizens() if one.is_protected]
    assert (siv.contact.phone, siv.contact.address, siv.contact.email) == (None, None, None)


def test_times_are_published_from_today_for_twelve_weeks_on_working_days(seen):
    kinds = Counter(row.time_type_id for row in seen.rows(SlotRow))
    assert len(kinds) == 9  # every kind but the virtual clinic's
    planned = [row for row in seen.rows(SlotRow) if row.resource_id]
    days = {row.day for row in planned}
    assert (min(days), max(days)) == (NOW.date(), NOW.date() + timedelta(weeks=12))
    assert all(day.weekday() < 5 for day in days)
    assert days.isdisjoint({date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 31), date(2027, 1, 1)})


def test_every_seat_that_is_taken_is_taken_by_a_booking_that_stands(seen):
    taken = {seat.booking_id for seat in seen.rows(SeatRow) if seat.booking_id}
    standing = {BookingState.BOOKED, BookingState.COMPLETED}
    assert taken == {row.id for row in seen.rows(BookingRow) if row.state in standing}


def test_planting_is_quick(tmp_path):
    with a_world(empty_database(tmp_path)) as world:
        began = time.process_time()
        planted(world)
        assert time.process_time() - began < 2.0


def test_what_has_been_was_booked_before_the_visit(seen):
    """Else the statistics tell of bookings that were made after it (domain.md §7.5)."""
    slots = {row.id: row.start for row in seen.rows(SlotRow)}
    past = [row for row in seen.rows(BookingRow) if row.slot_id and slots[row.slot_id] < NOW]
    assert {row.state for row in past} == {BookingState.COMPLETED}
    assert all(row.made_at < slots[row.slot_id] for row in past)
    lines = {row.id: [] for row in past}
    for line in seen.rows(HistoryRow):
        lines.get(line.booking_id, []).append(line.at)
    assert all(len(moments) == 2 and moments == sorted(moments) for moments in lines.values())


@pytest.mark.parametrize("weekday", range(7))
def test_nobody_is_in_two_places_whatever_day_the_demo_starts(tmp_path, weekday):
    """domain.md R15, across both systems."""
    start = datetime(2026, 11, 23 + weekday, 9, 45, tzinfo=SWEDEN)
    with a_world(empty_database(tmp_path)) as world, a_record_system(tmp_path, start) as system:
        planted(world, start)
        with system.reading() as session:
            theirs = booked_times(session)
        with world.timebook.reading() as session:
            theirs += booked_times(session)
    by_person = Counter(number for number, _, _ in theirs)
    assert by_person[BERTIL.number] == 3
    clashes = [
        (one, other)
        for one, other in combinations(theirs, 2)
        if one[0] == other[0] and one[1] < other[2] and other[1] < one[2]
    ]
    assert clashes == []


def booked_times(session):
    """Each booked time's citizen, start and end."""
    joined = select(BookingRow.subject_of_care, SlotRow.start, SlotRow.end).join(
        SlotRow, SlotRow.id == BookingRow.slot_id
    )
    return [tuple(row) for row in session.execute(joined.where(BookingRow.state == BookingState.BOOKED))]


# -- A second start


def test_a_second_start_on_the_same_day_adds_nothing(region):
    before = [Counter(type(row).__name__ for row in region.rows(kind)) for kind in (SlotRow, SeatRow, BookingRow)]
    planted(region)
    after = [Counter(type(row).__name__ for row in region.rows(kind)) for kind in (SlotRow, SeatRow, BookingRow)]
    assert before == after


def test_a_start_a_week_later_adds_the_days_of_that_week(region):
    ask = region.ask(facility=NORRA, code="PROV10")
    booking_id = ask.schedule()[0].booking_id
    slots, bookings = len(region.rows(SlotRow)), len(region.rows(BookingRow))
    later = NOW + timedelta(weeks=1)
    planted(region, later)
    assert max(row.day for row in region.rows(SlotRow)) == later.date() + timedelta(weeks=12)
    assert len(region.rows(SlotRow)) > slots
    assert len(region.rows(BookingRow)) == bookings
    assert ask.details(booking_id).start is not None


MOMENTS = [
    datetime(2026, 11, 27, 23, 59, tzinfo=SWEDEN),  # Friday night
    datetime(2026, 11, 28, 3, 0, tzinfo=SWEDEN),  # Saturday
    datetime(2026, 3, 27, 15, 40, tzinfo=SWEDEN),  # before the clocks go forward
    datetime(2026, 10, 24, 16, 30, tzinfo=SWEDEN),  # before they go back
    datetime(2026, 12, 23, 18, 0, tzinfo=SWEDEN),  # before Christmas
    datetime(2026, 4, 2, 12, 0, tzinfo=UTC),  # before Easter
    datetime(2027, 6, 18, 0, 0, tzinfo=SWEDEN),  # before Midsummer
    datetime(2028, 2, 29, 9, 15, tzinfo=SWEDEN),
]


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_the_region_can_be_planted_at_any_moment(tmp_path, now):
    with a_world(empty_database(tmp_path)) as world:
        planted(world, now)
        (soon, later) = world.ask(KARIN, TORGET, "VACRES").schedule()
        assert now < soon.start < now + timedelta(hours=24)
        assert (soon.cancel_booking_allowed, later.cancel_booking_allowed) == (False, True)


# -- The record system


@contextmanager
def a_record_system(folder, now):
    """The record system's part of the region, planted, with what citizens have done on the web."""
    system = TakeCareSystem(TakeCareSettings(data_directory=folder), lambda: now)
    system.open()
    try:
        with system.desk() as desk:
            assert plant(desk, now, "takecare")
        on_the_web(system, "SE2321009991-1A", now)
        yield system
    finally:
        system.close()


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_the_record_system_can_be_planted_at_any_moment(tmp_path, now):
    """§10.5, 8 and 9: there is always a moved time with both comments, and a cancelled one, in the time to come."""
    with a_record_system(tmp_path, now) as system, system.reading() as session:
        rows = session.scalars(select(BookingRow).where(BookingRow.booked_by == Initiative.CITIZEN)).all()
        (moved,) = [row for row in rows if row.rebooking_comment]
        (cancelled,) = [row for row in rows if row.state is BookingState.CANCELLED_BY_CITIZEN]
        assert (moved.state, moved.reason) == (BookingState.BOOKED, "Hosta i tre veckor")
        assert cancelled.cancelling_comment == "Det har gått över"
        assert all(session.get(SlotRow, row.slot_id).start > now for row in (moved, cancelled))


def test_a_second_start_of_the_record_system_adds_nothing(tmp_path):
    tables = (ClinicRow, SlotRow, SeatRow, BookingRow, HistoryRow, CitizenRow, StaffRow, StaffRoleRow)
    with a_record_system(tmp_path, NOW) as system:
        with system.reading() as session:
            before = [session.scalar(select(func.count()).select_from(table)) for table in tables]
        with system.desk() as desk:
            assert not plant(desk, NOW, "takecare")
        with system.reading() as session:
            assert [session.scalar(select(func.count()).select_from(table)) for table in tables] == before


@pytest.mark.parametrize(
    ("code", "settings"),
    [
        ("AKUT15", {"rebook_own": None, "release": Release(8, BookableBy.CARE, BookableBy.BOTH)}),
        ("HALSO45", {"min_days_ahead": 28, "age_from": 40, "age_to": 69, "booking_reason": ReasonMode.REQUIRED}),
        ("TEL10", {"cancel_own": CutOff(1), "rebook_own": None, "booking_reason": ReasonMode.REQUIRED}),
        ("LAK20", {"bookable_by": BookableBy.CARE, "cancel_care": CutOff(24), "rebook_care": None}),
        ("ORT30", {"cancel_care": CutOff(3, LimitUnit.WORKING_DAYS), "max_rebookings": 1}),
        ("ORTOP", {"cancel_care": None, "rebook_care": None, "shows_care_booked": True}),
        ("KBT45", {"requires_basis": True, "booking_reason": ReasonMode.REQUIRED, "max_rebookings": 1}),
        ("FYS30", {"keeps_performer": True, "min_days_between": 5, "max_rebookings": 1}),
    ],
)
def test_kinds_of_time_are_set_as_they_are_written(record_system, code, settings):
    """§10.3."""
    with record_system.reading() as session:
        (row,) = session.scalars(select(TimeTypeRow).where(TimeTypeRow.code == code)).all()
        assert {name: getattr(row, name) for name in settings} == settings


@pytest.fixture(scope="module")
def record_system(tmp_path_factory):
    """The record system as it was planted; for tests that only look."""
    with a_record_system(tmp_path_factory.mktemp("records"), NOW) as system:
        yield system


def test_staff_are_known_where_they_have_a_role(record_system, seen):
    """§7.1: those who give care at a record system's clinic work there too."""
    with record_system.reading() as session:
        there = {row.hsa_id.removeprefix("SE2321009991-") for row in session.scalars(select(StaffRow))}
    assert there == {"S001", "S002", "S003", "S004", "S005", *(f"P00{n}" for n in range(1, 9))}
    here = {row.hsa_id.removeprefix("SE2321009991-") for row in seen.rows(StaffRow)}
    assert here == {f"S00{n}" for n in range(1, 9)}


def test_every_clinic_has_an_administrator_and_a_booker(record_system, seen):
    with record_system.reading() as session:
        roles = [*session.scalars(select(StaffRoleRow))]
    for clinics, held in ((4, roles), (8, seen.rows(StaffRoleRow))):
        for role in (Role.ADMINISTRATOR, Role.BOOKER):
            assert len({row.clinic_id for row in held if row.role is role}) == clinics


def test_citizens_are_listed_with_their_doctor(record_system):
    """§6.1: bara listade asks for it (R9)."""
    with record_system.reading() as session:
        anna = known_citizen(session, ANNA.identity)
        siv = known_citizen(session, SIV.identity)
    assert (anna.listed_clinic_id is not None, anna.listed_performer_id is not None) == (True, True)
    assert (siv.is_protected, siv.phone, siv.listed_clinic_id) == (True, None, None)


# -- Who turns which age


@pytest.mark.parametrize(("age", "person"), [(13, MOA), (18, NELLY), (65, LARS)])
def test_who_stands_for_an_age_reaches_it_within_the_twelve_weeks(age, person):
    """§10.4: ages drift."""
    assert turning(age, date(2026, 11, 24)).identity.number == person.number


def test_another_year_somebody_else_may_stand_for_an_age():
    assert turning(18, date(2031, 10, 20)).identity.number == MOA.number  # 30 December 2031
    assert turning(65, date(2031, 7, 20)).identity.number == SIV.number  # 18 August 2031


def test_where_nobody_reaches_the_age_the_person_of_the_table_stands_for_it():
    assert turning(65, date(2029, 1, 1)).identity.number == LARS.number
    with pytest.raises(LookupError):
        turning(33, date(2029, 1, 1))


# -- Scenarios of §10.5


def test_scenario_2_a_booking_with_a_message(region):
    ask = region.ask(DAN, SODRA, "PROV10")
    answer = ask.make(ask.free_times()[0])
    assert answer.result_code == "INFO"
    assert "fastande" in answer.result_text


def test_scenario_3_a_required_reason_is_missing(region):
    ask = region.ask(ANNA, TORGET, "VACRES")
    assert ask.make(ask.free_times()[0], reason=None).result_code == "ERROR"
    assert ask.make(ask.free_times()[0], reason="Japan, reser i mars").result_code == "OK"


@pytest.mark.parametrize(
    ("person", "clinic", "is_offered"),
    [(ANNA, TORGET, False), (HULDA, TORGET, True), (THEO, KAJEN, True), (ISAK, KAJEN, True), (BERTIL, KAJEN, False)],
)
def test_scenario_5_too_young_or_too_old(seen, person, clinic, is_offered):
    code = "VAC65" if clinic == TORGET else "UNG30"
    offered = [kind.time_type_id for kind in seen.ask(person, clinic, code).time_types()]
    assert (code in offered) == is_offered


def test_scenario_5_who_turns_65_sees_the_days_after_the_birthday(seen):
    days = [one.day for one in seen.ask(LARS, TORGET, "VAC65").free_days()]
    assert min(days) == date(2026, 12, 14)  # the Monday after 12 December


def test_scenario_7_a_booking_moves_to_the_other_clinic_under_a_new_id(region):
    norra, sodra = region.ask(BERTIL, NORRA, "PROV10"), region.ask(BERTIL, SODRA, "PROV10")
    (booked,) = norra.schedule()
    assert [one.healthcare_facility for one in norra.facilities(booked.booking_id)] == [NORRA, SODRA]
    answer = sodra.move(booked.booking_id, sodra.free_times(booking_id=booked.booking_id)[0])
    assert answer.result_code == "INFO"
    assert norra.schedule() == ()
    assert sodra.schedule()[0].booking_id != booked.booking_id


def test_scenario_10_an_open_invitation_is_booked_once(region):
    sent = [row for row in region.rows(BookingRow) if row.state is BookingState.INVITED]
    (invitation,) = (row.id for row in sent if row.subject_of_care == ELIN.number)
    office = region.ask(ELIN, KANSLIET, "SCR15")
    assert [one.healthcare_facility for one in office.facilities(invitation)] == [VASTER, OSTER]
    ask = region.ask(ELIN, OSTER, "SCR15")
    first, second = ask.free_times(booking_id=invitation)[:2]
    assert ask.make(replace(first, booking_id=invitation)).result_code == "OK"
    assert ask.make(replace(second, booking_id=invitation)).result_code == "ERROR"


def test_scenario_10_an_invitation_that_was_used_is_refused_at_once(region):
    used = next(row.id for row in region.rows(BookingRow) if row.is_invitation and row.state is BookingState.MOVED)
    ask = region.ask(ELIN, VASTER, "SCR15")
    slot = s.Timeslot(
        VASTER,
        *(moment.astimezone(SWEDEN) for moment in _a_time(region, VASTER)),
        time_type_id="SCR15",
        booking_id=used,
    )
    answer = ask.make(slot)
    assert (answer.result_code, answer.result_text) == ("ERROR", "Du har redan bokat en tid för den här kallelsen.")


def _a_time(region, clinic):
    clinic_id = next(row.id for row in region.rows(ClinicRow) if row.hsa_key == clinic.key)
    slot = next(row for row in region.rows(SlotRow) if row.clinic_id == clinic_id and row.start > NOW)
    return slot.start, slot.end


def test_scenario_11_a_timed_invitation_can_be_moved_and_is_then_a_booking(region):
    ask = region.ask(GRETA, VASTER, "SCR15")
    (invited,) = ask.schedule()
    assert (invited.is_invitation, invited.rebooking_allowed) == (True, True)
    assert ask.move(invited.booking_id, ask.free_times(booking_id=invited.booking_id)[0]).result_code == "OK"
    assert ask.schedule()[0].is_invitation is False


def test_scenario_13_what_care_booked_at_the_youth_clinic_is_hidden(seen):
    hidden = [row for row in seen.rows(BookingRow) if row.subject_of_care == OSKAR.number]
    assert [row.state for row in hidden] == [BookingState.BOOKED]
    assert seen.ask(OSKAR, KAJEN, "UNG30").schedule() == ()
    assert len(seen.ask(THEO, KAJEN, "UNG30").schedule()) == 1


def test_scenario_16_another_persons_booking_id_is_refused(seen):
    booked = seen.ask(ANNA, NORRA, "PROV10").schedule()[0].booking_id
    assert seen.ask(BERTIL, NORRA, "PROV10").cancel(booked).result_code == "ERROR"
    assert len(seen.ask(ANNA, NORRA, "PROV10").schedule()) == 1


def test_scenario_19_the_fourth_place_fills_the_time(region):
    slots = Counter(seat.slot_id for seat in region.rows(SeatRow) if seat.booking_id)
    slot_id = next(slot_id for slot_id, taken in slots.items() if taken == 3)
    karin = region.ask(KARIN, TORGET, "VAC65")
    own = next(one for one in karin.schedule() if one.time_type_id == "VAC65")
    nearly_full = next(one for one in karin.free_times() if one.booking_id == f"T-{slot_id}")
    assert karin.move(own.booking_id, nearly_full).result_code == "OK"
    assert f"T-{slot_id}" not in [one.booking_id for one in karin.free_times()]


def test_scenario_20_the_youth_clinic_is_found_in_any_letter_case(seen):
    for written in ("SE2321009991-2b06", "SE2321009991-2B06", "se2321009991-2b06"):
        found = seen.ask(THEO, HsaId(written), "UNG30").free_times()
        assert {one.healthcare_facility.text for one in found} == {"SE2321009991-2b06"}


def test_care_only_and_protected_kinds_are_not_in_the_lists(seen):
    offered = [kind.time_type_id for clinic in CLINICS for kind in seen.ask(GRETA, clinic).time_types()]
    assert set(offered) == {"VAC65", "VACRES", "PROV10", "OST15"}

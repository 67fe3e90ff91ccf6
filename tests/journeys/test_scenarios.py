"""The twenty scenarios of domain.md §10.5, each reachable in the demo region as it is planted.

Citizens come by SOAP through the gateway's door, as the e-service lets them; staff by the systems' pages, or by what
those pages call. What belongs to the e-service itself is tested as far as the systems go, and the docstring says so.
It is the morning of Tuesday 24 November 2026.
"""

import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from contracts import scheduling as s
from contracts.consumer import SchedulingConsumer, may_have_happened
from contracts.errors import ProducerFault, ProducerUnreachable
from contracts.identifiers import HsaId
from contracts.transport import HttpTransport
from scheduling_backends.engine import care, closures, find, overview
from scheduling_backends.engine.models import BookingRow, ClinicRow, SeatRow, StaffRoleRow
from scheduling_backends.engine.seats import Author
from scheduling_backends.engine.states import BookingState, Happening, Role
from scheduling_backends.takecare import staff as takecare_staff
from scheduling_backends.timebook import staff as timebook_staff
from tests.people import ANNA, BERTIL, DAN, ELIN, GRETA, HULDA, KARIN, MOA, OSKAR, PEOPLE, SAMIR, THEO
from tests.scheduling_backends.staff.conftest import Browser
from tests.serving import demo_region
from tests.town import E_SERVICE, Town
from tidbro.demo_mode import Mode, set_mode
from tidbro.demo_people import turning

TODAY = date(2026, 11, 24)
CLINICS = ("1A01", "1A02", "1A03", "1A04", "2B01", "2B02", "2B03", "2B04", "2B05", "2B99", "2b06", "2B07")
RECEPTION, PLANNER = HsaId("SE2321009991-S004"), HsaId("SE2321009991-S003")
NURSE = Author("care", RECEPTION.text)


@dataclass(frozen=True)
class Staff:
    """Somebody who works at a clinic: what they do at the desk, and what they see on the pages."""

    system: object
    clinic: HsaId
    site: object

    def does(self, what, *arguments, **more):
        """One thing in a transaction of its own."""
        with self.system.writing() as session:
            return what(session, *arguments, **more)

    @property
    def here(self):
        with self.system.reading() as session:
            return find.clinic_by_hsa_id(session, self.clinic)

    def entry(self, booking_id):
        with self.system.reading() as session:
            return overview.entry(session, self.here, booking_id)

    def time(self, slot_id):
        with self.system.reading() as session:
            return overview.time(session, self.here, slot_id)

    def free_slot(self, code, day):
        """The first free time of this kind from the day on."""
        here = self.here
        with self.system.reading() as session:
            found = overview.times(session, here, day, day + timedelta(days=7))
        return next(one for one in found if one.time_type.settings.code == code and one.free)

    @contextmanager
    def browser(self):
        """The pages, with the receptionist signed in at the clinic."""
        with self.site(self.system, b"only for the tests of this house").test_client() as client:
            browser = Browser(client)
            browser.sign_in(RECEPTION, self.here.id)
            yield browser


def staff_at(town, clinic):
    adapters = town.served.region.pipeline.producers.adapters
    hsa_id = HsaId(f"SE2321009991-{clinic}")
    if clinic.startswith("1A"):
        return Staff(adapters["takecare"].system, hsa_id, takecare_staff.site)
    return Staff(adapters["timebook"], hsa_id, timebook_staff.site)


def words(page):
    """A page's text, without markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def slot_of(slot):
    """The slot's number in its system, as the free time names it (T-…)."""
    return int(slot.booking_id.removeprefix("T-"))


def number_of(staff, booking_id):
    return staff.entry(booking_id).slot_id


# -- Booking


def test_scenario_01_a_citizen_chooses_whom_the_visit_is_with(town):
    """R31."""
    assert performers(town.visitor(SAMIR, "1A02"), "BM30") == ()  # no choice is offered there
    bertil = town.visitor(BERTIL, "1A01")
    offered = performers(bertil, "SSK30")
    assert [(one.first_name, one.last_name) for one in offered] == [("Maria", "Ek"), ("Jonas", "Hägg")]
    jonas = offered[1].performer
    times = bertil.times("SSK30", performers=(jonas,))
    assert {one.performer for one in times} == {jonas}
    assert bertil.book(times[0], "Ont i halsen").result_code == "OK"
    assert jonas in [one.performer for one in bertil.schedule()]


def performers(visitor, code):
    question = s.GetAllPerformers(visitor.clinic, visitor.person.identity, time_type_ids=(code,))
    return visitor.consumer.get_all_performers(question, actor=visitor.person.actor).performers


def test_scenario_02_a_booking_is_answered_with_a_message(town):
    """R20."""
    dan = town.visitor(DAN, "1A01")
    made = dan.book(dan.times("BLT15")[0])
    assert (made.result_code, made.result_text) == ("INFO", "Vila tio minuter före.")
    norra = town.visitor(DAN, "2B02")
    assert "Kom fastande" in norra.book(norra.times("PROV10")[30]).result_text


def test_scenario_03_a_required_reason_is_missing(town):
    """R18, E8."""
    hulda = town.visitor(HULDA, "2B01")
    slot = hulda.times("VACRES")[3]
    assert slot.message_allowed is True
    assert hulda.book(slot).result_text == "Skriv varför du söker."
    assert hulda.book(slot, "Portugal, reser i januari").result_code == "OK"


@pytest.mark.parametrize(("clinic", "code"), [("1A01", "SSK30"), ("2B07", "OST15")])
def test_scenario_04_somebody_else_takes_the_time_first(town, clinic, code):
    """R15, E1: Hulda has the page with the times open when Bertil books."""
    bertil, hulda = town.visitor(BERTIL, clinic), town.visitor(HULDA, clinic)
    slot = hulda.times(code)[5]
    same = next(one for one in bertil.times(code) if one.booking_id == slot.booking_id)
    assert bertil.book(same, "Hosta").result_code == "OK"
    refused = hulda.book(slot, "Hosta")
    assert (refused.result_code, refused.booking_id) == ("ERROR", None)
    assert "hann boka tiden" in refused.result_text
    assert slot.booking_id not in [one.booking_id for one in hulda.times(code)]


def test_scenario_05_too_young_or_too_old_on_the_day_of_the_visit(town):
    """R7: who turns 65 within the weeks is offered the days from the birthday on, and no earlier one."""
    found = turning(65, TODAY)
    person = next(one for one in PEOPLE if one.number == found.identity.number)
    birthday = found.identity.birth_date.replace(year=found.identity.birth_date.year + 65)
    visitor = town.visitor(person, "2B01")
    assert birthday <= min(visitor.days("VAC65")) <= birthday + timedelta(days=4)
    early = next(one for one in town.visitor(HULDA, "2B01").times("VAC65") if one.start.date() < birthday)
    assert visitor.book(early).result_code == "ERROR"
    assert town.visitor(KARIN, "1A01").time_types().count("HALSO45") == 0  # 40 to 69
    assert town.visitor(person, "1A01").time_types().count("HALSO45") == 1


# -- Changing


def test_scenario_06_it_is_too_late_to_cancel(town):
    """R24, E9: Karin's visit is within 24 hours."""
    karin = town.visitor(KARIN, "2B01")
    soon, later = karin.schedule()
    assert soon.start - town.served.clock.now < timedelta(hours=24)
    assert (soon.cancel_booking_allowed, later.cancel_booking_allowed) == (False, True)
    assert karin.cancel(soon.booking_id).result_text.startswith("Det är för sent att avboka")
    assert karin.cancel(later.booking_id).result_code == "OK"


def test_scenario_07_a_booking_moves_to_the_other_clinic_under_a_new_id(town):
    """R28, R43. The index is the national services': what it is told is seen from who lists the booking now."""
    norra, sodra = town.visitor(BERTIL, "2B02"), town.visitor(BERTIL, "2B03")
    (booked,) = norra.schedule()
    assert set(norra.facilities(booked.booking_id)) == {norra.clinic, sodra.clinic}
    wanted = sodra.times("PROV10", booking_id=booked.booking_id)[7]
    assert sodra.move(booked.booking_id, wanted).result_code in ("OK", "INFO")
    assert norra.schedule() == ()
    (moved,) = sodra.schedule()
    assert moved.start == wanted.start
    assert moved.booking_id != booked.booking_id


def test_scenario_08_the_calendar_shows_both_comments(town):
    """§6.2: the record system's calendar, on the page as staff see it."""
    hulda, staff = town.visitor(HULDA, "1A01"), staff_at(town, "1A01")
    made = hulda.book(hulda.times("SSK30")[40], "Ont i axeln sedan i måndags")
    wanted = hulda.times("SSK30", booking_id=made.booking_id)[60]
    assert hulda.move(made.booking_id, wanted, "Hinner inte då").result_code == "OK"
    with staff.browser() as browser:
        browser.get("/kalender", dag=f"{wanted.start:%Y-%m-%d}", bokning=made.booking_id)
        told = words(browser.page)
    assert "Hulda Hundra" in told
    assert "Ombokad" in told
    assert "Ont i axeln sedan i måndags" in told
    assert "Hinner inte då" in told


def test_scenario_08_is_in_the_calendar_when_the_demo_starts(town):
    """Dan has moved a visit on the web: both comments are there to be read."""
    staff = staff_at(town, "1A01")
    (booked,) = [one for one in town.visitor(DAN, "1A01").schedule() if one.time_type_id == "SSK30"]
    entry = staff.entry(booked.booking_id)
    assert (entry.was_moved, entry.is_web) == (True, True)
    assert (entry.reason, entry.rebooking_comment) == ("Hosta i tre veckor", "Måste jobba den dagen")


def test_scenario_09_a_cancelled_time_is_crossed_and_free_again(town):
    """§6.2, R34."""
    hulda, staff = town.visitor(HULDA, "1A01"), staff_at(town, "1A01")
    slot = hulda.times("SSK30")[40]
    made = hulda.book(slot, "Yrsel")
    slot_id = number_of(staff, made.booking_id)
    assert hulda.cancel(made.booking_id, "Det har gått över").result_code == "OK"
    time = staff.time(slot_id)
    assert [(one.state, one.cancelling_comment) for one in time.cancelled] == [
        (BookingState.CANCELLED_BY_CITIZEN, "Det har gått över")
    ]
    assert (time.seated, time.free) == ((), 1)
    assert slot.start in [one.start for one in town.visitor(BERTIL, "1A01").times("SSK30")]
    with staff.browser() as browser:
        browser.get("/kalender", dag=f"{slot.start:%Y-%m-%d}")
        assert "Avbokad av patient" in words(browser.page)


# -- Invitations


def test_scenario_10_an_open_invitation_is_booked_once(town):
    """R5, R30, R32: the second try is refused, and so is the one that was used before the demo began."""
    sent = invitations_of(town, ELIN)
    fresh = next(one.id for one in sent if one.state is BookingState.INVITED)
    used = next(one.id for one in sent if one.state is BookingState.MOVED)
    office, oster = town.visitor(ELIN, "2B99"), town.visitor(ELIN, "2B04")
    assert oster.times("SCR15") == ()
    assert set(office.facilities(fresh)) == {oster.clinic, HsaId("SE2321009991-2B05")}
    slots = oster.times(None, booking_id=fresh)
    assert oster.book(slots[0], booking_id=used).result_code == "ERROR"
    assert oster.book(slots[0], booking_id=fresh).result_code == "OK"
    again = oster.book(slots[1], booking_id=fresh)
    assert (again.result_code, again.result_text) == ("ERROR", "Du har redan bokat en tid för den här kallelsen.")


def invitations_of(town, person):
    """What the office has sent to the person; the e-service learns the ids from the index."""
    staff = staff_at(town, "2B99")
    with staff.system.reading() as session:
        theirs = (BookingRow.clinic_id == staff.here.id, BookingRow.subject_of_care == person.number)
        return session.scalars(select(BookingRow).where(*theirs)).all()


def test_scenario_11_a_timed_invitation_is_rebooked_and_then_a_booking(town):
    """R26, R33: once, at the orthopaedic clinic."""
    greta = town.visitor(GRETA, "1A03")
    (invited,) = greta.schedule()
    assert (invited.is_invitation, invited.rebooking_allowed) == (True, True)
    times = greta.times("ORT30", booking_id=invited.booking_id)
    assert greta.move(invited.booking_id, times[6]).result_code == "OK"
    (moved,) = greta.schedule()
    assert (moved.is_invitation, moved.start, moved.rebooking_allowed) == (False, times[6].start, False)
    assert greta.move(invited.booking_id, times[9]).result_code == "ERROR"


# -- What staff do


def test_scenario_12_staff_move_a_booking_and_the_citizen_finds_it_moved(town):
    """§5.9: the note in the inbox is the e-service's; the system keeps the id, and who moved it and why."""
    anna, staff = town.visitor(ANNA, "1A01"), staff_at(town, "1A01")
    (booked,) = anna.schedule()
    wanted = staff.free_slot("SSK30", booked.start.date() + timedelta(days=1))
    now = town.served.clock.now
    staff.does(care.move, booked.booking_id, wanted.slot_id, NURSE, now, "Sköterskan är sjuk")
    (moved,) = anna.schedule()
    assert (moved.booking_id, moved.start) == (booked.booking_id, wanted.start)
    with staff.system.reading() as session:
        (*_, line) = overview.history(session, [booked.booking_id])
    told = (line.what, line.by, line.who, line.comment)
    assert told == (Happening.MOVED, "care", "Stina Reception", "Sköterskan är sjuk")


def test_scenario_13_a_time_that_care_booked_is_hidden_where_the_clinic_says_so(town):
    """R22."""
    staff = staff_at(town, "2b06")
    with staff.system.reading() as session:
        theirs = (BookingRow.subject_of_care == OSKAR.number, BookingRow.clinic_id == staff.here.id)
        (hidden,) = session.scalars(select(BookingRow).where(*theirs)).all()
    assert hidden.state is BookingState.BOOKED
    oskar = town.visitor(OSKAR, "2b06")
    assert oskar.schedule() == ()
    with pytest.raises(ProducerFault):
        oskar.details(hidden.id)
    assert len(town.visitor(THEO, "2b06").schedule()) == 1


# -- When a clinic does not answer


@pytest.mark.parametrize(("mode", "error"), [(Mode.FAULT, ProducerFault), (Mode.BAD_ANSWER, ProducerUnreachable)])
def test_scenario_14_a_list_is_partial_while_one_clinic_is_down(town, mode, error):
    """E13: Greta's times at every clinic but Ostadig are still there. Merging them is the aggregating service's."""
    whole = {clinic: town.visitor(GRETA, clinic).schedule() for clinic in CLINICS}
    assert len(whole["2B07"]) == 1
    set_mode(town.served.data, mode)
    found, failed = {}, []
    for clinic in CLINICS:
        try:
            found[clinic] = town.visitor(GRETA, clinic).schedule()
        except error:
            failed.append(clinic)
    assert failed == ["2B07"]
    assert found == {clinic: times for clinic, times in whole.items() if clinic != "2B07"}
    set_mode(town.served.data, Mode.OFF)
    assert town.visitor(GRETA, "2B07").schedule() == whole["2B07"]


def test_scenario_15_a_booking_that_times_out_is_found_by_asking_again(planted_copy):
    """E14: the answer never came, but the booking is there. To ask before trying again is the e-service's part."""
    hasty = {"producer_timeout_seconds": 0.5}
    with demo_region(planted_copy, gateway=hasty) as served, HttpTransport(read_seconds=60) as transport:
        town = Town(served, SchedulingConsumer(served.url, transport, caller=E_SERVICE))
        dan = town.visitor(DAN, "2B07")
        slot = dan.times("OST15")[8]
        set_mode(served.data, Mode.TIME_OUT)
        with pytest.raises(ProducerUnreachable) as late:
            dan.book(slot)
        assert may_have_happened(late.value)
        set_mode(served.data, Mode.OFF)
        (booked,) = dan.schedule()
        assert booked.start == slot.start
        assert dan.book(slot).result_code == "ERROR"
        assert len(dan.schedule()) == 1


@pytest.fixture
def planted_copy(planted, tmp_path):
    return shutil.copytree(planted, tmp_path / "data")


# -- Whose it is


def test_scenario_16_another_persons_booking_id_is_refused(town):
    """R38, E12: in both systems, and just as an id that does not exist."""
    for clinic, code in (("1A01", "SSK30"), ("2B02", "PROV10")):
        (booked, *_) = [one for one in town.visitor(ANNA, clinic).schedule() if one.time_type_id == code]
        thief = town.visitor(KARIN, clinic)
        for booking_id in (booked.booking_id, "B-0000000000000000"):
            assert thief.cancel(booking_id).result_text == "Vi hittar inte bokningen."
            with pytest.raises(ProducerFault) as fault:
                thief.details(booking_id)
            assert fault.value.faultstring == "the booking does not exist"
        assert town.visitor(ANNA, clinic).details(booked.booking_id).start == booked.start


def test_scenario_17_a_guardian_books_for_the_child_and_the_childs_age_decides(town):
    """R40: the child is the subject of care and the Actor; who is whose guardian, and until 13, is the e-service's.

    What the system sees of it: another person's number as Actor gives no access to the child, and the child's own age
    on the day of the visit decides what is offered.
    """
    found = turning(13, TODAY)
    assert found.identity.number == MOA.number
    child = town.visitor(MOA, "2B07")
    made = child.book(child.times("OST15")[12])
    assert made.result_code == "OK"
    question = s.GetSubjectOfCareSchedule(child.clinic, MOA.identity)
    with pytest.raises(ProducerFault):
        child.consumer.get_subject_of_care_schedule(question, actor=ANNA.actor)
    birthday = found.identity.birth_date.replace(year=found.identity.birth_date.year + 13)
    assert min(town.visitor(MOA, "2b06").days("UNG30")) >= birthday


# -- Days and seats


def test_scenario_18_holidays_are_closed_and_an_exceptional_day_waits_for_its_booking(town):
    """§7.3 items 3 and 4: the closing takes effect when the booking there is moved and the citizen told."""
    anna, staff = town.visitor(ANNA, "2B02"), staff_at(town, "2B02")
    days = anna.days("PROV10")
    assert set(days).isdisjoint({date(2026, 12, 24), date(2026, 12, 25), date(2027, 1, 1), date(2027, 1, 6)})
    (booked,) = anna.schedule()
    day, now = booked.start.date(), town.served.clock.now
    hours = overview.bounds(day, day)
    staff.does(closures.close, staff.here, hours, "Utbildning", PLANNER, now)
    assert day not in town.visitor(DAN, "2B02").days("PROV10")
    (closure,) = staff.does(closures.closures, staff.here, now)
    assert ([one.id for one in closure.waiting], closure.is_in_force) == ([booked.booking_id], False)
    wanted = staff.free_slot("PROV10", day + timedelta(days=1))
    staff.does(care.move, booked.booking_id, wanted.slot_id, NURSE, now, "Mottagningen är stängd")
    staff.does(closures.tell, staff.here, booked.booking_id, now, NURSE)
    (closure,) = staff.does(closures.closures, staff.here, now)
    assert closure.is_in_force
    assert [one.start for one in anna.schedule()] == [wanted.start]


def test_scenario_19_the_fourth_place_fills_the_time(town):
    """R17: three of four are taken when the demo starts."""
    karin, hulda = town.visitor(KARIN, "2B01"), town.visitor(HULDA, "2B01")
    (own,) = [one for one in karin.schedule() if one.time_type_id == "VAC65"]
    (theirs,) = [one for one in hulda.schedule() if one.time_type_id == "VAC65"]
    nearly_full = next(one for one in karin.times("VAC65") if one.start == theirs.start)
    assert seats_left(town, nearly_full) == 1
    assert karin.move(own.booking_id, nearly_full).result_code == "OK"
    assert seats_left(town, nearly_full) == 0
    assert nearly_full.start not in [one.start for one in hulda.times("VAC65", booking_id=theirs.booking_id)]
    assert theirs.start not in [one.start for one in town.visitor(GRETA, "2B01").times("VAC65")]


def seats_left(town, slot):
    staff = staff_at(town, "2B01")
    with staff.system.reading() as session:
        empty = (SeatRow.slot_id == slot_of(slot), SeatRow.booking_id.is_(None))
        return len(session.scalars(select(SeatRow.id).where(*empty)).all())


@pytest.mark.parametrize("written", ["2b06", "2B06"])
def test_scenario_20_an_hsa_id_counts_in_any_letter_case(town, written):
    """contracts.md G-8: the clinic's id ends in a small letter."""
    theo = town.visitor(THEO, written)
    assert theo.time_types() == ["UNG30"]
    slot = theo.times("UNG30")[9]
    assert slot.healthcare_facility.text == "SE2321009991-2b06"


# -- The people of the table


def test_greta_has_twelve_bookings_one_with_each_clinic(town):
    """§10.4: visible, hidden, invited, past and cancelled."""
    found = {}
    for clinic in ("1A01", "2B01"):
        with staff_at(town, clinic).system.reading() as session:
            statement = select(ClinicRow.hsa_id, BookingRow.state).join(ClinicRow, ClinicRow.id == BookingRow.clinic_id)
            rows = session.execute(statement.where(BookingRow.subject_of_care == GRETA.number)).all()
            found |= {hsa_id.removeprefix("SE2321009991-"): state for hsa_id, state in rows}
            assert len(rows) == len({hsa_id for hsa_id, _ in rows})
    assert set(found) == set(CLINICS)
    shown = [clinic for clinic in CLINICS if town.visitor(GRETA, clinic).schedule()]
    assert shown == ["1A01", "1A03", "1A04", "2B01", "2B02", "2B05", "2B07"]


def test_every_role_is_held_in_both_systems(town):
    """§7.1."""
    for clinic in ("1A01", "2B01"):
        system = staff_at(town, clinic).system
        with system.reading() as session:
            assert set(session.scalars(select(StaffRoleRow.role))) == set(Role)

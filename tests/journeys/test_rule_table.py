"""The rule table (domain.md §9.2): each rule allowed and refused through SOAP, and the staff page that shows it.

Both scheduling systems, in a demo region that is really served: the citizen asks at the gateway's door, staff look at
the system's pages. R2, R36 and R42 are the e-service's own, and no message carries them; R35 is a matter of what the
e-service shows, and R43 of the engagement index: here is what the scheduling system has to do for them.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from contracts import scheduling as s
from contracts import xml
from contracts.consumer import SchedulingConsumer
from contracts.errors import ProducerFault
from contracts.identifiers import HsaId
from contracts.namespaces import TIDBRO
from contracts.times import SWEDEN
from contracts.transport import HttpTransport
from scheduling_backends.engine import care, citizens, find
from scheduling_backends.engine.models import BookingRow, CitizenRow, ClinicRow, PerformerRow
from scheduling_backends.engine.offer import (
    AfterCancelling,
    BookableBy,
    ClinicSettings,
    CutOff,
    ReasonMode,
    Release,
    Sex,
    TimeTypeSettings,
)
from scheduling_backends.engine.schedules import Period
from scheduling_backends.engine.seats import Author
from scheduling_backends.engine.states import BookingState
from scheduling_backends.takecare import staff as takecare_staff
from scheduling_backends.timebook import staff as timebook_staff
from tests.people import ANNA, BERTIL, DAN, MOA, SIV, Person
from tests.scheduling_backends.staff.conftest import Browser
from tests.serving import MORNING, SetClock, demo_region
from tests.town import E_SERVICE, Town, Visitor

DAYS = (date(2026, 12, 8), date(2026, 12, 9))
FIRST = datetime(2026, 12, 8, 17, tzinfo=SWEDEN)
CHIEF, NURSE = HsaId("SE2321009991-S001"), Author("care", "SE2321009991-S004")
MARIA, JONAS = HsaId("SE2321009991-P001"), HsaId("SE2321009991-P002")
PLAIN = ClinicSettings("Regelmottagningen", phone="070-174 06 13", group="Regeln", rebooks_in_group=True)
NEIGHBOUR = replace(PLAIN, name="Granne")

NOT_ALLOWED = "APPOINTMENT_IS_NOT_ALLOWED"
GONE = "REQUESTED_TIME_IS_NO_LONGER_AVAILABLE"


@dataclass
class Place:
    """Two clinics of one system, with a way in for citizens and one for staff."""

    town: Town
    system: object
    site: object
    here: str
    there: str
    known: set[str] = field(default_factory=set)
    codes: dict[str, str | None] = field(default_factory=dict)  # the units' codes, which others know them by

    @property
    def clock(self) -> SetClock:
        return self.town.served.clock

    def id_of(self, clinic: str = "") -> HsaId:
        return HsaId(f"SE2321009991-{clinic or self.here}")

    def visitor(self, person=ANNA, clinic: str = "") -> Visitor:
        return self.town.visitor(person, clinic or self.here)

    # -- What staff have set

    def clinic(self, clinic: str = "", **changes: object) -> None:
        code = self.codes.get(self.id_of(clinic).text)
        settings = replace(NEIGHBOUR if clinic == self.there else PLAIN, **{"unit_code": code, **changes})
        with self.system.desk() as desk:
            desk.change_clinic(self.id_of(clinic), settings)

    def kind(self, code: str, clinic: str = "", opens: int = 17, performers=(None,), **settings: object) -> str:
        """A kind of time with two times on each of two days, half an hour each."""
        offered = TimeTypeSettings(code, code, f"Tid {code}", bookable_by=BookableBy.BOTH, booking_reason=ReasonMode.NO)
        period = Period(*DAYS, time(opens), time(opens + 1), 30)
        with self.system.desk() as desk:
            desk.add_time_type(self.id_of(clinic), replace(offered, **settings))
            for performer in performers:
                desk.add_slots(self.id_of(clinic), code, period, performer=performer)
        return code

    def change(self, code: str, **settings: object) -> None:
        with self.system.desk() as desk:
            desk.change_time_type(self.id_of(), code, **settings)

    def writes(self, act, *arguments, **given):
        with self.system.writing() as session:
            return act(session, *arguments, **given)

    def invites(self, code: str, person=ANNA, clinics=("",)) -> str:
        with self.system.desk() as desk:
            usable = [self.id_of(clinic) for clinic in clinics]
            return desk.invite(self.id_of(), code, person.identity, "Välkommen till oss", usable)

    def care_books(self, code: str, person=ANNA, at: datetime = FIRST, text: str | None = None) -> str:
        with self.system.desk() as desk:
            return desk.book(self.id_of(), code, at, person.identity, invitation_text=text)

    # -- What staff see

    def sees(self, path: str, *shown: str) -> None:
        """The page at the path shows these words, or these fields with their values (`name=value`)."""
        with self.browser() as browser:
            page = browser.get(path)
            assert page.status_code == 200, path
            for one in shown:
                name, is_field, value = one.partition("=")
                found = field_of(browser.page, name) if is_field else words(browser.page)
                assert (found == value) if is_field else (one in found), (path, one, found)

    @contextmanager
    def browser(self) -> Iterator[Browser]:
        with self.site(self.system, b"only for the tests of this house").test_client() as client:
            browser = Browser(client)
            browser.sign_in(CHIEF, self._row_id())
            yield browser

    def _row_id(self) -> int:
        with self.system.reading() as session:
            return find.clinic_by_hsa_id(session, self.id_of()).id

    def page_of(self, person: Person) -> str:
        with self.system.reading() as session:
            citizen_id = session.scalar(select(CitizenRow.id).where(CitizenRow.number == person.number))
        return f"/invanare/{citizen_id}"

    # -- Afterwards

    def restore(self) -> None:
        """The clinics as they were, nobody booked who was not before, the clock set back."""
        self.clock.now = MORNING
        for clinic in (self.here, self.there):
            self.clinic(clinic)
        for booking_id in self.bookings() - self.known:
            self.writes(care.cancel, booking_id, NURSE, MORNING)

    def bookings(self) -> set[str]:
        with self.system.reading() as session:
            active = BookingRow.state.in_((BookingState.BOOKED, BookingState.INVITED))
            return set(session.scalars(select(BookingRow.id).where(active)))


def words(page: str) -> str:
    """A page's text, without markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def field_of(page: str, name: str) -> str | None:
    """What a field of the page's form holds; a tick is `yes` or `no`."""
    if found := re.search(rf'<input id="{name}" name="{name}" type="checkbox" value="1"( checked)?', page):
        return "yes" if found[1] else "no"
    if found := re.search(rf'<input id="{name}" name="{name}" type="[a-z]+" value="([^"]*)"', page):
        return unescape(found[1])
    if found := re.search(rf'<textarea id="{name}"[^>]*>([^<]*)</textarea>', page):
        return unescape(found[1])
    found = re.search(rf'<select id="{name}".*?<option value="([^"]*)" selected', page, re.DOTALL)
    return found[1] if found else None


@pytest.fixture(scope="module")
def region(planted, tmp_path_factory) -> Iterator[Town]:
    data = shutil.copytree(planted, tmp_path_factory.mktemp("rules") / "data")
    with demo_region(data) as served, HttpTransport(read_seconds=60) as transport:
        yield Town(served, SchedulingConsumer(served.url, transport, caller=E_SERVICE))


@pytest.fixture(scope="module", params=["timebook", "takecare"])
def house(request, region) -> Place:
    adapters = region.served.region.pipeline.producers.adapters
    if request.param == "timebook":
        place = Place(region, adapters["timebook"], timebook_staff.site, "2B02", "2B03")
    else:
        place = Place(region, adapters["takecare"].system, takecare_staff.site, "1A01", "1A02")
    place.codes = unit_codes(place)
    for clinic in (place.here, place.there):
        place.clinic(clinic)
    with place.system.writing() as session:
        missing = session.scalar(select(PerformerRow.id).where(PerformerRow.hsa_id == MARIA.text)) is None
    if missing:
        with place.system.desk() as desk:
            desk.add_performer(MARIA, "Maria", "Ek")
            desk.add_performer(JONAS, "Jonas", "Hägg")
    place.known = place.bookings()
    return place


def unit_codes(place: Place) -> dict[str, str | None]:
    with place.system.reading() as session:
        return {row.hsa_id: row.unit_code for row in session.scalars(select(ClinicRow))}


@pytest.fixture
def place(house: Place) -> Iterator[Place]:
    house.restore()
    yield house
    house.restore()


def refused(answer) -> str | None:
    """The internal code of a refusal, which comes with a sentence; None for what was done."""
    if answer.result_code != "ERROR":
        return None
    assert answer.result_text
    (code,) = [xml.parse(one).findtext(f"{{{TIDBRO}}}code") for one in answer.extensions]
    return code


def told_why(answer) -> tuple[str | None, str | None]:
    """The rule and the reason beside a refusal's code."""
    (element,) = [xml.parse(one) for one in answer.extensions]
    return element.findtext(f"{{{TIDBRO}}}rule"), element.findtext(f"{{{TIDBRO}}}reason")


def booked(visitor: Visitor, slot: s.Timeslot, reason: str | None = None, **changes: object) -> str:
    answer = visitor.book(slot, reason, **changes)
    assert answer.booking_id is not None, answer.result_text
    return answer.booking_id


# -- R1 to R6: what is offered at all


def test_r1_only_a_clinic_that_is_open_on_the_web_is_booked(place):
    code = place.kind("R1")
    slot, *_ = place.visitor().times(code)
    place.clinic(is_open=False)
    assert place.visitor().time_types() == []
    assert refused(place.visitor().book(slot)) == NOT_ALLOWED
    place.sees("/mottagning", "is_open=no")
    place.clinic()
    assert refused(place.visitor().book(slot)) is None
    place.sees("/mottagning", "is_open=yes")


def test_r3_citizens_book_what_is_open_to_them(place):
    code = place.kind("R3", bookable_by=BookableBy.CITIZEN)
    slot, *_ = place.visitor().times(code)
    assert code in place.visitor().time_types()
    place.sees("/tidstyper/R3", "bookable_by=citizen")
    place.change(code, bookable_by=BookableBy.NOBODY)
    assert (code in place.visitor().time_types(), place.visitor().times(code)) == (False, ())
    assert refused(place.visitor().book(slot)) == GONE
    place.sees("/tidstyper/R3", "bookable_by=nobody")


def test_r4_what_is_for_care_alone_is_not_there(place):
    code = place.kind("R4", bookable_by=BookableBy.BOTH)
    slot, *_ = place.visitor().times(code)
    place.change(code, bookable_by=BookableBy.CARE)
    assert (code in place.visitor().time_types(), place.visitor().times(code)) == (False, ())
    assert refused(place.visitor().book(slot)) == NOT_ALLOWED
    assert place.care_books(code)
    place.sees("/tidstyper/R4", "bookable_by=care")


def test_r5_a_protected_kind_of_time_is_had_by_invitation(place):
    code = place.kind("R5")
    slot, *_ = place.visitor().times(code)
    place.change(code, is_protected=True)
    assert (code in place.visitor().time_types(), place.visitor().times(code)) == (False, ())
    assert refused(place.visitor().book(slot)) == NOT_ALLOWED
    invitation = place.invites(code)
    (offered, *_) = place.visitor().times(booking_id=invitation)
    assert refused(place.visitor().book(offered, booking_id=invitation)) is None
    place.sees("/tidstyper/R5", "is_protected=yes")


def test_r6_what_needs_a_basis_is_seen_and_booked_by_who_has_one(place):
    code = place.kind("R6")
    slot, *_ = place.visitor().times(code)
    place.change(code, requires_basis=True)
    assert (code in place.visitor().time_types(), place.visitor().times(code)) == (False, ())
    assert refused(place.visitor().book(slot)) == NOT_ALLOWED
    with place.system.desk() as desk:
        desk.give_basis(place.id_of(), code, ANNA.identity, "Remiss")
    assert code in place.visitor().time_types()
    assert refused(place.visitor().book(slot)) is None
    if place.here == "1A01":  # §7.2: bases are the record system's
        place.sees(place.page_of(ANNA), "R6, ", "Remiss")


# -- R7 to R12: who, and when


def test_r7_the_age_on_the_day_of_the_visit_decides(place):
    code = place.kind("R7")
    slot, *_ = place.visitor().times(code)
    place.change(code, age_from=13, age_to=40)
    assert (code in place.visitor(ANNA).time_types(), place.visitor(ANNA).times(code)) == (False, ())
    assert refused(place.visitor(ANNA).book(slot)) == NOT_ALLOWED
    assert code in place.visitor(DAN).time_types()
    assert refused(place.visitor(DAN).book(slot)) is None
    place.sees("/tidstyper/R7", "age_from=13", "age_to=40")


def test_r8_a_kind_of_time_for_one_sex_is_not_for_the_other(place):
    code = place.kind("R8", only_sex=Sex.FEMALE)
    slot, *_ = place.visitor(ANNA).times(code)
    assert place.visitor(BERTIL).times(code) == ()
    assert refused(place.visitor(BERTIL).book(slot)) == NOT_ALLOWED
    assert refused(place.visitor(ANNA).book(slot)) is None
    place.sees("/tidstyper/R8", "only_sex=female")


def test_r9_who_is_listed_gets_the_own_performers_times(place):
    code = place.kind("R9", opens=18, performers=(MARIA, JONAS))
    slot = next(one for one in place.visitor(DAN).times(code) if one.performer == JONAS)
    place.change(code, listed_only=True)
    assert place.visitor(DAN).times(code) == ()
    assert refused(place.visitor(DAN).book(slot)) == NOT_ALLOWED
    with place.system.desk() as desk:
        desk.list_at(DAN.identity, place.id_of(), MARIA)
    offered = place.visitor(DAN).times(code)
    assert {one.performer for one in offered} == {MARIA}
    assert refused(place.visitor(DAN).book(slot)) == NOT_ALLOWED
    assert refused(place.visitor(DAN).book(offered[0])) is None
    if place.here == "1A01":
        place.sees("/tidstyper/R9", "listed_only=yes")


def test_r10_a_time_closes_so_many_hours_before(place):
    code = place.kind("R10", closes_hours_before=3)
    slot, *_ = place.visitor().times(code)
    place.clock.now = FIRST - timedelta(hours=3) + timedelta(minutes=1)
    assert slot.start not in [one.start for one in place.visitor().times(code)]
    assert refused(place.visitor().book(slot)) == "TOO_LATE_TO_MAKE_APPOINTMENT"
    place.clock.now = FIRST - timedelta(hours=3)
    assert refused(place.visitor().book(slot)) is None
    place.sees("/tidstyper/R10", "closes_hours_before=3")


def test_r11_times_are_released_so_many_days_before_or_at_a_threshold(place):
    code = place.kind("R11")
    slot, *_ = place.visitor().times(code)
    place.change(code, opens_days_before=13)
    assert place.visitor().times(code) == ()
    assert refused(place.visitor().book(slot)) == GONE
    place.change(code, opens_days_before=60, release=Release(8, BookableBy.CARE, BookableBy.BOTH))
    assert place.visitor().times(code) == ()
    assert refused(place.visitor().book(slot)) == GONE
    place.sees("/tidstyper/R11", "release_hours=8", "release_before=care", "release_after=both")
    place.clock.now = FIRST - timedelta(hours=8)
    assert refused(place.visitor().book(slot)) is None


def test_r12_times_that_have_passed_are_not_offered(place):
    code = place.kind("R12", closes_hours_before=0)
    first, *_ = place.visitor().times(code)
    place.clock.now = FIRST + timedelta(minutes=1)
    second, *_ = place.visitor().times(code)
    assert second.start == FIRST + timedelta(minutes=30)
    assert refused(place.visitor().book(first)) == "REQUESTED_TIME_HAS_ALREADY_PASSED"
    assert refused(place.visitor().book(second)) is None


# -- R13 to R17: how many


def test_r13_one_coming_time_of_a_kind_or_as_many_as_are_set(place):
    code = place.kind("R13", max_simultaneous=1)
    first, second, *_ = place.visitor().times(code)
    assert refused(place.visitor().book(first)) is None
    assert refused(place.visitor().book(second)) == "MAX_BOOKINGS_REACHED"
    place.sees("/tidstyper/R13", "max_simultaneous=1")
    place.change(code, max_simultaneous=2)
    assert refused(place.visitor().book(second)) is None


def test_r14_so_many_coming_times_at_the_clinic(place):
    code = place.kind("R14", max_simultaneous=0)
    there = len(place.visitor(SIV).schedule())
    place.clinic(max_active=there + 1)
    first, second, *_ = place.visitor(SIV).times(code)
    assert refused(place.visitor(SIV).book(first)) is None
    assert refused(place.visitor(SIV).book(second)) == "MAX_BOOKINGS_REACHED"
    place.sees("/mottagning", f"max_active={there + 1}")


def test_r15_nobody_shares_a_seat_or_is_in_two_places(place):
    one, other = place.kind("R15A"), place.kind("R15B")
    (slot, *_), (same_hour, *_) = place.visitor().times(one), place.visitor().times(other)
    assert slot.start == same_hour.start
    assert refused(place.visitor(ANNA).book(slot)) is None
    assert refused(place.visitor(BERTIL).book(slot)) == "REQUESTED_TIME_IS_ALREADY_RESERVED"
    assert refused(place.visitor(ANNA).book(same_hour)) == "USER_IS_ALREADY_OCCUPIED"
    assert refused(place.visitor(BERTIL).book(same_hour)) is None


def test_r16_visits_of_a_kind_keep_their_distance(place):
    code = place.kind("R16", max_simultaneous=0)
    first, *_, last = place.visitor().times(code)
    booked(place.visitor(), first)
    place.change(code, min_days_between=2)
    assert place.visitor().times(code) == ()
    answer = place.visitor().book(last)
    assert refused(answer) == NOT_ALLOWED
    assert "den 10 december 2026" in answer.result_text
    place.sees("/tidstyper/R16", "min_days_between=2")
    place.change(code, min_days_between=1)
    assert refused(place.visitor().book(last)) is None


def test_r17_a_time_for_many_is_offered_until_it_is_full(place):
    code = place.kind("R17", capacity=2)
    slot, *_ = place.visitor().times(code)
    booked(place.visitor(ANNA), slot)
    assert slot.start in [one.start for one in place.visitor(DAN).times(code)]
    booked(place.visitor(BERTIL), slot)
    assert slot.start not in [one.start for one in place.visitor(DAN).times(code)]
    assert refused(place.visitor(DAN).book(slot)) == "REQUESTED_TIME_IS_ALREADY_RESERVED"
    place.sees("/tidstyper/R17", "capacity=2")


# -- R18 to R22: what is written and shown


def test_r18_a_reason_is_asked_for_not_at_all_or_not_to_be_left_out(place):
    code = place.kind("R18", booking_reason=ReasonMode.NO)
    assert {one.message_allowed for one in place.visitor().times(code)} == {False}
    place.change(code, booking_reason=ReasonMode.REQUIRED)
    slot, *_ = place.visitor().times(code)
    assert slot.message_allowed
    assert refused(place.visitor().book(slot, " ")) == "REASON_REQUIRED"
    booking_id = booked(place.visitor(), slot, "Ont i knät")
    place.sees("/tidstyper/R18", "booking_reason=required")
    place.sees(f"/bokning/{booking_id}", "Ont i knät")


def test_r19_comments_to_changes_are_taken_when_they_are_asked_for(place):
    code = place.kind("R19", rebooking_reason=ReasonMode.NO, cancelling_reason=ReasonMode.REQUIRED)
    slot, *_ = place.visitor().times(code)
    booking_id = booked(place.visitor(), slot)
    assert place.visitor().details(booking_id).message_allowed
    assert refused(place.visitor().cancel(booking_id)) == "REASON_REQUIRED"
    place.change(code, cancelling_reason=ReasonMode.NO)
    assert not place.visitor().details(booking_id).message_allowed
    place.change(code, cancelling_reason=ReasonMode.OPTIONAL)
    assert refused(place.visitor().cancel(booking_id, "Har blivit frisk")) is None
    place.sees("/tidstyper/R19", "rebooking_reason=no", "cancelling_reason=optional")
    place.sees(f"/bokning/{booking_id}", "Har blivit frisk")


def test_r20_a_message_comes_with_the_answer(place):
    code = place.kind("R20", max_simultaneous=0, message_after_booking="Kom tio minuter före.")
    first, second, *_ = place.visitor().times(code)
    answer = place.visitor().book(first)
    assert (answer.result_code, answer.result_text) == ("INFO", "Kom tio minuter före.")
    place.sees("/tidstyper/R20", "message_after_booking=Kom tio minuter före.")
    place.change(code, message_after_booking=None)
    assert place.visitor().book(second).result_code == "OK"


def test_r21_the_information_of_the_kind_of_time_goes_with_each_time(place):
    code = place.kind("R21", purpose="Ta med legitimation.")
    assert {one.purpose for one in place.visitor().times(code)} == {"Ta med legitimation."}
    place.sees("/tidstyper/R21", "purpose=Ta med legitimation.")
    place.change(code, purpose=None)
    assert {one.purpose for one in place.visitor().times(code)} == {None}


def test_r22_what_care_booked_is_seen_where_the_clinic_shows_it(place):
    code = place.kind("R22", shows_care_booked=True)
    booking_id = place.care_books(code)
    assert booking_id in [one.booking_id for one in place.visitor().schedule()]
    place.change(code, shows_care_booked=False)
    assert booking_id not in [one.booking_id for one in place.visitor().schedule()]
    with pytest.raises(ProducerFault):
        place.visitor().details(booking_id)
    place.sees("/tidstyper/R22", "shows_care_booked=no")
    place.sees(f"/bokning/{booking_id}", "Anna Provbäck")


# -- R23 to R28: changes


def test_r23_cancelling_is_allowed_or_not_apart_for_own_and_cares_bookings(place):
    code = place.kind("R23", max_simultaneous=0, cancel_own=CutOff(24), cancel_care=None)
    slot = place.visitor().times(code)[1]
    own, cares = booked(place.visitor(), slot), place.care_books(code)
    assert [place.visitor().details(one).cancel_booking_allowed for one in (own, cares)] == [True, False]
    assert refused(place.visitor().cancel(cares)) == "CANCEL_IS_NOT_ALLOWED"
    assert refused(place.visitor().cancel(own)) is None
    place.sees("/tidstyper/R23", "cancel_own_count=24", "cancel_care_count=")


def test_r24_cancelling_ends_at_the_minute_of_the_cut_off(place):
    code = place.kind("R24", cancel_own=CutOff(24))
    slot, *_ = place.visitor().times(code)
    booking_id = booked(place.visitor(), slot)
    place.clock.now = FIRST - timedelta(hours=24) + timedelta(minutes=1)
    assert not place.visitor().details(booking_id).cancel_booking_allowed
    assert refused(place.visitor().cancel(booking_id)) == "TOO_LATE_TO_CANCEL_APPOINTMENT"
    place.clock.now = FIRST - timedelta(hours=24)
    assert place.visitor().details(booking_id).cancel_booking_allowed
    assert refused(place.visitor().cancel(booking_id)) is None
    place.sees("/tidstyper/R24", "cancel_own_count=24", "cancel_own_unit=hours")


def test_r25_rebooking_is_allowed_or_not_and_has_a_cut_off(place):
    code = place.kind("R25", rebook_own=CutOff(24))
    first, second, *_ = place.visitor().times(code)
    booking_id = booked(place.visitor(), first)
    place.change(code, rebook_own=None)
    assert not place.visitor().details(booking_id).rebooking_allowed
    assert refused(place.visitor().move(booking_id, second)) == "UPDATE_APPOINTMENT_IS_NOT_ALLOWED"
    place.change(code, rebook_own=CutOff(24))
    place.clock.now = FIRST - timedelta(hours=23)
    assert refused(place.visitor().move(booking_id, second)) == "TOO_LATE_TO_UPDATE_APPOINTMENT"
    place.clock.now = MORNING
    assert place.visitor().details(booking_id).rebooking_allowed
    assert refused(place.visitor().move(booking_id, second)) is None
    place.sees("/tidstyper/R25", "rebook_own_count=24")


def test_r26_a_booking_is_moved_so_many_times(place):
    code = place.kind("R26", max_rebookings=1)
    first, second, *_ = place.visitor().times(code)
    booking_id = booked(place.visitor(), first)
    assert refused(place.visitor().move(booking_id, second)) is None
    assert not place.visitor().details(booking_id).rebooking_allowed
    assert refused(place.visitor().move(booking_id, first)) == "UPDATE_APPOINTMENT_IS_NOT_ALLOWED"
    place.sees("/tidstyper/R26", "max_rebookings=1")


def test_r27_a_rebooking_keeps_the_performer_where_it_is_set(place):
    code = place.kind("R27", opens=19, performers=(MARIA, JONAS))
    of_maria, of_jonas = (
        [one for one in place.visitor().times(code) if one.performer == who] for who in (MARIA, JONAS)
    )
    booking_id = booked(place.visitor(), of_maria[0])
    offered = place.visitor().times(code, booking_id=booking_id)
    assert {one.performer for one in offered} == {MARIA, JONAS}
    place.change(code, keeps_performer=True)
    offered = place.visitor().times(code, booking_id=booking_id)
    assert {one.performer for one in offered} == {MARIA}
    assert refused(place.visitor().move(booking_id, of_jonas[1])) is not None
    assert refused(place.visitor().move(booking_id, offered[-1])) is None
    place.sees("/tidstyper/R27", "keeps_performer=yes")


def test_r28_a_booking_moves_within_the_group_where_it_is_allowed(place):
    code = place.kind("R28")
    place.kind("R28", place.there)
    slot, *_ = place.visitor().times(code)
    booking_id = booked(place.visitor(), slot)
    other = place.visitor(clinic=place.there)
    (goal, *_) = other.times(code, booking_id=booking_id)
    place.clinic(rebooks_in_group=False)
    assert place.visitor().facilities(booking_id) == [place.id_of()]
    assert refused(other.move(booking_id, goal)) is not None
    place.sees("/mottagning", "rebooks_in_group=no")
    place.clinic()
    assert set(place.visitor().facilities(booking_id)) == {place.id_of(), place.id_of(place.there)}
    assert refused(other.move(booking_id, goal)) is None
    place.sees(f"/bokning/{booking_id}", "Gick vidare till en annan bokning")


# -- R29 to R35: choices, invitations


def test_r29_a_new_booking_may_be_made_at_the_groups_other_clinics(place):
    place.kind("R29")
    place.kind("R29", place.there)
    assert set(place.visitor().facilities()) == {place.id_of(), place.id_of(place.there)}
    place.clinic(group="Ensam")
    assert place.visitor().facilities() == [place.id_of()]
    place.sees("/mottagning", "group=Ensam")


def test_r30_a_virtual_clinic_is_not_listed_and_gives_no_times(place):
    code = place.kind("R30")
    place.kind("R30", place.there)
    slot, *_ = place.visitor(clinic=place.there).times(code)
    place.clinic(place.there, is_virtual=True)
    assert place.visitor().facilities() == [place.id_of()]
    assert refused(place.visitor(clinic=place.there).book(slot)) == NOT_ALLOWED
    place.clinic(place.there)
    assert place.id_of(place.there) in place.visitor().facilities()
    assert refused(place.visitor(clinic=place.there).book(slot)) is None


def test_r31_performers_are_chosen_where_the_clinic_lets_them(place):
    code = place.kind("R31", opens=20, performers=(MARIA, JONAS), offers_performer_choice=True)
    visitor = place.visitor()
    question = s.GetAllPerformers(visitor.clinic, ANNA.identity, time_type_ids=(code,))
    found = visitor.consumer.get_all_performers(question, actor=ANNA.actor).performers
    assert {one.performer for one in found} == {MARIA, JONAS}
    assert {one.performer for one in visitor.times(code, performers=(JONAS,))} == {JONAS}
    place.sees("/tidstyper/R31", "offers_performer_choice=yes")
    place.change(code, offers_performer_choice=False)
    assert visitor.consumer.get_all_performers(question, actor=ANNA.actor).performers == ()


def test_r32_an_open_invitation_is_used_once_where_it_is_for(place):
    code = place.kind("R32", is_protected=True, max_simultaneous=0)
    place.kind("R32", place.there, is_protected=True, max_simultaneous=0)
    invitation, wide = place.invites(code), place.invites(code, BERTIL, ("", place.there))
    (slot, second, *_) = place.visitor().times(booking_id=invitation)
    (elsewhere, *_) = place.visitor(BERTIL, place.there).times(booking_id=wide)
    assert refused(place.visitor(clinic=place.there).book(elsewhere, booking_id=invitation)) == NOT_ALLOWED
    booking_id = booked(place.visitor(), slot, booking_id=invitation)
    assert refused(place.visitor().book(second, booking_id=invitation)) == "APPOINTMENT_IS_ALREADY_UPDATED"
    place.sees(f"/bokning/{booking_id}", "(R32)")
    place.sees("/kallelser", "Bertil Demosson")


@pytest.mark.parametrize("follows", list(AfterCancelling))
def test_r33_a_timed_invitation_becomes_a_booking_or_follows_the_clinics_rule(place, follows):
    code = place.kind(
        f"R33{follows.name[0]}", cancel_care=CutOff(1), rebook_care=CutOff(1), after_cancelled_invitation=follows
    )
    moved = place.care_books(code, text="Välkommen")
    assert place.visitor().details(moved).is_invitation
    slot = place.visitor().times(code, booking_id=moved)[-1]
    assert refused(place.visitor().move(moved, slot)) is None
    assert not place.visitor().details(moved).is_invitation
    cancelled = place.care_books(code, BERTIL, FIRST, "Välkommen tillbaka")
    assert refused(place.visitor(BERTIL).cancel(cancelled)) is None
    if follows is AfterCancelling.NEW_INVITATION:
        place.sees("/kallelser", "Bertil Demosson", code)
    else:
        place.sees("/kallelser" if place.here == "2B02" else "/webbhandelser", "Bertil Demosson")


def test_r34_a_cancelled_time_is_free_at_once_unless_the_clinic_keeps_it(place):
    code = place.kind("R34", releases_cancelled=True)
    slot, *_ = place.visitor().times(code)
    for releases in (True, False):
        place.change(code, releases_cancelled=releases)
        assert refused(place.visitor().cancel(booked(place.visitor(), slot))) is None
        assert (slot.start in [one.start for one in place.visitor(BERTIL).times(code)]) == releases
    assert refused(place.visitor(BERTIL).book(slot)) == GONE
    place.sees("/tidstyper/R34", "releases_cancelled=no")


def test_r35_every_time_says_when_it_ends(place):
    code = place.kind("R35")
    slot, *_ = place.visitor().times(code)
    assert slot.end == slot.start + timedelta(minutes=30)
    booking_id = booked(place.visitor(), slot)
    assert place.visitor().details(booking_id).end == slot.end
    place.sees(f"/bokning/{booking_id}", "kl. 17.00–17.30")


# -- R37 to R44: who, and what it costs


def test_r37_who_is_too_late_is_told_of_the_fee(place):
    code = place.kind("R37")
    slot, *_ = place.visitor().times(code)
    booking_id = booked(place.visitor(), slot)
    place.clinic(fee_note="Uteblir du kostar det 200 kronor.")
    place.clock.now = FIRST - timedelta(hours=1)
    answer = place.visitor().cancel(booking_id)
    assert refused(answer) == "TOO_LATE_TO_CANCEL_APPOINTMENT"
    assert answer.result_text.endswith("Uteblir du kostar det 200 kronor.")
    place.sees("/mottagning", "fee_note=Uteblir du kostar det 200 kronor.")


def test_r38_a_booking_is_its_citizens_alone(place):
    code = place.kind("R38")
    first, second, *_ = place.visitor().times(code)
    booking_id = booked(place.visitor(), first)
    thief = place.visitor(BERTIL)
    with pytest.raises(ProducerFault):
        thief.details(booking_id)
    assert refused(thief.cancel(booking_id)) == "APPOINTMENT_DOES_NOT_EXIST"
    assert refused(thief.move(booking_id, second)) == "APPOINTMENT_DOES_NOT_EXIST"
    assert place.visitor().details(booking_id).start == first.start
    place.sees(f"/bokning/{booking_id}", "Anna Provbäck", "197912129280"[2:8])


def test_r39_an_agent_books_anew_and_learns_nothing_of_the_person(place):
    code = place.kind("R39")
    agent = s.Actor("SE2321009991-P001", s.ActorType.SUBJECT_OF_CARE_AGENT)
    visitor = place.visitor()
    slot, *_ = visitor.times(code)
    booked(place.visitor(BERTIL), slot)
    with pytest.raises(ProducerFault):
        visitor.consumer.get_subject_of_care_schedule(
            s.GetSubjectOfCareSchedule(visitor.clinic, BERTIL.identity), actor=agent
        )
    seen = [
        visitor.consumer.get_available_timeslots(
            s.GetAvailableTimeslots(visitor.clinic, person.identity, *DAYS, time_type_id=code), actor=agent
        ).timeslots
        for person in (ANNA, BERTIL, MOA)
    ]
    assert seen[0] == seen[1] == seen[2]
    question = s.MakeBooking(visitor.clinic, visitor.wanted(seen[0][0]), ANNA.info)
    answer = visitor.consumer.make_booking(question, actor=agent)
    assert refused(answer) is None
    place.sees(f"/bokning/{answer.booking_id}", "Anna Provbäck")


def test_r40_a_guardian_asks_as_the_child(place):
    """1.1's Actor has no word for a guardian: the e-service checks the relation and sends the child."""
    code = place.kind("R40")
    child = place.visitor(MOA)
    slot, *_ = child.times(code)
    booking_id = booked(child, slot)
    with pytest.raises(ProducerFault):
        child.consumer.get_booking_details(s.GetBookingDetails(child.clinic, booking_id), actor=ANNA.actor)
    assert child.details(booking_id).subject_of_care == MOA.identity
    place.sees(f"/bokning/{booking_id}", "Moa Provbäck")


def test_r41_of_a_protected_identity_no_address_and_no_phone_is_shown(place):
    code = place.kind("R41")
    with place.system.reading() as session:
        known = citizens.citizen(session, SIV.identity)
    assert known is not None
    assert known.is_protected
    slot, *_ = place.visitor(SIV).times(code)
    booking_id = booked(place.visitor(SIV), slot)
    with place.browser() as browser:
        browser.get(f"/bokning/{booking_id}")
        told = words(browser.page)
    assert "Skyddad" in told or "skyddade" in told
    assert "070-174" not in told.replace("070-174 06 13", "")
    details = place.visitor(SIV).details(booking_id)
    assert details.subject_of_care == SIV.identity


def test_r43_what_the_index_would_hold_is_what_the_schedule_shows(place):
    """The index itself belongs to the national services: a booking that ends leaves the citizen's list at once."""
    code = place.kind("R43")
    slot, *_ = place.visitor().times(code)
    booking_id = booked(place.visitor(), slot)
    assert booking_id in [one.booking_id for one in place.visitor().schedule()]
    assert refused(place.visitor().cancel(booking_id)) is None
    assert booking_id not in [one.booking_id for one in place.visitor().schedule()]


def test_r44_clinics_of_a_group_share_their_codes(place):
    code = place.kind("R44")
    slot, *_ = place.visitor().times(code)
    booking_id = booked(place.visitor(), slot)
    assert place.visitor().facilities(booking_id) == [place.id_of()]
    place.kind("R44", place.there)
    assert place.id_of(place.there) in place.visitor().facilities(booking_id)
    assert {one.time_type_id for one in place.visitor(clinic=place.there).times(booking_id=booking_id)} == {code}


@pytest.mark.parametrize(
    ("rule", "reason", "setting"),
    [
        ("R4", "CARE_ONLY", {"bookable_by": BookableBy.CARE}),
        ("R5", "PROTECTED", {"is_protected": True}),
        ("R6", "BASIS", {"requires_basis": True}),
        ("R7", "AGE", {"age_from": 65}),
        ("R8", "SEX", {"only_sex": Sex.MALE}),
        ("R9", "LISTED", {"listed_only": True}),
        ("R18", "REASON_MISSING", {"booking_reason": ReasonMode.REQUIRED}),
    ],
)
def test_the_rule_and_the_reason_are_told_beside_the_code(place, rule, reason, setting):
    code = place.kind(f"WHY{rule}")
    slot, *_ = place.visitor(ANNA).times(code)
    place.change(code, **setting)
    assert told_why(place.visitor(ANNA).book(slot)) == (rule, reason)

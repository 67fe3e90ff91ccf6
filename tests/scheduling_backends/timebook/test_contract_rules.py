"""The contracts' rules that no other file here names, through the adapter: contracts.md §3 to §5, domain.md §9.

Which element of a Timeslot is written where (§5.1) is a table of its own, last.
"""

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from lxml import etree

from contracts import codec
from contracts import scheduling as s
from contracts.identifiers import HsaId
from scheduling_backends.engine.desk import Desk
from scheduling_backends.engine.models import AuditRow, BookingRow, HistoryRow, SeatRow
from scheduling_backends.engine.offer import ClinicSettings, CutOff, LimitUnit, ReasonMode
from scheduling_backends.engine.states import BookingState, SlotState
from tests.people import ANNA, BERTIL, GRETA
from tests.scheduling_backends.engine.test_booking import (
    GONE,
    NOT_ALLOWED,
    OK,
    TAKEN,
    UNKNOWN,
    told,
)
from tests.scheduling_backends.timebooks import (
    ALONE,
    GROUP,
    NORTH,
    NOW,
    OFFICE,
    SOUTH,
    a_caller,
    a_period,
    a_type,
    at,
)

MARIA = HsaId("SE2321009991-P001")
JONAS = HsaId("SE2321009991-P002")
AGENT = s.Actor("SE2321009991-P003", s.ActorType.SUBJECT_OF_CARE_AGENT)
LONG = (date(2026, 1, 1), date(2027, 12, 31))
WELCOME = "Välkommen på återbesök."


@pytest.fixture
def kinds(world):
    """A clinic with two kinds of time at the same moments: a vaccination by Maria in a room, a sample by Jonas."""
    world.add_clinic(NORTH, GROUP)
    with world.timebook.desk() as desk:
        desk.add_performer(MARIA, "Maria", "Ek", "distriktssköterska")
        desk.add_performer(JONAS, "Jonas", "Hägg")
        desk.add_resource(NORTH, "R1", "Rum 1")
        add_kind(desk, NORTH, "VACC", "Vaccination", code="BES")
        add_kind(desk, NORTH, "PROV", "Provtagning", code="BLOD", web_name="Blodprov")
    world.add_times(performer=MARIA, resource="R1")
    world.add_times(code="BLOD", performer=JONAS)
    return world


def add_kind(desk: Desk, clinic: HsaId, care_type: str, care_name: str, **settings: object) -> None:
    desk.add_care_type(clinic, care_type, care_name)
    desk.add_time_type(clinic, a_type(offers_performer_choice=True, **settings), care_type)


def care_types(world, person=ANNA, actor=None, facility=NORTH, **filters):
    request = s.GetAllCareTypes(facility, person.identity, **filters)
    return world.timebook.get_all_care_types(request, a_caller(person, facility, actor)).care_types


def performers(world, person=ANNA, actor=None, **filters):
    request = s.GetAllPerformers(NORTH, person.identity, **filters)
    return world.timebook.get_all_performers(request, a_caller(person, actor=actor)).performers


def days(world, person=ANNA, actor=None, **filters):
    request = s.GetAvailableDates(NORTH, person.identity, *LONG, **filters)
    return world.timebook.get_available_dates(request, a_caller(person, actor=actor)).availabilities


def times(world, person=ANNA, actor=None, **filters):
    request = s.GetAvailableTimeslots(NORTH, person.identity, *LONG, **filters)
    return world.timebook.get_available_timeslots(request, a_caller(person, actor=actor)).timeslots


def invited_to(world, start, person=ANNA, text=WELCOME):
    """A timed invitation of the ordinary kind."""
    with world.timebook.desk() as desk:
        return desk.book(NORTH, "BES", start, person.identity, invitation_text=text)


def invited_to_choose(world, person=ANNA, text=WELCOME, clinics=(NORTH,)):
    """An open invitation of the ordinary kind."""
    with world.timebook.desk() as desk:
        return desk.invite(NORTH, "BES", person.identity, text, clinics)


# -- Ids, flags, who decides (G)


def test_ids_and_codes_are_any_text_and_come_back_as_they_were_sent(world):
    """G-10."""
    kind, care, room = "Ä/1 <&> T-1", "b-ÖÖ", "r 1 %"
    world.add_clinic(NORTH, GROUP)
    with world.timebook.desk() as desk:
        desk.add_resource(NORTH, room, "Rum 1")
        add_kind(desk, NORTH, care, "Provtagning", code=kind)
    world.add_times(code=kind, resource=room)
    ask = world.ask(code=kind)
    assert [one.time_type_id for one in ask.time_types((care,))] == [kind]
    booking_id = ask.booked(ask.free_times()[0])
    (booked,) = ask.schedule()
    assert (booked.booking_id, booked.time_type_id, booked.care_type_id, booked.resource_id) == (
        booking_id,
        kind,
        care,
        room,
    )


def test_an_absent_flag_means_no(clinic):
    """G-13: a wish without flags is no invitation; a free time does not say that it is none."""
    ask = clinic.ask()
    slot = ask.free_times()[0]
    assert slot.is_invitation is None
    assert ask.details(ask.booked(slot)).is_invitation is False


def test_care_types_are_each_clinics_own(kinds):
    """G-18, GCT-3: the same code may mean another thing at another clinic."""
    kinds.add_clinic(SOUTH, replace(GROUP, group=None))
    with kinds.timebook.desk() as desk:
        add_kind(desk, SOUTH, "VACC", "Resevaccination", code="BES")
    assert care_types(kinds) == (s.CareType("VACC", "Vaccination"), s.CareType("PROV", "Provtagning"))
    assert care_types(kinds, facility=SOUTH) == (s.CareType("VACC", "Resevaccination"),)


@pytest.mark.parametrize(
    ("ask_with", "filters"),
    [
        (performers, {"care_type_ids": ("PROV",)}),
        (days, {"care_type_id": "PROV"}),
        (days, {"care_type_name": "Provtagning"}),
        (times, {"care_type_id": "PROV"}),
        (times, {"care_type_name": "Provtagning"}),
    ],
)
def test_a_care_type_narrows_every_list_that_it_can_be_sent_with(kinds, ask_with, filters):
    """G-19, G-20."""
    assert {one.performer for one in ask_with(kinds)} == {MARIA, JONAS}
    assert {one.performer for one in ask_with(kinds, **filters)} == {JONAS}


@pytest.mark.parametrize("said", [{"care_type_id": "PROV"}, {"care_type_name": "Provtagning"}])
def test_a_care_type_tells_two_wished_times_apart(kinds, said):
    """G-19: the careType fields of MakeBooking."""
    ask = kinds.ask()
    bare = s.Timeslot(NORTH, at(1, 9), at(1, 9, 30))
    assert told(ask.make(bare)) == GONE
    assert told(ask.make(replace(bare, **said))) == OK
    assert [one.time_type_id for one in ask.schedule()] == ["BLOD"]


@pytest.mark.parametrize("said", [{"care_type_id": "PROV"}, {"care_type_id": None, "care_type_name": "Provtagning"}])
def test_a_time_is_not_booked_and_not_moved_to_under_another_care_type(kinds, said):
    """G-19: the careType fields of MakeBooking and UpdateBooking."""
    ask = kinds.ask()
    first, second = ask.free_times()[:2]
    assert told(ask.make(replace(first, **said))) == GONE
    booking_id = ask.booked(first)
    assert told(ask.move(booking_id, replace(second, **said))) == GONE
    assert told(ask.move(booking_id, second)) == OK


def test_each_clinic_tells_its_own_bookings_only(clinic):
    """G-23: a citizen's calendar takes one call for each clinic."""
    clinic.add_clinic(SOUTH, GROUP, a_type(max_simultaneous=2))
    clinic.add_times(SOUTH)
    north, south = clinic.ask(), clinic.ask(facility=SOUTH)
    first = north.booked(north.free_times()[0])
    second = south.booked(south.free_times()[-1])
    assert [one.booking_id for one in north.schedule()] == [first]
    assert [one.booking_id for one in south.schedule()] == [second]


def test_each_clinic_decides_what_can_be_done_on_the_web(clinic):
    """G-25."""
    clinic.add_clinic(SOUTH, GROUP, a_type(cancel_own=None, rebook_own=CutOff(1)))
    clinic.add_times(SOUTH)
    flags = {
        place: {(one.cancel_booking_allowed, one.rebooking_allowed) for one in clinic.ask(facility=place).free_times()}
        for place in (NORTH, SOUTH)
    }
    assert flags == {NORTH: {(True, True)}, SOUTH: {(False, True)}}


# -- Agents (A)


@pytest.mark.parametrize(
    "told_to",
    [
        pytest.param(care_types, id="GCT-4"),
        pytest.param(
            lambda world, person, actor=None: replace(world.ask(person), other_actor=actor).facilities(), id="GHF-7"
        ),
        pytest.param(performers, id="GP-3"),
        pytest.param(
            lambda world, person, actor=None: replace(world.ask(person), other_actor=actor).time_types(), id="GTT-4"
        ),
        pytest.param(days, id="GAD-5"),
        pytest.param(times, id="GAT-5"),
    ],
)
def test_an_agents_list_is_the_same_for_every_citizen(kinds, told_to):
    """A-3 in each list: GCT-4, GHF-7, GP-3, GTT-4, GAD-5, GAT-5."""
    for code in ("BES", "BLOD"):
        kinds.change(code, age_from=65)
    assert told_to(kinds, ANNA) == ()
    assert told_to(kinds, ANNA, AGENT) == told_to(kinds, GRETA, AGENT) == told_to(kinds, GRETA)
    assert told_to(kinds, ANNA, AGENT)


def test_an_agent_sees_no_bookings_since_no_consumer_is_known_to_share_records(clinic):
    """A-4, A-5: refused, and the audit log says that somebody tried."""
    ask = clinic.ask()
    booking_id = ask.booked(ask.free_times()[0])
    agent = ask.acting(AGENT)
    assert agent.fault_of_details(booking_id) == agent.fault_of_details("B-unknown")
    with pytest.raises(Exception, match="only the citizen in person"):
        agent.schedule()
    lines = [(one.action, one.outcome) for one in clinic.rows(AuditRow) if one.actor == AGENT.actor_id]
    assert lines == [("read booking", "fault"), ("read booking", "fault"), ("read schedule", "fault")]


# -- Invitations (I)


def test_only_what_care_invited_to_is_an_invitation(clinic):
    """I-1."""
    clinic.change(max_simultaneous=0)
    ask = clinic.ask()
    own, called = ask.booked(ask.free_times()[-1]), invited_to(clinic, at(1, 9))
    assert {one.booking_id: one.is_invitation for one in ask.schedule()} == {called: True, own: False}


def test_i7_an_open_invitation_is_read_by_its_id_but_not_listed(clinic):
    """I-7, GSS-1, GBD-1."""
    invitation = invited_to_choose(clinic)
    ask = clinic.ask()
    assert ask.schedule() == ()
    assert ask.details(invitation).is_invitation


def test_a_cancelled_timed_invitation_frees_its_time_and_brings_no_new_invitation(clinic):
    """I-5, CB-6. The clinic's own rule for it (R33) is to do nothing more."""
    clinic.change(cancel_care=CutOff(24))
    called = invited_to(clinic, at(1, 9))
    ask = clinic.ask()
    assert told(ask.cancel(called)) == OK
    assert ask.schedule() == ()
    assert ask.fault_of_details(called)
    assert at(1, 9) in [one.start for one in ask.free_times()]
    assert [row.state for row in clinic.rows(BookingRow)] == [BookingState.CANCELLED_BY_CITIZEN]


@pytest.mark.parametrize("blank", ["", " \n"])
@pytest.mark.parametrize("invite", [invited_to_choose, lambda world, text: invited_to(world, at(1, 9), text=text)])
def test_an_invitation_without_a_text_is_not_sent(clinic, invite, blank):
    """GBD-4: purpose must be there when isInvitation is true."""
    with pytest.raises(ValueError, match="GBD-4"):
        invite(clinic, text=blank)
    assert clinic.rows(BookingRow) == []


# -- Cancelling (CB)


@pytest.mark.parametrize("limit", [CutOff(24), CutOff(1, LimitUnit.WORKING_DAYS), None])
def test_a_booking_is_cancelled_exactly_when_its_flag_says_so(clinic, limit):
    """CB-1, CB-4; domain.md §9.4: the limit itself is in time."""
    clinic.change(cancel_own=limit)
    ask = clinic.ask()
    booking_id = ask.booked(ask.free_times()[0])
    clinic.clock.now = at(30, 9, month=11) + timedelta(seconds=1)
    answer = ask.cancel(booking_id)
    assert answer.result_code == "ERROR"
    assert "070-174 06 06" in answer.result_text
    assert ask.details(booking_id).cancel_booking_allowed is False
    clinic.clock.now = at(30, 9, month=11)
    assert ask.details(booking_id).cancel_booking_allowed is (limit is not None)
    assert (ask.cancel(booking_id).result_code == "OK") is (limit is not None)


def test_a_message_that_was_not_asked_for_is_not_kept(clinic):
    """CB-2, UB-7: message_allowed was false, so neither text should have been sent."""
    clinic.change(rebooking_reason=ReasonMode.NO, cancelling_reason=ReasonMode.NO)
    ask = clinic.ask()
    first, second = ask.free_times()[:2]
    booking_id = ask.booked(first)
    assert ask.details(booking_id).message_allowed is False
    assert told(ask.move(booking_id, second, reason="Hemligt")) == told(ask.cancel(booking_id, "Hemligt")) == OK
    (row,) = clinic.rows(BookingRow)
    assert (row.rebooking_comment, row.cancelling_comment) == (None, None)
    assert "Hemligt" not in [line.comment for line in clinic.rows(HistoryRow)]


def test_care_can_follow_up_what_citizens_move_and_cancel(clinic):
    """CB-7, UB-9: who did what and when, told apart from what staff did."""
    ask, other = clinic.ask(), clinic.ask(BERTIL)
    slots = ask.free_times()
    mine, theirs = ask.booked(slots[0]), other.booked(slots[1])
    clinic.clock.now += timedelta(minutes=5)
    ask.move(mine, slots[2])
    ask.cancel(mine)
    with clinic.timebook.desk() as desk:
        desk.cancel(theirs)
    states = {row.id: row.state for row in clinic.rows(BookingRow)}
    assert states == {mine: BookingState.CANCELLED_BY_CITIZEN, theirs: BookingState.CANCELLED_BY_CARE}
    later = [(one.booking_id, one.what.value, one.by) for one in clinic.rows(HistoryRow) if one.at > NOW]
    assert later == [
        (mine, "moved", "citizen"),
        (mine, "cancelled", "citizen"),
        (theirs, "cancelled", "care"),
    ]


# -- Lists (GCT, GHF, GP, GAD)


def test_care_types_for_a_performer_are_those_that_can_be_booked_with_the_performer(kinds):
    """GCT-1, GCT-2: neither a draft nor a time beyond the horizon makes a care type bookable."""
    kinds.add_times(code="BLOD", performer=MARIA, period=a_period(date(2026, 12, 3)), state=SlotState.DRAFT)
    kinds.add_times(code="BLOD", performer=MARIA, period=a_period(date(2027, 11, 3)))
    assert [one.care_type_id for one in care_types(kinds)] == ["VACC", "PROV"]
    assert [one.care_type_id for one in care_types(kinds, performers=(MARIA,))] == ["VACC"]
    assert [one.care_type_id for one in care_types(kinds, performers=(MARIA, JONAS))] == ["VACC", "PROV"]


def test_a_clinic_is_listed_for_a_move_only_if_it_has_the_bookings_kind(clinic):
    """GHF-3: the same codes at every listed clinic."""
    clinic.add_clinic(SOUTH, replace(GROUP, name="Södra"), a_type())
    clinic.add_clinic(ALONE, replace(GROUP, name="Västra"), a_type(code="ANNAT"))
    ask = clinic.ask()
    found = ask.facilities(ask.booked(ask.free_times()[0]))
    assert [one.healthcare_facility for one in found] == [NORTH, SOUTH]


@pytest.mark.parametrize("for_booking", [False, True])
def test_every_listed_clinic_can_be_booked_at(clinic, for_booking):
    """GHF-4, GHF-5, MB-5: a closed clinic and a virtual one are not listed."""
    settings = {SOUTH: {}, ALONE: {"is_open": False}, OFFICE: {"is_virtual": True}}
    for place, changes in settings.items():
        clinic.add_clinic(place, replace(GROUP, name=place.text, **changes), a_type())
        clinic.add_times(place)
    invitation = invited_to_choose(clinic, clinics=(NORTH, *settings)) if for_booking else None
    listed = [one.healthcare_facility for one in clinic.ask().facilities(invitation)]
    assert listed == [NORTH, SOUTH]
    for place in (ALONE, OFFICE):
        slot = s.Timeslot(place, at(1, 9), at(1, 9, 30), booking_id=invitation)
        assert told(clinic.ask(facility=place).make(slot)) == NOT_ALLOWED
    for place in listed:
        slot = s.Timeslot(place, at(1, 9), at(1, 9, 30), booking_id=invitation)
        person = ANNA if place == SOUTH or invitation else BERTIL
        answer = clinic.ask(person, place).make(slot)
        assert told(answer) == OK
        if invitation:
            break


def test_a_clinic_is_listed_with_the_name_that_citizens_know(clinic):
    """GHF-6."""
    with clinic.timebook.desk() as desk:
        desk.change_clinic(NORTH, replace(GROUP, name="Provtagningen Norra"))
    assert clinic.ask().facilities() == (s.FacilityInfo(NORTH, "Provtagningen Norra"),)


def test_performers_are_those_that_the_clinics_rules_let_the_citizen_book(kinds):
    """GP-1."""
    kinds.change("BLOD", age_from=65)
    assert [one.performer for one in performers(kinds)] == [MARIA]
    assert [one.performer for one in performers(kinds, GRETA)] == [MARIA, JONAS]


def test_a_day_is_spelled_in_the_schemas_order(kinds):
    """GAD-6: the performer goes before the date, the resource, the kind of time and the kind of care."""
    (day,) = codec.encode(s.GetAvailableDatesResponse(days(kinds)[:1]))
    assert [etree.QName(element).localname for element in day] == [
        "healthcare_facility",
        "performer",
        "date",
        "resourceName",
        "resourceID",
        "timeTypeName",
        "timeTypeID",
        "careTypeName",
        "careTypeID",
    ]


# -- What is booked (GBD)


def test_a_booking_has_both_start_and_end_and_an_open_invitation_neither(clinic):
    """GBD-3, I-2."""
    clinic.change(max_simultaneous=0)
    ask = clinic.ask()
    booked, called = ask.booked(ask.free_times()[-1]), invited_to(clinic, at(1, 9))
    given = [ask.details(one) for one in (booked, called, invited_to_choose(clinic))]
    assert [(one.start, one.end) for one in given] == [
        (at(2, 11, 30), at(2, 12)),
        (at(1, 9), at(1, 9, 30)),
        (None, None),
    ]


def test_whatever_the_index_can_tell_of_has_details(clinic):
    """GBD-7: bookings, timed and open invitations, also when the visit has begun, the clinic closed, the kind ended."""
    clinic.change(max_simultaneous=0)
    ask = clinic.ask()
    ids = [ask.booked(ask.free_times()[1]), invited_to(clinic, at(1, 9)), invited_to_choose(clinic)]
    with clinic.timebook.desk() as desk:
        desk.change_clinic(NORTH, ClinicSettings("Norra", is_open=False))
    clinic.change(valid_to=date(2026, 11, 30))
    for now in (NOW, at(1, 9, 45), at(31, 12)):
        clinic.clock.now = now
        assert [ask.details(one).booking_id for one in ids] == ids


@pytest.mark.parametrize("purpose", ["Ta med legitimation.", None])
def test_r21_a_clinics_information_is_the_purpose_of_its_times_and_bookings(clinic, purpose):
    """domain.md R21; an invitation's purpose is its own text (GBD-4)."""
    clinic.change(purpose=purpose, max_simultaneous=0)
    ask = clinic.ask()
    slot = ask.free_times()[-1]
    booking_id = ask.booked(slot)
    called = invited_to(clinic, at(1, 9))
    assert slot.purpose == ask.details(booking_id).purpose == purpose
    assert {one.booking_id: one.purpose for one in ask.schedule()} == {booking_id: purpose, called: WELCOME}


# -- Making (MB)


def test_the_id_of_a_free_time_says_which_of_two_alike_is_booked(world):
    """MB-3."""
    world.add_clinic(NORTH, GROUP, a_type())
    for performer in (MARIA, JONAS):
        with world.timebook.desk() as desk:
            desk.add_performer(performer, "Maria", "Ek")
        world.add_times(performer=performer)
    ask = world.ask()
    second = next(one for one in ask.free_times() if one.performer == JONAS)
    ask.booked(replace(second, performer=None, performer_name=None))
    assert [one.performer for one in ask.schedule()] == [JONAS]


def test_contact_data_are_kept_as_they_were_sent(clinic):
    """MB-6, MB-7: the register's names; the latest mobile number, the address joined with commas."""
    info = s.SubjectOfCareInfo(
        "Anna",
        "Provbäck",
        middle_name="Lind",
        phone="070-174 06 20",
        email="anna@example.com",
        address="Provgatan 1, 123 45 Provstad",
        coaddress="c/o Demosson",
    )
    replace(clinic.ask(), contact=info).booked(clinic.ask().free_times()[0])
    (row,) = clinic.rows(BookingRow)
    kept = {one.name: getattr(row, one.name) for one in fields(info) if one.name != "extensions"}
    assert kept == {one.name: getattr(info, one.name) for one in fields(info) if one.name != "extensions"}


def test_the_contact_reason_is_told_with_the_booking(clinic):
    """MB-8."""
    ask = clinic.ask()
    answer = ask.make(ask.free_times()[0], reason="  Hosta sedan i fredags ")
    assert ask.details(answer.booking_id).reason == "Hosta sedan i fredags"
    assert [one.reason for one in ask.schedule()] == ["Hosta sedan i fredags"]


def test_the_order_in_which_a_wish_is_refused(clinic):
    """domain.md §9.3, MakeBooking: closed before gone, reason before limit, limit before taken."""
    ask, other = clinic.ask(), clinic.ask(BERTIL)
    first, second = ask.free_times()[:2]
    gone = replace(first, booking_id=None, end=at(1, 9, 31))
    other.booked(first)
    ask.booked(second)
    clinic.change(booking_reason=ReasonMode.REQUIRED)
    with clinic.timebook.desk() as desk:
        desk.change_clinic(NORTH, replace(GROUP, is_open=False))
    seen = [told(ask.make(gone, reason=None))]
    with clinic.timebook.desk() as desk:
        desk.change_clinic(NORTH, GROUP)
    seen += [told(ask.make(gone, reason=None)), told(ask.make(first, reason=None)), told(ask.make(first))]
    clinic.change(max_simultaneous=0)
    seen.append(told(ask.make(first)))
    assert seen == [NOT_ALLOWED, GONE, ("ERROR", "REASON_REQUIRED"), ("ERROR", "MAX_BOOKINGS_REACHED"), TAKEN]


def test_a_time_that_starts_when_its_lead_time_is_up_can_still_be_booked(clinic):
    """domain.md §9.4: now <= start - limit."""
    ask = clinic.ask()
    slot = ask.free_times()[0]
    clinic.clock.now = at(1, 7) + timedelta(seconds=1)
    assert slot.start not in [one.start for one in ask.free_times()]
    assert told(ask.make(slot)) == ("ERROR", "TOO_LATE_TO_MAKE_APPOINTMENT")
    clinic.clock.now = at(1, 7)
    assert slot.start in [one.start for one in ask.free_times()]
    assert told(ask.make(slot)) == OK


# -- Moving (UB)


@pytest.mark.parametrize("limit", [CutOff(24), CutOff(1, LimitUnit.WORKING_DAYS), None])
def test_a_booking_is_moved_exactly_when_its_flag_says_so(clinic, limit):
    """UB-2; domain.md §9.4: the limit itself is in time."""
    clinic.change(rebook_own=limit)
    ask = clinic.ask()
    old, *_, new = ask.free_times()
    booking_id = ask.booked(old)
    clinic.clock.now = at(30, 9, month=11) + timedelta(seconds=1)
    assert ask.details(booking_id).rebooking_allowed is False
    assert ask.free_times(booking_id=booking_id) == ask.facilities(booking_id) == ()
    assert ask.move(booking_id, new).result_code == "ERROR"
    clinic.clock.now = at(30, 9, month=11)
    assert ask.details(booking_id).rebooking_allowed is (limit is not None)
    assert (ask.move(booking_id, new).result_code == "OK") is (limit is not None)


def test_only_what_has_a_time_can_be_moved(clinic):
    """UB-4: bookings and timed invitations, neither open invitations nor free times."""
    clinic.change(rebook_care=CutOff(1), max_simultaneous=0)
    ask = clinic.ask()
    slots = ask.free_times()
    booked, called = ask.booked(slots[0]), invited_to(clinic, slots[1].start)
    assert told(ask.move(booked, slots[2])) == told(ask.move(called, slots[3])) == OK
    never = ("ERROR", "UPDATE_APPOINTMENT_IS_NOT_ALLOWED")
    assert told(ask.move(invited_to_choose(clinic), slots[4])) == never
    assert told(ask.move(slots[4].booking_id, slots[5])) == UNKNOWN


def test_the_order_in_which_a_move_is_refused(clinic):
    """domain.md §9.3, UpdateBooking: whose it is and its flag, then the new time, its reason, its seat."""
    ask, other = clinic.ask(), clinic.ask(BERTIL)
    first, second, *_, last = ask.free_times()
    booking_id = ask.booked(first)
    other.booked(last)
    clinic.change(rebooking_reason=ReasonMode.REQUIRED, rebook_own=None)
    gone = replace(second, end=at(1, 12))
    seen = [told(other.move(booking_id, gone, None)), told(ask.move(booking_id, gone, None))]
    clinic.change(rebook_own=CutOff(1))
    seen += [told(ask.move(booking_id, gone, None)), told(ask.move(booking_id, last, None))]
    seen.append(told(ask.move(booking_id, last)))
    assert seen == [
        UNKNOWN,
        ("ERROR", "UPDATE_APPOINTMENT_IS_NOT_ALLOWED"),
        GONE,
        ("ERROR", "REASON_REQUIRED"),
        TAKEN,
    ]
    assert [(one.booking_id, one.start) for one in ask.schedule()] == [(booking_id, first.start)]
    assert len([seat for seat in clinic.rows(SeatRow) if seat.booking_id]) == 2


# -- The matrix of §5.1

GAT, GBD, GSS, MB, UB = range(5)
MATRIX = {  # 1 required, ? may be there, - must not; the columns GAT, GBD, GSS, MB, UB
    "start": "1?111",
    "end": "1?111",
    "healthcare_facility": "11111",
    "performer": "?????",
    "booking_id": "??1?1",
    "subject_of_care": "-1111",
    "purpose": "?????",  # required of an invitation
    "reason": "?????",
    "resource_name": "?????",
    "healthcare_facility_name": "?????",
    "performer_name": "?????",
    "resource_id": "?????",
    "time_type_name": "?????",
    "time_type_id": "?????",
    "care_type_name": "?????",
    "care_type_id": "?????",
    "cancel_booking_allowed": "?1?--",
    "rebooking_allowed": "?1?--",
    "message_allowed": "?1?--",
    "is_invitation": "-??--",
}


def test_the_matrix_has_every_element_of_a_timeslot():
    assert set(MATRIX) == {one.name for one in fields(s.Timeslot)}


@pytest.fixture
def written(kinds):
    """Every sort of Timeslot that the timebook writes, by column: with all there is to say, and with the least."""
    kinds.change(purpose="Ta med legitimation.", max_simultaneous=0, rebook_care=CutOff(1))
    kinds.add_clinic(SOUTH, ClinicSettings("Södra"), a_type(booking_reason=ReasonMode.NO))
    kinds.add_times(SOUTH)
    ask, south = kinds.ask(), kinds.ask(facility=SOUTH)
    free = ask.free_times() + south.free_times()
    ids = [ask.booked(ask.free_times()[-1]), invited_to(kinds, at(1, 9)), invited_to(kinds, at(1, 10))]
    ask.move(ids[-1], ask.free_times()[-1])
    ids.append(invited_to_choose(kinds, clinics=(NORTH, SOUTH)))
    bare = south.booked(south.free_times()[1])
    details = (*map(ask.details, ids), south.details(bare))
    return {GAT: free, GBD: details, GSS: ask.schedule() + south.schedule()}


@pytest.mark.parametrize("column", [GAT, GBD, GSS], ids=["GAT", "GBD", "GSS"])
def test_each_element_is_written_where_it_must_be_and_nowhere_else(written, column):
    """contracts.md §5.1, G-12, GBD-2, GSS-2."""
    for name, row in MATRIX.items():
        there = [getattr(slot, name) is not None for slot in written[column]]
        assert all(there) if row[column] == "1" else not any(there) if row[column] == "-" else True, name
    assert all(slot.purpose for slot in written[column] if slot.is_invitation)
    assert all(slot.start or slot.is_invitation for slot in written[column])


@pytest.mark.parametrize("column", [GAT, GBD, GSS], ids=["GAT", "GBD", "GSS"])
def test_each_element_that_has_a_value_is_written_and_no_other(written, column):
    """contracts.md §5.1, G-11: what may be there is there at least once, and left out at least once if it can be."""
    said = {name for name in MATRIX if any(getattr(slot, name) is not None for slot in written[column])}
    assert said == {name for name, row in MATRIX.items() if row[column] != "-"} - (
        {"reason"} if column == GAT else set()
    )
    assert any(slot.performer is slot.resource_id is slot.care_type_id is slot.purpose for slot in written[column])
    assert "" not in [value for slot in written[column] for value in map(slot.__getattribute__, MATRIX)]


@pytest.mark.parametrize("column", [MB, UB], ids=["MB", "UB"])
@pytest.mark.parametrize("marks", ["1", "1?", "1?-"], ids=["least", "most", "flags too"])
def test_a_wish_is_understood_with_the_least_the_most_and_with_flags(kinds, column, marks):
    """contracts.md §5.1, MB-2, UB-1: flags should not be sent, and are ignored when they are."""
    kinds.change(purpose="Ta med legitimation.")
    with kinds.timebook.desk() as desk:
        desk.block(slot_id for day in (1, 2) for slot_id, _ in desk.slots(NORTH, "BLOD", date(2026, 12, day)))
    ask = kinds.ask()
    old, new = ask.free_times()[:2]
    booking_id = ask.booked(old) if column == UB else new.booking_id
    whole = replace(new, booking_id=booking_id, subject_of_care=ANNA.identity, reason="Feber", is_invitation=True)
    wished = s.Timeslot(**{name: getattr(whole, name) for name, row in MATRIX.items() if row[column] in marks})
    if column == MB:
        answer = kinds.timebook.make_booking(s.MakeBooking(NORTH, wished, ANNA.info), a_caller())
    else:
        answer = kinds.timebook.update_booking(s.UpdateBooking(wished), a_caller())
    assert told(answer) == OK
    (booked,) = ask.schedule()
    assert (booked.start, booked.is_invitation) == (new.start, False)


@pytest.mark.parametrize(("column", "message"), [(MB, "MB-2"), (UB, "UB-1")], ids=["MB", "UB"])
def test_a_wish_without_a_required_element_is_no_message(column, message):
    """contracts.md §5.1, MB-2, UB-1, I-2."""
    whole = s.Timeslot(NORTH, at(1, 9), at(1, 9, 30), booking_id="B-1", subject_of_care=ANNA.identity)

    def say(slot):
        return s.MakeBooking(NORTH, slot, ANNA.info) if column == MB else s.UpdateBooking(slot)

    say(whole)
    for name in (name for name, row in MATRIX.items() if row[column] == "1" and name != "healthcare_facility"):
        with pytest.raises(ValueError, match=f"{message}|I-2"):
            say(replace(whole, **{name: None}))


def test_r18_ready_reasons_come_with_the_free_times_where_a_reason_is_asked_for(clinic):
    """Beside the times, for a Timeslot has no room for what is not the contract's."""
    clinic.change(ready_reasons=("Förnya recept", "Svar på prov & intyg"))
    ready = (
        b'<readyReasons xmlns="urn:tidbro:scheduling:1" timeTypeID="BES"%b><reason>F&#246;rnya recept</reason>'
        b"<reason>Svar p&#229; prov &amp; intyg</reason></readyReasons>"
    )
    assert extensions_by_mode(clinic) == [(ready % b"",), (ready % b' required="true"',), ()]


def test_r18_that_a_reason_must_be_given_is_told_also_without_ready_ones(clinic):
    told = b'<readyReasons xmlns="urn:tidbro:scheduling:1" timeTypeID="BES" required="true"/>'
    assert extensions_by_mode(clinic) == [(), (told,), ()]


def extensions_by_mode(clinic):
    """What comes beside the free times where a reason is optional, required, not asked for."""
    return [
        answer.extensions
        for mode in (ReasonMode.OPTIONAL, ReasonMode.REQUIRED, ReasonMode.NO)
        if (clinic.change(booking_reason=mode), answer := free_times_answer(clinic))
    ]


def free_times_answer(clinic):
    question = s.GetAvailableTimeslots(NORTH, ANNA.identity, at(1, 0).date(), at(2, 0).date(), time_type_id="BES")
    return clinic.timebook.get_available_timeslots(question, a_caller())

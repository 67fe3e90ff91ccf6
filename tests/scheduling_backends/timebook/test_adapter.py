"""The timebook as a plug-in: settings, life cycle, who may ask what, lists, addresses, the audit log."""

import logging
from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import scheduling as s
from contracts.errors import ProducerFault
from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from scheduling_backends.engine.models import AuditRow, HistoryRow
from scheduling_backends.engine.offer import BookableBy
from scheduling_backends.timebook.adapter import create
from scheduling_backends.timebook.settings import TimebookSettings
from tests.people import ANNA, BERTIL, ELIN, GRETA, MOA, THEO
from tests.scheduling_backends.engine.test_booking import NOT_ALLOWED, OK, UNKNOWN, told
from tests.scheduling_backends.timebooks import (
    ALONE,
    GROUP,
    NORTH,
    NOW,
    SOUTH,
    a_caller,
    a_period,
    a_type,
    a_world,
    at,
    empty_database,
)

AGENT = s.Actor("SE2321009991-P001", s.ActorType.SUBJECT_OF_CARE_AGENT)
ODD_ACTOR = s.Actor(ANNA.number, None)
UNKNOWN_CLINIC = HsaId("SE2321009991-0000")
LONG = (date(2026, 1, 1), date(2027, 12, 31))


# -- Settings and life cycle


def test_an_unknown_setting_stops_the_start_and_is_named():
    with pytest.raises(ValueError, match="no setting colour"):
        create({"colour": "blue"})


@pytest.mark.parametrize("wrong", [{"actor_required": "no"}, {"database_url": 7}])
def test_a_setting_of_the_wrong_kind_stops_the_start(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        create(wrong)


def test_every_setting_says_what_it_is_for():
    assert all(one.metadata["help"].endswith(".") for one in fields(TimebookSettings))


def test_without_a_url_the_timebook_is_a_file_in_its_folder(tmp_path):
    timebook = create({"data_directory": str(tmp_path / "new" / "folder")})
    assert not (tmp_path / "new").exists()
    assert not timebook.health().is_ready
    timebook.open()
    assert (tmp_path / "new" / "folder" / "timebook.sqlite").exists()
    assert timebook.health().is_ready
    timebook.close()
    assert not timebook.health().is_ready
    timebook.close()


def test_what_was_booked_is_there_after_a_new_start(clinic):
    ask = clinic.ask()
    booking_id = ask.booked(ask.free_times()[0])
    clinic.timebook.close()
    clinic.timebook.open()
    assert [one.booking_id for one in ask.schedule()] == [booking_id]


# -- Who may ask what


def test_a1_a_schedule_or_details_without_an_actor_are_a_fault(clinic):
    for question in (
        lambda: clinic.timebook.get_subject_of_care_schedule(
            s.GetSubjectOfCareSchedule(NORTH, ANNA.identity), a_caller(None)
        ),
        lambda: clinic.timebook.get_booking_details(s.GetBookingDetails(NORTH, "B-1"), a_caller(None)),
    ):
        with pytest.raises(ProducerFault, match="Actor header is required") as caught:
            question()
        assert caught.value.faultcode == "Client"


def test_a1_a_change_without_an_actor_is_refused_with_a_text(clinic):
    ask = clinic.ask()
    slot = replace(ask.free_times()[0], subject_of_care=ANNA.identity)
    booking_id = ask.booked(slot)
    caller = a_caller(None)
    answers = (
        clinic.timebook.make_booking(s.MakeBooking(NORTH, slot, ANNA.info), caller),
        clinic.timebook.update_booking(s.UpdateBooking(replace(slot, booking_id=booking_id)), caller),
        clinic.timebook.cancel_booking(s.CancelBooking(NORTH, booking_id), caller),
    )
    assert {told(answer) for answer in answers} == {NOT_ALLOWED}
    assert len(ask.schedule()) == 1


def test_a6_where_no_actor_is_required_a_missing_one_is_the_citizen(tmp_path):
    with a_world(empty_database(tmp_path), actor_required=False) as world:
        world.add_clinic(NORTH, GROUP, a_type())
        world.add_times()
        slot, other = world.ask().free_times()[:2]
        caller, timebook = a_caller(None), world.timebook
        wished = replace(slot, subject_of_care=ANNA.identity)
        booking_id = timebook.make_booking(s.MakeBooking(NORTH, wished, ANNA.info), caller).booking_id
        schedule = s.GetSubjectOfCareSchedule(NORTH, ANNA.identity)
        assert len(timebook.get_subject_of_care_schedule(schedule, caller).timeslots) == 1
        assert timebook.get_booking_details(s.GetBookingDetails(NORTH, booking_id), caller).timeslot.start == slot.start
        moved = replace(other, booking_id=booking_id, subject_of_care=ANNA.identity)
        strangers = replace(moved, subject_of_care=BERTIL.identity)
        assert told(timebook.update_booking(s.UpdateBooking(strangers), caller)) == UNKNOWN
        assert told(timebook.update_booking(s.UpdateBooking(moved), caller)) == OK
        assert told(timebook.cancel_booking(s.CancelBooking(NORTH, booking_id), caller)) == OK


def test_a6_where_no_actor_is_required_another_citizen_is_still_refused(tmp_path):
    with a_world(empty_database(tmp_path), actor_required=False) as world:
        world.add_clinic(NORTH, GROUP, a_type())
        world.add_times()
        ask = world.ask()
        booking_id = ask.booked(ask.free_times()[0])
        assert told(world.ask(BERTIL).cancel(booking_id)) == UNKNOWN


@pytest.mark.parametrize("actor", [BERTIL.actor, ODD_ACTOR])
def test_r38_who_is_not_the_citizen_in_person_sees_and_changes_nothing(clinic, actor):
    ask = clinic.ask()
    slot, other = ask.free_times()[:2]
    booking_id = ask.booked(slot)
    somebody = ask.acting(actor)
    with pytest.raises(ProducerFault):
        somebody.schedule()
    assert somebody.fault_of_details(booking_id) == ask.fault_of_details("B-unknown")
    assert told(somebody.cancel(booking_id)) == told(somebody.move(booking_id, other)) == UNKNOWN
    assert told(somebody.make(other)) == NOT_ALLOWED


def test_r39_an_agent_makes_new_bookings_and_the_history_names_the_agent(clinic):
    """A-2."""
    ask = clinic.ask()
    answer = ask.acting(AGENT).make(ask.free_times()[0])
    assert told(answer) == OK
    assert [one.booking_id for one in ask.schedule()] == [answer.booking_id]
    (line,) = clinic.rows(HistoryRow)
    assert (line.by, line.by_hsa_id) == ("agent", "SE2321009991-P001")


def test_r39_an_agent_neither_moves_nor_cancels_nor_uses_an_invitation(clinic):
    ask = clinic.ask()
    slot, other = ask.free_times()[:2]
    booking_id = ask.booked(slot)
    agent = ask.acting(AGENT)
    assert told(agent.cancel(booking_id)) == told(agent.move(booking_id, other)) == UNKNOWN
    assert told(agent.make(replace(other, booking_id=booking_id))) == UNKNOWN
    assert agent.free_times(booking_id=booking_id) == agent.facilities(booking_id) == ()


def test_a3_an_agents_lists_have_no_ages(clinic):
    clinic.change(age_from=65)
    ask = clinic.ask()
    assert ask.time_types() == ask.free_times() == ()
    agents = ask.acting(AGENT)
    assert agents.time_types()
    assert agents.free_times() == clinic.ask(GRETA).free_times()
    assert told(agents.make(agents.free_times()[0])) == NOT_ALLOWED


def test_a3_lists_asked_by_nobody_in_particular_have_no_ages_either(clinic):
    clinic.change(age_from=65)
    request = s.GetAllTimeTypes(NORTH, ANNA.identity)
    assert clinic.timebook.get_all_time_types(request, a_caller(None)).time_types
    assert clinic.timebook.get_all_time_types(request, a_caller(BERTIL)).time_types
    assert not clinic.timebook.get_all_time_types(request, a_caller(ANNA)).time_types


# -- Where


def test_a_clinic_that_is_not_in_the_timebook_is_a_fault_for_questions_and_an_error_for_changes(clinic):
    ask = clinic.ask(facility=UNKNOWN_CLINIC)
    for question in (ask.time_types, ask.care_types, ask.performers, ask.facilities, ask.free_days, ask.free_times):
        with pytest.raises(ProducerFault, match="not in this system"):
            question()
    with pytest.raises(ProducerFault, match="not in this system"):
        ask.schedule()
    slot = replace(clinic.ask().free_times()[0], healthcare_facility=UNKNOWN_CLINIC)
    assert told(ask.make(slot)) == told(ask.move("B-1", slot)) == NOT_ALLOWED
    assert told(ask.cancel("B-1")) == UNKNOWN


@pytest.mark.parametrize(
    ("address", "is_served"), [(NORTH, True), (SOUTH, True), (ALONE, False), (UNKNOWN_CLINIC, False)]
)
def test_a_call_is_served_at_the_clinics_own_address_and_at_its_groups(clinic, address, is_served):
    clinic.add_clinic(SOUTH, GROUP, a_type())
    clinic.add_clinic(ALONE, replace(GROUP, group="Annan"), a_type())
    request = s.GetAllTimeTypes(NORTH, ANNA.identity)
    if is_served:
        assert clinic.timebook.get_all_time_types(request, a_caller(address=address)).time_types
    else:
        with pytest.raises(ProducerFault):
            clinic.timebook.get_all_time_types(request, a_caller(address=address))


def test_two_clinics_without_a_group_are_no_group(clinic):
    for hsa_id in (SOUTH, ALONE):
        clinic.add_clinic(hsa_id, replace(GROUP, group=None), a_type())
    with pytest.raises(ProducerFault):
        clinic.timebook.get_all_time_types(s.GetAllTimeTypes(SOUTH, ANNA.identity), a_caller(address=ALONE))


def test_a_booking_is_found_only_at_the_clinic_that_holds_it(clinic):
    clinic.add_clinic(SOUTH, GROUP, a_type())
    ask, south = clinic.ask(), clinic.ask(facility=SOUTH)
    booking_id = ask.booked(ask.free_times()[0])
    assert south.fault_of_details(booking_id) == south.fault_of_details("B-unknown")
    assert told(south.cancel(booking_id)) == UNKNOWN


def test_g8_an_hsa_id_is_sent_as_the_clinic_writes_it(world):
    world.add_clinic(ALONE, GROUP, a_type())
    world.add_times(ALONE)
    ask = world.ask(facility=HsaId("se2321009991-2B06"))
    assert {one.healthcare_facility.text for one in ask.free_times()} == {"SE2321009991-2b06"}


# -- Lists


@pytest.fixture
def offer(world):
    """A clinic with two care types, three kinds of time and a performer for one of them."""
    world.add_clinic(NORTH, GROUP)
    with world.timebook.desk() as desk:
        desk.add_performer(HsaId("SE2321009991-P001"), "Maria", "Ek", "distriktssköterska")
        desk.add_performer(HsaId("SE2321009991-P002"), "Jonas", "Hägg")
        for code, name in (("VACC", "Vaccination"), ("PROV", "Provtagning")):
            desk.add_care_type(NORTH, code, name)
        desk.add_time_type(NORTH, a_type(code="BES", list_order=2, offers_performer_choice=True), "VACC")
        desk.add_time_type(NORTH, a_type(code="BLOD", web_name="Blodprov", list_order=1), "PROV")
        desk.add_time_type(NORTH, a_type(code="LAST", web_name="Sist", list_order=3))
        desk.add_time_type(NORTH, a_type(code="VARD", bookable_by=BookableBy.CARE), "VACC")
    world.add_times(performer=HsaId("SE2321009991-P001"))
    world.add_times(code="BLOD", performer=HsaId("SE2321009991-P002"))
    world.add_times(code="LAST")
    return world


def test_gtt_kinds_of_time_come_in_the_order_of_the_web_list(offer):
    """GTT-1."""
    assert [one.time_type_id for one in offer.ask().time_types()] == ["BLOD", "BES", "LAST"]
    assert [one.time_type_id for one in offer.ask().time_types(("VACC",))] == ["BES"]


def test_gct1_care_types_are_those_of_the_kinds_that_can_be_booked(offer):
    """GCT-1, GCT-2."""

    def codes(**filters):
        request = s.GetAllCareTypes(NORTH, ANNA.identity, **filters)
        return [one.care_type_id for one in offer.timebook.get_all_care_types(request, a_caller()).care_types]

    assert codes() == ["PROV", "VACC"]
    assert codes(time_type_ids=("BES", "LAST")) == ["VACC"]
    assert codes(performers=(HsaId("se2321009991-p002"),)) == ["PROV"]
    assert codes(time_type_ids=("BES",), performers=(HsaId("SE2321009991-P002"),)) == []


def test_r31_performers_are_those_of_kinds_that_let_one_choose(offer):
    def found(**filters):
        request = s.GetAllPerformers(NORTH, ANNA.identity, **filters)
        return offer.timebook.get_all_performers(request, a_caller()).performers

    maria = s.PerformerInfo(HsaId("SE2321009991-P001"), "Maria", "Ek", "distriktssköterska")
    assert found() == found(time_type_ids=("BES",)) == found(care_type_ids=("VACC",)) == (maria,)
    assert found(time_type_ids=("BLOD",)) == found(care_type_ids=("PROV",)) == ()


def slots_for(world, **filters):
    request = s.GetAvailableTimeslots(NORTH, ANNA.identity, *LONG, **filters)
    return world.timebook.get_available_timeslots(request, a_caller()).timeslots


def test_gat1_filters_narrow_the_free_times(offer):
    assert len(slots_for(offer)) == 36
    assert {one.time_type_id for one in slots_for(offer, time_type_name="Blodprov")} == {"BLOD"}
    assert {one.time_type_id for one in slots_for(offer, care_type_id="VACC")} == {"BES"}
    assert {one.time_type_id for one in slots_for(offer, care_type_name="Provtagning")} == {"BLOD"}
    assert {one.time_type_id for one in slots_for(offer, performers=(HsaId("SE2321009991-p001"),))} == {"BES"}
    assert slots_for(offer, time_type_id="BES", care_type_id="PROV") == ()
    assert slots_for(offer, time_type_id="VARD") == ()


def test_gat1_an_id_goes_before_a_name(offer):
    assert {one.time_type_id for one in slots_for(offer, time_type_id="BES", time_type_name="?")} == {"BES"}


def test_the_elements_of_a_free_time_are_those_of_the_matrix(offer):
    slot = slots_for(offer, time_type_id="BES")[0]
    assert slot == s.Timeslot(
        healthcare_facility=NORTH,
        healthcare_facility_name="Norra",
        start=at(1, 9),
        end=at(1, 9, 30),
        booking_id=slot.booking_id,
        performer=HsaId("SE2321009991-P001"),
        performer_name="distriktssköterska Maria Ek",
        time_type_id="BES",
        time_type_name="Besök hos oss",
        care_type_id="VACC",
        care_type_name="Vaccination",
        cancel_booking_allowed=True,
        rebooking_allowed=True,
        message_allowed=True,
    )
    assert slot.start.tzinfo is SWEDEN


def test_gad_a_day_is_told_once_for_each_kind_and_performer(offer):
    request = s.GetAvailableDates(NORTH, ANNA.identity, *LONG)
    found = offer.timebook.get_available_dates(request, a_caller()).availabilities
    told_days = [(one.day.day, one.time_type_id, one.performer and one.performer.text) for one in found]
    assert told_days == [
        (day, code, performer)
        for day in (1, 2)
        for code, performer in (("BES", "SE2321009991-P001"), ("BLOD", "SE2321009991-P002"), ("LAST", None))
    ]


def test_g21_a_full_day_is_no_longer_told(clinic):
    clinic.change(max_simultaneous=0)
    ask = clinic.ask()
    for slot in ask.free_times(date(2026, 12, 1), date(2026, 12, 1)):
        ask.booked(slot)
    assert [one.day.day for one in ask.free_days()] == [2]


def test_r10_r12_times_within_the_lead_time_are_not_listed(clinic):
    clinic.clock.now = at(1, 8, 15)
    assert [one.start.strftime("%H%M") for one in clinic.ask().free_times()][:2] == ["1030", "1100"]
    clinic.clock.now = at(1, 11)
    assert [one.day.day for one in clinic.ask().free_days()] == [2]


def test_gat7_the_flags_of_a_time_within_the_cut_off_are_off(clinic):
    clinic.clock.now = at(30, 9, 30, month=11)
    flags = [(one.start.hour, one.cancel_booking_allowed) for one in clinic.ask().free_times(last=date(2026, 12, 1))]
    assert flags[:3] == [(9, False), (9, True), (10, True)]


@pytest.mark.parametrize("days", [1, 30, 60])
def test_r11_an_overlong_interval_ends_at_the_horizon(world, days):
    world.add_clinic(NORTH, GROUP, a_type(opens_days_before=days))
    world.add_times(period=a_period(NOW.date(), NOW.date() + timedelta(days=120)))
    request = s.GetAvailableDates(NORTH, ANNA.identity, date.min, date.max)
    found = world.timebook.get_available_dates(request, a_caller()).availabilities
    horizon = NOW.date() + timedelta(days=days)
    assert all(one.day <= horizon for one in found)
    assert world.ask().free_times(horizon + timedelta(days=1), date.max) == ()


def test_r7_a_kind_is_listed_for_who_comes_of_age_before_the_horizon(clinic):
    clinic.change(age_from=13)
    assert clinic.ask(THEO).time_types()
    assert clinic.ask(MOA).time_types()
    assert clinic.ask(MOA).free_times() == ()
    clinic.change(opens_days_before=32)
    assert clinic.ask(MOA).time_types() == ()


def test_r29_new_bookings_can_be_made_at_the_groups_clinics_that_offer_something(clinic):
    """GHF-4, GHF-6."""
    clinic.add_clinic(SOUTH, replace(GROUP, name="Södra"), a_type())
    clinic.add_clinic(ALONE, replace(GROUP, name="Tom"), a_type(bookable_by=BookableBy.CARE))
    clinic.add_clinic(HsaId("SE2321009991-2B99"), replace(GROUP, name="Kansli", is_virtual=True), a_type())
    clinic.add_clinic(HsaId("SE2321009991-2B07"), replace(GROUP, group=None), a_type())
    assert clinic.ask().facilities() == (s.FacilityInfo(NORTH, "Norra"), s.FacilityInfo(SOUTH, "Södra"))
    found = clinic.ask(facility=HsaId("SE2321009991-2B99")).facilities()
    assert [one.healthcare_facility for one in found] == [NORTH, SOUTH]


def test_ghf2_an_unknown_booking_leads_to_no_clinics(clinic):
    assert clinic.ask().facilities("B-unknown") == ()


def test_gss4_what_has_ended_is_not_in_the_schedule(clinic):
    """GSS-4: not regulated; here what has ended is left out."""
    ask = clinic.ask()
    slot = ask.free_times()[0]
    booking_id = ask.booked(slot)
    clinic.clock.now = slot.end - timedelta(seconds=1)
    assert len(ask.schedule()) == 1
    clinic.clock.now = slot.end
    assert ask.schedule() == ()
    assert ask.details(booking_id).cancel_booking_allowed is False


# -- The audit log


def test_every_look_at_and_change_of_a_citizens_data_is_a_line_in_the_audit_log(clinic):
    ask = clinic.ask()
    slot, other = ask.free_times()[:2]
    booking_id = ask.booked(slot)
    ask.schedule()
    ask.details(booking_id)
    ask.move(booking_id, other)
    clinic.ask(BERTIL).cancel(booking_id)
    clinic.ask(BERTIL).fault_of_details(booking_id)
    ask.cancel(booking_id)
    lines = clinic.rows(AuditRow)
    assert [(line.action, line.outcome, line.actor == ANNA.number) for line in lines] == [
        ("make", "OK", True),
        ("read schedule", "OK", True),
        ("read booking", "OK", True),
        ("move", "OK", True),
        ("cancel", "ERROR", False),
        ("read booking", "fault", False),
        ("cancel", "OK", True),
    ]
    assert all(line.correlation_id == "contract-test" and line.clinic == NORTH.text for line in lines)
    assert {line.booking_id for line in lines} == {booking_id, None}
    assert {line.subject_of_care for line in lines} == {ANNA.number}


def test_a_text_is_kept_up_to_500_signs_and_refused_beyond(clinic):
    """domain.md §11."""
    ask = clinic.ask()
    slot, other = ask.free_times()[:2]
    assert ask.make(slot, "x" * 501).result_text == "Det du skrivit är för långt. Skriv högst 500 tecken."
    booking_id = ask.make(slot, "x" * 500).booking_id
    assert ask.move(booking_id, other, "x" * 501).result_code == "ERROR"
    assert ask.cancel(booking_id, "x" * 501).result_code == "ERROR"
    assert ask.details(booking_id).start == slot.start


def test_lists_that_are_not_about_a_citizens_bookings_leave_no_line(clinic):
    ask = clinic.ask()
    ask.time_types(), ask.free_times(), ask.free_days(), ask.facilities(), ask.performers()
    assert clinic.rows(AuditRow) == []


# -- Nothing personal leaks


def test_nothing_personal_is_logged_or_told_in_a_fault(clinic, caplog):
    caplog.set_level(logging.DEBUG)
    ask = clinic.ask()
    slot = ask.free_times()[0]
    booking_id = ask.booked(slot)
    ask.cancel(booking_id, message="Hemlig orsak")
    clinic.ask(BERTIL).make(slot)
    fault = " ".join(clinic.ask(ELIN).fault_of_details(booking_id))
    for personal in (ANNA.number, BERTIL.number, ELIN.number, "Provbäck", "Hemlig", "Ont i knät"):
        assert personal not in caplog.text + fault


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(booking_id=st.text(max_size=40), first=st.dates(), last=st.dates())
def test_any_id_and_any_days_get_an_answer_or_a_fault_of_ours(clinic, booking_id, first, last):
    ask = clinic.ask()
    assert ask.free_times(first, last, booking_id or None) is not None
    assert ask.free_days(first, last, booking_id or None) is not None
    assert ask.cancel(booking_id).result_code == "ERROR"
    assert ask.fault_of_details(booking_id) == ("Client", "the booking does not exist")
    slot = s.Timeslot(NORTH, at(1, 3), at(1, 4), booking_id=booking_id)
    assert ask.make(slot).result_code == "ERROR"

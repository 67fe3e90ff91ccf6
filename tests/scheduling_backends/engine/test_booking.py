"""Booking, moving and cancelling through the adapter, rule by rule (domain.md §9, contracts.md §5.2, §5.11, §5.12)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts import scheduling as s
from contracts import xml
from contracts.errors import ProducerFault
from contracts.identifiers import HsaId
from contracts.namespaces import TIDBRO
from scheduling_backends.engine.models import BookingRow, HistoryRow, SeatRow
from scheduling_backends.engine.offer import BookableBy, ClinicSettings, CutOff, ReasonMode
from scheduling_backends.engine.states import BookingState, Happening, SlotState
from tests.people import ANNA, BERTIL, DAN, ELIN, KARIN, LARS
from tests.scheduling_backends.timebooks import ALONE, GROUP, NORTH, OFFICE, SOUTH, a_caller, a_period, a_type, at

SOUTHERN = replace(GROUP, name="Södra")


def code_of(answer):
    """The internal code in a refusal's extension element."""
    (element,) = answer.extensions
    return xml.parse(element).findtext(f"{{{TIDBRO}}}code")


def told(answer):
    return answer.result_code, None if answer.result_code != "ERROR" else code_of(answer)


OK = ("OK", None)
UNKNOWN = ("ERROR", "APPOINTMENT_DOES_NOT_EXIST")
NOT_ALLOWED = ("ERROR", "APPOINTMENT_IS_NOT_ALLOWED")
GONE = ("ERROR", "REQUESTED_TIME_IS_NO_LONGER_AVAILABLE")
TAKEN = ("ERROR", "REQUESTED_TIME_IS_ALREADY_RESERVED")


@pytest.fixture
def group(clinic):
    """Two clinics that share their codes."""
    clinic.add_clinic(SOUTH, SOUTHERN, a_type())
    clinic.add_times(SOUTH)
    return clinic


@pytest.fixture
def screening(world):
    """An office that invites, and two clinics where the invitation may be used; a third of the group where not."""
    kind = a_type(code="SCR15", is_protected=True)
    settings = replace(GROUP, group="Screening")
    world.add_clinic(OFFICE, replace(settings, name="Kansliet", is_virtual=True), kind)
    for clinic in (NORTH, SOUTH, ALONE):
        world.add_clinic(clinic, settings, kind)
        world.add_times(clinic, "SCR15")
    return world


def invite(world, person=ELIN, clinics=(NORTH, SOUTH)):
    with world.timebook.desk() as desk:
        return desk.invite(OFFICE, "SCR15", person.identity, "Välkommen på cellprov.", clinics)


# -- Making


def test_r20_a_message_after_booking_makes_the_answer_info(clinic):
    clinic.change(message_after_booking="Kom fastande.")
    ask = clinic.ask()
    answer = ask.make(ask.free_times()[0])
    assert (answer.result_code, answer.result_text) == ("INFO", "Kom fastande.")
    assert answer.extensions == ()


def test_a_booking_id_is_random_and_another_than_the_free_times(clinic):
    """MB-11."""
    ask, other = clinic.ask(), clinic.ask(BERTIL)
    first, second = ask.free_times()[:2]
    ids = {ask.booked(first), other.booked(second)}
    assert len(ids) == 2
    assert all(len(one.removeprefix("B-")) >= 16 for one in ids)
    assert ids.isdisjoint({first.booking_id, second.booking_id})


def test_what_was_given_is_kept_with_the_booking(clinic):
    """MB-6, MB-8."""
    ask = clinic.ask()
    booking_id = ask.booked(ask.free_times()[0])
    (row,) = clinic.rows(BookingRow)
    assert (row.id, row.first_name, row.last_name, row.reason) == (booking_id, "Anna", "Provbäck", "Ont i knät")
    assert (row.medical_unit, row.made_at) == (NORTH.text, clinic.clock())


def test_r10_a_time_within_the_lead_time_is_refused(clinic):
    ask = clinic.ask()
    slot = ask.free_times()[0]
    clinic.clock.now = slot.start - timedelta(hours=1, minutes=59)
    answer = ask.make(slot)
    assert told(answer) == ("ERROR", "TOO_LATE_TO_MAKE_APPOINTMENT")
    assert "070-174 06 06" in answer.result_text


def test_r12_a_time_that_has_passed_is_refused(clinic):
    ask = clinic.ask()
    slot = ask.free_times()[0]
    clinic.clock.now = slot.start + timedelta(minutes=1)
    assert told(ask.make(slot)) == ("ERROR", "REQUESTED_TIME_HAS_ALREADY_PASSED")


def test_r13_a_second_booking_of_the_kind_is_refused(clinic):
    ask = clinic.ask()
    first, second = ask.free_times()[:2]
    ask.booked(first)
    answer = ask.make(second)
    assert told(answer) == ("ERROR", "MAX_BOOKINGS_REACHED")
    assert "Besök hos oss" in answer.result_text


def test_r13_a_cancelled_or_past_booking_counts_no_longer(clinic):
    ask = clinic.ask()
    first, *_, last = ask.free_times()
    ask.cancel(ask.booked(first))
    ask.booked(first)
    clinic.clock.now = first.end + timedelta(minutes=1)
    assert told(ask.make(last)) == OK


def test_r15_two_times_at_once_are_refused(clinic):
    with clinic.timebook.desk() as desk:
        desk.add_time_type(NORTH, a_type(code="LANG", length_minutes=60))
    clinic.add_times(code="LANG", period=a_period(date(2026, 12, 1), length=60))
    ask, long = clinic.ask(), clinic.ask(code="LANG")
    ask.booked(ask.free_times()[1])
    answer = long.make(long.free_times()[0])
    assert told(answer) == ("ERROR", "USER_IS_ALREADY_OCCUPIED")
    assert "09.30" in answer.result_text


def test_r17_a_time_for_several_is_free_until_it_is_full(world):
    world.add_clinic(NORTH, GROUP, a_type(capacity=4))
    world.add_times()
    slot = world.ask().free_times()[0]
    for person in (ANNA, BERTIL, DAN, ELIN):
        assert slot in world.ask(person).free_times()
        world.ask(person).booked(slot)
    assert slot.booking_id not in [one.booking_id for one in world.ask(KARIN).free_times()]
    assert told(world.ask(KARIN).make(slot)) == TAKEN


def test_r18_a_required_reason_that_is_missing_is_refused(clinic):
    clinic.change(booking_reason=ReasonMode.REQUIRED)
    ask = clinic.ask()
    assert told(ask.make(ask.free_times()[0], reason=None)) == ("ERROR", "REASON_REQUIRED")
    assert told(ask.make(ask.free_times()[0], reason="Feber")) == OK


def test_r18_a_reason_that_was_not_asked_for_is_not_kept(clinic):
    """MB-8: nor is it refused."""
    clinic.change(booking_reason=ReasonMode.NO)
    ask = clinic.ask()
    ask.booked(ask.free_times()[0])
    assert [row.reason for row in clinic.rows(BookingRow)] == [None]
    assert [row.comment for row in clinic.rows(HistoryRow)] == [None]


def test_mb2_flags_that_come_along_are_ignored(clinic):
    ask = clinic.ask()
    slot = replace(ask.free_times()[0], subject_of_care=ANNA.identity, is_invitation=True)
    answer = clinic.timebook.make_booking(s.MakeBooking(NORTH, slot, ANNA.info), a_caller())
    assert told(answer) == OK
    assert ask.details(answer.booking_id).is_invitation is False


def test_mb12_without_an_id_the_kind_of_time_tells_two_times_apart(clinic):
    with clinic.timebook.desk() as desk:
        desk.add_time_type(NORTH, a_type(code="ANNAN", web_name="Annat besök"))
    clinic.add_times(code="ANNAN")
    ask = clinic.ask(code="ANNAN")
    slot = replace(ask.free_times()[0], booking_id=None)
    nothing_told = replace(slot, time_type_id=None, time_type_name=None)
    assert told(ask.make(nothing_told)) == GONE
    assert told(ask.make(replace(slot, time_type_id=None))) == OK
    assert [one.time_type_id for one in ask.schedule()] == ["ANNAN"]


def test_mb12_without_an_id_a_kind_that_citizens_cannot_book_does_not_stand_in_the_way(clinic):
    with clinic.timebook.desk() as desk:
        desk.add_time_type(NORTH, a_type(code="VARD", bookable_by=BookableBy.CARE))
    clinic.add_times(code="VARD")
    ask = clinic.ask()
    slot = replace(ask.free_times()[0], booking_id=None, time_type_id=None, time_type_name=None)
    assert told(ask.make(slot)) == OK


@pytest.mark.parametrize("state", [SlotState.DRAFT, SlotState.BLOCKED])
def test_mb12_without_an_id_a_time_that_is_not_published_does_not_stand_in_the_way(clinic, state):
    with clinic.timebook.desk() as desk:
        desk.add_time_type(NORTH, a_type(code="ANNAN"))
    clinic.add_times(code="ANNAN", state=state)
    ask = clinic.ask()
    slot = replace(ask.free_times()[0], booking_id=None, time_type_id=None, time_type_name=None)
    assert told(ask.make(slot)) == OK


@pytest.mark.parametrize(
    "changes",
    [
        {"booking_id": "T-99999"},
        {"booking_id": "T-" + "9" * 30},
        {"booking_id": "T-½"},
        {"booking_id": "somebody-elses-id"},
        {"time_type_id": "ANNAN"},
        {"performer": HsaId("SE2321009991-P001")},
        {"start": at(1, 9, 1)},
        {"end": at(1, 9, 31)},
    ],
)
def test_a_free_time_that_is_not_as_it_was_said_is_refused(clinic, changes):
    ask = clinic.ask()
    assert told(ask.make(replace(ask.free_times()[0], **changes))) == GONE


def test_a_blocked_time_is_refused_and_listed_no_longer(clinic):
    ask = clinic.ask()
    slot = ask.free_times()[0]
    with clinic.timebook.desk() as desk:
        desk.block([int(slot.booking_id.removeprefix("T-"))])
    assert told(ask.make(slot)) == GONE
    assert slot not in ask.free_times()


# -- Cancelling


def test_r24_a_late_cancelling_is_refused_and_the_flag_had_said_so(clinic):
    """CB-1, CB-4."""
    ask = clinic.ask()
    slot = ask.free_times()[0]
    booking_id = ask.booked(slot)
    clinic.clock.now = slot.start - timedelta(hours=24)
    assert ask.details(booking_id).cancel_booking_allowed
    clinic.clock.now += timedelta(seconds=1)
    assert not ask.details(booking_id).cancel_booking_allowed
    assert told(ask.cancel(booking_id)) == ("ERROR", "TOO_LATE_TO_CANCEL_APPOINTMENT")
    assert [one.booking_id for one in ask.schedule()] == [booking_id]


def test_e10_a_kind_that_cannot_be_cancelled_is_refused(clinic):
    """CB-4."""
    clinic.change(cancel_own=None)
    ask = clinic.ask()
    booking_id = ask.booked(ask.free_times()[0])
    assert told(ask.cancel(booking_id)) == ("ERROR", "CANCEL_IS_NOT_ALLOWED")


def test_r19_a_required_comment_at_cancelling_that_is_missing_is_refused(clinic):
    clinic.change(cancelling_reason=ReasonMode.REQUIRED)
    ask = clinic.ask()
    booking_id = ask.booked(ask.free_times()[0])
    assert told(ask.cancel(booking_id, message=None)) == ("ERROR", "REASON_REQUIRED")
    assert told(ask.cancel(booking_id, message="Frisk igen")) == OK
    assert [row.cancelling_comment for row in clinic.rows(BookingRow)] == ["Frisk igen"]


def test_e11_what_staff_cancelled_is_said_to_be_cancelled(clinic):
    ask = clinic.ask()
    booking_id = ask.booked(ask.free_times()[0])
    with clinic.timebook.desk() as desk:
        desk.cancel(booking_id, "Sköterskan är sjuk")
    answer = ask.cancel(booking_id)
    assert told(answer) == ("ERROR", "APPOINTMENT_IS_ALREADY_CANCELED")
    assert answer.result_text == "Tiden är redan avbokad."


def test_r34_a_cancelled_time_is_free_at_once_for_others(clinic):
    ask, other = clinic.ask(), clinic.ask(BERTIL)
    slot = ask.free_times()[0]
    ask.cancel(ask.booked(slot))
    assert slot in other.free_times()
    assert told(other.make(slot)) == OK


def test_a_cancelled_booking_is_in_neither_schedule_nor_details(clinic):
    ask = clinic.ask()
    booking_id = ask.booked(ask.free_times()[0])
    ask.cancel(booking_id)
    assert ask.schedule() == ()
    with pytest.raises(ProducerFault):
        ask.details(booking_id)


# -- Moving within the clinic


def test_r25_within_the_clinic_a_booking_keeps_its_id(clinic):
    ask = clinic.ask()
    old, *_, new = ask.free_times()
    booking_id = ask.booked(old)
    assert told(ask.move(booking_id, new)) == OK
    assert [(one.booking_id, one.start) for one in ask.schedule()] == [(booking_id, new.start)]
    assert len([seat for seat in clinic.rows(SeatRow) if seat.booking_id]) == 1


def test_r19_both_comments_stay_readable(clinic):
    """UB-7."""
    ask = clinic.ask()
    old, *_, new = ask.free_times()
    booking_id = ask.booked(old)
    ask.move(booking_id, new, reason="Hinner inte")
    (row,) = clinic.rows(BookingRow)
    assert (row.reason, row.rebooking_comment) == ("Ont i knät", "Hinner inte")
    assert ask.details(booking_id).reason == "Ont i knät"


def test_contact_data_that_come_with_a_move_are_kept(clinic):
    ask = clinic.ask()
    old, *_, new = ask.free_times()
    booking_id = ask.booked(old)
    wished = replace(new, booking_id=booking_id, subject_of_care=ANNA.identity)
    info = replace(ANNA.info, phone="070-174 06 99")
    clinic.timebook.update_booking(s.UpdateBooking(wished, info), a_caller())
    assert [row.phone for row in clinic.rows(BookingRow)] == ["070-174 06 99"]


def test_r25_a_late_move_is_refused(clinic):
    ask = clinic.ask()
    old, *_, new = ask.free_times()
    booking_id = ask.booked(old)
    clinic.clock.now = old.start - timedelta(hours=23)
    assert ask.free_times(booking_id=booking_id) == ()
    assert told(ask.move(booking_id, new)) == ("ERROR", "TOO_LATE_TO_UPDATE_APPOINTMENT")


def test_moving_to_its_own_time_changes_nothing_and_is_no_refusal(clinic):
    ask = clinic.ask()
    slot = ask.free_times()[0]
    booking_id = ask.booked(slot)
    assert told(ask.move(booking_id, slot)) == OK
    assert [(one.booking_id, one.start) for one in ask.schedule()] == [(booking_id, slot.start)]


def test_r15_a_move_does_not_clash_with_the_time_it_leaves(world):
    world.add_clinic(NORTH, GROUP, a_type(length_minutes=60))
    with world.timebook.desk() as desk:
        desk.add_resource(NORTH, "R1", "Rum 1")
        desk.add_resource(NORTH, "R2", "Rum 2")
    world.add_times(period=a_period(date(2026, 12, 1), opens=9, length=60), resource="R1")
    world.add_times(period=replace(a_period(date(2026, 12, 1), length=60), opens=at(1, 9, 30).time()), resource="R2")
    ask = world.ask()
    booking_id = ask.booked(next(one for one in ask.free_times() if one.start == at(1, 9)))
    half_past = next(one for one in ask.free_times() if one.start == at(1, 9, 30))
    assert told(ask.move(booking_id, half_past)) == OK


def test_r27_a_kept_performer_and_resource_bound_the_times_to_move_to(world):
    world.add_clinic(NORTH, GROUP, a_type(keeps_performer=True, keeps_resource=True))
    people = {"SE2321009991-P001": "R1", "SE2321009991-P002": "R2"}
    for hsa_id, room in people.items():
        with world.timebook.desk() as desk:
            desk.add_performer(HsaId(hsa_id), "Maria", "Ek", "distriktssköterska")
            desk.add_resource(NORTH, room, room)
        world.add_times(performer=HsaId(hsa_id), resource=room)
    ask = world.ask()
    hers = [one for one in ask.free_times() if one.resource_id == "R1"]
    booking_id = ask.booked(hers[0])
    found = ask.free_times(booking_id=booking_id)
    assert found
    assert {(one.performer.text, one.resource_id) for one in found} == {("SE2321009991-P001", "R1")}
    others = next(one for one in ask.free_times() if one.resource_id == "R2" and one.start != hers[0].start)
    assert told(ask.move(booking_id, others)) == GONE
    assert told(ask.move(booking_id, found[0])) == OK


# -- Moving to another clinic


def test_r28_at_another_clinic_of_the_group_a_booking_gets_a_new_id(group):
    ask, south = group.ask(), group.ask(facility=SOUTH)
    old_id = ask.booked(ask.free_times()[0])
    assert [one.healthcare_facility for one in ask.facilities(old_id)] == [NORTH, SOUTH]
    new = south.free_times(booking_id=old_id)[0]
    assert told(south.move(old_id, new)) == OK
    assert ask.schedule() == ()
    (moved,) = south.schedule()
    assert moved.booking_id != old_id
    assert (moved.start, moved.healthcare_facility, moved.reason) == (new.start, SOUTH, "Ont i knät")
    assert told(ask.cancel(old_id)) == ("ERROR", "APPOINTMENT_IS_ALREADY_UPDATED")
    with pytest.raises(ProducerFault):
        ask.details(old_id)


@pytest.mark.parametrize("address", [NORTH, SOUTH])
def test_ub8_the_old_clinics_address_and_the_new_ones_are_both_accepted(group, address):
    ask, south = group.ask(), group.ask(facility=SOUTH)
    old_id = ask.booked(ask.free_times()[0])
    wished = replace(south.free_times()[0], booking_id=old_id, subject_of_care=ANNA.identity)
    answer = group.timebook.update_booking(s.UpdateBooking(wished), a_caller(address=address))
    assert told(answer) == OK
    assert len(south.schedule()) == 1


def test_r28_a_clinic_that_keeps_its_bookings_lets_none_go(group):
    with group.timebook.desk() as desk:
        desk.change_clinic(NORTH, replace(GROUP, rebooks_in_group=False))
    ask, south = group.ask(), group.ask(facility=SOUTH)
    booking_id = ask.booked(ask.free_times()[0])
    assert [one.healthcare_facility for one in ask.facilities(booking_id)] == [NORTH]
    assert south.free_times(booking_id=booking_id) == ()
    assert told(south.move(booking_id, south.free_times()[0])) == ("ERROR", "UPDATE_APPOINTMENT_IS_NOT_ALLOWED")
    assert [one.booking_id for one in ask.schedule()] == [booking_id]


def test_a_move_to_another_clinic_that_fails_leaves_the_old_booking(group):
    ask, south = group.ask(), group.ask(facility=SOUTH)
    taken = south.free_times()[0]
    group.ask(BERTIL, SOUTH).booked(taken)
    booking_id = ask.booked(ask.free_times()[0])
    assert told(south.move(booking_id, taken)) == TAKEN
    assert [one.booking_id for one in ask.schedule()] == [booking_id]
    assert south.schedule() == ()


# -- Invitations


def test_gbd1_an_open_invitation_has_a_text_and_no_time(screening):
    """GBD-1, GBD-3, GBD-4, I-7."""
    details = screening.ask(ELIN, OFFICE).details(invite(screening))
    assert (details.start, details.end, details.is_invitation) == (None, None, True)
    assert details.purpose == "Välkommen på cellprov."
    assert (details.cancel_booking_allowed, details.rebooking_allowed) == (False, False)


def test_gss1_an_open_invitation_is_not_in_the_schedule(screening):
    """GSS-1, I-7."""
    invite(screening)
    assert screening.ask(ELIN, OFFICE).schedule() == ()


def test_r30_r32_an_invitation_leads_to_its_clinics_and_never_to_the_virtual_one(screening):
    invitation = invite(screening)
    found = screening.ask(ELIN, OFFICE).facilities(invitation)
    assert [one.healthcare_facility for one in found] == [NORTH, SOUTH]
    assert screening.ask(ELIN, NORTH).free_times(booking_id=invitation)
    assert screening.ask(ELIN, ALONE).free_times(booking_id=invitation) == ()


def test_r5_a_protected_kind_is_not_listed_without_an_invitation(screening):
    ask = screening.ask(ELIN, NORTH, "SCR15")
    assert (ask.time_types(), ask.free_times(), ask.free_days()) == ((), (), ())


def test_r32_an_invitation_is_booked_once(screening):
    """MB-4, MB-11, I-6."""
    invitation = invite(screening)
    ask = screening.ask(ELIN, NORTH, "SCR15")
    first, second = ask.free_times(booking_id=invitation)[:2]
    answer = ask.make(replace(first, booking_id=invitation))
    assert told(answer) == OK
    assert answer.booking_id != invitation
    assert not ask.details(answer.booking_id).is_invitation
    again = ask.make(replace(second, booking_id=invitation))
    assert told(again) == ("ERROR", "APPOINTMENT_IS_ALREADY_UPDATED")
    assert again.result_text == "Du har redan bokat en tid för den här kallelsen."


def test_mb4_a_used_invitation_stays_used_when_the_booking_is_cancelled(screening):
    """MB-4, I-6."""
    invitation = invite(screening)
    ask = screening.ask(ELIN, NORTH, "SCR15")
    slot = ask.free_times(booking_id=invitation)[0]
    ask.cancel(ask.booked(replace(slot, booking_id=invitation)))
    assert ask.make(replace(slot, booking_id=invitation)).result_code == "ERROR"


def test_mb5_an_invitation_is_refused_at_a_clinic_that_it_does_not_name(screening):
    """MB-5."""
    invitation = invite(screening)
    wanted = screening.ask(ELIN, NORTH).free_times(booking_id=invitation)[0]
    elsewhere = replace(wanted, healthcare_facility=ALONE, booking_id=invitation)
    assert told(screening.ask(ELIN, ALONE).make(elsewhere)) == NOT_ALLOWED


def test_mb12_the_free_times_id_alone_finds_the_citizens_invitation(screening):
    invitation = invite(screening)
    ask = screening.ask(ELIN, NORTH, "SCR15")
    slot = ask.free_times(booking_id=invitation)[0]
    assert told(screening.ask(ANNA, NORTH).make(slot)) == NOT_ALLOWED
    assert told(ask.make(slot)) == OK
    assert told(ask.make(replace(slot, booking_id=invitation)))[0] == "ERROR"
    states = {row.id: row.state for row in screening.rows(BookingRow)}
    assert states[invitation] is BookingState.MOVED


def test_r38_another_persons_invitation_is_unknown(screening):
    invitation = invite(screening)
    slot = screening.ask(ELIN, NORTH).free_times(booking_id=invitation)[0]
    assert told(screening.ask(ANNA, NORTH).make(replace(slot, booking_id=invitation))) == UNKNOWN
    assert told(screening.ask(ANNA, NORTH).make(replace(slot, booking_id="B-0000000000000000"))) == UNKNOWN


def test_i3_an_open_invitation_cannot_be_moved_or_cancelled(screening):
    """I-3, UB-4, CB-1."""
    invitation = invite(screening)
    ask = screening.ask(ELIN, NORTH, "SCR15")
    slot = ask.free_times(booking_id=invitation)[0]
    assert told(ask.move(invitation, slot)) == ("ERROR", "UPDATE_APPOINTMENT_IS_NOT_ALLOWED")
    assert told(screening.ask(ELIN, OFFICE).cancel(invitation)) == ("ERROR", "CANCEL_IS_NOT_ALLOWED")


def test_an_ordinary_booking_is_no_invitation(clinic):
    ask = clinic.ask()
    first, second = ask.free_times()[:2]
    booking_id = ask.booked(first)
    assert told(ask.make(replace(second, booking_id=booking_id))) == UNKNOWN


@pytest.fixture
def timed(clinic):
    """A timed invitation for Anna on 1 December at 9.00; she may move and cancel it."""
    clinic.change(rebook_care=CutOff(24), cancel_care=CutOff(24))
    with clinic.timebook.desk() as desk:
        return desk.book(NORTH, "BES", at(1, 9), ANNA.identity, invitation_text="Välkommen på återbesök.")


def test_gss_a_timed_invitation_is_in_the_schedule_with_its_text(clinic, timed):
    (entry,) = clinic.ask().schedule()
    assert (entry.booking_id, entry.is_invitation, entry.purpose) == (timed, True, "Välkommen på återbesök.")


def test_i4_a_moved_invitation_is_a_booking(clinic, timed):
    clinic.change(purpose="Ta med legitimation.")
    ask = clinic.ask()
    assert told(ask.move(timed, ask.free_times()[-1])) == OK
    details = ask.details(timed)
    assert (details.is_invitation, details.purpose) == (False, "Ta med legitimation.")


def test_r23_a_care_booked_time_is_cancelled_by_its_own_setting(clinic, timed):
    clinic.change(cancel_care=None)
    assert not clinic.ask().details(timed).cancel_booking_allowed
    assert told(clinic.ask().cancel(timed)) == ("ERROR", "CANCEL_IS_NOT_ALLOWED")


# -- Hidden times


@pytest.fixture
def hidden(clinic):
    """A time that care booked for Anna, at a clinic that does not show such."""
    clinic.change(shows_care_booked=False, rebook_care=CutOff(1), cancel_care=CutOff(1), max_simultaneous=0)
    with clinic.timebook.desk() as desk:
        return desk.book(NORTH, "BES", at(1, 9), ANNA.identity)


def test_r22_a_hidden_time_looks_exactly_like_an_unknown_one(clinic, hidden):
    ask = clinic.ask()
    slot = ask.free_times()[-1]
    assert ask.schedule() == ()
    assert ask.fault_of_details(hidden) == ask.fault_of_details("B-unknown")
    assert ask.cancel(hidden) == ask.cancel("B-unknown")
    assert ask.move(hidden, slot) == ask.move("B-unknown", slot)
    assert ask.facilities(hidden) == ask.free_times(booking_id=hidden) == ()


def test_r15_a_hidden_time_still_keeps_the_citizen_from_being_in_two_places(clinic, hidden):
    with clinic.timebook.desk() as desk:
        desk.add_time_type(NORTH, a_type(code="ANNAN"))
    clinic.add_times(code="ANNAN")
    ask = clinic.ask(code="ANNAN")
    answer = ask.make(ask.free_times()[0])
    assert told(answer) == GONE
    assert "09.00" not in answer.result_text


# -- History


def test_everything_that_happened_to_a_booking_stays_told(clinic):
    ask = clinic.ask()
    old, *_, new = ask.free_times()
    booking_id = ask.booked(old)
    clinic.clock.now += timedelta(hours=1)
    ask.move(booking_id, new)
    ask.cancel(booking_id)
    told_lines = [(row.what, row.by, row.comment, row.from_slot_id, row.to_slot_id) for row in clinic.rows(HistoryRow)]
    first, last = (int(slot.booking_id.removeprefix("T-")) for slot in (old, new))
    assert told_lines == [
        (Happening.BOOKED, "citizen", "Ont i knät", None, first),
        (Happening.MOVED, "citizen", "Hinner inte", first, last),
        (Happening.CANCELLED, "citizen", "Frisk igen", last, None),
    ]


def test_a_refused_wish_leaves_no_trace_in_the_timebook(clinic):
    ask, other = clinic.ask(), clinic.ask(BERTIL)
    slot = ask.free_times()[0]
    ask.booked(slot)
    other.make(slot)
    assert len(clinic.rows(BookingRow)) == len(clinic.rows(HistoryRow)) == 1


def test_r13_r7_another_citizens_bookings_and_age_do_not_count(clinic):
    clinic.change(age_from=36)
    clinic.ask().booked(clinic.ask().free_times()[0])
    assert told(clinic.ask(LARS).make(clinic.ask(LARS).free_times()[0])) == OK


def test_r1_a_closed_clinic_offers_nothing_but_its_bookings_are_seen_and_cancelled(clinic):
    """G-25."""
    ask = clinic.ask()
    slot = ask.free_times()[0]
    booking_id = ask.booked(slot)
    with clinic.timebook.desk() as desk:
        desk.change_clinic(NORTH, ClinicSettings("Norra", is_open=False))
    assert (ask.time_types(), ask.facilities(), ask.free_times()) == ((), (), ())
    assert told(clinic.ask(BERTIL).make(slot)) == NOT_ALLOWED
    assert [one.booking_id for one in ask.schedule()] == [booking_id]
    assert told(ask.cancel(booking_id)) == OK

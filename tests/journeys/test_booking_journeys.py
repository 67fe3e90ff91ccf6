"""Whole journeys through the real door: uvicorn, gateway, timebook, its database; nothing patched.

Scenarios of domain.md §10.5 that concern the stand-alone clinics, by their numbers in the test's docstring.
"""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from contracts.errors import ProducerFault
from contracts.identifiers import HsaId
from contracts.scheduling import UpdateBooking
from scheduling_backends.engine.models import BookingRow, ClinicRow
from scheduling_backends.engine.states import BookingState, Initiative
from tests.people import ANNA, BERTIL, DAN, ELIN, HULDA, LARS, NELLY, PEOPLE, SAMIR, SIV

NORTH, SOUTH = HsaId("SE2321009991-2B02"), HsaId("SE2321009991-2B03")


def test_a_citizen_lists_books_sees_moves_cancels_and_books_again(town):
    """The main path of every contract: contracts.md §3.2."""
    dan = town.visitor(DAN, "2B02")
    assert dan.time_types() == ["PROV10"]
    days = dan.days("PROV10")
    slots = dan.times("PROV10")
    assert {slot.start.date() for slot in slots} == set(days)

    made = dan.book(slots[40])
    assert made.result_code == "INFO"
    assert "fastande" in made.result_text
    (booked,) = dan.schedule()
    assert (booked.booking_id, booked.start) == (made.booking_id, slots[40].start)

    details = dan.details(made.booking_id)
    assert details.subject_of_care == DAN.identity
    assert (details.cancel_booking_allowed, details.rebooking_allowed) == (True, True)
    assert details.message_allowed is not None

    other = dan.times("PROV10", booking_id=made.booking_id)[60]
    assert dan.move(made.booking_id, other).result_code in ("OK", "INFO")
    assert dan.details(made.booking_id).start == other.start
    assert slots[40].start in [slot.start for slot in dan.times("PROV10")]

    assert dan.cancel(made.booking_id).result_code == "OK"
    assert dan.schedule() == ()
    assert other.start in [slot.start for slot in dan.times("PROV10")]

    again = dan.book(dan.times("PROV10")[60])
    assert again.result_code == "INFO"
    assert again.booking_id != made.booking_id


def test_a_booking_moves_to_the_other_clinic_of_its_group_and_gets_a_new_id(town):
    """Scenario 7; R28, UB-3, UB-6."""
    at_north = town.visitor(DAN, "2B02")
    made = at_north.book(at_north.times("PROV10")[30])
    assert set(at_north.facilities(made.booking_id)) == {NORTH, SOUTH}

    at_south = town.visitor(DAN, "2B03")
    wanted = at_south.times("PROV10", booking_id=made.booking_id)[30]
    assert at_south.move(made.booking_id, wanted).result_code in ("OK", "INFO")

    assert at_north.schedule() == ()
    (moved,) = at_south.schedule()
    assert moved.booking_id != made.booking_id
    assert moved.start == wanted.start
    with pytest.raises(ProducerFault):
        at_north.details(made.booking_id)


def test_moving_to_another_clinic_is_accepted_at_the_old_clinics_address_too(town):
    """UB-8."""
    at_north, at_south = town.visitor(DAN, "2B02"), town.visitor(DAN, "2B03")
    made = at_north.book(at_north.times("PROV10")[30])
    wanted = at_south.wanted(at_south.times("PROV10", booking_id=made.booking_id)[5], booking_id=made.booking_id)
    answer = town.consumer.update_booking(UpdateBooking(wanted), actor=DAN.actor, logical_address=NORTH)
    assert answer.result_code in ("OK", "INFO")
    assert len(at_south.schedule()) == 1


def test_a_time_that_somebody_else_took_is_refused_with_a_text_and_nothing_is_booked(town):
    """Scenario 4; MB-9, R15, E1."""
    siv, dan = town.visitor(SIV, "2B07"), town.visitor(DAN, "2B07")
    slot = siv.times("OST15")[10]
    assert siv.book(slot).result_code == "OK"
    refused = dan.book(slot)
    assert (refused.result_code, refused.booking_id) == ("ERROR", None)
    assert refused.result_text == f"Någon annan hann boka tiden kl. {slot.start:%H.%M}. Välj en ny tid."
    assert dan.schedule() == ()


def test_too_young_on_the_day_of_the_visit_is_neither_offered_nor_bookable(town):
    """Scenario 5; R7: Lars turns 65 on 12 December 2026."""
    lars = town.visitor(LARS, "2B01")
    birthday = date(2026, 12, 12)
    assert min(lars.days("VAC65")) >= birthday
    early = next(s for s in town.visitor(HULDA, "2B01").times("VAC65") if s.start.date() < birthday)
    refused = lars.book(early)
    assert refused.result_code == "ERROR"
    assert "kan du inte boka själv" in refused.result_text


def test_a_time_inside_the_lead_time_is_not_listed_and_refused_when_asked_for(town):
    """R10, E4: blood samples close one hour before."""
    dan = town.visitor(DAN, "2B02")
    first = dan.times("PROV10")[0]
    town.served.clock.now = first.start - timedelta(minutes=59)
    assert first.start not in [slot.start for slot in dan.times("PROV10")]
    refused = dan.book(first)
    assert refused.result_code == "ERROR"
    assert "så nära inpå" in refused.result_text


def test_a_time_that_has_passed_is_refused_as_passed(town):
    """R12, E2."""
    dan = town.visitor(DAN, "2B02")
    first = dan.times("PROV10")[0]
    town.served.clock.now = first.end
    assert dan.book(first).result_text == "Tiden har redan passerat. Välj en ny tid."


def test_a_reason_that_the_clinic_demands_is_demanded_and_kept(town):
    """Scenario 3; R18, E8."""
    dan = town.visitor(DAN, "2B01")
    slot = dan.times("VACRES")[3]
    assert slot.message_allowed is True
    refused = dan.book(slot)
    assert (refused.result_code, refused.result_text) == ("ERROR", "Skriv varför du söker.")
    made = dan.book(slot, reason="Kenya, reser den 3 januari")
    assert made.result_code == "OK"
    assert dan.details(made.booking_id).reason == "Kenya, reser den 3 januari"


def test_another_persons_booking_id_is_answered_exactly_as_an_unknown_one(town):
    """Scenario 16; R38, E12: the Actor decides."""
    dan, siv = town.visitor(DAN, "2B02"), town.visitor(SIV, "2B02")
    taken = dan.times("PROV10")[30]
    made = dan.book(taken)
    slot = siv.times("PROV10")[31]
    for booking_id in (made.booking_id, "B-0000000000000000"):
        assert siv.cancel(booking_id).result_text == "Vi hittar inte bokningen."
        assert siv.move(booking_id, slot).result_text == "Vi hittar inte bokningen."
        with pytest.raises(ProducerFault) as fault:
            siv.details(booking_id)
        assert fault.value.faultstring == "the booking does not exist"
    assert dan.details(made.booking_id).start == taken.start


def test_an_open_invitation_is_booked_once_at_one_of_its_clinics_and_then_refused(town):
    """Scenario 10; R5, R30, R32; I-3, I-6."""
    elin = town.visitor(ELIN, "2B04")
    assert elin.time_types() == []
    assert elin.times("SCR15") == ()
    invitation = open_invitation_of(town, ELIN)
    office = town.visitor(ELIN, "2B99")
    assert office.details(invitation).is_invitation is True
    assert set(office.facilities(invitation)) == {HsaId("SE2321009991-2B04"), HsaId("SE2321009991-2B05")}
    slots = elin.times(None, booking_id=invitation)
    made = elin.book(slots[3], booking_id=invitation)
    assert made.result_code in ("OK", "INFO")
    again = elin.book(slots[5], booking_id=invitation)
    assert again.result_code == "ERROR"
    assert not elin.details(made.booking_id).is_invitation


def test_a_care_booked_time_that_the_clinic_hides_is_not_in_the_schedule(town):
    """Scenario 13; R22."""
    booked = bookings(town, "2b06", BookingState.BOOKED)
    hidden = [(row.id, row.subject_of_care) for row in booked if row.booked_by is Initiative.CARE]
    assert hidden, "the demo region must hold a care-booked time there"
    for person in PEOPLE:
        mine = {booking_id for booking_id, number in hidden if number == person.number}
        shown = {slot.booking_id for slot in town.visitor(person, "2b06").schedule()}
        assert not shown & mine


def test_a_slot_of_capacity_four_is_listed_until_it_is_full(town):
    """Scenario 19; R17."""
    four, fifth = [town.visitor(person, "2B07") for person in (ANNA, SIV, DAN, BERTIL)], town.visitor(SAMIR, "2B07")
    town.add_group_times()
    slot = fifth.times("GRUPP")[0]
    for visitor in four:
        assert slot.start in [one.start for one in fifth.times("GRUPP")]
        assert visitor.book(slot).result_code == "OK"
    assert slot.start not in [one.start for one in fifth.times("GRUPP")]
    assert fifth.book(slot).result_code == "ERROR"
    assert len(four[0].schedule()) >= 1


@pytest.mark.parametrize("clinic", ["2b06", "2B06"])
def test_an_hsa_id_works_in_any_letter_case(town, clinic):
    """Scenario 20; G-8."""
    assert town.visitor(NELLY, clinic).time_types() == ["UNG30"]


def test_a_citizen_with_a_co_ordination_number_books_like_anybody(town):
    samir = town.visitor(SAMIR, "2B02")
    assert samir.book(samir.times("PROV10")[20]).result_code == "INFO"


def test_a_second_booking_of_the_same_kind_is_refused(town):
    """R13, E7."""
    dan = town.visitor(DAN, "2B02")
    slots = dan.times("PROV10")
    assert dan.book(slots[20]).result_code == "INFO"
    refused = dan.book(slots[40])
    assert refused.result_text == "Du har redan en bokad tid för Blodprov. Omboka eller avboka den först."


def test_too_late_to_cancel_is_refused_and_the_button_is_gone(town):
    """R24, E9: until 24 hours before at the clinic of plain visits."""
    dan = town.visitor(DAN, "2B07")
    slot = dan.times("OST15")[50]
    made = dan.book(slot)
    town.served.clock.now = slot.start - timedelta(hours=24)
    assert dan.details(made.booking_id).cancel_booking_allowed is True
    town.served.clock.now += timedelta(seconds=1)
    assert dan.details(made.booking_id).cancel_booking_allowed is False
    assert dan.cancel(made.booking_id).result_text.startswith("Det är för sent att avboka på nätet. Ring 070-174")


def test_an_impossible_date_is_a_fault_that_names_the_rule_not_an_empty_answer(town):
    """G-5: 31 February passes the schema's pattern."""
    body = (SAMPLES / "GetAvailableDates/request.xml").read_text(encoding="utf-8")
    broken = re.sub(r"(startDateInclusive>)\d{8}", r"\g<1>20260231", body)
    answer = requests.post(f"{town.served.url}/vp/x", data=broken.encode(), timeout=30)
    assert answer.status_code == 500
    assert "VP015" in answer.text
    assert "[G-5]" in answer.text


def test_after_all_this_no_log_line_carries_a_number_or_a_name(town, caplog):
    """A person's booking, refusal and fault leave no trace of who it was in the message log."""
    dan = town.visitor(DAN, "2B02")
    with caplog.at_level("DEBUG"):
        made = dan.book(dan.times("PROV10")[20], reason="Ont i knät")
        dan.book(dan.times("PROV10")[25])
        town.visitor(SIV, "2B02").cancel(made.booking_id, "Hinner inte")
        dan.cancel(made.booking_id, "Hinner inte")
        with pytest.raises(ProducerFault):
            dan.details("B-0000000000000000")
    calls = [record.getMessage() for record in caplog.records if record.name == "tidbro.message_log"]
    # The demo's e-service may have asked too, after the index told it of a booking.
    assert len([call for call in calls if '"sender": "SE2321009991-ET01"' in call]) >= 7
    told = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    private = [DAN.number, SIV.number, DAN.last_name, SIV.last_name, "Ont i knät", "Hinner inte"]
    assert [text for text in private if text in told] == []


SAMPLES = Path(__file__).parents[1] / "samples" / "crm_scheduling_1.1"


def bookings(town, clinic, state):
    """The rows of a clinic's bookings, as only the clinic's own database shows them."""
    engine = create_engine(f"sqlite:///{town.served.data / 'timebook.sqlite'}")
    query = select(BookingRow).join(ClinicRow, ClinicRow.id == BookingRow.clinic_id)
    with Session(engine) as session:
        key = f"se2321009991-{clinic.lower()}"
        found = session.scalars(query.where(ClinicRow.hsa_key == key, BookingRow.state == state)).all()
        session.expunge_all()
    engine.dispose()
    return found


def open_invitation_of(town, person):
    """The id that the e-service would learn from the engagement index."""
    (row,) = (one for one in bookings(town, "2B99", BookingState.INVITED) if one.subject_of_care == person.number)
    return row.id

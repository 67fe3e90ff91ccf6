"""The messages check themselves when they are made, and show nobody and nothing private in a repr."""

from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import scheduling as s
from contracts.codec import SCHEDULING_INTERACTIONS
from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from tests.contracts.messages import messages
from tests.people import ANNA, DAN, PEOPLE

CLINIC = HsaId("SE2321009991-2B02")
START = datetime(2026, 12, 14, 8, 10, tzinfo=SWEDEN)
END = START + timedelta(minutes=10)


def a_time(**changes) -> s.Timeslot:
    return s.Timeslot(**{"healthcare_facility": CLINIC, "start": START, "end": END, **changes})


def test_i_2_a_time_has_both_ends_or_none():
    assert s.Timeslot(CLINIC).start is None
    with pytest.raises(ValueError, match="I-2"):
        s.Timeslot(CLINIC, start=START)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        a_time(start=START.replace(tzinfo=None))


def test_mb_2_a_booking_needs_a_time_and_a_citizen():
    with pytest.raises(ValueError, match="MB-2"):
        s.MakeBooking(CLINIC, a_time(), ANNA.info)
    with pytest.raises(ValueError, match="MB-2"):
        s.MakeBooking(CLINIC, s.Timeslot(CLINIC, subject_of_care=ANNA.identity), ANNA.info)


def test_ub_1_a_move_needs_the_bookings_id_too():
    with pytest.raises(ValueError, match="UB-1"):
        s.UpdateBooking(a_time(subject_of_care=ANNA.identity))


@pytest.mark.parametrize(("code", "booking_id"), [("OK", None), ("INFO", None), ("ERROR", "B-1")])
def test_mb_1_the_booking_id_is_there_when_the_booking_was_made_and_only_then(code, booking_id):
    with pytest.raises(ValueError, match="MB-1"):
        s.MakeBookingResponse(code, booking_id, "En text.")


@pytest.mark.parametrize("kind", [s.UpdateBookingResponse, s.CancelBookingResponse])
@pytest.mark.parametrize("code", ["INFO", "ERROR"])
def test_g_17_info_and_error_need_a_text(kind, code):
    with pytest.raises(ValueError, match="G-17"):
        kind(code)


def test_an_actor_is_the_citizen_only_in_the_citizens_own_role():
    assert ANNA.actor.is_citizen(ANNA.identity)
    assert not ANNA.actor.is_citizen(DAN.identity)
    assert not s.Actor(ANNA.number, s.ActorType.SUBJECT_OF_CARE_AGENT).is_citizen(ANNA.identity)
    assert not s.Actor(ANNA.number, None).is_citizen(ANNA.identity)


PRIVATE = "Hemligt-knä"


@pytest.mark.parametrize("forms", SCHEDULING_INTERACTIONS.values(), ids=lambda forms: forms.name)
@given(data=st.data())
def test_no_repr_shows_a_persons_number(forms, data):
    for form in (forms.request, forms.response):
        told = repr(data.draw(messages(form)))
        assert [person.number for person in PEOPLE if person.number in told] == []


def test_no_repr_shows_foreign_elements():
    """A vendor's own elements may be about the citizen."""
    kinds = [kind for kind in vars(s).values() if is_dataclass(kind)]
    open_ended = [one for kind in kinds for one in fields(kind) if one.name == "extensions"]
    assert len(open_ended) == 22 + 6  # the messages, and the parts that have room for more
    assert [one for one in open_ended if one.repr] == []


def test_no_repr_shows_names_or_what_somebody_wrote():
    slot = a_time(subject_of_care=ANNA.identity, booking_id="B-1", reason=PRIVATE, purpose=PRIVATE)
    info = s.SubjectOfCareInfo(PRIVATE, PRIVATE, PRIVATE, PRIVATE, PRIVATE, PRIVATE, PRIVATE, (b"<x/>",))
    told = [
        s.MakeBooking(CLINIC, slot, info, PRIVATE),
        s.UpdateBooking(slot, info, PRIVATE),
        s.CancelBooking(CLINIC, "B-1", PRIVATE),
        s.GetBookingDetailsResponse(slot),
        s.CancelBookingResponse("ERROR", PRIVATE),
        s.UpdateBookingResponse("ERROR", PRIVATE),
        s.MakeBookingResponse("ERROR", None, PRIVATE),
        s.GetAllPerformersResponse((s.PerformerInfo(CLINIC, PRIVATE, PRIVATE),)),
        s.GetAvailableTimeslotsResponse((a_time(performer_name=PRIVATE),)),
        ANNA.actor,
    ]
    assert [one for one in told if PRIVATE in repr(one) or ANNA.number in repr(one)] == []

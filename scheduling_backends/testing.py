"""What every adapter must show: one pytest class, run on each scheduling system behind the gateway.

A vendor writes a subclass, named Test…, and gives the fixtures at its top; each test then states one thing that the
contracts demand of any producer, with the rule's number in its docstring. What a system may decide for itself (ages,
cut-offs, texts) is not here: that belongs to its own tests.
Elsewhere: the protocol (contracts/producer.py), the kit that judges systems over the wire.
Source: contracts.md §3, §4, §5.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest

from contracts import scheduling as s
from contracts.errors import ProducerFault
from contracts.identifiers import HsaId, PersonIdentity
from contracts.producer import Caller, SchedulingProducer
from contracts.times import SWEDEN, Clock

SEARCHED_DAYS = 60
UNKNOWN_BOOKING_ID = "no-such-booking"


class SchedulingProducerContract:
    """The tests. A subclass gives `producer`, `facility`, `citizen`, `other_citizen`, `time_type_id` and `clock`.

    Each test needs an opened producer with fresh data: neither citizen has a booking at the facility, and the kind of
    time has at least three free times, on two days or more of the coming sixty, for one citizen each, that both
    citizens may book, move and cancel until shortly before.
    """

    # -- What the vendor gives

    @pytest.fixture
    def producer(self) -> SchedulingProducer:
        """The adapter, opened; close it after the test."""
        raise NotImplementedError("give the opened adapter")

    @pytest.fixture
    def facility(self) -> HsaId:
        """A clinic of the system."""
        raise NotImplementedError("give a clinic's HSA-id")

    @pytest.fixture
    def citizen(self) -> PersonIdentity:
        """Somebody who may book there; a published test number."""
        raise NotImplementedError("give a citizen")

    @pytest.fixture
    def other_citizen(self) -> PersonIdentity:
        """Somebody else who may book there."""
        raise NotImplementedError("give another citizen")

    @pytest.fixture
    def time_type_id(self) -> str:
        """A kind of time with free times, as described at the class."""
        raise NotImplementedError("give the id of a bookable kind of time")

    @pytest.fixture
    def clock(self) -> Clock:
        """The clock that the system goes by."""
        raise NotImplementedError("give the system's clock")

    @pytest.fixture
    def contact(self) -> s.SubjectOfCareInfo:
        """Contact data to book with; override where the system checks names."""
        return s.SubjectOfCareInfo("Anna", "Provbäck", phone="070-174 06 20")

    @pytest.fixture
    def agent(self) -> s.Actor:
        """A professional who helps citizens to book."""
        return s.Actor("SE2321009991-P001", s.ActorType.SUBJECT_OF_CARE_AGENT)

    @pytest.fixture
    def ask(
        self,
        producer: SchedulingProducer,
        facility: HsaId,
        citizen: PersonIdentity,
        time_type_id: str,
        clock: Clock,
        contact: s.SubjectOfCareInfo,
    ) -> "Questions":
        """The citizen's questions."""
        return Questions(producer, facility, citizen, time_type_id, clock, contact)

    @pytest.fixture
    def other(self, ask: "Questions", other_citizen: PersonIdentity) -> "Questions":
        """The other citizen's questions."""
        return ask.by(other_citizen)

    # -- Life cycle

    def test_an_open_system_says_that_it_is_ready(self, producer: SchedulingProducer) -> None:
        """contracts.md G-24."""
        assert producer.health().is_ready
        assert producer.health().sentence

    # -- What is offered

    def test_the_kinds_of_time_that_a_citizen_can_book_are_listed(self, ask: "Questions", time_type_id: str) -> None:
        """contracts.md GTT-1."""
        assert time_type_id in [kind.time_type_id for kind in ask.time_types()]

    def test_a_clinic_that_offers_times_lists_itself(self, ask: "Questions", facility: HsaId) -> None:
        """contracts.md GHF-5."""
        assert facility in [one.healthcare_facility for one in ask.facilities()]

    def test_a_code_from_the_list_of_care_types_narrows_the_list_of_time_types(self, ask: "Questions") -> None:
        """contracts.md G-20."""
        for care_type in ask.care_types():
            assert ask.time_types(care_type_ids=(care_type.care_type_id,))

    def test_a_care_type_that_the_clinic_does_not_have_leads_to_no_time_types(self, ask: "Questions") -> None:
        """contracts.md GTT-1."""
        if ask.care_types():
            assert not ask.time_types(care_type_ids=("no-such-care-type",))

    def test_every_listed_performer_has_an_hsa_id_and_a_name(self, ask: "Questions") -> None:
        """contracts.md GP-2."""
        assert all(one.performer.text and one.last_name for one in ask.performers())

    def test_ids_of_clinics_are_compared_without_regard_to_case(self, ask: "Questions") -> None:
        """contracts.md G-8."""
        for written in (ask.facility.text.lower(), ask.facility.text.upper()):
            assert ask.at(HsaId(written)).free_times() == ask.free_times()

    # -- What is free

    def test_the_days_with_free_times_are_the_days_of_the_free_times(self, ask: "Questions") -> None:
        """contracts.md GAD-1, GAT-1, G-21."""
        days = {one.day for one in ask.free_days()}
        assert days == {_day(slot) for slot in ask.free_times()}
        assert days

    def test_free_times_come_in_order_and_end_after_they_start(self, ask: "Questions") -> None:
        """contracts.md §5.8, G-6."""
        free = [(slot.start, slot.end) for slot in ask.free_times()]
        assert all(start is not None and end is not None and start < end for start, end in free)
        starts = [start for start, _ in free if start is not None]
        assert starts == sorted(starts)

    def test_a_free_time_carries_neither_a_citizen_nor_an_invitation(self, ask: "Questions") -> None:
        """contracts.md §5.1."""
        free = ask.free_times()
        assert all(slot.subject_of_care is None and slot.is_invitation is None for slot in free)
        assert all(slot.healthcare_facility == ask.facility and slot.reason is None for slot in free)

    def test_both_ends_of_the_searched_interval_are_included(self, ask: "Questions") -> None:
        """contracts.md GAT-4."""
        first = _day(ask.free_times()[0])
        found = ask.free_times(first, first)
        assert found
        assert {_day(slot) for slot in found} == {first}

    def test_an_interval_that_ends_before_it_begins_holds_nothing(self, ask: "Questions") -> None:
        """contracts.md GAD-4, GAT-4."""
        last, first = _day(ask.free_times()[0]), _day(ask.free_times()[-1])
        assert not ask.free_times(first, last)
        assert not ask.free_days(first, last)

    def test_times_that_have_passed_are_never_free(self, ask: "Questions", clock: Clock) -> None:
        """contracts.md G-22, GAD-3, GAT-3."""
        today = clock().astimezone(SWEDEN).date()
        long_ago = today - timedelta(days=400)
        assert not ask.free_times(long_ago, today - timedelta(days=1))
        assert not ask.free_days(long_ago, today - timedelta(days=1))
        assert all(slot.start is not None and slot.start >= clock() for slot in ask.free_times(long_ago))

    def test_a_kind_of_time_that_the_clinic_does_not_have_has_no_free_times(self, ask: "Questions") -> None:
        """contracts.md GAT-1."""
        assert not replace(ask, time_type_id="no-such-time-type").free_times()

    # -- Booking

    def test_a_free_time_can_be_booked_and_is_in_the_schedule_with_its_id(self, ask: "Questions") -> None:
        """contracts.md MB-1, GSS-2, G-21."""
        slot = ask.free_times()[0]
        answer = ask.make(slot)
        assert answer.result_code in ("OK", "INFO")
        (booked,) = ask.schedule()
        assert booked.booking_id == answer.booking_id
        assert (booked.start, booked.end, booked.subject_of_care) == (slot.start, slot.end, ask.citizen)

    def test_a_time_can_be_booked_without_the_id_of_the_free_time(self, ask: "Questions") -> None:
        """contracts.md MB-12."""
        answer = ask.make(replace(ask.free_times()[0], booking_id=None))
        assert answer.result_code in ("OK", "INFO")

    def test_the_details_of_a_booking_have_the_citizen_and_all_three_flags(self, ask: "Questions") -> None:
        """contracts.md GBD-2, §3.3."""
        slot = ask.free_times()[0]
        details = ask.details(ask.booked(slot))
        flags = (details.cancel_booking_allowed, details.rebooking_allowed, details.message_allowed)
        assert None not in flags
        assert (details.subject_of_care, details.start, details.end) == (ask.citizen, slot.start, slot.end)
        assert not details.is_invitation

    def test_the_flags_of_a_free_time_hold_for_the_booking_of_it(self, ask: "Questions") -> None:
        """contracts.md GAT-7."""
        slot = ask.free_times()[-1]
        details = ask.details(ask.booked(slot))
        assert bool(details.cancel_booking_allowed) == bool(slot.cancel_booking_allowed)
        assert bool(details.rebooking_allowed) == bool(slot.rebooking_allowed)

    def test_a_booked_time_is_free_no_longer(self, ask: "Questions", other: "Questions") -> None:
        """contracts.md G-21."""
        slot = ask.free_times()[0]
        ask.booked(slot)
        assert _times([slot]).isdisjoint(_times(other.free_times()))

    def test_a_taken_time_is_refused_with_a_text_for_the_citizen(self, ask: "Questions", other: "Questions") -> None:
        """contracts.md MB-9, G-16, G-17."""
        slot = ask.free_times()[0]
        ask.booked(slot)
        answer = other.make(slot)
        assert (answer.result_code, answer.booking_id) == ("ERROR", None)
        assert _reads_as_a_sentence(answer.result_text)
        assert not other.schedule()

    def test_a_time_that_is_not_in_the_timebook_is_refused_with_a_text(self, ask: "Questions") -> None:
        """contracts.md G-15, G-17."""
        slot = ask.free_times()[0]
        assert slot.start is not None
        assert slot.end is not None
        odd = timedelta(minutes=3, seconds=7)
        answer = ask.make(replace(slot, booking_id=None, start=slot.start + odd, end=slot.end + odd))
        assert answer.result_code == "ERROR"
        assert _reads_as_a_sentence(answer.result_text)

    def test_somebody_else_cannot_book_for_the_citizen(self, ask: "Questions", other: "Questions") -> None:
        """contracts.md §4; domain.md R38."""
        answer = ask.acting(other.actor).make(ask.free_times()[0])
        assert answer.result_code == "ERROR"
        assert not ask.schedule()

    # -- Moving

    def test_a_booking_can_be_moved_and_its_old_time_is_free_again(self, ask: "Questions") -> None:
        """contracts.md UB-5, UB-6, I-4, G-21."""
        old = ask.free_times()[0]
        booking_id = ask.booked(old)
        new = _another_day(ask.free_times(booking_id=booking_id), old)
        assert ask.move(booking_id, new).result_code in ("OK", "INFO")
        (moved,) = ask.schedule()
        assert (moved.start, moved.end) == (new.start, new.end)
        assert not ask.details(moved.booking_id or "").is_invitation
        assert _times([old]) <= _times(ask.free_times())

    def test_a_booking_stays_where_it_is_when_the_new_time_is_taken(self, ask: "Questions", other: "Questions") -> None:
        """contracts.md UB-9; domain.md §9.3."""
        old = ask.free_times()[0]
        booking_id = ask.booked(old)
        taken = _another_day(ask.free_times(), old)
        other.booked(taken)
        answer = ask.move(booking_id, taken)
        assert answer.result_code == "ERROR"
        assert _reads_as_a_sentence(answer.result_text)
        assert [(one.booking_id, one.start) for one in ask.schedule()] == [(booking_id, old.start)]

    def test_the_days_for_moving_a_booking_are_the_days_of_the_times_for_it(self, ask: "Questions") -> None:
        """contracts.md GAD-2, GAT-2."""
        booking_id = ask.booked(ask.free_times()[0])
        days = {one.day for one in ask.free_days(booking_id=booking_id)}
        assert days == {_day(slot) for slot in ask.free_times(booking_id=booking_id)}
        assert days

    def test_the_clinics_for_moving_a_booking_include_its_own(self, ask: "Questions") -> None:
        """contracts.md GHF-1, GHF-5."""
        booking_id = ask.booked(ask.free_times()[0])
        assert ask.facility in [one.healthcare_facility for one in ask.facilities(booking_id)]

    # -- Cancelling

    def test_a_booking_can_be_cancelled_and_its_time_is_free_again(self, ask: "Questions") -> None:
        """contracts.md CB-5, G-21."""
        slot = ask.free_times()[0]
        booking_id = ask.booked(slot)
        assert ask.cancel(booking_id).result_code in ("OK", "INFO")
        assert not ask.schedule()
        assert _times([slot]) <= _times(ask.free_times())
        assert ask.make(slot).result_code in ("OK", "INFO")

    def test_a_cancelled_booking_cannot_be_cancelled_again(self, ask: "Questions") -> None:
        """contracts.md CB-8."""
        booking_id = ask.booked(ask.free_times()[0])
        ask.cancel(booking_id)
        answer = ask.cancel(booking_id)
        assert answer.result_code == "ERROR"
        assert _reads_as_a_sentence(answer.result_text)

    # -- Whose booking it is

    def test_a_citizen_without_bookings_gets_an_empty_answer(self, ask: "Questions") -> None:
        """contracts.md GSS-3."""
        assert ask.schedule() == ()

    def test_the_details_of_an_unknown_booking_are_a_fault(self, ask: "Questions") -> None:
        """contracts.md GBD-6."""
        with pytest.raises(ProducerFault):
            ask.details(UNKNOWN_BOOKING_ID)

    def test_the_id_of_a_free_time_is_not_a_booking(self, ask: "Questions") -> None:
        """contracts.md GBD-5, GAT-6."""
        with pytest.raises(ProducerFault):
            ask.details(ask.free_times()[0].booking_id or UNKNOWN_BOOKING_ID)

    def test_another_persons_booking_looks_exactly_like_an_unknown_one(
        self, ask: "Questions", other: "Questions"
    ) -> None:
        """contracts.md CB-3, GHF-2; domain.md R38, E12."""
        slot = ask.free_times()[0]
        booking_id, elsewhere = ask.booked(slot), _another_day(ask.free_times(), slot)
        assert other.cancel(booking_id) == other.cancel(UNKNOWN_BOOKING_ID)
        assert other.move(booking_id, elsewhere) == other.move(UNKNOWN_BOOKING_ID, elsewhere)
        assert other.facilities(booking_id) == other.facilities(UNKNOWN_BOOKING_ID) == ()
        assert other.free_times(booking_id=booking_id) == other.free_times(booking_id=UNKNOWN_BOOKING_ID) == ()
        assert other.free_days(booking_id=booking_id) == other.free_days(booking_id=UNKNOWN_BOOKING_ID) == ()
        assert other.fault_of_details(booking_id) == other.fault_of_details(UNKNOWN_BOOKING_ID)
        assert other.cancel(booking_id).result_code == "ERROR"
        assert [one.booking_id for one in ask.schedule()] == [booking_id]

    def test_what_an_agent_is_told_does_not_depend_on_the_citizen(
        self, ask: "Questions", other: "Questions", agent: s.Actor
    ) -> None:
        """contracts.md A-3."""
        ask.booked(ask.free_times()[0])
        for_one, for_the_other = ask.acting(agent), other.acting(agent)
        assert for_one.time_types() == for_the_other.time_types()
        assert for_one.care_types() == for_the_other.care_types()
        assert for_one.performers() == for_the_other.performers()
        assert for_one.facilities() == for_the_other.facilities()
        assert for_one.free_times() == for_the_other.free_times()
        assert for_one.free_days() == for_the_other.free_days()

    def test_an_agent_sees_no_citizens_bookings(self, ask: "Questions", agent: s.Actor) -> None:
        """contracts.md A-5: refused, or nothing of the citizen in it."""
        booking_id = ask.booked(ask.free_times()[0])
        with suppress(ProducerFault):
            assert ask.acting(agent).schedule() == ()
        assert ask.acting(agent).fault_of_details(booking_id)


@dataclass(frozen=True, slots=True)
class Questions:
    """One citizen's questions to one clinic, put as the gateway would put them; `actor` is the citizen unless given."""

    producer: SchedulingProducer
    facility: HsaId
    citizen: PersonIdentity
    time_type_id: str
    clock: Clock
    contact: s.SubjectOfCareInfo
    other_actor: s.Actor | None = None

    @property
    def actor(self) -> s.Actor:
        return self.other_actor or s.Actor(self.citizen.number, s.ActorType.SUBJECT_OF_CARE)

    @property
    def caller(self) -> Caller:
        return Caller(self.facility, "SE2321009991-ET01", "SE2321009991-ET01", self.actor, "contract-test")

    def by(self, citizen: PersonIdentity) -> "Questions":
        """The same questions by somebody else."""
        return replace(self, citizen=citizen)

    def acting(self, actor: s.Actor) -> "Questions":
        """The same questions with another Actor."""
        return replace(self, other_actor=actor)

    def at(self, facility: HsaId) -> "Questions":
        """The same questions to another clinic."""
        return replace(self, facility=facility)

    def time_types(self, care_type_ids: tuple[str, ...] = ()) -> tuple[s.TimeType, ...]:
        request = s.GetAllTimeTypes(self.facility, self.citizen, care_type_ids)
        return self.producer.get_all_time_types(request, self.caller).time_types

    def care_types(self) -> tuple[s.CareType, ...]:
        request = s.GetAllCareTypes(self.facility, self.citizen)
        return self.producer.get_all_care_types(request, self.caller).care_types

    def performers(self) -> tuple[s.PerformerInfo, ...]:
        request = s.GetAllPerformers(self.facility, self.citizen)
        return self.producer.get_all_performers(request, self.caller).performers

    def facilities(self, booking_id: str | None = None) -> tuple[s.FacilityInfo, ...]:
        request = s.GetAllHealthcareFacilities(self.facility, self.citizen, booking_id)
        return self.producer.get_all_healthcare_facilities(request, self.caller).facilities

    def free_days(
        self, first: date | None = None, last: date | None = None, booking_id: str | None = None
    ) -> tuple[s.DateAvailability, ...]:
        days = self._days(first, last)
        kind = None if booking_id else self.time_type_id
        request = s.GetAvailableDates(self.facility, self.citizen, *days, booking_id, time_type_id=kind)
        return self.producer.get_available_dates(request, self.caller).availabilities

    def free_times(
        self, first: date | None = None, last: date | None = None, booking_id: str | None = None
    ) -> tuple[s.Timeslot, ...]:
        days = self._days(first, last)
        kind = None if booking_id else self.time_type_id
        request = s.GetAvailableTimeslots(self.facility, self.citizen, *days, booking_id, time_type_id=kind)
        return self.producer.get_available_timeslots(request, self.caller).timeslots

    def make(self, slot: s.Timeslot, reason: str | None = "Ont i knät") -> s.MakeBookingResponse:
        """Book a free time, as it was answered: without its flags, with the citizen."""
        wished = replace(_wished(slot), subject_of_care=self.citizen, reason=reason)
        return self.producer.make_booking(s.MakeBooking(slot.healthcare_facility, wished, self.contact), self.caller)

    def booked(self, slot: s.Timeslot) -> str:
        """Book a free time that can be had; the booking's id."""
        answer = self.make(slot)
        assert answer.booking_id is not None, answer.result_text
        return answer.booking_id

    def move(self, booking_id: str, slot: s.Timeslot, reason: str | None = "Hinner inte") -> s.UpdateBookingResponse:
        wished = replace(_wished(slot), booking_id=booking_id, subject_of_care=self.citizen, reason=reason)
        return self.producer.update_booking(s.UpdateBooking(wished), self.caller)

    def cancel(self, booking_id: str, message: str | None = "Frisk igen") -> s.CancelBookingResponse:
        return self.producer.cancel_booking(s.CancelBooking(self.facility, booking_id, message), self.caller)

    def schedule(self) -> tuple[s.Timeslot, ...]:
        request = s.GetSubjectOfCareSchedule(self.facility, self.citizen)
        return self.producer.get_subject_of_care_schedule(request, self.caller).timeslots

    def details(self, booking_id: str) -> s.Timeslot:
        request = s.GetBookingDetails(self.facility, booking_id)
        return self.producer.get_booking_details(request, self.caller).timeslot

    def fault_of_details(self, booking_id: str) -> tuple[str, str]:
        """The fault that the question for this booking's details ends in."""
        with pytest.raises(ProducerFault) as caught:
            self.details(booking_id)
        return caught.value.faultcode, caught.value.faultstring

    def _days(self, first: date | None, last: date | None) -> tuple[date, date]:
        today = self.clock().astimezone(SWEDEN).date()
        return first or today, last or today + timedelta(days=SEARCHED_DAYS)


def _wished(slot: s.Timeslot) -> s.Timeslot:
    """A free time as one sends it back: the producer's flags left out (MB-2, UB-1)."""
    return replace(slot, cancel_booking_allowed=None, rebooking_allowed=None, message_allowed=None, is_invitation=None)


def _day(slot: s.Timeslot) -> date:
    assert slot.start is not None
    return slot.start.astimezone(SWEDEN).date()


def _times(slots: Iterable[s.Timeslot]) -> set[tuple[datetime | None, HsaId | None, str | None]]:
    """What tells times of one clinic apart: start, performer, resource."""
    return {(slot.start, slot.performer, slot.resource_id) for slot in slots}


def _another_day(slots: Iterable[s.Timeslot], than: s.Timeslot) -> s.Timeslot:
    return next(slot for slot in slots if _day(slot) != _day(than))


def _reads_as_a_sentence(text: str | None) -> bool:
    return text is not None and " " in text.strip()

"""The engine as a SchedulingProducer: messages in, values to the engine and back, messages out.

Thin: who may ask is access.py's, what there is to choose choices.py's, what changes book.py's. Lists are for anybody
and depend on the citizen only when the citizen in person asks (A-3); a citizen's bookings are for the citizen alone
(R38, A-5), and every look at them and change of them is a line in the audit log. An unknown booking id and another
person's get one and the same answer.
Rules: contracts.md §3, §5; domain.md R1, R38, R39. Elsewhere: how each system is reached and set up (timebook/,
takecare/).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from contracts import scheduling as s
from contracts.database import Database
from contracts.errors import ProducerFault
from contracts.identifiers import HsaId, PersonIdentity
from contracts.producer import Caller, Health
from contracts.times import Clock
from scheduling_backends.audit import AuditAction
from scheduling_backends.engine import answers, asked, book, choices, find, migrations
from scheduling_backends.engine.access import Standing, standing
from scheduling_backends.engine.book import Contact, Done, NewBooking, NewTime
from scheduling_backends.engine.choices import Filters
from scheduling_backends.engine.desk import Desk
from scheduling_backends.engine.duty import DutyAtWork, IndexDuty
from scheduling_backends.engine.entries import Booking, Clinic
from scheduling_backends.engine.find import Search
from scheduling_backends.engine.models import AUDIT_LOG
from scheduling_backends.engine.refusals import Reason, Refusal, Situation, refuse
from scheduling_backends.engine.seats import Author
from scheduling_backends.engine.states import BookingState

_READABLE = (BookingState.INVITED, BookingState.BOOKED, BookingState.COMPLETED, BookingState.NO_SHOW)


class Unanswered(StrEnum):
    """Why a question cannot be answered at all; the sentence of the fault."""

    UNKNOWN_FACILITY = "the facility is not in this system, or not at this logical address"
    UNKNOWN_BOOKING = "the booking does not exist"
    NOT_THE_CITIZEN = "only the citizen in person may read the schedule"
    ACTOR_MISSING = "the Actor header is required"


class EngineProducer:
    """A SchedulingProducer over one database that serves many clinics, and the doors for its staff.

    `database` is SQLAlchemy's URL; `folder` is made when the system is opened. `actor_required`: questions about a
    person need the Actor header. `duty`: the index that hears of every change (R43), if there is one.
    """

    name = "engine"

    def __init__(
        self, database: str, folder: Path | None, actor_required: bool, clock: Clock, duty: IndexDuty | None = None
    ) -> None:
        self._duty = duty
        self.duty: DutyAtWork | None = None
        """What is done for the index while the system is open."""
        self._url, self._folder = database, folder
        self._actor_required = actor_required
        self._clock = clock
        self._database: Database | None = None

    # -- Life cycle

    def open(self) -> None:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
        database = Database(self._url)
        database.upgrade(migrations.LOCATION, migrations.HEAD)
        self._database = database
        if self._duty is not None:
            self.duty = DutyAtWork(self._duty, database, self._clock)
            self.duty.open()

    def close(self) -> None:
        if self.duty is not None:
            self.duty.close()
            self.duty = None
        if self._database is not None:
            self._database.close()
            self._database = None

    def health(self) -> Health:
        if self._database is None:
            return Health(False, f"the {self.name} is not open")
        if not self._database.is_reachable():
            return Health(False, f"the {self.name}'s database does not answer")
        return Health(True, f"the {self.name}'s database answers")

    # -- For staff

    def now(self) -> datetime:
        return self._clock()

    def reading(self) -> AbstractContextManager[Session]:
        """A session for questions; whatever it changed is undone."""
        return self._opened.reading()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session for changes: committed when the block ends, and what the index must hear; undone when it raises."""
        with self._opened.writing() as session:
            yield session
            if self.duty is not None:
                self.duty.tell(session)

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """The staff's desk, for one transaction: committed when the block ends, undone when it raises."""
        with self.writing() as session:
            yield Desk(session, self._clock())

    # -- What is offered

    def get_all_care_types(self, request: s.GetAllCareTypes, caller: Caller) -> s.GetAllCareTypesResponse:
        filters = Filters(time_type_ids=request.time_type_ids, performers=request.performers)
        person = self._listed_for(request.subject_of_care, caller)
        with self._asking(request.healthcare_facility, caller) as (session, clinic):
            found = choices.care_types(session, clinic, filters, person, self._clock())
        return s.GetAllCareTypesResponse(tuple(map(answers.care_type, found)))

    def get_all_healthcare_facilities(
        self, request: s.GetAllHealthcareFacilities, caller: Caller
    ) -> s.GetAllHealthcareFacilitiesResponse:
        now, person = self._clock(), request.subject_of_care
        with self._asking(request.healthcare_facility, caller) as (session, clinic):
            if request.booking_id is None:
                found = choices.clinics(session, clinic, self._listed_for(person, caller), now)
            else:
                booking = self._own_booking(session, request.booking_id, person, caller)
                found = () if booking is None else choices.clinics_for(session, booking, now)
        return s.GetAllHealthcareFacilitiesResponse(tuple(map(answers.facility, found)))

    def get_all_performers(self, request: s.GetAllPerformers, caller: Caller) -> s.GetAllPerformersResponse:
        filters = Filters(time_type_ids=request.time_type_ids, care_type_ids=request.care_type_ids)
        person = self._listed_for(request.subject_of_care, caller)
        with self._asking(request.healthcare_facility, caller) as (session, clinic):
            found = choices.performers(session, clinic, filters, person, self._clock())
        return s.GetAllPerformersResponse(tuple(map(answers.performer, found)))

    def get_all_time_types(self, request: s.GetAllTimeTypes, caller: Caller) -> s.GetAllTimeTypesResponse:
        filters = Filters(care_type_ids=request.care_type_ids)
        person = self._listed_for(request.subject_of_care, caller)
        with self._asking(request.healthcare_facility, caller) as (session, clinic):
            found = choices.offers(session, clinic, filters, person, self._clock())
        return s.GetAllTimeTypesResponse(tuple(answers.time_type(time_type) for time_type, _ in found))

    # -- What is free

    def get_available_dates(self, request: s.GetAvailableDates, caller: Caller) -> s.GetAvailableDatesResponse:
        with self._asking(request.healthcare_facility, caller) as (session, clinic):
            search = self._search(session, clinic, request, caller)
            found = find.free_days(session, search, self._clock())
        return s.GetAvailableDatesResponse(tuple(answers.free_day(clinic, free) for free in found))

    def get_available_timeslots(
        self, request: s.GetAvailableTimeslots, caller: Caller
    ) -> s.GetAvailableTimeslotsResponse:
        now = self._clock()
        with self._asking(request.healthcare_facility, caller) as (session, clinic):
            found = find.free_times(session, self._search(session, clinic, request, caller), now)
        return answers.free_times(clinic, found, now)

    # -- What is booked

    def get_booking_details(self, request: s.GetBookingDetails, caller: Caller) -> s.GetBookingDetailsResponse:
        self._demand_actor(caller)
        with self._asking(request.healthcare_facility, caller) as (session, clinic):
            booking = find.booking(session, request.booking_id)
        is_here = booking is not None and booking.clinic.id == clinic.id and booking.state in _READABLE
        if booking is None or not is_here or not booking.is_shown or not self._is_own(booking, caller):
            self._note_look("read booking", "fault", self._seen(caller, clinic.hsa_id, None, request.booking_id))
            raise ProducerFault(Unanswered.UNKNOWN_BOOKING.value, "Client")
        self._note_look("read booking", "OK", self._seen(caller, clinic.hsa_id, booking.subject_of_care, booking.id))
        return s.GetBookingDetailsResponse(answers.booked(booking, self._clock()))

    def get_subject_of_care_schedule(
        self, request: s.GetSubjectOfCareSchedule, caller: Caller
    ) -> s.GetSubjectOfCareScheduleResponse:
        self._demand_actor(caller)
        now, person = self._clock(), request.subject_of_care
        with self._asking(request.healthcare_facility, caller) as (session, clinic):
            is_own = self._standing(person, caller) is Standing.SELF
            found = find.coming_bookings(session, clinic, person, now) if is_own else ()
        seen = self._seen(caller, clinic.hsa_id, person, None)
        self._note_look("read schedule", "OK" if is_own else "fault", seen)
        if not is_own:
            raise ProducerFault(Unanswered.NOT_THE_CITIZEN.value, "Client")
        return s.GetSubjectOfCareScheduleResponse(tuple(answers.booked(one, now) for one in found if one.is_shown))

    # -- What changes

    def make_booking(self, request: s.MakeBooking, caller: Caller) -> s.MakeBookingResponse:
        slot = request.timeslot
        with self.writing() as session:
            answer = answers.make_booking(self._make(session, request, caller))
            seen = self._seen(caller, slot.healthcare_facility, slot.subject_of_care, answer.booking_id)
            self._note(session, "make", answer.result_code, seen)
        return answer

    def update_booking(self, request: s.UpdateBooking, caller: Caller) -> s.UpdateBookingResponse:
        slot = request.timeslot
        with self.writing() as session:
            answer = answers.update_booking(self._move(session, request, caller))
            seen = self._seen(caller, slot.healthcare_facility, slot.subject_of_care, slot.booking_id)
            self._note(session, "move", answer.result_code, seen)
        return answer

    def cancel_booking(self, request: s.CancelBooking, caller: Caller) -> s.CancelBookingResponse:
        with self.writing() as session:
            answer = answers.cancel_booking(self._cancel(session, request, caller))
            seen = self._seen(caller, request.healthcare_facility, None, request.booking_id)
            self._note(session, "cancel", answer.result_code, seen)
        return answer

    def _make(self, session: Session, request: s.MakeBooking, caller: Caller) -> Done | Refusal:
        slot, named = request.timeslot, asked.NamedTime.of(request.timeslot.booking_id)
        person = asked.person_of(slot)
        who = self._standing(person, caller)
        refusal = _refuse_maker(who, named)
        clinic = self._place(session, slot.healthcare_facility, caller)
        if refusal or clinic is None:
            return refusal or refuse(Situation.NOT_ALLOWED)
        contact = asked.contact(request.subject_of_care_info)
        if asked.says_too_much(slot.reason, contact):
            return refuse(Situation.TEXT_TOO_LONG)
        new = NewBooking(
            asked.wish(slot, clinic, named.slot_id),
            person,
            _author(who, caller),
            contact,
            slot.reason,
            named.invitation,
            may_use_invitation=who is Standing.SELF,
            medical_unit=request.healthcare_facility_med.text,
        )
        outcome = book.make(session, new, self._clock())
        return outcome.for_an_agent() if who is Standing.AGENT and isinstance(outcome, Refusal) else outcome

    def _move(self, session: Session, request: s.UpdateBooking, caller: Caller) -> Done | Refusal:
        slot, person = request.timeslot, asked.person_of(request.timeslot)
        if caller.actor is None and self._actor_required:
            return refuse(Situation.ACTOR_MISSING)
        clinic = self._place(session, slot.healthcare_facility, caller)
        if clinic is None:
            return refuse(Situation.NOT_ALLOWED)

        def is_own(booking: Booking) -> bool:
            return booking.subject_of_care == person and self._is_own(booking, caller)

        author, contact = _author(self._standing(person, caller), caller), asked.contact(request.subject_of_care_info)
        if asked.says_too_much(slot.reason, contact):
            return refuse(Situation.TEXT_TOO_LONG, reason=Reason.COMMENT_LENGTH)
        new = NewTime(asked.wish(slot, clinic), author, slot.reason, contact)
        return book.move(session, slot.booking_id or "", new, is_own, self._clock())

    def _cancel(self, session: Session, request: s.CancelBooking, caller: Caller) -> Done | Refusal:
        if caller.actor is None and self._actor_required:
            return refuse(Situation.ACTOR_MISSING)
        clinic = self._place(session, request.healthcare_facility, caller)
        if clinic is None:
            return refuse(Situation.UNKNOWN_BOOKING)
        if asked.says_too_much(request.message, Contact()):
            return refuse(Situation.TEXT_TOO_LONG, reason=Reason.COMMENT_LENGTH)
        holder = clinic.id

        def is_own(booking: Booking) -> bool:
            return booking.clinic.id == holder and self._is_own(booking, caller)

        return book.cancel(session, request.booking_id, is_own, _CITIZEN, request.message, self._clock())

    # -- Where and for whom

    @property
    def _opened(self) -> Database:
        if self._database is None:
            raise RuntimeError(f"the {self.name} is not open")
        return self._database

    @contextmanager
    def _asking(self, facility: HsaId, caller: Caller) -> Iterator[tuple[Session, Clinic]]:
        """A session for a question to `facility`. Raises ProducerFault when it is not here: no list would be true."""
        with self._opened.reading() as session:
            clinic = self._place(session, facility, caller)
            if clinic is None:
                raise ProducerFault(Unanswered.UNKNOWN_FACILITY.value, "Client")
            yield session, clinic

    def _place(self, session: Session, facility: HsaId, caller: Caller) -> Clinic | None:
        """The clinic, if it is here and the call came to its logical address, or to one of its group (UB-8)."""
        clinic = find.clinic_by_hsa_id(session, facility)
        if clinic is None or facility == caller.logical_address:
            return clinic
        addressed = find.clinic_by_hsa_id(session, caller.logical_address)
        group = clinic.settings.group
        return clinic if addressed is not None and group is not None and addressed.settings.group == group else None

    def _standing(self, person: PersonIdentity, caller: Caller) -> Standing:
        return standing(caller.actor, person, self._actor_required)

    def _listed_for(self, person: PersonIdentity, caller: Caller) -> PersonIdentity | None:
        """Whom a list may depend on: the citizen in person, nobody otherwise (A-3)."""
        return person if self._standing(person, caller) is Standing.SELF else None

    def _is_own(self, booking: Booking, caller: Caller) -> bool:
        return self._standing(booking.subject_of_care, caller) is Standing.SELF

    def _own_booking(self, session: Session, booking_id: str, person: PersonIdentity, caller: Caller) -> Booking | None:
        """The citizen's booking that a list is asked for; None for all others, known or not."""
        booking = find.booking(session, booking_id)
        if booking is None or booking.subject_of_care != person or not booking.is_shown:
            return None
        return booking if self._is_own(booking, caller) else None

    def _search(
        self,
        session: Session,
        clinic: Clinic,
        request: s.GetAvailableDates | s.GetAvailableTimeslots,
        caller: Caller,
    ) -> Search:
        days, now, person = (request.start_date, request.end_date), self._clock(), request.subject_of_care
        if request.booking_id is None:
            listed_for = self._listed_for(person, caller)
            return choices.search(session, clinic, asked.filters(request), days, listed_for, now)
        booking = self._own_booking(session, request.booking_id, person, caller)
        if booking is None:
            return Search(clinic.id, (), *days)
        return choices.search_for(session, booking, clinic, request.performers, days, now)

    def _demand_actor(self, caller: Caller) -> None:
        if caller.actor is None and self._actor_required:
            raise ProducerFault(Unanswered.ACTOR_MISSING.value, "Client")

    # -- The audit log

    def _seen(
        self, caller: Caller, facility: HsaId, person: PersonIdentity | None, booking_id: str | None
    ) -> dict[str, Any]:
        return {
            "at": self._clock(),
            "clinic": facility.text,
            "consumer": caller.original_consumer,
            "correlation_id": caller.correlation_id,
            "actor": "" if caller.actor is None else caller.actor.actor_id,
            "subject_of_care": None if person is None else person.number,
            "booking_id": booking_id,
        }

    def _note(self, session: Session, action: AuditAction, outcome: str, seen: dict[str, Any]) -> None:
        holder = seen["subject_of_care"]
        if holder is None and seen["booking_id"] is not None:
            # Whose booking it was is what a follow-up asks for, above all when the answer was a refusal.
            holder = find.holder(session, seen["booking_id"])
        session.execute(_WRITE_LINE, seen | {"action": action, "outcome": outcome, "subject_of_care": holder})

    def _note_look(self, action: AuditAction, outcome: str, seen: dict[str, Any]) -> None:
        with self._opened.writing() as session:
            self._note(session, action, outcome, seen)


_CITIZEN = Author("citizen")
_WRITE_LINE = insert(AUDIT_LOG)


def _author(who: Standing, caller: Caller) -> Author:
    if who is Standing.AGENT and caller.actor is not None:
        return Author("agent", caller.actor.actor_id)
    return _CITIZEN


def _refuse_maker(who: Standing, named: asked.NamedTime) -> Refusal | None:
    """Whether this Actor may make a booking at all; an invitation is for the citizen in person."""
    if who is Standing.UNKNOWN:
        return refuse(Situation.ACTOR_MISSING)
    if who is Standing.OTHER:
        return refuse(Situation.NOT_ALLOWED, reason=Reason.ACTOR)
    if who is Standing.AGENT and named.invitation is not None:
        return refuse(Situation.UNKNOWN_BOOKING)
    return None if named.is_ours else refuse(Situation.GONE)

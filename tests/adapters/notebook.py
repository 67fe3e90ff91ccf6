"""The smallest adapter that a citizen can use: one clinic, one kind of time, a notebook in memory.

Half-hours from nine to noon, Monday to Friday, eight weeks ahead; moved and cancelled until a quarter before. Nothing is
kept when the process ends. It is here to be read, and to be copied as a beginning: docs/adapters.md.
"""

import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from contracts import scheduling as s
from contracts.errors import ProducerFault
from contracts.identifiers import HsaId, PersonIdentity
from contracts.producer import Caller, Health
from contracts.times import SWEDEN, Clock, system_clock

KIND = "BESOK"
NAME = "Besök"
HALF_AN_HOUR, ONE_DAY = timedelta(minutes=30), timedelta(days=1)
LIMIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Line:
    """A booking in the notebook."""

    booking_id: str
    person: PersonIdentity
    start: datetime
    reason: str | None


def create(settings: Mapping[str, Any], *, clock: Clock = system_clock) -> "Notebook":
    """A notebook for the clinic that `facility` names, not open yet. Raises ValueError for what it does not know."""
    unknown = sorted(set(settings) - {"facility"})
    if unknown or "facility" not in settings:
        raise ValueError(f"the notebook has no setting {unknown[0]}" if unknown else "the notebook needs a facility")
    return Notebook(HsaId(settings["facility"]), clock)


class Notebook:
    """A SchedulingProducer; a lock makes each question and each change one at a time."""

    def __init__(self, facility: HsaId, clock: Clock) -> None:
        self._facility, self._clock = facility, clock
        self._lines: dict[str, Line] = {}
        self._cancelled: dict[str, Line] = {}
        self._lock = threading.Lock()

    def open(self) -> None:
        """There is nothing to connect to."""

    def close(self) -> None:
        """There is nothing to let go of."""

    def health(self) -> Health:
        return Health(True, "the notebook is on the desk")

    # -- What is offered

    def get_all_care_types(self, request: s.GetAllCareTypes, caller: Caller) -> s.GetAllCareTypesResponse:
        return s.GetAllCareTypesResponse(())

    def get_all_time_types(self, request: s.GetAllTimeTypes, caller: Caller) -> s.GetAllTimeTypesResponse:
        self._demand(request.healthcare_facility)
        return s.GetAllTimeTypesResponse(() if request.care_type_ids else (s.TimeType(KIND, NAME),))

    def get_all_performers(self, request: s.GetAllPerformers, caller: Caller) -> s.GetAllPerformersResponse:
        return s.GetAllPerformersResponse(())

    def get_all_healthcare_facilities(
        self, request: s.GetAllHealthcareFacilities, caller: Caller
    ) -> s.GetAllHealthcareFacilitiesResponse:
        self._demand(request.healthcare_facility)
        is_known = request.booking_id is None or self._own(request.booking_id, caller) is not None
        return s.GetAllHealthcareFacilitiesResponse((s.FacilityInfo(self._facility, "Anteckningsboken"),) * is_known)

    # -- What is free

    def get_available_dates(self, request: s.GetAvailableDates, caller: Caller) -> s.GetAvailableDatesResponse:
        days = sorted({start.date() for start in self._free(request, caller)})
        found = (s.DateAvailability(self._facility, day, time_type_id=KIND, time_type_name=NAME) for day in days)
        return s.GetAvailableDatesResponse(tuple(found))

    def get_available_timeslots(
        self, request: s.GetAvailableTimeslots, caller: Caller
    ) -> s.GetAvailableTimeslotsResponse:
        return s.GetAvailableTimeslotsResponse(tuple(map(self._time, self._free(request, caller))))

    # -- What is booked

    def get_booking_details(self, request: s.GetBookingDetails, caller: Caller) -> s.GetBookingDetailsResponse:
        self._demand(request.healthcare_facility)
        line = self._own(request.booking_id, caller)
        if line is None:
            raise ProducerFault("the booking does not exist", "Client")
        return s.GetBookingDetailsResponse(self._booked(line))

    def get_subject_of_care_schedule(
        self, request: s.GetSubjectOfCareSchedule, caller: Caller
    ) -> s.GetSubjectOfCareScheduleResponse:
        self._demand(request.healthcare_facility)
        if not _is_in_person(caller, request.subject_of_care):
            raise ProducerFault("only the citizen in person may read the schedule", "Client")
        now = self._clock()
        lines = [one for one in self._lines.values() if one.person == request.subject_of_care and one.start > now]
        return s.GetSubjectOfCareScheduleResponse(tuple(map(self._booked, sorted(lines, key=lambda one: one.start))))

    # -- What changes

    def make_booking(self, request: s.MakeBooking, caller: Caller) -> s.MakeBookingResponse:
        wanted, person = request.timeslot, request.timeslot.subject_of_care
        with self._lock:
            if person is None or not (_is_in_person(caller, person) or _is_agent(caller)):
                return s.MakeBookingResponse("ERROR", None, "Du kan inte boka åt någon annan.")
            if wanted.start not in self._empty():
                return s.MakeBookingResponse("ERROR", None, "Tiden är inte ledig längre. Välj en annan.")
            line = Line(secrets.token_hex(16), person, wanted.start.astimezone(SWEDEN), wanted.reason)
            self._lines[line.booking_id] = line
        return s.MakeBookingResponse("OK", line.booking_id)

    def update_booking(self, request: s.UpdateBooking, caller: Caller) -> s.UpdateBookingResponse:
        wanted = request.timeslot
        with self._lock:
            line = self._own(wanted.booking_id, caller)
            if line is None:
                return s.UpdateBookingResponse("ERROR", "Vi hittar inte bokningen.")
            if not self._may_change(line.start):
                return s.UpdateBookingResponse("ERROR", "Det är för sent att omboka. Ring mottagningen.")
            if wanted.start not in self._empty():
                return s.UpdateBookingResponse("ERROR", "Den nya tiden är inte ledig. Du har kvar din gamla tid.")
            start = wanted.start.astimezone(SWEDEN)
            self._lines[line.booking_id] = replace(line, start=start, reason=wanted.reason or line.reason)
        return s.UpdateBookingResponse("OK")

    def cancel_booking(self, request: s.CancelBooking, caller: Caller) -> s.CancelBookingResponse:
        with self._lock:
            line = self._own(request.booking_id, caller)
            if line is None:
                gone = self._cancelled.get(request.booking_id)
                is_own = gone is not None and _is_in_person(caller, gone.person)
                return s.CancelBookingResponse(
                    "ERROR", "Tiden är redan avbokad." if is_own else "Vi hittar inte bokningen."
                )
            if not self._may_change(line.start):
                return s.CancelBookingResponse("ERROR", "Det är för sent att avboka. Ring mottagningen.")
            self._cancelled[line.booking_id] = self._lines.pop(line.booking_id)
        return s.CancelBookingResponse("OK")

    # -- Private

    def _demand(self, facility: HsaId) -> None:
        if facility != self._facility:
            raise ProducerFault("the clinic is not in this notebook", "Client")

    def _own(self, booking_id: str | None, caller: Caller) -> Line | None:
        """The booking, for its citizen alone: anybody else is told what an unknown id is told."""
        line = self._lines.get(booking_id or "")
        return line if line is not None and _is_in_person(caller, line.person) else None

    def _free(self, request: s.GetAvailableDates | s.GetAvailableTimeslots, caller: Caller) -> list[datetime]:
        self._demand(request.healthcare_facility)
        is_offered = request.time_type_id in (None, KIND) and not request.performers
        if request.booking_id is not None and self._own(request.booking_id, caller) is None:
            return []
        return [one for one in self._empty() if is_offered and request.start_date <= one.date() <= request.end_date]

    def _empty(self) -> list[datetime]:
        taken, now = {line.start for line in self._lines.values()}, self._clock()
        return [start for start in _half_hours(now.astimezone(SWEDEN).date()) if start > now and start not in taken]

    def _may_change(self, start: datetime) -> bool:
        return self._clock() <= start - LIMIT

    def _time(self, start: datetime) -> s.Timeslot:
        may_change = self._may_change(start)
        return s.Timeslot(
            healthcare_facility=self._facility,
            start=start,
            end=start + HALF_AN_HOUR,
            time_type_id=KIND,
            time_type_name=NAME,
            cancel_booking_allowed=may_change,
            rebooking_allowed=may_change,
            message_allowed=True,
        )

    def _booked(self, line: Line) -> s.Timeslot:
        named = {"booking_id": line.booking_id, "subject_of_care": line.person, "reason": line.reason}
        return replace(self._time(line.start), **named)


def _half_hours(today: date) -> Iterator[datetime]:
    for day in (today + ONE_DAY * number for number in range(56)):
        opens = datetime.combine(day, time(9), SWEDEN)
        yield from (opens + HALF_AN_HOUR * number for number in range(6) if day.weekday() < 5)


def _is_in_person(caller: Caller, person: PersonIdentity) -> bool:
    actor = caller.actor
    return actor is not None and actor.actor_type is s.ActorType.SUBJECT_OF_CARE and actor.actor_id == person.number


def _is_agent(caller: Caller) -> bool:
    return caller.actor is not None and caller.actor.actor_type is s.ActorType.SUBJECT_OF_CARE_AGENT

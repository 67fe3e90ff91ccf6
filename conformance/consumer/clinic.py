"""The clinic that the kit plays: free times, bookings and invitations in memory, days counted from a clock.

Two facilities of one system. The `full` one offers all eleven interactions, and its free times have ids; the `plain`
one offers neither kinds of care nor performers, and its times have none. Questions are read leniently (asked.py), so
that a consumer with one fault still gets its answers; what is answered keeps the contract to the letter.
Elsewhere: what goes wrong on purpose before a question comes here (platform.py).
Source: contracts.md §5, I-3 to I-7, MB-11, UB-6.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from conformance.consumer.asked import Question, is_same, stamp
from conformance.consumer.script import Script
from conformance.reading import day_of
from contracts import scheduling as s
from contracts.codec import SCHEDULING_INTERACTIONS
from contracts.identifiers import HsaId, PersonIdentity
from contracts.times import SWEDEN, format_ts

CARE_TYPE = s.CareType("KIT-V1", "Mottagningsbesök")
TIME_TYPE = s.TimeType("KIT-T1", "Nybesök")
INVITED_TYPE = s.TimeType("KIT-T2", "Besök efter kallelse")
PERFORMER = s.PerformerInfo(HsaId("SE2321009991-KIT1"), "Disa", "Provsson", "Leg läkare")
NOT_PLAIN = ("GetAllCareTypes", "GetAllPerformers")
"""What the plain facility does not offer."""
TAKEN = "Tiden finns inte att boka. Välj en annan."
UNKNOWN = "Bokningen finns inte."
FORBIDDEN = "Tiden kan inte ändras på webben. Ring mottagningen."
_HALF_HOUR = timedelta(minutes=30)


class ClinicFault(Exception):
    """A question that can only be answered with a SOAP fault; the sentence names nobody."""


@dataclass(frozen=True, slots=True)
class Facility:
    hsa_id: HsaId
    name: str
    is_full: bool


@dataclass
class Clinic:
    """The state of one scenario. Not for two threads at once."""

    full: Facility
    plain: Facility
    script: Script
    free: list[s.Timeslot] = field(default_factory=list)
    booked: dict[str, s.Timeslot] = field(default_factory=dict)
    listed_for: dict[str, tuple[Facility, ...]] = field(default_factory=dict)  # where a booking may go, by its id
    made: int = 0

    # -- Before the play

    def open_times(self, day: date, *hours: int) -> None:
        """Free times at both facilities, of the usual kind and, at the plain one, of the kind that invitations have."""
        for hour in hours:
            start = datetime(day.year, day.month, day.day, hour, tzinfo=SWEDEN)
            self.free.append(self._time(self.full, start, TIME_TYPE, f"KIT-F{len(self.free) + 1}"))
            self.free += [self._time(self.plain, start, kind) for kind in (TIME_TYPE, INVITED_TYPE)]

    def _time(self, where: Facility, start: datetime, kind: s.TimeType, name: str | None = None) -> s.Timeslot:
        more: dict[str, Any] = {}
        if where.is_full:
            more = {
                "performer": PERFORMER.performer,
                "performer_name": f"{PERFORMER.title} {PERFORMER.first_name} {PERFORMER.last_name}",
                "care_type_id": CARE_TYPE.care_type_id,
                "care_type_name": CARE_TYPE.name,
                "message_allowed": True,
            }
        return s.Timeslot(
            where.hsa_id,
            start,
            start + _HALF_HOUR,
            booking_id=name,
            healthcare_facility_name=where.name,
            time_type_id=kind.time_type_id,
            time_type_name=kind.name,
            **more,
        )

    def plant(self, id: str, where: Facility, who: PersonIdentity, start: datetime, **changes: Any) -> None:
        """A booking that is there when the play begins; it may be cancelled and moved, and says so."""
        slot = self._time(where, start, TIME_TYPE, id)
        self.booked[id] = replace(slot, subject_of_care=who, **{**_flags(True), **changes})

    def invite(self, id: str, who: PersonIdentity, text: str) -> None:
        """An open invitation of the full facility's, to be used at the plain one (MB-5)."""
        self.booked[id] = s.Timeslot(
            self.full.hsa_id,
            booking_id=id,
            subject_of_care=who,
            purpose=text,
            healthcare_facility_name=self.full.name,
            time_type_id=INVITED_TYPE.time_type_id,
            time_type_name=INVITED_TYPE.name,
            is_invitation=True,
            **_flags(False),
        )
        self.listed_for[id] = (self.plain,)

    # -- Answering

    def at(self, hsa_id: str) -> Facility | None:
        return next((one for one in (self.full, self.plain) if is_same(one.hsa_id.text, hsa_id)), None)

    def offers(self, where: Facility, interaction: str) -> bool:
        return where.is_full or interaction not in NOT_PLAIN

    def answer(self, asked: Question) -> Any:
        """The typed answer to one of the eleven. Raises ClinicFault."""
        return getattr(self, SCHEDULING_INTERACTIONS[asked.interaction].method)(asked)

    def get_all_care_types(self, asked: Question) -> s.GetAllCareTypesResponse:
        return s.GetAllCareTypesResponse((CARE_TYPE,))

    def get_all_performers(self, asked: Question) -> s.GetAllPerformersResponse:
        return s.GetAllPerformersResponse((PERFORMER,))

    def get_all_time_types(self, asked: Question) -> s.GetAllTimeTypesResponse:
        return s.GetAllTimeTypesResponse((TIME_TYPE,))

    def get_all_healthcare_facilities(self, asked: Question) -> s.GetAllHealthcareFacilitiesResponse:
        here = self.at(asked.facility)
        listed = (here,) if asked.booking_id is None else self.listed_for.get(asked.booking_id, ())
        if asked.booking_id in self.booked and asked.booking_id not in self.listed_for:
            listed = (here,)
        told = (s.FacilityInfo(self.spelled(one.hsa_id), one.name) for one in listed if one is not None)
        return s.GetAllHealthcareFacilitiesResponse(tuple(told))

    def get_available_dates(self, asked: Question) -> s.GetAvailableDatesResponse:
        found = dict.fromkeys((one.start.date(), one.time_type_id) for one in self._free(asked) if one.start)
        where = self.spelled(HsaId(asked.facility))
        return s.GetAvailableDatesResponse(
            tuple(s.DateAvailability(where, day, time_type_id=kind) for day, kind in found)
        )

    def get_available_timeslots(self, asked: Question) -> s.GetAvailableTimeslotsResponse:
        return s.GetAvailableTimeslotsResponse(tuple(map(self._respelled, self._free(asked))))

    def _free(self, asked: Question) -> Iterator[s.Timeslot]:
        first, last = day_of(asked.text("startDateInclusive")), day_of(asked.text("endDateInclusive"))
        performers = [] if asked.payload is None else asked.payload.texts("performer")
        kind = self._kind_asked_for(asked)
        for one in self.free:
            assert one.start is not None
            is_wanted = (
                is_same(one.healthcare_facility.text, asked.facility)
                and (first is None or one.start.date() >= first)
                and (last is None or one.start.date() <= last)
                and one.time_type_id == kind
                and (not performers or any(one.performer == HsaId(name) for name in performers))
            )
            if is_wanted:
                yield one

    def _kind_asked_for(self, asked: Question) -> str | None:
        """With a bookingId the booking's own kind governs (GAT-2)."""
        if asked.booking_id is None:
            return asked.text("timeTypeID") or TIME_TYPE.time_type_id
        old = self.booked.get(asked.booking_id)
        return None if old is None else old.time_type_id

    def get_booking_details(self, asked: Question) -> s.GetBookingDetailsResponse:
        found = self.booked.get(asked.booking_id or "")
        if found is None:
            raise ClinicFault("There is no such booking.")
        return s.GetBookingDetailsResponse(self._respelled(found))

    def get_subject_of_care_schedule(self, asked: Question) -> s.GetSubjectOfCareScheduleResponse:
        return s.GetSubjectOfCareScheduleResponse(self.schedule(asked, self.at(asked.facility)))

    def schedule(self, asked: Question, where: Facility | None) -> tuple[s.Timeslot, ...]:
        """What the citizen has booked, at one facility or, for None, at both. Open invitations are not in it (I-7)."""
        who = (asked.text("subject_of_care") or "").upper()
        found = [
            one
            for one in self.booked.values()
            if one.start is not None
            and one.subject_of_care is not None
            and one.subject_of_care.number == who
            and where in (None, self.at(one.healthcare_facility.text))
        ]
        return tuple(self._in_schedule(one) for one in found)

    def _in_schedule(self, one: s.Timeslot) -> s.Timeslot:
        if self.script.omits_flags:
            left = {name: None for name in _flags(False) if not getattr(one, name)}
            one = replace(one, **left)  # type: ignore[arg-type]
        return self._respelled(one)

    # -- Changing

    def make_booking(self, asked: Question) -> s.MakeBookingResponse:
        told = self.script.told.get("MakeBooking")
        if told is not None and told.code == "ERROR":
            return s.MakeBookingResponse("ERROR", result_text=told.text)
        slot = self._taken(asked)
        if slot is None:
            return s.MakeBookingResponse("ERROR", result_text=TAKEN)
        invitation = self.booked.get(asked.booking_id or "")
        if invitation is not None and invitation.start is None:
            del self.booked[asked.booking_id or ""]
        self.made += 1
        made = f"KIT-B{self.made}"
        self._book(made, slot, asked)
        return s.MakeBookingResponse(told.code if told else "OK", made, told.text if told else None)

    def update_booking(self, asked: Question) -> s.UpdateBookingResponse:
        told = self.script.told.get("UpdateBooking")
        old = self.booked.get(asked.booking_id or "")
        if told is not None and told.code == "ERROR":
            return s.UpdateBookingResponse("ERROR", told.text)
        if old is None or old.start is None:
            return s.UpdateBookingResponse("ERROR", UNKNOWN)
        if not old.rebooking_allowed:
            return s.UpdateBookingResponse("ERROR", FORBIDDEN)
        slot = self._taken(asked)
        if slot is None:
            return s.UpdateBookingResponse("ERROR", TAKEN)
        del self.booked[asked.booking_id or ""]
        self._book(f"{asked.booking_id}-NEW" if self.script.changes_ids else asked.booking_id or "", slot, asked)
        return s.UpdateBookingResponse(told.code if told else "OK", told.text if told else None)

    def cancel_booking(self, asked: Question) -> s.CancelBookingResponse:
        told = self.script.told.get("CancelBooking")
        old = self.booked.get(asked.booking_id or "")
        if told is not None and told.code == "ERROR":
            return s.CancelBookingResponse("ERROR", told.text)
        if old is None or not old.cancel_booking_allowed:
            return s.CancelBookingResponse("ERROR", UNKNOWN if old is None else FORBIDDEN)
        del self.booked[asked.booking_id or ""]
        return s.CancelBookingResponse(told.code if told else "OK", told.text if told else None)

    def _taken(self, asked: Question) -> s.Timeslot | None:
        """The free time that the request names by its start, taken; of several the one of its kind."""
        wanted = asked.slot
        kind = wanted.text("timeTypeID") if wanted else None
        fitting = [
            one
            for one in self.free
            if one.start is not None
            and is_same(one.healthcare_facility.text, asked.facility)
            and format_ts(one.start) == stamp(wanted)
        ]
        fitting.sort(key=lambda one: one.time_type_id != kind)
        if not fitting:
            return None
        self.free.remove(fitting[0])
        return fitting[0]

    def _book(self, id: str, slot: s.Timeslot, asked: Question) -> None:
        wanted = asked.slot
        number = (wanted.text("subject_of_care") if wanted else None) or ""
        try:
            who = PersonIdentity(number)
        except ValueError:
            raise ClinicFault("The request names no citizen.") from None
        reason = wanted.text("reason") if wanted else None
        self.booked[id] = replace(slot, booking_id=id, subject_of_care=who, reason=reason, **_flags(True))

    # -- How ids are spelled

    def _respelled(self, slot: s.Timeslot) -> s.Timeslot:
        return replace(slot, healthcare_facility=self.spelled(slot.healthcare_facility))

    def spelled(self, hsa_id: HsaId) -> HsaId:
        """As the consumer knows it, or in the other case."""
        if not self.script.respells:
            return hsa_id
        text = hsa_id.text
        return HsaId(text.upper() if text == text.lower() else text.lower())


def _flags(value: bool) -> dict[str, Any]:
    return {"cancel_booking_allowed": value, "rebooking_allowed": value, "message_allowed": value}

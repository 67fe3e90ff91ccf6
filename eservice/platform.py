"""Asking clinics, always through the gateway, by SOAP.

Each question goes to the clinic's own logical address with the citizen as Actor. Optional contracts are looked up in
the platform's registry and left out where they are not to be had: no platform error about a missing route is ever shown
(E16). What a clinic answers is checked to be this citizen's before anything is made of it, for the contracts name
nobody in their questions about bookings (R38).
Rules of booking are not here, nor anywhere in the e-service.
Elsewhere: what failures mean to the citizen (troubles.py); the calls themselves (contracts/consumer.py).
Source: domain.md §4, §5.11 (E12 to E16), R38, R40; contracts.md §5, §11.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from contracts import scheduling as s
from contracts.codec import SCHEDULING_INTERACTIONS
from contracts.consumer import AnswerUnusable, InternalCaller, SchedulingConsumer, may_have_happened
from contracts.errors import NotAuthorised, PlatformError, ProducerFault, RouteAmbiguous, RouteMissing
from contracts.identifiers import HsaId
from contracts.registry_consumer import RegistryConsumer
from contracts.times import Clock
from contracts.transport import NoAnswer, Transport
from eservice.people import Person
from eservice.settings import EServiceSettings
from eservice.troubles import BookingOfAnother, BookingUnknown, NotReached, Outcome, OutcomeUnknown, outcome_of

log = logging.getLogger(__name__)

THREADS = 16
NO_BOOKING = "no-such-booking"
Answer = TypeVar("Answer")

_FAILURES = (PlatformError, ProducerFault, AnswerUnusable, NoAnswer)
_NOT_OFFERED = (RouteMissing, NotAuthorised)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a free time must be: its kind, its kind of care, with whom; or to take a booking's or an invitation's place.

    With `booking_id` the booking decides and the rest is left out (GAD-2).
    """

    time_type: str | None = None
    care_type: str | None = None
    performer: HsaId | None = None
    booking_id: str | None = None


@dataclass(frozen=True, slots=True)
class Everywhere:
    """A citizen's times at all clinics. `failed`: clinics that gave nothing; `old`: those whose part may be old.

    `is_silent`: clinics were asked, and none gave anything.
    """

    timeslots: tuple[s.Timeslot, ...]
    failed: tuple[HsaId, ...] = ()
    old: tuple[HsaId, ...] = ()
    is_silent: bool = False


class Platform:
    """The way to all clinics. May be used from many threads."""

    def __init__(self, settings: EServiceSettings, transport: Transport, clock: Clock) -> None:
        caller = InternalCaller(settings.hsa_id, settings.platform_instance)
        self._settings, self._clock = settings, clock
        self._itself = s.Actor(settings.hsa_id, s.ActorType.SUBJECT_OF_CARE_AGENT)  # where no citizen asks
        self._consumer = SchedulingConsumer(settings.platform_url, transport, caller=caller)
        instance = HsaId(settings.platform_instance)
        self._registry = RegistryConsumer(settings.platform_url, transport, instance, caller)
        self._offered: dict[HsaId, tuple[datetime, frozenset[str] | None]] = {}
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="eservice-asks")

    def close(self) -> None:
        self._pool.shutdown()

    def at_once(self, *asks: Callable[[], Answer]) -> list[Answer]:
        """The answers to questions asked at the same time, in their order. Raises what the first to fail raised."""
        if len(asks) == 1:
            return [asks[0]()]
        waiting = [self._pool.submit(copy_context().run, ask) for ask in asks]
        return [one.result() for one in waiting]

    def those_that_answer(self, asks: Sequence[Callable[[], Answer]], seconds: float) -> list[Answer | None]:
        """The answers to questions asked at the same time, in their order; None for those that reached nobody, or gave
        no answer in so many seconds."""
        waiting = [self._pool.submit(copy_context().run, ask) for ask in asks]
        wait(waiting, timeout=seconds)
        return [_answer_or_none(one) for one in waiting]

    # -- What is offered

    def offers(self, clinic: HsaId, interaction: str) -> bool:
        """Whether the clinic can be asked this; when the registry is silent, it is tried."""
        told = self._contracts(clinic)
        return told is None or SCHEDULING_INTERACTIONS[interaction].contract in told

    def missing(self, clinic: HsaId, interactions: Sequence[str]) -> tuple[str, ...] | None:
        """Those that the clinic cannot be asked, by what the registry says now; None when the registry is silent."""
        told = self._told_by_registry(clinic)
        if told is None:
            return None
        return tuple(one for one in interactions if SCHEDULING_INTERACTIONS[one].contract not in told)

    def leads_to(self, clinic: HsaId) -> bool | None:
        """Whether there is a route to the clinic now; None when the platform is silent.

        The registry tells of authorisations alone, so this asks for a booking that there is not: any answer but that
        there is no way came by one.
        """
        try:
            self._consumer.get_booking_details(s.GetBookingDetails(clinic, NO_BOOKING), actor=self._itself)
        except (RouteMissing, RouteAmbiguous):
            return False
        except NoAnswer:
            return None
        except _FAILURES:
            return True
        return True

    def _contracts(self, clinic: HsaId) -> frozenset[str] | None:
        kept = self._offered.get(clinic)
        if kept is not None and self._clock() - kept[0] < timedelta(seconds=self._settings.registry_seconds):
            return kept[1]
        told = self._told_by_registry(clinic)
        return kept[1] if told is None and kept is not None else told

    def _told_by_registry(self, clinic: HsaId) -> frozenset[str] | None:
        try:
            told = self._registry.supported_contracts(clinic)
        except _FAILURES as error:
            log.warning("registry_silent: %s", _why(error), extra={"logical_address": clinic.text})
            kept = self._offered.get(clinic)
            self._offered[clinic] = self._clock(), None if kept is None else kept[1]  # not asked again at every page
            return None
        self._offered[clinic] = self._clock(), told
        return told

    def facilities(self, clinic: HsaId, person: Person, booking_id: str | None = None) -> tuple[s.FacilityInfo, ...]:
        """Where else the citizen may book, or move the booking to; empty when the clinic does not say."""
        request = s.GetAllHealthcareFacilities(clinic, person.identity, booking_id)
        answer = self._optional(clinic, self._consumer.get_all_healthcare_facilities, request, person)
        return () if answer is None else answer.facilities

    def care_types(self, clinic: HsaId, person: Person) -> tuple[s.CareType, ...]:
        request = s.GetAllCareTypes(clinic, person.identity)
        answer = self._optional(clinic, self._consumer.get_all_care_types, request, person)
        return () if answer is None else answer.care_types

    def performers(self, clinic: HsaId, person: Person, wish: Wish) -> tuple[s.PerformerInfo, ...]:
        times = (wish.time_type,) if wish.time_type else ()
        request = s.GetAllPerformers(clinic, person.identity, times, self._care(clinic, wish.care_type))
        answer = self._optional(clinic, self._consumer.get_all_performers, request, person)
        return () if answer is None else answer.performers

    def time_types(self, clinic: HsaId, person: Person, care_type: str | None = None) -> tuple[s.TimeType, ...]:
        request = s.GetAllTimeTypes(clinic, person.identity, self._care(clinic, care_type))
        return self._read(clinic, self._consumer.get_all_time_types, request, person).time_types

    def _care(self, clinic: HsaId, care_type: str | None) -> tuple[str, ...]:
        """Kinds of care may be sent only to those who offer GetAllCareTypes (§4)."""
        return (care_type,) if care_type and self.offers(clinic, "GetAllCareTypes") else ()

    # -- Free times

    def days(self, clinic: HsaId, person: Person, wish: Wish, first: date, last: date) -> tuple[date, ...]:
        """The days with a free time, in order."""
        request = s.GetAvailableDates(clinic, person.identity, first, last, **self._filters(clinic, wish))
        found = self._read(clinic, self._consumer.get_available_dates, request, person).availabilities
        return tuple(sorted({one.day for one in found}))

    def times(
        self, clinic: HsaId, person: Person, wish: Wish, first: date, last: date
    ) -> s.GetAvailableTimeslotsResponse:
        """The free times from `first` to `last`, in order, with what the system says beside them."""
        request = s.GetAvailableTimeslots(clinic, person.identity, first, last, **self._filters(clinic, wish))
        return self._read(clinic, self._consumer.get_available_timeslots, request, person)

    def _filters(self, clinic: HsaId, wish: Wish) -> dict[str, Any]:
        if wish.booking_id is not None:
            return {"booking_id": wish.booking_id}
        care = self._care(clinic, wish.care_type)
        return {
            "time_type_id": wish.time_type,
            "care_type_id": care[0] if care else None,
            "performers": (wish.performer,) if wish.performer else (),
        }

    # -- What is booked

    def everywhere(self, person: Person) -> Everywhere:
        """The citizen's times at all clinics, asked for once at the platform's own address (§5.5).

        Raises NotReached where there is no such address, or nobody answers at it.
        """
        if not self._settings.aggregated_address.strip():
            raise NotReached(HsaId(self._settings.platform_instance), "no aggregated address")
        address = HsaId(self._settings.aggregated_address)
        request = s.GetSubjectOfCareSchedule(address, person.identity)
        answer = self._read(address, self._consumer.get_aggregated_schedule, request, person)
        slots = tuple(one for one in answer.schedule.timeslots if one.subject_of_care in (None, person.identity))
        told = [(HsaId(one.logical_address), one) for one in answer.sources if one.logical_address.strip()]
        failed = tuple(clinic for clinic, one in told if not one.has_answered and not one.is_from_cache)
        old = tuple(clinic for clinic, one in told if not one.has_answered and one.is_from_cache)
        return Everywhere(slots, failed, old, is_silent=bool(failed) and len(failed) == len(told) and not slots)

    def schedule(self, clinic: HsaId, person: Person) -> tuple[s.Timeslot, ...]:
        """The citizen's times at one clinic; those of anybody else are left out."""
        request = s.GetSubjectOfCareSchedule(clinic, person.identity)
        slots = self._read(clinic, self._consumer.get_subject_of_care_schedule, request, person).timeslots
        return tuple(one for one in slots if one.subject_of_care in (None, person.identity))

    def booking(self, clinic: HsaId, booking_id: str, person: Person) -> s.Timeslot:
        """A booking or invitation of this citizen. Raises BookingUnknown for all others (E12, R38)."""
        request = s.GetBookingDetails(clinic, booking_id)
        try:
            slot = self._consumer.get_booking_details(request, actor=person.actor).timeslot
        except ProducerFault as error:
            if error.faultcode == "Client":
                raise BookingUnknown from None
            raise _not_reached(clinic, error) from None
        except _FAILURES as error:
            raise _not_reached(clinic, error) from None
        if slot.subject_of_care != person.identity:
            log.warning("booking_of_another_refused", extra={"logical_address": clinic.text})
            raise BookingOfAnother
        return slot

    # -- Changing

    def make(self, clinic: HsaId, slot: s.Timeslot, about: s.SubjectOfCareInfo, person: Person) -> Outcome:
        """Book. `slot` is the free time as it came, with its citizen and reason (MB-3)."""
        return self._write(clinic, self._consumer.make_booking, s.MakeBooking(clinic, slot, about), person)

    def move(self, clinic: HsaId, slot: s.Timeslot, about: s.SubjectOfCareInfo, person: Person) -> Outcome:
        """Move the booking `slot.booking_id` to `slot`'s time; `clinic` is where the call is addressed (UB-2)."""
        return self._write(clinic, self._consumer.update_booking, s.UpdateBooking(slot, about), person)

    def cancel(self, clinic: HsaId, booking_id: str, message: str | None, person: Person) -> Outcome:
        request = s.CancelBooking(clinic, booking_id, message)
        return self._write(clinic, self._consumer.cancel_booking, request, person)

    # -- How

    def _optional(self, clinic: HsaId, ask: Callable[..., Answer], request: object, person: Person) -> Answer | None:
        """The answer; None where the clinic does not offer the contract (E16)."""
        if not self.offers(clinic, type(request).__name__):
            return None
        try:
            return ask(request, actor=person.actor, logical_address=clinic)
        except _NOT_OFFERED:
            return None
        except _FAILURES as error:
            raise _not_reached(clinic, error) from None

    def _read(self, clinic: HsaId, ask: Callable[..., Answer], request: object, person: Person) -> Answer:
        try:
            return ask(request, actor=person.actor, logical_address=clinic)
        except _FAILURES as error:
            raise _not_reached(clinic, error) from None

    def _write(self, clinic: HsaId, ask: Callable[..., Any], request: object, person: Person) -> Outcome:
        """What came of it. Raises OutcomeUnknown when it may have happened, NotReached when it has not (MB-10)."""
        try:
            return outcome_of(ask(request, actor=person.actor, logical_address=clinic))
        except _FAILURES as error:
            if not may_have_happened(error):
                raise _not_reached(clinic, error) from None
            log.warning("outcome_unknown: %s", _why(error), extra={"logical_address": clinic.text})
            raise OutcomeUnknown(clinic, _why(error)) from None


def wanted(free: s.Timeslot, person: Person, reason: str | None, booking_id: str | None = None) -> s.Timeslot:
    """A free time as it is handed back: as it came (MB-3), with its citizen and reason, without flags.

    `booking_id` is that of the booking to move or the invitation to use; else the free time's own stays.
    """
    return replace(
        free,
        subject_of_care=person.identity,
        reason=reason or None,
        booking_id=booking_id or free.booking_id,
        cancel_booking_allowed=None,
        rebooking_allowed=None,
        message_allowed=None,
        is_invitation=None,
    )


def _answer_or_none(waiting: Future[Answer]) -> Answer | None:
    if not waiting.done():
        waiting.cancel()
        return None
    try:
        return waiting.result()
    except NotReached:
        return None


def _not_reached(clinic: HsaId, error: Exception) -> NotReached:
    why = _why(error)
    log.warning("clinic_not_reached: %s", why, extra={"logical_address": clinic.text})
    return NotReached(clinic, why)


def _why(error: Exception) -> str:
    """The code or the kind of a failure: what it says of itself may quote a system's words."""
    return error.code if isinstance(error, PlatformError) else type(error).__name__


def in_order(slots: Sequence[s.Timeslot]) -> tuple[s.Timeslot, ...]:
    """By start; those without one (open invitations) last."""
    return tuple(sorted(slots, key=lambda one: (one.start is None, one.start)))

"""The timebook's values as messages: which element of a Timeslot is said where.

The matrix of contracts.md §5.1: a free time has no citizen and is no invitation, a booking has both answered; what has
no value is None and left out (G-11). A refusal carries its internal code, and the rule and
reason of it, in an extension of our own namespace.
Elsewhere: how a message is spelled (contracts' codec), what may be said at all (rules.py, access.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from contracts import scheduling as s
from contracts import xml
from contracts.namespaces import TIDBRO
from contracts.times import SWEDEN
from scheduling_backends.engine import rules
from scheduling_backends.engine.book import Done
from scheduling_backends.engine.entries import (
    Booking,
    CareType,
    Clinic,
    FreeDay,
    FreeTime,
    Performer,
    Resource,
    TimeType,
)
from scheduling_backends.engine.models import SLOT_PREFIX
from scheduling_backends.engine.offer import ReasonMode
from scheduling_backends.engine.refusals import RULES, Reason, Refusal


def free_time(clinic: Clinic, time: FreeTime, now: datetime) -> s.Timeslot:
    """A free time (column GAT); its booking id is the free time's, its flags what will hold once it is booked."""
    flags = rules.flags_of_free_time(clinic.settings, time.time_type.settings, time.start, now)
    return s.Timeslot(
        healthcare_facility=clinic.hsa_id,
        healthcare_facility_name=clinic.settings.name,
        start=_swedish(time.start),
        end=_swedish(time.end),
        booking_id=f"{SLOT_PREFIX}{time.slot_id}",
        purpose=time.time_type.settings.purpose,
        cancel_booking_allowed=flags.cancel,
        rebooking_allowed=flags.rebook,
        message_allowed=flags.message,
        **_kind(time.time_type),
        **_with(time.performer, time.resource),
    )


@dataclass(frozen=True, slots=True)
class ReadyReasons:
    """The ready reasons of a kind of time, which a citizen may choose from instead of writing one, and whether a reason
    must be given (R18). The contract's own flag tells only that it may be."""

    time_type_id: str
    reasons: tuple[str, ...]
    is_required: bool = False


def free_times(clinic: Clinic, found: Sequence[FreeTime], now: datetime) -> s.GetAvailableTimeslotsResponse:
    """The free times, and beside them what their kinds of time want of the reason."""
    kinds = {time.time_type.settings.code: time.time_type.settings for time in found}
    told = [
        ReadyReasons(code, kind.ready_reasons, kind.booking_reason is ReasonMode.REQUIRED)
        for code, kind in sorted(kinds.items())
        if kind.booking_reason is not ReasonMode.NO
    ]
    ready = tuple(ready_extension(one) for one in told if one.reasons or one.is_required)
    return s.GetAvailableTimeslotsResponse(tuple(free_time(clinic, time, now) for time in found), ready)


def ready_extension(ready: ReadyReasons) -> bytes:
    """`<readyReasons xmlns="urn:tidbro:scheduling:1" timeTypeID="TEL10"><reason>Recept</reason></readyReasons>`.

    With `required="true"` where a reason must be given; then it may hold none to choose from.
    """
    element = etree.Element(f"{{{TIDBRO}}}readyReasons", nsmap={None: TIDBRO}, timeTypeID=ready.time_type_id)
    if ready.is_required:
        element.set("required", "true")
    for reason in ready.reasons:
        etree.SubElement(element, f"{{{TIDBRO}}}reason").text = reason
    return etree.tostring(element)


def ready_reasons_in(extensions: s.core.Extensions) -> tuple[ReadyReasons, ...]:
    """What `ready_extension` has written; other elements are passed over."""
    told = [element for one in extensions if (element := xml.parse(one)).tag == f"{{{TIDBRO}}}readyReasons"]
    return tuple(
        ReadyReasons(str(one.get("timeTypeID")), tuple(map(xml.text_of, one)), one.get("required") == "true")
        for one in told
    )


def free_day(clinic: Clinic, free: FreeDay) -> s.DateAvailability:
    """A day with a free time (GAD)."""
    return s.DateAvailability(
        healthcare_facility=clinic.hsa_id,
        day=free.day,
        performer=None if free.performer is None else free.performer.hsa_id,
        resource_name=None if free.resource is None else free.resource.name,
        resource_id=None if free.resource is None else free.resource.code,
        **_kind(free.time_type),
    )


def booked(booking: Booking, now: datetime) -> s.Timeslot:
    """A booking or invitation (columns GBD and GSS). An invitation's purpose is its text (GBD-4)."""
    settings = booking.time_type.settings
    flags = rules.flags_of_booking(booking.clinic.settings, settings, booking.facts, now)
    return s.Timeslot(
        healthcare_facility=booking.clinic.hsa_id,
        healthcare_facility_name=booking.clinic.settings.name,
        start=_swedish(booking.start),
        end=_swedish(booking.end),
        booking_id=booking.id,
        subject_of_care=booking.subject_of_care,
        purpose=booking.invitation_text if booking.is_invitation else settings.purpose,
        reason=booking.reason,
        cancel_booking_allowed=flags.cancel,
        rebooking_allowed=flags.rebook,
        message_allowed=flags.message,
        is_invitation=booking.is_invitation,
        **_kind(booking.time_type),
        **_with(booking.performer, booking.resource),
    )


def time_type(kind: TimeType) -> s.TimeType:
    return s.TimeType(kind.settings.code, kind.settings.web_name)


def care_type(kind: CareType) -> s.CareType:
    return s.CareType(kind.code, kind.name)


def performer(somebody: Performer) -> s.PerformerInfo:
    return s.PerformerInfo(somebody.hsa_id, somebody.first_name, somebody.last_name, somebody.title)


def facility(clinic: Clinic) -> s.FacilityInfo:
    return s.FacilityInfo(clinic.hsa_id, clinic.settings.name)


def make_booking(outcome: Done | Refusal) -> s.MakeBookingResponse:
    """OK or INFO with the booking's id (MB-1), or ERROR."""
    booking_id = outcome.booking_id if isinstance(outcome, Done) else None
    return s.MakeBookingResponse(result_code(outcome), booking_id, _text(outcome), _extensions(outcome))


def update_booking(outcome: Done | Refusal) -> s.UpdateBookingResponse:
    return s.UpdateBookingResponse(result_code(outcome), _text(outcome), _extensions(outcome))


def cancel_booking(outcome: Done | Refusal) -> s.CancelBookingResponse:
    return s.CancelBookingResponse(result_code(outcome), _text(outcome), _extensions(outcome))


def result_code(outcome: Done | Refusal) -> s.ResultCode:
    """ERROR for a refusal; INFO when the citizen must be told something, else OK (G-16, R20)."""
    if isinstance(outcome, Refusal):
        return "ERROR"
    return "INFO" if outcome.message else "OK"


def _text(outcome: Done | Refusal) -> str | None:
    return outcome.text if isinstance(outcome, Refusal) else outcome.message


def _extensions(outcome: Done | Refusal) -> s.core.Extensions:
    """The element `refusal` beside a refusal's text (domain.md §5.11)."""
    return () if isinstance(outcome, Done) else (extension(outcome.code, outcome.reason),)


def extension(code: str, reason: Reason | None) -> bytes:
    """`<refusal xmlns="urn:tidbro:scheduling:1"><code>…</code><rule>R7</rule><reason>AGE</reason></refusal>`.

    Without `rule` where the reason is about none, with the code alone where no reason is known.
    """
    element = etree.Element(f"{{{TIDBRO}}}refusal", nsmap={None: TIDBRO})
    etree.SubElement(element, f"{{{TIDBRO}}}code").text = code
    rule = None if reason is None else RULES.get(reason)
    for name, text in (("rule", rule), ("reason", reason)):
        if text is not None:
            etree.SubElement(element, f"{{{TIDBRO}}}{name}").text = text
    return etree.tostring(element)


def _swedish(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(SWEDEN)


def _kind(kind: TimeType) -> dict[str, Any]:
    named = {"time_type_id": kind.settings.code, "time_type_name": kind.settings.web_name}
    if kind.care_type is not None:
        named |= {"care_type_id": kind.care_type.code, "care_type_name": kind.care_type.name}
    return named


def _with(somebody: Performer | None, something: Resource | None) -> dict[str, Any]:
    who = {} if somebody is None else {"performer": somebody.hsa_id, "performer_name": somebody.displayed}
    where = {} if something is None else {"resource_id": something.code, "resource_name": something.name}
    return who | where

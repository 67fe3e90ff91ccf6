"""The copy of a confirmation that goes to the inbox, and what else follows from a booking, a move or a cancellation.

All of it is written in one transaction: the letter, what became of earlier letters, reminders that move or go, the
clinic among the citizen's own, the notice by e-mail or SMS, and that the change was the citizen's, so that the index's
word of it is no news.
Elsewhere: the receipt's page (step_done.py); changes that staff make (engagements.py).
Source: domain.md §5.2, §5.9, §5.10.
"""

from typing import Any

from sqlalchemy.orm import Session

from contracts import scheduling as s
from contracts.identifiers import HsaId
from eservice import reminders, slots, visits
from eservice.calendar_entries import Booking
from eservice.inbox import LetterKind
from eservice.journeys import Journey
from eservice.people import Person
from eservice.reminders import Booked

_KINDS: dict[str, LetterKind] = {"book": "booked", "rebook": "rebooked", "cancel": "cancelled"}


def confirm(journey: Journey, citizen: Person, subject: Person) -> None:
    """Everything that follows from a flow that was carried out. Doing it again changes nothing."""
    eservice = visits.eservice()
    with eservice.database.writing() as session:
        _letter(session, journey, subject)
        _own_clinic(session, journey, subject)
        _calendar(session, journey, subject)
        _reminders(session, journey, subject)


def _reminders(session: Session, journey: Journey, subject: Person) -> None:
    """They go with a booking that was moved, and with one that was cancelled they are gone (§5.10)."""
    if journey.booking_id is None:
        return
    old = Booked(subject.number, journey.clinic, journey.booking_id)
    if journey.kind == "cancel":
        reminders.drop(session, old)
    elif journey.slot is not None and journey.slot.start is not None:
        booking_id = journey.result.get("booking_id") or journey.booking_id
        new = Booked(subject.number, journey.slot.healthcare_facility, booking_id)
        reminders.move(session, old, new, journey.slot.start, visits.now())


def _letter(session: Session, journey: Journey, subject: Person) -> None:
    inbox, now, key = visits.eservice().inbox, visits.now(), f"flow:{journey.id}"
    if inbox.has(session, key):
        return
    booking_id = journey.result.get("booking_id") or journey.booking_id or ""
    kind, slot = _KINDS[journey.kind], journey.old if journey.kind == "cancel" else journey.slot
    assert slot is not None
    if journey.booking_id is not None:
        status = {"book": "used", "rebook": "replaced", "cancel": "cancelled"}[journey.kind]
        inbox.mark(session, subject.number, journey.clinic, journey.booking_id, status)  # type: ignore[arg-type]
    told = told_of(slot, visits.eservice().clinics.name_of(slot.healthcare_facility), journey.result.get("text", ""))
    inbox.put(session, subject.number, kind, slot.healthcare_facility, booking_id, told, key, now)


def _own_clinic(session: Session, journey: Journey, subject: Person) -> None:
    """Where somebody has a time is one of the own clinics."""
    if journey.slot is not None and journey.kind != "cancel":
        clinic = journey.slot.healthcare_facility
        visits.eservice().own_clinics.put(session, subject.number, clinic, "booked", visits.now())


def _calendar(session: Session, journey: Journey, subject: Person) -> None:
    """A moved time stays the same entry in calendars."""
    slot, old_id = journey.slot, journey.booking_id
    if journey.kind != "rebook" or slot is None or slot.start is None or old_id is None:
        return
    old = Booking(subject.number, journey.clinic, old_id)
    new = Booking(subject.number, slot.healthcare_facility, journey.result.get("booking_id") or old_id)
    visits.eservice().calendar_entries.move(session, old, new, slot.start)


def told_of(slot: s.Timeslot, clinic_name: str, text: str = "") -> dict[str, Any]:
    """What a letter keeps of a time: what the receipt said."""
    return {
        "start": slot.start.isoformat() if slot.start else "",
        "end": slot.end.isoformat() if slot.end else "",
        "time_type": slot.time_type_name or "",
        "with_whom": slots.with_whom(slot),
        "clinic_name": clinic_name,
        "purpose": slot.purpose or "",
        "reason": slot.reason or "",
        "text": text,
    }


def clinic_name(hsa_id: HsaId) -> str:
    return visits.eservice().clinics.name_of(hsa_id)

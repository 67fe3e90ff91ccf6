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
from eservice import slots, visits
from eservice.inbox import LetterKind
from eservice.journeys import Journey
from eservice.people import Person

_KINDS: dict[str, LetterKind] = {"book": "booked", "rebook": "rebooked", "cancel": "cancelled"}


def confirm(journey: Journey, citizen: Person, subject: Person) -> None:
    """Everything that follows from a flow that was carried out. Doing it again changes nothing."""
    eservice = visits.eservice()
    with eservice.database.writing() as session:
        _letter(session, journey, subject)
        _end_watches(session, journey, subject)


def _end_watches(session: Session, journey: Journey, subject: Person) -> None:
    """Who has a time waits for it no longer; whoever cancelled one, not for another in its place."""
    slot = journey.slot
    clinics = {journey.clinic, journey.at}
    time_type = None if slot is None else slot.time_type_id or journey.chosen.get("time_type")
    visits.eservice().watches.end_fulfilled(session, subject.number, clinics, time_type, journey.booking_id)


def _letter(session: Session, journey: Journey, subject: Person) -> None:
    inbox, now = visits.eservice().inbox, visits.now()
    booking_id = journey.result.get("booking_id") or journey.booking_id or ""
    kind, slot = _KINDS[journey.kind], journey.old if journey.kind == "cancel" else journey.slot
    assert slot is not None
    if journey.booking_id is not None:
        status = {"book": "used", "rebook": "replaced", "cancel": "cancelled"}[journey.kind]
        inbox.mark(session, subject.number, journey.clinic, journey.booking_id, status)  # type: ignore[arg-type]
    told = told_of(slot, visits.eservice().clinics.name_of(slot.healthcare_facility), journey.result.get("text", ""))
    inbox.put(session, subject.number, kind, slot.healthcare_facility, booking_id, told, f"flow:{journey.id}", now)


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

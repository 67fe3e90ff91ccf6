"""The copy of a confirmation that goes to the inbox, and what else follows from a booking, a move or a cancellation.

All of it is written in one transaction: the letter, what became of earlier letters, reminders that move or go, the
clinic among the citizen's own, the notice by e-mail or SMS, and that the change was the citizen's, so that the index's
word of it is no news.
Elsewhere: the receipt's page (step_done.py); changes that staff make (news.py); who is told by e-mail (letters.py).
Source: domain.md §5.2, §5.9, §5.10.
"""

from sqlalchemy.orm import Session

from contracts.identifiers import HsaId
from eservice import engagements, letters, reminders, step_words, visits
from eservice.calendar_entries import Booking
from eservice.inbox import LetterKind
from eservice.journeys import Journey
from eservice.letters import NewLetter
from eservice.people import Person
from eservice.reminders import Booked

_KINDS: dict[str, LetterKind] = {"book": "booked", "rebook": "rebooked", "cancel": "cancelled"}


def confirm(journey: Journey, citizen: Person, subject: Person) -> None:
    """Everything that follows from a flow that was carried out. Doing it again changes nothing."""
    eservice = visits.eservice()
    with eservice.database.writing() as session:
        if eservice.inbox.has(session, _key(journey)):
            return
        _letter(session, journey, citizen, subject)
        _own_doing(session, journey, subject)
        _own_clinic(session, journey, subject)
        _calendar(session, journey, subject)
        _reminders(session, journey, subject)
        _end_watches(session, journey, subject)


def _end_watches(session: Session, journey: Journey, subject: Person) -> None:
    """Who has a time waits for it no longer; whoever cancelled one, not for another in its place."""
    slot = journey.slot
    clinics = {journey.clinic, journey.at}
    time_type = None if slot is None else slot.time_type_id or journey.chosen.get("time_type")
    visits.eservice().watches.end_fulfilled(session, subject.number, clinics, time_type, journey.booking_id)


def _key(journey: Journey) -> str:
    return f"flow:{journey.id}"


def _letter(session: Session, journey: Journey, citizen: Person, subject: Person) -> None:
    """The copy; whoever did it, the citizen or a guardian, is told that it is there."""
    eservice = visits.eservice()
    booking_id = journey.result.get("booking_id") or journey.booking_id or ""
    kind, slot = _KINDS[journey.kind], journey.old if journey.kind == "cancel" else journey.slot
    assert slot is not None
    if journey.booking_id is not None:
        status = {"book": "used", "rebook": "replaced", "cancel": "cancelled"}[journey.kind]
        eservice.inbox.mark(session, subject.number, journey.clinic, journey.booking_id, status)  # type: ignore[arg-type]
    clinic = eservice.clinics.clinic(slot.healthcare_facility)
    told = letters.told_of(slot, clinic, journey.result.get("text", ""), step_words.words(journey) or "")
    if journey.kind == "rebook" and journey.old is not None and journey.old.start is not None:
        told["old_start"] = journey.old.start.isoformat()
    letter = NewLetter(subject, kind, slot.healthcare_facility, booking_id, told, _key(journey))
    letters.write(eservice, session, letter, [citizen])


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


def _own_doing(session: Session, journey: Journey, subject: Person) -> None:
    """What the index is about to tell of this is known already."""
    now, slot, old_id = visits.now(), journey.slot, journey.booking_id
    booked: tuple[HsaId, str] | None = None
    if journey.kind != "cancel" and slot is not None:
        is_moved_there = journey.kind == "rebook" and slot.healthcare_facility == journey.clinic
        new_id = journey.result.get("booking_id") or (old_id if is_moved_there else None)
        booked = None if new_id is None else (slot.healthcare_facility, new_id)
    if old_id is not None and booked != (journey.clinic, old_id):
        became = booked if journey.kind == "book" else None
        engagements.note_own(session, subject, journey.clinic, old_id, None, now, became)
    if booked is not None and slot is not None:
        engagements.note_own(session, subject, *booked, slot.start, now)

"""What a citizen's calendar knows a booked time by: one uid, kept when the time is moved, and a sequence that rises.

A calendar takes a file with the uid of an entry and a higher sequence as that entry's new state. So the uid is made of
the first id that a booking had; a move by the citizen carries it to the new id, and a time that staff have moved is
seen when its file is asked for the next time.
Elsewhere: the files (calendar_files.py), how they are written (icalendar.py), after a move (confirming.py).
Source: domain.md §5.10; RFC 5545 §3.8.7.4.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from contracts.database import Database, hold
from contracts.identifiers import HsaId
from eservice.icalendar import uid_of
from eservice.models import CalendarRow


@dataclass(frozen=True, slots=True)
class Entry:
    """What a calendar has of one booking."""

    uid: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Booking:
    """One booking of the citizen whose number is `owner`, at a clinic, by its id there."""

    owner: str
    clinic: HsaId
    booking_id: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.owner, self.clinic.key, self.booking_id


class CalendarEntries:
    """Everybody's calendar entries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def at(self, booking: Booking, start: datetime) -> Entry:
        """The entry to give out for a booking that starts then; its sequence rises when the start is another."""
        with self._database.writing() as session:
            row = _held(session, booking)
            if row is None:
                row = _new(session, booking, start, 0)
            elif row.start != start:
                row.start, row.sequence = start, row.sequence + 1
            return Entry(row.uid, row.sequence)

    def after_cancelling(self, booking: Booking) -> Entry:
        """The entry that takes the booking out of the calendar again."""
        with self._database.reading() as session:
            row = session.get(CalendarRow, booking.key)
        if row is None:
            return Entry(uid_of(booking.clinic, booking.booking_id), 1)
        return Entry(row.uid, row.sequence + 1)

    def move(self, session: Session, old: Booking, new: Booking, start: datetime) -> None:
        """The citizen has moved `old`, which is `new` from now on, in the caller's transaction. Twice is as once."""
        row, there = _held(session, old), session.get(CalendarRow, new.key)
        if there is not None and there.start == start:
            return
        if row is None:
            _new(session, new, start, 1, uid_of(old.clinic, old.booking_id))
            return
        if there is not None and there is not row:
            session.delete(there)
            session.flush()
        row.clinic, row.booking_id = new.clinic.key, new.booking_id
        row.start, row.sequence = start, row.sequence + 1


def _held(session: Session, booking: Booking) -> CalendarRow | None:
    hold(session, f"calendar {booking.owner}")
    return session.get(CalendarRow, booking.key)


def _new(session: Session, booking: Booking, start: datetime, sequence: int, uid: str = "") -> CalendarRow:
    row = CalendarRow(
        owner=booking.owner,
        clinic=booking.clinic.key,
        booking_id=booking.booking_id,
        uid=uid or uid_of(booking.clinic, booking.booking_id),
        sequence=sequence,
        start=start,
    )
    session.add(row)
    return row

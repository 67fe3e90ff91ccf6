"""Who is still to be told: citizens whose time or invitation care has moved or cancelled.

Read from the history, so that nobody is forgotten: a line of care's that moves or cancels waits for a later line that
says that the citizen was told, did something with the booking, or came. One mechanism for ordinary changes, the web log
and closed hours. Elsewhere: what waits for it (closures.py), the changes (care.py).
Source: domain.md §6.3, §7.3 item 4.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from scheduling_backends.engine import overview
from scheduling_backends.engine.entries import Clinic
from scheduling_backends.engine.models import BookingRow, HistoryRow
from scheduling_backends.engine.overview import CITIZENS, Entry, HistoryLine
from scheduling_backends.engine.seats import CARE, Author, write_history
from scheduling_backends.engine.states import Happening

CHANGES = (Happening.MOVED, Happening.CANCELLED)
_KNOWN_BY = (Happening.TOLD, Happening.CAME)


@dataclass(frozen=True, slots=True)
class ToTell:
    """A booking as it is now, and the last change that its citizen must hear of."""

    entry: Entry
    line: HistoryLine


def is_untold(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether care has changed a BookingRow, in a line of HistoryRow that fulfils `which`, and nobody has told."""
    later = aliased(HistoryRow)
    knows = or_(later.what.in_(_KNOWN_BY), later.by.in_(CITIZENS))
    return exists().where(
        HistoryRow.booking_id == BookingRow.id,
        HistoryRow.by == CARE.role,
        HistoryRow.what.in_(CHANGES),
        *which,
        ~exists().where(later.booking_id == HistoryRow.booking_id, later.id > HistoryRow.id, knows),
    )


def to_tell(session: Session, clinic: Clinic) -> tuple[ToTell, ...]:
    """Those at the clinic who are still to be told, by the time that they believe they have."""
    entries = {one.id: one for one in overview.entries(session, BookingRow.clinic_id == clinic.id, is_untold())}
    lines = {line.booking_id: line for line in overview.history(session, entries) if _is_change(line)}
    found = [ToTell(entry, lines[booking_id]) for booking_id, entry in entries.items()]
    return tuple(sorted(found, key=lambda one: (one.line.from_start or one.line.at, one.entry.id)))


def waits(session: Session, booking_id: str) -> bool:
    """Whether the booking's citizen is still to be told of something."""
    return session.scalar(select(BookingRow.id).where(BookingRow.id == booking_id, is_untold())) is not None


def tell(session: Session, booking_id: str, now: datetime, author: Author = CARE) -> None:
    """The citizen has been told of what care has changed."""
    write_history(session, booking_id, Happening.TOLD, author, now)


def _is_change(line: HistoryLine) -> bool:
    return line.by == CARE.role and line.what in CHANGES

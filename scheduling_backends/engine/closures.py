"""Closed hours (avvikande tider): closing a day or a part of it, with a work list of those who are booked there.

The free seats of closed hours stop being bookable at once, and nothing is made, published or opened there as long as
the closing stands. Nobody loses a time by it: those who are booked stand on the work list until staff have moved or
cancelled them and told them, and only then the closing takes effect. The list is read from the bookings themselves and
the seats are held while it is made, so a booking of the same moment is refused or stands on the list.
A draft stays a draft; a closing that is withdrawn opens what it closed, and no other closing's hours.
Elsewhere: schedules (desk.py), moving and cancelling (care.py). Source: domain.md §7.3 item 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import Session

from contracts.database import hold
from contracts.identifiers import HsaId
from scheduling_backends.engine import overview, telling
from scheduling_backends.engine.entries import Clinic
from scheduling_backends.engine.models import BookingRow, ClosureRow, HistoryRow, PerformerRow, ResourceRow, SlotRow
from scheduling_backends.engine.overview import Entry
from scheduling_backends.engine.seats import CARE, Author, hold_seats
from scheduling_backends.engine.states import BookingState, SlotState

SCHEDULES = "schedules"
"""The name under which changes of schedules and closed hours queue up (`hold`)."""

Hours = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Closure:
    """Hours that are closed, or will be once nobody waits: `waiting` are booked there, `to_tell` were and must hear."""

    id: int
    start: datetime
    end: datetime
    reason: str
    who: str
    made_at: datetime
    waiting: tuple[Entry, ...] = ()
    to_tell: tuple[Entry, ...] = ()

    @property
    def is_in_force(self) -> bool:
        return not self.waiting and not self.to_tell


# -- Closing and opening


def close(
    session: Session, clinic: Clinic, hours: Hours, reason: str, made_by: HsaId, now: datetime, column: str = ""
) -> int:
    """Close hours of the clinic, or of one performer or resource (`p7`, `r3`). The closure's id."""
    hold(session, SCHEDULES)
    key, number = column[:1], int(column[1:]) if column else None
    row = ClosureRow(
        clinic_id=clinic.id,
        performer_id=number if key == "p" else None,
        resource_id=number if key == "r" else None,
        start=hours[0],
        end=hours[1],
        reason=reason,
        made_at=now,
        made_by=made_by.text,
    )
    session.add(row)
    session.flush()
    hold_seats(session, select(SlotRow.id).where(*_within(row)))
    _take_out(session, row)
    settle(session, clinic, now)
    return row.id


def settle(session: Session, clinic: Clinic, now: datetime) -> None:
    """Let the closures take effect that nobody waits for any more."""
    for row in session.scalars(select(ClosureRow).where(*_standing(clinic), ClosureRow.in_force_at.is_(None))):
        if not _waiting(session, row) and not _to_tell(session, row):
            row.in_force_at = now
    session.flush()


def tell(session: Session, clinic: Clinic, booking_id: str, now: datetime, author: Author = CARE) -> bool:
    """The citizen has been told of the moved or cancelled time. Whether there is such a booking at the clinic."""
    is_here = (BookingRow.id == booking_id, BookingRow.clinic_id == clinic.id)
    if session.scalar(select(BookingRow.id).where(*is_here)) is None:
        return False
    telling.tell(session, booking_id, now, author)
    settle(session, clinic, now)
    return True


def withdraw(session: Session, clinic: Clinic, closure_id: int, now: datetime) -> bool:
    """Open the hours again; what is blocked for another reason stays so. Whether there was such a closure."""
    hold(session, SCHEDULES)
    row = session.scalar(select(ClosureRow).where(*_standing(clinic), ClosureRow.id == closure_id))
    if row is None:
        return False
    row.withdrawn_at = now
    its_own = (SlotRow.clinic_id == clinic.id, SlotRow.state == SlotState.BLOCKED, SlotRow.block_reason == _mark(row))
    session.execute(update(SlotRow).where(*its_own).values(state=SlotState.PUBLISHED, block_reason=None))
    session.flush()
    others = (*_standing(clinic), ClosureRow.start < row.end, ClosureRow.end > row.start)
    for other in session.scalars(select(ClosureRow).where(*others)):
        _take_out(session, other)
    return True


# -- Looking


def closures(session: Session, clinic: Clinic, now: datetime) -> tuple[Closure, ...]:
    """The closures that stand and have not ended, by start, each with its work list."""
    statement = (
        select(ClosureRow, PerformerRow, ResourceRow)
        .outerjoin(PerformerRow, PerformerRow.id == ClosureRow.performer_id)
        .outerjoin(ResourceRow, ResourceRow.id == ClosureRow.resource_id)
        .where(*_standing(clinic), ClosureRow.end > now)
        .order_by(ClosureRow.start, ClosureRow.id)
    )
    return tuple(_closure(session, *found) for found in session.execute(statement))


def closed_hours(session: Session, slot: Mapping[str, Any], begins: datetime, ends: datetime) -> tuple[Hours, ...]:
    """The closed hours between two moments that concern a slot of this clinic, performer and resource."""
    statement = select(ClosureRow.start, ClosureRow.end).where(
        ClosureRow.clinic_id == slot["clinic_id"],
        ClosureRow.withdrawn_at.is_(None),
        ClosureRow.start < ends,
        ClosureRow.end > begins,
        or_(ClosureRow.performer_id.is_(None), ClosureRow.performer_id == slot["performer_id"]),
        or_(ClosureRow.resource_id.is_(None), ClosureRow.resource_id == slot["resource_id"]),
    )
    return tuple((start, end) for start, end in session.execute(statement))


def is_closed() -> ColumnElement[bool]:
    """Whether a SlotRow touches hours that are closed for it."""
    return exists().where(
        ClosureRow.clinic_id == SlotRow.clinic_id,
        ClosureRow.withdrawn_at.is_(None),
        ClosureRow.start < SlotRow.end,
        ClosureRow.end > SlotRow.start,
        or_(ClosureRow.performer_id.is_(None), ClosureRow.performer_id == SlotRow.performer_id),
        or_(ClosureRow.resource_id.is_(None), ClosureRow.resource_id == SlotRow.resource_id),
    )


# -- Private


def _closure(
    session: Session, row: ClosureRow, performer: PerformerRow | None, resource: ResourceRow | None
) -> Closure:
    who = f"{performer.first_name} {performer.last_name}" if performer else resource.name if resource else ""
    lists = (_waiting(session, row), _to_tell(session, row))
    return Closure(row.id, row.start, row.end, row.reason, who, row.made_at, *lists)


def _take_out(session: Session, row: ClosureRow) -> None:
    """Block the published times of the hours; drafts stay drafts, for nobody can book them."""
    out = (*_within(row), SlotRow.state == SlotState.PUBLISHED)
    session.execute(update(SlotRow).where(*out).values(state=SlotState.BLOCKED, block_reason=_mark(row)))


def _standing(clinic: Clinic) -> tuple[ColumnElement[bool], ...]:
    return (ClosureRow.clinic_id == clinic.id, ClosureRow.withdrawn_at.is_(None))


def _within(row: ClosureRow) -> list[ColumnElement[bool]]:
    """The times that the closed hours touch."""
    within = [SlotRow.clinic_id == row.clinic_id, SlotRow.start < row.end, SlotRow.end > row.start]
    if row.performer_id is not None:
        within.append(SlotRow.performer_id == row.performer_id)
    if row.resource_id is not None:
        within.append(SlotRow.resource_id == row.resource_id)
    return within


def _waiting(session: Session, row: ClosureRow) -> tuple[Entry, ...]:
    there = BookingRow.slot_id.in_(select(SlotRow.id).where(*_within(row)))
    return overview.entries(session, there, BookingRow.state == BookingState.BOOKED)


def _to_tell(session: Session, row: ClosureRow) -> tuple[Entry, ...]:
    """Those whom care has moved from the hours, or cancelled there, since they were closed, and nobody has told."""
    from_here = HistoryRow.from_slot_id.in_(select(SlotRow.id).where(*_within(row)))
    taken_away = telling.is_untold(from_here, HistoryRow.at >= row.made_at)
    is_there = BookingRow.slot_id.in_(select(SlotRow.id).where(*_within(row)))
    still_waits = (BookingRow.state == BookingState.BOOKED) & is_there
    return overview.entries(session, taken_away, ~func.coalesce(still_waits, False))


def _mark(row: ClosureRow) -> str:
    """What a time says that is blocked by this closure, and by no other."""
    return f"{row.reason} (#{row.id})"

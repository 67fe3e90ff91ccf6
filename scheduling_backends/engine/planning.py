"""Schedules beyond a single period: weeks copied and saved as templates, hours closed, free times taken away.

Nothing here touches a time that somebody is booked on: closing such hours opens a work list, and takes effect when
nobody is left on it; the free seats of those hours stop being bookable at once. A booking that is made in the very
moment of the closing is refused or stands on the list, for the list is read from the bookings.
Elsewhere: periods (schedules.py), single times (care.py), writing times (desk.py). Source: domain.md §7.3.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from scheduling_backends.engine import overview
from scheduling_backends.engine.desk import Desk
from scheduling_backends.engine.entries import Clinic
from scheduling_backends.engine.models import (
    BookingRow,
    ClosureRow,
    HistoryRow,
    PerformerRow,
    ResourceRow,
    SeatRow,
    SlotRow,
    TemplateRow,
    TimeTypeRow,
)
from scheduling_backends.engine.overview import Entry
from scheduling_backends.engine.schedules import Moment, moment_on
from scheduling_backends.engine.states import BookingState, SlotState
from scheduling_backends.engine.working_days import is_holiday

_ONE_DAY = timedelta(days=1)


# -- Weeks


@dataclass(frozen=True, slots=True)
class Item:
    """A time of a week: its weekday (Monday is 0), clock times, kind and whom or what it is with."""

    weekday: int
    opens: str
    closes: str
    time_type: str
    performer_id: int | None
    resource_id: int | None
    capacity: int


@dataclass(frozen=True, slots=True)
class Laid:
    """What came of laying a week or a day: how many times, which clashed, which days were holidays."""

    made: int
    clashes: tuple[Moment, ...]
    holidays: tuple[date, ...]


def items_of(session: Session, clinic: Clinic, first_day: date, last_day: date) -> tuple[Item, ...]:
    """The times of these days that are not blocked, as a pattern."""
    statement = (
        select(SlotRow, TimeTypeRow.code)
        .join(TimeTypeRow, TimeTypeRow.id == SlotRow.time_type_id)
        .where(SlotRow.clinic_id == clinic.id, SlotRow.day.between(first_day, last_day))
        .where(SlotRow.state != SlotState.BLOCKED)
        .order_by(SlotRow.start, SlotRow.id)
    )
    return tuple(_item(row, code) for row, code in session.execute(statement))


def lay(desk: Desk, clinic: Clinic, items: Sequence[Item], first_day: date, last_day: date) -> Laid:
    """Lay the pattern on the days as drafts, holidays left out and clashes listed."""
    weekdays = {item.weekday for item in items}
    days = [first_day + _ONE_DAY * n for n in range((last_day - first_day).days + 1)]
    days = [day for day in days if day.weekday() in weekdays]
    off = tuple(day for day in days if is_holiday(day, clinic.settings.eves_are_holidays))
    made, clashes = 0, list[Moment]()
    groups: dict[tuple[Any, ...], list[Moment]] = {}
    for day in (day for day in days if day not in off):
        for item in items:
            moment = moment_on(day, _clock(item.opens), _clock(item.closes)) if item.weekday == day.weekday() else None
            if moment is not None:
                key = (item.time_type, item.performer_id, item.resource_id, item.capacity)
                groups.setdefault(key, []).append(moment)
    for (code, performer_id, resource_id, capacity), wanted in groups.items():
        report = desk.add_moments(
            clinic.hsa_id, code, wanted, performer_id=performer_id, resource_id=resource_id, capacity=capacity
        )
        made, clashes = made + report.made, clashes + list(report.clashes)
    return Laid(made, tuple(clashes), off)


def copy(desk: Desk, session: Session, clinic: Clinic, source: date, target: date, days: int) -> Laid:
    """Copy a day (1) or a week (7) that begins on `source` to the one that begins on `target`."""
    items = items_of(session, clinic, source, source + _ONE_DAY * (days - 1))
    if days == 1:
        items = tuple(_on_weekday(item, target.weekday()) for item in items)
    return lay(desk, clinic, items, target, target + _ONE_DAY * (days - 1))


def save_template(session: Session, clinic: Clinic, name: str, monday: date) -> int:
    """Save the week of `monday` under a name, in place of what had the name; how many times it has."""
    items = items_of(session, clinic, monday, monday + _ONE_DAY * 6)
    content = json.dumps([asdict(item) for item in items])
    of_name = (TemplateRow.clinic_id == clinic.id, TemplateRow.name == name)
    changed = update(TemplateRow).where(*of_name).values(content=content).returning(TemplateRow.id)
    if items and session.scalar(changed) is None:
        session.execute(insert(TemplateRow).values(clinic_id=clinic.id, name=name, content=content))
    return len(items)


def templates(session: Session, clinic: Clinic) -> tuple[tuple[int, str, tuple[Item, ...]], ...]:
    """The clinic's templates: id, name and what is in them."""
    rows = session.scalars(select(TemplateRow).where(TemplateRow.clinic_id == clinic.id).order_by(TemplateRow.name))
    return tuple((row.id, row.name, tuple(Item(**item) for item in json.loads(row.content))) for row in rows)


def remove_template(session: Session, clinic: Clinic, template_id: int) -> None:
    """The schedules that were made with it stay."""
    which = (TemplateRow.id == template_id, TemplateRow.clinic_id == clinic.id)
    session.execute(delete(TemplateRow).where(*which))


# -- Free times


def remove_free(session: Session, clinic: Clinic, slot_ids: Sequence[int]) -> int:
    """Take away the clinic's times among these that nobody has ever been booked on; how many there were."""
    never_used = (
        SlotRow.clinic_id == clinic.id,
        SlotRow.id.in_(slot_ids),
        ~exists().where(BookingRow.slot_id == SlotRow.id),
        ~exists().where(or_(HistoryRow.from_slot_id == SlotRow.id, HistoryRow.to_slot_id == SlotRow.id)),
        ~exists().where(SeatRow.slot_id == SlotRow.id, SeatRow.booking_id.is_not(None)),
    )
    ids = list(session.scalars(select(SlotRow.id).where(*never_used).with_for_update()))
    session.execute(delete(SeatRow).where(SeatRow.slot_id.in_(ids), SeatRow.booking_id.is_(None)))
    session.execute(delete(SlotRow).where(SlotRow.id.in_(ids)))
    return len(ids)


# -- Closed hours


@dataclass(frozen=True, slots=True)
class Closure:
    """Hours that are closed, or will be when nobody is booked there; `waiting` are those who still are."""

    id: int
    start: datetime
    end: datetime
    reason: str
    who: str
    made_at: datetime
    in_force_at: datetime | None
    withdrawn_at: datetime | None
    waiting: tuple[Entry, ...] = ()


def close(
    session: Session,
    clinic: Clinic,
    hours: tuple[datetime, datetime],
    reason: str,
    made_by: HsaId,
    now: datetime,
    column: str = "",
) -> int:
    """Close hours of the clinic, or of one performer or resource (`p7`, `r3`). The closure's id."""
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
    out = (*_within(row), SlotRow.state != SlotState.BLOCKED)
    session.execute(update(SlotRow).where(*out).values(state=SlotState.BLOCKED, block_reason=_mark(row)))
    settle(session, clinic, now)
    return row.id


def settle(session: Session, clinic: Clinic, now: datetime) -> None:
    """Let the closures take effect that nobody is booked in any more."""
    for row in session.scalars(select(ClosureRow).where(*_standing(clinic), ClosureRow.in_force_at.is_(None))):
        if not _waiting(session, row):
            row.in_force_at = now
    session.flush()


def withdraw(session: Session, clinic: Clinic, closure_id: int, now: datetime) -> None:
    """Open the hours again; times that were blocked for other reasons stay blocked."""
    row = session.scalar(select(ClosureRow).where(*_standing(clinic), ClosureRow.id == closure_id))
    if row is None:
        return
    row.withdrawn_at = now
    its_own = (*_within(row), SlotRow.state == SlotState.BLOCKED, SlotRow.block_reason == _mark(row))
    session.execute(update(SlotRow).where(*its_own).values(state=SlotState.PUBLISHED, block_reason=None))
    session.flush()


def closures(session: Session, clinic: Clinic, now: datetime) -> tuple[Closure, ...]:
    """The closures that have not ended, each with those who are still booked there, by start."""
    statement = (
        select(ClosureRow, PerformerRow, ResourceRow)
        .outerjoin(PerformerRow, PerformerRow.id == ClosureRow.performer_id)
        .outerjoin(ResourceRow, ResourceRow.id == ClosureRow.resource_id)
        .where(*_standing(clinic), ClosureRow.end > now)
        .order_by(ClosureRow.start, ClosureRow.id)
    )
    return tuple(
        Closure(
            row.id,
            row.start,
            row.end,
            row.reason,
            f"{performer.first_name} {performer.last_name}" if performer else resource.name if resource else "",
            row.made_at,
            row.in_force_at,
            row.withdrawn_at,
            _waiting(session, row),
        )
        for row, performer, resource in session.execute(statement)
    )


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


def _mark(row: ClosureRow) -> str:
    """What a time says that is blocked by this closure, and by no other."""
    return f"{row.reason} (#{row.id})"


# -- Private


def _item(row: SlotRow, code: str) -> Item:
    start, end = (moment.astimezone(SWEDEN).strftime("%H:%M") for moment in (row.start, row.end))
    return Item(row.day.weekday(), start, end, code, row.performer_id, row.resource_id, row.capacity)


def _on_weekday(item: Item, weekday: int) -> Item:
    told = asdict(item) | {"weekday": weekday}
    return Item(**told)


def _clock(text: str) -> time:
    return time.fromisoformat(text)

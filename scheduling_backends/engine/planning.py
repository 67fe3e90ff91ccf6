"""Schedules beyond a single period: days and weeks copied or saved as templates, and free times taken away.

A pattern is laid like any schedule: holidays left out, clashes and closed hours listed and not made, all as drafts.
Nothing here touches a time that somebody is or was booked on.
Elsewhere: periods (schedules.py), closed hours (closures.py), single times (care.py), writing times (desk.py).
Source: domain.md §7.3 items 2 and 6.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, time, timedelta

from sqlalchemy import ColumnElement, delete, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from contracts.times import SWEDEN
from scheduling_backends.engine import find
from scheduling_backends.engine.desk import Desk
from scheduling_backends.engine.entries import Clinic
from scheduling_backends.engine.models import BookingRow, HistoryRow, SeatRow, SlotRow, TemplateRow, TimeTypeRow
from scheduling_backends.engine.schedules import Moment, moment_on
from scheduling_backends.engine.seats import hold_seats
from scheduling_backends.engine.states import SlotState
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
    """What came of laying a pattern: how many times, which clashed or lie in closed hours, which days were holidays.

    `unknown` are codes of kinds of time that the pattern names and the clinic no longer has.
    """

    made: int
    clashes: tuple[Moment, ...]
    holidays: tuple[date, ...]
    closed: tuple[Moment, ...] = ()
    unknown: tuple[str, ...] = ()


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


def lay(desk: Desk, session: Session, clinic: Clinic, items: Sequence[Item], first_day: date, last_day: date) -> Laid:
    """Lay the pattern on the days as drafts."""
    weekdays = {item.weekday for item in items}
    days = [day for day in _days(first_day, last_day) if day.weekday() in weekdays]
    off = tuple(day for day in days if is_holiday(day, clinic.settings.eves_are_holidays))
    known = {kind.settings.code for kind in find.time_types(session, [clinic])}
    unknown = tuple(sorted({item.time_type for item in items} - known))
    made, clashes, closed = 0, list[Moment](), list[Moment]()
    for slot, moments in _by_slot(items, [day for day in days if day not in off]).items():
        if slot.time_type not in known:
            continue
        report = desk.add_moments(
            clinic.hsa_id,
            slot.time_type,
            moments,
            performer_id=slot.performer_id,
            resource_id=slot.resource_id,
            capacity=slot.capacity,
        )
        made, clashes, closed = made + report.made, [*clashes, *report.clashes], [*closed, *report.closed]
    in_order = (tuple(sorted(some, key=lambda moment: moment.start)) for some in (clashes, closed))
    return Laid(made, next(in_order), off, next(in_order), unknown)


def copy(
    desk: Desk, session: Session, clinic: Clinic, source: date, target: date, days: int, earliest: date | None = None
) -> Laid:
    """Copy a day (1) or a week (7) that begins on `source` to the one that begins on `target`, from `earliest` on."""
    items = items_of(session, clinic, source, source + _ONE_DAY * (days - 1))
    if days == 1:
        items = tuple(replace(item, weekday=target.weekday()) for item in items)
    return lay(desk, session, clinic, items, max(target, earliest or target), target + _ONE_DAY * (days - 1))


def save_template(session: Session, clinic: Clinic, name: str, monday: date) -> int:
    """Save the week of `monday` under a name, in place of what had the name; how many times it has."""
    items = items_of(session, clinic, monday, monday + _ONE_DAY * 6)
    content = json.dumps([asdict(item) for item in items])
    changed = update(TemplateRow).where(*_named(clinic, name)).values(content=content).returning(TemplateRow.id)
    if items and session.scalar(changed) is None:
        session.execute(insert(TemplateRow).values(clinic_id=clinic.id, name=name, content=content))
    return len(items)


def has_template(session: Session, clinic: Clinic, name: str) -> bool:
    return session.scalar(select(TemplateRow.id).where(*_named(clinic, name))) is not None


def templates(session: Session, clinic: Clinic) -> tuple[tuple[int, str, tuple[Item, ...]], ...]:
    """The clinic's templates: id, name and what is in them."""
    rows = session.scalars(select(TemplateRow).where(TemplateRow.clinic_id == clinic.id).order_by(TemplateRow.name))
    return tuple((row.id, row.name, tuple(Item(**item) for item in json.loads(row.content))) for row in rows)


def remove_template(session: Session, clinic: Clinic, template_id: int) -> bool:
    """Remove a template; the schedules that were made with it stay. Whether there was one."""
    which = (TemplateRow.id == template_id, TemplateRow.clinic_id == clinic.id)
    return session.scalar(delete(TemplateRow).where(*which).returning(TemplateRow.id)) is not None


# -- Free times


def remove_free(session: Session, clinic: Clinic, slot_ids: Sequence[int]) -> int:
    """Take away the clinic's times among these that nobody has ever been booked on; how many there were.

    Somebody who is just taking a seat is waited for, and keeps it.
    """
    chosen = (SlotRow.clinic_id == clinic.id, SlotRow.id.in_(slot_ids))
    hold_seats(session, select(SlotRow.id).where(*chosen))
    never_used = (
        ~exists().where(BookingRow.slot_id == SlotRow.id),
        ~exists().where(or_(HistoryRow.from_slot_id == SlotRow.id, HistoryRow.to_slot_id == SlotRow.id)),
        ~exists().where(SeatRow.slot_id == SlotRow.id, SeatRow.booking_id.is_not(None)),
    )
    ids = list(session.scalars(select(SlotRow.id).where(*chosen, *never_used).with_for_update()))
    session.execute(delete(SeatRow).where(SeatRow.slot_id.in_(ids)))
    session.execute(delete(SlotRow).where(SlotRow.id.in_(ids)))
    return len(ids)


# -- Private


def _item(row: SlotRow, code: str) -> Item:
    start, end = (moment.astimezone(SWEDEN).strftime("%H:%M") for moment in (row.start, row.end))
    return Item(row.day.weekday(), start, end, code, row.performer_id, row.resource_id, row.capacity)


def _clock(text: str) -> time:
    return time.fromisoformat(text)


def _days(first_day: date, last_day: date) -> Iterator[date]:
    return (first_day + _ONE_DAY * n for n in range((last_day - first_day).days + 1))


def _by_slot(items: Sequence[Item], days: Iterable[date]) -> dict[Item, list[Moment]]:
    """The moments of each kind, performer, resource and capacity, in order; the key tells only those."""
    found: dict[Item, list[Moment]] = {}
    for day in days:
        for item in items:
            moment = moment_on(day, _clock(item.opens), _clock(item.closes)) if item.weekday == day.weekday() else None
            if moment is not None:
                found.setdefault(replace(item, weekday=0, opens="", closes=""), []).append(moment)
    return found


def _named(clinic: Clinic, name: str) -> tuple[ColumnElement[bool], ...]:
    return (TemplateRow.clinic_id == clinic.id, TemplateRow.name == name)

"""Statistics over a period: what was offered, what became of it, who booked, and how long before.

Counted by the day of the time, except bookings that were moved away or cancelled, which count for the time they left.
Source: domain.md §7.5.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.times import SWEDEN
from scheduling_backends.engine import overview
from scheduling_backends.engine.entries import Clinic
from scheduling_backends.engine.models import HistoryRow, SlotRow
from scheduling_backends.engine.overview import Time
from scheduling_backends.engine.states import BookingState, Happening, SlotState


@dataclass(frozen=True, slots=True)
class Figures:
    """One row: numbers of seats and bookings, and medians, which are None without any.

    `lead_days` is from booking to visit; `hours_before_…`, how long before the time it was cancelled, by whom.
    """

    what: str
    offered: int = 0
    by_web: int = 0
    by_staff: int = 0
    moved: int = 0
    cancelled_by_citizen: int = 0
    cancelled_by_care: int = 0
    no_shows: int = 0
    unused: int = 0
    lead_days: float | None = None
    hours_before_by_citizen: float | None = None
    hours_before_by_care: float | None = None

    @property
    def booked(self) -> int:
        return self.by_web + self.by_staff

    @property
    def web_share(self) -> float | None:
        """The part of the bookings that citizens made, 0 to 1."""
        return self.by_web / self.booked if self.booked else None


@dataclass(frozen=True, slots=True)
class Statistics:
    """The period as a whole, and by kind of time, by performer or resource, and by week."""

    total: Figures
    by_type: tuple[Figures, ...]
    by_column: tuple[Figures, ...]
    by_week: tuple[Figures, ...]


def statistics(session: Session, clinic: Clinic, first_day: date, last_day: date, now: datetime) -> Statistics:
    """The clinic's figures of these days; drafts do not count, nor blocked times that nobody sits on."""
    times = [one for one in overview.times(session, clinic, first_day, last_day) if _counts(one)]
    happened = _Happened(_moved_from(session, [one.slot_id for one in times]), _cancelled_at(session, times))
    types, columns, weeks = defaultdict(list), defaultdict(list), defaultdict(list)
    for one in times:
        types[one.time_type.settings.internal_name].append(one)
        columns[one.performer or one.resource or "–"].append(one)
        year, week, _ = one.day.isocalendar()
        weeks[f"{year} v. {week:02}"].append(one)
    return Statistics(
        figures("", times, happened, now),
        tuple(figures(what, some, happened, now) for what, some in sorted(types.items())),
        tuple(figures(what, some, happened, now) for what, some in sorted(columns.items())),
        tuple(figures(what, some, happened, now) for what, some in sorted(weeks.items())),
    )


@dataclass(frozen=True, slots=True)
class _Happened:
    """What the history adds: how many left each time for another, and when each cancelled booking was cancelled."""

    moved: Mapping[int, int]
    cancelled_at: Mapping[str, datetime]


def figures(what: str, times: Iterable[Time], happened: _Happened, now: datetime) -> Figures:
    """One row over these times."""
    row, leads = Figures(what), list[int]()
    notice: dict[BookingState, list[float]] = {state: [] for state in overview.CANCELLED}
    for one in times:
        row = replace(
            row,
            offered=row.offered + one.free + len(one.seated),
            by_web=row.by_web + sum(entry.is_web for entry in one.seated),
            by_staff=row.by_staff + sum(not entry.is_web for entry in one.seated),
            moved=row.moved + happened.moved.get(one.slot_id, 0),
            cancelled_by_citizen=row.cancelled_by_citizen + _cancelled(one, BookingState.CANCELLED_BY_CITIZEN),
            cancelled_by_care=row.cancelled_by_care + _cancelled(one, BookingState.CANCELLED_BY_CARE),
            no_shows=row.no_shows + sum(entry.state is BookingState.NO_SHOW for entry in one.seated),
            unused=row.unused + (one.free if one.end <= now else 0),
        )
        leads += [(one.day - entry.made_at.astimezone(SWEDEN).date()).days for entry in one.seated]
        for entry in one.cancelled:
            at = happened.cancelled_at.get(entry.id)
            notice[entry.state] += [] if at is None else [(one.start - at).total_seconds() / 3600]
    return replace(
        row,
        lead_days=median(leads) if leads else None,
        hours_before_by_citizen=_median_hours(notice[BookingState.CANCELLED_BY_CITIZEN]),
        hours_before_by_care=_median_hours(notice[BookingState.CANCELLED_BY_CARE]),
    )


def _median_hours(hours: list[float]) -> float | None:
    return round(median(hours), 1) if hours else None


def _counts(one: Time) -> bool:
    return one.state is SlotState.PUBLISHED or bool(one.seated or one.cancelled)


def _cancelled(one: Time, state: BookingState) -> int:
    return sum(entry.state is state for entry in one.cancelled)


def _moved_from(session: Session, slot_ids: list[int]) -> dict[int, int]:
    """How many bookings left each of the times for another."""
    if not slot_ids:
        return {}
    low, high = min(slot_ids), max(slot_ids)
    statement = select(HistoryRow.from_slot_id).where(
        HistoryRow.what == Happening.MOVED,
        HistoryRow.from_slot_id.in_(select(SlotRow.id).where(SlotRow.id.between(low, high))),
    )
    wanted, found = set(slot_ids), defaultdict[int, int](int)
    for slot_id in session.scalars(statement):
        if slot_id in wanted:
            found[slot_id] += 1
    return dict(found)


def _cancelled_at(session: Session, times: Sequence[Time]) -> dict[str, datetime]:
    """When each of the bookings that were cancelled at these times was cancelled."""
    wanted = {entry.id for one in times for entry in one.cancelled}
    if not wanted:
        return {}
    first, last = min(one.day for one in times), max(one.day for one in times)
    left = select(SlotRow.id).where(SlotRow.clinic_id == times[0].time_type.clinic_id, SlotRow.day.between(first, last))
    statement = select(HistoryRow.booking_id, HistoryRow.at).where(
        HistoryRow.what == Happening.CANCELLED, HistoryRow.from_slot_id.in_(left)
    )
    return {booking_id: at for booking_id, at in session.execute(statement) if booking_id in wanted}

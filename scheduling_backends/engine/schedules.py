"""The times that a period of a schedule gives: from weekdays and clock times to moments.

Pure. Holidays are left out by default. No time begins or ends at a moment that Swedish clocks skip or show twice
(domain.md §3.3), so the hours of a clock change stay empty.
Elsewhere: storing the times, and clashes with those that are there (desk.py). Source: domain.md §7.3 items 1 and 3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from contracts.times import SWEDEN, exists, is_ambiguous
from scheduling_backends.engine.working_days import is_holiday

MONDAY_TO_FRIDAY = frozenset(range(5))
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Times of one length between two clock times, on some weekdays from `first_day` to `last_day`, both included.

    `weekdays` counts Monday as 0. `every_weeks` 2 means every other week, counted from the week of `first_day`.
    `breaks` are clock times, from (inclusive) to (exclusive), that no time may touch. Raises ValueError when the
    period or the day ends before it begins, or a number is out of bounds.
    """

    first_day: date
    last_day: date
    opens: time
    closes: time
    length_minutes: int
    pause_minutes: int = 0
    weekdays: frozenset[int] = MONDAY_TO_FRIDAY
    every_weeks: int = 1
    breaks: tuple[tuple[time, time], ...] = ()
    keeps_holidays: bool = False

    def __post_init__(self) -> None:
        if self.last_day < self.first_day or self.closes <= self.opens:
            raise ValueError("the period ends before it begins")
        if self.length_minutes < 1 or self.pause_minutes < 0 or not 1 <= self.every_weeks <= 8:
            raise ValueError("length, pause or recurrence is out of bounds")
        if not self.weekdays <= frozenset(range(7)):
            raise ValueError("weekdays are 0, Monday, to 6, Sunday")


@dataclass(frozen=True, slots=True)
class Moment:
    """One time of the schedule: its Swedish day, start and end in UTC."""

    day: date
    start: datetime
    end: datetime


def moments(period: Period, eves_are_holidays: bool) -> Iterator[Moment]:
    """The period's times in order."""
    clock_times = tuple(_clock_times(period))
    for day in _days(period, eves_are_holidays):
        yield from _moments_of(day, clock_times)


def moment_on(day: date, opens: time, closes: time) -> Moment | None:
    """The time from one clock time to another on a day; None where the clocks skip or repeat one of them."""
    return next(_moments_of(day, ((_since_midnight(opens), _since_midnight(closes)),)), None)


def holidays_skipped(period: Period, eves_are_holidays: bool) -> tuple[date, ...]:
    """The days that the period would have times on, were they not holidays."""
    return () if period.keeps_holidays else tuple(d for d in _weekdays(period) if is_holiday(d, eves_are_holidays))


def _days(period: Period, eves_are_holidays: bool) -> Iterator[date]:
    skipped = frozenset(holidays_skipped(period, eves_are_holidays))
    return (day for day in _weekdays(period) if day not in skipped)


def _weekdays(period: Period) -> Iterator[date]:
    monday = period.first_day - _ONE_DAY * period.first_day.weekday()
    for n in range((period.last_day - period.first_day).days + 1):
        day = period.first_day + _ONE_DAY * n
        if day.weekday() in period.weekdays and (day - monday).days // 7 % period.every_weeks == 0:
            yield day


def _clock_times(period: Period) -> Iterator[tuple[timedelta, timedelta]]:
    """Starts and ends as time since the clock's midnight."""
    length, pause = timedelta(minutes=period.length_minutes), timedelta(minutes=period.pause_minutes)
    breaks = [(_since_midnight(begin), _since_midnight(finish)) for begin, finish in period.breaks]
    start, closes = _since_midnight(period.opens), _since_midnight(period.closes)
    while start + length <= closes:
        touched = [finish for begin, finish in breaks if start < finish and begin < start + length]
        if touched:
            start = max(touched)
            continue
        yield start, start + length
        start += length + pause


def _moments_of(day: date, clock_times: tuple[tuple[timedelta, timedelta], ...]) -> Iterator[Moment]:
    midnight = datetime.combine(day, time(), SWEDEN)
    if midnight.utcoffset() == (midnight + _ONE_DAY).utcoffset():
        first = midnight.astimezone(UTC)
        yield from (Moment(day, first + start, first + end) for start, end in clock_times)
        return
    for start, end in clock_times:
        begins, ends = midnight + start, midnight + end
        if all(exists(moment) and not is_ambiguous(moment) for moment in (begins, ends)):
            yield Moment(day, begins.astimezone(UTC), ends.astimezone(UTC))


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute)

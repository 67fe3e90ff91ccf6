"""A month as a table of weeks, and what is known of its days: the calendar where a citizen chooses a day.

GetAvailableDates tells on which days there is a time, not how many; the number is known for days whose times have been
asked for (GetAvailableTimeslots).
Rules: domain.md §5.4 A4, §5.12 (2, 5); look.md (month). Elsewhere: the words for days and months.
"""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

_TEXT = re.compile(r"2[0-9]{3}-[0-9]{2}", re.ASCII)
_DECEMBER = 12


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of a year, 1 to 12. Raises ValueError for one that no date can be in."""

    year: int
    month: int

    def __post_init__(self) -> None:
        date(self.year, self.month, 1)

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month that `day` is in."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """The month that an address names, `2026-12`. Raises ValueError for other forms and other millennia."""
        if not _TEXT.fullmatch(text):
            raise ValueError("not a month")
        return cls(int(text[:4]), int(text[5:]))

    @property
    def text(self) -> str:
        """`2026-12`."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    @property
    def next(self) -> "Month":
        """The month after it."""
        return Month(self.year, self.month + 1) if self.month < _DECEMBER else Month(self.year + 1, 1)

    @property
    def previous(self) -> "Month":
        """The month before it."""
        return Month.of(self.first - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Day:
    """A day in the table: `times` is how many are free, None when there are some and nobody has counted."""

    day: date
    times: int | None
    is_chosen: bool = False
    is_today: bool = False
    is_over: bool = False

    @property
    def has_times(self) -> bool:
        """Whether it can be chosen: such a day is a link, others are text."""
        return self.times is None or self.times > 0


def weeks(month: Month) -> tuple[tuple[date | None, ...], ...]:
    """The month's days in weeks from Monday to Sunday; None for days of other months."""
    rows = calendar.Calendar(calendar.MONDAY).monthdayscalendar(month.year, month.month)
    return tuple(tuple(date(month.year, month.month, day) if day else None for day in row) for row in rows)


def grid(
    month: Month, counts: Mapping[date, int | None], chosen: date | None, today: date | None = None
) -> tuple[tuple[Day | None, ...], ...]:
    """The table: `counts` has the days with times, and how many where it is known; other days have none."""

    def shown(day: date) -> Day:
        return Day(day, counts.get(day, 0), day == chosen, day == today, today is not None and day < today)

    return tuple(tuple(shown(day) if day else None for day in week) for week in weeks(month))

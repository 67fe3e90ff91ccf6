"""Moments and days in the citizen's language: `tisdag 1 december 2026 kl. 08.20`, `Tuesday 1 December 2026 at 08.20`.

Moments are shown in Swedish time, whatever the language. Words are from the catalogue (`dates`).
Source: domain.md §3.3 (display).
"""

from collections.abc import Sequence
from datetime import date, datetime, time

from contracts import scheduling as s
from contracts.times import SWEDEN
from webpages.texts import Texts


class Shown:
    """Dates by the words of one catalogue."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self.weekdays = texts("dates.weekdays").split()
        self.months = texts("dates.months").split()

    def day(self, of: date) -> str:
        """`tisdag 1 december 2026`."""
        return f"{self.weekdays[of.weekday()]} {of.day} {self.months[of.month - 1]} {of.year}"

    def day_without_year(self, of: date) -> str:
        """`tisdag 1 december`."""
        return f"{self.weekdays[of.weekday()]} {of.day} {self.months[of.month - 1]}"

    def short_weekday(self, of: date) -> str:
        """`tis`."""
        return self.weekdays[of.weekday()][:3]

    def short_month(self, of: date) -> str:
        """`dec`."""
        return self.months[of.month - 1][:3]

    def month(self, of: date) -> str:
        """`december 2026`."""
        return f"{self.months[of.month - 1]} {of.year}"

    def month_name(self, of: date) -> str:
        """`december`."""
        return self.months[of.month - 1]

    def clock(self, of: datetime | time) -> str:
        """`08.20`."""
        local = of.astimezone(SWEDEN) if isinstance(of, datetime) else of
        return f"{local:%H.%M}"

    def moment(self, of: datetime) -> str:
        """`tisdag 1 december 2026 kl. 08.20`."""
        return self._texts("dates.moment", day=self.day(swedish_day(of)), clock=self.clock(of))

    def visit(self, slot: s.Timeslot, shows_end: bool = False) -> str:
        """When a time is: its moment, with its end only where the clinic wants that (R35)."""
        if slot.start is None:
            return self._texts("dates.open")
        told = self.moment(slot.start)
        return f"{told}–{self.clock(slot.end)}" if shows_end and slot.end is not None else told

    def hours(self, slot: s.Timeslot, shows_end: bool = False) -> str:
        """`08.20`, or `08.20–08.40` where the clinic shows the end; empty for a time that has no start."""
        if slot.start is None:
            return ""
        told = self.clock(slot.start)
        return f"{told}–{self.clock(slot.end)}" if shows_end and slot.end is not None else told


def in_words(names: Sequence[str], last: str) -> str:
    """`A, B och C`, where `last` is the word before the last."""
    return f" {last} ".join(one for one in (", ".join(names[:-1]), "".join(names[-1:])) if one)


def swedish_day(of: datetime) -> date:
    """The day in Sweden."""
    return of.astimezone(SWEDEN).date()

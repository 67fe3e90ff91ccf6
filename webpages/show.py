"""Moments, days, hours and counts as Swedish text; moments are shown in Swedish time.

Elsewhere: how persons are shown, which each site decides. Source: domain.md §3.3 (display).
"""

from datetime import date, datetime, time
from datetime import timedelta as timedelta  # noqa: PLC0414  templates reckon with it

from contracts.times import SWEDEN as SWEDEN  # noqa: PLC0414  so do they with this

WEEKDAYS = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")
MONTHS = (
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
)


def day(of: date) -> str:
    """`tisdag 1 december 2026`."""
    return f"{WEEKDAYS[of.weekday()]} {of.day} {MONTHS[of.month - 1]} {of.year}"


def short_day(of: date) -> str:
    """`tis 1 dec`."""
    return f"{WEEKDAYS[of.weekday()][:3]} {of.day} {MONTHS[of.month - 1][:3]}"


def clock(of: datetime | time) -> str:
    """`08.20`."""
    local = of.astimezone(SWEDEN) if isinstance(of, datetime) else of
    return f"{local:%H.%M}"


def moment(of: datetime) -> str:
    """`tisdag 1 december 2026 kl. 08.20`."""
    return f"{day(of.astimezone(SWEDEN).date())} kl. {clock(of)}"


def short_moment(of: datetime) -> str:
    """`2026-12-01 08.20`, for tables."""
    local = of.astimezone(SWEDEN)
    return f"{local:%Y-%m-%d} {clock(of)}"


def hours(start: datetime, end: datetime) -> str:
    """`08.20–08.40`."""
    return f"{clock(start)}–{clock(end)}"


def week(of: date) -> str:
    """`vecka 49, 2026`."""
    year, number, _ = of.isocalendar()
    return f"vecka {number}, {year}"


def count(of: int) -> str:
    """`12 345`, with a narrow space that does not break."""
    return f"{of:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")

"""Moments, days, counts, persons and numbers as Swedish text, for the templates of staff pages.

A person's number is whole on the person's own page and masked in lists (domain.md §3.1).
Elsewhere: what the sites of all parts show alike (webpages/show.py).
"""

from contracts.identifiers import PersonIdentity
from webpages.show import (
    MONTHS,
    SWEDEN,
    WEEKDAYS,
    clock,
    count,
    day,
    hours,
    moment,
    short_day,
    short_moment,
    timedelta,
    week,
)

__all__ = [
    "MONTHS",
    "SWEDEN",
    "WEEKDAYS",
    "clock",
    "count",
    "day",
    "hours",
    "masked",
    "moment",
    "number",
    "person",
    "short_day",
    "short_moment",
    "timedelta",
    "week",
]


def person(of: PersonIdentity) -> str:
    """The whole number, `ÅÅÅÅMMDD-NNNC`."""
    return of.displayed


def masked(of: PersonIdentity) -> str:
    """For lists: the last four hidden."""
    return of.masked


def number(of: str) -> str:
    """A number as the database has it, as `person` shows it."""
    return PersonIdentity(of).displayed

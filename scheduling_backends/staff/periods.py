"""What forms about schedules have in common: days that can still be planned, moments of release, confirmed previews.

A preview carries a mark of what it showed. What is saved is worked out again, and saved only if it is still that: when
somebody booked, planned or closed meanwhile, or a field was changed, the preview is shown once more.
Source: domain.md §7.3 items 1 and 5, §3.3.
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta

from flask import request

from contracts.times import SWEDEN, exists
from scheduling_backends.engine.schedules import Moment
from scheduling_backends.staff.pages import texts
from scheduling_backends.staff.visits import system
from webpages.forms import Form

MOST_WEEKS = 52
MOST_DAYS_AHEAD = 3 * 366
SEEN_FIELD = "seen"


def today() -> date:
    return system().now().astimezone(SWEDEN).date()


def coming_day(sent: Form, name: str) -> date | None:
    """A day from today on, and not too far ahead to be meant."""
    day = sent.day(name)
    if day is None:
        return None
    if day < today():
        sent.fault(name, "schedule.past")
    elif day > today() + timedelta(days=MOST_DAYS_AHEAD):
        sent.fault(name, "schedule.too_far")
    return None if name in sent.faults else day


def asked_day(name: str, otherwise: date) -> date:
    """The day that the address asks for, if it is one."""
    with suppress(ValueError):
        asked = date.fromisoformat(request.args.get(name, ""))
        if 2000 <= asked.year <= 2199:
            return asked
    return otherwise


def any_day(sent: Form, name: str) -> date | None:
    """A day of any schedule there can be, also one that has been."""
    day = sent.day(name)
    if day is not None and abs((day - today()).days) > 10 * 366:
        sent.fault(name, "schedule.too_far")
        return None
    return day


def check_order(sent: Form, first: date | None, last: date | None, name: str) -> None:
    """The last day, which field `name` tells, is not before the first and not more than MOST_WEEKS after it."""
    if first and last and last < first:
        sent.fault(name, "schedule.days_turned")
    if first and last and (last - first).days > MOST_WEEKS * 7:
        sent.fault(name, "schedule.too_long", weeks=MOST_WEEKS)


def moment(sent: Form, day_name: str, clock_name: str) -> datetime | None:
    """The Swedish moment that two fields name."""
    day, clock = coming_day(sent, day_name), sent.clock(clock_name)
    if day is None or clock is None:
        return None
    named = datetime.combine(day, clock, SWEDEN)
    if not exists(named):
        sent.fault(clock_name, "schedule.no_such_moment")
    return named


def mark_of(parts: Iterable[tuple[str, int, Iterable[Moment]]]) -> str:
    """The mark of a preview: of whom, how many times, and the moments that are told."""
    told = [(who, count, [one.start.isoformat() for one in moments]) for who, count, moments in parts]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:24]


def was_seen(sent: Form, mark: str) -> bool:
    """Whether the form confirms the very preview that the mark is of."""
    return bool(sent.value("save")) and sent.value(SEEN_FIELD) == mark


def done() -> str:
    """What was just done, in words, if the address says so in one of ours; another sentence where it was nothing."""
    told, count = request.args.get("klart", ""), request.args.get("antal", "")
    number = int(count) if count.isascii() and count.isdigit() and len(count) < 7 else 0
    is_nothing = told in _MAY_BE_NOTHING and number == 0
    with suppress(KeyError):
        return texts()(f"schedule_done.{told}{'_inga' if is_nothing else ''}", count=number)
    return ""


_MAY_BE_NOTHING = ("sparrade", "oppnade", "borttagna")

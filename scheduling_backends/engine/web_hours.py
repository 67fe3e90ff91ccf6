"""When a time stands on the web: from which moment until which citizens can book it, whoever they are.

Pure. It is what rules.py says, solved for the moment of booking instead of the start: a test compares the two. What
depends on the person (R6–R9, R13–R16) is left out, for staff ask what a time is, not who comes.
Rules: R1–R5, R10–R12, and dated publishing. Source: domain.md §6.2 (web settings of a time), §7.3 item 5.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from contracts.times import SWEDEN
from scheduling_backends.engine.offer import BookableBy, ClinicSettings, TimeTypeSettings
from scheduling_backends.engine.rules import Errand, SlotFacts, is_offered
from scheduling_backends.engine.states import SlotState

_FOR_CITIZENS = (BookableBy.BOTH, BookableBy.CITIZEN)
_ONE_DAY = timedelta(days=1)


class Standing(StrEnum):
    """What a time is at a moment, its seats apart."""

    DRAFT = "draft"
    BLOCKED = "blocked"
    PASSED = "passed"
    RELEASED_LATER = "released later"  # published, by a date to come
    OPENS_LATER = "opens later"
    OPEN = "open"
    CLOSED = "closed"  # too near, or the clinic takes no bookings on the web
    INVITATION = "invitation"  # a protected kind of time
    CARE = "care"


@dataclass(frozen=True, slots=True)
class WebHours:
    """The moments between which a time can be booked on the web, both included; never when they are turned."""

    opens: datetime
    closes: datetime


def web_hours(time_type: TimeTypeSettings, slot: SlotFacts) -> WebHours:
    """When citizens can book a time of this kind, if the clinic is open for them and the time is published."""
    day = slot.start.astimezone(SWEDEN).date()
    opens = [_midnight(day - _ONE_DAY * time_type.opens_days_before), slot.published_from]
    closes = [_before(slot.start, time_type.closes_hours_before)]
    if time_type.min_days_ahead:
        closes.append(_midnight(day - _ONE_DAY * (time_type.min_days_ahead - 1)) - timedelta(microseconds=1))
    rule = time_type.release
    if rule is not None and rule.after not in _FOR_CITIZENS:
        closes.append(_before(slot.start, rule.hours))
    elif rule is not None and rule.before not in _FOR_CITIZENS:
        opens.append(_before(slot.start, rule.hours))
    return WebHours(max(filter(None, opens)), min(closes))


def standing(clinic: ClinicSettings, time_type: TimeTypeSettings, slot: SlotFacts, now: datetime) -> Standing:
    """What the time is now: first what the schedule says of it, then the clock, then who may book it."""
    if slot.state is not SlotState.PUBLISHED:
        return Standing.DRAFT if slot.state is SlotState.DRAFT else Standing.BLOCKED
    if slot.end <= now:
        return Standing.PASSED
    if slot.published_from is not None and slot.published_from > now:
        return Standing.RELEASED_LATER
    if not _is_ever_offered(time_type, slot.start.astimezone(SWEDEN).date()):
        return Standing.INVITATION if _needs_invitation(time_type) else Standing.CARE
    hours = web_hours(time_type, slot)
    if not is_offered(clinic, time_type, Errand.NEW) or now > hours.closes:
        return Standing.CLOSED
    return Standing.OPENS_LATER if now < hours.opens else Standing.OPEN


def _is_ever_offered(time_type: TimeTypeSettings, day: date) -> bool:
    """Whether any clinic that is open for citizens lets them choose the time."""
    is_valid = (time_type.valid_from or day) <= day <= (time_type.valid_to or day)
    return is_valid and is_offered(ClinicSettings("-"), time_type, Errand.NEW)


def _needs_invitation(time_type: TimeTypeSettings) -> bool:
    return time_type.is_protected and not time_type.is_hidden and time_type.bookable_by is not BookableBy.NOBODY


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), SWEDEN)


def _before(start: datetime, hours: int) -> datetime:
    return start.astimezone(UTC) - timedelta(hours=hours)

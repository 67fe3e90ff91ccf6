"""Swedish times: the contracts' DT and TS on the wire, aware datetimes everywhere else.

No message carries a time zone: every stamp is Swedish local time as it was or will be at that moment, and nobody may
convert (contracts.md G-4). Storing in UTC is the business of whoever stores.
Source: contracts.md G-2 to G-6, §6.2 (TS, DT); domain.md §3.3.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

SWEDEN = ZoneInfo("Europe/Stockholm")
_XSD_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}:\d{2})(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?")


class Clock(Protocol):
    """Where a shell gets the moment that it passes on to the core: an aware datetime."""

    def __call__(self) -> datetime: ...


def system_clock() -> datetime:
    """Now, in Swedish time."""
    return datetime.now(SWEDEN)


def parse_xsd_moment(text: str) -> datetime:
    """The moment that an xs:date or xs:dateTime of a catalogue names; aware only if it has a zone, midnight for a date.

    Raises ValueError for any other form. Source: platform.md §18.
    """
    match = _XSD_MOMENT.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a date or a date with a time")
    day, clock, fraction, zone = match.groups()
    moment = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock or "00:00:00"))
    moment = moment.replace(microsecond=int((fraction or ".0")[1:7].ljust(6, "0")))
    return datetime.fromisoformat(moment.isoformat() + zone.replace("Z", "+00:00")) if zone else moment


def parse_dt(text: str) -> date:
    """The day that a DT names: 8 digits, YYYYMMDD.

    Raises ValueError for any other form, for years before 1000 (the schema's pattern has none), and for days that
    don't exist: that pattern lets 31 February and day 00 by (contracts.md G-5).
    """
    if not (len(text) == 8 and text.isascii() and text.isdigit()):
        raise ValueError("not a date of 8 digits")
    _refuse_early_year(text)
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def format_dt(day: date) -> str:
    """`day` as a DT, YYYYMMDD."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def parse_ts(text: str) -> datetime:
    """The moment that a TS names, 14 digits, YYYYMMDDhhmmss, as an aware datetime in Swedish time.

    Autumn's doubled hour is its first passing. Raises ValueError for any other form, for years before 1000, for days
    that don't exist and for the hour that the clocks skip in spring.
    """
    if not (len(text) == 14 and text.isascii() and text.isdigit()):
        raise ValueError("not a time stamp of 14 digits")
    _refuse_early_year(text)
    moment = datetime(
        int(text[:4]), int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:12]), int(text[12:]), tzinfo=SWEDEN
    )
    if not exists(moment):
        raise ValueError("a moment that the clocks skip")
    return moment


def _refuse_early_year(text: str) -> None:
    if text[0] == "0":
        raise ValueError("a year before 1000")


def format_ts(moment: datetime) -> str:
    """`moment`, an aware datetime in any zone, as a TS in Swedish time. Fractions of a second are cut off.

    The second passing of autumn's doubled hour reads as its first: the wire has no way to tell them apart.
    Raises ValueError for a datetime without a zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    local = moment.astimezone(SWEDEN)
    return f"{format_dt(local)}{local.hour:02d}{local.minute:02d}{local.second:02d}"


def exists(moment: datetime) -> bool:
    """Whether a local time is ever shown by a Swedish clock; False inside the hour that spring skips."""
    there_and_back = moment.astimezone(UTC).astimezone(SWEDEN)
    return there_and_back.replace(tzinfo=None) == moment.replace(tzinfo=None)


def is_ambiguous(moment: datetime) -> bool:
    """Whether a local time is shown twice, in autumn; a schedule must not have it (domain.md §3.3)."""
    return exists(moment) and moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()


def start_of_day(day: date) -> datetime:
    """The first moment of `day` in Sweden."""
    return datetime(day.year, day.month, day.day, tzinfo=SWEDEN)

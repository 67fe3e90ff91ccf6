"""A booked time as a file for the citizen's own calendar, and the file that takes it out again.

The file tells as little as it can: the summary names no clinic or kind of care unless its maker says so, the time is
marked private in calendars that others read, and its uid tells no id. A calendar knows a time again by its uid, so a
time that is moved keeps the uid that it got first, with a higher sequence.
The `icalendar` library escapes, folds and writes. Not its time zones: those of version 7.3 begin summer time an hour
late, so the zone is written out here, by the European rule of 1996.
Rules: RFC 5545; domain.md §5.10.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

import icalendar

from contracts.identifiers import HsaId
from contracts.times import SWEDEN

CONTENT_TYPE = "text/calendar; charset=utf-8"
Method = Literal["PUBLISH", "CANCEL"]

_PRODUCT = "-//Tidbro//E-service//SV"
_UID_HOST = "tidbro.invalid"
_UID_SIGNS = 32
_STATUS = {"PUBLISH": "CONFIRMED", "CANCEL": "CANCELLED"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/Stockholm
BEGIN:DAYLIGHT
DTSTART:19960331T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""


@dataclass(frozen=True, slots=True)
class Event:
    """A booked time. Moments are aware, `stamped` is when it became so; `end` is None where clinics don't show it.

    Raises ValueError for a moment without a zone, an end that is not after the start, and a sequence below 0.
    """

    uid: str
    sequence: int
    start: datetime
    stamped: datetime
    end: datetime | None = None
    summary: str = "Vårdbesök"
    location: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        if any(moment.tzinfo is None for moment in (self.start, self.stamped, self.end or self.start)):
            raise ValueError("a moment without a time zone")
        if self.end is not None and self.end <= self.start:
            raise ValueError("an end that is not after the start")
        if self.sequence < 0:
            raise ValueError("a sequence below 0")


def uid_of(clinic: HsaId, booking_id: str) -> str:
    """The uid of a booking, the same each time; neither id can be read from it."""
    digest = sha256(f"{clinic.key}\n{booking_id}".encode()).hexdigest()
    return f"{digest[:_UID_SIGNS]}@{_UID_HOST}"


def calendar_file(event: Event, method: Method) -> bytes:
    """The file that puts `event` into a calendar, or moves it there (PUBLISH), or takes it out (CANCEL)."""
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", _PRODUCT)
    calendar.add("method", method)
    calendar.add_component(icalendar.Timezone.from_ical(_ZONE))
    calendar.add_component(_component(event, _STATUS[method]))
    content: bytes = calendar.to_ical()
    return content


def _component(event: Event, status: str) -> icalendar.Event:
    component = icalendar.Event()
    component.add("uid", event.uid)
    component.add("sequence", event.sequence)
    component.add("dtstamp", event.stamped.astimezone(UTC))
    component.add("dtstart", event.start.astimezone(SWEDEN))
    if event.end is not None:
        component.add("dtend", event.end.astimezone(SWEDEN))
    component.add("status", status)
    component.add("class", "PRIVATE")
    texts = {"summary": event.summary, "location": event.location, "description": event.description}
    for name, text in texts.items():
        if text:
            component.add(name, _printable(text))
    return component


def _printable(text: str) -> str:
    """`text` without the characters that a calendar's texts must not hold; every kind of line break is one."""
    return _CONTROL.sub("", "\n".join(text.splitlines()))

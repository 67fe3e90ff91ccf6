"""Routes and authorisations: who answers a logical address, and who may call it, between two moments.

Source: platform.md §9, §10, §18, §20.1; STYLE.md §3.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from contracts.times import SWEDEN, start_of_day

_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}:\d{2})(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?")


@dataclass(frozen=True, slots=True)
class Validity:
    """From `start` to `end`, both included; aware datetimes. Raises ValueError when it ends before it begins."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("it ends before it begins")

    @classmethod
    def of_days(cls, first_day: date, last_day: date) -> "Validity":
        """Whole Swedish days, both included."""
        return cls(start_of_day(first_day), datetime.combine(last_day, time.max, SWEDEN))

    @classmethod
    def of_stamps(cls, first: str, last: str) -> "Validity":
        """Two xs:dateTime as a TAK sends them (platform.md §9.2). With a zone they are moments. Without one, midnights
        are whole Swedish days, both included, and other times are Swedish time. Raises ValueError for other forms.
        """
        start, _ = _moment(first)
        end, is_day = _moment(last)
        return cls(start, cls.of_days(end.date(), end.date()).end if is_day else end)

    def covers(self, now: datetime) -> bool:
        return self.start <= now <= self.end


def _moment(text: str) -> tuple[datetime, bool]:
    """The moment that `text` names, and whether it stands for a whole day."""
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a date or a date with a time")
    day, clock, fraction, zone = match.groups()
    moment = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock or "00:00:00"))
    moment = moment.replace(microsecond=int((fraction or ".0")[1:7].ljust(6, "0")))
    if zone:
        return datetime.fromisoformat(moment.isoformat() + zone.replace("Z", "+00:00")), False
    return moment.replace(tzinfo=SWEDEN), moment.time() == time()


@dataclass(frozen=True, slots=True)
class Route:
    """One vägval: calls to `logical_address` under `contract` go to `address` in `profile`."""

    logical_address: str
    contract: str  # namespace, ending in Responder:1
    address: str  # https://…, http://… or adapter:NAME; may be empty, which is told as VP010
    profile: str  # RIVTABP20 or RIVTABP21, in the TAK's spelling
    validity: Validity


@dataclass(frozen=True, slots=True)
class Authorisation:
    """That `consumer` may call `logical_address` under `contract`."""

    consumer: str
    logical_address: str
    contract: str
    validity: Validity

"""Routes and authorisations: who answers a logical address, and who may call it, between two moments.

The ends of a validity mostly come without a time zone, as days. They can be read in two ways: as whole Swedish days,
both included, or as the real platform reads them, with 14 hours on both sides of midnight UTC. Both readings are kept;
whoever looks something up says which one counts. Ends with a zone are the same moments in both.
Source: platform.md §9, §10, §18, §20.1; §25 row 4; STYLE.md §3.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from contracts.times import SWEDEN, parse_xsd_moment, start_of_day
from gateway.settings import RouteValidity

_BAND = timedelta(hours=14)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Validity:
    """From `start` to `end`, both included; aware datetimes. Raises ValueError when it ends before it begins.

    `unzoned_start` and `unzoned_end` are the ends as they came, where they came without a zone; None otherwise.
    """

    start: datetime
    end: datetime
    unzoned_start: datetime | None = None
    unzoned_end: datetime | None = None
    _ends: dict[RouteValidity, tuple[datetime, datetime]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("it ends before it begins")
        # In UTC, once: two datetimes of one zone would be compared by what their clocks show, and every call asks.
        days = _in_utc(self.start), _in_utc(self.end)
        object.__setattr__(self, "_ends", {"days": days, "band": self._band(*days)})

    @classmethod
    def of_days(cls, first_day: date, last_day: date) -> "Validity":
        """Days without a zone, as a TAK keeps them: whole Swedish days, both included, or the real platform's band."""
        midnights = (datetime.combine(day, time()) for day in (first_day, last_day))
        return cls(start_of_day(first_day), _end_of_day(last_day), *midnights)

    @classmethod
    def of_stamps(cls, first: str, last: str) -> "Validity":
        """Two xs:dateTime as a TAK sends them (platform.md §9.2). With a zone they are moments. Without one, midnights
        are whole Swedish days, both included, and other times are Swedish time. Raises ValueError for other forms.
        """
        start, end = parse_xsd_moment(first), parse_xsd_moment(last)
        is_day = end.tzinfo is None and end.time() == time()
        return cls(
            _in_sweden(start),
            _end_of_day(end.date()) if is_day else _in_sweden(end),
            start if start.tzinfo is None else None,
            end if end.tzinfo is None else None,
        )

    def covers(self, now: datetime, reading: RouteValidity = "days") -> bool:
        """Whether `now` is within it, as `reading` has it; aware, in any zone."""
        start, end = self._ends[reading]
        return start <= now.astimezone(UTC) <= end

    def _band(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """Both ends as the real platform reads them: one without a zone may be any of the world's."""
        return (
            _moved(self.unzoned_start, -_BAND) if self.unzoned_start else start,
            _moved(self.unzoned_end, _BAND) if self.unzoned_end else end,
        )


def _in_sweden(moment: datetime) -> datetime:
    return moment.replace(tzinfo=SWEDEN) if moment.tzinfo is None else moment


def _end_of_day(day: date) -> datetime:
    return datetime.combine(day, time.max, SWEDEN)


def _in_utc(moment: datetime) -> datetime:
    """`moment` in UTC, or the first that there is."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _FIRST if moment.year == 1 else _LAST


def _moved(unzoned: datetime, by: timedelta) -> datetime:
    """`unzoned` as UTC, moved; not past the first or the last moment that there is."""
    try:
        return unzoned.replace(tzinfo=UTC) + by
    except OverflowError:
        return _FIRST if by < timedelta() else _LAST


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

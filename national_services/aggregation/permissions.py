"""Who may call whom, and whether anybody answers there: the catalogue's rows as they stood at one moment.

Frozen; a reload makes a new one. Exact addresses and the standard address `*` count, nothing else: no units above an
address, and no address that is parted by a delimiter. Nothing is compared with regard to case. Ends without a time zone
are whole Swedish days, both included; with one they are moments.
Source: platform.md §9.1, §9.2, §22.1 step 5; §25 row 4.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache

from contracts.times import SWEDEN, parse_xsd_moment
from national_services.aggregation.tak_rows import AUTHORISATION, ROUTE, CatalogueUnreadable, Row, TakRows

STANDARD = "*"
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Validity:
    """From `start` to `end`, both included, in UTC. Raises ValueError when it ends before it begins."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("it ends before it begins")

    @classmethod
    def of_stamps(cls, first: str, last: str) -> "Validity":
        """Two xs:dateTime as a TAK sends them. Raises ValueError for other forms."""
        start, end = parse_xsd_moment(first), parse_xsd_moment(last)
        if end.tzinfo is None and end.time() == time():
            end = datetime.combine(end.date(), time.max)
        return cls(_in_utc(start), _in_utc(end))

    def covers(self, now: datetime) -> bool:
        """Whether `now` is within it; aware, in any zone."""
        return self.start <= now.astimezone(UTC) <= self.end


def _in_utc(moment: datetime) -> datetime:
    """`moment` in UTC, without a zone of its own Swedish time; the first or last that there is where UTC has none."""
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=SWEDEN)).astimezone(UTC)
    except OverflowError:
        return _FIRST if moment.year == 1 else _LAST


@dataclass(frozen=True, slots=True)
class Permissions:
    """Everything that one catalogue says of who may call whom. Make it with `of`."""

    routes: int
    authorisations: int
    _routes: dict[tuple[str, str], tuple[Validity, ...]]
    _authorisations: dict[tuple[str, str, str], tuple[Validity, ...]]

    @classmethod
    def of(cls, rows: TakRows) -> "Permissions":
        """Raises CatalogueUnreadable naming the row that doesn't fit."""
        routes = _indexed(rows.routes, ROUTE, ("receiverId", "tjansteKontrakt"))
        authorisations = _indexed(rows.authorisations, AUTHORISATION, ("receiverId", "tjansteKontrakt", "senderId"))
        return cls(
            len(rows.routes),
            len(rows.authorisations),
            {(key[0], key[1]): valid for key, valid in routes.items()},
            {(key[0], key[1], key[2]): valid for key, valid in authorisations.items()},
        )

    def permit(self, address: str, consumer: str, contract: str, now: datetime) -> bool:
        """Whether an authorisation and a route are in force, each for the address itself or for the standard one."""
        contract, consumer = contract.lower(), consumer.lower()
        addresses = (address.lower(), STANDARD)
        return any(
            one.covers(now) for to in addresses for one in self._authorisations.get((to, contract, consumer), ())
        ) and any(one.covers(now) for to in addresses for one in self._routes.get((to, contract), ()))


def _indexed(rows: Iterable[Row], name: str, key: tuple[str, ...]) -> dict[tuple[str, ...], tuple[Validity, ...]]:
    found: defaultdict[tuple[str, ...], list[Validity]] = defaultdict(list)
    for number, row in enumerate(rows, start=1):
        if missing := [part for part in (*key, "fromTidpunkt", "tomTidpunkt") if not row.get(part)]:
            raise CatalogueUnreadable(f"The catalogue's {name} number {number} has no {missing[0]}.")
        try:
            valid = _between(row["fromTidpunkt"], row["tomTidpunkt"])
        except ValueError as error:
            raise CatalogueUnreadable(f"The catalogue's {name} number {number}: {error}.") from None
        found[tuple(row[part].lower() for part in key)].append(valid)
    return {one: tuple(some) for one, some in found.items()}


@lru_cache(maxsize=4096)
def _between(first: str, last: str) -> Validity:
    """Most rows of a catalogue have one of a few pairs of days."""
    return Validity.of_stamps(first, last)

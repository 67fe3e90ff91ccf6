"""What a change of the catalogue does: which rows differ, and who can reach what that could not before, or no longer.

Somebody can call a logical address under a contract on a day when one route leads there (of the address itself, or of
`*` when it has none) and an authorisation is in force (for the address itself, or for `*`), in any letter case.
Several routes at once, or one without an address, lead nowhere: the platform answers VP006 or VP010.
Of routes and authorisations for `*` only those addresses are told that the catalogue names, and `*` for all others.
Pure. Left out: what units inherit from those above them in the HSA tree, for that tree is not the catalogue's.
Source: platform.md §9.1, §9.3, §10, §20.2 (preview).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, TypeVar

from contracts.times import SWEDEN
from gateway.tak.exchange import stamps, whole_days
from gateway.tak.model import Authorisation, Route, Validity
from gateway.tak.snapshot import TakSnapshot
from gateway.tak.toml_file import short_name

STANDARD = "*"
Happening = Literal["added", "removed", "prolonged", "shortened", "moved", "readdressed"]
Row = TypeVar("Row", Route, Authorisation)


@dataclass(frozen=True, slots=True)
class RowChange:
    """One route or authorisation that is not as it was; `before` and `after` are its days, and of a route where to."""

    kind: Literal["route", "authorisation"]
    happening: Happening
    logical_address: str
    contract: str
    consumer: str  # empty for a route
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ReachChange:
    """That a consumer reaches a logical address under a contract otherwise; empty is not at all.

    `hindered` says why it is not reached although it is authorised: VP004, VP006 or VP010.
    """

    consumer: str
    contract: str
    logical_address: str
    before: str
    after: str
    hindered: str = ""

    @property
    def line(self) -> str:
        called = f"{named(self.contract)} at {_at(self.logical_address)}"
        if not self.before:
            return f"+ {self.consumer} can now call {called} ({self.after})"
        if not self.after:
            why = f" ({self.hindered})" if self.hindered else ""
            return f"- {self.consumer} can no longer call {called}{why}"
        return f"~ {self.consumer} calling {called} is now answered by {self.after}, not {self.before}"


@dataclass(frozen=True)
class Changes:
    """What differs between two catalogues, and who reaches what otherwise on `day`."""

    day: date
    rows: tuple[RowChange, ...]
    reach: tuple[ReachChange, ...]

    @property
    def is_empty(self) -> bool:
        return not self.rows and not self.reach

    def as_json(self) -> dict[str, Any]:
        """For a program to read."""
        return {
            "day": self.day.isoformat(),
            "rows": [asdict(one) for one in self.rows],
            "reach": [asdict(one) for one in self.reach],
        }


def between(old: TakSnapshot, new: TakSnapshot, day: date) -> Changes:
    """What `new` changes. `day` is the one on which reachability is looked at, at noon."""
    noon = datetime.combine(day, time(12), SWEDEN)
    routes = _changed_rows(old.routes, new.routes, _route_key, "route")
    authorisations = _changed_rows(old.authorisations, new.authorisations, _authorisation_key, "authorisation")
    return Changes(day, (*routes, *authorisations), tuple(_reach_changes(_Reach(old, noon), _Reach(new, noon))))


def ahead(old: TakSnapshot, new: TakSnapshot, day: date) -> tuple[Changes, ...]:
    """What `new` changes later than on `day`: the days on which more takes effect, each with just that.

    A day on which a difference ends, for both are alike from then on, is none. Rows are not told again.
    """
    routes, authorisations = _differing(old.routes, new.routes), _differing(old.authorisations, new.authorisations)
    differing: set[Route | Authorisation] = {*routes, *authorisations}
    contracts = {one.contract.lower() for one in differing}
    was, will_be = _only(old, contracts), _only(new, contracts)
    known = set(between(was, will_be, day).reach)
    found: list[Changes] = []
    for later in sorted({one for row in differing for one in _turns(row.validity) if one > day}):
        reach = between(was, will_be, later).reach
        if told := tuple(one for one in reach if one not in known):
            found.append(Changes(later, (), told))
        known = set(reach)
    return tuple(found)


def _differing(old: Sequence[Row], new: Sequence[Row]) -> set[Row]:
    was: Counter[Row] = Counter(old)
    will_be: Counter[Row] = Counter(new)
    return set(was - will_be) | set(will_be - was)


def _only(snapshot: TakSnapshot, contracts: set[str]) -> TakSnapshot:
    """What a snapshot says of some contracts; no other concerns who reaches them."""
    return TakSnapshot.of(
        (one for one in snapshot.routes if one.contract.lower() in contracts),
        (one for one in snapshot.authorisations if one.contract.lower() in contracts),
    )


def _turns(validity: Validity) -> Iterator[date]:
    """The days from which a row is in force, and no longer is."""
    first, last = whole_days(validity) or (
        validity.start.astimezone(SWEDEN).date(),
        validity.end.astimezone(SWEDEN).date(),
    )
    yield first
    if last < date.max:
        yield last + timedelta(days=1)


def opened(snapshot: TakSnapshot, day: date) -> Changes:
    """What a catalogue opens by itself."""
    return between(TakSnapshot.of((), ()), snapshot, day)


def lines(changes: Changes) -> Iterator[str]:
    """Who reaches what otherwise, for a person to read."""
    return (one.line for one in changes.reach)


def row_lines(changes: Changes) -> Iterator[str]:
    """Which rows differ, for a person to read."""
    for one in changes.rows:
        who = f"{one.consumer} at " if one.consumer else ""
        days = " → ".join(filter(None, (one.before, one.after)))
        yield f"{one.kind} {one.happening}: {who}{_at(one.logical_address)}, {named(one.contract)}: {days}"


def named(contract: str) -> str:
    """A contract as a line tells it: by its interaction's name if it is of crm:scheduling."""
    return short_name(contract) if ":" in contract else contract


def _at(logical_address: str) -> str:
    return "every other address (*)" if logical_address == STANDARD else logical_address


# -- Rows


def _route_key(one: Route) -> tuple[str, ...]:
    return one.logical_address.lower(), one.contract.lower()


def _authorisation_key(one: Authorisation) -> tuple[str, ...]:
    return one.consumer.lower(), one.logical_address.lower(), one.contract.lower()


def _changed_rows(
    old: Sequence[Row],
    new: Sequence[Row],
    key: Callable[[Row], tuple[str, ...]],
    kind: Literal["route", "authorisation"],
) -> Iterator[RowChange]:
    """Rows of one key that are gone and come are one change as long as there are both; the rest went or came."""
    was_there, is_there = Counter(old), Counter(new)
    went: dict[tuple[str, ...], list[Row]] = _by((was_there - is_there).elements(), key)
    came: dict[tuple[str, ...], list[Row]] = _by((is_there - was_there).elements(), key)
    for one in sorted({*went, *came}):
        before, after = sorted(went[one], key=_start), sorted(came[one], key=_start)
        both = min(len(before), len(after))
        yield from (_row_change(kind, was, now) for was, now in zip(before, after, strict=False))
        yield from (_row_change(kind, was, None) for was in before[both:])
        yield from (_row_change(kind, None, now) for now in after[both:])


def _by(rows: Iterable[Row], key: Callable[[Row], tuple[str, ...]]) -> dict[tuple[str, ...], list[Row]]:
    found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _start(row: Route | Authorisation) -> datetime:
    return row.validity.start


def _row_change(kind: Literal["route", "authorisation"], was: Row | None, now: Row | None) -> RowChange:
    shown = now or was
    assert shown is not None
    consumer = shown.consumer if isinstance(shown, Authorisation) else ""
    return RowChange(
        kind, _happening(was, now), shown.logical_address, shown.contract, consumer, _told(was), _told(now)
    )


def _happening(was: Route | Authorisation | None, now: Route | Authorisation | None) -> Happening:
    if was is None:
        return "added"
    if now is None:
        return "removed"
    if isinstance(was, Route) and isinstance(now, Route) and (was.address, was.profile) != (now.address, now.profile):
        return "readdressed"
    starts_later, ends_sooner = now.validity.start > was.validity.start, now.validity.end < was.validity.end
    if not starts_later and not ends_sooner:
        return "prolonged"
    is_within = was.validity.start <= now.validity.start and now.validity.end <= was.validity.end
    return "shortened" if is_within else "moved"


def _told(row: Route | Authorisation | None) -> str:
    if row is None:
        return ""
    where = f" to {row.address or '(no address)'} ({row.profile})" if isinstance(row, Route) else ""
    return f"{_days(row.validity)}{where}"


def _days(validity: Validity) -> str:
    first, last = whole_days(validity) or stamps(validity)
    return f"{first} – {last}"


# -- Reach

_Key = tuple[str, str]


class _Reach:
    """Routes and authorisations in force at one moment, by contract; keys are in lower case."""

    def __init__(self, snapshot: TakSnapshot, moment: datetime) -> None:
        self.routes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self.consumers: dict[str, set[_Key]] = defaultdict(set)
        self.spelling: dict[str, str] = {}
        for route in snapshot.routes:
            if route.validity.covers(moment):
                contract, address = self._spelled(route.contract), self._spelled(route.logical_address)
                self.routes[contract][address].append(route.address.strip())
        for one in snapshot.authorisations:
            if one.validity.covers(moment):
                key = self._spelled(one.consumer), self._spelled(one.logical_address)
                self.consumers[self._spelled(one.contract)].add(key)

    def _spelled(self, text: str) -> str:
        return self.spelling.setdefault(text.lower(), text).lower()

    def answer(self, contract: str, key: _Key) -> tuple[str, str]:
        """Where a call comes out, empty if nowhere; and what hinders one that is authorised."""
        consumer, address = key
        open_to = self.consumers.get(contract, _NOBODY)
        if key not in open_to and (consumer, STANDARD) not in open_to:
            return "", ""
        routes = self.routes.get(contract, {})
        match routes.get(address) or routes.get(STANDARD) or []:
            case []:
                return "", "no route: VP004"
            case [""]:
                return "", "a route without an address: VP010"
            case [url]:
                return url, ""
            case several:
                return "", f"{len(several)} routes at once: VP006"


_NOBODY: set[_Key] = set()


def _reach_changes(old: _Reach, new: _Reach) -> Iterator[ReachChange]:
    spelling = old.spelling | new.spelling
    contracts = {*old.routes, *new.routes, *old.consumers, *new.consumers}
    found = [
        ReachChange(spelling[key[0]], spelling[contract], spelling.get(key[1], key[1]), before, after, why)
        for contract in contracts
        for key in _touched(contract, old, new)
        for (before, _), (after, why) in [(old.answer(contract, key), new.answer(contract, key))]
        if before != after
    ]
    return iter(sorted(found, key=lambda one: (one.consumer, named(one.contract), one.logical_address)))


def _touched(contract: str, old: _Reach, new: _Reach) -> set[_Key]:
    """Consumers and addresses that a change of the contract's rows can concern: all others need no second look."""
    was, now = old.routes.get(contract, {}), new.routes.get(contract, {})
    had, has = old.consumers.get(contract, _NOBODY), new.consumers.get(contract, _NOBODY)
    addresses = {one for one in {*was, *now} if sorted(was.get(one, ())) != sorted(now.get(one, ()))}
    keys = had ^ has
    if not addresses and not keys:
        return set()
    named_addresses = {*was, *now, *(address for _, address in had | has)}
    if STANDARD in addresses:
        addresses = named_addresses
    everywhere = {consumer for consumer, address in had | has if address == STANDARD}
    wide = {consumer for consumer, address in keys if address == STANDARD}
    touched = {key for key in had | has if key[1] in addresses}
    touched |= {(consumer, address) for consumer in everywhere for address in addresses}
    touched |= {(consumer, address) for consumer in wide for address in named_addresses}
    return touched | keys

"""Orders in JSON: what somebody wants opened and closed in the catalogue, checked whole and carried out whole.

An order is read, then played through in a transaction that is not kept: that shows what will happen, and gives a hash
of the order and of just that. Carrying it out plays it again and demands the hash that was confirmed; a catalogue that
has changed meanwhile in a way that matters gives another. What it does is pending afterwards, as any change is.
Messages are in Swedish, as the real platform's: those two that are known (platform.md §20.7) to the letter, the others
in their form. Left open by the rules, and decided here: an exclusion closes every row of its key that is in force on or
after its first day, and names a route narrower the more of it is told.
Source: platform.md §20.7 (JSON order and its rules table).
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from contracts.times import SWEDEN
from gateway.tak import rules
from gateway.tak.editing import AUTOMATIC_AGREEMENT, Editing
from gateway.tak.entities import (
    ComponentRow,
    ContractRow,
    EntityRow,
    LogicalAddressRow,
    PeriodRow,
    ProducerAddressRow,
    ProfileRow,
    RouteRow,
)
from gateway.tak.refusals import CatalogueRefused, EntityRefused, OrderRefused, OwnedByAnother
from gateway.tak.store import Store

FORMAT_VERSION = 1
_MOMENT = "%Y-%m-%dT%H:%M:%S%z"
_NO_DAY = date(2000, 1, 1)
_LISTS = ("tjanstekontrakt", "logiskadresser", "tjanstekomponenter", "anropsbehorigheter", "vagval")
_FIELDS = {
    "tjanstekontrakt": ("namnrymd",),
    "logiskadresser": ("hsaId",),
    "tjanstekomponenter": ("hsaId",),
    "anropsbehorigheter": ("logiskAdress", "tjanstekontrakt", "tjanstekonsument"),
    "vagval": ("logiskAdress", "tjanstekontrakt", "adress", "rivtaprofil", "tjanstekomponent"),
}
_KEYS = {**_FIELDS, "vagval": ("logiskAdress", "tjanstekontrakt")}
_HSA_IDS = {"hsaId", "logiskAdress", "tjanstekonsument", "tjanstekomponent"}
_THE = {
    "tjanstekontrakt": "Tjänstekontraktet",
    "logiskadresser": "Den logiska adressen",
    "tjanstekomponenter": "Tjänstekomponenten",
    "anropsbehorigheter": "Anropsbehörigheten",
    "vagval": "Vägvalet",
}
_CHECKS: Mapping[str, Callable[[str], str]] = {
    "namnrymd": rules.contract,
    "tjanstekontrakt": rules.contract,
    "hsaId": rules.hsa_id,
    "logiskAdress": rules.logical_address,
    "tjanstekonsument": rules.hsa_id,
    "tjanstekomponent": rules.hsa_id,
    "adress": rules.url,
    "rivtaprofil": rules.profile,
    "beskrivning": rules.description,
}
Item = Mapping[str, Any]
Row = TypeVar("Row", bound=EntityRow)


@dataclass(frozen=True)
class Order:
    """An order whose form is right; HSA-ids are in upper case."""

    platform: str
    first_day: date
    last_day: date
    comment: str
    included: Mapping[str, tuple[Item, ...]]
    excluded: Mapping[str, tuple[Item, ...]]
    digest: str


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """What an order does, a line each, and the hash that confirms exactly that."""

    order: Order
    lines: tuple[str, ...]
    confirmation: str


def preview(store: Store, text: str, platform: str, user: str) -> OrderPlan:
    """What an order would do; nothing is kept. Raises OrderRefused with everything that is wrong with it."""
    order = read_order(text, platform)
    with store.trying(user) as editing:
        return _played(editing, order)


def carry_out(store: Store, text: str, platform: str, user: str, confirmed: str) -> OrderPlan:
    """Do what was confirmed, all of it, as pending changes of the user. Raises OrderRefused; then nothing is done."""
    order = read_order(text, platform)
    with store.editing(user) as editing:
        plan = _played(editing, order)
        if plan.confirmation != confirmed:
            raise OrderRefused(("Beställningen eller TAK har ändrats sedan den bekräftades; bekräfta den på nytt.",))
    return plan


# -- Reading


def read_order(text: str, platform: str) -> Order:
    """The order in a JSON text, for the platform of this name. Raises OrderRefused."""
    document = _document(text)
    told = document.get("plattform")
    if not isinstance(told, str) or not told.strip():
        raise OrderRefused(("Plattform måste anges i beställningen.",))
    if told != platform:
        raise OrderRefused((f"Beställningen gäller plattform {rules.shown(told)}, inte {platform}.",))
    reasons: list[str] = []
    first_day = _first_day(document, reasons)
    included = _lists(document, "inkludera", reasons)
    excluded = _lists(document, "exkludera", reasons)
    reasons += _doubled(included, excluded)
    if reasons:
        raise OrderRefused(tuple(reasons))
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    comment = document.get("kommentar")
    return Order(
        told,
        first_day,
        rules.years_later(first_day),
        comment if isinstance(comment, str) else "",
        included,
        excluded,
        digest,
    )


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise OrderRefused(("Beställningen är inte giltig JSON.",)) from None
    if not isinstance(document, dict):
        raise OrderRefused(("Beställningen är inte giltig JSON.",))
    if document.get("formatVersion", FORMAT_VERSION) != FORMAT_VERSION:
        raise OrderRefused((f"Beställningens formatVersion måste vara {FORMAT_VERSION}.",))
    return document


def _first_day(document: Mapping[str, Any], reasons: list[str]) -> date:
    try:
        day = datetime.strptime(str(document.get("genomforandeTidpunkt")), _MOMENT).astimezone(SWEDEN).date()
        rules.years_later(day)
    except (ValueError, OverflowError, EntityRefused):
        reasons.append("Beställningens genomforandeTidpunkt måste anges som 2026-01-31T12:00:00+0100.")
        return _NO_DAY
    return day


def _lists(document: Mapping[str, Any], part: str, reasons: list[str]) -> dict[str, tuple[Item, ...]]:
    told = document.get(part) or {}
    if not isinstance(told, Mapping) or set(told) - set(_LISTS):
        reasons.append(f"{part} får bara innehålla listorna {', '.join(_LISTS)}.")
        return dict.fromkeys(_LISTS, ())
    return {name: tuple(_items(name, told.get(name) or [], part, reasons)) for name in _LISTS}


def _items(name: str, told: Any, part: str, reasons: list[str]) -> Iterator[Item]:
    if not isinstance(told, list) or not all(isinstance(item, Mapping) for item in told):
        reasons.append(f"{name} i {part} måste vara en lista av objekt.")
        return
    for item in told:
        demanded = _FIELDS[name] if part == "inkludera" else _KEYS[name]
        found = {
            field: _upper(field, value)
            for field, value in item.items()
            if field in {*_FIELDS[name], "beskrivning", "majorVersion", "minorVersion"} and value is not None
        }
        problems = [*_missing(name, found, demanded), *_unfitting(name, found)]
        reasons += problems
        if not problems:
            yield found


def _upper(field: str, value: Any) -> Any:
    return value.upper() if field in _HSA_IDS and isinstance(value, str) else value


def _missing(name: str, item: Item, demanded: tuple[str, ...]) -> Iterator[str]:
    for field in demanded:
        if field not in item:
            yield f"{field} måste anges för varje {name} i beställningen."


def _unfitting(name: str, item: Item) -> Iterator[str]:
    for field, value in item.items():
        if field in ("majorVersion", "minorVersion"):
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 9999:
                yield f"{field} måste vara ett heltal från 0 till 9999."
        elif not isinstance(value, str):
            yield f"{field} måste vara en text."
        elif not _fits("logiskAdress" if (name, field) == ("logiskadresser", "hsaId") else field, value):
            yield f"{name}: {field} {rules.shown(value)} innehåller ogiltiga tecken eller har fel längd."


def _fits(field: str, value: str) -> bool:
    try:
        _CHECKS[field](value)
    except EntityRefused:
        return False
    return True


def _doubled(included: Mapping[str, tuple[Item, ...]], excluded: Mapping[str, tuple[Item, ...]]) -> Iterator[str]:
    for name in _LISTS:
        seen: set[tuple[str, ...]] = set()
        told: set[tuple[str, ...]] = set()
        for item in (*included[name], *excluded[name]):
            key = tuple(item[field] for field in _KEYS[name])
            folded = tuple(part.lower() for part in key)
            if folded in seen and folded not in told:
                told.add(folded)
                yield f"{_THE[name]} [{', '.join(key)}] får inte finnas på flera ställen i beställningen."
            seen.add(folded)


# -- Playing


def _played(editing: Editing, order: Order) -> OrderPlan:
    """Do it in the transaction at hand and tell what was done. Raises OrderRefused with every reason."""
    play = _Play(editing, order)
    play.all()
    if play.reasons:
        raise OrderRefused(tuple(play.reasons))
    lines = tuple(play.lines)
    told = "\n".join((order.digest, editing.user, *lines))
    return OrderPlan(order, lines, hashlib.sha256(told.encode()).hexdigest())


class _Missing(CatalogueRefused):
    """A relation of a row that the order names and the catalogue has not, for this user."""


class _Play:
    def __init__(self, editing: Editing, order: Order) -> None:
        self._editing = editing
        self._from, self._to = order.first_day, order.last_day
        self._order = order
        self.lines: list[str] = []
        self.reasons: list[str] = []

    def all(self) -> None:
        steps: tuple[tuple[Callable[[Item], None], str, Mapping[str, tuple[Item, ...]]], ...] = (
            (self._include_contract, "tjanstekontrakt", self._order.included),
            (self._include_logical_address, "logiskadresser", self._order.included),
            (self._include_component, "tjanstekomponenter", self._order.included),
            (self._exclude_authorisation, "anropsbehorigheter", self._order.excluded),
            (self._exclude_route, "vagval", self._order.excluded),
            (self._include_authorisation, "anropsbehorigheter", self._order.included),
            (self._include_route, "vagval", self._order.included),
        )
        for step, name, items in steps:
            for item in items[name]:
                self._step(step, item)
        for name in _LISTS[:3]:
            for item in self._order.excluded[name]:
                self.lines.append(f"{_THE[name]} {item[_KEYS[name][0]]} tas inte bort av en beställning.")

    def _step(self, step: Callable[[Item], None], item: Item) -> None:
        try:
            step(item)
        except OwnedByAnother as error:
            self.reasons.append(f"[{error.key}] har en opublicerad ändring av en annan användare, {error.owner}.")
        except _Missing as error:
            self.reasons.append(str(error))
        except CatalogueRefused as error:
            self.reasons.append(f"Beställningen kan inte genomföras: {error}")

    # Contracts, logical addresses, components: made if missing, never changed

    def _include_contract(self, item: Item) -> None:
        if self._editing.contract(item["namnrymd"]) is None:
            versions = item.get("majorVersion", 1), item.get("minorVersion", 0)
            row = self._editing.add_contract(item["namnrymd"], item.get("beskrivning", ""), *versions)
            self._tell("Skapar tjänstekontrakt", row)

    def _include_logical_address(self, item: Item) -> None:
        if self._editing.logical_address(item["hsaId"]) is None:
            row = self._editing.add_logical_address(item["hsaId"], item.get("beskrivning", ""))
            self._tell("Skapar logisk adress", row)

    def _include_component(self, item: Item) -> None:
        if self._editing.component(item["hsaId"]) is None:
            self._tell(
                "Skapar tjänstekomponent", self._editing.add_component(item["hsaId"], item.get("beskrivning", ""))
            )

    # Authorisations

    def _include_authorisation(self, item: Item) -> None:
        what = "Skapa Anropsbehörighet"
        address, contract = self._logical_address(what, item), self._contract(what, item)
        consumer = self._component(what, item, "tjanstekonsument")
        there = self._overlapping(self._editing.authorisations(consumer, address, contract))
        key = f"[{address.hsa_id}, {contract.namespace}, {consumer.hsa_id}]"
        if len(there) > 1:
            raise _Missing(f"Skapa Anropsbehörighet: {key} finns flera gånger under perioden.")
        if there:
            self._extend(there[0], "anropsbehörighet")
            return
        row = self._editing.add_authorisation(consumer, address, contract, self._from, self._to, AUTOMATIC_AGREEMENT)
        self._tell("Skapar anropsbehörighet", row)

    def _exclude_authorisation(self, item: Item) -> None:
        address = self._editing.logical_address(item["logiskAdress"])
        contract = self._editing.contract(item["tjanstekontrakt"])
        consumer = self._editing.component(item["tjanstekonsument"])
        if address and contract and consumer:
            for row in self._overlapping(self._editing.authorisations(consumer, address, contract)):
                self._close(row, "anropsbehörighet")

    # Routes

    def _include_route(self, item: Item) -> None:
        what = "Skapa Vägval"
        address, contract = self._logical_address(what, item), self._contract(what, item)
        component, profile = self._component(what, item, "tjanstekomponent"), self._profile(what, item)
        there = self._overlapping(self._editing.routes(address, contract))
        if len(there) > 1:
            raise _Missing(f"Skapa Vägval: [{address.hsa_id}, {contract.namespace}] finns flera gånger under perioden.")
        to = self._editing.producer_address(item["adress"], profile, component)
        if there and to is not None and there[0].producer_address is to:
            self._extend(there[0], "vägval")
            return
        if to is None:
            to = self._editing.add_producer_address(item["adress"], profile, component)
            self._tell("Skapar anropsadress", to)
        self._refuse_unpublished(what, "Anropsadress", "adress", item["adress"], to)
        for row in there:
            self._close_route(row)
        self._tell("Skapar vägval", self._editing.add_route(address, contract, to, self._from, self._to))

    def _exclude_route(self, item: Item) -> None:
        address = self._editing.logical_address(item["logiskAdress"])
        contract = self._editing.contract(item["tjanstekontrakt"])
        if address and contract:
            for row in self._overlapping(self._editing.routes(address, contract)):
                if _is_meant(row.producer_address, item):
                    self._close_route(row)

    def _close_route(self, row: RouteRow) -> None:
        """Close a route; if it had not begun its producer address goes with it, unless something else uses that."""
        to = row.producer_address
        if self._close(row, "vägval") and not self._editing.is_used(to):
            key = to.key
            self._editing.delete(to)
            self.lines.append(f"Tar bort anropsadress: {key}")

    # Both

    def _overlapping(self, rows: list[Any]) -> list[Any]:
        return [row for row in rows if row.overlaps(self._from, self._to)]

    def _extend(self, row: PeriodRow, noun: str) -> None:
        first_day = min(row.first_day, self._from)
        if (first_day, self._to) == (row.first_day, row.last_day):
            self.lines.append(f"Ändrar inte {noun}, som redan gäller: {row.key}")
            return
        before = f"{row.first_day}–{row.last_day}"
        self._editing.change(row, first_day=first_day, last_day=self._to)
        self.lines.append(f"Ändrar period för {noun}, tidigare {before}: {row.key}")

    def _close(self, row: PeriodRow, noun: str) -> bool:
        """End a row the day before; whether it was deleted instead, for it had not begun."""
        key = row.key
        if row.first_day >= self._from:
            self._editing.delete(row)
            self.lines.append(f"Tar bort {noun}: {key}")
            return True
        self._editing.change(row, last_day=self._from - timedelta(days=1))
        self.lines.append(f"Avslutar {noun} {row.last_day}: {key}")
        return False

    def _tell(self, what: str, row: EntityRow) -> None:
        self.lines.append(f"{what}: {row.key}")

    # What a row needs

    def _contract(self, what: str, item: Item) -> ContractRow:
        named = item["tjanstekontrakt"]
        return self._there(what, "Tjänstekontrakt", "namnrymd", named, self._editing.contract(named))

    def _logical_address(self, what: str, item: Item) -> LogicalAddressRow:
        named = item["logiskAdress"]
        return self._there(what, "Logisk adress", "HSA-id", named, self._editing.logical_address(named))

    def _component(self, what: str, item: Item, role: str) -> ComponentRow:
        return self._there(what, "Tjänstekomponent", "HSA-id", item[role], self._editing.component(item[role]))

    def _profile(self, what: str, item: Item) -> ProfileRow:
        named = item["rivtaprofil"]
        return self._there(what, "RIV-TA-profil", "namn", named, self._editing.profile(named))

    def _there(self, what: str, noun: str, key: str, named: str, row: Row | None) -> Row:
        if row is None:
            raise _Missing(f"{what}: {noun} med {key} = {named} finns inte.")
        self._refuse_unpublished(what, noun, key, named, row)
        return row

    def _refuse_unpublished(self, what: str, noun: str, key: str, named: str, row: EntityRow) -> None:
        if row.pub_version is None and row.updated_by not in (None, self._editing.user):
            raise _Missing(f"{what}: {noun} med {key} = {named} är inte publicerad av {row.updated_by}.")


def _is_meant(to: ProducerAddressRow, item: Item) -> bool:
    told = {"adress": to.url, "rivtaprofil": to.profile.name, "tjanstekomponent": to.component.hsa_id.upper()}
    return all(item[name] == value for name, value in told.items() if name in item)

"""The JSON documents of one published version: the snapshot, which names things by number, and the export, which names
them by natural key so that it can be read without joins.

A document has formatVersion, version, tidpunkt, utforare, kommentar and data; data has one list for each kind of thing.
A snapshot is what a version is stored as and downloaded as (gzip); an export is what the catalogue's REST page gives.
Filters name their authorisation, and categories their filter, by number in both: these have no natural key.
Elsewhere: the values (publication.py), whether a document holds together (quality.py).
Source: platform.md §20.3, §20.5.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from contracts.times import SWEDEN
from gateway.tak.exchange import CatalogueUnreadable
from gateway.tak.publication import (
    Component,
    Contract,
    Filter,
    LogicalAddress,
    ProducerAddress,
    Profile,
    Publication,
    PublishedAuthorisation,
    PublishedRoute,
)

LISTS = (
    "rivtaprofil",
    "tjanstekontrakt",
    "logiskadress",
    "tjanstekomponent",
    "anropsadress",
    "anropsbehorighet",
    "vagval",
    "filter",
    "filtercategorization",
)
FORMAT_VERSION = 1
_MOMENT = "%Y-%m-%dT%H:%M:%S%z"
_LARGEST = 1_000_000_000
Item = dict[str, Any]
Lists = dict[str, list[Item]]
Document = dict[str, Any]
T = TypeVar("T")


# -- Writing


def document_of(publication: Publication, by_key: bool = False) -> Document:
    """The snapshot of a version; with `by_key` its export."""
    lists = _Told(by_key).lists(publication)
    return framed(
        lists,
        publication.version,
        publication.published_at,
        publication.publisher,
        publication.comment,
        publication.format_version,
    )


def framed(
    lists: Lists,
    version: int,
    published_at: datetime,
    publisher: str,
    comment: str,
    format_version: int = FORMAT_VERSION,
) -> Document:
    """A document with these lists."""
    return {
        "formatVersion": format_version,
        "version": version,
        "tidpunkt": published_at.astimezone(SWEDEN).strftime(_MOMENT),
        "utforare": publisher,
        "kommentar": comment,
        "data": lists,
    }


def write(document: Document, pretty: bool = False) -> bytes:
    """A document as UTF-8."""
    separators = None if pretty else (",", ":")
    return json.dumps(document, ensure_ascii=False, indent=2 if pretty else None, separators=separators).encode()


def pack(document: Document) -> bytes:
    """A document as it is stored and downloaded: the same document always gives the same bytes."""
    return gzip.compress(write(document), mtime=0)


class _Told:
    """Things as items of their lists; relationships by number or by natural key."""

    def __init__(self, by_key: bool) -> None:
        self._by_key = by_key

    def lists(self, publication: Publication) -> Lists:
        told = {
            "rivtaprofil": [_item(p, namn=p.name, beskrivning=p.description) for p in publication.profiles],
            "tjanstekontrakt": [self._contract(one) for one in publication.contracts],
            "logiskadress": [
                _item(one, hsaId=one.hsa_id, beskrivning=one.description) for one in publication.logical_addresses
            ],
            "tjanstekomponent": [
                _item(one, hsaId=one.hsa_id, beskrivning=one.description) for one in publication.components
            ],
            "anropsadress": [self._producer_address(one) for one in publication.producer_addresses],
            "anropsbehorighet": [self._authorisation(one) for one in publication.authorisations],
            "vagval": [self._route(one) for one in publication.routes],
            "filter": [],
            "filtercategorization": [],
        }
        for one in publication.authorisations:
            for kept in one.filters:
                self._add_filter(told, one, kept)
        return told

    def _contract(self, one: Contract) -> Item:
        return _item(
            one,
            namnrymd=one.namespace,
            beskrivning=one.description,
            majorVersion=one.major,
            minorVersion=one.minor,
        )

    def _producer_address(self, one: ProducerAddress) -> Item:
        related = {
            "rivtaprofil": one.profile.name if self._by_key else one.profile.id,
            "tjanstekomponent": self._named(one.component),
        }
        return _item(one, adress=one.url, relationships=related)

    def _authorisation(self, one: PublishedAuthorisation) -> Item:
        consumer = "tjanstekonsument" if self._by_key else "tjanstekomponent"
        return _item(
            one,
            fromTidpunkt=one.first_day.isoformat(),
            tomTidpunkt=one.last_day.isoformat(),
            integrationsavtal=one.agreement,
            relationships={
                "logiskAdress": self._named(one.logical_address),
                consumer: self._named(one.consumer),
                "tjanstekontrakt": one.contract.namespace if self._by_key else one.contract.id,
            },
        )

    def _route(self, one: PublishedRoute) -> Item:
        return _item(
            one,
            fromTidpunkt=one.first_day.isoformat(),
            tomTidpunkt=one.last_day.isoformat(),
            relationships={
                "anropsadress": one.producer_address.url if self._by_key else one.producer_address.id,
                "logiskadress": self._named(one.logical_address),
                "tjanstekontrakt": one.contract.namespace if self._by_key else one.contract.id,
            },
        )

    def _add_filter(self, told: Lists, authorisation: PublishedAuthorisation, kept: Filter) -> None:
        related = {"anropsbehorighet": authorisation.id}
        told["filter"].append(_item(kept, servicedomain=kept.service_domain, relationships=related))
        for number, category in zip(kept.category_ids, kept.categories, strict=True):
            item = {"id": number, "pubversion": kept.pub_version, "category": category}
            told["filtercategorization"].append({**item, "relationships": {"filter": kept.id}})

    def _named(self, one: Component | LogicalAddress) -> str | int:
        return one.hsa_id if self._by_key else one.id


def _item(one: Any, **told: Any) -> Item:
    return {"id": one.id, "pubversion": one.pub_version, **told}


# -- Reading


def unpack(packed: bytes) -> Document:
    """The document in what was stored or downloaded. Raises CatalogueUnreadable."""
    try:
        unzipped = zlib.decompressobj(wbits=31)
        text = unzipped.decompress(packed, _LARGEST)
    except zlib.error:
        raise CatalogueUnreadable("It is not compressed with gzip.") from None
    if unzipped.unconsumed_tail:
        raise CatalogueUnreadable(f"It holds more than {_LARGEST} bytes.")
    return parse(text)


def parse(text: bytes) -> Document:
    """The document in a JSON text. Raises CatalogueUnreadable."""
    try:
        document = json.loads(text.decode())
    except RecursionError:
        raise CatalogueUnreadable("The JSON is nested too deep.") from None
    except ValueError:
        raise CatalogueUnreadable("It is not JSON in UTF-8.") from None
    if not isinstance(document, dict) or not isinstance(document.get("data"), dict):
        raise CatalogueUnreadable("It is no snapshot or export: it has no object data.")
    return document


def read(document: Document) -> Publication:
    """The version that a snapshot or an export tells; which of the two, its relationships show.

    Raises CatalogueUnreadable naming the list and the item that does not fit.
    """
    lists = _lists(document["data"])
    read_of = _Read(lists)
    return Publication(
        version=_number(document, "version"),
        published_at=_moment(document.get("tidpunkt")),
        publisher=str(document.get("utforare") or ""),
        comment=str(document.get("kommentar") or ""),
        format_version=_number(document, "formatVersion"),
        profiles=tuple(read_of.profiles.values()),
        contracts=tuple(read_of.contracts.values()),
        components=tuple(read_of.components.values()),
        logical_addresses=tuple(read_of.logical_addresses.values()),
        producer_addresses=tuple(read_of.producer_addresses.values()),
        routes=read_of.routes(),
        authorisations=read_of.authorisations(),
    )


def _lists(told: Mapping[str, Any]) -> Lists:
    lists: Lists = {}
    for name in LISTS:
        items = told.get(name) or []
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise CatalogueUnreadable(f"{name} must be a list of objects.")
        lists[name] = sorted(items, key=lambda item: _number(item, "id"))
    return lists


class _Read:
    """Things by number, and by natural key, so that a relationship of either kind finds them."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self.profiles = self._made("rivtaprofil", lambda i: Profile(**_base(i), name=_text(i, "namn"), **_described(i)))
        self.contracts = self._made("tjanstekontrakt", _contract)
        self.components = self._made(
            "tjanstekomponent", lambda i: Component(**_base(i), hsa_id=_text(i, "hsaId"), **_described(i))
        )
        self.logical_addresses = self._made(
            "logiskadress", lambda i: LogicalAddress(**_base(i), hsa_id=_text(i, "hsaId"), **_described(i))
        )
        self._profile = _Finder(self.profiles, lambda one: one.name)
        self._contract = _Finder(self.contracts, lambda one: one.namespace)
        self._component = _Finder(self.components, lambda one: one.hsa_id)
        self._logical_address = _Finder(self.logical_addresses, lambda one: one.hsa_id)
        self.producer_addresses = self._made("anropsadress", self._producer_address)
        self._address = _Finder(self.producer_addresses, lambda one: one.url)
        self._filters = self._filters_by_authorisation()

    def routes(self) -> tuple[PublishedRoute, ...]:
        return tuple(self._made("vagval", self._route).values())

    def authorisations(self) -> tuple[PublishedAuthorisation, ...]:
        return tuple(self._made("anropsbehorighet", self._authorisation).values())

    def _made(self, name: str, make: Callable[[Item], T]) -> dict[int, T]:
        made: dict[int, T] = {}
        for item in self._lists[name]:
            try:
                made[_number(item, "id")] = make(item)
            except (ValueError, TypeError) as error:
                raise CatalogueUnreadable(f"{name} {item['id']}: {error}.") from None
        return made

    def _producer_address(self, item: Item) -> ProducerAddress:
        related = _related(item)
        profile, component = self._profile(related, "rivtaprofil"), self._component(related, "tjanstekomponent")
        return ProducerAddress(**_base(item), url=_text(item, "adress"), profile=profile, component=component)

    def _route(self, item: Item) -> PublishedRoute:
        related = _related(item)
        return PublishedRoute(
            **_base(item),
            **_days(item),
            logical_address=self._logical_address(related, "logiskadress"),
            contract=self._contract(related, "tjanstekontrakt"),
            producer_address=self._address(related, "anropsadress"),
        )

    def _authorisation(self, item: Item) -> PublishedAuthorisation:
        related = _related(item)
        consumer = "tjanstekonsument" if "tjanstekonsument" in related else "tjanstekomponent"
        return PublishedAuthorisation(
            **_base(item),
            **_days(item),
            consumer=self._component(related, consumer),
            logical_address=self._logical_address(related, "logiskAdress"),
            contract=self._contract(related, "tjanstekontrakt"),
            agreement=str(item.get("integrationsavtal") or ""),
            filters=tuple(self._filters.get(_number(item, "id"), ())),
        )

    def _filters_by_authorisation(self) -> dict[int, list[Filter]]:
        categories: dict[int, list[Item]] = {}
        for item in self._lists["filtercategorization"]:
            categories.setdefault(_number(_related(item), "filter"), []).append(item)
        found: dict[int, list[Filter]] = {}
        for item in self._lists["filter"]:
            below = categories.get(_number(item, "id"), [])
            kept = Filter(
                **_base(item),
                service_domain=_text(item, "servicedomain"),
                categories=tuple(_text(one, "category") for one in below),
                category_ids=tuple(_number(one, "id") for one in below),
            )
            found.setdefault(_number(_related(item), "anropsbehorighet"), []).append(kept)
        return found


class _Finder:
    """Finds what a relationship names. Raises ValueError when there is none, or several by that key."""

    def __init__(self, by_id: Mapping[int, Any], key: Callable[[Any], str]) -> None:
        self._by_id = by_id
        self._by_key: dict[str, list[Any]] = {}
        for one in by_id.values():
            self._by_key.setdefault(key(one), []).append(one)

    def __call__(self, related: Mapping[str, Any], name: str) -> Any:
        named = related.get(name)
        if isinstance(named, str):
            found = self._by_key.get(named, [])
        else:
            found = [self._by_id[named]] if isinstance(named, int) and named in self._by_id else []
        if len(found) != 1:
            raise ValueError(f"its {name} {named!r} is there {len(found)} times, not once")
        return found[0]


def _contract(item: Item) -> Contract:
    return Contract(
        **_base(item),
        namespace=_text(item, "namnrymd"),
        **_described(item),
        major=_number({"majorVersion": 0, **_given(item)}, "majorVersion"),
        minor=_number({"minorVersion": 0, **_given(item)}, "minorVersion"),
    )


def _base(item: Item) -> dict[str, Any]:
    return {"id": _number(item, "id"), "pub_version": _number({"pubversion": 0, **_given(item)}, "pubversion")}


def _given(item: Item) -> Item:
    """What of an item is not null."""
    return {name: value for name, value in item.items() if value is not None}


def _described(item: Item) -> dict[str, Any]:
    return {"description": str(item.get("beskrivning") or "")}


def _days(item: Item) -> dict[str, Any]:
    """Days as they are written: of a date with a time, its day."""
    return {
        "first_day": date.fromisoformat(_text(item, "fromTidpunkt")[:10]),
        "last_day": date.fromisoformat(_text(item, "tomTidpunkt")[:10]),
    }


def _related(item: Item) -> Mapping[str, Any]:
    related = item.get("relationships")
    if not isinstance(related, Mapping):
        raise CatalogueUnreadable(f"An item of number {item['id']} has no relationships.")
    return related


def _text(item: Mapping[str, Any], name: str) -> str:
    text = item.get(name)
    if not isinstance(text, str):
        raise CatalogueUnreadable(f"An item of number {item.get('id')} has no text {name}.")
    return text


def _number(item: Mapping[str, Any], name: str) -> int:
    number = item.get(name)
    if not isinstance(number, int | float) or isinstance(number, bool) or number != number // 1:
        raise CatalogueUnreadable(f"{name} must be a whole number.")
    return int(number)


def _moment(text: Any) -> datetime:
    try:
        return datetime.strptime(str(text), _MOMENT).astimezone(SWEDEN)
    except (ValueError, OverflowError):
        raise CatalogueUnreadable("tidpunkt must be a moment as 2026-01-31T12:00:00+0100.") from None

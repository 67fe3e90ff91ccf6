"""The files a catalogue comes in: our TOML, which people read and review, and the platform's persistentCache XML.

A TOML file has tables `[[route]]` (logical_addresses, contracts, address, profile, first_day, last_day) and
`[[authorisation]]` (consumers, logical_addresses, contracts, first_day, last_day); each stands for every combination of
its lists. What a gateway does not need may be there too: a route's component, an authorisation's agreement and filters,
tables `[[contract]]`, `[[component]]`, `[[logical_address]]` and `[[profile]]` with versions and descriptions. Days are
dates and both included; without them a row is always in force. Where a catalogue of another platform tells moments
instead, they stand as date-times with a zone.
Elsewhere: writing the TOML (toml_file.py), the catalogue's own JSON (published_json.py).
Source: platform.md §18 (persistentCache), §20.1.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from itertools import product
from pathlib import Path
from typing import Any

from lxml import etree

from contracts import xml
from contracts.errors import MessageUnreadable
from contracts.namespaces import responder
from gateway.tak.details import ContractDetails, DescribedSnapshot, Details, Filters, described, details_of
from gateway.tak.model import Authorisation, Route, Validity
from gateway.tak.snapshot import TakSnapshot

_NAMESPACE = "urn:skl:tp:vagvalsinfo:v2"
_INFO = f"{{{_NAMESPACE}}}"
ALWAYS = {"first_day": date(2000, 1, 1), "last_day": date(2999, 12, 31)}
USUAL_PROFILE = "RIVTABP21"
_LISTS = {"logical_addresses", "contracts", "consumers"}
_ROUTE = {"logical_addresses", "contracts", "address", "profile", "component", "first_day", "last_day"}
_AUTHORISATION = {"consumers", "logical_addresses", "contracts", "agreement", "filters", "first_day", "last_day"}
_OPTIONAL = {*ALWAYS, "profile", "component", "agreement", "filters"}
_FILTER = {"domain", "categories"}
_THINGS = {
    "contract": {"namespace", "major", "minor", "description"},
    "component": {"hsa_id", "description"},
    "logical_address": {"hsa_id", "description"},
    "profile": {"name", "description"},
}


class CatalogueUnreadable(Exception):
    """A catalogue file that cannot be used; the message is a sentence that says where and why."""


def load(path: Path) -> TakSnapshot:
    """The snapshot in a file, `.toml` or persistentCache XML by its name.

    Raises CatalogueUnreadable, also for a catalogue that is empty (platform.md §18).
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise CatalogueUnreadable(f"{path.name} cannot be read: {error.strerror}.") from None
    try:
        snapshot = read_toml(text.decode()) if path.suffix == ".toml" else read_persistent_cache(text)
    except (ValueError, MessageUnreadable) as error:
        raise CatalogueUnreadable(f"{path.name}: {error}.") from None
    if not snapshot.routes or not snapshot.authorisations:
        raise CatalogueUnreadable(f"{path.name}: a catalogue without routes or authorisations is no catalogue.")
    return snapshot


def read_toml(text: str) -> DescribedSnapshot:
    """The snapshot that a TOML text describes. Raises ValueError naming the row that doesn't fit."""
    tables = _tables(text)
    if unknown := sorted(set(tables) - {"route", "authorisation", *_THINGS}):
        raise ValueError(f"there are tables route and authorisation, not {unknown[0]}")
    routes, authorisations = [], []
    components_of, agreements, filters = {}, {}, {}
    for row in _rows(tables, "route", _ROUTE):
        made = list(_routes(row))
        routes += made
        components_of.update(dict.fromkeys(made, row["component"]) if row.get("component") else {})
    for row in _rows(tables, "authorisation", _AUTHORISATION):
        allowed = list(_authorisations(row))
        authorisations += allowed
        agreements.update(dict.fromkeys(allowed, row["agreement"]) if row.get("agreement") else {})
        filters.update(dict.fromkeys(allowed, _filters(row["filters"])) if row.get("filters") else {})
    return described(routes, authorisations, Details(components_of, agreements, filters, *_things(tables)))


def _things(
    tables: Mapping[str, Any],
) -> tuple[dict[str, ContractDetails], dict[str, str], dict[str, str], dict[str, str]]:
    """What the tables of things tell, by their natural keys."""
    contracts = {
        _contract(row["namespace"]): ContractDetails(row.get("major"), row.get("minor", 0), row.get("description", ""))
        for row in _thing_rows(tables, "contract", "namespace")
    }
    plain = [
        {row[key]: row.get("description", "") for row in _thing_rows(tables, name, key)}
        for name, key in (("component", "hsa_id"), ("logical_address", "hsa_id"), ("profile", "name"))
    ]
    return contracts, plain[0], plain[1], plain[2]


def _thing_rows(tables: Mapping[str, Any], name: str, key: str) -> Iterator[dict[str, Any]]:
    rows, known = tables.get(name, []), _THINGS[name]
    if not isinstance(rows, list):
        raise ValueError(f"{name} must be a list of tables, [[{name}]]")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or set(row) - known or key not in row:
            raise ValueError(f"{name} number {number} must have {key}, and may have {', '.join(sorted(known - {key}))}")
        for field, value in row.items():
            is_number = field in ("major", "minor")
            if not isinstance(value, int if is_number else str) or isinstance(value, bool):
                raise ValueError(f"{name} number {number}: {field} must be a {'number' if is_number else 'text'}")
        yield row


def _filters(told: Any) -> Filters:
    """`[{ domain = "…", categories = ["…"] }]`. Raises ValueError."""
    if not isinstance(told, list) or not all(isinstance(one, dict) and set(one) <= _FILTER for one in told):
        raise ValueError("filters must be a list of tables with domain and categories")
    for one in told:
        categories = one.get("categories", [])
        if not isinstance(one.get("domain"), str) or not _are_texts(categories):
            raise ValueError("a filter must have a text as its domain and a list of texts as its categories")
    return tuple((one["domain"], tuple(one.get("categories", []))) for one in told)


def _are_texts(told: Any) -> bool:
    return isinstance(told, list) and all(isinstance(one, str) for one in told)


def _tables(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _rows(tables: Mapping[str, Any], name: str, known: set[str]) -> Iterator[dict[str, Any]]:
    rows = tables.get(name, [])
    if not isinstance(rows, list):
        raise ValueError(f"{name} must be a list of tables, [[{name}]]")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or set(row) - known or not set(row) >= known - _OPTIONAL:
            must, may = ", ".join(sorted(known - _OPTIONAL)), ", ".join(sorted(known & _OPTIONAL))
            raise ValueError(f"{name} number {number} must have {must}, and may have {may}")
        try:
            _demand_texts(row)
            yield {**ALWAYS, "profile": USUAL_PROFILE, **row, "validity": _days({**ALWAYS, **row})}
        except ValueError as error:
            raise ValueError(f"{name} number {number}: {error}") from None


def _demand_texts(row: Mapping[str, Any]) -> None:
    for name, value in row.items():
        if name in _LISTS and not _are_texts(value):
            raise ValueError(f"{name} must be a list of texts")
        if name in ("address", "profile", "component", "agreement") and not isinstance(value, str):
            raise ValueError(f"{name} must be a text")
        if name == "filters":
            _filters(value)


def _days(row: Mapping[str, Any]) -> Validity:
    return Validity.of_stamps(*(_stamp_of(row[name]) for name in ALWAYS))


def _stamp_of(told: object) -> str:
    """A day, or a moment of it, as an xs:dateTime. A day is written as a date, never as its midnight."""
    if type(told) is date:
        return f"{told.isoformat()}T00:00:00.000"
    if isinstance(told, datetime) and (told.tzinfo is not None or told.time() != time()):
        return told.isoformat()
    raise ValueError("first_day and last_day must be dates, or date-times where they are moments")


def _routes(row: Mapping[str, Any]) -> Iterable[Route]:
    for logical_address, contract in product(row["logical_addresses"], row["contracts"]):
        yield Route(logical_address, _contract(contract), row["address"], row["profile"], row["validity"])


def _authorisations(row: Mapping[str, Any]) -> Iterable[Authorisation]:
    for consumer, logical_address, contract in product(row["consumers"], row["logical_addresses"], row["contracts"]):
        yield Authorisation(consumer, logical_address, _contract(contract), row["validity"])


def _contract(name: str) -> str:
    """A contract by its namespace, or an interaction of crm:scheduling by its name alone."""
    return name if ":" in name else responder(name)


def read_persistent_cache(data: bytes) -> DescribedSnapshot:
    """The snapshot in a real platform's local copy. Raises ValueError or MessageUnreadable."""
    root = xml.parse(data, limits=xml.Limits(max_bytes=500_000_000, max_tags=50_000_000))
    if root.tag != "persistentCache":
        raise ValueError("the root element is not persistentCache")
    routes = [_cached_route(item) for item in root.iterchildren("virtualiseringsInfo")]
    authorisations, filters = [], {}
    for item in root.iterchildren("anropsBehorighetsInfo"):
        authorisations.append(_cached_authorisation(item))
        if told := tuple(_cached_filter(one) for one in item.iterchildren(f"{_INFO}filterInfo")):
            filters[authorisations[-1]] = told
    return described(routes, authorisations, Details(filters=filters))


def _cached_filter(item: xml.Element) -> tuple[str, tuple[str, ...]]:
    categories = item.iterchildren(f"{_INFO}categorization")
    return _text(item, "serviceDomain"), tuple(one.text or "" for one in categories)


def _cached_route(item: xml.Element) -> Route:
    return Route(
        _text(item, "receiverId"),
        _text(item, "tjansteKontrakt"),
        item.findtext(f"{_INFO}adress") or "",
        item.findtext(f"{_INFO}rivProfil") or "",
        _cached_validity(item),
    )


def _cached_authorisation(item: xml.Element) -> Authorisation:
    return Authorisation(
        _text(item, "senderId"), _text(item, "receiverId"), _text(item, "tjansteKontrakt"), _cached_validity(item)
    )


def _cached_validity(item: xml.Element) -> Validity:
    try:
        return Validity.of_stamps(_text(item, "fromTidpunkt"), _text(item, "tomTidpunkt"))
    except ValueError as error:
        raise ValueError(f"line {item.sourceline}: {error}") from None


def _text(item: xml.Element, name: str) -> str:
    text = item.findtext(f"{_INFO}{name}")
    if not text:
        raise ValueError(f"line {item.sourceline}: {name} is missing")
    return text


def write_persistent_cache(snapshot: TakSnapshot) -> bytes:
    """The catalogue as a real platform keeps its local copy, and can be started from (platform.md §18).

    Raises ValueError for a text that XML cannot carry: it is not made to fit, for then it would name something else.
    """
    filters = details_of(snapshot).filters
    root = etree.Element("persistentCache", nsmap={"ns2": _NAMESPACE})
    for number, route in enumerate(snapshot.routes, start=1):
        _add_item(root, "virtualiseringsInfo", _route_fields(number, route))
    for number, one in enumerate(snapshot.authorisations, start=1):
        item = _add_item(root, "anropsBehorighetsInfo", _authorisation_fields(number, one))
        for domain, categories in filters.get(one, ()):
            kept = etree.SubElement(item, f"{_INFO}filterInfo")
            etree.SubElement(kept, f"{_INFO}serviceDomain").text = domain
            for category in categories:
                etree.SubElement(kept, f"{_INFO}categorization").text = category
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True) + b"\n"


def _route_fields(number: int, route: Route) -> Mapping[str, str]:
    first, last = stamps(route.validity)
    return {
        "virtualiseringsInfoId": str(number),
        "receiverId": route.logical_address,
        "rivProfil": route.profile,
        "tjansteKontrakt": route.contract,
        "fromTidpunkt": first,
        "tomTidpunkt": last,
        "adress": route.address,
    }


def _authorisation_fields(number: int, authorisation: Authorisation) -> Mapping[str, str]:
    first, last = stamps(authorisation.validity)
    return {
        "anropsBehorighetsInfoId": str(number),
        "receiverId": authorisation.logical_address,
        "senderId": authorisation.consumer,
        "tjansteKontrakt": authorisation.contract,
        "fromTidpunkt": first,
        "tomTidpunkt": last,
    }


def _add_item(root: xml.Element, name: str, told: Mapping[str, str]) -> xml.Element:
    """One item, its children in the order of the schema, which is the order of `told`."""
    item = etree.SubElement(root, name)
    for child, text in told.items():
        etree.SubElement(item, f"{_INFO}{child}").text = text
    return item


def whole_days(validity: Validity) -> tuple[date, date] | None:
    """The first and last day of a validity that came as days; None for one that tells moments."""
    first, last = validity.unzoned_start, validity.unzoned_end
    if first is None or last is None or first.time() != time() or last.time() != time():
        return None
    return first.date(), last.date()


def stamps(validity: Validity) -> tuple[str, str]:
    """The two xs:dateTime of a validity as they came: without a zone as a TAK sends them, else with one (§9.2)."""
    return (
        _unzoned(validity.unzoned_start) if validity.unzoned_start else _zoned(validity.start),
        _unzoned(validity.unzoned_end) if validity.unzoned_end else _zoned(validity.end),
    )


def _unzoned(stamp: datetime) -> str:
    return stamp.isoformat(timespec="microseconds" if stamp.microsecond % 1000 else "milliseconds")


def _zoned(moment: datetime) -> str:
    """In UTC: the offsets of old days have seconds, which xs:dateTime has not."""
    try:
        return moment.astimezone(UTC).isoformat()
    except OverflowError:
        return moment.isoformat()

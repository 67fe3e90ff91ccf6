"""The files a catalogue comes in: our TOML, which people read and review, and the platform's persistentCache XML.

A TOML file has tables `[[route]]` (logical_addresses, contracts, address, profile, first_day, last_day) and
`[[authorisation]]` (consumers, logical_addresses, contracts, first_day, last_day); each stands for every combination
of its lists. Days are dates and both included; without them a row is always in force.
Source: platform.md §18 (persistentCache), §20.1.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

from contracts import xml
from contracts.errors import MessageUnreadable
from contracts.namespaces import responder
from gateway.tak.model import Authorisation, Route, Validity
from gateway.tak.snapshot import TakSnapshot

_INFO = "{urn:skl:tp:vagvalsinfo:v2}"
_ALWAYS = {"first_day": date(2000, 1, 1), "last_day": date(2999, 12, 31)}
_LISTS = {"logical_addresses", "contracts", "consumers"}
_ROUTE = {"logical_addresses", "contracts", "address", "profile", "first_day", "last_day"}
_AUTHORISATION = {"consumers", "logical_addresses", "contracts", "first_day", "last_day"}


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


def read_toml(text: str) -> TakSnapshot:
    """The snapshot that a TOML text describes. Raises ValueError naming the row that doesn't fit."""
    tables = _tables(text)
    if unknown := sorted(set(tables) - {"route", "authorisation"}):
        raise ValueError(f"there are tables route and authorisation, not {unknown[0]}")
    routes = [r for row in _rows(tables, "route", _ROUTE) for r in _routes(row)]
    authorisations = [a for row in _rows(tables, "authorisation", _AUTHORISATION) for a in _authorisations(row)]
    return TakSnapshot.of(routes, authorisations)


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
        if not isinstance(row, dict) or set(row) - known or not set(row) >= known - set(_ALWAYS) - {"profile"}:
            raise ValueError(f"{name} number {number} must have {', '.join(sorted(known))}")
        try:
            _demand_texts(row)
            yield {**_ALWAYS, "profile": "RIVTABP21", **row, "validity": _days({**_ALWAYS, **row})}
        except ValueError as error:
            raise ValueError(f"{name} number {number}: {error}") from None


def _demand_texts(row: Mapping[str, Any]) -> None:
    for name, value in row.items():
        if name in _LISTS and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            raise ValueError(f"{name} must be a list of texts")
        if name in ("address", "profile") and not isinstance(value, str):
            raise ValueError(f"{name} must be a text")


def _days(row: Mapping[str, Any]) -> Validity:
    if not all(type(row[name]) is date for name in _ALWAYS):
        raise ValueError("first_day and last_day must be dates")
    return Validity.of_days(row["first_day"], row["last_day"])


def _routes(row: Mapping[str, Any]) -> Iterable[Route]:
    for logical_address, contract in product(row["logical_addresses"], row["contracts"]):
        yield Route(logical_address, _contract(contract), row["address"], row["profile"], row["validity"])


def _authorisations(row: Mapping[str, Any]) -> Iterable[Authorisation]:
    for consumer, logical_address, contract in product(row["consumers"], row["logical_addresses"], row["contracts"]):
        yield Authorisation(consumer, logical_address, _contract(contract), row["validity"])


def _contract(name: str) -> str:
    """A contract by its namespace, or an interaction of crm:scheduling by its name alone."""
    return name if ":" in name else responder(name)


def read_persistent_cache(data: bytes) -> TakSnapshot:
    """The snapshot in a real platform's local copy. Raises ValueError or MessageUnreadable."""
    root = xml.parse(data, limits=xml.Limits(max_bytes=500_000_000, max_tags=50_000_000))
    if root.tag != "persistentCache":
        raise ValueError("the root element is not persistentCache")
    routes = [_cached_route(item) for item in root.iterchildren("virtualiseringsInfo")]
    authorisations = [_cached_authorisation(item) for item in root.iterchildren("anropsBehorighetsInfo")]
    return TakSnapshot.of(routes, authorisations)


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

"""What `tidbro tak` says: values in, lines out, none longer than 80 columns where what is named in it leaves room.

Elsewhere: the commands (tak_command.py).
"""

import argparse
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from gateway.tak import published_json
from gateway.tak.changes import Changes, lines, named, row_lines
from gateway.tak.details import beyond_a_local_copy, described_version
from gateway.tak.exchange import write_persistent_cache
from gateway.tak.importing import ImportReport
from gateway.tak.publication import Filter, Publication, PublishedAuthorisation, PublishedRoute
from gateway.tak.store import Pending, Store, Version
from gateway.tak.toml_file import write_toml
from gateway.tak.unmatched import Unmatched

WIDTH = 80
MOST_LINES = 40
MOST_DAYS = 10


# -- Lists


@dataclass(frozen=True)
class Listed:
    """One row of a list: its number, what it is, and what to say of it."""

    noun: str
    number: int
    told: Mapping[str, Any]
    text: str
    more: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"number": self.number, **self.told}


def listed(kind: str, publication: Publication, wanted: argparse.Namespace) -> tuple[Listed, ...]:
    """The rows of a kind that are wanted."""
    made = tuple(_listed(kind, publication))
    sought = {
        "logical_address": wanted.address,
        "contract": wanted.contract,
        "consumer": wanted.consumer,
        "address": wanted.to,
    }
    return tuple(row for row in made if _is_wanted(row, sought, wanted.on))


def _is_wanted(row: Listed, sought: Mapping[str, str], on: date | None) -> bool:
    holds = all(text.lower() in str(row.told.get(name, "")).lower() for name, text in sought.items())
    if on is None or "first_day" not in row.told:
        return holds
    return holds and row.told["first_day"] <= on.isoformat() <= row.told["last_day"]


def _listed(kind: str, publication: Publication) -> Iterable[Listed]:
    match kind:
        case "routes":
            return (_route(one) for one in publication.routes)
        case "authorisations":
            return (_authorisation(one) for one in publication.authorisations)
        case "filters":
            return (_filter(of, one) for of in publication.authorisations for one in of.filters)
        case "contracts":
            return (
                Listed(
                    "contract",
                    one.id,
                    {"contract": one.namespace, "description": one.description},
                    one.namespace,
                    one.description,
                )
                for one in publication.contracts
            )
        case "components":
            return (
                Listed(
                    "component",
                    one.id,
                    {"component": one.hsa_id, "description": one.description},
                    f"{one.hsa_id}  {one.description}",
                )
                for one in publication.components
            )
        case "addresses":
            return (
                Listed(
                    "logical address",
                    one.id,
                    {"logical_address": one.hsa_id, "description": one.description},
                    f"{one.hsa_id}  {one.description}",
                )
                for one in publication.logical_addresses
            )
        case "producer-addresses":
            return (
                Listed(
                    "producer address",
                    one.id,
                    {"address": one.url, "profile": one.profile.name, "component": one.component.hsa_id},
                    one.url,
                    f"{one.profile.name}, {one.component.hsa_id}",
                )
                for one in publication.producer_addresses
            )
        case _:
            return (
                Listed("profile", one.id, {"profile": one.name, "description": one.description}, one.name)
                for one in publication.profiles
            )


def _route(one: PublishedRoute) -> Listed:
    to = one.producer_address
    told = {
        "logical_address": one.logical_address.hsa_id,
        "contract": one.contract.namespace,
        "address": to.url,
        "profile": to.profile.name,
        "component": to.component.hsa_id,
        **_days(one),
    }
    more = f"{one.first_day} – {one.last_day}, {to.profile.name}, {to.component.hsa_id}"
    return Listed(
        "route", one.id, told, f"{one.logical_address.hsa_id}  {named(one.contract.namespace)} → {to.url}", more
    )


def _authorisation(one: PublishedAuthorisation) -> Listed:
    told = {
        "consumer": one.consumer.hsa_id,
        "logical_address": one.logical_address.hsa_id,
        "contract": one.contract.namespace,
        "agreement": one.agreement,
        **_days(one),
    }
    more = ", ".join(filter(None, (f"{one.first_day} – {one.last_day}", one.agreement)))
    text = f"{one.consumer.hsa_id} at {one.logical_address.hsa_id}  {named(one.contract.namespace)}"
    return Listed("authorisation", one.id, told, text, more)


def _filter(of: PublishedAuthorisation, one: Filter) -> Listed:
    told = {
        "authorisation": of.id,
        "consumer": of.consumer.hsa_id,
        "logical_address": of.logical_address.hsa_id,
        "contract": of.contract.namespace,
        "service_domain": one.service_domain,
        "categories": list(one.categories),
    }
    text = f"{one.service_domain}  {', '.join(one.categories)}"
    where = f"of authorisation {of.id}, {of.consumer.hsa_id} at {of.logical_address.hsa_id}"
    return Listed("filter", one.id, told, text, f"{where}, {named(of.contract.namespace)}")


def _days(one: PublishedRoute | PublishedAuthorisation) -> dict[str, str]:
    return {"first_day": one.first_day.isoformat(), "last_day": one.last_day.isoformat()}


def rows(found: Sequence[Listed], pending: Mapping[tuple[str, int], str]) -> Iterator[str]:
    """A list; rows with a pending change have a star and its owner."""
    if not found:
        yield "Nothing."
    for row in found:
        owner = pending.get((row.noun, row.number), "")
        first, *others = wrapped(f"{row.number:>6}  {row.text}".rstrip())
        yield f"*{first[1:]}" if owner else first
        yield from others
        more = ", ".join(filter(None, (row.more, f"pending, {owner}" if owner else "")))
        if more:
            yield from wrapped(f"        {more}")


def unused(found: Unmatched, by: str) -> Iterator[str]:
    """What nothing uses, kind by kind."""
    what = {"routes": "no route", "authorisations": "no authorisation", "either": "neither route nor authorisation"}[by]
    for noun, keys in (
        ("logical addresses", [one.hsa_id for one in found.logical_addresses]),
        ("contracts", [one.namespace for one in found.contracts]),
        ("components", [one.hsa_id for one in found.components]),
        ("producer addresses", [one.url for one in found.producer_addresses]),
    ):
        if keys:
            yield f"{noun[0].upper()}{noun[1:]} that {what} uses:"
            yield from (f"  {key}" for key in keys)
    if not any((found.logical_addresses, found.contracts, found.components, found.producer_addresses)):
        yield "Everything is used."


# -- Versions


def status(
    current: Publication | None, versions: Sequence[Version], pending: Sequence[Pending], today: date
) -> Iterator[str]:
    """The catalogue in a few lines."""
    if current is None:
        yield "Nothing is published."
    else:
        yield from version(current)
        rows_of: tuple[PublishedRoute | PublishedAuthorisation, ...] = (*current.routes, *current.authorisations)
        over = sum(one.last_day < today for one in rows_of)
        if over:
            yield f"  {over} of the routes and authorisations have expired"
        yield f"Versions kept: {len(versions)}"
    owners = sorted({one.owner for one in pending})
    yield f"Pending changes: {len(pending)}" + (f" ({', '.join(owners)})" if owners else "")


def version(publication: Publication) -> Iterator[str]:
    """What a version holds, counted."""
    at = publication.published_at.strftime("%Y-%m-%d %H:%M")
    yield f"Version {publication.version}, published {at} by {publication.publisher}"
    if publication.comment:
        yield from textwrap.wrap(publication.comment, WIDTH, initial_indent="  ", subsequent_indent="  ")
    for noun, things in (
        ("routes", publication.routes),
        ("authorisations", publication.authorisations),
        ("contracts", publication.contracts),
        ("components", publication.components),
        ("logical addresses", publication.logical_addresses),
        ("producer addresses", publication.producer_addresses),
    ):
        yield f"  {len(things):>7} {noun}"


def history(versions: Sequence[Version]) -> Iterator[str]:
    """Every version on a line."""
    if not versions:
        yield "Nothing is published."
    for one in versions:
        at = one.published_at.strftime("%Y-%m-%d %H:%M")
        yield f"{one.number:>5}  {at}  {one.publisher:<16}  {one.comment}".rstrip()


def version_json(one: Version) -> dict[str, Any]:
    return {
        "version": one.number,
        "published_at": one.published_at.isoformat(),
        "publisher": one.publisher,
        "comment": one.comment,
        "size": one.size,
    }


def published(publication: Publication) -> Iterator[str]:
    """After publishing: the version, and how a gateway gets it."""
    yield from version(publication)
    yield ""
    yield "Gateways keep the catalogue they have until they are told to load it anew:"
    yield "  curl http://127.0.0.1:8080/resetcache"


def rolled_back(gone: Version, left: Sequence[Version]) -> Iterator[str]:
    yield f"Version {gone.number} is taken back; its changes are pending again ({gone.publisher})."
    yield f"The latest version is now {left[0].number}." if left else "Nothing is published now."
    yield "Gateways that have loaded it keep it until their /resetcache is called."


# -- Changes


def pending(found: Sequence[Pending], user: str, everything: bool) -> Iterator[str]:
    """What is pending, whose it is where that is not the user who asks."""
    if not found:
        yield "Nothing is pending."
    marks = {"created": "+", "changed": "~", "deleted": "-"}
    told = (
        f"{marks[one.happening]} {one.noun} {one.key}{f' ({one.owner})' if one.owner != user else ''}" for one in found
    )
    yield from _some(told, len(found), everything)


def changes(found: Changes, later: Sequence[Changes], everything: bool) -> Iterator[str]:
    """Who reaches what otherwise, now and from later days on, then which rows differ."""
    if found.is_empty:
        yield "No route and no authorisation differs."
        return
    yield f"Who reaches what on {found.day}:"
    yield from _some(lines(found), len(found.reach), everything)
    if not found.reach:
        yield "  nobody anything else than before"
    yield from _ahead(later, everything)
    yield f"Rows that differ: {len(found.rows)}"
    yield from _some((f"  {line}" for line in row_lines(found)), len(found.rows), everything)


def _ahead(later: Sequence[Changes], everything: bool) -> Iterator[str]:
    """What takes effect later, day by day."""
    told = later if everything else later[:MOST_DAYS]
    for one in told:
        yield f"From {one.day}:"
        yield from _some(lines(one), len(one.reach), everything)
    if len(told) < len(later):
        yield f"  … and on {len(later) - len(told)} more days; --everything shows them"


def checked(found: Changes, later: Sequence[Changes], report: ImportReport, everything: bool) -> Iterator[str]:
    """What a file's catalogue opens, and whether its rows keep the rules."""
    yield f"Who reaches what on {found.day}: {len(found.reach)}"
    yield from _some(lines(found), len(found.reach), everything)
    yield from _ahead(later, everything)
    yield from report.notes
    yield f"Rows that the catalogue would refuse: {len(report.refused)}"


def _some(told: Iterable[str], count: int, everything: bool) -> Iterator[str]:
    for line in told if everything else islice(told, MOST_LINES):
        yield from wrapped(line)
    if count > MOST_LINES and not everything:
        yield f"  … and {count - MOST_LINES} more; --everything shows them"


def wrapped(line: str) -> list[str]:
    """A line within the width, broken between words alone: an address can be copied whole."""
    indent = " " * min(len(line) - len(line.lstrip()) + 4, 8)
    return textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]


# -- Exchange


def imported(report: ImportReport) -> Iterator[str]:
    """What an import did."""
    for noun, count in sorted(report.added.items()):
        yield f"{count:>7} × {noun} added"
    yield f"{report.unchanged:>7} there already"
    if report.refused:
        yield f"{len(report.refused):>7} refused"
    yield from report.notes
    if report.added:
        yield "What was added is pending until you publish."


def exported(store: Store, number: int, form: str, today: date) -> bytes:
    """A version as a file."""
    if form == "snapshot":
        return store.download(number)
    publication = store.publication(number)
    if form == "json":
        return published_json.write(published_json.document_of(publication, by_key=True), pretty=True) + b"\n"
    if form == "xml":
        return write_persistent_cache(described_version(publication))
    heading = f"Version {number} of the catalogue, published {publication.published_at:%Y-%m-%d}."
    return write_toml(described_version(publication), today, heading).encode()


def not_exported(store: Store, number: int, form: str) -> str:
    """What a version says that a form of file has no place for; empty when it keeps everything."""
    lost = beyond_a_local_copy(store.publication(number)) if form == "xml" else []
    return f"The XML of a local copy has no place for {', '.join(lost)}; --format toml keeps them." if lost else ""

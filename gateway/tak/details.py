"""What a catalogue says beyond routes and authorisations, for files that keep it: whose an address is, agreements,
filters, descriptions and versions, and things that no row uses.

A gateway routes and authorises without any of it, so its snapshot has none.
Elsewhere: the files (exchange.py, toml_file.py), taking them in (importing.py).
Source: platform.md §20.1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.tak.model import Authorisation, Route
from gateway.tak.publication import Publication, PublishedAuthorisation, PublishedRoute
from gateway.tak.snapshot import TakSnapshot

Filters = tuple[tuple[str, tuple[str, ...]], ...]
"""Service domains with their categories."""


@dataclass(frozen=True, slots=True)
class ContractDetails:
    """What is told of a contract; `major` is None where its namespace tells it."""

    major: int | None = None
    minor: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """Texts by what they are of. A thing that is named here is there, whether a row uses it or not."""

    components_of: Mapping[Route, str] = field(default_factory=dict)
    agreements: Mapping[Authorisation, str] = field(default_factory=dict)
    filters: Mapping[Authorisation, Filters] = field(default_factory=dict)
    contracts: Mapping[str, ContractDetails] = field(default_factory=dict)
    components: Mapping[str, str] = field(default_factory=dict)
    logical_addresses: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, str] = field(default_factory=dict)


NO_DETAILS = Details()


@dataclass(frozen=True)
class DescribedSnapshot(TakSnapshot):
    """A snapshot out of a file, with what else the file says."""

    details: Details = NO_DETAILS


def described(routes: Iterable[Route], authorisations: Iterable[Authorisation], details: Details) -> DescribedSnapshot:
    plain = TakSnapshot.of(routes, authorisations)
    indices = plain._routes_by_key, plain._authorisations_by_key
    return DescribedSnapshot(plain.routes, plain.authorisations, *indices, details)


def details_of(catalogue: TakSnapshot) -> Details:
    return catalogue.details if isinstance(catalogue, DescribedSnapshot) else NO_DETAILS


def described_version(publication: Publication) -> DescribedSnapshot:
    """A published version as a file tells it: of things, those that have something to tell or that no row uses."""
    plain = publication.snapshot()
    routes = list(zip(plain.routes, publication.routes, strict=True))
    authorisations = list(zip(plain.authorisations, publication.authorisations, strict=True))
    used = _Used(publication.routes, publication.authorisations)
    details = Details(
        components_of={row: told.producer_address.component.hsa_id for row, told in routes},
        agreements={row: told.agreement for row, told in authorisations if told.agreement},
        filters={row: _filters(told) for row, told in authorisations if told.filters},
        contracts={
            one.namespace: ContractDetails(_untold_major(one.namespace, one.major), one.minor, one.description)
            for one in publication.contracts
            if one.description
            or one.minor
            or _untold_major(one.namespace, one.major) is not None
            or one.namespace.lower() not in used.contracts
        },
        components=_worth_telling({one.hsa_id: one.description for one in publication.components}, used.components),
        logical_addresses=_worth_telling(
            {one.hsa_id: one.description for one in publication.logical_addresses}, used.addresses
        ),
        profiles=_worth_telling({one.name: one.description for one in publication.profiles}, used.profiles),
    )
    return described(plain.routes, plain.authorisations, details)


class _Used:
    """What rows name, in lower case."""

    def __init__(self, routes: Iterable[PublishedRoute], authorisations: Iterable[PublishedAuthorisation]) -> None:
        rows: tuple[PublishedRoute | PublishedAuthorisation, ...] = (*routes, *authorisations)
        self.contracts = {one.contract.namespace.lower() for one in rows}
        self.addresses = {one.logical_address.hsa_id.lower() for one in rows}
        self.profiles = {one.producer_address.profile.name.lower() for one in routes}
        consumers = {one.consumer.hsa_id.lower() for one in authorisations}
        self.components = consumers | {one.producer_address.component.hsa_id.lower() for one in routes}


def _worth_telling(descriptions: Mapping[str, str], used: set[str]) -> dict[str, str]:
    return {key: text for key, text in descriptions.items() if text or key.lower() not in used}


def _filters(one: PublishedAuthorisation) -> Filters:
    return tuple((kept.service_domain, kept.categories) for kept in one.filters)


def major_of(namespace: str) -> int:
    """The major version that a namespace ends in, 1 where it has none."""
    last = namespace.rpartition(":")[2]
    return int(last) if last.isascii() and last.isdigit() and len(last) <= 4 else 1


def _untold_major(namespace: str, major: int) -> int | None:
    return None if major_of(namespace) == major else major


def beyond_a_local_copy(publication: Publication) -> list[str]:
    """What a version says that persistentCache XML has no place for, each counted."""
    told = described_version(publication).details
    described_things = (
        *(one.description for one in told.contracts.values()),
        *told.components.values(),
        *told.logical_addresses.values(),
        *told.profiles.values(),
    )
    counted = {
        "components of routes": len(told.components_of),
        "integration agreements": len(told.agreements),
        "descriptions": sum(map(bool, described_things)),
        "versions of contracts": sum(one.minor != 0 or one.major is not None for one in told.contracts.values()),
    }
    return [f"{count} {what}" for what, count in counted.items() if count]

"""One published version of the catalogue: everything in it, joined, as services and exports tell it.

Frozen values. Ids and publication numbers are the database's; days are whole, without a time zone.
Elsewhere: where they are kept and how a version comes about (store.py), what the gateway needs of them (snapshot.py).
Source: platform.md §20.1, §20.3.
"""

from dataclasses import dataclass
from datetime import date, datetime

from gateway.tak.model import Authorisation, Route, Validity
from gateway.tak.snapshot import TakSnapshot


@dataclass(frozen=True, slots=True)
class Contract:
    """A Tjanstekontrakt."""

    id: int
    namespace: str
    description: str = ""
    major: int = 1
    minor: int = 0
    pub_version: int = 1


@dataclass(frozen=True, slots=True)
class Component:
    """A Tjanstekomponent: a system, as consumer, producer or both."""

    id: int
    hsa_id: str
    description: str = ""
    pub_version: int = 1


@dataclass(frozen=True, slots=True)
class LogicalAddress:
    """A LogiskAdress: an HSA-id, or `*`."""

    id: int
    hsa_id: str
    description: str = ""
    pub_version: int = 1


@dataclass(frozen=True, slots=True)
class Profile:
    """A RivTaProfil: RIVTABP20 or RIVTABP21."""

    id: int
    name: str
    description: str = ""
    pub_version: int = 1


@dataclass(frozen=True, slots=True)
class ProducerAddress:
    """An AnropsAdress: a URL of a component, in a profile."""

    id: int
    url: str
    profile: Profile
    component: Component
    pub_version: int = 1


@dataclass(frozen=True, slots=True)
class PublishedRoute:
    """A Vagval."""

    id: int
    logical_address: LogicalAddress
    contract: Contract
    producer_address: ProducerAddress
    first_day: date
    last_day: date
    pub_version: int = 1


@dataclass(frozen=True, slots=True)
class Filter:
    """A Filter of an authorisation with its Filtercategorizations; the engagement index uses them."""

    id: int
    service_domain: str
    categories: tuple[str, ...] = ()
    category_ids: tuple[int, ...] = ()
    pub_version: int = 1


@dataclass(frozen=True, slots=True)
class PublishedAuthorisation:
    """An Anropsbehorighet."""

    id: int
    consumer: Component
    logical_address: LogicalAddress
    contract: Contract
    first_day: date
    last_day: date
    agreement: str = ""
    filters: tuple[Filter, ...] = ()
    pub_version: int = 1


@dataclass(frozen=True)
class Publication:
    """A PubVersion with all that it holds; rows are in the order of their ids."""

    version: int
    published_at: datetime
    publisher: str
    comment: str = ""
    format_version: int = 1
    profiles: tuple[Profile, ...] = ()
    contracts: tuple[Contract, ...] = ()
    components: tuple[Component, ...] = ()
    logical_addresses: tuple[LogicalAddress, ...] = ()
    producer_addresses: tuple[ProducerAddress, ...] = ()
    routes: tuple[PublishedRoute, ...] = ()
    authorisations: tuple[PublishedAuthorisation, ...] = ()

    def snapshot(self) -> TakSnapshot:
        """What the gateway needs of it, with days as whole Swedish days."""
        routes = (
            Route(
                one.logical_address.hsa_id,
                one.contract.namespace,
                one.producer_address.url,
                one.producer_address.profile.name,
                Validity.of_days(one.first_day, one.last_day),
            )
            for one in self.routes
        )
        authorisations = (
            Authorisation(
                one.consumer.hsa_id,
                one.logical_address.hsa_id,
                one.contract.namespace,
                Validity.of_days(one.first_day, one.last_day),
            )
            for one in self.authorisations
        )
        return TakSnapshot.of(routes, authorisations)

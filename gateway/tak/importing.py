"""Taking another catalogue's rows in as one user's pending changes: what is missing is added, what is there stays.

A catalogue out of a file knows only routes and authorisations; contracts, components and addresses are made as they
are named. Where the file does not say whose a producer's address is, an address that is there already keeps its
component, otherwise the address's host names one (`adapter:timebook` → `adapter-timebook`), unless it is told.
A row that the catalogue refuses stops the import, unless the rest is wanted; each is told in the report.
Elsewhere: reading files (exchange.py, published_json.py), the rules (rules.py, editing.py).
Source: platform.md §18, §20.1, §20.3.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from contracts.times import SWEDEN
from gateway.tak.details import ContractDetails, Details, details_of, major_of
from gateway.tak.editing import Editing
from gateway.tak.entities import AuthorisationRow, ComponentRow, EntityRow, PeriodRow, ProducerAddressRow
from gateway.tak.exchange import whole_days
from gateway.tak.model import Authorisation, Route, Validity
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
from gateway.tak.refusals import CatalogueRefused
from gateway.tak.snapshot import TakSnapshot

_NO_HSA_ID = re.compile(r"[^0-9a-zA-Z]+")
Row = TypeVar("Row", bound=EntityRow)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: things added by kind, how many were there already, what was refused or made to fit."""

    added: Mapping[str, int]
    unchanged: int
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class ImportRefused(CatalogueRefused):
    """An import of which some rows are refused, so that nothing of it is taken; `report` has them all."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__(f"{len(report.refused)} rows are refused, the first: {report.refused[0]}")
        self.report = report


def import_into(
    editing: Editing, catalogue: TakSnapshot | Publication, component: str = "", partly: bool = False
) -> ImportReport:
    """Add what is missing. `component` owns the addresses of a file that does not say who does.

    Raises ImportRefused when rows are refused, unless `partly`.
    """
    notes: tuple[str, ...] = ()
    if isinstance(catalogue, TakSnapshot):
        notes = _notes(catalogue)
        catalogue = publication_of(catalogue, component, _known_owners(editing))
    work = _Import(editing)
    work.take(catalogue)
    report = ImportReport(dict(work.added), work.unchanged, tuple(work.refused), notes)
    if report.refused and not partly:
        raise ImportRefused(report)
    return report


class _Import:
    def __init__(self, editing: Editing) -> None:
        self._editing = editing
        self.added: Counter[str] = Counter()
        self.unchanged = 0
        self.refused: list[str] = []

    def take(self, publication: Publication) -> None:
        for take, things in (
            (self._profile, publication.profiles),
            (self._contract, publication.contracts),
            (self._component, publication.components),
            (self._logical_address, publication.logical_addresses),
            (self._producer_address, publication.producer_addresses),
            (self._route, publication.routes),
            (self._authorisation, publication.authorisations),
        ):
            self._take_each(take, things)

    def _take_each(self, take: Any, things: Iterable[Any]) -> None:
        for thing in things:
            try:
                take(thing)
            except CatalogueRefused as error:
                self.refused.append(str(error))

    def _kept(self, found: Row | None) -> Row | None:
        self.unchanged += found is not None
        return found

    def _added(self, row: Row) -> Row:
        self.added[row.noun] += 1
        return row

    def _profile(self, one: Profile) -> None:
        if not self._kept(self._editing.profile(one.name)):
            self._added(self._editing.add_profile(one.name, one.description))

    def _contract(self, one: Contract) -> None:
        if not self._kept(self._editing.contract(one.namespace)):
            self._added(self._editing.add_contract(one.namespace, one.description, one.major, one.minor))

    def _component(self, one: Component) -> None:
        if not self._kept(self._editing.component(one.hsa_id)):
            self._added(self._editing.add_component(one.hsa_id, one.description))

    def _logical_address(self, one: LogicalAddress) -> None:
        if not self._kept(self._editing.logical_address(one.hsa_id)):
            self._added(self._editing.add_logical_address(one.hsa_id, one.description))

    def _producer_address(self, one: ProducerAddress) -> None:
        profile = _demanded(self._editing.profile(one.profile.name), "profile", one.profile.name)
        component = _demanded(self._editing.component(one.component.hsa_id), "component", one.component.hsa_id)
        if not self._kept(self._editing.producer_address(one.url, profile, component)):
            self._added(self._editing.add_producer_address(one.url, profile, component))

    def _route(self, one: PublishedRoute) -> None:
        edit = self._editing
        named, contract = one.logical_address.hsa_id, one.contract.namespace
        address = _demanded(edit.logical_address(named), "logical address", named)
        row_of_contract = _demanded(edit.contract(contract), "contract", contract)
        to = self._address_of(one.producer_address)
        same = [row for row in edit.routes(address, row_of_contract) if row.producer_address is to]
        if not self._kept(_of_days(same, one)):
            self._added(edit.add_route(address, row_of_contract, to, one.first_day, one.last_day))

    def _address_of(self, one: ProducerAddress) -> ProducerAddressRow:
        profile = _demanded(self._editing.profile(one.profile.name), "profile", one.profile.name)
        component = _demanded(self._editing.component(one.component.hsa_id), "component", one.component.hsa_id)
        found = self._editing.producer_address(one.url, profile, component)
        return _demanded(found, "producer address", one.url or "(empty)")

    def _authorisation(self, one: PublishedAuthorisation) -> None:
        edit = self._editing
        consumer = _demanded(edit.component(one.consumer.hsa_id), "component", one.consumer.hsa_id)
        named, contract = one.logical_address.hsa_id, one.contract.namespace
        address = _demanded(edit.logical_address(named), "logical address", named)
        row_of_contract = _demanded(edit.contract(contract), "contract", contract)
        if self._kept(_of_days(edit.authorisations(consumer, address, row_of_contract), one)):
            return
        made = edit.add_authorisation(consumer, address, row_of_contract, one.first_day, one.last_day, one.agreement)
        self._added(made)
        self._add_filters(made, one)

    def _add_filters(self, row: AuthorisationRow, one: PublishedAuthorisation) -> None:
        for kept in one.filters:
            self._added(self._editing.add_filter(row, kept.service_domain, kept.categories))


def _demanded(row: Row | None, noun: str, named: str) -> Row:
    if row is None:
        raise CatalogueRefused(f"The {noun} {named} that a row needs is not there.")
    return row


Period = TypeVar("Period", bound=PeriodRow)


def _of_days(rows: Iterable[Period], one: PublishedRoute | PublishedAuthorisation) -> Period | None:
    return next((row for row in rows if (row.first_day, row.last_day) == (one.first_day, one.last_day)), None)


# -- From routes and authorisations to things with numbers


def publication_of(
    snapshot: TakSnapshot, component: str = "", owners: Mapping[tuple[str, str], str] | None = None
) -> Publication:
    """The things that a snapshot's routes and authorisations name, each once whatever its letter case.

    `owners` has the component of an address in a profile, where that is known.
    """
    return _Join(component, owners or {}, details_of(snapshot)).publication(snapshot)


class _Join:
    def __init__(self, component: str, owners: Mapping[tuple[str, str], str], told: Details) -> None:
        self._component_told, self._owners, self._told = component, owners, told
        self._contract_details = {key.lower(): one for key, one in told.contracts.items()}
        self._components_described = {key.lower(): text for key, text in told.components.items()}
        self._addresses_described = {key.lower(): text for key, text in told.logical_addresses.items()}
        self._profiles: dict[str, Profile] = {}
        self._contracts: dict[str, Contract] = {}
        self._components: dict[str, Component] = {}
        self._logical_addresses: dict[str, LogicalAddress] = {}
        self._addresses: dict[tuple[str, str, str], ProducerAddress] = {}

    def publication(self, snapshot: TakSnapshot) -> Publication:
        routes = tuple(self._route(number, one) for number, one in enumerate(snapshot.routes, start=1))
        authorisations = tuple(
            self._authorisation(number, one) for number, one in enumerate(snapshot.authorisations, start=1)
        )
        self._name_the_rest()
        return Publication(
            version=1,
            published_at=_NEVER,
            publisher="",
            profiles=tuple(self._profiles.values()),
            contracts=tuple(self._contracts.values()),
            components=tuple(self._components.values()),
            logical_addresses=tuple(self._logical_addresses.values()),
            producer_addresses=tuple(self._addresses.values()),
            routes=routes,
            authorisations=authorisations,
        )

    def _route(self, number: int, one: Route) -> PublishedRoute:
        first_day, last_day = days_of(one.validity)
        return PublishedRoute(
            number,
            self._logical_address(one.logical_address),
            self._contract(one.contract),
            self._address(one.address, one.profile, self._told.components_of.get(one, "")),
            first_day,
            last_day,
        )

    def _authorisation(self, number: int, one: Authorisation) -> PublishedAuthorisation:
        first_day, last_day = days_of(one.validity)
        return PublishedAuthorisation(
            number,
            self._component(one.consumer),
            self._logical_address(one.logical_address),
            self._contract(one.contract),
            first_day,
            last_day,
            self._told.agreements.get(one, ""),
            tuple(Filter(0, domain, categories) for domain, categories in self._told.filters.get(one, ())),
        )

    def _contract(self, namespace: str) -> Contract:
        told = self._contract_details.get(namespace.lower(), ContractDetails())
        major = major_of(namespace) if told.major is None else told.major
        made = Contract(len(self._contracts) + 1, namespace, told.description, major, told.minor)
        return self._contracts.setdefault(namespace.lower(), made)

    def _component(self, hsa_id: str) -> Component:
        description = self._components_described.get(hsa_id.lower(), "")
        return self._components.setdefault(hsa_id.lower(), Component(len(self._components) + 1, hsa_id, description))

    def _logical_address(self, hsa_id: str) -> LogicalAddress:
        made = LogicalAddress(
            len(self._logical_addresses) + 1, hsa_id, self._addresses_described.get(hsa_id.lower(), "")
        )
        return self._logical_addresses.setdefault(hsa_id.lower(), made)

    def _profile(self, name: str) -> Profile:
        made = Profile(len(self._profiles) + 1, name, self._told.profiles.get(name, ""))
        return self._profiles.setdefault(name, made)

    def _address(self, url: str, profile: str, component: str) -> ProducerAddress:
        owner = component or self._owners.get((url, profile)) or self._component_told or component_of(url)
        known = self._addresses.get((url, profile, owner.lower()))
        if known is None:
            known = ProducerAddress(len(self._addresses) + 1, url, self._profile(profile), self._component(owner))
            self._addresses[url, profile, owner.lower()] = known
        return known

    def _name_the_rest(self) -> None:
        """Things that the file tells of and no row names."""
        for namespace in self._told.contracts:
            self._contract(namespace)
        for hsa_id in self._told.components:
            self._component(hsa_id)
        for hsa_id in self._told.logical_addresses:
            self._logical_address(hsa_id)
        for name in self._told.profiles:
            self._profile(name)


_NEVER = datetime(2000, 1, 1, tzinfo=SWEDEN)


def component_of(url: str) -> str:
    """A name for the component behind an address that nobody has named."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or f"{parts.scheme}-{parts.path}"
    except ValueError:
        host = url
    return _NO_HSA_ID.sub("-", host).strip("-") or "unknown"


def days_of(validity: Validity) -> tuple[date, date]:
    """The days of a validity; one of moments is widened to the Swedish days that it touches."""
    days = whole_days(validity)
    if days is not None:
        return days
    try:
        return validity.start.astimezone(SWEDEN).date(), validity.end.astimezone(SWEDEN).date()
    except OverflowError:
        return validity.start.date(), validity.end.date()


def _notes(snapshot: TakSnapshot) -> tuple[str, ...]:
    rows: tuple[Route | Authorisation, ...] = (*snapshot.routes, *snapshot.authorisations)
    widened = sum(whole_days(row.validity) is None for row in rows)
    return (f"{widened} rows told moments; they are now in force on whole days.",) if widened else ()


def _known_owners(editing: Editing) -> dict[tuple[str, str], str]:
    """The component of each address and profile that stands in the catalogue exactly once."""
    owners: dict[tuple[str, str], set[str]] = {}
    for row in editing.producer_addresses():
        component: ComponentRow = row.component
        owners.setdefault((row.url, row.profile.name), set()).add(component.hsa_id)
    return {key: next(iter(found)) for key, found in owners.items() if len(found) == 1}

"""What one user changes in the catalogue, inside one transaction: every rule for rows is held here.

A change is pending until its owner publishes it. Nobody else can change a row with a pending change; a row that was
never published is removed when it is deleted, another is marked; what something else depends on stays.
Natural keys are unique and days do not overlap, whatever the letter case, for the gateway ignores it too.
Elsewhere: rules for single values (rules.py), transactions and publication (store.py).
Source: platform.md §20.1, §20.2.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from gateway.tak import rules
from gateway.tak.entities import (
    KINDS,
    AuthorisationRow,
    CategoryRow,
    ComponentRow,
    ContractRow,
    EntityRow,
    FilterRow,
    LogicalAddressRow,
    PeriodRow,
    ProducerAddressRow,
    ProfileRow,
    RouteRow,
)
from gateway.tak.refusals import ChangedMeanwhile, EntityMissing, EntityRefused, OwnedByAnother, StillUsed

AUTOMATIC_AGREEMENT = "AUTOTAKNING"
Row = TypeVar("Row", bound=EntityRow)
Period = TypeVar("Period", bound=PeriodRow)
_Key = tuple[Any, ...]
_Where = Callable[[], ColumnElement[bool]]  # made when it is asked: making one takes longer than all the rest


class Editing:
    """One user's hands in the catalogue. Each method raises CatalogueRefused with a sentence.

    `whole` reads everything there is first, which pays when most of it is asked for: an import.
    """

    def __init__(self, session: Session, user: str, now: datetime, whole: bool = False) -> None:
        self.session = session
        self.user = rules.demanded("name of the user", user)
        self._now = now
        self._found: dict[_Key, Any] = {}
        self._periods: dict[_Key, list[Any]] = {}
        self._is_whole = whole
        if whole:
            self._read_everything()

    # -- Finding what is not deleted

    def profile(self, name: str) -> ProfileRow | None:
        return self._one(ProfileRow, (name,), lambda: ProfileRow.name == name)

    def contract(self, namespace: str) -> ContractRow | None:
        key = namespace.lower()
        return self._one(ContractRow, (key,), lambda: func.lower(ContractRow.namespace) == key)

    def component(self, hsa_id: str) -> ComponentRow | None:
        key = hsa_id.lower()
        return self._one(ComponentRow, (key,), lambda: func.lower(ComponentRow.hsa_id) == key)

    def logical_address(self, hsa_id: str) -> LogicalAddressRow | None:
        key = hsa_id.lower()
        return self._one(LogicalAddressRow, (key,), lambda: func.lower(LogicalAddressRow.hsa_id) == key)

    def producer_address(self, url: str, profile: ProfileRow, component: ComponentRow) -> ProducerAddressRow | None:
        def where() -> ColumnElement[bool]:
            row = ProducerAddressRow
            return and_(row.url == url, row.profile == profile, row.component == component)

        return self._one(ProducerAddressRow, (url, profile, component), where)

    def producer_addresses(self) -> list[ProducerAddressRow]:
        """Every producer address that is not deleted."""
        return list(self.session.scalars(select(ProducerAddressRow).where(ProducerAddressRow.deleted.is_(False))))

    def routes(self, logical_address: LogicalAddressRow, contract: ContractRow) -> list[RouteRow]:
        """The routes of an address and a contract, of whatever days."""

        def where() -> ColumnElement[bool]:
            return and_(RouteRow.logical_address == logical_address, RouteRow.contract == contract)

        return self._all(RouteRow, (logical_address, contract), where)

    def authorisations(
        self, consumer: ComponentRow, logical_address: LogicalAddressRow, contract: ContractRow
    ) -> list[AuthorisationRow]:
        """The authorisations of a consumer for an address and a contract, of whatever days."""

        def where() -> ColumnElement[bool]:
            row = AuthorisationRow
            return and_(row.consumer == consumer, row.logical_address == logical_address, row.contract == contract)

        return self._all(AuthorisationRow, (consumer, logical_address, contract), where)

    def row(self, kind: type[Row], number: int) -> Row:
        """A row by its number. Raises EntityMissing, also for a deleted one."""
        found = self.session.get(kind, number)
        if found is None or found.is_deleted:
            raise EntityMissing(f"There is no {kind.noun} number {number}.")
        return found

    # -- Adding

    def add_profile(self, name: str, description: str = "") -> ProfileRow:
        self._refuse_taken(self.profile(rules.profile(name)))
        return self._add(ProfileRow(name=name, description=rules.description(description)), (name,))

    def add_contract(self, namespace: str, description: str = "", major: int = 1, minor: int = 0) -> ContractRow:
        self._refuse_taken(self.contract(rules.contract(namespace)))
        row = ContractRow(
            namespace=namespace,
            description=rules.description(description),
            major=rules.version_number("major version", major),
            minor=rules.version_number("minor version", minor),
        )
        return self._add(row, (namespace.lower(),))

    def add_component(self, hsa_id: str, description: str = "") -> ComponentRow:
        self._refuse_taken(self.component(rules.hsa_id(hsa_id)))
        return self._add(ComponentRow(hsa_id=hsa_id, description=rules.description(description)), (hsa_id.lower(),))

    def add_logical_address(self, hsa_id: str, description: str = "") -> LogicalAddressRow:
        self._refuse_taken(self.logical_address(rules.logical_address(hsa_id)))
        row = LogicalAddressRow(hsa_id=hsa_id, description=rules.description(description))
        return self._add(row, (hsa_id.lower(),))

    def add_producer_address(self, url: str, profile: ProfileRow, component: ComponentRow) -> ProducerAddressRow:
        self._refuse_taken(self.producer_address(rules.url(url), profile, component))
        row = ProducerAddressRow(url=url, profile=profile, component=component)
        return self._add(row, (url, profile, component))

    def add_route(
        self,
        logical_address: LogicalAddressRow,
        contract: ContractRow,
        producer_address: ProducerAddressRow,
        first_day: date,
        last_day: date,
    ) -> RouteRow:
        first_day, last_day = rules.period(first_day, last_day)
        beside = self.routes(logical_address, contract)
        _refuse_overlap(beside, first_day, last_day)
        row = RouteRow(
            logical_address=logical_address,
            contract=contract,
            producer_address=producer_address,
            first_day=first_day,
            last_day=last_day,
        )
        beside.append(row)
        return self._add(row)

    def add_authorisation(
        self,
        consumer: ComponentRow,
        logical_address: LogicalAddressRow,
        contract: ContractRow,
        first_day: date,
        last_day: date,
        agreement: str = "",
    ) -> AuthorisationRow:
        first_day, last_day = rules.period(first_day, last_day)
        beside = self.authorisations(consumer, logical_address, contract)
        _refuse_overlap(beside, first_day, last_day)
        row = AuthorisationRow(
            consumer=consumer,
            logical_address=logical_address,
            contract=contract,
            first_day=first_day,
            last_day=last_day,
            agreement=rules.described("agreement", agreement),
        )
        beside.append(row)
        return self._add(row)

    def add_filter(
        self, authorisation: AuthorisationRow, service_domain: str, categories: Sequence[str] = ()
    ) -> FilterRow:
        """A filter with its categories (the engagement index's subscriptions read them)."""
        rules.demanded("service domain", service_domain)

        def where() -> ColumnElement[bool]:
            return and_(FilterRow.service_domain == service_domain, FilterRow.authorisation == authorisation)

        self._refuse_taken(self._one(FilterRow, (service_domain, authorisation), where))
        row = FilterRow(authorisation=authorisation, service_domain=service_domain)
        self._add(row, (service_domain, authorisation))
        for category in dict.fromkeys(categories):
            self._add(CategoryRow(filter=row, category=rules.demanded("category", category)))
        return row

    # -- Changing and deleting

    def change(self, row: Row, version: int | None = None, **changes: Any) -> Row:
        """Change plain values of a row. `version` is the row's as the editor saw it.

        Raises ChangedMeanwhile when it is another by now, OwnedByAnother, EntityRefused.
        """
        self._take(row, version)
        for name, value in changes.items():
            setattr(row, name, _CHECKS.get(name, lambda given: given)(value))
        if isinstance(row, PeriodRow):
            rules.period(row.first_day, row.last_day)
            with self.session.no_autoflush:
                _refuse_overlap([one for one in self._beside(row) if one is not row], row.first_day, row.last_day)
        return row

    def readdress(self, row: RouteRow, producer_address: ProducerAddressRow, version: int | None = None) -> RouteRow:
        """Let a route lead elsewhere."""
        self._take(row, version)
        row.producer_address = producer_address
        return row

    def move(
        self,
        row: ProducerAddressRow,
        url: str,
        profile: ProfileRow,
        component: ComponentRow,
        version: int | None = None,
    ) -> ProducerAddressRow:
        """Let a producer address be another, and every route to it with it."""
        other = self.producer_address(rules.url(url), profile, component)
        self._refuse_taken(None if other is row else other)
        self._take(row, version)
        row.url, row.profile, row.component = url, profile, component
        self._forget(row)
        return row

    def rename_filter(self, row: FilterRow, service_domain: str, version: int | None = None) -> FilterRow:
        """Let a filter be of another service domain."""
        domain = rules.demanded("service domain", service_domain)
        beside = FilterRow.service_domain == domain, FilterRow.authorisation == row.authorisation
        other = self.session.scalar(select(FilterRow).where(*beside, FilterRow.deleted.is_(False)))
        self._refuse_taken(None if other is row else other)
        self._take(row, version)
        row.service_domain = domain
        self._forget(row)
        return row

    def categories(self, row: FilterRow) -> list[CategoryRow]:
        """The categories of a filter that are not deleted."""
        self.session.flush()
        asked = select(CategoryRow).where(CategoryRow.filter == row, CategoryRow.deleted.is_(False))
        return list(self.session.scalars(asked.order_by(CategoryRow.id)))

    def categorise(self, row: FilterRow, added: Sequence[str], removed: Sequence[str]) -> None:
        """Add categories to a filter and remove others. Raises EntityMissing for one that is not there to remove."""
        there = {one.category: one for one in self.categories(row)}
        for category in dict.fromkeys(removed):
            if category not in there:
                raise EntityMissing(f"The filter {row.key} has no category {rules.shown(category)}.")
            self.delete(there.pop(category))
        for category in dict.fromkeys(added):
            self._refuse_taken(there.get(category))
            self._add(CategoryRow(filter=row, category=rules.demanded("category", category)))

    def delete(self, row: EntityRow, version: int | None = None) -> None:
        """Remove a row that was never published, mark another. Raises StillUsed, OwnedByAnother, ChangedMeanwhile."""
        self._take(row, version)
        self.session.flush()
        if (used_by := self._user_of(row)) is not None:
            raise StillUsed(f"The {row.noun} {row.key} is used by the {used_by.noun} {used_by.key}.")
        if row.pub_version is None:
            self.session.delete(row)
        else:
            row.deleted = None
        self.session.flush()
        self._forget(row)

    def is_used(self, row: EntityRow) -> bool:
        """Whether something that is not deleted depends on a row."""
        self.session.flush()
        return self._user_of(row) is not None

    # -- How it is done

    def _take(self, row: EntityRow, version: int | None) -> None:
        if version is not None and row.version != version:
            raise ChangedMeanwhile(f"The {row.noun} {row.key} has been changed meanwhile; look at it again.")
        if row.updated_by is not None and row.updated_by != self.user:
            raise OwnedByAnother(row.noun, row.key, row.updated_by)
        row.updated_by, row.updated_time = self.user, self._now

    def _add(self, row: Row, key: _Key | None = None) -> Row:
        row.updated_by, row.updated_time, row.deleted = self.user, self._now, False
        self.session.add(row)
        if key is not None:
            self._found[type(row), *key] = row
        return row

    def _refuse_taken(self, row: EntityRow | None) -> None:
        if row is not None:
            raise EntityRefused(f"The {row.noun} {row.key} is there already.")

    def _beside(self, row: Any) -> list[Any]:
        if isinstance(row, RouteRow):
            return self.routes(row.logical_address, row.contract)
        return self.authorisations(row.consumer, row.logical_address, row.contract)

    def _user_of(self, row: EntityRow) -> EntityRow | None:
        """Something that depends on a row and is not deleted."""
        for kind in KINDS:
            for attribute, _ in kind.related:
                if kind.__mapper__.relationships[attribute].mapper.class_ is type(row):
                    column = getattr(kind, f"{attribute}_id")
                    asked = select(kind).where(column == row.id, kind.deleted.is_(False)).limit(1)
                    if (found := self.session.scalar(asked)) is not None:
                        return found
        return None

    def _one(self, kind: type[Row], key: _Key, where: _Where) -> Row | None:
        """The row of a key, remembered: an import asks for the same ones over and over."""
        known = (kind, *key)
        if known not in self._found and not self._is_whole:
            found = self.session.scalar(select(kind).where(where(), kind.deleted.is_(False)))
            if found is None:
                return None
            self._found[known] = found
        row: Row | None = self._found.get(known)
        return row

    def _all(self, kind: type[Period], key: _Key, where: _Where) -> list[Period]:
        known = (kind, *key)
        if known not in self._periods:
            self._periods[known] = [] if self._is_whole else self._asked(kind, where)
        found: list[Period] = self._periods[known]
        return found

    def _asked(self, kind: type[Period], where: _Where) -> list[Period]:
        asked = select(kind).where(where(), kind.deleted.is_(False)).order_by(kind.first_day)
        return list(self.session.scalars(asked))

    def _forget(self, row: EntityRow) -> None:
        self._found = {key: found for key, found in self._found.items() if found is not row}
        for rows in self._periods.values():
            if row in rows:
                rows.remove(row)

    def _read_everything(self) -> None:
        keys: dict[type[EntityRow], Callable[[Any], _Key]] = {
            ProfileRow: lambda row: (row.name,),
            ContractRow: lambda row: (row.namespace.lower(),),
            LogicalAddressRow: lambda row: (row.hsa_id.lower(),),
            ComponentRow: lambda row: (row.hsa_id.lower(),),
            ProducerAddressRow: lambda row: (row.url, row.profile, row.component),
            FilterRow: lambda row: (row.service_domain, row.authorisation),
        }
        periods: dict[type[EntityRow], Callable[[Any], _Key]] = {
            AuthorisationRow: lambda row: (row.consumer, row.logical_address, row.contract),
            RouteRow: lambda row: (row.logical_address, row.contract),
        }
        for kind in KINDS[:-1]:
            for row in self.session.scalars(select(kind).where(kind.deleted.is_(False))):
                if kind in keys:
                    self._found[kind, *keys[kind](row)] = row
                else:
                    self._periods.setdefault((kind, *periods[kind](row)), []).append(row)


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "description": rules.description,
    "url": rules.url,
    "agreement": lambda text: rules.described("agreement", text),
    "major": lambda number: rules.version_number("major version", number),
    "minor": lambda number: rules.version_number("minor version", number),
}


def _refuse_overlap(rows: Sequence[Any], first_day: date, last_day: date) -> None:
    for row in rows:
        if row.overlaps(first_day, last_day):
            raise EntityRefused(f"The {row.noun} {row.key} is in force on some of the same days.")

"""The catalogue's tables, as the real one has them: what is kept about each thing, and how it stands in a snapshot.

A row holds the newest values, pending or not; what is published stands in the snapshots of `pubversion`. While a
change is pending `updated_by` names its owner. `deleted` is false, or null when deleted: nulls never collide, so the
database itself keeps natural keys unique among what is not deleted.
`plain` and `related` say under which names a row's values stand in a snapshot; `related` are also the dependencies.
Elsewhere: rules (rules.py, editing.py), the life cycle (store.py), the documents (published_json.py).
Source: platform.md §20.1, §20.3.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, LargeBinary, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship

from contracts.database import UtcMoment

_TEXT = String(255)


class Base(DeclarativeBase):
    """Every table of the catalogue."""


class EntityRow(Base):
    """What every published entity has (platform.md §20.1)."""

    __abstract__ = True
    list_name: ClassVar[str]
    noun: ClassVar[str]
    plain: ClassVar[tuple[tuple[str, str], ...]]
    related: ClassVar[tuple[tuple[str, str], ...]] = ()

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    pub_version: Mapped[int | None] = mapped_column("pubversion", Integer, index=True)
    updated_time: Mapped[datetime | None] = mapped_column("updatedtime", UtcMoment)
    updated_by: Mapped[str | None] = mapped_column("updatedby", _TEXT, index=True)
    deleted: Mapped[bool | None] = mapped_column(Boolean, default=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy calls it with the class
        return {"version_id_col": cls.version}

    @property
    def is_pending(self) -> bool:
        return self.updated_by is not None

    @property
    def is_deleted(self) -> bool:
        return self.deleted is None

    @property
    def key(self) -> str:
        """The natural key, as a person reads it."""
        raise NotImplementedError

    def item(self, pub_version: int | None) -> dict[str, Any]:
        """How the row stands in the snapshot of version `pub_version` (platform.md §20.3)."""
        plain = {name: _told(getattr(self, attribute)) for attribute, name in self.plain}
        made = {"id": self.id, "pubversion": pub_version, **plain}
        if self.related:
            made["relationships"] = {name: getattr(self, f"{attribute}_id") for attribute, name in self.related}
        return made


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _unique(name: str, *columns: Any) -> Index:
    return Index(name, *columns, "deleted", unique=True)


class ProfileRow(EntityRow):
    __tablename__ = "rivtaprofil"
    __table_args__ = (_unique("uq_rivtaprofil", "namn"),)
    list_name, noun = "rivtaprofil", "profile"
    plain = (("name", "namn"), ("description", "beskrivning"))

    name: Mapped[str] = mapped_column("namn", _TEXT)
    description: Mapped[str] = mapped_column("beskrivning", _TEXT, default="")

    @property
    def key(self) -> str:
        return self.name


class ContractRow(EntityRow):
    __tablename__ = "tjanstekontrakt"
    list_name, noun = "tjanstekontrakt", "contract"
    plain = (
        ("namespace", "namnrymd"),
        ("description", "beskrivning"),
        ("major", "majorVersion"),
        ("minor", "minorVersion"),
    )

    namespace: Mapped[str] = mapped_column("namnrymd", _TEXT)
    description: Mapped[str] = mapped_column("beskrivning", _TEXT, default="")
    major: Mapped[int] = mapped_column("majorversion", default=1)
    minor: Mapped[int] = mapped_column("minorversion", default=0)

    @property
    def key(self) -> str:
        return self.namespace


class ComponentRow(EntityRow):
    __tablename__ = "tjanstekomponent"
    list_name, noun = "tjanstekomponent", "component"
    plain = (("hsa_id", "hsaId"), ("description", "beskrivning"))

    hsa_id: Mapped[str] = mapped_column("hsaid", _TEXT)
    description: Mapped[str] = mapped_column("beskrivning", _TEXT, default="")

    @property
    def key(self) -> str:
        return self.hsa_id


class LogicalAddressRow(EntityRow):
    __tablename__ = "logiskadress"
    list_name, noun = "logiskadress", "logical address"
    plain = (("hsa_id", "hsaId"), ("description", "beskrivning"))

    hsa_id: Mapped[str] = mapped_column("hsaid", _TEXT)
    description: Mapped[str] = mapped_column("beskrivning", _TEXT, default="")

    @property
    def key(self) -> str:
        return self.hsa_id


class ProducerAddressRow(EntityRow):
    __tablename__ = "anropsadress"
    __table_args__ = (_unique("uq_anropsadress", "adress", "rivtaprofil_id", "tjanstekomponent_id"),)
    list_name, noun = "anropsadress", "producer address"
    plain = (("url", "adress"),)
    related = (("profile", "rivtaprofil"), ("component", "tjanstekomponent"))

    url: Mapped[str] = mapped_column("adress", _TEXT)
    profile_id: Mapped[int] = mapped_column("rivtaprofil_id", ForeignKey("rivtaprofil.id"), index=True)
    component_id: Mapped[int] = mapped_column("tjanstekomponent_id", ForeignKey("tjanstekomponent.id"), index=True)
    profile: Mapped[ProfileRow] = relationship()
    component: Mapped[ComponentRow] = relationship()

    @property
    def key(self) -> str:
        return f"{self.url} ({self.profile.name}, {self.component.hsa_id})"


class PeriodRow(EntityRow):
    """What holds between two days, both included."""

    __abstract__ = True

    first_day: Mapped[date] = mapped_column("fromtidpunkt", Date)
    last_day: Mapped[date] = mapped_column("tomtidpunkt", Date)

    def overlaps(self, first_day: date, last_day: date) -> bool:
        return self.first_day <= last_day and first_day <= self.last_day


class RouteRow(PeriodRow):
    __tablename__ = "vagval"
    __table_args__ = (Index("ix_vagval_key", "logiskadress_id", "tjanstekontrakt_id"),)
    list_name, noun = "vagval", "route"
    plain = (("first_day", "fromTidpunkt"), ("last_day", "tomTidpunkt"))
    related = (
        ("producer_address", "anropsadress"),
        ("logical_address", "logiskadress"),
        ("contract", "tjanstekontrakt"),
    )

    logical_address_id: Mapped[int] = mapped_column("logiskadress_id", ForeignKey("logiskadress.id"))
    contract_id: Mapped[int] = mapped_column("tjanstekontrakt_id", ForeignKey("tjanstekontrakt.id"), index=True)
    producer_address_id: Mapped[int] = mapped_column("anropsadress_id", ForeignKey("anropsadress.id"), index=True)
    logical_address: Mapped[LogicalAddressRow] = relationship()
    contract: Mapped[ContractRow] = relationship()
    producer_address: Mapped[ProducerAddressRow] = relationship()

    @property
    def key(self) -> str:
        return (
            f"{self.logical_address.hsa_id}, {self.contract.namespace}, {self.first_day} to {self.last_day}, "
            f"to {self.producer_address.url}"
        )


class AuthorisationRow(PeriodRow):
    __tablename__ = "anropsbehorighet"
    __table_args__ = (Index("ix_anropsbehorighet_key", "logiskadress_id", "tjanstekontrakt_id"),)
    list_name, noun = "anropsbehorighet", "authorisation"
    plain = (("first_day", "fromTidpunkt"), ("last_day", "tomTidpunkt"), ("agreement", "integrationsavtal"))
    related = (
        ("logical_address", "logiskAdress"),
        ("consumer", "tjanstekomponent"),
        ("contract", "tjanstekontrakt"),
    )

    agreement: Mapped[str] = mapped_column("integrationsavtal", _TEXT, default="")
    consumer_id: Mapped[int] = mapped_column("tjanstekonsument_id", ForeignKey("tjanstekomponent.id"), index=True)
    contract_id: Mapped[int] = mapped_column("tjanstekontrakt_id", ForeignKey("tjanstekontrakt.id"), index=True)
    logical_address_id: Mapped[int] = mapped_column("logiskadress_id", ForeignKey("logiskadress.id"))
    consumer: Mapped[ComponentRow] = relationship()
    contract: Mapped[ContractRow] = relationship()
    logical_address: Mapped[LogicalAddressRow] = relationship()

    @property
    def key(self) -> str:
        return (
            f"{self.consumer.hsa_id} at {self.logical_address.hsa_id}, {self.contract.namespace}, "
            f"{self.first_day} to {self.last_day}"
        )


class FilterRow(EntityRow):
    __tablename__ = "filter"
    __table_args__ = (_unique("uq_filter", "servicedomain", "anropsbehorighet_id"),)
    list_name, noun = "filter", "filter"
    plain = (("service_domain", "servicedomain"),)
    related = (("authorisation", "anropsbehorighet"),)

    service_domain: Mapped[str] = mapped_column("servicedomain", _TEXT)
    authorisation_id: Mapped[int] = mapped_column("anropsbehorighet_id", ForeignKey("anropsbehorighet.id"), index=True)
    authorisation: Mapped[AuthorisationRow] = relationship()

    @property
    def key(self) -> str:
        return f"{self.service_domain} of {self.authorisation.key}"


class CategoryRow(EntityRow):
    __tablename__ = "filtercategorization"
    __table_args__ = (_unique("uq_filtercategorization", "category", "filter_id"),)
    list_name, noun = "filtercategorization", "category of a filter"
    plain = (("category", "category"),)
    related = (("filter", "filter"),)

    category: Mapped[str] = mapped_column(_TEXT)
    filter_id: Mapped[int] = mapped_column(ForeignKey("filter.id"), index=True)
    filter: Mapped[FilterRow] = relationship()

    @property
    def key(self) -> str:
        return f"{self.category} of {self.filter.key}"


Index("uq_tjanstekontrakt", func.lower(ContractRow.namespace), ContractRow.deleted, unique=True)
Index("uq_tjanstekomponent", func.lower(ComponentRow.hsa_id), ComponentRow.deleted, unique=True)
Index("uq_logiskadress", func.lower(LogicalAddressRow.hsa_id), LogicalAddressRow.deleted, unique=True)

KINDS: tuple[type[EntityRow], ...] = (
    ProfileRow,
    ContractRow,
    LogicalAddressRow,
    ComponentRow,
    ProducerAddressRow,
    AuthorisationRow,
    RouteRow,
    FilterRow,
    CategoryRow,
)
"""Every published entity, each after those that it depends on."""


class PubVersionRow(Base):
    """One published version; `snapshot` is the JSON document, compressed with gzip."""

    __tablename__ = "pubversion"
    __table_args__ = ({"sqlite_autoincrement": True},)  # a version taken back leaves its number: it may be known

    id: Mapped[int] = mapped_column(primary_key=True)
    format_version: Mapped[int] = mapped_column("formatversion")
    published_at: Mapped[datetime] = mapped_column("time", UtcMoment)
    publisher: Mapped[str] = mapped_column("utforare", _TEXT)
    comment: Mapped[str] = mapped_column("kommentar", _TEXT, default="")
    size: Mapped[int] = mapped_column("storlek")
    snapshot: Mapped[bytes] = mapped_column("data", LargeBinary)


class UserRow(Base):
    """Whoever may log in to an administrator's pages; the password as a salted hash, never as it is."""

    __tablename__ = "anvandare"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column("anvandarnamn", _TEXT, unique=True)
    password_hash: Mapped[str] = mapped_column("losenord_hash", _TEXT)
    is_administrator: Mapped[bool] = mapped_column("administrator", default=False)


class SettingRow(Base):
    """A setting of the catalogue itself."""

    __tablename__ = "taksettings"

    name: Mapped[str] = mapped_column("settingname", _TEXT, primary_key=True)
    value: Mapped[str] = mapped_column("settingvalue", _TEXT)


class LockRow(Base):
    """A lock, by its name: free, or held since a moment by whoever knows the token."""

    __tablename__ = "locktb"

    name: Mapped[str] = mapped_column("tabell", _TEXT, primary_key=True)
    token: Mapped[str | None] = mapped_column(_TEXT)
    taken_at: Mapped[datetime | None] = mapped_column(UtcMoment)

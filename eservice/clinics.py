"""The e-service's register of clinics: what the catalogue of units says, and what each administrator has decided.

Names are from here, not from what a booking says (§5.0). A clinic has a name for URLs, made of its own; HSA-ids are not
shown to citizens.
Elsewhere: what can be decided (clinic_settings.py).
Source: domain.md §5.0, §5.2, §5.3, §8.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from contracts.database import Database
from contracts.identifiers import HsaId
from eservice.clinic_settings import ClinicSettings, Kind, Service, Texts, read, written
from eservice.models import AdministratorLogRow, ClinicSettingsRow
from eservice.people import Person


@dataclass(frozen=True, slots=True)
class Unit:
    """A clinic as the catalogue of units (HSA) has it. `slug` names it in URLs."""

    hsa_id: HsaId
    slug: str
    name: str
    phone: str = ""
    address: str = ""
    place: str = ""
    phone_hours: str = ""
    opening_hours: str = ""
    is_virtual: bool = False
    usual: ClinicSettings = ClinicSettings()  # until an administrator decides otherwise


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic as citizens meet it."""

    unit: Unit
    settings: ClinicSettings
    version: int = 0  # of the settings; 0: nobody has changed them

    @property
    def hsa_id(self) -> HsaId:
        return self.unit.hsa_id

    @property
    def slug(self) -> str:
        return self.unit.slug

    @property
    def name(self) -> str:
        return self.unit.name

    @property
    def phone(self) -> str:
        return self.settings.contact.phone or self.unit.phone

    @property
    def address(self) -> str:
        return self.settings.contact.address or self.unit.address

    @property
    def phone_hours(self) -> str:
        return self.settings.contact.phone_hours or self.unit.phone_hours

    @property
    def opening_hours(self) -> str:
        return self.settings.contact.opening_hours or self.unit.opening_hours

    def texts(self, kind: Kind) -> Texts:
        return self.settings.texts(kind)

    def is_open(self, service: Service, person: Person | None, day: date) -> bool:
        return not self.unit.is_virtual and self.settings.is_open(service, person, day)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a clinic's settings: who made it, when, and the names of what was changed."""

    administrator: HsaId
    what: str
    at: datetime


class SettingsChanged(Exception):
    """Somebody else has changed the clinic's settings since they were read."""


class ClinicRegister:
    """The clinics that the e-service knows."""

    def __init__(self, units: Iterable[Unit], database: Database) -> None:
        self._units: Mapping[HsaId, Unit] = {one.hsa_id: one for one in units}
        self._by_slug: Mapping[str, Unit] = {one.slug: one for one in self._units.values()}
        self._database = database

    def everyone(self) -> tuple[Clinic, ...]:
        """All of them, in the order of the administrators' numbers, then of names."""
        with self._database.reading() as session:
            rows = {row.clinic: row for row in session.scalars(select(ClinicSettingsRow))}
        found = [_clinic(unit, rows.get(unit.hsa_id.key)) for unit in self._units.values()]
        return tuple(sorted(found, key=lambda one: (one.settings.place_in_menu, one.name.casefold())))

    def clinic(self, hsa_id: HsaId) -> Clinic | None:
        unit = self._units.get(hsa_id)
        return None if unit is None else self._with_settings(unit)

    def by_slug(self, slug: str) -> Clinic | None:
        unit = self._by_slug.get(slug)
        return None if unit is None else self._with_settings(unit)

    def name_of(self, hsa_id: HsaId, otherwise: str = "") -> str:
        """The clinic's name; `otherwise`, what the booking says, for one that is not in the register."""
        unit = self._units.get(hsa_id)
        return otherwise if unit is None else unit.name

    def found(self, wanted: str) -> tuple[Clinic, ...]:
        """The clinics whose name or place has every word of `wanted`; virtual ones are not to be found."""
        words = wanted.casefold().split()
        return tuple(
            one
            for one in self.everyone()
            if not one.unit.is_virtual
            and one.settings.is_active
            and all(word in f"{one.name} {one.unit.place} {one.address}".casefold() for word in words)
        )

    def change(self, clinic: Clinic, settings: ClinicSettings, administrator: HsaId, what: str, now: datetime) -> None:
        """Put the settings in force, and note who did. Raises SettingsChanged when `clinic` is not as it was read."""
        noted = AdministratorLogRow(clinic=clinic.hsa_id.key, administrator=administrator.text, what=what, at=now)
        try:
            with self._database.writing() as session:
                row = session.get(ClinicSettingsRow, clinic.hsa_id.key, with_for_update=True)
                if (row.version if row else 0) != clinic.version:
                    raise SettingsChanged
                _put(session, row, clinic, settings, administrator, now)
                session.add(noted)
        except IntegrityError:  # two first changes at once
            raise SettingsChanged from None

    def changes(self, clinic: Clinic, most: int) -> tuple[Change, ...]:
        """What was changed last, newest first."""
        log = AdministratorLogRow
        asked = select(log).where(log.clinic == clinic.hsa_id.key).order_by(log.id.desc()).limit(most)
        with self._database.reading() as session:
            rows = session.scalars(asked).all()
        return tuple(Change(HsaId(row.administrator), row.what, row.at) for row in rows)

    def _with_settings(self, unit: Unit) -> Clinic:
        with self._database.reading() as session:
            return _clinic(unit, session.get(ClinicSettingsRow, unit.hsa_id.key))


def _clinic(unit: Unit, row: ClinicSettingsRow | None) -> Clinic:
    return Clinic(unit, unit.usual) if row is None else Clinic(unit, read(ClinicSettings, row.settings), row.version)


def _put(
    session: Session,
    row: ClinicSettingsRow | None,
    clinic: Clinic,
    settings: ClinicSettings,
    administrator: HsaId,
    now: datetime,
) -> None:
    if row is None:
        row = ClinicSettingsRow(clinic=clinic.hsa_id.key, version=0)
        session.add(row)
    row.settings, row.version = written(settings), clinic.version + 1
    row.changed_at, row.changed_by = now, administrator.text

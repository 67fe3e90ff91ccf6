"""The people of the demo: who they are in the systems' registers and in messages, and who is about to turn an age.

Only published test numbers and Inera's own example of a reserve number; they stand in demo_region.toml.
Ages drift as the years go: who shows what happens at 13, 18 or 65 is picked by birth date on the day it is asked.
Source: domain.md §3.1, §10.4.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

from contracts import scheduling as s
from contracts.identifiers import HsaId, PersonIdentity
from scheduling_backends.engine.book import Contact
from scheduling_backends.engine.citizens import Citizen as Known

WEEKS = 12
"""How far ahead the demo has times."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Where somebody is listed (R9), and with whom."""

    clinic: HsaId
    performer: HsaId | None = None


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody in the demo, with a published test number. `is_protected`: no address may be shown (R41)."""

    identity: PersonIdentity
    contact: Contact = field(repr=False)
    is_protected: bool = False
    listed: Listing | None = None

    @property
    def known(self) -> Known:
        """As the systems' registers have it."""
        given = self.contact
        names = (given.first_name or "", given.last_name or "")
        return Known(self.identity, *names, given.phone, given.email, given.address, self.is_protected)

    @property
    def info(self) -> s.SubjectOfCareInfo:
        """As a message has it."""
        given = self.contact
        return s.SubjectOfCareInfo(given.first_name or "", given.last_name or "", phone=given.phone)

    @property
    def shown(self) -> Contact:
        """The contact data that a booking may keep: none for a protected identity (R41)."""
        given = self.contact
        return Contact(given.first_name, None, given.last_name) if self.is_protected else given


@cache
def region() -> dict[str, Any]:
    """What demo_region.toml says."""
    return tomllib.loads(resources.files(__package__).joinpath("demo_region.toml").read_text("utf-8"))


@cache
def citizens() -> tuple[Citizen, ...]:
    """The people of the demo, in the order of domain.md §10.4."""
    return tuple(_citizen(entry) for entry in region()["citizens"])


@cache
def by_number() -> Mapping[str, Citizen]:
    return {one.identity.number: one for one in citizens()}


def turning(age: int, today: date) -> Citizen:
    """Who turns `age` first of those who do within the demo's twelve weeks; else the one of the table (§10.4).

    Raises LookupError for an age that the table has nobody for.
    """
    last_day = today + timedelta(weeks=WEEKS)
    birthdays = [(day, one) for one in citizens() for day in [_birthday(one.identity, age)] if day is not None]
    soon = [(day, one) for day, one in birthdays if today < day <= last_day]
    if soon:
        return min(soon, key=lambda found: found[0])[1]
    try:
        return by_number()[region()["turning"][str(age)]]
    except KeyError:
        raise LookupError(f"nobody of the demo stands for the age {age}") from None


def _birthday(identity: PersonIdentity, age: int) -> date | None:
    born = identity.birth_date
    if born is None:
        return None
    try:
        return born.replace(year=born.year + age)
    except ValueError:  # 29 February
        return date(born.year + age, 3, 1)


def _citizen(entry: Mapping[str, Any]) -> Citizen:
    contact = Contact(**{name: entry[name] for name in Contact.__slots__ if name in entry})
    listed = None
    if "listed_clinic" in entry:
        performer = entry.get("listed_performer")
        listed = Listing(HsaId(entry["listed_clinic"]), HsaId(performer) if performer else None)
    return Citizen(PersonIdentity(entry["number"]), contact, entry.get("is_protected", False), listed)

"""What a clinic's administrator decides about its services on the web, and whom they are open to.

Pure values, and their form in the database: a document that leaves out what is as usual. Which kinds of time there are,
and every rule of booking, is the scheduling system's business.
Elsewhere: the pages that change them (administration/), where they are kept (clinics.py).
Source: domain.md §8; R1, R2, R35, R36, R42.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from eservice.people import Person

Service = Literal["book", "booked"]
"""Booking a time; seeing, moving and cancelling booked ones."""
Kind = Literal["book", "rebook", "cancel"]
"""The flows that have texts of their own."""

MOST_TO_CARE = 150
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Texts:
    """The four texts of a flow (§8), each empty when there is none.

    `clinic` before the first step, `concerns` at the choice of kind, `to_care` as help for the reason (at most 150
    signs), `terms` to be ticked. Raises ValueError for a `to_care` that is too long.
    """

    clinic: str = ""
    concerns: str = ""
    to_care: str = ""
    terms: str = ""

    def __post_init__(self) -> None:
        if len(self.to_care) > MOST_TO_CARE:
            raise ValueError(f"the help for the reason has at most {MOST_TO_CARE} signs")


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a service is open to (R2). Empty means everybody; ages count on the day asked for, both ends included.

    `selected`: the service is for these citizens alone, by number. Raises ValueError for ages that nobody can have.
    """

    regions: tuple[str, ...] = ()
    municipalities: tuple[str, ...] = ()
    sexes: tuple[str, ...] = ()  # woman, man
    age_from: int | None = None
    age_to: int | None = None
    selected: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.age_from is not None and self.age_to is not None and self.age_to < self.age_from:
            raise ValueError("the highest age is below the lowest")

    @property
    def is_everybody(self) -> bool:
        return self == Audience()

    def admits(self, person: Person, day: date) -> bool:
        """Whether the service is for this person. Who does not tell what is asked for is not admitted."""
        if self.selected and person.number not in self.selected:
            return False
        if self.regions and person.region not in self.regions:
            return False
        if self.municipalities and person.municipality not in self.municipalities:
            return False
        if self.sexes and person.sex not in self.sexes:
            return False
        return self._has_age(person.identity.age_on(day))

    def _has_age(self, age: int | None) -> bool:
        if self.age_from is None and self.age_to is None:
            return True
        if age is None:
            return False
        return (self.age_from is None or age >= self.age_from) and (self.age_to is None or age <= self.age_to)


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """One service of a clinic: on or off, under which name (empty: the usual), for whom."""

    is_on: bool = True
    name: str = ""
    audience: Audience = Audience()


@dataclass(frozen=True, slots=True)
class Closing:
    """Closed for a time (R42): why, from and until which day, both included; without days it is not closed.

    Raises ValueError for a closing that ends before it begins, or has an end alone.
    """

    reason: str = ""
    first_day: date | None = None
    last_day: date | None = None

    def __post_init__(self) -> None:
        if self.last_day is not None and (self.first_day is None or self.last_day < self.first_day):
            raise ValueError("the closing ends before it begins")

    def covers(self, day: date) -> bool:
        """Whether it is closed on `day`; without a last day until somebody opens again."""
        return self.first_day is not None and self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class ContactData:
    """What the administrator says of the clinic; what is empty stays as the catalogue has it."""

    address: str = ""
    phone: str = ""
    phone_hours: str = ""
    opening_hours: str = ""
    map_url: str = ""
    extra: str = ""


@dataclass(frozen=True, slots=True)
class ClinicSettings:
    """All that is decided about a clinic."""

    is_active: bool = True
    book: ServiceSettings = ServiceSettings()
    booked: ServiceSettings = ServiceSettings()
    closing: Closing = Closing()
    book_texts: Texts = Texts()
    rebook_texts: Texts = Texts()
    cancel_texts: Texts = Texts()
    contact: ContactData = ContactData()
    shows_end_time: bool = False
    shows_care_types: bool = True
    place_in_menu: int = 0

    def service(self, service: Service) -> ServiceSettings:
        return self.book if service == "book" else self.booked

    def texts(self, kind: Kind) -> Texts:
        return {"book": self.book_texts, "rebook": self.rebook_texts, "cancel": self.cancel_texts}[kind]

    def is_open(self, service: Service, person: Person | None, day: date) -> bool:
        """Whether the service is on and for this person today (R1, R2, R42); for whoever is not signed in, the audience
        is not asked."""
        asked = self.service(service)
        if not (self.is_active and asked.is_on) or (service == "book" and self.closing.covers(day)):
            return False
        return person is None or asked.audience.admits(person, day)


def written(settings: Any) -> dict[str, Any]:
    """The settings as a document: what is as usual is left out."""
    told: dict[str, Any] = {}
    usual = type(settings)()
    for one in fields(settings):
        value = getattr(settings, one.name)
        if value != getattr(usual, one.name):
            told[one.name] = _written(value)
    return told


def _written(value: Any) -> Any:
    if is_dataclass(value):
        return written(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def read(kind: type[Value], told: Mapping[str, Any]) -> Value:
    """The settings that a document tells; unknown names are passed over, for an older or newer version wrote them.

    Raises ValueError for a value that cannot be.
    """
    hints = get_type_hints(kind)
    return kind(**{name: _read(hints[name], value) for name, value in told.items() if name in hints})


def _read(kind: Any, value: Any) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        return read(kind, value)
    if get_origin(kind) is tuple:
        return tuple(value)
    if date in get_args(kind) and isinstance(value, str):
        return date.fromisoformat(value)
    return value

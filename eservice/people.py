"""Who the citizens are: the population register as the e-service asks it, and whom somebody may act for.

A guardian acts for a child under 13; from the thirteenth birthday on the child signs in (R40). Contracts know nothing
of that: the child is sent as the citizen, and the relation is checked here, at every request.
Elsewhere: who sits at the screen (visits.py), where the register's people come from (its maker).
Source: domain.md §3.1, §5.1, R40, R41.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from contracts import scheduling as s
from contracts.identifiers import HsaId, PersonIdentity, PersonKind

GUARDIAN_UNTIL = 13
"""The age from which a child acts for itself."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the population register. `shows` says what a person of the demo is there for; `listed_at` is the
    clinic where the person is listed."""

    identity: PersonIdentity
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    is_protected: bool = False
    region: str = ""
    municipality: str = ""
    children: tuple[PersonIdentity, ...] = field(default=(), repr=False)
    shows: str = ""
    listed_at: HsaId | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def number(self) -> str:
        return self.identity.number

    @property
    def actor(self) -> s.Actor:
        """The person acting in person; also for a child, whose guardian the contracts cannot name (R40)."""
        return s.Actor(self.identity.number, s.ActorType.SUBJECT_OF_CARE)

    @property
    def sex(self) -> Literal["woman", "man"] | None:
        """Legal sex, by the number; None where it does not tell."""
        if self.identity.kind is PersonKind.RESERVNUMMER:
            return None
        return "man" if int(self.identity.number[10]) % 2 else "woman"

    def information(self, phone: str | None, email: str | None) -> s.SubjectOfCareInfo:
        """Name as in the register and the contact data of a booking; none of those of a protected person (R41)."""
        if self.is_protected:
            phone = email = None
        return s.SubjectOfCareInfo(self.first_name, self.last_name, phone=phone or None, email=email or None)


class PopulationRegister:
    """The people that the e-service knows, by their numbers."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._people: Mapping[str, Person] = {one.number: one for one in people}

    @property
    def everybody(self) -> tuple[Person, ...]:
        return tuple(self._people.values())

    @property
    def regions(self) -> tuple[str, ...]:
        """Where people live, by name."""
        return tuple(sorted({one.region for one in self._people.values() if one.region}))

    @property
    def municipalities(self) -> tuple[str, ...]:
        return tuple(sorted({one.municipality for one in self._people.values() if one.municipality}))

    def person(self, number: str) -> Person | None:
        """Who has the number; None when nobody has."""
        return self._people.get(number)

    def children_of(self, guardian: Person, today: date) -> tuple[Person, ...]:
        """Whom the guardian may act for today."""
        found = (self._people.get(one.number) for one in guardian.children)
        return tuple(one for one in found if one is not None and may_be_acted_for(one, today))

    def guardians_of(self, child: Person, today: date) -> tuple[Person, ...]:
        """Who may act for the child today."""
        return tuple(one for one in self._people.values() if child in self.children_of(one, today))

    def may_act_for(self, citizen: Person, subject: Person, today: date) -> bool:
        """Whether `citizen` may see and change what is `subject`'s: his own, or that of a child under 13."""
        return citizen.number == subject.number or subject in self.children_of(citizen, today)


def may_be_acted_for(child: Person, today: date) -> bool:
    """Whether somebody is still so young that a guardian acts (R40); nobody whose age is unknown."""
    age = child.identity.age_on(today)
    return age is not None and age < GUARDIAN_UNTIL

"""The people of tests and demo: the only ones that may stand in a message here.

The numbers are from the Swedish Tax Agency's published list of test numbers (Skatteverket, "Testpersonnummer"), the
reserve number is Inera's own example; the names are invented. Source: domain.md §10.4. Never add an invented number.
"""

from dataclasses import dataclass

from contracts.identifiers import PersonIdentity
from contracts.scheduling import Actor, ActorType, SubjectOfCareInfo


@dataclass(frozen=True, slots=True)
class Person:
    number: str
    first_name: str
    last_name: str

    @property
    def identity(self) -> PersonIdentity:
        return PersonIdentity(self.number)

    @property
    def actor(self) -> Actor:
        """The person acting in person."""
        return Actor(self.number, ActorType.SUBJECT_OF_CARE)

    @property
    def info(self) -> SubjectOfCareInfo:
        return SubjectOfCareInfo(self.first_name, self.last_name)


ANNA = Person("197912129280", "Anna", "Provbäck")
BERTIL = Person("199001132399", "Bertil", "Demosson")
DAN = Person("198812242397", "Dan", "Tävling")
KARIN = Person("194912062306", "Karin", "Vaccberg")
LARS = Person("196112122871", "Lars", "Gränsfall")
ELIN = Person("199610182389", "Elin", "Kallander")
GRETA = Person("194201199124", "Greta", "Många")
HULDA = Person("192102099229", "Hulda", "Hundra")
ISAK = Person("200402232391", "Isak", "Ung")
OSKAR = Person("200811112390", "Oskar", "Nyss")
NELLY = Person("200812312387", "Nelly", "Snart")
THEO = Person("201112242399", "Theo", "Tonår")
MOA = Person("201312302381", "Moa", "Provbäck")
ALMA = Person("201901022382", "Alma", "Demosson")
SIV = Person("196608182942", "Siv", "Skyddad")
SAMIR = Person("198504782395", "Samir", "Samordning")
RESERV = Person("991981000010", "Reserv", "Okänd")

PEOPLE = (
    ANNA, BERTIL, DAN, KARIN, LARS, ELIN, GRETA, HULDA, ISAK, OSKAR, NELLY, THEO, MOA, ALMA, SIV, SAMIR, RESERV,
)  # fmt: skip

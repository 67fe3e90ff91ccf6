"""The test persons that a run books for: published test numbers, never anybody real.

Who judges a system names persons whom that system knows; those of the demo region are the default of the command.
"""

from dataclasses import dataclass, field

from contracts.identifiers import PersonIdentity
from contracts.scheduling import Actor, ActorType, SubjectOfCareInfo


@dataclass(frozen=True, slots=True)
class TestPerson:
    """Somebody of the Swedish Tax Agency's published test numbers. Raises ValueError for a number of another form."""

    __test__ = False  # the name is the field's own; pytest is not to collect it

    number: str = field(repr=False)
    first_name: str = field(default="Test", repr=False)
    last_name: str = field(default="Testsson", repr=False)

    def __post_init__(self) -> None:
        PersonIdentity(self.number)

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

    @classmethod
    def from_text(cls, text: str) -> "TestPerson":
        """From `NUMBER` or `NUMBER:First name:Last name`. Raises ValueError."""
        number, *names = (piece.strip() for piece in text.split(":"))
        if len(names) not in (0, 2):
            raise ValueError("a person is written NUMBER or NUMBER:First name:Last name")
        return cls(number.replace("-", ""), *names)

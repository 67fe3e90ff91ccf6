"""Which clinics the kit plays for a consumer, where it answers, and for whom the consumer acts."""

from dataclasses import dataclass, field
from pathlib import Path

from conformance.people import TestPerson
from contracts.identifiers import HsaId


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """Two clinics that the consumer must know, and a test person who can act in it.

    `facility` offers all eleven interactions, and its free times have ids; `other_facility` offers neither kinds of
    care nor performers, and its times have none. `host` and `port` are where the kit listens; port 0 takes a free one.
    `certificate` and `key` are PEM files for HTTPS; without them it is HTTP. `slow_seconds` is how long a slow answer
    takes, `silent_seconds` how long a line stays open without one before it breaks, `settle_seconds` how long the kit
    waits for more when a scenario has been played. Raises ValueError for one clinic given twice.
    """

    facility: HsaId
    other_facility: HsaId
    person: TestPerson = field(repr=False)
    facility_name: str = ""
    other_facility_name: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    certificate: Path | None = None
    key: Path | None = None
    slow_seconds: float = 8.0
    silent_seconds: float = 0.0
    settle_seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.facility == self.other_facility:
            raise ValueError("two clinics are needed: they differ in what they offer")

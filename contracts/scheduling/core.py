"""The parts that several messages share: a time, a person's contact data, kinds of time and care, the Actor.

Source: contracts.md §4 (Actor), §5.1 (what a Timeslot may carry where), §6.1.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Literal

from contracts.identifiers import HsaId, PersonIdentity

ResultCode = Literal["OK", "INFO", "ERROR"]
"""OK: done. INFO: done, and the text must be shown. ERROR: not done, and the text must be shown (G-16)."""

Extensions = tuple[bytes, ...]
"""Foreign elements at the end of a type, each a canonical document (`xml.detached`), in order (contracts.md §2.3)."""


class ActorType(Enum):
    """In which role somebody acts (contracts.md §4)."""

    SUBJECT_OF_CARE = "subject_of_care"
    SUBJECT_OF_CARE_AGENT = "subject_of_care_agent"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who performs the action: the citizen's number, or an agent's HSA-id, as the header's text.

    `actor_type` is None when the header carries a type that the schema does not know: read leniently (A-6), trusted
    with nothing.
    """

    actor_id: str = field(repr=False)
    actor_type: ActorType | None

    def is_citizen(self, subject_of_care: PersonIdentity) -> bool:
        """Whether this is that very citizen, acting in person."""
        return self.actor_type is ActorType.SUBJECT_OF_CARE and self.actor_id.upper() == subject_of_care.number


@dataclass(frozen=True, slots=True)
class Timeslot:
    """A time, free or booked; the TimeslotType that five interactions share. What may be set where: contracts.md §5.1.

    `start` is inclusive, `end` exclusive; both or neither are given (I-2), neither only for an open invitation.
    A flag that is None was not sent and means False (G-13). `purpose` is the clinic's text, `reason` the citizen's.
    Raises ValueError when one of start and end is missing, or is without a zone.
    """

    healthcare_facility: HsaId
    start: datetime | None = None
    end: datetime | None = None
    performer: HsaId | None = None
    booking_id: str | None = None
    subject_of_care: PersonIdentity | None = None
    purpose: str | None = field(default=None, repr=False)
    reason: str | None = field(default=None, repr=False)
    resource_name: str | None = None
    healthcare_facility_name: str | None = None
    performer_name: str | None = field(default=None, repr=False)
    resource_id: str | None = None
    time_type_name: str | None = None
    time_type_id: str | None = None
    care_type_name: str | None = None
    care_type_id: str | None = None
    cancel_booking_allowed: bool | None = None
    rebooking_allowed: bool | None = None
    message_allowed: bool | None = None
    is_invitation: bool | None = None

    def __post_init__(self) -> None:
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end are given together or not at all (I-2)")
        if any(moment is not None and moment.tzinfo is None for moment in (self.start, self.end)):
            raise ValueError("start and end are moments with a time zone")


@dataclass(frozen=True, slots=True)
class SubjectOfCareInfo:
    """Name and contact data of the citizen; never shown in a repr. The names follow the population register (MB-6)."""

    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    middle_name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    coaddress: str | None = field(default=None, repr=False)
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class TimeType:
    """A kind of time (tidstyp): its id, opaque, and its name for display."""

    time_type_id: str
    name: str
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class CareType:
    """A kind of care (vårdtyp): a code local to the facility (G-18) and its name for display."""

    care_type_id: str
    name: str
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class PerformerInfo:
    """Somebody that one can book a time with. Spelled `perfomer` on the wire (GP-2)."""

    performer: HsaId
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    title: str | None = None
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class FacilityInfo:
    """A clinic that one can choose, with the name that goes before the catalogue's (GHF-6)."""

    healthcare_facility: HsaId
    name: str | None = None
    extensions: Extensions = field(default=(), repr=False)

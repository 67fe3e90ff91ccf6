"""What the engine's questions answer with: clinics, kinds of time, free times and bookings as frozen values.

Elsewhere: the questions (find.py), the tables (models.py), the messages (answers.py).
"""

from dataclasses import dataclass
from datetime import date, datetime

from contracts.identifiers import HsaId, PersonIdentity
from contracts.times import SWEDEN
from scheduling_backends.engine import rules
from scheduling_backends.engine.offer import ClinicSettings, TimeTypeSettings
from scheduling_backends.engine.states import BookingState, Initiative


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic of this system; `hsa_id` as it was written."""

    id: int
    hsa_id: HsaId
    settings: ClinicSettings


@dataclass(frozen=True, slots=True)
class CareType:
    """A kind of care, its code local to the clinic."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class TimeType:
    """A kind of time at one clinic."""

    id: int
    clinic_id: int
    settings: TimeTypeSettings
    care_type: CareType | None


@dataclass(frozen=True, slots=True)
class Performer:
    """Somebody that one can meet."""

    id: int
    hsa_id: HsaId
    first_name: str
    last_name: str
    title: str | None

    @property
    def displayed(self) -> str:
        """Title and names, joined with single spaces (contracts.md §6.1, performerName)."""
        return " ".join(filter(None, (self.title, self.first_name, self.last_name)))


@dataclass(frozen=True, slots=True)
class Resource:
    """A room, a chair, a booth."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class FreeTime:
    """A time with at least one empty seat."""

    slot_id: int
    start: datetime
    end: datetime
    time_type: TimeType
    performer: Performer | None
    resource: Resource | None


@dataclass(frozen=True, slots=True)
class FreeDay:
    """A day with at least one free time of this kind, performer and resource."""

    day: date
    time_type: TimeType
    performer: Performer | None
    resource: Resource | None


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking or an invitation, with its time if it has one."""

    id: str
    clinic: Clinic
    time_type: TimeType
    slot_id: int | None
    start: datetime | None
    end: datetime | None
    performer: Performer | None
    resource: Resource | None
    state: BookingState
    booked_by: Initiative
    is_invitation: bool
    invitation_text: str | None
    subject_of_care: PersonIdentity
    reason: str | None
    moves: int = 0
    expires_on: date | None = None

    @property
    def facts(self) -> rules.BookingFacts:
        """The booking as the rules see it."""
        return rules.BookingFacts(self.state, self.booked_by, self.start, self.is_invitation, self.moves)

    def has_expired(self, now: datetime) -> bool:
        """Whether an open invitation's last day is over."""
        return self.expires_on is not None and now.astimezone(SWEDEN).date() > self.expires_on

    @property
    def is_shown(self) -> bool:
        """Whether the citizen may see it (R22)."""
        return rules.is_shown(self.time_type.settings, self.booked_by, self.is_invitation)

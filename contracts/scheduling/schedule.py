"""What is booked: a citizen's times at a facility, and one booking in full.

Source: contracts.md §5.9, §5.10.
"""

from dataclasses import dataclass, field

from contracts.identifiers import HsaId, PersonIdentity
from contracts.scheduling.core import Extensions, Timeslot


@dataclass(frozen=True, slots=True)
class GetSubjectOfCareSchedule:
    """Which times does this citizen have at the facility?"""

    healthcare_facility: HsaId
    subject_of_care: PersonIdentity
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetSubjectOfCareScheduleResponse:
    """Bookings and timed invitations in order of start, each with its booking id; open invitations are not here."""

    timeslots: tuple[Timeslot, ...] = ()
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetBookingDetails:
    """What does the booking or invitation `booking_id` hold? Not for the ids of free times (GBD-5)."""

    healthcare_facility: HsaId
    booking_id: str
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetBookingDetailsResponse:
    """Exactly one timeslot, with its subject of care and all three flags set (GBD-2)."""

    timeslot: Timeslot
    extensions: Extensions = field(default=(), repr=False)

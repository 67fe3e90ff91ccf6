"""When there is a free time: days, and the times of days.

With `booking_id` the question is about moving that booking, or about choosing a time for that open invitation: its
kind of time governs the answer (GAD-2, GAT-2). Without it the filters do. Both ends of the interval are included.
Source: contracts.md §5.7, §5.8.
"""

from dataclasses import dataclass, field
from datetime import date

from contracts.identifiers import HsaId, PersonIdentity
from contracts.scheduling.core import Extensions, Timeslot


@dataclass(frozen=True, slots=True)
class AvailabilityQuestion:
    """What both questions ask with: a facility, a citizen, the days from `start_date` to `end_date`, and filters."""

    healthcare_facility: HsaId
    subject_of_care: PersonIdentity
    start_date: date
    end_date: date
    booking_id: str | None = None
    performers: tuple[HsaId, ...] = ()
    time_type_name: str | None = None
    time_type_id: str | None = None
    care_type_name: str | None = None
    care_type_id: str | None = None
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetAvailableDates(AvailabilityQuestion):
    """On which of the days is there a free time for this citizen?"""


@dataclass(frozen=True, slots=True)
class GetAvailableTimeslots(AvailabilityQuestion):
    """Which times on the days are free for this citizen?"""


@dataclass(frozen=True, slots=True)
class DateAvailability:
    """One day with at least one free time, for one performer, resource and kind of time."""

    healthcare_facility: HsaId
    day: date
    performer: HsaId | None = None
    resource_name: str | None = None
    resource_id: str | None = None
    time_type_name: str | None = None
    time_type_id: str | None = None
    care_type_name: str | None = None
    care_type_id: str | None = None
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetAvailableDatesResponse:
    """The days in order; empty means that there is no free time."""

    availabilities: tuple[DateAvailability, ...] = ()
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetAvailableTimeslotsResponse:
    """The free times in order of start. A slot's `booking_id`, if any, names the free time; hand it back (GAT-6)."""

    timeslots: tuple[Timeslot, ...] = ()
    extensions: Extensions = field(default=(), repr=False)

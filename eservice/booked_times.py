"""A citizen's booked times as pages show them: which, in what order, and what can be done with each.

Only times to come are shown. What can be done is what the clinic's system says (R23 to R26), and only where the
clinic's service for it is open to this citizen (§5.3). A clinic's name is the register's; one that is not in it is
called as its booking says, and nothing can be done there.
Elsewhere: the pages (bookings.py, start.py), asking (platform.py).
Source: domain.md §5.0, §5.2, §5.3, §5.5; R2, R22 to R26, R35.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from contracts import scheduling as s
from contracts.identifiers import HsaId
from eservice import visits
from eservice.clinics import Clinic
from eservice.people import Person
from eservice.platform import in_order
from eservice.shown import swedish_day


@dataclass(frozen=True, slots=True)
class BookedTime:
    """One booked time. `name` is its name in URLs, empty for one that has no id and so no page."""

    slot: s.Timeslot
    name: str
    clinic: Clinic | None
    clinic_name: str
    can_rebook: bool
    can_cancel: bool

    @property
    def is_by_care(self) -> bool:
        """Whether the clinic took the initiative (I-1)."""
        return bool(self.slot.is_invitation)

    @property
    def shows_end(self) -> bool:
        return self.clinic is not None and self.clinic.settings.shows_end_time


@dataclass(frozen=True, slots=True)
class Day:
    """The times of one day, in order. `shows_year`: it is not this year's."""

    day: date
    times: tuple[BookedTime, ...]
    shows_year: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """The times to come at all clinics; `failed` and `old` name the clinics whose times are missing or may be old.

    `silent` are the clinics that were asked when none of them answered.
    """

    times: tuple[BookedTime, ...]
    failed: tuple[str, ...] = ()
    old: tuple[str, ...] = ()
    silent: tuple[Clinic, ...] = ()
    is_silent: bool = False


def coming(slots: Iterable[s.Timeslot], now: datetime) -> tuple[s.Timeslot, ...]:
    """The times that have not begun, in order; open invitations have no time."""
    return in_order([one for one in slots if one.start is not None and one.start > now])


def by_day(times: Iterable[BookedTime], today: date) -> tuple[Day, ...]:
    """The times, which are in order, day by day in Sweden."""
    dated = ((swedish_day(one.slot.start), one) for one in times if one.slot.start is not None)
    days = groupby(dated, lambda pair: pair[0])
    return tuple(Day(day, tuple(one for _, one in pairs), day.year != today.year) for day, pairs in days)


def booked_time(
    slot: s.Timeslot, name: str, clinic: Clinic | None, person: Person, now: datetime, otherwise: str
) -> BookedTime:
    """The time with what this person can do with it now. `otherwise` names a clinic that nobody names."""
    is_open = clinic is not None and clinic.is_open("booked", person, now.date())
    can_change = bool(name) and is_open and slot.start is not None and slot.start > now
    return BookedTime(
        slot=slot,
        name=name,
        clinic=clinic,
        clinic_name=clinic.name if clinic is not None else slot.healthcare_facility_name or otherwise,
        can_rebook=can_change and bool(slot.rebooking_allowed),
        can_cancel=can_change and bool(slot.cancel_booking_allowed),
    )


# -- For the visit of this request


def everywhere(otherwise: str) -> Overview:
    """The times to come at all clinics. Raises NotReached; a clinic that the register does not know is `otherwise`."""
    eservice = visits.eservice()
    found = eservice.platform.everywhere(visits.visit().subject)
    if found.is_silent:
        known = [eservice.clinics.clinic(one) for one in dict.fromkeys(found.failed)]
        return Overview((), silent=tuple(one for one in known if one is not None), is_silent=True)
    names = eservice.clinics.name_of
    return Overview(
        with_names(found.timeslots, otherwise),
        tuple(dict.fromkeys(names(one, otherwise) for one in found.failed)),
        tuple(dict.fromkeys(names(one, otherwise) for one in found.old)),
    )


def with_names(slots: Iterable[s.Timeslot], otherwise: str) -> tuple[BookedTime, ...]:
    """Those of the times that are to come, each with its clinic and its name in URLs."""
    eservice, person, now = visits.eservice(), visits.visit().subject, visits.now()
    shown = coming(slots, now)
    named = [(one.healthcare_facility, one.booking_id) for one in shown if one.booking_id]
    references = eservice.references.of_all(person, named)
    names = {(one.clinic, one.booking_id): one.name for one in references}
    clinics: Mapping[HsaId, Clinic | None] = {
        one: eservice.clinics.clinic(one) for one in {slot.healthcare_facility for slot in shown}
    }
    return tuple(
        booked_time(
            slot,
            names.get((slot.healthcare_facility, slot.booking_id or ""), ""),
            clinics[slot.healthcare_facility],
            person,
            now,
            otherwise,
        )
        for slot in shown
    )

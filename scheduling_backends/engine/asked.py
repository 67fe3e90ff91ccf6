"""What a message asks for: from messages to the timebook's values.

Elsewhere: the way back (answers.py).
"""

from dataclasses import dataclass
from typing import Any

from contracts import scheduling as s
from contracts.identifiers import PersonIdentity
from scheduling_backends.engine.book import Contact
from scheduling_backends.engine.choices import Filters
from scheduling_backends.engine.entries import Clinic
from scheduling_backends.engine.models import BOOKING_PREFIX, SLOT_PREFIX
from scheduling_backends.engine.wishes import Wish

_SLOT_DIGITS_MAX = 18


@dataclass(frozen=True, slots=True)
class NamedTime:
    """What the booking id of a wished time names: a free time, an invitation, nothing, or nothing of ours (MB-12)."""

    slot_id: int | None = None
    invitation: str | None = None
    is_ours: bool = True

    @classmethod
    def of(cls, booking_id: str | None) -> "NamedTime":
        if booking_id is None:
            return cls()
        if booking_id.startswith(BOOKING_PREFIX):
            return cls(invitation=booking_id)
        digits = booking_id.removeprefix(SLOT_PREFIX)
        is_number = digits.isascii() and digits.isdigit() and len(digits) <= _SLOT_DIGITS_MAX
        is_ours = booking_id.startswith(SLOT_PREFIX) and is_number
        return cls(slot_id=int(digits)) if is_ours else cls(is_ours=False)


def person_of(slot: s.Timeslot) -> PersonIdentity:
    """The citizen of a wished time; the messages that carry one are not made without (MB-2, UB-1)."""
    if slot.subject_of_care is None:
        raise ValueError("a wished time names its subject of care")
    return slot.subject_of_care


def wish(slot: s.Timeslot, clinic: Clinic, slot_id: int | None = None) -> Wish:
    """The wished time at `clinic`; `slot_id` when the message named the free time."""
    if slot.start is None or slot.end is None:
        raise ValueError("a wished time has a start and an end")
    return Wish(
        clinic,
        slot.start,
        slot.end,
        slot_id,
        time_type_code=slot.time_type_id,
        time_type_name=slot.time_type_name,
        care_type_code=slot.care_type_id,
        care_type_name=slot.care_type_name,
        performer=slot.performer,
        resource_code=slot.resource_id,
        resource_name=slot.resource_name,
    )


def contact(given: s.SubjectOfCareInfo | None) -> Contact:
    """Name and contact data of a message, if any."""
    if given is None:
        return Contact()
    return Contact(
        given.first_name,
        given.middle_name,
        given.last_name,
        given.phone,
        given.email,
        given.address,
        given.coaddress,
    )


def filters(request: s.GetAvailableDates | s.GetAvailableTimeslots) -> Filters:
    """What a question for free times narrows itself to."""
    return Filters(
        time_type_ids=_listed(request.time_type_id),
        time_type_name=request.time_type_name,
        care_type_ids=_listed(request.care_type_id),
        care_type_name=request.care_type_name,
        performers=request.performers,
    )


def _listed(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)


MOST_CHARACTERS = 500
"""How long a citizen's own text may be (domain.md §11), and anything else that is kept with a booking."""


def says_too_much(text: str | None, kept: Contact) -> bool:
    """Whether a text, or a field of the contact data, is longer than what is kept with a booking."""
    return any(len(one) > MOST_CHARACTERS for one in (text or "", *kept.given().values()))

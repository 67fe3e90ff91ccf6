"""A time as a flow keeps it between two pages: the whole element, for it must be handed back as it came (MB-3).

A time is named in forms by a key of its own, which tells nothing.
Source: domain.md §4 (rules for the caller), §5.0 (title line); contracts.md MB-3, GAT-6.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from contracts import scheduling as s
from contracts.identifiers import HsaId, PersonIdentity
from contracts.times import SWEDEN, start_of_day


def written(slot: s.Timeslot) -> dict[str, Any]:
    """The time as a document; what is None is left out."""
    told = {one.name: getattr(slot, one.name) for one in fields(slot)}
    return {name: _text(value) for name, value in told.items() if value is not None}


def read(told: Mapping[str, Any]) -> s.Timeslot:
    """The time that a document tells of."""
    values: dict[str, Any] = dict(told)
    for name in ("start", "end"):
        if name in values:
            values[name] = datetime.fromisoformat(values[name]).astimezone(SWEDEN)
    for name in ("healthcare_facility", "performer"):
        if name in values:
            values[name] = HsaId(values[name])
    if "subject_of_care" in values:
        values["subject_of_care"] = PersonIdentity(values["subject_of_care"])
    return s.Timeslot(**values)


def key_of(slot: s.Timeslot) -> str:
    """The time's name in forms; equal for the same free time asked for twice."""
    parts = (
        slot.healthcare_facility.key,
        "" if slot.start is None else slot.start.isoformat(),
        slot.booking_id or "",
        slot.performer.key if slot.performer else "",
        slot.resource_id or slot.resource_name or "",
        slot.time_type_id or "",
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def key_of_performer(performer: HsaId) -> str:
    """What a form calls a performer: citizens' pages hold no HSA-ids (§5.0)."""
    return hashlib.sha256(performer.key.encode()).hexdigest()[:16]


def with_whom(slot: s.Timeslot) -> str:
    """Whom or what the time is with: performer, resource, kind of care, or nothing (§5.0)."""
    return slot.performer_name or slot.resource_name or slot.care_type_name or ""


def with_which(slot: s.Timeslot) -> str:
    """What kind of thing `with_whom` names: performer, resource or care_type; empty when nothing."""
    named = {"performer": slot.performer_name, "resource": slot.resource_name, "care_type": slot.care_type_name}
    return next((kind for kind, name in named.items() if name), "")


def is_same_visit(one: s.Timeslot, other: s.Timeslot) -> bool:
    """Whether two times are one visit: start, clinic and kind (§5.6, for ids may change)."""
    return (
        one.start == other.start
        and one.healthcare_facility == other.healthcare_facility
        and (one.time_type_id == other.time_type_id or None in (one.time_type_id, other.time_type_id))
    )


def day_of(slot: s.Timeslot) -> datetime:
    """The first moment of the time's day. Raises ValueError for a time that has no start."""
    if slot.start is None:
        raise ValueError("an open invitation has no day")
    return start_of_day(slot.start.astimezone(SWEDEN).date())


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, HsaId):
        return value.text
    return value.number if isinstance(value, PersonIdentity) else value

"""What a wished time means: from what a message names to slots of the schedule.

A free time has an id, but a consumer need not have kept it (MB-12), and a rebooking has no room for it (UB-1): then
facility, start and end, and the kind of time or care, performer or resource if they are told, find it.
Rules: R27. Elsewhere: whether the time may be had (rules.py), taking it (seats.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from contracts.identifiers import HsaId
from scheduling_backends.engine import find, rules
from scheduling_backends.engine.entries import Booking, Clinic, TimeType
from scheduling_backends.engine.models import CareTypeRow, PerformerRow, ResourceRow, SlotRow, TimeTypeRow
from scheduling_backends.engine.refusals import Reason, Refusal, Situation, refuse


@dataclass(frozen=True, slots=True)
class Wish:
    """The time that somebody wants: a clinic, start and end, and whatever else tells it from others at that moment.

    A name counts only where its id is missing.
    """

    clinic: Clinic
    start: datetime
    end: datetime
    slot_id: int | None = None
    time_type_code: str | None = None
    time_type_name: str | None = None
    care_type_code: str | None = None
    care_type_name: str | None = None
    performer: HsaId | None = None
    resource_code: str | None = None
    resource_name: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The slots that a wish can mean: all of one kind of time, start and end."""

    time_type: TimeType
    slots: tuple[SlotRow, ...]

    def facts(self, now: datetime) -> rules.SlotFacts:
        """The most available of them, as the rules see it."""
        facts = [_facts(slot) for slot in self.slots]
        return next((fact for fact in facts if fact.is_out(now)), facts[0])

    def ids_out(self, now: datetime) -> tuple[int, ...]:
        """Ids of those that are published now."""
        return tuple(slot.id for slot in self.slots if _facts(slot).is_out(now))

    def with_performer(self, performer_id: int | None) -> "Found":
        """Only the slots with this performer, if there are any; None for all."""
        theirs = tuple(slot for slot in self.slots if performer_id in (None, slot.performer_id))
        return Found(self.time_type, theirs) if theirs else self


def _facts(slot: SlotRow) -> rules.SlotFacts:
    return rules.SlotFacts(slot.start, slot.end, slot.state, slot.published_from, slot.performer_id)


def slots_named(
    session: Session,
    wish: Wish,
    errand: rules.Errand,
    code: str | None,
    now: datetime,
    leaving: Booking | None = None,
) -> Found | Refusal:
    """The slots that the wish names, all of one kind of time; a Refusal when there are none, or it could be several.

    `code` is the kind that the invitation or the booking demands, `leaving` the booking that moves.
    """
    kept = (None, None) if leaving is None else kept_at(leaving, wish.clinic)
    place_and_time = {"clinic_id": wish.clinic.id, "starts": wish.start, "ends": wish.end}
    if wish.slot_id is None:
        there = session.execute(_THERE, place_and_time).all()
    else:
        there = session.execute(_THIS_ONE, place_and_time | {"slot_id": wish.slot_id}).all()
    named = [row for row in there if _is_named(row, wish, code, kept)]
    kinds = {row.TimeTypeRow.id: find.time_type_of(row.TimeTypeRow, row.CareTypeRow) for row in named}
    present = [
        Found(kind, tuple(row.SlotRow for row in named if row.TimeTypeRow.id == kind.id)) for kind in kinds.values()
    ]
    if len(present) > 1:
        clinic = wish.clinic.settings
        present = [
            one for one in present if one.ids_out(now) and rules.is_offered(clinic, one.time_type.settings, errand)
        ]
    if len(present) != 1:
        return _nothing_found(wish, there, leaving, now)
    return present[0]


def _nothing_found(wish: Wish, there: Sequence[Any], leaving: Booking | None, now: datetime) -> Refusal:
    """The time is not there, or not with what the booking that moves must keep (R27)."""
    if wish.start < now:
        return refuse(Situation.PASSED)
    is_other = leaving is not None and any(_is_named(row, wish, None, (None, None)) for row in there)
    return refuse(Situation.GONE, reason=Reason.KEPT if is_other else None)


_THERE = (
    select(
        SlotRow,
        TimeTypeRow,
        CareTypeRow,
        CareTypeRow.code.label("care_type_code"),
        CareTypeRow.name.label("care_type_name"),
        PerformerRow.hsa_key.label("performer"),
        ResourceRow.code.label("resource_code"),
        ResourceRow.name.label("resource_name"),
    )
    .join(TimeTypeRow, TimeTypeRow.id == SlotRow.time_type_id)
    .outerjoin(CareTypeRow, CareTypeRow.id == TimeTypeRow.care_type_id)
    .outerjoin(PerformerRow, PerformerRow.id == SlotRow.performer_id)
    .outerjoin(ResourceRow, ResourceRow.id == SlotRow.resource_id)
    .where(
        SlotRow.clinic_id == bindparam("clinic_id"),
        SlotRow.start == bindparam("starts"),
        SlotRow.end == bindparam("ends"),
    )
    .order_by(SlotRow.id)
)
_THIS_ONE = _THERE.where(SlotRow.id == bindparam("slot_id"))


def _is_named(row: Any, wish: Wish, code: str | None, kept: tuple[int | None, int | None]) -> bool:
    """Whether a slot is what the wish, the demanded kind and what is kept (R27) say; None says nothing."""
    performer_id, resource_id = kept
    said = (
        (row.TimeTypeRow.code, wish.time_type_code),
        (row.TimeTypeRow.web_name, None if wish.time_type_code else wish.time_type_name),
        (row.care_type_code, wish.care_type_code),
        (row.care_type_name, None if wish.care_type_code else wish.care_type_name),
        (row.performer, wish.performer and wish.performer.key),
        (row.resource_code, wish.resource_code),
        (row.resource_name, None if wish.resource_code else wish.resource_name),
        (row.TimeTypeRow.code, code),
        (row.SlotRow.performer_id, performer_id),
        (row.SlotRow.resource_id, resource_id),
    )
    return all(is_so == said_so for is_so, said_so in said if said_so is not None)


def kept_at(booking: Booking, clinic: Clinic) -> tuple[int | None, int | None]:
    """The performer and the resource, as ids, that the booking keeps when it moves to `clinic` (R27).

    A resource only within its clinic.
    """
    settings = booking.time_type.settings
    performer = booking.performer if settings.keeps_performer else None
    resource = booking.resource if settings.keeps_resource and booking.clinic.id == clinic.id else None
    return None if performer is None else performer.id, None if resource is None else resource.id

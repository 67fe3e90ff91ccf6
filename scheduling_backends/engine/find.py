"""The questions: what is offered, what is free, what is booked.

Each question is one statement, or one and a look-up of the performers and resources that came up; none grows with its
answer. What may be shown to whom is decided by rules.py; here it becomes the bounds of a search.
Rules: R11, R12, R17 (through windows), R28–R31. Elsewhere: taking a time (book.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, bindparam, exists, not_, or_, select
from sqlalchemy.orm import Session

from contracts.identifiers import HsaId, PersonIdentity
from contracts.times import SWEDEN
from scheduling_backends.engine import rules
from scheduling_backends.engine.entries import (
    Booking,
    CareType,
    Clinic,
    FreeDay,
    FreeTime,
    Performer,
    Resource,
    TimeType,
)
from scheduling_backends.engine.models import (
    BookingRow,
    CareTypeRow,
    ClinicRow,
    InvitationClinicRow,
    PerformerRow,
    ResourceRow,
    SeatRow,
    SlotRow,
    TimeTypeRow,
)
from scheduling_backends.engine.offer import ClinicSettings, TimeTypeSettings
from scheduling_backends.engine.states import BookingState, SlotState

Settings = TypeVar("Settings", ClinicSettings, TimeTypeSettings)


@dataclass(frozen=True, slots=True)
class Search:
    """Where to look for free times: these kinds of time at one clinic, each within its window, on these days.

    Empty filters mean any. `resource_id` and `performer_id` hold a rebooking to what the booking has (R27);
    `besides` is the slot that is being left.
    """

    clinic_id: int
    windows: tuple[tuple[TimeType, rules.Window], ...]
    first_day: date
    last_day: date
    performers: tuple[HsaId, ...] = ()
    performer_id: int | None = None
    resource_id: int | None = None
    besides: int | None = None


# -- Statements that every booking asks, built once

_CLINIC = select(ClinicRow).where(ClinicRow.hsa_key == bindparam("hsa_key"))

_BOOKINGS = (
    select(BookingRow, ClinicRow, TimeTypeRow, CareTypeRow, SlotRow, PerformerRow, ResourceRow)
    .join(ClinicRow, ClinicRow.id == BookingRow.clinic_id)
    .join(TimeTypeRow, TimeTypeRow.id == BookingRow.time_type_id)
    .outerjoin(CareTypeRow, CareTypeRow.id == TimeTypeRow.care_type_id)
    .outerjoin(SlotRow, SlotRow.id == BookingRow.slot_id)
    .outerjoin(PerformerRow, PerformerRow.id == SlotRow.performer_id)
    .outerjoin(ResourceRow, ResourceRow.id == SlotRow.resource_id)
    .execution_options(populate_existing=True)
)
_BOOKING = _BOOKINGS.where(BookingRow.id == bindparam("booking_id"))
_IS_COMING = and_(
    BookingRow.subject_of_care == bindparam("number"),
    BookingRow.clinic_id == bindparam("clinic_id"),
    BookingRow.state == BookingState.BOOKED,
    SlotRow.end > bindparam("now"),
)
_COMING = _BOOKINGS.where(_IS_COMING).order_by(SlotRow.start, BookingRow.id)
_OF_GROUP = or_(
    BookingRow.clinic_id == bindparam("clinic_id"),
    BookingRow.clinic_id.in_(select(ClinicRow.id).where(ClinicRow.group == bindparam("group"))),
)
_OWN_TIMES = (
    select(
        TimeTypeRow.code,
        SlotRow.start,
        SlotRow.end,
        BookingRow.booked_by,
        BookingRow.is_invitation,
        TimeTypeRow.is_hidden,
        TimeTypeRow.shows_care_booked,
        BookingRow.clinic_id,
    )
    .join(TimeTypeRow, TimeTypeRow.id == BookingRow.time_type_id)
    .join(SlotRow, SlotRow.id == BookingRow.slot_id)
    .where(
        BookingRow.subject_of_care == bindparam("number"),
        BookingRow.state == BookingState.BOOKED,
        BookingRow.id != bindparam("besides"),
        SlotRow.end > bindparam("now"),
        _OF_GROUP,
    )
    .order_by(SlotRow.start)
)


def _theirs(clinic: Clinic, person: PersonIdentity, now: datetime) -> dict[str, object]:
    return {"number": person.number, "clinic_id": clinic.id, "now": now}


# -- What is offered


def clinic_by_hsa_id(session: Session, hsa_id: HsaId) -> Clinic | None:
    """The clinic, found without regard to case (contracts.md G-8); None when it is not in this system."""
    row = session.scalar(_CLINIC, {"hsa_key": hsa_id.key})
    return None if row is None else _clinic(row)


def clinics(session: Session, which: ColumnElement[bool] | None = None) -> tuple[Clinic, ...]:
    """The system's clinics, all or those that fulfil a condition on ClinicRow, by name."""
    statement = select(ClinicRow).order_by(ClinicRow.name, ClinicRow.id)
    return tuple(map(_clinic, session.scalars(statement if which is None else statement.where(which))))


def clinics_of_group(session: Session, clinic: Clinic) -> tuple[Clinic, ...]:
    """The clinic and the others of its group, by name."""
    is_it = ClinicRow.id == clinic.id
    if clinic.settings.group is not None:
        is_it = or_(is_it, ClinicRow.group == clinic.settings.group)
    return tuple(map(_clinic, session.scalars(select(ClinicRow).where(is_it).order_by(ClinicRow.name, ClinicRow.id))))


def clinics_of_invitation(session: Session, booking_id: str) -> tuple[Clinic, ...]:
    """Where an open invitation may be used (R32), by name."""
    listed = select(InvitationClinicRow.clinic_id).where(InvitationClinicRow.booking_id == booking_id)
    rows = session.scalars(select(ClinicRow).where(ClinicRow.id.in_(listed)).order_by(ClinicRow.name, ClinicRow.id))
    return tuple(map(_clinic, rows))


def time_types(session: Session, clinics: Iterable[Clinic], code: str | None = None) -> tuple[TimeType, ...]:
    """Every kind of time at the clinics, hidden ones too, in the order of the web list; of one code if given."""
    statement = (
        select(TimeTypeRow, CareTypeRow)
        .outerjoin(CareTypeRow, TimeTypeRow.care_type_id == CareTypeRow.id)
        .where(TimeTypeRow.clinic_id.in_([clinic.id for clinic in clinics]))
        .order_by(TimeTypeRow.list_order, TimeTypeRow.web_name, TimeTypeRow.id)
    )
    if code is not None:
        statement = statement.where(TimeTypeRow.code == code)
    return tuple(time_type_of(row, care_type) for row, care_type in session.execute(statement))


def performers_with_times(session: Session, search: Search, now: datetime) -> tuple[Performer, ...]:
    """Whom the search could lead to, taken times included: somebody who is fully booked is still there to choose."""
    if not search.windows:
        return ()
    who = select(SlotRow.performer_id).where(_is_out(now), *_bounds(search)).distinct()
    statement = select(PerformerRow).where(PerformerRow.id.in_(who))
    rows = session.scalars(statement.order_by(PerformerRow.last_name, PerformerRow.first_name, PerformerRow.id))
    return tuple(map(_performer, rows))


def time_types_with_times(session: Session, search: Search, now: datetime) -> set[int]:
    """Ids of the kinds of time that the search could lead to, taken times included."""
    if not search.windows:
        return set()
    return set(session.scalars(select(SlotRow.time_type_id).where(_is_out(now), *_bounds(search)).distinct()))


# -- What is free


def free_times(session: Session, search: Search, now: datetime) -> tuple[FreeTime, ...]:
    """The times with an empty seat, published and within their windows, in order of start."""
    if not search.windows:
        return ()
    columns = (SlotRow.id, SlotRow.start, SlotRow.end, SlotRow.time_type_id, SlotRow.performer_id, SlotRow.resource_id)
    statement = select(*columns).where(_is_out(now), *_bounds(search), _has_empty_seat())
    found = session.execute(statement.order_by(SlotRow.start, SlotRow.id)).all()
    types = {time_type.id: time_type for time_type, _ in search.windows}
    performers, resources = _people_and_things(session, {row[4] for row in found}, {row[5] for row in found})
    return tuple(
        FreeTime(slot_id, start, end, types[type_id], performers.get(performer_id), resources.get(resource_id))
        for slot_id, start, end, type_id, performer_id, resource_id in found
    )


def free_days(session: Session, search: Search, now: datetime) -> tuple[FreeDay, ...]:
    """The days with a free time, once for each kind, performer and resource, in order."""
    if not search.windows:
        return ()
    columns = (SlotRow.day, SlotRow.time_type_id, SlotRow.performer_id, SlotRow.resource_id)
    statement = select(*columns).where(_is_out(now), *_bounds(search), _has_empty_seat())
    found = session.execute(statement.distinct().order_by(*columns)).all()
    types = {time_type.id: time_type for time_type, _ in search.windows}
    performers, resources = _people_and_things(session, {row[2] for row in found}, {row[3] for row in found})
    return tuple(
        FreeDay(day, types[type_id], performers.get(performer_id), resources.get(resource_id))
        for day, type_id, performer_id, resource_id in found
    )


# -- What is booked


def booking(session: Session, booking_id: str) -> Booking | None:
    """One booking or invitation in any state; None for an unknown id."""
    found = session.execute(_BOOKING, {"booking_id": booking_id}).one_or_none()
    return None if found is None else _booking(*found)


def holder(session: Session, booking_id: str) -> str | None:
    """The number of the citizen whose booking it is, in any state; None for an unknown id."""
    return session.scalar(select(BookingRow.subject_of_care).where(BookingRow.id == booking_id))


def coming_bookings(session: Session, clinic: Clinic, person: PersonIdentity, now: datetime) -> tuple[Booking, ...]:
    """The citizen's booked times and timed invitations at the clinic that have not ended, hidden ones too, in order."""
    return tuple(_booking(*found) for found in session.execute(_COMING, _theirs(clinic, person, now)))


def own_times(
    session: Session, clinic: Clinic, person: PersonIdentity, now: datetime, besides: str | None
) -> tuple[rules.OwnTime, ...]:
    """The same bookings, and those at the clinic's group, as the rules count them (R13–R15), without `besides`."""
    asked = _theirs(clinic, person, now) | {"besides": besides or "", "group": clinic.settings.group}
    return tuple(
        rules.OwnTime(
            code,
            start,
            end,
            is_shown=rules.may_be_shown(is_hidden, shows_care_booked, booked_by, is_invitation),
            is_here=clinic_id == clinic.id,
        )
        for code, start, end, booked_by, is_invitation, is_hidden, shows_care_booked, clinic_id in session.execute(
            _OWN_TIMES, asked
        )
    )


def open_invitation(session: Session, person: PersonIdentity, time_type: TimeType, now: datetime) -> str | None:
    """The id of the citizen's oldest unused invitation for this kind of time at this clinic (MB-12)."""
    statement = (
        select(BookingRow.id)
        .join(InvitationClinicRow, InvitationClinicRow.booking_id == BookingRow.id)
        .join(TimeTypeRow, TimeTypeRow.id == BookingRow.time_type_id)
        .where(
            BookingRow.subject_of_care == person.number,
            BookingRow.state == BookingState.INVITED,
            InvitationClinicRow.clinic_id == time_type.clinic_id,
            TimeTypeRow.code == time_type.settings.code,
            or_(BookingRow.expires_on.is_(None), BookingRow.expires_on >= now.astimezone(SWEDEN).date()),
        )
        .order_by(BookingRow.made_at, BookingRow.id)
    )
    return session.scalars(statement).first()


# -- Bounds of a search


def _bounds(search: Search) -> list[ColumnElement[bool]]:
    bounds = [SlotRow.clinic_id == search.clinic_id, or_(*(_within(*pair, search) for pair in search.windows))]
    if search.performers:
        bounds.append(_has_performer(search.performers))
    if search.performer_id is not None:
        bounds.append(SlotRow.performer_id == search.performer_id)
    if search.resource_id is not None:
        bounds.append(SlotRow.resource_id == search.resource_id)
    if search.besides is not None:
        bounds.append(SlotRow.id != search.besides)
    return bounds


def _within(time_type: TimeType, window: rules.Window, search: Search) -> ColumnElement[bool]:
    bounds = [
        SlotRow.time_type_id == time_type.id,
        SlotRow.day.between(max(window.first_day, search.first_day), min(window.last_day, search.last_day)),
        SlotRow.start >= window.not_before,
    ]
    if window.not_after is not None:
        bounds.append(SlotRow.start <= window.not_after)
    if window.performer_id is not None:
        bounds.append(SlotRow.performer_id == window.performer_id)
    bounds += [not_(SlotRow.day.between(*stretch)) for stretch in window.off]
    return and_(*bounds)


def _is_out(now: datetime) -> ColumnElement[bool]:
    is_released = or_(SlotRow.published_from.is_(None), SlotRow.published_from <= now)
    return and_(SlotRow.state == SlotState.PUBLISHED, is_released)


def _has_empty_seat() -> ColumnElement[bool]:
    return exists().where(SeatRow.slot_id == SlotRow.id, SeatRow.booking_id.is_(None))


def _has_performer(performers: Sequence[HsaId]) -> ColumnElement[bool]:
    keys = [performer.key for performer in performers]
    return SlotRow.performer_id.in_(select(PerformerRow.id).where(PerformerRow.hsa_key.in_(keys)))


# -- Rows to values


def _booking(
    row: BookingRow,
    clinic: ClinicRow,
    time_type: TimeTypeRow,
    care_type: CareTypeRow | None,
    slot: SlotRow | None,
    performer: PerformerRow | None,
    resource: ResourceRow | None,
) -> Booking:
    return Booking(
        id=row.id,
        clinic=_clinic(clinic),
        time_type=time_type_of(time_type, care_type),
        slot_id=row.slot_id,
        start=None if slot is None else slot.start,
        end=None if slot is None else slot.end,
        performer=None if performer is None else _performer(performer),
        resource=None if resource is None else _resource(resource),
        state=row.state,
        booked_by=row.booked_by,
        is_invitation=row.is_invitation,
        invitation_text=row.invitation_text,
        subject_of_care=PersonIdentity(row.subject_of_care),
        reason=row.reason,
        moves=row.moves,
        expires_on=row.expires_on,
    )


def _clinic(row: ClinicRow) -> Clinic:
    return Clinic(row.id, HsaId(row.hsa_id), _settings(ClinicSettings, row))


def time_type_of(row: TimeTypeRow, care_type: CareTypeRow | None) -> TimeType:
    """A kind of time as a value, from its row and its care type's."""
    kind_of_care = None if care_type is None else CareType(care_type.code, care_type.name)
    return TimeType(row.id, row.clinic_id, _settings(TimeTypeSettings, row), kind_of_care)


def _settings(kind: type[Settings], row: object) -> Settings:
    return kind(**{field.name: getattr(row, field.name) for field in fields(kind)})


def _performer(row: PerformerRow) -> Performer:
    return Performer(row.id, HsaId(row.hsa_id), row.first_name, row.last_name, row.title)


def _resource(row: ResourceRow) -> Resource:
    return Resource(row.id, row.code, row.name)


def _people_and_things(
    session: Session, performer_ids: set[int | None], resource_ids: set[int | None]
) -> tuple[Mapping[int | None, Performer], Mapping[int | None, Resource]]:
    people = session.scalars(select(PerformerRow).where(PerformerRow.id.in_(performer_ids - {None})))
    things = session.scalars(select(ResourceRow).where(ResourceRow.id.in_(resource_ids - {None})))
    return {row.id: _performer(row) for row in people}, {row.id: _resource(row) for row in things}

"""What staff see: bookings with all that belongs to them, the times of days with who sits there, and what happened.

Each question is a handful of statements, none of which grows with its answer. With a protected identity neither phone
nor address is told (R41), whatever was given with the booking. Elsewhere: what citizens see (find.py), who may look and
that it is noted (the pages). Rules: R41. Source: domain.md §6.2, §6.3, §7.4.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from contracts.identifiers import HsaId, PersonIdentity
from contracts.times import SWEDEN
from scheduling_backends.engine import find
from scheduling_backends.engine.entries import Clinic, TimeType
from scheduling_backends.engine.models import (
    BookingRow,
    CareTypeRow,
    CitizenRow,
    HistoryRow,
    PerformerRow,
    ResourceRow,
    SeatRow,
    SlotRow,
    StaffRow,
    TimeTypeRow,
)
from scheduling_backends.engine.states import BookingState, Happening, Initiative, SlotState

SEATED = (BookingState.BOOKED, BookingState.COMPLETED, BookingState.NO_SHOW)
CANCELLED = (BookingState.CANCELLED_BY_CITIZEN, BookingState.CANCELLED_BY_CARE)
CITIZENS = ("citizen", "agent")
_CLOSURE = re.compile(r" \(#\d+\)\Z")
"""What closures.py adds to the reason of the times that it blocks, for itself alone."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A booking or an invitation as staff see it. `was_moved`: it has had another time."""

    id: str
    time_type_code: str
    time_type_name: str
    slot_id: int | None
    start: datetime | None
    end: datetime | None
    performer: str | None
    resource: str | None
    state: BookingState
    booked_by: Initiative
    is_invitation: bool
    was_moved: bool
    made_at: datetime
    moves: int
    subject_of_care: PersonIdentity
    name: str = field(repr=False)
    phone: str | None = field(repr=False)
    email: str | None = field(repr=False)
    address: str | None = field(repr=False)
    is_protected: bool
    reason: str | None = field(repr=False)
    care_note: str | None = field(repr=False)
    rebooking_comment: str | None = field(repr=False)
    cancelling_comment: str | None = field(repr=False)
    invitation_text: str | None = field(repr=False)
    expires_on: date | None = None
    handled_at: datetime | None = None
    move_comment: str | None = field(default=None, repr=False)  # of staff, at their last move

    @property
    def answer(self) -> str:
        """How an invitation was answered: waits, taken, moved, or cancelled; empty for what was none, or is over."""
        if self.invitation_text is None:
            return ""
        if self.state is BookingState.CANCELLED_BY_CITIZEN:
            return "cancelled"
        if self.state is BookingState.MOVED:
            return "taken" if self.slot_id is None else "moved"
        return "" if not self.is_active else "waits" if self.is_invitation else "moved"

    @property
    def is_web(self) -> bool:
        """Whether the citizen made it what it is."""
        return self.booked_by is Initiative.CITIZEN

    @property
    def is_active(self) -> bool:
        return self.state in (BookingState.BOOKED, BookingState.INVITED)

    @property
    def is_cancelled(self) -> bool:
        return self.state in CANCELLED


@dataclass(frozen=True, slots=True)
class Time:
    """A time of the schedule with those who sit there, and those who did. `free` counts its empty seats."""

    slot_id: int
    start: datetime
    end: datetime
    time_type: TimeType
    performer_id: int | None
    performer: str | None
    resource_id: int | None
    resource: str | None
    state: SlotState
    published_from: datetime | None
    block_reason: str | None
    capacity: int
    free: int
    seated: tuple[Entry, ...] = ()
    cancelled: tuple[Entry, ...] = ()

    @property
    def day(self) -> date:
        return self.start.astimezone(SWEDEN).date()


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of what happened to a booking; `who` is a member of staff's name, or empty."""

    booking_id: str
    at: datetime
    by: str
    who: str
    what: Happening
    from_start: datetime | None
    to_start: datetime | None
    comment: str | None = field(repr=False)

    @property
    def is_web(self) -> bool:
        return self.by in CITIZENS


@dataclass(frozen=True, slots=True)
class WebEvent:
    """What a citizen did on the web, and the booking as it is now."""

    line: HistoryLine
    entry: Entry


# -- Bookings


def entry(session: Session, clinic: Clinic, booking_id: str) -> Entry | None:
    """One of the clinic's bookings, in any state; None for an unknown id and another clinic's."""
    found = entries(session, BookingRow.clinic_id == clinic.id, BookingRow.id == booking_id)
    return found[0] if found else None


def entries(session: Session, *which: ColumnElement[bool], most: int | None = None) -> tuple[Entry, ...]:
    """The bookings that fulfil the conditions, by start, those without a time last."""
    moved = (HistoryRow.booking_id == BookingRow.id, HistoryRow.what == Happening.MOVED)
    said = select(HistoryRow.comment).where(*moved, HistoryRow.by == "care").order_by(HistoryRow.id.desc()).limit(1)
    told = (exists().where(*moved).label("was_moved"), said.scalar_subquery().label("move_comment"))
    statement = (
        select(BookingRow, TimeTypeRow, SlotRow, PerformerRow, ResourceRow, CitizenRow, *told)
        .join(TimeTypeRow, TimeTypeRow.id == BookingRow.time_type_id)
        .outerjoin(SlotRow, SlotRow.id == BookingRow.slot_id)
        .outerjoin(PerformerRow, PerformerRow.id == SlotRow.performer_id)
        .outerjoin(ResourceRow, ResourceRow.id == SlotRow.resource_id)
        .outerjoin(CitizenRow, CitizenRow.number == BookingRow.subject_of_care)
        .where(*which)
        .order_by(SlotRow.start.is_(None), SlotRow.start, BookingRow.made_at, BookingRow.id)
        .limit(most)
        .execution_options(populate_existing=True)
    )
    return tuple(_entry(*row) for row in session.execute(statement))


def history(session: Session, booking_ids: Iterable[str]) -> tuple[HistoryLine, ...]:
    """What happened to the bookings, oldest first."""
    return _lines(session, HistoryRow.booking_id.in_(sorted(set(booking_ids))))


def predecessors(session: Session, booking_id: str) -> tuple[str, ...]:
    """Ids under which the booking went before it moved here from other clinics, or was an invitation."""
    found: list[str] = []
    current: str | None = booking_id
    while current is not None and len(found) < 20:
        current = session.scalar(select(BookingRow.id).where(BookingRow.replaced_by == current))
        found += [current] if current is not None else []
    return tuple(found)


def web_events(
    session: Session, clinic: Clinic, first_day: date, last_day: date, most: int | None = None
) -> tuple[WebEvent, ...]:
    """What citizens did on the web on these days, at this clinic's bookings: the newest `most`, newest first."""
    begins, ends = bounds(first_day, last_day)
    lines = _lines(
        session,
        HistoryRow.by.in_(CITIZENS),
        HistoryRow.at >= begins,
        HistoryRow.at < ends,
        HistoryRow.what != Happening.MOVED_AWAY,
        exists().where(BookingRow.id == HistoryRow.booking_id, BookingRow.clinic_id == clinic.id),
        newest=most,
    )
    ids = {line.booking_id for line in lines}
    found = {one.id: one for one in entries(session, BookingRow.id.in_(sorted(ids)))} if ids else {}
    return tuple(WebEvent(line, found[line.booking_id]) for line in reversed(lines) if line.booking_id in found)


# -- Times


def times(
    session: Session, clinic: Clinic, first_day: date, last_day: date, *which: ColumnElement[bool]
) -> tuple[Time, ...]:
    """The clinic's times of these days with their bookings, by start; `which` narrows on SlotRow."""
    of_days = (SlotRow.clinic_id == clinic.id, SlotRow.day.between(first_day, last_day), *which)
    free = (
        select(func.count())
        .select_from(SeatRow)
        .where(SeatRow.slot_id == SlotRow.id, SeatRow.booking_id.is_(None))
        .scalar_subquery()
    )
    statement = (
        select(SlotRow, PerformerRow, ResourceRow, free.label("free"))
        .outerjoin(PerformerRow, PerformerRow.id == SlotRow.performer_id)
        .outerjoin(ResourceRow, ResourceRow.id == SlotRow.resource_id)
        .where(*of_days)
        .order_by(SlotRow.start, SlotRow.id)
        .execution_options(populate_existing=True)
    )
    rows = session.execute(statement).all()
    kinds = {kind.id: kind for kind in find.time_types(session, [clinic])}
    there = _by_slot(session, of_days) if rows else {}
    return tuple(_time(row[0], row[1], row[2], row[3], kinds[row[0].time_type_id], there) for row in rows)


def time(session: Session, clinic: Clinic, slot_id: int) -> Time | None:
    """One time of the clinic; None for an unknown id and another clinic's."""
    day = session.scalar(select(SlotRow.day).where(SlotRow.id == slot_id, SlotRow.clinic_id == clinic.id))
    found = () if day is None else times(session, clinic, day, day, SlotRow.id == slot_id)
    return found[0] if found else None


def columns(session: Session, clinic: Clinic) -> tuple[tuple[str, str], ...]:
    """Performers and resources that the clinic has times with, as keys (`p7`, `r3`) and names."""
    has_times = exists().where(SlotRow.clinic_id == clinic.id, SlotRow.performer_id == PerformerRow.id)
    performers = select(PerformerRow).where(has_times)
    resources = select(ResourceRow).where(ResourceRow.clinic_id == clinic.id)
    people = session.scalars(performers.order_by(PerformerRow.last_name, PerformerRow.first_name)).all()
    things = session.scalars(resources.order_by(ResourceRow.name)).all()
    return tuple([(f"p{one.id}", _name(one)) for one in people] + [(f"r{one.id}", one.name) for one in things])


def of_column(key: str) -> ColumnElement[bool]:
    """The times of a column. Raises ValueError for what is no key."""
    kind, number = key[:1], key[1:]
    if kind not in ("p", "r") or not (number.isascii() and number.isdigit() and len(number) < 10):
        raise ValueError("not a column")
    return (SlotRow.performer_id if kind == "p" else SlotRow.resource_id) == int(number)


def bounds(first_day: date, last_day: date) -> tuple[datetime, datetime]:
    """When Swedish days begin and end, the end exclusive."""
    midnight = datetime.min.time()
    begins = datetime.combine(first_day, midnight, SWEDEN)
    return begins, datetime.combine(last_day + timedelta(days=1), midnight, SWEDEN)


# -- Private


def _by_slot(session: Session, of_days: Sequence[ColumnElement[bool]]) -> Mapping[int, list[Entry]]:
    in_days = BookingRow.slot_id.in_(select(SlotRow.id).where(*of_days))
    found = entries(session, in_days, BookingRow.state.in_((*SEATED, *CANCELLED)))
    by_slot: dict[int, list[Entry]] = defaultdict(list)
    for one in found:
        if one.slot_id is not None:
            by_slot[one.slot_id].append(one)
    return by_slot


def _time(
    row: SlotRow,
    performer: PerformerRow | None,
    resource: ResourceRow | None,
    free: int,
    kind: TimeType,
    there: Mapping[int, list[Entry]],
) -> Time:
    here = there.get(row.id, [])
    return Time(
        row.id,
        row.start,
        row.end,
        kind,
        row.performer_id,
        None if performer is None else _name(performer),
        row.resource_id,
        None if resource is None else resource.name,
        row.state,
        row.published_from,
        None if row.block_reason is None else _CLOSURE.sub("", row.block_reason),
        row.capacity,
        free,
        tuple(one for one in here if not one.is_cancelled),
        tuple(one for one in here if one.is_cancelled),
    )


def _entry(
    row: BookingRow,
    kind: TimeTypeRow,
    slot: SlotRow | None,
    performer: PerformerRow | None,
    resource: ResourceRow | None,
    citizen: CitizenRow | None,
    was_moved: bool,
    move_comment: str | None,
) -> Entry:
    is_protected = citizen is not None and citizen.is_protected
    return Entry(
        id=row.id,
        time_type_code=kind.code,
        time_type_name=kind.internal_name,
        slot_id=row.slot_id,
        start=None if slot is None else slot.start,
        end=None if slot is None else slot.end,
        performer=None if performer is None else _name(performer),
        resource=None if resource is None else resource.name,
        state=row.state,
        booked_by=row.booked_by,
        is_invitation=row.is_invitation,
        was_moved=was_moved,
        made_at=row.made_at,
        moves=row.moves,
        subject_of_care=PersonIdentity(row.subject_of_care),
        name=_citizen_name(row, citizen),
        phone=None if is_protected else row.phone or (citizen.phone if citizen else None),
        email=None if is_protected else row.email or (citizen.email if citizen else None),
        address=None if is_protected else row.address or (citizen.address if citizen else None),
        is_protected=is_protected,
        reason=row.reason,
        care_note=row.care_note,
        rebooking_comment=row.rebooking_comment,
        cancelling_comment=row.cancelling_comment,
        invitation_text=row.invitation_text,
        expires_on=row.expires_on,
        handled_at=row.handled_at,
        move_comment=move_comment,
    )


def _citizen_name(row: BookingRow, citizen: CitizenRow | None) -> str:
    given: Any = citizen or row
    return " ".join(filter(None, (given.first_name, given.last_name)))


def _name(performer: PerformerRow) -> str:
    return f"{performer.first_name} {performer.last_name}"


def _lines(session: Session, *which: ColumnElement[bool], newest: int | None = None) -> tuple[HistoryLine, ...]:
    """The lines that fulfil the conditions, oldest first; of more than `newest`, the newest."""
    left, taken = aliased(SlotRow), aliased(SlotRow)
    statement = (
        select(HistoryRow, StaffRow.name, left.start, taken.start)
        .outerjoin(StaffRow, and_(StaffRow.hsa_key == func.lower(HistoryRow.by_hsa_id), HistoryRow.by == "care"))
        .outerjoin(left, left.id == HistoryRow.from_slot_id)
        .outerjoin(taken, taken.id == HistoryRow.to_slot_id)
        .where(*which)
        .order_by(HistoryRow.at.desc(), HistoryRow.id.desc())
        .limit(newest)
    )
    lines = [
        HistoryLine(row.booking_id, row.at, row.by, name or row.by_hsa_id or "", row.what, left_at, to_at, row.comment)
        for row, name, left_at, to_at in session.execute(statement)
    ]
    return tuple(reversed(lines))


def waiting_invitations(session: Session, clinic: Clinic) -> tuple[Entry, ...]:
    """Timed invitations that their citizens cancelled and nobody has seen to yet (R33)."""
    cancelled = (BookingRow.state == BookingState.CANCELLED_BY_CITIZEN, BookingRow.handled_at.is_(None))
    return entries(session, BookingRow.clinic_id == clinic.id, BookingRow.is_invitation.is_(True), *cancelled)


def open_invitations(session: Session, clinic: Clinic) -> tuple[Entry, ...]:
    """Open and timed invitations that still stand, of this clinic."""
    stands = or_(BookingRow.state == BookingState.INVITED, BookingRow.state == BookingState.BOOKED)
    return entries(session, BookingRow.clinic_id == clinic.id, BookingRow.is_invitation.is_(True), stands)


def care_types(session: Session, clinic: Clinic) -> tuple[tuple[str, str], ...]:
    """The clinic's kinds of care, as codes and names."""
    statement = select(CareTypeRow).where(CareTypeRow.clinic_id == clinic.id).order_by(CareTypeRow.name)
    return tuple((row.code, row.name) for row in session.scalars(statement))


def performer_ids(session: Session) -> tuple[tuple[HsaId, str], ...]:
    """Everybody who gives care, by name."""
    statement = select(PerformerRow).order_by(PerformerRow.last_name, PerformerRow.first_name)
    return tuple((HsaId(row.hsa_id), _name(row)) for row in session.scalars(statement))

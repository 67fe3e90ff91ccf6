"""The tables of a scheduling system. They know no XML and no rule but those that a database can keep.

A free time is a slot with an empty seat; a booking sits on exactly one seat, and a seat holds at most one booking:
`seats.booking_id` is unique, and so is the number of a seat within its slot. That is what decides a race.
A booking's id is random, for whoever knows an id must not be able to guess the next one.
Elsewhere: the versions of this schema (migrations/), settings as values (offer.py).
Source: domain.md §6.1, §7.2, §7.3 item 5, §9.5.
"""

import secrets
from datetime import date, datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import (
    Boolean,
    Date,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from scheduling_backends.audit import AuditColumns
from scheduling_backends.database import UtcMoment
from scheduling_backends.engine.offer import BookableBy, CutOff, ReasonMode
from scheduling_backends.engine.states import BookingState, Happening, Initiative, SlotState

BOOKING_PREFIX = "B-"
SLOT_PREFIX = "T-"

_EMPTY = text("booking_id IS NULL")
_TAKEN = text("booking_id IS NOT NULL")


class CutOffColumn(TypeDecorator[CutOff]):
    """A cut-off as the text `24 hours`; empty means never."""

    impl = String(24)
    cache_ok = True

    def process_bind_param(self, value: CutOff | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> CutOff | None:
        return None if value is None else CutOff.from_text(value)


def _choice(kind: type[StrEnum]) -> Enum:
    return Enum(kind, native_enum=False, length=24, values_callable=lambda k: [member.value for member in k])


def new_booking_id() -> str:
    """An id that nobody can guess: 120 random bits."""
    return BOOKING_PREFIX + secrets.token_hex(15)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )


class ClinicRow(Base):
    """A clinic (mottagning); its settings are ClinicSettings'."""

    __tablename__ = "clinics"

    id: Mapped[int] = mapped_column(primary_key=True)
    hsa_id: Mapped[str] = mapped_column(String(64))  # as written, shown and sent
    hsa_key: Mapped[str] = mapped_column(String(64), unique=True)  # lower case, looked up by (contracts.md G-8)
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(String(40))
    group: Mapped[str | None] = mapped_column("clinic_group", String(64), index=True)
    is_virtual: Mapped[bool] = mapped_column(Boolean)
    is_open: Mapped[bool] = mapped_column(Boolean)
    rebooks_in_group: Mapped[bool] = mapped_column(Boolean)
    eves_are_holidays: Mapped[bool] = mapped_column(Boolean)


class PerformerRow(Base):
    """Somebody who gives care (utförare), at any of the clinics."""

    __tablename__ = "performers"

    id: Mapped[int] = mapped_column(primary_key=True)
    hsa_id: Mapped[str] = mapped_column(String(64))
    hsa_key: Mapped[str] = mapped_column(String(64), unique=True)
    first_name: Mapped[str] = mapped_column(Text)
    last_name: Mapped[str] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)


class ResourceRow(Base):
    """A room, a chair, a booth (resurs)."""

    __tablename__ = "resources"
    __table_args__ = (UniqueConstraint("clinic_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinics.id"))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)


class CareTypeRow(Base):
    """A kind of care (vårdtyp), its code local to the clinic (contracts.md G-18)."""

    __tablename__ = "care_types"
    __table_args__ = (UniqueConstraint("clinic_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinics.id"))
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)


class TimeTypeRow(Base):
    """A kind of time (tidstyp) at a clinic; its settings are TimeTypeSettings'."""

    __tablename__ = "time_types"
    __table_args__ = (UniqueConstraint("clinic_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinics.id"))
    care_type_id: Mapped[int | None] = mapped_column(ForeignKey("care_types.id"))
    code: Mapped[str] = mapped_column(String(64))
    internal_name: Mapped[str] = mapped_column(Text)
    web_name: Mapped[str] = mapped_column(Text)
    length_minutes: Mapped[int] = mapped_column(Integer)
    bookable_by: Mapped[BookableBy] = mapped_column(_choice(BookableBy))
    opens_days_before: Mapped[int] = mapped_column(Integer)
    closes_hours_before: Mapped[int] = mapped_column(Integer)
    min_days_ahead: Mapped[int] = mapped_column(Integer)
    cancel_own: Mapped[CutOff | None] = mapped_column(CutOffColumn)
    cancel_care: Mapped[CutOff | None] = mapped_column(CutOffColumn)
    rebook_own: Mapped[CutOff | None] = mapped_column(CutOffColumn)
    rebook_care: Mapped[CutOff | None] = mapped_column(CutOffColumn)
    keeps_performer: Mapped[bool] = mapped_column(Boolean)
    keeps_resource: Mapped[bool] = mapped_column(Boolean)
    offers_performer_choice: Mapped[bool] = mapped_column(Boolean)
    booking_reason: Mapped[ReasonMode] = mapped_column(_choice(ReasonMode))
    rebooking_reason: Mapped[ReasonMode] = mapped_column(_choice(ReasonMode))
    cancelling_reason: Mapped[ReasonMode] = mapped_column(_choice(ReasonMode))
    max_simultaneous: Mapped[int] = mapped_column(Integer)
    is_protected: Mapped[bool] = mapped_column(Boolean)
    is_hidden: Mapped[bool] = mapped_column(Boolean)
    shows_care_booked: Mapped[bool] = mapped_column(Boolean)
    age_from: Mapped[int | None] = mapped_column(Integer)
    age_to: Mapped[int | None] = mapped_column(Integer)
    purpose: Mapped[str | None] = mapped_column(Text)
    message_after_booking: Mapped[str | None] = mapped_column(Text)
    capacity: Mapped[int] = mapped_column(Integer)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    list_order: Mapped[int] = mapped_column(Integer)


class SlotRow(Base):
    """A time in the schedule, free or not, from `start` (inclusive) to `end` (exclusive).

    `day` is the Swedish day of the start, so that days can be found without converting; `capacity` the number of
    seats that were made for it.
    """

    __tablename__ = "slots"
    __table_args__ = (
        Index("ix_slots_search", "clinic_id", "time_type_id", "day", "start"),
        Index("ix_slots_exact", "clinic_id", "start"),
        Index("ix_slots_performer", "performer_id", "start"),
        Index("ix_slots_resource", "resource_id", "start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinics.id"))
    time_type_id: Mapped[int] = mapped_column(ForeignKey("time_types.id"))
    performer_id: Mapped[int | None] = mapped_column(ForeignKey("performers.id"))
    resource_id: Mapped[int | None] = mapped_column(ForeignKey("resources.id"))
    start: Mapped[datetime] = mapped_column(UtcMoment)
    end: Mapped[datetime] = mapped_column(UtcMoment)
    day: Mapped[date] = mapped_column(Date)
    capacity: Mapped[int] = mapped_column(Integer)
    state: Mapped[SlotState] = mapped_column(_choice(SlotState))
    published_from: Mapped[datetime | None] = mapped_column(UtcMoment)


class BookingRow(Base):
    """A booking or an invitation of one citizen.

    Without a slot it is an open invitation. A slot stays named after the seat was left, for the history.
    `replaced_by`: the id under which it goes on when its state is MOVED.
    """

    __tablename__ = "bookings"
    __table_args__ = (Index("ix_bookings_person", "subject_of_care", "clinic_id", "state"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=new_booking_id)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinics.id"))
    time_type_id: Mapped[int] = mapped_column(ForeignKey("time_types.id"))
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("slots.id"), index=True)
    state: Mapped[BookingState] = mapped_column(_choice(BookingState))
    is_invitation: Mapped[bool] = mapped_column(Boolean, default=False)
    booked_by: Mapped[Initiative] = mapped_column(_choice(Initiative))
    invitation_text: Mapped[str | None] = mapped_column(Text)
    replaced_by: Mapped[str | None] = mapped_column(ForeignKey("bookings.id"))
    subject_of_care: Mapped[str] = mapped_column(String(12))
    first_name: Mapped[str | None] = mapped_column(Text)
    middle_name: Mapped[str | None] = mapped_column(Text)
    last_name: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    coaddress: Mapped[str | None] = mapped_column(Text)
    medical_unit: Mapped[str | None] = mapped_column(Text)  # healthcare_facility_med, as written
    reason: Mapped[str | None] = mapped_column(Text)  # the citizen's, at booking
    rebooking_comment: Mapped[str | None] = mapped_column(Text)
    cancelling_comment: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcMoment)


class SeatRow(Base):
    """One place in a slot. Empty when `booking_id` is; the constraints make sure that it is taken once."""

    __tablename__ = "seats"
    # Two partial indexes: one for the search for empty seats, one for the rule that a booking has one seat. A plain
    # unique constraint on booking_id would do for the rule, but SQLite would then look for empty seats through it.
    __table_args__ = (
        UniqueConstraint("slot_id", "number"),
        Index("ix_seats_empty", "slot_id", sqlite_where=_EMPTY, postgresql_where=_EMPTY),
        Index("uq_seats_booking_id", "booking_id", unique=True, sqlite_where=_TAKEN, postgresql_where=_TAKEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))
    number: Mapped[int] = mapped_column(Integer)
    # Deferred: a seat is taken for an id first, and the booking written only when there was one to take.
    booking_id: Mapped[str | None] = mapped_column(ForeignKey("bookings.id", deferrable=True, initially="DEFERRED"))


class InvitationClinicRow(Base):
    """A clinic where an open invitation may be used (R32)."""

    __tablename__ = "invitation_clinics"

    booking_id: Mapped[str] = mapped_column(ForeignKey("bookings.id"), primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinics.id"), primary_key=True)


class HistoryRow(Base):
    """One line of what happened to a booking; lines are only ever added (a trigger refuses changes).

    `by` is citizen, care or agent; `by_hsa_id` the agent's id. `comment` is the text given at that moment.
    """

    __tablename__ = "booking_history"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[str] = mapped_column(ForeignKey("bookings.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcMoment)
    by: Mapped[str] = mapped_column("done_by", String(10))
    by_hsa_id: Mapped[str | None] = mapped_column(Text)
    what: Mapped[Happening] = mapped_column(_choice(Happening))
    from_slot_id: Mapped[int | None] = mapped_column(ForeignKey("slots.id"))
    to_slot_id: Mapped[int | None] = mapped_column(ForeignKey("slots.id"))
    comment: Mapped[str | None] = mapped_column(Text)


class AuditRow(AuditColumns, Base):
    """The system's audit log."""

    __tablename__ = "audit_log"


# The tables themselves, for the inserts that every booking makes: straight to the database, past the unit of work.
BOOKINGS = cast(Table, BookingRow.__table__)
HISTORY = cast(Table, HistoryRow.__table__)
AUDIT_LOG = cast(Table, AuditRow.__table__)

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

from contracts.database import UtcMoment
from contracts.outbox import outbox_table
from scheduling_backends.audit import AuditColumns
from scheduling_backends.engine.offer import AfterCancelling, BookableBy, CutOff, ReasonMode, Release, Sex
from scheduling_backends.engine.states import BookingState, Happening, Initiative, Role, SlotState

BOOKING_PREFIX = "B-"
SLOT_PREFIX = "T-"

_EMPTY = text("booking_id IS NULL")
_TAKEN = text("booking_id IS NOT NULL")
_REPLACED = text("replaced_by IS NOT NULL")


class CutOffColumn(TypeDecorator[CutOff]):
    """A cut-off as the text `24 hours`; empty means never."""

    impl = String(24)
    cache_ok = True

    def process_bind_param(self, value: CutOff | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> CutOff | None:
        return None if value is None else CutOff.from_text(value)


class ReleaseColumn(TypeDecorator[Release]):
    """A rule of release as the text `8 hours: care, then both`; empty means none."""

    impl = String(60)
    cache_ok = True

    def process_bind_param(self, value: Release | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Release | None:
        return None if value is None else Release.from_text(value)


class LinesColumn(TypeDecorator[tuple[str, ...]]):
    """Texts, one a line."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str:
        return "\n".join(" ".join(text.split()) for text in value or ())

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        return tuple((value or "").splitlines())


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
    __table_args__ = (Index("uq_clinics_unit_code", "unit_code", unique=True),)

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
    unit_code: Mapped[str | None] = mapped_column(String(16))
    address: Mapped[str | None] = mapped_column(Text)
    max_active: Mapped[int] = mapped_column(Integer, default=0)
    fee_note: Mapped[str | None] = mapped_column(Text)
    has_extended_rules: Mapped[bool] = mapped_column(Boolean, default=True)


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
    group: Mapped[str | None] = mapped_column("resource_group", String(64))


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
    release: Mapped[Release | None] = mapped_column(ReleaseColumn)
    requires_basis: Mapped[bool] = mapped_column(Boolean, default=False)
    only_sex: Mapped[Sex | None] = mapped_column(_choice(Sex))
    listed_only: Mapped[bool] = mapped_column(Boolean, default=False)
    min_days_between: Mapped[int] = mapped_column(Integer, default=0)
    max_rebookings: Mapped[int] = mapped_column(Integer, default=3)
    ready_reasons: Mapped[tuple[str, ...]] = mapped_column(LinesColumn, default=())
    releases_cancelled: Mapped[bool] = mapped_column(Boolean, default=True)
    after_cancelled_invitation: Mapped[AfterCancelling] = mapped_column(
        _choice(AfterCancelling), default=AfterCancelling.WORK_LIST
    )
    resource_group: Mapped[str | None] = mapped_column(String(64))
    colour: Mapped[str] = mapped_column(String(7), default="#37474f")


class SlotRow(Base):
    """A time in the schedule, free or not, from `start` (inclusive) to `end` (exclusive).

    `day` is the Swedish day of the start, so that days can be found without converting; `capacity` the number of
    seats that were made for it.
    """

    __tablename__ = "slots"
    __table_args__ = (
        Index("ix_slots_search", "clinic_id", "time_type_id", "day", "start"),
        Index("ix_slots_exact", "clinic_id", "start"),
        Index("ix_slots_calendar", "clinic_id", "day", "start"),
        Index("ix_slots_column", "clinic_id", "performer_id", "day"),
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
    block_reason: Mapped[str | None] = mapped_column(Text)


class BookingRow(Base):
    """A booking or an invitation of one citizen.

    Without a slot it is an open invitation. A slot stays named after the seat was left, for the history.
    `replaced_by`: the id under which it goes on when its state is MOVED. `moves`: how often the citizen has moved it
    (R26). `expires_on`: the last day an open invitation can be used. `handled_at`: when staff took it off a work list.
    """

    __tablename__ = "bookings"
    __table_args__ = (
        Index("ix_bookings_person", "subject_of_care", "clinic_id", "state"),
        Index("ix_bookings_clinic_id_made_at", "clinic_id", "made_at"),
        Index("ix_bookings_replaced_by", "replaced_by", sqlite_where=_REPLACED, postgresql_where=_REPLACED),
    )

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
    care_note: Mapped[str | None] = mapped_column(Text)  # staff's, at booking; never sent (MB-8)
    rebooking_comment: Mapped[str | None] = mapped_column(Text)
    cancelling_comment: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcMoment)
    moves: Mapped[int] = mapped_column(Integer, default=0)
    expires_on: Mapped[date | None] = mapped_column(Date)
    handled_at: Mapped[datetime | None] = mapped_column(UtcMoment)


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
    __table_args__ = (Index("ix_booking_history_at", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[str] = mapped_column(ForeignKey("bookings.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcMoment)
    by: Mapped[str] = mapped_column("done_by", String(10))
    by_hsa_id: Mapped[str | None] = mapped_column(Text)
    what: Mapped[Happening] = mapped_column(_choice(Happening))
    from_slot_id: Mapped[int | None] = mapped_column(ForeignKey("slots.id"))
    to_slot_id: Mapped[int | None] = mapped_column(ForeignKey("slots.id"))
    comment: Mapped[str | None] = mapped_column(Text)


class CitizenRow(Base):
    """A citizen whom the system knows: name and contact data, protected identity (R41), where listed (R9)."""

    __tablename__ = "citizens"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    first_name: Mapped[str] = mapped_column(Text)
    last_name: Mapped[str] = mapped_column(Text, index=True)
    phone: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    is_protected: Mapped[bool] = mapped_column(Boolean, default=False)
    listed_clinic_id: Mapped[int | None] = mapped_column(ForeignKey("clinics.id"))
    listed_performer_id: Mapped[int | None] = mapped_column(ForeignKey("performers.id"))
    registered_at: Mapped[datetime] = mapped_column(UtcMoment)


class BasisRow(Base):
    """A booking basis (bokningsunderlag): an order that lets a citizen book a kind of time (R6), until a day."""

    __tablename__ = "bases"
    __table_args__ = (Index("ix_bases_person", "subject_of_care", "time_type_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    time_type_id: Mapped[int] = mapped_column(ForeignKey("time_types.id"))
    subject_of_care: Mapped[str] = mapped_column(String(12))
    note: Mapped[str | None] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(UtcMoment)
    given_by: Mapped[str | None] = mapped_column(Text)  # HSA-id
    last_day: Mapped[date | None] = mapped_column(Date)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcMoment)


class StaffRow(Base):
    """A member of staff."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    hsa_id: Mapped[str] = mapped_column(String(64))
    hsa_key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)


class StaffRoleRow(Base):
    """A role that somebody has at a clinic; without a clinic, in the whole region (domain.md §7.1)."""

    __tablename__ = "staff_roles"
    __table_args__ = (UniqueConstraint("staff_id", "clinic_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    clinic_id: Mapped[int | None] = mapped_column(ForeignKey("clinics.id"))
    role: Mapped[Role] = mapped_column(_choice(Role))


class ClosureRow(Base):
    """An exception from the schedule (avvikande tider): hours closed for a reason, at the clinic or of one performer
    or resource. It takes effect at `in_force_at`, when nobody is booked there any more (domain.md §7.3 item 4)."""

    __tablename__ = "closures"

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinics.id"), index=True)
    performer_id: Mapped[int | None] = mapped_column(ForeignKey("performers.id"))
    resource_id: Mapped[int | None] = mapped_column(ForeignKey("resources.id"))
    start: Mapped[datetime] = mapped_column(UtcMoment)
    end: Mapped[datetime] = mapped_column(UtcMoment)
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UtcMoment)
    made_by: Mapped[str | None] = mapped_column(Text)  # HSA-id
    in_force_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcMoment)


class TemplateRow(Base):
    """A week of a schedule saved under a name (schemamall); `content` is JSON, as templates.py reads it."""

    __tablename__ = "schedule_templates"
    __table_args__ = (UniqueConstraint("clinic_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinics.id"))
    name: Mapped[str] = mapped_column(String(80))
    content: Mapped[str] = mapped_column(Text)


class AuditRow(AuditColumns, Base):
    """The system's audit log."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_at", "at"),)


class IndexEntryRow(Base):
    """What the engagement index has been told of a booking; without a category it has no entry there.

    `version` rises with each notice; `passes_at` is when the entry must be taken away (R43).
    """

    __tablename__ = "index_entries"
    __table_args__ = (Index("ix_index_entries_passes_at", "passes_at"),)

    booking_id: Mapped[str] = mapped_column(ForeignKey("bookings.id"), primary_key=True)
    category: Mapped[str | None] = mapped_column(String(24))
    logical_address: Mapped[str] = mapped_column(String(64))
    most_recent_content: Mapped[str] = mapped_column(String(14))
    resident: Mapped[str] = mapped_column(String(12))
    passes_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    version: Mapped[int] = mapped_column(Integer)


INDEX_OUTBOX = outbox_table(Base.metadata, "index_outbox")
"""The letters to the index that have not been taken yet."""

# The tables themselves, for what a booking or a schedule inserts: straight to the database, past the unit of work.
SLOTS = cast(Table, SlotRow.__table__)
BOOKINGS = cast(Table, BookingRow.__table__)
HISTORY = cast(Table, HistoryRow.__table__)
AUDIT_LOG = cast(Table, AuditRow.__table__)
INDEX_ENTRIES = cast(Table, IndexEntryRow.__table__)

"""What the e-service keeps: no bookings, only what citizens left with it and what it was told.

Bookings stay in the scheduling systems; here stand flows that are not finished, copies of confirmations as they were
given, reminders, settings, and which engagements the index has told of. A booking is known by its clinic and its id
there; pages know it by a reference that tells neither.
Elsewhere: the statements (one module a question), the versions of the schema (migrations/).
Source: domain.md §1 (what the e-service stores), §5.2, §5.8–§5.10, §8.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from contracts.database import UtcMoment
from contracts.outbox import outbox_table
from contracts.subscriber import notice_table

HEAD = "0001"
"""The version of the schema."""

_NAMES = {"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}


class Base(DeclarativeBase):
    """The tables. Persons stand as their numbers, clinics as HSA-ids in the form to compare."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {datetime: UtcMoment, date: Date, dict[str, Any]: JSON}  # noqa: RUF012  SQLAlchemy's own way


class ReferenceRow(Base):
    """A name for one person's booking, to stand in URLs; it tells nothing and is of use to its owner alone."""

    __tablename__ = "reference"
    __table_args__ = (UniqueConstraint("owner", "clinic", "booking_id"),)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(12))
    clinic: Mapped[str] = mapped_column(String(64))
    booking_id: Mapped[str] = mapped_column(String(255))


class JourneyRow(Base):
    """A flow that somebody has begun: what has been chosen and typed, step by step."""

    __tablename__ = "journey"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    citizen: Mapped[str] = mapped_column(String(12), index=True)  # who sits at the screen
    subject: Mapped[str] = mapped_column(String(12))  # whom the time is for
    state: Mapped[dict[str, Any]]
    touched_at: Mapped[datetime] = mapped_column(index=True)


class MessageRow(Base):
    """One letter of an inbox. `told` is the receipt as it was; only `status` and `read_at` change."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_owner_made_at", "owner", "made_at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), unique=True)  # what it tells of: told once
    owner: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(24))
    clinic: Mapped[str] = mapped_column(String(64))
    booking_id: Mapped[str] = mapped_column(String(255))
    told: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(16), default="")  # replaced, cancelled, used
    made_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class ContactRow(Base):
    """Where somebody wants to be told of new letters and reminded of visits."""

    __tablename__ = "contact"
    owner: Mapped[str] = mapped_column(String(12), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    mobile: Mapped[str] = mapped_column(String(32), default="")
    email_is_on: Mapped[bool] = mapped_column(default=False)
    mobile_is_on: Mapped[bool] = mapped_column(default=False)


class CalendarRow(Base):
    """What calendars know a booked time by: its uid, which it keeps when it is moved, and how often that was."""

    __tablename__ = "calendar"
    owner: Mapped[str] = mapped_column(String(12), primary_key=True)
    clinic: Mapped[str] = mapped_column(String(64), primary_key=True)
    booking_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    uid: Mapped[str] = mapped_column(String(64))
    sequence: Mapped[int] = mapped_column(default=0)
    start: Mapped[datetime]  # when the sequence was given out


class ReminderRow(Base):
    """A reminder that a citizen asked for: when, by which way, of which booking."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("owner", "citizen", "clinic", "booking_id", "lead", "channel"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(12))  # whom the time is for
    citizen: Mapped[str] = mapped_column(String(12))  # who asked, and is told
    clinic: Mapped[str] = mapped_column(String(64))
    booking_id: Mapped[str] = mapped_column(String(255))
    start: Mapped[datetime]
    lead: Mapped[str] = mapped_column(String(8))  # 2h, 1d, 7d
    channel: Mapped[str] = mapped_column(String(8))  # email, sms
    names_clinic: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime] = mapped_column(index=True)  # when to look at it next
    settled_at: Mapped[datetime | None]  # sent, or found to be of no use
    outcome: Mapped[str] = mapped_column(String(16), default="")  # sent, gone, late, nowhere


class OwnClinicRow(Base):
    """A clinic of somebody's start page (mottagningsrelation), and why it is there."""

    __tablename__ = "own_clinic"
    owner: Mapped[str] = mapped_column(String(12), primary_key=True)
    clinic: Mapped[str] = mapped_column(String(64), primary_key=True)
    because: Mapped[str] = mapped_column(String(16))  # added, booked, invited, listed; removed
    since: Mapped[datetime]


class ClinicSettingsRow(Base):
    """What a clinic's administrator has decided (§8): one document, with its version."""

    __tablename__ = "clinic_settings"
    clinic: Mapped[str] = mapped_column(String(64), primary_key=True)
    settings: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(64))  # HSA-id


class EngagementRow(Base):
    """What the index has told of one booking or invitation, and what its owner knows of it.

    `known` is the start as TS, `open` for an open invitation, empty for nothing: where it is not what is there, the
    owner must be told. `tell_at` is when to look into that, `notice` what it is about.
    """

    __tablename__ = "engagement"
    owner: Mapped[str] = mapped_column(String(12), primary_key=True)
    clinic: Mapped[str] = mapped_column(String(64), primary_key=True)
    booking_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    category: Mapped[str] = mapped_column(String(16))  # Booking, Invitation
    most_recent: Mapped[str] = mapped_column(String(14), default="")  # TS
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    is_there: Mapped[bool]
    known: Mapped[str] = mapped_column(String(14), default="")
    notice: Mapped[int] = mapped_column(default=0)
    tell_at: Mapped[datetime | None] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    by_citizen_at: Mapped[datetime | None]  # when the citizen made the change here, so that it is no news
    became_clinic: Mapped[str] = mapped_column(String(64), default="")  # of a used invitation: where the booking is
    became_id: Mapped[str] = mapped_column(String(255), default="")
    changed_at: Mapped[datetime]


class IndexSourceRow(Base):
    """A system that the index has told of, and the message in which it told all that it had."""

    __tablename__ = "index_source"
    source_system: Mapped[str] = mapped_column(String(64), primary_key=True)
    message: Mapped[str] = mapped_column(String(128))  # its correlation id
    changes: Mapped[int] = mapped_column(default=0)  # that the message has had so far


class WatchRow(Base):
    """Somebody waits for a freed time: what is wanted, until when, and what has been told."""

    __tablename__ = "watch"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(12), index=True)  # whom the time is for
    citizen: Mapped[str] = mapped_column(String(12))  # who asked
    clinic: Mapped[str] = mapped_column(String(64), index=True)
    wanted: Mapped[dict[str, Any]]  # time_type, time_type_name, care_type, performer
    first_day: Mapped[date]
    last_day: Mapped[date]
    told: Mapped[dict[str, Any]]  # starts that were told of
    looked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AdministratorLogRow(Base):
    """Who changed what about a clinic, when."""

    __tablename__ = "administrator_log"
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic: Mapped[str] = mapped_column(String(64), index=True)
    administrator: Mapped[str] = mapped_column(String(64))
    what: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class EndedVisitRow(Base):
    """A visit that was ended by signing out, by its random name; it tells of no person."""

    __tablename__ = "ended_visit"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(index=True)


class JourneyMarkRow(Base):
    """A form that was sent: its mark is used once, whatever process answers (§5.11)."""

    __tablename__ = "journey_mark"
    mark: Mapped[str] = mapped_column(String(32), primary_key=True)
    journey: Mapped[str] = mapped_column(ForeignKey("journey.id", ondelete="CASCADE"), index=True)


NOTICES = notice_table(Base.metadata)
OUTBOX = outbox_table(Base.metadata)

"""The tables of the index. They know no XML and no rule but that a key has one entry.

`engagements` is what is asked; `tombstones` remembers, by key alone, how far deleted entries had come; `changes` which
citizen changed last when, for GetUpdates; `incoming` what has been acknowledged and is not stored yet; `held_notices`
what subscribers are to be told once it is known who they are; `letters` what each of them is still to get; `events`
the latest of what happened, for a page.
Elsewhere: the versions of this schema (migrations/).
Source: platform.md §21.2, §21.3; contracts.md EI-1, EI-8, EI-12.
"""

from datetime import datetime
from typing import cast

from sqlalchemy import BigInteger, Boolean, Index, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from contracts.database import UtcMoment
from contracts.outbox import outbox_table


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"})


class EngagementRow(Base):
    """An entry; `key` is keys.key_of. `version` is the highest that its source system has given it."""

    __tablename__ = "engagements"
    __table_args__ = (Index("ix_engagements_resident", "resident", "service_domain"),)

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    resident: Mapped[str] = mapped_column(String(32))
    service_domain: Mapped[str] = mapped_column(String(255))
    categorization: Mapped[str] = mapped_column(String(255))
    logical_address: Mapped[str] = mapped_column(String(64))
    business_object: Mapped[str] = mapped_column(String(128))
    clinical_process: Mapped[str] = mapped_column(String(128))
    most_recent_content: Mapped[str | None] = mapped_column(String(14))  # as it was told
    source_system: Mapped[str] = mapped_column(String(64))
    data_controller: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcMoment)
    updated_at: Mapped[datetime] = mapped_column(UtcMoment)
    version: Mapped[int | None] = mapped_column(BigInteger)


class TombstoneRow(Base):
    """How far an entry had come that is gone, or has never been seen but for its end."""

    __tablename__ = "tombstones"

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcMoment, index=True)


class ChangeRow(Base):
    """When a citizen's entries of a domain last changed."""

    __tablename__ = "changes"

    service_domain: Mapped[str] = mapped_column(String(255), primary_key=True)
    resident: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcMoment)


class IncomingRow(Base):
    """A message that has been acknowledged and waits: for the write lock to open, or for others to be merged with."""

    __tablename__ = "incoming"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    correlation_id: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcMoment)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class HeldNoticeRow(Base):
    """Changes that subscribers are to be told of, from before the index knew any subscriber."""

    __tablename__ = "held_notices"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class EventRow(Base):
    """What became of one change."""

    __tablename__ = "events"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcMoment)
    kind: Mapped[str] = mapped_column(String(16))
    source_system: Mapped[str] = mapped_column(String(64))
    service_domain: Mapped[str] = mapped_column(String(255))
    categorization: Mapped[str] = mapped_column(String(255))
    logical_address: Mapped[str] = mapped_column(String(64))
    business_object: Mapped[str] = mapped_column(String(128))
    resident: Mapped[str] = mapped_column(String(32))
    operation: Mapped[str] = mapped_column(String(8))
    is_notified: Mapped[bool] = mapped_column(Boolean)


class SwitchRow(Base):
    """A switch that survives a restart: `write_lock`."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    is_on: Mapped[bool] = mapped_column(Boolean)


LETTERS = outbox_table(Base.metadata, "letters")
ENGAGEMENTS = cast(Table, EngagementRow.__table__)
TOMBSTONES = cast(Table, TombstoneRow.__table__)
CHANGES = cast(Table, ChangeRow.__table__)
INCOMING = cast(Table, IncomingRow.__table__)
HELD_NOTICES = cast(Table, HeldNoticeRow.__table__)
EVENTS = cast(Table, EventRow.__table__)
SWITCHES = cast(Table, SwitchRow.__table__)

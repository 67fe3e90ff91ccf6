"""The inbox: a copy of each confirmation and each change that staff made, as it was told then.

A letter is never edited: what happens to its booking later is told by its status. A letter has a key made of what it
tells of, so that nothing is told twice.
Elsewhere: its pages (inbox_pages.py), writing a letter and the notice of it (letters.py).
Source: domain.md §5.9.
"""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from contracts.database import Database
from contracts.identifiers import HsaId
from eservice.models import MessageRow
from eservice.people import Person

log = logging.getLogger(__name__)

LetterKind = Literal[
    "booked", "rebooked", "cancelled", "invited", "withdrawn", "care_booked", "care_moved", "care_cancelled", "freed"
]
Status = Literal["", "replaced", "cancelled", "used"]
PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. `told` is the receipt as it was: start, end, time_type, with_whom, clinic_name, text, …"""

    id: str
    kind: LetterKind
    clinic: HsaId
    booking_id: str
    told: Mapping[str, Any] = field(repr=False)
    status: Status
    made_at: datetime
    read_at: datetime | None


class Inbox:
    """All inboxes; each method is about one owner's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self,
        session: Session,
        owner: str,
        kind: LetterKind,
        clinic: HsaId,
        booking_id: str,
        told: Mapping[str, Any],
        key: str,
        now: datetime,
    ) -> str | None:
        """Write a letter in the caller's transaction; its id, or None when it has been written before."""
        if self.has(session, key):
            return None
        row = MessageRow(
            id=secrets.token_urlsafe(12),
            key=key,
            owner=owner,
            kind=kind,
            clinic=clinic.text,
            booking_id=booking_id,
            told=dict(told),
            made_at=now,
        )
        session.add(row)
        session.flush()
        return row.id

    def has(self, session: Session, key: str) -> bool:
        """Whether the letter of this key has been written."""
        return session.scalar(select(MessageRow.id).where(MessageRow.key == key)) is not None

    def last_about(self, session: Session, owner: str, clinic: HsaId, booking_id: str) -> Mapping[str, Any]:
        """What the newest letter about a booking told; empty when there is none."""
        wanted = select(MessageRow.told).where(*_about(owner, clinic), MessageRow.booking_id == booking_id)
        return session.scalar(wanted.order_by(MessageRow.made_at.desc(), MessageRow.id).limit(1)) or {}

    def has_told(self, session: Session, owner: str, clinic: HsaId, start: str) -> bool:
        """Whether a letter that still holds tells of a time at the clinic that starts then, whatever its id."""
        wanted = select(MessageRow.told).where(*_about(owner, clinic), MessageRow.status == "")
        booked = wanted.where(MessageRow.kind.in_(("booked", "rebooked")))
        return any(told.get("start") == start for told in session.scalars(booked))

    def mark(self, session: Session, owner: str, clinic: HsaId, booking_id: str, status: Status) -> None:
        """Say of the letters about a booking, which nothing has been said of yet, what became of it."""
        open_ones = (MessageRow.booking_id == booking_id, MessageRow.status == "")
        session.execute(update(MessageRow).where(*_about(owner, clinic), *open_ones).values(status=status))

    def unread(self, owner: Person) -> int:
        with self._database.reading() as session:
            mine = (MessageRow.owner == owner.number, MessageRow.read_at.is_(None))
            return session.scalar(select(func.count()).select_from(MessageRow).where(*mine)) or 0

    def page(self, owner: Person, number: int = 1) -> tuple[tuple[Letter, ...], bool]:
        """The letters of a page, newest first, and whether there are older ones."""
        wanted = select(MessageRow).where(MessageRow.owner == owner.number)
        ordered = wanted.order_by(MessageRow.made_at.desc(), MessageRow.id).offset((number - 1) * PER_PAGE)
        with self._database.reading() as session:
            rows = session.scalars(ordered.limit(PER_PAGE + 1)).all()
        return tuple(map(_letter, rows[:PER_PAGE])), len(rows) > PER_PAGE

    def read(self, owner: Person, name: str, now: datetime) -> Letter | None:
        """The letter, which has been read from now on; None when there is none of that name in this inbox."""
        with self._database.writing() as session:
            row = session.get(MessageRow, name)
            if row is None or row.owner != owner.number:
                if row is not None:
                    log.warning("letter_of_another_refused")
                return None
            row.read_at = row.read_at or now
            return _letter(row)


def _about(owner: str, clinic: HsaId) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return MessageRow.owner == owner, func.lower(MessageRow.clinic) == clinic.key


def _letter(row: MessageRow) -> Letter:
    return Letter(
        row.id,
        row.kind,  # type: ignore[arg-type]
        HsaId(row.clinic),
        row.booking_id,
        row.told,
        row.status,  # type: ignore[arg-type]
        row.made_at,
        row.read_at,
    )

"""Writing and reading the audit log of what staff look at and change.

A change's line is written in its transaction; a look gets a transaction of its own before the page is shown.
What comes by message is written by the adapters. Source: domain.md §6.3, §7.5; the columns are audit.py's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from scheduling_backends.audit import AuditAction
from scheduling_backends.engine.models import AUDIT_LOG, AuditRow

STAFF_PAGES = "staff pages"
_WRITE_LINE = insert(AUDIT_LOG)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what with whose data; `actor` is an HSA-id, or the citizen's number when the citizen did it."""

    at: datetime
    action: str
    outcome: str
    clinic: str
    consumer: str
    actor: str = field(repr=False)
    subject_of_care: str | None = field(repr=False)
    booking_id: str | None


def note(
    session: Session,
    now: datetime,
    action: AuditAction,
    outcome: str,
    clinic: HsaId,
    actor: HsaId,
    subject_of_care: str | None = None,
    booking_id: str | None = None,
) -> None:
    """A line about what a member of staff did; `outcome` is OK or refused."""
    session.execute(_WRITE_LINE, _line(now, action, outcome, clinic, actor, subject_of_care, booking_id))


def note_each(
    session: Session, now: datetime, action: AuditAction, clinic: HsaId, actor: HsaId, subjects: Iterable[str | None]
) -> None:
    """A line about each of these citizens, in one statement: a calendar shows hundreds."""
    lines = [_line(now, action, "OK", clinic, actor, one, None) for one in subjects]
    if lines:
        session.execute(_WRITE_LINE, lines)


def _line(
    now: datetime,
    action: AuditAction,
    outcome: str,
    clinic: HsaId,
    actor: HsaId,
    subject_of_care: str | None,
    booking_id: str | None,
) -> dict[str, Any]:
    return {
        "at": now,
        "action": action,
        "outcome": outcome,
        "clinic": clinic.text,
        "consumer": STAFF_PAGES,
        "correlation_id": "",
        "actor": actor.text,
        "subject_of_care": subject_of_care,
        "booking_id": booking_id,
    }


def lines(
    session: Session,
    clinic: HsaId,
    first_day: date,
    last_day: date,
    subject_of_care: str | None = None,
    actor: str | None = None,
    most: int = 1000,
) -> tuple[AuditLine, ...]:
    """The clinic's lines of these Swedish days, newest first, of one citizen or one actor if asked; `most` of them."""
    begins = datetime.combine(first_day, datetime.min.time(), SWEDEN)
    ends = datetime.combine(last_day + timedelta(days=1), datetime.min.time(), SWEDEN)
    statement = select(AuditRow).where(AuditRow.at >= begins, AuditRow.at < ends)
    statement = statement.where(func.lower(AuditRow.clinic) == clinic.key)
    if subject_of_care is not None:
        statement = statement.where(AuditRow.subject_of_care == subject_of_care)
    if actor is not None:
        statement = statement.where(AuditRow.actor == actor)
    rows = session.scalars(statement.order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(most))
    return tuple(
        AuditLine(r.at, r.action, r.outcome, r.clinic, r.consumer, r.actor, r.subject_of_care, r.booking_id)
        for r in rows
    )

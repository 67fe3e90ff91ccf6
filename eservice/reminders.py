"""Reminders that citizens asked for: when each is due, and where they are kept.

Two hours before is two hours of a clock that runs; a day and a week before are the same clock time in Sweden, also
across the days when clocks are changed. A reminder follows its booking: moved with it, also when it has been sent, and
what would come too late for the new time is settled as that.
Whoever asked is reminded, at the address of their own settings: a guardian for a child.
Elsewhere: looking at the booking and sending (reminding.py), choosing (reminder_pages.py).
Source: domain.md §5.10.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from contracts.database import Database, hold
from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from eservice.models import ReminderRow
from eservice.people import Person

Lead = Literal["7d", "1d", "2h"]
Channel = Literal["email", "sms"]
Outcome = Literal["", "sent", "gone", "late", "nowhere"]
"""Empty: it is waited for. gone: the booking is, or the right to know of it; late: its moment was past; nowhere: there
is no address any more."""

LEADS: tuple[Lead, ...] = ("7d", "1d", "2h")
CHANNELS: tuple[Channel, ...] = ("email", "sms")
KEPT = timedelta(days=30)
"""How long after its visit a reminder is kept."""

_DAYS: Mapping[Lead, int] = {"7d": 7, "1d": 1}
_HOURS = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking: whose, where, and its id there."""

    owner: str = field(repr=False)
    clinic: HsaId
    booking_id: str


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder of a booking, as its citizen asked for it."""

    lead: Lead
    channel: Channel
    names_clinic: bool
    start: datetime
    outcome: Outcome

    @property
    def due(self) -> datetime:
        return due_of(self.start, self.lead)


def due_of(start: datetime, lead: Lead) -> datetime:
    """When a reminder of a visit is to be sent, in UTC. A clock time that a day doesn't have is taken an hour later."""
    if lead == "2h":
        return start.astimezone(UTC) - _HOURS
    local = start.astimezone(SWEDEN) - timedelta(days=_DAYS[lead])  # clock time, not elapsed time
    return local.replace(fold=0).astimezone(UTC)


def leads_left(start: datetime, now: datetime) -> tuple[Lead, ...]:
    """Those whose moment is still to come, the longest first."""
    return tuple(lead for lead in LEADS if due_of(start, lead) > now)


class Reminders:
    """All that citizens asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, citizen: Person, booked: Booked) -> tuple[Reminder, ...]:
        """What a citizen has asked for about a booking, in the order in which they come."""
        with self._database.reading() as session:
            rows = session.scalars(select(ReminderRow).where(*_asked_by(citizen, booked))).all()
        found = [
            Reminder(row.lead, row.channel, row.names_clinic, row.start, row.outcome)  # type: ignore[arg-type]
            for row in rows
        ]
        return tuple(sorted(found, key=lambda one: (one.due, CHANNELS.index(one.channel))))

    def ask(
        self,
        citizen: Person,
        booked: Booked,
        start: datetime,
        wanted: Iterable[tuple[Lead, Channel]],
        names_clinic: bool,
    ) -> None:
        """Put these in the place of those that have not been sent."""
        with self._database.writing() as session:
            _alone_with(session, booked)
            rows = session.scalars(select(ReminderRow).where(*_asked_by(citizen, booked))).all()
            known = {(row.lead, row.channel): row for row in rows}
            for lead, channel in wanted:
                row = known.pop((lead, channel), None) or _new(session, citizen, booked, lead, channel)
                row.names_clinic, row.start, row.due_at = names_clinic, start, due_of(start, lead)
                row.settled_at, row.outcome = None, ""
            for row in known.values():
                if row.outcome != "sent":
                    session.delete(row)

    def remove(self, citizen: Person, booked: Booked) -> None:
        """Forget all that the citizen has asked for about a booking."""
        with self._database.writing() as session:
            _alone_with(session, booked)
            session.execute(delete(ReminderRow).where(*_asked_by(citizen, booked)))

    def forget_old(self, now: datetime) -> None:
        """Forget those of visits that are long past."""
        with self._database.writing() as session:
            session.execute(delete(ReminderRow).where(ReminderRow.start < now - KEPT))


def _new(session: Session, citizen: Person, booked: Booked, lead: Lead, channel: Channel) -> ReminderRow:
    row = ReminderRow(
        owner=booked.owner,
        citizen=citizen.number,
        clinic=booked.clinic.text,
        booking_id=booked.booking_id,
        lead=lead,
        channel=channel,
    )
    session.add(row)
    return row


def due_of_row(row: ReminderRow) -> datetime:
    """When it is to be sent; the row's own `due_at` is when to look at it."""
    return due_of(row.start, row.lead)  # type: ignore[arg-type]


# -- In a transaction of what has happened to the booking


def move(session: Session, old: Booked, new: Booked, start: datetime, now: datetime) -> None:
    """The booking is another time now, perhaps under another name: its reminders go with it. Again changes nothing."""
    _alone_with(session, old)
    taken = {_key(row) for row in _rows(session, new)} if old != new else set()
    for row in _rows(session, old):
        if _key(row) in taken:
            session.delete(row)
            continue
        row.clinic, row.booking_id = new.clinic.text, new.booking_id
        if row.start != start:
            _wait_for(row, start, now)


def _wait_for(row: ReminderRow, start: datetime, now: datetime) -> None:
    row.start, row.settled_at, row.outcome = start, None, ""
    row.due_at = due_of_row(row)
    if row.due_at <= now:
        settle(row, "late", now)


def drop(session: Session, booked: Booked) -> None:
    """The booking has been cancelled by its citizen."""
    _alone_with(session, booked)
    session.execute(delete(ReminderRow).where(*_about(booked)))


def look_soon(session: Session, booked: Booked, now: datetime) -> None:
    """Something has happened to the booking: let it be looked at, before a reminder is due or would have been."""
    _alone_with(session, booked)
    waiting = (ReminderRow.settled_at.is_(None), ReminderRow.due_at > now)
    session.execute(update(ReminderRow).where(*_about(booked), *waiting).values(due_at=now))


# -- In the transactions of whoever sends them


def due(session: Session, now: datetime, most: int) -> dict[Booked, dict[int, datetime]]:
    """The bookings with reminders to be looked at, the longest due first; of each reminder its visit's start."""
    waiting = (ReminderRow.settled_at.is_(None), ReminderRow.due_at <= now)
    ordered = select(ReminderRow).where(*waiting).order_by(ReminderRow.due_at, ReminderRow.id).limit(most)
    found: dict[Booked, dict[int, datetime]] = {}
    for row in session.scalars(ordered):
        found.setdefault(Booked(row.owner, HsaId(row.clinic), row.booking_id), {})[row.id] = row.start
    return found


def still_due(session: Session, booked: Booked, read: Mapping[int, datetime], now: datetime) -> list[ReminderRow]:
    """Those of `read` that are still as they were, held until the transaction ends; the shortest lead first."""
    _alone_with(session, booked)
    waiting = (ReminderRow.settled_at.is_(None), ReminderRow.due_at <= now)
    wanted = select(ReminderRow).where(ReminderRow.id.in_(read), *waiting)
    rows = [row for row in session.scalars(wanted) if row.start == read[row.id]]
    return sorted(rows, key=lambda row: LEADS.index(row.lead), reverse=True)


def waiting_of(session: Session, booked: Booked) -> list[ReminderRow]:
    """Those of the booking that are waited for."""
    return [row for row in _rows(session, booked) if row.settled_at is None]


def settle(row: ReminderRow, outcome: Outcome, now: datetime) -> None:
    row.settled_at, row.outcome = now, outcome


def _alone_with(session: Session, booked: Booked) -> None:
    """Until the transaction ends nobody else changes reminders of that person: all who do so ask first."""
    hold(session, f"reminders {booked.owner}")


def _rows(session: Session, booked: Booked) -> list[ReminderRow]:
    return list(session.scalars(select(ReminderRow).where(*_about(booked)).order_by(ReminderRow.id)))


def _key(row: ReminderRow) -> tuple[str, str, str]:
    return row.citizen, row.lead, row.channel


def _about(booked: Booked) -> tuple[ColumnElement[bool], ...]:
    return (
        ReminderRow.owner == booked.owner,
        func.lower(ReminderRow.clinic) == booked.clinic.key,
        ReminderRow.booking_id == booked.booking_id,
    )


def _asked_by(citizen: Person, booked: Booked) -> tuple[Any, ...]:
    return (ReminderRow.citizen == citizen.number, *_about(booked))

"""Asking the index: what a citizen has in a domain, and whose entries have changed.

Source: platform.md §21.2 (FindContent); contracts.md EI-7, EI-11, EI-12, EI-14.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from contracts import engagements as e
from contracts.times import parse_ts
from national_services.index.changes import Entry
from national_services.index.models import CHANGES, ENGAGEMENTS, EVENTS

_EXACT = ("categorization", "business_object", "clinical_process", "data_controller")
_HSA_IDS = ("logical_address", "source_system", "owner")


@dataclass(frozen=True, slots=True)
class Event:
    """What became of one change: `operation` is changes.Operation; `is_notified` whether it was news."""

    id: int
    at: datetime
    kind: str
    source_system: str
    service_domain: str
    categorization: str
    logical_address: str
    business_object: str
    resident: str = field(repr=False)
    operation: str
    is_notified: bool


def found(session: Session, question: e.FindContent) -> tuple[e.Engagement, ...]:
    """The engagements that fit every value given; a mostRecentContent means at or after it."""
    table = ENGAGEMENTS.c
    where: list[ColumnElement[bool]] = [
        table.resident == question.resident.upper(),
        table.service_domain == question.service_domain,
    ]
    where += [table[name] == value for name in _EXACT if (value := getattr(question, name)) is not None]
    where += [
        func.lower(table[name]) == value.lower() for name in _HSA_IDS if (value := getattr(question, name)) is not None
    ]
    if question.most_recent_content is not None:
        where.append(table.most_recent_content >= question.most_recent_content)
    return tuple(one.engagement() for one in _entries(session, where))


def changed(session: Session, question: e.GetUpdates, most: int) -> e.GetUpdatesResponse:
    """The citizens whose entries have changed since, by their ids, each with all entries: at most so many."""
    where = [CHANGES.c.service_domain == question.service_domain, CHANGES.c.at >= parse_ts(question.time_stamp)]
    if question.last_fetched:
        where.append(CHANGES.c.resident > question.last_fetched.upper())
    asked = select(CHANGES.c.resident).where(*where).order_by(CHANGES.c.resident).limit(most + 1)
    residents = session.scalars(asked).all()
    entries: dict[str, list[e.Engagement]] = {resident: [] for resident in residents[:most]}
    in_domain = [ENGAGEMENTS.c.resident.in_(list(entries)), ENGAGEMENTS.c.service_domain == question.service_domain]
    for entry in _entries(session, in_domain):
        entries[entry.resident].append(entry.engagement())
    told = tuple(e.ResidentEngagements(resident, tuple(some)) for resident, some in entries.items())
    return e.GetUpdatesResponse(len(residents) <= most, told)


def latest_events(session: Session, most: int) -> tuple[Event, ...]:
    """What happened last, newest first."""
    rows = session.execute(select(EVENTS).order_by(EVENTS.c.id.desc()).limit(most)).mappings()
    return tuple(Event(**row) for row in rows)


def _entries(session: Session, where: Sequence[ColumnElement[bool]]) -> Iterator[Entry]:
    order = (ENGAGEMENTS.c.most_recent_content, ENGAGEMENTS.c.business_object, ENGAGEMENTS.c.key)
    for row in session.execute(select(ENGAGEMENTS).where(*where).order_by(*order)).mappings():
        yield Entry(**row)

"""Writing to the index: what messages change, what subscribers are to hear of it, and a line for the page of events.

All of a transaction's messages are applied together: their keys are read at once, decided on one after the other in
memory, and written at once. The caller's transaction holds it all, letters included; whoever writes must be alone.
Elsewhere: what a change does (changes.py), when it is done (intake.py).
Source: platform.md §21.2; contracts.md EI-4, EI-7, EI-8.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, Table, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import xml
from contracts.outbox import Outbox
from national_services.index.changes import Decision, Entry, Operation, State, Told, decide
from national_services.index.keys import key_of
from national_services.index.models import CHANGES, ENGAGEMENTS, EVENTS, HELD_NOTICES, TOMBSTONES
from national_services.index.notices import Subscriber, letters
from national_services.index.settings import IndexSettings

_AT_ONCE = 500
"""How many keys one statement asks for."""

# Made once: making a statement costs more than SQLite takes to carry it out.
_ENTRIES_BY_KEY = select(ENGAGEMENTS).where(ENGAGEMENTS.c.key.in_(bindparam("keys", expanding=True)))
_VERSIONS_BY_KEY = select(TOMBSTONES.c.key, TOMBSTONES.c.version).where(
    TOMBSTONES.c.key.in_(bindparam("keys", expanding=True))
)
_NEW_EVENT = insert(EVENTS)
_OLD_EVENTS = delete(EVENTS).where(EVENTS.c.id <= select(func.max(EVENTS.c.id)).scalar_subquery() - bindparam("most"))

Row = dict[str, Any]


@dataclass(slots=True)
class _Work:
    """What a transaction has come to: the states read and decided on, and what is to be told."""

    states: dict[bytes, State]
    before: dict[bytes, State]
    events: list[Row] = field(default_factory=list)
    changed: set[tuple[str, str]] = field(default_factory=set)


class Store:
    """The tables of entries. Its methods run inside the caller's transaction."""

    def __init__(self, settings: IndexSettings, outbox: Outbox) -> None:
        self._settings, self._outbox = settings, outbox

    def apply(
        self, session: Session, messages: Sequence[Told], now: datetime, subscribers: Sequence[Subscriber] | None
    ) -> None:
        """Store what `messages` tell, in their order. Without a list of subscribers their notices are held back."""
        keys = {key for message in messages for key in self._keys(message)}
        states = dict(_read(session, sorted(keys)))
        work = _Work(states, dict(states))
        for message in messages:
            told = [self._decided(work, message, change, now) for change in message.transactions]
            self._tell(session, [one for one in told if one is not None], now, subscribers)
        self._write(session, work, now)

    def tell_held(self, session: Session, now: datetime, subscribers: Sequence[Subscriber]) -> None:
        """Write the letters that could not be addressed before."""
        for body in session.scalars(select(HELD_NOTICES.c.body).order_by(HELD_NOTICES.c.id)):
            told: e.ProcessNotification = codec.decode(codec.PROCESS_NOTIFICATION.request, xml.parse(body))
            self._tell(session, told.transactions, now, subscribers)
        session.execute(delete(HELD_NOTICES))

    def forget(self, session: Session, now: datetime) -> None:
        """Let the oldest tombstones go."""
        oldest = now - timedelta(days=self._settings.tombstone_days)
        session.execute(delete(TOMBSTONES).where(TOMBSTONES.c.at < oldest))

    def _keys(self, message: Told) -> Iterator[bytes]:
        for change in message.transactions:
            yield key_of(change.engagement)
            if message.kind == "notification":
                yield self._own_key(change.engagement)

    def _own_key(self, one: e.Engagement) -> bytes:
        return key_of(replace(one, owner=self._settings.hsa_id))

    def _decided(
        self, work: _Work, message: Told, change: e.EngagementTransaction, now: datetime
    ) -> e.EngagementTransaction | None:
        """What subscribers are to be told of a change, if anything; the change itself is noted in `work`."""
        if message.kind == "notification" and self._is_own(change.engagement):
            work.events.append(_event(message, change, "ignored", False, now))  # R4: it has gone in a circle
            return None
        key = key_of(change.engagement)
        decision = decide(work.states[key], change, now)
        self._note(work, key, decision, change)
        if message.kind == "notification" and not change.is_deletion and decision.operation != "ignored":
            self._give_up_own(work, change, now)
        work.events.append(_event(message, change, decision.operation, decision.notice is not None, now))
        return decision.notice

    def _is_own(self, one: e.Engagement) -> bool:
        return (one.owner or "").strip().lower() in self._settings.addresses

    def _note(self, work: _Work, key: bytes, decision: Decision, change: e.EngagementTransaction) -> None:
        work.states[key] = decision.state
        if decision.operation in ("new", "changed", "deleted"):
            work.changed.add((change.engagement.service_domain, change.engagement.resident.upper()))

    def _give_up_own(self, work: _Work, change: e.EngagementTransaction, now: datetime) -> None:
        """R5: what another index owns now is no longer ours. Nobody is told: the thing itself is still there."""
        key = self._own_key(change.engagement)
        if work.states[key].entry is not None:
            gone = replace(change, is_deletion=True, engagement=replace(change.engagement, extensions=()))
            self._note(work, key, decide(work.states[key], gone, now), change)

    def _tell(
        self,
        session: Session,
        changes: Sequence[e.EngagementTransaction],
        now: datetime,
        subscribers: Sequence[Subscriber] | None,
    ) -> None:
        if not changes:
            return
        if subscribers is None:
            body = xml.serialise(codec.encode(e.ProcessNotification(tuple(changes))))
            session.execute(insert(HELD_NOTICES), {"body": body})
            return
        for subscriber in subscribers:
            for body in letters(changes, subscriber):
                self._outbox.put(
                    session,
                    lane=subscriber.lane,
                    contract=codec.PROCESS_NOTIFICATION.contract,
                    logical_address=subscriber.logical_address,
                    body=body,
                    now=now,
                )

    def _write(self, session: Session, work: _Work, now: datetime) -> None:
        fresh = {key: state for key, state in work.states.items() if state != work.before[key]}
        kept = [state.entry.row() for state in fresh.values() if state.entry is not None]
        gone = [key for key, state in fresh.items() if state.entry is None and work.before[key].entry is not None]
        _put(session, ENGAGEMENTS, kept)
        _remove(session, ENGAGEMENTS, gone)
        _put(session, TOMBSTONES, [_tombstone(key, state, now) for key, state in fresh.items() if _is_over(state)])
        _remove(session, TOMBSTONES, [k for k, state in fresh.items() if state.entry and work.before[k].entry is None])
        _put(session, CHANGES, [{"service_domain": d, "resident": r, "at": now} for d, r in sorted(work.changed)])
        self._log(session, work.events)

    def _log(self, session: Session, events: Sequence[Row]) -> None:
        most = self._settings.events_kept
        if most and events:
            session.execute(_NEW_EVENT, list(events[-most:]))
            session.connection().execute(_OLD_EVENTS, {"most": most})


def _read(session: Session, keys: Sequence[bytes]) -> Iterator[tuple[bytes, State]]:
    """What is known of each key."""
    entries, versions = {}, {}
    for some in _portions(keys):
        for row in session.execute(_ENTRIES_BY_KEY, {"keys": some}).mappings():
            entries[row["key"]] = Entry(**row)
    for some in _portions([key for key in keys if key not in entries]):
        for key, version in session.execute(_VERSIONS_BY_KEY, {"keys": some}):
            versions[key] = version
    for key in keys:
        entry = entries.get(key)
        yield key, State(entry, versions.get(key) if entry is None else entry.version)


def _portions(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (keys[first : first + _AT_ONCE] for first in range(0, len(keys), _AT_ONCE))


def _is_over(state: State) -> bool:
    return state.entry is None and state.version is not None


def _tombstone(key: bytes, state: State, now: datetime) -> Row:
    return {"key": key, "version": state.version, "at": now}


def _put(session: Session, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, or overwrite those with their primary key."""
    if rows:
        session.execute(_put_statement(table, session.get_bind().dialect.name), list(rows))


@cache
def _put_statement(table: Table, dialect: str) -> Executable:
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    others = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    keys = [column.name for column in table.primary_key]
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


def _remove(session: Session, table: Table, keys: Iterable[bytes]) -> None:
    for some in _portions(list(keys)):
        session.execute(delete(table).where(table.c.key.in_(some)))


def _event(
    message: Told, change: e.EngagementTransaction, operation: Operation, is_notified: bool, now: datetime
) -> Row:
    one = change.engagement
    return {
        "at": now,
        "kind": message.kind,
        "source_system": one.source_system,
        "service_domain": one.service_domain,
        "categorization": one.categorization,
        "logical_address": one.logical_address,
        "business_object": one.business_object,
        "resident": one.resident,
        "operation": operation,
        "is_notified": is_notified,
    }

"""Taking messages in: durable before anybody is told OK, in order, and stored as soon as it may be.

As a rule a message is stored in the transaction that makes it durable, so that questions see it at once (EI-7). It is
queued instead while the write lock is on, and while messages with one change are collected to be merged. Whatever comes
after what is queued is stored after it. Calls that wait at the same time share one commit: the first to get its turn
stores for all of them, so that one disk's synchronisation serves many.
Elsewhere: what storing is (store.py), how changes are merged (changes.py).
Source: platform.md §21.2 (reply, queues), §21.3 (write lock); contracts.md EI-7, EI-9.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate
from typing import cast

from sqlalchemy import Row, delete, func, insert, select
from sqlalchemy.orm import Session

from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import xml
from contracts.database import Database, hold
from contracts.times import Clock
from national_services.index.changes import Kind, Told, merged
from national_services.index.models import INCOMING, SWITCHES
from national_services.index.settings import IndexSettings
from national_services.index.store import Store
from national_services.index.subscribers import Subscribers

log = logging.getLogger(__name__)

MOST_IN_A_COMMIT = 1000
"""How many changes share a commit; a message with more has one of its own."""
_DRAINED_AT_ONCE = 50
_WRITE_LOCK = "write_lock"
_LOCK_STATE = select(SWITCHES.c.is_on).where(SWITCHES.c.name == _WRITE_LOCK)
_WAITING = select(func.count()).select_from(INCOMING)


class NotStored(Exception):
    """The message was not taken; nothing of it has been kept."""


@dataclass(slots=True, eq=False)
class _Ticket:
    """One call that waits. It is over with an error until it has gone well."""

    message: Told
    is_over: bool = False
    error: Exception | None = field(default_factory=lambda: NotStored("interrupted"))


class Intake:
    """The way in. May be used from any thread."""

    def __init__(
        self, database: Database, store: Store, subscribers: Subscribers, settings: IndexSettings, clock: Clock
    ) -> None:
        self._database, self._store, self._subscribers = database, store, subscribers
        self._settings, self._clock = settings, clock
        self._turn = threading.RLock()
        self._guard = threading.Lock()
        self._waiting: list[_Ticket] = []

    # -- Messages

    def take(self, message: Told) -> None:
        """Keep a message; it is durable when this returns. Raises NotStored."""
        ticket = _Ticket(message)
        with self._guard:
            self._waiting.append(ticket)
        while not ticket.is_over:
            with self._turn:
                if not ticket.is_over:
                    self._serve()
        if ticket.error is not None:
            raise NotStored(type(ticket.error).__name__) from ticket.error

    def _serve(self) -> None:
        batch = self._next_batch()
        try:
            if not self._committed(batch) and len(batch) > 1:  # so that nobody fails because of another
                for ticket in batch:
                    self._committed([ticket])
        finally:
            for ticket in batch:
                ticket.is_over = True

    def _next_batch(self) -> list[_Ticket]:
        """Those that have waited longest, as many as fit."""
        with self._guard:
            sizes = accumulate(len(ticket.message.transactions) for ticket in self._waiting)
            number = max(1, sum(size <= MOST_IN_A_COMMIT for size in sizes))
            batch, self._waiting = self._waiting[:number], self._waiting[number:]
        return batch

    def _committed(self, batch: Sequence[_Ticket]) -> bool:
        outcome = None
        try:
            with self._writing() as session:
                self._keep(session, [ticket.message for ticket in batch])
        except Exception as error:
            log.error("messages_not_stored: %s", type(error).__name__)
            outcome = error
        for ticket in batch:
            ticket.error = outcome
        return outcome is None

    def _keep(self, session: Session, messages: Sequence[Told]) -> None:
        """Store messages, or queue those that must wait."""
        is_locked = _is_locked(session)
        direct: list[Told] = []
        for message in messages:
            if is_locked or self._is_collected(message):
                self._store_all(session, direct)
                direct = []
                session.execute(insert(INCOMING), _row(message))
            else:
                direct.append(message)
        self._store_all(session, direct)
        if not is_locked and self._settings.collect_seconds:
            self._drain_if(session, _waiting(session) >= self._settings.collect_messages)

    def _is_collected(self, message: Told) -> bool:
        return self._settings.collect_seconds > 0 and message.kind == "update" and len(message.transactions) == 1

    def _store_all(self, session: Session, messages: Sequence[Told]) -> None:
        """Store messages that need not wait, after those that did."""
        if messages:
            self._drain_if(session, _waiting(session) > 0)
            self._store.apply(session, messages, self._clock(), self._subscribers.current)

    # -- The queue

    def drain_due(self) -> None:
        """Store what has been collected for long enough, unless the write lock is on."""
        patience = timedelta(seconds=self._settings.collect_seconds)
        with self._database.reading() as session:
            oldest = session.scalar(select(func.min(INCOMING.c.received_at)))
        if oldest is not None and oldest + patience <= self._clock():
            self.drain()

    def drain(self) -> None:
        """Store all that is queued, unless the write lock is on."""
        with self._turn, self._writing() as session:
            self._drain_if(session, not _is_locked(session))

    def _drain_if(self, session: Session, is_time: bool) -> None:
        while is_time:
            rows = session.execute(select(INCOMING).order_by(INCOMING.c.id).limit(_DRAINED_AT_ONCE)).all()
            if not rows:
                return
            messages = list(self._in_groups([_message(row) for row in rows]))
            self._store.apply(session, messages, self._clock(), self._subscribers.current)
            session.execute(delete(INCOMING).where(INCOMING.c.id <= rows[-1].id))

    def _in_groups(self, messages: Sequence[Told]) -> Iterator[Told]:
        """The messages, those that were collected merged, as many at a time as may be."""
        group: list[Told] = []
        for message in messages:
            is_collected = self._is_collected(message)
            if group and (not is_collected or len(group) == self._settings.collect_messages):
                yield _as_one(group)
                group = []
            if is_collected:
                group.append(message)
            else:
                yield message
        if group:
            yield _as_one(group)

    @property
    def waiting(self) -> int:
        """How many messages are queued."""
        with self._database.reading() as session:
            return _waiting(session)

    # -- The write lock

    @property
    def is_locked(self) -> bool:
        with self._database.reading() as session:
            return _is_locked(session)

    def lock(self) -> None:
        """Store nothing from now on; messages are still taken, and queued. It outlives a restart."""
        with self._turn, self._writing() as session:
            _switch(session, True)

    def unlock(self) -> None:
        """Store what has been queued, in order, and go on as usual."""
        with self._turn, self._writing() as session:
            _switch(session, False)
            self._drain_if(session, True)

    # -- Subscribers

    def tell_held(self) -> None:
        """Address the notices that were held back, if it is known by now who subscribes."""
        with self._turn:
            current = self._subscribers.current
            if current is not None:
                with self._writing() as session:
                    self._store.tell_held(session, self._clock(), current)

    def forget(self) -> None:
        """Let go what need not be remembered any longer."""
        with self._turn, self._writing() as session:
            self._store.forget(session, self._clock())

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """A writing transaction that is alone, also where several processes share a PostgreSQL."""
        with self._database.writing() as session:
            hold(session, "engagement_index")
            yield session


def _is_locked(session: Session) -> bool:
    return bool(session.scalar(_LOCK_STATE))


def _switch(session: Session, is_on: bool) -> None:
    session.execute(delete(SWITCHES).where(SWITCHES.c.name == _WRITE_LOCK))
    session.execute(insert(SWITCHES), {"name": _WRITE_LOCK, "is_on": is_on})


def _waiting(session: Session) -> int:
    return session.scalar(_WAITING) or 0


def _row(message: Told) -> dict[str, object]:
    return {
        "kind": message.kind,
        "correlation_id": message.correlation_id,
        "received_at": message.received_at,
        "body": xml.serialise(codec.encode(e.ProcessNotification(message.transactions))),
    }


def _message(row: Row[tuple[object, ...]]) -> Told:
    told: e.ProcessNotification = codec.decode(codec.PROCESS_NOTIFICATION.request, xml.parse(row.body))
    return Told(cast(Kind, row.kind), told.transactions, row.correlation_id, row.received_at)


def _as_one(group: Sequence[Told]) -> Told:
    """Messages with one change each as one message, merged by key."""
    last = group[-1]
    changes = merged(change for message in group for change in message.transactions)
    return Told("update", changes, last.correlation_id, last.received_at)

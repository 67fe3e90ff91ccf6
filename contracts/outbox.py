"""Letters that go out for certain: written in the transaction of what they tell of, sent after it, in order.

A letter is a SOAP request that somebody owes somebody. Because it is committed together with the change that it tells
of, a crash parts neither from the other; because it is removed only when it has been answered, it may be sent twice but
never lost, and bears the same correlation id each time, by which its receiver can tell. Letters of one lane go one
after the other; lanes do not wait for each other. What cannot be delivered is tried again, for ever or until it counts
as dead; dead letters can be read and sent again.
One relay at a time may serve a table: two would break the order, though not the receivers.
Elsewhere: what the letters say (their writers), how they travel (transport.py).
Source: contracts.md EI-8, EI-9; platform.md §21.3.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from contracts.database import Database, UtcMoment
from contracts.identifiers import hide_persons
from contracts.times import Clock

log = logging.getLogger(__name__)

_QUIET_ATTEMPTS = 2  # at a start what one calls may be a second behind

LOOKS_EVERY_SECONDS = 1.0
"""How often a relay looks by itself: another process may have written letters."""


class NotDelivered(Exception):
    """A letter was not taken. The sentence says why, without the letter's contents; `is_final`: nor will it be."""

    def __init__(self, sentence: str, is_final: bool = False) -> None:
        super().__init__(sentence)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Letter:
    """One message and where it goes. `body` is a whole SOAP envelope; `attempts` counts those that failed."""

    id: int
    lane: str
    contract: str
    logical_address: str
    correlation_id: str
    body: bytes = field(repr=False)
    made_at: datetime
    attempts: int = 0
    last_failure: str = ""
    dead_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Redelivery:
    """How long to wait before each further attempt, in seconds; the last wait holds for all after it.

    `gives_up`: when the waits are used up the letter is dead, and the lane goes on without it.
    """

    waits: tuple[float, ...]
    gives_up: bool

    def __post_init__(self) -> None:
        if any(wait < 0 for wait in self.waits) or not (self.waits or self.gives_up):
            raise ValueError("redelivery needs waits of no less than 0 seconds")

    def is_over(self, failures: int) -> bool:
        return self.gives_up and failures > len(self.waits)

    def wait_after(self, failures: int) -> float:
        return self.waits[min(failures, len(self.waits)) - 1] if self.waits else 0.0


Send = Callable[[Letter], None]
"""Takes a letter to its receiver and comes back when it has been taken. Raises NotDelivered."""


def outbox_table(metadata: MetaData, name: str = "outbox") -> Table:
    """The table of an outbox, for its owner's schema. Ids are never used again: they are the order."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("lane", String(128), nullable=False),
        Column("contract", Text, nullable=False),
        Column("logical_address", Text, nullable=False),
        Column("correlation_id", String(64), nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("made_at", UtcMoment, nullable=False),
        Column("attempts", Integer, nullable=False, default=0),
        Column("last_failure", Text, nullable=False, default=""),
        Column("dead_at", UtcMoment),
        Index(f"ix_{name}_lane", "lane", "id"),
        sqlite_autoincrement=True,
    )


class Outbox:
    """The letters in one table. Its methods run inside the caller's transaction."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._listeners: list[Callable[[], None]] = []

    def tell_of_new(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each commit that brings letters."""
        self._listeners.append(listener)

    def put(
        self,
        session: Session,
        *,
        lane: str,
        contract: str,
        logical_address: str,
        body: bytes,
        now: datetime,
        correlation_id: str | None = None,
    ) -> None:
        """Write a letter, to be sent when the transaction has been committed."""
        row = {
            "lane": lane,
            "contract": contract,
            "logical_address": logical_address,
            "correlation_id": correlation_id or str(uuid.uuid4()),
            "body": body,
            "made_at": now,
            "attempts": 0,
            "last_failure": "",
        }
        session.execute(insert(self.table), row)
        self._tell_at_commit(session)

    def _tell_at_commit(self, session: Session) -> None:
        if self not in session.info:
            session.info[self] = True
            event.listen(session, "after_commit", self._committed, once=True)

    def _committed(self, session: Session) -> None:
        session.info.pop(self, None)
        for listener in self._listeners:
            listener()

    def head(self, session: Session, besides: Iterable[str]) -> Letter | None:
        """The first letter that may go now, of no lane in `besides`."""
        alive = self.table.c.dead_at.is_(None)
        first = (
            select(func.min(self.table.c.id)).where(alive, self.table.c.lane.not_in(list(besides))).scalar_subquery()
        )
        return next(iter(self._read(session, self.table.c.id == first)), None)

    def waiting(self, session: Session) -> Sequence[tuple[str, int]]:
        """How many letters wait, by lane."""
        counted = select(self.table.c.lane, func.count()).where(self.table.c.dead_at.is_(None))
        return [(lane, number) for lane, number in session.execute(counted.group_by(self.table.c.lane))]

    def dead(self, session: Session) -> Sequence[Letter]:
        """The letters that were given up, oldest first."""
        return self._read(session, self.table.c.dead_at.is_not(None))

    def send_again(self, session: Session, lane: str | None = None) -> int:
        """Let dead letters go once more, all or those of a lane; how many there are."""
        chosen = [self.table.c.dead_at.is_not(None), *([] if lane is None else [self.table.c.lane == lane])]
        fresh = {"dead_at": None, "attempts": 0}
        revived = session.execute(update(self.table).where(*chosen).values(fresh).returning(self.table.c.id)).all()
        if revived:
            self._tell_at_commit(session)
        return len(revived)

    def remove(self, session: Session, letter: Letter) -> None:
        """It has been taken."""
        session.execute(delete(self.table).where(self.table.c.id == letter.id))

    def note_failure(self, session: Session, letter: Letter, sentence: str, dead_at: datetime | None) -> None:
        told = {"attempts": letter.attempts + 1, "last_failure": sentence, "dead_at": dead_at}
        session.execute(update(self.table).where(self.table.c.id == letter.id).values(told))

    def _read(self, session: Session, condition: Any) -> list[Letter]:
        rows = session.execute(select(self.table).where(condition).order_by(self.table.c.id)).mappings()
        return [Letter(**row) for row in rows]


class Relay:
    """Takes an outbox's letters to their receivers, in a thread that waits for them; each lane has one on its way.

    `open` and `close` are its life; between them `wake` may be called from any thread, and is by every commit that
    brings letters. Without `open`, `deliver_all` does one round in the caller's thread.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        send: Send,
        redelivery: Redelivery,
        clock: Clock,
        lanes_at_once: int = 8,
    ) -> None:
        self._database, self._outbox, self._send = database, outbox, send
        self._redelivery, self._clock = redelivery, clock
        self._lanes_at_once = lanes_at_once
        self._condition = threading.Condition()
        self._is_open = False
        self._has_news = False
        self._busy: set[str] = set()
        self._due: dict[str, float] = {}  # lanes that wait for another attempt, by a monotonic clock
        self._thread: threading.Thread | None = None
        outbox.tell_of_new(self.wake)

    def open(self) -> None:
        """Begin. A relay that was closed may be opened again."""
        self._is_open, self._has_news = True, True
        self._pool = ThreadPoolExecutor(self._lanes_at_once, thread_name_prefix="relay")
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Whether letters are handed out: from `open` until somebody has begun to `close`."""
        return self._is_open

    def close(self) -> None:
        """Stop after the letters that are on their way."""
        with self._condition:
            self._is_open = False
            self._condition.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._pool.shutdown()
            self._thread = None

    def wake(self) -> None:
        """There may be letters."""
        with self._condition:
            self._has_news = True
            self._condition.notify_all()

    def settle(self, seconds: float) -> bool:
        """Wait until every letter has been taken or given up, at most so long; whether it came to that."""

        def is_settled() -> bool:
            return not self._busy and self._next(set()) is None

        with self._condition:
            return self._condition.wait_for(is_settled, seconds)

    def deliver_all(self) -> int:
        """Send what may go, each lane up to its first failure; how many were taken."""
        taken, failed = 0, set[str]()
        while (letter := self._next(failed)) is not None:
            if self._deliver(letter):
                taken += 1
            else:
                failed.add(letter.lane)
        return taken

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._has_news or not self._is_open, self._patience())
                if not self._is_open:
                    return
                self._has_news = False
            try:
                self._hand_out()
            except Exception as error:  # the database is away: the next look may find it
                log.error("outbox_unreadable: %s", type(error).__name__)

    def _patience(self) -> float:
        now = time.monotonic()
        return max(0.0, min([LOOKS_EVERY_SECONDS, *(due - now for due in self._due.values())]))

    def _hand_out(self) -> None:
        while self._is_open and len(self._busy) < self._lanes_at_once:
            letter = self._next(self._not_now())
            if letter is None:
                return
            with self._condition:
                self._busy.add(letter.lane)
            self._pool.submit(self._carry, letter)

    def _next(self, besides: set[str]) -> Letter | None:
        with self._database.reading() as session:
            return self._outbox.head(session, besides)

    def _carry(self, letter: Letter) -> None:
        patience = 0.0
        try:
            if not self._deliver(letter):
                patience = self._redelivery.wait_after(letter.attempts + 1)
        except Exception as error:  # what was sent could not be noted: it will be sent again
            log.error("outbox_unwritable: %s", type(error).__name__)
            patience = LOOKS_EVERY_SECONDS
        finally:
            self._put_back(letter.lane, patience)

    def _put_back(self, lane: str, patience: float) -> None:
        """The lane's letter is no longer on its way; the next one may go when `patience` is over."""
        with self._condition:
            if patience:
                self._due[lane] = time.monotonic() + patience
            self._busy.discard(lane)
        self.wake()

    def _not_now(self) -> set[str]:
        """The lanes that have a letter on its way, or must wait. Other threads change both."""
        now = time.monotonic()
        with self._condition:
            self._due = {lane: due for lane, due in self._due.items() if due > now}
            return {*self._busy, *self._due}

    def _deliver(self, letter: Letter) -> bool:
        """Whether it was taken, or given up: then the lane may go on."""
        try:
            self._send(letter)
        except NotDelivered as failure:
            return self._failed(letter, str(failure), failure.is_final)
        except Exception as error:
            log.error("letter_failed: %s", type(error).__name__, extra={"contract": letter.contract})
            return self._failed(letter, type(error).__name__, is_final=False)
        with self._database.writing() as session:
            self._outbox.remove(session, letter)
        return True

    def _failed(self, letter: Letter, sentence: str, is_final: bool) -> bool:
        is_dead = is_final or self._redelivery.is_over(letter.attempts + 1)
        told = {"contract": letter.contract, "logical_address": letter.logical_address, "lane": letter.lane}
        level = logging.WARNING if letter.attempts >= _QUIET_ATTEMPTS else logging.INFO
        log.log(logging.ERROR if is_dead else level, "letter_not_delivered", extra=told)
        with self._database.writing() as session:
            self._outbox.note_failure(session, letter, hide_persons(sentence), self._clock() if is_dead else None)
        return is_dead

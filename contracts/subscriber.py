"""A subscriber of the engagement index: notices are kept before they are acknowledged, and each is handed on once.

The index sends a notice until it is answered, so it may come twice; both times it has the same correlation id and the
same contents, and the second is acknowledged and forgotten. What a notice leads to is written in the transaction that
marks it as handed on: a crash undoes both or neither.
Elsewhere: who sends (national_services/index/), what a subscriber does with a notice (its owner).
Source: contracts.md §10, EI-8, EI-9; platform.md §21.1, §21.3.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import envelope, xml
from contracts.database import Database, UtcMoment
from contracts.errors import ContractViolation
from contracts.http_headers import CORRELATION_ID
from contracts.soap_service import Question, ServiceFault
from contracts.times import Clock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """One change that the index has told of; `id` rises in the order of arrival."""

    id: int
    correlation_id: str
    received_at: datetime
    change: e.EngagementTransaction = field(repr=False)


Take = Callable[[Session, Notice], None]
"""What is done with a notice, by way of the session that marks it as handed on."""


def notice_table(metadata: MetaData, name: str = "notices") -> Table:
    """The table of a subscriber's notices, for its owner's schema."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("digest", String(64), nullable=False, unique=True),
        Column("correlation_id", String(128), nullable=False),
        Column("received_at", UtcMoment, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("handed_on_at", UtcMoment, index=True),
        sqlite_autoincrement=True,
    )


class Subscriber:
    """Receives ProcessNotification for one owner, in the owner's database.

    `hand_on` is called when there may be new notices: by whoever owns the subscriber, in a thread of its choice.
    """

    def __init__(self, database: Database, table: Table, clock: Clock) -> None:
        self._database, self._table, self._clock = database, table, clock
        self.has_news: Callable[[], None] = lambda: None
        """Called after each message that was kept: who hands on may begin."""

    def answer(self, question: Question) -> bytes:
        """The service's answer: OK, when every change of the message is kept. Raises ServiceFault."""
        payload = question.message.payload
        if payload is None or question.message.contract != codec.PROCESS_NOTIFICATION.contract:
            raise ServiceFault("The message is no ProcessNotification.", "Client")
        try:
            told: e.ProcessNotification = codec.decode(codec.PROCESS_NOTIFICATION.request, payload)
        except ContractViolation as error:
            raise ServiceFault("The message breaks its contract.", "Client", error.detail) from None
        self.keep(told, question.headers.get(CORRELATION_ID, ""))
        self.has_news()
        return envelope.write_response(codec.encode(e.ProcessNotificationResponse("OK")))

    def keep(self, told: e.ProcessNotification, correlation_id: str) -> int:
        """Keep what is new of a message; how many changes that is."""
        return sum(self._keep_one(change, place, correlation_id) for place, change in enumerate(told.transactions))

    def _keep_one(self, change: e.EngagementTransaction, place: int, correlation_id: str) -> bool:
        body = xml.serialise(codec.encode(e.ProcessNotification((change,))))
        digest = hashlib.sha256(b"\n".join((correlation_id.encode(), str(place).encode(), body))).hexdigest()
        row = {"digest": digest, "correlation_id": correlation_id, "received_at": self._clock(), "body": body}
        try:
            with self._database.writing() as session:
                session.execute(insert(self._table), row)
        except IntegrityError:
            return False  # it came before
        return True

    def hand_on(self, take: Take) -> int:
        """Hand on every notice that has not been, in order, each in a transaction of its own; how many there were.

        What `take` raises leaves its notice, and those after it, for the next time.
        """
        handed = 0
        while self._hand_on_one(take):
            handed += 1
        return handed

    def _hand_on_one(self, take: Take) -> bool:
        columns = self._table.c
        with self._database.writing() as session:
            waiting = select(self._table).where(columns.handed_on_at.is_(None)).order_by(columns.id).limit(1)
            row = session.execute(waiting.with_for_update(skip_locked=False)).mappings().first()
            if row is None:
                return False
            take(session, _notice(row["id"], row["correlation_id"], row["received_at"], row["body"]))
            session.execute(update(self._table).where(columns.id == row["id"]).values(handed_on_at=self._clock()))
        return True

    def latest(self, most: int = 50) -> tuple[Notice, ...]:
        """The notices that came last, newest first."""
        columns = self._table.c
        with self._database.reading() as session:
            rows = session.execute(select(self._table).order_by(columns.id.desc()).limit(most)).mappings()
            return tuple(_notice(row["id"], row["correlation_id"], row["received_at"], row["body"]) for row in rows)


def _notice(number: int, correlation_id: str, received_at: datetime, body: bytes) -> Notice:
    told: e.ProcessNotification = codec.decode(codec.PROCESS_NOTIFICATION.request, xml.parse(body))
    return Notice(number, correlation_id, received_at, told.transactions[0])

"""The engagement index, whole: which clinics hold something for a citizen, told by those who do, told on to others.

    message → rules.py → intake.py → store.py (changes.py decides) → letters → subscribers

`Index` is used as it stands by whoever is in the process, and by SOAP through `application` (service.py, pages.py).
Source: platform.md §21; contracts.md §7, §10.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata

from sqlalchemy import func, select

from contracts import engagements as e
from contracts.database import Database
from contracts.outbox import Outbox, Relay
from contracts.periodic import Periodic
from contracts.soap_service import SoapServices
from contracts.times import Clock
from national_services.index import rules
from national_services.index.changes import Told
from national_services.index.faults import IndexFault
from national_services.index.find import Event, changed, found, latest_events
from national_services.index.intake import Intake, NotStored
from national_services.index.migrations import HEAD, LOCATION
from national_services.index.models import ENGAGEMENTS, LETTERS
from national_services.index.pages import pages
from national_services.index.service import services
from national_services.index.settings import IndexSettings
from national_services.index.store import Store
from national_services.index.subscribers import Platform, Source, Subscribers

KEEPS_EVERY_SECONDS = 1.0
_FORGETS_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A notice that was given up, without what it says."""

    id: int
    lane: str
    logical_address: str
    made_at: datetime
    dead_at: datetime
    attempts: int
    last_failure: str


@dataclass(frozen=True, slots=True)
class SubscriberStatus:
    """How a subscriber's queue stands. `is_current`: whether it still subscribes."""

    logical_address: str
    is_current: bool
    waiting: int
    dead: int
    last_failure: str


@dataclass(frozen=True, slots=True)
class Status:
    """How the index stands."""

    hsa_id: str
    version: str
    engagements: int
    incoming: int
    is_write_locked: bool
    subscribers: int | None
    subscribers_source: Source
    subscribers_loaded_at: datetime | None


class Index:
    """An engagement index. Making one has no side effects; `open` before the first message, `close` at the end.

    `platform` is how the registry and the subscribers are reached; `application` an ASGI application. Updates and
    notices are durable when their methods return, and raise IndexFault when nothing has been kept.
    """

    def __init__(self, settings: IndexSettings, clock: Clock, platform: Platform) -> None:
        self.settings, self._clock = settings, clock
        self._database = Database(settings.url)
        self._outbox = Outbox(LETTERS)
        self._subscribers = Subscribers(settings, platform, clock)
        store = Store(settings, self._outbox)
        self._intake = Intake(self._database, store, self._subscribers, settings, clock)
        self._relay = Relay(self._database, self._outbox, platform.deliver, settings.redelivery, clock)
        self._keeper = Periodic("index-keeper", self.tend, KEEPS_EVERY_SECONDS)
        self._forgot_at: datetime | None = None
        self.application = SoapServices(services(self), pages(self), threads=settings.threads)

    # -- Life cycle

    def open(self, in_background: bool = True) -> None:
        """Begin: the database brought up to date, what was queued stored, the last good list of subscribers read.

        `in_background` threads see to deliveries and to what time brings; without them `tend` and `deliver_all` do.
        """
        if not self.settings.database_url:
            self.settings.data_directory.mkdir(parents=True, exist_ok=True)
        self._database.upgrade(LOCATION, HEAD)
        self._subscribers.open()
        self._intake.tell_held()
        self._intake.drain()
        if in_background:
            self._relay.open()
            self._keeper.open()

    def close(self) -> None:
        """Stop. What has not been delivered waits in the database for the next time."""
        self._keeper.close()
        self._relay.close()
        self.application.close()
        self._database.close()

    def tend(self) -> None:
        """Do what is due: store what has been collected long enough, ask who subscribes, forget what is old."""
        self._intake.drain_due()
        if self._subscribers.is_due:
            self.refresh_subscribers()
        if self._forgot_at is None or self._clock() - self._forgot_at >= _FORGETS_EVERY:
            self._intake.forget()
            self._forgot_at = self._clock()

    def deliver_all(self) -> int:
        """Deliver what may be delivered now, in the caller's thread; how many letters were taken."""
        return self._relay.deliver_all()

    def settle(self, seconds: float) -> bool:
        """Wait until every notice has been taken or given up, at most so long; whether it came to that."""
        return self._relay.settle(seconds)

    # -- The four interactions

    def update(self, update: e.Update, logical_address: str | None, correlation_id: str | None) -> e.UpdateResponse:
        """A source system tells what has changed. Raises IndexFault."""
        self.check_update(update, logical_address, correlation_id)
        return self.take_update(update, correlation_id or "")

    def check_update(self, update: e.Update, logical_address: str | None, correlation_id: str | None) -> None:
        """Raises the IndexFault that an Update deserves."""
        rules.demand_correlation_id(correlation_id)
        rules.demand_address(logical_address, self.settings)
        owned = rules.owned(update.transactions, self.settings.hsa_id)
        rules.demand_transactions(owned, self.settings, needs_owner=False)

    def take_update(self, update: e.Update, correlation_id: str) -> e.UpdateResponse:
        """Keep an Update that has been checked. Raises IndexFault when it could not be kept."""
        owned = rules.owned(update.transactions, self.settings.hsa_id)
        self._take(Told("update", owned, correlation_id, self._clock()))
        return e.UpdateResponse("OK")

    def process_notification(
        self, told: e.ProcessNotification, correlation_id: str | None
    ) -> e.ProcessNotificationResponse:
        """Another index tells what it has been told. Raises IndexFault."""
        self.check_notification(told, correlation_id)
        return self.take_notification(told, correlation_id or "")

    def check_notification(self, told: e.ProcessNotification, correlation_id: str | None) -> None:
        """Raises the IndexFault that a ProcessNotification deserves."""
        rules.demand_correlation_id(correlation_id)
        rules.demand_transactions(told.transactions, self.settings, needs_owner=True)

    def take_notification(self, told: e.ProcessNotification, correlation_id: str) -> e.ProcessNotificationResponse:
        """Keep a ProcessNotification that has been checked. Raises IndexFault when it could not be kept."""
        self._take(Told("notification", told.transactions, correlation_id, self._clock()))
        return e.ProcessNotificationResponse("OK")

    def find(self, question: e.FindContent, correlation_id: str | None) -> e.FindContentResponse:
        """What a citizen has in a domain. Raises IndexFault."""
        rules.demand_correlation_id(correlation_id)
        rules.demand_question(question)
        with self._database.reading() as session:
            return e.FindContentResponse(found(session, question))

    def get_updates(self, question: e.GetUpdates, correlation_id: str | None) -> e.GetUpdatesResponse:
        """Whose entries have changed since (EI-12). Raises IndexFault."""
        rules.demand_correlation_id(correlation_id)
        rules.demand_updates_question(question)
        with self._database.reading() as session:
            return changed(session, question, self.settings.residents_per_answer)

    def _take(self, message: Told) -> None:
        try:
            self._intake.take(message)
        except NotStored as error:
            raise IndexFault("EI000", f"the message could not be stored ({error})") from error

    # -- For operators

    def refresh_subscribers(self) -> bool:
        """Ask the registry who subscribes; whether it answered. Notices that were held back for it go out."""
        has_answered = self._subscribers.refresh()
        if has_answered:
            self._intake.tell_held()
        return has_answered

    def lock_writing(self) -> None:
        """Store nothing until further notice; messages are taken and queued. It outlives a restart."""
        self._intake.lock()

    def unlock_writing(self) -> None:
        """Store what has been queued, and go on as usual."""
        self._intake.unlock()

    @property
    def is_write_locked(self) -> bool:
        return self._intake.is_locked

    def events(self, most: int = 50) -> tuple[Event, ...]:
        """What happened last, newest first."""
        with self._database.reading() as session:
            return latest_events(session, most)

    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """The notices that were given up, oldest first."""
        table = LETTERS.c
        columns = (table.id, table.lane, table.logical_address, table.made_at, table.dead_at, table.attempts)
        asked = select(*columns, table.last_failure).where(table.dead_at.is_not(None)).order_by(table.id)
        with self._database.reading() as session:
            return tuple(DeadLetter(**row) for row in session.execute(asked).mappings())

    def send_dead_again(self, lane: str | None = None) -> int:
        """Let dead letters go once more, all or those of a subscriber's lane; how many there are."""
        with self._database.writing() as session:
            return self._outbox.send_again(session, lane)

    def subscriber_status(self) -> tuple[SubscriberStatus, ...]:
        """Each subscriber's queue, and those of former ones that are not empty."""
        table = LETTERS.c
        asked = select(table.lane, func.min(table.logical_address), func.count(), func.count(table.dead_at))
        failures = select(table.lane, table.last_failure).where(table.last_failure != "").order_by(table.id)
        with self._database.reading() as session:
            queues = {lane: told for lane, *told in session.execute(asked.group_by(table.lane))}
            last = {row.lane: row.last_failure for row in session.execute(failures)}
        current = {one.lane: one.logical_address for one in self._subscribers.current or ()}
        return tuple(
            SubscriberStatus(current.get(lane, address), lane in current, total - dead, dead, last.get(lane, ""))
            for lane in dict.fromkeys((*current, *queues))
            for address, total, dead in [queues.get(lane, ("", 0, 0))]
        )

    def status(self) -> Status:
        """How the index stands. Raises what the database raises when it cannot be asked."""
        with self._database.reading() as session:
            engagements = session.scalar(select(func.count()).select_from(ENGAGEMENTS)) or 0
        current = self._subscribers.current
        return Status(
            hsa_id=self.settings.hsa_id,
            version=metadata.version("tidbro"),
            engagements=engagements,
            incoming=self._intake.waiting,
            is_write_locked=self.is_write_locked,
            subscribers=None if current is None else len(current),
            subscribers_source=self._subscribers.source,
            subscribers_loaded_at=self._subscribers.loaded_at,
        )

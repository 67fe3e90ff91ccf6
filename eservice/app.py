"""One e-service, put together: its database, the way to the clinics, what it keeps, and what it does by itself.

Making one opens nothing; `open` brings the database up to date and begins to send post and reminders and to take in
what the index tells, `close` ends that and gives all back.
Elsewhere: the pages (site.py).
"""

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from contracts.database import Database
from contracts.identifiers import HsaId
from contracts.outbox import Outbox, Relay
from contracts.periodic import Periodic
from contracts.soap_service import SoapServices
from contracts.subscriber import Notice, Subscriber
from contracts.times import Clock
from contracts.transport import HttpTransport, Transport
from eservice import engagements, news, reminding
from eservice.administration.administrators import Administrator, Administrators
from eservice.calendar_entries import CalendarEntries
from eservice.calls import CallBook, RecordingTransport
from eservice.clinics import ClinicRegister, Unit
from eservice.contacts import Contacts
from eservice.ended_visits import EndedVisits
from eservice.engagements import Engagements
from eservice.inbox import Inbox
from eservice.journeys import Journeys
from eservice.models import HEAD, NOTICES, OUTBOX
from eservice.own_clinics import OwnClinics
from eservice.people import Person, PopulationRegister
from eservice.platform import Platform
from eservice.post import REDELIVERY, Post, PostSettings
from eservice.references import References
from eservice.reminders import Reminders
from eservice.settings import EServiceSettings
from eservice.smtp import smtp_sender
from eservice.watching import Watches

log = logging.getLogger(__name__)

LOCATION = "eservice:migrations"
NOTICES_PATH = "/subscriber/notices/v1"
"""Where the index's notices are received, below the site's host."""


class EService:
    """What the pages of an e-service stand on. People, units and administrators come from whoever knows the region.

    `post_settings` is asked when it opens, for a demo's mail server gets its port then; without it the settings' own
    hold.
    """

    def __init__(
        self,
        settings: EServiceSettings,
        people: Iterable[Person],
        units: Iterable[Unit],
        clock: Clock,
        transport: Transport | None = None,
        post_settings: Callable[[], PostSettings] | None = None,
        administrators: Iterable[Administrator] = (),
    ) -> None:
        self.settings, self.clock = settings, clock
        self._own_transport = HttpTransport(read_seconds=settings.read_seconds)
        self._post_settings = post_settings or (lambda: settings.post)
        self.database = Database(settings.url)
        self.calls = CallBook() if settings.shows_calls else None
        way = transport or self._own_transport
        self.platform = Platform(settings, RecordingTransport(way) if self.calls else way, clock)
        self.people = PopulationRegister(people)
        self.clinics = ClinicRegister(units, self.database)
        self.administrators = Administrators(administrators)
        self.references = References(self.database)
        self.journeys = Journeys(self.database, clock, timedelta(minutes=settings.idle_minutes))
        self.ended_visits = EndedVisits(self.database, clock, timedelta(hours=settings.most_hours))
        self.inbox = Inbox(self.database)
        self.contacts = Contacts(self.database)
        self.own_clinics = OwnClinics(self.database)
        self.calendar_entries = CalendarEntries(self.database)
        self.reminders = Reminders(self.database)
        self._reminding = Periodic("reminders", self.send_due, reminding.EVERY_SECONDS)
        self.watches = Watches(self)
        self.freed_listeners: list[Callable[[HsaId], None]] = [self.watches.freed]
        """Called, one after the other, with a clinic where a time has become free."""
        self._outbox = Outbox(OUTBOX)
        self.post = Post(self._outbox, PostSettings())
        self._relay: Relay | None = None
        self._subscriber = Subscriber(self.database, NOTICES, clock)
        self.engagements = Engagements(self.database)
        self._freed: list[HsaId] = []
        self._news = Periodic("eservice-news", self.take_notices, news.EVERY_SECONDS)
        self._taking = threading.RLock()
        self._subscriber.has_news = self._news.wake
        self.application = SoapServices({NOTICES_PATH: self._subscriber.answer})

    def open(self) -> None:
        """Begin: the database brought up to date, old flows thrown away, post sent and notices taken in."""
        if not self.settings.database_url:
            self.settings.data_directory.mkdir(parents=True, exist_ok=True)
        self.database.upgrade(LOCATION, HEAD)
        self.journeys.forget_old()
        self.reminders.forget_old(self.clock())
        self._begin_post(self._post_settings())
        self._reminding.open()
        self.watches.open()
        self._news.open()
        self._news.wake()  # what a process that died has left; the clinics cannot be asked before the platform is up

    def _begin_post(self, settings: PostSettings) -> None:
        self.post = Post(self._outbox, settings)
        if self.post.is_on:
            send = smtp_sender(settings, self.clock)
            self._relay = Relay(self.database, self._outbox, send, REDELIVERY, self.clock)
            self._relay.open()

    def take_notices(self) -> int:
        """Take in what the index has told and nobody has looked at yet, and do all that follows from it: listeners to
        freed times, letters about what others did. How many notices there were."""
        with self._taking:
            taken = self._subscriber.hand_on(self._take)
            self._tell_freed()
            self.tell_news()
        return taken

    def send_due(self, now: datetime | None = None) -> int:
        """Send the reminders that are due, by the clock or at another moment; how many letters were written."""
        return reminding.send_due(self, now or self.clock())

    def _take(self, session: Session, notice: Notice) -> None:
        reminding.hear(session, notice, self.clock())
        clinic = engagements.take(session, notice, self.clock())
        if clinic is not None:
            self._freed.append(clinic)

    def _tell_freed(self) -> None:
        freed, self._freed = dict.fromkeys(self._freed), []
        for clinic in freed:
            self.on_freed(clinic)

    def on_freed(self, clinic: HsaId) -> None:
        """A time at the clinic has become free: tell whoever listens."""
        for listener in self.freed_listeners:
            try:
                listener(clinic)
            except Exception as error:  # the others are told all the same
                log.error("freed_listener_failed: %s", type(error).__name__, extra={"logical_address": clinic.text})

    def tell_news(self) -> int:
        """Tell citizens what others did to their times, as far as it is due; how many letters were written."""
        with self._taking:
            return news.tell(self, lambda: self._news.is_closing)

    def latest(self, most: int) -> tuple[Notice, ...]:
        """What the index told last, newest first."""
        return self._subscriber.latest(most)

    def settle_post(self, seconds: float) -> bool:
        """Wait until all post has been taken or given up, at most so long; whether it came to that."""
        return self._relay is None or self._relay.settle(seconds)

    def close(self) -> None:
        self.application.close()
        self._news.close()
        self.watches.close()
        self._reminding.close()
        if self._relay is not None:
            self._relay.close()
            self._relay = None
        self.platform.close()
        self._own_transport.close()
        self.database.close()

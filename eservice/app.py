"""One e-service, put together: its database, the way to the clinics, what it keeps, and what it does by itself.

Making one opens nothing; `open` brings the database up to date and begins to send post and to take in what the index
tells, `close` ends that and gives all back.
Elsewhere: the pages (site.py).
"""

from collections.abc import Callable, Iterable

from contracts.database import Database
from contracts.outbox import Outbox, Relay
from contracts.soap_service import SoapServices
from contracts.subscriber import Notice, Subscriber
from contracts.times import Clock
from contracts.transport import HttpTransport, Transport
from eservice import engagements
from eservice.administration.administrators import Administrator, Administrators
from eservice.clinics import ClinicRegister, Unit
from eservice.contacts import Contacts
from eservice.inbox import Inbox
from eservice.journeys import Journeys
from eservice.models import HEAD, NOTICES, OUTBOX
from eservice.people import Person, PopulationRegister
from eservice.platform import Platform
from eservice.post import REDELIVERY, Post, PostSettings
from eservice.references import References
from eservice.settings import EServiceSettings
from eservice.smtp import smtp_sender

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
        self.platform = Platform(settings, transport or self._own_transport, clock)
        self.people = PopulationRegister(people)
        self.clinics = ClinicRegister(units, self.database)
        self.administrators = Administrators(administrators)
        self.references = References(self.database)
        self.journeys = Journeys(self.database, clock)
        self.inbox = Inbox(self.database)
        self.contacts = Contacts(self.database)
        self._outbox = Outbox(OUTBOX)
        self.post = Post(self._outbox, PostSettings())
        self._relay: Relay | None = None
        self._subscriber = Subscriber(self.database, NOTICES, clock)
        self._subscriber.has_news = self._take_news
        self.application = SoapServices({NOTICES_PATH: self._subscriber.answer})

    def open(self) -> None:
        """Begin: the database brought up to date, old flows thrown away, post sent and notices taken in."""
        if not self.settings.database_url:
            self.settings.data_directory.mkdir(parents=True, exist_ok=True)
        self.database.upgrade(LOCATION, HEAD)
        self.journeys.forget_old()
        self._begin_post(self._post_settings())
        self.take_notices()

    def _begin_post(self, settings: PostSettings) -> None:
        self.post = Post(self._outbox, settings)
        if self.post.is_on:
            send = smtp_sender(settings, self.clock)
            self._relay = Relay(self.database, self._outbox, send, REDELIVERY, self.clock)
            self._relay.open()

    def take_notices(self) -> int:
        """Take in what the index has told and nobody has looked at yet; how many notices."""
        return self._subscriber.hand_on(lambda session, notice: engagements.take(self, session, notice))

    def _take_news(self) -> None:
        self.take_notices()

    def latest(self, most: int) -> tuple[Notice, ...]:
        """What the index told last, newest first."""
        return self._subscriber.latest(most)

    def settle_post(self, seconds: float) -> bool:
        """Wait until all post has been taken or given up, at most so long; whether it came to that."""
        return self._relay is None or self._relay.settle(seconds)

    def close(self) -> None:
        self.application.close()
        if self._relay is not None:
            self._relay.close()
            self._relay = None
        self.platform.close()
        self._own_transport.close()
        self.database.close()

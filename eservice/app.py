"""One e-service, put together: its database, the way to the clinics, and what it keeps.

Making one opens nothing; `open` brings the database up to date, `close` gives all back.
Elsewhere: the pages (site.py).
"""

from collections.abc import Iterable

from contracts.database import Database
from contracts.times import Clock
from contracts.transport import HttpTransport, Transport
from eservice.clinics import ClinicRegister, Unit
from eservice.contacts import Contacts
from eservice.inbox import Inbox
from eservice.journeys import Journeys
from eservice.models import HEAD
from eservice.people import Person, PopulationRegister
from eservice.platform import Platform
from eservice.references import References
from eservice.settings import EServiceSettings

LOCATION = "eservice:migrations"


class EService:
    """What the pages of an e-service stand on. `people` and `units` come from whoever knows the region."""

    def __init__(
        self,
        settings: EServiceSettings,
        people: Iterable[Person],
        units: Iterable[Unit],
        clock: Clock,
        transport: Transport | None = None,
    ) -> None:
        self.settings, self.clock = settings, clock
        self._own_transport = HttpTransport(read_seconds=settings.read_seconds) if transport is None else None
        self.database = Database(settings.url)
        self.platform = Platform(settings, transport or self._own_transport, clock)  # type: ignore[arg-type]
        self.people = PopulationRegister(people)
        self.clinics = ClinicRegister(units, self.database)
        self.references = References(self.database)
        self.journeys = Journeys(self.database, clock)
        self.inbox = Inbox(self.database)
        self.contacts = Contacts(self.database)

    def open(self) -> None:
        """Begin: the database brought up to date, old flows thrown away."""
        if not self.settings.database_url:
            self.settings.data_directory.mkdir(parents=True, exist_ok=True)
        self.database.upgrade(LOCATION, HEAD)
        self.journeys.forget_old()

    def close(self) -> None:
        self.platform.close()
        if self._own_transport is not None:
            self._own_transport.close()
        self.database.close()

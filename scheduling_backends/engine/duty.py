"""A scheduling system's duty towards the engagement index: its settings, its letters' way, its sweep.

Where no index is named nothing is told and nothing is kept for it. Letters go through the platform, as any call; the
index and the platform may be away for as long as they like.
Elsewhere: what is told (notices.py), how letters are kept and sent (contracts/outbox.py).
Source: contracts.md §7 (EIU-1, EIU-2 by push, EIU-7, EIU-8), EI-9.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields

from sqlalchemy.orm import Session

from contracts.consumer import InternalCaller
from contracts.database import Database
from contracts.identifiers import HsaId
from contracts.outbox import Outbox, Redelivery, Relay, Send
from contracts.periodic import Periodic
from contracts.platform_client import PlatformClient
from contracts.times import Clock
from contracts.transport import HttpTransport
from scheduling_backends.engine.models import INDEX_OUTBOX
from scheduling_backends.engine.notices import Notices

SWEEP_SECONDS = 20.0
REDELIVERY = Redelivery((0.5, 0.5, 1.0, 1.0, 2.0, 5.0, 15.0, 60.0), gives_up=False)
"""A source system tries until it is done (EI-9). Soon at first: at a start the platform may listen a moment later."""


def _setting(help: str) -> str:
    told: str = field(default="", metadata={"help": help})
    return told


@dataclass(frozen=True, slots=True)
class DutySettings:
    """What the settings of each system say of the index."""

    index_address: str = _setting("Logical address of the engagement index that hears of bookings; empty: none does.")
    platform_url: str = _setting("Base URL of the platform that leads to the index, such as http://127.0.0.1:8080.")
    platform_instance: str = _setting("Instance id of that platform, which trusts this system as one of its own.")
    system_id: str = _setting("HSA-id of this system: the source system of what the index hears.")
    sends_letters: bool = field(
        default=True,
        metadata={"help": "Whether this process sends what the index must hear; of several on one database, one does."},
    )

    def demand_whole_duty(self, system: str) -> None:
        """Raises ValueError for what is no text, and when an index is named but not how it is reached."""
        names = [one.name for one in fields(DutySettings) if one.name != "sends_letters"]
        if not isinstance(self.sends_letters, bool):
            raise ValueError(f"the {system}'s setting sends_letters is true or false")
        for name in names:
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"the {system}'s setting {name} is a text")
        missing = [name for name in names if not getattr(self, name)]
        if self.index_address and missing:
            raise ValueError(f"the {system}'s setting index_address needs {missing[0]} too")


@dataclass(frozen=True, slots=True)
class IndexDuty:
    """Which index hears of the bookings of which system; `send` takes a letter there, `release` lets its way go."""

    index: HsaId
    system_id: HsaId
    send: Send
    release: Callable[[], None] = lambda: None
    sends_letters: bool = True

    @classmethod
    def of(cls, settings: DutySettings) -> "IndexDuty | None":
        """What the settings ask for; None when no index is named."""
        if not settings.index_address:
            return None
        transport = HttpTransport()
        caller = InternalCaller(settings.system_id, settings.platform_instance)
        platform = PlatformClient(settings.platform_url, transport, caller)
        ids = HsaId(settings.index_address), HsaId(settings.system_id)
        return cls(*ids, platform.deliver, transport.close, settings.sends_letters)


class DutyAtWork:
    """The duty of a system that is open: its letters, its relay and its sweep."""

    def __init__(self, duty: IndexDuty, database: Database, clock: Clock) -> None:
        self._duty, self._database, self._clock = duty, database, clock
        self.outbox = Outbox(INDEX_OUTBOX)
        self._notices = Notices(duty.system_id, duty.index, self.outbox)
        self.relay = Relay(database, self.outbox, duty.send, REDELIVERY, clock, lanes_at_once=1)
        self._sweep = Periodic("index-sweep", self.sweep, SWEEP_SECONDS)

    def open(self) -> None:
        """Tell what has come since the last time, or before there was an index (EIU-3), and begin to send."""
        if not self._duty.sends_letters:
            return
        with self._database.writing() as session:
            self._notices.tell_everything(session, self._clock())
        self.relay.open()
        self._sweep.open()

    def close(self) -> None:
        if self._duty.sends_letters:
            self._sweep.close()
            self.relay.close()
        self._duty.release()

    def tell(self, session: Session) -> None:
        """At the end of a writing transaction: the letter for what it has touched."""
        self._notices.tell_touched(session, self._clock())

    def sweep(self) -> int:
        """Take away the entries whose time has begun; how many there were."""
        with self._database.writing() as session:
            return self._notices.tell_passed(session, self._clock())

    def tell_anew(self) -> int:
        """The index is to be filled anew: tell all that there is (EIU-8); how many entries that is."""
        with self._database.writing() as session:
            self._notices.forget(session)
            return self._notices.tell_everything(session, self._clock())

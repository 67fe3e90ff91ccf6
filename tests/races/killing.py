"""Kills a scheduling system, its index and a subscriber at random moments, and says what became of their data.

`python -m tests.races.killing DIR COUNT SEED` is a process of its own with one thread, so that it can fork: a child
books, moves and cancels, carries letters and notices, and tells by a byte on a pipe each time it has come a little
further; at a number of bytes drawn beforehand the child gets SIGKILL, wherever it then is. After each kill everything
is opened again on what lies on the disk. At the end the letters are carried, and one line of JSON says what there is.
What must then be so is test_killed_between.py's.
"""

import json
import os
import random
import signal
import sys
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.orm import Session

from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import envelope
from contracts.database import Database
from contracts.errors import PlatformError
from contracts.identifiers import HsaId
from contracts.outbox import Letter
from contracts.subscriber import Notice, Subscriber, notice_table
from contracts.times import SWEDEN
from national_services.index.app import Index
from national_services.index.settings import IndexSettings
from scheduling_backends.engine import notices
from scheduling_backends.engine.duty import IndexDuty
from scheduling_backends.engine.offer import BookableBy, ClinicSettings, TimeTypeSettings
from scheduling_backends.engine.schedules import Period
from scheduling_backends.testing import Questions
from scheduling_backends.timebook.adapter import Timebook
from scheduling_backends.timebook.settings import TimebookSettings
from tests.people import ANNA, BERTIL, DAN, GRETA, KARIN

NOW = datetime(2026, 11, 27, 10, 30, tzinfo=SWEDEN)
NORTH, SOUTH = HsaId("SE2321009991-2B02"), HsaId("SE2321009991-2B03")
INDEX, SYSTEM, SUBSCRIBER = "SE2321009991-EI01", "SE2321009991-FT01", "SE2321009991-ET01"
PEOPLE = (ANNA, BERTIL, DAN, GRETA, KARIN)
MOST_STEPS = 60
METADATA = MetaData()
NOTICES = notice_table(METADATA)
TOLD = Table(
    "told",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("booking", String(64), nullable=False),
    Column("category", String(24), nullable=False),
    Column("address", String(64), nullable=False),
    Column("content", String(14)),
    sqlite_autoincrement=True,
)


@dataclass
class Outcome:
    """What there was at the end. Entries are [booking, category, address, content]; `told` has them in order."""

    kills: int = 0
    should_be: list[list[str]] = field(default_factory=list)
    in_index: list[list[str]] = field(default_factory=list)
    told: list[list[str | None]] = field(default_factory=list)
    waiting: int = 0


class Everything:
    """The three of them on one folder, without threads: nothing happens but by a call."""

    def __init__(self, folder: Path, step) -> None:
        self.step = step
        self.database = Database(f"sqlite:///{folder / 'subscriber.sqlite'}")
        METADATA.create_all(self.database.engine)
        self.subscriber = Subscriber(self.database, NOTICES, lambda: NOW)
        settings = IndexSettings(hsa_id=INDEX, data_directory=folder, registry_address="SE2321009991-TP01")
        self.index = Index(settings, lambda: NOW, Registry(self))
        self.index.open(in_background=False)
        if not self.index.refresh_subscribers():
            raise RuntimeError("the registry was not understood")
        self.timebook = Timebook(TimebookSettings(data_directory=folder), lambda: NOW)
        self.timebook._duty = IndexDuty(HsaId(INDEX), HsaId(SYSTEM), self.to_the_index)
        self.timebook.open()
        self.timebook.duty.close()  # its threads: here letters go when the test says so

    def to_the_index(self, letter: Letter) -> None:
        self.step()
        message = codec.decode(codec.UPDATE.request, envelope.read(letter.body).payload)
        self.index.update(message, INDEX, letter.correlation_id)
        self.step()

    def to_the_subscriber(self, letter: Letter) -> None:
        self.step()
        message = codec.decode(codec.PROCESS_NOTIFICATION.request, envelope.read(letter.body).payload)
        self.subscriber.keep(message, letter.correlation_id)
        self.step()

    def carry(self) -> None:
        self.timebook.duty.relay.deliver_all()
        self.step()
        self.index.deliver_all()
        self.step()
        self.subscriber.hand_on(_note)
        self.step()

    def close(self) -> None:
        self.timebook.close()
        self.index.close()
        self.database.close()


class Registry:
    """The platform as the index knows it: one subscriber, reached at once."""

    def __init__(self, everything: Everything) -> None:
        self._everything = everything

    def call(self, contract: str, body: bytes, correlation_id: str, headers=None) -> envelope.Message:
        namespace = "urn:riv:infrastructure:itintegration:registry"
        answer = (
            f'<GetLogicalAddresseesByServiceContractResponse xmlns="{contract}"><logicalAddressRecord>'
            f"<logicalAddress>{SUBSCRIBER}</logicalAddress></logicalAddressRecord>"
            "</GetLogicalAddresseesByServiceContractResponse>"
        )
        assert contract.startswith(namespace)
        whole = (
            f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{answer}</s:Body></s:Envelope>'
        )
        return envelope.read(whole.encode())

    def deliver(self, letter: Letter) -> None:
        self._everything.to_the_subscriber(letter)


def _note(session: Session, notice: Notice) -> None:
    """What a subscriber makes of a notice, in the transaction that marks it as handed on."""
    one = notice.change.engagement
    content = None if notice.change.is_deletion else one.most_recent_content
    row = {"booking": one.business_object, "category": one.categorization, "address": one.logical_address}
    session.execute(insert(TOLD), row | {"content": content})


def planted(folder: Path) -> None:
    everything = Everything(folder, lambda: None)
    kind = TimeTypeSettings("BES", "Besök", "Besök", bookable_by=BookableBy.BOTH, max_simultaneous=0, max_rebookings=0)
    first = date(2026, 12, 1)
    period = Period(first, first + timedelta(days=40), time(8), time(16), 30)
    with everything.timebook.desk() as desk:
        for clinic in (NORTH, SOUTH):
            desk.add_clinic(clinic, ClinicSettings("M", group="G", rebooks_in_group=True))
            desk.add_time_type(clinic, kind)
            desk.add_slots(clinic, "BES", period)
    everything.close()


def live(folder: Path, seed: int, step) -> None:
    """Whatever citizens and staff do, with letters carried in between, until somebody puts an end to it."""
    chance = random.Random(seed)
    everything = Everything(folder, step)
    while True:
        person, clinic = chance.choice(PEOPLE), chance.choice((NORTH, SOUTH))
        _do_something(chance, Questions(everything.timebook, clinic, person.identity, "BES", lambda: NOW, person.info))
        step()
        if chance.random() < 0.7:
            everything.carry()


def _do_something(chance: random.Random, ask: Questions) -> None:
    booked = ask.schedule()
    free = ask.free_times(date(2026, 12, 1), date(2026, 12, 31))
    if booked and chance.random() < 0.4:
        ask.cancel(chance.choice(booked).booking_id)
    elif booked and chance.random() < 0.5:
        booking = chance.choice(booked).booking_id
        other = ask.at(chance.choice((NORTH, SOUTH)))
        times = other.free_times(date(2026, 12, 1), date(2026, 12, 31), booking)
        if times:
            other.move(booking, chance.choice(times))
    elif free:
        ask.make(chance.choice(free))


def kill_once(folder: Path, seed: int, at: int) -> None:
    """Let a child live until it has made `at` steps, and kill it wherever it then is."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            live(folder, seed, lambda: os.write(writing, b"."))
        except BaseException as error:  # the parent must hear of it
            os.write(writing, f"!{type(error).__name__}".encode())
        os._exit(1)
    os.close(writing)
    seen = 0
    while seen < at:
        told = os.read(reading, at - seen)
        if not told or b"!" in told:
            raise SystemExit(f"the child ended by itself: {told!r} {os.read(reading, 200)!r}")
        seen += len(told)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)


def outcome(folder: Path, kills: int) -> Outcome:
    """Everything carried, and then what there is."""
    everything = Everything(folder, lambda: None)
    for _ in range(3):
        everything.carry()
    found = Outcome(kills)
    with everything.timebook.reading() as session:
        wanted = notices._all_wanted(session, NOW).values()
        found.should_be = sorted([w.booking_id, w.category, w.logical_address, w.most_recent_content] for w in wanted)
    with everything.database.reading() as session:
        columns = (TOLD.c.booking, TOLD.c.category, TOLD.c.address, TOLD.c.content)
        found.told = [list(row) for row in session.execute(select(*columns).order_by(TOLD.c.id))]
    for person in PEOPLE:
        question = e.FindContent(resident=person.number, service_domain=e.DOMAIN)
        found.in_index += [
            [one.business_object, one.categorization, one.logical_address, one.most_recent_content or ""]
            for one in everything.index.find(question, "after").engagements
        ]
    found.in_index.sort()
    everything.close()
    return found


def main(folder: Path, count: int, seed: int) -> None:
    planted(folder)
    chance = random.Random(seed)
    for number in range(count):
        kill_once(folder, seed + number, chance.randint(1, MOST_STEPS))
    print(json.dumps(asdict(outcome(folder, count))))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    except PlatformError as error:
        raise SystemExit(str(error)) from error

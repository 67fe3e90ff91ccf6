"""A timebook to try things on, with short ways to set it up and to ask it, and a clock to move.

It is Friday 27 November 2026, 10.30. The databases are copies of one that was migrated once.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, select, text

from contracts import scheduling as s
from contracts.database import Database
from contracts.identifiers import HsaId
from contracts.producer import Caller
from contracts.times import SWEDEN
from scheduling_backends.engine import migrations
from scheduling_backends.engine.models import Base
from scheduling_backends.engine.offer import BookableBy, ClinicSettings, TimeTypeSettings
from scheduling_backends.engine.schedules import Period
from scheduling_backends.testing import Questions
from scheduling_backends.timebook.adapter import Timebook, create
from tests.people import ANNA, Person

NOW = datetime(2026, 11, 27, 10, 30, tzinfo=SWEDEN)
NORTH = HsaId("SE2321009991-2B02")
SOUTH = HsaId("SE2321009991-2B03")
ALONE = HsaId("SE2321009991-2b06")
OFFICE = HsaId("SE2321009991-2B99")
GROUP = ClinicSettings("Norra", phone="070-174 06 06", group="Provtagningen", rebooks_in_group=True)


def at(day: int, hour: int, minute: int = 0, month: int = 12) -> datetime:
    """A moment in 2026, Swedish time."""
    return datetime(2026, month, day, hour, minute, tzinfo=SWEDEN)


def a_type(**changes: object) -> TimeTypeSettings:
    """A plain kind of time that citizens and care book, half an hour long."""
    return replace(TimeTypeSettings("BES", "Besök", "Besök hos oss", bookable_by=BookableBy.BOTH), **changes)


def a_period(first: date, last: date | None = None, opens: int = 9, closes: int = 12, length: int = 30) -> Period:
    return Period(first, last or first, time(opens), time(closes), length)


@dataclass
class MovableClock:
    """A clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class World:
    """An open timebook, its clock, and short ways to set it up and to ask it."""

    timebook: Timebook
    clock: MovableClock
    url: str
    databases: list[Database] = field(default_factory=list)

    def add_clinic(
        self, hsa_id: HsaId = NORTH, settings: ClinicSettings = GROUP, *time_types: TimeTypeSettings
    ) -> None:
        with self.timebook.desk() as desk:
            desk.add_clinic(hsa_id, settings)
            for time_type in time_types:
                desk.add_time_type(hsa_id, time_type)

    def add_times(self, hsa_id: HsaId = NORTH, code: str = "BES", period: Period | None = None, **more: object) -> int:
        """Times on two working days from Tuesday 1 December, 9 to 12, unless told otherwise; how many."""
        with self.timebook.desk() as desk:
            return desk.add_slots(hsa_id, code, period or a_period(date(2026, 12, 1), date(2026, 12, 2)), **more).made

    def change(self, code: str = "BES", hsa_id: HsaId = NORTH, **settings: object) -> None:
        with self.timebook.desk() as desk:
            desk.change_time_type(hsa_id, code, **settings)

    def ask(self, person: Person = ANNA, facility: HsaId = NORTH, code: str = "BES") -> Questions:
        return Questions(self.timebook, facility, person.identity, code, self.clock, person.info)

    def rows(self, kind: type[Base]) -> list:
        """All rows of a table, as they are now."""
        if not self.databases:
            self.databases.append(Database(self.url))
        with self.databases[0].reading() as session:
            return list(session.scalars(select(kind)).all())


def a_caller(person: Person | None = ANNA, address: HsaId = NORTH, actor: s.Actor | None = None) -> Caller:
    """A call for the person in person; None for no Actor."""
    acting = actor or (None if person is None else person.actor)
    return Caller(address, "SE2321009991-ET01", "SE2321009991-ET01", acting, "call-1")


_EMPTY: list[Path] = []


def empty_database(folder: Path) -> str:
    """A migrated, empty SQLite database in `folder`; its URL."""
    if not _EMPTY:
        _EMPTY.append(_migrated())
    shutil.copy(_EMPTY[0], folder / "timebook.sqlite")
    return f"sqlite:///{folder / 'timebook.sqlite'}"


def _migrated() -> Path:
    path = Path(tempfile.mkdtemp(prefix="tidbro-tests-")) / "empty.sqlite"
    database = Database(f"sqlite:///{path}")
    database.upgrade(migrations.LOCATION, migrations.HEAD)
    database.close()
    return path


@contextmanager
def a_world(url: str, **settings: object) -> Iterator[World]:
    """An open timebook on the database at `url`, without clinics."""
    clock = MovableClock()
    timebook = create({"database_url": url, **settings}, clock=clock)
    timebook.open()
    world = World(timebook, clock, url)
    yield world
    timebook.close()
    for database in world.databases:
        database.close()


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty schema of its own on the PostgreSQL that TIDBRO_TEST_POSTGRESQL names.

    Skips the test where there is none; in CI that is a failure.
    """
    address = os.environ.get("TIDBRO_TEST_POSTGRESQL")
    if not address:
        if os.environ.get("CI") == "true":
            pytest.fail("CI runs the tests on PostgreSQL too: TIDBRO_TEST_POSTGRESQL must name one")
        pytest.skip("TIDBRO_TEST_POSTGRESQL names no PostgreSQL")
    schema = f"test_{uuid.uuid4().hex}"
    engine = create_engine(make_url(address).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        url = make_url(address).update_query_dict({"options": f"-csearch_path={schema}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()

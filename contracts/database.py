"""How whoever keeps data keeps it: engine, transactions, moments, migrations.

SQLite when nothing else is asked for (WAL, foreign keys, full synchronisation, so that an acknowledged booking
survives a killed process and a power cut), PostgreSQL by URL through psycopg. Every writing transaction begins as such
(BEGIN IMMEDIATE), so that SQLite never has to refuse one half-way. Moments are stored in UTC by one column type.
Statements hide their parameters in errors: those are people's numbers.
Scheduling systems, the index and subscribers stand on it; they share the way, never a database.
Elsewhere: the tables (each one's models.py), the versions of the schema (each one's migrations/).
Source: DESIGN decision 9, STYLE §10.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    TypeDecorator,
    create_engine,
    event,
    func,
    inspect,
    literal,
    make_url,
    select,
    text,
)
from sqlalchemy.orm import Session

BUSY_TIMEOUT_MILLISECONDS = 20_000
POOL_SIZE = 16
POOL_WAIT_SECONDS = 20.0
_SWITCH_PAUSE_SECONDS = 0.005
_MIGRATION_LOCK = "scheduling_backends.migration"


class UtcMoment(TypeDecorator[datetime]):
    """A moment: aware datetimes go in, aware datetimes in UTC come out; the database holds UTC.

    Raises ValueError (through SQLAlchemy's StatementError) for a datetime without a zone.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """A system's database: short transactions that only read, and short transactions that write.

    `url` is SQLAlchemy's; `postgresql://` means psycopg 3. Making one connects to nothing.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._writing_engine = self.engine.execution_options(writes=True)
        self._is_sqlite = self.engine.dialect.name == "sqlite"
        # SQLite has one writer at a time and lets the others sleep and try again. Threads of this process queue here
        # instead, which is quicker and fair; that a seat is taken once is the unique constraint's doing, not this.
        self._queue = threading.Lock() if self._is_sqlite else nullcontext()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for questions; whatever it changed is rolled back."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session for changes: committed when the block ends, rolled back when it raises."""
        with self._queue, Session(self._writing_engine, expire_on_commit=False) as session, session.begin():
            yield session

    def upgrade(self, script_location: str, head: str) -> None:
        """Bring the schema to the version `head` of the migrations at `script_location` (`package:folder`).

        Quick when the schema is there already: the migration tool is not even imported. Two processes that start at
        once wait for each other.
        """
        with self._queue, self._writing_engine.begin() as connection:
            if not self._is_sqlite:
                connection.execute(_lock_statement(_MIGRATION_LOCK))
            if _schema_version(connection) != head:
                _run_migrations(connection, script_location, head)

    def is_reachable(self) -> bool:
        """Whether the database answers now."""
        try:
            with self.engine.connect() as connection:
                return bool(connection.scalar(text("SELECT 1")))
        except Exception:  # whatever the driver says: the answer is no
            return False

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def hold(session: Session, name: str) -> None:
    """Wait until no other writing transaction holds `name`, and hold it until this one ends.

    For rules over several rows, such as a citizen's number of bookings. SQLite's writers are alone as it is.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_lock_statement(name))


def migration_config(script_location: str) -> Any:
    """Alembic's configuration for the migrations at `script_location`, without an ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", script_location)
    config.set_main_option("path_separator", "os")
    return config


def _lock_statement(name: str) -> Any:
    return select(func.pg_advisory_xact_lock(func.hashtextextended(literal(name), 0)))


def _schema_version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _run_migrations(connection: Connection, script_location: str, head: str) -> None:
    from alembic import command

    config = migration_config(script_location)
    config.attributes["connection"] = connection
    command.upgrade(config, head)


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(
        address, hide_parameters=True, pool_size=POOL_SIZE, max_overflow=0, pool_timeout=POOL_WAIT_SECONDS
    )
    event.listen(engine, "handle_error", _leave_out_values)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _leave_out_values(context: ExceptionContext) -> None:
    """PostgreSQL tells in an error's detail what the failing row contains: only its first line is kept."""
    told = getattr(getattr(context.original_exception, "diag", None), "message_primary", None)
    if told is None:
        return
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            error.args = (told, *error.args[1:])


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own: _begin_sqlite does
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}")
    _use_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _use_write_ahead_log(connection: Any) -> None:
    """Switch a new file to WAL. SQLite does not wait for others who are switching it just then, so we do."""
    last_try = time.monotonic() + BUSY_TIMEOUT_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > last_try:
                raise
            time.sleep(_SWITCH_PAUSE_SECONDS)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

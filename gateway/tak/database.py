"""How the catalogue is kept: engine and transactions; SQLite (WAL) when nothing else is asked for, PostgreSQL by URL.

Every writing transaction begins as such and writers of one catalogue queue up: changes are rare, and rules that look
at several rows (keys, overlaps) then need no thought for others. Moments are stored in UTC.
The tables are made as they are, without a migration tool: there is one version of them so far, and every published
version is a JSON document of its own that any later one can import. A database of another version is refused.
Elsewhere: the tables (entities.py). Source: DESIGN decision 9, STYLE §10.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    event,
    func,
    literal,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from gateway.tak.refusals import CatalogueStoreUnusable

BUSY_TIMEOUT_MILLISECONDS = 20_000
_WRITERS = "gateway.tak"


class Database:
    """Short transactions that only read, and short transactions that write. Making one connects to nothing."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._writing_engine = self.engine.execution_options(writes=True)

    def make_private(self) -> None:
        """Make the file of an SQLite database that is not there yet, for its owner alone. Raises OSError."""
        file = self.engine.url.database
        if self.engine.dialect.name == "sqlite" and file and file != ":memory:":
            with suppress(FileExistsError):
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for questions; whatever it changed is rolled back."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session for changes, alone among writers: committed when the block ends, rolled back when it raises."""
        with self.trying() as session:
            yield session
            session.commit()

    @contextmanager
    def trying(self) -> Iterator[Session]:
        """A session that changes, alone among writers, and is rolled back unless it is committed."""
        with Session(self._writing_engine, expire_on_commit=False) as session:
            if self.engine.dialect.name == "postgresql":
                session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(literal(_WRITERS), 0))))
            yield session

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(address, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise CatalogueStoreUnusable("The database's URL must be one of SQLite or PostgreSQL.") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own: _begin_sqlite does
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}")
    with suppress(sqlite3.OperationalError):  # somebody else is switching the new file just now
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

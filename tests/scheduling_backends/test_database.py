"""contracts/database.py: transactions, moments, migrations."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, StatementError

from contracts.database import Database, migration_config
from scheduling_backends.engine import migrations
from scheduling_backends.engine.models import AuditRow, Base
from tests.people import ANNA
from tests.scheduling_backends.timebooks import NOW


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    database.upgrade(migrations.LOCATION, migrations.HEAD)
    yield database
    database.close()


def an_audit_line(**changes):
    line = {
        "at": NOW,
        "action": "make",
        "outcome": "OK",
        "clinic": "SE2321009991-2B02",
        "consumer": "SE2321009991-ET01",
        "correlation_id": "call-1",
        "actor": "",
    }
    return line | changes


def test_the_migrations_lead_to_what_the_models_say(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_newest_version_is_the_one_that_a_start_looks_for():
    script = ScriptDirectory.from_config(migration_config(migrations.LOCATION))
    assert script.get_current_head() == migrations.HEAD


def test_an_upgraded_database_can_be_upgraded_again(database):
    database.upgrade(migrations.LOCATION, migrations.HEAD)
    assert database.is_reachable()


def test_the_first_version_can_be_taken_back(database):
    from alembic import command

    config = migration_config(migrations.LOCATION)
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() is None


def test_two_processes_can_start_on_one_new_database(database_url):
    databases = [Database(database_url), Database(database_url)]
    errors = []
    barrier = threading.Barrier(2)

    def start(database):
        barrier.wait()
        try:
            database.upgrade(migrations.LOCATION, migrations.HEAD)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=start, args=(one,)) for one in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in databases:
        one.close()
    assert errors == []


def test_a_moment_comes_back_as_the_same_moment_in_utc(database):
    with database.writing() as session:
        session.execute(insert(AuditRow).values(an_audit_line(at=NOW)))
    with database.reading() as session:
        found = session.scalar(select(AuditRow.at))
    assert (found, found.tzinfo) == (NOW, UTC)


def test_a_moment_without_a_zone_is_not_stored(database):
    with pytest.raises(StatementError, match="without a time zone"), database.writing() as session:
        session.execute(insert(AuditRow).values(an_audit_line(at=datetime(2026, 11, 27, 10, 30))))


def test_a_block_that_raises_leaves_nothing_behind(database):
    def write_and_fail():
        with database.writing() as session:
            session.execute(insert(AuditRow).values(an_audit_line()))
            session.execute(insert(AuditRow).values(an_audit_line(actor=None)))

    with pytest.raises(DBAPIError):
        write_and_fail()
    with database.reading() as session:
        assert session.scalars(select(AuditRow)).all() == []


def test_a_session_for_questions_keeps_no_changes(database):
    with database.reading() as session:
        session.execute(insert(AuditRow).values(an_audit_line()))
    with database.reading() as session:
        assert session.scalars(select(AuditRow)).all() == []


@pytest.mark.parametrize("change", [update(AuditRow).values(outcome="ERROR"), text("DELETE FROM audit_log")])
def test_a_line_of_the_audit_log_can_be_neither_changed_nor_removed(database, change):
    with database.writing() as session:
        session.execute(insert(AuditRow).values(an_audit_line()))
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as session:
        session.execute(change)


def test_an_error_of_the_database_tells_no_values(database):
    secret = "a citizen's own words"
    with pytest.raises(DBAPIError) as caught, database.writing() as session:
        session.execute(text("INSERT INTO audit_log (id, actor) VALUES (1, :words)"), {"words": secret})
    assert secret not in str(caught.value)
    assert secret not in str(caught.value.orig)


def test_a_sqlite_database_is_durable_and_minds_its_foreign_keys(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'one.sqlite'}")
    with database.engine.connect() as connection:
        told = [connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys", "synchronous")]
    database.close()
    assert told == ["wal", 1, 2]


def test_a_database_that_is_not_there_is_not_reachable(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'one.sqlite'}")
    assert not database.is_reachable()
    database.close()


def test_care_s_notes_of_before_are_taken_out_of_the_citizens_reasons(tmp_path):
    """contracts.md MB-8: also of bookings that have gone on at another clinic; what citizens wrote stays."""
    database = Database(f"sqlite:///{tmp_path / 'before.sqlite'}")
    database.upgrade(migrations.LOCATION, "0003")
    rows = (
        ("B-care", "booked", "care", "Orolig", None),
        ("B-left", "moved", "care", "Yrsel", "B-went"),
        ("B-went", "booked", "citizen", "Yrsel", None),
        ("B-web", "booked", "citizen", "Hosta", None),
    )
    with closing(sqlite3.connect(tmp_path / "before.sqlite")) as connection, connection:
        for row in rows:
            booking_id, _, by, _, _ = row
            connection.execute(
                "INSERT INTO bookings (id, state, booked_by, reason, replaced_by, clinic_id, time_type_id, "
                "is_invitation, subject_of_care, made_at, moves) VALUES (?, ?, ?, ?, ?, 1, 1, 0, ?, '2026-11-27', 0)",
                (*row, ANNA.number),
            )
            happened = ("moved", "citizen") if booking_id == "B-went" else ("booked", by)
            connection.execute(
                "INSERT INTO booking_history (booking_id, at, what, done_by) VALUES (?, '2026-11-27', ?, ?)",
                (booking_id, *happened),
            )
    database.upgrade(migrations.LOCATION, migrations.HEAD)
    with database.engine.begin() as connection:
        found = connection.execute(text("SELECT id, reason, care_note FROM bookings ORDER BY id")).all()
    database.close()
    assert [tuple(row) for row in found] == [
        ("B-care", None, "Orolig"),
        ("B-left", None, "Yrsel"),
        ("B-web", "Hosta", None),
        ("B-went", None, "Yrsel"),
    ]

"""The index's settings, its log, and that its migrations make the tables that its models describe."""

import logging
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from contracts.database import Database
from national_services.index import migrations
from national_services.index.models import Base
from national_services.index.settings import IndexSettings
from tests.national_services.index.world import INDEX, PLATFORM, PORTAL, World, told
from tests.people import ANNA


def test_the_defaults_are_the_real_indexs() -> None:
    """platform.md §21.2, §21.3."""
    settings = IndexSettings()
    assert settings.redelivery.waits == (1.0,) * 5
    assert (settings.subscribers_ttl_seconds, settings.collect_messages) == (7200, 10)
    assert settings.reserved == {INDEX.lower(), PLATFORM.lower()}


def test_an_unknown_setting_stops_the_start() -> None:
    with pytest.raises(ValueError, match="the index has no setting colour"):
        IndexSettings.from_mapping({"colour": "blue"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hsa_id", ""),
        ("hsa_id", 1),
        ("collect_seconds", -1.0),
        ("collect_seconds", True),
        ("collect_messages", 0),
        ("threads", "16"),
        ("not_allowed_hsa_ids", (1,)),
        ("redelivery_waits", (-1.0,)),
        ("gives_up", "yes"),
    ],
)
def test_a_value_that_does_not_fit_stops_the_start(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"setting|redelivery"):
        IndexSettings.from_mapping({name: value})


def test_migrations_make_the_tables_of_the_models(database_url: str) -> None:
    database = Database(database_url)
    database.upgrade(migrations.LOCATION, migrations.HEAD)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    database.close()


def test_nobody_stands_in_the_log(world: World, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """DESIGN decision 10."""
    with caplog.at_level(logging.DEBUG, "national_services"), caplog.at_level(logging.DEBUG, "contracts"):
        receiver = world.subscriber(PORTAL)
        receiver.refuses = f"no room for {ANNA.number}"
        world.update(told())
        world.index.deliver_all()
        world.town.registry_is_up = False
        world.index.refresh_subscribers()
    assert "letter_not_delivered" in caplog.text
    assert ANNA.number not in caplog.text + "".join(str(vars(record)) for record in caplog.records)

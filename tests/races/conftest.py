"""A world on each kind of database, for threads to meet in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scheduling_backends.timebooks import World, a_world, empty_database, postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """An open timebook on a SQLite file, and on PostgreSQL where there is one."""
    if request.param == "sqlite":
        with a_world(empty_database(tmp_path)) as world:
            yield world
    else:
        with postgresql() as url, a_world(url) as world:
            yield world

"""An index of its own for each test, on SQLite; on both kinds of database for those that ask."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.national_services.index.world import Soap, World, a_world, soap
from tests.scheduling_backends.timebooks import postgresql


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An open index, empty, without subscribers."""
    with a_world(tmp_path) as world:
        yield world


@pytest.fixture
def index_by_soap(world: World) -> Iterator[Soap]:
    with soap(world) as asked:
        yield asked


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'index.sqlite'}"
    else:
        with postgresql() as url:
            yield url


@pytest.fixture
def any_world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """An open index on each kind of database."""
    with a_world(tmp_path, database_url=database_url) as world:
        yield world

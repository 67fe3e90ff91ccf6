"""A timebook of its own for each test, on SQLite; bare databases of both kinds for those that ask."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scheduling_backends.timebooks import GROUP, NORTH, World, a_type, a_world, empty_database, postgresql


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An open timebook without clinics."""
    with a_world(empty_database(tmp_path)) as world:
        yield world


@pytest.fixture
def clinic(world: World) -> World:
    """The timebook with one clinic, one kind of time and twelve times on 1 and 2 December."""
    world.add_clinic(NORTH, GROUP, a_type())
    world.add_times()
    return world


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'other.sqlite'}"
    else:
        with postgresql() as url:
            yield url

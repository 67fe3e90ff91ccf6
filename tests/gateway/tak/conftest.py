"""An open catalogue of its own for each test; on both kinds of database for those that are about races."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.tak.store import Store
from tests.gateway.tak.catalogues import an_open_store
from tests.scheduling_backends.timebooks import postgresql


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with an_open_store(f"sqlite:///{tmp_path / 'tak.db'}") as store:
        yield store


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind; PostgreSQL where there is one."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'tak.db'}"
    else:
        with postgresql() as url:
            yield url

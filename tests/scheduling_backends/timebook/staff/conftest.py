"""The timebook's site over a staffed clinic, and a browser at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduling_backends.timebook.staff import site
from tests.scheduling_backends.desks import SECRET, a_browser, a_staffed_timebook
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.timebooks import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_staffed_timebook(tmp_path) as world:
        yield world


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    with a_browser(site(world.timebook, SECRET)) as browser:
        yield browser

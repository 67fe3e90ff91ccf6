"""The record system's site over a staffed unit, and a browser at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduling_backends.takecare.staff import site
from tests.scheduling_backends.desks import SECRET, a_browser, staffed
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.takecare.conftest import a_record_system
from tests.scheduling_backends.timebooks import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_record_system(tmp_path, emulated_sign_in=True) as world:
        yield staffed(world)
        for database in world.databases:
            database.close()


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    with a_browser(site(world.timebook.system, SECRET)) as browser:
        yield browser

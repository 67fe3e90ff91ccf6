"""Chromium at the staff's pages; a site is served on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from scheduling_backends.engine.states import Role
from scheduling_backends.takecare.staff import site as takecare_site
from scheduling_backends.timebook.staff import site as timebook_site
from tests.chromium import a_chromium
from tests.scheduling_backends.desks import CHIEF, NAMES, SECRET, a_staffed_timebook, staffed
from tests.scheduling_backends.takecare.conftest import a_record_system, served
from tests.scheduling_backends.timebooks import NORTH, World


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of this folder; while it is open, Playwright's event loop runs in this thread."""
    with a_chromium() as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A window of 1,280 by 900 that speaks Swedish and runs scripts."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="sv-SE")
    yield context.new_page()
    context.close()


def with_all_roles(world: World) -> World:
    """The administrator may everything at the clinic."""
    with world.timebook.desk() as desk:
        for role in (Role.SCHEDULER, Role.BOOKER):
            desk.give_role(CHIEF, role, NORTH)
    return world


@pytest.fixture
def timebook(tmp_path: Path) -> Iterator[tuple[World, str]]:
    """A staffed timebook, and the address of its site."""
    with a_staffed_timebook(tmp_path) as world, served(timebook_site(world.timebook, SECRET)) as address:
        yield with_all_roles(world), address.removesuffix("/service")


@pytest.fixture
def takecare(tmp_path: Path) -> Iterator[tuple[World, str]]:
    """A staffed record system, and the address of its site."""
    with a_record_system(tmp_path, emulated_sign_in=True) as world:
        system = world.timebook.system
        with served(takecare_site(system, SECRET)) as address:
            yield with_all_roles(staffed(world)), address.removesuffix("/service")
        for database in world.databases:
            database.close()


def sign_in(page: Page, address: str, clinic: str = "Norra") -> None:
    page.goto(address)
    page.get_by_role("link", name=NAMES[CHIEF]).click()
    page.get_by_role("button", name=f"Logga in på {clinic}").click()

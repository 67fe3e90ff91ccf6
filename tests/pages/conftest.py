"""Chromium at the pages: Debian's own, through Playwright; a site is served on loopback.

Without Chromium these tests are skipped and say how to get it; where CI is set they fail.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from scheduling_backends.engine.states import Role
from scheduling_backends.takecare.staff import site as takecare_site
from scheduling_backends.timebook.staff import site as timebook_site
from tests.scheduling_backends.desks import CHIEF, NAMES, SECRET, a_staffed_timebook, staffed
from tests.scheduling_backends.takecare.conftest import a_record_system, served
from tests.scheduling_backends.timebooks import NORTH, World

MISSING = "Chromium is missing: apt-get install chromium (Debian and Ubuntu), then run the test again."


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of this folder; while it is open, Playwright's event loop runs in this thread."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


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


def check_axe(page: Page) -> None:
    """No rule of axe is broken by the page as it is."""
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"


def check_width(page: Page) -> None:
    """Nothing lies beside the window."""
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], f"{page.url} is {widths[0]} wide in a window of {widths[1]}"

"""Debian's own Chromium, through Playwright, for whoever looks at pages.

While it is open, Playwright's event loop runs in this thread, and `asyncio.run` in the same thread refuses to start:
whoever opens it closes it again, at the latest with the module or folder of tests that looks at pages.
Without Chromium tests are skipped and say how to get it; where CI is set they fail.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

MISSING = "Chromium is missing: apt-get install chromium (Debian and Ubuntu), then run the test again."


@contextmanager
def a_chromium() -> Iterator[Browser]:
    """A browser whose own words, such as those in fields for dates, are Swedish; closed with its loop at the end."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--lang=sv"], env={**os.environ, "LANGUAGE": "sv"}
        )
        try:
            yield browser
        finally:
            browser.close()


def check_axe(page: Page) -> None:
    """No rule of axe is broken by the page as it is."""
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"


def check_width(page: Page) -> None:
    """Nothing lies beside the window."""
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], f"{page.url} is {widths[0]} wide in a window of {widths[1]}"

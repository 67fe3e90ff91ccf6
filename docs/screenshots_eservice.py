"""`python -m docs.screenshots_eservice`: pictures in docs/screens of the citizens' pages of the demo, one morning.

Whatever the tests' walks stop at is taken (tests/eservice/strolls.py: where a new page is added), 1,280 pixels wide and
light; what is in ON_A_TELEPHONE again as a telephone shows it, 320 wide and dark. docs/eservice.md shows them.
The demo's people are all made up, so the pictures may go anywhere.
Elsewhere: the staff's pages, and how a picture is taken (screenshots.py).
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from docs.screenshots import clear, take
from tests.chromium import a_chromium
from tests.eservice.conftest import a_demo
from tests.eservice.strolls import SETTINGS, WALKS, Window

LEFT_OUT = frozenset(
    (
        "accessibility", "acting", "acting-nobody", "admin-not-found", "book-before-wrong", "book-check-wrong",
        "book-invitation-check", "book-invitation-done", "book-place", "book-time-many", "book-time-wrong",
        "book-what-only", "book-what-wrong", "booking-invitation", "bookings-clinic", "bookings-none",
        "cancel-check-wrong", "clinic-open", "clinics-found", "clinics-none", "inbox-empty", "not-found",
        "reminder-wrong", "settings-wrong", "sign-in-wrong", "watch-wrong", "watches-none", "why",
    )
)  # fmt: skip
"""States that differ little from others, and long texts."""
ON_A_TELEPHONE = frozenset(
    ("start", "clinic", "bookings", "book-what", "book-time", "book-check", "book-done", "rebook-check", "taken")
)


def main() -> None:
    """Take them all anew."""
    clear("eservice-*")
    with tempfile.TemporaryDirectory() as folder, a_demo(None, Path(folder), eservice=SETTINGS) as demo:
        for walk in WALKS:
            with _window() as page:
                walk(Window(page, demo, _take))


@contextmanager
def _window() -> Iterator[Page]:
    """A window of a browser of its own."""
    with a_chromium() as chromium:
        page = chromium.new_context(locale="sv-SE").new_page()
        _size(page, 1280, 800, "light")
        yield page


def _take(page: Page, name: str) -> None:
    if name in LEFT_OUT:
        return
    page.mouse.move(0, 0)
    take(page, f"eservice-{name}")
    if name in ON_A_TELEPHONE:
        _size(page, 320, 640, "dark")
        take(page, f"eservice-{name}-320")
        _size(page, 1280, 800, "light")


def _size(page: Page, width: int, height: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()

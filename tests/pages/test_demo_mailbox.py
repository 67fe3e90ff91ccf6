"""The demo mailbox's page in Chromium: axe, no sideways scroll, one recipient by keyboard (domain.md §5.12; look.md)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, expect

from tests.chromium import check_axe, check_width
from tests.eservice.posts import ANNA_AT, BERTIL_AT, NOW, a_post_office
from tidbro import server
from tidbro.demo_mailbox import DemoMailbox


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[DemoMailbox]:
    mailbox = DemoMailbox(tmp_path, lambda: NOW)
    mailbox.open()
    yield mailbox
    mailbox.close()


@contextmanager
def served(mailbox: DemoMailbox) -> Iterator[str]:
    """The address of its page; it is served on loopback until the block ends."""
    listening = server.listen("127.0.0.1", 0)
    listening.listen()  # who comes before the server has started waits
    running = uvicorn.Server(
        uvicorn.Config(mailbox.application, interface="asgi3", lifespan="off", log_level="critical")
    )
    thread = threading.Thread(target=running.run, args=([listening],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/mailbox/"
    finally:
        running.should_exit = True
        thread.join()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
def test_the_mailbox_holds_by_axe_and_fits_its_window_empty_and_full(
    chromium: Browser, mailbox: DemoMailbox, tmp_path: Path, width: int, scheme: str
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 640}, color_scheme=scheme, locale="sv-SE")
    page = context.new_page()
    with served(mailbox) as address:
        page.goto(address)
        check_axe(page)
        check_width(page)
        fill(mailbox, tmp_path)
        page.goto(address)
        check_axe(page)
        check_width(page)
        expect(page.locator("article")).to_have_count(4)
        page.get_by_label("Mottagare").select_option(BERTIL_AT)
        page.get_by_role("button", name="Visa").press("Enter")
        expect(page.locator("article")).to_have_count(1)
        assert "bertil" not in page.url
        expect(page.get_by_label("Mottagare")).to_have_value(page.url.rpartition("=")[2])
        context.close()


def fill(mailbox: DemoMailbox, folder: Path) -> None:
    office = a_post_office(folder, mailbox.post_settings)
    office.email(ANNA_AT, "Du har fått ett nytt meddelande", "Logga in för att läsa.\n\nHälsningar")
    office.email(f"{'o' * 60}@{'p' * 60}.example", "å" * 150, "https://tidbro.example/" + "x" * 300)
    office.email(BERTIL_AT, "", "Påminnelse: du har en bokad tid i morgon kl. 08.20.")
    office.sms(text="Påminnelse: du har en bokad tid i morgon kl. 08.20.")
    office.relay().deliver_all()
    office.database.close()

"""The page in Chromium: light and dark, from a telephone to a desk, with every message unfolded; by keyboard; printed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from conformance.exchange import HttpMessage
from conformance.reports.html import to_html
from tests.chromium import a_chromium, check_axe, check_width
from tests.conformance.reports.results import (
    HEADERS,
    a_failure,
    a_finding,
    a_result,
    an_exchange,
    with_many_failures,
    with_no_failure,
    with_three_failures,
)
from tests.conformance.reports.test_html import HOSTILE, result_with

LONG = "x" * 400
WITH_LONG_TEXTS = a_result(
    a_failure(f"booking.{LONG}", a_finding(rule=LONG, sentence=LONG, remedy=LONG), title=LONG),
    target=f"http://{LONG}/",
    left_behind=(LONG,),
    notes=(LONG,),
    facility=LONG,
    exchanges=(
        an_exchange(purpose=LONG, address=LONG, answer=HttpMessage({**HEADERS, LONG: LONG}, LONG.encode(), 200)),
    ),
)
RESULTS = {
    "none": with_no_failure(),
    "three": with_three_failures(),
    "many": with_many_failures(40),
    "empty": a_result(),
    "long": WITH_LONG_TEXTS,
    "hostile": result_with(HOSTILE),
}
UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with a_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pages")
    for name, result in RESULTS.items():
        (place / f"{name}.html").write_text(to_html(result), "utf-8")
    return place


def listened(context: BrowserContext, heard: list[str]) -> Page:
    """A page of the context; what it asks for, and what it complains of, is heard."""
    page = context.new_page()
    page.on("request", lambda request: heard.append(request.url))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda message: heard.append(message.text))
    page.on("dialog", lambda dialog: heard.append("a dialog"))
    return page


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (320, "dark"), (1280, "light"), (1280, "dark")])
def test_every_page_holds_by_axe_fits_its_window_and_asks_for_nothing(
    chromium: Browser, folder: Path, width: int, scheme: str
) -> None:
    with chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:
        for name in RESULTS:
            heard: list[str] = []
            page = listened(context, heard)
            page.goto((folder / f"{name}.html").as_uri())
            check_width(page)
            check_axe(page)
            page.evaluate(UNFOLD)
            check_width(page)
            if name != "many":
                check_axe(page)
            assert [one for one in heard if one != page.url] == []
            assert page.locator("h1").count() == 1
            page.close()


def test_a_message_that_is_wider_than_its_place_is_scrolled_by_keyboard(chromium: Browser, folder: Path) -> None:
    with chromium.new_context(
        viewport={"width": 320, "height": 800}, reduced_motion="reduce", bypass_csp=True
    ) as context:
        page = context.new_page()
        page.goto((folder / "three.html").as_uri())
        block = page.locator(".code").first
        assert block.get_attribute("aria-label") == "Finding 2.1: exchange 1, CancelBooking, answer, line 4"
        block.focus()
        page.keyboard.press("End")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("document.activeElement.scrollLeft > 0")


def test_a_link_to_a_folded_exchange_unfolds_it(chromium: Browser, folder: Path) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto((folder / "three.html").as_uri())
        purpose = page.locator("#exchange-1")
        expect(purpose).to_be_hidden()
        page.locator("a[href='#exchange-1']").first.click()
        expect(purpose).to_be_visible()
        expect(purpose).to_be_in_viewport()


def test_in_print_the_failures_are_unfolded_and_whole_messages_left_out(chromium: Browser, folder: Path) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto((folder / "many.html").as_uri())
        seen = page.get_by_text("resultCode is JA")
        assert not seen.first.is_visible()
        page.emulate_media(media="print")
        assert seen.first.is_visible()
        assert page.locator(".whole").first.is_hidden()

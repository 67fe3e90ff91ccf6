"""Every page and state of the e-service in Chromium: on a screen and on a telephone, light and dark (domain.md §5.12, look.md)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from tests.eservice import strolls
from tests.eservice.conftest import a_demo
from tests.eservice.page_checks import check_page, listen, skips_a_level

WINDOWS = ((1280, 900, "light"), (320, 640, "dark"))


def looked_at(page: Page, name: str) -> None:
    """As it is on a screen by day and on a telephone by night, and with 400 % zoom on a screen of 1,280 by 1,024."""
    for width, height, scheme in WINDOWS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        check_page(page, name)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("walk", strolls.WALKS, ids=lambda walk: walk.__name__)
def test_every_page_and_state_holds_by_axe_and_fits_its_window(
    chromium: Browser, planted, tmp_path, walk: Callable[[strolls.Window], None]
) -> None:
    with a_demo(planted, tmp_path, eservice=strolls.SETTINGS) as demo, chromium.new_context(locale="sv-SE") as context:
        heard = listen(context)
        walk(strolls.Window(context.new_page(), demo, looked_at))
        heard.check(demo.site)


def test_headings_may_go_up_by_many_levels_but_down_by_one() -> None:
    assert not skips_a_level([2, 1, 2, 3, 2])
    assert skips_a_level([1, 3])

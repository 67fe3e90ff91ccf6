"""Administrators of the demo at browsers."""

from collections.abc import Callable, Iterator

import pytest

from tests.eservice.browser import Browser

NAMES = {"A001": "Berit Ljung", "A002": "Göran Fläder", "A003": "Samira Hassel"}
TORGET = "personal/mottagning/vaccinationen-torget"
SODRA = "personal/mottagning/provtagningen-sodra"


def sign_in(window: Browser, who: str = "A002") -> Browser:
    return window.get("personal/logga-in").submit(NAMES[who])


@pytest.fixture
def administer(demo) -> Iterator[Callable[[str], Browser]]:
    """Makes browsers of administrators, closed when the test ends."""
    made: list[Browser] = []

    def administer(who: str = "A002") -> Browser:
        made.append(sign_in(Browser(demo.site), who))
        return made[-1]

    yield administer
    for one in made:
        one.close()


def save(window: Browser, path: str, **typed: str | None) -> Browser:
    """Open a page, type, save; it must have been taken."""
    window.get(path).submit("Spara", **typed)
    assert window.status == 200, window.text
    assert "Ändringarna är sparade" in window.text
    return window

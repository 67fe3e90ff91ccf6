"""The pictures of the citizens' pages, each shown in docs/eservice.md; and the error catalogue there, row by row."""

from docs.screenshots import SCREENS
from tests.docs.pages import ROOT, links, rows, section

PAGE = ROOT / "docs" / "eservice.md"


def test_every_picture_of_the_e_service_is_shown_and_every_one_shown_is_there():
    pictures = {f"screens/{path.name}" for path in SCREENS.glob("eservice-*.webp")}
    assert {link for link in links(PAGE) if link.startswith("screens/")} == pictures


def test_e1_to_e18_are_told_row_by_row():
    told = [row[0] for row in rows(section(PAGE, "## What can go wrong"))]
    assert told == [f"E{number}" for number in range(1, 19)]

"""The pictures of the staff's pages: one for each page there is, each shown in docs/staff.md."""

from pathlib import Path

import pytest

from docs import screenshots
from scheduling_backends.takecare.staff import site as takecare_site
from scheduling_backends.timebook.staff import site as timebook_site
from tests.docs.pages import ROOT, links
from tests.scheduling_backends.desks import SECRET, a_staffed_timebook
from tests.scheduling_backends.takecare.conftest import a_record_system

PICTURES = {
    f"screens/{path.name}" for name in screenshots.SYSTEMS for path in screenshots.SCREENS.glob(f"{name}-*.webp")
}
BEFORE_SIGNING_IN = {"/logga-in", "/logga-in/mottagning"}
NO_PAGES = {
    "/": "leads on to the first page",
    "/farger.css": "the colours of the kinds of time",
    "/statistik.csv": "a file",
    "/bokningslista.csv": "a file",
}


def test_every_picture_is_shown_and_every_picture_shown_is_there():
    assert set(links(ROOT / "docs" / "staff.md")) == PICTURES


def test_every_page_of_the_timebook_has_its_picture(tmp_path: Path):
    with a_staffed_timebook(tmp_path) as world:
        assert unpictured(timebook_site(world.timebook, SECRET), screenshots.TIMEBOOK) == set()


def test_every_page_of_the_record_system_has_its_picture(tmp_path: Path):
    with a_record_system(tmp_path) as world:
        assert unpictured(takecare_site(world.timebook.system, SECRET), screenshots.TAKECARE) == set()
        for database in world.databases:
            database.close()


def unpictured(site, own: dict[str, str]) -> set[str]:
    """Rules of a site that can be got and that no picture was taken of."""
    matcher = site.url_map.bind("localhost")
    taken = set()
    for path in {**screenshots.SHARED, **own}.values():
        plain = path.partition("?")[0].format(citizen=1, booking=1, free=1, kind="A")
        if plain != "/finns-inte":
            taken.add(matcher.match(plain, return_rule=True)[0].rule)
    got = {rule.rule for rule in site.url_map.iter_rules() if "GET" in rule.methods and "static" not in rule.endpoint}
    return got - taken - BEFORE_SIGNING_IN - NO_PAGES.keys()


@pytest.mark.parametrize("path", sorted(BEFORE_SIGNING_IN))
def test_the_pages_before_signing_in_are_pictured_too(path):
    name = {"/logga-in": "sign-in", "/logga-in/mottagning": "clinics"}[path]
    assert {f"screens/{system}-{name}.webp" for system in ("takecare", "timebook")} <= PICTURES

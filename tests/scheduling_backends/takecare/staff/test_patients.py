"""A patient's page in the record system: booking bases (R6) and listing (R9), domain.md §6.3."""

import re

import pytest

from contracts.identifiers import HsaId
from scheduling_backends.engine.models import CitizenRow
from scheduling_backends.engine.offer import ClinicSettings
from scheduling_backends.engine.states import Role
from tests.people import ANNA
from tests.scheduling_backends.desks import BOOKER
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.timebooks import ALONE, World

MARIA = "SE2321009991-P001"


@pytest.fixture
def page(browser: Browser, world: World) -> Browser:
    """A booker of two clinics, at the first."""
    world.add_clinic(ALONE, ClinicSettings("Kajen"))
    with world.timebook.desk() as desk:
        desk.add_performer(HsaId("SE2321009991-P002"), "Jonas", "Hägg", "sjuksköterska")
        desk.give_role(BOOKER, Role.BOOKER, ALONE)
    browser.sign_in(BOOKER, 1)
    return browser


def anna(world: World) -> CitizenRow:
    return next(row for row in world.rows(CitizenRow) if row.number == ANNA.number)


def listed(world: World) -> tuple[int | None, int | None]:
    row = anna(world)
    return row.listed_clinic_id, row.listed_performer_id


def chosen(browser: Browser, name: str) -> str:
    """What a select has chosen before anything is done."""
    select = browser.page.partition(f'<select id="{name}"')[2].partition("</select>")[0]
    return "".join(re.findall(r'value="([^"]*)" selected', select))


def save_listing(browser: Browser, world: World, **typed: str) -> None:
    path = f"/invanare/{anna(world).id}"
    browser.get(path)
    browser.post(f"{path}/listning", **typed)


def test_a_basis_lets_a_patient_book_and_is_withdrawn(page: Browser, world: World) -> None:
    """domain.md R6, §6.3."""
    world.change(requires_basis=True)
    path = f"/invanare/{anna(world).id}"
    assert world.ask(ANNA).free_times() == ()
    page.get(path)
    page.post(f"{path}/underlag", time_type="BES", note="Remiss")
    assert len(world.ask(ANNA).free_times()) == 12
    page.post(f"{path}/underlag/1/dra-tillbaka")
    assert world.ask(ANNA).free_times() == ()


def test_the_form_of_a_listing_shows_the_own_performer(page: Browser, world: World) -> None:
    save_listing(page, world, listed="1", performer=MARIA)
    assert listed(world) == (1, 1)
    page.get(f"/invanare/{anna(world).id}")
    assert chosen(page, "performer") == MARIA
    assert re.search(r'name="listed" type="checkbox" value="1" checked', page.page)


def test_a_listing_ends_where_it_is(page: Browser, world: World) -> None:
    save_listing(page, world, listed="1", performer=MARIA)
    save_listing(page, world, performer=MARIA)
    assert listed(world) == (None, None)


def test_an_unticked_form_at_another_clinic_keeps_the_listing(page: Browser, world: World) -> None:
    """domain.md R9: the listing is the other clinic's."""
    save_listing(page, world, listed="1", performer=MARIA)
    page.sign_in(BOOKER, 2)
    page.get(f"/invanare/{anna(world).id}")
    assert chosen(page, "performer") == ""
    save_listing(page, world)
    assert listed(world) == (1, 1)
    save_listing(page, world, listed="1")
    assert listed(world) == (2, None)

"""From a citizen to a time and back: quick search, the booking form's search, booking from the citizen's page (§7)."""

import re

import pytest

from scheduling_backends.engine.models import AuditRow, BookingRow, CitizenRow, SlotRow
from tests.people import ANNA, BERTIL, SIV
from tests.scheduling_backends.desks import BOOKER, READER
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.timebooks import ALONE, GROUP, NORTH, World, a_type


@pytest.fixture
def booker(browser: Browser) -> Browser:
    browser.sign_in(BOOKER, 1)
    return browser


def citizen_id(world: World, number: str = ANNA.number) -> int:
    return next(one.id for one in world.rows(CitizenRow) if one.number == number)


def noted(world: World, action: str) -> list[str | None]:
    return [row.subject_of_care for row in world.rows(AuditRow) if row.action == action]


# -- Snabbsök


@pytest.mark.parametrize("path", ["/bokningslista", "/schema", "/tidstyper", "/kallelser"])
def test_the_head_of_every_page_has_a_quick_search(booker: Browser, path: str) -> None:
    """domain.md §7 (Snabbsök)."""
    booker.get(path)
    head = booker.page.partition("</header>")[0]
    assert 'aria-label="Snabbsök efter invånare"' in head
    assert 'method="post" action="/invanare"' in head  # a number may not stand in an address


def test_a_quick_search_that_finds_one_leads_to_the_page(booker: Browser, world: World) -> None:
    booker.get("/bokningslista")
    answer = booker.post("/invanare", wanted="19791212-9280", quick="1")
    assert answer.request.path == f"/invanare/{citizen_id(world)}"
    assert noted(world, "find citizen") == [ANNA.number]


def test_a_quick_search_that_finds_several_lists_them(booker: Browser) -> None:
    booker.get("/bokningslista")
    assert booker.post("/invanare", wanted="19", quick="1").request.path == "/invanare"
    for name in ("Anna Provbäck", "Bertil Demosson", "Siv Skyddad"):
        assert name in booker.page


# -- The booking form


def test_a_name_in_the_booking_form_is_searched_for_and_nothing_is_booked_yet(booker: Browser, world: World) -> None:
    booker.get("/tid/1/boka")
    assert booker.post("/tid/1/boka", number="prov", reason="Ringde").status_code == 422
    assert "Anna Provbäck, 19791212-****" in booker.page
    assert "Bertil" not in booker.page
    assert "Ringde" in booker.page  # what was typed is kept
    assert world.rows(BookingRow) == []
    assert noted(world, "find citizen") == [ANNA.number]


def test_the_one_that_was_found_and_chosen_is_booked(booker: Browser, world: World) -> None:
    booker.get("/tid/1/boka")
    booker.post("/tid/1/boka", number="de")
    assert 'name="searched" value="de"' in booker.page
    booker.post("/tid/1/boka", number="de", searched="de", citizen=str(citizen_id(world, BERTIL.number)))
    assert [row.subject_of_care for row in world.rows(BookingRow)] == [BERTIL.number]


def test_a_number_that_is_typed_after_a_choice_is_whom_it_is_for(booker: Browser, world: World) -> None:
    """The one that was found stays chosen on the page, and is not the one that is meant."""
    booker.get("/tid/1/boka")
    typed = {"number": ANNA.identity.displayed, "searched": "de", "citizen": str(citizen_id(world, BERTIL.number))}
    booker.post("/tid/1/boka", **typed)
    assert [row.subject_of_care for row in world.rows(BookingRow)] == [ANNA.number]


def test_a_name_that_nobody_has_is_told(booker: Browser, world: World) -> None:
    booker.get("/tid/1/boka")
    assert booker.post("/tid/1/boka", number="Ingen").status_code == 422
    assert "Ingen registrerad har det namnet" in booker.page
    assert world.rows(BookingRow) == []


@pytest.mark.parametrize("chosen", ["0", "999", "x", "-1"])
def test_a_choice_that_is_nobody_books_nothing(booker: Browser, world: World, chosen: str) -> None:
    booker.get("/tid/1/boka")
    assert booker.post("/tid/1/boka", citizen=chosen).status_code == 422
    assert world.rows(BookingRow) == []


# -- From the citizen's page


def test_a_citizens_page_leads_to_a_free_time_with_the_citizen_filled_in(booker: Browser, world: World) -> None:
    """domain.md §6.3: book for a patient."""
    path = f"/invanare/{citizen_id(world)}"
    booker.get(path)
    assert f'href="{path}/boka"' in booker.page
    booker.get(f"{path}/boka", typ="BES", dag="2026-12-01")
    first = re.search(r'href="(/tid/\d+/boka)\?invanare=\d+">09.00–09.30', booker.page)
    assert first is not None
    booker.get(first[1], invanare=str(citizen_id(world)))
    assert "<strong>Anna Provbäck</strong>, 19791212-9280" in booker.page
    booker.post(first[1], citizen=str(citizen_id(world)))
    assert [row.subject_of_care for row in world.rows(BookingRow)] == [ANNA.number]
    assert noted(world, "read citizen") == [ANNA.number] * 3


def test_the_times_offered_are_of_the_chosen_kind_and_free(booker: Browser, world: World) -> None:
    with world.timebook.desk() as desk:
        desk.add_time_type(NORTH, a_type(code="VACC", internal_name="Vaccination"))
    world.ask(BERTIL).booked(world.ask(BERTIL).free_times()[0])
    path = f"/invanare/{citizen_id(world)}/boka"
    booker.get(path, typ="BES", dag="2026-12-01")
    assert len(re.findall(r"/tid/\d+/boka", booker.page)) == 11
    booker.get(path, typ="VACC", dag="2026-12-01")
    assert "Inga lediga tider de här dagarna" in booker.page


def test_no_times_of_other_clinics_are_offered(booker: Browser, world: World) -> None:
    world.add_clinic(ALONE, GROUP, a_type())
    world.add_times(ALONE)
    booker.get(f"/invanare/{citizen_id(world)}/boka", dag="2026-12-01")
    ours = {row.id for row in world.rows(SlotRow) if row.clinic_id == 1}
    assert {int(found) for found in re.findall(r"/tid/(\d+)/boka", booker.page)} == ours


@pytest.mark.parametrize("query", [{"dag": "hej"}, {"dag": "9999-12-31"}, {"dag": "0001-01-01"}, {"typ": "finns-inte"}])
def test_an_odd_question_is_answered_all_the_same(booker: Browser, world: World, query: dict[str, str]) -> None:
    assert booker.get(f"/invanare/{citizen_id(world)}/boka", **query).status_code == 200


def test_who_may_only_look_books_for_nobody(browser: Browser, world: World) -> None:
    browser.sign_in(READER, 1)
    browser.get(f"/invanare/{citizen_id(world)}")
    assert "/boka" not in browser.page
    assert browser.get(f"/invanare/{citizen_id(world)}/boka").status_code == 403


def test_a_protected_identity_is_marked_where_it_is_booked_for(booker: Browser, world: World) -> None:
    """domain.md R41."""
    booker.get("/tid/1/boka", invanare=str(citizen_id(world, SIV.number)))
    assert "(skyddade personuppgifter)" in booker.page
    assert "070-174" not in booker.page

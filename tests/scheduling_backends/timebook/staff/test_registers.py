"""Registers on staff pages: resources, performers, kinds of care, staff; and where a new clinic leads (domain.md §7.1)."""

import pytest

from contracts.identifiers import HsaId
from scheduling_backends.engine.models import AuditRow, CareTypeRow, ClinicRow, PerformerRow, ResourceRow, StaffRow
from scheduling_backends.engine.staff import member, roles_at
from scheduling_backends.engine.states import Role
from tests.people import ANNA
from tests.scheduling_backends.desks import BOOKER, CHIEF, PLANNER
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.timebooks import World

REGION = HsaId("SE2321009991-S009")
NEW = HsaId("SE2321009991-S010")


@pytest.fixture
def chief(browser: Browser) -> Browser:
    browser.sign_in(CHIEF, 1)
    browser.get("/register")
    return browser


@pytest.fixture
def region(browser: Browser, world: World) -> Browser:
    with world.timebook.desk() as desk:
        desk.add_staff(REGION, "Karin Region")
        desk.give_role(REGION, Role.SUPERADMIN)
    browser.sign_in(REGION, 1)
    browser.get("/register")
    return browser


def roles(world: World, who: HsaId) -> set[Role]:
    with world.timebook.reading() as session:
        found = member(session, who)
        assert found is not None
        return set(roles_at(session, found.id, 1))


def test_a_resource_is_added_to_a_group_and_moved_to_another(chief: Browser, world: World) -> None:
    """domain.md §7.2 (resource group)."""
    chief.post("/register/resurser/ny", code="STOL-3", name="Provtagningsstol 3", group="Stolar")
    assert "Sparat." in chief.page
    chief.post("/register/resurser/andra/STOL-3", name="Stolen vid fönstret", group="")
    assert "Stolen vid fönstret" in chief.page
    kept = {row.code: (row.name, row.group) for row in world.rows(ResourceRow)}
    assert kept["STOL-3"] == ("Stolen vid fönstret", None)
    assert kept["STOL-1"] == ("Provtagningsstol 1", "Stolar")
    assert ("write register", CHIEF.text) in [(row.action, row.actor) for row in world.rows(AuditRow)]


def test_a_performer_and_a_kind_of_care_are_added_and_changed(chief: Browser, world: World) -> None:
    chief.post("/register/utforare/ny", hsa_id="SE2321009991-P009", first_name="Ida", last_name="Ny", title="läkare")
    chief.post("/register/utforare/andra/se2321009991-p009", first_name="Ida", last_name="Nygift", title="")
    chief.post("/register/vardtyper/ny", code="VACC", name="Vaccination")
    performers = {row.hsa_id: (row.last_name, row.title, row.hsa_key) for row in world.rows(PerformerRow)}
    assert performers["SE2321009991-P009"] == ("Nygift", None, "se2321009991-p009")
    assert [(row.code, row.name) for row in world.rows(CareTypeRow)] == [("VACC", "Vaccination")]


@pytest.mark.parametrize(
    ("word", "typed", "told"),
    [
        ("resurser", {"code": "STOL-1", "name": "En till"}, "Det finns redan."),
        ("resurser", {"code": "en stol", "name": "Stol"}, "Skriv koden med högst 20"),
        ("resurser", {"code": "STOL-9", "name": " "}, "Fyll i det här fältet."),
        ("utforare", {"hsa_id": "SE2321009991-p001", "first_name": "M", "last_name": "E"}, "Det finns redan."),
        ("utforare", {"hsa_id": "P001", "first_name": "M", "last_name": "E"}, "Skriv ett helt HSA-id"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_added(
    chief: Browser, world: World, word: str, typed: dict[str, str], told: str
) -> None:
    before = (len(world.rows(ResourceRow)), len(world.rows(PerformerRow)))
    assert chief.post(f"/register/{word}/ny", **typed).status_code == 422
    assert told in chief.page
    assert (len(world.rows(ResourceRow)), len(world.rows(PerformerRow))) == before


def test_a_superadmin_adds_staff_with_roles_and_changes_them(region: Browser, world: World) -> None:
    """domain.md §7.1."""
    typed = {"name": "Nils Ny", "title": "sköterska"}
    region.post("/register/personal/ny", hsa_id=NEW.text, roles=["booker", "scheduler"], **typed)
    assert "Sparat." in region.page
    assert roles(world, NEW) == {Role.BOOKER, Role.SCHEDULER}
    region.post(f"/register/personal/andra/{NEW}", name="Nils Nygård", title="", roles=["booker"])
    assert roles(world, NEW) == {Role.BOOKER}
    assert {(row.name, row.title) for row in world.rows(StaffRow) if row.hsa_id == NEW.text} == {("Nils Nygård", None)}


def test_the_last_administrator_stays_one(region: Browser, world: World) -> None:
    assert region.post(f"/register/personal/andra/{CHIEF}", name="Olle Chef", roles=[]).status_code == 422
    assert "minst en administratör" in region.page
    assert roles(world, CHIEF) == {Role.ADMINISTRATOR}


def test_who_may_what(browser: Browser) -> None:
    for who, listed, staff in ((CHIEF, 200, 403), (PLANNER, 403, 403), (BOOKER, 403, 403)):
        browser.sign_in(who, 1)
        assert browser.get("/register").status_code == listed
        assert browser.get("/register/personal/ny").status_code == staff
    browser.sign_in(CHIEF, 1)
    assert browser.get("/register/annat/ny").status_code == 404
    assert browser.get("/register/resurser/andra/STOL-9").status_code == 404
    assert "Personal" not in browser.get("/register").get_data(as_text=True)


def test_a_new_clinic_leads_on_to_its_own_page(region: Browser, world: World) -> None:
    region.get("/mottagning/ny")
    region.post("/mottagning/ny", hsa_id="SE2321009991-2B08", name="Nya kliniken", max_active="0", is_virtual="1")
    assert "<strong>Nya kliniken</strong>" in region.page
    assert 'value="Nya kliniken"' in region.page
    assert [row.is_virtual for row in world.rows(ClinicRow)] == [False, True]


def test_r30_a_clinic_is_made_virtual_and_real_again(chief: Browser, world: World) -> None:
    """domain.md R30."""
    typed = {"name": "Norra", "max_active": "0", "is_open": "1", "group": "Provtagningen"}
    chief.post("/mottagning", **typed, is_virtual="1")
    assert world.ask(ANNA).free_times() == ()
    chief.post("/mottagning", **typed)
    assert len(world.ask(ANNA).free_times()) == 12

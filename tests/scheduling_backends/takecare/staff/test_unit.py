"""The record system's unit: utökade regler as a switch, and who may turn it (domain.md §6, §7.1)."""

from scheduling_backends.engine.models import AuditRow, ClinicRow
from scheduling_backends.engine.states import Role
from tests.people import ANNA
from tests.scheduling_backends.desks import BOOKER, CHIEF
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.timebooks import NORTH, SOUTH, World

TYPED = {"name": "Norra", "phone": "070-174 06 07", "max_active": "0", "is_open": "1"}


def test_the_extended_rules_are_switched_on_and_off(browser: Browser, world: World) -> None:
    """Off: the limit by age stays in the form, and nobody is held to it."""
    with world.timebook.desk() as desk:
        desk.change_time_type(NORTH, "BES", age_from=90)
    assert world.ask(ANNA).free_times() == ()
    browser.sign_in(CHIEF, 1)
    browser.get("/mottagning")
    assert browser.post("/mottagning", **TYPED).status_code == 200
    assert world.ask(ANNA).free_times()
    browser.get("/tidstyper/BES")
    assert 'name="age_from" type="text" value="90"' in browser.page
    browser.get("/kalender", dag="2026-12-01")
    assert "utökade regler är av" in browser.page.lower()
    browser.get("/mottagning")
    browser.post("/mottagning", has_extended_rules="1", **TYPED)
    assert world.ask(ANNA).free_times() == ()
    assert [row.action for row in world.rows(AuditRow) if row.action == "write clinic"] == ["write clinic"] * 2


def test_who_books_does_not_change_the_unit(browser: Browser, world: World) -> None:
    browser.sign_in(BOOKER, 1)
    browser.get("/kalender")
    assert browser.post("/mottagning", **TYPED).status_code == 403
    assert [row.phone for row in world.rows(ClinicRow)] == ["070-174 06 06"]


def test_a_new_unit_gets_its_code_once(browser: Browser, world: World) -> None:
    """The adapter asks by that code, so it is not a thing to change."""
    with world.timebook.desk() as desk:
        desk.give_role(CHIEF, Role.SUPERADMIN)
    browser.sign_in(CHIEF, 1)
    browser.get("/mottagning/ny")
    browser.post("/mottagning/ny", hsa_id=SOUTH.text, **(TYPED | {"name": "Södra", "unit_code": "SODRA"}))
    browser.get("/mottagning")
    browser.post("/mottagning", **(TYPED | {"unit_code": "ANNAN"}))
    assert [row.unit_code for row in world.rows(ClinicRow)] == [None, "SODRA"]
    assert world.ask(facility=SOUTH).time_types() == ()

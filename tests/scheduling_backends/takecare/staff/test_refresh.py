"""A calendar that renews itself keeps no visit alive and notes each citizen once (domain.md §6.2, §6.3)."""

from datetime import timedelta

from scheduling_backends.engine.models import AuditRow
from tests.people import ANNA, BERTIL
from tests.scheduling_backends.desks import BOOKER
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.timebooks import World

DAY = "2026-12-01"


def noted(world: World) -> list[str | None]:
    return [row.subject_of_care for row in world.rows(AuditRow) if row.action == "read calendar"]


def test_a_calendar_that_renews_itself_does_not_keep_the_visit_alive(browser: Browser, world: World) -> None:
    browser.sign_in(BOOKER, 1)
    for _ in range(30):
        world.clock.now += timedelta(minutes=1)
        assert browser.get("/kalender", dag=DAY, uppdatering="1").request.path == "/kalender"
    world.clock.now += timedelta(seconds=1)
    answer = browser.get("/kalender", dag=DAY, uppdatering="1")
    assert answer.request.path == "/logga-in"
    assert answer.request.args["next"] == f"/kalender?dag={DAY}"  # to come back to by hand


def test_a_click_keeps_it_alive_all_the_same(browser: Browser, world: World) -> None:
    browser.sign_in(BOOKER, 1)
    world.clock.now += timedelta(minutes=29)
    browser.get("/kalender", dag=DAY, uppdatering="1")
    browser.get("/kalender", dag=DAY)
    world.clock.now += timedelta(minutes=29)
    assert browser.get("/kalender", dag=DAY).request.path == "/kalender"


def test_a_calendar_that_renews_itself_notes_each_citizen_once_a_day_shown(browser: Browser, world: World) -> None:
    world.ask(ANNA).booked(world.ask(ANNA).free_times()[0])
    browser.sign_in(BOOKER, 1)
    browser.get("/kalender", dag=DAY)
    before = noted(world)
    for _ in range(3):
        browser.get("/kalender", dag=DAY, uppdatering="1")
    assert noted(world) == before
    world.ask(BERTIL).booked(world.ask(BERTIL).free_times()[0])
    for _ in range(3):
        browser.get("/kalender", dag=DAY, uppdatering="1")
    assert noted(world) == [*before, BERTIL.number]
    browser.get("/kalender", dag="2026-12-02", uppdatering="1")
    assert len(noted(world)) == len(before) + 3  # both, among the events of today beside another day


def test_a_look_by_hand_is_noted_each_time_and_another_visit_on_its_own(browser: Browser, world: World) -> None:
    world.ask(ANNA).booked(world.ask(ANNA).free_times()[0])
    for _ in range(2):
        browser.sign_in(BOOKER, 1)
        count = len(noted(world))
        browser.get("/kalender", dag=DAY, uppdatering="1")
        browser.get("/kalender", dag=DAY)
        assert noted(world)[count:] == [ANNA.number, ANNA.number]

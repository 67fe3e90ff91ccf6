"""Schedules and closed hours in the record system: the same pages as the timebook's, and the way there from the calendar."""

from scheduling_backends.engine.models import BookingRow, ClosureRow, SlotRow
from scheduling_backends.engine.states import BookingState, SlotState
from tests.people import ANNA
from tests.scheduling_backends.desks import BOOKER, PLANNER, READER
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.timebook.staff.test_schedule import DAYS, WEEK, confirm
from tests.scheduling_backends.timebooks import NORTH, World, a_type


def test_a_new_kind_of_time_gets_times_and_they_go_out_when_published(browser: Browser, world: World) -> None:
    """domain.md §7.3, with the preview, clashes and drafts of the timebook."""
    with world.timebook.desk() as desk:
        desk.add_time_type(NORTH, a_type(code="NY"))
    browser.sign_in(PLANNER, 1)
    browser.get("/kalender", dag="2026-12-07")
    assert 'href="/schema/skapa?first_day=2026-12-07"' in browser.page
    browser.get("/schema/skapa", first_day="2026-12-07")
    confirm(browser, "/schema/skapa", **WEEK | {"time_type": "NY"}, **DAYS, whom="p:SE2321009991-P001")
    assert "30 tider är skapade." in browser.page
    assert {row.state for row in world.rows(SlotRow) if row.day.isoformat() > "2026-12-06"} == {SlotState.DRAFT}
    browser.post("/schema/publicera", publish_first="2026-12-07", publish_last="2026-12-11")
    assert "30 tider publicerades." in browser.page
    assert len(world.ask(ANNA, code="NY").free_times()) == 30


def test_who_does_not_plan_is_not_led_to_a_schedule(browser: Browser, world: World) -> None:
    browser.sign_in(READER, 1)
    browser.get("/kalender", dag="2026-12-07")
    assert "Inget schema den här dagen" in browser.page
    assert "/schema/skapa" not in browser.page
    assert browser.get("/schema/skapa").status_code == 403


def test_closed_hours_wait_until_who_is_booked_there_has_been_told(browser: Browser, world: World) -> None:
    """domain.md §7.3 item 4."""
    ask = world.ask(ANNA)
    booking_id = ask.booked(ask.free_times()[0])
    browser.sign_in(PLANNER, 1)
    browser.get("/avvikande")
    browser.post("/avvikande", day="2026-12-01", reason="Utbildning")
    assert "Väntar: 1 bokade" in browser.page
    browser.sign_in(BOOKER, 1)
    browser.get(f"/bokning/{booking_id}")
    browser.post(f"/bokning/{booking_id}/avboka", comment="Vi har stängt")
    browser.get("/att-meddela")
    assert "Anna Provbäck" in browser.page
    browser.post(f"/att-meddela/{booking_id}")
    assert [row.state for row in world.rows(BookingRow)] == [BookingState.CANCELLED_BY_CARE]
    assert [row.in_force_at for row in world.rows(ClosureRow)] == [world.clock()]

"""What a time says of itself in the calendar, on its page and in a booking's panel (domain.md §6.2)."""

import re
from dataclasses import replace
from datetime import date
from html import unescape

import pytest

from scheduling_backends.engine import care, closures
from scheduling_backends.engine.models import BookingRow, SlotRow
from scheduling_backends.engine.offer import ONE_DAY, BookableBy, ReasonMode, Release
from scheduling_backends.engine.states import SlotState
from tests.people import ANNA
from tests.scheduling_backends.desks import BOOKER, PLANNER
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.takecare.staff.test_calendar import cells, first_slot
from tests.scheduling_backends.timebooks import GROUP, NORTH, World, a_period, at


@pytest.fixture
def calendar(browser: Browser) -> Browser:
    browser.sign_in(BOOKER, 1)
    return browser


def facts(page: str) -> dict[str, str]:
    """The page's facts, by their labels."""
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page, re.DOTALL)
    return {label: unescape(re.sub(r"<[^>]+>", "", value)) for label, value in found}


def test_a_time_that_has_passed_says_so_and_not_that_the_web_may_book_it(calendar: Browser, world: World) -> None:
    world.clock.now = at(1, 10)
    calendar.sign_in(BOOKER, 1)
    found = cells(calendar)
    assert found[:2] == ["BES 09.00–09.30 Passerad", "BES 09.30–10.00 Passerad"]
    assert found[2] == "BES 10.00–10.30 webb stängd"


def test_a_time_of_the_last_hours_says_from_when_the_web_may_book_it(calendar: Browser, world: World) -> None:
    """domain.md §10.3: AKUT15."""
    world.change(release=Release(8, BookableBy.CARE, BookableBy.BOTH))
    assert cells(calendar)[0] == "BES 09.00–09.30 webb från 2026-12-01 01.00"


def test_no_time_of_a_closed_clinic_is_marked_for_the_web(calendar: Browser, world: World) -> None:
    with world.timebook.desk() as desk:
        desk.change_clinic(NORTH, replace(GROUP, is_open=False))
    assert cells(calendar)[0] == "BES 09.00–09.30 webb stängd"


def test_no_time_after_the_last_day_of_its_kind_is_marked_for_the_web(calendar: Browser, world: World) -> None:
    world.change(valid_to=date(2026, 11, 30))
    assert cells(calendar)[0] == "BES 09.00–09.30 bara vården"


def test_a_time_that_is_released_later_says_when(calendar: Browser, world: World) -> None:
    with world.timebook.desk() as desk:
        period = a_period(date(2026, 12, 1), opens=13, closes=14)
        desk.add_slots(NORTH, "BES", period, published_from=at(28, 8, month=11))
    assert "BES 13.00–13.30 Släpps 2026-11-28 08.00" in cells(calendar)


def test_the_page_of_a_time_shows_what_is_set_for_the_web(calendar: Browser, world: World) -> None:
    """domain.md §6.2: type, web settings."""
    world.change(booking_reason=ReasonMode.REQUIRED, opens_days_before=30, closes_hours_before=3)
    calendar.get(f"/tid/{first_slot(world)}")
    told = facts(calendar.page)
    assert told["På webben"] == "Kan bokas av patienter nu"
    assert told["Bokas av"] == "vården och patienten"
    assert told["Webbokning öppnar"] == "söndag 1 november 2026 kl. 00.00"
    assert told["Webbokning stänger"] == "tisdag 1 december 2026 kl. 06.00"
    assert told["Anledning vid bokning"] == "obligatorisk"


@pytest.mark.parametrize(
    ("changes", "state", "told"),
    [
        ({}, SlotState.DRAFT, "Nej, tiden är ett utkast"),
        ({}, SlotState.BLOCKED, "Nej, tiden är spärrad"),
        ({"is_protected": True}, SlotState.PUBLISHED, "Bara genom kallelse"),
        ({"bookable_by": BookableBy.CARE}, SlotState.PUBLISHED, "Bara vården bokar"),
    ],
)
def test_the_page_of_a_time_that_the_web_cannot_book_says_why(
    calendar: Browser, world: World, changes: dict[str, object], state: SlotState, told: str
) -> None:
    world.change(**changes)
    with world.timebook.desk() as desk:
        desk.add_slots(NORTH, "BES", a_period(date(2026, 12, 3), opens=13, closes=14), state=state)
    slot = max(world.rows(SlotRow), key=lambda row: row.start)
    calendar.get(f"/tid/{slot.id}")
    assert facts(calendar.page)["På webben"] == told


def test_the_page_of_a_time_that_is_released_later_says_when(calendar: Browser, world: World) -> None:
    with world.timebook.desk() as desk:
        period = a_period(date(2026, 12, 3), opens=13, closes=14)
        desk.add_slots(NORTH, "BES", period, published_from=at(28, 8, month=11))
    slot = max(world.rows(SlotRow), key=lambda row: row.start)
    calendar.get(f"/tid/{slot.id}")
    told = facts(calendar.page)
    assert told["På webben"] == "Inte än, tiden är inte släppt"
    assert told["Släpps"] == told["Webbokning öppnar"] == "lördag 28 november 2026 kl. 08.00"


def test_the_reason_of_closed_hours_is_shown_without_the_systems_own_mark(calendar: Browser, world: World) -> None:
    with world.timebook.writing() as session:
        clinic = care._clinic_of(session, session.get_one(SlotRow, first_slot(world)))
        hours = (at(1, 9), at(1, 10))
        closures.close(session, clinic, hours, "Utbildning", PLANNER, world.clock.now)
    assert cells(calendar)[0] == "BES 09.00–09.30 Spärrad: Utbildning"
    calendar.get(f"/tid/{first_slot(world)}")
    assert facts(calendar.page)["Spärrad för"] == "Utbildning"


def test_the_panel_of_a_timed_invitation_says_whether_it_is_answered(calendar: Browser, world: World) -> None:
    """domain.md §6.2, last row."""
    world.change(rebook_care=ONE_DAY)
    with world.timebook.desk() as desk:
        booking_id = desk.book(NORTH, "BES", at(1, 9), ANNA.identity, invitation_text="Välkommen")
    calendar.get("/kalender", dag="2026-12-01", bokning=booking_id)
    assert facts(calendar.page)["Patientens svar"] == "Inte besvarad"
    ask = world.ask(ANNA)
    ask.move(booking_id, ask.free_times()[2])
    calendar.get("/kalender", dag="2026-12-01", bokning=booking_id)
    assert facts(calendar.page)["Patientens svar"] == "Besvarad: patienten har bokat om"


def test_a_timed_invitation_that_its_patient_cancelled_is_answered(calendar: Browser, world: World) -> None:
    world.change(cancel_care=ONE_DAY)
    with world.timebook.desk() as desk:
        booking_id = desk.book(NORTH, "BES", at(1, 9), ANNA.identity, invitation_text="Välkommen")
    world.ask(ANNA).cancel(booking_id)
    calendar.get(f"/bokning/{booking_id}")
    assert facts(calendar.page)["Patientens svar"] == "Besvarad: patienten har avbokat"


def test_an_ordinary_booking_has_no_answer(calendar: Browser, world: World) -> None:
    ask = world.ask(ANNA)
    ask.booked(ask.free_times()[0])
    (row,) = world.rows(BookingRow)
    calendar.get(f"/bokning/{row.id}")
    assert "Patientens svar" not in facts(calendar.page)

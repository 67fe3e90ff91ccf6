"""The calendar as domain.md §6.2 has it: cell by cell, the panel, the web log; what happens on the web is seen there."""

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from html import unescape

import pytest
from sqlalchemy import event

from contracts.times import SWEDEN
from scheduling_backends.engine import care
from scheduling_backends.engine.models import AuditRow, BookingRow, SlotRow
from scheduling_backends.engine.offer import BookableBy
from scheduling_backends.engine.overview import Time
from scheduling_backends.engine.states import BookingState, SlotState
from scheduling_backends.takecare.staff.grid import by_day, day_grid, week_grid
from tests.people import ANNA, BERTIL, SIV, THEO
from tests.scheduling_backends.desks import BOOKER, READER
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.timebooks import GROUP, NORTH, World, a_period, at

DAY = "2026-12-01"


@pytest.fixture
def calendar(browser: Browser) -> Browser:
    browser.sign_in(BOOKER, 1)
    return browser


def cells(browser: Browser, **query: str) -> list[str]:
    """The words of each cell of the day, in order, without markup."""
    browser.get("/kalender", dag=DAY, **query)
    table = browser.page.partition('<table class="calendar-grid')[2].partition("</table>")[0]
    found = re.findall(r"<td[^>]*>(.*?)</td>", table, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in found]


def first_slot(world: World) -> int:
    return min(world.rows(SlotRow), key=lambda row: row.start).id


def at_desk(world: World, what, *arguments: object) -> None:
    with world.timebook.writing() as session:
        what(session, *arguments)


def test_a_free_time_says_whether_the_web_may_book_it(calendar: Browser, world: World) -> None:
    assert cells(calendar)[0] == "BES 09.00–09.30 webb"
    world.change(bookable_by=BookableBy.CARE)
    assert cells(calendar)[0] == "BES 09.00–09.30 bara vården"


def test_a_time_that_the_patient_booked_says_webb_and_shows_the_comment(calendar: Browser, world: World) -> None:
    world.ask(ANNA).make(world.ask(ANNA).free_times()[0], "Ont i knät")
    assert cells(calendar)[0] == "BES Anna Provbäck Webb Ont i knät"


def test_a_time_that_care_booked_shows_the_name_alone(calendar: Browser, world: World) -> None:
    with world.timebook.desk() as desk:
        desk.book(NORTH, "BES", at(1, 9), ANNA.identity)
    assert cells(calendar)[0] == "BES Anna Provbäck"


def test_a_timed_invitation_is_marked(calendar: Browser, world: World) -> None:
    with world.timebook.desk() as desk:
        desk.book(NORTH, "BES", at(1, 9), ANNA.identity, invitation_text="Välkommen på återbesök")
    assert cells(calendar)[0] == "BES Anna Provbäck Kallelse"
    (row,) = world.rows(BookingRow)
    calendar.get("/kalender", dag=DAY, bokning=row.id)
    assert "Välkommen på återbesök" in calendar.page


def test_a_rebooked_time_is_marked_and_its_panel_shows_both_comments_and_the_old_time(
    calendar: Browser, world: World
) -> None:
    """domain.md §6.2, §10.5 scenario 8."""
    ask = world.ask(ANNA)
    booking_id = ask.booked(ask.free_times()[0])
    ask.move(booking_id, ask.free_times()[0], "Hinner inte")
    assert cells(calendar)[:2] == ["BES 09.00–09.30 webb", "BES Anna Provbäck Webb Ombokad Ont i knät"]
    calendar.get("/kalender", dag=DAY, bokning=booking_id)
    panel = calendar.page.partition('id="panel"')[2].partition("</section>")[0]
    for text in ("Patientens kommentar vid bokning", "Ont i knät", "Patientens kommentar vid ombokning", "Hinner inte"):
        assert text in panel
    assert "Flyttade från 2026-12-01 09.00 till 2026-12-01 09.30" in panel


@pytest.mark.parametrize(("by", "mark"), [("patient", "Avbokad av patient"), ("care", "Avbokad av vård")])
def test_a_cancelled_time_is_crossed_and_the_time_beneath_is_free(
    calendar: Browser, world: World, by: str, mark: str
) -> None:
    """domain.md §6.2, §10.5 scenario 9."""
    ask = world.ask(ANNA)
    booking_id = ask.booked(ask.free_times()[0])
    if by == "patient":
        ask.cancel(booking_id, "Frisk igen")
    else:
        with world.timebook.desk() as desk:
            desk.cancel(booking_id, "Läkaren är sjuk")
    assert cells(calendar)[0] == f"Anna Provbäck {mark} BES 09.00–09.30 webb"
    assert "#cross" in calendar.page  # a drawn cross, with the words beside it
    calendar.get("/kalender", dag=DAY, bokning=booking_id)
    assert ("Frisk igen" if by == "patient" else "Läkaren är sjuk") in calendar.page


@pytest.mark.parametrize(("came", "mark"), [(True, "Kom"), (False, "Uteblev")])
def test_who_came_and_who_did_not_is_marked(calendar: Browser, world: World, came: bool, mark: str) -> None:
    with world.timebook.desk() as desk:
        booking_id = desk.book(NORTH, "BES", at(1, 9), ANNA.identity)
        desk.conclude(booking_id, came)
    assert cells(calendar)[0] == f"BES Anna Provbäck {mark}"


def test_blocked_times_and_drafts_say_so(calendar: Browser, world: World) -> None:
    at_desk(world, care.block, [first_slot(world)], "Möte")
    with world.timebook.desk() as desk:
        desk.add_slots(NORTH, "BES", a_period(date(2026, 12, 1), opens=13, closes=14), state=SlotState.DRAFT)
    found = cells(calendar)
    assert found[0] == "BES 09.00–09.30 Spärrad: Möte"
    assert "BES 13.00–13.30 Utkast" in found


def test_a_protected_identity_is_marked_and_no_phone_is_shown(calendar: Browser, world: World) -> None:
    """domain.md R41."""
    with world.timebook.desk() as desk:
        booking_id = desk.book(NORTH, "BES", at(1, 9), SIV.identity)
    assert cells(calendar)[0] == "BES Siv Skyddad Skyddad"
    calendar.get("/kalender", dag=DAY, bokning=booking_id)
    assert "Kontaktuppgifter visas inte." in calendar.page
    assert "070-174" not in calendar.page


def test_what_happened_on_the_web_today_is_beside_the_calendar(calendar: Browser, world: World) -> None:
    """domain.md §6.2: Webbhändelser i dag."""
    calendar.get("/kalender")
    assert "Inget har hänt på webben i dag." in calendar.page
    ask = world.ask(BERTIL)
    ask.cancel(ask.booked(ask.free_times()[0]), "Frisk igen")
    calendar.get("/kalender")
    events = calendar.page.partition('id="events-heading"')[2]
    assert events.index("Frisk igen") < events.index("Ont i knät")


def test_a_week_shows_its_days_and_leaves_out_an_empty_weekend(calendar: Browser) -> None:
    calendar.get("/kalender", dag=DAY, vy="vecka")
    assert "Vecka 49, 2026" in calendar.page
    assert "fre 4 dec" in calendar.page
    assert "lör 5 dec" not in calendar.page


def test_a_week_says_whose_each_time_is(calendar: Browser, world: World) -> None:
    """domain.md §6.2: in a day the columns say it, in a week the cells."""
    assert cells(calendar, vy="vecka")[1] == "Maria Ek BES 09.00–09.30 webb"
    with world.timebook.desk() as desk:
        desk.book(NORTH, "BES", at(1, 9), ANNA.identity)
    assert cells(calendar, vy="vecka")[1] == "Maria Ek BES Anna Provbäck"


def test_a_pause_in_the_day_is_seen(calendar: Browser, world: World) -> None:
    with world.timebook.desk() as desk:
        desk.add_slots(NORTH, "BES", a_period(date(2026, 12, 1), opens=13, closes=14))
    assert "Inga tider förrän 13.00" in cells(calendar)


def test_the_legend_has_every_mark(calendar: Browser) -> None:
    cells(calendar)
    legend = calendar.page.partition('class="legend"')[2].partition("</details>")[0]
    for mark in ("Webb", "Ombokad", "Kryss", "Kallelse", "Kom", "Uteblev", "Spärrad", "Utkast", "Passerad"):
        assert mark in legend


def test_an_empty_day_says_so_and_an_odd_question_is_today(calendar: Browser) -> None:
    calendar.get("/kalender", dag="2027-06-05")
    assert "Inget schema den här dagen" in calendar.page
    for odd in ("hej", "9999-12-31", "0001-01-01", ""):
        assert calendar.get("/kalender", dag=odd).status_code == 200
        assert "Fredag 27 november 2026" in calendar.page
    assert calendar.get("/kalender", dag=DAY, kolumn="x", bokning="B-none").status_code == 200


def test_every_citizen_that_is_shown_is_in_the_audit_log(calendar: Browser, world: World) -> None:
    """domain.md §6.3."""
    world.ask(ANNA).booked(world.ask(ANNA).free_times()[0])
    calendar.get("/kalender", dag=DAY)
    found = [(row.action, row.actor, row.subject_of_care) for row in world.rows(AuditRow)]
    assert ("read calendar", BOOKER.text, ANNA.number) in found


def test_the_number_of_statements_does_not_grow_with_the_day(calendar: Browser, world: World) -> None:
    counted: list[int] = []

    def statements() -> int:
        seen: list[str] = []

        def note(connection, cursor, statement, *rest: object) -> None:
            seen.append(statement)

        engine = world.timebook.system._opened.engine
        event.listen(engine, "before_cursor_execute", note)
        calendar.get("/kalender", dag=DAY)
        event.remove(engine, "before_cursor_execute", note)
        return sum(not one.startswith("INSERT INTO audit_log") for one in seen)

    counted.append(statements())
    for person in (ANNA, BERTIL):
        world.ask(person).booked(world.ask(person).free_times()[0])
    counted.append(statements())
    assert counted[1] <= counted[0] + 2  # the events' bookings and the staff who made them, once


def test_a_day_list_is_printed_and_noted(calendar: Browser, world: World) -> None:
    world.ask(ANNA).booked(world.ask(ANNA).free_times()[0])
    calendar.get("/daglista", dag=DAY)
    assert ANNA.identity.displayed in calendar.page
    assert ("print", ANNA.number) in [(row.action, row.subject_of_care) for row in world.rows(AuditRow)]


# -- The web log


def test_the_web_log_finds_the_wrong_age_and_cancels_and_tells(calendar: Browser, world: World) -> None:
    """domain.md §6 (no limits by age in the faithful behaviour), §6.3 (avboka och meddela)."""
    with world.timebook.desk() as desk:
        desk.change_clinic(NORTH, replace(GROUP, has_extended_rules=False))
    world.change(age_from=18)
    for person in (THEO, ANNA):
        world.ask(person).booked(world.ask(person).free_times()[0])
    calendar.get("/webbhandelser")
    assert "Theo Tonår" in calendar.page
    assert "Anna Provbäck" in calendar.page
    calendar.get("/webbhandelser", filter="alder")
    assert "Theo Tonår" in calendar.page
    assert "Anna Provbäck" not in calendar.page
    wrong = next(row for row in world.rows(BookingRow) if row.subject_of_care == THEO.number)
    calendar.post(f"/webbhandelser/{wrong.id}/avboka")
    wrong = next(row for row in world.rows(BookingRow) if row.subject_of_care == THEO.number)
    assert wrong.state is BookingState.CANCELLED_BY_CARE
    assert "annan ålder" in (wrong.cancelling_comment or "")
    assert "Theo Tonår" in calendar.page
    calendar.post(f"/att-meddela/{wrong.id}")
    assert "Ingen väntar på besked" in calendar.page
    calendar.get("/webbhandelser")
    assert calendar.post(f"/webbhandelser/{wrong.id}/avboka").status_code == 409


def test_who_may_only_look_sees_no_buttons(browser: Browser, world: World) -> None:
    browser.sign_in(READER, 1)
    browser.get(f"/tid/{first_slot(world)}")
    assert "Boka för en patient" not in browser.page
    assert browser.get("/kalender", dag=DAY).status_code == 200
    assert "/daglista" not in browser.page
    assert browser.get("/daglista", dag=DAY).status_code == 403


def test_an_unknown_booking_in_the_address_is_noted_and_opens_no_panel(calendar: Browser, world: World) -> None:
    calendar.get("/kalender", dag=DAY, bokning="B-none")
    assert 'id="panel"' not in calendar.page
    attempts = [row for row in world.rows(AuditRow) if row.booking_id == "B-none"]
    assert [(row.action, row.outcome) for row in attempts] == [("read booking", "refused")]


def test_a_cancelling_that_the_web_log_could_not_do_is_noted(calendar: Browser, world: World) -> None:
    calendar.get("/webbhandelser")
    assert calendar.post("/webbhandelser/B-none/avboka").status_code == 404
    assert [row.outcome for row in world.rows(AuditRow) if row.action == "cancel"] == ["refused"]


# -- The grid


def a_time(start: int, minutes: int, performer: int | None = 1, day: int = 1) -> Time:
    begins = datetime(2026, 12, day, start, 0, tzinfo=SWEDEN)
    ends = begins + timedelta(minutes=minutes)
    return Time(start, begins, ends, None, performer, None, None, None, SlotState.PUBLISHED, None, None, 1, 1)  # type: ignore[arg-type]


def test_a_long_time_goes_over_the_rows_that_begin_while_it_lasts() -> None:
    grid = day_grid([a_time(9, 120), a_time(9, 30, 2), a_time(10, 30, 2)], [("p1", "A"), ("p2", "B")], "-")
    assert [row.clock for row in grid.rows] == [time(9), time(10)]
    long, above = grid.rows[0].cells[0], grid.rows[1].cells[0]
    assert long is not None
    assert (long.rows, above) == (2, None)


def test_times_that_overlap_in_a_column_keep_a_row_each() -> None:
    grid = day_grid([a_time(9, 120), a_time(10, 30)], [("p1", "A")], "-")
    assert [cell.rows for row in grid.rows for cell in row.cells if cell] == [1, 1]


def test_a_time_with_nobody_has_a_column_of_its_own() -> None:
    grid = day_grid([a_time(9, 30, None), a_time(9, 30)], [("p1", "A")], "Utan utförare")
    assert [column.heading for column in grid.columns] == ["A", "Utan utförare"]


def test_a_long_pause_has_a_row_of_its_own_and_a_short_one_has_none() -> None:
    grid = day_grid(
        [a_time(9, 160), a_time(9, 120, 2), a_time(13, 50), a_time(14, 30)], [("p1", "A"), ("p2", "B")], "-"
    )
    assert [(row.clock, row.pause_until) for row in grid.rows] == [
        (time(9), None),
        (time(11, 40), time(13)),
        (time(13), None),
        (time(14), None),
    ]


def test_the_days_of_a_week_have_their_times_in_order() -> None:
    times = [a_time(9, 30), a_time(10, 30, 2), a_time(9, 30, day=3)]
    week = week_grid(times, date(2026, 11, 30), str)
    assert [(day.day, len(found)) for day, found in by_day(times, week)] == [(30, 0), (1, 2), (2, 0), (3, 1), (4, 0)]

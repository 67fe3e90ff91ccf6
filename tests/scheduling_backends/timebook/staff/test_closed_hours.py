"""Closed hours on staff pages: the work list, telling, opening again (domain.md §7.3 item 4, §10.5 scenario 18)."""

import pytest

from scheduling_backends.engine.models import AuditRow, BookingRow, ClosureRow, HistoryRow, SlotRow
from scheduling_backends.engine.states import BookingState, Happening, SlotState
from tests.people import ANNA, BERTIL
from tests.scheduling_backends.desks import BOOKER, PLANNER, READER
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.timebook.staff.test_schedule import DAYS, WEEK, confirm
from tests.scheduling_backends.timebooks import World

TUESDAY = {"day": "2026-12-01", "reason": "Utbildning"}


@pytest.fixture
def planner(browser: Browser) -> Browser:
    browser.sign_in(PLANNER, 1)
    browser.get("/avvikande")
    return browser


def free_days(world: World) -> set[str]:
    return {slot.start.date().isoformat() for slot in world.ask(ANNA).free_times()}


def test_closed_hours_wait_for_those_who_are_booked_and_take_nothing_from_them(planner: Browser, world: World) -> None:
    """The free seats are gone at once; the closing takes effect when each has been cancelled, and told."""
    ask = world.ask(ANNA)
    booking_id = ask.booked(ask.free_times()[0])
    planner.post("/avvikande", **TUESDAY)
    assert "Väntar: 1 bokade" in planner.page
    assert "tisdag 1 december 2026, hela dagen" in planner.page
    assert "Anna Provbäck" in planner.page
    assert free_days(world) == {"2026-12-02"}
    assert [row.state for row in world.rows(BookingRow)] == [BookingState.BOOKED]
    planner.sign_in(BOOKER, 1)
    planner.get(f"/bokning/{booking_id}")
    planner.post(f"/bokning/{booking_id}/avboka", comment="Mottagningen är stängd")
    planner.get("/avvikande")
    assert "Att meddela: 1" in planner.page
    assert "070-174 06" in planner.page
    assert "Gäller</span>" not in planner.page
    assert [row.in_force_at for row in world.rows(ClosureRow)] == [None]
    planner.post(f"/att-meddela/{booking_id}", **{"from": "closures"})
    assert "Gäller</span>" in planner.page
    assert [row.in_force_at for row in world.rows(ClosureRow)] == [world.clock()]
    assert [row.what for row in world.rows(HistoryRow)][-1] is Happening.TOLD
    assert free_days(world) == {"2026-12-02"}
    planner.get(f"/bokning/{booking_id}")
    assert "Fick veta att tiden är flyttad eller avbokad" in planner.page


def test_who_is_moved_from_closed_hours_stays_on_the_list_until_told(planner: Browser, world: World) -> None:
    ask = world.ask(ANNA)
    booking_id = ask.booked(ask.free_times()[0])
    planner.post("/avvikande", **TUESDAY)
    planner.sign_in(BOOKER, 1)
    wednesday = next(str(row.id) for row in world.rows(SlotRow) if row.day.day == 2)
    planner.get(f"/bokning/{booking_id}/flytta", dag="2026-12-02")
    planner.post(f"/bokning/{booking_id}/flytta", slot=wednesday)
    planner.get("/avvikande")
    assert "ny tid 2026-12-02 09.00" in planner.page
    planner.post(f"/att-meddela/{booking_id}", **{"from": "closures"})
    assert "Att meddela:" not in planner.page
    (row,) = world.rows(BookingRow)
    assert (row.state, str(row.slot_id)) == (BookingState.BOOKED, wednesday)


def test_who_leaves_closed_hours_on_the_web_need_not_be_told(planner: Browser, world: World) -> None:
    ask = world.ask(ANNA)
    booking_id = ask.booked(ask.free_times()[0])
    planner.post("/avvikande", **TUESDAY)
    ask.cancel(booking_id, "Såg att ni har stängt")
    planner.get("/avvikande")
    assert "Gäller</span>" in planner.page
    assert "Anna" not in planner.page


def test_closed_hours_are_opened_again_and_other_blocked_times_stay(planner: Browser, world: World) -> None:
    first = min(world.rows(SlotRow), key=lambda row: row.start).id
    planner.get(f"/tid/{first}")
    planner.post(f"/tid/{first}/sparra", reason="Möte")
    planner.post("/avvikande", day="2026-12-01", from_clock="09:00", to_clock="10:00", reason="Brandövning")
    assert len(world.ask(ANNA).free_times()) == 10
    assert "tisdag 1 december 2026 kl. 09.00 till tisdag 1 december 2026 kl. 10.00" in planner.page
    (closure,) = world.rows(ClosureRow)
    planner.post(f"/avvikande/{closure.id}/dra-tillbaka")
    assert "Stängningen är borttagen" in planner.page
    assert len(world.ask(ANNA).free_times()) == 11
    assert planner.post(f"/avvikande/{closure.id}/dra-tillbaka").status_code == 404


def test_one_performer_is_away_and_the_others_work(planner: Browser, world: World) -> None:
    confirm(planner, "/schema/skapa", **(WEEK | {"publish": "now"}), **DAYS, whom="r:STOL-1")
    planner.get("/avvikande")
    planner.post("/avvikande", day="2026-12-01", last_day="2026-12-11", reason="Sjuk", column="p1")
    assert "Sjuk, Maria Ek" in planner.page
    assert "tisdag 1 december 2026 till och med fredag 11 december 2026, hela dagarna" in planner.page
    assert min(free_days(world)) == "2026-12-07"


def test_no_times_are_made_or_opened_in_closed_hours(planner: Browser, world: World) -> None:
    planner.post("/avvikande", day="2026-12-07", from_clock="09:00", to_clock="10:00", reason="Utbildning")
    planner.post("/schema/skapa", **(WEEK | {"publish": "now"}), **DAYS, whom="r:STOL-1")
    assert "28 tider skapas." in planner.page
    assert "Stängda timmar: de här tiderna skapas inte (Provtagningsstol 1)" in planner.page
    assert "måndag 7 december 2026 kl. 09.30–10.00" in planner.page
    planner.post("/avvikande", **TUESDAY)
    planner.post("/schema/tider", days="2026-12-01", act="oppna")
    assert "ligger i stängda timmar" in planner.page
    assert free_days(world) == {"2026-12-02"}


def test_drafts_in_closed_hours_stay_drafts(planner: Browser, world: World) -> None:
    confirm(planner, "/schema/skapa", **WEEK, **DAYS)
    planner.post("/avvikande", day="2026-12-07", reason="Utbildning")
    planner.post("/schema/publicera", publish_first="2026-12-07", publish_last="2026-12-11")
    assert "24 tider publicerades." in planner.page
    (closure,) = world.rows(ClosureRow)
    planner.post(f"/avvikande/{closure.id}/dra-tillbaka")
    assert {row.state for row in world.rows(SlotRow) if row.day.day == 7} == {SlotState.DRAFT}


def test_extra_hours_are_planned_from_here_also_on_a_holiday(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 4: or add extra hours."""
    day = {"first_day": "2026-12-26", "opens": "09:00", "closes": "11:00"}  # Saturday and annandag jul
    planner.get("/schema/skapa", **day, keeps_holidays="1", weekdays="5")
    for told in ('value="2026-12-26"', 'value="09:00"', 'name="keeps_holidays" type="checkbox" value="1" checked'):
        assert told in planner.page
    extra = day | {"last_day": "2026-12-26", "time_type": "BES", "keeps_holidays": "1", "weekdays": "5"}
    confirm(planner, "/schema/skapa", **extra, publish="now")
    assert "2026-12-26" in free_days(world)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"day": "2026-11-26"}, "Dagen har redan varit."),
        ({"day": "2026-11-27", "from_clock": "08:00", "to_clock": "09:00"}, "Tiden har redan varit."),
        ({"day": "9999-12-31"}, "Dagen ligger för långt bort."),
        ({"last_day": "2026-11-30"}, "Den sista dagen kommer före den första."),
        ({"from_clock": "12:00", "to_clock": "11:00"}, "Slutet kommer före början."),
        ({"to_clock": "00:00"}, "Slutet kommer före början."),
        ({"reason": " "}, "Fyll i det här fältet."),
        ({"column": "p99"}, "Välj ett av alternativen."),
    ],
)
def test_a_closing_that_cannot_be_is_told_and_closes_nothing(
    planner: Browser, world: World, changes: dict[str, str], sentence: str
) -> None:
    assert planner.post("/avvikande", **(TUESDAY | changes)).status_code == 422
    assert sentence in planner.page
    assert world.rows(ClosureRow) == []
    assert len(world.ask(ANNA).free_times()) == 12


def test_who_looks_at_a_work_list_is_noted_with_whose_names_were_on_it(planner: Browser, world: World) -> None:
    """domain.md §6.3 (patient-data law)."""
    for person in (ANNA, BERTIL):
        ask = world.ask(person)
        ask.booked(ask.free_times()[0])
    planner.post("/avvikande", **TUESDAY)
    planner.sign_in(READER, 1)
    planner.get("/avvikande")
    lines = [(row.action, row.subject_of_care) for row in world.rows(AuditRow) if row.actor == READER.text]
    assert set(lines) == {("read list", ANNA.number), ("read list", BERTIL.number), *_other_looks(lines)}
    assert [row.action for row in world.rows(AuditRow) if row.action == "close hours"] == ["close hours"]
    assert "Har fått veta" not in planner.page
    assert planner.post("/att-meddela/B-1").status_code == 403


def _other_looks(lines: list[tuple[str, str | None]]) -> set[tuple[str, str | None]]:
    """The start page after signing in is a list too; without anybody on it, it names nobody."""
    return {line for line in lines if line[1] is None}

"""Schedules on staff pages: made with a preview, published, copied, closed; what is wrong is told and nothing is lost."""

import re
from datetime import date, timedelta

import pytest
from werkzeug.test import TestResponse

from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from scheduling_backends.engine import find
from scheduling_backends.engine.models import AuditRow, BookingRow, ClosureRow, SlotRow, TemplateRow, TimeTypeRow
from scheduling_backends.engine.states import BookingState, SlotState
from scheduling_backends.engine.statistics import statistics
from tests.people import ANNA
from tests.scheduling_backends.desks import BOOKER, CHIEF, PLANNER, READER
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.timebooks import NORTH, World, a_period, a_type, at

DAYS = {"weekdays": ["0", "1", "2", "3", "4"]}
WEEK = {"time_type": "BES", "first_day": "2026-12-07", "last_day": "2026-12-11", "opens": "09:00", "closes": "12:00"}


@pytest.fixture
def planner(browser: Browser) -> Browser:
    browser.sign_in(PLANNER, 1)
    browser.get("/schema/skapa")
    return browser


def confirm(browser: Browser, path: str, **typed: object) -> TestResponse:
    """Ask for a preview, and save the very thing that it shows."""
    browser.post(path, **typed)
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', browser.page)
    assert seen is not None, "there is nothing to confirm"
    return browser.post(path, **typed, save="1", seen=seen[1])


def made(world: World, day: str = "2026-12-07") -> int:
    return sum(row.day.isoformat() >= day for row in world.rows(SlotRow))


def test_a_schedule_is_previewed_by_week_and_then_saved_as_drafts(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 1."""
    planner.post("/schema/skapa", **WEEK, **DAYS, whom="r:STOL-1", pause="0")
    assert "30 tider skapas." in planner.page
    assert "2026 v. 50: 30" in planner.page
    assert made(world) == 0
    confirm(planner, "/schema/skapa", **WEEK, **DAYS, whom="r:STOL-1")
    assert "30 tider är skapade." in planner.page
    assert made(world) == 30
    assert {row.state for row in world.rows(SlotRow) if row.day.isoformat() > "2026-12-06"} == {SlotState.DRAFT}
    assert len(world.ask(ANNA).free_times()) == 12  # drafts are not on the web


def test_a_group_of_resources_gets_the_times_of_each(planner: Browser, world: World) -> None:
    """domain.md §7.2 (resource group)."""
    confirm(planner, "/schema/skapa", **WEEK, **DAYS, whom="g:Stolar")
    assert made(world) == 60


def test_holidays_are_skipped_and_told(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 3."""
    typed = WEEK | {"first_day": "2026-12-21", "last_day": "2026-12-27"}
    planner.post("/schema/skapa", **typed, **DAYS)
    assert "Helgdagar som hoppas över" in planner.page
    assert "torsdag 24 december 2026" in planner.page
    assert "fredag 25 december 2026" in planner.page
    assert "18 tider skapas." in planner.page


def test_clashes_are_listed_and_not_made(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 1: clashes listed, not silently dropped. An overlapping schedule loses nothing."""
    typed = WEEK | {"first_day": "2026-12-01", "last_day": "2026-12-01", "opens": "09:15", "closes": "10:15"}
    planner.post("/schema/skapa", **typed, **DAYS, whom="p:SE2321009991-P001")
    assert "Krockar: de här tiderna finns redan och skapas inte" in planner.page
    assert "tisdag 1 december 2026 kl. 09.15–09.45" in planner.page
    assert "Inga tider skapas." in planner.page
    planner.post("/schema/skapa", **typed, **DAYS, whom="p:SE2321009991-P001", save="1")
    assert len(world.rows(SlotRow)) == 12


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"closes": "08:00"}, "Slutet kommer före början."),
        ({"last_day": "2026-12-01"}, "Den sista dagen kommer före den första."),
        ({"last_day": "2028-12-01"}, "Välj högst 52 veckor i taget."),
        ({"first_day": "i morgon"}, "Skriv datumet som ÅÅÅÅ-MM-DD"),
        ({"opens": "25:00"}, "Skriv klockslaget som TT:MM"),
        ({"time_type": "NONE"}, "Välj ett av alternativen."),
        ({"length": "0"}, "Skriv ett helt tal från 1 till 600."),
        ({"capacity": "51"}, "Skriv ett helt tal från 1 till 50."),
        ({"every_weeks": "9"}, "Skriv ett helt tal från 1 till 8."),
        ({"break_from": "12:00"}, "Skriv både när rasten börjar och när den slutar."),
        ({"publish": "from", "release_day": "2027-03-28", "release_clock": "02:30"}, "Det klockslaget finns inte"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_is_kept(
    planner: Browser, world: World, changes: dict[str, str], sentence: str
) -> None:
    answer = planner.post("/schema/skapa", **(WEEK | changes), **DAYS, save="1")
    assert answer.status_code == 422
    assert sentence in planner.page
    assert all(f'value="{text}"' in planner.page for text in changes.values() if text not in ("NONE", "from"))
    assert made(world) == 0


def test_a_schedule_without_a_weekday_is_told(planner: Browser) -> None:
    assert planner.post("/schema/skapa", **WEEK).status_code == 422
    assert "Välj minst en veckodag." in planner.page


def test_times_are_released_on_the_web_at_a_moment(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 5: släpp tider 1 dec kl. 08."""
    typed = WEEK | {"publish": "from", "release_day": "2026-12-01", "release_clock": "08:00"}
    confirm(planner, "/schema/skapa", **typed, **DAYS)
    assert len(world.ask(ANNA).free_times()) == 12
    world.clock.now = world.clock.now.replace(month=12, day=1, hour=8, minute=0)
    starts = {slot.start.date().isoformat() for slot in world.ask(ANNA).free_times()}
    assert "2026-12-07" in starts


def test_drafts_are_published_by_day(planner: Browser, world: World) -> None:
    confirm(planner, "/schema/skapa", **WEEK, **DAYS)
    planner.post("/schema/publicera", publish_first="2026-12-07", publish_last="2026-12-08")
    assert "12 tider publicerades." in planner.page
    assert len(world.ask(ANNA).free_times()) == 24
    again = planner.post("/schema/publicera", publish_first="2026-12-07", publish_last="2026-12-08")
    assert again.status_code == 422
    assert "Det finns inga utkast att publicera" in planner.page


def test_a_week_is_copied_with_its_clashes_told(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 2."""
    week = {"what": "week", "source": "2026-12-02", "target": "2026-12-10"}
    planner.post("/schema/kopiera", **week)
    assert "12 tider skapas som utkast." in planner.page
    assert len(world.rows(SlotRow)) == 12
    confirm(planner, "/schema/kopiera", **week)
    assert "12 tider skapades som utkast." in planner.page
    assert {row.day.isoformat() for row in world.rows(SlotRow)} >= {"2026-12-08", "2026-12-09"}
    planner.post("/schema/kopiera", **week)
    assert "Inga tider skapas." in planner.page
    assert "tisdag 8 december 2026 kl. 09.00–09.30" in planner.page
    confirm(planner, "/schema/kopiera", what="day", source="2026-12-01", target="2026-12-16")
    assert "6 tider skapades som utkast." in planner.page
    assert planner.post("/schema/kopiera", what="day", source="2026-12-01", target="2026-12-01").status_code == 422


def test_a_week_is_saved_as_a_template_and_laid_over_a_period(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 2."""
    planner.post("/schema/mallar", name="Vanlig vecka", template_week="2026-12-01")
    assert "Mallen är sparad med 12 tider." in planner.page
    template = re.search(r'<option value="(\d+)">Vanlig vecka', planner.page)
    assert template is not None
    used = {"template": template[1], "use_first": "2026-12-14", "use_last": "2027-01-08"}
    planner.post("/schema/mallar/anvand", **used)
    assert "onsdag 6 januari 2027" in planner.page  # a holiday
    confirm(planner, "/schema/mallar/anvand", **used)
    assert "42 tider skapades som utkast." in planner.page
    assert planner.post("/schema/mallar", name="Tom", template_week="2027-06-01").status_code == 422


def test_only_times_that_nobody_was_ever_booked_on_are_taken_away(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 6: editing a published schedule never touches booked slots."""
    ask = world.ask(ANNA)
    ask.booked(ask.free_times()[0])
    ids = [str(row.id) for row in world.rows(SlotRow)][:3]
    planner.get("/schema", dag="2026-12-01")
    planner.post("/schema/tider", slots=ids, act="bort")
    assert "2 lediga tider är borttagna." in planner.page
    assert len(world.rows(SlotRow)) == 10
    assert world.rows(BookingRow)[0].state is BookingState.BOOKED


def test_chosen_times_are_blocked_with_a_reason_and_opened(planner: Browser, world: World) -> None:
    ids = [str(row.id) for row in world.rows(SlotRow)][:3]
    planner.get("/schema", dag="2026-12-01")
    assert planner.post("/schema/tider", slots=ids, act="sparra", reason="").status_code == 422
    assert planner.post("/schema/tider", act="oppna").status_code == 422
    planner.post("/schema/tider", slots=ids, act="sparra", reason="Möte")
    assert "3 tider är spärrade." in planner.page
    assert len(world.ask(ANNA).free_times()) == 9
    planner.get("/schema", dag="2026-12-01")
    assert planner.page.count("Möte") == 3
    planner.post("/schema/tider", slots=ids, act="oppna")
    assert len(world.ask(ANNA).free_times()) == 12
    planner.post("/schema/tider", slots=ids, act="oppna")
    assert "Inga tider öppnades." in planner.page


def test_a_whole_day_is_chosen_at_once(planner: Browser, world: World) -> None:
    planner.get("/schema", dag="2026-12-01")
    planner.post("/schema/tider", days=["2026-12-01", "i morgon"], act="sparra", reason="Flytt")
    assert "6 tider är spärrade." in planner.page
    assert {slot.start.date().isoformat() for slot in world.ask(ANNA).free_times()} == {"2026-12-02"}


def test_a_draft_is_not_published_by_being_blocked_and_opened(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 5: draft, published, and only then blocked."""
    confirm(planner, "/schema/skapa", **WEEK, **DAYS)
    planner.post("/schema/tider", days=["2026-12-07"], act="sparra", reason="Möte")
    assert "Bara publicerade tider kan spärras." in planner.page
    planner.post("/schema/tider", days=["2026-12-07"], act="oppna")
    assert {row.state for row in world.rows(SlotRow) if row.day.isoformat() == "2026-12-07"} == {SlotState.DRAFT}


def test_the_week_tells_every_state_in_words_with_a_legend(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 5, §5.12 (never by colour alone)."""
    ask = world.ask(ANNA)
    ask.booked(ask.free_times()[0])
    confirm(planner, "/schema/skapa", **(WEEK | {"first_day": "2026-12-03", "last_day": "2026-12-03"}), **DAYS)
    ids = sorted(row.id for row in world.rows(SlotRow))
    planner.post("/schema/tider", slots=[ids[1]], act="sparra", reason="Möte")
    planner.get("/schema", dag="2026-12-01")
    states = re.findall(r'<span class="state">([^<]+)</span>', planner.page)
    assert (states.count("Bokad"), states.count("Spärrad"), states.count("Ledig"), states.count("Utkast")) == (
        1,
        1,
        10,
        6,
    )
    assert 'aria-label="Vad tiderna är"' in planner.page
    assert planner.page.count('href="/tid/') == 18
    world.clock.now += timedelta(days=5)
    planner.sign_in(PLANNER, 1)
    planner.get("/schema", dag="2026-12-01")
    assert '<span class="state">Passerad</span>' in planner.page
    assert planner.get("/schema", dag="9999-12-31").status_code == 200


def test_nothing_is_saved_that_was_not_previewed(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 1: somebody has planned between the preview and the confirmation."""
    planner.post("/schema/skapa", **WEEK, **DAYS, whom="r:STOL-1")
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', planner.page)
    assert seen is not None
    with world.timebook.desk() as desk:
        desk.add_slots(NORTH, "BES", a_period(date(2026, 12, 7)), resource="STOL-1")
    answer = planner.post("/schema/skapa", **WEEK, **DAYS, whom="r:STOL-1", save="1", seen=seen[1])
    assert answer.status_code == 409
    assert "Inget är sparat än." in planner.page
    assert "24 tider skapas." in planner.page
    assert "måndag 7 december 2026 kl. 09.00–09.30" in planner.page
    assert made(world) == 6
    changed = planner.post(
        "/schema/skapa", **(WEEK | {"closes": "16:00"}), **DAYS, whom="r:STOL-1", save="1", seen=seen[1]
    )
    assert changed.status_code == 409
    assert made(world) == 6


def test_a_schedule_has_breaks_pauses_and_comes_back_every_so_many_weeks(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 1."""
    typed = WEEK | {
        "last_day": "2026-12-27",
        "opens": "08:00",
        "closes": "16:00",
        "break_from": "12:00",
        "break_to": "13:00",
        "break2_from": "10:00",
        "break2_to": "10:30",
        "pause": "10",
        "length": "20",
        "every_weeks": "2",
        "capacity": "3",
    }
    confirm(planner, "/schema/skapa", **typed, weekdays=["0"], whom="r:STOL-1")
    rows = [row for row in world.rows(SlotRow) if row.resource_id]
    assert {row.day.isoformat() for row in rows} == {"2026-12-07", "2026-12-21"}
    assert {row.capacity for row in rows} == {3}
    starts = [row.start.astimezone(SWEDEN).strftime("%H%M") for row in rows if row.day.day == 7]
    assert starts == [f"{h:02}{m}" for h in range(8, 16) for m in ("00", "30") if h != 12 and (h, m) != (10, "00")]


def test_a_template_is_not_replaced_by_accident_and_can_be_removed(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 2."""
    planner.post("/schema/mallar", name="Vanlig vecka", template_week="2026-12-01")
    again = planner.post("/schema/mallar", name="Vanlig vecka", template_week="2026-12-01")
    assert again.status_code == 409
    assert "Det finns redan en mall med det namnet." in planner.page
    planner.post("/schema/mallar", name="Vanlig vecka", template_week="2026-12-01", replaces="1")
    assert "Mallen är sparad med 12 tider." in planner.page
    (template,) = world.rows(TemplateRow)
    planner.post(f"/schema/mallar/{template.id}/ta-bort")
    assert "Mallen är borttagen." in planner.page
    assert world.rows(TemplateRow) == []
    assert planner.post(f"/schema/mallar/{template.id}/ta-bort").status_code == 404


def test_a_template_with_a_kind_of_time_that_is_gone_tells_so(planner: Browser, world: World) -> None:
    confirm(planner, "/schema/skapa", **WEEK, **DAYS, whom="r:STOL-1")
    with world.timebook.desk() as desk:
        desk.add_time_type(NORTH, a_type(code="GAMMAL"))
        desk.add_slots(NORTH, "GAMMAL", a_period(date(2026, 12, 8)), resource="STOL-2")
    planner.post("/schema/mallar", name="Med den gamla", template_week="2026-12-07")
    planner.get("/schema", dag="2026-12-07")
    gone = [str(row.id) for row in world.rows(SlotRow) if row.resource_id and row.time_type_id == 2]
    planner.post("/schema/tider", slots=gone, act="bort")
    with world.timebook.desk() as desk:
        desk.remove_time_type(NORTH, "GAMMAL")
    (template,) = world.rows(TemplateRow)
    used = {"template": str(template.id), "use_first": "2026-12-14", "use_last": "2026-12-18"}
    planner.get("/schema/kopiera")
    planner.post("/schema/mallar/anvand", **used)
    assert "De här tidstyperna finns inte längre och hoppas över: GAMMAL." in planner.page
    assert "30 tider skapas som utkast." in planner.page


@pytest.mark.parametrize(
    ("path", "typed", "sentence"),
    [
        ("/schema/skapa", WEEK | {"first_day": "2026-11-26"}, "Dagen har redan varit."),
        ("/schema/skapa", WEEK | {"last_day": "9999-12-31"}, "Dagen ligger för långt bort."),
        ("/schema/skapa", WEEK | {"weekdays": ""}, "Välj minst en veckodag."),
        ("/schema/skapa", WEEK | {"weekdays": "01"}, "Välj minst en veckodag."),
        ("/schema/skapa", WEEK | {"weekdays": "0", "whom": "r:NIX"}, "Välj ett av alternativen."),
        ("/schema/skapa", WEEK | {"weekdays": "0", "publish": "snart"}, "Välj ett av alternativen."),
        ("/schema/kopiera", {"what": "week", "source": "2026-12-01", "target": "2025-12-01"}, "Dagen har redan varit."),
        ("/schema/kopiera", {"what": "week", "source": "9999-12-31", "target": "2026-12-01"}, "för långt bort"),
        (
            "/schema/kopiera",
            {"what": "år", "source": "2026-12-01", "target": "2026-12-08"},
            "Välj ett av alternativen.",
        ),
        ("/schema/mallar", {"name": " ", "template_week": "2026-12-01"}, "Fyll i det här fältet."),
        ("/schema/mallar", {"name": "Tom", "template_week": "0001-01-01"}, "för långt bort"),
        (
            "/schema/mallar/anvand",
            {"template": "7", "use_first": "2026-12-14", "use_last": "2026-12-15"},
            "Välj ett av",
        ),
        ("/schema/publicera", {"publish_first": "2026-12-08", "publish_last": "2026-12-07"}, "kommer före den första"),
        ("/schema/tider", {"slots": "1", "act": "brygg kaffe"}, "Välj ett av alternativen."),
    ],
)
def test_a_form_that_cannot_be_is_told_and_changes_nothing(
    planner: Browser, world: World, path: str, typed: dict[str, str], sentence: str
) -> None:
    before = [(row.id, row.state) for row in world.rows(SlotRow)]
    assert planner.post(path, **typed, save="1").status_code == 422
    assert sentence in planner.page
    assert [(row.id, row.state) for row in world.rows(SlotRow)] == before
    assert world.rows(TemplateRow) == []


CHANGES = [
    ("/schema/skapa", {**WEEK, **DAYS, "save": "1"}),
    ("/schema/tider", {"days": "2026-12-01", "act": "bort"}),
    ("/schema/kopiera", {"what": "week", "source": "2026-12-01", "target": "2026-12-08"}),
    ("/schema/mallar", {"name": "Min", "template_week": "2026-12-01"}),
    ("/schema/mallar/anvand", {"template": "1", "use_first": "2026-12-14", "use_last": "2026-12-15"}),
    ("/schema/mallar/1/ta-bort", {}),
    ("/schema/publicera", {"publish_first": "2026-12-01", "publish_last": "2026-12-02"}),
    ("/avvikande", {"day": "2026-12-01", "reason": "Utbildning"}),
    ("/avvikande/1/dra-tillbaka", {}),
]


@pytest.mark.parametrize(("path", "typed"), CHANGES)
def test_a_forged_form_changes_nothing(planner: Browser, world: World, path: str, typed: dict[str, str]) -> None:
    answer = planner.client.post(path, data={**typed, "csrf_token": "gissat"})
    assert answer.status_code == 400
    assert "Inget har ändrats" in answer.get_data(as_text=True)
    assert len(world.rows(SlotRow)) == 12
    assert world.rows(TemplateRow) == world.rows(ClosureRow) == []


@pytest.mark.parametrize(("path", "typed"), CHANGES)
@pytest.mark.parametrize("staff", [BOOKER, READER])
def test_only_schedulers_change_the_schedule(
    browser: Browser, world: World, staff: HsaId, path: str, typed: dict[str, str]
) -> None:
    """domain.md §7.1."""
    browser.sign_in(staff, 1)
    browser.get("/schema", dag="2026-12-01")
    assert "Öppna" not in browser.page
    assert browser.post(path, **typed).status_code == 403
    assert len(world.rows(SlotRow)) == 12


def test_every_change_of_the_schedule_is_in_the_audit_log(planner: Browser, world: World) -> None:
    """domain.md §6.3, §7.5 (log follow-up)."""
    confirm(planner, "/schema/skapa", **WEEK, **DAYS)
    planner.post("/schema/publicera", publish_first="2026-12-07", publish_last="2026-12-08")
    planner.post("/schema/tider", days="2026-12-01", act="sparra", reason="Möte")
    confirm(planner, "/schema/kopiera", what="day", source="2026-12-07", target="2026-12-16")
    planner.post("/schema/mallar", name="Min", template_week="2026-12-07")
    lines = [(row.actor, row.outcome) for row in world.rows(AuditRow) if row.action == "write schedule"]
    assert lines == [(PLANNER.text, "OK")] * 5


# -- Kinds of time


def a_form(browser: Browser, path: str) -> dict[str, str]:
    """What the form at a path holds, as a browser would send it."""
    browser.get(path)
    told = dict(re.findall(r'<input id="([^"]+)" name="[^"]+" type="(?!checkbox)[^"]+" value="([^"]*)"', browser.page))
    for name, body in re.findall(r'<select id="([^"]+)".*?>(.*?)</select>', browser.page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        told[name] = chosen[1] if chosen else ""
    ticked = re.findall(r'<input id="([^"]+)" name="[^"]+" type="checkbox" value="1" checked', browser.page)
    return told | dict.fromkeys(ticked, "1")


def test_a_kind_of_time_is_made_with_every_setting(browser: Browser, world: World) -> None:
    """domain.md §6.1, §7.2."""
    browser.sign_in(CHIEF, 1)
    typed = a_form(browser, "/tidstyper/ny") | {
        "code": "VACC",
        "internal_name": "Vaccination",
        "web_name": "Vaccination mot influensa",
        "bookable_by": "both",
        "age_from": "65",
        "capacity": "4",
        "cancel_own_count": "3",
        "cancel_own_unit": "working days",
        "release_hours": "8",
        "ready_reasons": "Första dosen\nAndra dosen",
    }
    browser.post("/tidstyper/ny", **typed)
    assert "Sparat." in browser.page
    with world.timebook.desk() as desk:
        settings = desk.time_type_settings(NORTH, "VACC")
    assert (settings.age_from, settings.capacity, str(settings.cancel_own)) == (65, 4, "3 working days")
    assert str(settings.release) == "8 hours: care, then both"
    assert settings.ready_reasons == ("Första dosen", "Andra dosen")


def test_each_change_of_a_kind_of_time_is_in_the_audit_log(browser: Browser, world: World) -> None:
    browser.sign_in(CHIEF, 1)
    typed = a_form(browser, "/tidstyper/ny") | {"code": "NY", "internal_name": "Ny", "web_name": "Ny"}
    browser.post("/tidstyper/ny", **typed)
    browser.post("/tidstyper/NY", **(typed | {"web_name": "Nyare"}))
    browser.post("/tidstyper/NY/ta-bort")
    browser.post("/tidstyper/BES/ta-bort")  # it has times
    lines = [row.actor for row in world.rows(AuditRow) if row.action == "write time type"]
    assert lines == [CHIEF.text] * 3
    assert [row.code for row in world.rows(TimeTypeRow)] == ["BES"]


def test_a_changed_kind_of_time_keeps_what_the_form_does_not_show(browser: Browser, world: World) -> None:
    world.change(requires_basis=False, purpose="Kom i tid.")
    browser.sign_in(CHIEF, 1)
    typed = a_form(browser, "/tidstyper/BES") | {"web_name": "Nytt namn", "purpose": "Kom i tid."}
    browser.post("/tidstyper/BES", **typed)
    with world.timebook.desk() as desk:
        settings = desk.time_type_settings(NORTH, "BES")
    assert (settings.web_name, settings.purpose, settings.max_simultaneous) == ("Nytt namn", "Kom i tid.", 3)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "BES"}, "Det finns redan en tidstyp med den koden."),
        ({"code": "två ord"}, "Skriv koden med högst 20 bokstäver"),
        ({"web_name": ""}, "Fyll i det här fältet."),
        ({"length_minutes": "0"}, "Skriv ett helt tal från 1 till 600."),
        ({"capacity": "99"}, "Skriv ett helt tal från 1 till 50."),
        ({"age_from": "70", "age_to": "60"}, "Den högsta åldern är lägre än den lägsta."),
        ({"valid_from": "2027-01-01", "valid_to": "2026-01-01"}, "Den sista dagen kommer före den första."),
        ({"colour": "red"}, "Skriv färgen som #"),
        ({"bookable_by": "alla"}, "Välj ett av alternativen."),
    ],
)
def test_a_setting_that_cannot_be_is_told_at_its_field(
    browser: Browser, world: World, changes: dict[str, str], sentence: str
) -> None:
    browser.sign_in(CHIEF, 1)
    typed = a_form(browser, "/tidstyper/ny") | {"code": "NY", "internal_name": "Ny", "web_name": "Ny"} | changes
    assert browser.post("/tidstyper/ny", **typed).status_code == 422
    assert sentence in browser.page
    assert [row.code for row in world.rows(TimeTypeRow)] == ["BES"]


def test_a_kind_of_time_with_bookings_is_not_deleted(browser: Browser, world: World) -> None:
    ask = world.ask(ANNA)
    ask.booked(ask.free_times()[0])
    browser.sign_in(CHIEF, 1)
    browser.get("/tidstyper/BES")
    answer = browser.post("/tidstyper/BES/ta-bort")
    assert answer.status_code == 409
    assert "Tidstypen har tider eller bokningar och kan inte tas bort. Inget har ändrats." in browser.page
    assert len(world.rows(TimeTypeRow)) == 1
    assert len(world.rows(BookingRow)) == 1


# -- Roles, the clinic, statistics


def test_the_last_administrator_is_not_taken_away(browser: Browser, world: World) -> None:
    """domain.md §7.1."""
    browser.sign_in(CHIEF, 1)
    browser.get("/behorigheter")
    answer = browser.post("/behorigheter/ta-bort", member=CHIEF.text, role="administrator")
    assert answer.status_code == 409
    assert "minst en administratör" in browser.page
    browser.post("/behorigheter/ge", member=BOOKER.text, role="administrator")
    assert browser.post("/behorigheter/ta-bort", member=BOOKER.text, role="administrator").status_code == 200
    assert browser.post("/behorigheter/ge", member=BOOKER.text, role="superadmin").status_code == 422


def test_the_clinics_settings_are_changed(browser: Browser, world: World) -> None:
    browser.sign_in(CHIEF, 1)
    typed = a_form(browser, "/mottagning") | {"name": "Norra nya", "max_active": "2", "fee_note": "Det kostar."}
    browser.post("/mottagning", **typed)
    assert "Norra nya" in browser.page
    assert browser.post("/mottagning", **(typed | {"name": ""})).status_code == 422


def test_statistics_count_what_became_of_the_times(browser: Browser, world: World) -> None:
    """domain.md §7.5."""
    ask = world.ask(ANNA)
    free = ask.free_times()
    kept = ask.booked(free[0])
    ask.cancel(ask.booked(free[4]))
    ask.move(kept, free[1])
    browser.sign_in(CHIEF, 1)
    answer = browser.client.get("/statistik.csv?fran=2026-12-01&till=2026-12-02")
    head, total, *_ = answer.data.decode("utf-8-sig").splitlines()
    assert head.startswith("Del;Period;Vad;Platser;Bokade på webben;")
    assert total == "Totalt;2026-12-01/2026-12-02;Totalt;12;1;0;1;1;0;0;0;4;96,5;;1,00"
    browser.get("/statistik", fran="2026-12-01", till="2026-12-02")
    assert "<svg" in browser.page
    assert "100 %" in browser.page


def test_a_superadmin_adds_a_clinic(browser: Browser, world: World) -> None:
    """domain.md §7.1."""
    from scheduling_backends.engine.states import Role

    with world.timebook.desk() as desk:
        desk.add_staff(HsaId("SE2321009991-S009"), "Karin Region")
        desk.give_role(HsaId("SE2321009991-S009"), Role.SUPERADMIN)
    browser.sign_in(HsaId("SE2321009991-S009"), 1)
    browser.get("/mottagning/ny")
    assert browser.post("/mottagning/ny", hsa_id="fel", name="Nya").status_code == 422
    assert browser.post("/mottagning/ny", hsa_id="SE2321009991-2b02", name="Nya", max_active="0").status_code == 422
    browser.post("/mottagning/ny", hsa_id="SE2321009991-2B08", name="Nya", max_active="0")
    assert "Sparat." in browser.page


def test_the_group_of_the_kind_of_time_gets_a_series_for_each_resource(planner: Browser, world: World) -> None:
    """domain.md §7.2: without another choice, the kind of time's own group of resources."""
    world.change(resource_group="Stolar")
    planner.post("/schema/skapa", **WEEK, **DAYS)
    assert "60 tider skapas." in planner.page
    confirm(planner, "/schema/skapa", **WEEK, **DAYS)
    assert made(world) == 60
    confirm(planner, "/schema/skapa", **WEEK | {"opens": "13:00", "closes": "14:00"}, **DAYS, whom="r:STOL-1")
    assert made(world) == 70
    world.change(resource_group="Bås")
    assert planner.post("/schema/skapa", **WEEK, **DAYS).status_code == 422
    assert "Tidstypens resursgrupp Bås har inga resurser." in planner.page


@pytest.mark.parametrize("reason", ["x" * 501, "Recept\x07"])
def test_a_ready_reason_that_no_citizen_could_have_written_is_told(browser: Browser, world: World, reason: str) -> None:
    """domain.md R18."""
    browser.sign_in(CHIEF, 1)
    typed = a_form(browser, "/tidstyper/BES") | {"ready_reasons": f"Sjukintyg\n{reason}"}
    assert browser.post("/tidstyper/BES", **typed).status_code == 422
    assert "Varje anledning är högst 500 tecken" in browser.page


def test_statistics_tell_how_long_before_times_were_cancelled_and_by_whom(browser: Browser, world: World) -> None:
    """domain.md §7.5; the median of each, and a plot of what became of the bookings."""
    world.change(max_simultaneous=0)
    ask = world.ask(ANNA)
    bookings = [ask.booked(ask.free_times()[0]) for _ in range(3)]  # 9.00, 9.30 and 10.00 on 1 December
    world.clock.now = at(30, 9, month=11)
    ask.cancel(bookings[0])
    ask.cancel(bookings[2])
    with world.timebook.desk() as desk:
        desk.cancel(bookings[1])
    with world.timebook.reading() as session:
        (clinic,) = find.clinics(session)
        found = statistics(session, clinic, date(2026, 12, 1), date(2026, 12, 2), world.clock())
    total = found.total
    assert (total.cancelled_by_citizen, total.hours_before_by_citizen) == (2, 24.5)
    assert (total.cancelled_by_care, total.hours_before_by_care) == (1, 24.5)
    browser.sign_in(CHIEF, 1)
    browser.get("/statistik", fran="2026-12-01", till="2026-12-02")
    assert "24,5" in browser.page
    assert browser.page.count("<svg viewBox") == 2
    assert browser.page.count('class="bar-cancelled"') == 1


def test_every_row_of_the_statistics_file_says_which_section_and_days_it_is_of(browser: Browser, world: World) -> None:
    """domain.md §7.5."""
    browser.sign_in(CHIEF, 1)
    answer = browser.client.get("/statistik.csv?fran=2026-12-01&till=2026-12-31")
    head, *rows = answer.data.decode("utf-8-sig").splitlines()
    assert head.startswith("Del;Period;Vad;Platser;")
    assert [row.split(";")[:3] for row in rows] == [
        ["Totalt", "2026-12-01/2026-12-31", "Totalt"],
        ["Per tidstyp", "2026-12-01/2026-12-31", "Besök"],
        ["Per resurs eller utförare", "2026-12-01/2026-12-31", "Maria Ek"],
        ["Per vecka", "2026-12-01/2026-12-06", "2026 v. 49"],
    ]
    assert {row.count(";") for row in rows} == {head.count(";")}

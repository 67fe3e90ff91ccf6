"""Schedules on staff pages: made with a preview, published, copied, closed; what is wrong is told and nothing is lost."""

import re

import pytest

from contracts.identifiers import HsaId
from scheduling_backends.engine.models import BookingRow, ClosureRow, SlotRow, TimeTypeRow
from scheduling_backends.engine.states import BookingState, SlotState
from tests.people import ANNA
from tests.scheduling_backends.desks import BOOKER, CHIEF, PLANNER
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.timebooks import NORTH, World

DAYS = {"weekdays": ["0", "1", "2", "3", "4"]}
WEEK = {"time_type": "BES", "first_day": "2026-12-07", "last_day": "2026-12-11", "opens": "09:00", "closes": "12:00"}


@pytest.fixture
def planner(browser: Browser) -> Browser:
    browser.sign_in(PLANNER, 1)
    browser.get("/schema/skapa")
    return browser


def made(world: World, day: str = "2026-12-07") -> int:
    return sum(row.day.isoformat() >= day for row in world.rows(SlotRow))


def test_a_schedule_is_previewed_by_week_and_then_saved_as_drafts(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 1."""
    planner.post("/schema/skapa", **WEEK, **DAYS, whom="r:STOL-1", pause="0")
    assert "30 tider skapas." in planner.page
    assert "2026 v. 50: 30" in planner.page
    assert made(world) == 0
    planner.post("/schema/skapa", **WEEK, **DAYS, whom="r:STOL-1", save="1")
    assert "30 tider är skapade." in planner.page
    assert made(world) == 30
    assert {row.state for row in world.rows(SlotRow) if row.day.isoformat() > "2026-12-06"} == {SlotState.DRAFT}
    assert len(world.ask(ANNA).free_times()) == 12  # drafts are not on the web


def test_a_group_of_resources_gets_the_times_of_each(planner: Browser, world: World) -> None:
    """domain.md §7.2 (resource group)."""
    planner.post("/schema/skapa", **WEEK, **DAYS, whom="g:Stolar", save="1")
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
    planner.post("/schema/skapa", **typed, **DAYS, save="1")
    assert len(world.ask(ANNA).free_times()) == 12
    world.clock.now = world.clock.now.replace(month=12, day=1, hour=8, minute=0)
    starts = {slot.start.date().isoformat() for slot in world.ask(ANNA).free_times()}
    assert "2026-12-07" in starts


def test_drafts_are_published_by_day(planner: Browser, world: World) -> None:
    planner.post("/schema/skapa", **WEEK, **DAYS, save="1")
    planner.post("/schema/publicera", publish_first="2026-12-07", publish_last="2026-12-08")
    assert "12 tider publicerades." in planner.page
    assert len(world.ask(ANNA).free_times()) == 24


def test_a_week_is_copied_with_its_clashes_told(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 2."""
    planner.post("/schema/kopiera", what="week", source="2026-12-02", target="2026-12-10")
    assert "12 tider skapades som utkast." in planner.page
    assert {row.day.isoformat() for row in world.rows(SlotRow)} >= {"2026-12-08", "2026-12-09"}
    planner.post("/schema/kopiera", what="week", source="2026-12-02", target="2026-12-10")
    assert "12 tider fanns redan och skapades inte." in planner.page
    planner.post("/schema/kopiera", what="day", source="2026-12-01", target="2026-12-16")
    assert "6 tider skapades som utkast." in planner.page
    assert planner.post("/schema/kopiera", what="day", source="2026-12-01", target="2026-12-01").status_code == 422


def test_a_week_is_saved_as_a_template_and_laid_over_a_period(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 2."""
    planner.post("/schema/mallar", name="Vanlig vecka", template_week="2026-12-01")
    assert "Mallen är sparad med 12 tider." in planner.page
    template = re.search(r'<option value="(\d+)">Vanlig vecka', planner.page)
    assert template is not None
    planner.post("/schema/mallar/anvand", template=template[1], use_first="2026-12-14", use_last="2027-01-08")
    assert "42 tider skapades som utkast." in planner.page
    assert "Helgdagar som hoppades över: 1." in planner.page
    assert planner.post("/schema/mallar", name="Tom", template_week="2027-06-01").status_code == 422


def test_closed_hours_wait_for_those_who_are_booked_and_take_nothing_from_them(planner: Browser, world: World) -> None:
    """domain.md §7.3 item 4, §10.5 scenario 18."""
    ask = world.ask(ANNA)
    booking_id = ask.booked(ask.free_times()[0])
    planner.post("/avvikande", day="2026-12-01", reason="Utbildning")
    assert "Väntar: 1 bokade" in planner.page
    assert "Anna Provbäck" in planner.page
    assert {slot.start.date().isoformat() for slot in ask.free_times()} == {"2026-12-02"}
    (row,) = world.rows(BookingRow)
    assert row.state is BookingState.BOOKED
    planner.sign_in(BOOKER, 1)
    planner.get(f"/bokning/{booking_id}")
    planner.post(f"/bokning/{booking_id}/avboka", comment="Mottagningen är stängd")
    planner.get("/avvikande")
    assert "Gäller</span>" in planner.page
    (closure,) = world.rows(ClosureRow)
    assert closure.in_force_at == world.clock()


def test_closed_hours_are_opened_again_and_other_blocked_times_stay(planner: Browser, world: World) -> None:
    first = min(world.rows(SlotRow), key=lambda row: row.start).id
    planner.get(f"/tid/{first}")
    planner.post(f"/tid/{first}/sparra", reason="Möte")
    planner.post("/avvikande", day="2026-12-01", from_clock="09:00", to_clock="10:00", reason="Brandövning")
    assert len(world.ask(ANNA).free_times()) == 10
    (closure,) = world.rows(ClosureRow)
    planner.post(f"/avvikande/{closure.id}/dra-tillbaka")
    assert len(world.ask(ANNA).free_times()) == 11


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
    planner.post("/schema/tider", slots=ids, act="oppna")
    assert len(world.ask(ANNA).free_times()) == 12


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
    assert head.startswith("Vad;Platser;Bokade på webben;")
    assert total == "Totalt;12;1;0;1;1;0;0;0;4;1,00"
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

"""Every page of both systems, in a window and on a telephone, light and dark: axe, no sideways scroll, landmarks."""

import pytest
from playwright.sync_api import Browser

from scheduling_backends.engine.models import BookingRow, CitizenRow
from tests.chromium import check_axe, check_width
from tests.pages.conftest import sign_in
from tests.people import ANNA, BERTIL, SIV
from tests.scheduling_backends.timebooks import NORTH, World, at

SHARED = [
    "/invanare",
    "/invanare/{citizen}",
    "/invanare/{citizen}/andra",
    "/invanare/{citizen}/kalla",
    "/invanare/{citizen}/boka",
    "/tid/8/boka?invanare={citizen}",
    "/invanare/ny",
    "/schema?dag=2026-12-01",
    "/schema/skapa",
    "/schema/kopiera",
    "/avvikande",
    "/att-meddela",
    "/kallelser",
    "/tidstyper",
    "/tidstyper/BES",
    "/tidstyper/ny",
    "/register",
    "/register/resurser/ny",
    "/register/utforare/andra/SE2321009991-P001",
    "/behorigheter",
    "/mottagning",
    "/logguppfoljning",
    "/bokning/{booking}",
    "/bokning/{booking}/flytta",
    "/tid/1",
    "/tid/8/boka",
    "/finns-inte",
    "/logga-in",
]
TIMEBOOK = [
    "/bokningslista?fran=2026-12-01&till=2026-12-02",
    "/bokningslista?fran=2027-06-01",
    "/bokningslista/utskrift?fran=2026-12-01&vy=vecka",
    "/statistik?fran=2026-12-01&till=2026-12-31",
]
TAKECARE = [
    "/kalender?dag=2026-12-01",
    "/kalender?dag=2026-12-01&bokning={booking}",
    "/kalender?dag=2026-12-01&vy=vecka",
    "/kalender?dag=2027-06-05",
    "/webbhandelser",
    "/daglista?dag=2026-12-01",
]
WINDOWS = [(1280, 900, "light"), (320, 640, "dark")]


def lived_in(world: World) -> dict[str, object]:
    """A web booking that was moved, a cancelled one, an invitation, somebody with a protected identity."""
    ask = world.ask(ANNA)
    booking = ask.booked(ask.free_times()[0])
    ask.move(booking, ask.free_times()[2], "Hinner inte, för jag måste till arbetsförmedlingens informationsmöte")
    other = world.ask(BERTIL)
    other.cancel(other.booked(other.free_times()[0]), "Frisk igen")
    with world.timebook.desk() as desk:
        desk.book(NORTH, "BES", at(1, 9, 30), SIV.identity, invitation_text="Välkommen på återbesök")
        desk.invite(NORTH, "BES", BERTIL.identity, "Välj en tid som passar dig", [NORTH])
    citizen = next(row.id for row in world.rows(CitizenRow) if row.number == ANNA.number)
    assert len(world.rows(BookingRow)) == 4
    return {"booking": booking, "citizen": citizen}


@pytest.mark.parametrize(("width", "height", "scheme"), WINDOWS)
@pytest.mark.parametrize("name", ["timebook", "takecare"])
def test_every_page_holds_by_axe_and_fits_its_window(
    chromium: Browser, request: pytest.FixtureRequest, name: str, width: int, height: int, scheme: str
) -> None:
    """domain.md §5.12 items 9, 10, 15; look.md."""
    world, address = request.getfixturevalue(name)
    told = lived_in(world)
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="sv-SE", java_script_enabled=True
    )
    page = context.new_page()
    sign_in(page, address)
    for path in SHARED + (TIMEBOOK if name == "timebook" else TAKECARE):
        page.goto(address + path.format(**told))
        check_axe(page)
        check_width(page)
        assert page.locator("h1").count() == 1
        assert page.locator("main").count() == 1
        assert page.locator("html").get_attribute("lang") == "sv"
        assert page.title().endswith(("Fristående tidbok", "Journalkalendern"))
    context.close()

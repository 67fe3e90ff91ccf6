"""The staff's day, in Chromium: with scripts and without, by mouse and by keyboard alone (domain.md §6, §7)."""

import pytest
from playwright.sync_api import Browser, Page, expect

from scheduling_backends.engine.models import BookingRow, SlotRow
from scheduling_backends.engine.states import BookingState
from tests.chromium import check_axe
from tests.pages.conftest import sign_in
from tests.people import ANNA
from tests.scheduling_backends.timebooks import World

Served = tuple[World, str]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_type_is_set_up_a_schedule_made_a_web_booking_arrives_and_is_cancelled(
    chromium: Browser, timebook: Served, scripts: bool
) -> None:
    """domain.md §7 (the flow of the slides)."""
    world, address = timebook
    context = chromium.new_context(locale="sv-SE", java_script_enabled=scripts)
    page = context.new_page()
    sign_in(page, address)
    page.get_by_role("link", name="Tidstyper").click()
    page.get_by_role("link", name="Ny tidstyp").click()
    page.get_by_label("Kod", exact=False).first.fill("VACC")
    page.get_by_label("Namn internt").fill("Vaccination")
    page.get_by_label("Namn på webben").fill("Vaccination mot influensa")
    page.get_by_label("Bokas av").select_option("both")
    page.get_by_role("button", name="Spara").click()
    expect(page.get_by_role("status")).to_contain_text("Sparat.")

    page.get_by_role("link", name="Skapa schema").click()
    page.get_by_label("Tidstyp").select_option("VACC")
    page.get_by_label("Från och med").fill("2026-12-07")
    page.get_by_label("Till och med").fill("2026-12-08")
    page.get_by_label("Första tiden börjar").fill("09:00")
    page.get_by_label("Sista tiden slutar").fill("10:00")
    page.get_by_label("Provtagningsstol 1").check()
    page.get_by_label("publiceras de direkt").check()
    page.get_by_role("button", name="Förhandsgranska").click()
    expect(page.get_by_role("status")).to_contain_text("4 tider skapas.")
    if scripts:  # axe is one
        check_axe(page)
    page.get_by_role("button", name="Spara 4 tider").click()
    expect(page.get_by_role("status")).to_contain_text("4 tider är skapade.")
    assert sum(row.day.isoformat() > "2026-12-06" for row in world.rows(SlotRow)) == 4

    ask = world.ask(ANNA, code="VACC")
    ask.make(ask.free_times()[0], "Reser till Portugal")
    page.get_by_role("link", name="Bokningslista").click()
    page.get_by_label("Från").fill("2026-12-07")
    page.get_by_label("Till").fill("2026-12-08")
    page.get_by_role("button", name="Visa").click()
    row = page.get_by_role("row").filter(has_text="Anna Provbäck")
    expect(row).to_contain_text("Webb")
    expect(row).to_contain_text("Reser till Portugal")

    row.get_by_role("link", name="Anna Provbäck").click()
    page.get_by_label("Skäl till avbokningen").fill("Läkaren är sjuk")
    page.get_by_role("button", name="Avboka tiden").click()
    expect(page.get_by_role("status")).to_contain_text("Bokningen är avbokad.")
    (booking,) = world.rows(BookingRow)
    assert (booking.state, booking.cancelling_comment) == (BookingState.CANCELLED_BY_CARE, "Läkaren är sjuk")
    context.close()


def test_a_web_booking_arrives_in_the_calendar_is_moved_and_crossed(page: Page, takecare: Served) -> None:
    """domain.md §6.2."""
    world, address = takecare
    sign_in(page, address)
    ask = world.ask(ANNA)
    booking = ask.booked(ask.free_times()[0])
    page.goto(f"{address}/kalender?dag=2026-12-01")
    cell = page.get_by_role("cell").filter(has_text="Anna Provbäck")
    expect(cell).to_contain_text("Webb")
    expect(cell).to_contain_text("Ont i knät")
    ask.move(booking, ask.free_times()[1], "Hinner inte")
    page.reload()
    page.get_by_role("cell").filter(has_text="Ombokad").get_by_role("link", name="Anna Provbäck").click()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("Ont i knät")
    expect(panel).to_contain_text("Hinner inte")
    ask.cancel(booking, "Frisk igen")
    page.goto(f"{address}/kalender?dag=2026-12-01")
    cell = page.get_by_role("cell").filter(has_text="Avbokad av patient")
    expect(cell.locator("s")).to_have_text("Anna Provbäck")
    expect(cell).to_contain_text("webb")


def test_the_calendar_refreshes_itself_and_can_be_paused(page: Page, takecare: Served) -> None:
    """domain.md §6.2: at most every 30 s, pausable."""
    _, address = takecare
    sign_in(page, address)
    page.get_by_role("button", name="Uppdateras var 30:e sekund. Pausa").click()
    expect(page.get_by_role("button", name="Uppdateras inte. Fortsätt uppdatera")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Uppdateras inte. Fortsätt uppdatera")).to_be_visible()


def test_the_calendar_says_that_it_renews_itself_and_leaves_the_address_as_it_was(page: Page, takecare: Served) -> None:
    """What renews itself keeps no visit alive; a reload by hand does."""
    _, address = takecare
    sign_in(page, address)
    page.clock.install()
    page.goto(f"{address}/kalender?dag=2026-12-01")
    with page.expect_request(lambda request: "uppdatering=1" in request.url):
        page.clock.fast_forward(30_001)
    expect(page).to_have_url(f"{address}/kalender?dag=2026-12-01")


def test_a_time_is_booked_by_keyboard_alone(page: Page, takecare: Served) -> None:
    """domain.md §5.12 item 1, for staff."""
    world, address = takecare
    sign_in(page, address)
    page.goto(f"{address}/kalender?dag=2026-12-01")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Hoppa till innehållet")
    page.keyboard.press("Enter")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").startswith("BES"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("tisdag 1 december 2026 kl. 09.00–09.30")
    page.get_by_role("link", name="Boka för en patient").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Personnummer eller namn").focus()
    page.keyboard.type("197912129280")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Tiden är bokad.")
    assert [row.subject_of_care for row in world.rows(BookingRow)] == [ANNA.number]


def test_what_is_wrong_is_told_at_the_top_with_a_way_to_the_field(page: Page, timebook: Served) -> None:
    """domain.md §5.12 item 6."""
    _, address = timebook
    sign_in(page, address)
    page.goto(f"{address}/tid/1/boka")
    page.get_by_label("Personnummer").fill("197912129281")
    page.get_by_role("button", name="Boka", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Något behöver rättas")
    assert page.title().startswith("Fel:")
    page.get_by_role("link", name="Personnummer eller namn:").click()
    expect(page.get_by_label("Personnummer")).to_be_focused()
    expect(page.get_by_label("Personnummer")).to_have_attribute("aria-invalid", "true")
    check_axe(page)

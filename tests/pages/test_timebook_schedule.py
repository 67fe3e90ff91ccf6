"""The scheduler's week in Chromium: a type, a schedule that is previewed and published, a copy, a closed day (§7.3)."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chromium import check_axe, check_width
from tests.pages.conftest import sign_in
from tests.people import ANNA
from tests.scheduling_backends.timebooks import World

Served = tuple[World, str]
SHOTS = os.environ.get("TIDBRO_SCREENSHOTS")  # a folder, for who wants to look


def looked_at(page: Page, name: str) -> None:
    check_axe(page)
    check_width(page)
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (768, "light"), (320, "dark")])
def test_a_schedule_is_previewed_saved_seen_published_copied_and_closed(
    chromium: Browser, timebook: Served, width: int, scheme: str
) -> None:
    """domain.md §7.3 items 1, 2, 4 and 5."""
    world, address = timebook
    window = {"width": width, "height": 900}
    context = chromium.new_context(viewport=window, color_scheme=scheme, locale="sv-SE")
    page = context.new_page()
    sign_in(page, address)
    page.get_by_role("link", name="Skapa schema").click()
    page.get_by_label("Tidstyp").select_option("BES")
    page.get_by_label("Från och med").fill("2026-12-22")
    page.get_by_label("Till och med").fill("2026-12-25")
    page.get_by_label("Första tiden börjar").fill("08:00")
    page.get_by_label("Sista tiden slutar").fill("14:00")
    page.get_by_label("Rast från", exact=True).fill("12:00")
    page.get_by_label("Rast till", exact=True).fill("13:00")
    page.get_by_label("Alla i gruppen Stolar").check()
    page.get_by_role("button", name="Förhandsgranska").click()
    expect(page.get_by_role("status")).to_contain_text("40 tider skapas.")
    preview = page.get_by_role("region", name="Så här blir det")
    expect(preview).to_contain_text("fredag 25 december 2026")
    looked_at(page, f"preview-{width}")
    page.get_by_label("Sista tiden slutar").fill("13:00")
    page.get_by_role("button", name="Spara 40 tider").click()
    expect(page.get_by_role("alert")).to_contain_text("Inget är sparat än.")
    page.get_by_role("button", name="Spara 32 tider").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Schema vecka 52, 2026")
    expect(page.get_by_text("Utkast", exact=True)).to_have_count(33)  # with the legend
    looked_at(page, f"week-{width}")
    assert len(world.ask(ANNA).free_times()) == 12
    page.get_by_role("button", name="Publicera veckans utkast").click()
    expect(page.get_by_role("status")).to_contain_text("32 tider publicerades.")

    page.get_by_role("link", name="Kopiera och publicera").click()
    page.get_by_label("Från veckan eller dagen").fill("2026-12-22")
    page.get_by_label("Till veckan eller dagen").fill("2026-12-28")
    page.get_by_role("button", name="Förhandsgranska").first.click()
    expect(page.get_by_role("status")).to_contain_text("32 tider skapas som utkast.")
    looked_at(page, f"copy-{width}")
    page.get_by_role("button", name="Spara 32 utkast").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Schema vecka 53, 2026")

    ask = world.ask(ANNA)
    ask.booked(ask.free_times()[0])
    page.get_by_role("link", name="Avvikande tider").click()
    page.get_by_label("Från dag").fill("2026-12-01")
    page.get_by_label("Skäl").fill("Utbildning för alla")
    page.get_by_role("button", name="Stäng", exact=True).click()
    closing = page.get_by_role("region", name="Utbildning för alla")
    expect(closing).to_contain_text("Väntar: 1 bokade")
    closing.get_by_role("link", name="Anna Provbäck").click()
    page.get_by_label("Skäl till avbokningen").fill("Mottagningen är stängd")
    page.get_by_role("button", name="Avboka tiden").click()
    page.get_by_role("link", name="Avvikande tider").click()
    expect(closing).to_contain_text("Att meddela: 1")
    looked_at(page, f"closed-{width}")
    closing.get_by_role("button", name="Har fått veta: Anna Provbäck").click()
    expect(closing).to_contain_text("Gäller")
    looked_at(page, f"in-force-{width}")
    context.close()

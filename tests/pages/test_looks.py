"""What can be seen: fills, days on a telephone, plots, rows of fields; measured in Chromium (look.md)."""

import itertools
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chromium import check_axe, check_width
from tests.pages.conftest import sign_in
from tests.people import ANNA, BERTIL
from tests.scheduling_backends.timebooks import NORTH, World, at

Served = tuple[World, str]


def a_window(chromium: Browser, width: int = 1280, **more: object) -> Page:
    return chromium.new_context(viewport={"width": width, "height": 800}, locale="sv-SE", **more).new_page()


def luminance(colour: str) -> float:
    """The relative luminance of a computed colour, `rgb(1, 2, 3)` or `color(srgb 0.1 0.2 0.3)` (WCAG 2.2)."""
    numbers = [float(found) for found in re.findall(r"[\d.]+", colour)[:3]]
    parts = numbers if colour.startswith("color") else [one / 255 for one in numbers]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(page: Page, one: str, other: str, what: str = "backgroundColor") -> float:
    """Between the grounds of two elements, or between one's text and the other's ground."""
    script = "([selector, what]) => getComputedStyle(document.querySelector(selector))[what]"
    found = sorted([luminance(page.evaluate(script, [one, what])), luminance(page.evaluate(script, [other, GROUND]))])
    return (found[1] + 0.05) / (found[0] + 0.05)


GROUND = "backgroundColor"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["#37474f", "#2f5d3a", "#111111", "#a8322d"])
def test_a_booked_cell_is_filled_so_that_it_is_seen_and_can_be_read(
    chromium: Browser, takecare: Served, scheme: str, colour: str
) -> None:
    """domain.md §6.2: filled against outline."""
    world, address = takecare
    world.change(colour=colour)
    with world.timebook.desk() as desk:
        desk.book(NORTH, "BES", at(1, 9), ANNA.identity)
    page = a_window(chromium, color_scheme=scheme)
    sign_in(page, address)
    page.goto(f"{address}/kalender?dag=2026-12-01")
    assert contrast(page, ".booked", "body") >= 1.5
    assert contrast(page, ".booked a", ".booked", "color") >= 4.5
    page.context.close()


def test_a_booked_cell_is_filled_in_forced_colours_too(chromium: Browser, takecare: Served) -> None:
    world, address = takecare
    with world.timebook.desk() as desk:
        desk.book(NORTH, "BES", at(1, 9), ANNA.identity)
    page = a_window(chromium, forced_colors="active")
    sign_in(page, address)
    page.goto(f"{address}/kalender?dag=2026-12-01")
    assert contrast(page, ".booked", "body") >= 4.5
    assert contrast(page, ".booked a", ".booked", "color") >= 4.5
    page.context.close()


def test_a_week_on_a_telephone_is_a_list_day_by_day(chromium: Browser, takecare: Served) -> None:
    """look.md: the week grid becomes a day list."""
    world, address = takecare
    for day, person in ((1, BERTIL), (2, ANNA)):
        with world.timebook.desk() as desk:
            desk.book(NORTH, "BES", at(day, 11), person.identity)
    page = a_window(chromium, 320)
    sign_in(page, address)
    page.goto(f"{address}/kalender?dag=2026-12-01&vy=vecka")
    expect(page.locator(".calendar-grid")).to_be_hidden()
    tuesday, wednesday = (page.get_by_role("region", name=name) for name in ("tis 1 dec", "ons 2 dec"))
    expect(tuesday).to_contain_text("Bertil Demosson")
    expect(tuesday).to_contain_text("11.00–11.30 Maria Ek")
    expect(wednesday).to_contain_text("Anna Provbäck")
    expect(page.get_by_role("region", name="tor 3 dec")).to_contain_text("Inget schema den här dagen")
    check_axe(page)
    check_width(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator(".calendar-grid")).to_be_visible()
    expect(page.locator(".week-days")).to_be_hidden()
    page.context.close()


def test_the_plot_keeps_its_size_on_a_telephone_and_scrolls_by_keyboard(chromium: Browser, timebook: Served) -> None:
    _, address = timebook
    page = a_window(chromium, 320)
    sign_in(page, address)
    page.goto(f"{address}/statistik?fran=2026-12-01&till=2026-12-31")
    check_width(page)
    text = page.locator(".plot .tick-text").first
    assert text.evaluate("e => e.getBoundingClientRect().height") >= 10
    box = page.get_by_role("region", name="Platser per vecka: bokade och lediga")
    box.focus()
    page.keyboard.press("ArrowRight")
    box.evaluate(  # once it has moved
        "e => new Promise(done => { const look = () => e.scrollLeft ? done() : requestAnimationFrame(look); look(); })"
    )
    check_axe(page)
    page.context.close()


def test_the_tables_of_the_statistics_have_one_width_for_each_column(page: Page, timebook: Served) -> None:
    _, address = timebook
    sign_in(page, address)
    page.goto(f"{address}/statistik?fran=2026-12-01&till=2026-12-31")
    script = "[...document.querySelectorAll('table.figures')].map(t => [...t.querySelectorAll('thead th')].map(h => h.offsetWidth))"
    weeks, types, columns = page.evaluate(script)
    assert weeks == types == columns
    gaps = "[...document.querySelectorAll('.table + .table')].map(e => e.querySelector('table').getBoundingClientRect().top - e.previousElementSibling.getBoundingClientRect().bottom)"
    assert all(gap >= 16 for gap in page.evaluate(gaps))


FIELDS_SIDE_BY_SIDE = """
[...document.querySelectorAll('.row')].map(row => [...row.querySelectorAll(':scope > .field')].flatMap(field => {
  const control = field.querySelector('select, input:not([type=checkbox], [type=radio])');
  const label = field.querySelector('label');
  return control && label ? [[label.textContent.trim(), control.getBoundingClientRect()]] : [];
}).map(([name, box]) => [name, box.left, Math.round(box.bottom)]))
"""


@pytest.mark.parametrize("path", ["/avvikande", "/schema/skapa", "/tidstyper/BES"])
def test_fields_side_by_side_stand_on_one_line_with_or_without_a_help(page: Page, timebook: Served, path: str) -> None:
    """A new line of them begins where a field stands no further to the right than the one before."""
    _, address = timebook
    sign_in(page, address)
    page.goto(address + path)
    beside = 0
    for row in page.evaluate(FIELDS_SIDE_BY_SIDE):
        for (one, left, bottom), (other, other_left, other_bottom) in itertools.pairwise(row):
            if other_left > left:
                beside += 1
                assert bottom == other_bottom, (one, other)
    assert beside >= 2


def test_a_clinics_address_has_room(page: Page, timebook: Served) -> None:
    _, address = timebook
    sign_in(page, address)
    page.goto(f"{address}/mottagning")
    assert page.get_by_label("Adress").evaluate("e => e.offsetWidth") >= 400


def test_the_quick_search_leads_from_any_page_to_the_citizen(page: Page, timebook: Served) -> None:
    """domain.md §7 (Snabbsök)."""
    _, address = timebook
    sign_in(page, address)
    page.goto(f"{address}/schema")
    page.get_by_label("Snabbsök", exact=True).fill("prov")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Anna Provbäck")

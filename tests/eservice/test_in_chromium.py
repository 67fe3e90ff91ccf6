"""The flows in Chromium: with scripts and without, by mouse and by keyboard alone, on a telephone and enlarged; and what
scripts add: where the focus goes, the warning before signing out, looking again (domain.md §5.12)."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chromium import check_axe, check_width
from tests.eservice.conftest import a_demo, clinic
from tests.eservice.hands import Keys, Mouse
from tests.eservice.page_checks import listen
from tests.eservice.strolls import SETTINGS, Window, a_booking_of, to_the_summary
from tests.people import ANNA, BERTIL, DAN, ELIN, LARS
from tidbro.demo_mode import Mode, set_mode

TELEPHONE = {"width": 320, "height": 640}
ENLARGED = {"width": 320, "height": 256}
"""A screen of 1,280 by 1,024 at 400 %."""


@dataclass(frozen=True)
class Place:
    """A clinic to book at: its name in addresses, its code, the kind of time to choose."""

    slug: str
    code: str
    kind: str


TIMEBOOK = Place("provtagningen-sodra", "2B03", "")
RECORD_SYSTEM = Place("bjorkdalens-vardcentral", "1A01", "Besök hos sjuksköterska")

WAYS = [
    pytest.param(Mouse, True, ENLARGED, id="by mouse, enlarged"),
    pytest.param(Mouse, False, TELEPHONE, id="by mouse, without scripts"),
    pytest.param(Keys, True, TELEPHONE, id="by keyboard alone"),
    pytest.param(Keys, False, ENLARGED, id="by keyboard alone, enlarged, without scripts"),
]


@pytest.mark.parametrize("place", [TIMEBOOK, RECORD_SYSTEM], ids=["timebook", "record system"])
@pytest.mark.parametrize(("way", "scripts", "size"), WAYS)
def test_a_time_is_booked_moved_and_cancelled(chromium: Browser, demo, place, way, scripts, size) -> None:
    with chromium.new_context(viewport=size, java_script_enabled=scripts, locale="sv-SE") as context:
        heard, page = listen(context), context.new_page()
        Window(page, demo, lambda *_: None).sign_in(LARS)
        hand = way(page, demo.site)

        hand.go(f"boka/{place.slug}")
        through_the_steps(hand, place.kind, "torsdag 26 november 2026")
        hand.press("Boka tiden")
        assert hand.heading == "Klart! Din tid är bokad", page.inner_text("main")
        (booked,) = demo.booked(LARS, place.code)

        hand.go(f"bokad-tid/{name_of(demo, place, booked)}")
        hand.press("Omboka")
        through_the_steps(hand, place.kind, "fredag 27 november 2026")
        hand.press("Omboka tiden")
        assert hand.heading == "Klart! Din tid är ombokad"
        (moved,) = demo.booked(LARS, place.code)
        assert moved.start != booked.start

        hand.go(f"bokad-tid/{name_of(demo, place, moved)}")
        hand.press("Avboka")
        hand.press("Avboka tiden")
        assert hand.heading == "Klart! Din tid är avbokad"
        assert demo.booked(LARS, place.code) == ()
        heard.check(demo.site)


@pytest.mark.parametrize(("way", "scripts", "size"), WAYS)
def test_an_invitation_is_used(chromium: Browser, demo, way, scripts, size) -> None:
    demo.settle()
    with chromium.new_context(viewport=size, java_script_enabled=scripts, locale="sv-SE") as context:
        heard, page = listen(context), context.new_page()
        Window(page, demo, lambda *_: None).sign_in(ELIN)
        hand = way(page, demo.site)
        hand.press("Boka en tid")
        through_the_steps(hand, "", "torsdag 26 november 2026")
        hand.press("Boka tiden")
        assert hand.heading == "Klart! Din tid är bokad"
        assert len([*demo.booked(ELIN, "2B04"), *demo.booked(ELIN, "2B05")]) == 1
        heard.check(demo.site)


def through_the_steps(hand: Mouse, kind: str, day: str) -> None:
    """Answer whatever is asked, to the summary: this kind, this day, else the first of all; and some words."""
    for _ in range(6):
        check_width(hand.page)
        if hand.heading == "Stämmer det här?":
            return
        if hand.heading in ("Välj dag och tid", "Välj en ny dag och tid"):
            hand.press(f"{day}, lediga tider")
        radios, area = hand.page.get_by_role("radio"), hand.page.get_by_role("textbox")
        if radios.count() and not hand.page.locator("input[type=radio]:checked").count():
            hand.choose(kind if hand.heading == "Vad gäller bokningen?" else "")
        elif area.count():
            hand.write(area.first.evaluate("e => e.labels[0].firstChild.textContent.trim()"), "Ont i halsen.")
        hand.press("Fortsätt")
    raise AssertionError(f"no summary, but {hand.heading!r}")


def name_of(demo, place: Place, slot) -> str:
    """The booking's name in addresses."""
    person = demo.eservice.people.person(LARS.number)
    return demo.eservice.references.of(person, clinic(place.code), slot.booking_id).name


# -- Where the focus goes


@pytest.fixture
def page(chromium: Browser):
    """A window of 1,280 by 900."""
    with chromium.new_context(viewport={"width": 1280, "height": 900}, locale="sv-SE") as context:
        yield context.new_page()


def test_the_first_stop_leads_past_the_header(page: Page, demo) -> None:
    page.goto(f"{demo.site}mottagningar")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Namn eller ort")).to_be_focused()


def test_after_choosing_a_day_or_a_month_its_heading_has_the_focus(page: Page, demo) -> None:
    """domain.md §5.12 items 4 and 5."""
    at = Window(page, demo, lambda *_: None)
    at.sign_in(DAN)
    at.go("boka/provtagningen-sodra")
    at.press()
    at.press()
    page.get_by_role("link", name="torsdag 26 november 2026, lediga tider").click()
    expect(page.get_by_role("heading", name="torsdag 26 november")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("36 lediga tider torsdag 26 november")
    expect(page.get_by_role("group", name="Lediga tider torsdag 26 november 2026")).to_be_visible()
    expect(page.get_by_role("radio", name="08.00, Provtagningsstol 1")).to_be_visible()
    page.get_by_role("link", name="Nästa månad, december").click()
    expect(page.get_by_role("heading", name="december 2026")).to_be_focused()


def test_what_is_wrong_has_the_focus_and_leads_to_its_field(page: Page, demo) -> None:
    """domain.md §5.12 item 6; E1 is an error too."""
    at = Window(page, demo, lambda *_: None)
    at.sign_in(BERTIL)
    at.go("boka/bjorkdalens-vardcentral")
    at.press()
    expect(page.get_by_role("alert")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Vad vill du boka?")).to_be_in_viewport()
    expect(page.get_by_role("group", name="Vad vill du boka?")).to_have_attribute("aria-invalid", "true")

    to_the_summary(at)
    other = demo.town.visitor(DAN, "2B07")
    other.book(other.times()[0])
    at.press("Boka tiden")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Det du skrivit är kvar")
    assert page.title().startswith("Fel: ")


# -- What scripts add


def test_two_minutes_before_the_visit_ends_a_button_renews_it_and_the_focus_goes_back(
    chromium: Browser, planted, tmp_path
) -> None:
    """domain.md §5.12 item 8."""
    with a_demo(planted, tmp_path, eservice={"idle_minutes": 3}) as demo, chromium.new_context() as context:
        page = context.new_page()
        at = Window(page, demo, lambda *_: None)
        at.sign_in(DAN)
        page.clock.install()
        at.go("mottagningar")
        page.get_by_label("Namn eller ort").focus()
        page.clock.run_for(59_000)
        expect(page.get_by_role("alertdialog")).to_be_hidden()
        page.clock.run_for(2_000)
        warning = page.get_by_role("alertdialog", name="Du loggas snart ut. Vill du fortsätta?")
        expect(warning.get_by_role("button", name="Fortsätt vara inloggad")).to_be_focused()
        check_axe(page)

        at.later(120)
        page.keyboard.press("Enter")
        expect(warning).to_be_hidden()
        expect(page.get_by_label("Namn eller ort")).to_be_focused()
        at.later(120)
        at.go("")
        expect(page.get_by_text("Inloggad som Dan Tävling")).to_be_visible()

        at.later(181)
        at.go("")
        expect(page.get_by_text("Inloggad som Dan Tävling")).to_be_hidden()


def test_e14_the_page_looks_again_by_itself_and_turns_into_the_receipt(chromium: Browser, planted, tmp_path) -> None:
    with a_demo(planted, tmp_path, eservice=SETTINGS) as demo, chromium.new_context() as context:
        page = context.new_page()
        at = Window(page, demo, lambda *_: None)
        at.sign_in(BERTIL)
        to_the_summary(at)
        set_mode(demo.served.data, Mode.BAD_ANSWER)
        page.clock.install()
        at.press("Boka tiden")
        told = page.get_by_role("status").filter(has_text="Boka inte en gång till")
        expect(told).to_contain_text("Du kan ringa 070-174 06 12 och fråga")
        told.evaluate("e => { e.dataset.isTheSame = 'yes' }")

        with page.expect_response("**/klart"):
            page.clock.run_for(60_000)
        expect(told).to_have_attribute("data-is-the-same", "yes")

        set_mode(demo.served.data, Mode.OFF)
        at.later(60)
        with page.expect_navigation():
            page.clock.run_for(60_000)
        expect(page.get_by_role("heading", level=1)).to_have_text("Klart! Din tid är bokad")


def test_a_receipt_is_printed_without_what_only_a_screen_can_use(page: Page, demo) -> None:
    """domain.md §5.12 item 14; look.md."""
    at = Window(page, demo, lambda *_: None)
    at.sign_in(ANNA)
    a_booking_of(at, "Blodprov")
    at.follow("Avboka")
    at.press("Avboka tiden")
    page.emulate_media(media="print")
    receipt = page.locator(".receipt")
    expect(receipt).to_contain_text("Provtagningen Norra")
    expect(receipt).to_be_visible()
    expect(page.get_by_text("Inloggad som Anna Provbäck")).to_be_visible()
    shown = page.locator("nav, footer, button, .next, .skip").filter(visible=True)
    assert shown.evaluate_all("all => all.map(one => one.outerHTML)") == []

"""Ways through the citizens' pages, which stop at every page and state there is, for whoever wants to look at them.

PAGES are reached by their addresses; WALKS go through what has no address of its own, as a citizen does. Whoever walks
gives a `look`, which is called with each name: the tests check the page there (test_every_page.py), the docs take its
picture (docs/screenshots_eservice.py). A new page is looked at by a line in PAGES, or by `at.look(NAME)` in a walk.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from playwright.sync_api import Page

from tests.eservice.conftest import Demo
from tests.people import ANNA, BERTIL, DAN, ELIN, GRETA, HULDA, KARIN, LARS, Person
from tidbro.demo_mode import Mode, set_mode

PAGES: dict[str, tuple[Person | None, str]] = {
    "welcome": (None, ""),
    "sign-in": (None, "logga-in"),
    "start": (ANNA, ""),
    "clinics": (None, "mottagningar"),
    "clinics-found": (None, "mottagningar?sok=björk"),
    "clinics-none": (None, "mottagningar?sok=Kiruna"),
    "clinic": (ANNA, "mottagning/bjorkdalens-barnmorskemottagning"),
    "clinic-open": (None, "mottagning/vaccinationen-torget"),
    "bookings": (GRETA, "bokade-tider"),
    "bookings-clinic": (GRETA, "bokade-tider/provtagningen-norra"),
    "bookings-none": (LARS, "bokade-tider"),
    "inbox-empty": (LARS, "inkorg"),
    "first-free": (DAN, "forsta-lediga"),
    "watches-none": (DAN, "bevakningar"),
    "why": (DAN, "varfor/bjorkdalens-vardcentral"),
    "acting": (ANNA, "ombud"),
    "acting-nobody": (DAN, "ombud"),
    "accessibility": (None, "tillganglighet"),
    "not-found": (ANNA, "finns-inte"),
    "settings": (ANNA, "installningar"),
    "not-open": (HULDA, "boka/ungdomsmottagningen-kajen"),
}
"""What one looks at → who looks, nobody who is signed in for None, and the address below the site."""

ADMINISTRATORS = {
    "admin-clinics": "",
    "admin-clinic": "mottagning/vaccinationen-torget/",
    "admin-services": "mottagning/vaccinationen-torget/tjanster",
    "admin-texts": "mottagning/vaccinationen-torget/texter/nybokning",
    "admin-audience": "mottagning/vaccinationen-torget/malgrupp/boka-tid",
    "admin-contact": "mottagning/vaccinationen-torget/kontakt",
    "admin-showing": "mottagning/vaccinationen-torget/visning",
    "admin-time-types": "mottagning/vaccinationen-torget/tidstyper",
    "admin-not-found": "mottagning/finns-inte/",
}
"""The administrators' pages, below personal/."""

PAUSE_SECONDS = 60.0
SETTINGS = {"reconcile_pause_seconds": PAUSE_SECONDS}
"""Of the e-service: a page that waits for an answer must stand still while it is looked at."""


@dataclass(frozen=True)
class Window:
    """A citizen's window at the demo."""

    page: Page
    demo: Demo
    look: Callable[[Page, str], None]

    def go(self, path: str) -> None:
        """To an address below the site."""
        self.page.goto(f"{self.demo.site}{path}")

    def sign_in(self, person: Person) -> None:
        self.go("logga-in")
        self.page.locator(f'button[value="{person.number[:8]}-{person.number[8:]}"]').click()

    def follow(self, text: str) -> None:
        self.page.get_by_role("main").get_by_role("link", name=text).first.click()

    def afresh(self) -> None:
        """The page as it is when nothing has been sent."""
        self.page.goto(self.page.url)

    def press(self, text: str = "Fortsätt") -> None:
        self.page.get_by_role("button", name=text, exact=True).click()

    def choose(self, text: str = "", number: int = 0) -> None:
        """A radio button whose name holds `text`."""
        self.page.get_by_role("radio", name=text).nth(number).check()

    def write(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)

    def later(self, seconds: float) -> None:
        """The region's clock, put forward."""
        self.demo.clock.now += timedelta(seconds=seconds)

    def see(self, name: str) -> None:
        self.look(self.page, name)


def show_pages(at: Window) -> None:
    """Everything in PAGES."""
    signed_in: Person | None = None
    for name, (person, path) in PAGES.items():
        if person is not signed_in:
            at.page.context.clear_cookies()
            if person is not None:
                at.sign_in(person)
            signed_in = person
        at.go(path)
        at.see(name)


def signing_in(at: Window) -> None:
    """§5.1: what can be wrong with a number."""
    at.go("logga-in")
    at.write("Personnummer", "19791212-9281")
    at.press("Logga in")
    at.see("sign-in-wrong")
    at.sign_in(DAN)
    at.later(31 * 60)
    at.go("bokade-tider")
    at.see("sign-in-ended")


def booking(at: Window) -> None:
    """A1 to A7: A1 at a clinic with terms, the rest at one with kinds of care and a choice of whom to meet."""
    at.sign_in(KARIN)
    at.go("boka/vaccinationen-torget")
    at.see("book-before")
    at.press()
    at.see("book-before-wrong")
    at.sign_in(BERTIL)
    at.go("boka/bjorkdalens-vardcentral")
    at.press()
    at.see("book-what-wrong")
    at.afresh()
    at.choose("Besök hos sjuksköterska")
    at.see("book-what")
    at.press()
    at.see("book-who")
    at.choose("Maria Ek")
    at.press()
    at.press()
    at.see("book-time-wrong")
    at.afresh()
    at.choose(number=1)
    at.see("book-time")
    at.press()
    at.write("Varför söker du?", "Jag har haft ont i halsen sedan i torsdags, och svårt att svälja.")
    at.see("book-words")
    at.press()
    at.see("book-check")
    at.write("Telefon", "ring mig")
    at.press("Boka tiden")
    at.see("book-check-wrong")
    at.write("Telefon", "070-174 06 20")
    at.press("Boka tiden")
    at.see("book-done")


def booking_with_a_message(at: Window) -> None:
    """A clinic to choose, many times a day, and a receipt with what the clinic says (R20, R28)."""
    at.sign_in(DAN)
    at.go("boka/provtagningen-norra")
    at.see("book-place")
    at.press()
    at.see("book-what-only")
    at.press()
    at.choose()
    at.see("book-time-many")
    at.press()
    at.press("Boka tiden")
    at.see("book-done-message")
    at.go("inkorg")
    at.see("inbox")
    at.follow("Bokad tid: Blodprov")
    at.see("letter")


def moving(at: Window) -> None:
    """B2, and C1 to C5 to another clinic."""
    at.sign_in(ANNA)
    a_booking_of(at, "Blodprov")
    at.see("booking")
    at.follow("Omboka")
    at.choose("Provtagningen Södra")
    at.see("rebook-before")
    at.press()
    at.choose()
    at.see("rebook-time")
    at.press()
    at.write("Kommentar till ombokningen", "Jag arbetar i Södra den veckan.")
    at.see("rebook-words")
    at.press()
    at.see("rebook-check")
    at.press("Omboka tiden")
    at.see("rebook-done")


def cancelling(at: Window) -> None:
    """D1 to D3, at a clinic that demands a comment."""
    at.sign_in(GRETA)
    a_booking_of(at, "Nybesök ortopedi")
    at.see("booking-invitation")
    at.follow("Avboka")
    at.see("cancel-before")
    at.press()
    at.see("cancel-check")
    at.press("Avboka tiden")
    at.see("cancel-check-wrong")
    at.write("Kommentar till avbokningen", "Jag är inte hemma den veckan.")
    at.press("Avboka tiden")
    at.see("cancel-done")


def taken_meanwhile(at: Window) -> None:
    """E1: somebody else was quicker."""
    at.sign_in(BERTIL)
    to_the_summary(at)
    other = replace(at, page=at.page.context.browser.new_page())
    other.sign_in(DAN)
    to_the_summary(other)
    other.press("Boka tiden")
    other.page.close()
    at.press("Boka tiden")
    at.see("taken")


def a_day_full(at: Window) -> None:
    """A4's states: a day that became full while one looked, a month without times."""
    at.sign_in(ANNA)
    at.go("boka/bjorkdalens-vardcentral")
    at.choose("Blodtryckskontroll")
    at.press()
    at.press()
    at.go(f"{at.page.url.partition('/eservice/')[2].partition('?')[0]}?dag=2026-11-28")
    at.see("day-full")
    at.go("boka/bjorkdalens-vardcentral")
    at.choose("Hälsosamtal")
    at.press()
    at.press()
    at.go(f"{at.page.url.partition('/eservice/')[2].partition('?')[0]}?manad=2026-11")
    at.see("month-empty")


def nobody_answers(at: Window) -> None:
    """E13 and E14: no answer when it is sent; later it turns out not to have been carried out."""
    at.sign_in(BERTIL)
    to_the_summary(at)
    set_mode(at.demo.served.data, Mode.FAULT)
    at.press("Boka tiden")
    at.see("no-answer")
    waiting = at.page.url
    at.go("boka/mottagningen-ostadig")
    at.see("not-reached")
    set_mode(at.demo.served.data, Mode.OFF)
    for _ in range(3):
        at.later(PAUSE_SECONDS)
        at.page.goto(waiting)
    at.see("not-done")


def a_clinic_is_silent(at: Window) -> None:
    """E15: a list that is not whole."""
    at.sign_in(GRETA)
    set_mode(at.demo.served.data, Mode.FAULT)
    at.go("bokade-tider")
    at.see("bookings-partial")
    set_mode(at.demo.served.data, Mode.OFF)


def acting(at: Window) -> None:
    """§5.0: for a child, with the band that says so."""
    at.sign_in(ANNA)
    at.go("ombud")
    at.press("Moa Provbäck 20131230-2381")
    at.see("start-acting")


def invited(at: Window) -> None:
    """§5.8: an open invitation, from the start page, from the inbox, and used."""
    at.demo.settle()
    at.sign_in(ELIN)
    at.see("start-invited")
    at.go("inkorg")
    at.follow("Kallelse")
    at.see("letter-invitation")
    at.follow("Visa kallelsen")
    at.see("invitation")
    at.follow("Boka en tid")
    at.see("book-invitation")
    at.choose("Screening Väster")
    at.press()
    at.choose()
    at.press()
    at.see("book-invitation-check")
    at.press("Boka tiden")
    at.see("book-invitation-done")


def reminding(at: Window) -> None:
    """§5.10, and a time that is too close for anything (§5.5, E9)."""
    at.sign_in(ANNA)
    a_booking_of(at, "Blodprov")
    at.follow("Lägg till påminnelse")
    at.see("reminder")
    at.press("Spara påminnelser")
    at.see("reminder-wrong")
    at.page.get_by_role("checkbox", name="E-post").check()
    at.press("Spara påminnelser")
    at.see("reminder-asked")
    at.sign_in(KARIN)
    a_booking_of(at, "Resevaccination")
    at.see("booking-too-late")


def waiting(at: Window) -> None:
    """What is there when no time suits: the first free one of several clinics, and being told of freed times."""
    at.sign_in(DAN)
    at.go("forsta-lediga")
    at.follow("Blodprov")
    at.see("first-free-found")
    at.go("boka/provtagningen-norra")
    at.press()
    at.press()
    at.follow("Passar ingen tid? Bevaka tider")
    at.see("watch")
    at.write("Till och med", "2026-11-01")
    at.press("Börja bevaka")
    at.see("watch-wrong")
    at.write("Till och med", "2026-12-24")
    at.press("Börja bevaka")
    at.see("watches")


def behind_the_pages(at: Window) -> None:
    """§5.0: the calls behind a page, in the demo."""
    at.sign_in(ANNA)
    at.go("bokade-tider")
    at.page.get_by_role("link", name="Visa anropen bakom sidan").click()
    at.see("calls")


def administering(at: Window) -> None:
    """§8: what a clinic's administrator decides."""
    at.go("personal/logga-in")
    at.see("admin-sign-in")
    at.page.get_by_role("button", name="Göran Fläder").click()
    for name, path in ADMINISTRATORS.items():
        at.go(f"personal/{path}")
        at.see(name)


def settling(at: Window) -> None:
    """Ways to be told: numbers and addresses that cannot be."""
    at.sign_in(ANNA)
    at.go("installningar")
    at.write("Mobilnummer", "ring mig")
    at.press("Spara")
    at.see("settings-wrong")


WALKS: tuple[Callable[[Window], None], ...] = (
    show_pages,
    signing_in,
    reminding,
    booking,
    booking_with_a_message,
    moving,
    cancelling,
    taken_meanwhile,
    a_day_full,
    nobody_answers,
    a_clinic_is_silent,
    acting,
    invited,
    settling,
    waiting,
    behind_the_pages,
    administering,
)
"""In an order in which one region is enough for them all."""


def a_booking_of(at: Window, kind: str) -> None:
    """B2, of a time of the kind, out of the list."""
    at.go("bokade-tider")
    rows = at.page.get_by_role("main").get_by_role("listitem").filter(has_text=kind)
    rows.last.get_by_role("link").first.click()


def to_the_summary(at: Window) -> None:
    """A new booking at Mottagningen Ostadig, all but sent."""
    at.go("boka/mottagningen-ostadig")
    at.press()
    at.choose()
    at.press()
    at.write("Varför söker du?", "Ont i ryggen.")
    at.press()

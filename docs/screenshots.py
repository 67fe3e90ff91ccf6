"""`python -m docs.screenshots`: pictures in docs/screens of every staff page of the demo region, one morning.

Chromium takes them (Debian's, by Playwright), 1,280 pixels wide and light; some again as a telephone shows them, 320
wide and dark. The demo's people are all made up, so the pictures may go anywhere. docs/staff.md shows them.
"""

import base64
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page
from sqlalchemy import select

from contracts.identifiers import HsaId
from scheduling_backends.engine.models import BookingRow, CitizenRow, ClinicRow, SlotRow
from scheduling_backends.engine.producer import EngineProducer
from scheduling_backends.engine.states import BookingState, Role
from tests.chromium import a_chromium
from tests.serving import Served, demo_region

SCREENS = Path(__file__).parent / "screens"
CHIEF = "SE2321009991-S001"
MOST_PIXELS = 1800
TUESDAY, NEXT_WEEK = "2026-11-24", "2026-12-01"

SHARED = {
    "citizens": "/invanare",
    "citizen": "/invanare/{citizen}",
    "citizen-change": "/invanare/{citizen}/andra",
    "invite": "/invanare/{citizen}/kalla",
    "citizen-book": "/invanare/{citizen}/boka",
    "register": "/invanare/ny",
    "schedule": f"/schema?dag={NEXT_WEEK}",
    "make": "/schema/skapa",
    "copy": "/schema/kopiera",
    "closures": "/avvikande",
    "to-tell": "/att-meddela",
    "invitations": "/kallelser",
    "booking": "/bokning/{booking}",
    "move": "/bokning/{booking}/flytta",
    "time": "/tid/{free}",
    "book": "/tid/{free}/boka",
    "time-types": "/tidstyper",
    "time-type": "/tidstyper/{kind}",
    "time-type-new": "/tidstyper/ny",
    "registers": "/register",
    "register-add": "/register/resurser/ny",
    "roles": "/behorigheter",
    "clinic": "/mottagning",
    "clinic-new": "/mottagning/ny",
    "follow-up": "/logguppfoljning",
    "not-found": "/finns-inte",
}
TAKECARE = {
    "register-entry": "/register/utforare/andra/SE2321009991-P001",
    "calendar-day": f"/kalender?dag={TUESDAY}",
    "calendar-panel": "/kalender?dag={day}&bokning={booking}",
    "calendar-week": f"/kalender?dag={NEXT_WEEK}&vy=vecka",
    "web-log": "/webbhandelser?fran=2026-11-01&till=2026-11-24",
    "day-list": f"/daglista?dag={NEXT_WEEK}",
}
TIMEBOOK = {
    "register-entry": "/register/resurser/andra/BAS-A",
    "list": "/bokningslista?fran=2026-11-24&till=2026-12-04",
    "list-empty": "/bokningslista?fran=2027-06-01&till=2027-06-02",
    "print": "/bokningslista/utskrift?fran=2026-11-24&vy=vecka",
    "figures": "/statistik?fran=2026-11-24&till=2026-12-31",
}
SYSTEMS = ("takecare", "timebook")
ON_A_TELEPHONE = ("calendar-panel", "list", "time-type", "booking", "schedule", "make")


def main() -> None:
    """Take them all anew."""
    clear(*(f"{name}-*" for name in SYSTEMS))
    with tempfile.TemporaryDirectory() as folder, demo_region(Path(folder)) as served, a_chromium() as chromium:
        for system, clinic, kind, own in (
            ("takecare", "SE2321009991-1A01", "SSK30", TAKECARE),
            ("timebook", "SE2321009991-2B01", "VAC65", TIMEBOOK),
        ):
            told = _facts(served, system, clinic, kind)
            with _system(served, system).desk() as desk:
                for role in (Role.SCHEDULER, Role.BOOKER):
                    desk.give_role(HsaId(CHIEF), role, HsaId(clinic))
            for page, ending, names in _windows(chromium, {**SHARED, **own}):
                _sign_in(page, f"{served.url}/{system}", clinic, served, system, ending)
                for name, path in names.items():
                    page.goto(f"{served.url}/{system}{path.format(**told)}")
                    if name == "make":
                        _fill_in_a_schedule(page, kind)
                    take(page, f"{system}-{name}{ending}")


def _windows(chromium: Browser, names: dict[str, str]) -> Iterator[tuple[Page, str, dict[str, str]]]:
    """A window and what to show in it: everything on a screen, some on a telephone."""
    wide = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="sv-SE")
    yield wide.new_page(), "", names
    narrow = chromium.new_context(viewport={"width": 320, "height": 640}, color_scheme="dark", locale="sv-SE")
    yield narrow.new_page(), "-320", {name: path for name, path in names.items() if name in ON_A_TELEPHONE}


def _sign_in(page: Page, site: str, clinic: str, served: Served, system: str, ending: str) -> None:
    page.goto(f"{site}/logga-in")
    take(page, f"{system}-sign-in{ending}")
    page.goto(f"{site}/logga-in/mottagning?staff={CHIEF}")
    if not ending:
        take(page, f"{system}-clinics")
    with _system(served, system).reading() as session:
        name = session.scalar(select(ClinicRow.name).where(ClinicRow.hsa_id == clinic))
    page.get_by_role("button", name=f"Logga in på {name}").click()


def clear(*names: str) -> None:
    """Throw away the pictures of these names, such as `takecare-*`; the others stay."""
    SCREENS.mkdir(exist_ok=True)
    for name in names:
        for path in SCREENS.glob(f"{name}.webp"):
            path.unlink()


def take(page: Page, name: str) -> None:
    """The page whole, or as much of it as a picture is good for, in docs/screens."""
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    clip = {"x": 0, "y": 0, "width": size[0], "height": min(size[1], MOST_PIXELS), "scale": 1}
    how = {"format": "webp", "quality": 75, "captureBeyondViewport": True, "clip": clip}
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", how)
    (SCREENS / f"{name}.webp").write_bytes(base64.b64decode(taken["data"]))


def _system(served: Served, name: str) -> EngineProducer:
    adapter = served.region.pipeline.producers.adapters[name]
    system: EngineProducer = getattr(adapter, "system", adapter)
    return system


def _facts(served: Served, system: str, clinic: str, kind: str) -> dict[str, object]:
    """A booking that has been moved if there is one, its citizen, a free time."""
    with _system(served, system).reading() as session:
        here = session.scalars(select(ClinicRow.id).where(ClinicRow.hsa_id == clinic)).one()
        booked = (BookingRow.clinic_id == here, BookingRow.state == BookingState.BOOKED)
        booking = session.scalars(
            select(BookingRow).where(*booked).order_by(BookingRow.moves.desc(), BookingRow.id)
        ).first()
        assert booking is not None
        slot = session.get_one(SlotRow, booking.slot_id)
        citizen = session.scalars(select(CitizenRow.id).where(CitizenRow.number == booking.subject_of_care)).one()
        taken = select(BookingRow.slot_id).where(BookingRow.slot_id.is_not(None))
        free = session.scalars(
            select(SlotRow.id).where(SlotRow.clinic_id == here, SlotRow.id.not_in(taken)).order_by(SlotRow.start.desc())
        ).first()
        return {"booking": booking.id, "day": slot.day.isoformat(), "citizen": citizen, "free": free, "kind": kind}


def _fill_in_a_schedule(page: Page, kind: str) -> None:
    """The preview, as a scheduler sees it before saving."""
    typed = {
        "Från och med": "2027-02-22",
        "Till och med": "2027-02-26",
        "Första tiden börjar": "08:00",
        "Sista tiden slutar": "12:00",
    }
    page.get_by_label("Tidstyp").select_option(kind)
    for label, text in typed.items():
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Förhandsgranska").click()


if __name__ == "__main__":
    main()

"""The citizens' e-service as a consumer to be judged: served over HTTP, pointed at the kit, used by its pages.

It is a `Drive`: each of the kit's scenarios is played as a citizen would, who follows links and sends forms; what the
pages said is what the citizen saw.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from conformance.consumer.drivers import Seen
from conformance.consumer.scenarios import Scenario
from contracts import engagement_codec, envelope
from contracts import engagements as e
from contracts.identifiers import HsaId
from contracts.times import parse_ts
from contracts.transport import InProcessTransport
from eservice.app import NOTICES_PATH, EService
from eservice.clinics import Unit
from eservice.settings import EServiceSettings
from eservice.site import make_site
from tests.eservice.browser import Browser
from tests.eservice.walks import walk
from tests.people import DAN
from tests.serving import MORNING
from tidbro import demo_eservice

FULL, PLAIN = HsaId("SE2321009991-1A01"), HsaId("SE2321009991-2B02")
UNITS = (
    Unit(FULL, "fullmakten", "Fullmaktens vårdcentral", "070-174 06 01"),
    Unit(PLAIN, "planen", "Planens provtagning", "070-174 06 02"),
)


@contextmanager
def an_eservice(platform_url: str, folder) -> Iterator["Citizen"]:
    """The e-service, served, with the platform at `platform_url`."""
    told = EServiceSettings(
        data_directory=folder,
        platform_url=platform_url,
        emulated_sign_in=True,
        reconcile_pause_seconds=0.0,
    )
    eservice = EService(told, demo_eservice.people(), UNITS, lambda: MORNING)
    eservice.open()
    site = DispatcherMiddleware(lambda *told: [], {"/eservice": make_site(eservice, b"a secret of the tests")})
    server = make_server("127.0.0.1", 0, site, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="eservice")
    thread.start()
    window = Browser(f"http://127.0.0.1:{server.server_port}/eservice/")
    try:
        yield Citizen(eservice, window)
    finally:
        window.close()
        server.shutdown()
        thread.join()
        server.server_close()
        eservice.close()


class _Quiet(WSGIRequestHandler):
    def log_request(self, *told) -> None:
        pass


class Citizen:
    """Dan at a browser, who does what a scenario says."""

    def __init__(self, eservice: EService, window: Browser) -> None:
        self.eservice, self.window = eservice, window
        self.pages: list[str] = []

    def __call__(self, scenario: Scenario) -> Seen:
        self.pages, self.facts = [], scenario.facts
        self.window.sign_in(DAN)
        getattr(self, scenario.name.replace("-", "_"), self.book)()
        return Seen("\n".join(self.pages))

    def look(self) -> None:
        """Remember what the page says."""
        self.pages.append(self.window.text)

    def press(self, button: str) -> None:
        self.window.submit(button)
        self.look()

    def moment(self, fact: str) -> datetime:
        return parse_ts(self.facts[fact])

    # -- Booked times

    def see(self) -> None:
        self.open_booking()

    def see_none(self) -> None:
        self.window.get("bokade-tider")
        self.look()

    see_unknown = see_part = see_none

    def open_booking(self) -> None:
        """The first booked time of the list; there is no other."""
        self.window.get("bokade-tider")
        self.look()
        booked = next(url for _, url in self.window.read.links if "/bokad-tid/" in url)
        self.window.get(booked)
        self.look()

    # -- Booking

    def book(self) -> None:
        slug = next(one.slug for one in UNITS if one.hsa_id.text == self.facts["CLINIC"])
        self.window.get(f"boka/{slug}")
        self.walk("START", 0, kind=self.facts["TIME_TYPE"])
        self.press("Boka tiden")

    def walk(self, fact: str, at: int, **answers: str) -> None:
        """Through the steps; of the day's two times the one at this place."""
        walk(self.window, day=self.moment(fact).date(), at=at, reason=self.facts["REASON"], **answers)
        self.look()

    def book_lost_done(self) -> None:
        self.book()
        while "Kontroll" in self.window.text:
            self.window.get(self.window.url)
            self.look()
        if "Försök igen" in self.window.page:
            self.window.submit("Försök igen")
            self.walk("START", 0)
            self.press("Boka tiden")

    book_lost_undone = book_fault = book_lost_done

    # -- Changing

    def move(self) -> None:
        self.moved()
        self.cancel()

    def moved(self, **answers: str) -> None:
        self.open_booking()
        self.window.follow("Omboka")
        self.walk("NEW_START", 1, **answers)
        self.press("Omboka tiden")

    def move_away(self) -> None:
        self.moved(place=UNITS[1].slug)

    def timed_invitation(self) -> None:
        self.moved()

    def cancel(self) -> None:
        self.open_booking()
        self.window.follow("Avboka")
        walk(self.window)
        self.look()
        asks = any("reason" in form.field_names for form in self.window.read.forms)
        self.window.submit("Avboka tiden", **({"reason": self.facts["REASON"]} if asks else {}))
        self.look()

    cancel_wordless = cancel_refused = cancel

    def locked(self) -> None:
        """There is nothing to press; typing the address does not help."""
        self.open_booking()
        page = self.window.url
        assert not [url for _, url in self.window.read.links if url.endswith(("/omboka", "/avboka"))]
        for name in ("avboka", "omboka"):
            self.window.get(f"{page}/{name}")
            self.look()

    # -- Invitations

    def open_invitation(self) -> None:
        """It is known by the engagement index."""
        self.notify()
        self.window.get("").follow("Boka en tid")
        self.look()
        self.walk("START", 0)
        self.press("Boka tiden")

    def notify(self) -> None:
        engagement = e.Engagement(
            resident=DAN.number,
            service_domain=e.DOMAIN,
            categorization=e.INVITATION,
            logical_address=self.facts["CLINIC"],
            business_object=self.facts["BOOKING_ID"],
            clinical_process=e.NOT_APPLICABLE,
            most_recent_content="20261124000000",
            source_system="SE2321009991-KIT0",
            data_controller="SE2321009991",
        )
        told = engagement_codec.encode(e.ProcessNotification((e.EngagementTransaction(False, engagement),)))
        body = envelope.write_request(told, HsaId("SE2321009991-ET01"), None)
        with InProcessTransport(self.eservice.application) as way:
            assert way.post(f"http://127.0.0.1{NOTICES_PATH}", body, {"Content-Type": "text/xml"}).status == 200
        self.eservice.take_notices()

"""The citizens' site without a region: its own database, the demo's people and clinics, nobody to ask about times.

For what has to do with who is there: signing in, visits, languages. A `Window` is a browser that follows no redirect by
itself and keeps cookies as a browser does, for the path that the site is mounted at.
"""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from contracts import scheduling as s
from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from eservice.app import EService
from eservice.journeys import Journey
from eservice.settings import EServiceSettings
from eservice.site import make_site
from tests.people import Person
from tests.serving import MORNING, SetClock
from tidbro import demo_eservice

ROOT = "/eservice"
CLINIC = HsaId("SE2321009991-1A04")
SLOT = s.Timeslot(
    healthcare_facility=CLINIC,
    start=(MORNING + timedelta(days=14)).astimezone(SWEDEN),
    end=(MORNING + timedelta(days=14, minutes=30)).astimezone(SWEDEN),
    time_type_name="Besök fysioterapeut",
    message_allowed=True,
)


class Alone:
    """The site, its e-service and its clock."""

    def __init__(self, folder, **settings) -> None:
        self.clock = SetClock()
        told = EServiceSettings(**{"data_directory": folder, "emulated_sign_in": True, **settings})
        self.eservice = EService(told, demo_eservice.people(), demo_eservice.units(), self.clock)
        self.site = make_site(self.eservice, b"a secret of the tests")

    def window(self, person: Person | None = None) -> "Window":
        made = Window(self.site.test_client(), f"http://localhost{ROOT}")
        if person is not None:
            made.sign_in(person)
        return made

    def later(self, **times) -> None:
        self.clock.now += timedelta(**times)

    def person(self, person: Person):
        """Who that is in the e-service's register."""
        found = self.eservice.people.person(person.number)
        assert found is not None
        return found

    def journey(self, citizen: Person, subject: Person | None = None, **told) -> Journey:
        """A new booking of which all but the words has been chosen."""
        journey = replace(Journey("", "book", CLINIC, CLINIC, slot=SLOT), **told)
        return self.eservice.journeys.begin(journey, self.person(citizen), self.person(subject or citizen))


@contextmanager
def alone(folder, **settings) -> Iterator[Alone]:
    made = Alone(folder, **settings)
    made.eservice.open()
    try:
        yield made
    finally:
        made.eservice.close()


class Window:
    """A browser at the site. After each request: `status`, `text` (the page as it is), `place` (where it leads)."""

    def __init__(self, client: FlaskClient, base_url: str) -> None:
        self._client, self._base_url = client, base_url
        self.status, self.text, self.place = 0, "", ""
        self.headers: dict[str, str] = {}

    def get(self, path: str, **told) -> "Window":
        return self._seen(self._client.get(self._below(path), base_url=self._base_url, **told))

    def post(self, path: str, token: str | None = None, base_url: str = "", **typed) -> "Window":
        """Send a form, with the token of the page that is shown unless another is given."""
        sent = {"csrf_token": self.token if token is None else token, **typed}
        return self._seen(self._client.post(self._below(path), base_url=base_url or self._base_url, data=sent))

    def follow(self) -> "Window":
        """Go where the last answer led."""
        assert self.status == 303, (self.status, self.text)
        return self.get(self.place)

    def sign_in(self, person: Person, next: str = "") -> "Window":
        self.get("/logga-in")
        self.post("/logga-in", number=person.number, next=next)
        assert self.status == 303, self.text
        return self

    @property
    def token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.text)
        return found[1] if found else ""

    @property
    def heading(self) -> str:
        return self.between("<h1>", "</h1>")

    def between(self, start: str, end: str) -> str:
        return html.unescape(self.text.partition(start)[2].partition(end)[0])

    @property
    def cookie(self) -> str:
        """The visit's cookie as it is sent."""
        kept = self._client.get_cookie("eservice_visit", path=f"{ROOT}/")
        return kept.value if kept else ""

    @cookie.setter
    def cookie(self, value: str) -> None:
        self._client.set_cookie("eservice_visit", value, path=f"{ROOT}/")

    def _below(self, path: str) -> str:
        return path.removeprefix(ROOT) if path.startswith(f"{ROOT}/") else path

    def _seen(self, answer: TestResponse) -> "Window":
        self.status, self.text = answer.status_code, answer.get_data(as_text=True)
        self.place, self.headers = answer.headers.get("Location", ""), dict(answer.headers)
        return self

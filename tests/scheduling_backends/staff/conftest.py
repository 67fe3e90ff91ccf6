"""A site with one page of its own, over a timebook with two clinics and three members of staff."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Blueprint
from flask.testing import FlaskClient
from werkzeug.test import TestResponse
from werkzeug.wrappers import Response

from contracts.identifiers import HsaId
from scheduling_backends.engine.offer import ClinicSettings
from scheduling_backends.engine.states import Role
from scheduling_backends.staff.pages import NavEntry
from scheduling_backends.staff.site import make_site
from scheduling_backends.staff.visits import needs, visit
from tests.scheduling_backends.timebooks import ALONE, GROUP, NORTH, World, a_world, empty_database

SECRET = b"only for the tests of this house"
BOOKER, READER, CHIEF = HsaId("SE2321009991-S001"), HsaId("SE2321009991-S002"), HsaId("SE2321009991-S003")


@dataclass
class Browser:
    """What a browser without JavaScript does: follow links, fill in and send forms, keep cookies."""

    client: FlaskClient
    page: str = field(default="", repr=False)

    def get(self, path: str, **query: str) -> TestResponse:
        return self._seen(self.client.get(path, query_string=query or None, follow_redirects=True))

    def post(self, path: str, **typed: object) -> TestResponse:
        """Send a form with the token of the page that is shown."""
        return self._seen(self.client.post(path, data={"csrf_token": self.token, **typed}, follow_redirects=True))

    @property
    def token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.page)
        return found[1] if found else ""

    def sign_in(self, staff: HsaId, clinic_id: int, **more: str) -> TestResponse:
        self.get("/logga-in/mottagning", staff=staff.text)
        return self.post("/logga-in", staff=staff.text, clinic=str(clinic_id), **more)

    def _seen(self, answer: TestResponse) -> TestResponse:
        self.page = answer.get_data(as_text=True)
        return answer


def _pages() -> Blueprint:
    pages = Blueprint("work", __name__)

    @pages.get("/arbete")
    def work() -> Response:
        return Response(f"{visit().member.name} at {visit().clinic.settings.name}")

    @pages.post("/arbete")
    @needs(Role.BOOKER)
    def do() -> Response:
        return Response("done")

    @pages.get("/trasig")
    def broken() -> Response:
        raise RuntimeError("words that a citizen wrote")

    return pages


@pytest.fixture
def site_world(tmp_path: Path) -> Iterator[World]:
    with a_world(empty_database(tmp_path), emulated_sign_in=True) as world:
        yield staffed(world)


def staffed(world: World) -> World:
    world.add_clinic(NORTH, GROUP)
    world.add_clinic(ALONE, ClinicSettings("Kajen"))
    with world.timebook.desk() as desk:
        for hsa_id, name in ((BOOKER, "Bo Bokare"), (READER, "Lina Läsare"), (CHIEF, "Susanne Super")):
            desk.add_staff(hsa_id, name, "sekreterare")
        desk.give_role(BOOKER, Role.BOOKER, NORTH)
        desk.give_role(READER, Role.READER, NORTH)
        desk.give_role(CHIEF, Role.SUPERADMIN)
    return world


@pytest.fixture
def browser(site_world: World) -> Iterator[Browser]:
    site = make_site(site_world.timebook, [_pages()], [NavEntry("work.work", "layout.clinic")], "work.work", (), SECRET)
    with site.test_client() as client:
        yield Browser(client)

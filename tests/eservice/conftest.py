"""A demo region of each test's own, served with its e-service, and people at browsers."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser as Chromium

from contracts import scheduling as s
from contracts.consumer import SchedulingConsumer
from contracts.identifiers import HsaId
from contracts.transport import HttpTransport
from eservice.app import EService
from tests.chromium import a_chromium
from tests.eservice.browser import Browser
from tests.journeys.test_national_services import settled
from tests.people import Person
from tests.serving import MORNING, Served, SetClock, demo_region
from tests.town import E_SERVICE, Town
from tidbro.demo_mailbox import DemoMailbox


@dataclass(frozen=True)
class Demo:
    """A served region: its e-service, its mailbox, its clock, and the way around the e-service (`town`)."""

    served: Served
    town: Town

    @property
    def eservice(self) -> EService:
        return self._citizens.eservice

    @property
    def mailbox(self) -> DemoMailbox:
        return self._citizens.mailbox

    @property
    def _citizens(self):
        (services,) = (one for one in self.served.region.pipeline.companions if hasattr(one, "subscriber"))
        return services.subscriber

    @property
    def clock(self) -> SetClock:
        return self.served.clock

    @property
    def site(self) -> str:
        return f"{self.served.url}/eservice/"

    def browser(self, person: Person | None = None) -> Browser:
        """A window; with a person, signed in."""
        made = Browser(self.site)
        return made.sign_in(person) if person else made

    def booked(self, person: Person, clinic: str) -> tuple[s.Timeslot, ...]:
        """What the clinic `SE2321009991-<clinic>` has of the person."""
        return self.town.visitor(person, clinic).schedule()

    def settle(self) -> None:
        """Wait until the systems have told the index, and the index the e-service, of all that has happened."""
        settled(self.town)
        self.eservice.take_notices()


@pytest.fixture
def demo(planted, tmp_path) -> Iterator[Demo]:
    """The demo on the morning of Tuesday 24 November 2026; E14's readings follow each other at once."""
    with a_demo(planted, tmp_path) as made:
        yield made


class a_demo:
    """The demo with other settings of the e-service or the region, for `with`; planted anew where `planted` is None."""

    def __init__(self, planted, tmp_path, eservice: dict | None = None, **settings) -> None:
        data = tmp_path / "data"
        if planted is None:
            data.mkdir()
        elif not data.exists():
            shutil.copytree(planted, data)
        told = {"reconcile_pause_seconds": 0.0, **(eservice or {})}
        self._region = demo_region(data, SetClock(MORNING), eservice=told, **settings)
        self._transport = HttpTransport(read_seconds=60)

    def __enter__(self) -> Demo:
        served = self._region.__enter__()
        return Demo(served, Town(served, SchedulingConsumer(served.url, self._transport, caller=E_SERVICE)))

    def __exit__(self, *told) -> None:
        self._transport.close()
        self._region.__exit__(*told)


@pytest.fixture
def browse(demo) -> Iterator[Callable[[Person | None], Browser]]:
    """Makes browsers that are closed when the test ends."""
    made: list[Browser] = []

    def browse(person: Person | None = None) -> Browser:
        made.append(Browser(demo.site))
        return made[-1].sign_in(person) if person else made[-1]

    yield browse
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """One Chromium for the tests of a module; open no longer, for its event loop is in every other test's way."""
    with a_chromium() as browser:
        yield browser


def clinic(name: str) -> HsaId:
    """`2B02` → its HSA-id."""
    return HsaId(f"SE2321009991-{name}")

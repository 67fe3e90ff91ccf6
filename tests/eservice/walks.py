"""Walking through the flows by their pages, as a citizen does who takes the first of what is offered."""

import json
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select

from contracts.identifiers import HsaId
from eservice import journeys, models
from tests.eservice.browser import Browser
from tests.people import Person

CHECK = "kontrollera"


def step(window: Browser) -> str:
    """The page's own part of the address: innan, vad, vem, tid, beratta, kontrollera, klart."""
    return urlsplit(window.url).path.rpartition("/")[2]


def walk(window: Browser, until: str = CHECK, at: int = 0, day: date | None = None, **answers: str) -> Browser:
    """On to the step `until`. `kind` is the time type's id, `place` a clinic's name in URLs, `who` a value, `day` and
    `at` which day's which time; `reason` and `ready_reason` are written."""
    for _ in range(8):
        if step(window) == until:
            return window
        _answer(window, at, day, answers)
    raise AssertionError(f"the flow does not lead to {until}: it is at {window.url}\n{window.text}")


def _answer(window: Browser, at: int, day: date | None, answers: dict[str, str]) -> None:
    here, told = step(window), {}
    if here == "innan":
        if window.choices("place"):
            told["place"] = answers.get("place", window.choices("place")[0])
        if window.choices("terms"):
            told["terms"] = "yes"
    elif here == "vad" and window.choices("kind"):
        told["kind"] = kind(window, answers["kind"])
    elif here == "vem":
        told["who"] = answers.get("who", "anybody")
    elif here == "tid":
        if day is not None:
            window.get(f"?dag={day}")
        told["time"] = window.choices("time")[at]
    elif here == "beratta":
        told = {name: answers[name] for name in ("reason", "ready_reason") if name in answers}
    window.submit("Fortsätt", **told)


def kind(window: Browser, code: str) -> str:
    """The value of the kind of time, under whatever kind of care it stands."""
    return next(one for one in window.choices("kind") if one.endswith(f"|{code}"))


def citizen(demo, person: Person):
    """The person as the e-service knows one."""
    return demo.eservice.people.person(person.number)


def name_of(demo, person: Person, clinic: str, booking_id: str) -> str:
    """The booking's name in URLs."""
    return demo.eservice.references.of(citizen(demo, person), hsa_id(clinic), booking_id).name


def booked_page(demo, person: Person, clinic: str, at: int = 0) -> str:
    """The address of a booked time's page, below the site."""
    return f"bokad-tid/{name_of(demo, person, clinic, demo.booked(person, clinic)[at].booking_id)}"


def letters(demo, person: Person):
    """What is in the person's inbox, newest first."""
    return demo.eservice.inbox.page(citizen(demo, person))[0]


def calls(caplog) -> list[tuple[str, str]]:
    """What the gateway has carried for the e-service since the log was cleared: interaction and end of the address."""
    told = [json.loads(one.getMessage()) for one in caplog.records if one.name == "tidbro.message_log"]
    ours = [one for one in told if one.get("sender") == "SE2321009991-ET01"]
    return [(one["interaction"], one["logical_address"][-4:]) for one in ours]


def hsa_id(clinic: str) -> HsaId:
    """`2B02` → its HSA-id."""
    return HsaId(f"SE2321009991-{clinic}")


def system_of(demo, clinic: str):
    """The clinic's scheduling system, as its staff have it."""
    adapters = demo.served.region.pipeline.producers.adapters
    return adapters["takecare"].system if clinic.startswith("1A") else adapters["timebook"]


@contextmanager
def desk(demo, clinic: str):
    """The desk of the clinic's staff, for one change."""
    with system_of(demo, clinic).desk() as made:
        yield made


def change(demo, clinic: str, code: str, **settings) -> None:
    """The clinic changes a kind of time."""
    with desk(demo, clinic) as made:
        made.change_time_type(hsa_id(clinic), code, **settings)


def journey_of(window: Browser, demo):
    """The flow that the page belongs to, as it is kept."""
    name = urlsplit(window.url).path.split("/")[-2]
    with demo.eservice.database.reading() as session:
        return journeys._read(session.scalars(select(models.JourneyRow).where(models.JourneyRow.id == name)).one())


def slot_of(window: Browser, demo) -> int:
    """The number, in its system, of the time that the flow on this page has chosen."""
    return int(journey_of(window, demo).slot.booking_id.removeprefix("T-"))


def pass_time(demo, until: datetime, *windows: Browser) -> None:
    """Let time pass, and let whoever sits at the windows say now and then that they go on."""
    while demo.clock.now < until:
        demo.clock.now = min(until, demo.clock.now + timedelta(minutes=20))
        for window in windows:
            assert window.session.get(f"{window.base}fortsatt").status_code == 204

"""The administrator's clinics, and of one of them how all stands and who changed what.

Source: domain.md §8.
"""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint
from werkzeug.wrappers import Response

from eservice import flow, visits
from eservice.administration import changing, desk, pages
from eservice.administration.pages import About
from eservice.clinic_settings import Service
from eservice.clinics import Change, Clinic
from eservice.visits import open_to_all

blueprint = Blueprint("clinic_list", __name__)
SERVICES: tuple[Service, ...] = ("book", "booked")
CHANGES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A clinic in the list. `closed` is the sentence that citizens read now or will read."""

    clinic: Clinic
    closed: str


@dataclass(frozen=True, slots=True)
class ListPage:
    entries: tuple[Entry, ...]
    services: tuple[Service, ...] = SERVICES


@dataclass(frozen=True, slots=True)
class LogLine:
    """A change as it is read: `what` are sentences."""

    change: Change
    by: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OverviewPage:
    about: About
    closed: str
    log: tuple[LogLine, ...]
    services: tuple[Service, ...] = SERVICES


@blueprint.get("/")
@open_to_all
def show() -> Response:
    return pages.render("clinics.html", ListPage(tuple(Entry(one, _closed(one)) for one in desk.clinics())))


@blueprint.get("/mottagning/<slug>/")
@open_to_all
def overview(slug: str) -> Response:
    about = changing.about(slug)
    log = visits.eservice().clinics.changes(about.clinic, CHANGES_SHOWN)
    page = OverviewPage(about, _closed(about.clinic), tuple(map(_line, log)))
    return pages.render("overview.html", page)


def _closed(clinic: Clinic) -> str:
    closing = clinic.settings.closing
    is_or_will_be = closing.first_day is not None and (closing.last_day is None or closing.last_day >= _today())
    return flow.closing_sentence(clinic, pages.texts()) if is_or_will_be else ""


def _today() -> date:
    return visits.now().date()


def _line(change: Change) -> LogLine:
    by = visits.eservice().administrators.name_of(change.administrator)
    return LogLine(change, by, tuple(map(_told, change.what.split())))


def _told(name: str) -> str:
    """`book.audience.age_from` as `Boka tid direkt, målgrupp, ålder från`."""
    t = pages.texts()
    path, _, how = name.partition(":")
    told = ", ".join(t(f"administration.part.{one}") for one in path.split("."))
    return f"{told}: {t(f'administration.part_{how}')}" if how else told

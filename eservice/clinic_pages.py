"""Finding a clinic, and its contact card with the services that are open to the citizen.

Both can be read without signing in; a service whose audience excludes the citizen is not linked.
Source: domain.md §5.2, §5.3; R1, R2, R42.
"""

from dataclasses import dataclass

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response

from eservice import flow, pages, visits
from eservice.clinics import Clinic
from eservice.pages import render
from eservice.visits import open_to_all

blueprint = Blueprint("clinic_pages", __name__)


@dataclass(frozen=True, slots=True)
class SearchPage:
    wanted: str
    found: tuple[Clinic, ...]


@dataclass(frozen=True, slots=True)
class CardPage:
    """`closed` is the sentence about a temporary closing, empty when there is none."""

    clinic: Clinic
    can_book: bool
    can_see: bool
    closed: str


@blueprint.get("/mottagningar")
@open_to_all
def search() -> Response:
    wanted = request.args.get("sok", "").strip()[:100]
    return render("clinics.html", SearchPage(wanted, visits.eservice().clinics.found(wanted)))


@blueprint.get("/mottagning/<slug>")
@open_to_all
def card(slug: str) -> Response:
    found = visits.eservice().clinics.by_slug(slug)
    if found is None or not found.settings.is_active:
        abort(404)
    here, today = visits.visit_or_none(), visits.now().date()
    person = None if here is None else here.subject
    page = CardPage(
        clinic=found,
        can_book=found.is_open("book", person, today),
        can_see=found.is_open("booked", person, today),
        closed=closed_sentence(found),
    )
    return render("clinic.html", page)


def closed_sentence(clinic: Clinic) -> str:
    """That booking on the web is closed for a time, and why; empty when it is not (R42)."""
    is_closed = clinic.settings.closing.covers(visits.now().date())
    return flow.closing_sentence(clinic, pages.texts()) if is_closed else ""

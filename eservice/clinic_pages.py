"""Finding a clinic, and its contact card with the services that are open to the citizen.

Both can be read without signing in. A service is linked when its clinic has switched it on, the platform has a route
for it, and its audience has the citizen in it. A signed-in citizen keeps clinics among the own from here.
Elsewhere: which those are (own_clinics.py), what an administrator decides (clinic_settings.py).
Source: domain.md §5.2, §5.3; R1, R2, R42.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, abort, request, url_for
from werkzeug.wrappers import Response

from eservice import flow, pages, visits
from eservice.clinic_settings import Service
from eservice.clinics import Clinic
from eservice.pages import render, see_other
from eservice.people import Person
from eservice.shown import in_words
from eservice.visits import open_to_all

blueprint = Blueprint("clinic_pages", __name__)

_NEEDED: Mapping[Service, str] = {"book": "MakeBooking", "booked": "GetSubjectOfCareSchedule"}
"""The interaction without which there is no service."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    wanted: str
    found: tuple[Clinic, ...]


@dataclass(frozen=True, slots=True)
class ServiceLink:
    """A service of the clinic, under the name that it has there; `url` is empty where it is not for this citizen."""

    kind: Service
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class CardPage:
    """`closed` is the sentence about a temporary closing, empty when there is none; `is_own` None without a visit.

    `excluded` names the services that are on, but not for this citizen.
    """

    clinic: Clinic
    services: tuple[ServiceLink, ...]
    excluded: str
    closed: str
    is_own: bool | None


@blueprint.get("/mottagningar")
@open_to_all
def search() -> Response:
    wanted = request.args.get("sok", "").strip()[:100]
    return render("clinics.html", SearchPage(wanted, visits.eservice().clinics.found(wanted)))


@blueprint.get("/mottagning/<slug>")
@open_to_all
def card(slug: str) -> Response:
    found, here = _clinic(slug), visits.visit_or_none()
    person = None if here is None else here.subject
    own = None if person is None else found.hsa_id in visits.eservice().own_clinics.of(person)
    services = services_of(found, person)
    excluded = in_words([one.name for one in services if not one.url], pages.texts()("booked.and"))
    return render("clinic.html", CardPage(found, services, excluded, closed_sentence(found), own))


@blueprint.post("/mottagning/<slug>/min")
def keep(slug: str) -> Response:
    """Add the clinic to the citizen's own, or take it away."""
    found, person, now = _clinic(slug), visits.visit().subject, visits.now()
    own = visits.eservice().own_clinics
    is_wanted = request.form.get("keep") == "yes"
    change = own.add if is_wanted else own.remove
    change(person, found.hsa_id, now)
    pages.tell(pages.texts()("card.added" if is_wanted else "card.removed", clinic=found.name))
    return see_other(url_for("clinic_pages.card", slug=slug))


def _clinic(slug: str) -> Clinic:
    found = visits.eservice().clinics.by_slug(slug)
    if found is None or not found.settings.is_active:
        abort(404)
    return found


def services_of(clinic: Clinic, person: Person | None) -> tuple[ServiceLink, ...]:
    """The services that are on at the clinic (R1), linked where this person may use them (R2)."""
    today, platform = visits.now().date(), visits.eservice().platform
    return tuple(
        _link(clinic, service, person, today)
        for service, interaction in _NEEDED.items()
        if clinic.is_open(service, None, today) and platform.offers(clinic.hsa_id, interaction)
    )


def _link(clinic: Clinic, service: Service, person: Person | None, today: date) -> ServiceLink:
    t, endpoint = pages.texts(), "beginning.book" if service == "book" else "bookings.at_one"
    name = clinic.settings.service(service).name or t("clinic.book" if service == "book" else "card.booked")
    is_for_them = clinic.is_open(service, person, today)
    return ServiceLink(service, name, url_for(endpoint, slug=clinic.slug) if is_for_them else "")


def closed_sentence(clinic: Clinic) -> str:
    """That booking on the web is closed for a time, and why; empty when it is not (R42)."""
    is_closed = clinic.settings.closing.covers(visits.now().date())
    return flow.closing_sentence(clinic, pages.texts()) if is_closed else ""

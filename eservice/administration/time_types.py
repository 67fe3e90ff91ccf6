"""Which kinds of time a citizen sees at the clinic: decided in the scheduling system, only looked at here.

The system answers for one person, so the administrator chooses as whom to look. That is possible only where citizens
are made up (the setting emulated_sign_in); the address holds a word for the citizen, never the number.
Elsewhere: the citizens' own page (eservice/step_what.py), which asks the same. Source: domain.md §8, §5.4 A2; R3 to R8.
"""

import logging
from dataclasses import dataclass

from flask import Blueprint, request
from werkzeug.wrappers import Response

from eservice import step_what, visits
from eservice.administration import changing, desk, pages
from eservice.administration.pages import About
from eservice.clinic_settings import Service
from eservice.clinics import Clinic
from eservice.people import Person
from eservice.troubles import NotReached
from eservice.visits import open_to_all

log = logging.getLogger(__name__)
blueprint = Blueprint("time_types", __name__)
SERVICES: tuple[Service, ...] = ("book", "booked")


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody to look as; `word` stands for the person in the address."""

    word: str
    person: Person
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What the citizen sees: kinds of time by kinds of care, the services that are open; None when the clinic did not
    answer."""

    person: Person
    groups: step_what.Found | None
    open_services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class TimeTypesPage:
    about: About
    is_on: bool
    citizens: tuple[Citizen, ...]
    seen: Seen | None
    services: tuple[Service, ...] = SERVICES


@blueprint.get("/mottagning/<slug>/tidstyper")
@open_to_all
def show(slug: str) -> Response:
    about = changing.about(slug)
    is_on = visits.eservice().settings.emulated_sign_in
    chosen = visits.person_of(request.args.get("invanare")) if is_on else None
    seen = None if chosen is None else _seen(about.clinic, chosen)
    page = TimeTypesPage(about, is_on, _citizens(chosen) if is_on else (), seen)
    return pages.render("time_types.html", page, 503 if seen is not None and seen.groups is None else 200)


def _citizens(chosen: Person | None) -> tuple[Citizen, ...]:
    return tuple(Citizen(visits.word_of(one.number), one, one == chosen) for one in visits.eservice().people.everybody)


def _seen(clinic: Clinic, person: Person) -> Seen:
    who = {"logical_address": clinic.hsa_id.text, "administrator": desk.desk().administrator.hsa_id.text}
    log.info("seen_as_citizen", extra=who)
    today = visits.now().date()
    open_services = tuple(one for one in SERVICES if clinic.is_open(one, person, today))
    try:
        groups = step_what.offered(clinic.hsa_id, person, clinic.settings.shows_care_types)
    except NotReached:
        return Seen(person, None, open_services)
    return Seen(person, groups, open_services)

"""How a clinic's times are shown: with their end or without, by kinds of care or not; and its place in menus.

Source: domain.md §8; R35.
"""

from dataclasses import dataclass, replace

from flask import Blueprint
from werkzeug.wrappers import Response

from eservice import visits
from eservice.administration import changing, pages
from eservice.administration.pages import About
from eservice.clinic_settings import ClinicSettings
from eservice.visits import open_to_all
from webpages.forms import Form

blueprint = Blueprint("showing", __name__)
LAST_PLACE = 999


@dataclass(frozen=True, slots=True)
class Place:
    """A clinic of the menu, in its order."""

    name: str
    number: int
    is_here: bool


@dataclass(frozen=True, slots=True)
class ShowingPage:
    about: About
    form: Form
    menu: tuple[Place, ...]


@blueprint.get("/mottagning/<slug>/visning")
@open_to_all
def show(slug: str) -> Response:
    about = changing.about(slug)
    told = about.clinic.settings
    form = pages.filled_form(
        shows_end_time=told.shows_end_time, shows_care_types=told.shows_care_types, place_in_menu=told.place_in_menu
    )
    return _shown(about, form)


@blueprint.post("/mottagning/<slug>/visning")
@open_to_all
def change(slug: str) -> Response:
    form = pages.form()
    about = changing.about(slug, form)
    return changing.put(about, _typed(about.clinic.settings, form), form, _shown)


def _typed(settings: ClinicSettings, form: Form) -> ClinicSettings | None:
    place = form.number("place_in_menu", most=LAST_PLACE, default=0)
    if place is None:
        return None
    return replace(
        settings,
        shows_end_time=form.ticked("shows_end_time"),
        shows_care_types=form.ticked("shows_care_types"),
        place_in_menu=place,
    )


def _shown(about: About, form: Form) -> Response:
    listed = (one for one in visits.eservice().clinics.everyone() if one.settings.is_active and not one.unit.is_virtual)
    menu = tuple(Place(one.name, one.settings.place_in_menu, one.hsa_id == about.clinic.hsa_id) for one in listed)
    return pages.render("showing.html", ShowingPage(about, form, menu), pages.status_of(form, about))

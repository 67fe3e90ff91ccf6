"""How citizens reach the clinic: what the catalogue of units (HSA) says, and what the administrator says in its place.

What the catalogue says is shown beside each field and cannot be changed here; a field left empty shows it.
Source: domain.md §8, §5.3.
"""

from dataclasses import dataclass, replace

from flask import Blueprint
from werkzeug.wrappers import Response

from eservice.administration import changing, pages
from eservice.administration.pages import About
from eservice.clinic_settings import ContactData
from eservice.clinics import Unit
from eservice.contacts import is_phone
from eservice.links import is_web_address
from eservice.visits import open_to_all
from webpages.forms import Form

blueprint = Blueprint("contact", __name__)

MOST = {"address": 200, "phone": 32, "phone_hours": 200, "opening_hours": 500, "map_url": 500, "extra": 2000}
"""The fields, and how long each may be."""
LONG = ("opening_hours", "extra")


@dataclass(frozen=True, slots=True)
class Field:
    """A field; `from_catalogue` is what citizens see when it is empty, None where the catalogue has nothing of it."""

    name: str
    from_catalogue: str | None
    most: int
    is_long: bool


@dataclass(frozen=True, slots=True)
class ContactPage:
    about: About
    form: Form
    unit: Unit
    fields: tuple[Field, ...]


@blueprint.get("/mottagning/<slug>/kontakt")
@open_to_all
def show(slug: str) -> Response:
    about = changing.about(slug)
    told = about.clinic.settings.contact
    return _shown(about, pages.filled_form(**{name: getattr(told, name) for name in MOST}))


@blueprint.post("/mottagning/<slug>/kontakt")
@open_to_all
def change(slug: str) -> Response:
    form = pages.form()
    about = changing.about(slug, form)
    contact = _typed(form)
    settings = None if contact is None else replace(about.clinic.settings, contact=contact)
    return changing.put(about, settings, form, _shown)


def _typed(form: Form) -> ContactData | None:
    """The data as typed; None with faults in the form."""
    told = {name: form.text(name, most=most) or "" for name, most in MOST.items()}
    if told["phone"] and not is_phone(told["phone"]):
        form.fault("phone", "form.phone")
    if told["map_url"] and not is_web_address(told["map_url"]):
        form.fault("map_url", "administration.contact.map_wrong")
    return ContactData(**told) if form.is_right else None


def _shown(about: About, form: Form) -> Response:
    unit = about.clinic.unit
    fields = tuple(Field(name, getattr(unit, name, None), most, name in LONG) for name, most in MOST.items())
    return pages.render("contact.html", ContactPage(about, form, unit, fields), pages.status_of(form, about))

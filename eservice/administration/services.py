"""Which services a clinic has on the web, under which names; a clinic's activation; closing it for a time.

A service is switched on only at a clinic that is active and that the platform leads to. Who deactivates a clinic
switches its services off.
Elsewhere: whom a service is for (audience.py), what the platform leads to (routing.py).
Source: domain.md §8; R1, R42.
"""

from dataclasses import dataclass, replace

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from eservice import flow
from eservice.administration import changing, pages
from eservice.administration.pages import About
from eservice.administration.routing import Ways, ways_to
from eservice.clinic_settings import ClinicSettings, Closing, Service, ServiceSettings
from eservice.clinics import Clinic
from eservice.visits import open_to_all
from webpages.forms import Form

blueprint = Blueprint("services", __name__)
SERVICES: tuple[Service, ...] = ("book", "booked")
NAME_MOST = 60
REASON_MOST = 300


@dataclass(frozen=True, slots=True)
class ServicesPage:
    """`sentence` is what citizens read while the clinic is closed."""

    about: About
    form: Form
    ways: Ways
    sentence: str
    services: tuple[Service, ...] = SERVICES
    reason_most: int = REASON_MOST


@blueprint.get("/mottagning/<slug>/tjanster")
@open_to_all
def show(slug: str) -> Response:
    about = changing.about(slug)
    return _shown(about, _form_of(about.clinic.settings))


@blueprint.post("/mottagning/<slug>/tjanster")
@open_to_all
def change(slug: str) -> Response:
    form = pages.form()
    about = changing.about(slug, form)
    return changing.put(about, _typed(about.clinic, form), form, _shown)


@blueprint.post("/mottagning/<slug>/aktivering")
@open_to_all
def activate(slug: str) -> Response:
    form = pages.form()
    about = changing.about(slug, form)
    wanted = form.one_of("activation", ("on", "off"))
    settings = None if wanted is None else _activated(about.clinic.settings, wanted == "on")
    answer = changing.put(about, settings, form, lambda page, _: _shown(page, _form_of(page.clinic.settings)))
    if answer.status_code == 303:
        answer.headers["Location"] = url_for("administration.services.show", slug=slug)
    return answer


def _activated(settings: ClinicSettings, is_active: bool) -> ClinicSettings:
    if is_active:
        return replace(settings, is_active=True)
    book, booked = (replace(settings.service(one), is_on=False) for one in SERVICES)
    return replace(settings, is_active=False, book=book, booked=booked)


def _form_of(settings: ClinicSettings) -> Form:
    closing = settings.closing
    return pages.filled_form(
        **{f"{one}_on": settings.service(one).is_on for one in SERVICES},
        **{f"{one}_name": settings.service(one).name for one in SERVICES},
        is_closed=closing.first_day is not None,
        reason=closing.reason,
        first_day=closing.first_day.isoformat() if closing.first_day else None,
        last_day=closing.last_day.isoformat() if closing.last_day else None,
    )


def _typed(clinic: Clinic, form: Form) -> ClinicSettings | None:
    """The settings as typed; None with faults in the form."""
    settings = clinic.settings
    book, booked = (_service(settings.service(one), one, form) for one in SERVICES)
    closing = _closing(form)
    _demand_ways(clinic, form)
    return replace(settings, book=book, booked=booked, closing=closing) if closing is not None else None


def _service(settings: ServiceSettings, service: Service, form: Form) -> ServiceSettings:
    name = form.text(f"{service}_name", most=NAME_MOST) or ""
    return replace(settings, is_on=form.ticked(f"{service}_on"), name=name)


def _demand_ways(clinic: Clinic, form: Form) -> None:
    """A service that was off may be switched on only when all that it needs is there."""
    wanted = [one for one in SERVICES if form.ticked(f"{one}_on") and not clinic.settings.service(one).is_on]
    if not wanted:
        return
    ways = ways_to(clinic)
    for one in wanted:
        if not clinic.settings.is_active:
            form.fault(f"{one}_on", "administration.services.not_active")
        elif not ways.is_known:
            form.fault(f"{one}_on", "administration.services.ways_unknown")
        elif not ways.is_routed:
            form.fault(f"{one}_on", "administration.services.not_routed")
        elif not ways.lead_to(one):
            form.fault(f"{one}_on", "administration.services.ways_missing", contracts=", ".join(ways.needed(one)))


def _closing(form: Form) -> Closing | None:
    """When and why it is closed; None with faults in the form."""
    if not form.ticked("is_closed"):
        return Closing()
    reason = form.text("reason", required=True, most=REASON_MOST)
    first, last = form.day("first_day"), form.day_or_none("last_day")
    if first is not None and last is not None and last < first:
        form.fault("last_day", "administration.services.ends_before")
    if reason is None or not form.is_right:
        return None
    return Closing(_sentence(reason), first, last)


def _sentence(reason: str) -> str:
    """With a full stop, for another sentence follows."""
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."


def _shown(about: About, form: Form) -> Response:
    clinic = about.clinic
    is_closed = clinic.settings.closing.first_day is not None
    sentence = flow.closing_sentence(clinic, pages.texts()) if is_closed else ""
    page = ServicesPage(about, form, ways_to(clinic), sentence)
    return pages.render("services.html", page, pages.status_of(form, about))

"""Before anything else: what the clinic wants to say, its terms, and which clinic (A1, C1, D1).

Left out when there is neither text nor terms nor a clinic to choose. Clinics to choose from are what the system
answers, with the names it gives (§5.0); moving to another clinic is said aloud (§5.6).
Source: domain.md §5.4 A1, §5.6 C1, §5.7 D1, §5.8; R28, R29, R36.
"""

from dataclasses import dataclass, replace

from flask import Blueprint
from werkzeug.wrappers import Response

from contracts import scheduling as s
from contracts.identifiers import HsaId
from eservice import flow, pages, visits
from eservice.clinic_settings import Texts
from eservice.clinics import Clinic
from eservice.flow import FlowPage
from eservice.journeys import Journey
from eservice.pages import render, see_other
from webpages.forms import Form

blueprint = Blueprint("step_before", __name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A clinic to choose."""

    value: str
    name: str
    address: str
    is_chosen: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class BeforePage:
    """`places` is empty when there is nothing to choose; `old` is the booking or invitation that it is about."""

    flow: FlowPage
    form: Form
    texts: Texts
    places: tuple[Place, ...]
    old: s.Timeslot | None
    invitation: str


@blueprint.get("/arende/<journey>/innan")
def show(journey: str) -> Response:
    found = flow.load_open(journey)
    flow.demand_open(found)
    places = _places(found)
    if not places and not _has_texts(found):
        found = visits.eservice().journeys.keep(flow.leave_out(found, "before"))
        return see_other(flow.place(found, flow.after(found, "before")))
    return _shown(found, places, pages.blank_form(terms="yes" if found.chosen.get("terms") else ""))


@blueprint.post("/arende/<journey>/innan")
def choose(journey: str) -> Response:
    found = flow.load_open(journey)
    flow.demand_open(found)
    form, places = pages.form(), _places(found)
    if flow.texts_of(found).terms and not form.ticked("terms"):
        form.fault("terms", "step.terms_missing")
    wanted = form.one_of("place", [one.value for one in places]) if places else None
    if not form.is_right:
        return _shown(found, places, form)
    changed = found.choose(terms=True)
    if wanted is not None and (at := _hsa_id(wanted)) is not None and at != found.at:
        changed = replace(changed, at=at, slot=None, offered={}).choose(day=None, month=None, from_check=None)
        if found.booking_id is None:
            changed = changed.choose(care_type=None, time_type=None, performer=None, left_out=None)
    visits.eservice().journeys.keep(changed)
    return see_other(flow.on_from(changed, "before"))


def _shown(journey: Journey, places: tuple[Place, ...], form: Form) -> Response:
    surrounding = flow.page(journey, "before", not form.is_right)
    invitation = journey.old.purpose or "" if journey.kind == "book" and journey.old is not None else ""
    page = BeforePage(surrounding, form, flow.texts_of(journey), places, journey.old, invitation)
    return render("step_before.html", page, 200 if form.is_right else 422)


def _has_texts(journey: Journey) -> bool:
    """Whether there is something to read, or to tick that has not been ticked; an invitation is always shown."""
    told = flow.texts_of(journey)
    return bool(told.clinic or told.terms or (journey.kind == "book" and journey.booking_id is not None))


def _places(journey: Journey) -> tuple[Place, ...]:
    """The clinics to choose from: none when there is only the one, and none when cancelling."""
    if journey.kind == "cancel":
        return ()
    here = visits.visit()
    listed = visits.eservice().platform.facilities(journey.clinic, here.subject, journey.booking_id)
    told = [(one, found) for one in listed if (found := _open_clinic(one.healthcare_facility, journey)) is not None]
    if not any(found.hsa_id != journey.clinic for _, found in told):
        return ()
    return tuple(
        Place(
            value=found.slug,
            name=one.name or found.name,
            address=found.address,
            is_chosen=found.hsa_id == journey.at,
            is_own=found.hsa_id == journey.clinic,
        )
        for one, found in sorted(told, key=lambda pair: pair[1].settings.place_in_menu)
    )


def _open_clinic(hsa_id: HsaId, journey: Journey) -> Clinic | None:
    """The clinic, if the service is on and for the citizen there (R1, R2)."""
    found = visits.eservice().clinics.clinic(hsa_id)
    is_open = found and found.is_open(flow.service_of(journey.kind), visits.visit().subject, visits.now().date())
    return found if is_open else None


def _hsa_id(slug: str) -> HsaId | None:
    found = visits.eservice().clinics.by_slug(slug)
    return None if found is None else found.hsa_id

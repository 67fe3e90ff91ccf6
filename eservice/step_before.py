"""Before anything else: what the clinic wants to say, its terms, and which clinic (A1, C1, D1).

Left out when there is neither text nor terms nor a clinic to choose. Clinics to choose from are what the system
answers, with the names it gives (§5.0); moving to another clinic is said aloud (§5.6).
Source: domain.md §5.4 A1, §5.6 C1, §5.7 D1, §5.8; R28, R29, R36.
"""

from dataclasses import dataclass, replace

from flask import Blueprint, abort
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
    found = flow.load_open(journey, "before")
    found, places = _asked(found)
    if not places and not _has_texts(found):
        found = flow.keep(flow.leave_out(found, "before"))
        return see_other(flow.place(found, flow.after(found, "before")))
    return _shown(found, places, pages.blank_form(terms="yes" if found.chosen.get("terms") else ""))


@blueprint.post("/arende/<journey>/innan")
def choose(journey: str) -> Response:
    found, form = flow.load_open(journey, "before"), pages.form()
    found, places = _asked(found)
    if flow.texts_of(found).terms and not form.ticked("terms"):
        form.fault("terms", "step.terms_missing")
    wanted = form.one_of("place", [one.value for one in places]) if places else None
    if not form.is_right:
        return _shown(found, places, form)
    changed = _at(found.choose(terms=True, place=True, has_places=bool(places) or None), wanted)
    flow.keep(changed)
    return see_other(flow.on_from(changed, "before"))


def _at(journey: Journey, wanted: str | None) -> Journey:
    """The flow at the chosen clinic; what was chosen of another one is forgotten, what was typed is not."""
    at = None if wanted is None else _hsa_id(wanted)
    if at is None or at == journey.at:
        return journey
    changed = replace(journey, at=at, slot=None, offered={}, result={}).choose(day=None, reasons=None)
    if journey.booking_id is not None:
        return changed
    return changed.choose(care_type=None, time_type=None, performer=None, left_out=None, from_check=None)


def _shown(journey: Journey, places: tuple[Place, ...], form: Form) -> Response:
    surrounding = flow.page(journey, "before", not form.is_right)
    invitation = journey.old.purpose or "" if journey.kind == "book" and journey.old is not None else ""
    page = BeforePage(surrounding, form, flow.texts_of(journey), places, journey.old, invitation)
    return render("step_before.html", page, 200 if form.is_right else 422)


def _has_texts(journey: Journey) -> bool:
    """Whether there is something to read, or to tick that has not been ticked; an invitation is always shown."""
    told = flow.texts_of(journey)
    return bool(told.clinic or told.terms or (journey.kind == "book" and journey.booking_id is not None))


def _asked(journey: Journey) -> tuple[Journey, tuple[Place, ...]]:
    """The flow, and the clinics to choose from. The only one that an invitation is to is taken without asking; where
    there is none, nobody can book."""
    places = _places(journey)
    if not flow.is_invited(journey) or len(places) > 1:
        return journey, places
    at = _hsa_id(places[0].value) if places else journey.clinic
    if at is None or flow.clinic_at(at).unit.is_virtual:
        abort(see_other(flow.way_out(journey)))
    slot = journey.slot if at == journey.at else None
    return visits.eservice().journeys.keep(replace(journey, at=at, slot=slot).choose(place=True)), ()


def _places(journey: Journey) -> tuple[Place, ...]:
    """The clinics to choose from: none when there is only the one, and none when cancelling."""
    if journey.kind == "cancel":
        return ()
    here = visits.visit()
    listed = visits.eservice().platform.facilities(journey.clinic, here.subject, journey.booking_id)
    known = [(one, found) for one in listed if (found := _open_clinic(journey, one.healthcare_facility)) is not None]
    if not any(found.hsa_id != journey.clinic for _, found in known):
        return ()
    return tuple(
        Place(
            value=found.slug,
            name=one.name or found.name,
            address=found.address,
            is_chosen=found.hsa_id == journey.at or len(known) == 1,
            is_own=found.hsa_id == journey.clinic,
        )
        for one, found in sorted(known, key=lambda pair: pair[1].settings.place_in_menu)
    )


def _open_clinic(journey: Journey, hsa_id: HsaId) -> Clinic | None:
    """The clinic, if the service is on and for the citizen there (R1, R2): else it is no way on. Whom a clinic has
    invited it has invited."""
    found, here = visits.eservice().clinics.clinic(hsa_id), visits.visit()
    if found is not None and flow.is_invited(journey):
        return None if found.unit.is_virtual or flow.takes_nothing(found) else found
    service, today = flow.service_of(journey.kind), visits.now().date()
    return found if found is not None and found.is_open(service, here.subject, today) else None


def _hsa_id(slug: str) -> HsaId | None:
    found = visits.eservice().clinics.by_slug(slug)
    return None if found is None else found.hsa_id

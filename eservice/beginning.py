"""Where flows begin: at a clinic, at a booking, at an invitation.

Source: domain.md §5.3, §5.4, §5.6, §5.7, §5.8.
"""

from datetime import date

from flask import Blueprint, abort, url_for
from werkzeug.wrappers import Response

from contracts import scheduling as s
from eservice import flow, invitations, step_who, visits
from eservice.clinic_settings import Kind
from eservice.clinics import Clinic
from eservice.journeys import Journey
from eservice.pages import see_other
from eservice.references import Reference

blueprint = Blueprint("beginning", __name__)


@blueprint.get("/boka/<slug>")
def book(slug: str) -> Response:
    """A new booking at a clinic (A1)."""
    found = visits.eservice().clinics.by_slug(slug)
    if found is None:
        abort(404)
    here = visits.visit()
    if not found.is_open("book", here.subject, visits.now().date()):
        return flow.closed(found)
    return _begun(Journey("", "book", found.hsa_id, found.hsa_id))


def with_kind(clinic: Clinic, kind: s.TimeType, day: date | None, **answers: str | None) -> Response:
    """A new booking whose kind of time is known, and perhaps its day and more `answers`: at the choice of time, after
    what the clinic has to say before one books."""
    here = visits.visit()
    if not clinic.is_open("book", here.subject, visits.now().date()):
        return flow.closed(clinic)
    journey = Journey("", "book", clinic.hsa_id, clinic.hsa_id).choose(
        kind_known=True,
        time_type=kind.time_type_id,
        time_type_name=kind.name,
        day=None if day is None else day.isoformat(),
        **answers,
    )
    journey = flow.leave_out(journey, "who", not step_who.has_choice(journey))
    texts = clinic.texts("book")
    begun = visits.eservice().journeys.begin(journey, here.citizen, here.subject)
    return see_other(flow.place(begun, "before" if texts.clinic or texts.terms else "time"))


@blueprint.get("/bokad-tid/<name>/omboka")
def rebook(name: str) -> Response:
    """Moving a booking (C1)."""
    return _about_booking(name, "rebook")


@blueprint.get("/bokad-tid/<name>/avboka")
def cancel(name: str) -> Response:
    """Cancelling one (D1)."""
    return _about_booking(name, "cancel")


def _about_booking(name: str, kind: Kind) -> Response:
    reference, booked = _asked(name)
    allowed = booked.rebooking_allowed if kind == "rebook" else booked.cancel_booking_allowed
    is_over = booked.start is None or booked.start <= visits.now()
    if not allowed or is_over:
        return see_other(f"{_details(reference)}#kan-inte")
    return _begun(Journey("", kind, reference.clinic, reference.clinic, reference.booking_id, booked))


@blueprint.get("/kallelse/<name>/boka")
def use_invitation(name: str) -> Response:
    """Choosing a time for an open invitation; for one that cannot be used, the page that says why."""
    found = invitations.look_at(name)
    if found.booked is not None and found.booked.start is not None:
        return see_other(_details(found.reference))
    if found.state != "open" or found.booked is None:
        return see_other(url_for("invitations.show", name=name))
    reference = found.reference
    return _begun(Journey("", "book", reference.clinic, reference.clinic, reference.booking_id, found.booked))


def _asked(name: str) -> tuple[Reference, s.Timeslot]:
    eservice, person = visits.eservice(), visits.visit().subject
    reference = eservice.references.find(person, name)
    return reference, eservice.platform.booking(reference.clinic, reference.booking_id, person)


def _details(reference: Reference) -> str:
    return url_for("bookings.one", name=reference.name)


def _begun(journey: Journey) -> Response:
    """Keep the flow and go to its first step."""
    here = visits.visit()
    begun = visits.eservice().journeys.begin(journey, here.citizen, here.subject)
    return see_other(flow.place(begun, flow.steps(begun)[0]))

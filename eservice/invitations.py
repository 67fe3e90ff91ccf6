"""An open invitation: what it says and whether a time can still be chosen for it, and the cards that tell of those.

A timed invitation is a booked time and has that one's page. Why one cannot be used any more is known as far as it can
be: that it was used here; that the clinic still has it and the index not, so it has run out; else it is gone, withdrawn
or used in another way, which 1.1 cannot tell.
Elsewhere: choosing the time (beginning.py and the steps), how one learns of invitations (engagements.py).
Source: domain.md §5.8; R32.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from contracts import engagements as e
from contracts import scheduling as s
from eservice import flow, visits
from eservice.clinics import Clinic
from eservice.engagements import Engagement
from eservice.pages import render, see_other
from eservice.references import Reference
from eservice.troubles import BookingUnknown

blueprint = Blueprint("invitations", __name__)

State = Literal["open", "timed", "used", "expired", "withdrawn", "nowhere"]
"""nowhere: no clinic gives times for it on the web now."""


@dataclass(frozen=True, slots=True)
class Found:
    """An invitation: as the clinic has it, if it does; for a used one the name of the booking that it became."""

    reference: Reference
    state: State
    booked: s.Timeslot | None = None
    became: str = ""


@dataclass(frozen=True, slots=True)
class InvitationPage:
    """`told` is its text, empty when it cannot be read any more."""

    name: str
    state: State
    time_type: str
    told: str
    clinic: Clinic
    became: str


@dataclass(frozen=True, slots=True)
class Card:
    """An invitation that waits for an answer."""

    name: str
    time_type: str
    clinic_name: str


@blueprint.get("/kallelse/<name>")
def show(name: str) -> Response:
    found = look_at(name)
    if found.state == "timed":
        return see_other(url_for("bookings.one", name=name))
    last = _last_letter(found.reference)
    slot = found.booked or s.Timeslot(found.reference.clinic)
    page = InvitationPage(
        name=name,
        state=found.state,
        time_type=slot.time_type_name or last.get("time_type", ""),
        told=slot.purpose or last.get("purpose", ""),
        clinic=flow.clinic_at(found.reference.clinic),
        became=found.became,
    )
    return render("invitation.html", page)


def look_at(name: str) -> Found:
    """The invitation of this name as it is now. Raises BookingUnknown for what is none of the person's, NotReached."""
    eservice, person = visits.eservice(), visits.visit().subject
    reference = eservice.references.find(person, name)
    known = eservice.engagements.find(person, reference.clinic, reference.booking_id)
    try:
        booked = eservice.platform.booking(reference.clinic, reference.booking_id, person)
    except BookingUnknown:
        if known is None or known.category != e.INVITATION:
            raise
        return _gone(reference, known)
    return Found(reference, _state(reference, known, booked), booked)


def _gone(reference: Reference, known: Engagement) -> Found:
    if known.became is None:
        return Found(reference, "withdrawn")
    booking = visits.eservice().references.of(visits.visit().subject, *known.became)
    return Found(reference, "used", became=booking.name)


def _state(reference: Reference, known: Engagement | None, booked: s.Timeslot) -> State:
    if booked.start is not None:
        return "timed"
    if known is not None and not known.is_there:
        return "expired"
    if not flow.clinic_at(reference.clinic).unit.is_virtual:
        return "open"
    person = visits.visit().subject
    listed = visits.eservice().platform.facilities(reference.clinic, person, reference.booking_id)
    return "open" if listed else "nowhere"


def _last_letter(reference: Reference) -> Mapping[str, Any]:
    eservice, owner = visits.eservice(), visits.visit().subject.number
    with eservice.database.reading() as session:
        return eservice.inbox.last_about(session, owner, reference.clinic, reference.booking_id)


# -- Cards


@blueprint.app_context_processor
def _for_templates() -> dict[str, Any]:
    return {"open_invitations": open_invitations}


def open_invitations() -> tuple[Card, ...]:
    """Those that the person of this visit can choose a time for."""
    here = visits.visit_or_none()
    if here is None:
        return ()
    eservice = visits.eservice()
    found = eservice.engagements.open_invitations(here.subject)
    if not found:
        return ()
    names = eservice.references.of_all(here.subject, [(one.clinic, one.booking_id) for one in found])
    return tuple(
        Card(one.name, _last_letter(one).get("time_type", ""), eservice.clinics.name_of(one.clinic)) for one in names
    )

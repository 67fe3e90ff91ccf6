"""The citizen's booked times: at all clinics, at one, and one of them in full (B1, B1b, B2).

Source: domain.md §5.5.
"""

from dataclasses import dataclass

from flask import Blueprint
from werkzeug.wrappers import Response

from contracts import scheduling as s
from eservice import flow, visits
from eservice.clinics import Clinic
from eservice.pages import render

blueprint = Blueprint("bookings", __name__)


@dataclass(frozen=True, slots=True)
class Row:
    """One booked time in a list."""

    name: str
    slot: s.Timeslot
    clinic_name: str


@dataclass(frozen=True, slots=True)
class BookingsPage:
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class BookingPage:
    name: str
    slot: s.Timeslot
    clinic: Clinic


@blueprint.get("/bokade-tider")
def everywhere() -> Response:
    eservice, person = visits.eservice(), visits.visit().subject
    found = eservice.platform.everywhere(person)
    timed = [one for one in found.timeslots if one.booking_id]
    names = eservice.references.of_all(person, [(one.healthcare_facility, one.booking_id or "") for one in timed])
    rows = tuple(
        Row(name.name, one, eservice.clinics.name_of(one.healthcare_facility, one.healthcare_facility_name or ""))
        for name, one in zip(names, timed, strict=True)
    )
    return render("bookings.html", BookingsPage(rows))


@blueprint.get("/bokad-tid/<name>")
def one(name: str) -> Response:
    eservice, person = visits.eservice(), visits.visit().subject
    reference = eservice.references.find(person, name)
    slot = eservice.platform.booking(reference.clinic, reference.booking_id, person)
    return render("booking.html", BookingPage(name, slot, flow.clinic_at(reference.clinic)))

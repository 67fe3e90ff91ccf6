"""What came of it: the receipt (A7, C5, D3); the wait when there was no answer (E14); or that it was not carried out.

The receipt is re-read from the clinic; when that fails it still says what was done, from what was sent (§5.4).
Source: domain.md §5.4 A7, §5.6 C5, §5.7 D3, §5.11 E14.
"""

from dataclasses import dataclass

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from contracts import scheduling as s
from contracts.identifiers import HsaId
from eservice import committing, flow, visits
from eservice.clinics import Clinic
from eservice.flow import FlowPage
from eservice.journeys import Journey
from eservice.pages import render, see_other
from eservice.troubles import BookingUnknown, NotReached

blueprint = Blueprint("step_done", __name__)


@dataclass(frozen=True, slots=True)
class DonePage:
    """The receipt. `text` is the clinic's message (INFO), `name` the booking's in URLs, empty when it is not known."""

    flow: FlowPage
    slot: s.Timeslot
    old: s.Timeslot | None
    text: str
    name: str
    clinic: Clinic
    again_url: str


@dataclass(frozen=True, slots=True)
class WaitPage:
    """E14. `tries` of `most` readings have not found it; `failures` told nothing."""

    flow: FlowPage
    slot: s.Timeslot | None
    tries: int
    most: int
    failures: int
    seconds: int
    clinic: Clinic


@dataclass(frozen=True, slots=True)
class FailedPage:
    """It was not carried out, as the booked times say."""

    flow: FlowPage
    slot: s.Timeslot | None
    clinic: Clinic
    again_url: str


@blueprint.get("/arende/<journey>/klart")
def show(journey: str) -> Response:
    found = flow.load(journey)
    if found.phase == "open":
        return see_other(flow.place(found, flow.steps(found)[0]))
    if found.phase in ("sending", "unknown"):
        found = committing.look_again(found)
    if found.phase == "done":
        return _receipt(found)
    return _failed(found) if found.phase == "failed" else _waiting(found)


@blueprint.post("/arende/<journey>/igen")
def again(journey: str) -> Response:
    """After it is known not to have been carried out: the flow, open again, at the choice of time."""
    found = flow.load(journey)
    if found.phase != "failed":
        return see_other(flow.place(found, "done"))
    fresh = visits.eservice().journeys.begin(
        Journey("", found.kind, found.clinic, found.at, found.booking_id, found.old, found.chosen, found.typed),
        visits.visit().citizen,
        visits.visit().subject,
    )
    return see_other(flow.place(fresh, "check" if found.kind == "cancel" else "time"))


def _receipt(journey: Journey) -> Response:
    slot, name = _as_it_is(journey)
    here = flow.clinic_at(slot.healthcare_facility)
    page = DonePage(
        flow=flow.page(journey, "done"),
        slot=slot,
        old=journey.old,
        text=journey.result.get("text", ""),
        name=name,
        clinic=here,
        again_url=url_for("beginning.book", slug=here.slug),
    )
    return render(f"done_{journey.kind}.html", page)


def _as_it_is(journey: Journey) -> tuple[s.Timeslot, str]:
    """The time as the clinic has it now, and its name in URLs; as it was sent when that cannot be read."""
    sent = journey.old if journey.kind == "cancel" else journey.slot
    assert sent is not None
    booking_id = journey.result.get("booking_id")
    if journey.kind == "cancel" or booking_id is None:
        return sent, ""
    person, clinic = visits.visit().subject, HsaId(sent.healthcare_facility.text)
    name = visits.eservice().references.of(person, clinic, booking_id).name
    try:
        return visits.eservice().platform.booking(clinic, booking_id, person), name
    except (NotReached, BookingUnknown):
        return sent, name


def _waiting(journey: Journey) -> Response:
    settings, look = visits.eservice().settings, committing.look_of(journey)
    page = WaitPage(
        flow=flow.page(journey, "done"),
        slot=journey.old if journey.kind == "cancel" else journey.slot,
        tries=look.tries,
        most=settings.reconcile_tries,
        failures=look.failures,
        seconds=max(1, round(settings.reconcile_pause_seconds)),
        clinic=flow.clinic(journey),
    )
    return render("done_waiting.html", page)


def _failed(journey: Journey) -> Response:
    page = FailedPage(
        flow.page(journey, "done"),
        journey.old if journey.kind == "cancel" else journey.slot,
        flow.clinic(journey),
        url_for("step_done.again", journey=journey.id),
    )
    return render("done_failed.html", page)

"""All of it on one page, every row changeable, and the button that does it (A6, C4, D2).

What is sent is what this page shows. The form carries a mark that is good for one sending.
Source: domain.md §5.4 A6, §5.6 C4, §5.7 D2, §5.12 (7); §5.11 (one-time form token).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from contracts import scheduling as s
from eservice import committing, flow, pages, step_words, visits
from eservice.contacts import contact_faults
from eservice.flow import FlowPage
from eservice.journeys import Journey
from eservice.pages import render, see_other
from webpages.forms import Form
from webpages.once import MARK_FIELD, new_mark

blueprint = Blueprint("step_check", __name__)


@dataclass(frozen=True, slots=True)
class CheckPage:
    """`slot` is the time wanted, `old` the booking that is moved or cancelled; `words` what will be sent."""

    flow: FlowPage
    form: Form
    slot: s.Timeslot | None
    old: s.Timeslot | None
    old_clinic_name: str
    words: str
    mark: str
    urls: Mapping[str, str]
    help: str
    asks_for_words: bool
    is_required: bool
    shows_end: bool
    refusal: str
    asks_for_contact: bool
    keep_url: str


@blueprint.get("/arende/<journey>/kontrollera")
def show(journey: str) -> Response:
    found = flow.load_open(journey)
    flow.demand_open(found)
    if (missing := _missing(found)) is not None:
        return see_other(missing)
    found = visits.eservice().journeys.keep(found.choose(from_check=True))
    return _shown(found, pages.blank_form(**_contact(found), reason=found.typed.get("reason", "")))


@blueprint.post("/arende/<journey>/kontrollera")
def send(journey: str) -> Response:
    found = flow.load(journey)
    if found.phase != "open":
        return see_other(flow.place(found, "done"))
    flow.demand_open(found)
    if (missing := _missing(found)) is not None:
        return see_other(missing)
    form = pages.form()
    found = _typed(found, form)
    if not form.is_right:
        return _shown(visits.eservice().journeys.keep(found), form)
    person = visits.visit().subject
    about = person.information(found.typed.get("phone"), found.typed.get("email"))
    return see_other(committing.send(visits.eservice().journeys.keep(found), request.form.get(MARK_FIELD, ""), about))


def _typed(journey: Journey, form: Form) -> Journey:
    if journey.kind == "cancel":
        return step_words.typed(journey, form) if flow.asks_for_words(journey) else journey
    if not _asks_for_contact():
        return journey
    told = contact_faults(form)
    return journey.type(**told)


def _missing(journey: Journey) -> str | None:
    """The step to go to first, when something has not been chosen yet."""
    if journey.kind == "cancel":
        needs_terms = flow.texts_of(journey).terms and not journey.chosen.get("terms")
        return flow.place(journey, "before") if needs_terms else None
    if flow.texts_of(journey).terms and not journey.chosen.get("terms"):
        return flow.place(journey, "before")
    if journey.slot is None:
        return flow.place(journey, "time")
    if step_words.is_demanded(journey) and step_words.words(journey) is None:
        return flow.place(journey, "words")
    return None


def _contact(journey: Journey) -> dict[str, str]:
    """Phone and e-mail as typed, else as the citizen has set them."""
    here = visits.visit()
    known = visits.eservice().contacts.of(here.subject)
    usual = {"phone": known.mobile or here.subject.phone, "email": known.email or here.subject.email}
    return {name: journey.typed.get(name, value) for name, value in usual.items()}


def _asks_for_contact() -> bool:
    """Not of a person whose data are protected (R41)."""
    return not visits.visit().subject.is_protected


def _shown(journey: Journey, form: Form) -> Response:
    here = flow.clinic(journey)
    texts = flow.texts_of(journey)
    page = CheckPage(
        flow=flow.page(journey, "check", not form.is_right),
        form=form,
        slot=journey.slot,
        old=journey.old,
        old_clinic_name=flow.clinic_at(journey.clinic).name,
        words=step_words.words(journey) or "",
        mark=new_mark(),
        urls={one: flow.place(journey, one) for one in flow.steps(journey)},
        help=texts.to_care,
        asks_for_words=flow.asks_for_words(journey),
        is_required=step_words.is_demanded(journey),
        shows_end=here.settings.shows_end_time,
        refusal=journey.result.get("refusal", "") or journey.result.get("reason_fault", ""),
        asks_for_contact=journey.kind != "cancel" and _asks_for_contact(),
        keep_url=flow.way_out(journey) if journey.kind == "cancel" else url_for("start.start"),
    )
    return render("step_check.html", page, 200 if form.is_right else 422)

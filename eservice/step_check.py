"""All of it on one page, every row changeable, and the button that does it (A6, C4, D2).

What is sent is what this page shows: when another window has changed it meanwhile, the page is shown again. The form
carries a mark that is good for one sending.
Source: domain.md §5.4 A6, §5.6 C4, §5.7 D2, §5.12 (7); §5.11 (one-time form token).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint
from werkzeug.wrappers import Response

from contracts import scheduling as s
from eservice import committing, flow, pages, refusing, slots, step_words, visits
from eservice.contacts import contact_faults
from eservice.flow import FlowPage, Step
from eservice.journeys import Journey
from eservice.pages import render, see_other
from webpages.forms import Form
from webpages.once import MARK_FIELD, new_mark

blueprint = Blueprint("step_check", __name__)
SHOWN_FIELD = "shown"


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
    shown: str
    rows: Mapping[str, Step]
    help: str
    asks_for_words: bool
    is_required: bool
    shows_end: bool
    refusal: str
    asks_for_contact: bool
    keep_url: str


@blueprint.get("/arende/<journey>/kontrollera")
def show(journey: str) -> Response:
    found = flow.load_open(journey, "check")
    if (missing := _missing(found)) is not None:
        return see_other(missing)
    found = flow.keep(found.choose(from_check=True))
    form = pages.blank_form(**_contact(found), reason=found.typed.get("reason", ""))
    if fault := found.result.get("reason_fault"):
        form.faults["reason"] = fault
    return _shown(found, form)


@blueprint.post("/arende/<journey>/kontrollera")
def send(journey: str) -> Response:
    found = flow.load_open(journey, "check")
    form = pages.form()
    found = flow.keep(_typed(found, form))
    if (elsewhere := flow.wanted_step(found, form)) is not None:
        return see_other(flow.place(found, elsewhere))
    if (missing := _missing(found)) is not None:
        return see_other(missing)
    if not form.is_right:
        return _shown(found, form, 422)
    if form.value(SHOWN_FIELD) not in ("", _what_is_shown(found)):
        return _shown(found, form, 422, pages.texts()("step.changed"))
    if (moved := refusing.moved_meanwhile(found)) is not None:
        return see_other(moved)
    person = visits.visit().subject
    about = person.information(found.typed.get("phone"), found.typed.get("email"))
    return see_other(committing.send(found, form.value(MARK_FIELD), about))


def _typed(journey: Journey, form: Form) -> Journey:
    """The flow with what was typed here, right or wrong; what is wrong stands in the form."""
    if journey.kind == "cancel":
        return step_words.typed(journey, form) if flow.asks_for_words(journey) else journey
    return journey.type(**contact_faults(form)) if _asks_for_contact() else journey


def _what_is_shown(journey: Journey) -> str:
    """A word for the wish: a page that another window has made untrue sends nothing."""
    wish = journey.old if journey.kind == "cancel" else journey.slot
    words = "" if journey.kind == "cancel" else step_words.words(journey) or ""
    told = "" if wish is None else slots.key_of(wish)
    return hashlib.sha256(f"{told}\n{words}".encode()).hexdigest()[:16]


def _missing(journey: Journey) -> str | None:
    """The step to go to first, when something has not been chosen yet."""
    if journey.kind == "cancel":
        needs_terms = flow.texts_of(journey).terms and not journey.chosen.get("terms")
        return flow.place(journey, "before") if needs_terms else None
    if flow.texts_of(journey).terms and not journey.chosen.get("terms"):
        return flow.place(journey, "before")
    if journey.slot is None:
        return flow.place(journey, "time")
    if step_words.is_demanded(journey) and step_words.words(journey) is None:  # (E8)
        return flow.place(journey, "words")
    return None


def _contact(journey: Journey) -> dict[str, str]:
    """Phone and e-mail as typed, else as they are set; for a child without any, those of its guardian."""
    here = visits.visit()
    usual = {"phone": "", "email": ""}
    for person in (here.citizen, here.subject):
        set_by_hand = visits.eservice().contacts.of(person)
        known = {"phone": set_by_hand.mobile or person.phone, "email": set_by_hand.email or person.email}
        usual |= {name: value for name, value in known.items() if value}
    return {name: journey.typed.get(name, value) for name, value in usual.items()}


def _asks_for_contact() -> bool:
    """Not of a person whose data are protected, nor of a child whose guardian's are (R41)."""
    here = visits.visit()
    return not (here.subject.is_protected or here.citizen.is_protected)


def _rows(journey: Journey) -> dict[str, Step]:
    """The step where each row is changed: the clinic where there are others to choose, whom it is with at the choice of
    time where that is no step of its own."""
    order = flow.steps(journey)
    rows: dict[str, Step] = {"who": "time", **{one: one for one in order}}
    return rows | {"where": "before"} if journey.chosen.get("has_places") and "before" in order else rows


def _shown(journey: Journey, form: Form, status: int = 200, changed: str = "") -> Response:
    refusal = changed or (flow.refusal_at(journey, "check") if form.is_right else "")
    page = CheckPage(
        flow=flow.page(journey, "check", bool(refusal) or not form.is_right),
        form=form,
        slot=journey.slot,
        old=journey.old,
        old_clinic_name=flow.clinic_at(journey.clinic).name,
        words=step_words.words(journey) or "",
        mark=new_mark(),
        shown=_what_is_shown(journey),
        rows=_rows(journey),
        help=flow.texts_of(journey).to_care,
        asks_for_words=flow.asks_for_words(journey),
        is_required=step_words.is_demanded(journey),
        shows_end=flow.clinic(journey).settings.shows_end_time,
        refusal=refusal,
        asks_for_contact=journey.kind != "cancel" and _asks_for_contact(),
        keep_url=flow.way_out(journey),
    )
    return render("step_check.html", page, status)

"""What the citizen wants to say to the clinic: the reason for a booking, a comment at a move (A5, C3).

Asked only where the clinic wants it, and sent only then (R18, R19). Whether it must be given the contract does not
tell: our own systems say so beside the free times, others by refusing (E8), after which it is demanded here.
Source: domain.md §5.4 A5, §5.6 C3, §8 (help text); R18, R19, E8.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Blueprint
from werkzeug.wrappers import Response

from eservice import flow, pages
from eservice.flow import FlowPage
from eservice.journeys import Journey
from eservice.pages import render, see_other
from webpages.forms import Form

blueprint = Blueprint("step_words", __name__)

MOST_SIGNS = 500
_BETWEEN = ". "


@dataclass(frozen=True, slots=True)
class WordsPage:
    """`ready` are reasons to choose from, `help` what the administrator says about the reason."""

    flow: FlowPage
    form: Form
    help: str
    ready: tuple[str, ...]
    is_required: bool
    refusal: str
    most: int = MOST_SIGNS


@blueprint.get("/arende/<journey>/beratta")
def show(journey: str) -> Response:
    found = flow.load_open(journey, "words")
    if not flow.asks_for_words(found):
        return see_other(flow.place(found, "time" if found.slot is None else "check"))
    form = pages.blank_form(reason=found.typed.get("reason", ""), ready_reason=found.typed.get("ready_reason", ""))
    if fault := found.result.get("reason_fault"):
        form.faults["reason"] = fault
    return _shown(found, form)


@blueprint.post("/arende/<journey>/beratta")
def choose(journey: str) -> Response:
    found = flow.load_open(journey, "words")
    form = pages.form()
    changed = flow.keep(typed(found, form))
    if (elsewhere := flow.wanted_step(found, form)) is not None:
        return see_other(flow.place(changed, elsewhere))
    if not form.is_right:
        return _shown(changed, form, 422)
    return see_other(flow.on_from(changed, "words"))


def typed(journey: Journey, form: Form) -> Journey:
    """The flow with what was typed, right or wrong; what is wrong stands in the form."""
    ready = form.one_of("ready_reason", ("", *ready_reasons(journey)), required=False) or ""
    changed = replace(journey.type(reason=form.value("reason"), ready_reason=ready), result={})
    form.text("reason", most=MOST_SIGNS)
    whole = words(changed) or ""
    if is_demanded(journey) and not whole:
        form.fault("reason", f"step.words_missing.{journey.kind}")
    if len(whole) > MOST_SIGNS:
        form.fault("reason", "form.too_long", most=MOST_SIGNS - len(ready) - len(_BETWEEN))
    return changed


def is_demanded(journey: Journey) -> bool:
    """Whether it is known that the clinic refuses without a reason."""
    return bool(journey.chosen.get("required")) and flow.asks_for_words(journey)


def ready_reasons(journey: Journey) -> Sequence[str]:
    """The clinic's ready reasons for the kind of time."""
    told: Sequence[str] = journey.chosen.get("ready_reasons", ())
    return told if journey.kind == "book" and flow.asks_for_words(journey) else ()


def words(journey: Journey) -> str | None:
    """What is sent: the ready reason, then what was typed; None when there is nothing, or it is not wanted."""
    if not flow.asks_for_words(journey):
        return None
    ready, typed = journey.typed.get("ready_reason", ""), journey.typed.get("reason", "")
    parts = (ready if ready in ready_reasons(journey) else "", typed)  # another kind of time has other ready ones
    whole = _BETWEEN.join(one.replace("\r\n", "\n").strip() for one in parts if one.strip())
    return whole or None


def _shown(journey: Journey, form: Form, status: int = 200) -> Response:
    refusal = flow.refusal_at(journey, "words") if form.is_right else ""
    page = WordsPage(
        flow=flow.page(journey, "words", bool(refusal) or not form.is_right),
        form=form,
        help=flow.texts_of(journey).to_care,
        ready=tuple(ready_reasons(journey)),
        is_required=is_demanded(journey),
        refusal=refusal,
    )
    return render("step_words.html", page, status)

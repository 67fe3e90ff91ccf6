"""With whom: a performer, or anybody (A3). Left out where the clinic has nobody to choose.

Source: domain.md §5.4 A3; R9, R31, E16.
"""

from dataclasses import dataclass, replace

from flask import Blueprint
from werkzeug.wrappers import Response

from contracts import scheduling as s
from contracts.identifiers import HsaId
from eservice import flow, pages, slots, visits
from eservice.flow import FlowPage
from eservice.journeys import Journey
from eservice.pages import render, see_other
from eservice.platform import Wish
from webpages.forms import Form

blueprint = Blueprint("step_who", __name__)
ANYBODY = "anybody"


@dataclass(frozen=True, slots=True)
class Somebody:
    value: str
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class WhoPage:
    flow: FlowPage
    form: Form
    people: tuple[Somebody, ...]
    chosen: str


@blueprint.get("/arende/<journey>/vem")
def show(journey: str) -> Response:
    found = flow.load_open(journey, "who")
    people = _people(found)
    if not people:
        found = flow.keep(flow.leave_out(found, "who"))
        return see_other(flow.place(found, flow.after(found, "who")))
    return _shown(found, people, pages.blank_form())


@blueprint.post("/arende/<journey>/vem")
def choose(journey: str) -> Response:
    found = flow.load_open(journey, "who")
    form, people = pages.form(), _people(found)
    named = {slots.key_of_performer(one.performer): one for one in people}
    wanted = form.one_of("who", [ANYBODY, *named])
    if wanted is None:
        form.faults["who"] = pages.texts()("step.who_missing")
        return _shown(found, people, form)
    somebody = named.get(wanted)
    changed = found.choose(
        performer=somebody.performer.text if somebody else None,
        performer_name=_name(somebody) if somebody else None,
    )
    if found.chosen.get("performer") != changed.chosen.get("performer"):
        changed = replace(changed, slot=None, offered={}).choose(day=None)
    flow.keep(changed)
    return see_other(flow.on_from(changed, "who"))


def has_choice(journey: Journey) -> bool:
    """Whether there is anybody to choose from."""
    return bool(_people(journey))


def _shown(journey: Journey, people: tuple[s.PerformerInfo, ...], form: Form) -> Response:
    listed = tuple(_somebody(one) for one in people)
    performer = journey.chosen.get("performer")
    chosen = slots.key_of_performer(HsaId(performer)) if performer else ANYBODY
    page = WhoPage(flow.page(journey, "who", not form.is_right), form, listed, chosen)
    return render("step_who.html", page, 200 if form.is_right else 422)


def _somebody(one: s.PerformerInfo) -> Somebody:
    return Somebody(slots.key_of_performer(one.performer), f"{one.first_name} {one.last_name}", one.title or "")


def _people(journey: Journey) -> tuple[s.PerformerInfo, ...]:
    chosen = journey.chosen
    wish = Wish(chosen.get("time_type"), chosen.get("care_type"))
    return visits.eservice().platform.performers(journey.at, visits.visit().subject, wish)


def _name(somebody: s.PerformerInfo) -> str:
    name = f"{somebody.first_name} {somebody.last_name}"
    return f"{name}, {somebody.title}" if somebody.title else name

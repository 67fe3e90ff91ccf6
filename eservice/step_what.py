"""What the time is for: kinds of care where the clinic has them, and its kinds of time (A2).

One list, the kinds of time under their kinds of care; where there is but one to choose it stands as text. Somebody who
has a time of the kind already is asked whether to move that one instead: cheaper than being refused at the end.
Source: domain.md §5.4 A2; §4 (careType values only where GetAllCareTypes is offered); R3, R13, E16.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from contracts import scheduling as s
from contracts.identifiers import HsaId
from eservice import flow, pages, visits
from eservice.flow import FlowPage
from eservice.journeys import Journey
from eservice.pages import render, see_other
from eservice.people import Person
from eservice.shown import Shown
from eservice.troubles import NotReached
from webpages.forms import Form

blueprint = Blueprint("step_what", __name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of time to choose. `hint` tells of a time of the kind that one has already, `hint_url` leads to it."""

    value: str
    name: str
    is_chosen: bool
    hint: str = ""
    hint_url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The kinds of time of one kind of care; without a name where the clinic has no kinds of care."""

    name: str
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class WhatPage:
    flow: FlowPage
    form: Form
    groups: tuple[Group, ...]
    concerns: str
    refusal: str

    @property
    def only(self) -> Kind | None:
        """The one kind there is."""
        kinds = [one for group in self.groups for one in group.kinds]
        return kinds[0] if len(kinds) == 1 else None


Found = tuple[tuple[s.CareType | None, tuple[s.TimeType, ...]], ...]


@blueprint.get("/arende/<journey>/vad")
def show(journey: str) -> Response:
    found = flow.load_open(journey, "what")
    return _shown(found, pages.blank_form())


@blueprint.post("/arende/<journey>/vad")
def choose(journey: str) -> Response:
    found = flow.load_open(journey, "what")
    form, offered = pages.form(), _offered(found)
    told = {_value(care, kind): (care, kind) for care, kinds in offered for kind in kinds}
    wanted = form.one_of("kind", told)
    if wanted is None:
        form.faults["kind"] = pages.texts()("step.what_missing")
        return _shown(found, form, offered)
    care, kind = told[wanted]
    chosen = {"care_type": care.care_type_id if care else None, "care_type_name": care.name if care else None}
    changed = found.choose(time_type=kind.time_type_id, time_type_name=kind.name, **chosen)
    if found.chosen.get("time_type") != kind.time_type_id:
        changed = replace(changed, slot=None, offered={}).choose(performer=None, performer_name=None, from_check=None)
        changed = flow.leave_out(changed.choose(day=None, required=None, ready_reasons=None), "who", False)
    flow.keep(replace(changed, result={}))
    return see_other(flow.on_from(changed, "what"))


def _shown(journey: Journey, form: Form, offered: Found | None = None) -> Response:
    asked = _offered(journey) if offered is None else offered
    hints = _hints(journey)
    chosen = _value_of(journey.chosen)
    groups = tuple(
        Group(care.name if care else "", tuple(_kind(journey, care, kind, chosen, hints) for kind in kinds))
        for care, kinds in asked
    )
    refusal = flow.refusal_at(journey, "what") if form.is_right else ""
    surrounding = flow.page(journey, "what", bool(refusal) or not form.is_right)
    page = WhatPage(surrounding, form, groups, flow.texts_of(journey).concerns, refusal)
    return render("step_what.html", page, 200 if form.is_right else 422)


def _offered(journey: Journey) -> Found:
    return offered(journey.at, visits.visit().subject, flow.clinic(journey).settings.shows_care_types)


def offered(clinic: HsaId, person: Person, shows_care: bool) -> Found:
    """Kinds of time by kinds of care, each group asked for at the same time; those of no kind of care last."""
    platform = visits.eservice().platform
    care_types = platform.care_types(clinic, person) if shows_care else ()
    ids = [None, *(one.care_type_id for one in care_types)]
    all_kinds, *by_care = platform.at_once(*(partial(platform.time_types, clinic, person, one) for one in ids))
    grouped = {one.time_type_id for kinds in by_care for one in kinds}
    rest = tuple(one for one in all_kinds if one.time_type_id not in grouped)
    found = [(care, kinds) for care, kinds in zip(care_types, by_care, strict=True) if kinds]
    return (*found, *([(None, rest)] if rest else []))


def _hints(journey: Journey) -> Mapping[str, s.Timeslot]:
    """The time that the citizen has already, by its kind's id; nothing when the clinic does not answer that, or when
    booked times are not for the citizen to see there (R1, R2)."""
    if not flow.clinic(journey).is_open("booked", visits.visit().subject, visits.now().date()):
        return {}
    try:
        booked = visits.eservice().platform.schedule(journey.at, visits.visit().subject)
    except NotReached:
        return {}
    return {one.time_type_id: one for one in reversed(booked) if one.time_type_id and one.start is not None}


def _kind(
    journey: Journey, care: s.CareType | None, kind: s.TimeType, chosen: str, hints: Mapping[str, s.Timeslot]
) -> Kind:
    t, value = pages.texts(), _value(care, kind)
    had = hints.get(kind.time_type_id)
    if had is None or had.booking_id is None or had.start is None:
        return Kind(value, kind.name, value == chosen)
    reference = visits.eservice().references.of(visits.visit().subject, journey.at, had.booking_id)
    hint = t("step.what_had", kind=kind.name, moment=Shown(t).moment(had.start))
    return Kind(value, kind.name, value == chosen, hint, url_for("bookings.one", name=reference.name))


def _value(care: s.CareType | None, kind: s.TimeType) -> str:
    return f"{care.care_type_id if care else ''}|{kind.time_type_id}"


def _value_of(chosen: Mapping[str, object]) -> str:
    return f"{chosen.get('care_type') or ''}|{chosen.get('time_type') or ''}"

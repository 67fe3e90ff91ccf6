"""The pages about waiting for free times: beginning, seeing and ending it, and booking what has come.

Source: domain.md §5.4 ("bevaka tider").
"""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, abort, url_for
from werkzeug.wrappers import Response

from contracts import scheduling as s
from eservice import beginning, flow, pages, step_time, visits
from eservice.clinics import Clinic
from eservice.journeys import Journey
from eservice.pages import render, see_other
from eservice.shown import swedish_day
from eservice.watching import MOST, TooMany, Wanted, Watch
from webpages.forms import Form

blueprint = Blueprint("watches", __name__)


@dataclass(frozen=True, slots=True)
class AskPage:
    """What is to be waited for. `first_free` is the first day with a time now, None when there is none; `is_full` when
    one waits for as much as one may."""

    form: Form
    wanted: Wanted
    clinic: Clinic
    first_free: date | None
    is_full: bool
    most: int
    least_day: date
    last_day: date
    back_url: str


@dataclass(frozen=True, slots=True)
class Row:
    """One watch. `first_news` is the first of the times that its last letter told of."""

    watch: Watch
    clinic_name: str


@dataclass(frozen=True, slots=True)
class WatchesPage:
    rows: tuple[Row, ...]
    most: int


@blueprint.get("/arende/<journey>/bevaka")
def ask(journey: str) -> Response:
    found = flow.load_open(journey, "time")
    if found.booking_id is None and not found.chosen.get("time_type"):
        return see_other(flow.place(found, "what"))
    first, last = _usual_days(found)
    return _asked(found, pages.blank_form(first_day=first.isoformat(), last_day=last.isoformat()))


@blueprint.post("/arende/<journey>/bevaka")
def begin(journey: str) -> Response:
    found = flow.load_open(journey, "time")
    form = pages.form()
    wanted = _read(found, form)
    if wanted is None:
        return _asked(found, form)
    here, t = visits.visit(), pages.texts()
    try:
        visits.eservice().watches.begin(here.subject, here.citizen, wanted)
    except TooMany:
        form.fault("last_day", "watch.most", most=MOST)
        return _asked(found, form)
    pages.tell(t("watch.begun"))
    return see_other(url_for("watches.listed"))


@blueprint.get("/bevakningar")
def listed() -> Response:
    eservice = visits.eservice()
    mine = eservice.watches.of(visits.visit().subject)
    rows = tuple(Row(one, eservice.clinics.name_of(one.wanted.clinic)) for one in mine)
    return render("watches.html", WatchesPage(rows, MOST))


@blueprint.post("/bevakningar/<name>/avsluta")
def end(name: str) -> Response:
    if not visits.eservice().watches.end(visits.visit().subject, name):
        abort(404)
    pages.tell(pages.texts()("watch.ended"))
    return see_other(url_for("watches.listed"))


@blueprint.get("/bevakningar/<name>/boka")
def book(name: str) -> Response:
    """Book what is waited for: at the day of the first time that has come. A letter leads here too."""
    eservice, person = visits.eservice(), visits.visit().subject
    watch = eservice.watches.find(person, name)
    if watch is None:
        pages.tell(pages.texts()("watch.over"))
        return see_other(url_for("watches.listed"))
    wanted, wish = watch.wanted, watch.wanted.wish
    if wish.booking_id is not None:
        reference = eservice.references.of(person, wanted.clinic, wish.booking_id)
        return see_other(url_for("bookings.one", name=reference.name))
    kind = s.TimeType(wish.time_type or "", wanted.time_type_name)
    day = swedish_day(watch.news[0]) if watch.news else None
    performer = wish.performer.text if wish.performer else None
    answers = {"care_type": wish.care_type, "performer": performer, "performer_name": wanted.performer_name or None}
    return beginning.with_kind(flow.clinic_at(wanted.clinic), kind, day, **answers)


# -- What is asked for


def _usual_days(journey: Journey) -> tuple[date, date]:
    """From today to the horizon's end; for another time in a booking's place, until the day before it."""
    first, last = step_time.horizon()
    if journey.kind == "rebook" and journey.old is not None and journey.old.start is not None:
        last = max(first, min(last, swedish_day(journey.old.start) - timedelta(days=1)))
    return first, last


def _read(journey: Journey, form: Form) -> Wanted | None:
    """What is waited for, as the form says; None when something in it is wrong."""
    least, most = step_time.horizon()
    first, last = form.day("first_day"), form.day("last_day")
    if last is not None and not least <= last <= most:
        form.fault("last_day", "watch.outside", first=least.isoformat(), last=most.isoformat())
    if first is not None and last is not None and first > last:
        form.fault("first_day", "watch.order")
    if first is None or last is None or not form.is_right:
        return None
    return _wanted(journey, max(first, least), last)


def _wanted(journey: Journey, first: date, last: date) -> Wanted:
    chosen, old = journey.chosen, journey.old
    name = chosen.get("time_type_name") or (old.time_type_name if old else None) or ""
    return Wanted(journey.at, flow.wish(journey), name, chosen.get("performer_name", ""), first, last)


def _asked(journey: Journey, form: Form) -> Response:
    eservice, person = visits.eservice(), visits.visit().subject
    first, last = step_time.horizon()
    free = eservice.platform.days(journey.at, person, flow.wish(journey), first, last)
    page = AskPage(
        form=form,
        wanted=_wanted(journey, first, last),
        clinic=flow.clinic(journey),
        first_free=free[0] if free else None,
        is_full=len(eservice.watches.of(person)) >= MOST,
        most=MOST,
        least_day=first,
        last_day=last,
        back_url=flow.place(journey, "time"),
    )
    return render("watch_ask.html", page, 200 if form.is_right else 422)

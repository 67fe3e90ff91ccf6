"""Which day and which time: a month of days with free times, and the times of the chosen day (A4, C2).

Days are asked for once a visible period, times for the chosen day alone (§4). At first the month of the first free day
is shown, that day chosen. Choosing a time sends nothing: it may be gone when it is booked (E1), and then one is back
here, the day as it was and everything typed kept.
Source: domain.md §5.4 A4 and its states, §5.6 C2, §5.11 E1–E5, §5.12 (2–5); GAD, GAT.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from contracts import scheduling as s
from contracts.times import SWEDEN
from eservice import flow, pages, reasons, slots, visits
from eservice.flow import FlowPage
from eservice.journeys import Journey
from eservice.months import Day, Month, grid
from eservice.pages import render, see_other
from webpages.forms import Form

blueprint = Blueprint("step_time", __name__)

NOON = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """A free time to choose: its key in the form, and what is told of it."""

    value: str
    slot: s.Timeslot
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Part:
    """The times before noon, or after."""

    name: str  # morning, afternoon
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Days:
    """The days that can be chosen in the month shown; `later` is the first after it when it has none.

    `is_first`: no earlier month has a day to choose.
    """

    month: Month
    free: tuple[date, ...]
    later: date | None = None
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class TimePage:
    """`state` of the days: days, month_empty, all_empty (nothing in the whole horizon). `is_day_full`: the chosen day
    has become full meanwhile. `next_day` is the first day to choose after the chosen one, or after the month shown when
    it has none; `first_day` the first of all, where it is known."""

    flow: FlowPage
    form: Form
    month: Month
    weeks: tuple[tuple[Day | None, ...], ...]
    chosen: date | None
    parts: tuple[Part, ...]
    number: int
    state: str
    is_day_full: bool
    next_day: date | None
    first_day: date | None
    has_previous: bool
    has_next: bool
    refusal: str
    refusal_link: str
    old: s.Timeslot | None
    shows_end: bool
    watch_url: str


Asked = tuple[Days, date | None, s.GetAvailableTimeslotsResponse | None]
"""The days of a month, the chosen day and the answer about its times; None and None when no day is chosen."""


@blueprint.get("/arende/<journey>/tid")
def show(journey: str) -> Response:
    found = flow.load_open(journey, "time")
    flow.demand_place(found)
    asked = _asked(found)
    return _shown(_kept(found, asked), asked, pages.blank_form())


@blueprint.post("/arende/<journey>/tid")
def choose(journey: str) -> Response:
    found = flow.load_open(journey, "time")
    flow.demand_place(found)
    form = pages.form()
    slot = found.free_time(form.value("time"))
    if slot is None:
        asked = _asked(found)
        form.fault("time", "step.time_missing")
        return _shown(_kept(found, asked), asked, form)
    changed = flow.keep(_with_reasons(replace(found, slot=slot, result={})))
    return see_other(flow.on_from(changed, "time"))


def _with_reasons(journey: Journey) -> Journey:
    """What the clinic wants of the reason for the chosen time (R18); what a refusal has taught stays (E8)."""
    if journey.kind != "book" or journey.slot is None:
        return journey
    told = journey.chosen.get("reasons", {}).get(journey.slot.time_type_id, {})
    is_required = told.get("required") or journey.chosen.get("required")
    return journey.choose(ready_reasons=told.get("ready") or None, required=is_required or None)


def horizon() -> tuple[date, date]:
    """From which day to which one looks for times."""
    today = visits.now().date()
    return today, today + timedelta(weeks=visits.eservice().settings.horizon_weeks)


# -- Asking


def _asked(journey: Journey) -> Asked:
    """The days of the month, the chosen day and its times; both are asked for at once when the day is known."""
    wanted_day = _day(request.args.get("dag")) or _day(journey.chosen.get("day"))
    wanted_month = _month(request.args.get("manad"))
    if wanted_day is not None and wanted_month is None:
        days, answer = visits.eservice().platform.at_once(
            partial(_days_of, journey, Month.of(wanted_day)), partial(_times_of, journey, wanted_day)
        )
        return days, wanted_day, answer  # type: ignore[return-value]
    days = _first_days(journey) if wanted_month is None else _days_of(journey, wanted_month)
    chosen = days.free[0] if days.free else None
    return days, chosen, None if chosen is None else _times_of(journey, chosen)


def _first_days(journey: Journey) -> Days:
    """The month of the first free day; this month when there is none at all."""
    found = _days_of(journey, Month.of(horizon()[0]))
    if found.free or found.later is None:
        return found
    return replace(_days_of(journey, Month.of(found.later)), is_first=True)


def _days_of(journey: Journey, month: Month) -> Days:
    """The month's free days; when it has none, the next there is after it (§5.4)."""
    first, last = horizon()
    platform, person, wish = visits.eservice().platform, visits.visit().subject, flow.wish(journey)
    is_first = month == Month.of(first)
    free = platform.days(journey.at, person, wish, max(first, month.first), min(last, month.last))
    if free or month.last >= last:
        return Days(month, free, is_first=is_first)
    later = platform.days(journey.at, person, wish, month.next.first, last)
    return Days(month, (), later[0] if later else None, is_first)


def _times_of(journey: Journey, day: date) -> s.GetAvailableTimeslotsResponse:
    return visits.eservice().platform.times(journey.at, visits.visit().subject, flow.wish(journey), day, day)


def _kept(journey: Journey, asked: Asked) -> Journey:
    """Remember what has been shown, so that it can be chosen and come back to, and what the clinic says beside it."""
    _, chosen, answer = asked
    if answer is None:
        return flow.keep(journey.choose(day=None))
    told = {**journey.chosen.get("reasons", {}), **reasons.told_in(answer)}
    day = chosen.isoformat() if chosen else None
    return flow.keep(journey.offer(answer.timeslots).choose(day=day, reasons=told))


def _day(text: str | None) -> date | None:
    """The day, if it is one that can be looked at."""
    first, last = horizon()
    day = day_of(text)
    return day if day is not None and first <= day <= last else None


def day_of(text: str | None) -> date | None:
    """The day that an address names; None when it names none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _month(text: str | None) -> Month | None:
    """The month, if it is one that can be looked at."""
    first, last = horizon()
    try:
        month = Month.parse(text) if text else None
    except ValueError:
        return None
    return month if month is not None and Month.of(first) <= month <= Month.of(last) else None


# -- Showing


def _shown(journey: Journey, asked: Asked, form: Form) -> Response:
    days, chosen, answer = asked
    first, last = horizon()
    found = () if answer is None else answer.timeslots
    counts: dict[date, int | None] = {**dict.fromkeys(days.free), **({chosen: len(found)} if chosen else {})}
    refusal = flow.refusal_at(journey, "time") if form.is_right and not request.args else ""
    page = TimePage(
        flow=flow.page(journey, "time", bool(refusal) or not form.is_right),
        form=form,
        month=days.month,
        weeks=grid(days.month, counts, chosen, first),
        chosen=chosen,
        parts=_parts(journey, found),
        number=len(found),
        state=_state(days, found),
        is_day_full=chosen is not None and not found,
        next_day=next((one for one in days.free if chosen is not None and one > chosen), days.later),
        first_day=days.free[0] if days.free and days.is_first else None,
        has_previous=days.month > Month.of(first),
        has_next=days.month < Month.of(last),
        refusal=refusal,
        refusal_link=journey.result.get("link", "") if refusal else "",
        old=journey.old,
        shows_end=flow.clinic(journey).settings.shows_end_time,
        watch_url=url_for("watches.ask", journey=journey.id),
    )
    return render("step_time.html", page, 200 if form.is_right else 422)


def _state(days: Days, found: tuple[s.Timeslot, ...]) -> str:
    if days.free or found:
        return "days"
    return "month_empty" if days.later is not None or days.month > Month.of(horizon()[0]) else "all_empty"


def _parts(journey: Journey, found: tuple[s.Timeslot, ...]) -> tuple[Part, ...]:
    chosen = "" if journey.slot is None else slots.key_of(journey.slot)
    choices = [Choice(key, one, key == chosen) for one in found for key in [slots.key_of(one)]]
    early = tuple(one for one in choices if _hour(one.slot) < NOON)
    late = tuple(one for one in choices if _hour(one.slot) >= NOON)
    return tuple(Part(name, of) for name, of in (("morning", early), ("afternoon", late)) if of)


def _hour(slot: s.Timeslot) -> int:
    return 0 if slot.start is None else slot.start.astimezone(SWEDEN).hour

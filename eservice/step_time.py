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
from eservice import flow, pages, slots, visits
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
    """The days that can be chosen in the month shown; `next_day` is the first after it when it has none."""

    month: Month
    free: tuple[date, ...]
    next_day: date | None = None


@dataclass(frozen=True, slots=True)
class TimePage:
    """`state`: times, month_empty, all_empty (nothing in the whole horizon), day_full (became full meanwhile)."""

    flow: FlowPage
    form: Form
    month: Month
    weeks: tuple[tuple[Day | None, ...], ...]
    chosen: date | None
    parts: tuple[Part, ...]
    number: int
    state: str
    next_day: date | None
    first_day: date | None
    has_previous: bool
    has_next: bool
    refusal: str
    refusal_link: str
    old: s.Timeslot | None
    shows_end: bool
    watch_url: str


@blueprint.get("/arende/<journey>/tid")
def show(journey: str) -> Response:
    found = flow.load_open(journey)
    flow.demand_open(found)
    days, chosen, answer = _asked(found)
    found = _kept(found, days, chosen, answer)
    return _shown(found, days, chosen, answer, pages.blank_form())


@blueprint.post("/arende/<journey>/tid")
def choose(journey: str) -> Response:
    found = flow.load_open(journey)
    flow.demand_open(found)
    form = pages.form()
    slot = found.free_time(form.value("time"))
    if slot is None:
        days, chosen, answer = _asked(found)
        form.faults["time"] = pages.texts()("step.time_missing")
        return _shown(_kept(found, days, chosen, answer), days, chosen, answer, form)
    changed = replace(found, slot=slot, result={})
    changed = changed.choose(required=None)
    visits.eservice().journeys.keep(changed)
    return see_other(flow.on_from(changed, "time"))


def horizon() -> tuple[date, date]:
    """From which day to which one looks for times."""
    today = visits.now().date()
    return today, today + timedelta(weeks=visits.eservice().settings.horizon_weeks)


# -- Asking


def _asked(journey: Journey) -> tuple[Days, date | None, s.GetAvailableTimeslotsResponse | None]:
    """The days of the month, the chosen day and its times; both are asked for at once when the day is known."""
    wanted_day = day_of(request.args.get("dag")) or day_of(journey.chosen.get("day"))
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
    if found.free or found.next_day is None:
        return found
    return _days_of(journey, Month.of(found.next_day))


def _days_of(journey: Journey, month: Month) -> Days:
    """The month's free days; when it has none, the next there is after it (§5.4)."""
    first, last = horizon()
    platform, person, wish = visits.eservice().platform, visits.visit().subject, flow.wish(journey)
    start, end = max(first, month.first), min(last, month.last)
    free = platform.days(journey.at, person, wish, start, end) if start <= end else ()
    if free or month.last >= last:
        return Days(month, free)
    later = platform.days(journey.at, person, wish, max(first, month.next.first), last)
    return Days(month, (), later[0] if later else None)


def _times_of(journey: Journey, day: date) -> s.GetAvailableTimeslotsResponse:
    first, last = horizon()
    if not first <= day <= last:
        return s.GetAvailableTimeslotsResponse()
    return visits.eservice().platform.times(journey.at, visits.visit().subject, flow.wish(journey), day, day)


def _kept(journey: Journey, days: Days, chosen: date | None, answer: s.GetAvailableTimeslotsResponse | None) -> Journey:
    """Remember what has been shown, so that it can be chosen and come back to."""
    offered = journey.offer(() if answer is None else answer.timeslots)
    told = offered.choose(day=chosen.isoformat() if chosen else None, month=days.month.text)
    return visits.eservice().journeys.keep(told)


def day_of(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _month(text: str | None) -> Month | None:
    try:
        return Month.parse(text) if text else None
    except ValueError:
        return None


# -- Showing


def _shown(
    journey: Journey, days: Days, chosen: date | None, answer: s.GetAvailableTimeslotsResponse | None, form: Form
) -> Response:
    first, last = horizon()
    found = () if answer is None else answer.timeslots
    counts: dict[date, int | None] = {**dict.fromkeys(days.free), **({chosen: len(found)} if chosen else {})}
    here = flow.clinic(journey)
    refusal, link = _refusal(journey)
    page = TimePage(
        flow=flow.page(journey, "time", not form.is_right),
        form=form,
        month=days.month,
        weeks=grid(days.month, counts, chosen, first),
        chosen=chosen,
        parts=_parts(journey, found),
        number=len(found),
        state=_state(days, chosen, found),
        next_day=days.next_day,
        first_day=days.free[0] if days.free else None,
        has_previous=days.month > Month.of(first),
        has_next=days.month < Month.of(last),
        refusal=refusal,
        refusal_link=link,
        old=journey.old,
        shows_end=here.settings.shows_end_time,
        watch_url=url_for("watches.ask", journey=journey.id),
    )
    return render("step_time.html", page, 200 if form.is_right else 422)


def _state(days: Days, chosen: date | None, found: tuple[s.Timeslot, ...]) -> str:
    if chosen is not None and not found:
        return "day_full"
    if days.free:
        return "times"
    return "month_empty" if days.next_day is not None or days.month > Month.of(horizon()[0]) else "all_empty"


def _parts(journey: Journey, found: tuple[s.Timeslot, ...]) -> tuple[Part, ...]:
    chosen = "" if journey.slot is None else slots.key_of(journey.slot)
    choices = [Choice(key, one, key == chosen) for one in found for key in [slots.key_of(one)]]
    early = tuple(one for one in choices if _hour(one.slot) < NOON)
    late = tuple(one for one in choices if _hour(one.slot) >= NOON)
    return tuple(Part(name, of) for name, of in (("morning", early), ("afternoon", late)) if of)


def _hour(slot: s.Timeslot) -> int:
    return 0 if slot.start is None else slot.start.astimezone(SWEDEN).hour


def _refusal(journey: Journey) -> tuple[str, str]:
    """What the clinic said when a time was refused, and where a link beside it leads (E5: the time one has)."""
    return journey.result.get("refusal", ""), journey.result.get("link", "")

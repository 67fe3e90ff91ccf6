"""The schedule, week by week: every time with its state in words; free times are blocked, opened or taken away.

Booked times are never touched. Schedulers change, everybody may look; both are noted.
Elsewhere: making times (making.py), copying and publishing (copying.py), closed hours (closed_hours.py).
Source: domain.md §7.3 items 5 and 6.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import or_
from werkzeug.wrappers import Response

from scheduling_backends.engine import care, overview, planning
from scheduling_backends.engine.models import SlotRow
from scheduling_backends.engine.overview import Time
from scheduling_backends.engine.states import Role, SlotState
from scheduling_backends.staff import periods
from scheduling_backends.staff.bookings import audit, audit_all
from scheduling_backends.staff.pages import form, render, texts
from scheduling_backends.staff.visits import needs, system, visit
from webpages.forms import Form

blueprint = Blueprint("schedule", __name__)

_ONE_DAY = timedelta(days=1)
_FIRST, _LAST = date(2000, 1, 1), date(2199, 12, 31)
STATES = ("free", "partly", "full", "draft", "blocked", "passed")


@dataclass(frozen=True, slots=True)
class Shown:
    """A time of the week, and its state: one of STATES."""

    time: Time
    state: str


@dataclass(frozen=True, slots=True)
class WeekPage:
    """A week's times by day, with how many are drafts."""

    monday: date
    days: tuple[tuple[date, tuple[Shown, ...]], ...]
    drafts: int
    may_plan: bool
    done: str
    form: Form = field(repr=False)

    @property
    def sunday(self) -> date:
        return self.monday + _ONE_DAY * 6


@blueprint.get("/schema")
def week() -> Response:
    return _week_page(Form(texts()))


def _week_page(sent: Form, status: int = 200) -> Response:
    day = periods.asked_day("dag", periods.today())
    monday = day - _ONE_DAY * day.weekday()
    with system().writing() as session:
        times = overview.times(session, visit().clinic, monday, monday + _ONE_DAY * 6)
        audit_all(session, "read calendar", [one for time in times for one in time.seated])
    page = week_page(monday, times, system().now(), visit().may(Role.SCHEDULER), periods.done(), sent)
    return render("staff/week.html", page, status)


def week_page(monday: date, times: tuple[Time, ...], now: datetime, may_plan: bool, done: str, sent: Form) -> WeekPage:
    """The week's working days, and those of the weekend that have times."""
    used = {time.day for time in times}
    days = [day for n in range(7) if (day := monday + _ONE_DAY * n).weekday() < 5 or day in used]
    shown = tuple((day, tuple(Shown(time, state_of(time, now)) for time in times if time.day == day)) for day in days)
    drafts = sum(time.state is SlotState.DRAFT for time in times)
    return WeekPage(monday, shown, drafts, may_plan, done, sent)


def state_of(time: Time, now: datetime) -> str:
    """One of STATES: what the schedule says of the time, then the clock, then its seats (domain.md §7.3 item 5)."""
    if time.state is not SlotState.PUBLISHED:
        return time.state.value
    if time.end <= now:
        return "passed"
    return "full" if not time.free else "partly" if time.seated else "free"


@blueprint.post("/schema/tider")
@needs(Role.SCHEDULER)
def change_times() -> Response:
    """Block, open or take away chosen times or days; what anybody is or was booked on is never taken away."""
    sent = form()
    ids = [int(text) for text in sent.values("slots") if text.isascii() and text.isdigit() and len(text) < 10]
    days = [date.fromisoformat(text) for text in sent.values("days") if _is_day(text)]
    if not (ids or days):
        sent.fault("slots", "schedule.choose_times")
    act = sent.one_of("act", _ACTS)
    reason = sent.text("reason", required=act == "sparra", most=200)
    if act is None or not sent.is_right:
        return _week_page(sent, 422)
    with system().writing() as session:
        chosen = or_(SlotRow.id.in_(ids), SlotRow.day.in_(days))
        theirs = [time.slot_id for time in overview.times(session, visit().clinic, _FIRST, _LAST, chosen)]
        if act == "sparra":
            count = care.block(session, theirs, reason)
        elif act == "oppna":
            count = care.unblock(session, theirs)
        else:
            count = planning.remove_free(session, visit().clinic, theirs)
        audit(session, "write schedule", None)
    return redirect(url_for("schedule.week", dag=request.args.get("dag"), klart=_ACTS[act], antal=count), 303)


_ACTS = {"sparra": "sparrade", "oppna": "oppnade", "bort": "borttagna"}


def _is_day(text: str) -> bool:
    try:
        return _FIRST <= date.fromisoformat(text) <= _LAST
    except ValueError:
        return False

"""The calendar by day and by week, with a booking's panel beside it and what happened on the web today.

Every citizen whose name is shown is noted in the audit log. The panel opens by a link, and the page renews itself
only where a browser runs scripts, every half minute, unless it is paused; that keeps no visit alive, and notes only
who is new on the page. Colours of the kinds of time are a style
sheet of their own, for nothing inline is allowed.
Source: domain.md §6.2, §6.3 (see a day, print a day list).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from flask import Blueprint, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from contracts.times import SWEDEN
from scheduling_backends.engine import citizens, find, overview
from scheduling_backends.engine.offer import ClinicSettings
from scheduling_backends.engine.overview import Entry, HistoryLine, Time, WebEvent
from scheduling_backends.engine.states import Role
from scheduling_backends.staff import noted, show
from scheduling_backends.staff.bookings import LONGEST_ID, audit, audit_all, audit_each, note
from scheduling_backends.staff.pages import render, texts
from scheduling_backends.staff.standings import OnTheWeb, all_on_the_web
from scheduling_backends.staff.visits import is_automatic, needs, system, visit
from scheduling_backends.takecare.staff.grid import Grid, by_day, column_of, day_grid, week_grid

blueprint = Blueprint("calendar", __name__, template_folder="templates", static_folder="static", static_url_path="/t")

MOST_EVENTS = 30
"""Beside the calendar; the web log has them all."""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Panel:
    """The booking whose panel is open."""

    entry: Entry
    lines: tuple[HistoryLine, ...]
    citizen_id: int | None
    may_change: bool


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """A day or a week. `column` is the key of the one performer or resource that is shown, or empty for all.

    `days` are a week's times once more, for windows that are too narrow for the grid.
    """

    day: date
    is_week: bool
    heading: str
    before: date
    after: date
    today: date
    column: str
    columns: tuple[tuple[str, str], ...]
    grid: Grid
    panel: Panel | None
    events: tuple[WebEvent, ...]
    has_extended_rules: bool
    webs: Mapping[int, OnTheWeb]
    may_print: bool
    days: tuple[tuple[date, tuple[Time, ...]], ...] = ()

    may_plan: bool = False

    @property
    def view(self) -> str:
        return "vecka" if self.is_week else "dag"


@dataclass(frozen=True, slots=True)
class DayListPage:
    """A day's bookings, for printing."""

    day: date
    times: tuple[Time, ...]


@blueprint.get("/kalender")
def calendar() -> Response:
    now, here = system().now(), visit().clinic
    today = now.astimezone(SWEDEN).date()
    day, is_week = _day(today), request.args.get("vy") == "vecka"
    first = day - _ONE_DAY * day.weekday() if is_week else day
    last = first + _ONE_DAY * (6 if is_week else 0)
    with system().writing() as session:
        columns = overview.columns(session, here)
        chosen = request.args.get("kolumn", "")
        chosen = chosen if chosen in dict(columns) else ""
        narrowed = [overview.of_column(chosen)] if chosen else []
        times = overview.times(session, here, first, last, *narrowed)
        events = overview.web_events(session, here, today, today, MOST_EVENTS)
        asked, panel = request.args.get("bokning", ""), None
        opened = overview.entry(session, here, asked)
        if asked and opened is None:
            audit(session, "read booking", None, asked[:LONGEST_ID], "refused")
        if opened is not None:
            lines = overview.history(session, (opened.id, *overview.predecessors(session, opened.id)))
            known = citizens.id_of(session, opened.subject_of_care)
            panel = Panel(opened, lines, known, visit().may(Role.BOOKER) and opened.is_active)
        seen = [one for time in times for one in (*time.seated, *time.cancelled)]
        looks = _note(session, f"{first}/{last}", opened, [*seen, *(event.entry for event in events)])
    noted.keep(f"{first}/{last}", looks)
    page = calendar_page(
        day, is_week, today, chosen, columns, times, panel, events, here.settings, now, visit().may(Role.BOOKER)
    )
    return render("takecare/calendar.html", replace(page, may_plan=visit().may(Role.SCHEDULER)))


def _note(session: Session, page: str, opened: Entry | None, seen: Sequence[Entry]) -> frozenset[noted.Look]:
    """A line for each citizen that is shown; where the page renews itself, for those that are new on it."""
    looks: set[noted.Look] = {("read calendar", one.subject_of_care.number) for one in seen}
    looks = looks or {("read calendar", None)}
    if opened is not None:
        looks.add(("read booking", opened.id))
    new = noted.new(page, looks) if is_automatic() else frozenset(looks)
    if opened is not None and ("read booking", opened.id) in new:
        note(session, "read booking", opened)
    numbers = sorted((number or "") for action, number in new if action == "read calendar")
    audit_each(session, "read calendar", [number or None for number in numbers])
    return new


def calendar_page(
    day: date,
    is_week: bool,
    today: date,
    chosen: str,
    columns: tuple[tuple[str, str], ...],
    times: tuple[Time, ...],
    panel: Panel | None,
    events: tuple[WebEvent, ...],
    clinic: ClinicSettings,
    now: datetime,
    may_print: bool,
) -> CalendarPage:
    """The page of a day, or of the week that the day is in."""
    shown = [one for one in times if not chosen or column_of(one) == chosen or not one.performer_id]
    monday, step = day - _ONE_DAY * day.weekday(), _ONE_DAY * (7 if is_week else 1)
    grid = week_grid(times, monday, show.short_day) if is_week else day_grid(shown, columns, texts()("calendar.nobody"))
    heading = show.week(day) if is_week else show.day(day)
    days = by_day(times, grid) if is_week else ()
    webs = all_on_the_web(times, clinic, now)
    before, after, has_rules = day - step, day + step, clinic.has_extended_rules
    return CalendarPage(
        day,
        is_week,
        heading,
        before,
        after,
        today,
        chosen,
        columns,
        grid,
        panel,
        events,
        has_rules,
        webs,
        may_print,
        days,
    )


@blueprint.get("/daglista")
@needs(Role.BOOKER)
def day_list() -> Response:
    day = _day(system().now().astimezone(SWEDEN).date())
    with system().writing() as session:
        times = overview.times(session, visit().clinic, day, day)
        audit_all(session, "print", [one for time in times for one in time.seated])
    return render("takecare/day_list.html", DayListPage(day, tuple(one for one in times if one.seated)))


@blueprint.get("/farger.css")
def colours() -> Response:
    """A class for each kind of time of the clinic."""
    with system().reading() as session:
        kinds = find.time_types(session, [visit().clinic])
    rows = [f".type-{kind.id} {{ --type: {kind.settings.colour}; }}\n" for kind in kinds]
    return Response("".join(rows), content_type="text/css; charset=utf-8")


def _day(today: date) -> date:
    """The day that is asked for, within what a calendar can show; today where none is, or none that is one."""
    with suppress(ValueError, OverflowError):
        asked = date.fromisoformat(request.args.get("dag", ""))
        if 2000 <= asked.year <= 2199:
            return asked
    return today

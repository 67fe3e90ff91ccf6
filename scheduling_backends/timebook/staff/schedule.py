"""Schedules: looking at a week, making times with a preview, publishing, copying, templates, and closed hours.

What is previewed is worked out again when it is saved, for somebody may have booked or planned meanwhile. Booked times
are never touched. Schedulers change, everybody may look. Source: domain.md §7.3.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from contracts.times import SWEDEN, exists
from scheduling_backends.engine import care, find, overview, planning
from scheduling_backends.engine.desk import Desk
from scheduling_backends.engine.models import ResourceRow, SlotRow
from scheduling_backends.engine.overview import Time
from scheduling_backends.engine.planning import Closure, Laid
from scheduling_backends.engine.schedules import Moment, Period
from scheduling_backends.engine.states import Role, SlotState
from scheduling_backends.staff import once
from scheduling_backends.staff.bookings import audit_all
from scheduling_backends.staff.forms import Form
from scheduling_backends.staff.pages import form, render, texts
from scheduling_backends.staff.visits import needs, system, visit
from scheduling_backends.timebook.staff.listing import _day

blueprint = Blueprint("schedule", __name__, template_folder="templates")

_ONE_DAY = timedelta(days=1)
MOST_WEEKS = 52


@dataclass(frozen=True, slots=True)
class WeekPage:
    """A week's times by day, with how many are drafts."""

    monday: date
    days: tuple[tuple[date, tuple[Time, ...]], ...]
    drafts: int
    may_plan: bool
    done: str
    form: Form = field(repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """What a period gives one performer or resource."""

    who: str
    made: int
    by_week: tuple[tuple[str, int], ...]
    clashes: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class MakePage:
    """Making times: the form, and what it would give once it is right."""

    form: Form = field(repr=False)
    types: tuple[tuple[str, str], ...]
    whom: tuple[tuple[str, str], ...]
    chosen_days: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    holidays: tuple[date, ...] = ()
    is_previewed: bool = False

    @property
    def made(self) -> int:
        return sum(part.made for part in self.parts)


@dataclass(frozen=True, slots=True)
class CopyPage:
    """Copying, templates and publishing; `laid` is what came of the last."""

    form: Form = field(repr=False)
    templates: tuple[tuple[int, str, int], ...]
    laid: Laid | None = None
    published: int | None = None
    saved: int | None = None


@dataclass(frozen=True, slots=True)
class ClosuresPage:
    """Closed hours, and a form for new ones."""

    form: Form = field(repr=False)
    closures: tuple[Closure, ...]
    columns: tuple[tuple[str, str], ...]
    may_plan: bool
    done: str = ""


# -- Looking


@blueprint.get("/schema")
def week() -> Response:
    return _week_page(Form(texts()))


def _week_page(sent: Form, status: int = 200) -> Response:
    day = _day("dag", system().now().astimezone(SWEDEN).date())
    monday = day - _ONE_DAY * day.weekday()
    with system().writing() as session:
        times = overview.times(session, visit().clinic, monday, monday + _ONE_DAY * 6)
        audit_all(session, "read calendar", [one for time in times for one in time.seated])
    days = tuple((one, tuple(time for time in times if time.day == one)) for one in _days_shown(monday, times))
    drafts = sum(time.state is SlotState.DRAFT for time in times)
    page = WeekPage(monday, days, drafts, visit().may(Role.SCHEDULER), _done(), sent)
    return render("timebook/week.html", page, status)


def _days_shown(monday: date, times: tuple[Time, ...]) -> list[date]:
    used = {time.day for time in times}
    return [day for n in range(7) if (day := monday + _ONE_DAY * n).weekday() < 5 or day in used]


@blueprint.post("/schema/tider")
@needs(Role.SCHEDULER)
def change_times() -> Response:
    """Block, open or take away chosen times; those that anybody is or was booked on are never taken away."""
    sent = form()
    ids = [int(text) for text in sent.values("slots") if text.isascii() and text.isdigit() and len(text) < 10]
    if not ids:
        sent.fault("slots", "schedule.choose_times")
    reason = sent.text("reason", required=sent.value("act") == "sparra", most=200)
    if not sent.is_right:
        return _week_page(sent, 422)
    with system().writing() as session:
        here = overview.times(session, visit().clinic, date(2000, 1, 1), date(2199, 12, 31), SlotRow.id.in_(ids))
        theirs = [time.slot_id for time in here]
        if sent.value("act") == "sparra":
            done, count = "sparrade", care.block(session, theirs, reason)
        elif sent.value("act") == "oppna":
            done, count = "oppnade", care.unblock(session, theirs)
        else:
            done, count = "borttagna", planning.remove_free(session, visit().clinic, theirs)
    return redirect(url_for("schedule.week", dag=request.args.get("dag"), klart=done, antal=count), 303)


# -- Making


@blueprint.get("/schema/skapa")
@needs(Role.SCHEDULER)
def make_form() -> Response:
    return render("timebook/make.html", _make_page(Form(texts())))


@blueprint.post("/schema/skapa")
@needs(Role.SCHEDULER)
def make() -> Response:
    sent = form()
    if sent.value("save"):
        return once.carry_out(lambda: _made(sent))
    return _previewed(sent)


def _previewed(sent: Form) -> Response:
    with system().reading() as session:
        wanted = _wanted(session, sent)
        if wanted is None:
            return render("timebook/make.html", _make_page(sent), 422)
        desk, parts, holidays = Desk(session, system().now()), list[Part](), tuple[date, ...]()
        for who, named in wanted.whom:
            report, moments = desk.preview(visit().clinic.hsa_id, wanted.time_type, wanted.period, **named)
            parts.append(Part(who, report.made, _by_week(moments), report.clashes))
            holidays = report.holidays
    return render("timebook/make.html", _make_page(sent, tuple(parts), holidays, True))


def _made(sent: Form) -> Response:
    with system().writing() as session:
        wanted = _wanted(session, sent)
        if wanted is None:
            return render("timebook/make.html", _make_page(sent), 422)
        desk, made = Desk(session, system().now(), visit().author), 0
        for _, named in wanted.whom:
            report = desk.add_slots(
                visit().clinic.hsa_id,
                wanted.time_type,
                wanted.period,
                state=SlotState.PUBLISHED if wanted.publishes else SlotState.DRAFT,
                published_from=wanted.published_from,
                **named,
            )
            made += report.made
    day = wanted.period.first_day.isoformat()
    return redirect(url_for("schedule.week", dag=day, klart="skapade", antal=made), 303)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a form asks for."""

    time_type: str
    period: Period
    whom: tuple[tuple[str, dict[str, Any]], ...]
    publishes: bool
    published_from: datetime | None


def _wanted(session: Session, sent: Form) -> _Wanted | None:
    """What the form asks for; None when something is wrong with it."""
    types = {kind.settings.code: kind.settings for kind in find.time_types(session, [visit().clinic])}
    code = sent.one_of("time_type", types)
    first, last = sent.day("first_day"), sent.day("last_day")
    opens, closes = sent.clock("opens"), sent.clock("closes")
    length = sent.number_or_none("length", least=1, most=600)
    pause, weeks = sent.number("pause", most=240, default=0), sent.number("every_weeks", least=1, most=8, default=1)
    capacity = sent.number_or_none("capacity", least=1, most=50)
    weekdays = frozenset(int(one) for one in sent.values("weekdays") if one in "0123456")
    breaks = _break(sent)
    if not weekdays:
        sent.fault("weekdays", "schedule.no_weekday")
    if first and last and last < first:
        sent.fault("last_day", "schedule.days_turned")
    if first and last and (last - first).days > MOST_WEEKS * 7:
        sent.fault("last_day", "schedule.too_long", weeks=MOST_WEEKS)
    if opens and closes and closes <= opens:
        sent.fault("closes", "schedule.hours_turned")
    publishes, released = sent.value("publish") in ("now", "from"), None
    if sent.value("publish") == "from":
        released = _moment(sent, "release_day", "release_clock")
    whom = _whom(session, sent, capacity)
    if not sent.is_right or not (code and first and last and opens and closes):
        return None
    minutes = length or types[code].length_minutes
    period = Period(
        first, last, opens, closes, minutes, pause or 0, weekdays, weeks or 1, breaks, sent.ticked("keeps_holidays")
    )
    return _Wanted(code, period, whom, publishes, released)


def _whom(session: Session, sent: Form, capacity: int | None) -> tuple[tuple[str, dict[str, Any]], ...]:
    """The performers and resources that get the times; one of neither when none is chosen."""
    offered = dict(_offered(session))
    chosen = [key for key in sent.values("whom") if key in offered]
    groups = {key[2:] for key in chosen if key.startswith("g:")}
    resources = {row.code: row for row in _resources(session)}
    named = {f"r:{code}" for code, row in resources.items() if row.group in groups} | set(chosen)
    found: list[tuple[str, dict[str, Any]]] = []
    performers = {hsa_id.text: hsa_id for hsa_id, _ in overview.performer_ids(session)}
    for key in sorted(named):
        if key.startswith("r:"):
            found.append((resources[key[2:]].name, {"resource": key[2:], "capacity": capacity}))
        elif key.startswith("p:"):
            found.append((offered[key], {"performer": performers[key[2:]], "capacity": capacity}))
    return tuple(found) or ((texts()("schedule.nobody"), {"capacity": capacity}),)


def _offered(session: Session) -> tuple[tuple[str, str], ...]:
    """Resources, groups of resources, and performers, as choices."""
    rows = _resources(session)
    groups = sorted({row.group for row in rows if row.group})
    return tuple(
        [(f"r:{row.code}", row.name) for row in rows]
        + [(f"g:{group}", texts()("schedule.group", name=group)) for group in groups]
        + [(f"p:{hsa_id.text}", name) for hsa_id, name in overview.performer_ids(session)]
    )


def _resources(session: Session) -> list[ResourceRow]:
    mine = select(ResourceRow).where(ResourceRow.clinic_id == visit().clinic.id).order_by(ResourceRow.name)
    return list(session.scalars(mine))


def _break(sent: Form) -> tuple[tuple[time, time], ...]:
    begins, ends = sent.clock_or_none("break_from"), sent.clock_or_none("break_to")
    if (begins is None) != (ends is None) and "break_from" not in sent.faults:
        sent.fault("break_to", "schedule.half_break")
    if begins and ends and ends <= begins:
        sent.fault("break_to", "schedule.hours_turned")
    return ((begins, ends),) if begins and ends else ()


def _moment(sent: Form, day_name: str, clock_name: str) -> datetime | None:
    day, clock = sent.day(day_name), sent.clock(clock_name)
    if day is None or clock is None:
        return None
    moment = datetime.combine(day, clock, SWEDEN)
    if not exists(moment):
        sent.fault(clock_name, "schedule.no_such_moment")
    return moment


def _make_page(
    sent: Form, parts: tuple[Part, ...] = (), holidays: tuple[date, ...] = (), is_previewed: bool = False
) -> MakePage:
    with system().reading() as session:
        types = tuple(
            (kind.settings.code, f"{kind.settings.internal_name} ({kind.settings.length_minutes} min)")
            for kind in find.time_types(session, [visit().clinic])
        )
        whom = _offered(session)
    days = tuple(sent.values("weekdays")) if sent.typed else ("0", "1", "2", "3", "4")
    return MakePage(sent, types, whom, days, parts, holidays, is_previewed)


def _by_week(moments: tuple[Moment, ...]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for moment in moments:
        year, number, _ = moment.day.isocalendar()
        counts[f"{year} v. {number}"] = counts.get(f"{year} v. {number}", 0) + 1
    return tuple(counts.items())


# -- Copying, templates, publishing


@blueprint.get("/schema/kopiera")
@needs(Role.SCHEDULER)
def copy_form() -> Response:
    return _copy_page(Form(texts()))


def _copy_page(
    sent: Form, status: int = 200, laid: Laid | None = None, published: int | None = None, saved: int | None = None
) -> Response:
    with system().reading() as session:
        found = planning.templates(session, visit().clinic)
    named = tuple((template_id, name, len(items)) for template_id, name, items in found)
    return render("timebook/copy.html", CopyPage(sent, named, laid, published, saved), status)


@blueprint.post("/schema/kopiera")
@needs(Role.SCHEDULER)
def copy() -> Response:
    sent = form()
    source, target = sent.day("source"), sent.day("target")
    is_week = sent.value("what") != "day"
    if not sent.is_right or source is None or target is None:
        return _copy_page(sent, 422)
    if is_week:
        source, target = (day - _ONE_DAY * day.weekday() for day in (source, target))
    if source == target:
        sent.fault("target", "schedule.same_days")
        return _copy_page(sent, 422)
    with system().writing() as session:
        desk = Desk(session, system().now(), visit().author)
        laid = planning.copy(desk, session, visit().clinic, source, target, 7 if is_week else 1)
    return _copy_page(Form(texts()), laid=laid)


@blueprint.post("/schema/mallar")
@needs(Role.SCHEDULER)
def save_template() -> Response:
    sent = form()
    name, day = sent.text("name", required=True, most=80), sent.day("template_week")
    if name is None or day is None or not sent.is_right:
        return _copy_page(sent, 422)
    with system().writing() as session:
        count = planning.save_template(session, visit().clinic, name, day - _ONE_DAY * day.weekday())
    if not count:
        sent.fault("template_week", "schedule.empty_week")
        return _copy_page(sent, 422)
    return _copy_page(Form(texts()), saved=count)


@blueprint.post("/schema/mallar/anvand")
@needs(Role.SCHEDULER)
def use_template() -> Response:
    sent = form()
    first, last = sent.day("use_first"), sent.day("use_last")
    with system().writing() as session:
        found = {str(one): items for one, _, items in planning.templates(session, visit().clinic)}
        chosen = sent.one_of("template", found)
        if first and last and last < first:
            sent.fault("use_last", "schedule.days_turned")
        if first and last and (last - first).days > MOST_WEEKS * 7:
            sent.fault("use_last", "schedule.too_long", weeks=MOST_WEEKS)
        if chosen is None or first is None or last is None or not sent.is_right:
            return _copy_page(sent, 422)
        desk = Desk(session, system().now(), visit().author)
        laid = planning.lay(desk, visit().clinic, found[chosen], first, last)
    return _copy_page(Form(texts()), laid=laid)


@blueprint.post("/schema/publicera")
@needs(Role.SCHEDULER)
def publish() -> Response:
    sent = form()
    first, last = sent.day("publish_first"), sent.day("publish_last")
    if first and last and last < first:
        sent.fault("publish_last", "schedule.days_turned")
    is_dated = bool(sent.value("release_day").strip() or sent.value("release_clock").strip())
    released = _moment(sent, "release_day", "release_clock") if is_dated else None
    if first is None or last is None or not sent.is_right:
        return _copy_page(sent, 422)
    with system().writing() as session:
        count = Desk(session, system().now(), visit().author).publish(visit().clinic.hsa_id, first, last, released)
    return _copy_page(Form(texts()), published=count)


# -- Closed hours


@blueprint.get("/avvikande")
def closures() -> Response:
    return _closures_page(Form(texts()))


def _closures_page(sent: Form, status: int = 200) -> Response:
    with system().writing() as session:
        planning.settle(session, visit().clinic, system().now())
        found = planning.closures(session, visit().clinic, system().now())
        columns = overview.columns(session, visit().clinic)
        audit_all(session, "read list", [one for closure in found for one in closure.waiting])
    page = ClosuresPage(sent, found, columns, visit().may(Role.SCHEDULER), _done())
    return render("timebook/closures.html", page, status)


@blueprint.post("/avvikande")
@needs(Role.SCHEDULER)
def close() -> Response:
    sent = form()
    day, last = sent.day("day"), sent.day_or_none("last_day")
    begins, ends = sent.clock_or_none("from_clock"), sent.clock_or_none("to_clock")
    reason = sent.text("reason", required=True, most=200)
    last = last or day
    if day and last and last < day:
        sent.fault("last_day", "schedule.days_turned")
    if begins and ends and day == last and ends <= begins:
        sent.fault("to_clock", "schedule.hours_turned")
    with system().writing() as session:
        column = sent.one_of("column", [key for key, _ in overview.columns(session, visit().clinic)], required=False)
        if day is None or last is None or reason is None or not sent.is_right:
            return _closures_page(sent, 422)
        midnight = datetime.combine(last + _ONE_DAY, time(), SWEDEN)
        hours = (
            datetime.combine(day, begins or time(), SWEDEN),
            datetime.combine(last, ends, SWEDEN) if ends else midnight,
        )
        member = visit().member.hsa_id
        planning.close(session, visit().clinic, hours, reason, member, system().now(), column or "")
    return redirect(url_for("schedule.closures", klart="stangd"), 303)


@blueprint.post("/avvikande/<int:closure_id>/dra-tillbaka")
@needs(Role.SCHEDULER)
def withdraw(closure_id: int) -> Response:
    with system().writing() as session:
        planning.withdraw(session, visit().clinic, closure_id, system().now())
    return redirect(url_for("schedule.closures", klart="oppnad"), 303)


def _done() -> str:
    told = request.args.get("klart", "")
    with suppress(KeyError):
        count = request.args.get("antal", "")
        count = count if count.isascii() and count.isdigit() and len(count) < 7 else "0"
        return texts()(f"schedule_done.{told}", count=count)
    return ""

"""Exceptions from the schedule (avvikande tider): closed hours with their work lists, and a way to extra hours.

Each citizen on a work list is shown with a way to move or cancel the booking, and stays until somebody has noted that
the citizen was told (telling.py). Who looks at the lists is noted, as is each change. Schedulers close; bookers work
the lists off.
Source: domain.md §7.3 item 4. Rules: engine/closures.py's.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from flask import Blueprint, abort, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from contracts.times import SWEDEN
from scheduling_backends.engine import closures, overview
from scheduling_backends.engine.closures import Closure, Hours
from scheduling_backends.engine.states import Role
from scheduling_backends.staff import periods, show
from scheduling_backends.staff.bookings import audit, audit_all
from scheduling_backends.staff.pages import form, render, texts
from scheduling_backends.staff.visits import needs, system, visit
from webpages import once
from webpages.forms import Form

blueprint = Blueprint("closed_hours", __name__)


@dataclass(frozen=True, slots=True)
class ClosuresPage:
    """Closed hours with their work lists, and forms for more of them and for extra hours."""

    form: Form = field(repr=False)
    closures: tuple[tuple[Closure, str], ...]  # each with its hours in words
    columns: tuple[tuple[str, str], ...]
    may_plan: bool
    may_tell: bool
    may_book: bool
    done: str = ""


@blueprint.get("/avvikande")
def listed() -> Response:
    return _page(Form(texts()))


def _page(sent: Form, status: int = 200) -> Response:
    with system().writing() as session:
        closures.settle(session, visit().clinic, system().now())
        found = closures.closures(session, visit().clinic, system().now())
        columns = overview.columns(session, visit().clinic)
        audit_all(session, "read list", [one for closure in found for one in (*closure.waiting, *closure.to_tell)])
    may_plan, may_book = visit().may(Role.SCHEDULER), visit().may(Role.BOOKER)
    told = tuple((closure, hours_told(closure)) for closure in found)
    page = ClosuresPage(sent, told, columns, may_plan, may_plan or may_book, may_book, periods.done())
    return render("staff/closures.html", page, status)


def hours_told(closure: Closure) -> str:
    """Days that are closed whole are told as days, others from one moment to another."""
    start, end = closure.start.astimezone(SWEDEN), closure.end.astimezone(SWEDEN)
    if start.time() != time() or end.time() != time():
        return texts()("closures.hours", start=show.moment(start), end=show.moment(end))
    first, last = start.date(), end.date() - timedelta(days=1)
    if first == last:
        return texts()("closures.whole_day", day=show.day(first))
    return texts()("closures.whole_days", first=show.day(first), last=show.day(last))


@blueprint.post("/avvikande")
@needs(Role.SCHEDULER)
def close() -> Response:
    return once.carry_out(lambda: _close(form()))


def _close(sent: Form) -> Response:
    hours = _hours(sent)
    reason = sent.text("reason", required=True, most=200)
    with system().reading() as session:
        column = sent.one_of("column", _columns(session), required=False)
    if hours is None or reason is None or not sent.is_right:
        return _page(sent, 422)
    with system().writing() as session:
        here, now = visit(), system().now()
        closures.close(session, here.clinic, hours, reason, here.member.hsa_id, now, column or "")
        audit(session, "close hours", None)
    return redirect(url_for("closed_hours.listed", klart="stangd"), 303)


def _columns(session: Session) -> list[str]:
    return [key for key, _ in overview.columns(session, visit().clinic)]


def _hours(sent: Form) -> Hours | None:
    """From the first day's clock time, or its beginning, to the last day's, or its end."""
    day = periods.coming_day(sent, "day")
    last = periods.coming_day(sent, "last_day") if sent.value("last_day").strip() else day
    begins, ends = sent.clock_or_none("from_clock"), sent.clock_or_none("to_clock")
    if day and last and last < day:
        sent.fault("last_day", "schedule.days_turned")
    if ends and day == last and ends <= (begins or time()):
        sent.fault("to_clock", "schedule.hours_turned")
    if not sent.is_right or day is None or last is None:
        return None
    hours = datetime.combine(day, begins or time(), SWEDEN), _end(last, ends)
    if hours[1] <= system().now():
        sent.fault("to_clock", "closures.past")
    return hours


def _end(last: date, ends: time | None) -> datetime:
    return datetime.combine(last, ends, SWEDEN) if ends else datetime.combine(last + timedelta(days=1), time(), SWEDEN)


@blueprint.post("/avvikande/<int:closure_id>/dra-tillbaka")
@needs(Role.SCHEDULER)
def withdraw(closure_id: int) -> Response:
    return once.carry_out(lambda: _withdraw(closure_id))


def _withdraw(closure_id: int) -> Response:
    with system().writing() as session:
        if not closures.withdraw(session, visit().clinic, closure_id, system().now()):
            abort(404)
        audit(session, "close hours", None)
    return redirect(url_for("closed_hours.listed", klart="oppnad"), 303)

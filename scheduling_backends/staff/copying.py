"""Copying days and weeks, templates (schemamallar), and publishing drafts.

Copies and templates are previewed: they are laid, told, and undone, and laid for good when the very preview is
confirmed. What they make are drafts, which are published by day, at once or from a moment on.
Source: domain.md §7.3 items 2 and 5. Rules: engine/planning.py's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import Blueprint, abort, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from scheduling_backends.engine import planning
from scheduling_backends.engine.desk import Desk
from scheduling_backends.engine.planning import Laid
from scheduling_backends.engine.states import Role
from scheduling_backends.staff import periods
from scheduling_backends.staff.bookings import audit
from scheduling_backends.staff.pages import form, render, texts
from scheduling_backends.staff.visits import needs, system, visit
from webpages import once
from webpages.forms import Form

blueprint = Blueprint("copying", __name__)

_ONE_DAY = timedelta(days=1)
_COPIED = ("what", "source", "target")
_USED = ("template", "use_first", "use_last")


@dataclass(frozen=True, slots=True)
class Preview:
    """What laying a pattern would give, and the form that confirms it: where it goes, its fields and its mark."""

    laid: Laid
    action: str
    fields: tuple[tuple[str, str], ...]
    mark: str
    has_changed: bool


@dataclass(frozen=True, slots=True)
class CopyPage:
    """Copying, templates and publishing."""

    form: Form = field(repr=False)
    templates: tuple[tuple[int, str, int], ...]
    preview: Preview | None = None
    done: str = ""


@blueprint.get("/schema/kopiera")
@needs(Role.SCHEDULER)
def copy_form() -> Response:
    return _page(Form(texts()))


def _page(sent: Form, status: int = 200, preview: Preview | None = None) -> Response:
    with system().reading() as session:
        found = planning.templates(session, visit().clinic)
    named = tuple((template_id, name, len(items)) for template_id, name, items in found)
    return render("staff/copy.html", CopyPage(sent, named, preview, periods.done()), status)


# -- Copying


@blueprint.post("/schema/kopiera")
@needs(Role.SCHEDULER)
def copy() -> Response:
    return once.carry_out(lambda: _copy(form()))


def _copy(sent: Form) -> Response:
    what = sent.one_of("what", ("week", "day"))
    source, target = periods.any_day(sent, "source"), periods.coming_day(sent, "target")
    if source is None or target is None or not sent.is_right:
        return _page(sent, 422)
    if what == "week":
        source, target = _monday(source), _monday(target)
    if source == target:
        sent.fault("target", "schedule.same_days")
        return _page(sent, 422)
    begins, ends, days = source, target, 7 if what == "week" else 1
    return _lay(
        sent,
        lambda desk, session: planning.copy(desk, session, visit().clinic, begins, ends, days, periods.today()),
        url_for("copying.copy"),
        _COPIED,
        target,
    )


def _lay(
    sent: Form, act: Callable[[Desk, Session], Laid], action: str, names: tuple[str, ...], first_day: date
) -> Response:
    """Lay the pattern if this preview of it was confirmed; else undo it, and show what it would give."""
    fields = tuple((name, sent.value(name)) for name in names)
    with system().writing() as session:
        trial = session.begin_nested()
        laid = act(Desk(session, system().now(), visit().author), session)
        mark = _mark_of(laid, fields)
        if laid.made and periods.was_seen(sent, mark):
            trial.commit()
            audit(session, "write schedule", None)
            day = first_day.isoformat()
            return redirect(url_for("schedule.week", dag=day, klart="kopierade", antal=laid.made), 303)
        trial.rollback()
    has_changed = bool(sent.value("save"))
    return _page(sent, 409 if has_changed else 200, Preview(laid, action, fields, mark, has_changed))


def _mark_of(laid: Laid, fields: tuple[tuple[str, str], ...]) -> str:
    told = [("made", laid.made, ()), ("clashes", 0, laid.clashes), ("closed", 0, laid.closed)]
    return periods.mark_of([*((f"{name} {text}", 0, ()) for name, text in fields), *told])


# -- Templates


@blueprint.post("/schema/mallar")
@needs(Role.SCHEDULER)
def save_template() -> Response:
    sent = form()
    name, day = sent.text("name", required=True, most=80), periods.any_day(sent, "template_week")
    if name is None or day is None or not sent.is_right:
        return _page(sent, 422)
    with system().writing() as session:
        if planning.has_template(session, visit().clinic, name) and not sent.ticked("replaces"):
            sent.fault("name", "schedule.template_taken")
            return _page(sent, 409)
        count = planning.save_template(session, visit().clinic, name, _monday(day))
        if not count:
            sent.fault("template_week", "schedule.empty_week")
            return _page(sent, 422)
        audit(session, "write schedule", None)
    return redirect(url_for("copying.copy_form", klart="mall_sparad", antal=count), 303)


@blueprint.post("/schema/mallar/anvand")
@needs(Role.SCHEDULER)
def use_template() -> Response:
    return once.carry_out(lambda: _use(form()))


def _use(sent: Form) -> Response:
    first, last = periods.coming_day(sent, "use_first"), periods.coming_day(sent, "use_last")
    periods.check_order(sent, first, last, "use_last")
    with system().reading() as session:
        found = {str(one): items for one, _, items in planning.templates(session, visit().clinic)}
    chosen = sent.one_of("template", found)
    if chosen is None or first is None or last is None or not sent.is_right:
        return _page(sent, 422)
    items, begins, ends = found[chosen], first, last
    return _lay(
        sent,
        lambda desk, session: planning.lay(desk, session, visit().clinic, items, begins, ends),
        url_for("copying.use_template"),
        _USED,
        first,
    )


@blueprint.post("/schema/mallar/<int:template_id>/ta-bort")
@needs(Role.SCHEDULER)
def remove_template(template_id: int) -> Response:
    with system().writing() as session:
        if not planning.remove_template(session, visit().clinic, template_id):
            abort(404)
        audit(session, "write schedule", None)
    return redirect(url_for("copying.copy_form", klart="mall_borttagen"), 303)


# -- Publishing


@blueprint.post("/schema/publicera")
@needs(Role.SCHEDULER)
def publish() -> Response:
    sent = form()
    first, last = periods.any_day(sent, "publish_first"), periods.any_day(sent, "publish_last")
    periods.check_order(sent, first, last, "publish_last")
    is_dated = bool(sent.value("release_day").strip() or sent.value("release_clock").strip())
    released = periods.moment(sent, "release_day", "release_clock") if is_dated else None
    if first is None or last is None or not sent.is_right:
        return _page(sent, 422)
    with system().writing() as session:
        count = Desk(session, system().now(), visit().author).publish(visit().clinic.hsa_id, first, last, released)
        if not count:
            sent.fault("publish_first", "schedule.no_drafts")
            return _page(sent, 422)
        audit(session, "write schedule", None)
    return redirect(url_for("schedule.week", dag=first.isoformat(), klart="publicerade", antal=count), 303)


def _monday(day: date) -> date:
    return day - _ONE_DAY * day.weekday()

"""The web log: every booking, move and cancelling that citizens made on the web, for follow-up.

The filter "fel åldersgrupp" finds those whose visit falls outside the ages of its kind of time, also where the
extended rules are off and the web let them through; one button cancels such a booking, and leads on to the list of
those to tell, where its citizen is.
Source: domain.md §6 (the question before booking in 2021), §6.3 (web log).
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from contracts.times import SWEDEN
from scheduling_backends.engine import care, find, overview
from scheduling_backends.engine.care import CareRefused
from scheduling_backends.engine.offer import TimeTypeSettings
from scheduling_backends.engine.overview import Entry, WebEvent
from scheduling_backends.engine.states import Role
from scheduling_backends.staff.bookings import audit_all, entry_of, note, note_refusal
from scheduling_backends.staff.pages import render, texts
from scheduling_backends.staff.visits import needs, system, visit
from webpages import once

blueprint = Blueprint("web_log", __name__)

USUAL_DAYS, MOST_DAYS, MOST_EVENTS = 7, 366, 1000


@dataclass(frozen=True, slots=True)
class Row:
    """An event, and whether the citizen is of the wrong age for the visit."""

    event: WebEvent
    has_wrong_age: bool


@dataclass(frozen=True, slots=True)
class WebLogPage:
    """The events of some days; `has_more` than are shown, which are the newest."""

    first_day: date
    last_day: date
    only_wrong_age: bool
    rows: tuple[Row, ...]
    has_more: bool
    may_change: bool
    done: str = ""
    trouble: str = ""


@blueprint.get("/webbhandelser")
def listed() -> Response:
    return _page()


def _page(trouble: str = "", status: int = 200) -> Response:
    today = system().now().astimezone(SWEDEN).date()
    last = _day("till", today)
    first = max(_day("fran", last - timedelta(days=USUAL_DAYS - 1)), last - timedelta(days=MOST_DAYS))
    only = request.args.get("filter") == "alder"
    with system().writing() as session:
        events = overview.web_events(session, visit().clinic, first, last, MOST_EVENTS + 1)
        kinds = {kind.settings.code: kind.settings for kind in find.time_types(session, [visit().clinic])}
        page = web_log_page(first, last, only, events, kinds, visit().may(Role.BOOKER), _done(), trouble)
        audit_all(session, "read web log", [row.event.entry for row in page.rows])
    return render("takecare/web_log.html", page, status)


def web_log_page(
    first: date,
    last: date,
    only: bool,
    events: tuple[WebEvent, ...],
    kinds: dict[str, TimeTypeSettings],
    may_change: bool,
    done: str = "",
    trouble: str = "",
) -> WebLogPage:
    told = events[:MOST_EVENTS]
    rows = [Row(event, has_wrong_age(event.entry, kinds.get(event.entry.time_type_code))) for event in told]
    shown = tuple(row for row in rows if row.has_wrong_age or not only)
    return WebLogPage(first, last, only, shown, len(events) > MOST_EVENTS, may_change, done, trouble)


def has_wrong_age(entry: Entry, kind: TimeTypeSettings | None) -> bool:
    """Whether the citizen's age on the visit's day lies outside the ages of the kind of time (R7)."""
    if entry.start is None or kind is None or (kind.age_from is None and kind.age_to is None):
        return False
    age = entry.subject_of_care.age_on(entry.start.astimezone(SWEDEN).date())
    if age is None:
        return True
    return (kind.age_from is not None and age < kind.age_from) or (kind.age_to is not None and age > kind.age_to)


@blueprint.post("/webbhandelser/<booking_id>/avboka")
@needs(Role.BOOKER)
def cancel(booking_id: str) -> Response:
    return once.carry_out(lambda: _cancel(booking_id))


def _cancel(booking_id: str) -> Response:
    try:
        with system().writing() as session:
            found = entry_of(session, booking_id, "cancel")
            care.cancel(session, booking_id, visit().author, system().now(), texts()("web_log.wrong_age_comment"))
            note(session, "cancel", found)
    except CareRefused as refused:
        note_refusal("cancel", booking_id)
        return _page(refused.sentence, 409)
    return redirect(url_for("telling.listed", klart="avbokad"), 303)


def _day(name: str, otherwise: date) -> date:
    with suppress(ValueError):
        asked = date.fromisoformat(request.args.get(name, ""))
        if 2000 <= asked.year <= 2199:
            return asked
    return otherwise


def _done() -> str:
    return "avbokad" if request.args.get("klart") == "avbokad" else ""

"""To tell (att meddela): whose time care has moved or cancelled, what changed, and that somebody has told them.

Who looks at the list is noted, as is each telling. Bookers and schedulers work it off; closed hours wait for it.
Source: domain.md §6.3 (avboka och meddela), §7.3 item 4. Rules: engine/telling.py's.
"""

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from scheduling_backends.engine import closures, telling
from scheduling_backends.engine.states import Role
from scheduling_backends.engine.telling import ToTell
from scheduling_backends.staff.bookings import audit_all, entry_of, note
from scheduling_backends.staff.pages import render
from scheduling_backends.staff.visits import needs, system, visit
from webpages import once

blueprint = Blueprint("telling", __name__)


@dataclass(frozen=True, slots=True)
class TellingPage:
    """Those who are still to be told."""

    rows: tuple[ToTell, ...]
    may_tell: bool
    done: str = ""


@blueprint.get("/att-meddela")
def listed() -> Response:
    with system().writing() as session:
        rows = telling.to_tell(session, visit().clinic)
        audit_all(session, "read list", [one.entry for one in rows])
    told = request.args.get("klart", "")
    done = told if told in ("avbokad", "meddelad") else ""
    return render("staff/telling.html", TellingPage(rows, visit().may(Role.BOOKER, Role.SCHEDULER), done))


@blueprint.post("/att-meddela/<booking_id>")
@needs(Role.BOOKER, Role.SCHEDULER)
def tell(booking_id: str) -> Response:
    return once.carry_out(lambda: _tell(booking_id))


def _tell(booking_id: str) -> Response:
    with system().writing() as session:
        entry = entry_of(session, booking_id, "tell citizen")
        if not closures.tell(session, visit().clinic, booking_id, system().now(), visit().author):
            abort(404)
        note(session, "tell citizen", entry)
    if request.form.get("from") == "closures":
        return redirect(url_for("closed_hours.listed", klart="fick_veta"), 303)
    return redirect(url_for("telling.listed", klart="meddelad"), 303)

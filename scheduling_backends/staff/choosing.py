"""Choosing a free time for a citizen, from the citizen's page: first the kind of time, then the time.

Each time leads to its booking form with the citizen filled in. All that staff can book is offered, what is not out yet
with its state in words; who is shown is noted. Elsewhere: the booking itself (bookings.py).
Source: domain.md §6.3 (book for a patient), §7.1 (Tidsbokare).
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response

from contracts.times import SWEDEN
from scheduling_backends.engine import citizens, find, overview
from scheduling_backends.engine.citizens import Citizen
from scheduling_backends.engine.models import SlotRow
from scheduling_backends.engine.overview import Time
from scheduling_backends.engine.states import Role
from scheduling_backends.staff.bookings import audit
from scheduling_backends.staff.pages import render
from scheduling_backends.staff.visits import needs, system, visit

blueprint = Blueprint("choosing", __name__)

SHOWN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class ChoosePage:
    """The free times of one kind by day, from `first_day` to `last_day`."""

    citizen_id: int
    citizen: Citizen = field(repr=False)
    types: tuple[tuple[str, str], ...]
    time_type: str
    first_day: date
    last_day: date
    earlier: date
    later: date
    times: tuple[tuple[date, tuple[Time, ...]], ...]


@blueprint.get("/invanare/<int:citizen_id>/boka")
@needs(Role.BOOKER)
def choose(citizen_id: int) -> Response:
    now = system().now()
    first = _first_day(now.astimezone(SWEDEN).date())
    with system().writing() as session:
        known = citizens.citizen_of_id(session, citizen_id) or abort(404)
        kinds = find.time_types(session, [visit().clinic])
        types = tuple((kind.settings.code, kind.settings.internal_name) for kind in kinds)
        code = _chosen(types)
        narrowed = (SlotRow.end > now, SlotRow.time_type_id.in_([k.id for k in kinds if k.settings.code == code]))
        found = overview.times(session, visit().clinic, first, first + SHOWN - timedelta(days=1), *narrowed)
        audit(session, "read citizen", known.subject_of_care.number)
    return render("staff/choose.html", choose_page(citizen_id, known, types, code, first, found))


def choose_page(
    citizen_id: int,
    known: Citizen,
    types: tuple[tuple[str, str], ...],
    code: str,
    first: date,
    found: tuple[Time, ...],
) -> ChoosePage:
    free = [one for one in found if one.free]
    days = {one.day: tuple(other for other in free if other.day == one.day) for one in free}
    last, earlier, later = first + SHOWN - timedelta(days=1), first - SHOWN, first + SHOWN
    return ChoosePage(citizen_id, known, types, code, first, last, earlier, later, tuple(days.items()))


def _chosen(types: tuple[tuple[str, str], ...]) -> str:
    """The kind of time that is asked for, else the first."""
    asked = request.args.get("typ", "")
    return asked if asked in dict(types) else next((code for code, _ in types), "")


def _first_day(today: date) -> date:
    with suppress(ValueError):
        asked = date.fromisoformat(request.args.get("dag", ""))
        return min(max(today, asked), date(2199, 1, 1))
    return today

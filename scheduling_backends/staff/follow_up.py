"""Log follow-up (logguppföljning): who looked at or changed which citizen's data, and when.

For administrators; the follow-up itself is noted. Lines are shown a thousand at most, newest first: narrow by days,
citizen or member of staff. Source: domain.md §7.5 (log follow-up), §6.3 (patient-data law).
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import Blueprint
from werkzeug.wrappers import Response

from contracts.identifiers import HsaId, PersonIdentity
from contracts.times import SWEDEN
from scheduling_backends.engine import audit_log, staff
from scheduling_backends.engine.audit_log import STAFF_PAGES, AuditLine
from scheduling_backends.engine.states import Role
from scheduling_backends.staff.bookings import audit
from scheduling_backends.staff.pages import form, render, texts
from scheduling_backends.staff.visits import needs, system, visit
from webpages.forms import Form

blueprint = Blueprint("follow_up", __name__)

USUAL_DAYS, MOST = 7, 1000


@dataclass(frozen=True, slots=True)
class FollowUpPage:
    """Lines of the audit log, each with the name of the member of staff who did it."""

    first_day: date
    last_day: date
    lines: tuple[tuple[AuditLine, str], ...]
    members: tuple[tuple[str, str], ...]
    is_cut: bool
    form: Form = field(repr=False)


@blueprint.get("/logguppfoljning")
@needs(Role.ADMINISTRATOR)
def listed() -> Response:
    return _page(Form(texts()))


@blueprint.post("/logguppfoljning")
@needs(Role.ADMINISTRATOR)
def narrowed() -> Response:
    """A citizen's number may not stand in an address, so the question is sent as a form."""
    return _page(form())


def _page(sent: Form) -> Response:
    today = system().now().astimezone(SWEDEN).date()
    last = (sent.day_or_none("last_day") if sent.typed else None) or today
    first = (sent.day_or_none("first_day") if sent.typed else None) or last - timedelta(days=USUAL_DAYS - 1)
    person = sent.person("number", today) if sent.value("number").strip() else None
    if last < first:
        sent.fault("last_day", "follow_up.days_turned")
    found: tuple[AuditLine, ...] = ()
    with system().writing() as session:
        members = staff.members(session)
        actor = sent.one_of("actor", [one.hsa_id.text for one in members], required=False)
        if sent.is_right:
            number = None if person is None else person.number
            found = audit_log.lines(session, visit().clinic.hsa_id, first, last, number, actor, MOST)
            audit(session, "read audit log", number)
    names = {one.hsa_id: one.name for one in members}
    lines = tuple((line, _who(line, names)) for line in found)
    choices = tuple((one.hsa_id.text, one.name) for one in members)
    page = FollowUpPage(first, last, lines, choices, len(found) == MOST, sent)
    return render("staff/follow_up.html", page, 200 if sent.is_right else 422)


def _who(line: AuditLine, names: dict[HsaId, str]) -> str:
    """The member of staff's name; who came by message is told by the kind of actor, never by a number."""
    if line.consumer == STAFF_PAGES:
        return names.get(HsaId(line.actor), line.actor)
    with suppress(ValueError):
        PersonIdentity(line.actor)
        return texts()("booking.who_citizen")
    return line.actor or texts()("follow_up.unknown")

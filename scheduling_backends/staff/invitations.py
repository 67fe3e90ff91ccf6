"""Invitations: an open one lets the citizen pick a time at the listed clinics, once (R32); a timed one has a time.

The list shows those that stand, and timed ones that their citizens cancelled and nobody has seen to (R33).
Source: domain.md §6.3, §9.5; contracts.md GBD-4 (an invitation has a text).
"""

from dataclasses import dataclass, field

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from contracts.times import SWEDEN
from scheduling_backends.engine import care, citizens, find, overview
from scheduling_backends.engine.book import Contact
from scheduling_backends.engine.citizens import Citizen
from scheduling_backends.engine.desk import Desk
from scheduling_backends.engine.overview import Entry
from scheduling_backends.engine.states import Role
from scheduling_backends.staff.bookings import audit, audit_all, entry_of, note
from scheduling_backends.staff.pages import form, render, texts
from scheduling_backends.staff.visits import needs, system, visit
from webpages import once
from webpages.forms import Form

blueprint = Blueprint("invitations", __name__)


@dataclass(frozen=True, slots=True)
class InvitationsPage:
    """Invitations that stand, and those that wait for somebody to see to them."""

    standing: tuple[Entry, ...]
    waiting: tuple[Entry, ...]
    may_change: bool
    done: str = ""


@dataclass(frozen=True, slots=True)
class InvitePage:
    """Inviting one citizen to pick a time."""

    citizen_id: int
    citizen: Citizen
    types: tuple[tuple[str, str], ...]
    clinics: tuple[tuple[str, str], ...]
    chosen: tuple[str, ...]
    form: Form = field(repr=False)


@blueprint.get("/kallelser")
def listed() -> Response:
    with system().writing() as session:
        standing = overview.open_invitations(session, visit().clinic)
        waiting = overview.waiting_invitations(session, visit().clinic)
        audit_all(session, "read list", [*standing, *waiting])
    done = "kallad" if request.args.get("klart") == "kallad" else ""
    return render("staff/invitations.html", InvitationsPage(standing, waiting, visit().may(Role.BOOKER), done))


@blueprint.post("/kallelser/<booking_id>/klar")
@needs(Role.BOOKER)
def handled(booking_id: str) -> Response:
    with system().writing() as session:
        found = entry_of(session, booking_id, "conclude")
        care.take_off_the_work_list(session, booking_id, system().now())
        note(session, "conclude", found)
    return redirect(url_for("invitations.listed"), 303)


@blueprint.get("/invanare/<int:citizen_id>/kalla")
@needs(Role.BOOKER)
def invite_form(citizen_id: int) -> Response:
    return _page(citizen_id, Form(texts()))


def _page(citizen_id: int, sent: Form, status: int = 200) -> Response:
    here = visit().clinic
    with system().writing() as session:
        known = citizens.citizen_of_id(session, citizen_id) or abort(404)
        audit(session, "read citizen", known.subject_of_care.number)
        kinds = [kind.settings for kind in find.time_types(session, [here])]
        group = find.clinics_of_group(session, here)
    clinics = tuple((one.hsa_id.text, one.settings.name) for one in group if not one.settings.is_virtual)
    chosen = tuple(sent.values("clinics")) if sent.typed else tuple(key for key, _ in clinics)
    types = tuple((one.code, one.internal_name) for one in kinds if not one.is_hidden)
    return render("staff/invite.html", InvitePage(citizen_id, known, types, clinics, chosen, sent), status)


@blueprint.post("/invanare/<int:citizen_id>/kalla")
@needs(Role.BOOKER)
def invite(citizen_id: int) -> Response:
    return once.carry_out(lambda: _invite(citizen_id, form()))


def _invite(citizen_id: int, sent: Form) -> Response:
    now, here = system().now(), visit().clinic
    with system().reading() as session:
        group = {one.hsa_id.text: one for one in find.clinics_of_group(session, here) if not one.settings.is_virtual}
        code = sent.one_of("time_type", [kind.settings.code for kind in find.time_types(session, [here])])
    text, expires = sent.text("text", required=True, most=2000), sent.day_or_none("expires_on")
    chosen = [group[key] for key in sent.values("clinics") if key in group]
    if not chosen:
        sent.fault("clinics", "invite.no_clinic")
    if expires is not None and expires < now.astimezone(SWEDEN).date():
        sent.fault("expires_on", "citizen.basis_past")
    if code is None or text is None or not sent.is_right:
        return _page(citizen_id, sent, 422)
    with system().writing() as session:
        known = citizens.citizen_of_id(session, citizen_id) or abort(404)
        person = known.subject_of_care
        contact = Contact(known.first_name, None, known.last_name, known.phone, known.email, known.address)
        desk = Desk(session, now, visit().author)
        places = [one.hsa_id for one in chosen]
        booking_id = desk.invite(here.hsa_id, code, person, text, places, contact, expires)
        audit(session, "invite", person.number, booking_id)
    return redirect(url_for("invitations.listed", klart="kallad"), 303)

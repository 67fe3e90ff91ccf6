"""Signing in by an emulated card: who it is, then at which clinic; and leaving.

The list of cards proves nothing, so it is there only where the system's setting allows it: demos and tests. Whoever
is sent here from a page comes back to it, as long as it is a page of this site.
Source: domain.md §7.1 (a person can hold several roles and several clinics; the clinic is chosen at log-in).
"""

import logging
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from contracts.identifiers import HsaId
from scheduling_backends.engine import staff
from scheduling_backends.engine.entries import Clinic
from scheduling_backends.engine.staff import StaffMember
from scheduling_backends.staff import visits
from scheduling_backends.staff.pages import render
from scheduling_backends.staff.visits import open_to_all, system

log = logging.getLogger(__name__)
blueprint = Blueprint("sign_in", __name__)


@dataclass(frozen=True, slots=True)
class CardsPage:
    """The cards to choose from; `has_ended` when a visit has ended by itself."""

    is_on: bool
    members: tuple[StaffMember, ...]
    wanted: str
    has_ended: bool


@dataclass(frozen=True, slots=True)
class ClinicsPage:
    """The clinics of one card."""

    member: StaffMember
    clinics: tuple[Clinic, ...]
    wanted: str


@blueprint.get("/logga-in")
@open_to_all
def cards() -> Response:
    is_on = system().has_emulated_sign_in
    with system().reading() as session:
        members = staff.members(session) if is_on else ()
    return render("staff/sign_in.html", CardsPage(is_on, members, _wanted(), "ended" in request.args))


@blueprint.get("/logga-in/mottagning")
@open_to_all
def clinics() -> Response:
    member = _member(request.args.get("staff", ""))
    with system().reading() as session:
        theirs = staff.clinics_of(session, member.id)
    return render("staff/clinics.html", ClinicsPage(member, theirs, _wanted()))


@blueprint.post("/logga-in")
@open_to_all
def enter() -> Response:
    member = _member(request.form.get("staff", ""))
    with system().reading() as session:
        allowed = {str(clinic.id): clinic for clinic in staff.clinics_of(session, member.id)}
    clinic = allowed.get(request.form.get("clinic", ""))
    if clinic is None:
        log.warning("staff_sign_in_refused", extra={"staff": member.hsa_id.text})
        abort(403)
    visits.begin(member.hsa_id, clinic.id, system().now())
    log.info("staff_signed_in", extra={"staff": member.hsa_id.text, "clinic": clinic.hsa_id.text})
    return redirect(_wanted() or url_for("start"), 303)


@blueprint.post("/logga-ut")
@open_to_all
def leave() -> Response:
    visits.end()
    return redirect(url_for("sign_in.cards"), 303)


def _member(hsa_id: str) -> StaffMember:
    """The member of staff of that id; 403 where cards are not to be chosen, 404 for an unknown one."""
    if not system().has_emulated_sign_in:
        abort(403)
    try:
        wanted = HsaId(hsa_id)
    except ValueError:
        abort(404)
    with system().reading() as session:
        member = staff.member(session, wanted)
    return member if member is not None else abort(404)


def _wanted() -> str:
    """Where to go afterwards: a path of this site, or empty."""
    path = request.values.get("next", "")
    parts = urlsplit(path)
    is_here = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    if not is_here or any(char < " " or char == "\\" for char in path):
        return ""
    root = request.script_root
    return path if path.startswith(f"{root}/") else f"{root}{path}"

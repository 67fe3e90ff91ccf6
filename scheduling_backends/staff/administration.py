"""Administration: who has which role at the clinic, and what the clinic is set to.

An administrator gives and takes the roles of the clinic; only a superadmin those of the region and new clinics, to
which the visit goes on.
Nobody takes away the clinic's last administrator by mistake. Source: domain.md §7.1.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from flask import Blueprint, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from contracts.identifiers import HsaId
from scheduling_backends.engine import find, staff
from scheduling_backends.engine.desk import Desk
from scheduling_backends.engine.offer import ClinicSettings
from scheduling_backends.engine.staff import StaffMember
from scheduling_backends.engine.states import Role
from scheduling_backends.staff import visits
from scheduling_backends.staff.bookings import audit
from scheduling_backends.staff.pages import form, render, texts
from scheduling_backends.staff.visits import needs, system, visit
from webpages.forms import Form

blueprint = Blueprint("administration", __name__)

RECORD_ITEMS = frozenset({"unit_code", "has_extended_rules"})


@dataclass(frozen=True, slots=True)
class RolesPage:
    """Members of staff, each with the roles held here."""

    members: tuple[tuple[StaffMember, frozenset[Role]], ...]
    everybody: tuple[tuple[str, str], ...]
    roles: tuple[Role, ...]
    form: Form = field(repr=False)
    trouble: str = ""
    done: str = ""


@dataclass(frozen=True, slots=True)
class ClinicPage:
    """The clinic's settings; or a new clinic's."""

    settings: ClinicSettings | None
    form: Form = field(repr=False)
    may_add: bool
    left_out: frozenset[str]
    done: str = ""


@blueprint.get("/behorigheter")
@needs(Role.ADMINISTRATOR)
def roles() -> Response:
    return _roles_page(Form(texts()))


def _roles_page(sent: Form, status: int = 200, trouble: str = "") -> Response:
    with system().reading() as session:
        everybody = staff.members(session)
        held = [(one, staff.roles_at(session, one.id, visit().clinic.id)) for one in everybody]
    here = tuple((one, roles) for one, roles in held if roles)
    names = tuple((one.hsa_id.text, one.name) for one in everybody)
    page = RolesPage(here, names, _may_give(), sent, trouble, _done())
    return render("staff/roles.html", page, status)


def _may_give() -> tuple[Role, ...]:
    """A superadmin gives any role; an administrator all but that one."""
    return tuple(role for role in Role if role is not Role.SUPERADMIN or Role.SUPERADMIN in visit().roles)


@blueprint.post("/behorigheter/ge")
@needs(Role.ADMINISTRATOR)
def give() -> Response:
    sent = form()
    role, member = sent.choice("role", Role), sent.value("member")
    with system().writing() as session:
        known = {one.hsa_id.text for one in staff.members(session)}
        chosen = sent.one_of("member", known)
        if role is not None and role not in _may_give():
            sent.fault("role", "roles.not_yours")
        if role is None or chosen is None or not sent.is_right:
            return _roles_page(sent, 422)
        Desk(session, system().now(), visit().author).give_role(HsaId(member), role, place_of(role))
        audit(session, "write roles", None)
    return redirect(url_for("administration.roles", klart="sparad"), 303)


@blueprint.post("/behorigheter/ta-bort")
@needs(Role.ADMINISTRATOR)
def take() -> Response:
    sent = form()
    role, member = sent.choice("role", Role), sent.value("member")
    with system().writing() as session:
        known = {one.hsa_id.text for one in staff.members(session)}
        if role is None or member not in known or role not in _may_give():
            return _roles_page(sent, 422, texts()("roles.not_yours"))
        if role is Role.ADMINISTRATOR and administrators(session) <= {member}:
            return _roles_page(sent, 409, texts()("roles.last_administrator"))
        Desk(session, system().now(), visit().author).take_role(HsaId(member), role, place_of(role))
        audit(session, "write roles", None)
    return redirect(url_for("administration.roles", klart="borttagen"), 303)


def place_of(role: Role) -> HsaId | None:
    """A superadmin's role is for the region, all others for the clinic."""
    return None if role is Role.SUPERADMIN else visit().clinic.hsa_id


def administrators(session: Session) -> set[str]:
    """HSA-ids of the clinic's administrators."""
    here = visit().clinic.id
    held = ((one, staff.roles_at(session, one.id, here)) for one in staff.members(session))
    return {one.hsa_id.text for one, roles in held if Role.ADMINISTRATOR in roles}


# -- The clinic


@blueprint.get("/mottagning")
@needs(Role.ADMINISTRATOR)
def clinic() -> Response:
    return _clinic_page(visit().clinic.settings, Form(texts()), done=_done())


def _clinic_page(settings: ClinicSettings | None, sent: Form, status: int = 200, done: str = "") -> Response:
    may_add = Role.SUPERADMIN in visit().roles
    return render("staff/clinic.html", ClinicPage(settings, sent, may_add, _left_out(), done), status)


@blueprint.post("/mottagning")
@needs(Role.ADMINISTRATOR)
def change_clinic() -> Response:
    sent = form()
    settings = _settings(sent, visit().clinic.settings)
    if settings is None:
        return _clinic_page(visit().clinic.settings, sent, 422)
    with system().writing() as session:
        Desk(session, system().now(), visit().author).change_clinic(visit().clinic.hsa_id, settings)
        audit(session, "write clinic", None)
    return redirect(url_for("administration.clinic", klart="sparad"), 303)


@blueprint.get("/mottagning/ny")
@needs(Role.SUPERADMIN)
def new_clinic_form() -> Response:
    return _clinic_page(None, Form(texts()))


@blueprint.post("/mottagning/ny")
@needs(Role.SUPERADMIN)
def new_clinic() -> Response:
    sent = form()
    code = None if _left_out() else sent.text("unit_code", most=20)
    hsa_id, settings = _hsa_id(sent), _settings(sent, ClinicSettings("-", unit_code=code))
    with system().writing() as session:
        desk = Desk(session, system().now(), visit().author)
        if hsa_id is not None and desk.has_clinic(hsa_id):
            sent.fault("hsa_id", "clinic.taken")
        if hsa_id is None or settings is None or not sent.is_right:
            return _clinic_page(None, sent, 422)
        desk.add_clinic(hsa_id, settings)
        audit(session, "write clinic", None)
        made = find.clinic_by_hsa_id(session, hsa_id)
    if made is not None:  # go on there: its settings, then its registers and kinds of time
        visits.begin(visit().member.hsa_id, made.id, system().now())
    return redirect(url_for("administration.clinic", klart="sparad"), 303)


def _hsa_id(sent: Form) -> HsaId | None:
    text = sent.text("hsa_id", required=True, most=31)
    if text is None or not HsaId(text).is_well_formed:
        sent.fault("hsa_id", "clinic.hsa_form")
        return None
    return HsaId(text)


def _settings(sent: Form, known: ClinicSettings) -> ClinicSettings | None:
    name = sent.text("name", required=True, most=80)
    limit = sent.number("max_active", most=100, default=0)
    changed = {
        "phone": sent.text("phone", most=40),
        "address": sent.text("address", most=200),
        "group": sent.text("group", most=64),
        "fee_note": sent.text("fee_note", most=200),
    }
    if name is None or limit is None or not sent.is_right:
        return None
    return replace(
        known,
        name=name,
        phone=changed["phone"],
        address=changed["address"],
        group=changed["group"],
        fee_note=changed["fee_note"],
        max_active=limit,
        is_open=sent.ticked("is_open"),
        is_virtual=sent.ticked("is_virtual"),
        rebooks_in_group=sent.ticked("rebooks_in_group"),
        eves_are_holidays=sent.ticked("eves_are_holidays"),
        **_of_a_record_system(sent),
    )


def _of_a_record_system(sent: Form) -> dict[str, Any]:
    """What only a record system asks for: utökade regler (domain.md §6), and its own name of a unit that is new.

    That name stays: those who call the record system go by it.
    """
    return {} if _left_out() else {"has_extended_rules": sent.ticked("has_extended_rules")}


def _left_out() -> frozenset[str]:
    return RECORD_ITEMS if system().name == "timebook" else frozenset()


def _done() -> str:
    told = request.args.get("klart", "")
    return told if told in ("sparad", "borttagen") else ""

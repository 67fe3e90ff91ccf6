"""Registers: resources, performers and kinds of care, for administrators; members of staff, for superadmins.

One list and one form for all of them; a member of staff also gets roles at the clinic here. What is in use stays in
use: keys are not changed and nothing is removed. Every change is noted.
Source: domain.md §7.1, §7.2 (resource group). Rules: engine/registers.py's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from contracts.identifiers import HsaId
from scheduling_backends.engine import registers, staff
from scheduling_backends.engine.desk import Desk
from scheduling_backends.engine.registers import Register, Values
from scheduling_backends.engine.states import Role
from scheduling_backends.staff.administration import administrators, place_of
from scheduling_backends.staff.bookings import audit
from scheduling_backends.staff.pages import form, render, texts
from scheduling_backends.staff.visits import needs, system, visit
from webpages import once
from webpages.forms import Form

blueprint = Blueprint("registers", __name__)

STAFF = "personal"
REGISTERS: Mapping[str, Register] = {
    "resurser": registers.RESOURCES,
    "utforare": registers.PERFORMERS,
    "vardtyper": registers.CARE_TYPES,
    STAFF: registers.STAFF,
}
"""By the word in their pages' addresses."""
_REQUIRED = frozenset({"name", "first_name", "last_name"})
_CODE = re.compile(r"[A-Za-zÅÄÖåäö0-9_-]{1,20}")


@dataclass(frozen=True, slots=True)
class RegistersPage:
    """The registers that this visit may change, each by its word with its columns and rows."""

    registers: tuple[tuple[str, tuple[str, ...], tuple[Values, ...]], ...]
    done: str = ""


@dataclass(frozen=True, slots=True)
class EntryPage:
    """The form of one of a register; `key` is empty for a new one. `roles`: those that a member has at the clinic."""

    word: str
    register: Register
    key: str
    shown: Values
    form: Form = field(repr=False)
    groups: tuple[str, ...] = ()
    roles: frozenset[Role] = frozenset()

    @property
    def all_roles(self) -> tuple[Role, ...]:
        """Those that can be given here; none where it is not about a member of staff."""
        return tuple(Role) if self.word == STAFF else ()


@blueprint.get("/register")
@needs(Role.ADMINISTRATOR)
def listed() -> Response:
    with system().reading() as session:
        found = tuple(
            (word, (one.key, *one.fields), registers.listed(session, one, visit().clinic))
            for word, one in REGISTERS.items()
            if _may(word)
        )
    done = "sparad" if request.args.get("klart") == "sparad" else ""
    return render("staff/registers.html", RegistersPage(found, done))


@blueprint.get("/register/<word>/ny")
@needs(Role.ADMINISTRATOR)
def new_form(word: str) -> Response:
    return _page(word, "", Form(texts()))


@blueprint.get("/register/<word>/andra/<key>")
@needs(Role.ADMINISTRATOR)
def change_form(word: str, key: str) -> Response:
    return _page(word, key, Form(texts()))


@blueprint.post("/register/<word>/ny")
@needs(Role.ADMINISTRATOR)
def add(word: str) -> Response:
    return once.carry_out(lambda: _save(word, "", form()))


@blueprint.post("/register/<word>/andra/<key>")
@needs(Role.ADMINISTRATOR)
def change(word: str, key: str) -> Response:
    return _save(word, key, form())


def _page(word: str, key: str, sent: Form, status: int = 200) -> Response:
    register = _register(word)
    with system().reading() as session:
        shown = registers.one(session, register, visit().clinic, key) if key else {}
        if shown is None:
            abort(404)
        kept = registers.listed(session, registers.RESOURCES, visit().clinic)
        held = _roles_of(session, key) if word == STAFF and key else frozenset[Role]()
    groups = tuple(sorted({one["group"] for one in kept if one["group"]}))
    return render("staff/register_entry.html", EntryPage(word, register, key, shown, sent, groups, held), status)


def _save(word: str, key: str, sent: Form) -> Response:
    register, here = _register(word), visit().clinic
    values = {name: sent.text(name, required=name in _REQUIRED, most=80) for name in register.fields}
    with system().writing() as session:
        named = key or _new_key(session, register, sent)
        known = registers.one(session, register, here, named) if named else None
        if key and known is None:
            abort(404)
        if word == STAFF and key:
            _check_roles(session, key, sent)
        if named is None or not sent.is_right:
            return _page(word, key, sent, 422)
        write = registers.change if key else registers.add
        write(session, register, here, named, values)
        if word == STAFF:
            _write_roles(session, named, sent)
        audit(session, "write register", None)
    return redirect(url_for("registers.listed", klart="sparad"), 303)


def _new_key(session: Session, register: Register, sent: Form) -> str | None:
    """The key of a new one, in its form and not taken."""
    typed = sent.text(register.key, required=True, most=31)
    if typed is None:
        return None
    is_right = _CODE.fullmatch(typed) if register.is_of_clinic else HsaId(typed).is_well_formed
    if not is_right:
        sent.fault(register.key, "register.code_form" if register.is_of_clinic else "clinic.hsa_form")
    elif registers.one(session, register, visit().clinic, typed) is not None:
        sent.fault(register.key, "register.taken")
    return typed


def _register(word: str) -> Register:
    if word not in REGISTERS:
        abort(404)
    if not _may(word):
        abort(403)
    return REGISTERS[word]


def _may(word: str) -> bool:
    return word != STAFF or Role.SUPERADMIN in visit().roles


# -- A member's roles


def _roles_of(session: Session, key: str) -> frozenset[Role]:
    member = staff.member(session, HsaId(key))
    return frozenset() if member is None else staff.roles_at(session, member.id, visit().clinic.id)


def _wanted_roles(sent: Form) -> frozenset[Role]:
    return frozenset(role for role in Role if role.value in sent.values("roles"))


def _check_roles(session: Session, key: str, sent: Form) -> None:
    """The clinic keeps an administrator."""
    gives_up = Role.ADMINISTRATOR in _roles_of(session, key) - _wanted_roles(sent)
    if gives_up and {HsaId(one) for one in administrators(session)} <= {HsaId(key)}:
        sent.fault("roles", "roles.last_administrator")


def _write_roles(session: Session, key: str, sent: Form) -> None:
    desk, held, wanted = Desk(session, system().now(), visit().author), _roles_of(session, key), _wanted_roles(sent)
    for role in wanted - held:
        desk.give_role(HsaId(key), role, place_of(role))
    for role in held - wanted:
        desk.take_role(HsaId(key), role, place_of(role))
    if wanted != held:
        audit(session, "write roles", None)

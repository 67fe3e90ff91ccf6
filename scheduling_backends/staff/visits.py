"""Who is here: the signed-in visit of a request, what its roles allow, and that a form is from one of its own pages.

A visit is a signed cookie that holds ids, moments and a random token, nothing of any person. It ends after IDLE of
rest, or MOST in all, by the system's clock. A page that renews itself says so (AUTOMATIC); that is rest, and whoever
else says so gains nothing by it. Roles are read from the database at each request, so that one that was
taken away is gone at once. A form without the visit's token is refused before anything is read from it.
Elsewhere: how a visit begins (sign_in.py), the token (webpages/tokens.py).
Source: domain.md §7.1; issue: time-limited sessions, CSRF.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlencode

from flask import abort, current_app, g, redirect, request, session, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from contracts.identifiers import HsaId
from scheduling_backends.engine import find, staff
from scheduling_backends.engine.entries import Clinic
from scheduling_backends.engine.models import ClinicRow
from scheduling_backends.engine.seats import Author
from scheduling_backends.engine.staff import StaffMember
from scheduling_backends.engine.states import Role
from scheduling_backends.staff.system import StaffSystem
from webpages.surroundings import is_static
from webpages.tokens import form_token, is_ours

IDLE = timedelta(minutes=30)
MOST = timedelta(hours=8)
OPEN = "open_to_all"
AUTOMATIC = "uppdatering"

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")


@dataclass(frozen=True, slots=True)
class Visit:
    """A member of staff at a clinic, with the roles held there."""

    member: StaffMember
    clinic: Clinic
    roles: frozenset[Role]
    csrf_token: str = field(repr=False)

    @property
    def author(self) -> Author:
        """How the history of a booking names this member of staff."""
        return Author("care", self.member.hsa_id.text)

    def may(self, *roles: Role) -> bool:
        """Whether one of the roles is held; a superadmin may all that an administrator may."""
        held = self.roles | ({Role.ADMINISTRATOR} if Role.SUPERADMIN in self.roles else frozenset())
        return bool(held & frozenset(roles))


def system() -> StaffSystem:
    """The scheduling system whose site this is."""
    found: StaffSystem = current_app.extensions["tidbro_system"]
    return found


def has_records() -> bool:
    """Whether the system is a record system: only such a one knows listing and booking bases (domain.md §7.2)."""
    return system().name != "timebook"


def visit() -> Visit:
    """The visit of this request. Only in views for the signed-in, which all are that do not say otherwise."""
    found: Visit = g.visit
    return found


def needs(*roles: Role) -> Callable[[Callable[Arguments, Returned]], Callable[Arguments, Returned]]:
    """The view is for those who hold one of the roles; others get a page that says so (403)."""

    def decorate(view: Callable[Arguments, Returned]) -> Callable[Arguments, Returned]:
        @wraps(view)
        def checked(*arguments: Arguments.args, **named: Arguments.kwargs) -> Returned:
            if not visit().may(*roles):
                abort(403)
            return view(*arguments, **named)

        return checked

    return decorate


def open_to_all(view: Callable[Arguments, Returned]) -> Callable[Arguments, Returned]:
    """The view is for those who are not signed in too."""
    setattr(view, OPEN, True)
    return view


# -- Beginning and ending


def begin(hsa_id: HsaId, clinic_id: int, now: datetime) -> None:
    """A new visit, in place of any other; nothing of what was before is kept."""
    session.clear()
    session.update(
        staff=hsa_id.text,
        clinic=clinic_id,
        began=now.timestamp(),
        seen=now.timestamp(),
    )
    form_token()  # forms of what was before are not this visit's


def end() -> None:
    session.clear()


# -- Before each request


def check() -> Response | None:
    """Refuse forged forms, send those who are not signed in to sign in, and know the visit of those who are."""
    if request.endpoint is None or is_static():
        return None
    if request.method == "POST" and not is_ours():
        abort(400)
    g.visit = _current()
    view = current_app.view_functions.get(request.endpoint)
    if g.visit is not None or getattr(view, OPEN, False):
        return None
    has_ended = "staff" in session
    end()
    wanted = _wanted() if request.method == "GET" else None
    return redirect(url_for("sign_in.cards", next=wanted, ended=1 if has_ended else None))


def _wanted() -> str:
    """The page that was asked for, to come back to by hand."""
    query = request.args.to_dict()
    query.pop(AUTOMATIC, None)
    return f"{request.path}?{urlencode(query)}" if query else request.path


def _current() -> Visit | None:
    if "staff" not in session or _has_ended(system().now()):
        return None
    with system().reading() as asked:
        return _visit(asked)


def _has_ended(now: datetime) -> bool:
    is_over = now.timestamp() - session["seen"] > IDLE.total_seconds()
    is_over = is_over or now.timestamp() - session["began"] > MOST.total_seconds()
    if not is_automatic():
        session["seen"] = now.timestamp()
    return bool(is_over)


def is_automatic() -> bool:
    """Whether the page renews itself, with nobody at hand."""
    return AUTOMATIC in request.args


def _visit(asked: Session) -> Visit | None:
    member = staff.member(asked, HsaId(session["staff"]))
    clinics = find.clinics(asked, ClinicRow.id == session["clinic"])
    roles = staff.roles_at(asked, member.id, clinics[0].id) if member and clinics else frozenset()
    return Visit(member, clinics[0], roles, form_token()) if member and roles else None

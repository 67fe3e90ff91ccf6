"""Which administrator sits at the screen, and that the clinic is one of hers.

An administrator's visit has a place of its own in the cookie: a citizen's visit gives no access here, and this one none
there; each is left by itself. Both end after the same time of rest. The clinics that somebody decides for are looked up
at every request.
Elsewhere: beginning a visit (sign_in.py), that a form is ours (eservice/visits.py, before every view).
Source: domain.md §8.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime

from flask import abort, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from contracts.identifiers import HsaId
from eservice import visits
from eservice.administration.administrators import Administrator
from eservice.clinics import Clinic
from webpages import tokens

log = logging.getLogger(__name__)

OPEN = frozenset({"administration.sign_in.choose", "administration.sign_in.enter"})
"""The views for those who are not signed in."""
_PLACE = visits.ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Desk:
    """An administrator who is signed in."""

    administrator: Administrator
    ends_at: datetime

    @property
    def warn_seconds(self) -> int:
        """How long until the page warns that the visit ends (§5.12, 8)."""
        return max(0, int((self.ends_at - visits.WARNING - visits.now()).total_seconds()))


def begin(administrator: Administrator) -> None:
    """A new visit, with a new token for its forms."""
    end()
    moment = visits.now().timestamp()
    tokens.renew()
    name = secrets.token_urlsafe(12)
    session[_PLACE] = {"name": name, "hsa_id": administrator.hsa_id.text, "began": moment, "seen": moment}


def end() -> None:
    """The visit is over, also for whoever has a copy of its cookie."""
    told = session.pop(_PLACE, None)
    if told is not None:
        visits.eservice().ended_visits.add(told["name"])


def desk() -> Desk:
    """The visit of this request."""
    found: Desk = g.desk
    return found


def desk_or_none() -> Desk | None:
    found: Desk | None = g.get("desk")
    return found


def check() -> Response | None:
    """Before each view: know the visit, and send whoever has none to sign in."""
    g.desk = _current()
    if g.desk is not None or request.endpoint in OPEN:
        return None
    has_ended = session.pop(_PLACE, None) is not None
    wanted = request.full_path.rstrip("?") if request.method == "GET" else request.path
    return redirect(url_for("administration.sign_in.choose", next=wanted, ended=1 if has_ended else None), 303)


def clinic(slug: str) -> Clinic:
    """The clinic, if this administrator decides for it; else 403, and 404 for one that nobody knows."""
    found = visits.eservice().clinics.by_slug(slug)
    if found is None:
        abort(404)
    administrator = desk().administrator
    if not administrator.decides_for(found.hsa_id):
        who = {"logical_address": found.hsa_id.text, "administrator": administrator.hsa_id.text}
        log.warning("clinic_of_another_refused", extra=who)
        abort(403)
    return found


def clinics() -> tuple[Clinic, ...]:
    """Those that this administrator decides for, in the order of the menus."""
    here = desk().administrator
    return tuple(one for one in visits.eservice().clinics.everyone() if here.decides_for(one.hsa_id))


def _current() -> Desk | None:
    told = session.get(_PLACE)
    if told is None or not visits.eservice().settings.emulated_sign_in:
        return None
    if visits.eservice().ended_visits.has(told["name"]):
        log.warning("ended_visit_refused")
        return None
    administrator = visits.eservice().administrators.administrator(HsaId(told["hsa_id"]))
    ends_at = visits.ends_at(told["began"], told["seen"])
    if administrator is None or visits.now() >= ends_at:
        return None
    moment = visits.now().timestamp()
    session[_PLACE] = {**told, "seen": moment}
    return Desk(administrator, visits.ends_at(told["began"], moment))

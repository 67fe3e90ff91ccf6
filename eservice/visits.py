"""Who sits at the screen, and for whom: the visit of a request, how it ends, and that a form is from its own pages.

A visit is a signed cookie that holds random words and moments, no number and no name. It ends after a time of rest
(settings), two minutes before which the page warns (§5.12, 8); whoever signs in again goes on where he was (E17), which
somebody else who signs in does not. Whom somebody acts for is checked against the register at every request: on the day
a child turns 13 its guardian is out, and nothing of that request is done, not for the guardian either (R40). A form
that was made while the pages were about another person is refused.
Elsewhere: beginning one (sign_in.py), visits that were ended (ended_visits.py), where to go back to (ways_back.py).
Source: domain.md §5.0, §5.1, §5.11 E17, R40.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ParamSpec, TypeVar

from flask import abort, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from contracts.times import SWEDEN
from eservice import ways_back
from eservice.app import EService
from eservice.journeys import KEPT
from eservice.people import Person
from webpages import surroundings, tokens

log = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")

WARNING = timedelta(minutes=2)
OPEN = "is_open_to_all"
SIGN_OF_LIFE = timedelta(minutes=5)
"""How often it is written down that somebody is still here, so that flows are kept in other tabs too."""
_NAME, _CITIZEN, _SUBJECT, _RESUMED, _LANGUAGE = "visit", "citizen", "subject", "resumed", "language"
_BEGAN, _SEEN, _KEPT_AT = "began", "seen", "kept"
ADMINISTRATOR = "administrator"
"""The place in the cookie of an administrator's visit, which is another one (administration/desk.py)."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who is signed in, and whom the pages are about: that person, or a child (`subject`)."""

    citizen: Person
    subject: Person
    ends_at: datetime

    @property
    def is_for_another(self) -> bool:
        return self.citizen.number != self.subject.number


def eservice() -> EService:
    """The e-service whose site this is."""
    found: EService = current_app.extensions["eservice"]
    return found


def now() -> datetime:
    """The moment it is, in Swedish time."""
    return eservice().clock().astimezone(SWEDEN)


def visit() -> Visit:
    """The visit of this request. Only in views for the signed-in, which all are that do not say otherwise."""
    found: Visit = g.visit
    return found


def visit_or_none() -> Visit | None:
    found: Visit | None = g.get("visit")
    return found


def open_to_all(view: Callable[Arguments, Returned]) -> Callable[Arguments, Returned]:
    """The view is for those who are not signed in too."""
    setattr(view, OPEN, True)
    return view


# -- Beginning and ending


def begin(person: Person) -> None:
    """A new visit in place of any other; only the language stays, and whom the same citizen acted for when a visit
    ended by itself (E17)."""
    whose, subject = session.get(_RESUMED, ("", ""))
    end()
    moment, citizen = now().timestamp(), word_of(person.number)
    session.update({_NAME: secrets.token_urlsafe(12), _CITIZEN: citizen})
    session.update({_BEGAN: moment, _SEEN: moment, _KEPT_AT: moment})
    if whose == citizen:
        session[_SUBJECT] = subject
    tokens.form_token()


def end() -> None:
    """The visit is over, also for whoever has a copy of its cookie."""
    if _NAME in session:
        eservice().ended_visits.add(session[_NAME])
    _forget()


def _forget() -> None:
    kept = {name: session[name] for name in (_LANGUAGE, ADMINISTRATOR) if name in session}
    session.clear()
    session.update(kept)


def act_for(subject: Person | None) -> None:
    """From now on the pages are about a child, or with None about oneself. Refused for anybody else (403)."""
    if subject is not None and not eservice().people.may_act_for(visit().citizen, subject, now().date()):
        log.warning("acting_for_another_refused")
        abort(403)
    session.pop(_SUBJECT, None)
    tokens.renew()
    if subject is not None and subject.number != visit().citizen.number:
        session[_SUBJECT] = word_of(subject.number)


def children() -> tuple[Person, ...]:
    """Whom the citizen of this visit may act for today."""
    return eservice().people.children_of(visit().citizen, now().date())


def language() -> str:
    """sv or en."""
    return "en" if session.get(_LANGUAGE) == "en" else "sv"


def speak(wanted: str) -> None:
    session[_LANGUAGE] = "en" if wanted == "en" else "sv"


# -- Before each request


def check() -> Response | None:
    """Refuse forged forms, send those who are not signed in to sign in, and know the visit of those who are."""
    g.visit = None
    if surroundings.is_static():
        return None
    if "\0" in request.path:  # no name has it, and some databases cannot even be asked
        abort(404)
    if _NAME in session and eservice().ended_visits.has(session[_NAME]):
        log.warning("ended_visit_refused")
        _forget()
    is_forged = request.method == "POST" and not tokens.is_ours()
    g.visit = _current()
    if request.endpoint is None:
        return None
    if is_forged:
        log.warning("form_not_ours_refused", extra={"endpoint": request.endpoint})
        abort(400)
    return None if getattr(current_app.view_functions.get(request.endpoint), OPEN, False) else _admit()


def _admit() -> Response | None:
    """Where to go instead of a page that is for the signed-in; None to go on."""
    if g.visit is None:
        return _ask_to_sign_in()
    if g.get("has_grown_up"):
        return redirect(url_for("sign_in.acting", over=1), 303)
    return None


def _current() -> Visit | None:
    citizen = person_of(session.get(_CITIZEN))
    if citizen is None or now() >= _end() or not eservice().settings.emulated_sign_in:
        return None  # where nobody can sign in, a cookie of before opens nothing either
    moment = now().timestamp()
    session[_SEEN] = moment
    if moment - session[_KEPT_AT] >= SIGN_OF_LIFE.total_seconds():
        eservice().journeys.keep_all(citizen)
        session[_KEPT_AT] = moment
    return Visit(citizen, _subject(citizen), _end())


def _subject(citizen: Person) -> Person:
    """Whom the pages are about; the citizen again when the child has become too old (R40)."""
    if _SUBJECT not in session:
        return citizen
    child = person_of(session[_SUBJECT])
    if child is not None and eservice().people.may_act_for(citizen, child, now().date()):
        return child
    session.pop(_SUBJECT)
    tokens.renew()
    g.has_grown_up = True
    return citizen


def _end() -> datetime:
    return ends_at(session[_BEGAN], session[_SEEN])


def ends_at(began: float, seen: float) -> datetime:
    """When a visit ends if nothing happens; moments as in the cookie."""
    settings = eservice().settings
    rest = seen + timedelta(minutes=settings.idle_minutes).total_seconds()
    most = began + timedelta(hours=settings.most_hours).total_seconds()
    return datetime.fromtimestamp(min(rest, most), UTC).astimezone(SWEDEN)


# -- When it has ended by itself


TYPED = ("reason", "ready_reason", "phone", "email")
"""The fields of flows whose text is kept."""


def _ask_to_sign_in() -> Response:
    """To the sign-in page and back; what was chosen, and typed into a flow's form, is kept for then (E17)."""
    citizen = person_of(session.get(_CITIZEN))
    if citizen is None:
        return redirect(url_for("sign_in.choose", next=_page_to_come_back_to()), 303)
    is_kept = _keep_choices(citizen)
    resumed = (word_of(citizen.number), session[_SUBJECT]) if _SUBJECT in session else None
    _forget()
    if resumed:
        session[_RESUMED] = resumed
    return redirect(url_for("sign_in.choose", next=_page_to_come_back_to(), ended=int(is_kept)), 303)


def _keep_choices(citizen: Person) -> bool:
    """Keep the flows of the citizen for a while more; whether they are kept."""
    journeys, name = eservice().journeys, (request.view_args or {}).get("journey")
    journeys.keep_all(citizen)
    sent = {field: text for field, text in request.form.items() if field in TYPED}
    is_typed_kept = bool(name and sent) and journeys.keep_typed(str(name), citizen, sent)
    return is_typed_kept or now() <= _end() + KEPT


def _page_to_come_back_to() -> str | None:
    """This page, or for what only a form asks for the flow that the form is of."""
    name = (request.view_args or {}).get("journey")
    of_flow = url_for("step_done.show", journey=name) if name else None
    return ways_back.own_page(ways_back.this_page()) or of_flow


# -- Persons in cookies


def word_of(number: str) -> str:
    """What stands for a person where others can read it, in the cookie and in pages: nothing of the number."""
    secret = current_app.config["SECRET_KEY"]
    return hmac.new(secret, number.encode(), hashlib.sha256).hexdigest()[:24]


def person_of(told: str | None) -> Person | None:
    """Whom a word stands for."""
    if not told:
        return None
    return next((one for one in eservice().people.everybody if hmac.compare_digest(word_of(one.number), told)), None)

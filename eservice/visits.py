"""Who sits at the screen, and for whom: the visit of a request, how it ends, and that a form is from its own pages.

A visit is a signed cookie that holds random words and moments, no number and no name. It ends after a time of rest
(settings), two minutes before which the page warns (§5.12, 8); whoever signs in again goes on where he was (E17). Whom
somebody acts for is checked against the register at every request: on the day a child turns 13 its guardian is out
(R40).
Elsewhere: beginning one (sign_in.py). Source: domain.md §5.0, §5.1, R40.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ParamSpec, TypeVar

from flask import abort, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from contracts.times import SWEDEN
from eservice.app import EService
from eservice.people import Person
from webpages import surroundings, tokens

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")

WARNING = timedelta(minutes=2)
OPEN = "is_open_to_all"
_CITIZEN, _SUBJECT, _BEGAN, _SEEN, _LANGUAGE = "citizen", "subject", "began", "seen", "language"
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
    """A new visit in place of any other citizen's; only the language stays."""
    end()
    moment = now().timestamp()
    session.update({_CITIZEN: word_of(person.number), _BEGAN: moment, _SEEN: moment})
    tokens.form_token()


def end() -> None:
    kept = {name: session[name] for name in (_LANGUAGE, ADMINISTRATOR) if name in session}
    session.clear()
    session.update(kept)


def act_for(subject: Person | None) -> None:
    """From now on the pages are about a child, or with None about oneself. Refused for anybody else (403)."""
    session.pop(_SUBJECT, None)
    if subject is None:
        return
    if not eservice().people.may_act_for(visit().citizen, subject, now().date()):
        abort(403)
    session[_SUBJECT] = word_of(subject.number)


def language() -> str:
    """sv or en."""
    return "en" if session.get(_LANGUAGE) == "en" else "sv"


def speak(wanted: str) -> None:
    session[_LANGUAGE] = "en" if wanted == "en" else "sv"


# -- Before each request


def check() -> Response | None:
    """Refuse forged forms, send those who are not signed in to sign in, and know the visit of those who are."""
    g.visit = None
    if request.endpoint is None or surroundings.is_static():
        return None
    if request.method == "POST" and not tokens.is_ours():
        abort(400)
    g.visit = _current()
    view = current_app.view_functions.get(request.endpoint)
    if g.visit is not None or getattr(view, OPEN, False):
        return None
    return _ask_to_sign_in()


def _ask_to_sign_in() -> Response:
    """To the sign-in page and back; what was typed into a flow's form is kept for then (E17)."""
    has_ended = _CITIZEN in session
    if has_ended and request.method == "POST":
        _keep_typed()
    wanted = request.full_path.rstrip("?") if request.method == "GET" else request.path
    if has_ended:
        end()
    return redirect(url_for("sign_in.choose", next=wanted, ended=1 if has_ended else None), 303)


def _keep_typed() -> None:
    name = (request.view_args or {}).get("journey")
    citizen = person_of(session.get(_CITIZEN))
    if name and citizen is not None:
        sent = {key: value for key, value in request.form.items() if key in TYPED}
        eservice().journeys.keep_typed(name, citizen, sent)


TYPED = ("reason", "ready_reason", "phone", "email")
"""The fields of flows whose text is kept."""


def _current() -> Visit | None:
    citizen = person_of(session.get(_CITIZEN))
    if citizen is None or _has_ended():
        return None
    subject = person_of(session.get(_SUBJECT)) if _SUBJECT in session else citizen
    if subject is None or not eservice().people.may_act_for(citizen, subject, now().date()):
        session.pop(_SUBJECT, None)
        subject = citizen
    session[_SEEN] = now().timestamp()
    return Visit(citizen, subject, _end())


def _has_ended() -> bool:
    return now() >= _end()


def _end() -> datetime:
    return ends_at(session[_BEGAN], session[_SEEN])


def ends_at(began: float, seen: float) -> datetime:
    """When a visit ends if nothing happens; moments as in the cookie."""
    settings = eservice().settings
    rest = seen + timedelta(minutes=settings.idle_minutes).total_seconds()
    most = began + timedelta(hours=settings.most_hours).total_seconds()
    return datetime.fromtimestamp(min(rest, most), UTC).astimezone(SWEDEN)


def word_of(number: str) -> str:
    """What stands for a person where others can read it, in the cookie and in pages: nothing of the number."""
    secret = current_app.config["SECRET_KEY"]
    return hmac.new(secret, number.encode(), hashlib.sha256).hexdigest()[:24]


def person_of(word: str | None) -> Person | None:
    """Whom a word stands for."""
    if not word:
        return None
    return next((one for one in eservice().people.everybody if hmac.compare_digest(word_of(one.number), word)), None)

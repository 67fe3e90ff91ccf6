"""Signing in by an emulated e-ID: choosing a citizen of the demo, or writing a number; for whom one acts; leaving.

The list proves nothing, so it is there only where the setting allows it. Whoever was sent here from a page comes back
to it, as long as it is a page of this site (ways_back.py).
Source: domain.md §5.1, §5.0 (acting for a child), §5.11 E17, §5.12 (8, 12); §3.1, R40.
"""

import logging
import re
from dataclasses import dataclass

from flask import Blueprint, abort, request, url_for
from werkzeug.wrappers import Response

from contracts.identifiers import PersonIdentity, PersonKind
from eservice import pages, visits, ways_back
from eservice.pages import render, see_other
from eservice.people import Person
from eservice.visits import open_to_all
from webpages.forms import Form

log = logging.getLogger(__name__)
blueprint = Blueprint("sign_in", __name__)


@dataclass(frozen=True, slots=True)
class SignInPage:
    """`people` are those to choose from; `ended` the sentence when a visit has ended by itself (E17)."""

    is_on: bool
    people: tuple[Person, ...]
    form: Form
    wanted: str
    ended: str


@dataclass(frozen=True, slots=True)
class ActingPage:
    """The children that the citizen may act for today, by the words that stand for them in the form; `is_over` when a
    child has become too old meanwhile."""

    children: tuple[tuple[str, Person], ...]
    is_over: bool


@blueprint.get("/logga-in")
@open_to_all
def choose() -> Response:
    return _shown(pages.blank_form())


@blueprint.post("/logga-in")
@open_to_all
def enter() -> Response:
    if not visits.eservice().settings.emulated_sign_in:
        abort(403)
    form = pages.form()
    person = _typed(form)
    if person is None:
        return _shown(form)
    visits.begin(person)
    log.info("citizen_signed_in")
    wanted = wanted_page()
    is_back_here = wanted.partition("?")[0] == url_for("sign_in.choose")
    return see_other(url_for("start.start") if is_back_here or not wanted else wanted)


@blueprint.post("/logga-ut")
@open_to_all
def leave() -> Response:
    visits.end()
    pages.tell(pages.texts()("sign_in.left"))
    return see_other(url_for("start.start"))


@blueprint.get("/fortsatt")
@open_to_all
def stay() -> Response:
    """Renew the visit: a page asks for it when its citizen wants to go on (§5.12, 8). When it has ended that is told
    with 401 and nothing else happens, so that the page that asked is the one that is come back to."""
    return Response(status=401 if visits.visit_or_none() is None else 204)


@blueprint.get("/ombud")
def acting() -> Response:
    children = tuple((visits.word_of(one.number), one) for one in visits.children())
    return render("acting.html", ActingPage(children, "over" in request.args))


@blueprint.post("/ombud")
def act() -> Response:
    """Act for a child, or with an empty choice for oneself."""
    wanted = request.form.get("child", "")
    child = next((one for one in visits.children() if visits.word_of(one.number) == wanted), None)
    if wanted and child is None:
        log.warning("acting_for_another_refused")
        abort(403)
    visits.act_for(child)
    return see_other(url_for("start.start"))


@blueprint.post("/sprak")
@open_to_all
def speak() -> Response:
    visits.speak(request.form.get("language", "sv"))
    return see_other(wanted_page() or url_for("start.start"))


def _shown(form: Form) -> Response:
    settings = visits.eservice().settings
    people = visits.eservice().people.everybody if settings.emulated_sign_in else ()
    listed = tuple(one for one in people if one.identity.kind is not PersonKind.RESERVNUMMER)
    page = SignInPage(settings.emulated_sign_in, listed, form, wanted_page(), _ended())
    return render("sign_in.html", page, 200 if form.is_right else 422)


def _ended() -> str:
    """E17, when the visit has ended by itself; without its promise when that was too long ago."""
    told = None if visits.visit_or_none() else request.args.get("ended")
    return "" if told is None else pages.texts()("sign_in.ended" if told == "1" else "sign_in.ended_long_ago")


def wanted_page() -> str:
    """The page that was asked for; empty when it is none of this site's."""
    return ways_back.own_page(request.values.get("next", ""))


# -- Who it is


_DASHES = re.compile("[\u2010-\u2015\u2212]")
_WITH_LETTER = re.compile(r"\d{8}-?[ptf]\d{3}", re.ASCII | re.IGNORECASE)


def _typed(form: Form) -> Person | None:
    """Who was chosen or whose number was written; None with a fault in the form."""
    identity, fault = _identity(form.value("chosen") or form.value("number"))
    person = None if identity is None else visits.eservice().people.person(identity.number)
    if person is None:
        form.faults["number"] = pages.texts()(f"sign_in.{fault or 'unknown'}")
    return person


def _identity(typed: str) -> tuple[PersonIdentity | None, str]:
    """The number that somebody may sign in with, or the name of the sentence about what is wrong with it."""
    plain = _DASHES.sub("-", re.sub(r"\s", "", typed))  # as pasted from a text with real dashes
    if _WITH_LETTER.fullmatch(plain):
        return None, "reserve_number"
    try:
        identity = PersonIdentity.from_input(plain, visits.now().date())
    except ValueError as error:
        return None, "wrong_digit" if "check digit" in str(error) else "malformed"
    return (None, "reserve_number") if identity.kind is PersonKind.RESERVNUMMER else (identity, "")

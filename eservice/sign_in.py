"""Signing in by an emulated e-ID: choosing a citizen of the demo, or writing a number; for whom one acts; leaving.

The list proves nothing, so it is there only where the setting allows it. Whoever was sent here from a page comes back
to it, as long as it is a page of this site.
Source: domain.md §5.1, §5.0 (acting for a child), §5.11 E17, §5.12 (8, 12); §3.1, R40.
"""

import logging
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, abort, request, url_for
from werkzeug.wrappers import Response

from contracts.identifiers import PersonIdentity, PersonKind
from eservice import pages, visits
from eservice.pages import render, see_other
from eservice.people import Person
from eservice.visits import open_to_all
from webpages.forms import Form

log = logging.getLogger(__name__)
blueprint = Blueprint("sign_in", __name__)


@dataclass(frozen=True, slots=True)
class SignInPage:
    """`people` are those to choose from; `has_ended` when a visit has ended by itself (E17)."""

    is_on: bool
    people: tuple[Person, ...]
    form: Form
    wanted: str
    has_ended: bool


@dataclass(frozen=True, slots=True)
class ActingPage:
    """The children that the citizen may act for today."""

    children: tuple[Person, ...]


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
    return see_other(wanted_page() or url_for("start.start"))


@blueprint.post("/logga-ut")
@open_to_all
def leave() -> Response:
    visits.end()
    pages.tell(pages.texts()("sign_in.left"))
    return see_other(url_for("start.start"))


@blueprint.get("/fortsatt")
def stay() -> Response:
    """Renew the visit: a page asks for it when its citizen wants to go on (§5.12, 8)."""
    return Response(status=204)


@blueprint.get("/ombud")
def acting() -> Response:
    eservice = visits.eservice()
    children = eservice.people.children_of(visits.visit().citizen, visits.now().date())
    return render("acting.html", ActingPage(children))


@blueprint.post("/ombud")
def act() -> Response:
    """Act for a child, or with an empty choice for oneself."""
    wanted = request.form.get("child", "")
    children = visits.eservice().people.children_of(visits.visit().citizen, visits.now().date())
    if wanted and not (wanted.isdigit() and int(wanted) < len(children)):
        abort(403)
    visits.act_for(children[int(wanted)] if wanted else None)
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
    page = SignInPage(settings.emulated_sign_in, listed, form, wanted_page(), "ended" in request.args)
    return render("sign_in.html", page, 200 if form.is_right else 422)


def _typed(form: Form) -> Person | None:
    """Who was chosen or whose number was written; None with a fault in the form."""
    typed = form.value("chosen") or form.value("number")
    t = pages.texts()
    try:
        identity = PersonIdentity.from_input(typed, visits.now().date())
    except ValueError as error:
        name = "sign_in.wrong_digit" if "check digit" in str(error) else "sign_in.malformed"
        form.faults["number"] = t(name)
        return None
    if identity.kind is PersonKind.RESERVNUMMER:
        form.faults["number"] = t("sign_in.reserve_number")
        return None
    person = visits.eservice().people.person(identity.number)
    if person is None:
        form.faults["number"] = t("sign_in.unknown")
    return person


def wanted_page() -> str:
    """The page that was asked for, as this site's own address; empty for anything else."""
    asked = request.values.get("next", "")
    parts = urlsplit(asked)
    is_ours = asked.startswith("/") and not asked.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc)
    if not is_ours or any(ord(char) < 32 for char in asked):
        return ""
    root = request.script_root
    return asked if not root or asked.startswith(f"{root}/") else f"{root}{asked}"

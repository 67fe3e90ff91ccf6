"""An administrator signs in by an emulated SITHS card: choosing who she is, where the setting allows that; and leaves.

Elsewhere: what a visit is (desk.py). Source: domain.md §8, §2 (SITHS, emulated).
"""

import logging
from dataclasses import dataclass

from flask import Blueprint, abort, request, url_for
from werkzeug.wrappers import Response

from eservice import visits
from eservice.administration import desk, pages
from eservice.administration.administrators import Administrator
from eservice.pages import see_other, tell
from eservice.sign_in import wanted_page
from eservice.visits import open_to_all
from webpages.forms import Form

log = logging.getLogger(__name__)
blueprint = Blueprint("sign_in", __name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody to choose, and for which clinics she decides."""

    administrator: Administrator
    clinics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignInPage:
    is_on: bool
    choices: tuple[Choice, ...]
    form: Form
    wanted: str
    has_ended: bool


@blueprint.get("/logga-in")
@open_to_all
def choose() -> Response:
    return _shown(pages.filled_form())


@blueprint.post("/logga-in")
@open_to_all
def enter() -> Response:
    if not visits.eservice().settings.emulated_sign_in:
        abort(403)
    form = pages.form()
    everybody = {one.hsa_id.text: one for one in visits.eservice().administrators.everybody}
    chosen = form.one_of("chosen", everybody)
    if chosen is None:
        return _shown(form)
    desk.begin(everybody[chosen])
    log.info("administrator_signed_in", extra={"administrator": chosen})
    return see_other(wanted_page() or url_for("administration.clinic_list.show"))


@blueprint.post("/logga-ut")
@open_to_all
def leave() -> Response:
    desk.end()
    tell(pages.texts()("administration.sign_in.left"))
    return see_other(url_for("administration.sign_in.choose"))


@blueprint.get("/fortsatt")
@open_to_all
def stay() -> Response:
    """Renew the visit: a page asks for it before it ends (§5.12, 8)."""
    return Response(status=204)


def _shown(form: Form) -> Response:
    eservice = visits.eservice()
    everybody = eservice.administrators.everybody if eservice.settings.emulated_sign_in else ()
    choices = tuple(Choice(one, tuple(map(eservice.clinics.name_of, one.clinics))) for one in everybody)
    page = SignInPage(eservice.settings.emulated_sign_in, choices, form, wanted_page(), "ended" in request.args)
    return pages.render("sign_in.html", page, 200 if form.is_right else 422)

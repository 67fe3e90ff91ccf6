"""The administrators' part of the site: its pages under one address, behind one check.

Every view of it is marked as open to all, for the citizens' check is not theirs; `desk.check` stands before each.
Source: domain.md §8.
"""

from flask import Blueprint, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from eservice.administration import (
    audience,
    clinic_list,
    contact,
    desk,
    pages,
    services,
    showing,
    sign_in,
    texts,
    time_types,
)
from eservice.pages import TroublePage

PATH = "/personal"
_PAGES = (audience, clinic_list, contact, services, showing, sign_in, texts, time_types)
_TOLD = (400, 403, 404)
"""What goes wrong with a page of its own here; all else is told as to citizens."""


def _trouble(error: HTTPException) -> Response:
    t, status = pages.texts(), error.code or 500
    way_on = (t("administration.clinics.heading"), url_for("administration.clinic_list.show"))
    page = TroublePage(t(f"trouble.{status}.heading"), t(f"administration.trouble.{status}"), links=(way_on,))
    return pages.render("trouble.html", page, status)


blueprint = Blueprint("administration", __name__, url_prefix=PATH)
blueprint.before_request(desk.check)
for _one in _PAGES:
    blueprint.register_blueprint(_one.blueprint)
for _status in _TOLD:
    blueprint.register_error_handler(_status, _trouble)

"""Under way."""

from flask import Blueprint, abort
from werkzeug.wrappers import Response

blueprint = Blueprint("settings_pages", __name__)


@blueprint.get("/installningar")
def show() -> Response:
    abort(404)

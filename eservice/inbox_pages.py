"""Under way."""

from flask import Blueprint, abort
from werkzeug.wrappers import Response

blueprint = Blueprint("inbox_pages", __name__)


@blueprint.get("/inkorg")
def listed() -> Response:
    abort(404)

"""Waiting for freed times.

Source: the issue's "waiting for freed times"; domain.md §5.4 ("bevaka tider").
"""

from flask import Blueprint, abort
from werkzeug.wrappers import Response

blueprint = Blueprint("watches", __name__)


@blueprint.get("/arende/<journey>/bevaka")
def ask(journey: str) -> Response:
    abort(404)

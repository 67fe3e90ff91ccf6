"""Under way."""

from flask import Blueprint, abort
from werkzeug.wrappers import Response

blueprint = Blueprint("calendar_files", __name__)


@blueprint.get("/bokad-tid/<name>/kalender.ics")
def file(name: str) -> Response:
    abort(404)

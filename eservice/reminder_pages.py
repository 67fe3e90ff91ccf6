"""Under way."""

from flask import Blueprint, abort
from werkzeug.wrappers import Response

blueprint = Blueprint("reminder_pages", __name__)


@blueprint.get("/bokad-tid/<name>/paminnelse")
def ask(name: str) -> Response:
    abort(404)

"""What the service says of itself: its accessibility statement, with a way to report what does not work.

Source: domain.md §5.12.
"""

from dataclasses import dataclass

from flask import Blueprint
from werkzeug.wrappers import Response

from eservice.pages import render
from eservice.visits import open_to_all

blueprint = Blueprint("about", __name__)


@dataclass(frozen=True, slots=True)
class AboutPage:
    """A page of text."""


@blueprint.get("/tillganglighet")
@open_to_all
def accessibility() -> Response:
    return render("about_accessibility.html", AboutPage())

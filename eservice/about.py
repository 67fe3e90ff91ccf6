"""What the service says of itself: its accessibility statement (tillgänglighetsredogörelse), with ways to report what
does not work.

What the statement tells is in the catalogues (`accessibility`): how accessible the service is by law (2018:1937) and
EN 301 549, what lacks, whom to tell, who supervises, and how it was tested. It is to be kept true with each version.
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
    """A page of text, all of it from the catalogues."""


@blueprint.get("/tillganglighet")
@open_to_all
def accessibility() -> Response:
    return render("about_accessibility.html", AboutPage())

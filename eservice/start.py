"""The start page: the next booked times, the inbox, one's own clinics, and finding a clinic.

Whoever is not signed in sees what the service is, and finds clinics.
Source: domain.md §5.2.
"""

from dataclasses import dataclass

from flask import Blueprint
from werkzeug.wrappers import Response

from eservice import visits
from eservice.pages import render
from eservice.visits import open_to_all

blueprint = Blueprint("start", __name__)


@dataclass(frozen=True, slots=True)
class StartPage:
    """The start page."""


@blueprint.get("/")
@open_to_all
def start() -> Response:
    if visits.visit_or_none() is None:
        return render("welcome.html", StartPage())
    return render("start.html", StartPage())

"""A system's site: its blueprints, navigation and texts, who must be known before each page, and the page of troubles.

Elsewhere: what surrounds every answer of every site (webpages/surroundings.py); who may what (visits.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Flask, g, redirect, url_for
from werkzeug.wrappers import Response

from scheduling_backends.staff import noted, pages, sign_in, visits
from scheduling_backends.staff.bookings import UnknownBooking, note_unknown
from scheduling_backends.staff.pages import NavEntry, render
from scheduling_backends.staff.system import StaffSystem
from scheduling_backends.staff.texts import staff_texts
from webpages import look
from webpages.surroundings import configure, tell_troubles


@dataclass(frozen=True, slots=True)
class TroublePage:
    """What went wrong, by its status."""

    status: int


def make_site(
    system: StaffSystem,
    blueprints: Sequence[Blueprint],
    navigation: Sequence[NavEntry],
    start: str,
    texts: Sequence[Path] = (),
    secret: bytes = b"",
) -> Flask:
    """The site of a system. `start` is the view to begin at, `secret` signs the cookies. Raises ValueError without."""
    site = Flask("scheduling_backends.staff")
    configure(site, cookie=f"{system.name}_visit", secret=secret)
    site.extensions |= {
        "tidbro_system": system,
        "tidbro_texts": staff_texts(*texts),
        "tidbro_navigation": tuple(navigation),
        "tidbro_noted": noted.Noted(),
    }
    for one in (look.blueprint, sign_in.blueprint, *blueprints):
        site.register_blueprint(one)
    site.add_url_rule("/", "start", lambda: redirect(url_for(start)))
    site.before_request(_nobody_yet)
    site.before_request(visits.check)
    site.context_processor(lambda: dict(pages.context()))
    tell_troubles(site, _trouble)
    site.register_error_handler(UnknownBooking, _unknown_booking)
    return site


def _nobody_yet() -> None:
    g.setdefault("visit", None)


def _trouble(status: int) -> Response:
    return render("staff/trouble.html", TroublePage(status), status)


def _unknown_booking(error: UnknownBooking) -> Response:
    note_unknown(error)
    return _trouble(404)

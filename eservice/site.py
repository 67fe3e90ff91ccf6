"""The citizens' site: its pages, and what surrounds every answer.

Source: domain.md §5.
"""

import logging
from collections.abc import Callable

from flask import Flask, url_for
from werkzeug.wrappers import Response

from eservice import (
    about,
    beginning,
    bookings,
    calendar_files,
    call_pages,
    clinic_pages,
    first_free,
    inbox_pages,
    invitations,
    pages,
    reminder_pages,
    settings_pages,
    sign_in,
    start,
    step_before,
    step_check,
    step_done,
    step_time,
    step_what,
    step_who,
    step_words,
    visits,
    watches,
    ways_back,
    why,
)
from eservice.administration.site import blueprint as administration
from eservice.app import EService
from eservice.journeys import JourneyUnknown
from eservice.pages import TroublePage, render
from eservice.troubles import BookingUnknown, NotReached
from webpages import look, surroundings

log = logging.getLogger(__name__)

_PAGES = (
    about,
    beginning,
    bookings,
    calendar_files,
    call_pages,
    clinic_pages,
    first_free,
    inbox_pages,
    invitations,
    reminder_pages,
    settings_pages,
    sign_in,
    start,
    step_before,
    step_check,
    step_done,
    step_time,
    step_what,
    step_who,
    step_words,
    watches,
    why,
)


def make_site(eservice: EService, secret: bytes) -> Flask:
    """The site of an e-service; `secret` signs its cookies. Raises ValueError for a secret that is too short."""
    site = Flask("eservice")
    surroundings.configure(site, cookie="eservice_visit", secret=secret)
    site.extensions["eservice"] = eservice
    site.register_blueprint(look.blueprint)
    for one in _PAGES:
        site.register_blueprint(one.blueprint)
    site.register_blueprint(administration)
    site.before_request(visits.check)
    call_pages.surround(site)
    site.context_processor(lambda: dict(pages.context()))
    surroundings.tell_troubles(site, _trouble)
    site.register_error_handler(NotReached, _not_reached)
    site.register_error_handler(BookingUnknown, _booking_unknown)
    site.register_error_handler(JourneyUnknown, _journey_unknown)
    return site


def _trouble(status: int) -> Response:
    t = pages.texts()
    known = status if status in (400, 403, 404) else 500
    page = TroublePage(t(f"trouble.{known}.heading"), t(f"trouble.{known}.text"), links=_ways_on())
    return render("trouble.html", page, status)


def _not_reached(error: NotReached) -> Response:
    """E13: a general sentence, a number to ring, and a way to try again; the details are in the log."""
    t, clinic = pages.texts(), pages.clinic_of(error.clinic)
    phone = clinic.phone if clinic and clinic.phone else t("noun.the_clinic")
    page = TroublePage(
        t("trouble.not_reached.heading"),
        t("trouble.not_reached.text", phone=phone),
        retry=ways_back.this_page(),
        links=_ways_on(),
        clinics=(clinic,) if clinic else (),
    )
    return render("trouble.html", page, 503)


def _booking_unknown(error: BookingUnknown) -> Response:
    """E12: the same page for an unknown booking and another person's."""
    t = pages.texts()
    page = TroublePage(t("trouble.booking_unknown.heading"), t("trouble.booking_unknown.text"), links=_ways_on())
    return render("trouble.html", page, 404)


def _journey_unknown(error: JourneyUnknown) -> Response:
    t = pages.texts()
    page = TroublePage(t("trouble.journey_unknown.heading"), t("trouble.journey_unknown.text"), links=_ways_on())
    return render("trouble.html", page, 404)


def _ways_on() -> tuple[tuple[str, str], ...]:
    t = pages.texts()
    places: list[tuple[str, Callable[[], str]]] = [("nav.start", lambda: url_for("start.start"))]
    if visits.visit_or_none() is not None:
        places.insert(0, ("nav.bookings", lambda: url_for("bookings.everywhere")))
    return tuple((t(name), place()) for name, place in places)

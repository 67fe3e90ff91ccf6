"""A system's site: its pages, and what surrounds every answer.

No answer is kept by anybody on the way, shown in a frame, or allowed to load what is not the site's own; the cookie
holds ids alone, and goes to this site's paths only. What goes wrong is told in Swedish, without details.
Elsewhere: who may what (visits.py).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import Blueprint, Flask, g, redirect, request, url_for
from flask.sessions import SecureCookieSessionInterface
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from scheduling_backends.staff import noted, once, pages, sign_in, visits
from scheduling_backends.staff.bookings import UnknownBooking, note_unknown
from scheduling_backends.staff.pages import NavEntry, render
from scheduling_backends.staff.system import StaffSystem
from scheduling_backends.staff.texts import Texts

log = logging.getLogger(__name__)

MOST_BYTES = 512 * 1024
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
_TOLD = (400, 403, 404, 405, 413, 500)


@dataclass(frozen=True, slots=True)
class TroublePage:
    """What went wrong, by its status."""

    status: int


class _Cookies(SecureCookieSessionInterface):
    """Cookies that go to this site alone, and over HTTPS alone where they came over it."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure

    def get_cookie_path(self, app: Flask) -> str:
        return f"{request.script_root}/"


def make_site(
    system: StaffSystem,
    blueprints: Sequence[Blueprint],
    navigation: Sequence[NavEntry],
    start: str,
    texts: Sequence[Path] = (),
    secret: bytes = b"",
) -> Flask:
    """The site of a system. `start` is the view to begin at, `secret` signs the cookies. Raises ValueError without."""
    if len(secret) < 16:
        raise ValueError("a site needs a secret of at least 16 bytes")
    site = Flask("scheduling_backends.staff")
    site.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME=f"{system.name}_visit",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
    )
    site.session_interface = _Cookies()
    site.jinja_env.undefined = StrictUndefined
    site.jinja_env.trim_blocks = site.jinja_env.lstrip_blocks = True
    site.jinja_env.globals |= {"form_mark": once.new_mark, "form_mark_field": once.MARK_FIELD}
    site.extensions |= {
        "tidbro_system": system,
        "tidbro_texts": Texts(*texts),
        "tidbro_navigation": tuple(navigation),
        "tidbro_once": once.Once(),
        "tidbro_noted": noted.Noted(),
    }
    for one in (sign_in.blueprint, *blueprints):
        site.register_blueprint(one)
    site.add_url_rule("/", "start", lambda: redirect(url_for(start)))
    site.before_request(_nobody_yet)
    site.before_request(visits.check)
    site.after_request(_surround)
    site.context_processor(lambda: dict(pages.context()))
    for status in _TOLD:
        site.register_error_handler(status, _trouble)
    site.register_error_handler(UnknownBooking, _unknown_booking)
    site.register_error_handler(Exception, _failed)
    return site


def _nobody_yet() -> None:
    g.setdefault("visit", None)


def _surround(answer: Response) -> Response:
    is_static = request.endpoint is not None and request.endpoint.endswith("static")
    for name, value in _HEADERS.items():
        if not (is_static and name == "Cache-Control"):
            answer.headers.setdefault(name, value)
    return answer


def _trouble(error: HTTPException) -> Response:
    status = error.code or 500
    return render("staff/trouble.html", TroublePage(status), status)


def _unknown_booking(error: UnknownBooking) -> Response:
    note_unknown(error)
    return _trouble(error)


def _failed(error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return _trouble(error) if error.code in _TOLD else Response("", error.code or 500)
    # By its kind alone: what an error says of itself can quote what somebody typed.
    log.error("staff_page_failed: %s", type(error).__name__, extra={"endpoint": request.endpoint or ""})
    return render("staff/trouble.html", TroublePage(500), 500)

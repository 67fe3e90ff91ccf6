"""What surrounds every answer of a site, and what it tells when something goes wrong.

No answer is kept by anybody on the way, shown in a frame, or allowed to load what is not the site's own; the cookie
goes to this site's paths only. What goes wrong is told by a page of the site's own, without details.
Elsewhere: the pages (each site), its forms' tokens (tokens.py) and marks (once.py).
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from webpages import once, tokens

log = logging.getLogger(__name__)

MOST_BYTES = 512 * 1024
SECRET_LEAST = 16
TOLD = (400, 403, 404, 405, 413, 500)
"""The statuses that have a page."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


class Cookies(SecureCookieSessionInterface):
    """Cookies that go to this site alone, and over HTTPS alone where they came over it."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds; nothing, which is logged, for one that was not made here or is too old."""
        found = super().open_session(app, request)
        if not found and request.cookies.get(self.get_cookie_name(app)):
            log.warning("cookie_not_ours_refused")
        return found

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure

    def get_cookie_path(self, app: Flask) -> str:
        return f"{request.script_root}/"


def configure(site: Flask, *, cookie: str, secret: bytes) -> None:
    """Give a site its surroundings. `cookie` is the cookie's name, `secret` signs it. Raises ValueError without one."""
    if len(secret) < SECRET_LEAST:
        raise ValueError(f"a site needs a secret of at least {SECRET_LEAST} bytes")
    site.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME=cookie,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
    )
    site.session_interface = Cookies()
    site.jinja_env.undefined = StrictUndefined
    site.jinja_env.trim_blocks = site.jinja_env.lstrip_blocks = True
    site.jinja_env.globals |= {
        "form_mark": once.new_mark,
        "form_mark_field": once.MARK_FIELD,
        "form_token": tokens.form_token,
        "token_field": tokens.TOKEN_FIELD,
    }
    site.extensions["tidbro_once"] = once.Once()
    site.after_request(surround)


def is_static() -> bool:
    """Whether this request is for a file that is the same for everybody: the site's own, or one of a blueprint's."""
    return is_file(request.endpoint or "")


def is_file(endpoint: str) -> bool:
    return endpoint.rpartition(".")[2] == "static"


def surround(answer: Response) -> Response:
    """Add the headers that every answer has. Files, which Flask says may be kept for a while, go on saying so."""
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    _keep_here(answer)
    return answer


def _keep_here(answer: Response) -> None:
    """The router's own redirects name the host that the request named, which anybody can have written: the path will
    do."""
    place, here = answer.headers.get("Location", ""), request.host_url
    if place.startswith(here):
        answer.headers["Location"] = f"/{place.removeprefix(here).lstrip('/')}"


def tell_troubles(site: Flask, told: Callable[[int], Response]) -> None:
    """Answer what goes wrong with the page that `told` makes of its status, and log a fault of ours by its kind."""

    def trouble(error: HTTPException) -> Response:
        return told(error.code or 500)

    def failed(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return trouble(error) if error.code in TOLD else Response("", error.code or 500)
        # By its kind alone: what an error says of itself can quote what somebody typed.
        log.error("page_failed: %s", type(error).__name__, extra={"endpoint": request.endpoint or ""})
        return told(500)

    for status in TOLD:
        site.register_error_handler(status, trouble)
    site.register_error_handler(Exception, failed)

"""A site with nothing of its own but a form, a page that fails and a page that says what went wrong."""

from collections.abc import Iterator

import pytest
from flask import Flask, abort, render_template_string, request
from flask.testing import FlaskClient
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from webpages import look, once
from webpages.surroundings import configure, tell_troubles
from webpages.tokens import is_ours

SECRET = b"only for the tests of this house"
FORM = (
    '<link rel="stylesheet" href="{{ url_for("look.static", filename="tokens.css") }}">'
    '<input name="{{ token_field }}" value="{{ form_token() }}"><input name="{{ form_mark_field }}" value="{{ form_mark() }}">'
)


def a_site() -> Flask:
    """It counts what was done in `done`, an extension."""
    site = Flask("tests.webpages")
    configure(site, cookie="a_visit", secret=SECRET)
    tell_troubles(site, lambda status: Response(f"trouble {status}", status))
    site.register_blueprint(look.blueprint)
    site.extensions["done"] = []

    @site.before_request
    def ours() -> None:
        if request.method == "POST" and not is_ours():
            abort(400)

    def act() -> Response:
        if "wrong" in request.form:
            return Response("mend it", 422)
        site.extensions["done"].append(request.form.get("text", ""))
        return redirect(f"/done/{len(site.extensions['done'])}", 303)

    site.add_url_rule("/form", "form", lambda: render_template_string(FORM))
    site.add_url_rule("/form", "send", lambda: once.carry_out(act), methods=["POST"])
    site.add_url_rule("/missing-text", "missing", lambda: render_template_string("{{ nowhere }}"))
    site.add_url_rule("/broken", "broken", broken)
    site.add_url_rule("/gone", "gone", lambda: abort(410))
    return site


def broken() -> Response:
    raise RuntimeError("words that a citizen wrote")


@pytest.fixture
def site() -> Flask:
    return a_site()


@pytest.fixture
def client(site: Flask) -> Iterator[FlaskClient]:
    with site.test_client() as client:
        yield client

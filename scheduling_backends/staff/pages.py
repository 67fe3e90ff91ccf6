"""Showing a page: its context and what every page has around it.

A page is one frozen dataclass, built by a pure function, and one template, which sees it as `page`, the texts as `t`,
the visit and the navigation of those roles. Elsewhere: the layout (templates/staff/).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import current_app, g, render_template, request, url_for
from werkzeug.wrappers import Response

from scheduling_backends.engine.states import Role
from scheduling_backends.staff import show
from scheduling_backends.staff.visits import Visit, system
from webpages.forms import Form
from webpages.texts import Texts

EVERYBODY = frozenset(Role)
SEARCH = "citizens.search"
"""The view that the quick search in the page head leads to, where a site has it."""


@dataclass(frozen=True, slots=True)
class NavEntry:
    """A place in the site's navigation: which view, under which text, for whom."""

    endpoint: str
    text: str  # its name in the catalogue
    roles: frozenset[Role] = EVERYBODY


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the navigation, as it is shown on one page."""

    url: str
    text: str
    is_here: bool


def texts() -> Texts:
    found: Texts = current_app.extensions["tidbro_texts"]
    return found


def form() -> Form:
    """The form that came with this request."""
    return Form(texts(), request.form.to_dict(flat=False))


def render(template: str, page: object, status: int = 200) -> Response:
    """The page, with the status; a form that is shown again for what is wrong with it has 422."""
    body = render_template(template, page=page)
    return Response(body, status, content_type="text/html; charset=utf-8")


def context() -> Mapping[str, object]:
    """What every template sees beside its page."""
    here: Visit | None = g.get("visit")
    return {
        "t": texts(),
        "show": show,
        "visit": here,
        "system": system(),
        "navigation": navigation(here),
        "search_url": url_for(SEARCH) if SEARCH in current_app.view_functions else "",
    }


def navigation(here: Visit | None) -> tuple[Link, ...]:
    """The entries for the visit's roles, in the site's order."""
    if here is None:
        return ()
    entries: Sequence[NavEntry] = current_app.extensions["tidbro_navigation"]
    place = _place(entries, request.endpoint or "")
    return tuple(
        Link(url_for(one.endpoint), texts()(one.text), one is place)
        for one in entries
        if one.roles == EVERYBODY or here.may(*one.roles)
    )


def _place(entries: Sequence[NavEntry], endpoint: str) -> NavEntry | None:
    """Where in the navigation a view is: its own entry, else the first of its blueprint."""
    blueprint = endpoint.partition(".")[0]
    own = [one for one in entries if one.endpoint == endpoint]
    of_blueprint = [one for one in entries if one.endpoint.partition(".")[0] == blueprint]
    return next(iter(own + of_blueprint), None)

"""Showing an administrator's page: in Swedish, in the site's layout, with what surrounds a page about one clinic.

Elsewhere: how pages are shown at all (eservice/pages.py), changing the settings (changing.py).
Source: domain.md §8.
"""

from dataclasses import dataclass

from flask import Response as FlaskResponse
from flask import render_template, request
from werkzeug.wrappers import Response

from eservice.administration import desk
from eservice.clinics import Change, Clinic
from eservice.shown import Shown
from eservice.wording import texts_in
from webpages.forms import Form
from webpages.texts import Texts

VERSION_FIELD = "version"


@dataclass(frozen=True, slots=True)
class About:
    """The clinic that a page is about. `version` is that of the settings which its forms change.

    `is_overtaken`: somebody else has changed them since the form was shown; `last` is that change.
    """

    clinic: Clinic
    version: int
    is_overtaken: bool = False
    last: Change | None = None


def texts() -> Texts:
    """Staff read Swedish, whatever language the citizens' pages have."""
    return texts_in("sv")


def form() -> Form:
    """The form that came with this request."""
    return Form(texts(), request.form.to_dict(flat=False))


def filled_form(**values: str | int | bool | None) -> Form:
    """A form that nobody has sent, with these values in it; False and None leave a field empty."""
    told = {name: value for name, value in values.items() if value is not None and value is not False}
    return Form(texts(), {name: ["yes" if value is True else str(value)] for name, value in told.items()})


def render(template: str, page: object, status: int = 200) -> Response:
    t = texts()
    context = {"t": t, "show": Shown(t), "language": "sv", "desk": desk.desk_or_none()}
    return FlaskResponse(render_template(f"eservice/administration/{template}", page=page, **context), status)


def status_of(shown: Form, about: About) -> int:
    """Of a page with a form: 422 when something in it is to be mended, 409 when somebody else was first."""
    if about.is_overtaken:
        return 409
    return 200 if shown.is_right else 422

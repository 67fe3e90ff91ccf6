"""Putting what an administrator decided in force: what was typed is checked first, and nobody's change is lost.

A form changes the settings that it was shown of. If somebody else has changed them since, nothing is written: the page
comes back with what was typed in it, and says who was first; sent once more it holds.
Elsewhere: the statement that decides races (eservice/clinics.py), what the log says (changes.py).
Source: domain.md §8.
"""

import logging
from collections.abc import Callable

from flask import request
from werkzeug.wrappers import Response

from eservice import visits
from eservice.administration import desk, pages
from eservice.administration.changes import names_of
from eservice.administration.pages import VERSION_FIELD, About
from eservice.clinic_settings import ClinicSettings
from eservice.clinics import Clinic, SettingsChanged
from eservice.pages import see_other, tell
from webpages.forms import Form

log = logging.getLogger(__name__)

NEVER = -1
"""The version of a form that does not say of which it is: no settings have it."""

Shown = Callable[[About, Form], Response]


def about(slug: str, form: Form | None = None) -> About:
    """The clinic of a page, with the version that its form was shown of. Refused as in desk.clinic."""
    clinic = desk.clinic(slug)
    if form is None:
        return About(clinic, clinic.version)
    typed = form.value(VERSION_FIELD)
    return About(clinic, int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else NEVER)


def put(page: About, settings: ClinicSettings | None, form: Form, shown: Shown) -> Response:
    """Put the settings in force and show the page anew; `settings` is None when the form is not right."""
    if settings is None or not form.is_right:
        return shown(page, form)
    what = names_of(page.clinic.settings, settings)
    try:
        _change(page, settings, what)
    except SettingsChanged:
        return shown(_overtaken(page.clinic), form)
    tell(pages.texts()("administration.saved" if what else "administration.unchanged"))
    return see_other(f"{request.script_root}{request.path}")


def _change(page: About, settings: ClinicSettings, what: tuple[str, ...]) -> None:
    if page.version != page.clinic.version:
        raise SettingsChanged
    if not what:
        return
    administrator = desk.desk().administrator.hsa_id
    visits.eservice().clinics.change(page.clinic, settings, administrator, " ".join(what), visits.now())
    log.info("clinic_settings_changed", extra={"logical_address": page.clinic.hsa_id.text, "what": " ".join(what)})


def _overtaken(clinic: Clinic) -> About:
    """The page as it is now that somebody else was first."""
    register = visits.eservice().clinics
    fresh = register.clinic(clinic.hsa_id)
    assert fresh is not None
    last = register.changes(fresh, 1)
    return About(fresh, fresh.version, True, last[0] if last else None)

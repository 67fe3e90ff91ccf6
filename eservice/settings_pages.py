"""Where somebody wants to be told of letters: mobile and e-mail, each on or off (domain.md §5.9).

The settings are those of whoever has signed in, also while acting for a child, who has none of its own: a guardian is
told of the child's letters too. What is switched on needs an address; what is typed is kept in the one form that post
needs, and shown again in the usual one.
Elsewhere: what an address may be (recipients.py), what is sent (letters.py), reminders (reminder_pages.py).
Source: domain.md §5.9, §5.12 (6, 12).
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from eservice import pages, visits
from eservice.contacts import Contact
from eservice.pages import render, see_other
from eservice.recipients import email_address, mobile, national
from webpages.forms import Form

blueprint = Blueprint("settings_pages", __name__)

_MOST = 254


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """`sends_email` and `sends_sms`: whether this e-service sends such at all."""

    form: Form
    sends_email: bool
    sends_sms: bool
    children: str


@blueprint.get("/installningar")
def show() -> Response:
    here, contacts = visits.visit(), visits.eservice().contacts
    contact = contacts.of(here.citizen)
    if not contacts.are_set(here.citizen) and not here.citizen.is_protected:
        contact = Contact(email=here.citizen.email, mobile=here.citizen.phone)
    ticked = {name: "yes" for name in ("mobile_is_on", "email_is_on") if getattr(contact, name)}
    return _shown(pages.blank_form(mobile=national(contact.mobile), email=contact.email, **ticked))


@blueprint.post("/installningar")
def change() -> Response:
    form = pages.form()
    contact = Contact(
        mobile=_address(form, "mobile", mobile),
        email=_address(form, "email", email_address),
        mobile_is_on=form.ticked("mobile_is_on"),
        email_is_on=form.ticked("email_is_on"),
    )
    if not form.is_right:
        return _shown(form)
    visits.eservice().contacts.change(visits.visit().citizen, contact)
    pages.tell(pages.texts()("contact.saved"))
    return see_other(url_for("settings_pages.show"))


def _address(form: Form, name: str, read: Callable[[str], str]) -> str:
    """What was typed, in the form that is kept; empty when it is not right, or nothing and not needed."""
    typed = form.text(name, most=_MOST) or ""
    if not typed:
        if form.ticked(f"{name}_is_on"):
            form.fault(name, f"contact.{name}_missing")
        return ""
    try:
        return read(typed)
    except ValueError:
        form.fault(name, f"contact.{name}_wrong")
        return ""


def _shown(form: Form) -> Response:
    eservice, here = visits.eservice(), visits.visit()
    children = eservice.people.children_of(here.citizen, visits.now().date())
    page = SettingsPage(
        form=form,
        sends_email=eservice.post.is_on,
        sends_sms=eservice.post.sends_sms,
        children=", ".join(one.first_name for one in children),
    )
    return render("settings.html", page, 200 if form.is_right else 422)

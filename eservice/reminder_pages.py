"""Choosing reminders of a booked time: when, and by which way; seeing, changing and removing what was chosen.

Only what can still come in time is offered, and the page says what cannot. Addresses are those of the citizen's own
settings; what is missing there is asked for and kept there. A guardian asks for itself, about the child's time.
Source: domain.md §5.10.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, abort, url_for
from werkzeug.wrappers import Response

from contracts import scheduling as s
from eservice import flow, pages, recipients, reminders, visits
from eservice.clinics import Clinic
from eservice.contacts import Contact
from eservice.pages import render, see_other
from eservice.references import Reference
from eservice.reminders import Booked, Channel, Lead, Reminder
from webpages.forms import Form

blueprint = Blueprint("reminder_pages", __name__)

_FORMS: Mapping[Channel, Callable[[str], str]] = {"email": recipients.email_address, "sms": recipients.mobile}
_TO: Mapping[Channel, str] = {"email": "email", "sms": "mobile"}


@dataclass(frozen=True, slots=True)
class ReminderPage:
    """`asked` is what was chosen, `offered` what can be, `too_close` what would come too late; `channels` are the ways
    that messages can go."""

    name: str
    slot: s.Timeslot
    clinic: Clinic
    form: Form
    asked: tuple[Reminder, ...]
    offered: tuple[Lead, ...]
    too_close: tuple[Lead, ...]
    channels: tuple[Channel, ...]

    def due(self, lead: Lead) -> datetime:
        """When a reminder with that lead would come."""
        assert self.slot.start is not None
        return reminders.due_of(self.slot.start, lead)


@blueprint.get("/bokad-tid/<name>/paminnelse")
def ask(name: str) -> Response:
    reference, slot = _booking(name)
    return _shown(reference, slot, _form_of(_asked(reference)))


@blueprint.post("/bokad-tid/<name>/paminnelse")
def change(name: str) -> Response:
    reference, slot = _booking(name)
    form = pages.form()
    leads, channels = _leads(form, slot), _channels(form)
    contact = _contact(form, channels)
    if not form.is_right:
        return _shown(reference, slot, form)
    eservice, citizen = visits.eservice(), visits.visit().citizen
    eservice.contacts.change(citizen, contact)
    wanted = [(lead, channel) for lead in leads for channel in channels]
    assert slot.start is not None
    eservice.reminders.ask(citizen, _booked(reference), slot.start, wanted, form.ticked("names_clinic"))
    pages.tell(pages.texts()("reminder.kept"))
    return see_other(url_for("reminder_pages.ask", name=name))


@blueprint.post("/bokad-tid/<name>/paminnelse/ta-bort")
def remove(name: str) -> Response:
    reference = visits.eservice().references.find(visits.visit().subject, name)
    visits.eservice().reminders.remove(visits.visit().citizen, _booked(reference))
    pages.tell(pages.texts()("reminder.removed"))
    return see_other(url_for("reminder_pages.ask", name=name))


def _booking(name: str) -> tuple[Reference, s.Timeslot]:
    """The booking, as the clinic has it; one whose time is not chosen yet has a page, but nothing to remind of."""
    eservice, subject = visits.eservice(), visits.visit().subject
    reference = eservice.references.find(subject, name)
    slot = eservice.platform.booking(reference.clinic, reference.booking_id, subject)
    if slot.start is None:
        abort(see_other(url_for("bookings.one", name=name)))
    return reference, slot


def _booked(reference: Reference) -> Booked:
    return Booked(visits.visit().subject.number, reference.clinic, reference.booking_id)


def _asked(reference: Reference) -> tuple[Reminder, ...]:
    return visits.eservice().reminders.of(visits.visit().citizen, _booked(reference))


# -- The form


def _form_of(asked: tuple[Reminder, ...]) -> Form:
    """What was chosen; until then the day before. Addresses are the settings', or the register's where it may tell."""
    waiting = [one for one in asked if not one.outcome]
    chosen = {f"lead_{one.lead}": "yes" for one in waiting} or {"lead_1d": "yes"}
    chosen |= {f"by_{one.channel}": "yes" for one in waiting}
    if any(one.names_clinic for one in waiting):
        chosen["names_clinic"] = "yes"
    citizen = visits.visit().citizen
    contact = visits.eservice().contacts.of(citizen)
    email, phone = ("", "") if citizen.is_protected else (citizen.email, citizen.phone)
    return pages.blank_form(
        email=contact.email or _right("email", email),
        mobile=contact.mobile or _right("sms", phone),
        **chosen,
    )


def _right(channel: Channel, address: str) -> str:
    """The address, if a message can go there."""
    try:
        return _FORMS[channel](address)
    except ValueError:
        return ""


def _leads(form: Form, slot: s.Timeslot) -> tuple[Lead, ...]:
    """When to be reminded; a moment that has passed since the page was shown is a fault."""
    assert slot.start is not None
    left = reminders.leads_left(slot.start, visits.now())
    ticked = [lead for lead in reminders.LEADS if form.ticked(f"lead_{lead}")]
    if any(lead not in left for lead in ticked):
        form.fault("leads", "reminder.became_late")
    elif not ticked:
        form.fault("leads", "reminder.no_lead")
    return tuple(ticked)


def _channels(form: Form) -> tuple[Channel, ...]:
    ticked = tuple(one for one in _open_channels() if form.ticked(f"by_{one}"))
    if not ticked:
        form.fault("channels", "reminder.no_channel")
    return ticked


def _contact(form: Form, channels: tuple[Channel, ...]) -> Contact:
    """The citizen's settings with the addresses of the chosen ways; what is wrong with them stands in the form."""
    found = visits.eservice().contacts.of(visits.visit().citizen)
    typed = {channel: _right(channel, form.value(_TO[channel])) for channel in channels}
    for channel in channels:
        if not typed[channel]:
            form.fault(_TO[channel], f"reminder.no_{_TO[channel]}")
    return replace(found, email=typed.get("email", found.email), mobile=typed.get("sms", found.mobile))


def _open_channels() -> tuple[Channel, ...]:
    """The ways that messages can go here."""
    post = visits.eservice().post
    is_open = {"email": post.is_on, "sms": post.sends_sms}
    return tuple(one for one in reminders.CHANNELS if is_open[one])


def _shown(reference: Reference, slot: s.Timeslot, form: Form) -> Response:
    assert slot.start is not None
    left = reminders.leads_left(slot.start, visits.now())
    page = ReminderPage(
        name=reference.name,
        slot=slot,
        clinic=flow.clinic_at(reference.clinic),
        form=form,
        asked=_asked(reference),
        offered=left,
        too_close=tuple(lead for lead in reminders.LEADS if lead not in left),
        channels=_open_channels(),
    )
    return render("reminder.html", page, 200 if form.is_right else 422)

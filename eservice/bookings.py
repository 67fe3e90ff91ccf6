"""The citizen's booked times: at all clinics, at one, and one of them in full (B1, B1b, B2).

That there are none is said only when every clinic has answered. When some have not, a box names them; when none has,
the page says whom to ring.
Elsewhere: which times, and what can be done with each (booked_times.py).
Source: domain.md §5.5, §5.11 (E12, E13, E15).
"""

from dataclasses import dataclass

from flask import Blueprint, abort, url_for
from werkzeug.wrappers import Response

from eservice import booked_times, flow, pages, visits
from eservice.booked_times import BookedTime, Day, Overview
from eservice.clinics import Clinic
from eservice.pages import TroublePage, render
from eservice.shown import in_words
from eservice.troubles import NotReached

blueprint = Blueprint("bookings", __name__)


@dataclass(frozen=True, slots=True)
class BookingsPage:
    """The times by day. `failed` and `old` name clinics, as text; `clinic` is the one whose times alone are shown."""

    days: tuple[Day, ...]
    failed: str
    old: str
    retry: str
    clinic: Clinic | None = None


@dataclass(frozen=True, slots=True)
class BookingPage:
    """`why` says why something cannot be done on the web; empty when it can."""

    booked: BookedTime
    is_over: bool
    is_open_invitation: bool
    why: str


@blueprint.get("/bokade-tider")
def everywhere() -> Response:
    try:
        found = booked_times.everywhere(pages.texts()("booked.other_clinic"))
    except NotReached:
        found = Overview((), is_silent=True)
    if found.is_silent:
        return _nobody_answered(found.silent)
    page = BookingsPage(
        booked_times.by_day(found.times, visits.now().date()),
        in_words(found.failed, pages.texts()("booked.and")),
        in_words(found.old, pages.texts()("booked.and")),
        url_for("bookings.everywhere"),
    )
    return render("bookings.html", page)


@blueprint.get("/bokade-tider/<slug>")
def at_one(slug: str) -> Response:
    """The times at one clinic, asked of it alone. Raises NotReached (E13)."""
    eservice, person = visits.eservice(), visits.visit().subject
    clinic = eservice.clinics.by_slug(slug)
    if clinic is None or not clinic.settings.is_active:
        abort(404)
    if not clinic.is_open("booked", person, visits.now().date()):
        return flow.closed(clinic)
    slots = eservice.platform.schedule(clinic.hsa_id, person)
    days = booked_times.by_day(booked_times.with_names(slots, clinic.name), visits.now().date())
    retry = url_for("bookings.at_one", slug=slug)
    return render("bookings.html", BookingsPage(days, "", "", retry, clinic))


@blueprint.get("/bokad-tid/<name>")
def one(name: str) -> Response:
    """One time in full. Raises BookingUnknown (E12) and NotReached (E13)."""
    eservice, person, now = visits.eservice(), visits.visit().subject, visits.now()
    reference = eservice.references.find(person, name)
    slot = eservice.platform.booking(reference.clinic, reference.booking_id, person)
    clinic = eservice.clinics.clinic(reference.clinic)
    booked = booked_times.booked_time(slot, name, clinic, person, now, pages.texts()("booked.other_clinic"))
    is_over = slot.start is not None and slot.start <= now
    is_open_invitation = slot.start is None
    why = "" if is_open_invitation else _why_not(booked, is_over)
    return render("booking.html", BookingPage(booked, is_over, is_open_invitation, why))


def _why_not(booked: BookedTime, is_over: bool) -> str:
    """The sentence about what cannot be done on the web; empty when the time can be both moved and cancelled."""
    t, clinic = pages.texts(), booked.clinic
    phone = clinic.phone if clinic is not None and clinic.phone else t("noun.the_clinic")
    if is_over:
        return t("booked.why.over")
    if clinic is None or not clinic.is_open("booked", visits.visit().subject, visits.now().date()):
        return t("booked.why.closed", phone=phone)
    missing = {(False, False): "neither", (True, False): "not_cancelled", (False, True): "not_rebooked"}
    reason = missing.get((booked.can_rebook, booked.can_cancel))
    return "" if reason is None else t(f"booked.why.{reason}", phone=phone)


def _nobody_answered(asked: tuple[Clinic, ...]) -> Response:
    """All failed: whom to ring, which is the citizen's own clinics and those that were asked in vain."""
    t, eservice = pages.texts(), visits.eservice()
    own = [eservice.clinics.clinic(one) for one in eservice.own_clinics.of(visits.visit().subject)]
    clinics = {one.hsa_id: one for one in (*own, *asked) if one is not None and one.phone}
    page = TroublePage(
        t("booked.silent.heading"),
        t("booked.silent.text"),
        retry=url_for("bookings.everywhere"),
        links=((t("nav.clinics"), url_for("clinic_pages.search")), (t("nav.start"), url_for("start.start"))),
        clinics=tuple(clinics.values()),
    )
    return render("trouble.html", page, 503)

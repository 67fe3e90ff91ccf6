"""Citizens: finding them, registering them, and all times that one has had here.

A search is sent as a form, for a person's number may not stand in an address; a citizen's page goes by the number of
the row. Every search and look is in the audit log. A booking basis lets the citizen book a kind of time that needs one
(R6), being listed one that is for the listed (R9); with a protected identity neither phone nor address is shown (R41).
Source: domain.md §6.3 (bokningsunderlag), §7.1 (sök, registrera, visa), §7.4 (citizen page).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from flask import Blueprint, abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from contracts.identifiers import HsaId, PersonIdentity
from contracts.times import SWEDEN
from scheduling_backends.engine import citizens, find, overview
from scheduling_backends.engine.citizens import Basis, Citizen
from scheduling_backends.engine.entries import TimeType
from scheduling_backends.engine.models import BookingRow
from scheduling_backends.engine.overview import Entry, HistoryLine
from scheduling_backends.engine.states import Role
from scheduling_backends.staff.bookings import audit, audit_found
from scheduling_backends.staff.pages import form, render, texts
from scheduling_backends.staff.visits import has_records, needs, system, visit
from webpages import once
from webpages.forms import Form

blueprint = Blueprint("citizens", __name__)


@dataclass(frozen=True, slots=True)
class FoundPage:
    """What a search has found; `has_searched` when there was one."""

    form: Form = field(repr=False)
    found: tuple[tuple[int, Citizen], ...] = field(default=(), repr=False)
    has_searched: bool = False
    may_register: bool = False


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """Registering a citizen, or changing what is known; then `citizen_id` says whom.

    `registered_id` is who has the number that was to be registered.
    """

    form: Form = field(repr=False)
    citizen: Citizen | None = None
    citizen_id: int | None = None
    registered_id: int | None = None


@dataclass(frozen=True, slots=True)
class CitizenPage:
    """A citizen's times at the clinic, what happened to them, and what the citizen may book by order."""

    citizen_id: int
    citizen: Citizen
    coming: tuple[Entry, ...]
    past: tuple[Entry, ...]
    invited: tuple[Entry, ...]
    lines: tuple[HistoryLine, ...]
    bases: tuple[tuple[Basis, str], ...]
    basis_types: tuple[tuple[str, str], ...]
    performers: tuple[tuple[str, str], ...]
    is_listed_here: bool
    own_performer: str
    may_change: bool
    has_records: bool
    form: Form = field(repr=False)
    done: str = ""


# -- Finding and registering


@blueprint.get("/invanare")
def search_form() -> Response:
    return render("staff/citizens.html", FoundPage(Form(texts()), may_register=visit().may(Role.BOOKER)))


@blueprint.post("/invanare")
def search() -> Response:
    """Those that are found; from the page head (snabbsök) straight to the one that is."""
    sent = form()
    wanted = sent.text("wanted", required=True, most=80)
    found: tuple[tuple[int, Citizen], ...] = ()
    if wanted is not None and sent.is_right:
        with system().writing() as session:
            some = citizens.find_citizens(session, wanted)
            found = tuple((citizens.id_of(session, one.subject_of_care) or 0, one) for one in some)
            audit_found(session, some)
    if sent.value("quick") and len(found) == 1:
        return redirect(url_for("citizens.citizen", citizen_id=found[0][0]), 303)
    page = FoundPage(sent, found, sent.is_right, visit().may(Role.BOOKER))
    return render("staff/citizens.html", page, 200 if sent.is_right else 422)


@blueprint.get("/invanare/ny")
@needs(Role.BOOKER)
def register_form() -> Response:
    return render("staff/register.html", RegisterPage(Form(texts())))


@blueprint.post("/invanare/ny")
@needs(Role.BOOKER)
def register() -> Response:
    return once.carry_out(lambda: _register(form()))


def _register(sent: Form) -> Response:
    now = system().now()
    person = sent.person("number", now.astimezone(SWEDEN).date())
    told = _told(sent, person)
    if person is None or told is None:
        return render("staff/register.html", RegisterPage(sent), 422)
    with system().writing() as session:
        there = citizens.id_of(session, person)
        if there is not None:
            audit(session, "find citizen", person.number)
            sent.fault("number", "citizen.registered")
            return render("staff/register.html", RegisterPage(sent, registered_id=there), 409)
        citizens.register(session, told, now)
        audit(session, "write citizen", person.number)
        citizen_id = citizens.id_of(session, person)
    return redirect(url_for("citizens.citizen", citizen_id=citizen_id, klart="sparad"), 303)


@blueprint.get("/invanare/<int:citizen_id>/andra")
@needs(Role.BOOKER)
def change_form(citizen_id: int) -> Response:
    with system().writing() as session:
        known = _known(session, citizen_id)
        audit(session, "read citizen", known.subject_of_care.number)
    return render("staff/register.html", RegisterPage(Form(texts()), known, citizen_id))


@blueprint.post("/invanare/<int:citizen_id>/andra")
@needs(Role.BOOKER)
def change(citizen_id: int) -> Response:
    sent = form()
    with system().writing() as session:
        known = _known(session, citizen_id)
        told = _told(sent, known.subject_of_care)
        if told is None:
            return render("staff/register.html", RegisterPage(sent, known, citizen_id), 422)
        own, there = known.listed_performer_id, known.listed_clinic_id
        changed = replace(told, listed_clinic_id=there, listed_performer_id=own)
        if known.is_protected and changed.is_protected:  # what nobody was shown nobody has changed
            changed = replace(changed, phone=known.phone, email=known.email, address=known.address)
        citizens.register(session, changed, system().now())
        audit(session, "write citizen", known.subject_of_care.number)
    return redirect(url_for("citizens.citizen", citizen_id=citizen_id, klart="sparad"), 303)


def _told(sent: Form, person: PersonIdentity | None) -> Citizen | None:
    """The citizen that the form tells of; None when something is wrong with it."""
    first, last = sent.text("first_name", required=True, most=80), sent.text("last_name", required=True, most=80)
    phone, email, address = sent.text("phone", most=40), sent.text("email", most=120), sent.text("address", most=200)
    if person is None or first is None or last is None or not sent.is_right:
        return None
    return Citizen(person, first, last, phone, email, address, sent.ticked("is_protected"))


# -- One citizen


@blueprint.get("/invanare/<int:citizen_id>")
def citizen(citizen_id: int) -> Response:
    return _citizen_page(citizen_id, Form(texts()))


def _citizen_page(citizen_id: int, sent: Form, status: int = 200) -> Response:
    now, here = system().now(), visit()
    with system().writing() as session:
        known = _known(session, citizen_id)
        number = known.subject_of_care.number
        theirs = overview.entries(session, BookingRow.clinic_id == here.clinic.id, BookingRow.subject_of_care == number)
        lines = overview.history(session, [one.id for one in theirs])
        kinds = find.time_types(session, [here.clinic])
        bases = citizens.bases_of(session, known.subject_of_care, now)
        people = overview.performer_ids(session)
        own = citizens.own_performer(session, known)
        audit(session, "read citizen", number)
    page = citizen_page(citizen_id, known, theirs, lines, kinds, bases, now, sent)
    is_listed_here = known.listed_clinic_id == here.clinic.id
    return render(
        "staff/citizen.html",
        replace(
            page,
            performers=tuple((hsa_id.text, name) for hsa_id, name in people),
            is_listed_here=is_listed_here,
            own_performer=own.text if own is not None and is_listed_here else "",
            may_change=here.may(Role.BOOKER),
            has_records=has_records(),
            done=_done(),
        ),
        status,
    )


def citizen_page(
    citizen_id: int,
    known: Citizen,
    theirs: tuple[Entry, ...],
    lines: tuple[HistoryLine, ...],
    kinds: tuple[TimeType, ...],
    bases: tuple[Basis, ...],
    now: datetime,
    sent: Form,
) -> CitizenPage:
    """The page as it is for who may only look; bases of other clinics are not this page's."""
    names = {kind.id: kind.settings.internal_name for kind in kinds}
    coming = [one for one in theirs if one.start is not None and one.start >= now and one.state in overview.SEATED]
    invited = [one for one in theirs if one.start is None]
    past = [one for one in reversed(theirs) if one not in coming and one not in invited]
    needing = [kind.settings for kind in kinds if kind.settings.requires_basis]
    return CitizenPage(
        citizen_id,
        known,
        tuple(coming),
        tuple(past),
        tuple(invited),
        lines,
        tuple((one, names[one.time_type_id]) for one in bases if one.time_type_id in names),
        tuple((one.code, one.internal_name) for one in needing),
        (),
        False,
        "",
        False,
        False,
        sent,
    )


@blueprint.post("/invanare/<int:citizen_id>/underlag")
@needs(Role.BOOKER)
def give_basis(citizen_id: int) -> Response:
    return once.carry_out(lambda: _give_basis(citizen_id, form()))


def _give_basis(citizen_id: int, sent: Form) -> Response:
    _need_records()
    with system().reading() as session:
        kinds = {kind.settings.code: kind for kind in find.time_types(session, [visit().clinic])}
    code = sent.one_of("time_type", [code for code, kind in kinds.items() if kind.settings.requires_basis])
    last_day, note = sent.day_or_none("last_day"), sent.text("note", most=200)
    if last_day is not None and last_day < system().now().astimezone(SWEDEN).date():
        sent.fault("last_day", "citizen.basis_past")
    if code is None or not sent.is_right:
        return _citizen_page(citizen_id, sent, 422)
    with system().writing() as session:
        known = _known(session, citizen_id)
        given_by = visit().member.hsa_id
        citizens.give_basis(session, known.subject_of_care, kinds[code], system().now(), given_by, note, last_day)
        audit(session, "give basis", known.subject_of_care.number)
    return redirect(url_for("citizens.citizen", citizen_id=citizen_id, klart="sparad"), 303)


@blueprint.post("/invanare/<int:citizen_id>/underlag/<int:basis_id>/dra-tillbaka")
@needs(Role.BOOKER)
def withdraw_basis(citizen_id: int, basis_id: int) -> Response:
    _need_records()
    with system().writing() as session:
        known = _known(session, citizen_id)
        theirs = {one.id for one in citizens.bases_of(session, known.subject_of_care, system().now())}
        if basis_id not in theirs:
            abort(404)
        citizens.withdraw_basis(session, basis_id, system().now())
        audit(session, "withdraw basis", known.subject_of_care.number)
    return redirect(url_for("citizens.citizen", citizen_id=citizen_id, klart="borttagen"), 303)


@blueprint.post("/invanare/<int:citizen_id>/listning")
@needs(Role.BOOKER)
def list_here(citizen_id: int) -> Response:
    """Listed here with an own performer, or no longer here; a listing at another clinic ends only by a new one (R9)."""
    _need_records()
    sent = form()
    with system().reading() as session:
        offered = [hsa_id.text for hsa_id, _ in overview.performer_ids(session)]
    performer = sent.one_of("performer", offered, required=False)
    if not sent.is_right:
        return _citizen_page(citizen_id, sent, 422)
    with system().writing() as session:
        known = _known(session, citizen_id)
        here, person = visit().clinic, known.subject_of_care
        if sent.ticked("listed"):
            citizens.list_at(session, person, here, None if performer is None else HsaId(performer))
        elif known.listed_clinic_id == here.id:
            citizens.list_at(session, person, None)
        audit(session, "write citizen", known.subject_of_care.number)
    return redirect(url_for("citizens.citizen", citizen_id=citizen_id, klart="sparad"), 303)


def _need_records() -> None:
    if not has_records():
        abort(404)


def _known(session: Session, citizen_id: int) -> Citizen:
    found = citizens.citizen_of_id(session, citizen_id)
    return found if found is not None else abort(404)


def _done() -> str:
    told = request.args.get("klart", "")
    return told if told in ("sparad", "borttagen") else ""

"""One booking, and one time of the schedule: looking at them, and all that staff do with them.

Every look at a citizen's booking and every change is a line in the audit log, a change's in its own transaction. What
the rules would have refused a citizen is told, every rule of it, and done when it is confirmed (domain.md §6.3). Whose
time is moved or cancelled stands on the list of those to tell, unless the form says that the citizen knows. A form that
is sent twice is carried out once. Rules for staff are engine/care.py's.
Source: domain.md §6.2 (panel), §6.3, §7.4.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from flask import Blueprint, abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from contracts.identifiers import PersonIdentity
from contracts.times import SWEDEN
from scheduling_backends.audit import AuditAction
from scheduling_backends.engine import audit_log, care, citizens, overview, telling
from scheduling_backends.engine.book import Contact
from scheduling_backends.engine.care import CareRefused
from scheduling_backends.engine.citizens import Citizen
from scheduling_backends.engine.models import SlotRow
from scheduling_backends.engine.overview import Entry, HistoryLine, Time
from scheduling_backends.engine.refusals import Refusal
from scheduling_backends.engine.states import Role, SlotState
from scheduling_backends.staff.pages import form, render, texts
from scheduling_backends.staff.standings import OnTheWeb, on_the_web
from scheduling_backends.staff.visits import needs, system, visit
from webpages import once
from webpages.forms import Form

blueprint = Blueprint("bookings", __name__)

MOVE_DAYS = 14
LONGEST_ID = 64
"""As much of an id as is noted: it came by the address."""

Hits = tuple[Refusal, ...]
"""Rules that would have stopped the citizen, of which staff are warned."""


@dataclass(frozen=True, slots=True)
class BookingPage:
    """A booking with its history. `may_change`: this visit may, and the booking can still be changed.

    `is_early`: it is not yet the day of the visit.
    """

    entry: Entry
    lines: tuple[HistoryLine, ...]
    citizen_id: int | None
    may_change: bool
    may_conclude: bool
    may_reopen: bool
    is_early: bool
    has_begun: bool
    form: Form = field(repr=False)
    done: str = ""
    is_untold: bool = False
    warnings: Hits = ()


@dataclass(frozen=True, slots=True)
class MovePage:
    """Choosing another time: the days from `first_day`, and the free times of them."""

    entry: Entry
    first_day: date
    earlier: date
    later: date
    times: tuple[tuple[date, tuple[Time, ...]], ...]
    form: Form = field(repr=False)
    warnings: Hits = ()


@dataclass(frozen=True, slots=True)
class TimePage:
    """A time of the schedule, and what it is for the web."""

    time: Time
    web: OnTheWeb
    may_book: bool
    may_plan: bool
    form: Form = field(repr=False)
    done: str = ""

    @property
    def has_changed(self) -> bool:
        """Whether what was just asked for came to be."""
        return self.done not in UNCHANGED


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a time is booked for: somebody in the register, a number that is not there, or those a search found."""

    person: PersonIdentity | None = None
    known: Citizen | None = None
    citizen_id: int | None = None
    found: tuple[tuple[int, Citizen], ...] = ()


NOBODY = Whom()


@dataclass(frozen=True, slots=True)
class BookPage:
    """Booking a time for a citizen. `warnings` are what would have stopped the citizen."""

    time: Time
    form: Form = field(repr=False)
    whom: Whom
    warnings: Hits = ()

    @property
    def ready_reasons(self) -> tuple[tuple[str, str], ...]:
        """The kind of time's ready reasons, to choose from."""
        return tuple((reason, reason) for reason in self.time.time_type.settings.ready_reasons)


@dataclass(frozen=True, slots=True)
class Change:
    """What is to happen to a booking: the word of the audit log, the act, what is told afterwards, the rules that would
    have stopped the citizen, and the field that a refusal is told at."""

    action: AuditAction
    act: Callable[[Session], object]
    done: str
    hits: Callable[[Session], Hits] = lambda session: ()
    field: str = "comment"


# -- A booking


@blueprint.get("/bokning/<booking_id>")
def booking(booking_id: str) -> Response:
    return _booking_page(booking_id, Form(texts()))


def _booking_page(booking_id: str, sent: Form, status: int = 200, warnings: Hits = ()) -> Response:
    with system().writing() as session:
        entry = entry_of(session, booking_id)
        ids = (booking_id, *overview.predecessors(session, booking_id))
        lines = overview.history(session, ids)
        known = citizens.id_of(session, entry.subject_of_care)
        is_untold = telling.waits(session, booking_id)
        note(session, "read booking", entry)
    page = booking_page(
        entry, lines, known, system().now(), visit().may(Role.BOOKER), sent, request.args.get("klart", "")
    )
    return render("staff/booking.html", replace(page, is_untold=is_untold, warnings=warnings), status)


def booking_page(
    entry: Entry,
    lines: tuple[HistoryLine, ...],
    citizen_id: int | None,
    now: datetime,
    may_book: bool,
    sent: Form,
    done: str,
) -> BookingPage:
    has_begun = entry.start is not None and entry.start <= now
    is_seated = may_book and entry.start is not None and entry.state in overview.SEATED
    is_early = is_seated and entry.start is not None and not care.is_the_day(entry.start, now)
    return BookingPage(
        entry,
        lines,
        citizen_id,
        may_change=may_book and entry.is_active,
        may_conclude=is_seated and not is_early,
        may_reopen=is_seated and entry.state in care.CONCLUDED,
        is_early=is_early,
        has_begun=has_begun,
        form=sent,
        done=_known(done),
    )


@blueprint.post("/bokning/<booking_id>/avboka")
@needs(Role.BOOKER)
def cancel(booking_id: str) -> Response:
    sent = form()
    comment = sent.text("comment", required=True)
    if not sent.is_right:
        return _booking_page(booking_id, sent, 422)
    here, now = visit(), system().now()

    def act(session: Session) -> None:
        care.cancel(session, booking_id, here.author, now, comment)
        _told(session, booking_id, sent)

    return _changed(
        booking_id,
        Change("cancel", act, "avbokad", lambda session: care.hits_of_cancelling(session, booking_id, now)),
        sent,
    )


def _told(session: Session, booking_id: str, sent: Form) -> None:
    """The citizen knows already, if the form says so; otherwise the list Att meddela has the booking."""
    if sent.ticked("is_told"):
        telling.tell(session, booking_id, system().now(), visit().author)


@blueprint.post("/bokning/<booking_id>/kom")
@needs(Role.BOOKER)
def came(booking_id: str) -> Response:
    return _concluded(booking_id, True)


@blueprint.post("/bokning/<booking_id>/uteblev")
@needs(Role.BOOKER)
def stayed_away(booking_id: str) -> Response:
    return _concluded(booking_id, False)


def _concluded(booking_id: str, has_come: bool) -> Response:
    def act(session: Session) -> None:
        care.conclude(session, booking_id, has_come, visit().author, system().now())

    return _changed(booking_id, Change("conclude", act, "noterad", field="actions"))


@blueprint.post("/bokning/<booking_id>/angra")
@needs(Role.BOOKER)
def reopen(booking_id: str) -> Response:
    """Kom or Uteblev was a mistake."""

    def act(session: Session) -> None:
        care.reopen(session, booking_id, visit().author, system().now())

    return _changed(booking_id, Change("conclude", act, "angrad", field="actions"))


@blueprint.get("/bokning/<booking_id>/flytta")
@needs(Role.BOOKER)
def choose(booking_id: str) -> Response:
    return _move_page(booking_id, Form(texts()))


def _move_page(booking_id: str, sent: Form, status: int = 200, warnings: Hits = ()) -> Response:
    with system().writing() as session:
        entry = entry_of(session, booking_id)
        if entry.start is None or not entry.is_active:
            abort(404)
        first = _first_day(sent.value("day") or request.args.get("dag", ""), entry.start)
        last = first + timedelta(days=MOVE_DAYS - 1)
        free = overview.times(session, visit().clinic, first, last, SlotRow.end > system().now())
        note(session, "read booking", entry)
    return render("staff/move.html", replace(move_page(entry, first, free, sent), warnings=warnings), status)


def move_page(entry: Entry, first: date, found: tuple[Time, ...], sent: Form) -> MovePage:
    """The free times of the booking's kind by day; other kinds are not offered, staff book those anew."""
    free = [one for one in found if one.free and one.time_type.settings.code == entry.time_type_code]
    days = {one.day: tuple(other for other in free if other.day == one.day) for one in free}
    step = timedelta(days=MOVE_DAYS)
    return MovePage(entry, first, first - step, first + step, tuple(days.items()), sent)


@blueprint.post("/bokning/<booking_id>/flytta")
@needs(Role.BOOKER)
def move(booking_id: str) -> Response:
    sent = form()
    slot_id = sent.number("slot", least=1, most=999_999_999)
    comment = sent.text("comment")
    if slot_id is None or not sent.is_right:
        return _move_page(booking_id, sent, 422)
    wanted, here, now = slot_id, visit(), system().now()

    def act(session: Session) -> None:
        care.move(session, booking_id, wanted, here.author, now, comment)
        _told(session, booking_id, sent)

    def hits(session: Session) -> Hits:
        return care.hits_of_moving(session, booking_id, wanted, now)

    return _changed(booking_id, Change("move", act, "flyttad", hits, "slot"), sent, _move_page)


def _changed(
    booking_id: str,
    change: Change,
    sent: Form | None = None,
    again: Callable[[str, Form, int, Hits], Response] = _booking_page,
) -> Response:
    """Change a booking and note it, once; what cannot be, or wants confirming, is told on the page it came from."""
    told = sent or Form(texts())

    def carry_out() -> Response:
        try:
            with system().writing() as session:
                entry = entry_of(session, booking_id, change.action)
                hits = () if told.ticked("confirmed") else change.hits(session)
                if not hits:
                    change.act(session)
                    note(session, change.action, entry)
        except CareRefused as refused:
            told.faults[change.field] = refused.sentence
            note_refusal(change.action, booking_id)
            return again(booking_id, told, 409, ())
        if hits:
            return again(booking_id, told, 422, hits)
        return redirect(url_for("bookings.booking", booking_id=booking_id, klart=change.done), 303)

    return once.carry_out(carry_out)


# -- A time


@blueprint.get("/tid/<int:slot_id>")
def slot(slot_id: int) -> Response:
    return _time_page(slot_id, Form(texts()))


def _time_page(slot_id: int, sent: Form, status: int = 200) -> Response:
    with system().writing() as session:
        time = _time(session, slot_id)
        for one in (*time.seated, *time.cancelled):
            note(session, "read booking", one)
    may_book = visit().may(Role.BOOKER) and time.free > 0 and time.end > system().now()
    web = on_the_web(time, visit().clinic.settings, system().now())
    may_plan = visit().may(Role.BOOKER, Role.SCHEDULER)
    page = TimePage(time, web, may_book, may_plan, sent, _known(request.args.get("klart", "")))
    return render("staff/time.html", page, status)


@blueprint.post("/tid/<int:slot_id>/sparra")
@needs(Role.BOOKER, Role.SCHEDULER)
def block(slot_id: int) -> Response:
    sent = form()
    reason = sent.text("reason", required=True, most=200)
    if not sent.is_right:
        return _time_page(slot_id, sent, 422)
    unchanged = {SlotState.DRAFT: "ar_utkast", SlotState.BLOCKED: "var_sparrad"}
    return _planned(slot_id, lambda session: care.block(session, [slot_id], reason), "sparrad", unchanged)


@blueprint.post("/tid/<int:slot_id>/oppna")
@needs(Role.BOOKER, Role.SCHEDULER)
def unblock(slot_id: int) -> Response:
    unchanged = {SlotState.BLOCKED: "inte_oppnad", SlotState.PUBLISHED: "var_oppen", SlotState.DRAFT: "ar_utkast"}
    return _planned(slot_id, lambda session: care.unblock(session, [slot_id]), "oppnad", unchanged)


def _planned(slot_id: int, act: Callable[[Session], int], done: str, unchanged: Mapping[SlotState, str]) -> Response:
    """Change a time and say so; where nothing came of it, `unchanged` says why by the state that it is in."""
    with system().writing() as session:
        was = _time(session, slot_id).state
        has_changed = act(session) > 0
        audit(session, "write schedule", None, outcome="OK" if has_changed else "refused")
    if not has_changed:
        done = unchanged[was]
    return redirect(url_for("bookings.slot", slot_id=slot_id, klart=done), 303)


@blueprint.get("/tid/<int:slot_id>/boka")
@needs(Role.BOOKER)
def book_form(slot_id: int) -> Response:
    """The form; `?invanare=7` fills in whom it is for, from that citizen's page."""
    with system().writing() as session:
        time = _time(session, slot_id)
        whom = _registered(session, request.args.get("invanare", ""))
        if whom.known is not None:
            audit(session, "read citizen", whom.known.subject_of_care.number)
    return render("staff/book.html", BookPage(time, Form(texts()), whom))


@blueprint.post("/tid/<int:slot_id>/boka")
@needs(Role.BOOKER)
def book(slot_id: int) -> Response:
    return once.carry_out(lambda: _book(slot_id, form()))


def _book(slot_id: int, sent: Form) -> Response:
    now = system().now()
    care_note, invitation = sent.text("reason"), sent.text("invitation_text")
    first, last, phone = (sent.text(name, most=80) for name in ("first_name", "last_name", "phone"))
    with system().writing() as session:
        time = _time(session, slot_id)
        ready = sent.one_of("ready_reason", time.time_type.settings.ready_reasons, required=False)
        care_note = "\n".join(filter(None, (ready, care_note))) or None
        whom = _whom(session, sent, now)
        person, known = whom.person, whom.known
        if known is None and not whom.found:
            sent.text("first_name", required=True)
            sent.text("last_name", required=True)
        if person is None or not sent.is_right:
            return render("staff/book.html", BookPage(time, sent, whom), 422)
        hits = () if sent.ticked("confirmed") else care.hits_of_booking(session, slot_id, person, now)
        if hits:
            audit(session, "find citizen", person.number)
            return render("staff/book.html", BookPage(time, sent, whom, hits), 422)
        citizen = known or Citizen(person, first or "", last or "", phone)
        try:
            with session.begin_nested():
                booking_id = care.book(
                    session,
                    slot_id,
                    person,
                    _contact(citizen, phone),
                    visit().author,
                    now,
                    note=care_note,
                    invitation_text=invitation,
                )
        except CareRefused as refused:
            sent.faults["slot"] = refused.sentence
            audit(session, "make", person.number, outcome="refused")
            return render("staff/book.html", BookPage(_time(session, slot_id), sent, whom), 409)
        if known is None:
            citizens.register(session, citizen, now)
        audit(session, "make", person.number, booking_id)
    return redirect(url_for("bookings.booking", booking_id=booking_id, klart="bokad"), 303)


def _whom(session: Session, sent: Form, now: datetime) -> Whom:
    """Who is named by the form: one that was chosen, a whole number, or the beginning of a number or a name.

    A choice counts for the search that it was made from: what is typed since is somebody else.
    """
    chosen = _registered(session, sent.value("citizen"))
    if chosen.known is not None and sent.value("number") == sent.value("searched"):
        return chosen
    typed, today = sent.text("number", required=True, most=80) or "", now.astimezone(SWEDEN).date()
    if typed and is_search(typed, today):
        some = citizens.find_citizens(session, typed)
        audit_found(session, some)
        sent.fault("number", "book.choose" if some else "book.none_found")
        return Whom(found=tuple((citizens.id_of(session, one.subject_of_care) or 0, one) for one in some))
    person = sent.person("number", today)
    known = None if person is None else citizens.citizen(session, person)
    return Whom(person, known, None if person is None or known is None else citizens.id_of(session, person))


def _registered(session: Session, citizen_id: str) -> Whom:
    """The citizen whose row has this number; NOBODY where it is no number, or nobody's."""
    if not (citizen_id.isascii() and citizen_id.isdigit() and len(citizen_id) < 10):
        return NOBODY
    known = citizens.citizen_of_id(session, int(citizen_id))
    return NOBODY if known is None else Whom(known.subject_of_care, known, int(citizen_id))


def is_search(typed: str, today: date) -> bool:
    """Whether it is to be looked for: a name, or the beginning of a number; a whole number that is wrong is not."""
    with suppress(ValueError):
        PersonIdentity.from_input(typed, today)
        return False
    return any(char.isalpha() for char in typed) or sum(char.isdigit() for char in typed) < 10


# -- What the pages of staff share


def audit(
    session: Session, action: AuditAction, number: str | None, booking_id: str | None = None, outcome: str = "OK"
) -> None:
    """A line in the audit log about this visit."""
    here = visit()
    audit_log.note(session, system().now(), action, outcome, here.clinic.hsa_id, here.member.hsa_id, number, booking_id)


def note(session: Session, action: AuditAction, entry: Entry) -> None:
    """A line about a booking that this visit looked at or changed."""
    audit(session, action, entry.subject_of_care.number, entry.id)


def audit_each(session: Session, action: AuditAction, numbers: Iterable[str | None]) -> None:
    """A line for each of these citizens."""
    here = visit()
    audit_log.note_each(session, system().now(), action, here.clinic.hsa_id, here.member.hsa_id, numbers)


def audit_all(session: Session, action: AuditAction, seen: Sequence[Entry]) -> None:
    """A line for each citizen among the bookings that a page shows; one without anybody is noted too."""
    audit_each(session, action, sorted({one.subject_of_care.number for one in seen}) or [None])


def audit_found(session: Session, some: Sequence[Citizen]) -> None:
    """A line for each citizen that a search shows; one without anybody is noted too."""
    audit_each(session, "find citizen", [one.subject_of_care.number for one in some] or [None])


class UnknownBooking(NotFound):
    """The clinic has no such booking; the attempt is noted without a citizen, for it may be another clinic's."""

    def __init__(self, action: AuditAction, booking_id: str) -> None:
        super().__init__()
        self.action, self.booking_id = action, booking_id[:LONGEST_ID]


def note_unknown(error: UnknownBooking) -> None:
    """In a transaction of its own, for that of the attempt was undone."""
    with system().writing() as session:
        audit(session, error.action, None, error.booking_id, "refused")


def note_refusal(action: AuditAction, booking_id: str) -> None:
    with system().writing() as session:
        found = overview.entry(session, visit().clinic, booking_id)
        number = found.subject_of_care.number if found else None
        audit(session, action, number, booking_id[:LONGEST_ID], "refused")


def entry_of(session: Session, booking_id: str, action: AuditAction = "read booking") -> Entry:
    """The booking, if it is this clinic's; raises UnknownBooking otherwise: 404, noted all the same."""
    found = overview.entry(session, visit().clinic, booking_id)
    if found is None:
        raise UnknownBooking(action, booking_id)
    return found


def _time(session: Session, slot_id: int) -> Time:
    found = overview.time(session, visit().clinic, slot_id)
    return found if found is not None else abort(404)


def _contact(citizen: Citizen, phone: str | None) -> Contact:
    return Contact(citizen.first_name, None, citizen.last_name, phone or citizen.phone, citizen.email, citizen.address)


def _first_day(text: str, start: datetime) -> date:
    today = system().now().astimezone(SWEDEN).date()
    with suppress(ValueError):
        return max(today, date.fromisoformat(text))
    return max(today, start.astimezone(SWEDEN).date())


UNCHANGED = ("ar_utkast", "var_sparrad", "inte_oppnad", "var_oppen")
_DONE = (
    "bokad", "flyttad", "avbokad", "noterad", "angrad", "sparrad", "oppnad", "kallad", "sparad", "borttagen", *UNCHANGED
)  # fmt: skip


def _known(done: str) -> str:
    """What was just done, if it is one of ours: it came by the address."""
    return done if done in _DONE else ""


def is_blocked(time: Time) -> bool:
    return time.state is SlotState.BLOCKED

"""What staff do with bookings: book, move, cancel, conclude; block and open times.

Staff are not bound by the citizens' rules (domain.md §9.4); `hits_of_…` say which of them would have stopped the
citizen, for the warning on the page. The database holds staff to the same truth as citizens: one booking a seat, a
failed move keeps the old time, a booking that has ended is not changed. Functions run inside the caller's writing
transaction; they raise CareRefused, and the caller's transaction is then to be given up. The author's HSA-id is written
into the history.
Elsewhere: setting up and inviting (desk.py), citizens (book.py), who is to be told (telling.py), the audit log's lines
(audit_log.py, by the pages).
Source: domain.md §6.3, §7.4, §9.5.
"""

import tomllib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import resources

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from contracts.database import hold
from contracts.identifiers import PersonIdentity
from contracts.times import SWEDEN
from scheduling_backends.engine import find, rules
from scheduling_backends.engine.book import Contact, end, queue_of, replace_with
from scheduling_backends.engine.citizens import circumstances_of
from scheduling_backends.engine.closures import SCHEDULES, is_closed
from scheduling_backends.engine.entries import Booking, Clinic, TimeType
from scheduling_backends.engine.models import (
    BookingRow,
    CareTypeRow,
    ClinicRow,
    SeatRow,
    SlotRow,
    TimeTypeRow,
    new_booking_id,
)
from scheduling_backends.engine.refusals import Refusal
from scheduling_backends.engine.seats import Author, let_go, take_seat_of_any_kind, write_history
from scheduling_backends.engine.states import BookingState, Happening, Initiative, SlotState

CONCLUDED = (BookingState.COMPLETED, BookingState.NO_SHOW)


class CareSituation(StrEnum):
    """Why something cannot be done for staff either: the sentences of care_sv.toml."""

    NO_SEAT = "no_seat"
    SLOT_GONE = "slot_gone"
    BOOKING_ENDED = "booking_ended"
    UNKNOWN_BOOKING = "unknown_booking"
    NOT_YET_THE_DAY = "not_yet_the_day"
    NOT_YET_STARTED = "not_yet_started"
    NOT_CONCLUDED = "not_concluded"


class CareRefused(Exception):
    """Staff cannot do it; `situation` says why, `sentence` says it in Swedish."""

    def __init__(self, situation: CareSituation) -> None:
        self.situation = situation
        self.sentence = _sentences()[situation]
        super().__init__(situation.value)


@cache
def _sentences() -> dict[str, str]:
    text: dict[str, str] = tomllib.loads(resources.files(__package__).joinpath("care_sv.toml").read_text("utf-8"))
    return text


# -- Bookings


def book(
    session: Session,
    slot_id: int,
    person: PersonIdentity,
    contact: Contact,
    author: Author,
    now: datetime,
    *,
    note: str | None = None,
    invitation_text: str | None = None,
    invitation: str | None = None,
) -> str:
    """Book a seat of the slot for a citizen; with a text it is a timed invitation. The booking's id.

    `note` is care's own and stays here: the reason that goes out is the citizen's (contracts.md MB-8).
    `invitation` is an open invitation of the same citizen that the booking uses up. Drafts and blocked times can be
    had too, times that have ended cannot. Raises CareRefused.
    """
    hold(session, queue_of(person))
    slot, kind, booking_id = *_slot(session, slot_id), new_booking_id()
    if slot.end <= now:
        raise CareRefused(CareSituation.SLOT_GONE)
    if take_seat_of_any_kind(session, slot_id, booking_id) is None:
        raise CareRefused(CareSituation.NO_SEAT)
    row = BookingRow(
        id=booking_id,
        clinic_id=slot.clinic_id,
        time_type_id=kind.id,
        slot_id=slot_id,
        state=BookingState.BOOKED,
        is_invitation=invitation_text is not None,
        invitation_text=invitation_text,
        booked_by=Initiative.CARE,
        subject_of_care=person.number,
        care_note=note,
        made_at=now,
        **contact.given(),
    )
    session.add(row)
    session.flush()
    write_history(session, booking_id, Happening.BOOKED, author, now, to_slot=slot_id, comment=note)
    if invitation is not None:
        replace_with(session, _active(session, invitation), booking_id, author, now)
    return booking_id


def move(
    session: Session, booking_id: str, slot_id: int, author: Author, now: datetime, comment: str | None = None
) -> str:
    """Move a citizen's booking to a seat of the slot, of any kind of time at the same clinic; its id.

    Who booked it and whether it is an invitation stay as they are. Raises CareRefused, and the old time is kept.
    """
    booking = _active(session, booking_id)
    slot, kind = _slot(session, slot_id)
    if slot.clinic_id != booking.clinic.id or slot.end <= now:
        raise CareRefused(CareSituation.SLOT_GONE)
    if booking.slot_id is None:
        raise CareRefused(CareSituation.BOOKING_ENDED)
    if slot_id != booking.slot_id:
        _change_seat(session, booking, slot_id)
    changes = {"slot_id": slot_id, "time_type_id": kind.id, "state": BookingState.BOOKED}
    session.execute(update(BookingRow).where(BookingRow.id == booking_id).values(changes))
    write_history(session, booking_id, Happening.MOVED, author, now, booking.slot_id, slot_id, comment)
    return booking_id


def cancel(session: Session, booking_id: str, author: Author, now: datetime, comment: str | None = None) -> None:
    """Cancel a citizen's booking or invitation, at any time. Raises CareRefused for one that has ended."""
    end(session, _active(session, booking_id), BookingState.CANCELLED_BY_CARE, author, comment, now)


def conclude(session: Session, booking_id: str, came: bool, author: Author, now: datetime) -> None:
    """The citizen has come, or did not. It can be corrected; raises CareRefused for what is not a booked time.

    Nobody comes before the day of the visit, and nobody has failed to come before the time has begun.
    """
    booking = _held_booking(session, booking_id)
    if booking.state not in (BookingState.BOOKED, *CONCLUDED) or booking.start is None:
        raise CareRefused(CareSituation.BOOKING_ENDED)
    if came and not is_the_day(booking.start, now):
        raise CareRefused(CareSituation.NOT_YET_THE_DAY)
    if not came and booking.start > now:
        raise CareRefused(CareSituation.NOT_YET_STARTED)
    what = Happening.CAME if came else Happening.STAYED_AWAY
    _set_state(session, booking_id, BookingState.COMPLETED if came else BookingState.NO_SHOW)
    write_history(session, booking_id, what, author, now)


def reopen(session: Session, booking_id: str, author: Author, now: datetime) -> None:
    """Take back that the citizen came or did not: it is a booked time again. Raises CareRefused for any other."""
    booking = _held_booking(session, booking_id)
    if booking.state not in CONCLUDED:
        raise CareRefused(CareSituation.NOT_CONCLUDED)
    _set_state(session, booking_id, BookingState.BOOKED)
    write_history(session, booking_id, Happening.REOPENED, author, now)


def is_the_day(start: datetime, now: datetime) -> bool:
    """Whether the day of the visit has come, in Swedish time."""
    return start.astimezone(SWEDEN).date() <= now.astimezone(SWEDEN).date()


def take_off_the_work_list(session: Session, booking_id: str, now: datetime) -> None:
    """Staff have seen to it that the citizen was told, or got another time (R33)."""
    session.execute(update(BookingRow).where(BookingRow.id == booking_id).values(handled_at=now))


# -- What a citizen would have been refused


def hits_of_booking(session: Session, slot_id: int, person: PersonIdentity, now: datetime) -> tuple[Refusal, ...]:
    """Every rule that would stop the citizen from booking this time now, but those about what the web offers."""
    return rules.hits_of_booking(_case(session, slot_id, person, rules.Errand.NEW, now))


def hits_of_moving(session: Session, booking_id: str, slot_id: int, now: datetime) -> tuple[Refusal, ...]:
    """Every rule that would stop the citizen from moving the booking to this time now."""
    booking = _active(session, booking_id)
    clinic, settings = booking.clinic.settings, booking.time_type.settings
    case = _case(session, slot_id, booking.subject_of_care, rules.Errand.REBOOKING, now, besides=booking_id)
    return (*rules.hits_of_leaving(clinic, settings, booking.facts, now), *rules.hits_of_booking(case))


def hits_of_cancelling(session: Session, booking_id: str, now: datetime) -> tuple[Refusal, ...]:
    """The cut-off that is over for the citizen."""
    booking = _active(session, booking_id)
    return rules.hits_of_cancelling(booking.clinic.settings, booking.time_type.settings, booking.facts, now)


def _case(
    session: Session,
    slot_id: int,
    person: PersonIdentity,
    errand: rules.Errand,
    now: datetime,
    besides: str | None = None,
) -> rules.BookingCase:
    slot, kind = _slot(session, slot_id)
    clinic = _clinic_of(session, slot)
    return rules.BookingCase(
        clinic.settings,
        rules.in_force(clinic.settings, kind.settings),
        rules.SlotFacts(slot.start, slot.end, slot.state, slot.published_from, slot.performer_id),
        person,
        errand,
        now,
        own=find.own_times(session, clinic, person, now, besides),
        known=circumstances_of(session, clinic, kind, person, now, besides),
    )


# -- Times


def block(session: Session, slot_ids: Sequence[int], reason: str | None = None) -> int:
    """Take published times out, with a reason for staff; those who are booked there stay booked. How many there were.

    Drafts stay drafts: opened again, they would go out without anybody having published them.
    """
    out = (SlotRow.id.in_(slot_ids), SlotRow.state == SlotState.PUBLISHED)
    blocked = update(SlotRow).where(*out).values(state=SlotState.BLOCKED, block_reason=reason)
    return len(session.scalars(blocked.returning(SlotRow.id)).all())


def unblock(session: Session, slot_ids: Sequence[int]) -> int:
    """Let blocked times be booked again, where the hours are not closed. How many there were."""
    hold(session, SCHEDULES)
    blocked = (SlotRow.id.in_(slot_ids), SlotRow.state == SlotState.BLOCKED, ~is_closed())
    opened = update(SlotRow).where(*blocked).values(state=SlotState.PUBLISHED, block_reason=None)
    return len(session.scalars(opened.returning(SlotRow.id)).all())


# -- Private


def _slot(session: Session, slot_id: int) -> tuple[SlotRow, TimeType]:
    statement = (
        select(SlotRow, TimeTypeRow, CareTypeRow)
        .join(TimeTypeRow, TimeTypeRow.id == SlotRow.time_type_id)
        .outerjoin(CareTypeRow, CareTypeRow.id == TimeTypeRow.care_type_id)
        .where(SlotRow.id == slot_id)
    )
    found = session.execute(statement).one_or_none()
    if found is None:
        raise CareRefused(CareSituation.SLOT_GONE)
    return found.SlotRow, find.time_type_of(found.TimeTypeRow, found.CareTypeRow)


def _clinic_of(session: Session, slot: SlotRow) -> Clinic:
    return find.clinics(session, ClinicRow.id == slot.clinic_id)[0]


def _active(session: Session, booking_id: str) -> Booking:
    """The booking or invitation, as long as it can still be changed, its citizen's other changes waiting."""
    booking = _held_booking(session, booking_id)
    if booking.state not in (BookingState.BOOKED, BookingState.INVITED):
        raise CareRefused(CareSituation.BOOKING_ENDED)
    return booking


def _held_booking(session: Session, booking_id: str) -> Booking:
    """The booking in any state, its citizen's other changes waiting."""
    number = find.holder(session, booking_id)
    if number is None:
        raise CareRefused(CareSituation.UNKNOWN_BOOKING)
    hold(session, queue_of(PersonIdentity(number)))
    booking = find.booking(session, booking_id)
    if booking is None:
        raise CareRefused(CareSituation.UNKNOWN_BOOKING)
    return booking


def _set_state(session: Session, booking_id: str, state: BookingState) -> None:
    session.execute(update(BookingRow).where(BookingRow.id == booking_id).values(state=state))


def _change_seat(session: Session, booking: Booking, slot_id: int) -> None:
    claim = new_booking_id()
    if take_seat_of_any_kind(session, slot_id, claim) is None:
        raise CareRefused(CareSituation.NO_SEAT)
    let_go(session, booking.id)
    session.execute(update(SeatRow).where(SeatRow.booking_id == claim).values(booking_id=booking.id))

"""Booking, moving and cancelling: one short transaction each.

A seat is taken by one statement, under the constraints that a seat holds one booking and a booking one seat (R15, R17).
It is taken for an id before anything else is written, so a lost race leaves nothing to undo; when a booking moves, the
old seat is let go only after the new one is taken. All changes to one citizen's bookings queue up (`hold`), so the
limits (R13, R15) are counted on what is there.
Rules: the order of domain.md §9.3; R15, R17, R20, R27, R28, R32, R34. Decisions are rules.py's; whose booking it is,
the caller has asked access.py. The functions run inside the caller's writing transaction and never raise for a refusal.
Elsewhere: what staff do, unbound by the rules (desk.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from contracts.database import hold
from contracts.identifiers import PersonIdentity
from scheduling_backends.engine import find, rules
from scheduling_backends.engine.citizens import circumstances_of
from scheduling_backends.engine.entries import Booking, Clinic, TimeType
from scheduling_backends.engine.models import BOOKINGS, BookingRow, InvitationClinicRow, SeatRow, new_booking_id
from scheduling_backends.engine.offer import AfterCancelling
from scheduling_backends.engine.refusals import Reason, Refusal, Situation, refuse
from scheduling_backends.engine.seats import CARE, Author, block_lone_slot, let_go, take_seat, write_history
from scheduling_backends.engine.states import BookingState, Happening, Initiative
from scheduling_backends.engine.wishes import Found, Wish, slots_named


@dataclass(frozen=True, slots=True)
class Contact:
    """Name and contact data given with a booking; never shown in a repr."""

    first_name: str | None = field(default=None, repr=False)
    middle_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    coaddress: str | None = field(default=None, repr=False)

    def given(self) -> dict[str, str]:
        """The fields that have a value."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class NewBooking:
    """All that a new booking is made of. `invitation` is the id of an open invitation of this very citizen.

    `may_use_invitation`: look for one when the kind of time needs it and none is named (MB-12).
    """

    wish: Wish
    person: PersonIdentity
    author: Author
    contact: Contact = Contact()
    reason: str | None = field(default=None, repr=False)
    invitation: str | None = None
    may_use_invitation: bool = False
    medical_unit: str | None = None


@dataclass(frozen=True, slots=True)
class NewTime:
    """Where a booking is to go, why, and contact data that have changed."""

    wish: Wish
    author: Author
    comment: str | None = field(default=None, repr=False)
    contact: Contact = Contact()


@dataclass(frozen=True, slots=True)
class Done:
    """It was carried out; `message` is what the citizen must be shown (R20)."""

    booking_id: str
    message: str | None = None


_WRITE_BOOKING = insert(BOOKINGS)
_NOTHING_GIVEN = dict.fromkeys(Contact.__slots__)

Is = Callable[[Booking], bool]


# -- The three changes


def make(session: Session, new: NewBooking, now: datetime) -> Done | Refusal:
    """Book a time, for an invitation if there is one. The new booking has an id of its own (MB-11)."""
    hold(session, queue_of(new.person))
    invitation = _named_invitation(session, new, now)
    if isinstance(invitation, Refusal):
        return invitation
    code = None if invitation is None else invitation.time_type.settings.code
    closed = rules.refuse_clinic(new.wish.clinic.settings)
    found = closed or slots_named(session, new.wish, _errand(invitation), code, now)
    if isinstance(found, Refusal):
        return found
    if invitation is None and new.may_use_invitation and found.time_type.settings.is_protected:
        invitation = _fitting_invitation(session, new, found.time_type, now)
    errand = _errand(invitation)
    found, case = _case(session, new.wish.clinic, found, new.person, errand, new.reason, now)
    return rules.refuse_booking(case) or _sit_down(session, new, found, invitation, now)


def move(session: Session, booking_id: str, new: NewTime, is_own: Is, now: datetime) -> Done | Refusal:
    """Move a booking or a timed invitation; if the new time cannot be had, the old one stays.

    The id stays within the clinic; at another clinic the booking goes on under a new one.
    """
    booking = _held(session, booking_id)
    if booking is None or not booking.is_shown or not is_own(booking):
        return refuse(Situation.UNKNOWN_BOOKING)
    old, settings = booking.clinic, booking.time_type.settings
    refusal = rules.refuse_leaving(old.settings, settings, booking.facts, now)
    if refusal is None and old.id != new.wish.clinic.id and not rules.may_go_to(old.settings, new.wish.clinic.settings):
        refusal = refuse(Situation.REBOOKING_NOT_ALLOWED, phone=old.settings.phone, reason=Reason.GROUP)
    errand = rules.Errand.REBOOKING
    found = refusal or slots_named(session, new.wish, errand, settings.code, now, booking)
    if isinstance(found, Refusal):
        return found
    person = booking.subject_of_care
    found, case = _case(session, new.wish.clinic, found, person, errand, new.comment, now, besides=booking.id)
    return rules.refuse_booking(case) or _change_seat(session, booking, new, found, now)


def cancel(
    session: Session, booking_id: str, is_own: Is, author: Author, comment: str | None, now: datetime
) -> Done | Refusal:
    """Cancel a booking or a timed invitation; its seat is free at once (R34)."""
    booking = _held(session, booking_id)
    if booking is None or not booking.is_shown or not is_own(booking):
        return refuse(Situation.UNKNOWN_BOOKING)
    clinic, time_type = booking.clinic.settings, booking.time_type.settings
    mode = time_type.cancelling_reason
    refusal = rules.refuse_cancelling(clinic, time_type, booking.facts, now)
    refusal = refusal or rules.refuse_comment(mode, comment, Situation.CANCELLING_REASON_MISSING)
    if refusal:
        return refusal
    kept = rules.kept_text(mode, comment)
    end(session, booking, BookingState.CANCELLED_BY_CITIZEN, author, kept, now)
    follow = booking.time_type.settings.after_cancelled_invitation
    if booking.is_invitation and follow is AfterCancelling.NEW_INVITATION:
        _invite_again(session, booking, now)
    return Done(booking.id)


def _invite_again(session: Session, booking: Booking, now: datetime) -> None:
    """The citizen may pick another time at the same clinic, in place of the one that care had set (R33)."""
    old, new_id = session.get_one(BookingRow, booking.id), new_booking_id()
    kept = ("clinic_id", "time_type_id", "subject_of_care", "invitation_text", "medical_unit", *Contact.__slots__)
    row = {name: getattr(old, name) for name in kept}
    fixed = {"id": new_id, "state": BookingState.INVITED, "is_invitation": True, "booked_by": Initiative.CARE}
    session.execute(_WRITE_BOOKING, row | fixed | {"made_at": now})
    session.add(InvitationClinicRow(booking_id=new_id, clinic_id=booking.clinic.id))
    session.flush()
    write_history(session, new_id, Happening.INVITED, CARE, now)


# -- What the desk uses too


def end(
    session: Session, booking: Booking, state: BookingState, author: Author, comment: str | None, now: datetime
) -> None:
    """Cancel: the seat is let go, the row stays with its state, and the history says so.

    A time of a kind that is not released at once is blocked until staff let it go (R34), where it has one seat.
    """
    let_go(session, booking.id)
    if not booking.time_type.settings.releases_cancelled and booking.slot_id is not None:
        block_lone_slot(session, booking.slot_id)
    changes = {"state": state, "cancelling_comment": comment}
    session.execute(update(BookingRow).where(BookingRow.id == booking.id).values(changes))
    write_history(session, booking.id, Happening.CANCELLED, author, now, from_slot=booking.slot_id, comment=comment)


def replace_with(session: Session, booking: Booking, new_id: str, author: Author, now: datetime) -> None:
    """The booking or invitation is over: it goes on as `new_id`."""
    let_go(session, booking.id)
    changes = {"state": BookingState.MOVED, "replaced_by": new_id}
    session.execute(update(BookingRow).where(BookingRow.id == booking.id).values(changes))
    write_history(session, booking.id, Happening.MOVED_AWAY, author, now, from_slot=booking.slot_id)


def queue_of(person: PersonIdentity) -> str:
    """The name under which all changes to one citizen's bookings queue up (`hold`)."""
    return f"citizen {person.number}"


def _case(
    session: Session,
    clinic: Clinic,
    found: Found,
    person: PersonIdentity,
    errand: rules.Errand,
    reason: str | None,
    now: datetime,
    besides: str | None = None,
) -> tuple[Found, rules.BookingCase]:
    """What the rules are asked, and the slots narrowed to those that the citizen may have (R9)."""
    own = find.own_times(session, clinic, person, now, besides)
    settings = rules.in_force(clinic.settings, found.time_type.settings)
    known = circumstances_of(session, clinic, found.time_type, person, now, besides)
    if settings.listed_only and errand is rules.Errand.NEW:
        found = found.with_performer(known.performer_id)
    facts = found.facts(now)
    return found, rules.BookingCase(clinic.settings, settings, facts, person, errand, now, reason, own, known)


def _errand(invitation: Booking | None) -> rules.Errand:
    return rules.Errand.NEW if invitation is None else rules.Errand.INVITED


def _named_invitation(session: Session, new: NewBooking, now: datetime) -> Booking | Refusal | None:
    if new.invitation is None:
        return None
    invitation = find.booking(session, new.invitation)
    if invitation is None or not invitation.is_shown or invitation.subject_of_care != new.person:
        return refuse(Situation.UNKNOWN_BOOKING)
    listed = any(clinic.id == new.wish.clinic.id for clinic in find.clinics_of_invitation(session, invitation.id))
    is_open = invitation.slot_id is None
    has_expired = invitation.has_expired(now)
    clinic = new.wish.clinic.settings
    return rules.refuse_invitation(clinic, invitation.state, is_open, listed, has_expired) or invitation


def _fitting_invitation(session: Session, new: NewBooking, time_type: TimeType, now: datetime) -> Booking | None:
    fitting = find.open_invitation(session, new.person, time_type, now)
    return None if fitting is None else find.booking(session, fitting)


# -- Writing it down


def _sit_down(
    session: Session, new: NewBooking, found: Found, invitation: Booking | None, now: datetime
) -> Done | Refusal:
    booking_id, settings = new_booking_id(), found.time_type.settings
    slot_id = take_seat(session, found.ids_out(now), booking_id)
    if slot_id is None:
        return refuse(Situation.TAKEN, moment=new.wish.start)
    reason = rules.kept_text(settings.booking_reason, new.reason)
    row = _NOTHING_GIVEN | {
        "id": booking_id,
        "clinic_id": new.wish.clinic.id,
        "time_type_id": found.time_type.id,
        "slot_id": slot_id,
        "state": BookingState.BOOKED,
        "booked_by": Initiative.CITIZEN,
        "subject_of_care": new.person.number,
        "reason": reason,
        "medical_unit": new.medical_unit,
        "made_at": now,
    }
    session.execute(_WRITE_BOOKING, row | new.contact.given())
    write_history(session, booking_id, Happening.BOOKED, new.author, now, to_slot=slot_id, comment=reason)
    if invitation is not None:
        replace_with(session, invitation, booking_id, new.author, now)
    return Done(booking_id, settings.message_after_booking)


def _change_seat(session: Session, booking: Booking, new: NewTime, found: Found, now: datetime) -> Done | Refusal:
    slots, claim = found.ids_out(now), new_booking_id()
    slot_id = booking.slot_id if booking.slot_id in slots else take_seat(session, slots, claim)
    if slot_id is None:
        return refuse(Situation.TAKEN, moment=new.wish.start)
    comment = rules.kept_text(found.time_type.settings.rebooking_reason, new.comment)
    changes = {
        "slot_id": slot_id,
        "clinic_id": new.wish.clinic.id,
        "time_type_id": found.time_type.id,
        "rebooking_comment": comment,
        # What the citizen moved is the citizen's booking, no longer an invitation (contracts.md I-1, I-4, UB-5).
        "booked_by": Initiative.CITIZEN,
        "is_invitation": False,
        "moves": booking.moves + 1,
    } | new.contact.given()
    if new.wish.clinic.id == booking.clinic.id:
        kept_id = _stay(session, booking, claim, slot_id, changes)
    else:
        kept_id = _leave(session, booking, claim, changes, new.author, now)
    write_history(session, kept_id, Happening.MOVED, new.author, now, booking.slot_id, slot_id, comment)
    return Done(kept_id, found.time_type.settings.message_after_booking)


def _stay(session: Session, booking: Booking, claim: str, slot_id: int, changes: dict[str, Any]) -> str:
    """Move within the clinic, under the same id: the old seat is let go, the new one was taken under `claim`."""
    if slot_id != booking.slot_id:
        let_go(session, booking.id)
        session.execute(update(SeatRow).where(SeatRow.booking_id == claim).values(booking_id=booking.id))
    session.execute(update(BookingRow).where(BookingRow.id == booking.id).values(changes))
    return booking.id


def _leave(
    session: Session, booking: Booking, new_id: str, changes: dict[str, Any], author: Author, now: datetime
) -> str:
    """Move to another clinic, where the booking goes on as `new_id`."""
    old = session.get_one(BookingRow, booking.id)
    stays = ("subject_of_care", "medical_unit", "reason", "care_note", *Contact.__slots__)
    kept = {name: getattr(old, name) for name in stays}
    session.execute(_WRITE_BOOKING, kept | changes | {"id": new_id, "state": BookingState.BOOKED, "made_at": now})
    replace_with(session, booking, new_id, author, now)
    return new_id


def _held(session: Session, booking_id: str) -> Booking | None:
    """The booking, its citizen's other changes waiting until this one is done."""
    number = session.scalar(select(BookingRow.subject_of_care).where(BookingRow.id == booking_id))
    if number is None:
        return None
    hold(session, queue_of(PersonIdentity(number)))
    return find.booking(session, booking_id)

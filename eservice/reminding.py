"""Sending reminders that are due: the booking is looked at first, and each goes out once.

A booking is asked for outside any transaction. Then, in one, the letter is written to the post's outbox and the
reminder is settled: a crash undoes both or neither, and of two who send at once the second finds it settled. A booking
that is gone is not reminded of; one that was moved is reminded of at its new time. A clinic that is not reached is
asked again until the visit has begun. Of several reminders of one visit that are due together, by one way, one is sent.
A letter says `i dag` or `i morgon`, so it is of no use when the day is over, nor when the visit has begun.
Elsewhere: when each is due (reminders.py), how letters travel (post.py, smtp.py).
Source: domain.md §5.10; R40 for guardians.
"""

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from contracts import scheduling as s
from contracts.identifiers import HsaId
from contracts.subscriber import Notice
from contracts.times import SWEDEN, start_of_day
from eservice import reminders
from eservice.models import ReminderRow
from eservice.reminders import Booked, Outcome
from eservice.shown import Shown, swedish_day
from eservice.troubles import BookingUnknown, NotReached
from webpages.texts import Texts

if TYPE_CHECKING:
    from eservice.app import EService

log = logging.getLogger(__name__)

EVERY_SECONDS = 15.0
AGAIN_AFTER = timedelta(minutes=2)
"""How long a clinic that was not reached is left in peace."""
_MOST = 500
_WEEK = 7


def hear(session: Session, notice: Notice, now: datetime) -> None:
    """The index tells of a booking: staff may have moved it, also to before its reminders."""
    told = notice.change.engagement
    if told.logical_address.strip():
        reminders.look_soon(session, Booked(told.resident, HsaId(told.logical_address), told.business_object), now)


def send_due(eservice: "EService", now: datetime) -> int:
    """Look at every reminder that is due and send those that hold; how many letters were written."""
    if not eservice.post.is_on:
        return 0
    with eservice.database.reading() as session:
        due = reminders.due(session, now, _MOST)
    written, silent = 0, set[HsaId]()
    for booked, read in due.items():
        try:
            written += _look_at(eservice, booked, read, now, silent)
        except Exception as error:  # those after it must not wait for its sake
            log.error("reminder_failed: %s", type(error).__name__, extra={"logical_address": booked.clinic.text})
            _postpone(eservice, booked, read, now)
    return written


def _look_at(eservice: "EService", booked: Booked, read: dict[int, datetime], now: datetime, silent: set[HsaId]) -> int:
    """Ask for the booking and act on it; nothing is asked of clinics that were `silent` a moment ago."""
    try:
        if booked.clinic in silent:
            raise NotReached(booked.clinic, "silent")
        slot = _asked(eservice, booked, frozenset(read.values()))
    except NotReached:
        silent.add(booked.clinic)
        _postpone(eservice, booked, read, now)
        return 0
    with eservice.database.writing() as session:
        return _act(eservice, session, booked, read, slot, now)


def _asked(eservice: "EService", booked: Booked, starts: frozenset[datetime]) -> s.Timeslot | None:
    """The booking as it is; None when it is gone. Raises NotReached.

    After a move whose new id could not be read it is found by its start (§5.6).
    """
    person = eservice.people.person(booked.owner)
    if person is None:
        return None
    with suppress(BookingUnknown):
        return eservice.platform.booking(booked.clinic, booked.booking_id, person)
    booked_there = eservice.platform.schedule(booked.clinic, person)
    return next((one for one in booked_there if one.start in starts and one.booking_id), None)


def _postpone(eservice: "EService", booked: Booked, read: dict[int, datetime], now: datetime) -> None:
    """Try again soon, as long as the visit has not begun."""
    with eservice.database.writing() as session:
        for row in reminders.still_due(session, booked, read, now):
            row.due_at = now + AGAIN_AFTER
            if row.start <= now:
                reminders.settle(row, "late", now)


def _act(
    eservice: "EService",
    session: Session,
    booked: Booked,
    read: dict[int, datetime],
    slot: s.Timeslot | None,
    now: datetime,
) -> int:
    """Do what the booking as it is asks for; how many letters were written."""
    rows = reminders.still_due(session, booked, read, now)
    if not rows:
        return 0  # somebody else was first, or the citizen has changed something meanwhile
    if slot is None or slot.start is None:
        for row in reminders.waiting_of(session, booked):
            reminders.settle(row, "gone", now)
        return 0
    there = Booked(booked.owner, booked.clinic, slot.booking_id or booked.booking_id)
    reminders.move(session, booked, there, slot.start, now)
    told: set[tuple[str, str]] = set()
    for row in rows:
        if row.settled_at is None and row not in session.deleted:
            _settle(eservice, session, row, slot, now, told)
    return sum(row.outcome == "sent" for row in rows)


def _settle(
    eservice: "EService",
    session: Session,
    row: ReminderRow,
    slot: s.Timeslot,
    now: datetime,
    told: set[tuple[str, str]],
) -> None:
    """Send one, unless it is not its moment; `told` has who was told which way of this visit just now."""
    row.due_at = reminders.due_of_row(row)
    if row.due_at > now:
        return
    if row.start <= now or (row.citizen, row.channel) in told:
        reminders.settle(row, "late", now)
        return
    told.add((row.citizen, row.channel))
    reminders.settle(row, _write(eservice, session, row, slot, now), now)


# -- The letter


def _write(eservice: "EService", session: Session, row: ReminderRow, slot: s.Timeslot, now: datetime) -> Outcome:
    """Write the letter to whoever asked, in the transaction."""
    citizen, subject = eservice.people.person(row.citizen), eservice.people.person(row.owner)
    if citizen is None or subject is None or not eservice.people.may_act_for(citizen, subject, swedish_day(now)):
        return "gone"
    contact = eservice.contacts.of(citizen)
    named = eservice.clinics.name_of(slot.healthcare_facility, slot.healthcare_facility_name or "")
    text = letter_text(row.start, now, named if row.names_clinic else "", citizen.number != subject.number)
    key = f"reminder {HsaId(row.clinic).key} {row.booking_id} {row.start.isoformat()} {row.lead}"
    until = good_until(row.start, now)
    try:
        if row.channel == "sms":
            if not eservice.post.sends_sms:
                return "nowhere"
            eservice.post.send_sms(session, contact.mobile, text, now, key, until)
        else:
            whole = "\n\n".join(filter(None, (text, eservice.settings.public_url)))
            eservice.post.send_email(
                session, contact.email, _texts()("reminder_letter.subject"), whole, now, key, until
            )
    except ValueError:
        return "nowhere"
    return "sent"


def letter_text(start: datetime, now: datetime, clinic_name: str = "", is_for_child: bool = False) -> str:
    """What a reminder says: when, and only if the citizen wants it where (§5.10)."""
    t = _texts()
    name = f"reminder_letter.{'child' if is_for_child else 'own'}{'_at' if clinic_name else ''}"
    return t(name, when=_when(start, now), clinic=clinic_name)


def _when(start: datetime, now: datetime) -> str:
    t = _texts()
    shown, day = Shown(t), swedish_day(start)
    words = {0: "today", 1: "tomorrow", _WEEK: "week"}.get((day - swedish_day(now)).days, "later")
    return t(f"reminder_letter.{words}", day=shown.day_without_year(day), clock=shown.clock(start))


def good_until(start: datetime, now: datetime) -> datetime:
    """Until when a letter that is written now is true: the end of the day, or the visit's start."""
    midnight = start_of_day(now.astimezone(SWEDEN).date() + timedelta(days=1))
    return min(start.astimezone(UTC), midnight.astimezone(UTC))


@cache
def _texts() -> Texts:
    """Letters are Swedish, whatever language the pages were read in: that is not kept."""
    return Texts(Path(__file__).parent / "text" / "sv.toml")

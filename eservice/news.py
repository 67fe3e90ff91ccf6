"""Telling citizens what others did to their times: booked, moved, cancelled, invited, withdrew (domain.md §5.9).

A notice holds ids, so the clinic is asked first what the booking is now, outside any transaction. Then, in one, it is
seen whether something has happened meanwhile, the letter and its notices are written, and what the owner knows is
written down: a crash undoes all or nothing, so a letter is written once, and its key, the notice it is about, says so
too. A clinic that does not answer is asked again, less and less often, until the time in question has begun.

What 1.1 cannot tell is told as it looks: a move to another clinic by staff is one time cancelled and one booked, and an
open invitation that staff used to book is withdrawn and a time booked. A time that the clinic has stopped showing looks
cancelled; the letter says whom to ring. Nothing is told of a time that has begun, of a move back to what the owner
knows, or of a clinic whose booked times the e-service does not show this citizen.
While something that the owner sent from here has no answer yet (E14) nothing is told: it may be the owner's own doing.
Elsewhere: what is news (engagements.py), letters (letters.py).
Source: domain.md §5.8, §5.9; contracts.md §7, GBD.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from contracts import scheduling as s
from contracts.times import SWEDEN, format_ts
from eservice import engagements, letters
from eservice.clinics import Clinic
from eservice.engagements import NOTHING, OPEN, Engagement
from eservice.inbox import LetterKind, Status
from eservice.letters import NewLetter
from eservice.models import EngagementRow
from eservice.people import Person
from eservice.troubles import BookingUnknown, NotReached

if TYPE_CHECKING:
    from eservice.app import EService

log = logging.getLogger(__name__)

EVERY_SECONDS = 15.0
"""How often it is looked by itself whether something waits."""
WAITS = tuple(timedelta(seconds=seconds) for seconds in (15, 60, 300, 900, 1800))
"""Before a clinic that did not answer is asked again; the last wait holds for all after it."""
OWN_WAIT = timedelta(seconds=3)
"""Before it is looked again whether what the owner sent has been answered."""

_BECAME: Mapping[LetterKind, Status] = {
    "care_moved": "replaced",
    "care_cancelled": "cancelled",
    "withdrawn": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What the owner is to be told, if anything, and knows from then on."""

    kind: LetterKind | None
    known: str


def find(one: Engagement, slot: s.Timeslot | None, now: datetime) -> Finding:
    """What has happened to a booking whose owner knows `one.known`, when the clinic has it as `slot`; None: not at all.

    Pure. What the clinic has counts: a notice may be late. Where the index has it and the clinic not, or the other way
    round, the next notice will tell.
    """
    if slot is None:
        return Finding(None, one.known) if one.is_there else _gone(one.known, now)
    if slot.start is None:
        return _open(one)
    known = format_ts(slot.start.astimezone(SWEDEN))
    if slot.start <= now:
        return Finding(None, known if one.is_there else NOTHING)
    if known == one.known or not one.is_there:
        return Finding(None, one.known)
    if one.known in (NOTHING, OPEN):
        return Finding("invited" if slot.is_invitation else "care_booked", known)
    return Finding("care_moved", known)


def _gone(known: str, now: datetime) -> Finding:
    if known == OPEN:
        return Finding("withdrawn", NOTHING)
    start = engagements.moment_of(known)
    return Finding("care_cancelled" if start is not None and start > now else None, NOTHING)


def _open(one: Engagement) -> Finding:
    if not one.is_there:  # the clinic keeps it, but it has run out
        return Finding("withdrawn" if one.known == OPEN else None, NOTHING)
    return Finding(None if one.known == OPEN else "invited", OPEN)


def tell(eservice: "EService", is_over: Callable[[], bool] = lambda: False) -> int:
    """Look into all that is due, until `is_over`; how many letters were written."""
    written = 0
    while not is_over() and (one := eservice.engagements.next_news(eservice.clock())) is not None:
        try:
            written += _look_into(eservice, one)
        except Exception as error:  # those after it must not wait for its sake
            log.error("news_failed: %s", type(error).__name__, extra={"logical_address": one.clinic.text})
            _postpone(eservice, one)
    return written


def _look_into(eservice: "EService", one: Engagement) -> bool:
    person, clinic, now = eservice.people.person(one.owner), eservice.clinics.clinic(one.clinic), eservice.clock()
    is_silent = person is None or clinic is None or one.is_over(now) or not _is_shown(clinic, person, now)
    if person is None or clinic is None or is_silent:
        _note_unseen(eservice, one)
        return False
    slot = None
    try:
        slot = eservice.platform.booking(clinic.hsa_id, one.booking_id, person)
    except BookingUnknown:
        pass  # it is gone, or hidden
    except NotReached:
        return _postpone(eservice, one)
    with eservice.database.writing() as session:
        return _act(eservice, session, one, person, clinic, slot)


def _is_shown(clinic: Clinic, person: Person, now: datetime) -> bool:
    """Whether the e-service is for this citizen's times there. Virtual clinics have none, but send invitations."""
    if clinic.unit.is_virtual:
        return clinic.settings.is_active
    return clinic.is_open("booked", person, now.astimezone(SWEDEN).date())


def _act(
    eservice: "EService", session: Session, one: Engagement, person: Person, clinic: Clinic, slot: s.Timeslot | None
) -> bool:
    """Write down what was found, and the letter; whether there is one."""
    now = eservice.clock()
    row = engagements.held(session, one)
    if row is None:  # something has happened meanwhile: it is looked into again, if there is something left
        return False
    if eservice.journeys.are_under_way(session, person.number, now):
        row.tell_at = now + OWN_WAIT
        return False
    finding = find(one, slot, now)
    row.known, row.tell_at, row.tries = finding.known, None, 0
    if finding.kind is None or _is_told(eservice, session, one, finding.kind, slot):
        return False
    told = _told(eservice, session, one, clinic, slot)
    if finding.kind in ("invited", "care_booked"):
        eservice.own_clinics.put(session, person.number, clinic.hsa_id, "invited", now)
    if status := _BECAME.get(finding.kind):
        eservice.inbox.mark(session, person.number, clinic.hsa_id, one.booking_id, status)
    letter = NewLetter(person, finding.kind, clinic.hsa_id, one.booking_id, told, f"notice:{one.notice}")
    return letters.write(eservice, session, letter, letters.readers_of(eservice, person))


def _is_told(
    eservice: "EService", session: Session, one: Engagement, kind: LetterKind, slot: s.Timeslot | None
) -> bool:
    """Whether the owner has booked this here, and only its id was not known when that was confirmed (§5.6)."""
    if kind != "care_booked" or slot is None or slot.start is None:
        return False
    return eservice.inbox.has_told(session, one.owner, one.clinic, slot.start.isoformat())


def _told(
    eservice: "EService", session: Session, one: Engagement, clinic: Clinic, slot: s.Timeslot | None
) -> dict[str, Any]:
    """What the letter says. Of a time that is gone, what the last letter said of it, and when it was."""
    known = engagements.moment_of(one.known)
    start = "" if known is None else known.isoformat()
    if slot is not None:
        return {**letters.told_of(slot, clinic), "old_start": start}
    last = eservice.inbox.last_about(session, one.owner, one.clinic, one.booking_id)
    kept = {name: last[name] for name in ("time_type", "with_whom", "with_which") if last.get(name)}
    return {**letters.told_of(s.Timeslot(clinic.hsa_id), clinic), "start": start, **kept}


def _note_unseen(eservice: "EService", one: Engagement) -> None:
    """The e-service does not tell of it: what is there counts as known."""
    with eservice.database.writing() as session:
        row = engagements.held(session, one)
        if row is not None:
            row.known, row.tell_at = engagements.state_of(row), None


def _postpone(eservice: "EService", one: Engagement) -> bool:
    """Look again later; False, for no letter was written."""
    with eservice.database.writing() as session:
        row = engagements.held(session, one)
        if row is not None:
            _wait(row, eservice.clock())
    return False


def _wait(row: EngagementRow, now: datetime) -> None:
    row.tell_at = now + WAITS[min(row.tries, len(WAITS) - 1)]
    row.tries += 1

"""Writing a letter to somebody's inbox, and telling by e-mail or SMS that there is one.

All of it in the caller's transaction: the letter and its notices are there together or not at all. A notice says that
there is a letter and nothing of what it says, nor for whom it is; it goes the ways that its reader has switched on.
Who is told: whoever did it here, guardian or owner; of what staff did, the owner. A child under 13 has its letters in
an inbox of its own, which its guardians read, and has no settings: its guardians are told by theirs (R40).
Elsewhere: where letters are kept (inbox.py), who writes them (confirming.py, news.py), how post travels (post.py).
Source: domain.md §5.9.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from contracts import scheduling as s
from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from eservice import slots
from eservice.clinics import Clinic
from eservice.inbox import LetterKind
from eservice.people import Person, may_be_acted_for
from eservice.wording import texts_in

if TYPE_CHECKING:
    from eservice.app import EService

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter to be written. `key` says what it tells of: nothing is told twice."""

    owner: Person
    kind: LetterKind
    clinic: HsaId
    booking_id: str
    told: Mapping[str, Any] = field(repr=False)
    key: str


def write(eservice: "EService", session: Session, letter: NewLetter, readers: Iterable[Person]) -> bool:
    """Write the letter and have its readers told of it; False when it has been written before."""
    now = eservice.clock()
    put = eservice.inbox.put
    owner, clinic = letter.owner.number, letter.clinic
    made = put(session, owner, letter.kind, clinic, letter.booking_id, letter.told, letter.key, now)
    if made is None:
        return False
    for reader in readers:
        _notify(eservice, session, reader, made)
    return True


def readers_of(eservice: "EService", owner: Person) -> tuple[Person, ...]:
    """Who is told of what others did to the owner's times."""
    today = eservice.clock().astimezone(SWEDEN).date()
    return eservice.people.guardians_of(owner, today) if may_be_acted_for(owner, today) else (owner,)


def _notify(eservice: "EService", session: Session, reader: Person, letter: str) -> None:
    contact, now, key = eservice.contacts.read(session, reader), eservice.clock(), f"letter:{letter}"
    t = texts_in("sv")
    text = "\n\n".join(one for one in (t("notice.text"), eservice.settings.public_url) if one)
    try:
        if contact.email_is_on and contact.email:
            eservice.post.send_email(session, contact.email, t("notice.subject"), text, now, key)
        if contact.mobile_is_on and contact.mobile:
            eservice.post.send_sms(session, contact.mobile, text, now, key)
    except ValueError:  # an address that was kept by other rules; the letter is there all the same
        log.warning("notice_address_unusable")


def told_of(slot: s.Timeslot, clinic: Clinic | None, text: str = "", words: str | None = None) -> dict[str, Any]:
    """What a letter keeps of a time: what the receipt said. `text` is the clinic's; `words` are the
    citizen's, those of the booking when None."""
    return {
        "start": slot.start.isoformat() if slot.start else "",
        "end": slot.end.isoformat() if slot.end else "",
        "shows_end": clinic is not None and clinic.settings.shows_end_time,
        "time_type": slot.time_type_name or "",
        "with_whom": slots.with_whom(slot),
        "with_which": slots.with_which(slot),
        "clinic_name": (slot.healthcare_facility_name or "") if clinic is None else clinic.name,
        "address": "" if clinic is None else clinic.address,
        "phone": "" if clinic is None else clinic.phone,
        "purpose": slot.purpose or "",
        "reason": (slot.reason or "") if words is None else words,
        "text": text,
    }

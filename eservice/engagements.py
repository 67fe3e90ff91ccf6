"""What the index tells the e-service: which bookings and invitations there are, and which of them their owners know of.

A notice holds ids and a moment. It is taken in here, in the transaction that marks it as taken; whether its owner must
be told is seen by state, not by event: what is there is held against what the owner knows. A change that the owner made
in this e-service is known from the moment it was confirmed, so its notice is no news, whichever of the two comes first.
Notices that are older than what is known are passed over, by the version that our systems give.

No news is what a system had before this e-service heard of it: the first message from a system tells all that it has
(contracts.md EIU-3), in parts of a thousand if there is more. Only invitations are looked into then too, for an open
one waits for an answer however old it is. A clinic that a known system opens later is told of as news.
A time of a clinic is free again when its booking goes or moves before it has begun; whoever waits for it is told
(`EService.freed_listeners`).
Elsewhere: fetching what the news is and writing letters (news.py), receiving notices (contracts/subscriber.py).
Source: domain.md §5.8, §5.9, R43; contracts.md §7, §10.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contracts import engagements as e
from contracts.database import Database, hold
from contracts.engagement_codec import version_of
from contracts.identifiers import HsaId
from contracts.subscriber import Notice
from contracts.times import SWEDEN, format_ts, parse_ts
from eservice.models import EngagementRow, IndexSourceRow
from eservice.people import Person

log = logging.getLogger(__name__)

OPEN = "open"
"""What the owner knows of an open invitation, which has no start."""
NOTHING = ""
MOST_IN_A_MESSAGE = 1000
"""Changes (EI-13): a system that has more tells them in several messages."""
_LONGEST = {"resident": 12, "logical_address": 64, "business_object": 255}


@dataclass(frozen=True, slots=True)
class Engagement:
    """One booking or invitation as the index has told of it; `became` is the booking that an invitation was used for.

    `known`, `notice` and `by_citizen_at` tell whether something has happened since it was read.
    """

    owner: str = field(repr=False)
    clinic: HsaId
    booking_id: str
    category: str
    is_there: bool
    known: str = NOTHING
    notice: int = 0
    tries: int = 0
    by_citizen_at: datetime | None = None
    became: tuple[HsaId, str] | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether it is gone, as times go that have begun: nobody needs to be told."""
        return not self.is_there and has_begun(self.known, now)

    @property
    def is_open_invitation(self) -> bool:
        return self.is_there and self.known == OPEN


# -- Taking notices in


def take(session: Session, notice: Notice, now: datetime) -> HsaId | None:
    """Take in one notice, in the transaction that marks it as taken; the clinic if one of its times is free again."""
    one = notice.change.engagement
    if not _is_ours(one):
        log.warning("notice_passed_over", extra={"source_system": one.source_system[:64]})
        return None
    is_load = _is_load(session, one.source_system, notice)
    row = _row(session, one.resident.upper(), HsaId(one.logical_address), one.business_object, now)
    if _is_late(row, notice.change):
        return None
    had = _time_before(row, notice.change, now)
    if not _changed(row, notice.change):
        return None
    row.notice, row.tries, row.changed_at = notice.id, 0, now
    is_no_news = is_load and row.by_citizen_at is None  # what the owner did meanwhile counts more
    if is_no_news or (not row.is_there and has_begun(row.known, now)):
        row.known = state_of(row)
        row.tell_at = now if row.is_there and row.category == e.INVITATION else None
    else:
        row.tell_at = None if row.known == state_of(row) else now
    return HsaId(one.logical_address) if had is not None and had != _time_of(row, now) else None


def _is_ours(one: e.Engagement) -> bool:
    """Whether it is about bookings, and can be kept."""
    is_whole = all(0 < len(getattr(one, name).strip()) <= most for name, most in _LONGEST.items())
    is_about_bookings = one.service_domain.strip() == e.DOMAIN and one.categorization in (e.BOOKING, e.INVITATION)
    return is_whole and is_about_bookings and len(one.most_recent_content or "") <= 14


def _is_load(session: Session, source_system: str, notice: Notice) -> bool:
    """Whether the notice is of the message, or messages, in which its system told all that it had."""
    message = (notice.correlation_id or f"{notice.received_at:%Y%m%d%H%M}")[:128]
    source = session.get(IndexSourceRow, source_system.strip().lower()[:64])
    if source is None:
        session.add(IndexSourceRow(source_system=source_system.strip().lower()[:64], message=message, changes=1))
        return True
    if source.message != message and source.changes < MOST_IN_A_MESSAGE:
        return False
    source.changes = 1 if source.message != message else source.changes + 1
    source.message = message
    return True


def _row(session: Session, owner: str, clinic: HsaId, booking_id: str, now: datetime) -> EngagementRow:
    hold(session, f"engagements {owner}")  # of two that tell of a new one at once, one waits
    row = session.get(EngagementRow, (owner, clinic.key, booking_id), with_for_update=True)
    if row is None:
        key = {"owner": owner, "clinic": clinic.key, "booking_id": booking_id}
        usual = {"category": "", "is_there": False, "most_recent": "", "known": NOTHING, "version": 0, "notice": 0}
        row = EngagementRow(**key, **usual, tries=0, became_clinic="", became_id="", changed_at=now)
        session.add(row)
    return row


def _is_late(row: EngagementRow, change: e.EngagementTransaction) -> bool:
    """Whether something newer is known. A timed invitation that becomes a booking is taken away and brought back with
    one version; whichever comes first, the booking stays."""
    version = version_of(change.engagement)
    if version is not None and version < row.version:
        return True
    row.version = row.version if version is None else version
    return change.is_deletion and row.is_there and change.engagement.categorization != row.category


def _changed(row: EngagementRow, change: e.EngagementTransaction) -> bool:
    """Write down what is there; whether it is another thing than before."""
    before = (row.is_there, row.category, row.most_recent)
    row.is_there, row.category = not change.is_deletion, change.engagement.categorization
    if not change.is_deletion:
        row.most_recent = change.engagement.most_recent_content or ""
    return before != (row.is_there, row.category, row.most_recent)


def state_of(row: EngagementRow) -> str:
    """What its owner should know of it, unless it is an open invitation, which a notice does not tell."""
    return row.most_recent if row.is_there else NOTHING


def _time_of(row: EngagementRow, now: datetime) -> str | None:
    """The time that the booking takes, if it is still to come; open invitations take none, and bear a day that was."""
    return row.most_recent if row.is_there and row.most_recent > format_ts(now) else None


def _time_before(row: EngagementRow, change: e.EngagementTransaction, now: datetime) -> str | None:
    """The time that it took before the change; of a booking that had not been told of, an empty text."""
    is_unheard = change.is_deletion and not row.category and change.engagement.categorization == e.BOOKING
    return "" if is_unheard else _time_of(row, now)


# -- What the citizen did here


def note_own(
    session: Session,
    owner: Person,
    clinic: HsaId,
    booking_id: str,
    start: datetime | None,
    now: datetime,
    became: tuple[HsaId, str] | None = None,
) -> None:
    """The owner, or a guardian, has made this change here: the booking starts then, or with None is gone.

    In the transaction of the confirmation. `became`: the booking that an invitation was used for.
    """
    row = _row(session, owner.number, clinic, booking_id, now)
    row.known = NOTHING if start is None else format_ts(start.astimezone(SWEDEN))
    row.by_citizen_at = now
    if not row.category:  # the index has not told of it yet
        row.category, row.is_there, row.most_recent = e.BOOKING, start is not None, row.known
    if became is not None:
        row.became_clinic, row.became_id = became[0].key, became[1]
    if row.known == state_of(row):
        row.tell_at = None


# -- Asking


class Engagements:
    """What has been taken in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_invitations(self, owner: Person) -> tuple[Engagement, ...]:
        """Those that wait for the owner to choose a time, oldest first."""
        wanted = select(EngagementRow).where(EngagementRow.owner == owner.number, EngagementRow.known == OPEN)
        with self._database.reading() as session:
            rows = session.scalars(wanted.order_by(EngagementRow.most_recent, EngagementRow.booking_id)).all()
        return tuple(found for row in rows if (found := read(row)).is_open_invitation)

    def find(self, owner: Person, clinic: HsaId, booking_id: str) -> Engagement | None:
        """What is known of one of them."""
        with self._database.reading() as session:
            row = session.get(EngagementRow, (owner.number, clinic.key, booking_id))
        return None if row is None else read(row)

    def next_news(self, now: datetime) -> Engagement | None:
        """What is to be looked into now, the longest due first."""
        due = select(EngagementRow).where(EngagementRow.tell_at <= now).order_by(EngagementRow.tell_at)
        with self._database.reading() as session:
            row = session.scalar(due.limit(1))
        return None if row is None else read(row)

    def how_many_wait(self) -> int:
        """How many changes are still to be looked into, now or later."""
        waiting = select(func.count()).select_from(EngagementRow).where(EngagementRow.tell_at.is_not(None))
        with self._database.reading() as session:
            return session.scalar(waiting) or 0


def read(row: EngagementRow) -> Engagement:
    return Engagement(
        owner=row.owner,
        clinic=HsaId(row.clinic),
        booking_id=row.booking_id,
        category=row.category,
        is_there=row.is_there,
        known=row.known,
        notice=row.notice,
        tries=row.tries,
        by_citizen_at=row.by_citizen_at,
        became=(HsaId(row.became_clinic), row.became_id) if row.became_clinic else None,
    )


def held(session: Session, one: Engagement) -> EngagementRow | None:
    """The row of `one`, held until the transaction ends; None when something has happened to it since it was read."""
    row = session.get(EngagementRow, (one.owner, one.clinic.key, one.booking_id), with_for_update=True)
    return row if row is not None and row.tell_at is not None and read(row) == one else None


def has_begun(known: str, now: datetime) -> bool:
    """Whether the start that somebody knows is past; of an open invitation it is not."""
    return known != OPEN and known <= format_ts(now)


def moment_of(known: str) -> datetime | None:
    """The start that somebody knows; None for an open invitation, for nothing, and for what is no moment."""
    try:
        return parse_ts(known)
    except ValueError:
        return None

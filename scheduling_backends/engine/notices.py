"""What the engagement index is told: an entry for every booking and invitation to come that a citizen may see.

By state, not by event: at the end of a transaction the entries that should stand for the bookings it touched are held
against those that the index has been told of, and the difference goes out as one letter, committed with the change. So
nothing can change without its notice, whoever changed it, and telling again is always right: at the start, after a
change of settings, when the index has to be filled anew (EIU-8). Entries whose time has begun, and invitations that
have run out, are taken away by a sweep (R43, EIU-7).
Each entry carries a version that rises with every notice about its booking, for notices can overtake each other.
Elsewhere: how letters travel (contracts/outbox.py), the index's own rules (national_services/index).
Source: contracts.md §7; platform.md §21.4; domain.md R43.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, TypeVar

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from contracts import engagement_codec, envelope
from contracts import engagements as e
from contracts.identifiers import HsaId
from contracts.namespaces import TIDBRO_INDEX
from contracts.outbox import Outbox
from contracts.times import SWEDEN, format_dt, format_ts
from scheduling_backends.engine import rules
from scheduling_backends.engine.models import (
    INDEX_ENTRIES,
    BookingRow,
    ClinicRow,
    SlotRow,
    TimeTypeRow,
)
from scheduling_backends.engine.states import BookingState

MOST_TRANSACTIONS = 1000
"""In one Update (platform.md §21.2)."""

_TOUCHED = "bookings touched"
_EVERYTHING = "every booking touched"
_LANE = "index"
_AT_ONCE = 500  # ids in one statement


@dataclass(frozen=True, slots=True)
class Entry:
    """One booking or invitation as the index has it. `passes_at`: when it must be gone from there."""

    booking_id: str
    category: str
    logical_address: str
    most_recent_content: str  # TS
    resident: str = field(repr=False)
    passes_at: datetime | None = None


def touch(session: Session, booking_id: str) -> None:
    """The booking has changed: what the index must be told is found out when the transaction ends."""
    session.info.setdefault(_TOUCHED, set()).add(booking_id)


def touch_everything(session: Session) -> None:
    """Something has changed that many bookings' visibility hangs on, such as the settings of a kind of time (R22)."""
    session.info[_EVERYTHING] = True


class Notices:
    """Tells one index, as the source system `system_id`. Its methods run inside the caller's writing transaction."""

    def __init__(self, system_id: HsaId, index: HsaId, outbox: Outbox) -> None:
        self._system_id, self._index, self._outbox = system_id, index, outbox

    def tell_touched(self, session: Session, now: datetime) -> None:
        """Write the letter for all that the transaction has touched."""
        touched = session.info.pop(_TOUCHED, set())
        if session.info.pop(_EVERYTHING, False):
            self.tell_everything(session, now)
        elif touched:
            self._tell(session, touched, now)

    def tell_everything(self, session: Session, now: datetime) -> int:
        """Write what is different between all that should stand in the index and all that it has been told; how many
        entries should stand there."""
        wanted = _all_wanted(session, now)
        told = set(session.scalars(select(INDEX_ENTRIES.c.booking_id).where(INDEX_ENTRIES.c.category.is_not(None))))
        self._tell(session, told | set(wanted), now, wanted)
        return len(wanted)

    def tell_passed(self, session: Session, now: datetime) -> int:
        """Take away what has begun or run out; how many entries that was."""
        is_told, has_passed = INDEX_ENTRIES.c.category.is_not(None), INDEX_ENTRIES.c.passes_at <= now
        passed = session.scalars(select(INDEX_ENTRIES.c.booking_id).where(is_told, has_passed)).all()
        self._tell(session, passed, now)
        return len(passed)

    def forget(self, session: Session) -> None:
        """The index has lost what it was told: the next `tell_everything` tells all that there is (EIU-8).

        Versions go on rising, for the index may remember some of them.
        """
        for told in (
            session.execute(select(INDEX_ENTRIES).where(INDEX_ENTRIES.c.category.is_not(None))).mappings().all()
        ):
            _remember(session, {**told, "category": None})

    def _tell(
        self,
        session: Session,
        booking_ids: Collection[str],
        now: datetime,
        wanted: Mapping[str, Entry] | None = None,
    ) -> None:
        changes: list[e.EngagementTransaction] = []
        for some in _batches(sorted(booking_ids), _AT_ONCE):
            should = _wanted(session, some, now) if wanted is None else wanted
            has = _told(session, some)
            for booking_id in some:
                changes += self._difference(session, has.get(booking_id), should.get(booking_id))
        changes.sort(key=lambda change: not change.is_deletion)  # what goes, then what comes
        for letter in _batches(changes, MOST_TRANSACTIONS):
            self._write(session, letter, now)

    def _difference(
        self, session: Session, told: Mapping[str, Any] | None, wanted: Entry | None
    ) -> Iterator[e.EngagementTransaction]:
        """What makes the index's entry of one booking what it should be: the old key's deletion, the new state."""
        had = None if told is None or told["category"] is None else _entry(told)
        if had == wanted:
            return
        version = 1 if told is None else told["version"] + 1
        if had is not None and (wanted is None or _key(had) != _key(wanted)):
            yield self._transaction(had, version, is_deletion=True)
        if wanted is not None:
            yield self._transaction(wanted, version, is_deletion=False)
        kept = wanted or had
        row = {name: getattr(kept, name) for name in Entry.__slots__}
        _remember(session, row | {"version": version} | ({} if wanted else {"category": None}))

    def _transaction(self, entry: Entry, version: int, is_deletion: bool) -> e.EngagementTransaction:
        told = f'<v:version xmlns:v="{TIDBRO_INDEX}">{version}</v:version>'
        engagement = e.Engagement(
            resident=entry.resident,
            service_domain=e.DOMAIN,
            categorization=entry.category,
            logical_address=entry.logical_address,
            business_object=entry.booking_id,
            clinical_process=e.NOT_APPLICABLE,
            most_recent_content=None if is_deletion else entry.most_recent_content,
            source_system=self._system_id.text,
            data_controller=entry.logical_address.partition("-")[0],
            extensions=(told.encode(),),
        )
        return e.EngagementTransaction(is_deletion, engagement)

    def _write(self, session: Session, changes: Sequence[e.EngagementTransaction], now: datetime) -> None:
        payload = engagement_codec.encode(e.Update(tuple(changes)))
        self._outbox.put(
            session,
            lane=_LANE,
            contract=engagement_codec.UPDATE.contract,
            logical_address=self._index.text,
            body=envelope.write_request(payload, self._index, None),
            now=now,
        )


Some = TypeVar("Some")


def _batches(all_of_them: Sequence[Some], most: int) -> Iterator[Sequence[Some]]:
    for start in range(0, len(all_of_them), most):
        yield all_of_them[start : start + most]


# -- What should stand in the index

_BOOKINGS = (
    select(
        BookingRow.id,
        BookingRow.subject_of_care,
        BookingRow.state,
        BookingRow.booked_by,
        BookingRow.is_invitation,
        BookingRow.made_at,
        BookingRow.expires_on,
        ClinicRow.hsa_id,
        TimeTypeRow.is_hidden,
        TimeTypeRow.shows_care_booked,
        SlotRow.start,
    )
    .join(ClinicRow, ClinicRow.id == BookingRow.clinic_id)
    .join(TimeTypeRow, TimeTypeRow.id == BookingRow.time_type_id)
    .outerjoin(SlotRow, SlotRow.id == BookingRow.slot_id)
    .where(BookingRow.state.in_((BookingState.BOOKED, BookingState.INVITED)))
)


def _wanted(session: Session, booking_ids: Sequence[str], now: datetime) -> dict[str, Entry]:
    return _entries(session, _BOOKINGS.where(BookingRow.id.in_(booking_ids)), now)


def _all_wanted(session: Session, now: datetime) -> dict[str, Entry]:
    is_to_come = or_(SlotRow.start > now, BookingRow.slot_id.is_(None))
    return _entries(session, _BOOKINGS.where(is_to_come), now)


def _entries(session: Session, statement: Any, now: datetime) -> dict[str, Entry]:
    found = (_entry_of(row, now) for row in session.execute(statement))
    return {entry.booking_id: entry for entry in found if entry is not None}


def _entry_of(row: Any, now: datetime) -> Entry | None:
    """The entry that a booking should have; None when the citizen may not see it, or its time has begun."""
    if not rules.may_be_shown(row.is_hidden, row.shows_care_booked, row.booked_by, row.is_invitation):
        return None
    if row.state is BookingState.INVITED:
        passes_at = None
        if row.expires_on is not None:
            passes_at = datetime.combine(row.expires_on + timedelta(days=1), time(), SWEDEN)
        # An open invitation has no time: the day it was made, with a time part of noughts (EIU-6).
        content = format_dt(row.made_at.astimezone(SWEDEN).date()) + "000000"
    else:
        passes_at, content = row.start, format_ts(row.start.astimezone(SWEDEN))
    if passes_at is not None and passes_at <= now:
        return None
    category = e.INVITATION if row.is_invitation else e.BOOKING
    return Entry(row.id, category, row.hsa_id, content, row.subject_of_care, passes_at)


# -- What the index has been told


def _told(session: Session, booking_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    rows = session.execute(select(INDEX_ENTRIES).where(INDEX_ENTRIES.c.booking_id.in_(booking_ids))).mappings()
    return {row["booking_id"]: dict(row) for row in rows}


def _remember(session: Session, row: Mapping[str, Any]) -> None:
    session.execute(delete(INDEX_ENTRIES).where(INDEX_ENTRIES.c.booking_id == row["booking_id"]))
    session.execute(insert(INDEX_ENTRIES), row)


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(**{name: row[name] for name in Entry.__slots__})


def _key(entry: Entry) -> tuple[str, str]:
    """What of the index's key can change for one booking."""
    return entry.category, entry.logical_address

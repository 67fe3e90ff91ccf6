"""Seats and history: the two things that every change of a booking touches.

Elsewhere: when a seat may be taken (rules.py), the changes themselves (book.py for citizens, desk.py for staff).
Rules: R15, R17 (a seat holds one booking), R34 (free at once). Source: domain.md §9.3 steps 8 and 9, §9.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, Select, bindparam, exists, insert, select, update
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.dml import ReturningUpdate

from scheduling_backends.engine import notices
from scheduling_backends.engine.models import HISTORY, SeatRow, SlotRow
from scheduling_backends.engine.states import Happening, SlotState


def _empty_seat(only_published: bool) -> ScalarSelect[int]:
    """The first empty seat of the slots `slot_ids`, or of the published ones among them.

    PostgreSQL passes over those that others are just taking, so that several seats go to several callers at once.
    """
    seat = aliased(SeatRow)
    empty = select(seat.id).where(seat.slot_id.in_(bindparam("slot_ids", expanding=True)), seat.booking_id.is_(None))
    if only_published:
        empty = empty.where(exists().where(SlotRow.id == seat.slot_id, SlotRow.state == SlotState.PUBLISHED))
    first = empty.order_by(seat.slot_id, seat.number).limit(1)
    return first.with_for_update(skip_locked=True, of=seat).scalar_subquery()


def _taking(only_published: bool) -> ReturningUpdate[int]:
    return (
        update(SeatRow)
        .where(SeatRow.id == _empty_seat(only_published), SeatRow.booking_id.is_(None))
        .values(booking_id=bindparam("taker"))
        .returning(SeatRow.slot_id)
        .execution_options(synchronize_session=False)
    )


_TAKE_SEAT = _taking(only_published=True)
_TAKE_ANY_SEAT = _taking(only_published=False)
_LET_GO = (
    update(SeatRow)
    .where(SeatRow.booking_id == bindparam("sitter"))
    .values(booking_id=None)
    .execution_options(synchronize_session=False)
)
_WRITE_LINE = insert(HISTORY)


@dataclass(frozen=True, slots=True)
class Author:
    """Who does it: `citizen`, `agent` (with an HSA-id) or `care`."""

    role: str
    hsa_id: str | None = None


CARE = Author("care")


def take_seat(session: Session, slot_ids: Sequence[int], booking_id: str) -> int | None:
    """Take an empty seat in one of the slots for `booking_id`; the slot's id, or None when all are taken.

    One statement: of two callers at once for the last seat, one gets None.
    """
    return session.execute(_TAKE_SEAT, {"slot_ids": slot_ids, "taker": booking_id}).scalar_one_or_none()


def take_seat_of_any_kind(session: Session, slot_id: int, booking_id: str) -> int | None:
    """The same in one slot for staff, who may also have drafts and blocked times."""
    return session.execute(_TAKE_ANY_SEAT, {"slot_ids": [slot_id], "taker": booking_id}).scalar_one_or_none()


def hold_seats(session: Session, slots: Select[int]) -> None:
    """Let nobody else take or leave a seat of these slots until this transaction ends.

    Those who are just doing it are waited for; what is asked afterwards sees what they did.
    """
    session.execute(select(SeatRow.id).where(SeatRow.slot_id.in_(slots)).order_by(SeatRow.id).with_for_update())


def let_go(session: Session, booking_id: str) -> None:
    """Leave the seat that the booking sits on, if any; others can have it as soon as this is committed."""
    session.execute(_LET_GO, {"sitter": booking_id})


def block_lone_slot(session: Session, slot_id: int) -> None:
    """Keep a slot with a single seat from being booked again before staff have seen it (R34)."""
    lone = (SlotRow.id == slot_id, SlotRow.capacity == 1, SlotRow.state == SlotState.PUBLISHED)
    session.execute(update(SlotRow).where(*lone).values(state=SlotState.BLOCKED))


def write_history(
    session: Session,
    booking_id: str,
    what: Happening,
    author: Author,
    now: datetime,
    from_slot: int | None = None,
    to_slot: int | None = None,
    comment: str | None = None,
) -> None:
    """Add a line to a booking's history. What happened to it is also what the index may have to be told."""
    line = {
        "booking_id": booking_id,
        "at": now,
        "done_by": author.role,
        "by_hsa_id": author.hsa_id,
        "what": what,
        "from_slot_id": from_slot,
        "to_slot_id": to_slot,
        "comment": comment,
    }
    session.execute(_WRITE_LINE, line)
    notices.touch(session, booking_id)

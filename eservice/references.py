"""Names for bookings in URLs: of use to their owner alone, and telling nothing of clinic, booking or person.

A name that is another's, and one that was never given, are the same: BookingUnknown (E12).
Source: domain.md §5.0 (no ids for citizens), R38.
"""

import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from contracts.database import Database
from contracts.identifiers import HsaId
from eservice.models import ReferenceRow
from eservice.people import Person
from eservice.troubles import BookingUnknown

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reference:
    """One booking or invitation of one person: its name in URLs, its clinic and its id there."""

    name: str
    clinic: HsaId
    booking_id: str


class References:
    """The names that have been given."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, owner: Person, clinic: HsaId, booking_id: str) -> Reference:
        """The booking's name; the same each time."""
        (found,) = self.of_all(owner, [(clinic, booking_id)])
        return found

    def of_all(self, owner: Person, bookings: Iterable[tuple[HsaId, str]]) -> tuple[Reference, ...]:
        """The names of several bookings, in their order."""
        wanted = [(clinic, booking_id) for clinic, booking_id in bookings]
        with self._database.reading() as session:
            known = _known(session, owner)
        for clinic, booking_id in wanted:
            if (clinic.key, booking_id) not in known:
                known[clinic.key, booking_id] = self._new(owner, clinic, booking_id)
        return tuple(Reference(known[clinic.key, booking], clinic, booking) for clinic, booking in wanted)

    def _new(self, owner: Person, clinic: HsaId, booking_id: str) -> str:
        name = secrets.token_urlsafe(12)
        try:
            with self._database.writing() as session:
                session.add(ReferenceRow(name=name, owner=owner.number, clinic=clinic.text, booking_id=booking_id))
        except IntegrityError:  # somebody else of two at once was first
            with self._database.reading() as session:
                return _known(session, owner)[clinic.key, booking_id]
        return name

    def find(self, owner: Person, name: str) -> Reference:
        """What the name stands for. Raises BookingUnknown for one that is not this owner's."""
        with self._database.reading() as session:
            row = session.get(ReferenceRow, name)
        if row is None or row.owner != owner.number:
            if row is not None:
                log.warning("reference_of_another_refused", extra={"logical_address": row.clinic})
            raise BookingUnknown
        return Reference(row.name, HsaId(row.clinic), row.booking_id)


def _known(session: Session, owner: Person) -> dict[tuple[str, str], str]:
    rows = session.scalars(select(ReferenceRow).where(ReferenceRow.owner == owner.number))
    return {(HsaId(row.clinic).key, row.booking_id): row.name for row in rows}

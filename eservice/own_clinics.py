"""Which clinics are a citizen's own (mottagningsrelation): those of the start page, and whom to ring when none answers.

A clinic is there because the citizen added it, is listed there, was invited from there or has booked there. The first
reason stays. A clinic that was taken away comes back with the next booking or invitation, or when it is added again;
where somebody is listed, the taking away is remembered.
Elsewhere: where a citizen is listed (people.py), the button (clinic_pages.py), after a booking (confirming.py).
Source: domain.md §5.2, §5.3, §5.5 (all failed).
"""

from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.database import Database, hold
from contracts.identifiers import HsaId
from eservice.models import OwnClinicRow
from eservice.people import Person

Because = Literal["added", "booked", "invited", "listed"]
_REMOVED = "removed"


class OwnClinics:
    """Everybody's own clinics."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, owner: Person) -> tuple[HsaId, ...]:
        """The owner's clinics: where they are listed first, then as they came."""
        with self._database.reading() as session:
            mine = select(OwnClinicRow).where(OwnClinicRow.owner == owner.number)
            rows = session.scalars(mine.order_by(OwnClinicRow.since, OwnClinicRow.clinic)).all()
        kept = [HsaId(row.clinic) for row in rows if row.because != _REMOVED]
        removed = {HsaId(row.clinic) for row in rows if row.because == _REMOVED}
        listed = [] if owner.listed_at is None or owner.listed_at in removed else [owner.listed_at]
        return tuple(dict.fromkeys([*listed, *kept]))

    def put(self, session: Session, owner: str, clinic: HsaId, because: Because, now: datetime) -> None:
        """Count the clinic among the own of whom the number `owner` is, in the caller's transaction."""
        hold(session, f"own_clinic {owner}")
        row = session.get(OwnClinicRow, (owner, clinic.key))
        if row is None:
            session.add(OwnClinicRow(owner=owner, clinic=clinic.key, because=because, since=now))
        elif row.because == _REMOVED:
            row.because, row.since = because, now

    def add(self, owner: Person, clinic: HsaId, now: datetime) -> None:
        """The citizen adds a clinic."""
        with self._database.writing() as session:
            self.put(session, owner.number, clinic, "added", now)

    def remove(self, owner: Person, clinic: HsaId, now: datetime) -> None:
        """The citizen takes a clinic away."""
        with self._database.writing() as session:
            hold(session, f"own_clinic {owner.number}")
            row = session.get(OwnClinicRow, (owner.number, clinic.key))
            if owner.listed_at == clinic:
                session.merge(OwnClinicRow(owner=owner.number, clinic=clinic.key, because=_REMOVED, since=now))
            elif row is not None:
                session.delete(row)

"""Visits that were ended by signing out: a copy of the cookie, kept somewhere, opens nothing any more.

A visit that ends by rest needs no place here, for its cookie tells when (visits.py).
Source: domain.md §5.0 (Logga ut), §5.1.
"""

from datetime import timedelta

from sqlalchemy import delete

from contracts.database import Database
from contracts.times import Clock
from eservice.models import EndedVisitRow


class EndedVisits:
    """The visits that were ended; `most` is how long a visit may last, after which nobody needs to know."""

    def __init__(self, database: Database, clock: Clock, most: timedelta) -> None:
        self._database, self._clock, self._most = database, clock, most

    def add(self, name: str) -> None:
        """The visit is over, whatever process is asked; ending it twice is as ending it once."""
        now = self._clock()
        with self._database.writing() as session:
            session.execute(delete(EndedVisitRow).where(EndedVisitRow.ended_at < now - self._most))
            session.merge(EndedVisitRow(name=name, ended_at=now))

    def has(self, name: str) -> bool:
        with self._database.reading() as session:
            return session.get(EndedVisitRow, name) is not None

"""Flows that somebody has begun: what was chosen and typed so far, kept between pages and over a lost session.

A journey is its citizen's alone and is named by a random word. Nothing typed is lost: going back, another browser tab,
a session that ended (E17), after which it waits for half an hour. It is sent once: the mark of the form that sends it
is written down before the call goes out, so that a double click, a page sent again, or a process that died half-way
leaves one call and a journey that says so (phase `sending`), whose outcome is then found out by looking (E14).
Elsewhere: the steps (flow.py, step_*.py), sending (committing.py).
Source: domain.md §5.0, §5.11 (E14, E17, double submits).
"""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from contracts import scheduling as s
from contracts.database import Database
from contracts.identifiers import HsaId
from contracts.times import Clock
from eservice import slots
from eservice.models import JourneyMarkRow, JourneyRow
from eservice.people import Person

log = logging.getLogger(__name__)

KEPT = timedelta(minutes=30)
"""How long a flow that is not finished can be taken up again after its citizen's visit has ended by itself (E17)."""
KEPT_DONE = timedelta(days=1)
"""How long its receipt can be shown again."""
MOST_UNDER_WAY = timedelta(minutes=10)
"""How long others wait for what comes of a flow that was sent without an answer (E14)."""
MOST_OFFERED = 600
MOST_TYPED = 4000

Kind = Literal["book", "rebook", "cancel"]
Phase = Literal["open", "sending", "unknown", "done", "failed"]
"""open: being filled in; sending: the call is under way; unknown: it got no answer (E14); done; failed: it is known not
to have been carried out, after it was not known."""


class JourneyUnknown(Exception):
    """There is no such flow, it is another's, or it is too old."""


class JourneySent(Exception):
    """The flow is being sent, or was: nothing in it can be changed any more."""


@dataclass(frozen=True, slots=True)
class Journey:
    """One flow. All of it can be changed with `replace`; `Journeys.keep` writes it down.

    clinic       where it began; `at` is where the time is wanted, when another one was chosen
    booking_id   the booking to move or cancel, or the invitation to use
    old          that booking or invitation, as it was told at the beginning
    chosen       answers by step: terms, care_type, time_type, performer, day, …
    typed        what was typed: reason, phone, email, …
    offered      free times that have been shown, by their keys
    slot         the time chosen
    result       what came of sending: text, booking_id, refusal
    """

    id: str
    kind: Kind
    clinic: HsaId
    at: HsaId
    booking_id: str | None = None
    old: s.Timeslot | None = None
    chosen: Mapping[str, Any] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict, repr=False)
    offered: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    slot: s.Timeslot | None = None
    phase: Phase = "open"
    result: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def choose(self, **chosen: Any) -> "Journey":
        """The flow with these answers; None takes one away."""
        told = {**self.chosen, **chosen}
        return replace(self, chosen={name: value for name, value in told.items() if value is not None})

    def type(self, **typed: str) -> "Journey":
        """The flow with this text kept."""
        return replace(self, typed={**self.typed, **typed})

    def offer(self, found: tuple[s.Timeslot, ...]) -> "Journey":
        """The flow with these free times to choose from, beside those shown before."""
        fresh = {slots.key_of(one): slots.written(one) for one in found}
        kept = {key: told for key, told in self.offered.items() if key not in fresh}
        room = max(0, MOST_OFFERED - len(fresh))
        return replace(self, offered={**dict(list(kept.items())[-room:] if room else []), **fresh})

    def free_time(self, key: str) -> s.Timeslot | None:
        """The free time that has been shown under this key."""
        return slots.read(self.offered[key]) if key in self.offered else None


class Journeys:
    """The flows that are kept. `rest` is how long a visit lasts without a sign of life."""

    def __init__(self, database: Database, clock: Clock, rest: timedelta = timedelta(0)) -> None:
        self._database, self._clock = database, clock
        self._kept_open = rest + KEPT

    def begin(self, journey: Journey, citizen: Person, subject: Person) -> Journey:
        """Keep a new flow; its name is made here."""
        journey = replace(journey, id=secrets.token_urlsafe(12))
        row = JourneyRow(
            id=journey.id,
            kind=journey.kind,
            citizen=citizen.number,
            subject=subject.number,
            state=_written(journey),
            touched_at=self._clock(),
        )
        with self._database.writing() as session:
            self._forget(session)
            session.add(row)
        return journey

    def find(self, name: str, citizen: Person, subject: Person) -> Journey:
        """The flow of this citizen for this person. Raises JourneyUnknown; the same for another's as for none."""
        with self._database.reading() as session:
            row = session.get(JourneyRow, name)
        if row is None or (row.citizen, row.subject) != (citizen.number, subject.number):
            if row is not None and row.citizen != citizen.number:
                log.warning("journey_of_another_refused")
            raise JourneyUnknown
        journey = _read(row)
        if self._clock() - row.touched_at > (self._kept_open if journey.phase == "open" else KEPT_DONE):
            raise JourneyUnknown
        return journey

    def keep(self, journey: Journey) -> Journey:
        """Write down what was chosen and typed. Raises JourneySent when it is too late for that: a page of before
        must not open again what another window has sent."""
        return self._write(journey, while_open=True)

    def conclude(self, journey: Journey) -> Journey:
        """Write down what came of sending it, or of looking."""
        return self._write(journey, while_open=False)

    def _write(self, journey: Journey, while_open: bool) -> Journey:
        with self._database.writing() as session:
            row = session.get(JourneyRow, journey.id, with_for_update=True)
            if row is None:
                raise JourneyUnknown
            if while_open and row.state["phase"] != "open":
                raise JourneySent
            row.state, row.touched_at = _written(journey), self._clock()
        return journey

    def keep_typed(self, name: str, citizen: Person, typed: Mapping[str, str]) -> bool:
        """Keep what came in a form after its session had ended, if the flow is that citizen's and still open (E17);
        whether it was. However long the typing took, it is not lost while the flow is there."""
        with self._database.writing() as session:
            row = session.get(JourneyRow, name, with_for_update=True)
            if row is None or row.citizen != citizen.number or row.state.get("phase") != "open":
                return False
            row.state = _written(_read(row).type(**{field: text[:MOST_TYPED] for field, text in typed.items()}))
            row.touched_at = self._clock()
        return True

    def keep_all(self, citizen: Person) -> None:
        """The citizen has given a sign of life: the flows that are not finished are kept from now on, if not too
        old."""
        now = self._clock()
        with self._database.writing() as session:
            session.execute(
                update(JourneyRow)
                .where(JourneyRow.citizen == citizen.number, JourneyRow.touched_at >= now - self._kept_open)
                .where(JourneyRow.state["phase"].as_string() == "open")
                .values(touched_at=now)
            )

    def begin_sending(self, journey: Journey, mark: str) -> bool:
        """Write down that the flow is being sent; False when it has been, by whatever form: one call goes out."""
        sending = replace(journey, phase="sending", result={"sent_at": self._clock().isoformat()})
        try:
            with self._database.writing() as session:
                row = session.get(JourneyRow, journey.id, with_for_update=True)
                if row is None or row.state["phase"] != "open":
                    return False
                session.add(JourneyMarkRow(mark=f"{journey.id[:8]}{mark}"[:32], journey=journey.id))
                row.state, row.touched_at = _written(sending), self._clock()
        except IntegrityError:
            return False
        return True

    def are_under_way(self, session: Session, subject: str, now: datetime) -> bool:
        """Whether something is being sent for the person, or was a moment ago and nobody knows yet what came of it."""
        recent = (JourneyRow.subject == subject, JourneyRow.touched_at >= now - MOST_UNDER_WAY)
        states = session.scalars(select(JourneyRow.state).where(*recent))
        return any(state["phase"] in ("sending", "unknown") for state in states)

    def forget_old(self) -> int:
        """Throw away what nobody can take up any more; how many flows."""
        with self._database.writing() as session:
            return self._forget(session)

    def _forget(self, session: Session) -> int:
        old = delete(JourneyRow).where(JourneyRow.touched_at < self._clock() - KEPT_DONE)
        return len(session.execute(old.returning(JourneyRow.id)).all())


def _written(journey: Journey) -> dict[str, Any]:
    return {
        "clinic": journey.clinic.text,
        "at": journey.at.text,
        "booking_id": journey.booking_id,
        "old": None if journey.old is None else slots.written(journey.old),
        "chosen": dict(journey.chosen),
        "typed": dict(journey.typed),
        "offered": dict(journey.offered),
        "slot": None if journey.slot is None else slots.written(journey.slot),
        "phase": journey.phase,
        "result": dict(journey.result),
    }


def _read(row: JourneyRow) -> Journey:
    told = row.state
    return Journey(
        id=row.id,
        kind=row.kind,  # type: ignore[arg-type]
        clinic=HsaId(told["clinic"]),
        at=HsaId(told["at"]),
        booking_id=told["booking_id"],
        old=None if told["old"] is None else slots.read(told["old"]),
        chosen=told["chosen"],
        typed=told["typed"],
        offered=told["offered"],
        slot=None if told["slot"] is None else slots.read(told["slot"]),
        phase=told["phase"],
        result=told["result"],
    )

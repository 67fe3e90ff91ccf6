"""Citizens as the system knows them: the register, booking bases, and what of it decides about a time.

What the rules ask is read only for kinds of time that are set to it. Who is not in the register is listed nowhere and
has no protected identity. Rules: R6, R9, R16, R41. Elsewhere: what follows from it (rules.py).
Source: domain.md §6.3 (bokningsunderlag), §7.1 (registrera invånare), §9.2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from contracts.identifiers import HsaId, PersonIdentity
from contracts.times import SWEDEN
from scheduling_backends.engine.entries import Clinic, TimeType
from scheduling_backends.engine.models import (
    BasisRow,
    BookingRow,
    CitizenRow,
    ClinicRow,
    PerformerRow,
    SlotRow,
    TimeTypeRow,
)
from scheduling_backends.engine.rules import NOTHING_KNOWN, Circumstances
from scheduling_backends.engine.states import BookingState

MOST_FOUND = 50


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody in the register. With a protected identity neither address nor phone is shown (R41)."""

    subject_of_care: PersonIdentity
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    is_protected: bool = False
    listed_clinic_id: int | None = None
    listed_performer_id: int | None = None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class Basis:
    """A booking basis in force: for which kind of time, until when, given by whom."""

    id: int
    subject_of_care: PersonIdentity
    time_type_id: int
    note: str | None = field(repr=False)
    given_at: datetime
    given_by: str | None
    last_day: date | None


# -- What decides


def circumstances(
    session: Session,
    clinic: Clinic,
    types: Iterable[TimeType],
    person: PersonIdentity,
    now: datetime,
    besides: str | None = None,
) -> Mapping[int, Circumstances]:
    """By the id of each kind of time, what is known of the citizen; `besides` is the booking that is being moved."""
    kinds = list(types)
    bases = _basis_types(session, person, now) if any(k.settings.requires_basis for k in kinds) else frozenset()
    listed = citizen(session, person) if any(k.settings.listed_only for k in kinds) else None
    is_listed = listed is not None and listed.listed_clinic_id == clinic.id
    performer_id = listed.listed_performer_id if listed is not None and is_listed else None
    visits = _visits(session, clinic, kinds, person, besides)
    return {k.id: Circumstances(k.id in bases, is_listed, performer_id, visits.get(k.settings.code, ())) for k in kinds}


def circumstances_of(
    session: Session, clinic: Clinic, kind: TimeType, person: PersonIdentity, now: datetime, besides: str | None = None
) -> Circumstances:
    """The same for one kind of time."""
    return circumstances(session, clinic, [kind], person, now, besides).get(kind.id, NOTHING_KNOWN)


def _basis_types(session: Session, person: PersonIdentity, now: datetime) -> frozenset[int]:
    return frozenset(basis.time_type_id for basis in bases_of(session, person, now))


def _visits(
    session: Session, clinic: Clinic, kinds: Iterable[TimeType], person: PersonIdentity, besides: str | None
) -> Mapping[str, tuple[date, ...]]:
    """Days of visits by code, at the clinic and its group; only of kinds that keep a distance."""
    codes = [kind.settings.code for kind in kinds if kind.settings.min_days_between]
    if not codes:
        return {}
    group = clinic.settings.group
    is_here = ClinicRow.id == clinic.id
    statement = (
        select(TimeTypeRow.code, SlotRow.day)
        .select_from(BookingRow)
        .join(TimeTypeRow, TimeTypeRow.id == BookingRow.time_type_id)
        .join(SlotRow, SlotRow.id == BookingRow.slot_id)
        .join(ClinicRow, ClinicRow.id == BookingRow.clinic_id)
        .where(
            BookingRow.subject_of_care == person.number,
            BookingRow.state.in_((BookingState.BOOKED, BookingState.COMPLETED)),
            BookingRow.id != (besides or ""),
            TimeTypeRow.code.in_(codes),
            is_here if group is None else or_(is_here, ClinicRow.group == group),
        )
        .order_by(SlotRow.day)
    )
    days: dict[str, tuple[date, ...]] = {}
    for code, day in session.execute(statement):
        days[code] = (*days.get(code, ()), day)
    return days


# -- The register


def citizen(session: Session, person: PersonIdentity) -> Citizen | None:
    """The citizen of that number, if registered."""
    row = session.scalar(select(CitizenRow).where(CitizenRow.number == person.number))
    return None if row is None else _citizen(row)


def id_of(session: Session, person: PersonIdentity) -> int | None:
    """The number of the citizen's row, which may stand in a page's address as the person's number may not."""
    return session.scalar(select(CitizenRow.id).where(CitizenRow.number == person.number))


def citizen_of_id(session: Session, citizen_id: int) -> Citizen | None:
    row = session.get(CitizenRow, citizen_id)
    return None if row is None else _citizen(row)


def citizens(session: Session, numbers: Iterable[str]) -> Mapping[str, Citizen]:
    """Those of the numbers that are registered, by number."""
    rows = session.scalars(select(CitizenRow).where(CitizenRow.number.in_(sorted(set(numbers)))))
    return {row.number: _citizen(row) for row in rows}


def find_citizens(session: Session, text: str) -> tuple[Citizen, ...]:
    """Those whose number begins with the text, or one of whose names does, by name; MOST_FOUND at most."""
    words = [word for word in text.replace("-", "").split() if word]
    if not words:
        return ()
    fits = [
        or_(
            CitizenRow.number.startswith(word, autoescape=True),
            CitizenRow.first_name.istartswith(word, autoescape=True),
            CitizenRow.last_name.istartswith(word, autoescape=True),
        )
        for word in words
    ]
    statement = select(CitizenRow).where(*fits).order_by(CitizenRow.last_name, CitizenRow.first_name, CitizenRow.id)
    return tuple(map(_citizen, session.scalars(statement.limit(MOST_FOUND))))


def register(session: Session, known: Citizen, now: datetime) -> None:
    """Write the citizen into the register, or what is new of who is there already."""
    values = {name: getattr(known, name) for name in Citizen.__slots__ if name not in ("subject_of_care",)}
    number = known.subject_of_care.number
    changed = update(CitizenRow).where(CitizenRow.number == number).values(values).returning(CitizenRow.id)
    if session.scalar(changed) is None:
        session.execute(insert(CitizenRow).values(values | {"number": number, "registered_at": now}))


def list_at(session: Session, person: PersonIdentity, clinic: Clinic | None, performer: HsaId | None = None) -> None:
    """Listed at the clinic from now on, with an own performer if one is named (R9); None for nowhere."""
    own = (
        None
        if performer is None
        else session.scalar(select(PerformerRow.id).where(PerformerRow.hsa_key == performer.key))
    )
    values = {"listed_clinic_id": None if clinic is None else clinic.id, "listed_performer_id": own}
    session.execute(update(CitizenRow).where(CitizenRow.number == person.number).values(values))


def own_performer(session: Session, known: Citizen) -> HsaId | None:
    """Who the citizen is listed with, if with anybody of one's own (R9)."""
    row = None if known.listed_performer_id is None else session.get(PerformerRow, known.listed_performer_id)
    return None if row is None else HsaId(row.hsa_id)


# -- Booking bases


def give_basis(
    session: Session,
    person: PersonIdentity,
    kind: TimeType,
    now: datetime,
    given_by: HsaId | None = None,
    note: str | None = None,
    last_day: date | None = None,
) -> int:
    """Let the citizen book this kind of time (R6), until `last_day` if there is one; the basis's id."""
    row = BasisRow(
        time_type_id=kind.id,
        subject_of_care=person.number,
        note=note,
        given_at=now,
        given_by=None if given_by is None else given_by.text,
        last_day=last_day,
    )
    session.add(row)
    session.flush()
    return row.id


def withdraw_basis(session: Session, basis_id: int, now: datetime) -> None:
    """The basis no longer counts; what was booked with it stays."""
    session.execute(update(BasisRow).where(BasisRow.id == basis_id).values(withdrawn_at=now))


def bases_of(session: Session, person: PersonIdentity, now: datetime) -> tuple[Basis, ...]:
    """The citizen's bases that are in force now, oldest first."""
    today = now.astimezone(SWEDEN).date()
    statement = select(BasisRow).where(
        BasisRow.subject_of_care == person.number,
        BasisRow.withdrawn_at.is_(None),
        or_(BasisRow.last_day.is_(None), BasisRow.last_day >= today),
    )
    rows = session.scalars(statement.order_by(BasisRow.given_at, BasisRow.id))
    return tuple(Basis(r.id, person, r.time_type_id, r.note, r.given_at, r.given_by, r.last_day) for r in rows)


def _citizen(row: CitizenRow) -> Citizen:
    return Citizen(
        PersonIdentity(row.number),
        row.first_name,
        row.last_name,
        row.phone,
        row.email,
        row.address,
        row.is_protected,
        row.listed_clinic_id,
        row.listed_performer_id,
    )

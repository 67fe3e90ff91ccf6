"""The registers that a schedule draws on: resources, performers, kinds of care, and members of staff.

Resources and kinds of care are a clinic's, under a code; performers and staff are the whole system's, under an HSA-id,
compared without regard to case. A key stays; everything else can be changed. Nothing is removed: times and bookings
name it. Elsewhere: who may (the pages), roles (staff.py, desk.py), kinds of time (desk.py).
Source: domain.md §7.1, §7.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.orm import Session

from contracts.identifiers import HsaId
from scheduling_backends.engine.entries import Clinic
from scheduling_backends.engine.models import CareTypeRow, PerformerRow, ResourceRow, StaffRow

Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Register:
    """One of the registers: its table, the column that is the key, and what can be changed, in a form's order."""

    table: type[Any]
    key: str  # code or hsa_id
    fields: tuple[str, ...]

    @property
    def is_of_clinic(self) -> bool:
        return self.key == "code"


RESOURCES = Register(ResourceRow, "code", ("name", "group"))
PERFORMERS = Register(PerformerRow, "hsa_id", ("first_name", "last_name", "title"))
CARE_TYPES = Register(CareTypeRow, "code", ("name",))
STAFF = Register(StaffRow, "hsa_id", ("name", "title"))


def listed(session: Session, register: Register, clinic: Clinic) -> tuple[Values, ...]:
    """What the register holds for the clinic, by key: the key and the fields of each."""
    table = register.table
    mine = select(table).where(table.clinic_id == clinic.id) if register.is_of_clinic else select(table)
    return tuple(_values(register, row) for row in session.scalars(mine.order_by(getattr(table, register.key))))


def one(session: Session, register: Register, clinic: Clinic, key: str) -> Values | None:
    """One of them; None for an unknown key."""
    row = session.scalar(select(register.table).where(*_named(register, clinic, key)))
    return None if row is None else _values(register, row)


def add(session: Session, register: Register, clinic: Clinic, key: str, values: Values) -> None:
    """Add one under a key that is not taken."""
    fixed: dict[str, Any] = {register.key: key}
    fixed |= {"clinic_id": clinic.id} if register.is_of_clinic else {"hsa_key": HsaId(key).key}
    session.execute(insert(register.table).values(**fixed, **values))


def change(session: Session, register: Register, clinic: Clinic, key: str, values: Values) -> None:
    """Change one; its key stays."""
    session.execute(update(register.table).where(*_named(register, clinic, key)).values(**values))


def _named(register: Register, clinic: Clinic, key: str) -> tuple[ColumnElement[bool], ...]:
    table = register.table
    if register.is_of_clinic:
        return (table.clinic_id == clinic.id, table.code == key)
    return (table.hsa_key == HsaId(key).key,)


def _values(register: Register, row: Any) -> Values:
    return {name: getattr(row, name) for name in (register.key, *register.fields)}

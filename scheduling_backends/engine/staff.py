"""Members of staff and the roles they have: who may do what at which clinic.

A role without a clinic holds at every clinic. Whoever has any role at a clinic may look; what else each role allows,
the pages say. Elsewhere: signing in (staff/), writing roles (desk.py). Source: domain.md §7.1.
"""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from contracts.identifiers import HsaId
from scheduling_backends.engine import find
from scheduling_backends.engine.entries import Clinic
from scheduling_backends.engine.models import ClinicRow, StaffRoleRow, StaffRow
from scheduling_backends.engine.states import Role


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody who works with the system."""

    id: int
    hsa_id: HsaId
    name: str
    title: str | None


def members(session: Session) -> tuple[StaffMember, ...]:
    """Everybody, by name."""
    return tuple(map(_member, session.scalars(select(StaffRow).order_by(StaffRow.name, StaffRow.id))))


def member(session: Session, hsa_id: HsaId) -> StaffMember | None:
    """One of them, without regard to case; None when there is nobody of that id."""
    row = session.scalar(select(StaffRow).where(StaffRow.hsa_key == hsa_id.key))
    return None if row is None else _member(row)


def clinics_of(session: Session, member_id: int) -> tuple[Clinic, ...]:
    """The clinics where the member has a role, by name."""
    theirs = select(StaffRoleRow).where(StaffRoleRow.staff_id == member_id)
    everywhere = theirs.where(StaffRoleRow.clinic_id.is_(None)).exists()
    there = theirs.where(StaffRoleRow.clinic_id == ClinicRow.id).exists()
    return find.clinics(session, or_(everywhere, there))


def roles_at(session: Session, member_id: int, clinic_id: int) -> frozenset[Role]:
    """The member's roles at the clinic, those for the whole region among them."""
    at_clinic = or_(StaffRoleRow.clinic_id == clinic_id, StaffRoleRow.clinic_id.is_(None))
    return frozenset(session.scalars(select(StaffRoleRow.role).where(StaffRoleRow.staff_id == member_id, at_clinic)))


def _member(row: StaffRow) -> StaffMember:
    return StaffMember(row.id, HsaId(row.hsa_id), row.name, row.title)

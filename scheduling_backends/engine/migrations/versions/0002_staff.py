"""The second version: what staff pages need, and the settings of the rules that came with them.

Citizens, booking bases, staff and their roles, exceptions from the schedule, templates; more settings of clinics and
kinds of time. What is there keeps its meaning: each new setting begins with the value that changes nothing.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("schedule_templates", "closures", "staff_roles", "staff", "bases", "citizens")


def upgrade() -> None:
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("uq_clinics_unit_code", "clinics", ["unit_code"], unique=True)
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_index("ix_bookings_clinic_id_made_at", "bookings", ["clinic_id", "made_at"])
    op.create_index("ix_slots_calendar", "slots", ["clinic_id", "day", "start"])
    _people()
    _plans()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_slots_calendar", "slots")
    op.drop_index("ix_bookings_clinic_id_made_at", "bookings")
    op.drop_index("ix_audit_log_at", "audit_log")
    op.drop_index("uq_clinics_unit_code", "clinics")
    for table, columns in _columns().items():
        for column in columns:
            op.drop_column(table, column.name)


def _columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    """What is new of the tables that are there."""
    return {
        "clinics": (
            sa.Column("unit_code", sa.String(16), nullable=True),
            sa.Column("address", sa.Text(), nullable=True),
            sa.Column("max_active", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("fee_note", sa.Text(), nullable=True),
            sa.Column("has_extended_rules", sa.Boolean(), nullable=False, server_default=sa.true()),
        ),
        "resources": (sa.Column("resource_group", sa.String(64), nullable=True),),
        "time_types": (
            sa.Column("release", sa.String(60), nullable=True),
            sa.Column("requires_basis", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("only_sex", sa.String(24), nullable=True),
            sa.Column("listed_only", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("min_days_between", sa.Integer(), nullable=False, server_default="0"),
            # No limit for what is there: nobody was told of one.
            sa.Column("max_rebookings", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("ready_reasons", sa.Text(), nullable=False, server_default=""),
            sa.Column("releases_cancelled", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("after_cancelled_invitation", sa.String(24), nullable=False, server_default="work list"),
            sa.Column("resource_group", sa.String(64), nullable=True),
            sa.Column("colour", sa.String(7), nullable=False, server_default="#37474f"),
        ),
        "slots": (sa.Column("block_reason", sa.Text(), nullable=True),),
        "bookings": (
            sa.Column("moves", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("expires_on", sa.Date(), nullable=True),
            sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        ),
    }


def _people() -> None:
    """Citizens and what they may book by order; staff and their roles."""
    op.create_table(
        "citizens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(12), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("is_protected", sa.Boolean(), nullable=False),
        sa.Column("listed_clinic_id", sa.Integer(), nullable=True),
        sa.Column("listed_performer_id", sa.Integer(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_citizens"),
        sa.UniqueConstraint("number", name="uq_citizens_number"),
        sa.ForeignKeyConstraint(["listed_clinic_id"], ["clinics.id"], name="fk_citizens_listed_clinic_id"),
        sa.ForeignKeyConstraint(["listed_performer_id"], ["performers.id"], name="fk_citizens_listed_performer_id"),
    )
    op.create_index("ix_citizens_last_name", "citizens", ["last_name"])
    op.create_table(
        "bases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("time_type_id", sa.Integer(), nullable=False),
        sa.Column("subject_of_care", sa.String(12), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_bases"),
        sa.ForeignKeyConstraint(["time_type_id"], ["time_types.id"], name="fk_bases_time_type_id"),
    )
    op.create_index("ix_bases_person", "bases", ["subject_of_care", "time_type_id"])
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hsa_id", sa.String(64), nullable=False),
        sa.Column("hsa_key", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("hsa_key", name="uq_staff_hsa_key"),
    )
    op.create_table(
        "staff_roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_staff_roles"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_roles_staff_id"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_staff_roles_clinic_id"),
        sa.UniqueConstraint("staff_id", "clinic_id", "role", name="uq_staff_roles_staff_id_clinic_id_role"),
    )


def _plans() -> None:
    """Exceptions from the schedule, and weeks saved as templates."""
    op.create_table(
        "closures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Integer(), nullable=False),
        sa.Column("performer_id", sa.Integer(), nullable=True),
        sa.Column("resource_id", sa.Integer(), nullable=True),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=True),
        sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_closures"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_closures_clinic_id"),
        sa.ForeignKeyConstraint(["performer_id"], ["performers.id"], name="fk_closures_performer_id"),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name="fk_closures_resource_id"),
    )
    op.create_index("ix_closures_clinic_id", "closures", ["clinic_id"])
    op.create_table(
        "schedule_templates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schedule_templates"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_schedule_templates_clinic_id"),
        sa.UniqueConstraint("clinic_id", "name", name="uq_schedule_templates_clinic_id_name"),
    )

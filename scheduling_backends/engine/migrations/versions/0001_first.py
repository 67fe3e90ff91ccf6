"""The first version: clinics, kinds of time, slots with their seats, bookings, their history, the audit log.

History and audit log are append-only: triggers refuse to change or remove a line.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("booking_history", "audit_log")
TABLES = (
    "audit_log",
    "booking_history",
    "invitation_clinics",
    "seats",
    "bookings",
    "slots",
    "time_types",
    "care_types",
    "resources",
    "performers",
    "clinics",
)


def upgrade() -> None:
    _offer()
    _schedule()
    _bookings()
    _logs()
    for table in APPEND_ONLY:
        _refuse_changes(table)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION timebook_append_only()")


def _offer() -> None:
    """Clinics, whom and what one meets there, and the kinds of time."""
    op.create_table(
        "clinics",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hsa_id", sa.String(64), nullable=False),
        sa.Column("hsa_key", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(40), nullable=True),
        sa.Column("clinic_group", sa.String(64), nullable=True),
        sa.Column("is_virtual", sa.Boolean(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("rebooks_in_group", sa.Boolean(), nullable=False),
        sa.Column("eves_are_holidays", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clinics"),
        sa.UniqueConstraint("hsa_key", name="uq_clinics_hsa_key"),
    )
    op.create_index("ix_clinics_clinic_group", "clinics", ["clinic_group"], unique=False)
    op.create_table(
        "performers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hsa_id", sa.String(64), nullable=False),
        sa.Column("hsa_key", sa.String(64), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_performers"),
        sa.UniqueConstraint("hsa_key", name="uq_performers_hsa_key"),
    )
    op.create_table(
        "resources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_resources_clinic_id"),
        sa.PrimaryKeyConstraint("id", name="pk_resources"),
        sa.UniqueConstraint("clinic_id", "code", name="uq_resources_clinic_id_code"),
    )
    op.create_table(
        "care_types",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_care_types_clinic_id"),
        sa.PrimaryKeyConstraint("id", name="pk_care_types"),
        sa.UniqueConstraint("clinic_id", "code", name="uq_care_types_clinic_id_code"),
    )
    op.create_table(
        "time_types",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Integer(), nullable=False),
        sa.Column("care_type_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("internal_name", sa.Text(), nullable=False),
        sa.Column("web_name", sa.Text(), nullable=False),
        sa.Column("length_minutes", sa.Integer(), nullable=False),
        sa.Column("bookable_by", sa.String(24), nullable=False),
        sa.Column("opens_days_before", sa.Integer(), nullable=False),
        sa.Column("closes_hours_before", sa.Integer(), nullable=False),
        sa.Column("min_days_ahead", sa.Integer(), nullable=False),
        sa.Column("cancel_own", sa.String(24), nullable=True),
        sa.Column("cancel_care", sa.String(24), nullable=True),
        sa.Column("rebook_own", sa.String(24), nullable=True),
        sa.Column("rebook_care", sa.String(24), nullable=True),
        sa.Column("keeps_performer", sa.Boolean(), nullable=False),
        sa.Column("keeps_resource", sa.Boolean(), nullable=False),
        sa.Column("offers_performer_choice", sa.Boolean(), nullable=False),
        sa.Column("booking_reason", sa.String(24), nullable=False),
        sa.Column("rebooking_reason", sa.String(24), nullable=False),
        sa.Column("cancelling_reason", sa.String(24), nullable=False),
        sa.Column("max_simultaneous", sa.Integer(), nullable=False),
        sa.Column("is_protected", sa.Boolean(), nullable=False),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("shows_care_booked", sa.Boolean(), nullable=False),
        sa.Column("age_from", sa.Integer(), nullable=True),
        sa.Column("age_to", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("message_after_booking", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("list_order", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["care_type_id"], ["care_types.id"], name="fk_time_types_care_type_id"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_time_types_clinic_id"),
        sa.PrimaryKeyConstraint("id", name="pk_time_types"),
        sa.UniqueConstraint("clinic_id", "code", name="uq_time_types_clinic_id_code"),
    )


def _schedule() -> None:
    """The times."""
    op.create_table(
        "slots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Integer(), nullable=False),
        sa.Column("time_type_id", sa.Integer(), nullable=False),
        sa.Column("performer_id", sa.Integer(), nullable=True),
        sa.Column("resource_id", sa.Integer(), nullable=True),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("published_from", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_slots_clinic_id"),
        sa.ForeignKeyConstraint(["performer_id"], ["performers.id"], name="fk_slots_performer_id"),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name="fk_slots_resource_id"),
        sa.ForeignKeyConstraint(["time_type_id"], ["time_types.id"], name="fk_slots_time_type_id"),
        sa.PrimaryKeyConstraint("id", name="pk_slots"),
    )
    op.create_index("ix_slots_exact", "slots", ["clinic_id", "start"], unique=False)
    op.create_index("ix_slots_performer", "slots", ["performer_id", "start"], unique=False)
    op.create_index("ix_slots_resource", "slots", ["resource_id", "start"], unique=False)
    op.create_index("ix_slots_search", "slots", ["clinic_id", "time_type_id", "day", "start"], unique=False)


def _bookings() -> None:
    """Bookings, the seats that they take, and where invitations may be used."""
    op.create_table(
        "bookings",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("clinic_id", sa.Integer(), nullable=False),
        sa.Column("time_type_id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("is_invitation", sa.Boolean(), nullable=False),
        sa.Column("booked_by", sa.String(24), nullable=False),
        sa.Column("invitation_text", sa.Text(), nullable=True),
        sa.Column("replaced_by", sa.String(40), nullable=True),
        sa.Column("subject_of_care", sa.String(12), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("middle_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("coaddress", sa.Text(), nullable=True),
        sa.Column("medical_unit", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("rebooking_comment", sa.Text(), nullable=True),
        sa.Column("cancelling_comment", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_bookings_clinic_id"),
        sa.ForeignKeyConstraint(["replaced_by"], ["bookings.id"], name="fk_bookings_replaced_by"),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name="fk_bookings_slot_id"),
        sa.ForeignKeyConstraint(["time_type_id"], ["time_types.id"], name="fk_bookings_time_type_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bookings"),
    )
    op.create_index("ix_bookings_person", "bookings", ["subject_of_care", "clinic_id", "state"], unique=False)
    op.create_index("ix_bookings_slot_id", "bookings", ["slot_id"], unique=False)
    op.create_table(
        "seats",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.String(40), nullable=True),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name="fk_seats_booking_id", deferrable=True, initially="DEFERRED"
        ),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name="fk_seats_slot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_seats"),
        sa.UniqueConstraint("slot_id", "number", name="uq_seats_slot_id_number"),
    )
    op.create_index(
        "uq_seats_booking_id",
        "seats",
        ["booking_id"],
        unique=True,
        sqlite_where=sa.text("booking_id IS NOT NULL"),
        postgresql_where=sa.text("booking_id IS NOT NULL"),
    )
    op.create_index(
        "ix_seats_empty",
        "seats",
        ["slot_id"],
        unique=False,
        sqlite_where=sa.text("booking_id IS NULL"),
        postgresql_where=sa.text("booking_id IS NULL"),
    )
    op.create_table(
        "invitation_clinics",
        sa.Column("booking_id", sa.String(40), nullable=False),
        sa.Column("clinic_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name="fk_invitation_clinics_booking_id"),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name="fk_invitation_clinics_clinic_id"),
        sa.PrimaryKeyConstraint("booking_id", "clinic_id", name="pk_invitation_clinics"),
    )


def _logs() -> None:
    """What happened to bookings, and who looked."""
    op.create_table(
        "booking_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", sa.String(10), nullable=False),
        sa.Column("by_hsa_id", sa.Text(), nullable=True),
        sa.Column("what", sa.String(24), nullable=False),
        sa.Column("from_slot_id", sa.Integer(), nullable=True),
        sa.Column("to_slot_id", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name="fk_booking_history_booking_id"),
        sa.ForeignKeyConstraint(["from_slot_id"], ["slots.id"], name="fk_booking_history_from_slot_id"),
        sa.ForeignKeyConstraint(["to_slot_id"], ["slots.id"], name="fk_booking_history_to_slot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_booking_history"),
    )
    op.create_index("ix_booking_history_booking_id", "booking_history", ["booking_id"], unique=False)
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("subject_of_care", sa.String(12), nullable=True),
        sa.Column("booking_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_subject_of_care", "audit_log", ["subject_of_care"], unique=False)


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION timebook_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION timebook_append_only()"
    )

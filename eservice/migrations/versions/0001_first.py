"""The first version: flows, the inbox, reminders, what clinics decided, what the index told, post."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "journey_mark",
    "watch",
    "reminder",
    "reference",
    "own_clinic",
    "outbox",
    "notices",
    "message",
    "journey",
    "index_source",
    "engagement",
    "ended_visit",
    "contact",
    "clinic_settings",
    "calendar",
    "administrator_log",
)


def upgrade() -> None:
    _clinics()
    _flows()
    _letters()
    _times()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _clinics() -> None:
    op.create_table(
        "administrator_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinic", sa.String(length=64), nullable=False),
        sa.Column("administrator", sa.String(length=64), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_administrator_log_clinic"), "administrator_log", ["clinic"], unique=False)
    op.create_table(
        "clinic_settings",
        sa.Column("clinic", sa.String(length=64), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("clinic"),
    )


def _flows() -> None:
    op.create_table(
        "journey",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("citizen", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_journey_citizen"), "journey", ["citizen"], unique=False)
    op.create_index(op.f("ix_journey_touched_at"), "journey", ["touched_at"], unique=False)
    op.create_table(
        "journey_mark",
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("journey", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["journey"], ["journey.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mark"),
    )
    op.create_index(op.f("ix_journey_mark_journey"), "journey_mark", ["journey"], unique=False)
    op.create_table(
        "reference",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=12), nullable=False),
        sa.Column("clinic", sa.String(length=64), nullable=False),
        sa.Column("booking_id", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("owner", "clinic", "booking_id", name=op.f("uq_reference_owner_clinic_booking_id")),
    )
    op.create_table(
        "ended_visit",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index(op.f("ix_ended_visit_ended_at"), "ended_visit", ["ended_at"], unique=False)


def _letters() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("owner", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("clinic", sa.String(length=64), nullable=False),
        sa.Column("booking_id", sa.String(length=255), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key", name=op.f("uq_message_key")),
    )
    op.create_index("ix_message_owner_made_at", "message", ["owner", "made_at"], unique=False)
    op.create_table(
        "contact",
        sa.Column("owner", sa.String(length=12), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("mobile", sa.String(length=32), nullable=False),
        sa.Column("email_is_on", sa.Boolean(), nullable=False),
        sa.Column("mobile_is_on", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("owner"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("lane", sa.String(length=128), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("logical_address", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_failure", sa.Text(), nullable=False),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_lane", "outbox", ["lane", "id"], unique=False)
    op.create_table(
        "reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=12), nullable=False),
        sa.Column("citizen", sa.String(length=12), nullable=False),
        sa.Column("clinic", sa.String(length=64), nullable=False),
        sa.Column("booking_id", sa.String(length=255), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lead", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("names_clinic", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "owner",
            "citizen",
            "clinic",
            "booking_id",
            "lead",
            "channel",
            name=op.f("uq_reminder_owner_citizen_clinic_booking_id_lead_channel"),
        ),
    )
    op.create_index(op.f("ix_reminder_due_at"), "reminder", ["due_at"], unique=False)
    op.create_table(
        "calendar",
        sa.Column("owner", sa.String(length=12), nullable=False),
        sa.Column("clinic", sa.String(length=64), nullable=False),
        sa.Column("booking_id", sa.String(length=255), nullable=False),
        sa.Column("uid", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", "clinic", "booking_id"),
    )


def _times() -> None:
    op.create_table(
        "engagement",
        sa.Column("owner", sa.String(length=12), nullable=False),
        sa.Column("clinic", sa.String(length=64), nullable=False),
        sa.Column("booking_id", sa.String(length=255), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("most_recent", sa.String(length=14), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("is_there", sa.Boolean(), nullable=False),
        sa.Column("known", sa.String(length=14), nullable=False),
        sa.Column("notice", sa.Integer(), nullable=False),
        sa.Column("tell_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("by_citizen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("became_clinic", sa.String(length=64), nullable=False),
        sa.Column("became_id", sa.String(length=255), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", "clinic", "booking_id"),
    )
    op.create_index(op.f("ix_engagement_tell_at"), "engagement", ["tell_at"], unique=False)
    op.create_table(
        "index_source",
        sa.Column("source_system", sa.String(length=64), nullable=False),
        sa.Column("message", sa.String(length=128), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source_system"),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("correlation_id", sa.String(length=128), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("handed_on_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest", name=op.f("uq_notices_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_notices_handed_on_at"), "notices", ["handed_on_at"], unique=False)
    op.create_table(
        "own_clinic",
        sa.Column("owner", sa.String(length=12), nullable=False),
        sa.Column("clinic", sa.String(length=64), nullable=False),
        sa.Column("because", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", "clinic"),
    )
    op.create_table(
        "watch",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=12), nullable=False),
        sa.Column("citizen", sa.String(length=12), nullable=False),
        sa.Column("clinic", sa.String(length=64), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_watch_clinic"), "watch", ["clinic"], unique=False)
    op.create_index(op.f("ix_watch_owner"), "watch", ["owner"], unique=False)

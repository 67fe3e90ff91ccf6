"""The first version: entries, what is known of deleted ones, what waits on its way in and out, the latest events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "switches",
    "letters",
    "events",
    "held_notices",
    "incoming",
    "changes",
    "tombstones",
    "engagements",
)


def upgrade() -> None:
    _entries()
    _on_the_way()
    _events()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _moment() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def _entries() -> None:
    op.create_table(
        "engagements",
        sa.Column("key", sa.LargeBinary(32), nullable=False),
        sa.Column("resident", sa.String(32), nullable=False),
        sa.Column("service_domain", sa.String(255), nullable=False),
        sa.Column("categorization", sa.String(255), nullable=False),
        sa.Column("logical_address", sa.String(64), nullable=False),
        sa.Column("business_object", sa.String(128), nullable=False),
        sa.Column("clinical_process", sa.String(128), nullable=False),
        sa.Column("most_recent_content", sa.String(14), nullable=True),
        sa.Column("source_system", sa.String(64), nullable=False),
        sa.Column("data_controller", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("created_at", _moment(), nullable=False),
        sa.Column("updated_at", _moment(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_engagements"),
    )
    op.create_index("ix_engagements_resident", "engagements", ["resident", "service_domain"])
    op.create_table(
        "tombstones",
        sa.Column("key", sa.LargeBinary(32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_tombstones"),
    )
    op.create_index("ix_tombstones_at", "tombstones", ["at"])
    op.create_table(
        "changes",
        sa.Column("service_domain", sa.String(255), nullable=False),
        sa.Column("resident", sa.String(32), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("service_domain", "resident", name="pk_changes"),
    )


def _on_the_way() -> None:
    op.create_table(
        "incoming",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("received_at", _moment(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incoming"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "held_notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_held_notices"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "letters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lane", sa.String(128), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("logical_address", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", _moment(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_failure", sa.Text(), nullable=False),
        sa.Column("dead_at", _moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_letters_lane", "letters", ["lane", "id"])
    op.create_table(
        "switches",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_switches"),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("source_system", sa.String(64), nullable=False),
        sa.Column("service_domain", sa.String(255), nullable=False),
        sa.Column("categorization", sa.String(255), nullable=False),
        sa.Column("logical_address", sa.String(64), nullable=False),
        sa.Column("business_object", sa.String(128), nullable=False),
        sa.Column("resident", sa.String(32), nullable=False),
        sa.Column("operation", sa.String(8), nullable=False),
        sa.Column("is_notified", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sqlite_autoincrement=True,
    )

"""The fifth version: what the engagement index has been told, and the letters to it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "index_entries",
        sa.Column("booking_id", sa.String(40), sa.ForeignKey("bookings.id", name="fk_index_entries_booking_id")),
        sa.Column("category", sa.String(24)),
        sa.Column("logical_address", sa.String(64), nullable=False),
        sa.Column("most_recent_content", sa.String(14), nullable=False),
        sa.Column("resident", sa.String(12), nullable=False),
        sa.Column("passes_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("booking_id", name="pk_index_entries"),
    )
    op.create_index("ix_index_entries_passes_at", "index_entries", ["passes_at"])
    op.create_table(
        "index_outbox",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("lane", sa.String(128), nullable=False),
        sa.Column("contract", sa.Text, nullable=False),
        sa.Column("logical_address", sa.Text, nullable=False),
        sa.Column("correlation_id", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_failure", sa.Text, nullable=False),
        sa.Column("dead_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_index_outbox"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_index_outbox_lane", "index_outbox", ["lane", "id"])


def downgrade() -> None:
    op.drop_table("index_outbox")
    op.drop_table("index_entries")

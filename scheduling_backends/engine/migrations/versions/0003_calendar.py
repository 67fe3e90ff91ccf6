"""The third version: the staff's calendar and web log stay as fast with a million times.

Who has times at a clinic, what happened on a day, and which booking another one replaced are found without reading
all that there is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_slots_column", "slots", ["clinic_id", "performer_id", "day"])
    op.create_index("ix_booking_history_at", "booking_history", ["at"])
    replaced = sa.text("replaced_by IS NOT NULL")
    op.create_index(
        "ix_bookings_replaced_by", "bookings", ["replaced_by"], sqlite_where=replaced, postgresql_where=replaced
    )


def downgrade() -> None:
    op.drop_index("ix_bookings_replaced_by", "bookings")
    op.drop_index("ix_booking_history_at", "booking_history")
    op.drop_index("ix_slots_column", "slots")

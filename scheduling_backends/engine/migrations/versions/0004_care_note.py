"""The fourth version: care's own note about a booking is kept apart from the citizen's reason.

What care wrote at booking stood where the citizen's reason stands. It is moved: of the bookings that care made, by
their history, and of those that they became when they went on at another clinic.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BOOKINGS = sa.table("bookings", sa.column("id"), sa.column("replaced_by"), sa.column("reason"), sa.column("care_note"))
_HISTORY = sa.table("booking_history", sa.column("booking_id"), sa.column("what"), sa.column("done_by"))


def upgrade() -> None:
    op.add_column("bookings", sa.Column("care_note", sa.Text()))
    op.execute(_moved(_care_made()))
    before = _BOOKINGS.alias()
    followed = sa.exists().where(before.c.replaced_by == _BOOKINGS.c.id, before.c.care_note == _BOOKINGS.c.reason)
    while op.get_bind().execute(_moved(followed)).rowcount:
        pass


def downgrade() -> None:
    op.execute(sa.update(_BOOKINGS).where(_BOOKINGS.c.reason.is_(None)).values(reason=_BOOKINGS.c.care_note))
    op.drop_column("bookings", "care_note")


def _care_made() -> sa.ColumnElement[bool]:
    lines = (_HISTORY.c.booking_id == _BOOKINGS.c.id, _HISTORY.c.what == "booked", _HISTORY.c.done_by == "care")
    return sa.exists().where(*lines)


def _moved(which: sa.ColumnElement[bool]) -> sa.Update:
    mine = sa.update(_BOOKINGS).where(which, _BOOKINGS.c.reason.is_not(None))
    return mine.values(care_note=_BOOKINGS.c.reason, reason=None)

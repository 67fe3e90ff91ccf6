"""The audit log: who looked at or changed which citizen's data, and when; rows are only ever added.

A table for each scheduling system, with the columns given here. It holds people's numbers, for that is what a log
follow-up (loggranskning) asks for, and so it never leaves the database. A trigger refuses changes (see migrations).
Elsewhere: what happened to a booking (each system's history), calls as such (the gateway's message log).
"""

from datetime import datetime
from typing import Literal

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from contracts.database import UtcMoment

AuditAction = Literal[
    "read schedule",
    "read booking",
    "make",
    "move",
    "cancel",
    "invite",
    "conclude",
    "read calendar",
    "read list",
    "read history",
    "find citizen",
    "read citizen",
    "write citizen",
    "give basis",
    "withdraw basis",
    "write schedule",
    "close hours",
    "tell citizen",
    "write time type",
    "write roles",
    "write clinic",
    "write register",
    "read web log",
    "read audit log",
    "print",
    "export",
]


class AuditColumns:
    """The columns of an audit table; mix into a declarative class that names the table.

    `action` is an AuditAction, `outcome` OK, INFO, ERROR or fault; `actor` is the Actor header's id, empty when it was
    missing. `subject_of_care` is the citizen whom the message or the booking is about, `booking_id` the booking; both
    may be empty.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcMoment)
    action: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(10))
    clinic: Mapped[str] = mapped_column(Text)
    consumer: Mapped[str] = mapped_column(Text)
    correlation_id: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    subject_of_care: Mapped[str | None] = mapped_column(String(12), index=True)
    booking_id: Mapped[str | None] = mapped_column(Text)

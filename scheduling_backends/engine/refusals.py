"""What a refusal is, and the Swedish words it is told in.

A situation (`taken`, `too_late_to_cancel`, …) names one table of texts_sv.toml: internal code, row of the error
catalogue, text. The tests hold Situation and the file together.
Elsewhere: when to refuse (rules.py, access.py). Source: domain.md §5.11.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from importlib import resources

from contracts.times import SWEDEN

WITHOUT_PHONE = "mottagningen"
_MONTHS = (
    "januari februari mars april maj juni juli augusti september oktober november december".split()  # noqa: SIM905
)


class Situation(StrEnum):
    """Each way a wish can be refused: the tables of texts_sv.toml."""

    TAKEN = "taken"
    PASSED = "passed"
    GONE = "gone"
    NOT_YET = "not_yet"
    TOO_LATE_TO_BOOK = "too_late_to_book"
    OCCUPIED = "occupied"
    NOT_ALLOWED = "not_allowed"
    INVITATION_IS_FOR_OTHERS = "invitation_is_for_others"
    ACTOR_MISSING = "actor_missing"
    TOO_SOON = "too_soon"
    LIMIT_REACHED = "limit_reached"
    CLINIC_LIMIT_REACHED = "clinic_limit_reached"
    BOOKING_REASON_MISSING = "booking_reason_missing"
    REBOOKING_REASON_MISSING = "rebooking_reason_missing"
    CANCELLING_REASON_MISSING = "cancelling_reason_missing"
    TEXT_TOO_LONG = "text_too_long"
    TOO_LATE_TO_REBOOK = "too_late_to_rebook"
    TOO_LATE_TO_CANCEL = "too_late_to_cancel"
    REBOOKING_NOT_ALLOWED = "rebooking_not_allowed"
    REBOOKINGS_USED_UP = "rebookings_used_up"
    CANCELLING_NOT_ALLOWED = "cancelling_not_allowed"
    ALREADY_CANCELLED = "already_cancelled"
    ALREADY_MOVED = "already_moved"
    INVITATION_USED = "invitation_used"
    INVITATION_EXPIRED = "invitation_expired"
    UNKNOWN_BOOKING = "unknown_booking"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A wish that a rule stops: internal code, id in the error catalogue (E1–E12), and the text for the citizen."""

    code: str
    error: str
    text: str


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """The text file, read once: situation → code, error, text."""
    return tomllib.loads(resources.files(__package__).joinpath("texts_sv.toml").read_text("utf-8"))


def refuse(
    situation: Situation,
    *,
    phone: str | None = None,
    clinic: str = "",
    time_type: str = "",
    moment: datetime | None = None,
    day: date | None = None,
    note: str | None = None,
) -> Refusal:
    """The refusal for `situation`, its text filled in with what is known; a `note` follows it.

    `moment` is told as Swedish clock time, `day` as a Swedish date.
    """
    entry = catalogue()[situation]
    clock = moment.astimezone(SWEDEN).strftime("%H.%M") if moment else ""
    text = entry["text"].format(
        telefon=phone or WITHOUT_PHONE, mottagning=clinic, typ=time_type, klockslag=clock, datum=day and _written(day)
    )
    return Refusal(entry["code"], entry["error"], f"{text} {note}" if note else text)


def _written(day: date) -> str:
    """`1 december 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

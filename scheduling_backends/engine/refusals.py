"""What a refusal is, and the Swedish words it is told in.

A situation (`taken`, `too_late_to_cancel`, …) names one table of texts_sv.toml: internal code, row of the error
catalogue, reason, text. Several rules share a situation's code and text; the reason tells them apart, and RULES says
which rule of docs/rules.md it is. The tests hold Situation, Reason and the file together.
Elsewhere: when to refuse (rules.py, access.py). Source: domain.md §5.11.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
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


class Reason(StrEnum):
    """Why, in a word that goes out beside the code and stays the same."""

    CLOSED = "CLOSED"
    TYPE_CLOSED = "TYPE_CLOSED"
    CARE_ONLY = "CARE_ONLY"
    PROTECTED = "PROTECTED"
    BASIS = "BASIS"
    AGE = "AGE"
    SEX = "SEX"
    LISTED = "LISTED"
    LEAD_TIME = "LEAD_TIME"
    HORIZON = "HORIZON"
    RELEASE = "RELEASE"
    PASSED = "PASSED"
    TYPE_LIMIT = "TYPE_LIMIT"
    CLINIC_LIMIT = "CLINIC_LIMIT"
    TAKEN = "TAKEN"
    OCCUPIED = "OCCUPIED"
    INTERVAL = "INTERVAL"
    REASON_MISSING = "REASON_MISSING"
    REASON_LENGTH = "REASON_LENGTH"
    COMMENT_MISSING = "COMMENT_MISSING"
    COMMENT_LENGTH = "COMMENT_LENGTH"
    CANCELLING = "CANCELLING"
    CANCELLING_CUT_OFF = "CANCELLING_CUT_OFF"
    REBOOKING = "REBOOKING"
    REBOOKING_CUT_OFF = "REBOOKING_CUT_OFF"
    REBOOKING_LIMIT = "REBOOKING_LIMIT"
    KEPT = "KEPT"
    GROUP = "GROUP"
    VIRTUAL = "VIRTUAL"
    INVITATION_USED = "INVITATION_USED"
    INVITATION_EXPIRED = "INVITATION_EXPIRED"
    INVITATION_ELSEWHERE = "INVITATION_ELSEWHERE"
    ACTOR = "ACTOR"
    UNKNOWN_BOOKING = "UNKNOWN_BOOKING"
    # Those that no rule of the table stands for.
    NOT_ALLOWED = "NOT_ALLOWED"
    GONE = "GONE"
    ALREADY_CANCELLED = "ALREADY_CANCELLED"
    ALREADY_MOVED = "ALREADY_MOVED"


RULES: Mapping[Reason, str] = {
    Reason.CLOSED: "R1",
    Reason.TYPE_CLOSED: "R3",
    Reason.CARE_ONLY: "R4",
    Reason.PROTECTED: "R5",
    Reason.BASIS: "R6",
    Reason.AGE: "R7",
    Reason.SEX: "R8",
    Reason.LISTED: "R9",
    Reason.LEAD_TIME: "R10",
    Reason.HORIZON: "R11",
    Reason.RELEASE: "R11",
    Reason.PASSED: "R12",
    Reason.TYPE_LIMIT: "R13",
    Reason.CLINIC_LIMIT: "R14",
    Reason.TAKEN: "R15",
    Reason.OCCUPIED: "R15",
    Reason.INTERVAL: "R16",
    Reason.REASON_MISSING: "R18",
    Reason.REASON_LENGTH: "R18",
    Reason.COMMENT_MISSING: "R19",
    Reason.COMMENT_LENGTH: "R19",
    Reason.CANCELLING: "R23",
    Reason.CANCELLING_CUT_OFF: "R24",
    Reason.REBOOKING: "R25",
    Reason.REBOOKING_CUT_OFF: "R25",
    Reason.REBOOKING_LIMIT: "R26",
    Reason.KEPT: "R27",
    Reason.GROUP: "R28",
    Reason.VIRTUAL: "R30",
    Reason.INVITATION_USED: "R32",
    Reason.INVITATION_EXPIRED: "R32",
    Reason.INVITATION_ELSEWHERE: "R32",
    Reason.ACTOR: "R38",
    Reason.UNKNOWN_BOOKING: "R38",
}
"""The rule that each reason is about; a reason that is not here is about none."""

_OF_THE_PERSON = frozenset({Reason.BASIS, Reason.AGE, Reason.SEX, Reason.LISTED, Reason.INTERVAL})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A wish that a rule stops: internal code, id in the error catalogue (E1–E12), text for the citizen, and why."""

    code: str
    error: str
    text: str
    reason: Reason

    def for_an_agent(self) -> "Refusal":
        """Without what the reason would tell of the citizen (R39)."""
        return replace(self, reason=Reason.NOT_ALLOWED) if self.reason in _OF_THE_PERSON else self


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """The text file, read once: situation → code, error, reason, text."""
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
    reason: Reason | None = None,
) -> Refusal:
    """The refusal for `situation`, its text filled in with what is known; a `note` follows it.

    `reason` is given where several rules share the situation.

    `moment` is told as Swedish clock time, `day` as a Swedish date.
    """
    entry = catalogue()[situation]
    clock = moment.astimezone(SWEDEN).strftime("%H.%M") if moment else ""
    text = entry["text"].format(
        telefon=phone or WITHOUT_PHONE, mottagning=clinic, typ=time_type, klockslag=clock, datum=day and _written(day)
    )
    whole = f"{text} {note}" if note else text
    return Refusal(entry["code"], entry["error"], whole, reason or Reason(entry["reason"]))


def _written(day: date) -> str:
    """`1 december 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

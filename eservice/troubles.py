"""What can go wrong between a citizen and a clinic, as rows of the error catalogue.

Three kinds: a read that reached nobody (NotReached, E13), a booking that is not this person's (BookingUnknown, E12),
and a write whose outcome nobody knows (OutcomeUnknown, E14). A refusal is none of them: it is an answer, with a text
that must be shown and perhaps, in an element of our own namespace, a code that says where the citizen should go next.
Elsewhere: the sentences (text/sv.toml), the pages (pages.py), reading again after E14 (committing.py).
Source: domain.md §5.11; contracts.md G-14 to G-17, MB-10.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from contracts import scheduling as s
from contracts import xml
from contracts.identifiers import HsaId
from contracts.namespaces import TIDBRO

Next = Literal["times", "kind", "reason", "booking", "list"]
"""Where a refusal leads: choosing a time, choosing a kind, the reason, the booking, the list of bookings."""


class NotReached(Exception):
    """E13: a question got no usable answer. `why` is for the log: a class's name or a VP code, nothing of a person."""

    def __init__(self, clinic: HsaId, why: str) -> None:
        super().__init__(why)
        self.clinic, self.why = clinic, why


class OutcomeUnknown(Exception):
    """E14: a booking, a move or a cancellation was sent, and nobody knows whether it was carried out."""

    def __init__(self, clinic: HsaId, why: str) -> None:
        super().__init__(why)
        self.clinic, self.why = clinic, why


class BookingUnknown(Exception):
    """E12: there is no such booking, or it is another person's; the citizen hears the same."""


class BookingOfAnother(BookingUnknown):
    """E12 of a booking that there is: nothing may be asked of its clinic about it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a wish was refused: the text that must be shown; `code`, `rule` and `reason` when the system tells them."""

    text: str = field(repr=False)
    code: str = ""
    rule: str = ""
    reason: str = ""

    @property
    def error(self) -> str:
        """The row of the catalogue, `E1`; empty for a code that we don't know."""
        return _ERRORS.get(self.code, ("", "times"))[0]

    @property
    def leads_to(self) -> Next | None:
        """Where to go on; None when only the text is known: then one step back (§5.11)."""
        return _ERRORS[self.code][1] if self.code in _ERRORS else None


@dataclass(frozen=True, slots=True)
class Done:
    """Carried out. `text`, with INFO, must be shown; `booking_id` where the answer names the booking."""

    text: str | None = field(default=None, repr=False)
    booking_id: str | None = None


Outcome = Done | Refused

_ERRORS: Mapping[str, tuple[str, Next]] = {
    "REQUESTED_TIME_IS_ALREADY_RESERVED": ("E1", "times"),
    "REQUESTED_TIME_HAS_ALREADY_PASSED": ("E2", "times"),
    "REQUESTED_TIME_IS_NO_LONGER_AVAILABLE": ("E3", "times"),
    "TOO_LATE_TO_MAKE_APPOINTMENT": ("E4", "times"),
    "USER_IS_ALREADY_OCCUPIED": ("E5", "times"),
    "APPOINTMENT_IS_NOT_ALLOWED": ("E6", "kind"),
    "MAX_BOOKINGS_REACHED": ("E7", "booking"),
    "REASON_REQUIRED": ("E8", "reason"),
    "REASON_TOO_LONG": ("E8", "reason"),
    "TOO_LATE_TO_UPDATE_APPOINTMENT": ("E9", "booking"),
    "TOO_LATE_TO_CANCEL_APPOINTMENT": ("E9", "booking"),
    "UPDATE_APPOINTMENT_IS_NOT_ALLOWED": ("E10", "booking"),
    "CANCEL_IS_NOT_ALLOWED": ("E10", "booking"),
    "APPOINTMENT_IS_ALREADY_CANCELED": ("E11", "list"),
    "APPOINTMENT_IS_ALREADY_UPDATED": ("E11", "list"),
    "APPOINTMENT_DOES_NOT_EXIST": ("E12", "list"),
}


def outcome_of(response: s.MakeBookingResponse | s.UpdateBookingResponse | s.CancelBookingResponse) -> Outcome:
    """What an answer says: done, or refused and why."""
    if response.result_code == "ERROR":
        return Refused(response.result_text or "", *_told_in(response.extensions))
    booking_id = response.booking_id if isinstance(response, s.MakeBookingResponse) else None
    return Done(response.result_text, booking_id)


def _told_in(extensions: s.core.Extensions) -> tuple[str, str, str]:
    """Code, rule and reason out of our own element; empty texts without one."""
    for one in extensions:
        element = xml.parse(one)
        if element.tag == f"{{{TIDBRO}}}refusal":
            told = [element.find(f"{{{TIDBRO}}}{name}") for name in ("code", "rule", "reason")]
            code, rule, reason = ("" if part is None else xml.text_of(part).strip() for part in told)
            return code, rule, reason
    return "", "", ""

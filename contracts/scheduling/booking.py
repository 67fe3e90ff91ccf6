"""Booking, moving and cancelling a time. The only three interactions whose answer can be a refusal.

Source: contracts.md §5.2, §5.11, §5.12; G-15 to G-17.
"""

from dataclasses import dataclass, field

from contracts.identifiers import HsaId
from contracts.scheduling.core import Extensions, ResultCode, SubjectOfCareInfo, Timeslot


@dataclass(frozen=True, slots=True)
class MakeBooking:
    """Book `timeslot` for its subject of care.

    `timeslot.booking_id` is the free time's id or an open invitation's (MB-3, MB-12). Raises ValueError unless the
    slot has a start, an end and a subject of care (MB-2); flags that come along are ignored.
    """

    healthcare_facility_med: HsaId
    timeslot: Timeslot
    subject_of_care_info: SubjectOfCareInfo
    notification: str | None = field(default=None, repr=False)
    extensions: Extensions = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.timeslot.start is None or self.timeslot.subject_of_care is None:
            raise ValueError("the requested time needs a start, an end and a subject of care (MB-2)")


@dataclass(frozen=True, slots=True)
class MakeBookingResponse:
    """What came of it. `booking_id` names the booking when it was made, OK or INFO, and is None otherwise (MB-1).

    Raises ValueError when the id and the code disagree, or a text is missing that the code demands (G-17).
    """

    result_code: ResultCode
    booking_id: str | None = None
    result_text: str | None = field(default=None, repr=False)
    extensions: Extensions = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if (self.result_code == "ERROR") != (self.booking_id is None):
            raise ValueError("bookingId is given when the booking was made, and only then (MB-1)")
        _demand_text(self.result_code, self.result_text)


@dataclass(frozen=True, slots=True)
class UpdateBooking:
    """Move the booking `timeslot.booking_id` to `timeslot`'s time and facility.

    Raises ValueError unless the slot has a booking id, a start, an end and a subject of care (UB-1).
    """

    timeslot: Timeslot
    subject_of_care_info: SubjectOfCareInfo | None = None
    notification: str | None = field(default=None, repr=False)
    extensions: Extensions = field(default=(), repr=False)

    def __post_init__(self) -> None:
        slot = self.timeslot
        if slot.booking_id is None or slot.start is None or slot.subject_of_care is None:
            raise ValueError("the requested time needs a bookingId, a start, an end and a subject of care (UB-1)")


@dataclass(frozen=True, slots=True)
class UpdateBookingResponse:
    """What came of it; a changed booking id is learnt by asking again (UB-6). Raises ValueError as MakeBooking's."""

    result_code: ResultCode
    result_text: str | None = field(default=None, repr=False)
    extensions: Extensions = field(default=(), repr=False)

    def __post_init__(self) -> None:
        _demand_text(self.result_code, self.result_text)


@dataclass(frozen=True, slots=True)
class CancelBooking:
    """Cancel a booking or a timed invitation; `message` is the citizen's reason, where it may be sent (CB-2).

    The request names no citizen: whose booking it is, the Actor header decides (CB-3).
    """

    healthcare_facility: HsaId
    booking_id: str
    message: str | None = field(default=None, repr=False)
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class CancelBookingResponse:
    """What came of it; after OK or INFO the time is bookable at once (CB-5). Raises ValueError as MakeBooking's."""

    result_code: ResultCode
    result_text: str | None = field(default=None, repr=False)
    extensions: Extensions = field(default=(), repr=False)

    def __post_init__(self) -> None:
        _demand_text(self.result_code, self.result_text)


def _demand_text(result_code: ResultCode, result_text: str | None) -> None:
    if result_code != "OK" and not result_text:
        raise ValueError("INFO and ERROR need a text for the citizen (G-17)")

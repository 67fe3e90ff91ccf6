"""What a clinic offers: the settings of clinics and of kinds of time, as values that cannot be wrong.

The rules (rules.py) read these, the desk (desk.py) stores them, models.py has a column for each field.
Elsewhere: what a setting does, rules.py. Source: domain.md §6.1, §7.2.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

CAPACITY_MAX = 50


class BookableBy(StrEnum):
    """Bokas av (R3, R4)."""

    CARE = "care"
    BOTH = "both"
    CITIZEN = "citizen"
    NOBODY = "nobody"


class ReasonMode(StrEnum):
    """Anledning: nej, frivillig, obligatorisk (R18, R19)."""

    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


class LimitUnit(StrEnum):
    """Timmar are elapsed hours, vardagar whole working days (domain.md §9.4)."""

    HOURS = "hours"
    WORKING_DAYS = "working days"


@dataclass(frozen=True, slots=True)
class CutOff:
    """How long before its start a booking may still be changed: `24 hours`, `3 working days`, `0 hours`.

    Raises ValueError for a negative count.
    """

    count: int
    unit: LimitUnit = LimitUnit.HOURS

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("a cut-off lies before the start, not after it")

    @classmethod
    def from_text(cls, text: str) -> "CutOff":
        """The cut-off that `24 hours` or `3 working days` names. Raises ValueError for any other form."""
        count, _, unit = text.partition(" ")
        return cls(int(count), LimitUnit(unit))

    def __str__(self) -> str:
        return f"{self.count} {self.unit}"


ONE_DAY = CutOff(24)


@dataclass(frozen=True, slots=True)
class ClinicSettings:
    """A clinic of a scheduling system.

    `phone` is what refusals tell the citizen to ring. Clinics with the same `group` share their codes (R44).
    `is_virtual`: only sends invitations, never listed (R30). `is_open`: takes bookings on the web (R1).
    `rebooks_in_group`: its bookings may move to the group's other clinics (R28). `eves_are_holidays`: påsk-,
    midsommar-, jul- and nyårsafton count as holidays. Raises ValueError without a name.
    """

    name: str
    phone: str | None = None
    group: str | None = None
    is_virtual: bool = False
    is_open: bool = True
    rebooks_in_group: bool = False
    eves_are_holidays: bool = True

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a clinic needs a name")


@dataclass(frozen=True, slots=True)
class TimeTypeSettings:
    """A kind of time (tidstyp), the same for all its slots. Defaults are domain.md §6.1's.

    `code` goes out as timeTypeID, `web_name` as timeTypeName. Lengths are minutes. The horizon is whole days, the
    lead `closes_hours_before` elapsed hours, `min_days_ahead` whole days. A cut-off that is None means never; `own`
    is what the citizen booked, `care` what staff booked. `max_simultaneous` 0 means no limit. Ages are whole years on
    the day of the visit, both ends included. `purpose` is shown with every time, `message_after_booking` makes the
    answer INFO. `is_protected`: only through an invitation (R5). `is_hidden`: never leaves the system.
    Raises ValueError for values that no schedule can have.
    """

    code: str
    internal_name: str
    web_name: str
    length_minutes: int = 30
    bookable_by: BookableBy = BookableBy.CARE
    opens_days_before: int = 60
    closes_hours_before: int = 2
    min_days_ahead: int = 0
    cancel_own: CutOff | None = ONE_DAY
    cancel_care: CutOff | None = None
    rebook_own: CutOff | None = ONE_DAY
    rebook_care: CutOff | None = None
    keeps_performer: bool = False
    keeps_resource: bool = False
    offers_performer_choice: bool = False
    booking_reason: ReasonMode = ReasonMode.OPTIONAL
    rebooking_reason: ReasonMode = ReasonMode.OPTIONAL
    cancelling_reason: ReasonMode = ReasonMode.OPTIONAL
    max_simultaneous: int = 1
    is_protected: bool = False
    is_hidden: bool = False
    shows_care_booked: bool = True
    age_from: int | None = None
    age_to: int | None = None
    purpose: str | None = None
    message_after_booking: str | None = None
    capacity: int = 1
    valid_from: date | None = None
    valid_to: date | None = None
    list_order: int = 0

    def __post_init__(self) -> None:
        if not (self.code.strip() and self.web_name.strip() and self.internal_name.strip()):
            raise ValueError("a kind of time needs a code and its names")
        if any(text is not None and not text.strip() for text in (self.purpose, self.message_after_booking)):
            raise ValueError(f"{self.code}: a text for the citizen says something or is left out")
        if self.length_minutes < 1:
            raise ValueError(f"{self.code}: a time is at least a minute long")
        if not 1 <= self.capacity <= CAPACITY_MAX:
            raise ValueError(f"{self.code}: the capacity is 1 to {CAPACITY_MAX}")
        if min(self.opens_days_before, self.closes_hours_before, self.min_days_ahead, self.max_simultaneous) < 0:
            raise ValueError(f"{self.code}: horizon, lead and limits cannot be negative")
        if self.age_from is not None and self.age_to is not None and self.age_to < self.age_from:
            raise ValueError(f"{self.code}: the age group ends before it begins")
        if self.valid_from is not None and self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"{self.code}: it ends before it begins")

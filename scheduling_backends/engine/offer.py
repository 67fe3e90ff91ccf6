"""What a clinic offers: the settings of clinics and of kinds of time, as values that cannot be wrong.

The rules (rules.py) read these, the desk (desk.py) stores them, models.py has a column for each field.
Elsewhere: what a setting does, rules.py. Source: domain.md §6.1, §7.2.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

CAPACITY_MAX = 50
READY_REASON_MAX = 500
"""As long as a citizen's own text may be."""
_COLOUR = re.compile("#[0-9a-f]{6}", re.ASCII)


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


class Sex(StrEnum):
    """Kön: legal sex, as the number tells it (R8)."""

    FEMALE = "female"
    MALE = "male"


class AfterCancelling(StrEnum):
    """What follows when a citizen cancels a timed invitation (R33)."""

    WORK_LIST = "work list"
    NEW_INVITATION = "new invitation"


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
    midsommar-, jul- and nyårsafton count as holidays. `unit_code` is what a record system calls the unit.
    `max_active` is how many coming times a citizen may have here (R14), 0 for no limit. `fee_note` is told to who is
    too late (R37). `has_extended_rules`: limits by age, sex and listing count (utökade regler, domain.md §6).
    Raises ValueError without a name.
    """

    name: str
    phone: str | None = None
    group: str | None = None
    is_virtual: bool = False
    is_open: bool = True
    rebooks_in_group: bool = False
    eves_are_holidays: bool = True
    unit_code: str | None = None
    address: str | None = None
    max_active: int = 0
    fee_note: str | None = None
    has_extended_rules: bool = True

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a clinic needs a name")
        if self.max_active < 0:
            raise ValueError("a limit cannot be negative")


@dataclass(frozen=True, slots=True)
class Release:
    """Före/efter gräns: who may book until `hours` before the start, and who from then on (R11).

    Raises ValueError for a negative number of hours.
    """

    hours: int
    before: BookableBy
    after: BookableBy

    def __post_init__(self) -> None:
        if self.hours < 0:
            raise ValueError("the threshold lies before the start, not after it")

    @classmethod
    def from_text(cls, text: str) -> "Release":
        """The rule that `8 hours: care, then both` names. Raises ValueError for any other form."""
        hours, _, who = text.partition(" hours: ")
        before, _, after = who.partition(", then ")
        return cls(int(hours), BookableBy(before), BookableBy(after))

    def __str__(self) -> str:
        return f"{self.hours} hours: {self.before}, then {self.after}"


def is_ready_reason(text: str) -> bool:
    """Whether it is a line that a citizen could have written as the reason."""
    return bool(text.strip()) and len(text) <= READY_REASON_MAX and text.isprintable()


@dataclass(frozen=True, slots=True)
class TimeTypeSettings:
    """A kind of time (tidstyp), the same for all its slots. Defaults are domain.md §6.1's.

    `code` goes out as timeTypeID, `web_name` as timeTypeName. Lengths are minutes. The horizon is whole days, the
    lead `closes_hours_before` elapsed hours, `min_days_ahead` whole days. A cut-off that is None means never; `own`
    is what the citizen booked, `care` what staff booked. `max_simultaneous` 0 means no limit. Ages are whole years on
    the day of the visit, both ends included. `purpose` is shown with every time, `message_after_booking` makes the
    answer INFO. `is_protected`: only through an invitation (R5). `is_hidden`: never leaves the system.
    `release` says who may book how long before (R11). `requires_basis`: only for who has a booking basis (R6);
    `only_sex` (R8), `listed_only`: only for who is listed at the clinic, with the own performer if there is one (R9).
    `min_days_between` visits of this kind (R16), `max_rebookings` by the citizen, 0 for no limit (R26).
    `ready_reasons` are offered beside the free text, where a reason is asked for (R18). `releases_cancelled`: a
    cancelled time is free at once (R34). `resource_group`: whose resources get the times when a schedule is made.
    `colour` is #rrggbb, for the staff's calendar.
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
    release: Release | None = None
    requires_basis: bool = False
    only_sex: Sex | None = None
    listed_only: bool = False
    min_days_between: int = 0
    max_rebookings: int = 3
    ready_reasons: tuple[str, ...] = ()
    releases_cancelled: bool = True
    after_cancelled_invitation: AfterCancelling = AfterCancelling.WORK_LIST
    resource_group: str | None = None
    colour: str = "#37474f"

    def __post_init__(self) -> None:
        if not (self.code.strip() and self.web_name.strip() and self.internal_name.strip()):
            raise ValueError("a kind of time needs a code and its names")
        if any(text is not None and not text.strip() for text in (self.purpose, self.message_after_booking)):
            raise ValueError(f"{self.code}: a text for the citizen says something or is left out")
        if self.length_minutes < 1:
            raise ValueError(f"{self.code}: a time is at least a minute long")
        if not 1 <= self.capacity <= CAPACITY_MAX:
            raise ValueError(f"{self.code}: the capacity is 1 to {CAPACITY_MAX}")
        counts = (self.opens_days_before, self.closes_hours_before, self.min_days_ahead, self.max_simultaneous)
        if min(*counts, self.min_days_between, self.max_rebookings) < 0:
            raise ValueError(f"{self.code}: horizon, lead and limits cannot be negative")
        if not _COLOUR.fullmatch(self.colour):
            raise ValueError(f"{self.code}: a colour is # and six hexadecimal digits")
        if not all(is_ready_reason(reason) for reason in self.ready_reasons):
            raise ValueError(f"{self.code}: a ready reason is a line of at most {READY_REASON_MAX} characters")
        if self.age_from is not None and self.age_to is not None and self.age_to < self.age_from:
            raise ValueError(f"{self.code}: the age group ends before it begins")
        if self.valid_from is not None and self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"{self.code}: it ends before it begins")

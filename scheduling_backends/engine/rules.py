"""The booking rules: may this citizen book, move or cancel this time, and what is there to choose from?

Pure: values in, a decision out; no clock, no database. A decision is None (nothing stands in the way) or a Refusal,
the first that domain.md §9.3's order meets. Rules here: R1, R3–R16, R18, R19, R22–R26, R28, R30, R32, R37.
`window` says the same about lists as `refuse_booking` about one time: a test compares them.
R2, R36, R40 and R42 are the e-service's: no message of the contracts carries them.
Elsewhere: R38, whose booking it is (access.py); R15's race, R17 and R34, the seat (seats.py); R20 (book.py); R27
(wishes.py); R29 and R31, which clinics and performers are listed (choices.py); cut-off arithmetic (working_days.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum

from contracts.identifiers import PersonIdentity, PersonKind
from contracts.times import SWEDEN
from scheduling_backends.engine.offer import (
    BookableBy,
    ClinicSettings,
    CutOff,
    ReasonMode,
    Release,
    Sex,
    TimeTypeSettings,
)
from scheduling_backends.engine.refusals import Reason, Refusal, Situation, refuse
from scheduling_backends.engine.states import BookingState, Initiative, SlotState
from scheduling_backends.engine.working_days import last_moment, working_day_rule

_ONE_DAY = timedelta(days=1)


class Errand(Enum):
    """What a free time is wanted for: a new booking, an open invitation, or moving a booking."""

    NEW = "new"
    INVITED = "invited"
    REBOOKING = "rebooking"


@dataclass(frozen=True, slots=True)
class Window:
    """When a kind of time can be booked: starts from `not_before` to `not_after`, on days from `first_day` to
    `last_day`, save the days `off` (first and last of each stretch), and with one performer if there is one here."""

    not_before: datetime
    first_day: date
    last_day: date
    not_after: datetime | None = None
    off: tuple[tuple[date, date], ...] = ()
    performer_id: int | None = None

    def covers(self, start: datetime, performer_id: int | None = None) -> bool:
        day = start.astimezone(SWEDEN).date()
        is_in_time = self.not_before <= start and (self.not_after is None or start <= self.not_after)
        is_off = any(first <= day <= last for first, last in self.off)
        is_theirs = self.performer_id in (None, performer_id)
        return is_in_time and self.first_day <= day <= self.last_day and not is_off and is_theirs


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the system knows of a citizen that decides about one kind of time at one clinic.

    `has_basis` (R6); `is_listed` at the clinic, with `performer_id` as the own doctor if there is one (R9); `visits`
    are the days of visits of this kind that count for R16, coming and past.
    """

    has_basis: bool = False
    is_listed: bool = False
    performer_id: int | None = None
    visits: tuple[date, ...] = ()


NOTHING_KNOWN = Circumstances()


@dataclass(frozen=True, slots=True)
class SlotFacts:
    """A time in the schedule as the rules see it."""

    start: datetime
    end: datetime
    state: SlotState = SlotState.PUBLISHED
    published_from: datetime | None = None
    performer_id: int | None = None

    def is_out(self, now: datetime) -> bool:
        """Whether it is published now; publishing can be dated (domain.md §7.3 item 5)."""
        is_released = self.published_from is None or self.published_from <= now
        return self.state is SlotState.PUBLISHED and is_released


@dataclass(frozen=True, slots=True)
class OwnTime:
    """A time that the citizen has at the clinic or its group, not ended yet; `is_shown` is R22's answer.

    `is_here`: at the very clinic that is asked; R13 alone counts the group's others (R44).
    """

    time_type: str
    start: datetime
    end: datetime
    is_shown: bool = True
    is_here: bool = True


@dataclass(frozen=True, slots=True)
class BookingFacts:
    """A booking or invitation as the rules see it; an open invitation has no `start`.

    `moves` is how often the citizen has moved it (R26).
    """

    state: BookingState
    booked_by: Initiative
    start: datetime | None
    is_invitation: bool = False
    moves: int = 0


@dataclass(frozen=True, slots=True)
class BookingCase:
    """All that decides whether a time can be booked. `own` leaves out the booking that is being moved."""

    clinic: ClinicSettings
    time_type: TimeTypeSettings
    slot: SlotFacts
    person: PersonIdentity
    errand: Errand
    now: datetime
    reason: str | None = None
    own: tuple[OwnTime, ...] = ()
    known: Circumstances = NOTHING_KNOWN


@dataclass(frozen=True, slots=True)
class Flags:
    """The three flags of a TimeslotType."""

    cancel: bool
    rebook: bool
    message: bool


# -- What is offered


def in_force(clinic: ClinicSettings, time_type: TimeTypeSettings) -> TimeTypeSettings:
    """The settings that count at the clinic: without limits by age, sex and listing where utökade regler are off."""
    if clinic.has_extended_rules:
        return time_type
    return replace(time_type, age_from=None, age_to=None, only_sex=None, listed_only=False)


def sex_of(person: PersonIdentity) -> Sex | None:
    """Legal sex, by the eleventh digit (domain.md §3.1); None for reserve numbers, which do not tell it."""
    if person.kind is PersonKind.RESERVNUMMER:
        return None
    return Sex.MALE if int(person.number[10]) % 2 else Sex.FEMALE


def is_offered(clinic: ClinicSettings, time_type: TimeTypeSettings, errand: Errand) -> bool:
    """Whether the clinic lets citizens choose this kind of time at all (R1, R3–R5, R30)."""
    return _refuse_offer(clinic, time_type, errand) is None


def window(
    time_type: TimeTypeSettings,
    errand: Errand,
    person: PersonIdentity | None,
    now: datetime,
    known: Circumstances = NOTHING_KNOWN,
) -> Window | None:
    """When this kind of time can be booked by `person`, or by anybody when None (R6–R12, R16); None for never.

    Who has no known age is not offered what has an age limit. What is said of the person counts for bookings that
    begin: a booking that moves has been found allowed, an invitation is addressed to its citizen; R7 and R8 stay.
    """
    if person is not None and not _may_have(time_type, errand, person, known):
        return None
    today = now.astimezone(SWEDEN).date()
    firsts = [today + _ONE_DAY * time_type.min_days_ahead, time_type.valid_from]
    lasts = [today + _ONE_DAY * time_type.opens_days_before, time_type.valid_to]
    if person is not None and _has_age_group(time_type):
        if person.birth_date is None:
            return None
        born, youngest, oldest = person.birth_date, time_type.age_from, time_type.age_to
        firsts.append(None if youngest is None else birthday(born, youngest))
        lasts.append(None if oldest is None else birthday(born, oldest + 1) - _ONE_DAY)
    first, last = max(filter(None, firsts)), min(filter(None, lasts))
    if first > last:
        return None
    earliest, latest = _released(time_type, errand, now)
    off = () if person is None else _days_off(time_type, known)
    theirs = known.performer_id if person is not None and time_type.listed_only and errand is Errand.NEW else None
    return Window(earliest, first, last, latest, off, theirs)


def birthday(born: date, age: int) -> date:
    """The day on which somebody turns `age`; 1 March for who is born on 29 February, in years without that day."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def flags_of_free_time(clinic: ClinicSettings, time_type: TimeTypeSettings, start: datetime, now: datetime) -> Flags:
    """What will hold for a booking that the citizen makes of this time (GAT-7, R18)."""
    is_working_day = working_day_rule(clinic.eves_are_holidays)

    def holds(limit: CutOff | None) -> bool:
        return limit is not None and now <= last_moment(start, limit, is_working_day)

    return Flags(
        holds(time_type.cancel_own), holds(time_type.rebook_own), time_type.booking_reason is not ReasonMode.NO
    )


def _may_have(time_type: TimeTypeSettings, errand: Errand, person: PersonIdentity, known: Circumstances) -> bool:
    """R6, R8 and R9, those that do not depend on the time."""
    has_basis = _has_basis(time_type, errand, known)
    is_listed = known.is_listed or not time_type.listed_only or errand is not Errand.NEW
    return has_basis and is_listed and time_type.only_sex in (None, sex_of(person))


def _has_basis(time_type: TimeTypeSettings, errand: Errand, known: Circumstances) -> bool:
    """R6, for a booking that begins."""
    return known.has_basis or not time_type.requires_basis or errand is not Errand.NEW


def _released(time_type: TimeTypeSettings, errand: Errand, now: datetime) -> tuple[datetime, datetime | None]:
    """The first and the last start that citizens may have now (R10, R11). An invitation knows no threshold."""
    earliest, rule = _earliest_start(time_type, now), time_type.release
    if rule is None or errand is Errand.INVITED:
        return earliest, None
    threshold = now.astimezone(UTC) + timedelta(hours=rule.hours)
    if not _is_for_citizens(rule.after):
        return max(earliest, threshold), None
    return earliest, None if _is_for_citizens(rule.before) else threshold


def _days_off(time_type: TimeTypeSettings, known: Circumstances) -> tuple[tuple[date, date], ...]:
    """The days that lie too near a visit of the same kind (R16)."""
    distance = _ONE_DAY * (time_type.min_days_between - 1)
    return tuple((day - distance, day + distance) for day in known.visits) if time_type.min_days_between else ()


def _is_for_citizens(bookable_by: BookableBy) -> bool:
    return bookable_by in (BookableBy.BOTH, BookableBy.CITIZEN)


# -- Booking


def refuse_booking(case: BookingCase) -> Refusal | None:
    """Steps 1 to 7 of domain.md §9.3, first hit answers; step 8, the seat, is the database's."""
    offered = _refuse_offer(case.clinic, case.time_type, case.errand)
    return offered or next((refusal for step in _STEPS if (refusal := step(case))), None)


def hits_of_booking(case: BookingCase) -> tuple[Refusal, ...]:
    """Every rule that would stand in the citizen's way at this time, for staff, whom none of them binds.

    What a citizen is offered on the web at all (R1, R3–R5, R30) does not concern a booking by staff, nor does the
    reason that the web asks for (R18, R19); a time that is hidden from the citizen is told.
    """
    seen = replace(case, own=tuple(replace(own, is_shown=True) for own in case.own))
    return tuple(refusal for step in _STEPS if step is not _refuse_reason and (refusal := step(seen)))


def refuse_clinic(clinic: ClinicSettings) -> Refusal | None:
    """Whether the clinic gives times on the web at all (R1, R30); the first that is asked of any wish."""
    if clinic.is_virtual:
        return refuse(Situation.NOT_ALLOWED, phone=clinic.phone, reason=Reason.VIRTUAL)
    return None if clinic.is_open else refuse(Situation.NOT_ALLOWED, phone=clinic.phone, reason=Reason.CLOSED)


def refuse_invitation(
    clinic: ClinicSettings, state: BookingState, is_open: bool, clinic_is_listed: bool, has_expired: bool = False
) -> Refusal | None:
    """Whether an open invitation can be used for a time at `clinic` (R32): once, in time, only where it is for."""
    if state is BookingState.INVITED and has_expired:
        return refuse(Situation.INVITATION_EXPIRED, phone=clinic.phone)
    if state is BookingState.INVITED:
        is_listed = clinic_is_listed and not clinic.is_virtual
        return None if is_listed else refuse(Situation.INVITATION_IS_FOR_OTHERS, phone=clinic.phone)
    if state in (BookingState.CANCELLED_BY_CARE, BookingState.CANCELLED_BY_CITIZEN) and is_open:
        return refuse(Situation.ALREADY_CANCELLED)
    return refuse(Situation.INVITATION_USED if is_open else Situation.UNKNOWN_BOOKING)


def may_go_to(old: ClinicSettings, new: ClinicSettings) -> bool:
    """Whether a booking may move between two different clinics (R28, R30)."""
    in_one_group = old.group is not None and old.group == new.group
    return in_one_group and old.rebooks_in_group and new.is_open and not new.is_virtual


# -- What is booked


def is_shown(time_type: TimeTypeSettings, booked_by: Initiative, is_invitation: bool) -> bool:
    """Whether the citizen may see the booking (R22)."""
    return may_be_shown(time_type.is_hidden, time_type.shows_care_booked, booked_by, is_invitation)


def may_be_shown(is_hidden: bool, shows_care_booked: bool, booked_by: Initiative, is_invitation: bool) -> bool:
    """R22 for a kind of time with these two settings. An invitation is addressed to the citizen and always seen."""
    is_for_the_citizen = is_invitation or booked_by is Initiative.CITIZEN
    return not is_hidden and (is_for_the_citizen or shows_care_booked)


def flags_of_booking(
    clinic: ClinicSettings, time_type: TimeTypeSettings, booking: BookingFacts, now: datetime
) -> Flags:
    """The flags of a booking now (R19, R23–R25): `message`, whether a change that is allowed takes a comment.

    For an open invitation `message` is about the coming booking (R18).
    """
    if booking.state is BookingState.INVITED:
        return Flags(cancel=False, rebook=False, message=time_type.booking_reason is not ReasonMode.NO)
    cancel = refuse_cancelling(clinic, time_type, booking, now) is None
    rebook = refuse_leaving(clinic, time_type, booking, now) is None
    modes = ((cancel, time_type.cancelling_reason), (rebook, time_type.rebooking_reason))
    return Flags(cancel, rebook, any(is_open and mode is not ReasonMode.NO for is_open, mode in modes))


def refuse_cancelling(
    clinic: ClinicSettings, time_type: TimeTypeSettings, booking: BookingFacts, now: datetime
) -> Refusal | None:
    """Whether the booking can be cancelled now: already done, R23, R24; the comment is `refuse_comment`'s."""
    own, care = time_type.cancel_own, time_type.cancel_care
    limit = own if booking.booked_by is Initiative.CITIZEN else care
    never, late = Situation.CANCELLING_NOT_ALLOWED, Situation.TOO_LATE_TO_CANCEL
    return _refuse_ended(booking) or _refuse_change(clinic, booking, limit, now, never, late)


def refuse_leaving(
    clinic: ClinicSettings, time_type: TimeTypeSettings, booking: BookingFacts, now: datetime
) -> Refusal | None:
    """Whether the booking may leave its time now, to be moved (R25, R26); the new time is `refuse_booking`'s."""
    own, care = time_type.rebook_own, time_type.rebook_care
    limit = own if booking.booked_by is Initiative.CITIZEN else care
    never, late = Situation.REBOOKING_NOT_ALLOWED, Situation.TOO_LATE_TO_REBOOK
    return (
        _refuse_ended(booking)
        or _refuse_change(clinic, booking, limit, now, never, late)
        or _refuse_moves(clinic, time_type, booking)
    )


def hits_of_cancelling(
    clinic: ClinicSettings, time_type: TimeTypeSettings, booking: BookingFacts, now: datetime
) -> tuple[Refusal, ...]:
    """The cut-off that is over for the citizen (R24), for staff, whom it does not bind."""
    found = refuse_cancelling(clinic, time_type, booking, now)
    return (found,) if found is not None and found.reason is Reason.CANCELLING_CUT_OFF else ()


def hits_of_leaving(
    clinic: ClinicSettings, time_type: TimeTypeSettings, booking: BookingFacts, now: datetime
) -> tuple[Refusal, ...]:
    """The cut-off that is over (R25) and the rebookings that are used up (R26), for staff, whom neither binds."""
    own, care = time_type.rebook_own, time_type.rebook_care
    limit = own if booking.booked_by is Initiative.CITIZEN else care
    never, late = Situation.REBOOKING_NOT_ALLOWED, Situation.TOO_LATE_TO_REBOOK
    found = (
        _refuse_change(clinic, booking, limit, now, never, late),
        _refuse_moves(clinic, time_type, booking),
    )
    return tuple(one for one in found if one is not None and one.reason is not Reason.REBOOKING)


def refuse_comment(mode: ReasonMode, comment: str | None, situation: Situation) -> Refusal | None:
    """Whether a text that the clinic demands is missing (R18, R19)."""
    return refuse(situation) if mode is ReasonMode.REQUIRED and kept_text(mode, comment) is None else None


def kept_text(mode: ReasonMode, comment: str | None) -> str | None:
    """What is kept of a citizen's text: nothing when the clinic asks for none, or when it is blank."""
    stripped = (comment or "").strip()
    return stripped if stripped and mode is not ReasonMode.NO else None


# -- Step by step


def _refuse_offer(clinic: ClinicSettings, time_type: TimeTypeSettings, errand: Errand) -> Refusal | None:
    refusal = refuse_clinic(clinic)
    if refusal or time_type.is_hidden:
        return refusal or refuse(Situation.NOT_ALLOWED, phone=clinic.phone, reason=Reason.CARE_ONLY)
    if time_type.bookable_by is BookableBy.NOBODY:
        return refuse(Situation.GONE, reason=Reason.TYPE_CLOSED)
    rule = time_type.release
    may_ever = _is_for_citizens(time_type.bookable_by) if rule is None else _may_ever(rule)
    if errand is not Errand.NEW or (may_ever and not time_type.is_protected):
        return None
    return refuse(Situation.NOT_ALLOWED, phone=clinic.phone, reason=Reason.PROTECTED if may_ever else Reason.CARE_ONLY)


def _refuse_slot(case: BookingCase) -> Refusal | None:
    if case.slot.start < case.now:
        return refuse(Situation.PASSED)
    day = case.slot.start.astimezone(SWEDEN).date()
    is_valid = (case.time_type.valid_from or day) <= day <= (case.time_type.valid_to or day)
    if not is_valid:
        return refuse(Situation.GONE, reason=Reason.HORIZON)
    return None if case.slot.is_out(case.now) else refuse(Situation.GONE)


def _refuse_basis(case: BookingCase) -> Refusal | None:
    has_basis = _has_basis(case.time_type, case.errand, case.known)
    return None if has_basis else refuse(Situation.NOT_ALLOWED, phone=case.clinic.phone, reason=Reason.BASIS)


def _refuse_sex(case: BookingCase) -> Refusal | None:
    is_right = case.time_type.only_sex in (None, sex_of(case.person))
    return None if is_right else refuse(Situation.NOT_ALLOWED, phone=case.clinic.phone, reason=Reason.SEX)


def _refuse_listing(case: BookingCase) -> Refusal | None:
    """R9: listed here, and with the own performer if there is one."""
    is_bound = case.time_type.listed_only and case.errand is Errand.NEW
    is_theirs = case.known.is_listed and case.known.performer_id in (None, case.slot.performer_id)
    if not is_bound or is_theirs:
        return None
    return refuse(Situation.NOT_ALLOWED, phone=case.clinic.phone, reason=Reason.LISTED)


def _refuse_interval(case: BookingCase) -> Refusal | None:
    """R16; the day that is told keeps the distance to every visit, those after it too."""
    day = case.slot.start.astimezone(SWEDEN).date()
    works = _first_day_on(_days_off(case.time_type, case.known), day)
    return None if works == day else refuse(Situation.TOO_SOON, day=works, time_type=case.time_type.web_name)


def _first_day_on(off: tuple[tuple[date, date], ...], day: date) -> date:
    """The first day from `day` on that lies in none of the stretches."""
    for first, last in sorted(off):
        if first <= day <= last:
            day = last + _ONE_DAY
    return day


def _refuse_age(case: BookingCase) -> Refusal | None:
    if not _has_age_group(case.time_type):
        return None
    age = case.person.age_on(case.slot.start.astimezone(SWEDEN).date())
    lowest, highest = case.time_type.age_from, case.time_type.age_to
    if age is not None and (lowest is None or age >= lowest) and (highest is None or age <= highest):
        return None
    return refuse(Situation.NOT_ALLOWED, phone=case.clinic.phone, reason=Reason.AGE)


def _refuse_moment(case: BookingCase) -> Refusal | None:
    days_ahead = (case.slot.start.astimezone(SWEDEN).date() - case.now.astimezone(SWEDEN).date()).days
    if case.slot.start < _earliest_start(case.time_type, case.now) or days_ahead < case.time_type.min_days_ahead:
        return refuse(Situation.TOO_LATE_TO_BOOK, phone=case.clinic.phone)
    earliest, latest = _released(case.time_type, case.errand, case.now)
    if case.slot.start < earliest:
        return refuse(Situation.TOO_LATE_TO_BOOK, phone=case.clinic.phone, reason=Reason.RELEASE)
    is_early = days_ahead > case.time_type.opens_days_before or (latest is not None and case.slot.start > latest)
    return refuse(Situation.NOT_YET) if is_early else None


def _refuse_reason(case: BookingCase) -> Refusal | None:
    if case.errand is Errand.REBOOKING:
        mode, missing = case.time_type.rebooking_reason, Situation.REBOOKING_REASON_MISSING
    else:
        mode, missing = case.time_type.booking_reason, Situation.BOOKING_REASON_MISSING
    return refuse_comment(mode, case.reason, missing)


def _refuse_type_limit(case: BookingCase) -> Refusal | None:
    """R13: so many of a kind, at the clinic and its group, who share their codes (R44)."""
    limit, active = case.time_type.max_simultaneous, sum(own.time_type == case.time_type.code for own in case.own)
    is_reached = limit and active >= limit and case.errand is not Errand.REBOOKING
    return refuse(Situation.LIMIT_REACHED, time_type=case.time_type.web_name) if is_reached else None


def _refuse_clinic_limit(case: BookingCase) -> Refusal | None:
    """R14: so many at this clinic."""
    limit, active = case.clinic.max_active, sum(own.is_here for own in case.own)
    is_reached = limit and active >= limit and case.errand is not Errand.REBOOKING
    return refuse(Situation.CLINIC_LIMIT_REACHED, clinic=case.clinic.name) if is_reached else None


def _refuse_occupied(case: BookingCase) -> Refusal | None:
    """A time that the citizen may not see is not given away: the new one is merely gone."""
    here = [own for own in case.own if own.is_here]
    overlapping = [own for own in here if own.start < case.slot.end and case.slot.start < own.end]
    if not overlapping:
        return None
    shown = [own for own in overlapping if own.is_shown]
    if not shown:
        return refuse(Situation.GONE)
    return refuse(Situation.OCCUPIED, moment=shown[0].start, clinic=case.clinic.name)


def _refuse_ended(booking: BookingFacts) -> Refusal | None:
    if booking.state in (BookingState.CANCELLED_BY_CITIZEN, BookingState.CANCELLED_BY_CARE):
        return refuse(Situation.ALREADY_CANCELLED)
    return refuse(Situation.ALREADY_MOVED) if booking.state is BookingState.MOVED else None


def _refuse_change(
    clinic: ClinicSettings,
    booking: BookingFacts,
    limit: CutOff | None,
    now: datetime,
    never: Situation,
    late: Situation,
) -> Refusal | None:
    if limit is None or booking.start is None or booking.state is not BookingState.BOOKED:
        return refuse(never, phone=clinic.phone)
    last = last_moment(booking.start, limit, working_day_rule(clinic.eves_are_holidays))
    return None if now <= last else refuse(late, phone=clinic.phone, note=clinic.fee_note)


def _refuse_moves(clinic: ClinicSettings, time_type: TimeTypeSettings, booking: BookingFacts) -> Refusal | None:
    is_used_up = time_type.max_rebookings and booking.moves >= time_type.max_rebookings
    return refuse(Situation.REBOOKINGS_USED_UP, phone=clinic.phone) if is_used_up else None


def _may_ever(rule: Release) -> bool:
    """Whether citizens may book at all, before or after the threshold (R11)."""
    return _is_for_citizens(rule.before) or _is_for_citizens(rule.after)


def _earliest_start(time_type: TimeTypeSettings, now: datetime) -> datetime:
    return now.astimezone(UTC) + timedelta(hours=time_type.closes_hours_before)


def _has_age_group(time_type: TimeTypeSettings) -> bool:
    return time_type.age_from is not None or time_type.age_to is not None


_STEPS: tuple[Callable[[BookingCase], Refusal | None], ...] = (
    _refuse_slot,
    _refuse_basis,
    _refuse_sex,
    _refuse_listing,
    _refuse_age,
    _refuse_interval,
    _refuse_moment,
    _refuse_reason,
    _refuse_type_limit,
    _refuse_clinic_limit,
    _refuse_occupied,
)
"""Steps 2 to 7 of domain.md §9.3, in their order."""

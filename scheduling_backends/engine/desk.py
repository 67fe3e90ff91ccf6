"""What staff do: set it up, make schedules, invite, book, cancel.

A desk works inside one writing transaction (`Timebook.desk`) at one moment, so that what is planted is there whole or
not at all. Staff are not bound by the citizens' rules (domain.md §9.4), but the database holds them to one booking a
seat. Clinics, performers and codes are named as people name them; an unknown one raises LookupError.
Elsewhere: what citizens may do (book.py), which moments a period gives (schedules.py).
Source: domain.md §7.3, §9.5.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session, aliased

from contracts.database import hold
from contracts.identifiers import HsaId, PersonIdentity
from scheduling_backends.engine import find, notices
from scheduling_backends.engine.book import Contact, end, queue_of, replace_with
from scheduling_backends.engine.citizens import Citizen, give_basis, list_at, register
from scheduling_backends.engine.closures import SCHEDULES, closed_hours, is_closed
from scheduling_backends.engine.entries import Booking, Clinic, TimeType
from scheduling_backends.engine.models import (
    SLOTS,
    BasisRow,
    BookingRow,
    CareTypeRow,
    ClinicRow,
    InvitationClinicRow,
    PerformerRow,
    ResourceRow,
    SeatRow,
    SlotRow,
    StaffRoleRow,
    StaffRow,
    TimeTypeRow,
    new_booking_id,
)
from scheduling_backends.engine.offer import ClinicSettings, TimeTypeSettings
from scheduling_backends.engine.schedules import Moment, Period, holidays_skipped, moments
from scheduling_backends.engine.seats import CARE, Author, take_seat, write_history
from scheduling_backends.engine.states import BookingState, Happening, Initiative, Role, SlotState


class InUse(Exception):
    """It has times or bookings, and is not removed: nothing of what was is lost."""


class NoSeat(Exception):
    """There is no empty, published seat at that time."""


@dataclass(frozen=True, slots=True)
class ScheduleReport:
    """What came of a period: how many times were made, which clashed with times that are there, which days were off,
    and which times lie in closed hours."""

    made: int
    clashes: tuple[Moment, ...]
    holidays: tuple[date, ...]
    closed: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class _Planned:
    """What a period would give: the slot that all its times share, the wanted times, those that clash, and the others
    that lie in closed hours."""

    slot: dict[str, Any]
    wanted: Sequence[Moment]
    clashes: frozenset[Moment]
    closed: frozenset[Moment]
    holidays: tuple[date, ...]

    @property
    def made(self) -> list[Moment]:
        out = self.clashes | self.closed
        return [moment for moment in self.wanted if moment not in out] if out else list(self.wanted)

    @property
    def report(self) -> ScheduleReport:
        clashes, closed = (
            tuple(moment for moment in self.wanted if moment in some) if some else ()
            for some in (self.clashes, self.closed)
        )
        return ScheduleReport(len(self.made), clashes, self.holidays, closed)


class Desk:
    """The desk at the moment `now`, in the writing transaction of `session`."""

    def __init__(self, session: Session, now: datetime, author: Author = CARE) -> None:
        self._session = session
        self._now = now
        self._author = author

    def at(self, moment: datetime) -> "Desk":
        """The same desk at another moment: what is done there is written as done then."""
        return Desk(self._session, moment, self._author)

    # -- Setting up

    def has_clinic(self, hsa_id: HsaId) -> bool:
        return find.clinic_by_hsa_id(self._session, hsa_id) is not None

    def add_clinic(self, hsa_id: HsaId, settings: ClinicSettings) -> None:
        self._add(ClinicRow(hsa_id=hsa_id.text, hsa_key=hsa_id.key, **_columns(settings)))

    def change_clinic(self, hsa_id: HsaId, settings: ClinicSettings) -> None:
        clinic = self._clinic(hsa_id)
        self._session.execute(update(ClinicRow).where(ClinicRow.id == clinic.id).values(_columns(settings)))

    def add_performer(self, hsa_id: HsaId, first_name: str, last_name: str, title: str | None = None) -> None:
        names = {"first_name": first_name, "last_name": last_name, "title": title}
        self._add(PerformerRow(hsa_id=hsa_id.text, hsa_key=hsa_id.key, **names))

    def add_resource(self, clinic: HsaId, code: str, name: str, group: str | None = None) -> None:
        self._add(ResourceRow(clinic_id=self._clinic(clinic).id, code=code, name=name, group=group))

    def register(self, citizen: Citizen) -> None:
        """Write a citizen into the register."""
        register(self._session, citizen, self._now)

    def list_at(self, person: PersonIdentity, clinic: HsaId, performer: HsaId | None = None) -> None:
        """Let a registered citizen be listed at the clinic, with an own performer if one is named (R9)."""
        list_at(self._session, person, self._clinic(clinic), performer)

    def give_basis(self, clinic: HsaId, time_type: str, person: PersonIdentity, note: str | None = None) -> int:
        """Let the citizen book this kind of time (R6); the basis's id."""
        return give_basis(self._session, person, self._time_type(clinic, time_type), self._now, note=note)

    def add_staff(self, hsa_id: HsaId, name: str, title: str | None = None) -> None:
        self._add(StaffRow(hsa_id=hsa_id.text, hsa_key=hsa_id.key, name=name, title=title))

    def give_role(self, hsa_id: HsaId, role: Role, clinic: HsaId | None = None) -> None:
        """A role at the clinic, or everywhere; once is enough. Raises LookupError for an unknown member of staff."""
        wanted = self._role(hsa_id, role, clinic)
        if self._session.scalar(select(StaffRoleRow.id).where(*_same_role(wanted))) is None:
            self._add(StaffRoleRow(**wanted))

    def take_role(self, hsa_id: HsaId, role: Role, clinic: HsaId | None = None) -> None:
        self._session.execute(delete(StaffRoleRow).where(*_same_role(self._role(hsa_id, role, clinic))))

    def _role(self, hsa_id: HsaId, role: Role, clinic: HsaId | None) -> dict[str, Any]:
        member = self._session.scalar(select(StaffRow.id).where(StaffRow.hsa_key == hsa_id.key))
        if member is None:
            raise LookupError(f"there is no member of staff {hsa_id}")
        return {"staff_id": member, "clinic_id": None if clinic is None else self._clinic(clinic).id, "role": role}

    def add_care_type(self, clinic: HsaId, code: str, name: str) -> None:
        self._add(CareTypeRow(clinic_id=self._clinic(clinic).id, code=code, name=name))

    def add_time_type(self, clinic: HsaId, settings: TimeTypeSettings, care_type: str | None = None) -> None:
        """A kind of time, in the clinic's care type of that code if one is named."""
        clinic_id = self._clinic(clinic).id
        care_type_id = None if care_type is None else self._id_of(CareTypeRow, clinic_id, care_type)
        self._add(TimeTypeRow(clinic_id=clinic_id, care_type_id=care_type_id, **_columns(settings)))

    def change_time_type(self, clinic: HsaId, code: str, **changes: Any) -> None:
        """Change settings by name; times and bookings that are there stay as they are."""
        time_type = self._time_type(clinic, code)
        settings = _columns(replace(time_type.settings, **changes))
        self._session.execute(update(TimeTypeRow).where(TimeTypeRow.id == time_type.id).values(settings))
        notices.touch_everything(self._session)  # which bookings the citizen may see hangs on it (R22)

    def replace_time_type(
        self, clinic: HsaId, code: str, settings: TimeTypeSettings, care_type: str | None = None
    ) -> None:
        """All settings of a kind of time, and its kind of care; its code stays."""
        kind = self._time_type(clinic, code)
        care_type_id = None if care_type is None else self._id_of(CareTypeRow, kind.clinic_id, care_type)
        values = _columns(replace(settings, code=code)) | {"care_type_id": care_type_id}
        self._session.execute(update(TimeTypeRow).where(TimeTypeRow.id == kind.id).values(values))
        notices.touch_everything(self._session)

    def remove_time_type(self, clinic: HsaId, code: str) -> None:
        """Remove a kind of time that was never used. Raises InUse."""
        kind = self._time_type(clinic, code)
        uses = (SlotRow.time_type_id, BookingRow.time_type_id, BasisRow.time_type_id)
        if any(self._session.scalar(select(exists().where(used == kind.id))) for used in uses):
            raise InUse(f"{code} has times or bookings")
        self._session.execute(delete(TimeTypeRow).where(TimeTypeRow.id == kind.id))

    def time_type_settings(self, clinic: HsaId, code: str) -> TimeTypeSettings:
        return self._time_type(clinic, code).settings

    # -- Schedules

    def add_slots(
        self,
        clinic: HsaId,
        time_type: str,
        period: Period,
        *,
        performer: HsaId | None = None,
        resource: str | None = None,
        capacity: int | None = None,
        state: SlotState = SlotState.PUBLISHED,
        published_from: datetime | None = None,
    ) -> ScheduleReport:
        """The period's times, with as many seats as the kind of time says, or `capacity`.

        Times that clash with others of the same performer or resource (with neither: of the same kind), and those in
        closed hours, are not made but reported. `published_from` releases them at that moment.
        """
        hold(self._session, SCHEDULES)
        planned = self._planned(clinic, time_type, period, performer, resource, capacity)
        self._write_slots(planned.slot | {"state": state, "published_from": published_from}, planned.made)
        return planned.report

    def preview(
        self,
        clinic: HsaId,
        time_type: str,
        period: Period,
        *,
        performer: HsaId | None = None,
        resource: str | None = None,
        capacity: int | None = None,
    ) -> tuple[ScheduleReport, tuple[Moment, ...]]:
        """What `add_slots` would do now, and the times that it would make; nothing is written."""
        planned = self._planned(clinic, time_type, period, performer, resource, capacity)
        return planned.report, tuple(planned.made)

    def add_moments(
        self,
        clinic: HsaId,
        time_type: str,
        wanted: Sequence[Moment],
        *,
        performer_id: int | None = None,
        resource_id: int | None = None,
        capacity: int | None = None,
        state: SlotState = SlotState.DRAFT,
    ) -> ScheduleReport:
        """The same for moments that are known already, as when a week is copied."""
        hold(self._session, SCHEDULES)
        kind = self._time_type(clinic, time_type)
        planned = self._plan(self._slot(kind, performer_id, resource_id, capacity), wanted, ())
        self._write_slots(planned.slot | {"state": state, "published_from": None}, planned.made)
        return planned.report

    def _planned(
        self,
        clinic: HsaId,
        time_type: str,
        period: Period,
        performer: HsaId | None,
        resource: str | None,
        capacity: int | None,
    ) -> _Planned:
        place, kind = self._clinic(clinic), self._time_type(clinic, time_type)
        resource_id = None if resource is None else self._id_of(ResourceRow, place.id, resource)
        slot = self._slot(kind, self._performer_id(performer), resource_id, capacity)
        eves = place.settings.eves_are_holidays
        return self._plan(slot, list(moments(period, eves)), holidays_skipped(period, eves))

    def _plan(self, slot: dict[str, Any], wanted: Sequence[Moment], holidays: tuple[date, ...]) -> _Planned:
        clashes = frozenset(self._clashes(slot, wanted))
        hours = closed_hours(self._session, slot, wanted[0].start, wanted[-1].end) if wanted else ()
        closed = {moment for moment in wanted if any(moment.start < end and moment.end > start for start, end in hours)}
        return _Planned(slot, wanted, clashes, frozenset(closed - clashes), holidays)

    def _slot(
        self, kind: TimeType, performer_id: int | None, resource_id: int | None, capacity: int | None
    ) -> dict[str, Any]:
        return {
            "clinic_id": kind.clinic_id,
            "time_type_id": kind.id,
            "performer_id": performer_id,
            "resource_id": resource_id,
            "capacity": capacity or kind.settings.capacity,
        }

    def last_day_with_slots(self, clinic: HsaId, time_type: str) -> date | None:
        """Until when there is a schedule for this kind of time; None when there is none."""
        kind = self._time_type(clinic, time_type)
        of_kind = (SlotRow.clinic_id == kind.clinic_id, SlotRow.time_type_id == kind.id)
        return self._session.scalar(select(func.max(SlotRow.day)).where(*of_kind))

    def publish(self, clinic: HsaId, first_day: date, last_day: date, published_from: datetime | None = None) -> int:
        """Publish the drafts of these days outside closed hours, at once or from a moment on; how many there were."""
        hold(self._session, SCHEDULES)
        drafts = (
            ~is_closed(),
            SlotRow.clinic_id == self._clinic(clinic).id,
            SlotRow.day.between(first_day, last_day),
            SlotRow.state == SlotState.DRAFT,
        )
        published = update(SlotRow).where(*drafts).values(state=SlotState.PUBLISHED, published_from=published_from)
        return len(self._session.scalars(published.returning(SlotRow.id)).all())

    def block(self, slot_ids: Iterable[int]) -> None:
        """Take times out; those who are booked there stay booked."""
        blocked = update(SlotRow).where(SlotRow.id.in_(list(slot_ids))).values(state=SlotState.BLOCKED)
        self._session.execute(blocked)

    def slots(self, clinic: HsaId, time_type: str, day: date) -> tuple[tuple[int, datetime], ...]:
        """The day's times of this kind, in any state: id and start, in order."""
        kind = self._time_type(clinic, time_type)
        statement = select(SlotRow.id, SlotRow.start).where(
            SlotRow.clinic_id == kind.clinic_id, SlotRow.time_type_id == kind.id, SlotRow.day == day
        )
        return tuple(
            (row.id, row.start) for row in self._session.execute(statement.order_by(SlotRow.start, SlotRow.id))
        )

    def empty_seat_at(
        self, clinic: HsaId, time_type: str, earliest: datetime, person: PersonIdentity | None = None
    ) -> datetime | None:
        """The start of the first time from `earliest` on that has an empty seat, whatever the citizens' rules say.

        With a `person`, one when that citizen is booked nowhere in this system.
        """
        kind = self._time_type(clinic, time_type)
        statement = select(SlotRow.start).where(
            SlotRow.clinic_id == kind.clinic_id,
            SlotRow.time_type_id == kind.id,
            SlotRow.start >= earliest,
            SlotRow.state == SlotState.PUBLISHED,
            exists().where(SeatRow.slot_id == SlotRow.id, SeatRow.booking_id.is_(None)),
        )
        if person is not None:
            statement = statement.where(~_is_occupied(person))
        return self._session.scalar(statement.order_by(SlotRow.start).limit(1))

    # -- Citizens

    def book(
        self,
        clinic: HsaId,
        time_type: str,
        start: datetime,
        person: PersonIdentity,
        *,
        contact: Contact | None = None,
        invitation_text: str | None = None,
        by: Initiative = Initiative.CARE,
        reason: str | None = None,
        invitation: str | None = None,
    ) -> str:
        """Book a time for a citizen; with a text it is a timed invitation. The booking's id.

        `by` is for bookings that come from elsewhere, such as demo data; a citizen's `reason` goes out, care's is kept
        as care's note. `invitation` is the open invitation that the booking uses up. Raises NoSeat when there is no
        empty seat at that time, ValueError for a blank text.
        """
        if invitation_text is not None:
            _demand_text(invitation_text)
        hold(self._session, queue_of(person))
        kind, booking_id = self._time_type(clinic, time_type), new_booking_id()
        slot_id = take_seat(self._session, self._slots_at(kind, start), booking_id)
        if slot_id is None:
            raise NoSeat(f"no empty seat for {time_type} at {clinic}")
        row = self._new_booking(booking_id, kind, person, contact, by)
        row.slot_id, row.state = slot_id, BookingState.BOOKED
        row.reason, row.care_note = (None, reason) if by is Initiative.CARE else (reason, None)
        row.is_invitation, row.invitation_text = invitation_text is not None, invitation_text
        self._add(row)
        author = self._author if by is Initiative.CARE else Author("citizen")
        write_history(self._session, booking_id, Happening.BOOKED, author, self._now, to_slot=slot_id, comment=reason)
        if invitation is not None:
            replace_with(self._session, self._booking(invitation), booking_id, self._author, self._now)
        return booking_id

    def invite(
        self,
        clinic: HsaId,
        time_type: str,
        person: PersonIdentity,
        text: str,
        clinics: Sequence[HsaId],
        contact: Contact | None = None,
        expires_on: date | None = None,
    ) -> str:
        """Send an open invitation, to be used once at one of `clinics`. Its id.

        The inviting clinic may be virtual; then it has the kind of time all the same, without slots. Raises ValueError
        for a blank text.
        """
        _demand_text(text)
        kind, booking_id = self._time_type(clinic, time_type), new_booking_id()
        row = self._new_booking(booking_id, kind, person, contact, Initiative.CARE)
        row.state, row.is_invitation, row.invitation_text = BookingState.INVITED, True, text
        row.expires_on = expires_on
        self._add(row)
        for usable in clinics:
            self._add(InvitationClinicRow(booking_id=booking_id, clinic_id=self._clinic(usable).id))
        write_history(self._session, booking_id, Happening.INVITED, self._author, self._now)
        return booking_id

    def cancel(self, booking_id: str, comment: str | None = None) -> None:
        """Cancel a citizen's booking or invitation, at any time. The seat is free at once."""
        booking = self._booking(booking_id)
        hold(self._session, queue_of(booking.subject_of_care))
        end(self._session, booking, BookingState.CANCELLED_BY_CARE, self._author, comment, self._now)

    def conclude(self, booking_id: str, came: bool) -> None:
        """The visit is over: the citizen came, or did not."""
        state = BookingState.COMPLETED if came else BookingState.NO_SHOW
        self._session.execute(update(BookingRow).where(BookingRow.id == booking_id).values(state=state))
        what = Happening.CAME if came else Happening.STAYED_AWAY
        write_history(self._session, booking_id, what, self._author, self._now)

    # -- Private

    def _add(self, row: object) -> None:
        self._session.add(row)
        self._session.flush()

    def _clinic(self, hsa_id: HsaId) -> Clinic:
        clinic = find.clinic_by_hsa_id(self._session, hsa_id)
        if clinic is None:
            raise LookupError(f"there is no clinic {hsa_id}")
        return clinic

    def _booking(self, booking_id: str) -> Booking:
        booking = find.booking(self._session, booking_id)
        if booking is None:
            raise LookupError("there is no such booking")
        return booking

    def _time_type(self, clinic: HsaId, code: str) -> TimeType:
        for time_type in find.time_types(self._session, [self._clinic(clinic)], code):
            return time_type
        raise LookupError(f"{clinic} has no kind of time {code}")

    def _id_of(self, kind: type[ResourceRow] | type[CareTypeRow], clinic_id: int, code: str) -> int:
        found = self._session.scalar(select(kind.id).where(kind.clinic_id == clinic_id, kind.code == code))
        if found is None:
            raise LookupError(f"the clinic has no {kind.__tablename__} {code}")
        return found

    def _performer_id(self, performer: HsaId | None) -> int | None:
        if performer is None:
            return None
        found = self._session.scalar(select(PerformerRow.id).where(PerformerRow.hsa_key == performer.key))
        if found is None:
            raise LookupError(f"there is no performer {performer}")
        return found

    def _clashes(self, slot: dict[str, Any], wanted: Sequence[Moment]) -> list[Moment]:
        if not wanted:
            return []
        same = [getattr(SlotRow, name) == slot[name] for name in ("performer_id", "resource_id") if slot[name]]
        clashes: list[Moment] = []
        for is_same in same or [_is_alone(slot["time_type_id"])]:
            overlaps = (is_same, SlotRow.start < wanted[-1].end, SlotRow.end > wanted[0].start)
            there = self._session.execute(select(SlotRow.start, SlotRow.end).where(*overlaps).order_by(SlotRow.start))
            taken = [(start, finish) for start, finish in there]
            clashes += [moment for moment in wanted if _overlaps(moment, taken)]
        return clashes

    def _write_slots(self, slot: dict[str, Any], made: Sequence[Moment]) -> None:
        if not made:
            return
        given = {name: value for name, value in slot.items() if value is not None}
        rows = [{**given, "day": moment.day, "start": moment.start, "end": moment.end} for moment in made]
        self._session.execute(insert(SLOTS), rows)
        numbers = select(literal(1).label("number")).cte("numbers", recursive=True)
        numbers = numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < slot["capacity"]))
        unseated = (
            SlotRow.clinic_id == slot["clinic_id"],
            SlotRow.time_type_id == slot["time_type_id"],
            SlotRow.day.between(made[0].day, made[-1].day),
            ~exists().where(SeatRow.slot_id == SlotRow.id),
        )
        seats = select(SlotRow.id, numbers.c.number).join(numbers, numbers.c.number <= SlotRow.capacity)
        self._session.execute(insert(SeatRow).from_select(["slot_id", "number"], seats.where(*unseated)))

    def _slots_at(self, kind: TimeType, start: datetime) -> Sequence[int]:
        at_start = (SlotRow.clinic_id == kind.clinic_id, SlotRow.time_type_id == kind.id, SlotRow.start == start)
        return self._session.scalars(select(SlotRow.id).where(*at_start).order_by(SlotRow.id)).all()

    def _new_booking(
        self,
        booking_id: str,
        kind: TimeType,
        person: PersonIdentity,
        contact: Contact | None,
        by: Initiative,
    ) -> BookingRow:
        return BookingRow(
            id=booking_id,
            clinic_id=kind.clinic_id,
            time_type_id=kind.id,
            booked_by=by,
            subject_of_care=person.number,
            made_at=self._now,
            **(contact or Contact()).given(),
        )


def _same_role(wanted: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [getattr(StaffRoleRow, name).is_not_distinct_from(value) for name, value in wanted.items()]


def _demand_text(text: str) -> None:
    if not text.strip():
        raise ValueError("an invitation needs a text (contracts.md GBD-4)")


def _is_alone(time_type_id: int) -> ColumnElement[bool]:
    """Of this kind, with neither performer nor resource."""
    return and_(SlotRow.time_type_id == time_type_id, SlotRow.performer_id.is_(None), SlotRow.resource_id.is_(None))


def _is_occupied(person: PersonIdentity) -> ColumnElement[bool]:
    """Whether the citizen is booked somewhere while a SlotRow lasts."""
    other = aliased(SlotRow)
    theirs = (BookingRow.subject_of_care == person.number, BookingRow.state == BookingState.BOOKED)
    then = (other.id == BookingRow.slot_id, other.start < SlotRow.end, other.end > SlotRow.start)
    return exists().where(*theirs, *then)


def _columns(settings: ClinicSettings | TimeTypeSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__slots__}


def _overlaps(moment: Moment, taken: Sequence[tuple[datetime, datetime]]) -> bool:
    """Whether `moment` overlaps one of the times, which are in order and do not overlap each other."""
    place = bisect_left(taken, (moment.end,))
    return place > 0 and taken[place - 1][1] > moment.start

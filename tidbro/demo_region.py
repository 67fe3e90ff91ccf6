"""The demo region's clinics in both systems: what there is, for whom, and what is booked when the demo starts.

`plant` makes a system's part of it at its desk, in the desk's one transaction; where it is there already only the days
that have come into the twelve weeks since get their times. `on_the_web` then does what citizens do by message. The data
stand in demo_region.toml.
Elsewhere: what a desk can do (scheduling_backends/engine/desk.py), routes and authorisations (demo_tak.toml).
Source: domain.md §10.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Any

from contracts import scheduling as s
from contracts.identifiers import HsaId, PersonIdentity
from contracts.producer import Caller
from contracts.times import SWEDEN
from scheduling_backends.engine.book import Contact
from scheduling_backends.engine.citizens import Citizen as Known
from scheduling_backends.engine.desk import Desk
from scheduling_backends.engine.offer import BookableBy, ClinicSettings, CutOff, ReasonMode, Release, TimeTypeSettings
from scheduling_backends.engine.producer import EngineProducer
from scheduling_backends.engine.schedules import Period
from scheduling_backends.engine.states import Initiative, Role

WEEKS = 12

_ONE_DAY = timedelta(days=1)
_EVERY_DAY = frozenset(range(7))
_CHOICES = {
    "bookable_by": BookableBy,
    "booking_reason": ReasonMode,
    "rebooking_reason": ReasonMode,
    "cancelling_reason": ReasonMode,
    "cancel_own": CutOff.from_text,
    "cancel_care": CutOff.from_text,
    "rebook_own": CutOff.from_text,
    "rebook_care": CutOff.from_text,
    "release": Release.from_text,
    "ready_reasons": tuple,
}


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody in the demo, with a published test number. `is_protected`: no address may be shown (R41)."""

    identity: PersonIdentity
    contact: Contact = field(repr=False)
    is_protected: bool = False

    @property
    def known(self) -> Known:
        """As the systems' registers have it."""
        given = self.contact
        names = (given.first_name or "", given.last_name or "")
        return Known(self.identity, *names, given.phone, given.email, given.address, self.is_protected)

    @property
    def info(self) -> s.SubjectOfCareInfo:
        """As a message has it."""
        given = self.contact
        return s.SubjectOfCareInfo(given.first_name or "", given.last_name or "", phone=given.phone)


def citizens() -> tuple[Citizen, ...]:
    """The people of the demo, in the order of domain.md §10.4."""
    return tuple(_citizen(entry) for entry in _region()["citizens"])


def plant(desk: Desk, now: datetime, system: str = "timebook") -> bool:
    """Make the system's clinics, staff, kinds of time, times for twelve weeks from today, bookings and invitations.

    On data that hold the region already, adds only the times of new days, and says False. `now` is the desk's own
    moment, aware.
    """
    theirs = [clinic for clinic in _region()["clinics"] if clinic.get("system", "timebook") == system]
    is_new = not desk.has_clinic(HsaId(theirs[0]["hsa_id"]))
    ids = frozenset(clinic["hsa_id"] for clinic in theirs)
    if is_new:
        for performer in _performers(theirs):
            names = {name: performer[name] for name in ("first_name", "last_name", "title")}
            desk.add_performer(HsaId(performer["hsa_id"]), **names)
        for clinic in theirs:
            _plant_clinic(desk, clinic)
        _plant_people(desk, ids)
    _plant_times(desk, now, ids)
    if is_new:
        _plant_bookings(desk, now, ids)
        _plant_invitations(desk, now, ids)
    return is_new


def on_the_web(system: EngineProducer, ids: str, now: datetime) -> None:
    """Let citizens book, move and cancel at the system's clinics, whose HSA-ids begin with `ids`."""
    people = {one.identity.number: one for one in citizens()}
    for entry in _region()["web"]:
        if entry["clinic"].startswith(ids):
            _Caller(system, people[entry["citizen"]], entry, now).act()


@cache
def _region() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("demo_region.toml").read_text("utf-8"))


def _citizen(entry: Mapping[str, Any]) -> Citizen:
    contact = Contact(**{name: entry[name] for name in Contact.__slots__ if name in entry})
    return Citizen(PersonIdentity(entry["number"]), contact, entry.get("is_protected", False))


# -- Clinics and their times


def _plant_clinic(desk: Desk, entry: Mapping[str, Any]) -> None:
    hsa_id = HsaId(entry["hsa_id"])
    desk.add_clinic(hsa_id, ClinicSettings(**_fields(ClinicSettings, entry)))
    for resource in entry.get("resources", ()):
        desk.add_resource(hsa_id, resource["code"], resource["name"])
    for care_type in entry.get("care_types", ()):
        desk.add_care_type(hsa_id, care_type["code"], care_type["name"])
    for time_type in entry["time_types"]:
        desk.add_time_type(hsa_id, TimeTypeSettings(**_fields(TimeTypeSettings, time_type)), time_type.get("care_type"))


def _fields(kind: type[ClinicSettings] | type[TimeTypeSettings], entry: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that the entry names, as their types; other keys are about other things."""
    named = {one.name: entry[one.name] for one in fields(kind) if one.name in entry}
    return {name: _CHOICES[name](value) if name in _CHOICES else value for name, value in named.items()}


def _performers(clinics: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those who give care at any of the clinics."""
    kinds = [kind for clinic in clinics for kind in clinic["time_types"]]
    needed = {hsa_id for kind in kinds for hsa_id in kind.get("schedule", {}).get("performers", ())}
    return [one for one in _region()["performers"] if one["hsa_id"] in needed]


def _plant_people(desk: Desk, ids: frozenset[str]) -> None:
    """The register of citizens, staff with their roles, and booking bases."""
    for one in citizens():
        desk.register(one.known)
    for member in _region()["staff"]:
        desk.add_staff(HsaId(member["hsa_id"]), member["name"], member["title"])
        for given in member["roles"]:
            places = [HsaId(clinic) for clinic in given["clinics"] if clinic in ids] if "clinics" in given else [None]
            for place in places:
                desk.give_role(HsaId(member["hsa_id"]), Role(given["role"]), place)
    for basis in _region()["bases"]:
        if basis["clinic"] in ids:
            person = PersonIdentity(basis["citizen"])
            desk.give_basis(HsaId(basis["clinic"]), basis["time_type"], person, basis["note"])


def _plant_times(desk: Desk, now: datetime, ids: frozenset[str]) -> None:
    today = now.astimezone(SWEDEN).date()
    last_day = today + timedelta(weeks=WEEKS)
    for clinic, time_type, schedule in _schedules(ids):
        planted = desk.last_day_with_slots(clinic, time_type["code"])
        first_day = today if planted is None else max(today, planted + _ONE_DAY)
        if first_day > last_day:
            continue
        opens, closes = time.fromisoformat(schedule["opens"]), time.fromisoformat(schedule["closes"])
        period = Period(first_day, last_day, opens, closes, time_type["length_minutes"])
        for resource in schedule.get("resources", ()):
            desk.add_slots(clinic, time_type["code"], period, resource=resource)
        for performer in schedule.get("performers", ()):
            desk.add_slots(clinic, time_type["code"], period, performer=HsaId(performer))


def _schedules(ids: frozenset[str]) -> Iterator[tuple[HsaId, Mapping[str, Any], Mapping[str, Any]]]:
    for clinic in _region()["clinics"]:
        for time_type in clinic["time_types"]:
            if "schedule" in time_type and clinic["hsa_id"] in ids:
                yield HsaId(clinic["hsa_id"]), time_type, time_type["schedule"]


# -- What is booked


def _plant_bookings(desk: Desk, now: datetime, ids: frozenset[str]) -> None:
    people = {one.identity.number: one for one in citizens()}
    for entry in (one for one in _region()["bookings"] if one["clinic"] in ids):
        citizen = people[entry["citizen"]]
        clinic, time_type = HsaId(entry["clinic"]), entry["time_type"]
        booking_id = desk.book(
            clinic,
            time_type,
            _start(desk, clinic, entry, now),
            citizen.identity,
            contact=_shown(citizen),
            by=Initiative(entry["by"]),
            invitation_text=entry.get("text"),
            reason=entry.get("reason"),
        )
        _finish(desk, booking_id, entry.get("then"))


def _finish(desk: Desk, booking_id: str, then: str | None) -> None:
    if then == "cancelled":
        desk.cancel(booking_id)
    elif then == "completed":
        desk.conclude(booking_id, came=True)


def _plant_invitations(desk: Desk, now: datetime, ids: frozenset[str]) -> None:
    people = {one.identity.number: one for one in citizens()}
    for entry in (one for one in _region()["invitations"] if one["clinic"] in ids):
        citizen, time_type = people[entry["citizen"]], entry["time_type"]
        usable = [HsaId(clinic) for clinic in entry["clinics"]]
        inviter, contact = HsaId(entry["clinic"]), _shown(citizen)
        invitation = desk.invite(inviter, time_type, citizen.identity, entry["text"], usable, contact)
        if "used_at" in entry:
            clinic = HsaId(entry["used_at"])
            start = _start(desk, clinic, entry, now)
            used = desk.book(
                clinic,
                time_type,
                start,
                citizen.identity,
                contact=contact,
                by=Initiative.CITIZEN,
                invitation=invitation,
            )
            _finish(desk, used, entry.get("then"))


def _shown(citizen: Citizen) -> Contact:
    """The contact data that may be kept: none for a protected identity (R41)."""
    contact = citizen.contact
    return Contact(contact.first_name, None, contact.last_name) if citizen.is_protected else contact


def _start(desk: Desk, clinic: HsaId, entry: Mapping[str, Any], now: datetime) -> datetime:
    """When the entry's booking starts: `from_days` ahead, `days_ago`, or `within_a_day` (§10.5)."""
    if "days_ago" in entry:
        day = now - timedelta(days=entry["days_ago"])
        return _extra_time(desk, clinic, entry["time_type"], day.astimezone(SWEDEN).replace(hour=13))
    if entry.get("within_a_day"):
        found = desk.empty_seat_at(clinic, entry["time_type"], now + timedelta(hours=1))
        if found is None or found > now + timedelta(hours=23):
            found = _extra_time(desk, clinic, entry["time_type"], _an_hour_of_the_day(now))
        return found
    found = desk.empty_seat_at(clinic, entry["time_type"], now + timedelta(days=entry["from_days"]))
    if found is None:
        raise LookupError(f"no empty time for {entry['time_type']} at {clinic}")
    return found


def _an_hour_of_the_day(now: datetime) -> datetime:
    """A moment 2 to 22 hours ahead, when people are awake: at the first such hour from 8 to 20."""
    hours = ((now + timedelta(hours=ahead)).astimezone(SWEDEN) for ahead in range(3, 23))
    return next(moment for moment in hours if 8 <= moment.hour <= 20)


def _extra_time(desk: Desk, clinic: HsaId, time_type: str, moment: datetime) -> datetime:
    """One time outside the schedule, at the whole hour of `moment`; its start."""
    opens = moment.replace(minute=0, second=0, microsecond=0)
    closes = time(opens.hour + 1)
    period = Period(opens.date(), opens.date(), opens.time(), closes, 60, weekdays=_EVERY_DAY, keeps_holidays=True)
    desk.add_slots(clinic, time_type, period)
    return opens


@dataclass(frozen=True, slots=True)
class _Caller:
    """A citizen at the demo's e-service, who asks one system by message."""

    system: EngineProducer
    citizen: Citizen
    entry: Mapping[str, Any]
    now: datetime

    def act(self) -> None:
        """Book a time, and move or cancel it if the entry says so."""
        booked = self._book()
        if "move_days" in self.entry:
            moved = replace(self._free(self.entry["from_days"] + self.entry["move_days"]), booking_id=booked)
            slot = replace(moved, subject_of_care=self.citizen.identity, reason=self.entry["comment"])
            self.system.update_booking(s.UpdateBooking(slot), self._caller)
        if "cancel" in self.entry:
            cancelling = s.CancelBooking(self._clinic, booked, self.entry["cancel"])
            self.system.cancel_booking(cancelling, self._caller)

    def _book(self) -> str:
        free = self._free(self.entry["from_days"])
        slot = replace(free, subject_of_care=self.citizen.identity, reason=self.entry["reason"])
        answer = self.system.make_booking(s.MakeBooking(self._clinic, slot, self.citizen.info), self._caller)
        if answer.booking_id is None:
            raise LookupError(f"the demo could not book a {self.entry['time_type']}")
        return answer.booking_id

    def _free(self, days: int) -> s.Timeslot:
        first = (self.now + timedelta(days=days)).astimezone(SWEDEN).date()
        asked = s.GetAvailableTimeslots(
            self._clinic,
            self.citizen.identity,
            first,
            first + timedelta(weeks=2),
            time_type_id=self.entry["time_type"],
        )
        (slot, *_) = self.system.get_available_timeslots(asked, self._caller).timeslots
        return replace(slot, cancel_booking_allowed=None, rebooking_allowed=None, message_allowed=None)

    @property
    def _clinic(self) -> HsaId:
        return HsaId(self.entry["clinic"])

    @property
    def _caller(self) -> Caller:
        actor = s.Actor(self.citizen.identity.number, s.ActorType.SUBJECT_OF_CARE)
        return Caller(self._clinic, "SE2321009991-ET01", "SE2321009991-ET01", actor, "demo")

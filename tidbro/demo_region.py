"""The demo region's stand-alone clinics: what there is, for whom, and what is booked when the demo starts.

`plant` makes it all at the timebook's desk, in the desk's one transaction; where it is there already only the days
that have come into the twelve weeks since get their times. The data stand in demo_region.toml.
Elsewhere: what a desk can do (scheduling_backends/engine/desk.py), routes and authorisations (demo_tak.toml).
Source: domain.md §10.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Any

from contracts.identifiers import HsaId, PersonIdentity
from contracts.times import SWEDEN
from scheduling_backends.engine.book import Contact
from scheduling_backends.engine.desk import Desk
from scheduling_backends.engine.offer import BookableBy, ClinicSettings, CutOff, ReasonMode, TimeTypeSettings
from scheduling_backends.engine.schedules import Period
from scheduling_backends.engine.states import Initiative

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
}


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody in the demo, with a published test number. `is_protected`: no address may be shown (R41)."""

    identity: PersonIdentity
    contact: Contact = field(repr=False)
    is_protected: bool = False


def citizens() -> tuple[Citizen, ...]:
    """The people of the demo, in the order of domain.md §10.4."""
    return tuple(_citizen(entry) for entry in _region()["citizens"])


def plant(desk: Desk, now: datetime) -> None:
    """Make the region's clinics, kinds of time, times for twelve weeks from today, bookings and invitations.

    On data that hold the region already, adds only the times of new days. `now` is the desk's own moment, aware.
    """
    is_new = not desk.has_clinic(HsaId(_region()["clinics"][0]["hsa_id"]))
    if is_new:
        for clinic in _region()["clinics"]:
            _plant_clinic(desk, clinic)
    _plant_times(desk, now)
    if is_new:
        _plant_bookings(desk, now)
        _plant_invitations(desk, now)


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


def _plant_times(desk: Desk, now: datetime) -> None:
    today = now.astimezone(SWEDEN).date()
    last_day = today + timedelta(weeks=WEEKS)
    for clinic, time_type, schedule in _schedules():
        planted = desk.last_day_with_slots(clinic, time_type["code"])
        first_day = today if planted is None else max(today, planted + _ONE_DAY)
        if first_day > last_day:
            continue
        opens, closes = time.fromisoformat(schedule["opens"]), time.fromisoformat(schedule["closes"])
        period = Period(first_day, last_day, opens, closes, time_type["length_minutes"])
        for resource in schedule["resources"]:
            desk.add_slots(clinic, time_type["code"], period, resource=resource)


def _schedules() -> Iterator[tuple[HsaId, Mapping[str, Any], Mapping[str, Any]]]:
    for clinic in _region()["clinics"]:
        for time_type in clinic["time_types"]:
            if "schedule" in time_type:
                yield HsaId(clinic["hsa_id"]), time_type, time_type["schedule"]


# -- What is booked


def _plant_bookings(desk: Desk, now: datetime) -> None:
    people = {one.identity.number: one for one in citizens()}
    for entry in _region()["bookings"]:
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


def _plant_invitations(desk: Desk, now: datetime) -> None:
    people = {one.identity.number: one for one in citizens()}
    for entry in _region()["invitations"]:
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

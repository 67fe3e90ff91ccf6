"""The demo region's clinics in both systems: what there is, for whom, and what is booked when the demo starts.

`plant` makes a system's part of it at its desk, in the desk's one transaction; where it is there already only the days
that have come into the twelve weeks since get their times. The data stand in demo_region.toml.
Elsewhere: the people (demo_people.py), what they do by message (demo_web.py), what a desk can do
(scheduling_backends/engine/desk.py), routes and authorisations (demo_tak.toml).
Source: domain.md §10.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, time, timedelta
from typing import Any

from contracts.identifiers import HsaId, PersonIdentity
from contracts.times import SWEDEN
from scheduling_backends.engine.desk import Desk
from scheduling_backends.engine.offer import BookableBy, ClinicSettings, CutOff, ReasonMode, Release, TimeTypeSettings
from scheduling_backends.engine.schedules import Period
from scheduling_backends.engine.states import Initiative, Role
from tidbro.demo_people import WEEKS, by_number, citizens, region

NEVER = "never"
"""How the data write a cut-off that there is none of: it may not be done at all."""

USUAL_LEAD_DAYS = 14
"""How long before a visit that has been it was booked."""

_ONE_DAY = timedelta(days=1)
_EVERY_DAY = frozenset(range(7))


def _cut_off(text: str) -> CutOff | None:
    return None if text == NEVER else CutOff.from_text(text)


_CHOICES: Mapping[str, Callable[[Any], Any]] = {
    "bookable_by": BookableBy,
    "booking_reason": ReasonMode,
    "rebooking_reason": ReasonMode,
    "cancelling_reason": ReasonMode,
    "cancel_own": _cut_off,
    "cancel_care": _cut_off,
    "rebook_own": _cut_off,
    "rebook_care": _cut_off,
    "release": Release.from_text,
    "ready_reasons": tuple,
}


def plant(desk: Desk, now: datetime, system: str = "timebook") -> bool:
    """Make the system's clinics, staff, kinds of time, times for twelve weeks from today, bookings and invitations.

    On data that hold the region already, adds only the times of new days, and says False. `now` is the desk's own
    moment, aware.
    """
    theirs = [clinic for clinic in region()["clinics"] if clinic.get("system", "timebook") == system]
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
    return [one for one in region()["performers"] if one["hsa_id"] in needed]


def _plant_people(desk: Desk, ids: frozenset[str]) -> None:
    """The register of citizens, staff with their roles, and booking bases."""
    for one in citizens():
        desk.register(one.known)
        if one.listed is not None and one.listed.clinic.text in ids:
            desk.list_at(one.identity, one.listed.clinic, one.listed.performer)
    for member in region()["staff"]:
        _plant_member(desk, member, ids)
    for basis in region()["bases"]:
        if basis["clinic"] in ids:
            person = PersonIdentity(basis["citizen"])
            desk.give_basis(HsaId(basis["clinic"]), basis["time_type"], person, basis["note"])


def _plant_member(desk: Desk, member: Mapping[str, Any], ids: frozenset[str]) -> None:
    """Somebody with a role at one of the clinics, or everywhere; nobody else is known to the system."""
    hsa_id, roles = HsaId(member["hsa_id"]), list[tuple[Role, HsaId | None]]()
    for given in member["roles"]:
        places = [HsaId(clinic) for clinic in given["clinics"] if clinic in ids] if "clinics" in given else [None]
        roles += [(Role(given["role"]), place) for place in places]
    if roles:
        desk.add_staff(hsa_id, member["name"], member["title"])
    for role, place in roles:
        desk.give_role(hsa_id, role, place)


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
    for clinic in region()["clinics"]:
        for time_type in clinic["time_types"]:
            if "schedule" in time_type and clinic["hsa_id"] in ids:
                yield HsaId(clinic["hsa_id"]), time_type, time_type["schedule"]


# -- What is booked


def _plant_bookings(desk: Desk, now: datetime, ids: frozenset[str]) -> None:
    for entry in (one for one in region()["bookings"] if one["clinic"] in ids):
        citizen = by_number()[entry["citizen"]]
        clinic = HsaId(entry["clinic"])
        start = _start(desk, clinic, entry, now, citizen.identity)
        booking_id = _made(desk, start, now).book(
            clinic,
            entry["time_type"],
            start,
            citizen.identity,
            contact=citizen.shown,
            by=Initiative(entry["by"]),
            invitation_text=entry.get("text"),
            reason=entry.get("reason"),
        )
        _finish(desk, booking_id, entry.get("then"), start)


def _made(desk: Desk, start: datetime, now: datetime, days: int = USUAL_LEAD_DAYS) -> Desk:
    """The desk at the moment when a booking was made: now, or some days before a visit that has been."""
    return desk if start > now else desk.at(start - timedelta(days=days))


def _finish(desk: Desk, booking_id: str, then: str | None, start: datetime) -> None:
    if then == "cancelled":
        desk.cancel(booking_id)
    elif then == "completed":
        desk.at(start).conclude(booking_id, came=True)


def _plant_invitations(desk: Desk, now: datetime, ids: frozenset[str]) -> None:
    for entry in (one for one in region()["invitations"] if one["clinic"] in ids):
        citizen, clinic = by_number()[entry["citizen"]], HsaId(entry["clinic"])
        usable = [HsaId(one) for one in entry["clinics"]]
        start = _start_of_use(desk, entry, now, citizen.identity)
        inviting = desk if start is None else _made(desk, start, now, 2 * USUAL_LEAD_DAYS)
        text, contact = entry["text"], citizen.shown
        invitation = inviting.invite(clinic, entry["time_type"], citizen.identity, text, usable, contact)
        if start is not None:
            used = _made(desk, start, now).book(
                HsaId(entry["used_at"]),
                entry["time_type"],
                start,
                citizen.identity,
                contact=contact,
                by=Initiative.CITIZEN,
                invitation=invitation,
            )
            _finish(desk, used, entry.get("then"), start)


def _start_of_use(desk: Desk, entry: Mapping[str, Any], now: datetime, person: PersonIdentity) -> datetime | None:
    """When the visit is that an invitation was used for; None for one that was not."""
    return _start(desk, HsaId(entry["used_at"]), entry, now, person) if "used_at" in entry else None


def _start(desk: Desk, clinic: HsaId, entry: Mapping[str, Any], now: datetime, person: PersonIdentity) -> datetime:
    """When the entry's booking starts: `from_days` ahead, `days_ago`, or `within_a_day` (§10.5).

    Nobody is in two places: a time that the citizen has already is passed over.
    """
    if "days_ago" in entry:
        day = now - timedelta(days=entry["days_ago"])
        return _extra_time(desk, clinic, entry["time_type"], day.astimezone(SWEDEN).replace(hour=13))
    if entry.get("within_a_day"):
        found = desk.empty_seat_at(clinic, entry["time_type"], now + timedelta(hours=1), person)
        if found is None or found > now + timedelta(hours=23):
            found = _extra_time(desk, clinic, entry["time_type"], _an_hour_of_the_day(now))
        return found
    found = desk.empty_seat_at(clinic, entry["time_type"], now + timedelta(days=entry["from_days"]), person)
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

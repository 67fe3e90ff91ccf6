"""The record system's staff pages: the calendar, the web log, and what all systems share.

    calendar.py   days and weeks; grid.py: which time stands where
    web_log.py    what citizens did on the web
Elsewhere: bookings, citizens, invitations, kinds of time, schedules and closed hours, roles and the clinic, follow-up
(scheduling_backends/staff/).
Source: domain.md §6.
"""

from pathlib import Path

from flask import Flask

from scheduling_backends.engine.states import Role
from scheduling_backends.staff import (
    administration,
    bookings,
    choosing,
    citizens,
    closed_hours,
    copying,
    follow_up,
    invitations,
    making,
    registers,
    schedule,
    telling,
    time_types,
)
from scheduling_backends.staff.pages import NavEntry
from scheduling_backends.staff.site import make_site
from scheduling_backends.staff.system import StaffSystem
from scheduling_backends.takecare.staff import calendar, web_log

TEXTS = Path(__file__).parent / "texts_sv.toml"
_ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
_PLANNERS = frozenset({Role.SCHEDULER})
NAVIGATION = (
    NavEntry("calendar.calendar", "navigation.calendar"),
    NavEntry("web_log.listed", "navigation.web_log"),
    NavEntry("schedule.week", "navigation.schedule", _PLANNERS),
    NavEntry("making.make_form", "navigation.make", _PLANNERS),
    NavEntry("copying.copy_form", "navigation.copy", _PLANNERS),
    NavEntry("closed_hours.listed", "navigation.closures"),
    NavEntry("telling.listed", "telling.title"),
    NavEntry("invitations.listed", "navigation.invitations"),
    NavEntry("citizens.search_form", "navigation.citizens"),
    NavEntry("time_types.listed", "navigation.time_types"),
    NavEntry("registers.listed", "navigation.registers", _ADMINISTRATORS),
    NavEntry("administration.roles", "navigation.roles", _ADMINISTRATORS),
    NavEntry("administration.clinic", "navigation.clinic", _ADMINISTRATORS),
    NavEntry("follow_up.listed", "navigation.follow_up", _ADMINISTRATORS),
)
_MODULES = (
    calendar,
    web_log,
    schedule,
    making,
    copying,
    closed_hours,
    bookings,
    choosing,
    telling,
    citizens,
    invitations,
    time_types,
    administration,
    registers,
    follow_up,
)


def site(system: StaffSystem, secret: bytes) -> Flask:
    """The site of a record system; `secret` signs its cookies."""
    return make_site(system, [one.blueprint for one in _MODULES], NAVIGATION, "calendar.calendar", (TEXTS,), secret)

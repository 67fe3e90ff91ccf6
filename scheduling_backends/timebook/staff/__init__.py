"""The stand-alone timebook's staff pages.

    listing.py         the booking list, for the screen, printing and as a file
    figures.py         statistics
Elsewhere: bookings, citizens, invitations, kinds of time, schedules and closed hours, roles and the clinic, follow-up
(scheduling_backends/staff/).
Source: domain.md §7.
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
from scheduling_backends.timebook.staff import figures, listing

TEXTS = Path(__file__).parent / "texts_sv.toml"
_ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
_PLANNERS = frozenset({Role.SCHEDULER})
NAVIGATION = (
    NavEntry("listing.listed", "navigation.listing"),
    NavEntry("schedule.week", "navigation.schedule"),
    NavEntry("making.make_form", "navigation.make", _PLANNERS),
    NavEntry("copying.copy_form", "navigation.copy", _PLANNERS),
    NavEntry("closed_hours.listed", "navigation.closures"),
    NavEntry("telling.listed", "telling.title"),
    NavEntry("invitations.listed", "navigation.invitations"),
    NavEntry("citizens.search_form", "navigation.citizens"),
    NavEntry("time_types.listed", "navigation.time_types"),
    NavEntry("figures.listed", "navigation.figures", _ADMINISTRATORS | _PLANNERS),
    NavEntry("registers.listed", "navigation.registers", _ADMINISTRATORS),
    NavEntry("administration.roles", "navigation.roles", _ADMINISTRATORS),
    NavEntry("administration.clinic", "navigation.clinic", _ADMINISTRATORS),
    NavEntry("follow_up.listed", "navigation.follow_up", _ADMINISTRATORS),
)
_MODULES = (
    listing,
    schedule,
    making,
    copying,
    closed_hours,
    figures,
    administration,
    registers,
    bookings,
    choosing,
    telling,
    citizens,
    invitations,
    time_types,
    follow_up,
)


def site(system: StaffSystem, secret: bytes) -> Flask:
    """The site of a timebook; `secret` signs its cookies."""
    return make_site(system, [one.blueprint for one in _MODULES], NAVIGATION, "listing.listed", (TEXTS,), secret)

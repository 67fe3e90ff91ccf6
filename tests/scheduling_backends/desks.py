"""Clinics with staff and a browser, for the tests of both systems' pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from contracts.identifiers import HsaId
from scheduling_backends.engine.citizens import Citizen
from scheduling_backends.engine.states import Role
from tests.people import ANNA, BERTIL, SIV
from tests.scheduling_backends.staff.conftest import Browser
from tests.scheduling_backends.timebooks import GROUP, NORTH, World, a_type, a_world, empty_database

SECRET = b"only for the tests of this house"
CHIEF, PLANNER, BOOKER, READER = (HsaId(f"SE2321009991-S00{n}") for n in (1, 2, 3, 4))
ROLES = {CHIEF: Role.ADMINISTRATOR, PLANNER: Role.SCHEDULER, BOOKER: Role.BOOKER, READER: Role.READER}
NAMES = {CHIEF: "Olle Chef", PLANNER: "Eva Planerare", BOOKER: "Stina Reception", READER: "Lars Praktikant"}


def staffed(world: World) -> World:
    """A clinic with a kind of time, twelve times on 1 and 2 December with a performer, staff, and three citizens."""
    world.add_clinic(NORTH, GROUP, a_type(max_simultaneous=3))
    with world.timebook.desk() as desk:
        desk.add_performer(HsaId("SE2321009991-P001"), "Maria", "Ek", "distriktssköterska")
        desk.add_resource(NORTH, "STOL-1", "Provtagningsstol 1", "Stolar")
        desk.add_resource(NORTH, "STOL-2", "Provtagningsstol 2", "Stolar")
        for hsa_id, role in ROLES.items():
            desk.add_staff(hsa_id, NAMES[hsa_id], "sekreterare")
            desk.give_role(hsa_id, role, NORTH)
        for person, is_protected in ((ANNA, False), (BERTIL, False), (SIV, True)):
            first, last = person.info.first_name, person.info.last_name
            desk.register(Citizen(person.identity, first, last, "070-174 06 20", None, "Provgatan 1", is_protected))
    world.add_times(performer=HsaId("SE2321009991-P001"))
    return world


@contextmanager
def a_staffed_timebook(folder: Path) -> Iterator[World]:
    with a_world(empty_database(folder), emulated_sign_in=True) as world:
        yield staffed(world)


@contextmanager
def a_browser(site: Flask) -> Iterator[Browser]:
    with site.test_client() as client:
        yield Browser(client)

"""The demo's catalogue in the region's database: planted once, and kept true to where things are at this start.

Routes to the platform's own services hold its port, and those of the clinic group lead to the regional platform while
that one runs; both can be other ones at the next start, and are then published anew. What anybody else has changed
stays. The routes and authorisations themselves stand in demo_tak.toml.
Elsewhere: where a region's catalogue comes from (catalogue.py), the regional platform (regional.py).
Source: domain.md §10; platform.md §20.2.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from contracts.times import Clock
from gateway.settings import SettingsRefused
from gateway.tak import exchange
from gateway.tak.editing import Editing
from gateway.tak.entities import RouteRow
from gateway.tak.model import Route
from gateway.tak.refusals import CatalogueRefused
from gateway.tak.snapshot import TakSnapshot
from gateway.tak.store import Store
from tidbro import catalogue
from tidbro.settings import RegionSettings

log = logging.getLogger(__name__)

CLINIC_GROUP = ("SE2321009991-2B02", "SE2321009991-2B03")
"""Provtagningen Norra and Södra."""
TIMEBOOK = "adapter:timebook"
_BEHIND_REGIONAL = (*CLINIC_GROUP, "SE2321009991-FT01")
"""The group, and the regional platform's own id, at which it is pinged."""

_PLANTER = "demo"
_WRITTEN_BASE = "http://127.0.0.1:8080"
_MOVING = ("http://127.0.0.1:", "https://127.0.0.1:", TIMEBOOK, "adapter:unsteady")


def plant(settings: RegionSettings, clock: Clock, base_url: str = _WRITTEN_BASE, group_address: str = TIMEBOOK) -> None:
    """Publish the demo's catalogue where there was never any, and what has moved since. Raises SettingsRefused.

    Where there was one and its database is gone, nothing is planted: the last good copy counts.
    """
    is_gone = not catalogue.database_of(settings).exists() and catalogue.local_copy_of(settings).exists()
    if settings.tak_file or settings.gateway.tak_endpoint or is_gone:
        return
    wanted = wanted_now(base_url, group_address)
    try:
        with catalogue.store_of(settings, clock) as store:
            if store.history() or store.pending():
                _keep_true(store, wanted.routes)
            else:
                store.plant(wanted, _PLANTER, "The demo region.")
    except CatalogueRefused as error:
        if not catalogue.local_copy_of(settings).exists():
            raise SettingsRefused(f"The demo's catalogue cannot be planted: {error}") from None
        log.error("demo_catalogue_not_updated: %s", error)


def plant_first(settings: RegionSettings, clock: Clock) -> None:
    """Publish the demo's catalogue where there was never any, and nothing where there was. Raises SettingsRefused."""
    if not catalogue.database_of(settings).exists():
        plant(settings, clock)


def wanted_now(base_url: str, group_address: str) -> TakSnapshot:
    """The demo's routes and authorisations, with the platform at `base_url` and the group at `group_address`."""
    written = exchange.load(Path(str(files("tidbro") / "demo_tak.toml")))

    def moved(route: Route) -> Route:
        if route.address.startswith(_WRITTEN_BASE):
            return replace(route, address=base_url + route.address.removeprefix(_WRITTEN_BASE))
        is_of_group = route.logical_address in _BEHIND_REGIONAL and route.address == TIMEBOOK
        return replace(route, address=group_address) if is_of_group else route

    return TakSnapshot.of(map(moved, written.routes), written.authorisations)


def _keep_true(store: Store, wanted: Iterable[Route]) -> None:
    """Let the routes that the demo planted lead to where things are now, and publish that."""
    with store.editing(_PLANTER, whole=True) as editing:
        changed = [_readdressed(editing, row, route.address) for route in wanted for row in _moved(editing, route)]
    if changed:
        store.publish(_PLANTER, "Where things are at this start.")


def _moved(editing: Editing, route: Route) -> list[RouteRow]:
    logical_address = editing.logical_address(route.logical_address)
    contract = editing.contract(route.contract)
    if logical_address is None or contract is None or not route.address.startswith(_MOVING):
        return []
    rows = editing.routes(logical_address, contract)
    urls = [row.producer_address.url for row in rows]
    return rows if len(rows) == 1 and urls != [route.address] and urls[0].startswith(_MOVING) else []


def _readdressed(editing: Editing, row: RouteRow, url: str) -> RouteRow:
    before = row.producer_address
    place = (url, before.profile, before.component)
    return editing.readdress(row, editing.producer_address(*place) or editing.add_producer_address(*place))

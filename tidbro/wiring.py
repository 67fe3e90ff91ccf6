"""Putting a region together: adapters found by entry point, the gateway, the pages around it.

Nothing is opened here; the ASGI lifespan does that when the region is served.
"""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any

from contracts.catalogue import Catalogue, ContractBroken
from contracts.producer import ENTRY_POINT_GROUP, SchedulingProducer
from contracts.times import Clock
from gateway.admin import AdminPages
from gateway.door import Door
from gateway.pipeline import Pipeline
from gateway.producers import ADAPTER
from gateway.settings import SettingsRefused
from gateway.status import Status
from gateway.tak import exchange
from gateway.tak.snapshot import TakSnapshot
from tidbro.clock import clock_of
from tidbro.home import Home
from tidbro.settings import RegionSettings

DEMO_CONSUMER = "SE2321009991-ET01"


@dataclass(frozen=True)
class Region:
    """A region ready to be served: its ASGI application and what it is made of."""

    application: Door
    pipeline: Pipeline
    settings: RegionSettings
    clock: Clock


def build(settings: RegionSettings, clock: Clock | None = None) -> Region:
    """The region that the settings describe. Raises SettingsRefused, with a sentence, for what cannot be built."""
    clock = clock or clock_of(settings.clock)
    snapshot = _load_tak(settings)
    adapters = _adapters(_adapter_names(snapshot, settings), settings, clock)
    pipeline = Pipeline(settings.gateway, _load_contracts(settings), lambda: snapshot, adapters, clock)
    home = Home(settings, clock, pipeline.catalogue)
    admin = AdminPages(Status(pipeline, clock, [f"http://{settings.host}:{settings.port}/vp"]))
    pages = dict.fromkeys(("/health", "/status", "/resetcache", "/resethsacache", "/actuator"), admin.answer)
    return Region(Door(pipeline, pages, home), pipeline, settings, clock)


def _load_tak(settings: RegionSettings) -> TakSnapshot | None:
    if not settings.tak_file and not settings.demo:
        return None
    path = Path(settings.tak_file) if settings.tak_file else Path(str(files("tidbro") / "demo_tak.toml"))
    try:
        return exchange.load(path)
    except exchange.CatalogueUnreadable as error:
        raise SettingsRefused(f"tak_file cannot be used: {error}") from None


def _load_contracts(settings: RegionSettings) -> Catalogue:
    folders = [Path(folder) for folder in settings.contract_folders]
    try:
        return Catalogue.official(*folders, strict=not settings.gateway.errata)
    except ContractBroken as error:
        raise SettingsRefused(f"contract_folders cannot be used: {error}.") from None


def _adapter_names(snapshot: TakSnapshot | None, settings: RegionSettings) -> list[str]:
    addresses = {route.address for route in snapshot.routes} if snapshot else set()
    routed = {address.removeprefix(ADAPTER) for address in addresses if address.startswith(ADAPTER)}
    return sorted(routed | set(settings.adapters))


def _adapters(names: Iterable[str], settings: RegionSettings, clock: Clock) -> dict[str, SchedulingProducer]:
    found = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    made = {}
    for name in names:
        if name not in found:
            raise SettingsRefused(f"adapters: there is no adapter {name}; installed are {', '.join(sorted(found))}.")
        made[name] = _made(name, found[name].load(), settings.adapters.get(name, {}), settings, clock)
    return made


def _made(
    name: str, create: Any, given: Mapping[str, Any], settings: RegionSettings, clock: Clock
) -> SchedulingProducer:
    """An adapter; one whose `create` asks for the region's clock or data directory by name gets them."""
    offered = {"clock": clock, "data_directory": Path(settings.data_directory)}
    asked = {key: value for key, value in offered.items() if key in inspect.signature(create).parameters}
    if not isinstance(given, Mapping):
        raise SettingsRefused(f"adapters.{name} must be a table, not {given!r}.")
    try:
        made: SchedulingProducer = create(given, **asked)
    except ValueError as error:
        raise SettingsRefused(f"adapters.{name}: {error}.") from None
    return made


def open_adapters(region: Region) -> None:
    """Open every adapter once and close it again, so that one that cannot start is told before anything is served.

    Raises SettingsRefused naming the adapter; what went wrong inside is told by its kind alone, for it may quote a URL
    with a password.
    """
    for name, adapter in region.pipeline.producers.adapters.items():
        try:
            adapter.open()
        except Exception as error:
            raise SettingsRefused(
                f"adapters.{name} cannot be opened with its settings: {type(error).__name__}."
            ) from error
        finally:
            adapter.close()

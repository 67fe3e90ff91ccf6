"""Putting a region together: adapters found by entry point, the gateway, the pages around it.

Nothing is opened here; the ASGI lifespan does that when the region is served.
"""

import inspect
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from contracts import xml
from contracts.catalogue import Catalogue, ContractBroken, Errata, Interaction
from contracts.producer import ENTRY_POINT_GROUP, SchedulingProducer
from contracts.times import Clock
from gateway.admin import AdminPages
from gateway.door import AsgiApplication, Door, Page
from gateway.hsa import HsaCache
from gateway.pipeline import Pipeline
from gateway.producer_tls import ProducerTls
from gateway.producers import ADAPTER
from gateway.settings import SettingsRefused
from gateway.status import Status
from gateway.tak import services as tak_services
from gateway.tak.cache import TakCache
from gateway.tak.monitor import Monitor, Reset
from gateway.tak.services import TakServices
from gateway.tak.snapshot import TakSnapshot
from gateway.time_outs import TimeOuts
from tidbro import catalogue, demo_catalogue, national, sites
from tidbro.citizens import Citizens
from tidbro.clock import clock_of
from tidbro.home import Home
from tidbro.settings import RegionSettings

log = logging.getLogger(__name__)

DEMO_CONSUMER = "SE2321009991-ET01"
_ADMINISTRATIVE = ("/health", "/status", "/resetcache", "/resethsacache", "/actuator")


@dataclass(frozen=True)
class Region:
    """A region ready to be served: its ASGI application and what it is made of."""

    application: AsgiApplication
    pipeline: Pipeline
    settings: RegionSettings
    clock: Clock
    tak: TakCache
    hsa: HsaCache
    pages: Mapping[str, Page]  # by the beginnings of their paths
    sites: AsgiApplication | None


def build(
    settings: RegionSettings,
    clock: Clock | None = None,
    is_gateway_alone: bool = False,
    regional_url: str = "",
    endpoints: Sequence[str] = (),
    base_url: str = "",
) -> Region:
    """The region that the settings describe. Raises SettingsRefused, with a sentence, for what cannot be built.

    A gateway alone has no sites, and starts without the catalogue or adapters that it should have. `regional_url` is
    where the demo's regional platform answers, if there is one; `endpoints` are the URLs that status tells. With
    `base_url`, where it will answer itself, it has the national services that the settings ask for.
    """
    clock, own = clock or clock_of(settings.clock), settings.gateway
    if settings.demo:
        demo_catalogue.plant_first(settings, clock)
    tak = catalogue.loaded(settings, clock, is_gateway_alone)
    hsa = HsaCache(own.hsa_files, clock)
    hsa.reload()
    adapters = _adapters(_adapter_names(tak.snapshot(), settings), settings, clock, is_gateway_alone)
    pipeline = Pipeline(
        own,
        _load_contracts(settings),
        tak.snapshot,
        adapters,
        clock,
        hsa.tree,
        TimeOuts.load(own.timeouts_file, own.timeouts_default_name, own.producer_timeout_seconds),
        ProducerTls.load(own.tls_file, own.checks_producer_host),
    )
    status = Status(pipeline, clock, endpoints or [f"http://{settings.host}:{settings.port}/vp"], tak, hsa)
    pages: dict[str, Page] = dict.fromkeys(_ADMINISTRATIVE, AdminPages(status, tak, hsa).answer)
    pages |= _catalogue_pages(settings, clock, is_gateway_alone, tak, pipeline)
    people = Citizens(settings, clock, base_url) if settings.demo and base_url and not is_gateway_alone else None
    services = None if is_gateway_alone else national.made(settings, clock, base_url, tak.snapshot, people)
    if services is not None:
        pipeline.companions.append(services)
    web = None if is_gateway_alone else _sites(settings, clock, pipeline, regional_url, services, people)
    door = Door(pipeline, pages, web, settings.traffic_path, settings.host)
    return Region(door, pipeline, settings, clock, tak, hsa, pages, web)


def _sites(
    settings: RegionSettings,
    clock: Clock,
    pipeline: Pipeline,
    regional_url: str,
    services: national.National | None,
    people: Citizens | None,
) -> AsgiApplication:
    """The page at `/`, and the sites of the scheduling systems, the citizens and the services in the process."""
    home = Home(settings, clock, pipeline.catalogue, regional_url, services)
    found = sites.of_systems(pipeline.producers.adapters, Path(settings.data_directory))
    if people is not None:
        found |= people.sites
    return sites.Sites(home, found, {} if services is None else services.applications)


def _catalogue_pages(
    settings: RegionSettings, clock: Clock, is_gateway_alone: bool, tak: TakCache, pipeline: Pipeline
) -> dict[str, Page]:
    """The TAK's own services, where the catalogue is the region's, and the look-out for its newer versions."""
    pages: dict[str, Page] = {}
    take_over: list[Reset] = [lambda: tak.reload().is_successful]
    if catalogue.has_versions(settings, is_gateway_alone):
        services = TakServices(catalogue.Versions(settings, clock), settings.gateway, clock)
        services.reload()
        pages[tak_services.BASE] = services.answer
        take_over.insert(0, services.reload)
    if settings.gateway.tak_poll_seconds:
        newest = catalogue.newest_of(settings, clock, is_gateway_alone)
        pipeline.companions.append(Monitor(newest, take_over, settings.gateway.tak_poll_seconds))
    return pages


def make_folder(path: Path) -> None:
    """The data directory, for its owner alone: it holds people's data."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsRefused(f"data_directory {path} cannot be made: {error.strerror}.") from None


def _load_contracts(settings: RegionSettings) -> Catalogue:
    """The official contracts and those of the folders, whose schemas are compiled here to be sure that they can be."""
    folders = [Path(folder) for folder in settings.contract_folders]
    try:
        found = Catalogue.official(*folders, strict=not settings.gateway.errata)
        for one in found.interactions:
            if one.folder in folders:
                _try_schemas(one, found.errata)
    except ContractBroken as error:
        raise SettingsRefused(f"contract_folders cannot be used: {str(error).rstrip('.')}.") from None
    return found


def _try_schemas(one: Interaction, errata: Errata) -> None:
    """Raises ContractBroken naming the WSDL and, by its reason, the schema that keeps it from being used."""
    try:
        xml.compile_schema(dict(one.schemas), one.folder, errata.correct)
    except xml.SchemaBroken as error:
        raise ContractBroken(f"{one.wsdl.name}: {' '.join(str(error).split())}") from None


def _adapter_names(snapshot: TakSnapshot | None, settings: RegionSettings) -> list[str]:
    addresses = {route.address for route in snapshot.routes} if snapshot else set()
    routed = {address.removeprefix(ADAPTER) for address in addresses if address.startswith(ADAPTER)}
    return sorted(routed | set(settings.adapters))


def _adapters(
    names: Iterable[str], settings: RegionSettings, clock: Clock, is_gateway_alone: bool
) -> dict[str, SchedulingProducer]:
    found = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    made = {}
    for name in names:
        if name not in found and is_gateway_alone:
            log.error("adapter_missing: calls routed to it will be refused with VP009", extra={"adapter": name})
            continue
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

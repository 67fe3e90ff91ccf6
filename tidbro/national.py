"""The national services in a region's process: the engagement index, aggregation, and who subscribes to the index.

They are reached as anywhere: by routes to their addresses, through the platform; and through it they ask and tell. The
demo's e-service subscribes; the page at `/` shows what it was told. Each has a database of its own in the region's
folder.
Elsewhere: the services (national_services/), the routes and authorisations (demo_tak.toml), the page (home.py).
Source: platform.md §21, §22; contracts.md §7, §10, §11.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from contracts.consumer import InternalCaller
from contracts.platform_client import PlatformClient
from contracts.subscriber import Notice
from contracts.times import Clock
from contracts.transport import HttpTransport
from gateway.door import AsgiApplication
from gateway.settings import GatewaySettings, SettingsRefused
from gateway.tak.snapshot import TakSnapshot
from national_services.aggregation.app import Aggregation
from national_services.aggregation.plan import PermissionsUnknown
from national_services.aggregation.settings import AggregationSettings
from national_services.index.app import Index
from national_services.index.settings import IndexSettings
from tidbro.settings import RegionSettings

INDEX, AGGREGATION, E_SERVICE = "SE2321009991-EI01", "SE2321009991-AG01", "SE2321009991-ET01"

AGGREGATED_PATH = "/GetAggregatedSubjectOfCareSchedule"
_SPARE_SECONDS = 2.0
_SHARE_OF_ONE = 0.95  # of the time for all: a clinic that is late is told by its own code
_ANY = "*"

Snapshot = Callable[[], TakSnapshot | None]
Settings = TypeVar("Settings")


class _Service(Protocol):
    def open(self) -> None: ...

    def close(self) -> None: ...


class NoticeBook(Protocol):
    """Who subscribes to the index in the process: in the demo the e-service. It lives as long as the index."""

    @property
    def applications(self) -> Mapping[str, AsgiApplication]: ...

    def open(self) -> None: ...

    def close(self) -> None: ...

    def latest(self, most: int) -> tuple[Notice, ...]: ...


class National:
    """The services of one region, which live as long as its gateway. `applications` are by the paths' first steps.

    A service that the settings do not ask for is None. Raises SettingsRefused for settings that don't fit.
    """

    def __init__(
        self,
        settings: RegionSettings,
        clock: Clock,
        base_url: str,
        snapshot: Snapshot,
        subscriber: NoticeBook | None = None,
    ) -> None:
        folder, own, asked = Path(settings.data_directory), settings.gateway, settings.national
        self.subscriber = subscriber
        self.index = self.aggregation = None
        self._transport = HttpTransport()
        self.applications: dict[str, AsgiApplication] = {}
        if settings.demo or "index" in asked:
            told = _index_settings(asked.get("index", {}), own, folder)
            platform = PlatformClient(base_url, self._transport, InternalCaller(told.hsa_id, own.instance_id))
            self.index = Index(told, clock, platform)
            self.applications["/skltp-ei"] = self.index.application
        if settings.demo or "aggregation" in asked:
            aggregated = _aggregation_settings(asked.get("aggregation", {}), own, base_url)
            self.aggregation = Aggregation(aggregated, clock, _may_call(snapshot, own))
            for path in (AGGREGATED_PATH, "/aggregation"):
                self.applications[path] = self.aggregation.application
        if subscriber is not None:
            self.applications |= subscriber.applications

    @property
    def _services(self) -> list[_Service]:
        """Those there are, each after what it tells or asks."""
        return [one for one in (self.subscriber, self.index, self.aggregation) if one is not None]

    async def open(self) -> None:
        for service in self._services:
            await asyncio.to_thread(service.open)

    async def close(self) -> None:
        for service in reversed(self._services):
            await asyncio.to_thread(service.close)
        self._transport.close()


def _index_settings(given: Mapping[str, Any], own: GatewaySettings, folder: Path) -> IndexSettings:
    usual = {
        "hsa_id": INDEX,
        "platform_instance_id": own.instance_id,
        "registry_address": own.instance_id,
        "data_directory": folder,
    }
    return _fitting("index", IndexSettings.from_mapping, {**usual, **given})


def _aggregation_settings(given: Mapping[str, Any], own: GatewaySettings, base_url: str) -> AggregationSettings:
    """The gateway waits for the aggregating service no longer than for a clinic: it must be done a little before."""
    total = max(own.producer_timeout_seconds - _SPARE_SECONDS, own.producer_timeout_seconds / 2)
    usual = {
        "logical_address": own.instance_id,
        "index_sender": AGGREGATION,
        "index_logical_address": INDEX,
        "platform_url": base_url,
        "instance_id": own.instance_id,
        "read_seconds": total * _SHARE_OF_ONE,
        "total_seconds": total,
    }
    return _fitting("aggregation", AggregationSettings.from_mapping, {**usual, **given})


def _fitting(name: str, read: Callable[[Mapping[str, Any]], Settings], table: Mapping[str, Any]) -> Settings:
    try:
        return read(table)
    except ValueError as error:
        raise SettingsRefused(f"national.{name}: {error}") from None


def _may_call(snapshot: Snapshot, own: GatewaySettings) -> Callable[[str, str, str, datetime], bool]:
    """Whether the catalogue in force has both an authorisation and a route: the address itself, then `*` (§22.1)."""

    def may_call(address: str, consumer: str, contract: str, now: datetime) -> bool:
        known, reading = snapshot(), own.route_validity
        if known is None:
            raise PermissionsUnknown("the catalogue is not loaded")
        places = (address, _ANY)
        authorised = any(known.authorises(consumer, place, contract, now, reading) for place in places)
        return authorised and any(known.routes_to(place, contract, now, reading) for place in places)

    return may_call


def made(
    settings: RegionSettings, clock: Clock, base_url: str, snapshot: Snapshot, subscriber: NoticeBook | None = None
) -> National | None:
    """The national services of a region that answers at `base_url`, not open yet; None where there are none."""
    is_asked = bool(settings.national) or settings.demo
    return National(settings, clock, base_url, snapshot, subscriber) if base_url and is_asked else None

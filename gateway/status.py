"""Whether the gateway can answer, and what it is: for machines that ask for health, for monitoring that parses status.

The keys of status are the platform's own, in its order; those of the Java machine are left out, for there is none:
who asks for memory is told this process's. Health comes in two forms, ours (`/health`, with every adapter) and the
platform's (`/actuator/health`).
Elsewhere: the paths, and reloading what is told of here (admin.py).
Source: platform.md §17.1, §17.2; §24 rows 59 and 60.
"""

import resource
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from contracts.times import SWEDEN, Clock
from gateway.hsa import HsaCache
from gateway.pipeline import Pipeline
from gateway.settings import GatewaySettings
from gateway.tak.cache import Refresh, TakCache

Group = Literal["", "liveness", "readiness"]

_NOT_INITIALIZED = "Not initialized"
_NO_JAVA = "none: this is no Java process"


class Status:
    """Looks at one gateway from outside.

    Without `tak` the pipeline's catalogue is told of as loaded at the start, and without `hsa` the units as not loaded.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        clock: Clock,
        endpoints: Sequence[str] = (),
        tak: TakCache | None = None,
        hsa: HsaCache | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._endpoints = list(endpoints)
        self._tak, self._hsa = tak, hsa
        self.clock = clock
        self._started_at: datetime = clock()

    @property
    def settings(self) -> GatewaySettings:
        return self._pipeline.settings

    # Health

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Whether calls can be answered, and why: catalogue and units are there, and each adapter is ready."""
        parts = {**self._caches(), **self._adapters()}
        is_ready = _all_up(parts)
        return is_ready, {"status": _up(is_ready), "components": parts}

    def actuator_health(self, group: Group = "") -> tuple[bool, dict[str, Any]]:
        """The same in the platform's form. A live gateway is a process that answers; a ready one has its caches."""
        parts: dict[str, dict[str, Any]] = {f"{name}State": {"status": "UP"} for name in _STATES[group]}
        parts |= {} if group == "liveness" else self._caches()
        parts |= {} if group else self._adapters()
        is_ready = _all_up(parts)
        told: dict[str, Any] = {"status": _up(is_ready), "components": dict(sorted(_with_details(parts).items()))}
        return is_ready, told if group else {**told, "groups": ["liveness", "readiness"]}

    def _caches(self) -> dict[str, dict[str, Any]]:
        refresh = self._refresh()
        is_usable = refresh.status not in (_NOT_INITIALIZED, "REFRESH_FAILED")
        parts: dict[str, dict[str, Any]] = {"takCache": {"status": _up(is_usable), "refreshStatus": refresh.status}}
        if self._hsa is not None:
            is_loaded = self._hsa.is_initialized
            told = "Initialized" if is_loaded else _NOT_INITIALIZED
            parts["hsaCache"] = {"status": _up(is_loaded), "hsaCacheStatus": told}
        return parts

    def _adapters(self) -> dict[str, dict[str, Any]]:
        parts = {}
        for name in self._pipeline.producers.adapters:
            told = self._pipeline.producers.health(name)
            parts[f"adapter:{name}"] = {"status": _up(told.is_ready), "sentence": told.sentence}
        return parts

    def _refresh(self) -> Refresh:
        """What the last load of the catalogue led to."""
        if self._tak is not None:
            return self._tak.last_refresh
        snapshot = self._pipeline.tak()
        if snapshot is None:
            return Refresh("Not initialized")
        return Refresh("REFRESH_OK", self._started_at, len(snapshot.routes), len(snapshot.authorisations))

    # Status

    def status(self, with_memory: bool = False) -> dict[str, Any]:
        """The platform's status page."""
        return {
            "Name": self.settings.instance_name,
            "Version": metadata.version("tidbro"),
            "BuildTime": _built_at(),
            "ServiceStatus": "Started",
            "Uptime": _uptime((self.clock() - self._started_at).total_seconds()),
            "ManagementName": self.settings.instance_id,
            "TakCacheInitialized": _lower(self._pipeline.tak() is not None),
            "TakCacheResetInfo": _tak_info(self._refresh()),
            "HsaCacheInitialized": _lower(self._hsa is not None and self._hsa.is_initialized),
            "HsaCacheResetInfo": self._hsa_info(),
            **(self.memory() if with_memory else {}),
            "Endpoints": self._endpoints,
        }

    def memory(self) -> dict[str, str]:
        """What there is to tell under the platform's names: it has no Java memory, and no Netty's."""
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kibibytes, on Linux
        pools = dict.fromkeys(("DirectMemBufferPool", "NonHeapMemory", "NettyDirectMemory"), _NO_JAVA)
        return {**pools, "ProcessMemoryPeak": f"{most / 1024:.1f} MB"}

    def _hsa_info(self) -> str:
        refresh = self._hsa.last_refresh if self._hsa is not None else None
        if refresh is None:
            return _NOT_INITIALIZED
        status = _lower(refresh.is_successful)
        return f"Date:{_minute(refresh.at)} Status:{status} oldNum:{refresh.old_count} newNum:{refresh.new_count}"


_STATES: Mapping[Group, tuple[str, ...]] = {
    "": ("liveness", "readiness"),
    "liveness": ("liveness",),
    "readiness": ("readiness",),
}


def _with_details(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each part as the platform's framework tells it: its status, and what else is known of it below `details`."""
    told: dict[str, dict[str, Any]] = {}
    for name, part in parts.items():
        details = {key: value for key, value in part.items() if key != "status"}
        told[name] = {"status": part["status"], **({"details": details} if details else {})}
    return told


def _all_up(parts: Mapping[str, Mapping[str, Any]]) -> bool:
    return all(part["status"] == "UP" for part in parts.values())


def _up(is_up: bool) -> str:
    return "UP" if is_up else "DOWN"


def _lower(is_so: bool) -> str:
    return "true" if is_so else "false"


def _tak_info(refresh: Refresh) -> str:
    if refresh.at is None:
        return _NOT_INITIALIZED
    counts = f"vagval:{refresh.routes} behorigheter:{refresh.authorisations}"
    return f"Date:{_minute(refresh.at)} Status:{refresh.status} {counts}"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(SWEDEN):%Y-%m-%dT%H:%M}"


def _built_at() -> str:
    """When this copy of the gateway was put where it is: nothing builds it."""
    return _minute(datetime.fromtimestamp(Path(__file__).stat().st_mtime, SWEDEN))


def _uptime(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{days} days, {hour} hours, {minute} minutes, {second} seconds"

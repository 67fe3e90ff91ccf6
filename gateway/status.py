"""Whether the gateway can answer, and what it is: `/health` for machines, `/status` for the monitoring that parses it.

Source: platform.md §17.1, §17.2. The keys of status are the platform's own, in its order; those of the Java machine
are left out.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from importlib import metadata
from typing import Any

from contracts.producer import Health, SchedulingProducer
from contracts.times import Clock
from gateway.pipeline import Pipeline

log = logging.getLogger(__name__)


class Status:
    """Looks at one gateway from outside."""

    def __init__(self, pipeline: Pipeline, clock: Clock, endpoints: Sequence[str] = ()) -> None:
        self._pipeline = pipeline
        self._endpoints = list(endpoints)
        self._clock = clock
        self._started_at: datetime = clock()

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Whether calls can be answered, and why: the catalogue is there and each adapter is ready."""
        parts = {"takCache": self._tak_health()}
        for name, adapter in self._pipeline.producers.adapters.items():
            told = _asked(name, adapter)
            parts[f"adapter:{name}"] = {"status": _up(told.is_ready), "sentence": told.sentence}
        is_ready = all(part["status"] == "UP" for part in parts.values())
        return is_ready, {"status": _up(is_ready), "components": parts}

    def _tak_health(self) -> dict[str, Any]:
        is_loaded = self._pipeline.tak() is not None
        return {"status": _up(is_loaded), "refreshStatus": "REFRESH_OK" if is_loaded else "Not initialized"}

    def status(self) -> dict[str, Any]:
        """The platform's status page."""
        snapshot = self._pipeline.tak()
        told = "Not initialized"
        if snapshot is not None:
            counts = f"vagval:{len(snapshot.routes)} behorigheter:{len(snapshot.authorisations)}"
            told = f"Date:{self._started_at:%Y-%m-%dT%H:%M} Status:REFRESH_OK {counts}"
        return {
            "Name": self._pipeline.settings.instance_name,
            "Version": metadata.version("tidbro"),
            "ServiceStatus": "Started",
            "Uptime": _uptime((self._clock() - self._started_at).total_seconds()),
            "ManagementName": self._pipeline.settings.instance_id,
            "TakCacheInitialized": "true" if snapshot is not None else "false",
            "TakCacheResetInfo": told,
            "Endpoints": self._endpoints,
        }


def _asked(name: str, adapter: SchedulingProducer) -> Health:
    """The adapter's health; one that raises, against the protocol, is down."""
    try:
        return adapter.health()
    except Exception as error:
        log.exception("adapter_health_failed", extra={"adapter": name})
        return Health(False, f"The adapter could not say: {type(error).__name__}.")


def _up(is_up: bool) -> str:
    return "UP" if is_up else "DOWN"


def _uptime(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{days} days, {hour} hours, {minute} minutes, {second} seconds"

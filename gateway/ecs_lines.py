"""One line of the Elastic common schema: what stands in every event of a gateway, and writing it.

A JSON object a line goes to the logger `tidbro.ecs`; all values are texts, and what is unknown is left out.
Elsewhere: the events of a call (ecs_log.py), of TLS (tls_events.py), where a line goes (tidbro/logs.py).
Source: platform.md §19.2.
"""

import json
import logging
import platform
import socket
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from contracts.identifiers import hide_persons
from gateway import log_records
from gateway.settings import GatewaySettings

log = logging.getLogger("tidbro.ecs")

Facts = dict[str, Any]


def write(facts: Mapping[str, Any]) -> None:
    """One event, without what is unknown."""
    line = json.dumps({name: value for name, value in facts.items() if value not in (None, "")}, ensure_ascii=False)
    log_records.tell(log, line)


def constant_facts(settings: GatewaySettings, module: str, *categories: str) -> Facts:
    """What is the same in every event of one kind."""
    return {
        "ecs.version": "1.2.0",
        "event.kind": "event",
        "event.category": list(categories),
        "event.module": module,
        "service.name": "vp-services" if settings.is_skltp else "tidbro",
        **_host(),
    }


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def made_id() -> str:
    """A new id, no part of which looks like a person's number."""
    while hide_persons(made := str(uuid.uuid4())) != made:
        pass
    return made


def _host() -> Facts:
    """The machine, as far as it can be told without asking the network."""
    return {
        "host.hostname": platform.node(),
        "host.ip": _own_address(),
        "host.architecture": platform.machine(),
        "host.type": "server",
        "host.os.family": platform.system().lower(),
        "host.os.name": platform.system(),
        "host.os.version": platform.release(),
        "host.os.platform": platform.system().lower(),
    }


def _own_address() -> str:
    """The address that this machine would send from; nothing is sent, for a datagram socket only looks up a route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address

"""`tidbro gateway`: the gateway alone, from the real platform's own files and properties.

No demo, no sites, no adapters but those that the catalogue routes to. It starts without a readable catalogue and then
answers VP008. Settings are given by the real platform's names (gateway/properties.py) or ours.
Source: DESIGN §4; platform.md §17, §18, §23.
"""

import argparse
import logging
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from gateway import properties
from gateway.settings import GatewaySettings, SettingsRefused
from tidbro.settings import RegionSettings, read_region

log = logging.getLogger(__name__)

_OF_GATEWAY = {one.name for one in fields(GatewaySettings)}
_OF_REGION = {one.name for one in fields(RegionSettings)} - {"gateway", "adapters", "demo", "regional", "regional_port"}


def add(commands: Any) -> None:
    """Add the command to those of `tidbro`."""
    gateway = commands.add_parser("gateway", help="the gateway alone, with the real platform's files and properties")
    gateway.add_argument("--port", type=int, metavar="N", help="port to listen on (8080; 0 takes a free one)")
    gateway.add_argument("--host", help="address to listen on (127.0.0.1)")
    gateway.add_argument(
        "--data", dest="data_directory", metavar="DIR", help="folder for the catalogue's copy and logs"
    )
    gateway.add_argument("--instance-id", metavar="ID", help="HSA-id of this platform")
    gateway.add_argument("--instance-name", metavar="NAME", help="name of this platform, in its fault strings")
    gateway.add_argument(
        "--tak-cache",
        dest="tak_local_copy",
        metavar="FILE",
        help="routes and authorisations, persistentCache XML or TOML",
    )
    gateway.add_argument(
        "--hsa", dest="hsa_files", action="append", metavar="FILE", help="HSA unit XML; several count in their order"
    )
    gateway.add_argument("--timeouts", dest="timeouts_file", metavar="FILE", help="time-outs by contract, JSON")
    gateway.add_argument(
        "--wsdl-dir", dest="contract_folders", action="append", metavar="DIR", help="a RIV-TA domain folder; repeatable"
    )
    add_tls(gateway)
    gateway.add_argument(
        "--properties", metavar="FILE", help="the real platform's properties file; what --set says goes before it"
    )
    gateway.add_argument(
        "--set",
        dest="given",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a property of the real platform or a setting of ours; repeatable",
    )
    gateway.set_defaults(run=run)


def add_tls(command: argparse.ArgumentParser) -> None:
    """Add the flags of the listener for callers with a client certificate."""
    command.add_argument("--tls-port", type=int, metavar="N", help="port for callers with a client certificate")
    command.add_argument("--tls-certificate", metavar="FILE", help="PEM file of the certificate callers see there")
    command.add_argument("--tls-key", metavar="FILE", help="PEM file of its private key")
    command.add_argument("--tls-client-ca", metavar="FILE", help="PEM file of the authorities callers must come from")


def run(parsed: argparse.Namespace) -> int:
    """Serve the gateway until it is stopped; the exit code. Raises SettingsRefused."""
    from tidbro import logs, server
    from tidbro.start import start
    from tidbro.wiring import make_folder

    settings, warnings = settings_of(parsed)
    make_folder(Path(settings.data_directory))
    logs.set_up(Path(settings.data_directory), has_events=settings.gateway.log_style == "ecs")
    for sentence in warnings:
        log.warning(sentence)
    started = start(settings, is_gateway_alone=True)
    return server.serve(started.region, started.listeners)


def settings_of(parsed: argparse.Namespace) -> tuple[RegionSettings, tuple[str, ...]]:
    """The settings that flags, `--set` and a properties file describe, in this order, and what to warn about.

    Raises SettingsRefused.
    """
    given = {**_file(parsed.properties), **_pairs(parsed.given)}
    told, warnings = properties.settings_of(given, _OF_GATEWAY | _OF_REGION)
    flags = {name: value for name, value in vars(parsed).items() if name in _OF_GATEWAY | _OF_REGION}
    told |= {name: value for name, value in flags.items() if value is not None}
    of_gateway = {name: value for name, value in told.items() if name in _OF_GATEWAY}
    of_region = {name: value for name, value in told.items() if name not in _OF_GATEWAY}
    return read_region(None, {**of_region, "gateway": of_gateway}), warnings


def _file(name: str | None) -> dict[str, str]:
    """The properties of a file, empty for none. Raises SettingsRefused for one that cannot be read."""
    try:
        return properties.read(Path(name).read_text("utf-8")) if name else {}
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise SettingsRefused(f"--properties {name} cannot be read: {why}.") from None


def _pairs(given: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise SettingsRefused(f"--set must be given NAME=VALUE, not {text!r}.")
        pairs[name.strip()] = value.strip()
    return pairs

"""Settings of a whole region, from a TOML file and the command line, read once into a frozen value.

The file has the names below at its top, a table `[gateway]` (gateway/settings.py), a table for each adapter,
`[adapters.timebook]`, whose names are the adapter's own, and one for each national service, `[national.index]`. What
doesn't fit stops the start with a sentence.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.listener_tls import TlsVersion
from gateway.settings import GatewaySettings, SettingsRefused, checked, read_settings, setting
from tidbro.clock import clock_of

_MOST_PORTS = 65_535
_PATH = re.compile(r"(?:/[\w.~-]+)+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSettings:
    """What one process runs. Raises SettingsRefused for a value out of bounds."""

    host: str = setting("127.0.0.1", "Address to listen on.")
    port: int = setting(8080, "Port to listen on; 0 takes a free one.")
    traffic_path: str = setting("/vp", "Path that calls are answered below.")
    tls_host: str = setting("", "Address to listen on for callers with a client certificate; empty: that of host.")
    tls_port: int = setting(-1, "Port for callers with a client certificate; 0 takes a free one, -1: there is none.")
    tls_traffic_path: str = setting("", "Path that calls are answered below on that port; empty: traffic_path.")
    tls_certificate: str = setting("", "PEM file of the certificate that callers on that port see, with its chain.")
    tls_key: str = setting("", "PEM file of its private key, which only its owner may read.")
    tls_client_ca: str = setting("", "PEM file of the authorities that issue the callers' certificates.")
    tls_minimum: TlsVersion = setting("TLSv1.2", "The oldest TLS that is spoken on that port.")
    status_url: str = setting("", "URL that the status page answers at alone; empty: /status on every port.")
    reset_url: str = setting("", "URL that reloads the catalogue; empty: /resetcache on every port.")
    reset_hsa_url: str = setting("", "URL that reloads the tree of units; empty: /resethsacache on every port.")
    actuator_port: int = setting(-1, "Port that /actuator/health answers at alone; -1: every port.")
    data_directory: str = setting("var", "Folder for databases and logs; it is made when it does not exist.")
    tak_file: str = setting("", "Catalogue of routes and authorisations: a TOML file or a persistentCache XML.")
    contract_folders: tuple[str, ...] = setting((), "More RIV-TA domain folders to route, serve and validate.")
    clock: str = setting("", "A moment to start a virtual clock at, YYYY-MM-DDTHH:MM in Swedish time; empty: the real.")
    demo: bool = setting(False, "Whether to plant the demo region and let it in.")
    regional: bool = setting(
        False, "Whether a clinic group of the demo is reached through a second, regional platform in the process."
    )
    regional_port: int = setting(0, "Port of that platform, HTTPS on 127.0.0.1; 0 takes a free one.")
    gateway: GatewaySettings = setting(GatewaySettings(), "The gateway's own settings.")
    adapters: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict, metadata={"help": "A table for each adapter, by its name."}
    )
    eservice: Mapping[str, Any] = field(
        default_factory=dict, metadata={"help": "A table for the citizens' e-service, which only the demo has."}
    )
    national: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict,
        metadata={"help": "A table for each national service in the process, index and aggregation; demo has both."},
    )

    def __post_init__(self) -> None:
        for name, least in (("port", 0), ("tls_port", -1), ("actuator_port", -1), ("regional_port", 0)):
            if not least <= getattr(self, name) <= _MOST_PORTS:
                raise SettingsRefused(f"{name} must be between {least} and {_MOST_PORTS}, not {getattr(self, name)}.")
        for name in ("status_url", "reset_url", "reset_hsa_url"):
            if getattr(self, name):
                place_of(name, getattr(self, name))
        for name in ("traffic_path", *(["tls_traffic_path"] if self.tls_traffic_path else [])):
            if not _PATH.fullmatch(getattr(self, name)):
                raise SettingsRefused(f"{name} must be a path as /vp, not {getattr(self, name)!r}.")
        self._demand_certificates()
        if self.regional and not self.demo:
            raise SettingsRefused("regional is about the demo; it needs demo too.")
        try:
            clock_of(self.clock)
        except ValueError:
            raise SettingsRefused(
                f"clock must be a moment as 2026-12-12T08:00 in Swedish time, not {self.clock!r}."
            ) from None
        if unknown := sorted(set(self.national) - {"index", "aggregation"}):
            raise SettingsRefused(f"national has no service {unknown[0]}; there are index and aggregation.")
        for name in ("tak_file", *(["contract_folders"] if self.contract_folders else [])):
            _demand_there(name, getattr(self, name))

    def _demand_certificates(self) -> None:
        missing = [name for name in ("tls_certificate", "tls_key", "tls_client_ca") if not getattr(self, name)]
        if self.tls_port >= 0 and missing:
            raise SettingsRefused(f"tls_port needs {missing[0]} too.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page answers that has a URL of its own."""

    host: str
    port: int
    path: str


def place_of(name: str, url: str) -> Place:
    """The place that the setting `name` gives a page. Raises SettingsRefused."""
    try:
        parts = urlsplit(url)
        host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
        place = Place(host, 80 if parts.port is None else parts.port, parts.path)
        fits = bool(place.host) and parts.scheme == "http" and _PATH.fullmatch(place.path) is not None
    except ValueError:
        fits = False
    if not fits:
        raise SettingsRefused(f"{name} must be a URL as http://localhost:1080/status, not {url!r}.")
    return place


def _demand_there(name: str, paths: str | tuple[str, ...]) -> None:
    for path in (paths,) if isinstance(paths, str) else paths:
        if path and not Path(path).exists():
            raise SettingsRefused(f"{name} names {path}, which does not exist.")


def read_region(path: Path | None, given: Mapping[str, Any]) -> RegionSettings:
    """The settings of a file, if any, and on top of it what was `given` by name. Raises SettingsRefused."""
    table = {**_read_file(path), **given} if path else dict(given)
    gateway = table.pop("gateway", {})
    tables = {name: table.pop(name, {}) for name in ("adapters", "national", "eservice")}
    for name, value in {"gateway": gateway, **tables}.items():
        if not isinstance(value, Mapping):
            raise SettingsRefused(f"{name} must be a table, not {value!r}.")
    own = [one.name for one in fields(RegionSettings)]
    if unknown := sorted(set(table) - set(own)):
        raise SettingsRefused(f"There is no setting {unknown[0]}; there are {', '.join(own)}.")
    try:
        of_gateway = read_settings(gateway)
    except SettingsRefused as error:
        raise SettingsRefused(f"[gateway] {error}") from None
    return RegionSettings(gateway=of_gateway, **tables, **checked(RegionSettings, table))


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsRefused(f"The settings file {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise SettingsRefused(f"The settings file {path} is not TOML: {error}.") from None

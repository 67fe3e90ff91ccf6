"""Settings of a whole region, from a TOML file and the command line, read once into a frozen value.

The file has the names below at its top, a table `[gateway]` (gateway/settings.py) and a table for each adapter,
`[adapters.timebook]`, whose names are the adapter's own. What doesn't fit stops the start with a sentence.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from gateway.settings import GatewaySettings, SettingsRefused, checked, read_settings, setting
from tidbro.clock import clock_of

_MOST_PORTS = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSettings:
    """What one process runs. Raises SettingsRefused for a value out of bounds."""

    host: str = setting("127.0.0.1", "Address to listen on.")
    port: int = setting(8080, "Port to listen on; 0 takes a free one.")
    data_directory: str = setting("var", "Folder for databases and logs; it is made when it does not exist.")
    tak_file: str = setting("", "Catalogue of routes and authorisations: a TOML file or a persistentCache XML.")
    contract_folders: tuple[str, ...] = setting((), "More RIV-TA domain folders to route, serve and validate.")
    clock: str = setting("", "A moment to start a virtual clock at, YYYY-MM-DDTHH:MM in Swedish time; empty: the real.")
    demo: bool = setting(False, "Whether to plant the demo region and let it in.")
    gateway: GatewaySettings = setting(GatewaySettings(), "The gateway's own settings.")
    adapters: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict, metadata={"help": "A table for each adapter, by its name."}
    )

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _MOST_PORTS:
            raise SettingsRefused(f"port must be between 0 and {_MOST_PORTS}, not {self.port}.")
        try:
            clock_of(self.clock)
        except ValueError:
            raise SettingsRefused(
                f"clock must be a moment as 2026-12-12T08:00 in Swedish time, not {self.clock!r}."
            ) from None
        for name in ("tak_file", *(["contract_folders"] if self.contract_folders else [])):
            _demand_there(name, getattr(self, name))


def _demand_there(name: str, paths: str | tuple[str, ...]) -> None:
    for path in (paths,) if isinstance(paths, str) else paths:
        if path and not Path(path).exists():
            raise SettingsRefused(f"{name} names {path}, which does not exist.")


def read_region(path: Path | None, given: Mapping[str, Any]) -> RegionSettings:
    """The settings of a file, if any, and on top of it what was `given` by name. Raises SettingsRefused."""
    table = {**_read_file(path), **given} if path else dict(given)
    gateway = table.pop("gateway", {})
    adapters = table.pop("adapters", {})
    for name, value in (("gateway", gateway), ("adapters", adapters)):
        if not isinstance(value, Mapping):
            raise SettingsRefused(f"{name} must be a table, not {value!r}.")
    own = [one.name for one in fields(RegionSettings)]
    if unknown := sorted(set(table) - set(own)):
        raise SettingsRefused(f"There is no setting {unknown[0]}; there are {', '.join(own)}.")
    try:
        of_gateway = read_settings(gateway)
    except SettingsRefused as error:
        raise SettingsRefused(f"[gateway] {error}") from None
    return RegionSettings(gateway=of_gateway, adapters=adapters, **checked(RegionSettings, table))


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsRefused(f"The settings file {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise SettingsRefused(f"The settings file {path} is not TOML: {error}.") from None

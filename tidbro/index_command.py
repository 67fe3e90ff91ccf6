"""`tidbro index refill`: the scheduling systems of a region tell the engagement index all that they have.

For an index that has lost what it knew. It may be done while the region is served: the letters are written beside the
others, and whoever sends those sends these.
Elsewhere: what is told (scheduling_backends/engine/notices.py). Source: contracts.md EIU-8.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.settings import SettingsRefused

if TYPE_CHECKING:
    from scheduling_backends.engine.producer import EngineProducer
    from tidbro.settings import RegionSettings

_SOMEWHERE = "http://127.0.0.1:8080"  # nothing is sent from here


def add(commands: Any) -> None:
    """The command `index` and its actions."""
    index = commands.add_parser("index", help="the engagement index")
    actions = index.add_subparsers(title="actions", required=True, metavar="ACTION")
    refill = actions.add_parser("refill", help="let the scheduling systems tell the index all that they have")
    refill.add_argument("--demo", action="store_true", default=None, help="the region is a demo")
    refill.add_argument("--settings", type=Path, metavar="FILE", help="settings of the region, a TOML file")
    refill.add_argument("--data", dest="data_directory", metavar="DIR", help="the region's data folder (var)")
    refill.add_argument("--clock", metavar="MOMENT", help="the region's virtual clock, as 2026-12-12T08:00")
    refill.set_defaults(run=_refill)


def _refill(parsed: argparse.Namespace) -> int:
    from tidbro import demo
    from tidbro.settings import read_region

    names = ("demo", "data_directory", "clock")
    given = {name: getattr(parsed, name) for name in names if getattr(parsed, name) is not None}
    settings = read_region(parsed.settings, given)
    if not Path(settings.data_directory).is_dir():
        raise SettingsRefused(f"DIR must be the data folder of a region; {settings.data_directory} is none.")
    systems = list(_systems(demo.opened(settings, _SOMEWHERE) if settings.demo else settings))
    if not systems:
        raise SettingsRefused("no scheduling system of the settings has an index_address.")
    for system in systems:
        system.open()
        try:
            assert system.duty is not None
            told = system.duty.tell_anew()
        finally:
            system.close()
        sys.stdout.write(f"{system.name}: {told} entries are told anew\n")
    return 0


def _systems(settings: "RegionSettings") -> "Iterator[EngineProducer]":
    """The region's own systems that have an index, as processes that send nothing."""
    from scheduling_backends.takecare.settings import TakeCareSettings
    from scheduling_backends.takecare.system import TakeCareSystem
    from scheduling_backends.timebook.adapter import Timebook
    from scheduling_backends.timebook.settings import TimebookSettings
    from tidbro.clock import clock_of

    clock = clock_of(settings.clock)
    kinds: tuple[tuple[str, Any, Any], ...] = (
        ("timebook", TimebookSettings, Timebook),
        ("takecare", TakeCareSettings, TakeCareSystem),
    )
    for name, table_of, system_of in kinds:
        given: dict[str, Any] = {"data_directory": settings.data_directory, **settings.adapters.get(name, {})}
        if given.get("index_address") and not given.get("service_url"):
            yield system_of(table_of.from_mapping({**given, "sends_letters": False}), clock)

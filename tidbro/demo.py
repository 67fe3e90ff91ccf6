"""The demo: what it opens that is closed otherwise, and planting its region before it is served.

Elsewhere: the clinics, people and times themselves (demo_region.py), the routes (demo_tak.toml),
the tree of units (demo_hsa.xml).
Source: domain.md §10; DESIGN §4 (demo sender).
"""

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files

from gateway.settings import GatewaySettings, SettingsRefused, preset
from scheduling_backends.engine.producer import EngineProducer
from scheduling_backends.takecare.adapter import TakeCare
from scheduling_backends.timebook.adapter import Timebook
from tidbro import demo_region, demo_web, national
from tidbro.settings import RegionSettings
from tidbro.wiring import DEMO_CONSUMER, Region

_IDS = {"timebook": "SE2321009991-2", "takecare": "SE2321009991-1A"}
_SYSTEM_IDS = {"timebook": "SE2321009991-FT01", "takecare": "SE2321009991-TC01"}


def opened(settings: RegionSettings, base_url: str = "") -> RegionSettings:
    """The settings with what the demo needs, where they say nothing else.

    A loopback caller without identity counts as the demo's e-service, the region's tree of units is known, and staff
    sign in by choosing a card. The demo's catalogue names its platform, which keeps that id where the real platform's
    default would be another. With `base_url`, where the region is to answer, its systems tell the index of their
    bookings through it.
    """
    own = settings.gateway
    if own.instance_id == preset(own.compatibility).get("instance_id"):
        own = replace(own, instance_id=GatewaySettings().instance_id)
    units = own.hsa_files or (str(files("tidbro") / "demo_hsa.xml"),)
    own = replace(own, demo_consumer=own.demo_consumer or DEMO_CONSUMER, hsa_files=units)
    given = {name: settings.adapters.get(name, {}) for name in _IDS}
    opened = {
        name: {"emulated_sign_in": True, **_duty(name, own, base_url), **table}
        for name, table in given.items()
        if isinstance(table, Mapping)
    }
    if "timebook" in opened and "unsteady" not in settings.adapters:
        # The same timebook, by another way; what the index must hear is sent by the first.
        opened["unsteady"] = {**opened["timebook"], "sends_letters": False}
    return replace(settings, gateway=own, adapters={**settings.adapters, **opened})


def _duty(name: str, own: GatewaySettings, base_url: str) -> dict[str, str]:
    """What a system must know to tell the demo's index."""
    if not base_url:
        return {}
    return {
        "index_address": national.INDEX,
        "platform_url": base_url,
        "platform_instance": own.instance_id,
        "system_id": _SYSTEM_IDS[name],
    }


def plant(region: Region) -> None:
    """Make the demo region's clinics, people and times, where they are not there already. Raises SettingsRefused."""
    adapters = region.pipeline.producers.adapters
    timebook, record_system = adapters.get("timebook"), adapters.get("takecare")
    if not isinstance(timebook, Timebook):
        raise SettingsRefused("demo needs the adapter timebook, and no route in tak_file leads to it.")
    systems: list[EngineProducer] = [timebook]
    if isinstance(record_system, TakeCare) and record_system.system is not None:
        systems.append(record_system.system)
    for system in systems:
        plant_system(system)


def plant_system(system: EngineProducer) -> None:
    """Make a closed system's part of the demo, by the system's own clock, where it is not there already."""
    system.open()
    try:
        with system.desk() as desk:
            is_new = demo_region.plant(desk, system.now(), system.name)
        if is_new:
            demo_web.on_the_web(system, _IDS[system.name], system.now())
    finally:
        system.close()

"""The demo: what it opens that is closed otherwise, and planting its region before it is served.

Elsewhere: the clinics, people and times themselves (demo_region.py), the routes (demo_tak.toml),
the tree of units (demo_hsa.xml).
Source: domain.md §10; DESIGN §4 (demo sender).
"""

from dataclasses import replace
from importlib.resources import files

from gateway.settings import GatewaySettings, SettingsRefused, preset
from scheduling_backends.timebook.adapter import Timebook
from tidbro import demo_region
from tidbro.settings import RegionSettings
from tidbro.wiring import DEMO_CONSUMER, Region


def opened(settings: RegionSettings) -> RegionSettings:
    """The settings with what the demo needs, where they say nothing else.

    A loopback caller without identity counts as the demo's e-service, and the region's tree of units is known. The
    demo's catalogue names its platform, which keeps that id where the real platform's default would be another.
    """
    own = settings.gateway
    if own.instance_id == preset(own.compatibility).get("instance_id"):
        own = replace(own, instance_id=GatewaySettings().instance_id)
    units = own.hsa_files or (str(files("tidbro") / "demo_hsa.xml"),)
    return replace(settings, gateway=replace(own, demo_consumer=own.demo_consumer or DEMO_CONSUMER, hsa_files=units))


def plant(region: Region) -> None:
    """Make the demo region's clinics, people and times, where they are not there already. Raises SettingsRefused."""
    timebook = region.pipeline.producers.adapters.get("timebook")
    if not isinstance(timebook, Timebook):
        raise SettingsRefused("demo needs the adapter timebook, and no route in tak_file leads to it.")
    timebook.open()
    try:
        with timebook.desk() as desk:
            demo_region.plant(desk, region.clock())
    finally:
        timebook.close()

"""Starting a region: sockets first, then everything that must know where they are, in the order that it depends on.

Elsewhere: what a region is made of (wiring.py), serving it (server.py).
Source: DESIGN §4; domain.md §10.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from contracts.times import Clock
from tidbro import demo, demo_catalogue, listeners, regional
from tidbro.clock import clock_of
from tidbro.server import Listener
from tidbro.settings import RegionSettings
from tidbro.wiring import Region, build, make_folder, open_adapters


@dataclass(frozen=True)
class Started:
    """A region, made and planted, and the listeners to serve it on."""

    region: Region
    listeners: tuple[Listener, ...]


def start(settings: RegionSettings, clock: Clock | None = None, is_gateway_alone: bool = False) -> Started:
    """Make a region of its settings, and plant the demo in it if they ask for it. Raises SettingsRefused."""
    clock = clock or clock_of(settings.clock)
    make_folder(Path(settings.data_directory))
    with ExitStack() as stack:
        sockets = listeners.opened(settings, stack)
        base_url = f"http://127.0.0.1:{sockets.port}"
        if settings.demo:
            settings = demo.opened(settings, base_url)
        second = regional.made(settings, clock) if settings.demo and settings.regional else None
        if second is not None:
            stack.enter_context(second.listener.socket)
            settings = regional.reaching(settings, second)
        if settings.demo:
            group = second.address if second else demo_catalogue.TIMEBOOK
            demo_catalogue.plant(settings, clock, base_url, group)
        url = second.address if second else ""
        endpoints = listeners.endpoints(settings, sockets)
        region = build(settings, clock, is_gateway_alone, url, endpoints, base_url)
        open_adapters(region)
        if settings.demo:
            demo.plant(region)
        placed, served_on = listeners.placed(region, sockets)
        if second is not None:
            placed, served_on = listeners.joined(placed, served_on, second.region, second.listener)
        stack.pop_all()
    return Started(placed, served_on)

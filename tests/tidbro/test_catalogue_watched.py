"""The setting tak_poll_seconds: a region that takes over a newer catalogue by itself (platform.md §20.6)."""

import os
from pathlib import Path

from contracts.times import system_clock
from gateway.pipeline import Companion
from gateway.tak.exchange import write_persistent_cache
from gateway.tak.monitor import Monitor
from tests.gateway.builders import a_route, a_snapshot
from tidbro.catalogue import store_of
from tidbro.settings import RegionSettings, read_region
from tidbro.wiring import Region, build

ONE, TWO = a_snapshot(a_route(address="https://a.example.com/")), a_snapshot(a_route(address="https://b.example.com/"))


def a_region(folder: Path, poll: float = 60, is_gateway_alone: bool = True, **given: str) -> Region:
    table = {"data_directory": str(folder), "gateway": {"tak_poll_seconds": poll}, **given}
    return build(read_region(None, table), system_clock, is_gateway_alone)


def monitor_of(region: Region) -> Monitor:
    found: list[Companion] = [one for one in region.pipeline.companions if isinstance(one, Monitor)]
    (monitor,) = found
    assert isinstance(monitor, Monitor)
    return monitor


def addresses(region: Region) -> list[str]:
    snapshot = region.tak.snapshot()
    return [] if snapshot is None else [route.address for route in snapshot.routes]


def test_nothing_is_looked_at_unless_one_asks_for_it(tmp_path: Path) -> None:
    """platform.md §17.4: no periodic refresh, in both modes."""
    assert a_region(tmp_path, poll=0).pipeline.companions == []


def test_a_catalogue_file_that_changes_is_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "tak.xml"
    file.write_bytes(write_persistent_cache(ONE))
    region = a_region(tmp_path, tak_file=str(file))
    monitor = monitor_of(region)
    monitor.look()
    assert not monitor.look()
    file.write_bytes(write_persistent_cache(TWO))
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))
    assert monitor.look()
    assert addresses(region) == ["https://b.example.com/"]


def test_a_version_that_is_published_in_the_regions_database_is_taken_over(tmp_path: Path) -> None:
    """platform.md §20.6: by the number of the newest version."""
    settings: RegionSettings = read_region(None, {"data_directory": str(tmp_path)})
    with store_of(settings, system_clock) as store:
        region = a_region(tmp_path)
        monitor = monitor_of(region)
        assert not monitor.look()
        store.plant(ONE, "astrid")
        assert monitor.look()
    assert addresses(region) == ["https://a.example.com/"]

"""gateway/tak/monitor.py: taking over what is published without being asked (platform.md §20.6)."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from gateway.settings import read_settings
from gateway.tak.cache import TakCache
from gateway.tak.monitor import Monitor
from gateway.tak.services import TakServices
from gateway.tak.sources import from_store
from gateway.tak.store import Store
from tests.gateway.builders import NOW, a_pipeline
from tests.gateway.tak.publications import a_publication


class Takers:
    """What is published, and who takes it over; `fails` are those that cannot."""

    def __init__(self, newest: int | None = 1) -> None:
        self.newest = newest
        self.done: list[str] = []
        self.fails: set[str] = set()

    def reset(self, name: str) -> Callable[[], bool]:
        def take_over() -> bool:
            self.done.append(name)
            return name not in self.fails

        return take_over

    def monitor(self) -> Monitor:
        return Monitor(lambda: self.newest, (self.reset("services"), self.reset("gateway")), 60)


def test_a_version_is_taken_over_once_the_services_first() -> None:
    """platform.md §20.6: tak-services reset/pv, then VP resetcache."""
    takers = Takers()
    monitor = takers.monitor()
    assert [monitor.look(), monitor.look()] == [True, False]
    assert takers.done == ["services", "gateway"]


def test_the_next_version_is_taken_over_and_so_is_one_that_was_rolled_back_to() -> None:
    """platform.md §20.6: when its number differs from last time."""
    takers = Takers(newest=5)
    monitor = takers.monitor()
    monitor.look()
    takers.newest = 6
    assert monitor.look()
    takers.newest = 5
    assert monitor.look()


def test_nothing_is_done_before_anything_is_published() -> None:
    """platform.md §20.6: and its size is above 0."""
    takers = Takers(newest=None)
    assert not takers.monitor().look()
    assert takers.done == []


def test_a_take_over_that_fails_is_tried_again_and_does_not_stop_the_next_one() -> None:
    takers = Takers()
    takers.fails = {"services"}
    monitor = takers.monitor()
    assert not monitor.look()
    takers.fails = set()
    assert monitor.look()
    assert takers.done == ["services", "gateway"] * 2


def test_a_database_that_is_away_is_looked_at_again() -> None:
    def away() -> int:
        raise ConnectionError

    assert not Monitor(away, (), 60).look()


def test_it_looks_as_long_as_it_is_open(tmp_path: Path) -> None:
    """platform.md §20.6, from the publication in a store to the gateway's own copy."""
    store = Store(f"sqlite:///{tmp_path}/tak.db", lambda: NOW)
    store.open()
    store.plant(a_publication(), "Astrid")
    cache = TakCache(from_store(store.current), lambda: NOW)
    services = TakServices(store, read_settings({}), lambda: NOW)
    waited: list[float] = []
    enough = asyncio.Event()

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            enough.set()
            await asyncio.Event().wait()

    async def run() -> None:
        pipeline = a_pipeline()
        pipeline.companions.append(
            Monitor(
                lambda: store.history()[0].number, (services.reload, lambda: cache.reload().is_successful), 60, wait
            )
        )
        await pipeline.open()
        await asyncio.wait_for(enough.wait(), 30)
        await pipeline.close()

    try:
        asyncio.run(run())
    finally:
        store.close()
    assert waited == [60, 60, 60]
    snapshot = cache.snapshot()
    assert snapshot is not None
    assert len(snapshot.routes) == 2

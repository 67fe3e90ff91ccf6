"""The demo region, really served: on a socket of its own in a thread, with a clock that the test sets."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contracts.times import SWEDEN
from tidbro import demo, demo_catalogue, server
from tidbro.settings import read_region
from tidbro.wiring import Region, build

MORNING = datetime(2026, 11, 24, 7, 30, tzinfo=SWEDEN)  # a Tuesday


class SetClock:
    """A clock that stands still until it is set."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Served:
    """A region that answers at `url`; `clock` is its clock."""

    region: Region
    clock: SetClock
    url: str
    data: Path


@contextmanager
def demo_region(data: Path, clock: SetClock | None = None, **settings: object) -> Iterator[Served]:
    """The demo region, planted and served on a free port until the block ends."""
    clock = clock or SetClock()
    given = {"demo": True, "data_directory": str(data), "port": 0, **settings}
    listening = server.listen("127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings_of_demo = demo.opened(read_region(None, given), base_url)
    demo_catalogue.plant(settings_of_demo, clock, base_url)
    region = build(settings_of_demo, clock, base_url=base_url)
    demo.plant(region)
    running = server.server_of(region)
    started = threading.Event()
    thread = threading.Thread(target=_run, args=(running, listening, started), name="demo-region")
    thread.start()
    started.wait()
    assert running.started, "the region did not start"
    try:
        yield Served(region, clock, base_url, data)
    finally:
        running.should_exit = True
        thread.join()


def _run(running, listening, started: threading.Event) -> None:
    """Serve, and say when the server has started or failed to."""
    startup = running.startup

    async def told_startup(sockets=None) -> None:
        try:
            await startup(sockets=sockets)
        finally:
            started.set()

    running.startup = told_startup
    try:
        running.run(sockets=[listening])
    finally:
        started.set()

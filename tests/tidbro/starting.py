"""A region or a gateway started as the command line does, on free ports, in a thread until a block ends."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contracts.times import Clock
from tests.serving import SetClock
from tidbro import server
from tidbro.cli import _parser
from tidbro.gateway_command import settings_of
from tidbro.settings import RegionSettings, read_region
from tidbro.start import start
from tidbro.wiring import Region


@dataclass(frozen=True)
class Running:
    """What was started: `urls` are where it answers, in the order in which they are printed."""

    region: Region
    urls: tuple[str, ...]
    server: server.RegionServer

    @property
    def url(self) -> str:
        """The HTTP port's, without a slash at its end."""
        return self.urls[0].rstrip("/")


@contextmanager
def running(settings: RegionSettings, clock: Clock | None = None, is_gateway_alone: bool = False) -> Iterator[Running]:
    started = start(settings, clock or SetClock(), is_gateway_alone)
    running_server = server.server_of(started.region, started.listeners)
    answers = threading.Event()
    thread = threading.Thread(target=_run, args=(running_server, answers), name="started-region")
    thread.start()
    answers.wait()
    assert running_server.started, "it did not start"
    try:
        yield Running(started.region, tuple(one.url for one in started.listeners), running_server)
    finally:
        running_server.should_exit = True
        thread.join()


def _run(running_server: server.RegionServer, answers: threading.Event) -> None:
    startup = running_server.startup

    async def told_startup(sockets=None) -> None:
        try:
            await startup(sockets=sockets)
        finally:
            answers.set()

    running_server.startup = told_startup
    try:
        running_server.run()
    finally:
        answers.set()


def a_demo(data: Path, **settings: object) -> RegionSettings:
    return read_region(None, {"demo": True, "data_directory": str(data), "port": 0, **settings})


def a_gateway(data: Path, *flags: str) -> RegionSettings:
    """The settings that `tidbro gateway` makes of these flags."""
    parsed = _parser().parse_args(["gateway", "--port", "0", "--data", str(data), *flags])
    return settings_of(parsed)[0]

"""The processes of a run: stub, HAProxy and gateways, each pinned to its core and ended with the run.

The gateway is `tidbro serve` as anybody starts it, message log and all, with a catalogue that leads to the stub.
"""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import machine, messages
from bench.machine import NotPossibleHere

_START_SECONDS = 20.0
_HAPROXY = """\
global
  maxconn 8000
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:{port}
  default_backend producer
backend producer
  http-reuse always
  server stub 127.0.0.1:{stub_port}
"""
_TAK = """\
[[route]]
address = "http://127.0.0.1:{stub_port}/answer"
logical_addresses = ["{clinic}"]
contracts = ["GetAvailableTimeslots"]
[[route]]
address = "http://127.0.0.1:{hanging_port}/hang"
logical_addresses = ["{hanging}"]
contracts = ["GetAvailableTimeslots"]
[[authorisation]]
consumers = ["{consumer}"]
logical_addresses = ["{clinic}", "{hanging}"]
contracts = ["GetAvailableTimeslots"]
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers on a port of 127.0.0.1; `seconds_to_start` is until it took connections."""

    port: int
    seconds_to_start: float
    process: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Servers:
    """Starts what a run needs in one folder of its own, and stops all of it at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cores = machine.cores()
        self._started: list[Server] = []

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, *_: object) -> None:
        for one in reversed(self._started):
            one.stop()

    def stub(self, answer: bytes) -> Server:
        file, port = self._folder / "answer.xml", _free_port()
        file.write_bytes(answer)
        return self._start([sys.executable, "-m", "bench.stub", str(port), str(file)], port, self._cores.load)

    def haproxy(self, stub: Server) -> Server:
        """HAProxy passing bytes to the stub, in one thread. Raises NotPossibleHere when it is not installed."""
        demand("haproxy")
        file, port = self._folder / "haproxy.cfg", _free_port()
        file.write_text(_HAPROXY.format(port=port, stub_port=stub.port), encoding="utf-8")
        return self._start(["haproxy", "-db", "-q", "-f", str(file)], port, self._cores.measured)

    def gateway(self, stub: Server, hanging: Server, name: str, **settings: str) -> Server:
        """`tidbro serve` with routes to a stub that answers and one that hangs; `settings` are the gateway's own."""
        folder = self._folder / name
        folder.mkdir()
        tak = _TAK.format(
            stub_port=stub.port,
            hanging_port=hanging.port,
            clinic=messages.CLINIC.text,
            hanging=messages.HANGING_CLINIC.text,
            consumer=messages.CONSUMER,
        )
        (folder / "tak.toml").write_text(tak, encoding="utf-8")
        return self.region(folder, "--tak", str(folder / "tak.toml"), **settings)

    def region(self, folder: Path, *arguments: str, **settings: str) -> Server:
        """`tidbro serve` with its data in `folder`."""
        rows = [f'{key} = "{value}"' for key, value in settings.items()]
        (folder / "settings.toml").write_text("\n".join(["[gateway]", *rows]), encoding="utf-8")
        port = _free_port()
        own = ["--settings", str(folder / "settings.toml"), "--data", str(folder / "data"), "--port", str(port)]
        command = [sys.executable, "-m", "tidbro.cli", "serve", *own, *arguments]
        return self._start(command, port, self._cores.measured)

    def _start(self, command: Sequence[str], port: int, core: int) -> Server:
        began_at = time.monotonic()
        process = subprocess.Popen(pinned(command, core), stdout=subprocess.DEVNULL)
        while not _answers(port):
            if process.poll() is not None or time.monotonic() - began_at > _START_SECONDS:
                process.kill()
                raise RuntimeError(f"{' '.join(command[:4])} … did not start")
            time.sleep(0.01)
        self._started.append(Server(port, time.monotonic() - began_at, process))
        return self._started[-1]


def pinned(command: Sequence[str], core: int) -> list[str]:
    """The command, to run on one core alone."""
    return ["taskset", "-c", str(core), *command]


def demand(program: str) -> None:
    """Raises NotPossibleHere, saying how to get it, when a program that the run needs is not installed."""
    if shutil.which(program) is None:
        raise NotPossibleHere(f"{program} is not installed; on Debian and Ubuntu: apt-get install {program}")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        asked.settimeout(1)
        return asked.connect_ex(("127.0.0.1", port)) == 0

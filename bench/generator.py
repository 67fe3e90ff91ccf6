"""Load: wrk for speed, and one checked caller beside it.

wrk, because it is the kept generator that costs least a request (about 10 µs in C, where asyncio takes 25), so that
generator and stub together can outrun HAProxy from one core; Debian packages it. It counts answers whose status is
not 200 and connections that break. It does not compare bodies: a checked caller asks every few milliseconds during
the same load and compares every byte, and wrk's count of bytes must fit as many whole answers.
"""

import json
import subprocess
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from math import inf
from pathlib import Path
from types import TracebackType
from typing import Any

from bench import machine, messages
from bench.servers import Server, demand, pinned

CONNECTIONS = 16
PATH = "/vp"
_SCRIPT = """\
local file = io.open("{body}", "rb")
wrk.method, wrk.body = "POST", file:read("*a")
file:close()
{headers}
function done(summary, latency, requests)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format('\\n{{"requests":%d,"bytes":%d,"seconds":%f,"failed":%d,"p50":%f,"p99":%f}}\\n',
    summary.requests, summary.bytes, summary.duration / 1e6, failed,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


class WrongAnswer(Exception):
    """An answer under load was not what it should be: no figure of such a run counts."""


@dataclass(frozen=True, slots=True)
class Round:
    """One spell of load on one process. `cpu` is in seconds, latencies in milliseconds; `checked` answers compared."""

    requests: int
    seconds: float
    cpu: float
    p50: float
    p99: float
    checked: int

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def cpu_microseconds(self) -> float:
        return self.cpu / self.requests * 1e6 if self.requests else inf

    @property
    def busy(self) -> float:
        """Which part of its core the process used."""
        return self.cpu / self.seconds


class Generator:
    """Puts load on servers; `answer` is what every request must get."""

    def __init__(self, folder: Path, answer: bytes) -> None:
        demand("wrk")
        self._answer = answer
        self._script = folder / "load.lua"
        (folder / "request.xml").write_bytes(messages.request())
        headers = "\n".join(f"wrk.headers['{name}'] = '{value}'" for name, value in messages.HEADERS.items())
        self._script.write_text(_SCRIPT.format(body=folder / "request.xml", headers=headers), encoding="utf-8")

    def load(self, server: Server, seconds: int, connections: int = CONNECTIONS) -> Round:
        """Closed-loop load from `connections` kept alive. Raises WrongAnswer for any answer that is not right."""
        before = machine.cpu_seconds(server.pid)
        with Checker(server.port, self._answer) as checker:
            told = self._wrk(server.port, seconds, connections)
        cpu = machine.cpu_seconds(server.pid) - before
        if told["failed"] or told["bytes"] < told["requests"] * len(self._answer):
            raise WrongAnswer(f"{told['failed']} of {told['requests']} answers under load were wrong")
        requests = told["requests"] + checker.checked
        return Round(requests, told["seconds"], cpu, told["p50"], told["p99"], checker.checked)

    def _wrk(self, port: int, seconds: int, connections: int) -> dict[str, Any]:
        url = f"http://127.0.0.1:{port}{PATH}"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "-s", str(self._script), url]
        done = subprocess.run(pinned(command, machine.cores().load), capture_output=True, text=True, check=True)
        told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return told


class Caller:
    """One kept-alive connection whose every answer is compared with what it should be."""

    def __init__(self, port: int, answer: bytes) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._request, self._answer = messages.request(), answer

    def ask(self) -> float:
        """Seconds until the whole answer was here. Raises WrongAnswer when it is not the stub's, byte by byte."""
        began_at = time.perf_counter()
        self._connection.request("POST", PATH, self._request, messages.HEADERS)
        response = self._connection.getresponse()
        body = response.read()
        taken = time.perf_counter() - began_at
        if response.status != 200 or body != self._answer:
            raise WrongAnswer(f"status {response.status} with {len(body)} bytes; expected {len(self._answer)}")
        return taken

    def close(self) -> None:
        self._connection.close()


class Checker:
    """Asks in a thread of its own while others load the server, and compares every answer."""

    def __init__(self, port: int, answer: bytes, pause_seconds: float = 0.02) -> None:
        self.checked = 0
        self._caller, self._pause = Caller(port, answer), pause_seconds
        self._failure: Exception | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Checker":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._stopped.set()
        self._thread.join()
        self._caller.close()
        if self._failure is not None and error is None:
            raise self._failure

    def _run(self) -> None:
        try:
            while not self._stopped.wait(self._pause):
                self._caller.ask()
                self.checked += 1
        except (WrongAnswer, OSError) as failure:
            self._failure = failure

"""One producer hangs with 1,000 calls waiting for it: the p99 of the other routes, without and with."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from math import inf
from statistics import median

from bench import messages
from bench.generator import PATH, Generator, Round
from bench.report import Figure, Section, spread
from bench.servers import Server

BAR = 2.0
WAITING = 1000
_SETTLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Hanging:
    """Rounds on the other routes without and with waiting calls; `kept` of them still waited at a round's end."""

    without: tuple[Round, ...]
    waiting: tuple[Round, ...]
    kept: int


def measure(stub: Server, gateway: Server, generator: Generator, rounds: int, seconds: int) -> Hanging:
    """In turns: a round without, a round with 1,000 calls waiting. Raises WrongAnswer when other routes fail."""
    without, waiting, kept = [], [], WAITING
    for _ in range(rounds):
        without.append(generator.load(gateway, seconds))
        with _waiting_calls(gateway) as connections:
            waiting.append(generator.load(gateway, seconds))
            kept = min(kept, sum(map(_still_waits, connections)))
        _release(stub)
    return Hanging(tuple(without), tuple(waiting), kept)


@contextmanager
def _waiting_calls(gateway: Server) -> Iterator[list[socket.socket]]:
    body = messages.request(messages.HANGING_CLINIC)
    rows = {**messages.HEADERS, "Host": "bench", "Content-Length": str(len(body))}
    head = f"POST {PATH} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in rows.items()) + "\r\n"
    connections = []
    try:
        for _ in range(WAITING):
            connections.append(socket.create_connection(("127.0.0.1", gateway.port)))
            connections[-1].sendall(head.encode() + body)
        time.sleep(_SETTLE_SECONDS)
        yield connections
    finally:
        for one in connections:
            one.close()


def _still_waits(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        connection.recv(1)
    except BlockingIOError:
        return True
    return False


def _release(stub: Server) -> None:
    connection = HTTPConnection("127.0.0.1", stub.port, timeout=10)
    connection.request("POST", "/release", b"")
    connection.getresponse().read()
    connection.close()
    time.sleep(_SETTLE_SECONDS)


def _p99(found: Round) -> float:
    """Milliseconds; without end when there was no answer at all."""
    return found.p99 if found.requests else inf


def section(found: Hanging) -> Section:
    without, waiting = list(map(_p99, found.without)), list(map(_p99, found.waiting))
    ratio = median(waiting) / median(without)
    return Section(
        "One producer hangs",
        f"{WAITING} calls wait for a producer that never answers ({found.kept} of them to the end); meanwhile the "
        f"usual load on another route, {len(without)} rounds each way in turns.",
        (
            Figure("p99 of other routes without, ms", spread(without, ".2f")),
            Figure("p99 of other routes with, ms", spread(waiting, ".2f")),
            Figure("with / without", f"{ratio:.2f}", f"≤ {BAR:g}", ratio <= BAR and found.kept == WAITING),
            Figure("requests/s without", spread([one.per_second for one in found.without])),
            Figure("requests/s with", spread([one.per_second for one in found.waiting])),
        ),
    )

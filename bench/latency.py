"""What the gateway adds to a call at low load: the same paced caller asks the stub and the gateway, in turns."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from bench.generator import Caller
from bench.report import Figure, Section, percentile
from bench.servers import Server

P50_BAR_MS, P99_BAR_MS = 1.0, 5.0
_CALLS_A_SECOND = 100


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of every call, directly and through the gateway."""

    direct: tuple[float, ...]
    through: tuple[float, ...]

    def added(self, percent: float) -> float:
        return percentile(self.through, percent) - percentile(self.direct, percent)


def measure(stub: Server, gateway: Server, answer: bytes, calls: int) -> Latency:
    """`calls` pairs of calls, one directly and one through the gateway, so many a second."""
    direct, through = Caller(stub.port, answer), Caller(gateway.port, answer)
    for _ in range(20):
        direct.ask()
        through.ask()
    pairs, due = [], time.monotonic()
    for _ in range(calls):
        pairs.append((direct.ask() * 1000, through.ask() * 1000))
        due += 1 / _CALLS_A_SECOND
        time.sleep(max(0.0, due - time.monotonic()))
    direct.close()
    through.close()
    return Latency(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))


def section(found: Mapping[str, Latency]) -> Section:
    """By the name of the gateway."""
    calls = len(next(iter(found.values())).direct)
    return Section(
        "Time added at low load",
        f"{calls} pairs of calls, {_CALLS_A_SECOND} pairs a second, one to the stub and one through the gateway; every "
        "answer compared. The gateway with its default settings validates the answers too.",
        tuple(
            _row(name, one, percent, bar)
            for name, one in found.items()
            for percent, bar in ((50, P50_BAR_MS), (99, P99_BAR_MS))
        ),
    )


def _row(name: str, found: Latency, percent: int, bar: float) -> Figure:
    direct, through = percentile(found.direct, percent), percentile(found.through, percent)
    told = f"{found.added(percent):.2f} ({through:.2f} through the gateway, {direct:.2f} directly)"
    return Figure(f"{name}: added at p{percent}, ms", told, f"≤ {bar:g}", found.added(percent) <= bar)

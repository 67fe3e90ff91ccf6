"""Forwarded and answered requests: the gateway beside HAProxy, which passes the same bytes and reads nothing.

In turns, round by round, on the same core with the same stub and the same generator, so that what disturbs one
disturbs the others. The bar is for one core, so it is put on requests a second of CPU time: those depend neither on
who else wants the core nor on whether the generator kept up. On a quiet machine both ratios are alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from bench.generator import CONNECTIONS, Generator, Round
from bench.report import Figure, Section, spread
from bench.servers import Server

BAR = 0.15
_KEPT_UP = 0.9


@dataclass(frozen=True, slots=True)
class Forwarding:
    """The rounds of each contender, by its name; HAProxy is `haproxy`."""

    rounds: Mapping[str, tuple[Round, ...]]

    def per_second(self, name: str) -> float:
        return median(one.per_second for one in self.rounds[name])

    def cpu_microseconds(self, name: str) -> float:
        return median(one.cpu_microseconds for one in self.rounds[name])

    def requests(self, name: str) -> int:
        return sum(one.requests for one in self.rounds[name])


def measure(contenders: Mapping[str, Server], generator: Generator, rounds: int, seconds: int) -> Forwarding:
    """Load each contender in turn, `rounds` times `seconds` each, after one second of warming up."""
    for server in contenders.values():
        generator.load(server, 1)
    found: dict[str, list[Round]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, server in contenders.items():
            found[name].append(generator.load(server, seconds))
    return Forwarding({name: tuple(some) for name, some in found.items()})


def section(found: Forwarding, barred: str) -> Section:
    """The figures of every contender; the bar is for `barred`, the one that validates requests as HAProxy cannot."""
    figures = [figure for name in found.rounds for figure in _figures_of(name, found)]
    for name in found.rounds:
        if name != "haproxy":
            figures += _ratios(name, found, is_barred=name == barred)
    checked = sum(one.checked for some in found.rounds.values() for one in some)
    rounds = len(found.rounds["haproxy"])
    remarks = [f"{checked} answers under load compared byte by byte, none differed; no status but 200"]
    remarks += [_idle(name, some) for name, some in found.rounds.items() if _busy(some) < _KEPT_UP]
    return Section(
        "Forwarded and answered requests",
        f"{CONNECTIONS} connections kept alive, request 0.7 KB, answer 15 KB, {rounds} rounds in turns; median "
        "(lowest–highest). haproxy: one thread, HTTP mode, connections to the producer kept, reads nothing. gateway: "
        "every request validated, every call in the message log; with its default settings it validates answers too.",
        tuple(figures),
        tuple(remarks),
    )


def _busy(rounds: tuple[Round, ...]) -> float:
    return median(one.busy for one in rounds)


def _idle(name: str, rounds: tuple[Round, ...]) -> str:
    return (
        f"{name} had {_busy(rounds):.0%} of its core: somebody else had the rest, or the load core was the limit; its "
        "requests a second are fewer than it could do"
    )


def _figures_of(name: str, found: Forwarding) -> list[Figure]:
    rounds = found.rounds[name]
    return [
        Figure(f"{name}: requests/s", spread([one.per_second for one in rounds])),
        Figure(f"{name}: CPU µs/request", spread([one.cpu_microseconds for one in rounds], ".1f")),
        Figure(f"{name}: p50 / p99 ms", f"{median(r.p50 for r in rounds):.2f} / {median(r.p99 for r in rounds):.2f}"),
    ]


def _ratios(name: str, found: Forwarding, is_barred: bool) -> list[Figure]:
    pairs = list(zip(found.rounds[name], found.rounds["haproxy"], strict=True))
    speeds = [ours.per_second / theirs.per_second for ours, theirs in pairs]
    costs = [theirs.cpu_microseconds / ours.cpu_microseconds for ours, theirs in pairs]
    bar, is_met = (f"≥ {BAR}", median(costs) >= BAR) if is_barred else ("", None)
    return [
        Figure(f"{name} / haproxy, requests/s", spread(speeds, ".3f")),
        Figure(f"{name} / haproxy, requests a second of CPU", spread(costs, ".3f"), bar, is_met),
    ]

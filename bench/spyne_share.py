"""What Spyne costs a call: the same pipeline in process, with its steps and without.

The producer is replaced by one that answers at once. Thousands of calls go through the pipeline as it is, then as many
with `SpyneHost.answer` replaced by the function that Spyne calls in the end; in turns, many times. The difference of
the medians is Spyne's cost a call, contexts and events and all; its share is of the CPU time that a whole gateway
process used a call in the comparison with HAProxy.
"""

import gc
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import uvloop

from bench import messages
from bench.report import Figure, Section, spread
from contracts.catalogue import Catalogue
from contracts.times import system_clock
from gateway.call import Answer, Call, HttpRequest
from gateway.pipeline import Pipeline
from gateway.settings import GatewaySettings
from gateway.tak import exchange

BAR = 0.25
_CALLS = 1500


@dataclass(frozen=True, slots=True)
class SpyneCost:
    """CPU microseconds a call through the pipeline, round by round."""

    with_spyne: tuple[float, ...]
    without: tuple[float, ...]

    @property
    def microseconds(self) -> float:
        return median(ours - theirs for ours, theirs in zip(self.with_spyne, self.without, strict=True))


def measure(tak_file: Path, answer: bytes, rounds: int) -> SpyneCost:
    """Runs in this process, without sockets and without a message log."""
    return uvloop.run(_measure(tak_file, answer, rounds))


async def _measure(tak_file: Path, answer: bytes, rounds: int) -> SpyneCost:
    snapshot = exchange.load(tak_file)
    settings = GatewaySettings(answer_validation="off")
    pipeline = Pipeline(settings, Catalogue.official(), lambda: snapshot, {}, system_clock)
    await pipeline.open()

    async def answered(_: Call) -> Answer:
        return Answer(200, answer)

    pipeline.producers.send = answered  # type: ignore[method-assign, assignment]
    through, past = pipeline._host.answer, pipeline._carry
    found: tuple[list[float], list[float]] = ([], [])
    for step in [through, past] * (rounds + 1):
        pipeline._host.answer = step  # type: ignore[method-assign]
        found[step == past].append(await _microseconds(pipeline))
    await pipeline.close()
    return SpyneCost(tuple(found[0][1:]), tuple(found[1][1:]))


async def _microseconds(pipeline: Pipeline) -> float:
    body = messages.request()
    headers = {name.lower(): value for name, value in messages.HEADERS.items()}
    request = HttpRequest("POST", "/vp", headers=headers, body=body, peer="127.0.0.1")
    gc.collect()
    began_at = time.process_time()
    for _ in range(_CALLS):
        answer = await pipeline.answer(request)
    taken = time.process_time() - began_at
    assert answer.status == 200, answer.body
    return taken / _CALLS * 1e6


def section(found: SpyneCost, gateway_microseconds: float) -> Section:
    share = found.microseconds / gateway_microseconds
    return Section(
        "Spyne's share",
        "The pipeline in process with a producer that answers at once, through Spyne and past it in turns "
        f"({len(found.without)} rounds of {_CALLS} calls); share of the CPU a call of the whole gateway process above.",
        (
            Figure("pipeline through Spyne, CPU µs/call", spread(found.with_spyne, ".1f")),
            Figure("pipeline past Spyne, CPU µs/call", spread(found.without, ".1f")),
            Figure("Spyne, CPU µs/call", f"{found.microseconds:.1f}"),
            Figure("share of the gateway's CPU", f"{share:.1%}", f"≤ {BAR:.0%}", share <= BAR),
        ),
    )

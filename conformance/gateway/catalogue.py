"""Where the catalogue comes from, and what is left when it cannot be had (rows 50–52, 60).

Source: platform.md §17.2, §17.3, §18, §24.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from conformance.checks import Findings
from conformance.gateway.bench import GatewayBench
from conformance.gateway.expecting import delivered, refused
from conformance.gateway.suite import SUITES
from conformance.gateway.tak_service import Condition

_KEPT = "Keep what is in memory when a load fails; an empty catalogue is a failed load (platform.md §18)."
_NO_TAK = "No contact with TAK at startup, and no local cache to fallback on, not possible to route call"


@SUITES.check(
    "catalogue.pv-50-from-the-copy", rules=("PV-50",), title="When the TAK is down at the start the local copy is used"
)
def from_the_copy(bench: GatewayBench) -> Findings:
    reply = bench.plain(bench.gateway_without_tak(has_file=True))
    because = "The TAK was down when the gateway started, and there was a local copy."
    remedy = "Read takcache.persistent.file.name when the TAK does not answer at the start."
    yield from delivered(bench, reply, "PV-50", because, remedy)


@SUITES.check(
    "catalogue.pv-50-without-a-copy",
    rules=("PV-50",),
    title="When the TAK is down at the start and there is no copy, every call is VP008",
)
def without_a_copy(bench: GatewayBench) -> Findings:
    reply = bench.plain(bench.gateway_without_tak(has_file=False))
    because = "There was neither a TAK nor a local copy when the gateway started."
    yield from refused(bench, reply, "PV-50", "VP008", because, detail=_NO_TAK)


@SUITES.check(
    "catalogue.pv-60-readiness",
    rules=("PV-60",),
    title="The gateway is not ready before its catalogue is loaded, and is afterwards",
)
def readiness(bench: GatewayBench) -> Findings:
    gateway = bench.gateway_without_tak(has_file=False)
    before = bench.get(gateway.readiness, "Is a gateway without a catalogue ready?")
    if before.status != 503:
        sentence = f"Without a catalogue readiness must be HTTP 503, and was {before.in_words}."
        yield bench.finding("PV-60", sentence, "Tell 503 until routes and authorisations are loaded.", before)
        return
    bench.get(gateway.reset, "The TAK answers again, and the catalogue is loaded.")
    after = bench.get(gateway.readiness, "Is it ready now?")
    if after.status != 200:
        sentence = f"Once the catalogue is loaded readiness must be HTTP 200, and was {after.in_words}."
        yield bench.finding("PV-60", sentence, "Tell 200 when catalogue and units are loaded.", after)


@SUITES.check(
    "catalogue.pv-51-down-at-reload",
    rules=("PV-51",),
    title="When the TAK is down at a reload, what was loaded stays in force and the answer says so",
)
def down_at_reload(bench: GatewayBench) -> Findings:
    bench.demand_tak()
    with _tak_is(bench, "down"):
        told = bench.get(bench.gateway.reset, "A reload while the TAK is down.")
        reply = bench.call("A call after the reload that failed.")
    because = "A reload has failed, so the catalogue that was loaded before stays in force."
    wrong = list(delivered(bench, reply, "PV-51", because, _KEPT))
    if not wrong and "Init done, was successful: false" not in told.text:
        sentence = "The answer to a reload that failed does not say 'Init done, was successful: false'."
        wrong = [bench.finding("PV-51", sentence, "Tell in the reset's answer that the load failed.", told)]
    yield from wrong


@SUITES.check(
    "catalogue.pv-52-empty-at-reload",
    rules=("PV-52",),
    title="A catalogue without rows does not replace the one that was loaded",
)
def empty_at_reload(bench: GatewayBench) -> Findings:
    bench.demand_tak()
    with _tak_is(bench, "without routes"):
        bench.get(bench.gateway.reset, "A reload while the TAK has no routes.")
        reply = bench.call("A call after that reload.")
    because = "The TAK answered without routes, so the catalogue that was loaded before stays in force."
    yield from delivered(bench, reply, "PV-52", because, _KEPT)


@contextmanager
def _tak_is(bench: GatewayBench, condition: Condition) -> Iterator[None]:
    """The kit's TAK so for a while; then it answers again, and is loaded."""
    bench.tak.condition = condition
    try:
        yield
    finally:
        bench.tak.condition = "well"
        bench.get(bench.gateway.reset, "The TAK answers again, and the catalogue is loaded.")

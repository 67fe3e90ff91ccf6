"""One run against a gateway: the suites chosen, between the kit's own consumers and producers, as a result."""

from collections.abc import Sequence

from conformance.gateway.bench import GatewayBench
from conformance.gateway.gateways import GatewaySettings
from conformance.gateway.suite import load
from conformance.model import RunResult
from conformance.result import result_of
from conformance.run import Progress, run_checks, silent
from contracts.times import Clock, system_clock


def judge_gateway(
    settings: GatewaySettings,
    progress: Progress = silent,
    *,
    suites: Sequence[str] = (),
    clock: Clock = system_clock,
    most_seconds: float = 1200.0,
) -> RunResult:
    """What came of the suites named, all for none.

    Raises ValueError for a suite that does not exist and a folder that is no set-up, OSError for a port that is taken.
    """
    checks = load().chosen(suites)
    started = clock()
    with GatewayBench(settings, clock) as bench:
        target = settings.http or f"http://{bench.setup.gateway_host}:{bench.setup.gateway.http}"
        came = run_checks(bench, checks, progress, most_seconds=most_seconds)
        return result_of(
            "gateway",
            checks,
            came,
            bench.evidence,
            started,
            clock(),
            target=target,
            persons=settings.persons,
        )

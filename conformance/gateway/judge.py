"""One run against a gateway: the suites chosen, between the kit's own consumers and producers, as a result."""

from collections.abc import Sequence
from importlib import metadata

from conformance.gateway.bench import GatewayBench
from conformance.gateway.gateways import GatewaySettings
from conformance.gateway.suite import load
from conformance.model import RunResult
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
        return RunResult(
            kit=metadata.version("tidbro"),
            role="gateway",
            target=target,
            facility="",
            suites=tuple(dict.fromkeys(one.suite for one in checks)),
            started=started,
            ended=clock(),
            results=came.results,
            exchanges=bench.evidence.exchanges,
            left_behind=came.left_behind,
            interrupted=came.interrupted,
            persons=tuple(one.number for one in settings.persons),
        )

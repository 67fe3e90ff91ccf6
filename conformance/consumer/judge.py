"""A whole run: the kit plays the clinic, the consumer is driven through the scenarios, and what it sent is judged."""

from collections.abc import Sequence

from conformance.consumer.bench import Announce, ConsumerBench
from conformance.consumer.drivers import Drive
from conformance.consumer.settings import ConsumerSettings
from conformance.consumer.suite import load
from conformance.model import RunResult
from conformance.result import result_of
from conformance.run import Progress, run_checks, silent
from contracts.times import Clock, system_clock


def judge_consumer(
    settings: ConsumerSettings,
    drive: Drive,
    progress: Progress = silent,
    *,
    suites: Sequence[str] = (),
    announce: Announce = lambda bench: None,
    clock: Clock = system_clock,
    most_seconds: float = 3600.0,
) -> RunResult:
    """What the consumer does right and wrong; `suites` to run, all for none.

    `announce` is told when the kit answers, before the first scenario: the consumer must be pointed there. Raises
    ValueError for a suite that does not exist, OSError for a port that is taken and for TLS files that cannot be used.
    """
    checks = load().chosen(suites)
    started = clock()
    with ConsumerBench(settings, drive, clock) as bench:
        announce(bench)
        carried = run_checks(bench, checks, progress, most_seconds=most_seconds)
        return result_of(
            "consumer",
            checks,
            carried,
            bench.evidence,
            started,
            clock(),
            target=bench.address,
            facility=settings.facility.text,
            persons=(settings.person,),
        )

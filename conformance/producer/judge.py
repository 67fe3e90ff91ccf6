"""One run against a producer: the suites chosen, on a bench of its own, as a result that reports are made from."""

from collections.abc import Sequence

from conformance.carrier import Bounds, Carrier, Tls
from conformance.model import CheckResult, Outcome, RunResult
from conformance.producer.bench import ProducerBench
from conformance.producer.settings import ProducerSettings
from conformance.producer.suite import load
from conformance.result import result_of
from conformance.run import Progress, run_checks, silent
from contracts.identifiers import HsaId
from contracts.times import Clock, system_clock

MOST_SECONDS = 1200.0
"""How long a run may take, unless somebody says otherwise."""


def judge_producer(
    settings: ProducerSettings,
    *,
    suites: Sequence[str] = (),
    bounds: Bounds | None = None,
    tls: Tls | None = None,
    progress: Progress = silent,
    clock: Clock = system_clock,
    most_seconds: float = MOST_SECONDS,
) -> RunResult:
    """What came of the suites named, all for none. Always ends, by Ctrl-C too.

    Raises ValueError for a suite that does not exist, and OSError for TLS files that cannot be used.
    """
    checks = load().chosen(suites)
    started = clock()
    with Carrier(bounds, tls) as carrier:
        bench = ProducerBench(settings, carrier, clock)
        came = run_checks(bench, checks, progress, most_seconds=most_seconds)
    return result_of(
        "producer",
        checks,
        came,
        bench.evidence,
        started,
        clock(),
        target=settings.address,
        facility=settings.facility.text,
        persons=settings.persons,
        notes=bench.notes,
        unproven=_unproven(came.results, settings.facility),
    )


def _unproven(results: Sequence[CheckResult], facility: HsaId) -> str:
    """Why a run proves nothing in spite of what passed: it was to book, and found nothing that could be."""
    asked = [one for one in results if one.suite == "booking"]
    if not asked or any(one.outcome is not Outcome.NOT_JUDGED for one in asked):
        return ""
    return (
        f"nothing could be booked at {facility}, so most was not judged. Is the HSA-id right, are times free there, and"
        " may the test persons book them? For a system without web booking, choose the suites that it has."
    )

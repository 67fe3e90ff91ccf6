"""A consumer that does everything right passes whole; one with a single fault is told of that one, by the right check."""

import pytest

from conformance.consumer.bench import ConsumerBench
from conformance.consumer.settings import ConsumerSettings
from conformance.consumer.suite import load
from conformance.model import CheckResult, Outcome
from conformance.people import TestPerson
from conformance.run import run_checks
from contracts.identifiers import HsaId
from tests.conformance.judging import a_test_person, red
from tests.conformance.scripted_consumer import Consumer
from tests.people import DAN
from tests.serving import MORNING

FULL, PLAIN = HsaId("SE2321009991-1A01"), HsaId("SE2321009991-2B02")
PERSON: TestPerson = a_test_person(DAN)


def settings(**changes) -> ConsumerSettings:
    return ConsumerSettings(FULL, PLAIN, PERSON, **{"slow_seconds": 0.05, "settle_seconds": 0.0, **changes})


def judged(kind: type[Consumer]) -> tuple[dict[str, CheckResult], ConsumerBench]:
    made: list[Consumer] = []

    def drive(scenario):
        if not made:
            made.append(kind(bench.url, MORNING.date()))
        return made[0](scenario)

    with ConsumerBench(settings(), drive, lambda: MORNING) as bench:
        found = {one.check: one for one in run_checks(bench, load().all).results}
    for one in made:
        one.close()
    return found, bench


def test_a_good_consumer_passes_every_check() -> None:
    found, bench = judged(Consumer)
    assert red(found) == {}
    assert {name for name, one in found.items() if one.outcome is not Outcome.PASSED} == set()

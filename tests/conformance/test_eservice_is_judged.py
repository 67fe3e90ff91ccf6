"""Our own e-service is judged as anybody's: by the kit, over sockets, through its pages."""

from conformance.consumer.bench import ConsumerBench
from conformance.consumer.settings import ConsumerSettings
from conformance.consumer.suite import load
from conformance.model import Outcome
from conformance.run import run_checks
from tests.conformance.citizen import FULL, PLAIN, an_eservice
from tests.conformance.judging import a_test_person, red
from tests.people import DAN
from tests.serving import MORNING


def test_the_eservice_keeps_every_rule_that_binds_a_consumer(tmp_path) -> None:
    settings = ConsumerSettings(FULL, PLAIN, a_test_person(DAN), slow_seconds=0.05, settle_seconds=0.0)
    with (
        ConsumerBench(settings, lambda scenario: citizen(scenario), lambda: MORNING) as bench,
        an_eservice(bench.url, tmp_path) as citizen,
    ):
        found = {one.check: one for one in run_checks(bench, load().all).results}
    assert red(found) == {}
    assert {name: one.reason for name, one in found.items() if one.outcome is not Outcome.PASSED} == {}

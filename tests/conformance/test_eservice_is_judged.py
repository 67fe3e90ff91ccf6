"""Our own e-service is judged as anybody's: by the kit, over sockets, through its pages."""

from dataclasses import replace

from conformance.consumer.bench import ConsumerBench
from conformance.consumer.settings import ConsumerSettings
from conformance.consumer.suite import load
from conformance.model import CheckResult, Outcome
from conformance.run import run_checks
from eservice import committing
from tests.conformance.citizen import FULL, PLAIN, Citizen, an_eservice
from tests.conformance.judging import a_test_person, red
from tests.people import DAN
from tests.serving import MORNING


def judged(folder, *suites: str) -> dict[str, CheckResult]:
    citizens: list[Citizen] = []

    def drive(scenario):
        return citizens[0](scenario)

    settings = ConsumerSettings(FULL, PLAIN, a_test_person(DAN), slow_seconds=0.05, settle_seconds=0.0)
    with ConsumerBench(settings, drive, lambda: MORNING) as bench, an_eservice(bench.url, folder) as citizen:
        citizens.append(citizen)
        return {one.check: one for one in run_checks(bench, load().chosen(suites)).results}


def test_the_eservice_keeps_every_rule_that_binds_a_consumer(tmp_path) -> None:
    found = judged(tmp_path)
    assert red(found) == {}
    assert {name: one.reason for name, one in found.items() if one.outcome is not Outcome.PASSED} == {}


def test_an_eservice_that_forgets_the_id_of_a_free_time_is_told_of_it(tmp_path, monkeypatch) -> None:
    as_sent = committing.as_sent
    monkeypatch.setattr(committing, "as_sent", lambda *told: replace(as_sent(*told), booking_id=None))
    found = judged(tmp_path, "making")
    assert red(found) == {"making.id-of-the-free-time-goes-back": {"MB-3"}}

"""Our own gateway, as the real platform, keeps every row of the matrix (platform.md §24), by the kit's own set-up."""

from pathlib import Path

import pytest

from conformance.gateway.bench import GatewayBench
from conformance.gateway.gateways import GatewaySettings
from conformance.gateway.suite import load
from conformance.model import CheckResult, Outcome
from tests.conformance.gateways import LOG, TIDBRO, a_gateway_bench, a_setup, judged_gateway
from tests.conformance.judging import red
from tests.conformance.national_services import Neighbours

ROWS = [f"PV-{number}" for number in range(1, 71)]
OF_THE_LOG = {"log.pv-61-four-events", "log.pv-62-fault-events"}
"""Our log is a process's; a gateway in the process of the tests writes none."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CheckResult]:
    neighbours = Neighbours(tmp_path_factory.mktemp("gateway"))
    with a_gateway_bench(neighbours.folder) as bench:
        assert bench.gateway
        with neighbours.open() as index:
            assert index.refresh_subscribers()
            return judged_gateway(bench)


def test_nothing_is_red(results: dict[str, CheckResult]) -> None:
    assert red(results) == {}


def test_all_is_judged_but_for_the_log(results: dict[str, CheckResult]) -> None:
    assert {name for name, one in results.items() if one.outcome is Outcome.NOT_JUDGED} == OF_THE_LOG


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_a_check_that_its_name_tells(row: str) -> None:
    found = [one.id for one in load().all if row in one.rules]
    assert found
    assert all(f".{row.lower()}-" in name for name in found)


def test_started_by_the_set_ups_own_command_its_log_is_judged_too(tmp_path: Path) -> None:
    a_setup(tmp_path)
    with GatewayBench(GatewaySettings(tmp_path, start=TIDBRO, log=LOG)) as bench:
        results = judged_gateway(bench, "identity.pv-2-certificate-header", "identity.pv-1-https", "log")
    assert {one.outcome for one in results.values()} == {Outcome.PASSED}


def test_a_gateway_that_only_runs_is_judged_as_far_as_its_properties_go(tmp_path: Path) -> None:
    a_setup(tmp_path)
    with a_gateway_bench(tmp_path) as starting:
        urls = {"http": starting.gateway.http, "reset": starting.gateway.reset}
        running = starting.standing
    with a_gateway_bench(tmp_path, start="") as bench:
        assert bench.standing == running
        assert urls["http"].endswith("/vp")
        results = judged_gateway(bench, "identity.pv-5-peer-not-listed", "routing.pv-9-unknown-address")
    assert results["identity.pv-5-peer-not-listed"].outcome is Outcome.NOT_JUDGED
    assert "ip.whitelist=10.255.255." in results["identity.pv-5-peer-not-listed"].reason
    assert "identity.pv-2" in results["routing.pv-9-unknown-address"].reason


def test_a_start_command_that_leads_to_nothing_is_told_and_judges_nothing(tmp_path: Path) -> None:
    a_setup(tmp_path)
    with GatewayBench(GatewaySettings(tmp_path, start="false")) as bench:
        results = judged_gateway(bench, "routing")
    assert {one.outcome for one in results.values()} == {Outcome.NOT_JUDGED}
    assert "ended with code 1" in results["routing.pv-9-unknown-address"].reason

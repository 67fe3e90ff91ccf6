"""Judging our own gateway by the kit's own set-up: it is started by the command that the set-up's README tells."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from conformance.checks import Check
from conformance.gateway import setup
from conformance.gateway.bench import GatewayBench, GatewaySettings
from conformance.gateway.setup import Setup
from conformance.gateway.suite import load
from conformance.model import CheckResult
from conformance.run import run_checks
from contracts.times import SWEDEN
from tests.conformance.judging import a_test_person
from tests.people import ANNA

TIDBRO = (
    f"{sys.executable} -m tidbro.cli gateway --properties {{dir}}/gateway.properties --data {{dir}}/work"
    " --set compatibility=skltp --set tls_file={dir}/tls.toml"
    " --tls-certificate {shared}/certificates/listener.crt --tls-key {shared}/certificates/listener.key"
    " --tls-client-ca {shared}/certificates/authority.pem"
)
LOG = "{dir}/work/ecs.jsonl"


def a_setup(folder: Path, **changes: str) -> Setup:
    """A set-up written into a folder, at free ports."""
    made = Setup(**changes)  # type: ignore[arg-type]
    setup.write(folder, made, datetime.now(SWEDEN).date())
    return made


@contextmanager
def a_gateway_bench(folder: Path, start: str = TIDBRO, **changes: object) -> Iterator[GatewayBench]:
    """A bench on our own gateway, which the kit starts, unless `start` is empty."""
    given = {"start": start, "log": LOG, "persons": (a_test_person(ANNA),), **changes}
    with GatewayBench(GatewaySettings(folder, **given)) as bench:  # type: ignore[arg-type]
        yield bench


def judged_gateway(bench: GatewayBench, *names: str) -> Mapping[str, CheckResult]:
    """What came of the checks or suites named, of all for none, by the checks' ids."""
    return {one.check: one for one in run_checks(bench, chosen_gateway(*names)).results}


def chosen_gateway(*names: str) -> list[Check]:
    found = [one for one in load().all if not names or one.id in names or one.suite in names]
    assert found, names
    return found

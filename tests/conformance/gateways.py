"""Judging our own gateway by the kit's own set-up: started by the command that the set-up's README tells, as a process,
or in the process of the tests, which is sooner there."""

import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from conformance.checks import Check
from conformance.gateway import setup
from conformance.gateway.bench import GatewayBench
from conformance.gateway.gateways import GatewaySettings
from conformance.gateway.setup import Setup
from conformance.gateway.suite import load
from conformance.model import CheckResult
from conformance.run import run_checks
from contracts.times import SWEDEN, system_clock
from tests.conformance.judging import a_test_person
from tests.people import ANNA
from tests.tidbro.starting import running
from tidbro.cli import _parser
from tidbro.gateway_command import settings_of

TIDBRO = (
    f"{sys.executable} -m tidbro.cli gateway --properties {{dir}}/gateway.properties --data {{dir}}/data"
    " --set compatibility=skltp --set tls_file={dir}/tls.toml"
    " --tls-certificate {shared}/certificates/listener.crt --tls-key {shared}/certificates/listener.key"
    " --tls-client-ca {shared}/certificates/authority.pem"
)
LOG = "{dir}/data/ecs.jsonl"


class InProcess:
    """What the start command would start, in a thread. Its log events are not written."""

    def __init__(self, command: str, places: Mapping[str, str], host: str, port: int, seconds: float) -> None:
        words = shlex.split(command)
        for name, value in places.items():
            words = [word.replace(f"{{{name}}}", value) for word in words]
        settings, _ = settings_of(_parser().parse_args(words[words.index("gateway") :]))
        self._stack = ExitStack()
        self._stack.enter_context(running(settings, system_clock, is_gateway_alone=True))

    def stop(self) -> None:
        self._stack.close()


def a_setup(folder: Path, **changes: str) -> Setup:
    """A set-up written into a folder, at free ports."""
    made = Setup(**changes)  # type: ignore[arg-type]
    setup.write(folder, made, datetime.now(SWEDEN).date())
    return made


@contextmanager
def a_gateway_bench(folder: Path, start: str = TIDBRO, **changes: object) -> Iterator[GatewayBench]:
    """A bench on our own gateway, which the kit starts in this process."""
    settings = GatewaySettings(folder, start=start, persons=(a_test_person(ANNA),), **changes)  # type: ignore[arg-type]
    with GatewayBench(settings, starter=InProcess) as bench:
        yield bench


def judged_gateway(bench: GatewayBench, *names: str) -> dict[str, CheckResult]:
    """What came of the checks or suites named, of all for none, by the checks' ids."""
    return {one.check: one for one in run_checks(bench, chosen_gateway(*names)).results}


def chosen_gateway(*names: str) -> list[Check]:
    found = [one for one in load().all if not names or one.id in names or one.suite in names]
    assert found, names
    return found

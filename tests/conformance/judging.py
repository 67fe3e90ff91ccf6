"""Running suites on the demo region, whole or twisted: what a test of the kit builds on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from conformance.carrier import Bounds, Carrier
from conformance.checks import Check
from conformance.model import CheckResult, Outcome
from conformance.people import TestPerson
from conformance.producer.bench import ProducerBench
from conformance.producer.settings import ProducerSettings
from conformance.producer.suite import load
from conformance.run import run_checks
from contracts.identifiers import HsaId
from tests.conformance.twisting import Twist, twisted
from tests.people import ANNA, BERTIL, DAN, ELIN, GRETA, KARIN, LARS, SAMIR, Person
from tests.serving import Served

PATH = "/vp/crm/scheduling/{interaction}/1/rivtabp21"
TIMEBOOK = "SE2321009991-2B02"
"""Provtagningen Norra, a clinic of the timebook."""
TAKECARE = "SE2321009991-1A01"
"""Björkdalens vårdcentral, a clinic of the TakeCare-like system."""
REASON = "Ont i halsen"
PINGED_AT = {TIMEBOOK: HsaId("SE2321009991-FT01"), TAKECARE: HsaId("SE2321009991-TC01")}
"""The logical addresses at which the demo's two systems are pinged."""


def a_test_person(person: Person) -> TestPerson:
    return TestPerson(person.number, person.first_name, person.last_name)


ADULTS = tuple(map(a_test_person, (DAN, LARS, KARIN, BERTIL, ANNA, SAMIR, GRETA, ELIN)))


@contextmanager
def a_bench(
    region: Served, clinic: str = TIMEBOOK, twist: Twist | None = None, bounds: Bounds | None = None, **changes: object
) -> Iterator[ProducerBench]:
    """A bench on a clinic of the demo region, behind `twist` when there is one."""
    given: dict[str, object] = {
        "reason": REASON,
        "weeks": 2,
        "ping_logical_address": PINGED_AT.get(clinic),
        **changes,
    }
    with twisted(region.url, twist or Twist()) as url, Carrier(bounds) as carrier:
        persons = given.pop("persons", ADULTS)
        settings = ProducerSettings(url + PATH, HsaId(clinic), persons, **given)  # type: ignore[arg-type]
        yield ProducerBench(settings, carrier, region.clock)


def judged(bench: ProducerBench, *suites_or_checks: str) -> dict[str, CheckResult]:
    """What came of the checks or suites named, of all for none, by the checks' ids."""
    return {one.check: one for one in run_checks(bench, chosen(*suites_or_checks)).results}


def chosen(*names: str) -> Sequence[Check]:
    found = [one for one in load().all if not names or one.id in names or one.suite in names]
    assert found, names
    return found


def red(results: dict[str, CheckResult]) -> dict[str, set[str]]:
    """The rules that were found broken, by the check that found it. A check that broke counts too."""
    bad = (Outcome.FAILED, Outcome.WARNED, Outcome.BROKEN)
    return {
        name: {finding.rule for finding in one.findings} or {one.reason}
        for name, one in results.items()
        if one.outcome in bad
    }

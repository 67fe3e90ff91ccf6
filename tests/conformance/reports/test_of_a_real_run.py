"""A run against the demo region that converts times, told in every form."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from conformance.model import Outcome, RunResult
from conformance.reports.excerpts import Messages
from conformance.reports.html import to_html
from conformance.reports.json_report import from_json, to_json
from conformance.reports.junit import to_junit
from conformance.reports.terminal import summary
from conformance.run import run_checks
from tests.conformance.judging import TIMEBOOK, a_bench, chosen
from tests.conformance.twisting import Replacing
from tests.serving import Served

CHECK = "booking.time-stays-as-it-was-listed"


@pytest.fixture(scope="module")
def result(region: Served) -> Iterator[RunResult]:
    twist = Replacing(r"(TimeInclusive>\d{8})\d\d", r"\g<1>05", "GetSubjectOfCareSchedule")
    with a_bench(region, TIMEBOOK, twist) as bench:
        started = datetime.now().astimezone()
        carried = run_checks(bench, chosen(CHECK))
        yield RunResult(
            "0.1.0", "producer", bench.settings.address, TIMEBOOK, ("booking",), started, datetime.now().astimezone(),
            carried.results, bench.evidence.exchanges, carried.left_behind, (), carried.interrupted, "",
            tuple(person.number for person in bench.settings.persons),
        )  # fmt: skip


def test_the_lit_line_is_the_one_that_was_moved(result: RunResult) -> None:
    (failed,) = result.failed
    found = Messages(result).excerpt(failed.findings[0])
    assert found is not None
    (lit,) = (line.text for line in found.lines if line.is_lit)
    assert lit.strip().startswith("<core:startTimeInclusive>")
    for told in (summary(result), to_junit(result).decode()):
        assert "startTimeInclusive" in next(
            line for line in told.splitlines() if line.lstrip().startswith(("> ", "&gt; "))
        )
    assert "▶" in to_html(result)


def test_it_comes_back_from_json_as_it_was(result: RunResult) -> None:
    assert from_json(to_json(result)) == result
    assert result.count(Outcome.FAILED) == 1

"""Two runs: what is worse, what is mended."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from conformance.model import CheckResult, Outcome, RunResult
from conformance.reports.compare import Comparison, compare, in_words, to_json
from tests.conformance.reports import strategies
from tests.conformance.reports.results import STARTED, a_check, a_failure, a_finding, a_result, with_three_failures

LISTS = ("newly_red", "newly_warned", "no_longer_judged", "still_red", "mended", "new_checks")


def of(outcome: Outcome | None) -> tuple[CheckResult, ...]:
    if outcome is None:
        return ()
    findings = (a_finding(),) if outcome in (Outcome.FAILED, Outcome.WARNED) else ()
    return (a_check("a.b", outcome, *findings),)


def lists_with_something(found: Comparison) -> list[str]:
    return [name for name in LISTS if getattr(found, name)]


@pytest.mark.parametrize(
    ("before", "now", "name", "is_worse"),
    [
        (Outcome.PASSED, Outcome.FAILED, "newly_red", True),
        (Outcome.PASSED, Outcome.BROKEN, "newly_red", True),
        (Outcome.WARNED, Outcome.FAILED, "newly_red", True),
        (Outcome.NOT_JUDGED, Outcome.FAILED, "newly_red", True),
        (None, Outcome.FAILED, "newly_red", True),
        (Outcome.PASSED, Outcome.WARNED, "newly_warned", True),
        (Outcome.PASSED, Outcome.NOT_JUDGED, "no_longer_judged", True),
        (Outcome.FAILED, Outcome.NOT_JUDGED, "no_longer_judged", True),
        (Outcome.PASSED, None, "no_longer_judged", True),
        (Outcome.FAILED, Outcome.FAILED, "still_red", False),
        (Outcome.FAILED, Outcome.PASSED, "mended", False),
        (Outcome.FAILED, Outcome.WARNED, "mended", False),
        (Outcome.WARNED, Outcome.PASSED, "mended", False),
        (None, Outcome.PASSED, "new_checks", False),
        (None, Outcome.WARNED, "new_checks", False),
        (Outcome.NOT_JUDGED, Outcome.PASSED, None, False),
        (Outcome.PASSED, Outcome.PASSED, None, False),
        (Outcome.WARNED, Outcome.WARNED, None, False),
        (Outcome.NOT_JUDGED, None, None, False),
        (None, Outcome.NOT_JUDGED, None, False),
    ],
)
def test_what_became_of_a_check(before: Outcome | None, now: Outcome | None, name: str | None, is_worse: bool) -> None:
    found = compare(a_result(*of(before), suites=()), a_result(*of(now), suites=()))
    assert lists_with_something(found) == ([name] if name else [])
    assert found.is_worse is is_worse
    assert found.exit_code == int(is_worse)
    assert found.remarks == ()


def test_a_red_check_that_breaks_another_rule_too_is_worse() -> None:
    before = a_result(a_failure("a.b", a_finding(rule="G-4")))
    now = a_result(a_failure("a.b", a_finding(rule="G-4"), a_finding(rule="G-7")))
    found = compare(before, now)
    assert found.is_worse
    assert in_words(found) == "1 check still red:\n  a.b; rules G-4, G-7; new among them G-7\nSomething is worse.\n"
    assert not compare(now, before).is_worse


def test_a_run_is_no_worse_than_itself() -> None:
    found = compare(with_three_failures(), with_three_failures())
    assert lists_with_something(found) == ["still_red"]
    assert found.exit_code == 0


def test_in_words() -> None:
    before = a_result(a_check("a.a"), a_check("a.b", Outcome.PASSED), a_failure("a.c"))
    now = a_result(
        a_failure("a.a"), a_check("a.b", Outcome.NOT_JUDGED), a_check("a.c"), a_check("a.d"), target="http://other/"
    )
    assert in_words(compare(before, now)) == (
        "The runs differ in their target: http://127.0.0.1:8080/vp/{interaction} before, http://other/ now.\n"
        "\n"
        "1 check newly red:\n  a.a: passed, now failed; rules CB-1\n"
        "1 check no longer judged:\n  a.b: passed, now not judged; Nothing is booked.\n"
        "1 check mended:\n  a.c: failed, now passed\n"
        "1 check new:\n  a.d: not in the earlier run, now passed\n"
        "Something is worse.\n"
    )


def test_what_makes_runs_hard_to_compare_is_told() -> None:
    before = a_result(a_check("a.b"), started=STARTED + timedelta(days=1))
    now = replace(a_result(a_check("a.b")), kit="0.2.0", suites=("a", "c"), interrupted=True)
    assert [one.split(":")[0] for one in compare(before, now).remarks] == [
        "The runs differ in their kit",
        "The runs differ in their suites",
        "The later run was stopped before its end.",
        "The run given as the later one began earlier",
    ]


def test_as_json() -> None:
    told = json.loads(to_json(compare(a_result(a_check("a.b")), a_result(a_failure("a.b")))))
    assert told["worse"] is True
    assert told["newly_red"] == [
        {
            "check": "a.b",
            "title": "The answer's code is one of the three",
            "before": "passed",
            "now": "failed",
            "rules": ["CB-1"],
            "new_rules": ["CB-1"],
            "reason": "",
        }
    ]
    assert {name for name in LISTS if told[name]} == {"newly_red"}


@strategies.of_results
@given(strategies.results, strategies.results)
def test_any_two_runs_can_be_compared(before: RunResult, now: RunResult) -> None:
    found = compare(before, now)
    in_words(found).encode()
    assert json.loads(to_json(found))["worse"] is found.is_worse
    told = [one.check for name in LISTS for one in getattr(found, name)]
    assert len(told) == len(set(told))

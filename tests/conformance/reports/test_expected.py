"""What is known to fail: the file, and a run held against it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.model import Outcome, RunResult
from conformance.reports.expected import Expected, ExpectedUnreadable, against, first_file, in_words, read_expected
from conformance.reports.hiding import hidden
from tests.conformance.reports import strategies
from tests.conformance.reports.results import a_check, a_failure, a_finding, a_result, with_three_failures
from tests.people import DAN

FILE = """\
version = 1

[expected]
"booking.is-quick" = { outcome = "failed", reason = "TB-7: the new server comes in March" }
"cancelling.twice" = { outcome = "failed", reason = " TB-8 " }
"""
RED = ("cancelling.code-is-known", "cancelling.twice", "booking.is-quick")
REASONS = dict.fromkeys(RED, "TB-7")


def found_by(result: RunResult, *checks: str):
    return against(result, Expected(dict.fromkeys(checks, "TB-7")))


def test_a_file_is_read() -> None:
    assert read_expected(FILE) == Expected(
        {"booking.is-quick": "TB-7: the new server comes in March", "cancelling.twice": "TB-8"}
    )
    assert read_expected("version = 1") == Expected({})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "version"),
        ("version = 2", "version"),
        ("version = true", "version"),
        ("= 1", "no TOML"),
        ("version = 1\nexpectd = 1", "expectd"),
        ("version = 1\nexpected = 1", "table"),
        ('version = 1\n[expected]\n"a.b" = "failed"', "a.b: an entry"),
        ('version = 1\n[expected]\n"a.b" = { outcome = "failed" }', "a.b: say why"),
        ('version = 1\n[expected]\n"a.b" = { outcome = "failed", reason = "  " }', "a.b: say why"),
        ('version = 1\n[expected]\n"a.b" = { outcome = "failed", reason = 7 }', "a.b: say why"),
        ('version = 1\n[expected]\n"a.b" = { outcome = "passed", reason = "x" }', "a.b: the only outcome"),
        ('version = 1\n[expected]\n"a.b" = { outcome = "failed", reason = "x", until = 1 }', "a.b: an entry"),
        ('version = 1\n[expected]\na.b = { outcome = "failed", reason = "x" }', "a: an entry"),
    ],
)
def test_a_file_that_says_too_little_is_refused_with_the_entry_that_does(text: str, says: str) -> None:
    with pytest.raises(ExpectedUnreadable, match=says):
        read_expected(text)


def test_a_run_that_fails_as_expected_is_as_expected() -> None:
    result = a_result(a_check("a.a"), a_failure("a.b"))
    found = found_by(result, "a.b")
    assert found.is_as_expected
    assert found.exit_code == 0
    assert found.known == ("a.b",)
    assert in_words(found) == "1 check failed as expected:\n  a.b: TB-7\nAll is as expected.\n"


def test_a_failure_that_no_entry_names_is_an_error() -> None:
    found = found_by(a_result(a_failure("a.a"), a_failure("a.b")), "a.b")
    assert [one.check for one in found.unexpected] == ["a.a"]
    assert found.exit_code == 1
    assert "1 check failed, and no entry expects it:\n  a.a (CB-1)\n" in in_words(found)


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.WARNED])
def test_an_entry_whose_check_does_not_fail_is_an_error(outcome: Outcome) -> None:
    found = found_by(a_result(a_check("a.a"), a_check("a.b", outcome)), "a.b")
    assert found.mended == ("a.b",)
    assert found.exit_code == 1


def test_an_entry_that_names_no_check_is_an_error_where_its_suite_was_run() -> None:
    result = a_result(a_check("a.a"))
    assert found_by(result, "a.gone").gone == ("a.gone",)
    assert found_by(result, "a.gone").exit_code == 1
    assert found_by(result, "other.check").exit_code == 0


def test_an_entry_whose_check_was_not_judged_is_told_and_no_error() -> None:
    found = found_by(a_result(a_check("a.a"), a_check("a.b", Outcome.NOT_JUDGED)), "a.b")
    assert found.unjudged == ("a.b",)
    assert found.exit_code == 0
    assert "1 check expected to fail, and could not be judged this time:\n  a.b: TB-7\n" in in_words(found)


def test_a_check_that_the_kit_broke_in_is_never_expected() -> None:
    found = found_by(a_result(a_check("a.a"), a_check("a.b", Outcome.BROKEN)), "a.b")
    assert [one.check for one in found.unexpected] == ["a.b"]


@pytest.mark.parametrize(
    "result",
    [
        a_result(),
        a_result(a_check("a.a", Outcome.NOT_JUDGED)),
        a_result(a_check("a.a"), interrupted=True),
        a_result(a_failure("a.a"), interrupted=True),
    ],
)
def test_a_run_that_proves_nothing_is_never_as_expected(result: RunResult) -> None:
    found = found_by(result, *(one.check for one in result.failed))
    assert found.no_verdict
    assert found.exit_code == 1


def test_the_first_file_names_what_failed_and_waits_for_reasons() -> None:
    text = first_file(with_three_failures())
    assert "# CB-1: resultCode is JA, which is none of OK, INFO and ERROR.\n" in text
    with pytest.raises(ExpectedUnreadable, match=r"cancelling\.code-is-known: say why"):
        read_expected(text)
    assert read_expected(text.replace('reason = ""', 'reason = "TB-7"')) == Expected(REASONS)


def test_the_first_file_tells_nobodys_number() -> None:
    assert DAN.number not in first_file(a_result(a_failure("a.b", a_finding(sentence=f"Told {DAN.number}."))))


@strategies.of_results
@given(strategies.results, st.text().filter(str.strip))
def test_the_first_file_of_any_run_can_be_read(result: RunResult, reason: str) -> None:
    read = read_expected(first_file(result, f"TB-7 {reason}"))
    assert len(read.reasons) <= len(hidden(result).failed)


@given(st.text())
def test_any_file_is_read_or_our_error(text: str) -> None:
    with pytest.raises(ExpectedUnreadable):
        read_expected(text)

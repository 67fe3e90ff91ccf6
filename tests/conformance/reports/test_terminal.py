"""A run in a terminal: lines while it runs, a summary after."""

import io
import re

import pytest
from hypothesis import given

from conformance.checks import Check
from conformance.exchange import HttpMessage
from conformance.model import Outcome, RunResult
from conformance.reports.terminal import WIDTH, ProgressLines, summary, wants_colours
from conformance.requirements import requirements
from tests.conformance.reports import strategies
from tests.conformance.reports.results import (
    HEADERS,
    a_check,
    a_failure,
    a_finding,
    a_result,
    an_exchange,
    with_many_failures,
    with_no_failure,
    with_three_failures,
)

COLOURS = re.compile(r"\033\[[0-9;]+m")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progressed(stream: io.StringIO, environment: dict[str, str]) -> str:
    progress = ProgressLines(stream, 12, environment)
    for outcome in (Outcome.PASSED, Outcome.FAILED):
        check = Check("basics.a", "producer", ("IMP-1",), "A", lambda bench: ())
        progress(check, None)
        progress(check, a_check("basics.a", outcome))
    return stream.getvalue()


def test_each_check_that_is_done_has_a_line() -> None:
    assert progressed(io.StringIO(), {}) == " 1/12 ok         basics.a\n 2/12 FAILED     basics.a\n"


def test_on_a_terminal_the_check_under_way_is_shown_until_it_is_done() -> None:
    told = progressed(Terminal(), {"NO_COLOR": "1"})
    assert told == (
        "\r\033[K 1/12 …          basics.a\r\033[K 1/12 ok         basics.a\n"
        "\r\033[K 2/12 …          basics.a\r\033[K 2/12 FAILED     basics.a\n"
    )


@pytest.mark.parametrize(
    ("stream", "environment", "wanted"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colours_are_for_terminals_whose_owner_wants_them(stream, environment, wanted: bool) -> None:
    assert wants_colours(stream, environment) is wanted
    assert bool(COLOURS.search(progressed(stream, environment))) is wanted


def test_a_failure_is_told_with_its_rule_what_was_seen_the_line_and_the_change() -> None:
    told = summary(a_result(a_failure("cancelling.code", a_finding(rule="G-99"))))
    text = """\
FAILED  cancelling.code
  The answer's code is one of the three

  Rule G-99 (must): This kit's list of rules does not have this one.
    Seen:   resultCode is JA, which is none of OK, INFO and ERROR.
    At:     exchange 1, CancelBooking, answer, line 4 (The booking is
            cancelled.)
      1 | <e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">
      2 |   <e:Body>
      3 |     <CancelBookingResponse xmlns="urn:riv:crm:scheduling:CancelBookin…
    > 4 |       <resultCode>JA</resultCode>
      5 |       <resultText>Tiden är avbokad</resultText>
      6 |     </CancelBookingResponse>
      7 |   </e:Body>
    Change: Answer OK, INFO or ERROR.
"""
    assert text in told


def test_a_rule_is_told_with_its_level_source_and_sentence() -> None:
    known = requirements()["IMP-1"]
    told = " ".join(summary(a_result(a_failure("a.b", a_finding(rule="IMP-1")))).split())
    assert f"Rule IMP-1 ({known.level}, {known.source}): {known.text}" in told


def test_the_last_line_is_the_verdict() -> None:
    assert summary(with_three_failures()).splitlines()[-1] == "Not passed: 3 of 5 judged checks failed."
    assert summary(with_no_failure()).splitlines()[-2:] == [
        "Passed: no rule that must be kept was seen broken in 2 judged checks; 1 check",
        "could not be judged.",
    ]


def test_what_is_left_behind_what_was_not_judged_and_notes_are_told() -> None:
    told = summary(with_three_failures())
    assert "Left behind at the target:\n  - The booking 4711, 20261214081000, still stands" in told
    assert "Not judged:\n  - Nothing is booked.\n    1 check: duel.one-wins\n" in told
    assert "Notes:\n  - The wsdl suite was left out.\n" in told
    assert "7 checks: 1 passed, 3 failed, 1 warned, 1 not judged, 1 broken.\n" in told


def test_after_the_first_twenty_red_checks_a_line_each() -> None:
    told = summary(with_many_failures(300))
    assert told.count("Seen:") == 20
    assert "280 more checks, told whole in the other forms of report:" in told
    assert told.count("FAILED  ") == 300


def test_without_colours_nothing_commands_the_terminal() -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\x9b31m \u202eevil\u202c \r\n"
    message = HttpMessage(HEADERS, f"\x1b[1A{hostile}".encode(), 200)
    told = summary(
        a_result(
            a_failure("a.b", a_finding(sentence=hostile, line=1)),
            exchanges=(an_exchange(answer=message, purpose=hostile, interaction=hostile),),
            target=hostile,
            notes=(hostile,),
        )
    )
    assert "[U+001B]]0;owned[U+0007]" in told
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", told)


@pytest.mark.parametrize("result", [with_three_failures(), with_many_failures(), with_no_failure(), a_result()])
def test_colours_only_add(result: RunResult) -> None:
    coloured = summary(result, colours=True)
    assert COLOURS.search(coloured)
    assert COLOURS.sub("", coloured) == summary(result)


@strategies.of_results
@given(strategies.results)
def test_whatever_was_said_no_line_is_wider_than_a_terminal(result: RunResult) -> None:
    told = summary(result)
    assert max(map(len, told.split("\n"))) <= WIDTH
    told.encode("utf-8")

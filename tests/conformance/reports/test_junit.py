"""A run as JUnit XML, exactly."""

from hypothesis import given

from conformance.model import Outcome, RunResult
from conformance.reports.expected import Expected
from conformance.reports.junit import to_junit
from contracts import xml
from tests.conformance.reports import strategies
from tests.conformance.reports.results import (
    a_check,
    a_failure,
    a_finding,
    a_result,
    with_many_failures,
    with_three_failures,
)

EXACT = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="Tidbro conformance: producer http://127.0.0.1:8080/vp/{interaction}" tests="3" failures="1" errors="0" skipped="1" time="12.500">
  <testsuite name="basics" timestamp="2026-11-24T07:30:00" tests="1" failures="0" errors="0" skipped="0" time="0.000">
    <properties>
      <property name="kit" value="0.1.0"/>
      <property name="role" value="producer"/>
      <property name="target" value="http://127.0.0.1:8080/vp/{interaction}"/>
      <property name="facility" value="SE2321009991-2B02"/>
      <property name="verdict" value="Not passed: 1 of 2 judged checks failed."/>
    </properties>
    <testcase classname="producer.basics" name="basics.is-answered" time="0.000">
      <system-out>The answer's code is one of the three.
G-99 (must): This kit's list of rules does not have this one.</system-out>
    </testcase>
  </testsuite>
  <testsuite name="cancelling" timestamp="2026-11-24T07:30:00" tests="2" failures="1" errors="0" skipped="1" time="0.250">
    <properties>
      <property name="kit" value="0.1.0"/>
      <property name="role" value="producer"/>
      <property name="target" value="http://127.0.0.1:8080/vp/{interaction}"/>
      <property name="facility" value="SE2321009991-2B02"/>
      <property name="verdict" value="Not passed: 1 of 2 judged checks failed."/>
    </properties>
    <testcase classname="producer.cancelling" name="cancelling.code-is-known" time="0.250">
      <failure message="G-99: resultCode is JA, which is none of OK, INFO and ERROR." type="failed">G-99: resultCode is JA, which is none of OK, INFO and ERROR.
Change: Answer OK, INFO or ERROR.
At: exchange 1, CancelBooking, answer, line 4
     1 | &lt;e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"&gt;
     2 |   &lt;e:Body&gt;
     3 |     &lt;CancelBookingResponse xmlns="urn:riv:crm:scheduling:CancelBookingResponder:1"&gt;
&gt;    4 |       &lt;resultCode&gt;JA&lt;/resultCode&gt;
     5 |       &lt;resultText&gt;Tiden är avbokad&lt;/resultText&gt;
     6 |     &lt;/CancelBookingResponse&gt;
     7 |   &lt;/e:Body&gt;</failure>
      <system-out>The answer's code is one of the three.
G-99 (must): This kit's list of rules does not have this one.</system-out>
    </testcase>
    <testcase classname="producer.cancelling" name="cancelling.twice" time="0.000">
      <skipped message="Nothing is booked."/>
      <system-out>The answer's code is one of the three.
G-99 (must): This kit's list of rules does not have this one.</system-out>
    </testcase>
  </testsuite>
</testsuites>
"""


def case_of(result: RunResult, check: str, expected: Expected | None = None) -> xml.Element:
    (case,) = xml.parse(to_junit(result, expected)).xpath("//testcase[@name=$check]", check=check)
    return case


def told(case: xml.Element) -> list[str]:
    return [str(child.tag) for child in case]


def test_the_document_is_exactly_this() -> None:
    unknown = {"rules": ("G-99",)}
    result = a_result(
        a_check("basics.is-answered", **unknown),
        a_failure("cancelling.code-is-known", a_finding(rule="G-99"), **unknown),
        a_check("cancelling.twice", Outcome.NOT_JUDGED, **unknown),
    )
    assert to_junit(result).decode() == EXACT


def test_every_outcome_has_its_element() -> None:
    result = with_three_failures()
    assert told(case_of(result, "basics.is-answered")) == ["system-out"]
    assert told(case_of(result, "cancelling.code-is-known")) == ["failure", "system-out"]
    assert told(case_of(result, "duel.one-wins")) == ["skipped", "system-out"]
    assert told(case_of(result, "duel.none-is-lost")) == ["error", "system-out"]
    assert told(case_of(result, "booking.says-why")) == ["system-out"]
    assert "resultCode is JA" in (case_of(result, "booking.says-why").findtext("system-out") or "")


def test_the_counts_are_those_of_the_suites_and_of_all() -> None:
    root = xml.parse(to_junit(with_three_failures()))
    assert [root.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["7", "3", "1", "1"]
    booking = root.find("testsuite[@name='booking']")
    assert [booking.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["2", "1", "0", "0"]
    assert to_junit(with_many_failures()).count(b"<failure") == 300


def test_what_is_expected_to_fail_is_skipped_with_its_reason() -> None:
    case = case_of(with_three_failures(), "cancelling.twice", Expected({"cancelling.twice": "TB-7: next week"}))
    assert told(case) == ["skipped", "system-out"]
    assert case.find("skipped").get("message") == "Expected to fail: TB-7: next week"
    assert "resultCode is JA" in (case.findtext("system-out") or "")


def test_what_is_expected_to_fail_and_passes_is_a_failure() -> None:
    case = case_of(with_three_failures(), "basics.is-answered", Expected({"basics.is-answered": "TB-7"}))
    assert told(case) == ["failure", "system-out"]


@strategies.of_results
@given(strategies.results)
def test_whatever_was_said_the_document_is_well_formed(result: RunResult) -> None:
    root = xml.parse(to_junit(result))
    assert len(root.xpath("//testcase")) == len(result.results)

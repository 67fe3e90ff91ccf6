"""Results to report on: with none, some and very many failures, with real messages and with hostile ones."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from conformance.exchange import Exchange, Failure, HttpMessage
from conformance.model import CheckResult, Finding, Outcome, RunResult
from tests.people import ANNA, BERTIL

STARTED = datetime(2026, 11, 24, 7, 30, tzinfo=timezone(timedelta(hours=1)))
HEADERS = {"content-type": "text/xml; charset=UTF-8"}
REQUEST = b"<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><Ask/></e:Body></e:Envelope>"
ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">
  <e:Body>
    <CancelBookingResponse xmlns="urn:riv:crm:scheduling:CancelBookingResponder:1">
      <resultCode>JA</resultCode>
      <resultText>Tiden är avbokad</resultText>
    </CancelBookingResponse>
  </e:Body>
</e:Envelope>
"""
LINE_OF_THE_CODE = 4
"""In the message as it is shown: the declaration is no line of it."""


def an_exchange(number: int = 1, **changes: object) -> Exchange:
    exchange = Exchange(
        number, "cancelling.code-is-known", "The booking is cancelled.", "CancelBooking",
        "http://127.0.0.1:8080/vp/CancelBooking", HttpMessage(HEADERS, REQUEST),
        HttpMessage(HEADERS, ANSWER.encode(), 200), None, 0.25,
    )  # fmt: skip
    return replace(exchange, **changes)


def a_finding(**changes: object) -> Finding:
    sentence = "resultCode is JA, which is none of OK, INFO and ERROR."
    return replace(Finding("CB-1", sentence, "Answer OK, INFO or ERROR.", 1, "answer", LINE_OF_THE_CODE), **changes)


def a_check(
    check: str = "cancelling.code-is-known", outcome: Outcome = Outcome.PASSED, *findings: Finding, **changes: object
) -> CheckResult:
    title = "The answer's code is one of the three"
    reason = "Nothing is booked." if outcome is Outcome.NOT_JUDGED else ""
    made = CheckResult(check, check.partition(".")[0], title, ("CB-1",), outcome, findings, reason)
    return replace(made, **changes)


def a_failure(check: str = "cancelling.code-is-known", *findings: Finding, **changes: object) -> CheckResult:
    return a_check(check, Outcome.FAILED, *(findings or (a_finding(),)), **{"exchanges": (1,), **changes})


def a_result(*results: CheckResult, **changes: object) -> RunResult:
    result = RunResult(
        kit="0.1.0",
        role="producer",
        target="http://127.0.0.1:8080/vp/{interaction}",
        facility="SE2321009991-2B02",
        suites=tuple(dict.fromkeys(one.suite for one in results)),
        started=STARTED,
        ended=STARTED + timedelta(seconds=12.5),
        results=results,
        exchanges=(an_exchange(),),
        persons=(ANNA.number, BERTIL.number),
    )
    return replace(result, **changes)


def with_no_failure() -> RunResult:
    return a_result(
        a_check("basics.is-answered"), a_check("cancelling.code-is-known"), a_check("duel.one-wins", Outcome.NOT_JUDGED)
    )


def with_three_failures() -> RunResult:
    """Every outcome, a finding without an exchange, one without a line, one whose exchange failed."""
    late = Failure("late", "No whole answer within 30 seconds.")
    return a_result(
        a_check("basics.is-answered"),
        a_failure(),
        a_failure("cancelling.twice", a_finding(line=None), a_finding(rule="G-99", exchange=None, line=None)),
        a_failure("booking.is-quick", a_finding(rule="NF-1", exchange=2, line=None), exchanges=(1, 2)),
        a_check("booking.says-why", Outcome.WARNED, a_finding(line=5), exchanges=(1,)),
        a_check("duel.one-wins", Outcome.NOT_JUDGED),
        a_check("duel.none-is-lost", Outcome.BROKEN, reason="The kit itself failed in this check: KeyError in a.py."),
        exchanges=(an_exchange(), an_exchange(2, answer=None, failure=late, seconds=30.0)),
        left_behind=("The booking 4711, 20261214081000, still stands: cancelling it gave HTTP 500.",),
        notes=("The wsdl suite was left out.",),
    )


def with_many_failures(number: int = 300) -> RunResult:
    """Each with a message of its own, the way a target looks that keeps nothing."""
    suites = ("basics", "booking", "moving", "cancelling", "messages")
    failures = tuple(
        a_failure(f"{suites[at * len(suites) // number]}.rule-{at}", a_finding(exchange=at + 1), exchanges=(at + 1,))
        for at in range(number)
    )
    return a_result(*failures, exchanges=tuple(an_exchange(at + 1) for at in range(number)))

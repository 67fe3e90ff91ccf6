"""What the producer answered, and what the consumer gets of it (rows 31–35, 39, 40).

Source: platform.md §13, §24. Elsewhere: producers that do not answer (failures.py).
"""

from conformance.checks import Findings
from conformance.gateway import rows
from conformance.gateway.bench import GatewayBench
from conformance.gateway.expecting import refused
from conformance.gateway.producers import replies
from conformance.gateway.reply import Reply
from conformance.gateway.suite import SUITES
from conformance.model import Finding

_TIME = "x-skltp-prt"
_STATUS = "VP_PRODUCER_EXCEPTION_HTTP_STATUS="
_AS_BYTES = "Pass what a producer answers on as bytes, whatever it is."


def _passed(bench: GatewayBench, reply: Reply, rule: str, status: int, body: bytes, what: str) -> list[Finding]:
    """What is wrong with an answer that must be passed on as it is."""
    if reply.status != status:
        sentence = f"{what} must be passed on with HTTP {status}; the consumer got {reply.in_words}."
        return [bench.finding(rule, sentence, f"Pass it on with HTTP {status}.", reply, reply.fault_at)]
    if reply.body != body:
        return [bench.finding(rule, f"{what} was changed on its way back to the consumer.", _AS_BYTES, reply)]
    return []


@SUITES.check("outcomes.pv-31-fault-with-200", rules=("PV-31",), title="A SOAP fault that came with HTTP 200 stays so")
def fault_with_200(bench: GatewayBench) -> Findings:
    reply = bench.call("The producer answers HTTP 200 with a SOAP fault.", None, replies("200 OK", rows.A_FAULT))
    yield from _passed(bench, reply, "PV-31", 200, rows.A_FAULT, "A fault that the producer sent with HTTP 200")


@SUITES.check(
    "outcomes.pv-32-producers-fault",
    rules=("PV-32",),
    title="A producer's SOAP 1.1 fault is passed on unchanged, with the time that the producer took",
)
def producers_fault(bench: GatewayBench) -> Findings:
    reply = bench.call("The producer answers HTTP 500 with a SOAP fault.", None, replies("500 Oops", rows.A_FAULT))
    wrong = _passed(bench, reply, "PV-32", 500, rows.A_FAULT, "A producer's SOAP fault")
    if not wrong and not (reply.header(_TIME) or "").isdigit():
        sentence = f"The answer has no {_TIME} with the milliseconds that the producer took, though it did answer."
        wrong = [bench.finding("PV-32", sentence, f"Tell {_TIME} with faults of producers too.", reply)]
    yield from wrong


@SUITES.check(
    "outcomes.pv-33-html-error", rules=("PV-33",), title="An error page of the producer is VP009 and its status"
)
def html_error(bench: GatewayBench) -> Findings:
    page = replies("500 Internal Server Error", b"<html>error</html>", "Content-Type: text/html")
    reply = bench.call("The producer answers HTTP 500 with HTML.", None, page)
    wrong = list(refused(bench, reply, "PV-33", "VP009", "The producer answered with an error page.", whole=True))
    yield from wrong
    start = f"Error connecting to service producer at address {bench.setup.places.http}. "
    phrase = " when contacting producer. Exception information: ("
    if not wrong and not (
        reply.detail.startswith(start) and phrase in reply.detail and reply.detail.endswith(f"\n{_STATUS}500")
    ):
        sentence = f"The detail must name the URL, what happened, and on a line of its own {_STATUS}500."
        remedy = "Write the detail as platform.md §13 form 1: consumers parse it."
        yield bench.finding("PV-33", sentence, remedy, reply, reply.fault_at)


@SUITES.check("outcomes.pv-34-other-status", rules=("PV-34",), title="404, 401, 302 and 503 are VP009 and their status")
def other_status(bench: GatewayBench) -> Findings:
    for status in ("404 Not Found", "401 Unauthorized", "302 Found", "503 Service Unavailable"):
        told = replies(status, b"no", f"Location: {bench.setup.places.http}")
        reply = bench.call(f"The producer answers HTTP {status}.", None, told)
        wrong = list(refused(bench, reply, "PV-34", "VP009", f"The producer answered HTTP {status[:3]}."))
        if not wrong and f"{_STATUS}{status[:3]}" not in reply.detail:
            sentence = f"The detail does not tell {_STATUS}{status[:3]}, by which consumers know what happened."
            wrong = [
                bench.finding("PV-34", sentence, "Tell the producer's status in the detail.", reply, reply.fault_at)
            ]
        if not wrong and len(reply.seen) != 1:
            sentence = f"The producer was called {len(reply.seen)} times; a status is no reason, nor is a Location."
            wrong = [
                bench.finding("PV-34", sentence, "Follow no redirects and repeat no call that was answered.", reply)
            ]
        yield from wrong
        if wrong:
            return


@SUITES.check("outcomes.pv-35-empty-answer", rules=("PV-35",), title="An empty answer is VP009 in a form of its own")
def empty_answer(bench: GatewayBench) -> Findings:
    reply = bench.call("The producer answers HTTP 200 without a body.", None, replies("200 OK", b""))
    start = f"Error connecting to service producer at address {bench.setup.places.http}. "
    detail = f"{start}Empty message when server responded with status code: 200 OK"
    yield from refused(bench, reply, "PV-35", "VP009", "The producer answered nothing.", detail=detail)


@SUITES.check(
    "outcomes.pv-39-plain-text", rules=("PV-39",), title="Plain text with HTTP 200 is passed on, and called text/xml"
)
def plain_text(bench: GatewayBench) -> Findings:
    reply = bench.call(
        "The producer answers plain text.", None, replies("200 OK", b"hello", "Content-Type: text/plain")
    )
    wrong = _passed(bench, reply, "PV-39", 200, b"hello", "Plain text")
    if not wrong and reply.content_type != "text/xml;charset=utf-8":
        kind = reply.header("content-type") or "nothing"
        sentence = (
            f"Content-Type of every answer is text/xml; charset=UTF-8, whatever the producer said; it was {kind}."
        )
        wrong = [bench.finding("PV-39", sentence, "Overwrite the producer's Content-Type.", reply)]
    yield from wrong


@SUITES.check(
    "outcomes.pv-40-short-answer", rules=("PV-40",), title="What came of an answer that ends too early is accepted"
)
def short_answer(bench: GatewayBench) -> Findings:
    cut = replies("200 OK", rows.ANSWER, length=len(rows.ANSWER) + 10)
    reply = bench.call("The producer announces more bytes than it sends.", None, cut)
    yield from _passed(bench, reply, "PV-40", 200, rows.ANSWER, "An answer that is shorter than its Content-Length")

"""The form of what the gateway itself writes, judged once, over all exchanges of the run.

The rows of §24 read faults leniently; here is what they look like: SOAP 1.1 with HTTP 500, the platform's sentence of
each code, and nothing of a producer's. One finding tells the first that is wrong.
Source: platform.md §7.3, §12.1, §12.2.
"""

from collections.abc import Iterator

from conformance.checks import Findings, NotJudged
from conformance.gateway.bench import GatewayBench
from conformance.gateway.fault_texts import SENTENCES
from conformance.gateway.reply import Reply
from conformance.gateway.suite import SUITES
from contracts.namespaces import SOAP_ENVELOPE

_OWN_HEADERS = {"content-type", "content-length", "x-skltp-correlation-id", "connection", "date", "keep-alive"}
_SKELETON = "SOAP-ENV:Envelope"


def _own_faults(bench: GatewayBench) -> Iterator[Reply]:
    """The platform's own faults of this run. Raises NotJudged when there were none."""
    found = [one for one in map(Reply, bench.evidence.exchanges) if one.code in SENTENCES]
    if not found:
        raise NotJudged("The run saw no fault of the platform; let the other suites run too.")
    yield from found


@SUITES.check("messages.h-3-faults-are-500", rules=("H-3",), title="The platform's faults come with HTTP 500")
def faults_are_500(bench: GatewayBench) -> Findings:
    for reply in _own_faults(bench):
        if reply.status != 500:
            sentence = f"The fault {reply.code} came with HTTP {reply.status}; SOAP 1.1 over HTTP demands 500."
            yield bench.finding("H-3", sentence, "Send every fault with HTTP 500, whatever its code.", reply)
            return


@SUITES.check(
    "messages.pv-f1-fault-skeleton",
    rules=("PV-F1",),
    title="The platform's faults have the skeleton that consumers know",
)
def fault_skeleton(bench: GatewayBench) -> Findings:
    for reply in _own_faults(bench):
        wrong = _skeleton_fault(reply)
        if wrong:
            remedy = "Write faults as platform.md §12.1 shows, without declaration and indentation."
            yield bench.finding("PV-F1", f"The fault {reply.code} {wrong}", remedy, reply, reply.fault_at)
            return


def _skeleton_fault(reply: Reply) -> str:
    """What is wrong with a fault's skeleton, as the end of a sentence; empty when nothing is."""
    fault = reply.answer.payload
    assert fault is not None
    if not reply.text.startswith(f"<{_SKELETON}") or fault.element.tag != f"{{{SOAP_ENVELOPE}}}Fault":
        return "is no SOAP 1.1 envelope with the prefix SOAP-ENV from its first character."
    names = [str(one.element.tag) for one in fault.children()]
    if names != ["faultcode", "faultstring", "detail"]:
        return f"has the children {', '.join(names)}; they are faultcode, faultstring and detail, in no namespace."
    code = fault.text("faultcode") or ""
    return "" if code.startswith("SOAP-ENV:") else f"has the fault code {code}, without the prefix SOAP-ENV."


@SUITES.check(
    "messages.pv-f2-fault-strings",
    rules=("PV-F2",),
    title="A fault string is the code, the platform's name in brackets, and the code's own sentence",
)
def fault_strings(bench: GatewayBench) -> Findings:
    for reply in _own_faults(bench):
        fault, code = reply.answer.fault, reply.code or ""
        wanted = f"{code} [{bench.setup.instance_name}] {SENTENCES[code][1]}"
        if fault is not None and fault.text.strip() != wanted:
            sentence = f"The fault string of {code} must be: {wanted}"
            remedy = "Write the sentences of platform.md §12.2 literally; support staff and consumers search for them."
            yield bench.finding("PV-F2", sentence, remedy, reply, reply.fault_at)
            return


@SUITES.check(
    "messages.pv-f3-fault-headers",
    rules=("PV-F3",),
    title="The platform's faults are text/xml and bear no producer's header",
)
def fault_headers(bench: GatewayBench) -> Findings:
    for reply in _own_faults(bench):
        more = sorted(set(reply.headers) - _OWN_HEADERS)
        if reply.content_type != "text/xml;charset=utf-8":
            sentence = f"The fault {reply.code} has the Content-Type {reply.header('content-type') or '(none)'}."
            yield bench.finding("PV-F3", sentence, "Send faults as text/xml; charset=UTF-8.", reply)
            return
        if more:
            sentence = f"The fault {reply.code} came with {', '.join(more)}; faults of the platform bear none of them."
            yield bench.finding("PV-F3", sentence, "Clear the producer's headers when a fault is made.", reply)
            return

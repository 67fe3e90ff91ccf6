"""Which HTTP headers go on to producers, and which come back (rows 41, 45–49).

Source: platform.md §7, §24.
"""

import uuid
from collections.abc import Iterator

from conformance.checks import Findings
from conformance.gateway import rows
from conformance.gateway.bench import GatewayBench
from conformance.gateway.expecting import arrived
from conformance.gateway.producers import replies
from conformance.gateway.reply import Reply
from conformance.gateway.rows import CONSUMER, TLS, A, a_message
from conformance.gateway.suite import SUITES
from conformance.model import Finding

_CORRELATION = "x-skltp-correlation-id"


@SUITES.check(
    "headers.pv-41-correlation-id",
    rules=("PV-41",),
    title="The correlation id comes back, and is a UUID for who sent none",
)
def correlation_id(bench: GatewayBench) -> Findings:
    reply = bench.call("A call with a correlation id.", headers={_CORRELATION: "kit-correlation-1"})
    if (told := reply.header(_CORRELATION)) != "kit-correlation-1":
        sentence = f"The caller sent a correlation id, and {'another' if told else 'none'} came back."
        yield bench.finding("PV-41", sentence, f"Answer with the caller's {_CORRELATION}.", reply)
        return
    ids = [bench.call("A call without a correlation id.") for _ in range(2)]
    names = [one.header(_CORRELATION) for one in ids]
    if not all(map(_is_uuid, names)) or names[0] == names[1]:
        sentence = "For a call without correlation id a new UUID must come back, another one for each call."
        yield bench.finding("PV-41", sentence, "Make a random UUID for each call that has none.", ids[0])


def _is_uuid(text: str | None) -> bool:
    try:
        return text is not None and bool(uuid.UUID(text))
    except ValueError:
        return False


@SUITES.check(
    "headers.pv-41-correlation-id-goes-on",
    rules=("PV-41",),
    title="Producers over HTTP are told the correlation id, those over HTTPS are not unless that is configured",
)
def correlation_id_goes_on(bench: GatewayBench) -> Findings:
    sent = {_CORRELATION: "kit-correlation-2"}
    reply = bench.call("A call with a correlation id.", headers=sent)
    yield from _saw(bench, "PV-41", reply, _CORRELATION, "kit-correlation-2", "over HTTP")
    bench.demand_tls_producer()
    over_tls = bench.call("The same to a producer over HTTPS.", a_message(TLS), headers=sent)
    yield from _saw(bench, "PV-41", over_tls, _CORRELATION, None, "over HTTPS")


@SUITES.check(
    "headers.pv-41-correlation-id-over-https",
    rules=("PV-41",),
    title="Producers over HTTPS are told the correlation id where that is configured",
)
def correlation_id_over_https(bench: GatewayBench) -> Findings:
    bench.demand_tls_producer()
    gateway = bench.gateway_with(
        throw__vp013__when__originalconsumer__not__allowed="true", propagate__correlation__id__for__https="true"
    )
    sent = {_CORRELATION: "kit-correlation-3"}
    reply = bench.call("A call to a producer over HTTPS.", a_message(TLS), headers=sent, at=gateway)
    yield from _saw(bench, "PV-41", reply, _CORRELATION, "kit-correlation-3", "over HTTPS")


_PASSED = {
    "x-rivta-acting-on-behalf-of-hsaid": "SE2321009991-KC09",
    "SOAPAction": '"urn:riv:conformance:kit:GetThingResponder:1:GetThing"',
    "X-Kit-Custom": "a; b",
}


@SUITES.check("headers.pv-45-passed-on", rules=("PV-45",), title="SOAPAction and custom headers reach the producer")
def passed_on(bench: GatewayBench) -> Findings:
    reply = bench.call("A call with headers that must go on.", headers=_PASSED)
    for name, value in _PASSED.items():
        wrong = list(_saw(bench, "PV-45", reply, name, value, "over HTTP"))
        yield from wrong
        if wrong:
            return


_STOPPED = {
    "Accept-Encoding": "gzip",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": "https",
    "x-vp-anything": "1",
    "X-MULE_KIT": "1",
}


@SUITES.check(
    "headers.pv-46-not-passed-on",
    rules=("PV-46",),
    title="Accept-Encoding, forwarding headers, the certificate and other x-vp headers do not reach the producer",
)
def not_passed_on(bench: GatewayBench) -> Findings:
    reply = bench.call("A call with headers that must not go on.", headers=_STOPPED)
    certificate = bench.setup.certificate_header.lower()
    let_by = sorted({*(name.lower() for name in _STOPPED), certificate} & arrived(reply).names)
    if let_by:
        sentence = f"The producer saw {', '.join(let_by)}, which are between the proxy and the platform."
        remedy = "Remove request headers by headers.reg.exp.requestHeadersToRemove (platform.md §7.2)."
        yield bench.finding("PV-46", sentence, remedy, reply)


@SUITES.check(
    "headers.pv-47-who-calls",
    rules=("PV-47",),
    title="Producers over HTTP are told sender and instance, those over HTTPS neither",
)
def who_calls(bench: GatewayBench) -> Findings:
    reply = bench.call("A call to a producer over HTTP.")
    yield from _saw(bench, "PV-47", reply, "x-vp-sender-id", CONSUMER, "over HTTP")
    yield from _saw(bench, "PV-47", reply, "x-vp-instance-id", bench.setup.instance_id, "over HTTP")
    bench.demand_tls_producer()
    over_tls = bench.call("A call to a producer over HTTPS.", a_message(TLS))
    for name in ("x-vp-sender-id", "x-vp-instance-id"):
        yield from _saw(bench, "PV-47", over_tls, name, None, "over HTTPS")


def _saw(bench: GatewayBench, rule: str, reply: Reply, name: str, wanted: str | None, where: str) -> Iterator[Finding]:
    """Whether the producer saw a header as it must, or not at all. Raises NotJudged for a call that reached nobody."""
    got = arrived(reply).told(name)
    if got == wanted:
        return
    if wanted is None:
        sentence = f"A producer {where} saw {name}, which it must not be told."
        yield bench.finding(rule, sentence, f"Leave {name} out towards producers {where}.", reply)
    else:
        sentence = (
            f"A producer {where} must see {name} as {wanted!r}, and saw {'none' if got is None else 'another value'}."
        )
        yield bench.finding(rule, sentence, f"Hand {name} on to producers {where}, unchanged.", reply)


_REMOVED = ("SOAPAction", "MULE_X", "X-MULE_X")


@SUITES.check(
    "headers.pv-48-answers",
    rules=("PV-48",),
    title="Of a producer's headers SOAPAction and Mule's do not come back, a random one does",
)
def answers(bench: GatewayBench) -> Findings:
    told = [f"{name}: x" for name in (*_REMOVED, "MyRandomHeader")]
    reply = bench.call("The producer answers with headers of its own.", None, replies("200 OK", rows.ANSWER, *told))
    arrived(reply)
    if reply.header("MyRandomHeader") != "x":
        sentence = "A producer's own header, MyRandomHeader, did not come back to the consumer."
        yield bench.finding("PV-48", sentence, "Pass a producer's headers on, but for those to be removed.", reply)
    came = sorted(name for name in _REMOVED if reply.header(name) is not None)
    if came:
        sentence = f"{', '.join(came)} came back to the consumer."
        remedy = "Remove answers' headers by headers.reg.exp.responseHeadersToRemove (platform.md §7.3)."
        yield bench.finding("PV-48", sentence, remedy, reply)


@SUITES.check("headers.pv-49-user-agent", rules=("PV-49",), title="The producer sees the configured User-Agent")
def user_agent(bench: GatewayBench) -> Findings:
    reply = bench.call(
        "A call with a User-Agent of the consumer's.", a_message(A), headers={"User-Agent": "consumer/1"}
    )
    yield from _saw(bench, "PV-49", reply, "User-Agent", rows.USER_AGENT, "over HTTP")

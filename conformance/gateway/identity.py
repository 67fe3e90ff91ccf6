"""Who calls: the certificate on HTTPS, what a proxy tells on HTTP, and whom a caller may name (rows 1–7, 42–44).

Source: platform.md §5, §6, §24.
"""

from conformance.checks import Findings
from conformance.gateway import rows
from conformance.gateway.bench import GatewayBench
from conformance.gateway.expecting import arrived, delivered, refused
from conformance.gateway.reply import Reply
from conformance.gateway.rows import CONSUMER, STRANGER
from conformance.gateway.suite import SUITES

_HISTORY, _ORIGINAL = "x-rivta-routing-history", "x-rivta-original-serviceconsumer-hsaid"
_NOT_LISTED = (
    "Caller was not on the white list of accepted IP-addresses.  IP-address: {0}. HTTP header that caused checking: {1}"
)


@SUITES.check(
    "identity.pv-2-certificate-header",
    rules=("PV-2",),
    title="A caller on HTTP is known by the certificate that a proxy hands on, and gets the producer's bytes",
)
def certificate_header(bench: GatewayBench) -> Findings:
    reply = bench.plain(bench.standing)
    remedy = "Give the gateway what the set-up's README says: catalogue, white list, certificate header, kit's ports."
    wrong = list(delivered(bench, reply, "PV-2", "A call with the consumer's PEM in the header is let in.", remedy))
    yield from wrong
    if not wrong:
        yield from _unchanged(bench, reply, "PV-2")


@SUITES.check(
    "identity.pv-1-https",
    rules=("PV-1",),
    title="A call over HTTPS with the consumer's certificate brings back the producer's bytes",
)
def https(bench: GatewayBench) -> Findings:
    reply = bench.call("A call over HTTPS with the consumer's certificate.", over="https")
    remedy = "Let callers with a certificate of the test authority in, and know them by its serialNumber."
    wrong = list(
        delivered(bench, reply, "PV-1", "A call over HTTPS with the consumer's certificate is let in.", remedy)
    )
    yield from wrong
    if not wrong:
        yield from _unchanged(bench, reply, "PV-1")


def _unchanged(bench: GatewayBench, reply: Reply, rule: str) -> Findings:
    if reply.body != rows.ANSWER:
        sentence = "The answer is not the producer's byte by byte: a signature or a stray blank in it would be lost."
        yield bench.finding(rule, sentence, "Pass answers on as bytes; never write them anew.", reply)


@SUITES.check(
    "identity.pv-3-bare-certificates",
    rules=("PV-3",),
    title="Of several bare certificates in the header the first one counts",
)
def bare_certificates(bench: GatewayBench) -> Findings:
    name, ours, others = bench.setup.certificate_header, bench.bare("consumer"), bench.bare("stranger")
    reply = bench.call("Two bare certificates, the consumer's first.", who=None, headers={name: f"{ours},{others}"})
    remedy = "Read the text up to the first comma as base 64 of one certificate, as Traefik sends a chain."
    wrong = list(
        delivered(bench, reply, "PV-3", "A chain that begins with the consumer's certificate is the consumer.", remedy)
    )
    yield from wrong
    if not wrong:
        turned = bench.call("The same, a stranger's first.", who=None, headers={name: f"{others},{ours}"})
        yield from refused(bench, turned, "PV-3", "VP007", "A chain that begins with a stranger's is the stranger.")


@SUITES.check(
    "identity.pv-4-nobody", rules=("PV-4",), title="A caller without any identity is told that there is no certificate"
)
def nobody(bench: GatewayBench) -> Findings:
    reply = bench.call("A call on HTTP that says nothing of who calls.", who=None)
    detail = f"No certificate found in httpheader {bench.setup.certificate_header}"
    yield from refused(bench, reply, "PV-4", "VP002", "Nothing says who calls.", detail=detail)


@SUITES.check(
    "identity.pv-5-peer-not-listed", rules=("PV-5",), title="A peer that is not on the white list is refused at once"
)
def peer_not_listed(bench: GatewayBench) -> Findings:
    gateway = bench.gateway_with(ip__whitelist="10.255.255.")
    reply = bench.call("A call from a peer that is not on the white list.", at=gateway)
    wrong = list(refused(bench, reply, "PV-5", "VP011", "The peer is not on ip.whitelist.", whole=True))
    yield from wrong
    beginning = "Caller was not on the white list of accepted IP-addresses.  IP-address: "
    if not wrong and not (
        reply.detail.startswith(beginning) and ". HTTP header that caused checking: " in reply.detail
    ):
        sentence = "The detail of VP011 does not tell the address and what it was taken from, as consumers know it."
        yield bench.finding(
            "PV-5", sentence, "Write the detail of platform.md §12.2; the header's name may differ.", reply
        )


@SUITES.check(
    "identity.pv-6-forwarded-not-listed",
    rules=("PV-6",),
    title="An internal call that was forwarded for an address off the white list is refused",
)
def forwarded_not_listed(bench: GatewayBench) -> Findings:
    told = {"x-vp-sender-id": CONSUMER, "x-vp-instance-id": bench.setup.instance_id, "X-Forwarded-For": "10.20.30.40"}
    reply = bench.call("An internal call, forwarded for 10.20.30.40.", who=None, headers=told)
    detail = _NOT_LISTED.format("10.20.30.40", "X-Forwarded-For")
    yield from refused(
        bench, reply, "PV-6", "VP011", "X-Forwarded-For of an internal call is not listed.", detail=detail
    )


@SUITES.check(
    "identity.pv-7-foreign-instance",
    rules=("PV-7",),
    title="A sender id beside a foreign instance id is not believed; the certificate says who calls",
)
def foreign_instance(bench: GatewayBench) -> Findings:
    told = {"x-vp-sender-id": STRANGER, "x-vp-instance-id": f"{bench.setup.instance_id}-OTHER"}
    reply = bench.call("The consumer's certificate beside a stranger's x-vp-sender-id.", headers=told)
    because = "The instance id is not the gateway's own, so the caller is whom the certificate names."
    yield from delivered(
        bench, reply, "PV-7", because, "Believe x-vp-sender-id only beside the gateway's own instance id."
    )


@SUITES.check(
    "identity.pv-42-no-original-consumer",
    rules=("PV-42",),
    title="Without an original consumer the producer sees the sender as one",
)
def no_original_consumer(bench: GatewayBench) -> Findings:
    reply = bench.call("A call that names no original consumer.")
    told = arrived(reply).told(_ORIGINAL)
    if told != CONSUMER:
        sentence = f"The producer saw {told or 'nothing'} in {_ORIGINAL}; it must see the sender, {CONSUMER}."
        yield bench.finding("PV-42", sentence, "Set the header to the sender's id when the call has none.", reply)


@SUITES.check(
    "identity.pv-43-original-consumer-passed",
    rules=("PV-43",),
    title="With the flag off, an original consumer is passed on even for a sender that may not name one",
)
def original_consumer_passed(bench: GatewayBench) -> Findings:
    reply = bench.call(
        "A sender off sender.id.allowed.list names an original consumer.", headers={_ORIGINAL: "SE-FIRST"}
    )
    remedy = "With throw.vp013.when.originalconsumer.not.allowed=false, log a warning and pass the header on."
    wrong = list(delivered(bench, reply, "PV-43", "The flag is off, so the call is let through.", remedy))
    yield from wrong
    told = reply.seen[-1].told(_ORIGINAL) if reply.seen else None
    if not wrong and told != "SE-FIRST":
        sentence = f"The producer saw {told or 'nothing'} in {_ORIGINAL}; the caller had said SE-FIRST."
        yield bench.finding("PV-43", sentence, remedy, reply)


@SUITES.check(
    "identity.pv-43-original-consumer-refused",
    rules=("PV-43",),
    title="With the flag on, a sender that may not name an original consumer gets VP013",
)
def original_consumer_refused(bench: GatewayBench) -> Findings:
    gateway = bench.gateway_with(
        throw__vp013__when__originalconsumer__not__allowed="true", propagate__correlation__id__for__https="true"
    )
    told = {_ORIGINAL: "SE-FIRST"}
    reply = bench.call("A sender off sender.id.allowed.list names an original consumer.", headers=told, at=gateway)
    detail = f"Sender is not approved to set header {_ORIGINAL}."
    because = "The sender is not on sender.id.allowed.list, and the flag is on."
    yield from refused(bench, reply, "PV-43", "VP013", because, detail=detail)
    listed = bench.call("A sender on the list does the same.", headers=told, at=gateway, who="listed")
    remedy = "Let those on sender.id.allowed.list name an original consumer."
    yield from delivered(bench, listed, "PV-43", "The sender is on sender.id.allowed.list.", remedy)


@SUITES.check(
    "identity.pv-44-routing-history",
    rules=("PV-44",),
    title="The producer is told which platforms a call has passed",
)
def routing_history(bench: GatewayBench) -> Findings:
    own = bench.setup.instance_id
    for given, wanted in (({}, f"{CONSUMER}#{own}"), ({_HISTORY: "SE-1#SE-2"}, f"SE-1#SE-2#{own}")):
        reply = bench.call(f"A call {'with' if given else 'without'} {_HISTORY}.", headers=given)
        told = arrived(reply).told(_HISTORY)
        if told != wanted:
            sentence = f"The producer saw {told or 'nothing'} in {_HISTORY}; it must be {wanted}."
            yield bench.finding("PV-44", sentence, "Extend the history by # and the gateway's own instance id.", reply)
            return


@SUITES.check("identity.pv-44-loop", rules=("PV-44",), title="A call that has passed this platform before is refused")
def loop(bench: GatewayBench) -> Findings:
    told = {_HISTORY: f"SE-1#{bench.setup.instance_id}#SE-2"}
    reply = bench.call("A call whose routing history names this platform.", headers=told)
    yield from refused(bench, reply, "PV-44", "VP014", "The call goes round in a circle.", detail="")

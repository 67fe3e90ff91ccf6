"""What messages may look like: unreadable ones, other character sets, attachments, sizes (rows 25–30).

Source: platform.md §3, §8, §14.4, §24.
"""

from conformance.checks import Findings, NotJudged
from conformance.gateway import rows
from conformance.gateway.bench import GatewayBench
from conformance.gateway.expecting import delivered, refused
from conformance.gateway.rows import a_message
from conformance.gateway.suite import SUITES


@SUITES.check("reading.pv-25-unreadable", rules=("PV-25",), title="A message that cannot be read is VP015")
def unreadable(bench: GatewayBench) -> Findings:
    for what, body in (("broken off in its first tag", b"<Soap"), ("empty", b"")):
        reply = bench.call(f"A message that is {what}.", body=body)
        yield from refused(bench, reply, "PV-25", "VP015", f"The message is {what}.", whole=True)


@SUITES.check(
    "reading.pv-26-utf-16",
    rules=("PV-26",),
    title="A UTF-16 message reaches the producer in UTF-8, and is answered in UTF-16",
)
def utf_16(bench: GatewayBench) -> Findings:
    message = '<?xml version="1.0" encoding="UTF-16"?>' + a_message(content="<text>Åre</text>")
    told = {"Content-Type": "text/xml; charset=UTF-16"}
    reply = bench.call("A message in UTF-16.", message, codec="utf-16", headers=told)
    remedy = "Open the message by its charset, hand it on in UTF-8, and answer in the charset that it came in."
    wrong = list(delivered(bench, reply, "PV-26", "A message in UTF-16 is accepted.", remedy))
    yield from wrong
    if wrong:
        return
    if "Åre" not in reply.seen[-1].body.decode("utf-8", "replace"):
        yield bench.finding("PV-26", "The producer did not get the message in UTF-8.", remedy, reply)
    elif "utf-16" not in reply.content_type or "Åre" not in reply.body.decode("utf-16", "replace"):
        kind = reply.header("content-type") or "no Content-Type"
        sentence = f"The answer is not UTF-16 with that charset in its Content-Type; it came as {kind}."
        yield bench.finding("PV-26", sentence, remedy, reply)


@SUITES.check(
    "reading.pv-27-says-utf-16", rules=("PV-27",), title="A message that says UTF-16 and is UTF-8 is read all the same"
)
def says_utf_16(bench: GatewayBench) -> Findings:
    declaration = '<?xml version="1.0" encoding="UTF-16"?>'
    remedy = "When reading by the charset that is told fails, try UTF-8."
    for where, message, kind in (
        ("in its declaration", declaration + a_message(), "text/xml"),
        ("in its Content-Type", a_message(), "text/xml; charset=UTF-16"),
    ):
        reply = bench.call(f"A UTF-8 message that says UTF-16 {where}.", message, headers={"Content-Type": kind})
        yield from delivered(bench, reply, "PV-27", f"The message is UTF-8 and says UTF-16 {where}.", remedy)


_MTOM = {"Content-Type": 'multipart/related; type="application/xop+xml"; boundary="b"; start="<root>"'}
_INCLUDE = "<xop:Include xmlns:xop='http://www.w3.org/2004/08/xop/include' href='cid:a'/>"


@SUITES.check(
    "reading.pv-28-attachments",
    rules=("PV-28",),
    title="Of a message with attachments the producer gets the XML alone, as text/xml",
)
def attachments(bench: GatewayBench) -> Findings:
    message = a_message(content=_INCLUDE)
    head = '\r\n--b\r\nContent-Type: application/xop+xml; charset=UTF-8; type="text/xml"\r\nContent-ID: <root>\r\n\r\n'
    whole = f"{head}{message}\r\n--b\r\nContent-ID: <a>\r\n\r\nATTACHED\r\n--b--\r\n"
    reply = bench.call("A message with one attachment (MTOM).", whole, headers=_MTOM)
    remedy = "Hand on what stands from <p:Envelope to </p:Envelope>; or refuse it, knowing that the platform does not."
    wrong = list(delivered(bench, reply, "PV-28", "Attachments are dropped, not refused.", remedy))
    yield from wrong
    if wrong:
        return
    seen = reply.seen[-1]
    if b"ATTACHED" in seen.body or not seen.body.strip().startswith(b"<"):
        yield bench.finding("PV-28", "The producer got more than the envelope.", remedy, reply)
    elif not (seen.told("content-type") or "").startswith("text/xml"):
        yield bench.finding("PV-28", "The producer was not told text/xml.", remedy, reply)


@SUITES.check("reading.pv-29-ten-megabytes", rules=("PV-29",), title="A message of 10 MB gets through whole")
def ten_megabytes(bench: GatewayBench) -> Findings:
    filling = "x" * 10_000_000
    reply = bench.call("A message of 10 MB.", a_message(content=f"<text>{filling}</text>"))
    remedy = "Take messages up to vp.max.receive.length."
    wrong = list(delivered(bench, reply, "PV-29", "The message is smaller than vp.max.receive.length.", remedy))
    yield from wrong
    if not wrong and filling.encode() not in reply.seen[-1].body:
        yield bench.finding("PV-29", "The producer did not get all of the 10 MB.", remedy, reply)


@SUITES.check("reading.pv-30-too-large", rules=("PV-30",), title="A message above the limit is HTTP 413")
def too_large(bench: GatewayBench) -> Findings:
    filling = "x" * rows.MOST_BYTES
    reply = bench.call("A message above vp.max.receive.length.", a_message(content=f"<text>{filling}</text>"))
    if reply.exchange.failure and reply.exchange.failure.kind == "broken off":
        raise NotJudged("The gateway closed the connection while the message was sent, so its answer was not seen.")
    if reply.status != 413:
        sentence = (
            f"A message above {rows.MOST_BYTES:,} bytes must be answered with HTTP 413, and got {reply.in_words}."
        )
        yield bench.finding("PV-30", sentence, "Refuse larger messages by HTTP 413, before they are read whole.", reply)

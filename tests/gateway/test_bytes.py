"""Bytes pass through: a request and its answer keep every one, whatever they look like (DESIGN decision 6; platform.md
§4.2, §8; §24 rows 1, 29). Proved by digest, at the producer and at the consumer."""

import base64
import hashlib

import pytest

from contracts import xml
from tests.gateway.builders import CONTRACT, SETTINGS, a_request, sample
from tests.gateway.sending import PRODUCERS_ANSWER, sent_on

GOOD = sample()
READINGS = pytest.mark.parametrize("reading", ["whole", "scan"])


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def within(what: bytes, after: bytes, document: bytes = GOOD) -> bytes:
    """The document with something put in behind a tag."""
    assert document.count(after) == 1
    return document.replace(after, after + what)


def filled(document: bytes, tag: bytes, size: int) -> bytes:
    """The document, made `size` bytes long by a text like base64 in front of `tag`."""
    text = base64.encodebytes(bytes(range(256)) * 64)
    missing = size - len(document)
    return document.replace(tag, (text * (missing // len(text) + 1))[:missing] + tag, 1)


ODD = {
    "as it is": GOOD,
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "no declaration": GOOD.split(b"?>", 1)[1].lstrip(),
    "odd prefixes": GOOD.replace(b"soap:", b"_0.-:").replace(b":soap=", b":_0.-=").replace(b"<r:", b"<a-r.2:").replace(b"</r:", b"</a-r.2:").replace(b":r=", b":a-r.2="),
    "comments": within(b"<!-- - <a> &amp; -->", b"<soap:Body>") + b"<!-- after -->\n",
    "white space": within(b"\r\n\t \n", b"<soap:Body>").replace(b"<soap:Header>", b"<soap:Header\t \r\n >") + b"\r\n\r\n \t",
    "instructions": within(b"<?pi <x> ?>", b"<r:GetAllCareTypes>").replace(b"<soap:Envelope", b"<?before?>\n<soap:Envelope") + b"<?after?>",
    "single quotes": GOOD.replace(b'"', b"'"),
    "references": GOOD.replace(b"2B02</r:", b"&#50;&#x42;02</r:").replace(b"SE2321009991-2B02</reg", b"S&#69;2321009991&#45;2B02</reg"),
    "entities": within(b"<!--&amp;&lt;-->", b"<soap:Header>").replace(b"<r:GetAllCareTypes>", b"<r:GetAllCareTypes xml:base='&lt;&amp;&quot;&apos;&gt;'>"),
    "CDATA": GOOD.replace(b"SE2321009991-2B02</r:", b"<![CDATA[SE2321009991-2B02]]></r:"),
    "characters beyond": within("<!-- åäö € \U0001f489 \u2028 -->".encode(), b"<soap:Body>"),
    "empty tags both ways": within(b"<x:y xmlns:x='urn:x'></x:y><x:y xmlns:x='urn:x'  />", b"<soap:Header>"),
}  # fmt: skip


@READINGS
@pytest.mark.parametrize("body", ODD.values(), ids=ODD.keys())
def test_a_request_reaches_its_producer_byte_for_byte(reading: str, body: bytes) -> None:
    """platform.md §4.2; §24 row 1."""
    assert xml.parse(body) is not None
    answer, producer = sent_on(a_request(body), reading=reading, validation="off")
    assert answer.status == 200
    assert [digest(one) for one in producer.bodies] == [digest(body)]


@READINGS
@pytest.mark.parametrize(
    "body",
    [
        *(one.replace(b"GetAllCareTypes>", b"GetAllCareTypesResponse>") for one in ODD.values()),
        PRODUCERS_ANSWER,
        b"no XML",
        b"<a><b>",
        b"\x89PNG\x00\xff",
    ],
    ids=[*ODD, "the answer", "a text", "cut off", "binary"],
)
def test_an_answer_reaches_its_consumer_byte_for_byte(reading: str, body: bytes) -> None:
    """platform.md §13; §24 rows 1, 39."""
    answer, _ = sent_on(a_request(), body, reading=reading)
    assert (answer.status, digest(answer.body)) == (200, digest(body))


@READINGS
@pytest.mark.parametrize("size", [10_000_000, SETTINGS.max_message_bytes])
def test_a_message_as_large_as_may_be_passes_both_ways(reading: str, size: int) -> None:
    """platform.md §14.4; §24 row 29. One text of it is longer than libxml2 takes without being told."""
    body = filled(GOOD, b"</r:healthcare_facility>", size)
    reply = filled(PRODUCERS_ANSWER, b"</soap:Body>", size)
    assert len(body) == len(reply) == size
    answer, producer = sent_on(a_request(body), reply, reading=reading, validation="off")
    assert [digest(one) for one in producer.bodies] == [digest(body)]
    assert (answer.status, digest(answer.body)) == (200, digest(reply))


@READINGS
@pytest.mark.parametrize(
    "node",
    [b"<!--%b-->", b"%b", b"<?x %b?>"],
    ids=["comment", "blanks", "instruction"],
)
def test_a_node_that_comes_before_the_bodys_first_element_may_be_as_long(reading: str, node: bytes) -> None:
    """platform.md §14.4: how far the scan has to read changes nothing."""
    body = GOOD.replace(b"<r:GetAllCareTypes>", node % (b" " * 10_500_000) + b"<r:GetAllCareTypes>")
    answer, producer = sent_on(a_request(body), reading=reading, validation="off")
    assert (answer.status, [digest(one) for one in producer.bodies]) == (200, [digest(body)])


@READINGS
def test_a_valid_message_as_large_as_may_be_passes_our_own_validation(reading: str) -> None:
    """platform.md §24 row 29, with the contract's schema on the way."""
    padding = b"\n" * (SETTINGS.max_message_bytes - len(GOOD))
    body = GOOD.replace(b"</r:GetAllCareTypes>", padding + b"</r:GetAllCareTypes>")
    answer, producer = sent_on(a_request(body), reading=reading, validation="refuse", answer_validation="refuse")
    assert (answer.status, [digest(one) for one in producer.bodies]) == (200, [digest(body)])


@READINGS
def test_as_many_tags_as_may_be_pass(reading: str) -> None:
    """The most that reading whole allows; a scan does not count what it does not come by."""
    tags = xml.MESSAGE_LIMITS.max_tags - GOOD.count(b"<") - GOOD.count(b'="')
    body = within(b"<r:a/>" * tags, b"<r:GetAllCareTypes>")
    answer, producer = sent_on(a_request(body), reading=reading, validation="off")
    assert (answer.status, [digest(one) for one in producer.bodies]) == (200, [digest(body)])


@pytest.mark.parametrize(("reading", "status"), [("whole", 500), ("scan", 200)])
def test_more_tags_than_that_pass_when_nothing_parses_them(reading: str, status: int) -> None:
    """platform.md §3."""
    body = within(b"<r:a/>" * 1_000_000, b"<r:GetAllCareTypes>")
    answer, _ = sent_on(a_request(body), reading=reading, validation="off")
    assert answer.status == status


@READINGS
def test_a_rewritten_request_changes_and_its_answer_does_not(reading: str) -> None:
    """platform.md §4.3: responses are never rewritten."""
    reply = PRODUCERS_ANSWER.replace(
        b"<soap:Body>", b"<soap:Header><a:To xmlns:a='http://www.w3.org/2005/08/addressing'/></soap:Header><soap:Body>"
    )
    answer, producer = sent_on(a_request(), reply, profile="RIVTABP20", reading=reading, answer_validation="off")
    assert digest(producer.bodies[0]) != digest(GOOD)
    assert CONTRACT.encode() in producer.bodies[0]
    assert digest(answer.body) == digest(reply)

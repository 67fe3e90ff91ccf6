"""gateway/forwarder.py: what a producer did → what the consumer gets, on real loopback connections (platform.md §13)."""

import asyncio
import socket
import struct

import pytest

from contracts import envelope, xml
from gateway.call import Answer
from tests.gateway.builders import (
    CONSUMER,
    SETTINGS,
    HttpProducer,
    a_pipeline,
    a_request,
    a_route,
    an_http_producer,
    carried,
    fault_in,
    forwarded,
    http_reply,
    opened,
    sample,
    with_headers,
)

GOOD = sample("GetAllCareTypes", "response")
FAULT = envelope.write_fault("Server", "VP009 [Another platform] Fel.", "x")
SOAP_12_FAULT = b'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body/></e:Envelope>'


def vp009(answer: Answer, producer: HttpProducer | None = None) -> str:
    """The detail of a VP009 that names the producer's URL."""
    fault = fault_in(answer)
    assert (fault.code, fault.faultcode) == ("VP009", "SOAP-ENV:Server")
    assert fault.detail.startswith("Error connecting to service producer at address ")
    if producer is not None:
        assert producer.url in fault.detail
    return fault.detail


# Answers that pass


def test_bytes_pass_through_both_ways() -> None:
    """DESIGN decision 6; platform.md §24 row 1."""
    answer, producer = forwarded(http_reply("200 OK", GOOD, "X-Other: 1", "SOAPAction: x"))
    assert producer.bodies == [sample()]
    assert (answer.status, answer.body) == (200, GOOD)
    headers = {name.lower(): value for name, value in answer.headers}
    assert (headers["content-type"], headers["x-other"]) == ("text/xml; charset=UTF-8", "1")
    assert "soapaction" not in headers
    assert int(headers["x-skltp-prt"]) >= 0


@pytest.mark.parametrize("body", [b"plain text", b"{}", b"\xff\xfe\x00", FAULT])
def test_any_body_with_200_passes_unchanged(body: bytes) -> None:
    """platform.md §13: also if it is no XML, or a SOAP fault sent with 200 (§24 rows 31, 39)."""
    answer, _ = forwarded(http_reply("200 OK", body))
    assert (answer.status, answer.body) == (200, body)
    assert dict(answer.headers)["Content-Type"] == "text/xml; charset=UTF-8"


@pytest.mark.parametrize("status", ["201 Created", "202 Accepted", "299 Whatever"])
def test_every_2xx_with_a_body_keeps_its_status(status: str) -> None:
    answer, _ = forwarded(http_reply(status, GOOD))
    assert (answer.status, answer.body) == (int(status[:3]), GOOD)


def test_a_soap_fault_with_500_passes_unchanged_with_the_time_it_took() -> None:
    """platform.md §13; §24 row 32."""
    answer, _ = forwarded(http_reply("500 Internal Server Error", FAULT, "X-Other: 1"))
    assert (answer.status, answer.body) == (500, FAULT)
    assert {"x-other", "x-skltp-prt"} <= {name.lower() for name, _ in answer.headers}


def test_a_chunked_answer_passes() -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\n<a/\r\n1\r\n>\r\n0\r\n\r\n"
    )
    assert forwarded(chunked)[0].body == b"<a/>"


def test_100_continue_before_the_answer_is_tolerated() -> None:
    """platform.md §13."""
    assert forwarded(b"HTTP/1.1 100 Continue\r\n\r\n" + http_reply("200 OK", GOOD))[0].body == GOOD


def test_a_compressed_answer_passes_as_it_is() -> None:
    """platform.md §8: VP neither compresses nor decompresses."""
    answer, producer = forwarded(http_reply("200 OK", b"\x1f\x8b123", "Content-Encoding: gzip"))
    assert answer.body == b"\x1f\x8b123"
    assert ("content-encoding", "gzip") in [(name.lower(), value) for name, value in answer.headers]
    assert producer.header("accept-encoding") is None


def test_a_header_that_is_no_text_does_not_cost_the_answer() -> None:
    answer, _ = forwarded(http_reply("200 OK", GOOD, "X-Odd: å", "X-Plain: a", "X-Plain: b"))
    assert answer.body == GOOD
    assert [value for name, value in answer.headers if name.lower() == "x-plain"] == ["a", "b"]


# Answers that become VP009


def test_an_empty_answer_is_vp009_with_its_status() -> None:
    """platform.md §13, form 2; §24 row 35."""
    answer, producer = forwarded(http_reply("200 OK", b""))
    assert vp009(answer) == (
        f"Error connecting to service producer at address {producer.url}. "
        "Empty message when server responded with status code: 200 OK"
    )
    assert "x-skltp-prt" not in {name.lower() for name, _ in answer.headers}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("500 Internal Server Error", b"<html>oops</html>"),
        ("500 Internal Server Error", b""),
        ("500 Internal Server Error", SOAP_12_FAULT),
        ("400 Bad Request", FAULT),
        ("401 Unauthorized", b"x"),
        ("404 Not Found", FAULT),
        ("503 Service Unavailable", FAULT),
        ("304 Not Modified", b""),
        ("599 Odd", b"x"),
        ("600 Odder", b"x"),
    ],
)
def test_other_answers_are_vp009_with_the_status_on_its_own_line(status: str, body: bytes) -> None:
    """platform.md §13; §24 rows 33, 34; §25 rows 11, 12."""
    answer, producer = forwarded(http_reply(status, body))
    assert vp009(answer, producer).endswith(f"\nVP_PRODUCER_EXCEPTION_HTTP_STATUS={status[:3]}")


def test_a_redirect_is_not_followed() -> None:
    """platform.md §13."""

    async def ask() -> tuple[Answer, list[bytes]]:
        async with an_http_producer(http_reply("200 OK", GOOD)) as other:
            reply = http_reply("302 Found", b"", f"Location: {other.url}")
            async with an_http_producer(reply) as first, opened(a_pipeline(a_route(address=first.url))) as pipeline:
                return await pipeline.answer(a_request()), other.heads

    answer, seen_by_other = asyncio.run(ask())
    assert vp009(answer).endswith("VP_PRODUCER_EXCEPTION_HTTP_STATUS=302")
    assert seen_by_other == []


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<a/>",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n<a/>",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x16\x03\x01\x00\x05",
        b"<html>",
        b"",
    ],
    ids=["too short", "in the head", "no length", "no chunk", "ssh", "tls", "no head", "nothing"],
)
def test_what_is_no_whole_http_answer_is_vp009(reply: bytes) -> None:
    answer, producer = forwarded(reply)
    assert "The connection broke during the call." in vp009(answer, producer)


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def test_a_reset_connection_is_vp009_and_the_call_is_sent_once() -> None:
    """DESIGN decision 8: a booking must not be made twice (platform.md §14.2 sends it again)."""
    answer, producer = forwarded(None, a_request(sample("MakeBooking")), behave=reset)
    assert "The connection broke during the call." in vp009(answer, producer)
    assert len(producer.heads) == 1


def test_a_refused_connection_is_vp009() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/x"
        detail = vp009(carried(a_pipeline(a_route(address=url))))
    assert url in detail
    assert "Cannot connect to the producer." in detail
    assert "VP_PRODUCER_EXCEPTION_HTTP_STATUS" not in detail


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def hang_in_the_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<a")
    await reader.read()


@pytest.mark.parametrize("behave", [hang, hang_in_the_body])
def test_a_silent_producer_is_vp009_with_the_sentence_that_consumers_know(behave: object) -> None:
    """platform.md §13; §24 row 36."""
    answer, producer = forwarded(None, behave=behave, producer_timeout_seconds=0.2)
    assert "Timeout when waiting on response from producer." in vp009(answer, producer)
    assert len(producer.heads) == 1


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x" * 65_536)
        await writer.drain()


def test_an_answer_without_end_is_cut_off_before_it_fills_the_memory() -> None:
    """platform.md §14.4."""
    answer, producer = forwarded(None, behave=flood, max_message_bytes=100_000)
    assert "AnswerTooLarge" in vp009(answer, producer)


def test_an_answer_may_be_as_large_as_a_message_and_no_larger() -> None:
    assert forwarded(http_reply("200 OK", b"x" * 1000), max_message_bytes=1000)[0].status == 200
    assert "AnswerTooLarge" in vp009(forwarded(http_reply("200 OK", b"x" * 1001), max_message_bytes=1000)[0])


@pytest.mark.parametrize(
    "address",
    ["ftp://127.0.0.1/x", "nonsense", "http://", "http://bad host/", "://x", "http://127.0.0.1:99999/", "mailto:x", "adapter", "file:///etc/passwd"],
)  # fmt: skip
def test_an_address_that_cannot_be_called_is_vp009(address: str) -> None:
    """platform.md §9.5."""
    assert f"at address {address}. " in vp009(carried(a_pipeline(a_route(address=address))))


def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert forwarded(http_reply("200 OK", GOOD))[0].status == 200


# The request


def test_the_request_is_a_post_with_the_platforms_headers() -> None:
    """platform.md §7.2."""
    request = with_headers(
        {"soapaction": '"urn:x"', "x-vp-auth-cert": "secret", "accept-encoding": "gzip", "my-header": "1"}
    )
    _, producer = forwarded(http_reply("200 OK", GOOD), request)
    assert producer.heads[0].startswith(b"POST /producer HTTP/1.1\r\n")
    names = (
        "x-vp-sender-id",
        "x-vp-instance-id",
        "soapaction",
        "my-header",
        "user-agent",
        "content-type",
        "content-length",
    )
    assert [producer.header(name) for name in names] == [
        CONSUMER, SETTINGS.instance_id, '"urn:x"', "1", "Tidbro", "text/xml;charset=UTF-8", str(len(sample())),
    ]  # fmt: skip
    assert [producer.header(name) for name in ("x-vp-auth-cert", "accept-encoding", "transfer-encoding")] == [None] * 3
    assert producer.header("host") == producer.url.removeprefix("http://").removesuffix("/producer")


def test_blanks_around_a_routes_address_do_not_matter() -> None:
    async def ask() -> Answer:
        reply = http_reply("200 OK", GOOD)
        async with (
            an_http_producer(reply) as producer,
            opened(a_pipeline(a_route(address=f" {producer.url}\n"))) as pipeline,
        ):
            return await pipeline.answer(a_request())

    assert asyncio.run(ask()).status == 200


@pytest.mark.parametrize(
    "body",
    [
        sample().decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16"),
        sample().decode().split("?>", 1)[1].encode("utf-16"),
        sample().decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode(),
        sample().decode().replace('encoding="UTF-8"', 'encoding="ISO-8859-1"').encode("latin-1"),
    ],
    ids=["UTF-16", "UTF-16 without declaration", "says UTF-16, is UTF-8", "Latin-1"],
)
def test_a_producer_always_gets_utf_8(body: bytes) -> None:
    """platform.md §8; §24 rows 26, 27."""
    answer, producer = forwarded(http_reply("200 OK", GOOD), a_request(body))
    assert answer.status == 200
    assert producer.bodies[0].startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert envelope.read(producer.bodies[0]).contract == envelope.read(body).contract
    assert xml.encoding_of(producer.bodies[0], xml.parse(producer.bodies[0])) == "UTF-8"


def test_a_message_goes_to_a_producer_of_the_other_profile_rewritten() -> None:
    """platform.md §24 row 23; the rest stays."""
    answer, producer = forwarded(http_reply("200 OK", GOOD), profile="RIVTABP20")
    assert answer.status == 200
    assert b"<reg:To>" in producer.bodies[0]
    assert envelope.read(producer.bodies[0]).profile == "rivtabp20"


def test_hundreds_of_calls_wait_for_a_hanging_producer_without_holding_up_another() -> None:
    """DESIGN decision 2, §5."""
    other = "SE2321009991-1A01"
    body = sample().replace(b"LogicalAddress>SE2321009991-2B02", b"LogicalAddress>" + other.encode())
    released = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await released.wait()

    async def ask() -> tuple[Answer, list[Answer]]:
        reply = http_reply("200 OK", GOOD)
        async with an_http_producer(reply, wait) as hanging, an_http_producer(reply) as quick:
            routes = (a_route(address=hanging.url), a_route(address=quick.url, logical_address=other))
            async with opened(a_pipeline(*routes, connect_timeout_seconds=60)) as pipeline:
                waiting = [asyncio.create_task(pipeline.answer(a_request())) for _ in range(200)]
                first = await pipeline.answer(a_request(body))
                assert not any(task.done() for task in waiting)
                released.set()
                return first, await asyncio.gather(*waiting)

    first, waited = asyncio.run(ask())
    assert first.status == 200
    assert {answer.status for answer in waited} == {200}

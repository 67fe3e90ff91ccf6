"""gateway/forwarder.py: what a producer did → what the consumer gets, on real loopback connections (platform.md §13)."""

import asyncio
import fcntl
import socket
import struct
import termios
from contextlib import suppress

import pytest
from hypothesis import given, strategies

from contracts import envelope, xml
from contracts.errors import ProducerFault
from gateway.call import Answer
from gateway.producer_address import read_address
from tests.gateway.builders import (
    CONSUMER,
    SETTINGS,
    Behaviour,
    HttpProducer,
    Stub,
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
from tests.people import ANNA

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
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<a",
        b"",
    ],
    ids=["too short", "in the head", "in a chunk", "nothing"],
)
def test_an_answer_that_breaks_off_is_vp009(reply: bytes) -> None:
    """platform.md §13: closed during the call."""
    answer, producer = forwarded(reply, retry_attempts=0)
    assert "The connection broke during the call." in vp009(answer, producer)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n<a/>",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x16\x03\x01\x00\x05",
        b"<html>",
    ],
    ids=["no length", "ssh", "tls", "no head"],
)
def test_what_is_no_http_answer_is_vp009_and_not_asked_for_again(reply: bytes) -> None:
    """platform.md §13: other I/O error; §14.2."""
    answer, producer = forwarded(reply)
    assert "(AnswerUnreadable: The answer is not HTTP.)" in vp009(answer, producer)
    assert len(producer.heads) == 1


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
        detail = vp009(carried(a_pipeline(a_route(address=url), retry_attempts=0)))
    assert url in detail
    assert "(ConnectError: Cannot connect to the producer.)" in detail
    assert "VP_PRODUCER_EXCEPTION_HTTP_STATUS" not in detail


def test_a_host_that_nobody_knows_is_vp009() -> None:
    address = "http://nosuch.invalid/x"
    assert "(HostUnknown: " in vp009(carried(a_pipeline(a_route(address=address), retry_attempts=0)))


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


ODD_ADDRESSES = [
    "ftp://127.0.0.1/x", "nonsense", "http://", "http://bad host/", "://x", "http://127.0.0.1:99999/", "mailto:x", "adapter",
    "file:///etc/passwd", "http://127.0.0.1:0/", "http://127.0.0.1/a b", "http://127.0.0.1/%zz", "http://[::1/x",
    "http://127.0.0.1/\x00", "http://127.0.0.1\\x", "foo:https://127.0.0.1/", "http://127.0.0.1/\r\nX: y",
]  # fmt: skip


@pytest.mark.parametrize("address", ODD_ADDRESSES)
def test_an_address_that_cannot_be_called_is_vp009(address: str) -> None:
    """platform.md §9.5: by default it is told as what it is."""
    assert "(AddressUnusable: " in vp009(carried(a_pipeline(a_route(address=address))))


@pytest.mark.parametrize("address", ODD_ADDRESSES)
def test_an_address_that_cannot_be_called_is_an_internal_error_where_the_setting_says_so(address: str) -> None:
    """platform.md §9.5, §12.4: no code; an exception's message, and in the detail its class too."""
    fault = fault_in(carried(a_pipeline(a_route(address=address), compatibility="skltp")))
    assert (fault.faultcode, fault.faultstring) == ("SOAP-ENV:Server", "Illegal address")
    assert fault.detail == "java.net.URISyntaxException: Illegal address"


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


@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "DELETE", "PATCH"])
def test_the_method_is_passed_on_as_received(method: str) -> None:
    """platform.md §7.2."""
    answer, producer = forwarded(http_reply("200 OK", GOOD), a_request(method=method))
    assert answer.status == 200
    assert producer.heads[0].startswith(f"{method} /producer HTTP/1.1\r\n".encode())
    assert producer.bodies == [sample()]


@pytest.mark.parametrize(("keeps", "connection"), [(True, "keep-alive"), (False, "close")])
def test_the_connection_header_is_the_platforms(keeps: bool, connection: str) -> None:
    """platform.md §7.2, §14.3."""
    request = with_headers({"connection": "upgrade"})
    _, producer = forwarded(http_reply("200 OK", GOOD), request, producer_keep_alive=keeps)
    assert producer.header("connection") == connection


async def read_chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while (size := int(await reader.readline(), 16)) > 0:
        _CHUNKS.append(await reader.readexactly(size))
        await reader.readexactly(2)


_CHUNKS: list[bytes] = []


def test_a_request_goes_in_chunks_where_the_setting_says_so() -> None:
    """platform.md §7.2 (producer.chunked.encoding)."""
    _CHUNKS.clear()
    answer, producer = forwarded(http_reply("200 OK", GOOD), behave=read_chunks, producer_chunked=True)
    assert answer.status == 200
    assert (producer.header("transfer-encoding"), producer.header("content-length")) == ("chunked", None)
    assert b"".join(_CHUNKS) == sample()


def test_a_headers_bytes_go_out_as_they_came_and_come_back_so() -> None:
    """DESIGN decision 6, for headers: the door reads and writes Latin-1, one character for each byte."""
    odd = "Å".encode().decode("latin-1")
    reply = http_reply("200 OK", GOOD, f"X-Odd: {odd}", "X-Latin: \xe5")
    answer, producer = forwarded(reply, with_headers({"x-odd": odd}))
    assert producer.header("x-odd") == odd
    assert (dict(answer.headers)["X-Odd"], dict(answer.headers)["X-Latin"]) == (odd, "\xe5")


def test_a_header_that_is_no_ascii_goes_out_byte_for_byte_as_it_came() -> None:
    """Headers are read as Latin-1, a character for each byte, and written so."""
    _, producer = forwarded(http_reply("200 OK", GOOD), with_headers({"x-latin": "\xe5"}))
    assert producer.header("x-latin") == "\xe5"


def test_headers_of_the_answer_keep_their_case_their_order_and_their_number() -> None:
    """platform.md §7.3."""
    answer, _ = forwarded(http_reply("200 OK", GOOD, "seT-CooKie: a", "B: 1", "A: 2", "seT-CooKie: b"))
    told = [row for row in answer.headers if row[0] in ("seT-CooKie", "A", "B")]
    assert told == [("seT-CooKie", "a"), ("B", "1"), ("A", "2"), ("seT-CooKie", "b")]


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
    assert xml.encoding_of(producer.bodies[0], xml.parse(producer.bodies[0]), None) == "UTF-8"


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


# The real platform's words and leniency


SKLTP = {"compatibility": "skltp", "retry_attempts": 0}


def reason_in(answer: Answer) -> str:
    """What stands in the parentheses of form 1, told as the real platform tells it."""
    detail = vp009(answer)
    phrase = "Exception Caught by Camel when contacting producer. Exception information: ("
    assert phrase in detail
    return detail.partition(phrase)[2]


def test_a_late_answer_in_the_real_platforms_words() -> None:
    """platform.md §13; §24 row 36."""
    answer, _ = forwarded(None, behave=hang, producer_timeout_seconds=0.1, **SKLTP)
    assert reason_in(answer) == (
        "io.netty.handler.timeout.ReadTimeoutException: Timeout when waiting on response from producer.)"
    )


@pytest.mark.parametrize("reply", [None, b"", b"HTTP/1.1 200 OK\r\nContent-Le"])
def test_a_broken_connection_in_the_real_platforms_words(reply: bytes | None) -> None:
    """platform.md §13."""
    answer, _ = forwarded(reply, behave=reset if reply is None else None, **SKLTP)
    assert reason_in(answer) == "java.net.SocketException: Connection reset)"


def test_a_status_in_the_real_platforms_words() -> None:
    """platform.md §13; §24 row 34."""
    answer, producer = forwarded(http_reply("404 Not Found", FAULT), **SKLTP)
    assert reason_in(answer) == (
        "org.apache.camel.component.netty.http.NettyHttpOperationFailedException: Netty HTTP operation failed invoking "
        f"{producer.url} with statusCode: 404)\nVP_PRODUCER_EXCEPTION_HTTP_STATUS=404"
    )


def test_a_too_large_answer_is_an_internal_error_where_the_setting_says_so() -> None:
    """platform.md §12.4, §14.4."""
    fault = fault_in(forwarded(http_reply("200 OK", b"x" * 9000), max_message_bytes=8000, **SKLTP)[0])
    assert fault.faultstring == "Response entity too large"
    assert fault.detail == "io.netty.handler.codec.TooLongFrameException: Response entity too large"


@pytest.mark.parametrize("mode", ["tidbro", "skltp"])
def test_the_record_of_a_too_large_answer_says_whose_fault_it_is(mode: str, caplog: pytest.LogCaptureFixture) -> None:
    """platform.md §12.4: logged error code VP009."""
    caplog.set_level("INFO", "tidbro.message_log")
    forwarded(http_reply("200 OK", b"x" * 9000), max_message_bytes=8000, compatibility=mode)
    assert '"error": "VP009", "error_origin": "producer"' in caplog.text


SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\nX-Other: 1\r\n\r\n" + GOOD


@pytest.mark.parametrize("settings", [{"compatibility": "skltp"}, {"accepts_short_answers": True}])
def test_an_answer_shorter_than_it_said_passes_where_the_setting_says_so(settings: dict[str, object]) -> None:
    """platform.md §13; §24 row 40."""
    answer, producer = forwarded(SHORT, **settings)
    assert (answer.status, answer.body, len(producer.heads)) == (200, GOOD, 1)
    assert {"X-Other", "x-skltp-prt"} <= dict(answer.headers).keys()


def test_an_answer_shorter_than_it_said_is_vp009_by_default() -> None:
    """platform.md §24 row 40: what was cut off may be half a booking list."""
    assert "ConnectionBroken" in vp009(forwarded(SHORT, retry_attempts=0)[0])


async def answer_half_and_reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(SHORT)
    await writer.drain()
    await asyncio.wait_for(asyncio.shield(_taken(writer)), 10)
    await reset(reader, writer)


async def _taken(writer: asyncio.StreamWriter) -> None:
    """Until the kernel has handed over what was written: a reset throws away the rest."""
    raw = writer.get_extra_info("socket")
    while struct.unpack("i", fcntl.ioctl(raw, termios.TIOCOUTQ, b"\0" * 4))[0]:
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("reply", "behave"),
    [
        (None, answer_half_and_reset),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n<a", None),
        (b"HTTP/1.1 200 OK\r\nContent-Le", None),
    ],
    ids=["reset", "in a chunk", "in the head"],
)
def test_other_broken_answers_are_vp009_all_the_same(reply: bytes | None, behave: Behaviour | None) -> None:
    """platform.md §13: only an announced length that was not reached, and then an orderly end."""
    answer, _ = forwarded(reply, behave=behave, **SKLTP)
    assert reason_in(answer) == "java.net.SocketException: Connection reset)"


def test_a_short_answer_of_nothing_is_an_empty_one() -> None:
    """platform.md §13, form 2."""
    answer, _ = forwarded(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", **SKLTP)
    assert vp009(answer).endswith("Empty message when server responded with status code: 200 OK")


# Empty and lost answers


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("200 Fine", "200 Fine"),
        ("202 Accepted", "202 Accepted"),
        ("204 No Content", "204 No Content"),
        ("200 ", "200 OK"),
    ],
)
@pytest.mark.parametrize("mode", ["tidbro", "skltp"])
def test_an_empty_answer_is_told_with_the_producers_own_phrase(status: str, told: str, mode: str) -> None:
    """platform.md §13, form 2; §24 row 35; §25 row 26: with a Content-Type."""
    answer, _ = forwarded(http_reply(status, b""), compatibility=mode)
    assert vp009(answer).endswith(f"Empty message when server responded with status code: {told}")
    assert dict(answer.headers)["Content-Type"] == "text/xml; charset=UTF-8"


def test_nothing_personal_in_a_phrase_is_passed_on() -> None:
    answer, _ = forwarded(http_reply(f"200 {ANNA.number}", b""))
    assert vp009(answer).endswith("status code: 200 (hidden)")


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        ("404 Not Found", FAULT, f"HTTP 404, {len(FAULT)} bytes, a SOAP fault"),
        ("500 Internal Server Error", b"<html>", "HTTP 500, 6 bytes"),
        ("302 Found", b"", "HTTP 302, 0 bytes"),
    ],
)
def test_what_is_lost_of_an_answer_is_told_in_the_message_log_but_not_what_it_said(
    status: str, body: bytes, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §25 row 11: a fault with 4xx is thrown away, and an operator can see that it was."""
    caplog.set_level("INFO", "tidbro.message_log")
    forwarded(http_reply(status, body))
    assert f'"lost_answer": "{told}"' in caplog.text
    assert "Another platform" not in caplog.text


@pytest.mark.parametrize("status", ["500 Internal Server Error", "404 Not Found"])
def test_a_fault_of_ours_does_not_say_how_long_the_producer_took(status: str) -> None:
    """platform.md §7.3: the producer's headers were cleared."""
    answer, _ = forwarded(http_reply(status, b"x", "X-Other: 1"))
    assert {name.lower() for name, _ in answer.headers} == {"content-type", "x-skltp-correlation-id"}


def test_an_adapters_answer_says_how_long_it_took_and_so_does_its_own_fault() -> None:
    """platform.md §7.3: as a producer's would."""

    def fail() -> None:
        raise ProducerFault("The database is locked.")

    for stub in (Stub(), Stub(before=fail)):
        assert int(dict(carried(a_pipeline(adapters={"stub": stub})).headers)["x-skltp-prt"]) >= 0


# Addresses


@pytest.mark.parametrize(
    ("address", "host", "port", "host_header", "is_tls"),
    [
        ("http://h/x", "h", 80, "h", False),
        ("http://h:80/x", "h", 80, "h", False),
        ("http://h:8080/x", "h", 8080, "h:8080", False),
        ("http://h:443/x", "h", 443, "h:443", False),
        ("https://h/x", "h", 443, "h", True),
        ("https://h:443/x", "h", 443, "h:443", True),
        ("https://h:80/x", "h", 80, "h", True),
        ("HTTPS://H/x", "h", 443, "h", True),
        ("http://h/x?to=https://other/", "h", 443, "h", True),
        ("http://h:8080/https://other/", "h", 8080, "h:8080", True),
        ("http://[::1]:8080/x", "::1", 8080, "[::1]:8080", False),
        ("https://[2001:db8::1]/x", "2001:db8::1", 443, "[2001:db8::1]", True),
        ("http://tidbok.åäö.example/x", "tidbok.xn--4cab6c.example", 80, "tidbok.xn--4cab6c.example", False),
        ("https://user:secret@h/x", "h", 443, "h", True),
        ("http://h", "h", 80, "h", False),
    ],
)
def test_where_an_address_leads(address: str, host: str, port: int, host_header: str, is_tls: bool) -> None:
    """platform.md §7.2 (Host), §9.5: `https://` anywhere means TLS; §15: no port counts as 443."""
    target = read_address(address)
    assert (target.host, target.port, target.host_header, target.is_tls) == (host, port, host_header, is_tls)
    assert target.url.user is None
    assert target.url.scheme == ("https" if is_tls else "http")


@given(strategies.text(max_size=30) | strategies.text(alphabet="htps:/@[]#?%.0189 å", max_size=30))
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        target = read_address(text)
        assert target.host
        assert 0 < target.port < 65_536
        assert target.url.user is None


def test_a_name_and_password_in_an_address_are_neither_sent_nor_told(caplog: pytest.LogCaptureFixture) -> None:
    """What a catalogue holds reaches faults, logs and producers' access logs."""
    caplog.set_level("INFO")

    async def ask() -> tuple[Answer, Answer, HttpProducer]:
        async with an_http_producer(http_reply("404 Not Found", b"x")) as producer:
            address = producer.url.replace("http://", "http://user:s3cret@")
            async with opened(a_pipeline(a_route(address=address))) as pipeline:
                first = await pipeline.answer(a_request())
            async with opened(a_pipeline(a_route(address=address), compatibility="skltp")) as pipeline:
                return first, await pipeline.answer(a_request()), producer

    first, second, producer = asyncio.run(ask())
    assert producer.url in vp009(first)
    assert producer.url in vp009(second)
    told = b"".join((first.body, second.body, *producer.heads, caplog.text.encode()))
    assert b"s3cret" not in told
    assert producer.header("authorization") is None


def test_the_consumers_own_authorization_is_passed_on() -> None:
    """platform.md §7.2."""
    _, producer = forwarded(http_reply("200 OK", GOOD), with_headers({"authorization": "Bearer x"}))
    assert producer.header("authorization") == "Bearer x"


def test_one_producer_is_one_whatever_its_paths_and_one_more_call_than_may_wait_is_told_so() -> None:
    """DESIGN decision 2: the bound is for host and port."""
    other = "SE2321009991-1A01"
    body = sample().replace(b"LogicalAddress>SE2321009991-2B02", b"LogicalAddress>" + other.encode())
    released, reached = asyncio.Event(), asyncio.Event()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await released.wait()

    async def ask() -> tuple[Answer, Answer]:
        async with an_http_producer(http_reply("200 OK", GOOD), wait) as producer:
            routes = (a_route(address=producer.url), a_route(address=producer.url + "/more", logical_address=other))
            async with opened(a_pipeline(*routes, producer_connections=1)) as pipeline:
                waiting = asyncio.create_task(pipeline.answer(a_request()))
                await reached.wait()
                refused = await pipeline.answer(a_request(body))
                released.set()
                return refused, await waiting

    refused, waited = asyncio.run(ask())
    assert "(Overloaded: Too many calls are waiting for the producer.)" in vp009(refused)
    assert waited.status == 200

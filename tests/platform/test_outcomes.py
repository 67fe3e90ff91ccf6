"""What the producer did, and what the consumer sees of it (platform.md §12.4, §13, §14; §24 rows 31–40; §25 rows
11–14, 26, 27)."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.gateway.producers import CASE, Behaviour, closes, drips, hangs, replies, resets, waits, writes
from tests.platform import catalogue, wire
from tests.platform.letter import check_headers, detail_of
from tests.platform.logs import record_of
from tests.platform.messages import (
    ANSWER,
    GET,
    MAKE,
    MAKE_BOOKING,
    SLOW,
    SOAP_12_FAULT,
    SOAP_FAULT,
    a_message,
    official,
)
from tests.platform.test_properties import refused
from tests.platform.world import RETRY_MILLISECONDS, Gateway, World

PRODUCER_TIME = "x-skltp-prt"
REAL_EXCEPTION = "Exception Caught by Camel when contacting producer. Exception information: "


def contacting(gateway: Gateway, url: str = "") -> str:
    return f"Error connecting to service producer at address {url or gateway.world.places.http}"


def failure(gateway: Gateway, reply: wire.Reply, url: str = "") -> str:
    """What an answer tells of the exception, of which the first form of §13 is checked."""
    detail = detail_of(reply, "VP009")
    start = f"{contacting(gateway, url)}. "
    assert detail.startswith(start)
    caught, found, told = detail.removeprefix(start).partition(" when contacting producer. Exception information: ")
    assert found
    assert caught == ("Exception Caught by Camel" if gateway.is_skltp else "Exception Caught by Tidbro")
    assert told.startswith("(")
    return told


# Answers that are passed on

PASSED = {
    "SOAP": ANSWER,
    "a_fault_with_200": SOAP_FAULT,
    "SOAP_1_2_fault_with_200": SOAP_12_FAULT,
    "HTML": b"<html><br></html>",
    "JSON": b'{"a": 1}',
    "plain_text": b"hello",
    "bytes": bytes(range(256)),
    "one_blank": b" ",
}


@pytest.mark.parametrize("body", PASSED.values(), ids=PASSED.keys())
@pytest.mark.parametrize("status", ["200 OK", "202 Accepted", "299 Whatever"])
def test_24_row_31_and_39_a_good_status_is_passed_on_with_whatever_it_brings(
    gateway: Gateway, status: str, body: bytes
) -> None:
    """platform.md §24 row 31, §24 row 39, §13, §25 row 14: the Content-Type is text/xml always."""
    reply = gateway.call(None, (), replies(status, body, "Content-Type: application/json"))
    assert (reply.status, reply.body) == (int(status[:3]), body)
    assert reply.header("content-type") == "text/xml; charset=UTF-8"
    assert reply.header(PRODUCER_TIME).isdigit()


def test_24_row_32_a_soap_1_1_fault_of_the_producer_is_passed_on(gateway: Gateway) -> None:
    """platform.md §24 row 32, §13: with the producer's headers and the time it took."""
    reply = gateway.call(None, (), replies("500 Oops", SOAP_FAULT, "X-Producer: a"))
    assert (reply.status, reply.body) == (500, SOAP_FAULT)
    assert reply.header("x-producer") == "a"
    assert reply.header(PRODUCER_TIME).isdigit()
    assert reply.header("content-type") == "text/xml; charset=UTF-8"


def test_13_what_only_mentions_the_envelope_is_passed_on_too(gateway: Gateway) -> None:
    """platform.md §13: the body is searched, not parsed."""
    body = b"<html>http://schemas.xmlsoap.org/soap/envelope/</html>"
    assert gateway.call(None, (), replies("500 Oops", body)).body == body


def test_25_row_14_a_multipart_answer_is_passed_on_with_another_content_type(gateway: Gateway) -> None:
    """platform.md §13, §25 row 14."""
    body = b"--b\r\nContent-Type: application/xop+xml\r\n\r\n" + ANSWER + b"\r\n--b--"
    reply = gateway.call(None, (), replies("200 OK", body, 'Content-Type: multipart/related; boundary="b"'))
    assert (reply.status, reply.body, reply.header("content-type")) == (200, body, "text/xml; charset=UTF-8")


def test_8_a_compressed_answer_is_passed_on_as_it_is(gateway: Gateway) -> None:
    """platform.md §8 [D]."""
    reply = gateway.call(None, (), replies("200 OK", b"\x1f\x8bnot really", "Content-Encoding: gzip"))
    assert (reply.body, reply.header("content-encoding")) == (b"\x1f\x8bnot really", "gzip")


def test_8_an_answer_in_another_charset_keeps_its_bytes(gateway: Gateway) -> None:
    """platform.md §8, the last row of its table [D]."""
    body = ANSWER.decode().encode("iso-8859-1")
    reply = gateway.call(None, (), replies("200 OK", body, "Content-Type: text/xml; charset=ISO-8859-1"))
    assert (reply.body, reply.header("content-type")) == (body, "text/xml; charset=UTF-8")


def test_13_an_unexpected_100_continue_is_passed_over(gateway: Gateway) -> None:
    """platform.md §13."""
    raw = f"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {len(ANSWER)}\r\n\r\n".encode() + ANSWER
    assert gateway.call(None, (), writes(raw)).body == ANSWER


def test_14_3_an_answer_in_chunks_is_answered_with_its_length(gateway: Gateway) -> None:
    """platform.md §7.3: Content-Length is recomputed."""
    chunks = b"5\r\n<a>xx\r\n6;extension=1\r\nyy</a>\r\n0\r\nTrailer: 1\r\n\r\n"
    reply = gateway.call(None, (), writes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks))
    assert (reply.body, reply.header("content-length")) == (b"<a>xxyy</a>", "11")
    assert "transfer-encoding" not in reply.names


def test_13_an_answer_that_ends_with_its_connection_is_one(gateway: Gateway) -> None:
    """platform.md §13: HTTP/1.0 without a length."""
    assert gateway.call(None, (), writes(b"HTTP/1.0 200 OK\r\n\r\n" + ANSWER)).body == ANSWER


def test_13_ten_megabytes_of_answer_are_carried(gateway: Gateway) -> None:
    """platform.md §14.4."""
    body = b"x" * 10_000_000
    assert gateway.call(None, (), replies("200 OK", body)).body == body


# Answers that are replaced

STATUSES = [
    "500 Internal Server Error", "301 Moved Permanently", "302 Found", "304 Not Modified", "400 Bad Request", "401 Unauthorized",
    "404 Not Found", "418 I'm a teapot", "501 Not Implemented", "502 Bad Gateway", "503 Service Unavailable",
]  # fmt: skip


@pytest.mark.parametrize("status", STATUSES)
def test_24_row_33_and_34_another_status_is_vp009_that_tells_it(gateway: Gateway, status: str) -> None:
    """platform.md §24 row 33, §24 row 34, §13; a redirect is not followed."""
    body = b"" if status.startswith("304") else b"<html>secret</html>"
    reply = gateway.call(None, (), replies(status, body, f"Location: {gateway.world.places.http}"))
    told = failure(gateway, reply)
    assert told.endswith(f")\nVP_PRODUCER_EXCEPTION_HTTP_STATUS={status[:3]}")
    assert b"secret" not in reply.body
    assert len(gateway.attempts(reply)) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("500 Oops", b""),
        ("500 Oops", b'{"a": 1}'),
        ("500 Oops", SOAP_12_FAULT),
        ("400 Bad Request", SOAP_FAULT),
        ("404 Not Found", SOAP_FAULT),
        ("503 Service Unavailable", SOAP_FAULT),
    ],
    ids=["500_empty", "500_JSON", "500_SOAP_1_2", "400_fault", "404_fault", "503_fault"],
)
def test_25_row_11_and_12_faults_that_are_lost(gateway: Gateway, status: str, body: bytes) -> None:
    """platform.md §25 row 11, §25 row 12, §13: no SOAP 1.2 fault, and none of another status than 500."""
    reply = gateway.call(None, (), replies(status, body))
    assert failure(gateway, reply).endswith(f"VP_PRODUCER_EXCEPTION_HTTP_STATUS={status[:3]}")
    assert b"the producer's own" not in reply.body


@pytest.mark.parametrize("status", ["200 OK", "202 Accepted", "204 No Content", "200 Fine With Us"])
def test_24_row_35_an_empty_answer_is_vp009_in_a_form_of_its_own(gateway: Gateway, status: str) -> None:
    """platform.md §24 row 35, §13 form 2, §25 row 26: the status and reason are the producer's."""
    raw = f"HTTP/1.1 {status}\r\n" + ("\r\n" if status.startswith("204") else "Content-Length: 0\r\n\r\n")
    detail = detail_of(gateway.call(None, (), writes(raw.encode())), "VP009")
    assert detail == f"{contacting(gateway)}. Empty message when server responded with status code: {status}"


# No answer


def test_24_row_36_a_silent_producer_is_given_up_after_the_time_out(gateway: Gateway) -> None:
    """platform.md §24 row 36, §13, §14.1: with one attempt only."""
    reply = gateway.call(a_message(contract=SLOW), (), hangs)
    told = failure(gateway, reply)
    assert "Timeout when waiting on response from producer." in told
    if gateway.is_skltp:
        assert (
            told == "(io.netty.handler.timeout.ReadTimeoutException: Timeout when waiting on response from producer.)"
        )
    assert len(gateway.attempts(reply)) == 1


@pytest.mark.parametrize("contract", [GET, MAKE], ids=["reading", "updating"])
def test_24_row_37_a_closed_port_is_vp009_after_a_retry(like_skltp: Gateway, contract: str) -> None:
    """platform.md §24 row 37, §13, §14.2: the retry's delay passes first."""
    started = time.monotonic()
    told = failure(like_skltp, like_skltp.call(a_message("REFUSED", contract)), like_skltp.world.refused_url)
    assert time.monotonic() - started >= RETRY_MILLISECONDS / 1000
    port = like_skltp.world.refused_url.split(":")[2].split("/")[0]
    assert told.startswith("(java.net.ConnectException: Cannot connect to 127.0.0.1")
    assert told.endswith(f":{port})")


def test_24_row_37_by_default_a_closed_port_is_tried_again_by_readers(by_default: Gateway) -> None:
    """platform.md §24 row 37, §25 row 13."""
    started = time.monotonic()
    failure(by_default, by_default.call(a_message("REFUSED")), by_default.world.refused_url)
    assert time.monotonic() - started >= RETRY_MILLISECONDS / 1000


@pytest.mark.parametrize("contract", [GET, MAKE], ids=["reading", "updating"])
@pytest.mark.parametrize("breaks", [resets, closes], ids=["reset", "closed"])
def test_24_row_38_a_reset_call_is_sent_again(like_skltp: Gateway, breaks: Behaviour, contract: str) -> None:
    """platform.md §24 row 38, §14.2, §25 row 13: a booking too."""
    reply = like_skltp.call(a_message(contract=contract), (), breaks, replies("200 OK", ANSWER))
    assert (reply.status, reply.body) == (200, ANSWER)
    assert [one.body for one in like_skltp.attempts(reply)] == [a_message(contract=contract)] * 2


def test_24_row_38_by_default_a_question_is_asked_again(by_default: Gateway) -> None:
    """platform.md §24 row 38."""
    reply = by_default.call(None, (), resets, replies("200 OK", ANSWER))
    assert (reply.status, len(by_default.attempts(reply))) == (200, 2)


def test_25_row_13_by_default_a_change_is_never_sent_twice(by_default: Gateway) -> None:
    """platform.md §25 row 13; DESIGN decision 8: also for the contracts that have a schema."""
    for body in (a_message(contract=MAKE), official("MakeBooking")):
        reply = by_default.call(body, (), resets, replies("200 OK", ANSWER))
        failure(by_default, reply)
        assert len(by_default.attempts(reply)) == 1
    assert MAKE_BOOKING.encode() in official("MakeBooking")


def test_14_2_a_call_is_not_sent_again_for_a_caller_that_has_closed_its_half(by_default: Gateway) -> None:
    """platform.md §14.2: whether anybody still listens is not known, and a producer that hangs would be asked on."""
    half_closed = threading.Event()
    case = by_default.told(waits(half_closed, resets), replies("200 OK", ANSWER))
    rows = [*by_default.identity.items(), (CASE, case), ("Content-Type", "text/xml")]
    with wire.connect(by_default.port) as connection:
        connection.sendall(wire.request("POST", "/vp/test", rows, a_message()))
        connection.shutdown(socket.SHUT_WR)
        half_closed.set()
        reply = wire.split(wire.read_all(connection))
    assert reply is not None
    failure(by_default, replace(reply, case=case))
    assert len(by_default.world.http.seen(case)) == 1


def test_13_a_call_that_is_reset_twice_is_vp009(gateway: Gateway) -> None:
    """platform.md §13, §14.2: one retry by default, then the exception."""
    reply = gateway.call(None, (), resets)
    told = failure(gateway, reply)
    assert len(gateway.attempts(reply)) == 2
    if gateway.is_skltp:
        assert told == "(java.net.SocketException: Connection reset)"


def test_13_a_connection_that_is_reset_before_anything_is_read(gateway: Gateway) -> None:
    """platform.md §13."""
    before = gateway.world.resetting.connections
    failure(gateway, gateway.call(a_message("RESETTING")), gateway.world.places.resetting)
    assert gateway.world.resetting.connections - before == 2


def test_14_2_retries_can_be_turned_off_and_multiplied(world: World) -> None:
    """platform.md §14.2, §23 vp.producer.retry.attempts."""
    for attempts in (0, 3):
        gateway = world.start("skltp", {"vp.producer.retry.attempts": attempts, "vp.producer.retry.delay": 1})
        assert len(gateway.attempts(gateway.call(None, (), resets))) == attempts + 1


def test_14_2_below_zero_is_for_ever(world: World) -> None:
    """platform.md §14.2."""
    gateway = world.start("skltp", {"vp.producer.retry.attempts": -1, "vp.producer.retry.delay": 1})
    reply = gateway.call(None, (), *[resets] * 12, replies("200 OK", ANSWER))
    assert (reply.status, len(gateway.attempts(reply))) == (200, 13)


# Answers that end early, late or wrongly


def test_24_row_40_the_real_platform_takes_what_came_of_a_longer_answer(like_skltp: Gateway) -> None:
    """platform.md §24 row 40, §13."""
    reply = like_skltp.call(None, (), replies("200 OK", ANSWER, length=len(ANSWER) + 10))
    assert (reply.status, reply.body, reply.header("content-length")) == (200, ANSWER, str(len(ANSWER)))


def test_24_row_40_by_default_a_cut_answer_is_none(by_default: Gateway) -> None:
    """What is cut could be read as another answer."""
    failure(by_default, by_default.call(None, (), replies("200 OK", ANSWER, length=len(ANSWER) + 10)))


def test_13_what_follows_an_answers_length_is_never_part_of_it(gateway: Gateway) -> None:
    """HTTP's own rule (platform.md §13 does not say more): and such a call is not sent twice."""
    reply = gateway.call(None, (), replies("200 OK", b"<a/>more", length=4))
    assert b"more" not in reply.body
    assert len(gateway.attempts(reply)) == 1


def test_25_row_27_the_real_platform_bounds_each_wait_and_not_the_answer(like_skltp: Gateway) -> None:
    """platform.md §25 row 27, §14.1: an answer that drips is waited for."""
    pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", *[b"x"] * 5]
    assert like_skltp.call(a_message(contract=SLOW), (), drips(pieces, 0.4)).body == b"xxxxx"


def test_25_row_27_by_default_the_whole_answer_is_bounded(by_default: Gateway) -> None:
    """platform.md §25 row 27."""
    pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 99]
    reply = by_default.call(a_message(contract=SLOW), (), drips(pieces, 0.4))
    assert "Timeout when waiting on response from producer." in failure(by_default, reply)
    assert len(by_default.attempts(reply)) == 1


@pytest.mark.parametrize(
    "raw", [b"hello\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx"]
)
def test_13_an_answer_that_is_no_http_is_vp009(gateway: Gateway, raw: bytes) -> None:
    """platform.md §13: other I/O errors, without a retry."""
    reply = gateway.call(None, (), writes(raw))
    failure(gateway, reply)
    assert len(gateway.attempts(reply)) == 1


def test_12_4_a_bad_url_of_a_route_is_an_internal_error(like_skltp: Gateway) -> None:
    """platform.md §9.5, §12.4: HTTP 500, Server, and a fault string without a code."""
    reply = like_skltp.call(a_message("BAD-URL"))
    assert reply.status == 500
    check_headers(reply)
    assert b"<faultcode>SOAP-ENV:Server</faultcode>" in reply.body
    assert b"<faultstring>VP" not in reply.body


def test_12_4_by_default_a_bad_url_is_vp009_that_says_so(by_default: Gateway) -> None:
    """platform.md §9.5: the caller is told where to look."""
    failure(by_default, by_default.call(a_message("BAD-URL")), "http://127.0.0.1:port/x")


def test_9_5_a_name_and_password_in_an_address_are_neither_sent_nor_told(gateway: Gateway) -> None:
    """platform.md §9.5: host, port, path and query of the URI lead to the producer, and nothing else of it."""
    reply = gateway.call(a_message("CREDENTIALS"))
    seen = gateway.seen(reply)
    assert seen.line.split(" ")[1] == "/producer/path?of=route"
    assert seen.header("host") == f"127.0.0.1:{gateway.world.http.port}"
    assert "authorization" not in seen.names
    failed = gateway.call(a_message("CREDENTIALS"), (), replies("404 Not Found", b""))
    assert f"at address http://127.0.0.1:{gateway.world.http.port}/producer/path" in detail_of(failed, "VP009")
    for one in (reply, failed):
        assert "secret" not in json.dumps(record_of(gateway, one))


def test_9_5_https_anywhere_in_an_address_means_tls(like_skltp: Gateway, by_default: Gateway) -> None:
    """platform.md §9.5: in its query too; a port that speaks no TLS makes no handshake then."""
    for gateway in (like_skltp, by_default):
        before = gateway.world.http.connections
        reply = gateway.call(a_message("HTTPS-INSIDE"))
        failure(gateway, reply, f"{gateway.world.places.http}?of=https://route")
        assert gateway.world.http.connections > before
        assert gateway.attempts(reply) == []


def test_9_5_another_scheme_cannot_be_called(gateway: Gateway) -> None:
    """platform.md §9.5: everything that is not TLS is plain HTTP on the real platform; here it must say so."""
    reply = gateway.call(a_message("FTP"))
    assert (reply.status, gateway.attempts(reply)) == (500, [])


# Connections


@pytest.mark.parametrize(
    "given", [{"producer.http.keepAlive": "false"}, {"producer.http.disconnect": "true"}], ids=["keep_alive", "disconnect"]
)  # fmt: skip
def test_14_3_connections_can_be_closed_after_each_call(world: World, given: dict[str, object]) -> None:
    """platform.md §14.3, §7.2: and the producer is told so."""
    gateway = world.start("skltp", given)
    before = world.http.connections
    for _ in range(3):
        kept = writes(f"HTTP/1.1 200 OK\r\nContent-Length: {len(ANSWER)}\r\n\r\n".encode() + ANSWER)
        assert gateway.seen(gateway.call(None, (), kept)).header("connection") == "close"
    assert world.http.connections - before == 3


def test_14_3_a_connection_that_the_producer_closed_costs_no_call(gateway: Gateway) -> None:
    """platform.md §14.2, §14.3: kept for the next call and closed meanwhile; a change may not be sent twice, nor lost."""
    kept = writes(f"HTTP/1.1 200 OK\r\nContent-Length: {len(ANSWER)}\r\n\r\n".encode() + ANSWER)
    for _ in range(10):
        reply = gateway.call(a_message(contract=MAKE), (), kept)
        assert (reply.status, len(gateway.attempts(reply))) == (200, 1)


def test_14_3_a_producer_that_hangs_holds_up_nobody_else(gateway: Gateway) -> None:
    """DESIGN decision 2: thousands of calls can wait; here some, and others are answered meanwhile."""
    case, waiting = gateway.told(hangs), 40
    raw = wire.request("POST", "/vp/x", {**gateway.identity, "x-case": case}, a_message())
    with ExitStack() as open_ones:
        for _ in range(waiting):
            open_ones.enter_context(wire.connect(gateway.port)).sendall(raw)
        gateway.world.http.await_requests(case, waiting)
        assert gateway.still_answers()
    assert gateway.still_answers()


# TLS towards producers


def test_13_a_producer_over_https_is_reached(gateway: Gateway) -> None:
    """platform.md §15."""
    assert gateway.call(a_message("TLS")).body == ANSWER


def test_13_a_certificate_that_is_not_trusted_is_no_producer(world: World) -> None:
    """platform.md §13: one attempt, SSLHandshakeException."""
    other = world.write("tls-other.toml", (world.tls_file).read_text().replace(
        str(world.authority.file), str(world.stranger_authority.file)))  # fmt: skip
    gateway = world.start("skltp", {"tls_file": other})
    before = world.https.connections
    reply = gateway.call(a_message("TLS"))
    assert failure(gateway, reply, world.places.https).startswith("(javax.net.ssl.SSLHandshakeException")
    assert world.https.connections - before == 1


def test_13_a_certificate_for_another_host(like_skltp: Gateway, by_default: Gateway) -> None:
    """platform.md §13, §14.3, §23 producer.https.hostnameVerification: not checked by the real platform; DESIGN
    decision 8: host names are checked by default."""
    assert like_skltp.call(a_message("ELSEWHERE")).body == ANSWER
    before = by_default.world.elsewhere.connections
    failure(by_default, by_default.call(a_message("ELSEWHERE")), by_default.world.places.elsewhere)
    assert by_default.world.elsewhere.connections - before == 1


def test_13_the_real_platform_can_be_told_to_check_hosts(world: World) -> None:
    """platform.md §14.3, §23."""
    gateway = world.start("skltp", {"producer.https.hostnameVerification": "true"})
    told = failure(gateway, gateway.call(a_message("ELSEWHERE")), world.places.elsewhere)
    assert told.startswith("(javax.net.ssl.SSLHandshakeException")


def test_13_a_producer_that_does_not_take_the_connection(world: World, full_port: int, tmp_path: Path) -> None:
    """platform.md §13, §14.3: connect time-outs are retried; each passes once."""
    url = f"http://127.0.0.1:{full_port}/producer"
    tak = tmp_path / "tak.xml"
    tak.write_text(catalogue.persistent_cache([catalogue.RouteRow("A", url)], [catalogue.AuthorisationRow("A")]))
    gateway = world.start("skltp", {"producer.http.connect.timeout": 200}, tak=tak)
    started = time.monotonic()
    failure(gateway, gateway.call(), url)
    assert time.monotonic() - started >= 2 * 0.2 + RETRY_MILLISECONDS / 1000


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue of connections is full, so that the next ones are not answered."""
    with socket.socket() as listening, ExitStack() as waiting:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


def test_14_1_other_contracts_have_the_time_out_of_the_default_entry(world: World) -> None:
    """platform.md §14.1, §23 timeout.json.file.default.tjanstekontrakt.name."""
    gateway = world.start("skltp", {"timeout.json.file.default.tjanstekontrakt.name": SLOW})
    assert "ReadTimeoutException" in failure(gateway, gateway.call(None, (), hangs))


def test_14_1_without_its_file_or_its_default_entry_29_seconds_count_with_a_warning(world: World) -> None:
    """platform.md §14.1."""
    without_default = world.write("no-default.json", '[{"tjanstekontrakt": "urn:x", "producertimeout": 1}]')
    for file in (world.folder / "no-such-file.json", without_default):
        gateway = world.start("skltp", {"timeouts_file": file})
        assert "29" in gateway.process.logged()
        assert gateway.still_answers()


@pytest.mark.parametrize("text", ["{", "[1]", '[{"tjanstekontrakt": "a", "producertimeout": "soon"}]'])
def test_14_1_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path, text: str) -> None:
    """platform.md §14.1: no time-out is guessed."""
    file = tmp_path / "timeouts.json"
    file.write_text(text)
    assert "timeouts.json" in refused("--data", str(tmp_path), "--timeouts", str(file))


def test_14_1_the_file_is_read_once(world: World, tmp_path: Path) -> None:
    """platform.md §14.1: at the start; what it says later does not count, not even after a reset."""
    file = tmp_path / "timeouts.json"
    file.write_text(catalogue.time_outs(300))
    gateway = world.start("skltp", {"timeouts_file": file})
    file.write_text(catalogue.time_outs(600_000))
    gateway.get("/resetcache")
    assert "ReadTimeoutException" in failure(gateway, gateway.call(a_message(contract=SLOW), (), hangs))


def test_4_2_a_route_without_profile_is_an_internal_error(like_skltp: Gateway, by_default: Gateway) -> None:
    """platform.md §4.2, the last row [D], §12.4; by default it is as any other profile that there is none of."""
    reply = like_skltp.call(a_message("NO-PROFILE"))
    assert reply.status == 500
    check_headers(reply)
    assert b"<faultcode>SOAP-ENV:Server</faultcode>" in reply.body
    assert b"<faultstring>VP" not in reply.body
    detail_of(by_default.call(a_message("NO-PROFILE")), "VP005")

"""HTTP between the consumer and the gateway (platform.md §14.4, §14.5, §2 step 0).

What HTTP itself refuses is 400 or 413 without a body on the real platform, and a fault that says why by default.
"""

import pytest

from tests.platform import wire
from tests.platform.letter import detail_of
from tests.platform.messages import ANSWER, a_message
from tests.platform.world import Gateway, World


def lines(gateway: Gateway, first: str, *more: str, body: bytes = b"") -> bytes:
    """A request from its first line on, with what tells who calls."""
    own = [f"{name}: {value}" for name, value in gateway.identity.items()]
    return "\r\n".join([first, *own, *more]).encode("latin-1") + b"\r\n\r\n" + body


def refused(gateway: Gateway, raw: bytes, status: int = 400) -> None:
    """The connection ends with a bare status like the real platform, or with VP015 by default."""
    with wire.connect(gateway.port) as connection:
        reply = wire.split(wire.talk(connection, raw, half_close=True))
    assert reply is not None
    if gateway.is_skltp:
        assert (reply.status, reply.body) == (status, b"")
    else:
        assert reply.status == 500
        assert b"VP015" in reply.body


def test_14_5_a_get_without_body_is_vp015(gateway: Gateway) -> None:
    """platform.md §14.5 [D]: methods are not restricted."""
    detail_of(gateway.call(b"", method="GET"), "VP015")


def test_14_5_options_tell_what_is_allowed(gateway: Gateway) -> None:
    """platform.md §14.5."""
    reply = gateway.call(b"", method="OPTIONS")
    assert (reply.status, "POST" in (reply.header("allow") or "")) == (200, True)


def test_14_5_trace_is_not_allowed(gateway: Gateway) -> None:
    """platform.md §14.5 [D]: nor does it echo anything."""
    reply = gateway.call(b"", {"Cookie": "secret"}, method="TRACE")
    assert (reply.status, b"secret" in reply.body) == (405, False)


def test_14_5_a_head_gets_no_body(gateway: Gateway) -> None:
    """HTTP's own rule: what the answer to GET would be, without its body."""
    reply = gateway.call(b"", method="HEAD")
    assert (reply.status, reply.body) == (500, b"")


@pytest.mark.parametrize(
    "first",
    ["POST /vp/x HTTP/9.9x", "nonsense", "POST", "POST /vp/x", "POST /vp/x FTP/1.1", "G@T /vp HTTP/1.1", "POST  HTTP/1.1"],
)  # fmt: skip
def test_14_5_a_bad_request_line_is_refused(gateway: Gateway, first: str) -> None:
    """platform.md §14.5 [D]."""
    refused(gateway, lines(gateway, first, "Host: localhost"))


def test_14_5_a_request_without_host_is_refused_by_the_real_platform(like_skltp: Gateway, by_default: Gateway) -> None:
    """platform.md §14.5 [D]; by default it is refused too, by a fault that says so."""
    body = a_message()
    rest = (f"Content-Length: {len(body)}", "Connection: close")
    refused(like_skltp, lines(like_skltp, "POST /vp/x HTTP/1.1", *rest, body=body))
    reply = by_default.raw(lines(by_default, "POST /vp/x HTTP/1.1", *rest, body=body))
    assert (reply.status, b"VP015" in reply.body, b"no Host header" in reply.body) == (500, True, True)


def test_14_5_expect_continue_is_answered_first(gateway: Gateway) -> None:
    """platform.md §14.5, §7.2: and the producer does not hear of it."""
    body, case = a_message(), gateway.told()
    head = lines(gateway, "POST /vp/x HTTP/1.1", "Host: localhost", f"x-case: {case}", f"Content-Length: {len(body)}", "Expect: 100-continue", "Connection: close")  # fmt: skip
    with wire.connect(gateway.port) as connection:
        connection.sendall(head)
        interim = connection.recv(65_536)
        assert interim.startswith(b"HTTP/1.1 100 ")
        reply = wire.split(wire.talk(connection, body))
    assert reply is not None
    assert (reply.status, reply.body) == (200, ANSWER)
    (seen,) = gateway.world.http.seen(case)
    assert "expect" not in seen.names


def test_14_5_a_connection_is_kept(gateway: Gateway) -> None:
    """platform.md §14.5: HTTP/1.1's default; also after a fault."""
    with wire.connect(gateway.port) as connection:
        for body, status in ((a_message(), 200), (a_message("NOWHERE"), 500), (a_message(), 200)):
            connection.sendall(wire.request("POST", "/vp/x", gateway.identity, body))
            assert wire.read_reply(connection).status == status


@pytest.mark.parametrize(("wish", "is_kept"), [((), False), (("Connection: keep-alive",), True)], ids=["not", "asked"])
def test_14_5_http_1_0_is_kept_only_when_asked(gateway: Gateway, wish: tuple[str, ...], is_kept: bool) -> None:
    """platform.md §14.5 [D]."""
    body = a_message()
    raw = lines(gateway, "POST /vp/x HTTP/1.0", "Host: localhost", f"Content-Length: {len(body)}", *wish, body=body)
    with wire.connect(gateway.port) as connection:
        connection.sendall(raw)
        assert wire.read_reply(connection).status == 200
        if is_kept:
            connection.sendall(raw)
            assert wire.read_reply(connection).status == 200
        else:
            assert connection.recv(1) == b""


def test_14_5_chunks_go_on_with_their_length(gateway: Gateway) -> None:
    """platform.md §14.5, §7.2."""
    body = a_message()
    parts = b"".join(
        b"%x;a=b\r\n%b\r\n" % (len(body[at : at + 50]), body[at : at + 50]) for at in range(0, len(body), 50)
    )
    case = gateway.told()
    head = lines(gateway, "POST /vp/x HTTP/1.1", "Host: localhost", f"x-case: {case}", "Transfer-Encoding: chunked", "Connection: close")  # fmt: skip
    assert gateway.raw(head + parts + b"0\r\n\r\n").status == 200
    (seen,) = gateway.world.http.seen(case)
    assert (seen.body, seen.header("content-length")) == (body, str(len(body)))
    assert "transfer-encoding" not in seen.names


def test_14_5_two_requests_at_once_are_answered_in_their_order(gateway: Gateway) -> None:
    """HTTP's own rule for pipelining."""
    first = wire.request("POST", "/vp/x", gateway.identity, a_message("NOWHERE"))
    second = wire.request("POST", "/vp/x", {**gateway.identity, "Connection": "close"}, a_message())
    with wire.connect(gateway.port) as connection:
        reply = wire.split(wire.talk(connection, first + second))
    assert reply is not None
    assert reply.status == 500
    following = wire.split(reply.rest)
    assert following is not None
    assert following.status == 200


def test_14_5_a_form_is_not_supported(gateway: Gateway) -> None:
    """platform.md §14.5 [D]: the framework fails oddly; told as VP015 where the body is none."""
    reply = gateway.call(b"a=b&c=d", {"Content-Type": "application/x-www-form-urlencoded"})
    detail_of(reply, "VP015")


def test_14_4_a_long_request_line_is_refused(gateway: Gateway) -> None:
    """platform.md §14.4 [D]: above 4096 bytes on the real platform."""
    refused(gateway, lines(gateway, f"POST /vp/{'x' * 70_000} HTTP/1.1", "Host: localhost"))


def test_14_4_the_real_platforms_own_limit_of_the_request_line(like_skltp: Gateway, by_default: Gateway) -> None:
    """platform.md §14.4 [D]."""
    long = "/vp/" + "x" * 4000
    assert like_skltp.call(path=long).status == 200
    assert like_skltp.call(path=long + "x" * 200).status == 400
    assert by_default.call(path=long + "x" * 200).status == 200


def test_14_4_the_real_platforms_own_limit_of_the_headers(like_skltp: Gateway, by_default: Gateway) -> None:
    """platform.md §14.4 [D]: 8192 bytes together."""
    assert like_skltp.call(headers={"X-Long": "x" * 6000}).status == 200
    reply = like_skltp.call(headers={"X-Long": "x" * 8200})
    assert (reply.status, reply.body) == (400, b"")
    assert by_default.call(headers={"X-Long": "x" * 8200}).status == 200


@pytest.mark.parametrize(("path", "status"), [("/status", 408), ("/zzz", 404)])
def test_14_4_a_body_to_a_page_that_does_not_come_ends_the_connection(world: World, path: str, status: int) -> None:
    """platform.md §14.4: in plain text, since it is no call that waits for it."""
    gateway = world.start("tidbro", {"request_timeout_seconds": "0.2"})
    reply = gateway.raw(wire.request("POST", path, {"Content-Length": "5000"}))
    assert (reply.status, b"Fault" in reply.body) == (status, False)
    assert gateway.still_answers()


def test_14_4_a_body_to_a_page_has_the_same_bound(world: World) -> None:
    """platform.md §14.4."""
    gateway = world.start("tidbro", {"vp.max.receive.length": "20000"})
    reply = gateway.raw(wire.request("POST", "/status", {"Content-Length": "20001"}, b"x" * 20_001))
    assert (reply.status, b"Fault" in reply.body) == (413, False)
    assert gateway.still_answers()


def test_14_5_an_idle_connection_is_kept_as_long_as_the_setting_says(world: World) -> None:
    """platform.md §14.5: and no longer. The end is waited for, not timed."""
    gateway = world.start("tidbro", {"keep_alive_seconds": "1"})
    with wire.connect(gateway.port) as connection:
        for _ in range(2):
            connection.sendall(wire.request("GET", "/zzz", {}))
            assert wire.read_reply(connection).status == 404
        assert wire.read_all(connection) == b""


def test_14_5_http_2_is_not_spoken(gateway: Gateway) -> None:
    """platform.md §14.5."""
    with wire.connect(gateway.port) as connection:
        told = wire.talk(connection, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), half_close=True)
    assert told == b"" or told.startswith(b"HTTP/1.1 ")
    assert gateway.still_answers()


def test_14_5_an_offer_of_another_protocol_is_passed_over(gateway: Gateway) -> None:
    """platform.md §14.5: Java's client offers HTTP/2 with its first request."""
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAAAAIAAAAAAAMAAAAA"}
    with wire.connect(gateway.port) as connection:
        connection.sendall(wire.request("POST", "/vp/x", {**gateway.identity, **offer}, a_message()))
        assert wire.read_reply(connection).status == 200

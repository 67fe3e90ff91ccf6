"""gateway/door.py: what may come in, and that everything that goes out is well-formed (platform.md §2, §14, §16, §17)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.door import AsgiApplication, Door
from gateway.pipeline import Pipeline
from tests.gateway.builders import (
    INTERNAL,
    NOW,
    OFFICIAL,
    SETTINGS,
    Stub,
    a_pipeline,
    opened,
    pages_of,
    read_fault,
    sample,
)

Headers = list[tuple[bytes, bytes]]
IDENTITY: Headers = [(name.encode(), value.encode()) for name, value in INTERNAL.items()]


def a_scope(
    path: str = "/vp/x", method: str = "POST", headers: Headers | None = None, query: bytes = b""
) -> dict[str, Any]:
    return {
        "type": "http", "method": method, "path": path, "query_string": query, "scheme": "http",
        "headers": IDENTITY if headers is None else headers, "client": ("127.0.0.1", 40_000), "state": {},
    }  # fmt: skip


def parts_of(*parts: bytes) -> list[dict[str, Any]]:
    """The ASGI events of a body in parts."""
    return [{"type": "http.request", "body": part, "more_body": n < len(parts) - 1} for n, part in enumerate(parts)]


class Reply:
    """What an application sent."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        start, body = events
        self.status: int = start["status"]
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
        self.body: bytes = body["body"]
        assert int(self.headers["content-length"]) == len(self.body)


def asked(
    scope: dict[str, Any],
    *parts: bytes,
    pipeline: Pipeline | None = None,
    sites: AsgiApplication | None = None,
    receive: Callable[[], Awaitable[dict[str, Any]]] | None = None,
) -> Reply:
    """The door's reply to one request."""

    async def ask() -> Reply:
        waiting, sent = parts_of(*(parts or (b"",))), []

        async def take() -> dict[str, Any]:
            return waiting.pop(0)

        async def send(event: dict[str, Any]) -> None:
            sent.append(event)

        async with opened(pipeline or a_pipeline()) as one:
            await Door(one, pages_of(one), sites)(scope, receive or take, send)
        return Reply(sent)

    return asyncio.run(ask())


# Paths


@pytest.mark.parametrize("path", ["/vp", "/vp/", "/VP/crm", "/vp/../../etc", "/vp/å%00"])
def test_every_path_below_vp_is_the_traffic_path_in_any_letter_case(path: str) -> None:
    """platform.md §14.5; §24 row 58."""
    assert asked(a_scope(path), sample()).status == 200


@pytest.mark.parametrize("path", ["/", "/vpx", "/x/vp", "", "//vp", "/eservice"])
def test_every_other_path_is_404_with_nothing_in_it(path: str) -> None:
    """platform.md §14.5; §24 row 57."""
    reply = asked(a_scope(path), sample())
    assert (reply.status, reply.headers["content-type"], reply.body) == (404, "text/plain", b"")


def test_other_paths_go_to_the_sites_when_there_are_any() -> None:
    async def site(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": scope["path"].encode()[:4]})

    assert asked(a_scope("/eservice/"), sites=site).body == b"/ese"
    assert asked(a_scope("/vp"), sample(), sites=site).status == 200


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
def test_health_is_200_or_503(ready: bool, status: int) -> None:
    """platform.md §17.2; §24 row 60."""
    reply = asked(a_scope("/health", "GET"), pipeline=a_pipeline(adapters={"stub": Stub(is_ready=ready)}))
    assert (reply.status, reply.headers["content-type"]) == (status, "application/json")
    assert json.loads(reply.body)["status"] == ("UP" if ready else "DOWN")


def test_status_is_json() -> None:
    reply = asked(a_scope("/STATUS", "GET"))
    assert (reply.status, json.loads(reply.body)["Name"]) == (200, SETTINGS.instance_name)


def test_a_wsdl_is_served_without_asking_who_wants_it() -> None:
    """platform.md §2, step 1; §7.3: with a correlation id."""
    scope = a_scope(
        "/vp/crm/scheduling/MakeBooking/1/rivtabp21", "GET", [(b"x-skltp-correlation-id", b"my-id")], b"wsdl"
    )
    reply = asked(scope)
    assert reply.status == 200
    assert b"definitions" in reply.body
    assert reply.headers["x-skltp-correlation-id"] == "my-id"


@pytest.mark.parametrize("compatibility", ["tidbro", "skltp"])
def test_a_wsdl_leaves_no_record_and_brings_back_none_of_the_requests_headers(
    compatibility: str, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §2, step 1: no message log; §7.3 [D]: the real platform may echo, Tidbro does in neither mode."""
    caplog.set_level("INFO")
    pipeline = a_pipeline(compatibility=compatibility, log_style="ecs", catalogue=OFFICIAL)
    own: Headers = [(b"x-custom", b"1"), (b"cookie", b"a")]
    reply = asked(a_scope("/vp/crm/scheduling/MakeBooking/1/rivtabp21", "GET", own, b"wsdl"), pipeline=pipeline)
    assert b"definitions" in reply.body
    assert set(reply.headers) == {"content-type", "content-length", "x-skltp-correlation-id"}
    assert {one.name for one in caplog.records} & {"tidbro.message_log", "tidbro.ecs"} == set()
    asked(a_scope(), sample(), pipeline=a_pipeline(log_style="ecs"))
    assert {one.name for one in caplog.records} >= {"tidbro.message_log", "tidbro.ecs"}


# Bodies


def test_a_body_may_come_in_any_parts() -> None:
    body = sample()
    for size in (1, 7, 100, len(body)):
        assert asked(a_scope(), *(body[at : at + size] for at in range(0, len(body), size)), b"").status == 200


def test_a_body_may_be_as_large_as_a_message_and_no_larger() -> None:
    """platform.md §14.4, where the real platform answers 413 without a fault."""
    body = sample()
    pipeline = a_pipeline(max_message_bytes=len(body))
    assert asked(a_scope(), body[:100], body[100:], pipeline=pipeline).status == 200
    reply = asked(a_scope(), body, b" ", pipeline=a_pipeline(max_message_bytes=len(body)))
    assert read_fault(reply.body).detail == f"the message is larger than {len(body)} bytes"
    assert reply.headers["connection"] == "close"


def test_who_sends_without_end_is_answered_at_last() -> None:
    taken = 0

    async def endless() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b"x" * 8_000_000, "more_body": True}

    reply = asked(a_scope(), pipeline=a_pipeline(max_message_bytes=1000), receive=endless)
    assert "larger than 1000 bytes" in read_fault(reply.body).detail
    assert taken < 40


def test_who_stops_sending_is_answered_when_the_time_is_out() -> None:
    async def silent() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    reply = asked(a_scope(), pipeline=a_pipeline(request_timeout_seconds=0.05), receive=silent)
    assert read_fault(reply.body).detail == "the request did not arrive within 0.05 seconds"
    assert reply.headers["connection"] == "close"


def test_who_leaves_is_answered_all_the_same() -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    assert read_fault(asked(a_scope(), receive=gone).body).detail == "the caller left before the request was complete"


@pytest.mark.parametrize(
    ("announced", "status"),
    [(b"%d", 200), (b"%d0", 500), (b"1", 500), ("²".encode("latin-1"), 200), (b"x", 200), (b"", 200)],
)
def test_a_body_must_be_as_long_as_announced(announced: bytes, status: int) -> None:
    """What is no number at all is HTTP's business (http_protocol.py)."""
    body = sample()
    length = announced.replace(b"%d", str(len(body)).encode())
    reply = asked(a_scope(headers=[*IDENTITY, (b"content-length", length)]), body)
    assert reply.status == status
    if status == 500:
        assert "but Content-Length says" in read_fault(reply.body).detail


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "BREW"])
def test_without_a_body_every_method_is_vp015(method: str) -> None:
    """platform.md §14.5: the method is not restricted."""
    assert read_fault(asked(a_scope(method=method), b"").body).detail == "the message is empty"


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 200), ("TRACE", 405)])
def test_options_and_trace_are_answered_by_the_door_itself(method: str, status: int) -> None:
    """platform.md §14.5 [D]: nobody is asked who calls."""
    reply = asked(a_scope(method=method, headers=[]), sample())
    assert (reply.status, reply.body) == (status, b"")
    assert "POST" in reply.headers["allow"]


def test_a_message_that_is_too_large_may_be_told_by_http() -> None:
    """platform.md §14.4; §24 row 30; setting http_refusals."""
    reply = asked(a_scope(), b"x" * 101, pipeline=a_pipeline(max_message_bytes=100, http_refusals=True))
    assert (reply.status, reply.body, reply.headers["connection"]) == (413, b"", "close")


@pytest.mark.parametrize("traffic_path", ["/platform", "/Platform/"])
def test_the_traffic_path_may_be_another(traffic_path: str) -> None:
    """The property vp.http.route.url names it (platform.md §23)."""

    async def ask(path: str) -> int:
        sent: list[dict[str, Any]] = []

        async def take() -> dict[str, Any]:
            return parts_of(sample())[0]

        async def send(event: dict[str, Any]) -> None:
            sent.append(event)

        async with opened(a_pipeline()) as one:
            await Door(one, {}, traffic_path=traffic_path)(a_scope(path), take, send)
        return sent[0]["status"]

    assert [asyncio.run(ask(path)) for path in ("/platform/x", "/PLATFORM", "/vp/x")] == [200, 200, 404]


# Headers


def test_a_header_that_comes_twice_is_joined_with_a_comma() -> None:
    headers = [*IDENTITY, (b"x-skltp-correlation-id", b"a"), (b"x-skltp-correlation-id", b"b")]
    assert asked(a_scope(headers=headers), sample()).headers["x-skltp-correlation-id"] == "a, b"


@pytest.mark.parametrize("odd", [b"\x80\xff", b"\xc3\xa5", "å".encode("latin-1"), b"a\x7fb", b"a\rb\nc", b"\x00"])
def test_nothing_odd_in_a_header_makes_an_answer_that_cannot_be_sent(odd: bytes) -> None:
    headers = [
        *IDENTITY,
        (b"x-skltp-correlation-id", odd),
        (b"host", odd),
        (b"x-other", odd),
        (b"content-type", b"text/xml;charset=" + odd),
    ]
    for body, query, path in (
        (sample(), b"", "/vp"),
        (b"", b"", "/vp"),
        (b"", b"wsdl", "/vp/" + odd.decode("latin-1")),
        (b"", b"xsd=" + odd, "/vp"),
    ):
        reply = asked(a_scope(path, headers=headers, query=query), body)
        assert not any(ord(sign) < 32 or ord(sign) == 127 for sign in reply.headers["x-skltp-correlation-id"])


@pytest.mark.parametrize("name", [b"x-vp-forwarded-host", b"x-vp-forwarded-port", b"x-vp-forwarded-proto", b"host"])
def test_a_forwarded_address_that_xml_cannot_carry_is_a_fault(name: bytes) -> None:
    path = "/vp/crm/scheduling/MakeBooking/1/rivtabp21"
    reply = asked(a_scope(path, "GET", [(name, b"a\x00b")], b"wsdl"))
    assert reply.status == 200 if name == b"host" else read_fault(reply.body).code == "VP009"


# Life


def lived(pipeline: Pipeline) -> list[dict[str, Any]]:
    async def live() -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        waiting = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

        async def take() -> dict[str, Any]:
            return waiting.pop(0)

        async def send(event: dict[str, Any]) -> None:
            sent.append(event)

        await Door(pipeline, pages_of(pipeline))({"type": "lifespan"}, take, send)
        return sent

    return asyncio.run(live())


def test_opening_and_closing_follow_the_lifespan() -> None:
    stub = Stub()
    events = lived(a_pipeline(adapters={"stub": stub}))
    assert [event["type"] for event in events] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert stub.told == ["open", "close"]


def test_an_adapter_that_cannot_open_stops_the_start_with_a_sentence() -> None:
    class Closed(Stub):
        def open(self) -> None:
            raise ConnectionError("no database")

    (event,) = lived(a_pipeline(adapters={"stub": Closed()}))
    assert event == {"type": "lifespan.startup.failed", "message": "ConnectionError: no database"}


def test_a_schema_that_does_not_compile_stops_the_start() -> None:
    broken = Pipeline(SETTINGS, OFFICIAL.official(), lambda: None, {}, lambda: NOW)
    object.__setattr__(broken.catalogue.interactions[0], "schemas", {"urn:x": OFFICIAL.interactions[0].wsdl})
    (event,) = lived(broken)
    assert event["type"] == "lifespan.startup.failed"
    assert event["message"].startswith("SchemaBroken: ")

"""uvicorn's HTTP protocol, with a SOAP fault where uvicorn would send a naked error, wait for ever or fill the memory.

What never reaches the application is answered here: a request that is not HTTP or names no host, whose request line or
headers are too long or do not arrive in time, or that ends before its head does. It gets a fault, or status 400 and
nothing more, as on the real platform. A request whose sender stops before the announced end of the body is
handed to the door as complete, and the door sees that it is short. What follows a whole request and is no request (the
rest of a body longer than its Content-Length) does not disturb the answer: it is given, then the connection closes.
A body that goes to the application, not to the door's traffic, has the same time and size as a message: beyond them
the connection closes, with 408 or 413 when there is no answer yet. HTTP/1.0 keeps its connection when it asks for that.
An offer to change to another protocol (Java's client offers HTTP/2 with its first request) is passed over.
Source: DESIGN decision 2 in docs/decisions; platform.md §14.4, §14.5.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from typing import Any, ClassVar, cast
from urllib.parse import unquote

import httptools

from contracts.errors import MessageUnreadable
from gateway import faults
from gateway.call import HttpRequest
from gateway.traffic import Traffic, TrafficCycle

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol  # isort: skip

log = logging.getLogger(__name__)

_VERSION_LENGTH = len(" HTTP/1.1")
_BETWEEN = len(": \r\n")  # what a header has beside its name and its value
Handshaken = Callable[[ssl.SSLObject], None]
"""Is told of a connection made over TLS, and what was agreed."""
_BARE_REFUSAL = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_BODY_IS_LATE = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_BODY_IS_LARGE = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_SLACK_SECONDS, _SLACK_BYTES = 1.0, 1_048_576  # in which the door tells of a body that is late or large in its own way


class _Refused(Exception):
    """Stops the parser, which only knows what is well-formed."""


class SoapHttpProtocol(HttpToolsProtocol):
    """One connection; `protocol_for` says for which gateway, and what its requests' heads may take in time and size."""

    instance_name: ClassVar[str] = ""
    head_timeout_seconds: ClassVar[float] = 20.0
    max_request_line_bytes: ClassVar[int] = 65_536
    max_head_bytes: ClassVar[int] = 65_536
    refuses_by_status: ClassVar[bool] = False
    max_body_bytes: ClassVar[int] = 15_728_640

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._in_head = False
        self._has_progressed = False
        self._bytes_without_progress = 0
        self._head_bytes = 0
        self._reason = ""
        self._resumes = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._body_timer: asyncio.TimerHandle | None = None  # of a body that goes to the application
        self._body_bytes = 0
        self._answering: Any = None  # the cycle at work; `cycle` is the one that came last

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        tls = transport.get_extra_info("ssl_object")
        self._certificate: bytes | None = tls.getpeercert(binary_form=True) if tls is not None else None
        if tls is not None:
            self._tell_handshake(tls)
        self._head_timer = self.loop.call_later(self.head_timeout_seconds, self._head_is_late)

    def _tell_handshake(self, agreed: ssl.SSLObject) -> None:
        """For who wants to hear of it: `protocol_for` puts another in its place."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._stop_body_timer()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Headers, chunk extensions and trailers are bounded alike: so many bytes may lead to nothing."""
        self._has_progressed = False
        self._unset_keepalive_if_required()
        self._feed(data)
        self._bytes_without_progress = 0 if self._has_progressed else self._bytes_without_progress + len(data)
        most = self.max_head_bytes + (self.max_request_line_bytes if self._in_head else 0)
        if self._bytes_without_progress > most:
            self._refuse(f"the head of the request is larger than {most} bytes")
        elif self._in_head and self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_timeout_seconds, self._head_is_late)
        elif isinstance(self.cycle, TrafficCycle) and self.cycle.more_body:
            self.cycle.wait()

    def _feed(self, data: bytes) -> None:
        """Of a thousand offers that come at once each is passed over in its turn."""
        while data:
            data = self._fed(data)

    def _fed(self, data: bytes) -> bytes:
        """What the parser has left to read."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            return self._decline(data[offer.args[0] :])
        except httptools.HttpParserError:
            self._refuse(self._reason or "the request is not well-formed HTTP")
        return b""

    def _decline(self, rest: bytes) -> bytes:
        """What to read after an offer of another protocol, at which the parser stops: a new one takes the body."""
        framing = [(name, value) for name, value in self.headers if name in (b"content-length", b"transfer-encoding")]
        head = b"".join(b"%b: %b\r\n" % row for row in framing)
        self.cycle.more_body = True
        self.cycle.message_event.clear()
        self._resumes = True
        self.parser = httptools.HttpRequestParser(self)
        return b"POST / HTTP/1.1\r\n" + head + b"\r\n" + rest

    def _should_upgrade(self) -> bool:
        return False

    def on_message_begin(self) -> None:
        if not self._resumes:
            self._in_head = True
            self._head_bytes = 0
            self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_url(self, url: bytes) -> None:
        if not self._resumes:
            super().on_url(url)
            line_bytes = len(self.parser.get_method()) + 1 + len(self.url) + _VERSION_LENGTH
            if line_bytes > self.max_request_line_bytes:
                self._stop(f"the request line is longer than {self.max_request_line_bytes} bytes")

    def on_header(self, name: bytes, value: bytes) -> None:
        """As uvicorn does it, and counted; not by way of its method, for this runs for every header."""
        if self._resumes:
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))
        self._head_bytes += len(name) + len(value) + _BETWEEN
        if self._head_bytes > self.max_head_bytes:
            self._stop(f"the headers are longer than {self.max_head_bytes} bytes")

    def on_headers_complete(self) -> None:
        if self._resumes:
            self._resumes = False
            if not isinstance(self.cycle, TrafficCycle):
                self._expect_body()
            return
        version = self.parser.get_http_version()
        if version not in ("1.0", "1.1"):
            self._stop("the request line names no version of HTTP that is spoken here")
        if version == "1.1" and not any(name == b"host" for name, _ in self.headers):
            self._stop("the request has no Host header")
        self._in_head, self._has_progressed = False, True
        self._stop_timer()
        is_free = self.cycle is None or self.cycle.response_complete
        request = self._request()
        traffic = self._traffic_at(request.port, request.path) if is_free else None
        if traffic is None:
            self._begin_asgi(version)
        else:
            keeps = self.parser.should_keep_alive()
            self._answering = self.cycle = TrafficCycle(  # type: ignore[assignment]
                self, traffic, request, keeps, is_1_0=version == "1.0"
            )

    def _request(self) -> HttpRequest:
        """The request without its body. A header that comes several times is joined with commas."""
        url = httptools.parse_url(self.url)
        path = (url.path or b"").decode("ascii")
        headers: dict[str, str] = {}
        for raw_name, raw_value in self.headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return HttpRequest(
            self.parser.get_method().decode("ascii"),
            unquote(path) if "%" in path else path,
            (url.query or b"").decode("latin-1"),
            headers,
            b"",
            self.client[0] if self.client else "",
            self.scheme or "http",
            (self.server[1] if self.server else 0) or 0,
            self._certificate,
        )

    def _traffic_at(self, port: int, path: str) -> Traffic | None:
        """Who answers calls at this path, if the application can say so; anything else goes to it by ASGI."""
        traffic_at: Callable[[int, str], Traffic | None] | None = getattr(self.app, "traffic_at", None)
        return traffic_at(port, path) if traffic_at else None

    def _begin_asgi(self, version: str) -> None:
        """As uvicorn does it: also for a call that came before the one ahead of it was answered."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        if self._certificate is not None:  # ASGI servers do not tell it, and the sender's id stands there
            self.scope["state"]["client_certificate"] = self._certificate
        super().on_headers_complete()
        if version == "1.0" and self.parser.should_keep_alive():
            self.cycle.keep_alive = True
            self.cycle.default_headers = [*self.cycle.default_headers, (b"connection", b"keep-alive")]
        self._expect_body()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        self._has_progressed = True
        if isinstance(self.cycle, TrafficCycle):
            self.cycle.take(body)
        else:
            super().on_body(body)
            self._body_bytes += len(body)
            if self._body_bytes > self.max_body_bytes + _SLACK_BYTES:
                self._end_body(_BODY_IS_LARGE)

    def _expect_body(self) -> None:
        """Of a request that goes to the application, which may answer without looking at it."""
        self._stop_body_timer()
        self._body_bytes = 0
        seconds = self.head_timeout_seconds + _SLACK_SECONDS
        self._body_timer = self.loop.call_later(seconds, self._end_body, _BODY_IS_LATE)

    def _end_body(self, refusal: bytes) -> None:
        """Enough of it; whether the application has answered already or still waits."""
        self._stop_body_timer()
        if self.pipeline:
            self._refuse("the body of a request behind another is late or too large")
        elif not self.transport.is_closing():
            if not self.cycle.response_started:
                self.transport.write(refusal)
            self.transport.close()

    def on_message_complete(self) -> None:
        self._has_progressed = True
        self._stop_body_timer()
        super().on_message_complete()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """A sender that has said all may still listen: keep the way back open until it is answered."""
        if self._in_head:
            self._refuse("the request ended before its head did")
            return not self.transport.is_closing()
        if self.cycle is None or self.cycle.response_complete:
            return None
        if isinstance(self.cycle, TrafficCycle):
            self.cycle.end()
        else:
            self.cycle.more_body = False
            self.cycle.keep_alive = False
            self.cycle.message_event.set()
        return self._certificate is None  # a connection of TLS cannot stay open half way

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._in_head:
            self._refuse(f"the request did not arrive within {self.head_timeout_seconds:g} seconds")
        else:
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_body_timer(self) -> None:
        if self._body_timer is not None:
            self._body_timer.cancel()
            self._body_timer = None

    def _stop(self, sentence: str) -> None:
        self._reason = sentence
        raise _Refused

    def _refuse(self, sentence: str) -> None:
        """Answer that it cannot be and close, unless a whole request before this waits for its answer: that comes."""
        if self.pipeline and self.cycle.more_body:
            self.pipeline.popleft()  # this one; it will not be whole
            self.cycle = self.pipeline[0][0] if self.pipeline else self._answering
        if self.cycle is not None and not (self.cycle.response_complete or self.cycle.more_body):
            self.cycle.keep_alive = False
            self.flow.pause_reading()
        elif not self.transport.is_closing():
            log.info("http_request_refused: %s", sentence)
            answer = _BARE_REFUSAL if self.refuses_by_status else _whole_answer(sentence, self.instance_name)
            self.transport.write(answer)
            self.transport.close()


def protocol_for(
    instance_name: str,
    head_timeout_seconds: float,
    max_request_line_bytes: int = 65_536,
    max_head_bytes: int = 65_536,
    refuses_by_status: bool = False,
    max_body_bytes: int = 15_728_640,
    handshaken: Handshaken | None = None,
) -> type[HttpToolsProtocol]:
    """The protocol class for a gateway, whose name its faults carry; a request's head has so long to arrive.

    A body that is no call's may be `max_body_bytes` long. With `refuses_by_status`, what is no request is told by
    status 400 without a body. `handshaken` hears of each connection made over TLS.
    """
    own: dict[str, Any] = {
        "instance_name": instance_name,
        "head_timeout_seconds": head_timeout_seconds,
        "max_request_line_bytes": max_request_line_bytes,
        "max_head_bytes": max_head_bytes,
        "refuses_by_status": refuses_by_status,
        "max_body_bytes": max_body_bytes,
    }
    if handshaken is not None:
        own["_tell_handshake"] = lambda _, agreed: handshaken(agreed)
    return type("GatewayProtocol", (SoapHttpProtocol,), own)


def _whole_answer(sentence: str, instance_name: str) -> bytes:
    fault = faults.fault_of(MessageUnreadable(sentence), instance_name)
    head = (
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/xml; charset=UTF-8\r\n"
        f"Content-Length: {len(fault.body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + fault.body

"""uvicorn's HTTP protocol, with a SOAP fault where uvicorn would send a naked error, wait for ever or fill the memory.

What never reaches the application is answered here: a request that is not HTTP, whose head is too long or does not
arrive in time, or that ends before its head does. A request whose sender stops before the announced end of the body is
handed to the door as complete, and the door sees that it is short. What follows a whole request and is no request (the
rest of a body longer than its Content-Length) does not disturb the answer: it is given, then the connection closes.
An offer to change to another protocol (Java's client offers HTTP/2 with its first request) is passed over.
Source: DESIGN decision 2 in docs/decisions; platform.md §14.4, §14.5.
"""

import asyncio
from typing import Any, ClassVar, cast

import httptools

from contracts.errors import MessageUnreadable
from gateway import faults

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol  # isort: skip

_MOST_HEAD_BYTES = 65_536


class SoapHttpProtocol(HttpToolsProtocol):
    """One connection; `protocol_for` says for which gateway, and how long a request's head may take."""

    instance_name: ClassVar[str] = ""
    head_timeout_seconds: ClassVar[float] = 20.0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._in_head = False
        self._has_progressed = False
        self._bytes_without_progress = 0
        self._resumes = False
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        tls = transport.get_extra_info("ssl_object")
        self._certificate: bytes | None = tls.getpeercert(binary_form=True) if tls is not None else None
        self._head_timer = self.loop.call_later(self.head_timeout_seconds, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Headers, chunk extensions and trailers are bounded alike: so many bytes may lead to nothing."""
        self._has_progressed = False
        self._unset_keepalive_if_required()
        self._feed(data)
        self._bytes_without_progress = 0 if self._has_progressed else self._bytes_without_progress + len(data)
        if self._bytes_without_progress > _MOST_HEAD_BYTES:
            self._refuse(f"the head of the request is larger than {_MOST_HEAD_BYTES} bytes")
        elif self._in_head and self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_timeout_seconds, self._head_is_late)

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline(data[offer.args[0] :])
        except httptools.HttpParserError:
            self._refuse("the request is not well-formed HTTP")

    def _decline(self, rest: bytes) -> None:
        """Read on after an offer of another protocol, at which the parser stops: a new one takes the body."""
        framing = [(name, value) for name, value in self.headers if name in (b"content-length", b"transfer-encoding")]
        head = b"".join(b"%b: %b\r\n" % row for row in framing)
        self.cycle.more_body = True
        self.cycle.message_event.clear()
        self._resumes = True
        self.parser = httptools.HttpRequestParser(self)
        self._feed(b"POST / HTTP/1.1\r\n" + head + b"\r\n" + rest)

    def _should_upgrade(self) -> bool:
        return False

    def on_message_begin(self) -> None:
        if not self._resumes:
            self._in_head = True
            super().on_message_begin()
            if self._certificate is not None:  # ASGI servers do not tell it, and the sender's id stands there
                self.scope["state"]["client_certificate"] = self._certificate

    def on_url(self, url: bytes) -> None:
        if not self._resumes:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._resumes:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._resumes:
            self._resumes = False
            return
        super().on_headers_complete()
        self._in_head, self._has_progressed = False, True
        self._stop_timer()

    def on_body(self, body: bytes) -> None:
        self._has_progressed = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._has_progressed = True
        super().on_message_complete()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """A sender that has said all may still listen: keep the way back open until it is answered."""
        if self._in_head:
            self._refuse("the request ended before its head did")
            return not self.transport.is_closing()
        if self.cycle is None or self.cycle.response_complete:
            return None
        self.cycle.more_body = False
        self.cycle.keep_alive = False
        self.cycle.message_event.set()
        return True

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

    def _refuse(self, sentence: str) -> None:
        """Answer with a fault and close, unless a whole request before this waits for its answer: that comes."""
        if self.cycle is not None and not (self.cycle.response_complete or self.cycle.more_body):
            self.cycle.keep_alive = False
            self.flow.pause_reading()
        elif not self.transport.is_closing():
            self.transport.write(_whole_answer(sentence, self.instance_name))
            self.transport.close()


def protocol_for(instance_name: str, head_timeout_seconds: float) -> type[HttpToolsProtocol]:
    """The protocol class for a gateway, whose name its faults carry; a request's head has so long to arrive."""
    own = {"instance_name": instance_name, "head_timeout_seconds": head_timeout_seconds}
    return type("GatewayProtocol", (SoapHttpProtocol,), own)


def _whole_answer(sentence: str, instance_name: str) -> bytes:
    fault = faults.fault_of(MessageUnreadable(sentence), instance_name)
    head = (
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/xml; charset=UTF-8\r\n"
        f"Content-Length: {len(fault.body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + fault.body

"""One request to a producer and its answer, over connections that are kept for the next call.

The platform's rules ask for what HTTP libraries do not tell or do of their own accord: whether an answer ended before
the length it had announced, what the producer's own reason phrase was, in which order and letter case its headers came;
and a call must never be sent twice unless the platform says so, where most clients quietly send again. So the protocol
is ours, and small; parsing is httptools', connections and TLS are the event loop's.
Redirects are not followed, bodies not decompressed, cookies not kept, proxies not asked. Connections are pooled by
host, port and TLS context, so that a producer never gets a connection made with another one's certificate.
Elsewhere: what a failure is for the consumer (producer_failures.py), whether to send again (retries.py).
Source: platform.md §13, §14.3; decision 2 in docs/decisions.
"""

import asyncio
import select
import ssl
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from socket import gaierror
from typing import cast

import httptools
from yarl import URL

from gateway import producer_failures as failures
from gateway.headers import Rows
from gateway.producer_failures import ExchangeFailed, Failure

_KEPT_SECONDS = 15.0
_MOST_IDLE = 100
_MOST_HEAD_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds; `is_for_whole_answer` bounds the answer as a whole, otherwise each wait in it."""

    connect: float
    answer: float
    is_for_whole_answer: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes out. `tls` None means plain HTTP; `is_fresh` asks for a connection of its own.

    `tls_name` is what the context is called in logs.
    """

    method: str
    url: URL
    headers: Rows
    body: bytes = field(repr=False)
    tls: ssl.SSLContext | None = None
    is_fresh: bool = False
    tls_name: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A producer's answer as it came. `is_short` when it ended before the length that it had announced."""

    status: int
    reason: str
    headers: Rows
    body: bytes = field(repr=False)
    is_short: bool = False


class _Connection(asyncio.Protocol):
    """One connection to a producer; carries one exchange at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, max_bytes: int) -> None:
        self._loop, self._max_bytes = loop, max_bytes
        self.idle_since = 0.0
        self.is_reusable = False
        self._answer: asyncio.Future[Received] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._poll: select.poll | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    @property
    def is_closed(self) -> bool:
        return self.transport.is_closing()

    @property
    def has_unread(self) -> bool:
        """Whether something has come that has not been read yet: an end, or an answer that nobody asked for."""
        if self._poll is None:  # kept as long as the connection, for every call asks
            self._poll = select.poll()
            self._poll.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(self._poll.poll(0))

    def ask(self, message: bytes, patience: Patience, is_head: bool) -> "asyncio.Future[Received]":
        """Send a whole request; the answer to come."""
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self._size = self._bytes_without_body = 0
        self._reason = b""
        self._has_head = self._has_length = self._is_chunked = False
        self._is_head, self._patience = is_head, patience
        self.is_reusable = False
        self._answer = answer = self._loop.create_future()
        self._last_heard = self._loop.time()
        self._timer = self._loop.call_later(patience.answer, self._late)
        self.transport.write(message)
        return answer

    def end(self) -> None:
        """Nobody needs the connection any longer. Who answered before it had read all may never read the rest."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def abandon(self) -> None:
        """Nobody waits for the answer any longer."""
        self._answer = None
        self._stop_timer()
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.transport.abort()  # nobody asked: what comes cannot be told from the next answer
            return
        self._last_heard = self._loop.time()
        size = self._size
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(failures.ANSWER_UNREADABLE)
        self._bytes_without_body = 0 if self._size > size else self._bytes_without_body + len(data)
        if self._answer is not None and self._bytes_without_body > _MOST_HEAD_BYTES:
            self._fail(failures.ANSWER_UNREADABLE)  # a head without end, or a trailer

    def on_message_begin(self) -> None:
        if self._answer is None:
            self.transport.abort()  # a second answer to one request: the next caller must not get it
        self._headers.clear()
        self._reason = b""
        self._has_head = self._has_length = self._is_chunked = False

    def on_status(self, status: bytes) -> None:
        self._reason += status

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._has_head:
            return  # a trailer: it must not pass for a header (RFC 9110 §6.5.1)
        self._headers.append((name, value))
        lowered = name.lower()
        self._has_length |= lowered == b"content-length"
        self._is_chunked |= lowered == b"transfer-encoding"

    def on_headers_complete(self) -> None:
        if self._parser.get_status_code() < 200:
            return
        self._has_head = True
        if self._is_head:
            self._finish()

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > self._max_bytes:
            self._fail(failures.ANSWER_TOO_LARGE, str(self._max_bytes))
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        if self._answer is not None and self._parser.get_status_code() >= 200:
            is_sent = not self.transport.get_write_buffer_size()  # else it was answered before it had been read
            self.is_reusable = is_sent and self._parser.should_keep_alive()
            self._finish()

    def _finish(self, is_short: bool = False) -> None:
        answer, self._answer = self._answer, None
        self._stop_timer()
        if answer is None or answer.done():
            return
        headers = tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._headers])
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        reason = self._reason.decode("latin-1")
        answer.set_result(Received(self._parser.get_status_code(), reason, headers, body, is_short))

    def _fail(self, failure: Failure, reason: str = "") -> None:
        answer, self._answer = self._answer, None
        self._stop_timer()
        if answer is not None and not answer.done():
            answer.set_exception(ExchangeFailed(failure, reason))
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end of the answer, when it said no length; otherwise an answer that is short, or none."""
        if self._answer is None:
            return
        if isinstance(exc, ssl.SSLError):  # with TLS 1.3 a client's certificate is refused after the handshake
            self._fail(failures.TLS_FAILED, _tls_reason(exc))
        elif self._has_head and exc is None and not self._is_chunked:
            self._finish(is_short=self._has_length)
        else:
            self._fail(failures.CONNECTION_BROKEN)

    def _late(self) -> None:
        self._timer = None
        rest = self._last_heard + self._patience.answer - self._loop.time()
        if not self._patience.is_for_whole_answer and rest > 0.001:
            self._timer = self._loop.call_later(rest, self._late)
        else:
            self._fail(failures.READ_TIMEOUT)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


Handshaken = Callable[[str, ssl.SSLObject, str], None]
"""Is told of a connection made over TLS: the name of its context, what was agreed, and the host and port."""
_Pool = tuple[str, int, ssl.SSLContext | None]


class ProducerClient:
    """The connections to all producers. `open` and `close` belong to the event loop that calls."""

    def __init__(
        self,
        max_bytes: int,
        keeps_alive: bool = True,
        is_chunked: bool = False,
        handshaken: Handshaken | None = None,
    ) -> None:
        self._max_bytes, self._keeps_alive, self._is_chunked = max_bytes, keeps_alive, is_chunked
        self._handshaken = handshaken
        self._idle: defaultdict[_Pool, list[_Connection]] = defaultdict(list)
        self._sweeper: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def close(self) -> None:
        """Close what is idle; what is under way closes when it has its answer."""
        self._keeps_alive = False
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in (one for pool in self._idle.values() for one in pool):
            connection.transport.abort()  # nothing is under way, and TLS would wait for the other side's farewell
        self._idle.clear()

    async def exchange(self, request: Request, patience: Patience) -> Received:
        """The producer's answer to one request, sent once. Raises ExchangeFailed."""
        pool = (request.url.raw_host or "", request.url.port or 0, request.tls)
        is_kept = self._keeps_alive and not request.is_fresh
        message = _written(request, is_kept, self._is_chunked)
        connection = (self._take(pool) if is_kept else None) or await self._connect(pool, request, patience.connect)
        answer = connection.ask(message, patience, request.method == "HEAD")
        try:
            received = await answer
        except asyncio.CancelledError:
            connection.abandon()
            raise
        self._put_back(pool, connection, is_kept)
        return received

    def _take(self, pool: _Pool) -> _Connection | None:
        idle = self._idle.get(pool)
        oldest = self._loop.time() - _KEPT_SECONDS
        while idle:
            connection = idle.pop()
            is_fresh = not connection.is_closed and connection.idle_since > oldest
            if is_fresh and not connection.has_unread:
                return connection
            connection.transport.close()
        return None

    def _put_back(self, pool: _Pool, connection: _Connection, is_kept: bool) -> None:
        idle = self._idle[pool]
        if not (is_kept and connection.is_reusable and self._keeps_alive) or len(idle) >= _MOST_IDLE:
            connection.end()
            return
        connection.idle_since = self._loop.time()
        idle.append(connection)
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(_KEPT_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """Close what has been idle for too long; pools that are empty are forgotten."""
        oldest = self._loop.time() - _KEPT_SECONDS
        for pool, idle in list(self._idle.items()):
            fresh = [one for one in idle if not one.is_closed and one.idle_since > oldest]
            for one in idle:
                if one not in fresh:
                    one.transport.close()
            self._idle[pool] = fresh
            if not fresh:
                del self._idle[pool]
        self._sweeper = self._loop.call_later(_KEPT_SECONDS, self._sweep) if self._idle else None

    async def _connect(self, pool: _Pool, request: Request, seconds: float) -> _Connection:
        host, port, tls = pool
        try:
            async with asyncio.timeout(seconds):
                _, connection = await self._loop.create_connection(
                    lambda: _Connection(self._loop, self._max_bytes), host, port, ssl=tls
                )
        except Exception as error:
            raise _connect_failure(error, tls is not None) from None
        if tls is not None and self._handshaken is not None:
            agreed = connection.transport.get_extra_info("ssl_object")
            self._handshaken(request.tls_name, agreed, f"{host}:{port}")
        return connection


def _connect_failure(error: Exception, is_tls: bool) -> ExchangeFailed:
    """Why there is no connection. The library's own message is not passed on: it may name more than it should."""
    match error:
        case TimeoutError():
            return ExchangeFailed(failures.CONNECT_TIMEOUT)
        case ssl.SSLError():
            return ExchangeFailed(failures.TLS_FAILED, _tls_reason(error))
        case gaierror() | UnicodeError():
            return ExchangeFailed(failures.HOST_UNKNOWN)
        case ConnectionResetError() | ConnectionAbortedError() if is_tls:
            return ExchangeFailed(failures.TLS_FAILED, "the connection was closed during the handshake.")
        case OSError():
            return ExchangeFailed(failures.CONNECT_ERROR)
        case _:
            raise error


def _tls_reason(error: ssl.SSLError) -> str:
    """OpenSSL's word for what was wrong. It speaks of certificates, hosts and protocols, never of the message."""
    told = getattr(error, "verify_message", None) or (error.reason or "handshake failed").replace("_", " ").lower()
    return f"{told.rstrip('.')}."


def _written(request: Request, is_kept: bool, is_chunked: bool) -> bytes:
    """The request's bytes. Raises ValueError when a header, or the path, would be more than one line."""
    body = request.body
    rows = [f"{name}: {value}\r\n" for name, value in request.headers]
    rows.append("Connection: keep-alive\r\n" if is_kept else "Connection: close\r\n")
    rows.append("Transfer-Encoding: chunked\r\n" if is_chunked else f"Content-Length: {len(body)}\r\n")
    head = f"{request.method} {request.url.raw_path_qs} HTTP/1.1\r\n{''.join(rows)}\r\n"
    if not head.count("\r") == head.count("\n") == len(rows) + 2:
        raise ValueError("a header must be one line")
    if is_chunked:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    return head.encode("latin-1", "replace") + body

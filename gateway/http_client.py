"""HTTP/1.1 to producers: connections kept for the next call, and every way in which a call can fail told apart.

The platform's rules ask what libraries do not tell: whether a connection was refused, reset or late, whether an answer
ended before its announced length, what the producer's own reason phrase was, in which order and case its headers came.
And a call must never be sent twice unless the platform says so, where most clients quietly send again.
Parsing is httptools'; nothing here follows redirects, decompresses, keeps cookies or asks a proxy.
Elsewhere: what each failure is for the consumer (forwarder.py), which TLS context a producer gets (producer_tls.py).
Source: platform.md §13, §14; decision 2 in docs/decisions.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

import httptools

_KEPT_SECONDS = 15.0
_MOST_HEAD_BYTES = 262_144


class ExchangeFailed(Exception):
    """No usable answer came. The message is ours: it quotes neither side."""


class ConnectRefused(ExchangeFailed):
    """Nobody listens there, or the name is not known."""


class ConnectLate(ExchangeFailed):
    """No connection within the time for it."""


class TlsFailed(ExchangeFailed):
    """The handshake failed: certificates, host name or protocols do not fit."""


class ConnectionBroken(ExchangeFailed):
    """The connection ended before the answer did. `was_kept` tells whether it had served a call before."""

    def __init__(self, sentence: str, was_kept: bool = False) -> None:
        super().__init__(sentence)
        self.was_kept = was_kept


class AnswerLate(ExchangeFailed):
    """The answer, or the next part of it, did not come in time."""


class AnswerUnreadable(ExchangeFailed):
    """What came is not HTTP."""


class AnswerTooLarge(ExchangeFailed):
    """More bytes than an answer may have."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. `host` without brackets, `path` with its query; `tls` None means plain HTTP.

    `tls_name` tells apart connections that were made with different certificates.
    """

    host: str
    port: int
    path: str
    host_header: str
    tls: ssl.SSLContext | None = field(default=None, compare=False)
    tls_name: str = ""

    @property
    def pool(self) -> tuple[str, int, str]:
        return self.host, self.port, self.tls_name


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds; `is_for_whole_answer` bounds the answer as a whole, otherwise each wait in it."""

    connect: float = 2.0
    answer: float = 29.0
    is_for_whole_answer: bool = True


@dataclass(frozen=True, slots=True)
class Received:
    """An answer as it came. `is_short` when it ended before the length it had announced."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    is_short: bool = False


class _Connection(asyncio.Protocol):
    """One connection to a producer; carries one exchange at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, max_bytes: int) -> None:
        self._loop, self._max_bytes = loop, max_bytes
        self.idle_since = 0.0
        self.exchanges = 0
        self.is_reusable = False
        self._answer: asyncio.Future[Received] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    @property
    def is_closed(self) -> bool:
        return self.transport.is_closing()

    def ask(self, message: bytes, patience: Patience, is_head: bool) -> "asyncio.Future[Received]":
        """Send a whole request; the answer to come."""
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self._size = self._head_size = 0
        self._reason = b""
        self._has_head = self._has_length = self._is_chunked = False
        self._is_head, self._patience = is_head, patience
        self.is_reusable = False
        self.exchanges += 1
        self._answer = answer = self._loop.create_future()
        self._last_heard = self._loop.time()
        self._timer = self._loop.call_later(patience.answer, self._late)
        self.transport.write(message)
        return answer

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
        if not self._has_head:
            self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(AnswerUnreadable("The answer is not HTTP."))
        if self._answer is not None and not self._has_head and self._head_size > _MOST_HEAD_BYTES:
            self._fail(AnswerUnreadable("The answer's head has no end."))

    def on_message_begin(self) -> None:
        if self._answer is None:
            self.transport.abort()  # a second answer to one request: the next caller must not get it
        self._headers.clear()
        self._reason = b""
        self._has_head = self._has_length = self._is_chunked = False

    def on_status(self, status: bytes) -> None:
        self._reason += status

    def on_header(self, name: bytes, value: bytes) -> None:
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
            self._fail(AnswerTooLarge(f"The answer has more than {self._max_bytes} bytes."))
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        if self._answer is not None and self._parser.get_status_code() >= 200:
            self.is_reusable = self._parser.should_keep_alive()
            self._finish()

    def _finish(self, is_short: bool = False) -> None:
        answer, self._answer = self._answer, None
        self._stop_timer()
        if answer is None or answer.done():
            return
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._headers)
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        reason = self._reason.decode("latin-1")
        answer.set_result(Received(self._parser.get_status_code(), reason, headers, body, is_short))

    def _fail(self, error: ExchangeFailed) -> None:
        answer, self._answer = self._answer, None
        self._stop_timer()
        if answer is not None and not answer.done():
            answer.set_exception(error)
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end of the answer, when it said no length; otherwise an answer that is short, or none."""
        if self._answer is None:
            return
        if self._has_head and exc is None and not self._is_chunked:
            self._finish(is_short=self._has_length)
        else:
            self._fail(ConnectionBroken("The connection broke during the call.", self.exchanges > 1))

    def _late(self) -> None:
        self._timer = None
        rest = self._last_heard + self._patience.answer - self._loop.time()
        if not self._patience.is_for_whole_answer and rest > 0.001:
            self._timer = self._loop.call_later(rest, self._late)
        else:
            self._fail(AnswerLate("Timeout when waiting on response from producer."))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class ProducerConnections:
    """The connections to all producers, in pools. Belongs to the event loop that it is first used in."""

    def __init__(self, max_bytes: int, keeps_alive: bool = True, most_idle: int = 100) -> None:
        self._max_bytes, self._keeps_alive, self._most_idle = max_bytes, keeps_alive, most_idle
        self._idle: defaultdict[tuple[str, int, str], list[_Connection]] = defaultdict(list)
        self._sweeper: asyncio.TimerHandle | None = None

    async def exchange(
        self,
        target: Target,
        method: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        patience: Patience,
        is_fresh: bool = False,
        is_chunked: bool = False,
    ) -> Received:
        """The producer's answer to one request, sent once. Raises ExchangeFailed.

        `is_fresh` asks for a connection of its own: one that was kept may have been closed by the producer at this
        very moment, and whether the request arrived is then not known.
        """
        message = _request(target, method, headers, body, self._keeps_alive, is_chunked)
        kept = None if is_fresh else self._take(target)
        connection = kept or await self._connect(target, patience.connect)
        answer = connection.ask(message, patience, method == "HEAD")
        try:
            received = await answer
        except asyncio.CancelledError:
            connection.abandon()
            raise
        self._put_back(target, connection)
        return received

    def close(self) -> None:
        """Close what is idle."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for pool in self._idle.values():
            for connection in pool:
                connection.transport.close()
        self._idle.clear()

    def _take(self, target: Target) -> _Connection | None:
        pool = self._idle.get(target.pool)
        oldest = asyncio.get_running_loop().time() - _KEPT_SECONDS
        while pool:
            connection = pool.pop()
            if not connection.is_closed and connection.idle_since > oldest:
                return connection
            connection.transport.close()
        return None

    def _put_back(self, target: Target, connection: _Connection) -> None:
        loop = asyncio.get_running_loop()
        pool = self._idle[target.pool]
        if not (self._keeps_alive and connection.is_reusable) or connection.is_closed or len(pool) >= self._most_idle:
            connection.transport.close()
            return
        connection.idle_since = loop.time()
        pool.append(connection)
        if self._sweeper is None:
            self._sweeper = loop.call_later(_KEPT_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """Close what has been idle for too long; pools that are empty are forgotten."""
        loop = asyncio.get_running_loop()
        self._sweeper = None
        oldest = loop.time() - _KEPT_SECONDS
        for key, pool in list(self._idle.items()):
            kept = [one for one in pool if not one.is_closed and one.idle_since > oldest]
            for one in set(pool) - set(kept):
                one.transport.close()
            if kept:
                self._idle[key] = kept
            else:
                del self._idle[key]
        if self._idle:
            self._sweeper = loop.call_later(_KEPT_SECONDS, self._sweep)

    async def _connect(self, target: Target, seconds: float) -> _Connection:
        loop = asyncio.get_running_loop()
        server_name = target.host if target.tls is not None else None
        try:
            async with asyncio.timeout(seconds):
                _, connection = await loop.create_connection(
                    lambda: _Connection(loop, self._max_bytes),
                    target.host,
                    target.port,
                    ssl=target.tls,
                    server_hostname=server_name,
                )
        except TimeoutError:
            raise ConnectLate("Timeout when connecting to producer.") from None
        except (ssl.SSLError, ssl.CertificateError):
            raise TlsFailed("The TLS handshake failed.") from None
        except (OSError, UnicodeError) as error:
            if target.tls is not None and isinstance(error, ConnectionResetError | ConnectionAbortedError):
                raise TlsFailed("The connection broke during the TLS handshake.") from None
            raise ConnectRefused(f"Cannot connect to {target.host}:{target.port}") from None
        return connection


def _request(
    target: Target, method: str, headers: Iterable[tuple[str, str]], body: bytes, keeps_alive: bool, is_chunked: bool
) -> bytes:
    """The request's bytes. Raises ValueError when a header, or the path, would be more than one line."""
    rows = [f"{name}: {value}\r\n" for name, value in headers]
    if not keeps_alive:
        rows.append("Connection: close\r\n")
    rows.append("Transfer-Encoding: chunked\r\n" if is_chunked else f"Content-Length: {len(body)}\r\n")
    head = f"{method} {target.path} HTTP/1.1\r\nHost: {target.host_header}\r\n{''.join(rows)}\r\n"
    if not head.count("\r") == head.count("\n") == len(rows) + 3:
        raise ValueError("a header must be one line")
    if is_chunked:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    return head.encode("latin-1", "replace") + body

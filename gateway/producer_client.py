"""One request to a producer and its answer, over connections that are kept for the next call.

A request is sent once: the library's own second attempt is switched off, for it does not know what a booking is.
Redirects are not followed, bodies not decompressed, cookies not kept, proxies not asked. Connections are pooled by
host, port and TLS context, so that a producer never gets a connection made with another one's certificate.
Elsewhere: what a failure is for the consumer (producer_failures.py), whether to send again (retries.py).
Source: platform.md §13, §14.3; decision 2 in docs/decisions.
"""

import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO

import aiohttp
from aiohttp import http_exceptions
from aiohttp.abc import AbstractStreamWriter
from yarl import URL

from gateway import producer_failures as failures
from gateway.headers import Rows
from gateway.producer_failures import ExchangeFailed

_KEPT_SECONDS = 15.0
_NEVER = float("inf")
_LARGE_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds; `is_for_whole_answer` bounds the answer as a whole, otherwise each wait in it."""

    connect: float
    answer: float
    is_for_whole_answer: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes out. `tls` None means plain HTTP; `is_fresh` asks for a connection of its own."""

    method: str
    url: URL
    headers: Rows
    body: bytes = field(repr=False)
    tls: ssl.SSLContext | None = None
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A producer's answer as it came. `is_short` when it ended before the length that it had announced."""

    status: int
    reason: str
    headers: Rows
    body: bytes = field(repr=False)
    is_short: bool = False


class ProducerClient:
    """The connections to all producers. `open` and `close` belong to the event loop that calls."""

    def __init__(self, max_bytes: int, keeps_alive: bool, is_chunked: bool) -> None:
        self._max_bytes, self._keeps_alive, self._is_chunked = max_bytes, keeps_alive, is_chunked
        self._kept: aiohttp.ClientSession | None = None
        self._fresh: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._fresh = _session(aiohttp.TCPConnector(limit=0, force_close=True))
        if self._keeps_alive:
            self._kept = _session(aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_SECONDS))

    async def close(self) -> None:
        for session in (self._kept, self._fresh):
            if session is not None:
                await session.close()
        self._kept = self._fresh = None

    async def exchange(self, request: Request, patience: Patience) -> Received:
        """The producer's answer to one request, sent once. Raises ExchangeFailed."""
        session = self._fresh if request.is_fresh or self._kept is None else self._kept
        assert session is not None
        connection = "close" if session is self._fresh else "keep-alive"
        try:
            async with session.request(
                request.method,
                request.url,
                headers=(*_as_the_library_writes(request.headers), ("Connection", connection)),
                data=_in_parts(request.body),
                chunked=True if self._is_chunked else None,
                allow_redirects=False,
                ssl=request.tls if request.tls is not None else True,
                timeout=_timeout(patience),
            ) as response:
                return await self._received(response)
        except (aiohttp.ClientError, OSError) as error:
            raise _failure(error, request) from None

    async def _received(self, response: aiohttp.ClientResponse) -> Received:
        connection = response.connection
        protocol = connection.protocol if connection is not None else None
        parts: list[bytes] = []
        is_short = False
        try:
            await self._read_into(parts, response)
        except aiohttp.ClientPayloadError as error:
            is_reset = protocol is not None and isinstance(protocol.exception(), aiohttp.ClientOSError)
            if is_reset or not isinstance(error.__cause__, http_exceptions.ContentLengthError):
                raise
            is_short = True
        rows = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers)
        return Received(response.status, response.reason or "", rows, b"".join(parts), is_short)

    async def _read_into(self, parts: list[bytes], response: aiohttp.ClientResponse) -> None:
        """The answer's bytes, no more of them than there may be."""
        size = 0
        async for part in response.content.iter_any():
            size += len(part)
            if size > self._max_bytes:
                raise ExchangeFailed(failures.ANSWER_TOO_LARGE, str(self._max_bytes))
            parts.append(part)


def _in_parts(body: bytes) -> bytes | BytesIO:
    """A large body so that the library writes it in parts, for in one piece it would hold up the other calls."""
    return body if len(body) <= _LARGE_BYTES else BytesIO(body)


class _Request(aiohttp.ClientRequest):
    """A request that tells why its connection went, and waits no longer for a slow taker than for a slow answer."""

    async def write_bytes(
        self, writer: AbstractStreamWriter, conn: aiohttp.connector.Connection, content_length: int | None = None
    ) -> None:
        """Write the body, unless the connection is on its way out: then the reason for that counts, which is to come.

        It may be a certificate of ours that was refused, after the handshake.
        """
        protocol = conn.protocol
        if protocol is not None:
            protocol.start_timeout()
            if not protocol.is_connected():
                return
        await super().write_bytes(writer, conn, content_length)


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=connector,
        request_class=_Request,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
        auto_decompress=False,
        trust_env=False,
    )
    session._retry_connection = False  # there is no public way: it would send a GET or PUT twice
    return session


@lru_cache(maxsize=256)
def _timeout(patience: Patience) -> aiohttp.ClientTimeout:
    whole = patience.is_for_whole_answer
    return aiohttp.ClientTimeout(
        connect=patience.connect,
        total=patience.answer if whole else None,
        sock_read=None if whole else patience.answer,
        ceil_threshold=_NEVER,
    )


def _as_the_library_writes(rows: Rows) -> Rows:
    """Headers such that their bytes go out as they came: we read them as Latin-1, the library writes UTF-8."""
    if all(value.isascii() for _, value in rows):
        return rows
    return tuple((name, _as_utf_8(value)) for name, value in rows)


def _as_utf_8(value: str) -> str:
    """What came as UTF-8 is read as that; what did not, or is not from a header, is text already."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _failure(error: Exception, request: Request) -> ExchangeFailed:
    """What an error of the library means. Time-outs come first: some of them are connection errors as well.

    The library's own message is not passed on: it may name more than it should.
    """
    tls_error = _tls_error(error)
    match error:
        case aiohttp.ConnectionTimeoutError():
            return ExchangeFailed(failures.CONNECT_TIMEOUT)
        case TimeoutError():
            return ExchangeFailed(failures.READ_TIMEOUT)
        case _ if tls_error is not None:
            return ExchangeFailed(failures.TLS_FAILED, _reason(tls_error))
        case aiohttp.ClientConnectorDNSError():
            return ExchangeFailed(failures.HOST_UNKNOWN)
        case aiohttp.ClientConnectorError():
            is_handshake = request.tls is not None and isinstance(error.os_error, ConnectionResetError)
            return _closed_in_handshake() if is_handshake else ExchangeFailed(failures.CONNECT_ERROR)
        case aiohttp.InvalidURL():
            return ExchangeFailed(failures.ADDRESS_UNUSABLE)
        case aiohttp.ClientResponseError():
            return ExchangeFailed(failures.ANSWER_UNREADABLE)
        case _:
            return ExchangeFailed(failures.CONNECTION_BROKEN)


def _closed_in_handshake() -> ExchangeFailed:
    return ExchangeFailed(failures.TLS_FAILED, "the connection was closed during the handshake.")


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    """The TLS error that caused another; with TLS 1.3 a client's certificate is refused after the handshake."""
    while error is not None:
        if isinstance(error, ssl.SSLError) and not isinstance(error, aiohttp.ClientError):
            return error
        error = error.__cause__
    return None


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's word for what was wrong. It speaks of certificates, hosts and protocols, never of the message."""
    told = getattr(error, "verify_message", None) or (error.reason or "handshake failed").replace("_", " ").lower()
    return f"{told.rstrip('.')}."

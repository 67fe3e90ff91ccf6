"""Bytes to a target and back: one HTTP call, in bounded time and size, whatever the other side does.

Each call has a connection of its own, so that a judge is never confused by a kept one that was closed meanwhile; it is
sent once, follows no redirect, unpacks nothing and asks the environment for nothing. The time bound counts from
connecting to the last byte: a target that drips is late as one that hangs is.
Library: aiohttp, because its total time-out is one (requests bounds each wait alone). Called from any thread.
"""

import asyncio
import io
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from conformance.exchange import Failure, HttpMessage

_PORTION = 65_536


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how large a call may be."""

    connect_seconds: float = 5.0
    answer_seconds: float = 30.0
    max_bytes: int = 10_000_000


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files for HTTPS: the CAs to trust (certifi's when None), and our client certificate with its key."""

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Raises OSError or ssl.SSLError for files that cannot be used."""
        context = ssl.create_default_context(cafile=str(self.authorities) if self.authorities else None)
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of a call: an answer, a failure, or both when the answer was cut off."""

    answer: HttpMessage | None
    failure: Failure | None
    seconds: float


class Carrier:
    """Makes calls on a loop of its own. A context manager; `close` ends the loop."""

    def __init__(self, bounds: Bounds | None = None, tls: Tls | None = None) -> None:
        self._bounds, self._ssl = bounds or Bounds(), (tls or Tls()).context()
        self._has_certificate = tls is not None and tls.certificate is not None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="conformance-carrier", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the calls under way, if there are any, and the loop."""
        asyncio.run_coroutine_threadsafe(_end_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(
        self, address: str, request: HttpMessage | None, *, method: str = "POST", drop_answer: bool = False
    ) -> Carried:
        """One call; `drop_answer` hangs up when the answer begins, as a broken line would."""
        work = asyncio.run_coroutine_threadsafe(self._call(address, request, method, drop_answer), self._loop)
        try:
            return work.result()
        except BaseException:
            work.cancel()
            raise

    async def _call(self, address: str, request: HttpMessage | None, method: str, drop_answer: bool) -> Carried:
        begun = time.monotonic()
        answer, failure = await self._bounded(address, request, method, drop_answer)
        return Carried(answer, failure, time.monotonic() - begun)

    async def _bounded(
        self, address: str, request: HttpMessage | None, method: str, drop_answer: bool
    ) -> tuple[HttpMessage | None, Failure | None]:
        total = self._bounds.answer_seconds
        timeout = aiohttp.ClientTimeout(total=total, sock_connect=self._bounds.connect_seconds)
        connector = aiohttp.TCPConnector(ssl=self._ssl, force_close=True)
        sent = HttpMessage({}, b"") if request is None else request
        skipped = ("Accept-Encoding", "User-Agent", "Content-Type")
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector, timeout=timeout, auto_decompress=False, skip_auto_headers=skipped
                ) as session,
                session.request(
                    method, address, data=_data(sent.body), headers={**sent.headers}, allow_redirects=False
                ) as response,
            ):
                if drop_answer:
                    response.close()
                    return None, Failure("dropped", "The kit hung up before the answer, as a broken line would.")
                return await self._read(response)
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
            return None, Failure("not sent", f"No connection: {_kind_of(error)}.")
        except aiohttp.ConnectionTimeoutError:
            return None, Failure("not sent", "No connection in time.")
        except TimeoutError:
            return None, Failure("late", f"No whole answer within {total:g} seconds.")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            is_nobody = address.startswith("https:") and not self._has_certificate
            return None, Failure("broken off", _end_of(error, is_nobody))

    async def _read(self, response: aiohttp.ClientResponse) -> tuple[HttpMessage, Failure | None]:
        body = bytearray()
        headers: Mapping[str, str] = {_text(name).lower(): _text(value) for name, value in response.headers.items()}
        async for portion in response.content.iter_chunked(_PORTION):
            body += portion
            if len(body) > self._bounds.max_bytes:
                response.close()
                sentence = f"The answer is larger than {self._bounds.max_bytes:,} bytes; it was not read further."
                return HttpMessage(headers, bytes(body[:20_000]), response.status), Failure("too large", sentence)
        return HttpMessage(headers, bytes(body), response.status), None


async def _end_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _text(header: str) -> str:
    """A header without what is no text: aiohttp keeps odd bytes as surrogates, which no report can be written with."""
    return header.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _end_of(error: Exception, is_nobody: bool) -> str:
    """`is_nobody`: over TLS without a client certificate; who demands one says so after the handshake, or hangs up."""
    if isinstance(error, ssl.SSLError):
        return "TLS ended before there was an answer; does the target demand another client certificate?"
    if is_nobody and isinstance(error, aiohttp.ClientConnectionError | OSError):
        return "The line broke before there was an answer; does the target demand a client certificate? None was given."
    if isinstance(error, aiohttp.ClientResponseError):
        return "What came back is no HTTP answer, or has headers larger than any."
    return f"The line broke before the answer was whole: {type(error).__name__}."


def _data(body: bytes) -> bytes | io.BytesIO | None:
    """As aiohttp takes it: large bodies from a file, so that they go out in portions."""
    return io.BytesIO(body) if len(body) > _PORTION else body or None


def _kind_of(error: Exception) -> str:
    if isinstance(error, aiohttp.InvalidURL):
        return "the address is no URL"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the host's name is not known"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "the target's certificate is not trusted, or is another host's"
    if isinstance(error, aiohttp.ClientSSLError):
        return "TLS failed; does the target demand another client certificate?"
    return "the port is closed or the host does not answer"

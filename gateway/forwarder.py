"""Calling a producer over HTTP: kept-alive connections, time-outs, and what each outcome is for the consumer.

Bytes pass through both ways. A call is sent once: a booking must not be made twice because a connection was reset
(the real platform sends it again). Redirects are not followed, bodies not decompressed.
Elsewhere: which headers go along (headers.py), the sentences of VP009 (faults.py).
Source: platform.md §13, §14.1, §14.3.
"""

import time
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import (
    Cause,
    DetailedPyreqwestError,
    PoolTimeoutError,
    PyreqwestError,
    RequestTimeoutError,
)
from pyreqwest.response import Response

from contracts.errors import ProducerUnreachable
from contracts.namespaces import SOAP_ENVELOPE
from gateway import faults, headers
from gateway.call import Answer, Call
from gateway.settings import GatewaySettings

_SOAP_11 = SOAP_ENVELOPE.encode()
_PART_BYTES = 65_536
_CONNECTING = "client error (Connect)"


class Forwarder:
    """Calls HTTP producers. `open` and `close` belong to the event loop that calls."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._timeout = timedelta(seconds=settings.producer_timeout_seconds)
        self._client: Client | None = None

    async def open(self) -> None:
        seconds = timedelta(seconds=self._settings.connect_timeout_seconds)
        builder = ClientBuilder().no_proxy().follow_redirects(enable=False).referer(enable=False).http1_only()
        builder = builder.gzip(enable=False).brotli(enable=False).zstd(enable=False).deflate(enable=False)
        builder = builder.max_connections(self._settings.producer_connections).connect_timeout(seconds)
        self._client = builder.pool_timeout(self._timeout).build()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def send(self, call: Call, address: str, body: bytes) -> Answer:
        """What the consumer gets for what the producer did. Raises ProducerUnreachable."""
        started_at = time.monotonic()
        status, received, answer = await self._exchange(call, address, body)
        taken = int((time.monotonic() - started_at) * 1000)
        return _outcome(address, status, answer, headers.to_consumer(received, taken))

    async def _exchange(self, call: Call, address: str, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        assert self._client is not None
        try:
            sent = headers.to_producer(call, self._settings, address.lower().startswith("https://"))
            request = self._client.post(address).headers(sent).body_bytes(body).timeout(self._timeout).build_streamed()
        except ValueError:
            raise faults.unreachable(address, "AddressUnusable", "It is not an address that can be called.") from None
        try:
            async with request as response:
                return response.status, _headers_of(response), await self._body_of(response, address)
        except PyreqwestError as error:
            raise _told(address, error) from None

    async def _body_of(self, response: Response, address: str) -> bytes:
        """The answer's bytes, no more of them than there may be."""
        most, body = self._settings.max_message_bytes, bytearray()
        while (part := await response.body_reader.read(_PART_BYTES)) is not None:
            body += part
            if len(body) > most:
                raise faults.unreachable(address, "AnswerTooLarge", f"more than {most} bytes")
        return bytes(body)


def _headers_of(response: Response) -> list[tuple[str, str]]:
    """The answer's headers, without those that are not text: the library reads ASCII alone."""
    found: list[tuple[str, str]] = []
    for name in dict.fromkeys(response.headers.keys()):
        with suppress(ValueError):
            found += [(name, value) for value in response.headers.getall(name)]
    return found


def _told(address: str, error: PyreqwestError) -> ProducerUnreachable:
    """VP009 for what went wrong underneath; the library's own message may name more than it should.

    The library calls it a connect error, too, when a connection that stood was reset or stayed silent: its causes tell.
    """
    was_connecting = any(cause["message"] == _CONNECTING for cause in _causes(error))
    match error:
        case PoolTimeoutError():
            return faults.unreachable(address, "PoolTimeout", "Timeout when waiting for a free connection.")
        case RequestTimeoutError() if was_connecting:
            return faults.unreachable(address, "ConnectTimeout", "Timeout when connecting to producer.")
        case RequestTimeoutError():
            return faults.unreachable(address, "ReadTimeout", "Timeout when waiting on response from producer.")
        case _ if was_connecting:
            return faults.unreachable(address, "ConnectError", "Cannot connect to the producer.")
        case _:
            return faults.unreachable(address, "ConnectionBroken", "The connection broke during the call.")


def _causes(error: PyreqwestError) -> list[Cause]:
    return (error.details or {}).get("causes") or [] if isinstance(error, DetailedPyreqwestError) else []


def _outcome(address: str, status: int, body: bytes, kept: tuple[tuple[str, str], ...]) -> Answer:
    """The row of platform.md §13 for an answer that came."""
    if 200 <= status < 300:
        if not body:
            raise faults.empty_answer(address, status, _reason(status))
        return Answer(status, body, kept)
    if status == 500 and _SOAP_11 in body:
        return Answer(status, body, kept)
    raise faults.unreachable(address, "HttpStatus", f"The producer answered {status} {_reason(status)}", status)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""

"""Calling a producer over HTTP: kept-alive connections, time-outs, and what each outcome is for the consumer.

Bytes pass through both ways. A call is sent once: a booking must not be made twice because a connection was reset
(the real platform sends it again). Redirects are not followed, bodies not decompressed.
Elsewhere: which headers go along (headers.py), the sentences of VP009 (faults.py).
Source: platform.md §13, §14.1, §14.3.
"""

import time
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import aiohttp

from contracts.errors import ProducerOverloaded, ProducerUnreachable
from contracts.namespaces import SOAP_ENVELOPE
from gateway import faults, headers
from gateway.call import Answer, Call
from gateway.producer_tls import ProducerTls
from gateway.settings import GatewaySettings
from gateway.time_outs import TimeOuts

Failure = Literal[
    "AddressUnusable", "ConnectTimeout", "ConnectError", "ReadTimeout", "ConnectionBroken", "AnswerTooLarge"
]

_SOAP_11 = SOAP_ENVELOPE.encode()
_KEPT_SECONDS = 15.0
_SENTENCES: dict[Failure, str] = {
    "AddressUnusable": "It is not an address that can be called.",
    "ConnectTimeout": "Timeout when connecting to producer.",
    "ConnectError": "Cannot connect to the producer.",
    "ReadTimeout": "Timeout when waiting on response from producer.",
    "ConnectionBroken": "The connection broke during the call.",
}


@dataclass(frozen=True, slots=True)
class Received:
    """A producer's answer as it came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class _TooLarge(Exception):
    """An answer larger than a message may be."""


class Forwarder:
    """Calls HTTP producers. `open` and `close` belong to the event loop that calls."""

    def __init__(self, settings: GatewaySettings, time_outs: TimeOuts, producer_tls: ProducerTls) -> None:
        self._settings = settings
        self._time_outs = time_outs
        self._tls = producer_tls
        self._session: aiohttp.ClientSession | None = None
        self._under_way: Counter[str] = Counter()

    async def open(self) -> None:
        own = self._settings
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_SECONDS),
            timeout=aiohttp.ClientTimeout(total=own.producer_timeout_seconds, sock_connect=own.connect_timeout_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding"),
            auto_decompress=False,
            trust_env=False,
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, call: Call, address: str, body: bytes) -> Answer:
        """What the consumer gets for what the producer did. Raises ProducerUnreachable.

        So many calls may wait for one producer; one more is told so at once, and those for others go through.
        """
        if self._under_way[address] >= self._settings.producer_connections:
            detail = faults.unreachable(address, "Overloaded", "Too many calls are waiting for the producer.").detail
            raise ProducerOverloaded(detail)
        self._under_way[address] += 1
        started_at = time.monotonic()
        try:
            answer = await self._exchange(call, address, body)
        finally:
            self._under_way[address] -= 1
        taken = int((time.monotonic() - started_at) * 1000)
        return _outcome(address, answer.status, answer.body, headers.to_consumer(answer.headers, taken))

    async def _exchange(self, call: Call, address: str, body: bytes) -> Received:
        assert self._session is not None
        sent = headers.to_producer(call, self._settings, address.lower().startswith("https://"))
        try:
            async with self._session.post(address, headers=sent, data=body, allow_redirects=False) as response:
                told = tuple(response.headers.items())
                return Received(response.status, told, await self._body_of(response))
        except (aiohttp.ClientError, _TooLarge, OSError, ValueError) as error:
            raise self._told(address, _failure(error)) from None

    async def _body_of(self, response: aiohttp.ClientResponse) -> bytes:
        """The answer's bytes, no more of them than there may be."""
        parts, size = [], 0
        async for part in response.content.iter_any():
            size += len(part)
            if size > self._settings.max_message_bytes:
                raise _TooLarge
            parts.append(part)
        return b"".join(parts)

    def _told(self, address: str, failure: Failure) -> ProducerUnreachable:
        """VP009 for what went wrong underneath; the library's own message may name more than it should."""
        too_large = f"more than {self._settings.max_message_bytes} bytes"
        return faults.unreachable(address, failure, _SENTENCES.get(failure, too_large))


def _failure(error: Exception) -> Failure:
    """What an error of the library means. Time-outs come first: some of them are connection errors as well."""
    match error:
        case _TooLarge():
            return "AnswerTooLarge"
        case aiohttp.ConnectionTimeoutError():
            return "ConnectTimeout"
        case TimeoutError():
            return "ReadTimeout"
        case aiohttp.ClientConnectorError():
            return "ConnectError"
        case aiohttp.InvalidURL() | ValueError():
            return "AddressUnusable"
        case _:
            return "ConnectionBroken"


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

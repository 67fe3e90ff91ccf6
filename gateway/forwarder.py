"""Calling a producer over HTTP: the attempts it gets, and what each outcome is for the consumer.

Bytes pass through both ways. Each address has its bound of waiting calls, so that a producer that hangs does not hold
up the others. What the real platform does otherwise is a setting each: retries of updates, answers shorter than they
said, time-outs of each wait only, internal errors told by their kind.
Elsewhere: which headers go along (headers.py), one exchange over a connection (producer_client.py), what failures
there are (producer_failures.py), whether to send again (retries.py), certificates (producer_tls.py).
Source: platform.md §9.5, §12.4, §13, §14.1–14.4, §15; §25 rows 11, 12, 13, 27.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from contracts.errors import PlatformError, ProducerOverloaded
from contracts.namespaces import SOAP_ENVELOPE
from gateway import faults, retries
from gateway import producer_failures as failures
from gateway.call import Answer, Call
from gateway.headers import HeaderRules
from gateway.producer_address import Target, read_address, without_user
from gateway.producer_client import Patience, ProducerClient, Received, Request
from gateway.producer_failures import ExchangeFailed, Failure, in_words
from gateway.producer_tls import ProducerTls
from gateway.settings import GatewaySettings
from gateway.time_outs import TimeOuts
from gateway.tls_events import TlsEvents

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]

_SOAP_11 = SOAP_ENVELOPE.encode()
_SOAP_FAULT = b"Fault"
_HTTP_ERROR = "org.apache.camel.component.netty.http.NettyHttpOperationFailedException"


class Forwarder:
    """Calls HTTP producers. `open` and `close` belong to the event loop that calls; `sleep` waits between attempts."""

    def __init__(
        self,
        settings: GatewaySettings,
        time_outs: TimeOuts,
        producer_tls: ProducerTls,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._time_outs = time_outs
        self._tls = producer_tls
        self._sleep = sleep
        self._headers = HeaderRules(settings)
        self._tls_events = TlsEvents(settings)
        self._client = ProducerClient(
            settings.max_message_bytes,
            settings.producer_keep_alive,
            settings.producer_chunked,
            self._tls_events.completed if self._tls_events.is_on else None,
        )
        self._under_way: dict[tuple[str, bool], int] = {}

    async def open(self) -> None:
        self._tell_contexts()
        await self._client.open()

    async def close(self) -> None:
        await self._client.close()

    def renew_certificates(self) -> bool:
        """Take certificates anew if their files have changed; whether that was done. From any thread."""
        if not self._tls.renew():
            return False
        self._tell_contexts()
        return True

    def _tell_contexts(self) -> None:
        for one in self._tls.choices:
            self._tls_events.registered(one.name, one.context, certificates=one.own_certificates)

    async def send(self, call: Call, address: str, body: bytes) -> Answer:
        """What the consumer gets for what the producer did. Raises ProducerUnreachable.

        So many calls may wait for one producer; one more is told so at once, and those for others go through.
        """
        target = self._target(address)
        request = self._request(call, target, body)
        producer = (target.place, target.is_tls)
        under_way = self._under_way.get(producer, 0)
        if under_way >= self._settings.producer_connections:
            raise ProducerOverloaded(self._told(address, failures.OVERLOADED).detail)
        self._under_way[producer] = under_way + 1
        started_at = time.monotonic()
        try:
            received = await self._attempts(call, address, target, request)
        finally:
            self._under_way[producer] -= 1
            if not self._under_way[producer]:
                del self._under_way[producer]
        taken = int((time.monotonic() - started_at) * 1000)
        return self._outcome(call, address, received, taken)

    def _target(self, address: str) -> Target:
        try:
            return read_address(address)
        except ValueError:
            raise self._told(address, failures.ADDRESS_UNUSABLE) from None

    def _request(self, call: Call, target: Target, body: bytes) -> Request:
        url, tls_name, tls = target.url, "", None
        if self._settings.query_becomes_headers and call.request.query:
            url = url.with_query(call.request.query)
        if target.is_tls:
            tls_name, tls = self._tls.context_for(target.host, target.port)
            call.tls_context = tls_name
        rows = (("Host", target.host_header), *self._headers.to_producer(call, target.is_tls))
        updates = retries.is_updating(call.read_message.contract or "")
        is_fresh = retries.wants_fresh_connection(updates, self._settings)
        return Request(call.request.method, url, rows, body, tls, is_fresh, tls_name)

    async def _attempts(self, call: Call, address: str, target: Target, request: Request) -> Received:
        """The answer to the first attempt that gets one. Raises what stopped the last."""
        own = self._settings
        contract = call.read_message.contract or ""
        updates = retries.is_updating(contract)
        seconds = self._time_outs.producer_seconds(contract)
        ends_at = time.monotonic() + seconds if own.bounds_whole_answer else None
        left = own.retry_attempts
        while True:
            call.attempts += 1
            try:
                return await self._attempt(request, seconds)
            except ExchangeFailed as failed:
                if ends_at is not None:
                    seconds = ends_at - time.monotonic() - own.retry_delay_seconds
                is_over = left == 0 or seconds <= 0 or not call.request.presence.is_sure
                if is_over or not retries.may_be_sent_again(failed.failure, updates, own):
                    raise self._told(address, failed.failure, target.place, failed.reason) from None
                _log_retry(address, failed.failure, call)
            left -= 1
            await self._sleep(own.retry_delay_seconds)

    async def _attempt(self, request: Request, seconds: float) -> Received:
        own = self._settings
        received = await self._client.exchange(
            request, Patience(_connect_seconds(request, own), seconds, own.bounds_whole_answer)
        )
        if received.is_short and not own.accepts_short_answers:
            raise ExchangeFailed(failures.CONNECTION_BROKEN)
        return received

    def _outcome(self, call: Call, address: str, received: Received, milliseconds: int) -> Answer:
        """The row of platform.md §13 for an answer that came."""
        status, body = received.status, received.body
        if 200 <= status < 300 and not body:
            rows = self._headers.to_consumer(received.headers, milliseconds)
            raise faults.empty_answer(address, status, received.reason or _usual_reason(status), rows)
        if 200 <= status < 300 or (status == 500 and _SOAP_11 in body):
            return Answer(status, body, self._headers.to_consumer(received.headers, milliseconds))
        call.lost_answer = _told_of_lost(status, body)
        if not self._settings.is_skltp:
            sentence = f"The producer answered {status} {_usual_reason(status)}"
            raise faults.unreachable(address, "HttpStatus", sentence, status)
        sentence = f"Netty HTTP operation failed invoking {without_user(address)} with statusCode: {status}"
        raise faults.unreachable(address, _HTTP_ERROR, sentence, status, "Camel")

    def _told(self, address: str, failure: Failure, place: str = "", reason: str = "") -> PlatformError:
        """The error for a failure, in our words or the real platform's; some of them it tells without VP009."""
        is_real = self._settings.is_skltp
        name, sentence = in_words(failure, is_real, place, reason)
        if failure in _INTERNAL and self._settings.tells_internal_errors:
            return faults.UnexpectedFailure(name, sentence)
        return faults.unreachable(address, name, sentence, catcher="Camel" if is_real else "Tidbro")


_INTERNAL = (failures.ADDRESS_UNUSABLE, failures.ANSWER_TOO_LARGE)


def _connect_seconds(request: Request, own: GatewaySettings) -> float:
    return own.connect_timeout_seconds if request.tls is None else own.https_connect_timeout_seconds


def _told_of_lost(status: int, body: bytes) -> str:
    """What the message log says of an answer whose body the consumer doesn't get: never what it said."""
    fault = ", a SOAP fault" if _SOAP_11 in body and _SOAP_FAULT in body else ""
    return f"HTTP {status}, {len(body)} bytes{fault}"


def _usual_reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _log_retry(address: str, failure: Failure, call: Call) -> None:
    log.warning(
        "producer_called_again: %s",
        failure.name,
        extra={"address": without_user(address), "contract": call.read_message.contract, "attempts": call.attempts},
    )

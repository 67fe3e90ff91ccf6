"""Reaching the producer that a route names: a plug-in in threads of its own, or an address over HTTP.

Plug-ins are synchronous and run in one bounded pool, with a bounded queue before it: one more call than fits is told
so at once. A plug-in gets typed messages and answers with them; it never sees an envelope.
Elsewhere: HTTP (forwarder.py); which producer it is (routing.py).
Source: contracts/producer.py; platform.md §13, §14.1; DESIGN decision 2 in docs/decisions.
"""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from contracts import codec, envelope
from contracts.errors import PlatformError, ProducerOverloaded, ProducerUnreachable
from contracts.identifiers import HsaId
from contracts.producer import Caller, SchedulingProducer
from gateway import faults, profiles
from gateway.call import Answer, Call
from gateway.forwarder import Forwarder
from gateway.producer_tls import ProducerTls
from gateway.settings import GatewaySettings
from gateway.time_outs import TimeOuts

ADAPTER = "adapter:"


class Producers:
    """The plug-ins by name, and the way to everybody else."""

    def __init__(
        self,
        adapters: Mapping[str, SchedulingProducer],
        settings: GatewaySettings,
        time_outs: TimeOuts | None = None,
        producer_tls: ProducerTls | None = None,
    ) -> None:
        self.adapters = adapters
        self._settings = settings
        self._time_outs = time_outs or TimeOuts(settings.producer_timeout_seconds)
        self._forwarder = Forwarder(settings, self._time_outs, producer_tls or ProducerTls())
        self._pool = ThreadPoolExecutor(settings.adapter_threads, thread_name_prefix="adapter")
        self._under_way = 0

    async def open(self) -> None:
        """Open every plug-in, then the way to HTTP producers. Raises what a plug-in raises."""
        for adapter in self.adapters.values():
            await asyncio.get_running_loop().run_in_executor(self._pool, adapter.open)
        await self._forwarder.open()

    async def close(self) -> None:
        """Wait for the plug-ins' last answers and close everything."""
        await self._forwarder.close()
        for adapter in self.adapters.values():
            await asyncio.get_running_loop().run_in_executor(self._pool, adapter.close)
        self._pool.shutdown()

    async def send(self, call: Call) -> Answer:
        """The producer's answer. Raises ProducerUnreachable, ContractViolation or ProducerFault."""
        assert call.route is not None
        address, message = call.route.address.strip(), call.read_message
        rewritten = profiles.must_rewrite(message.profile, call.route.profile)
        call.sent_at = time.monotonic()
        try:
            if address.startswith(ADAPTER):
                return await self._ask_adapter(call, address)
            if rewritten:
                assert message.profile is not None
                return await self._forwarder.send(call, address, profiles.rewrite(message.root, message.profile))
            return await self._forwarder.send(call, address, _utf_8_bytes(call))
        finally:
            call.answered_at = time.monotonic()

    async def _ask_adapter(self, call: Call, address: str) -> Answer:
        adapter = self.adapters.get(address.removeprefix(ADAPTER))
        if adapter is None:
            raise faults.unreachable(address, "AdapterMissing", "There is no adapter of that name.")
        if self._under_way >= self._settings.adapter_threads + self._settings.adapter_queue:
            detail = faults.unreachable(address, "Overloaded", "Too many calls are waiting for the producer.").detail
            raise ProducerOverloaded(detail)
        self._under_way += 1
        work = asyncio.get_running_loop().run_in_executor(self._pool, _answer, adapter, call, address)
        work.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(work), self._settings.producer_timeout_seconds)
        except TimeoutError:
            reason = "Timeout when waiting on response from producer."
            raise faults.unreachable(address, "Timeout", reason) from None

    def _done(self, work: "asyncio.Future[Answer]") -> None:
        self._under_way -= 1
        if not work.cancelled():
            work.exception()  # an answer that came too late has nobody left to tell


def _answer(adapter: SchedulingProducer, call: Call, address: str) -> Answer:
    """Runs in a thread of the pool: decode, ask, encode."""
    message = call.read_message
    forms = codec.BY_CONTRACT.get(message.contract or "")
    if forms is None or message.payload is None:
        raise faults.unreachable(address, "ContractMissing", "The adapter does not offer this contract.")
    request = codec.decode(forms.request, message.payload)
    answer = _asked(adapter, forms.method, request, _caller(call))
    if type(answer) is not forms.response.type:
        raise ProducerUnreachable(f"The adapter at {address} answered with a {type(answer).__name__}")
    return Answer(200, envelope.write_response(codec.encode(answer)))


def _asked(adapter: SchedulingProducer, method: str, request: Any, caller: Caller) -> Any:
    """The adapter's answer. What asyncio cannot carry, or would end the server with, becomes an ordinary error."""
    try:
        return getattr(adapter, method)(request, caller)
    except (StopIteration, SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError) as error:
        raise RuntimeError(f"the adapter raised {type(error).__name__}") from error


def _caller(call: Call) -> Caller:
    address = call.read_message.logical_address
    if address is None:
        raise PlatformError("a call without a logical address reached a producer")
    return Caller(
        logical_address=HsaId(address),
        consumer=call.known_sender,
        original_consumer=call.original_consumer or call.known_sender,
        actor=envelope.read_actor(call.read_message),
        correlation_id=call.correlation_id,
    )


def _utf_8_bytes(call: Call) -> bytes:
    """The request's own bytes, or the same document in UTF-8 when it came in another encoding (platform.md §8)."""
    message = call.read_message
    if message.encoding.upper().startswith(("UTF-8", "ASCII", "US-ASCII")):
        return call.request.body
    return envelope.rewrite_as_utf_8(message)

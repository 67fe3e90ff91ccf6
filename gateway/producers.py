"""Reaching the producer that a route names: a plug-in in threads of its own, or an address over HTTP.

Plug-ins are synchronous and run in one bounded pool, with a bounded queue before it: one more call than fits is told
so at once. A plug-in gets typed messages and answers with them; it never sees an envelope.
Elsewhere: HTTP (forwarder.py); which producer it is (routing.py).
Source: contracts/producer.py; platform.md §13, §14.1; DESIGN decision 2 in docs/decisions.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from contracts import codec, envelope
from contracts.errors import PlatformError, ProducerOverloaded, ProducerUnreachable
from contracts.identifiers import HsaId
from contracts.producer import Caller, Health, SchedulingProducer
from gateway import charsets, faults, headers, ping, profiles
from gateway import producer_failures as failures
from gateway.adapter_pool import AdapterPool
from gateway.call import Answer, Call
from gateway.forwarder import Forwarder
from gateway.producer_tls import ProducerTls
from gateway.settings import GatewaySettings
from gateway.time_outs import TimeOuts
from gateway.workers import work_on

log = logging.getLogger(__name__)

ADAPTER = "adapter:"
HEALTH_SECONDS = 5.0
CLOSE_SECONDS = 10.0


class Producers:
    """The plug-ins by name, and the way to everybody else.

    Time-outs and certificates that are not given are read from the files that the settings name. Raises
    SettingsRefused for files that cannot be used.
    """

    def __init__(
        self,
        adapters: Mapping[str, SchedulingProducer],
        settings: GatewaySettings,
        time_outs: TimeOuts | None = None,
        producer_tls: ProducerTls | None = None,
    ) -> None:
        self.adapters = adapters
        self._settings = settings
        self._time_outs = time_outs or TimeOuts.load(
            settings.timeouts_file, settings.timeouts_default_name, settings.producer_timeout_seconds
        )
        self._tls = producer_tls or ProducerTls.load(settings.tls_file, settings.checks_producer_host)
        self._forwarder = Forwarder(settings, self._time_outs, self._tls)
        self._pool = AdapterPool(settings.adapter_threads, "adapter")
        self._under_way = 0
        self._health_pool = AdapterPool(max(len(adapters), 1), "adapter-health")
        self._health_asked: dict[str, Future[Health]] = {}

    async def open(self) -> None:
        """Open every plug-in, then the way to HTTP producers. Raises what a plug-in raises."""
        for adapter in self.adapters.values():
            await asyncio.get_running_loop().run_in_executor(self._pool, adapter.open)
        await self._forwarder.open()

    async def close(self) -> None:
        """Wait for the plug-ins' last answers and close everything; not for ever for one that hangs."""
        await self._forwarder.close()
        self._health_pool.shutdown(wait=False)
        for name, adapter in self.adapters.items():
            try:
                await asyncio.wait_for(self._run(adapter.close), CLOSE_SECONDS)
            except TimeoutError:
                log.error("adapter_not_closed", extra={"adapter": name})
        if not await asyncio.to_thread(self._pool.end, CLOSE_SECONDS):
            log.error("adapters_still_at_work: the process ends without their answers")

    def _run(self, work: Callable[[], object]) -> "asyncio.Future[object]":
        return asyncio.get_running_loop().run_in_executor(self._pool, work)

    def health(self, name: str) -> Health:
        """What a plug-in says of itself, from any thread that may wait; one that raises or hangs is not ready.

        Each has a thread of its own for that: in the pool it would wait behind calls and seem ill for being busy. While
        it has not answered, it is not asked again.
        """
        asked = self._health_asked.get(name)
        if asked is None or asked.done():
            self._health_asked[name] = asked = self._health_pool.submit(_health_of, name, self.adapters[name])
        try:
            return asked.result(HEALTH_SECONDS)
        except TimeoutError:
            log.error("adapter_health_late", extra={"adapter": name})
            return Health(False, f"The adapter did not say within {HEALTH_SECONDS:g} seconds.")

    def renew_certificates(self) -> bool:
        """Take `tls_file` and what it names anew if they have changed; whether that was done. From any thread."""
        return self._forwarder.renew_certificates()

    async def prepare(self, call: Call) -> None:
        """Make what an HTTP producer gets, in its route's profile and in UTF-8. Raises what stops that."""
        assert call.route is not None
        address, message = call.route.address.strip(), call.read_message
        if self._settings.tells_internal_errors and not call.route.profile:
            told = 'Cannot invoke "String.equalsIgnoreCase(String)" because "rivProfileOut" is null'
            raise faults.InternalFailure("java.lang.NullPointerException", told)
        rewritten = profiles.must_rewrite(message.profile, call.route.profile)
        if not address.startswith(ADAPTER) and address != ping.PLATFORM:
            write = profiles.in_other_profile if rewritten else charsets.in_utf_8
            call.sent_body = await work_on(len(message.body), write, message)

    async def send(self, call: Call) -> Answer:
        """The producer's answer to what was prepared. Raises ProducerUnreachable, ContractViolation, ProducerFault."""
        assert call.route is not None
        address = call.route.address.strip()
        call.sent_at = time.monotonic()
        try:
            if address.startswith(ADAPTER):
                answer = await self._ask_adapter(call, address)
                call.answered_at = time.monotonic()
                return answer.with_headers(headers.producer_time(call))
            if address == ping.PLATFORM:
                return ping.of_platform(call, self._settings)
            assert call.sent_body is not None
            return await self._forwarder.send(call, address, call.sent_body)
        finally:
            call.answered_at = time.monotonic()

    async def _ask_adapter(self, call: Call, address: str) -> Answer:
        adapter = self.adapters.get(address.removeprefix(ADAPTER))
        if adapter is None:
            raise faults.unreachable(address, "AdapterMissing", "There is no adapter of that name.")
        seconds = self._time_outs.producer_seconds(call.read_message.contract)
        if self._under_way >= self._settings.adapter_threads + self._settings.adapter_queue:
            raise ProducerOverloaded(self._told(address, failures.OVERLOADED).detail)
        self._under_way += 1
        work = asyncio.get_running_loop().run_in_executor(self._pool, _answer, adapter, call, address)
        work.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(work), seconds)
        except TimeoutError:
            raise self._told(address, failures.READ_TIMEOUT) from None

    def _told(self, address: str, failure: failures.Failure) -> ProducerUnreachable:
        is_real = self._settings.is_skltp
        name, sentence = failures.in_words(failure, is_real)
        return faults.unreachable(address, name, sentence, catcher="Camel" if is_real else "Tidbro")

    def _done(self, work: "asyncio.Future[Answer]") -> None:
        self._under_way -= 1
        if not work.cancelled():
            work.exception()  # an answer that came too late has nobody left to tell


def _health_of(name: str, adapter: SchedulingProducer) -> Health:
    """The plug-in's health; one that raises, against the protocol, is down."""
    try:
        return adapter.health()
    except Exception as error:
        log.exception("adapter_health_failed", extra={"adapter": name})
        return Health(False, f"The adapter could not say: {type(error).__name__}.")


def _answer(adapter: SchedulingProducer, call: Call, address: str) -> Answer:
    """Runs in a thread of the pool: decode, ask, encode."""
    message = call.read_message
    if message.contract == ping.CONTRACT:
        return ping.of_adapter(address.removeprefix(ADAPTER), adapter.health(), call.now)
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

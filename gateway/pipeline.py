"""A call's way through the platform, in the platform's own order. The file to read first.

The order can be seen from outside, for it decides which error wins: VP011, VP002, VP014 → VP015 → VP013 → VP008 →
VP003 → VP004 → VP006 → VP010 → VP007 → VP015 by contract (ours) → VP001 → VP005, VP012 → VP009.
The pipeline decides, then acts: each step is a pure function of another module, but for the producer.
Whatever goes wrong inside, the consumer gets a well-formed fault, and the call one record in the message log.
Source: platform.md §2.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from contracts import envelope
from contracts.catalogue import Catalogue
from contracts.errors import (
    ContractViolation,
    MessageUnreadable,
    PlatformError,
    ProducerFault,
    ProducerUnreachable,
    TakUnavailable,
)
from contracts.header_validation import HeaderValidator
from contracts.http_headers import CORRELATION_ID
from contracts.identifiers import hide_persons
from contracts.producer import SchedulingProducer
from contracts.times import Clock
from contracts.validation import Validator
from contracts.xml import Limits, NoText
from gateway import authorisation, charsets, faults, headers, masking, message_log, reading, routing, senders
from gateway.call import Answer, Call, HttpRequest
from gateway.ecs_log import EcsLog
from gateway.hsa import NO_TREE, HsaTree
from gateway.producer_tls import ProducerTls
from gateway.producers import Producers
from gateway.settings import GatewaySettings
from gateway.spyne_host import SpyneHost
from gateway.tak.snapshot import TakSnapshot
from gateway.time_outs import TimeOuts
from gateway.workers import work_on

log = logging.getLogger(__name__)

IDENTITY_SOURCE = "x-tidbro-identity"
"""Tells a caller that it was taken for the demo's own consumer."""


class Companion(Protocol):
    """What lives as long as the gateway does, beside its calls (gateway/tak/monitor.py)."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...


class Pipeline:
    """Carries calls, by one set of settings, contracts and producers.

    `tak` gives the catalogue in force, or None; `hsa` the tree of units.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        catalogue: Catalogue,
        tak: Callable[[], TakSnapshot | None],
        adapters: Mapping[str, SchedulingProducer],
        clock: Clock,
        hsa: Callable[[], HsaTree] = lambda: NO_TREE,
        time_outs: TimeOuts | None = None,
        producer_tls: ProducerTls | None = None,
    ) -> None:
        self.settings = settings
        self.catalogue = catalogue
        self.producers = Producers(adapters, settings, time_outs, producer_tls)
        self.tak = tak
        self.hsa = hsa
        self.companions: list[Companion] = []
        self.message_log = message_log.log
        self._clock = clock
        self._events = EcsLog(settings)
        self._limits = Limits(max_bytes=settings.max_message_bytes)
        self._validator = Validator(catalogue)
        self._header_validator = HeaderValidator()
        self._host = SpyneHost(catalogue.interactions, self._carry)

    async def open(self) -> None:
        """Compile the schemas and open the producers. Raises what keeps the gateway from starting."""
        if not self.settings.ip_whitelist:
            log.warning("ip_whitelist_is_empty: every caller will be refused with VP011")
        if self.settings.retries_updates and self.settings.retry_attempts:
            log.warning("updates_are_sent_again: a call that changes something may be carried out twice after a reset")
        self._validator.warm_up()
        await self.producers.open()
        for companion in self.companions:
            await companion.open()

    async def close(self) -> None:
        for companion in self.companions:
            await companion.close()
        await self.producers.close()

    async def answer(self, request: HttpRequest, unreadable: MessageUnreadable | None = None) -> Answer:
        """The answer to a request, always; `unreadable` is what the door already found wrong with the body."""
        call = Call(request, correlation_id_of(request), self._clock(), time.monotonic())
        try:
            answer = await self._take(call, unreadable)
        except PlatformError as error:
            answer = self._stopped(call, error)
        except ProducerFault as fault:
            call.error_origin = "producer"
            answer = faults.producer_fault(fault).with_headers(headers.producer_time(call))
        except Exception as error:
            call.exception = error
            if not isinstance(error, NoText):  # that is the caller's doing, and no mystery
                log.error("call_failed: %s", masking.trace_of(error), extra=_named(call))
            call.error_code, call.error_origin, call.error_detail = "VP009", "internal", type(error).__name__
            answer = faults.internal_fault(error, self.settings.instance_name, self.settings.tells_internal_errors)
        answer = answer.with_headers(*_told_to_caller(call), *headers.warnings_of(call, self.settings))
        if self._events.is_on:
            if call.error_origin:
                self._events.write("error", call, answer)
            self._events.write("resp-out", call, answer)
        message_log.write(call, answer, self.message_log)
        if call.exception is not None:  # its traceback leads to the call, and to itself: in circles, both would stay
            call.exception.__traceback__ = None
            call.exception = None
        return answer

    def _stopped(self, call: Call, error: PlatformError) -> Answer:
        call.exception = error
        call.error_code, call.error_detail = error.code, error.detail
        call.error_origin = "producer" if isinstance(error, ProducerUnreachable) else "platform"
        if isinstance(error, ContractViolation):
            call.request_violations = error.violations
        return faults.fault_of(error, self.settings.instance_name)

    async def _take(self, call: Call, unreadable: MessageUnreadable | None) -> Answer:
        """Transport and protocol: who calls, and what does it say?"""
        call.sender_address = senders.sender_address(call.request, self.settings)
        sender = senders.identify(call.request, self.settings)
        call.sender, call.identity_source = sender.id, sender.source
        call.routing_history = sender.routing_history
        if unreadable is not None:
            raise unreadable
        read = await work_on(len(call.request.body), reading.read, call.request, self.settings)
        call.message, call.warnings = read.message, call.warnings + read.warnings
        call.original_consumer = senders.original_consumer(sender, call.request, self.settings)
        self._events.write("req-in", call)
        return await self._host.answer(call)

    async def _carry(self, call: Call) -> Answer:
        """Routing, authorisation, contract, profile, producer. Spyne's Application calls this as its operation."""
        message, snapshot = call.read_message, self.tak()
        if snapshot is None:
            detail = "No contact with TAK at startup, and no local cache to fallback on, not possible to route call"
            raise TakUnavailable(detail)
        self._route(call, snapshot)
        self._authorise(call, snapshot)
        await self._check_request(call)
        await self._check_header(call)
        await self.producers.prepare(call)
        self._events.write("req-out", call)
        try:
            answer = await self.producers.send(call)
        except faults.EmptyAnswer as empty:
            self._events.write("resp-in", call, empty.answer)
            raise
        self._events.write("resp-in", call, answer)
        if answer.status >= 400:
            call.error_origin = "producer"  # its own fault, which is passed on
        await self._check_answer(call, answer)
        return await work_on(len(answer.body), charsets.as_asked, answer, message)

    def _route(self, call: Call, snapshot: TakSnapshot) -> None:
        """The trace is kept before anything is decided, so that the record of a refused call has it too."""
        message = call.read_message
        search = routing.look_for_routes(
            message.logical_address, message.contract, snapshot, call.now_in_utc, self.settings, self.hsa()
        )
        call.routing_trace = search.trace
        call.route = routing.choose_route(search)

    def _authorise(self, call: Call, snapshot: TakSnapshot) -> None:
        message = call.read_message
        search = authorisation.look_for_authorisation(
            call.sender,
            message.logical_address or "",
            message.contract,
            snapshot,
            call.now_in_utc,
            self.settings,
            self.hsa(),
        )
        call.authorisation_trace = search.trace
        authorisation.demand_authorisation(search)

    async def _check_header(self, call: Call) -> None:
        """A scanned message that cannot be parsed is refused only where the header is a reason to refuse."""
        must_keep = self.settings.header_validation == "refuse"
        if self.settings.header_validation == "off":
            return
        message = call.read_message
        try:
            found, advice = await work_on(len(message.body), self._header_validator.check, message)
        except MessageUnreadable:
            if must_keep:
                raise
            return
        call.warnings += tuple(map(str, advice if must_keep else found + advice))
        if found and must_keep:
            raise ContractViolation(found)

    async def _check_request(self, call: Call) -> None:
        if self.settings.validation == "off":
            return
        message = call.read_message
        call.request_violations = await work_on(len(message.body), self._validator.check_request, message)
        if call.request_violations and self.settings.validation == "refuse":
            raise ContractViolation(call.request_violations)

    async def _check_answer(self, call: Call, answer: Answer) -> None:
        interaction = self.catalogue.find(call.read_message.contract, call.read_message.profile)
        if interaction is None or answer.status != 200 or self.settings.answer_validation == "off":
            return
        try:
            read = await work_on(len(answer.body), envelope.read, answer.body, None, self._limits)
        except MessageUnreadable as error:
            sentence = error.detail
        else:
            check = self._validator.check_response
            call.answer_violations = await work_on(len(answer.body), check, read, interaction)
            sentence = "; ".join(map(str, call.answer_violations))
        if sentence:
            log.warning("answer_breaks_contract", extra={**_named(call), "violations": hide_persons(sentence)})
        if sentence and self.settings.answer_validation == "refuse":
            assert call.route is not None
            raise faults.unreachable(call.route.address, "ContractViolation", sentence)


def correlation_id_of(request: HttpRequest) -> str:
    """The caller's correlation id, or a new one; no part of a new one looks like a person's number, so logs show it."""
    return request.header(CORRELATION_ID) or _new_correlation_id()


def _new_correlation_id() -> str:
    """A random UUID with a letter among every six of its signs, so that no part of it is a date."""
    made = bytearray(os.urandom(16))
    for place in (2, 12, 14):
        made[place] = made[place] & 0x1F | 0xA0
    made[6], made[8] = made[6] & 0x0F | 0x40, made[8] & 0x3F | 0x80  # version 4, and its variant
    told = made.hex()
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:]}"


def _named(call: Call) -> dict[str, str]:
    return {"correlation_id": hide_persons(call.correlation_id)}


def _told_to_caller(call: Call) -> list[tuple[str, str]]:
    told = [(CORRELATION_ID, call.correlation_id)]
    if call.identity_source == "demo":
        told.append((IDENTITY_SOURCE, f"demo {call.sender}"))
    return told

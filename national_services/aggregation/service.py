"""One question to everybody that the index names: the steps, in their order.

headers.missing → plug-in.resident_of → index → plan → calls, all at once → answers → plug-in.merge → ProcessingStatus

What stops a question is a SOAP fault: headers that are missing, a message of something else, an index or a catalogue
that does not answer. A source that gives nothing stops nothing: it is a row that says so. Nobody left to ask is an
empty answer without rows.
Elsewhere: each of the steps; which contracts there are (plugins.py), pages and life cycle (app.py).
Source: platform.md §22.1.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from contracts import envelope, processing_status, xml
from contracts.catalogue import Interaction
from contracts.engagements import FindContent
from contracts.http_headers import CORRELATION_ID, ORIGINAL_CONSUMER, SENDER_ID
from contracts.processing_status import SourceStatus
from contracts.soap_service import Question, Reply, ServiceFault
from contracts.times import Clock
from contracts.transport import HttpAnswer
from national_services.aggregation import headers, messages
from national_services.aggregation.answers import OTHER, CallFailed, Judge
from national_services.aggregation.calls import Caller, CallLoop, NotRunning, Patience, within
from national_services.aggregation.index_look_up import IndexLookUp
from national_services.aggregation.plan import (
    MayCall,
    PermissionsUnknown,
    PlannedCall,
    asked_categorization,
    permission_of,
    plan,
)
from national_services.aggregation.plugins import Plugin
from national_services.aggregation.settings import AggregationSettings

log = logging.getLogger(__name__)

UNKNOWN = "Unknown error"
"""What the real services say of a source that was missing when the total wait ended."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Means:
    """What every aggregated contract works with."""

    settings: AggregationSettings
    clock: Clock
    may_call: MayCall
    loop: CallLoop
    caller: Caller
    index: IndexLookUp
    address: Callable[[], str]
    readers: Executor

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """What `work` gives, in a thread for reading."""
        return await asyncio.get_running_loop().run_in_executor(self.readers, work)


@dataclass(frozen=True, slots=True)
class Source:
    """What came of one call: the response element with the size of its message in bytes, or why there is none."""

    logical_address: str
    payload: xml.Element | None = field(default=None, repr=False)
    size: int = 0
    failure: CallFailed | None = None

    def status(self, now: datetime) -> SourceStatus:
        if self.failure is None:
            return processing_status.answered(self.logical_address, now)
        return processing_status.failed(self.logical_address, now, self.failure.code, self.failure.text)


class Aggregator:
    """The aggregating service of one contract."""

    def __init__(self, plugin: Plugin, interaction: Interaction, judge: Judge, means: Means) -> None:
        self._plugin, self._interaction, self._judge, self._means = plugin, interaction, judge, means

    async def answer(self, question: Question) -> Reply:
        """The merged answer with its ProcessingStatus, for SoapServices. Raises ServiceFault."""
        try:
            return await self._means.loop.run(lambda: self._answer(question))
        except NotRunning:
            raise ServiceFault("The service is not running.") from None

    async def _answer(self, question: Question) -> Reply:
        resident = self._judged(question)
        wanted = FindContent(resident, self._plugin.service_domain, asked_categorization(self._plugin.categorizations))
        means = self._means
        found = await means.index.engagements(wanted, question.headers[CORRELATION_ID], means.in_thread)
        planned = plan(
            found,
            categorizations=self._plugin.categorizations,
            own_address=means.settings.logical_address,
            is_permitted=self._permission(question.headers),
        )
        sources = bounded(await self._ask(planned, question), means.settings.max_answer_bytes)
        self._log(sources, question.headers)
        return Reply(await means.in_thread(lambda: self._merged(sources)), headers.to_consumer(question.headers))

    def _judged(self, question: Question) -> str:
        """Whom the question is about. Raises ServiceFault for what cannot be asked."""
        if missing := headers.missing(question.headers):
            raise ServiceFault(headers.told_missing(missing))
        action = question.headers.get("soapaction", "").strip().strip('"')
        if self._means.settings.validates_soap_action and action != self._interaction.soap_action:
            raise ServiceFault("The SOAPAction does not name the operation.", "Client")
        payload = question.message.payload
        if payload is None or payload.tag != self._interaction.request:
            raise ServiceFault(f"The message is no {self._interaction.name}.", "Client")
        return self._plugin.resident_of(payload)

    def _permission(self, told: Mapping[str, str]) -> Callable[[str], bool]:
        """Whether an address may be called, for the sender or for whom it speaks. Raises ServiceFault when asked."""
        consumers = (told[SENDER_ID], told[ORIGINAL_CONSUMER])
        permitted = permission_of(consumers, self._plugin.contract, self._means.may_call, self._means.clock())

        def is_permitted(address: str) -> bool:
            try:
                return permitted(address)
            except PermissionsUnknown:
                raise ServiceFault("There is no catalogue to tell whom to ask.") from None

        return is_permitted

    async def _ask(self, planned: Sequence[PlannedCall], question: Question) -> list[Source]:
        """What came of every call, in the order of the plan."""
        told = headers.to_source(question.headers, self._means.settings.instance_id, self._interaction.soap_action)
        came = await within(
            self._means.settings.total_seconds, [self._asked(call, question.message, told) for call in planned]
        )
        return [_source(call.logical_address, one) for call, one in zip(planned, came, strict=True)]

    async def _asked(self, call: PlannedCall, incoming: envelope.Message, told: Mapping[str, str]) -> Source:
        means, address = self._means, call.logical_address
        body = self._plugin.request_for(address, call.engagement, incoming)
        patience = Patience(means.settings.connect_seconds, means.settings.read_seconds)
        answer: HttpAnswer = await means.caller.post(address, means.address(), body, told, patience)
        message = await means.in_thread(lambda: self._judge.message(answer))
        return Source(address, message.payload, len(message.body))

    def _merged(self, sources: Sequence[Source]) -> bytes:
        now = self._means.clock()
        status = processing_status.write(
            [source.status(now) for source in sources], self._means.settings.fills_in_missing_synch
        )
        body = self._plugin.merge([source.payload for source in sources if source.payload is not None])
        return messages.around(status, body)

    def _log(self, sources: Sequence[Source], told: Mapping[str, str]) -> None:
        failed = {source.logical_address: source.failure.code for source in sources if source.failure is not None}
        facts = {"contract": self._plugin.contract, "correlation_id": told[CORRELATION_ID], "failed": failed}
        log.info("aggregated", extra={**facts, "sources": len(sources)})


def _source(address: str, came: Source | BaseException | None) -> Source:
    match came:
        case Source():
            return came
        case CallFailed():
            return Source(address, failure=came)
        case None:
            return Source(address, failure=CallFailed(OTHER, UNKNOWN))
        case _:
            # By its kind alone: what an error says of itself can quote the message.
            log.error("source_failed: %s", type(came).__name__)
            return Source(address, failure=CallFailed(OTHER, type(came).__name__))


def bounded(sources: Sequence[Source], most_bytes: int) -> list[Source]:
    """The sources as they are, but for those whose answers make the merged one larger than one may be.

    To have failed is better for them than for all: the platform would refuse the whole answer.
    """
    kept, size = [], 0
    for source in sources:
        fits = size + source.size <= most_bytes
        size += source.size if fits else 0
        too_large = CallFailed(OTHER, f"with this answer all together would be larger than {most_bytes} bytes")
        kept.append(source if fits else Source(source.logical_address, failure=too_large))
    return kept

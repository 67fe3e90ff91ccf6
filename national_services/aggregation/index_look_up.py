"""Asking the engagement index, through the platform, where a citizen has something.

Everybody that is asked later is known from here, so without an answer there is nothing to aggregate: a fault, a late
or a broken answer of the index stops the question with a fault.
Source: platform.md §22.1 step 2; contracts.md §10 (FindContent), AGG-2.
"""

import asyncio
from collections.abc import Awaitable, Callable

from contracts import engagement_codec, envelope, xml
from contracts.catalogue import Catalogue, Errata, Interaction, official_folder
from contracts.engagements import Engagement, FindContent, FindContentResponse
from contracts.errors import ContractViolation
from contracts.soap_service import ServiceFault
from contracts.transport import HttpAnswer
from national_services.aggregation import answers, headers, messages
from national_services.aggregation.answers import CallFailed, Judge
from national_services.aggregation.calls import Caller, Patience
from national_services.aggregation.settings import AggregationSettings

_FORMS = engagement_codec.FIND_CONTENT

InThread = Callable[[Callable[[], envelope.Message]], Awaitable[envelope.Message]]
"""Runs a function in a thread for reading."""


class IndexLookUp:
    """Asks one index, in the aggregating services' own name."""

    def __init__(self, settings: AggregationSettings, address: Callable[[], str], caller: Caller) -> None:
        self._settings, self._address, self._caller = settings, address, caller
        known = Catalogue.load([official_folder() / "itintegration_engagementindex_1.0"], Errata())
        found = known.find(_FORMS.contract, "rivtabp21")
        assert found is not None
        self._interaction: Interaction = found
        self._judge = Judge(found, xml.Limits(max_bytes=settings.max_answer_bytes))

    async def engagements(
        self, question: FindContent, correlation_id: str, in_thread: InThread
    ) -> tuple[Engagement, ...]:
        """What the index knows. Raises ServiceFault when it does not say."""
        settings = self._settings
        try:
            async with asyncio.timeout(settings.index_connect_seconds + settings.index_read_seconds):
                answer = await self._asked(question, correlation_id)
                message = await in_thread(lambda: self._judge.message(answer))
        except TimeoutError:
            raise _fault("the answer did not come in time") from None
        except CallFailed as failure:
            raise _fault(failure.text) from None
        assert message.payload is not None
        try:
            found: FindContentResponse = engagement_codec.decode(_FORMS.response, message.payload)
        except ContractViolation as error:
            raise _fault(f"the answer breaks its contract: {error.detail}") from None
        return found.engagements

    async def _asked(self, question: FindContent, correlation_id: str) -> HttpAnswer:
        settings = self._settings
        body = messages.request(settings.index_logical_address, xml.serialise(engagement_codec.encode(question)))
        told = headers.to_index(
            settings.index_sender, settings.instance_id, correlation_id, self._interaction.soap_action
        )
        patience = Patience(settings.index_connect_seconds, settings.index_read_seconds)
        return await self._caller.post(None, self._address(), body, told, patience)


def _fault(reason: str) -> ServiceFault:
    return ServiceFault(f"The engagement index could not be asked: {answers.CallFailed(answers.OTHER, reason).text}.")

"""Asking the platform's registry which contracts a clinic can be called under, by zeep.

A consumer must find out before it calls an optional contract, and leave out the step that would need it.
Elsewhere: bookings (consumer.py), how the registry answers (gateway/tak/registry.py).
Source: contracts.md §9, REG-1 to REG-4; domain.md §4.
"""

import uuid
from functools import cached_property
from typing import Any, cast

from contracts import envelope, xml
from contracts.catalogue import Catalogue, Errata, official_folder
from contracts.consumer import PLATFORM_PATH, AnswerUnusable, InternalCaller, ZeepService, ZeepTransport, zeep_service
from contracts.errors import MessageUnreadable
from contracts.faults_read import error_of
from contracts.http_headers import CORRELATION_ID, INSTANCE_ID, SENDER_ID
from contracts.identifiers import HsaId
from contracts.namespaces import REGISTRY_HEADERS_2, SOAP_ENVELOPE
from contracts.transport import HttpAnswer, Transport

_CONTRACT_SET = "infrastructure_itintegration_registry_2.0"
_NAME = "GetSupportedServiceContracts"
_PATH = PLATFORM_PATH.replace("crm/scheduling", "infrastructure/itintegration/registry").replace("/1/", "/2/")


class RegistryConsumer:
    """Asks the registry of the platform at `base_url`, whose own logical address is `platform`.

    `caller` is who asks, and whose authorisations count. May be shared between threads.
    """

    def __init__(self, base_url: str, transport: Transport, platform: HsaId, caller: InternalCaller) -> None:
        self._carrier, self._url = ZeepTransport(transport), base_url.rstrip("/") + _PATH
        self._platform, self._caller = platform, caller

    def supported_contracts(self, logical_address: HsaId) -> frozenset[str]:
        """The contracts' namespaces. Raises what SchedulingConsumer's methods raise."""
        headers = {
            SENDER_ID: self._caller.sender,
            INSTANCE_ID: self._caller.instance,
            CORRELATION_ID: str(uuid.uuid4()),
        }
        with self._service.client.settings(extra_http_headers=headers):  # zeep keeps these by thread
            answer = self._service.proxy[_NAME](
                _soapheaders={"LogicalAddress": self._platform.text},
                serviceConsumerHsaId=self._caller.sender,
                logicalAdress=logical_address.text,
            )
        return _contracts(cast(HttpAnswer, answer))

    @cached_property
    def _service(self) -> ZeepService:
        """Made when it is first asked; of two threads that make it at once either's will do."""
        interactions = Catalogue.load([official_folder() / _CONTRACT_SET], Errata()).interactions
        (interaction,) = (one for one in interactions if one.name == _NAME)
        return zeep_service(interaction, self._carrier, self._url)


def _contracts(answer: HttpAnswer) -> frozenset[str]:
    try:
        payload: Any = envelope.read(answer.body, answer.charset).payload
    except MessageUnreadable as error:
        raise AnswerUnusable(f"HTTP {answer.status}: {error.detail}") from None
    if payload is None:
        raise AnswerUnusable(f"HTTP {answer.status}: the body of the envelope is empty")
    if payload.tag == f"{{{SOAP_ENVELOPE}}}Fault":
        raise error_of(payload)
    return frozenset(xml.text_of(one) for one in payload.iter(f"{{{REGISTRY_HEADERS_2}}}ServiceContractNamespace"))

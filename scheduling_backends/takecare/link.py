"""Calling the record system: zeep writes the question, and the answer is read as strictly as any message.

zeep has the contract from disk, fetches nothing and judges nothing (decision 7): answers are parsed by the XML door,
held against the schema and read by the table. Each thread has connections of its own, kept alive; nothing is sent
twice. Who cannot be reached, is late or answers what cannot be read is ProducerUnreachable, told by its kind; whether a
change was carried out is then unknown, and the citizen's e-service looks before it tries again (contracts.md MB-10).
Elsewhere: the table (mapping.py), in which words a refusal comes back (adapter.py).
"""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import zeep
from lxml import etree

from contracts import envelope, xml
from contracts.errors import MessageUnreadable, ProducerUnreachable
from contracts.producer import Caller
from contracts.transport import HttpAnswer, HttpTransport, NoAnswer, Transport
from scheduling_backends.takecare import mapping, schema
from scheduling_backends.takecare.mapping import NAMESPACE
from scheduling_backends.takecare.records import Told
from scheduling_backends.takecare.service import UNITS, Service
from scheduling_backends.takecare.settings import TakeCareSettings

_BINDING = f"{{{NAMESPACE}}}JournalkalenderSoap"
_ASKING_ITSELF = {"System": "tidbro", "Ursprung": "tidbro", "Adressat": "tidbro", "KorrelationsId": "health"}


class InProcess:
    """A transport that ends in a service of this process, with nothing but the message between."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        reply = self._service.answer(body)
        return HttpAnswer(reply.status, {"content-type": reply.content_type}, reply.body)

    def close(self) -> None:
        """Nothing is open."""


class Link:
    """The way to one record system's service. Making one connects to nothing; zeep's client is made when first used."""

    def __init__(self, settings: TakeCareSettings, service: Service | None) -> None:
        self._address = settings.service_url or "http://in-process/service"
        self._transport: HttpTransport | InProcess = (
            InProcess(service)
            if service is not None
            else HttpTransport(
                connect_seconds=settings.connect_timeout_seconds, read_seconds=settings.read_timeout_seconds
            )
        )
        self._proxy: Any = None
        self._making = threading.Lock()

    def open(self) -> None:
        """Read the contract. Raises what is wrong with it."""
        with self._making:
            if self._proxy is None:
                carrier: Any = _Carrier(self._transport)
                settings = zeep.Settings(raw_response=True, forbid_dtd=True, forbid_external=True)
                client: Any = zeep.Client(str(schema.WSDL), transport=carrier, settings=settings)  # type: ignore[no-untyped-call]
                self._proxy = client.create_service(_BINDING, self._address)

    def close(self) -> None:
        self._transport.close()

    def ask(self, operation: str, question: Told, caller: Caller) -> xml.Element:
        """The answer's element, valid by the schema. Raises ProducerUnreachable."""
        return self._asked(operation, question, _header(caller))

    def units(self) -> dict[str, str]:
        """The codes of the units, and their HSA-ids. Raises ProducerUnreachable."""
        answer = self._asked(UNITS, {}, _ASKING_ITSELF)
        found = answer.iterchildren(f"{{{NAMESPACE}}}Enhet")
        return {_said(unit, "Enhetskod"): _said(unit, "HsaId") for unit in found}

    def _asked(self, operation: str, question: Told, header: Mapping[str, str]) -> xml.Element:
        self.open()
        try:
            answer = self._proxy[operation](_soapheaders={"anrop": header}, **question)
        except NoAnswer as error:
            raise ProducerUnreachable(f"the record system: {error}") from None
        return _payload(answer, f"{{{NAMESPACE}}}{operation}Svar")


class _Carrier:
    """What zeep asks of a transport: its files from disk alone, and a POST when it calls."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def load(self, url: str) -> bytes:
        return Path(url).read_bytes()

    def post_xml(self, address: str, message: xml.Element, headers: Mapping[str, str]) -> HttpAnswer:
        return self._transport.post(address, xml.serialise(message), headers)


def _header(caller: Caller) -> dict[str, str]:
    header = {
        "System": caller.consumer or "tidbro",
        "Ursprung": caller.original_consumer or caller.consumer or "tidbro",
        "Adressat": caller.logical_address.text,
        "KorrelationsId": caller.correlation_id or "-",
    }
    if caller.actor is not None:
        header["Roll"] = mapping.ROLES[caller.actor.actor_type]
        if caller.actor.actor_id:
            header["RollId"] = caller.actor.actor_id
    return header


def _payload(answer: HttpAnswer, wanted: str) -> xml.Element:
    """What the answer holds. Raises ProducerUnreachable for anything but a valid answer to the question."""
    try:
        payload = envelope.read(answer.body, answer.charset).payload
    except MessageUnreadable:
        raise ProducerUnreachable(f"the record system: HTTP {answer.status}, and no SOAP envelope") from None
    if payload is None or etree.QName(payload).localname == "Fault":
        raise ProducerUnreachable(f"the record system: HTTP {answer.status}, with a fault or nothing in it")
    if answer.status != 200 or payload.tag != wanted:
        raise ProducerUnreachable(f"the record system: HTTP {answer.status}, and not the answer to the question")
    if not schema.is_valid(payload):
        raise ProducerUnreachable(f"the record system: its answer breaks the schema at {schema.first_fault(payload)}")
    return payload


def _said(element: xml.Element, name: str) -> str:
    child = element.find(f"{{{NAMESPACE}}}{name}")
    return "" if child is None else xml.text_of(child)

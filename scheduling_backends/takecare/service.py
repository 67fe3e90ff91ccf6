"""The record system's SOAP service: what comes in is checked against the schema, what goes out is written by the table.

A question that cannot be read, or breaks the schema, is a SOAP fault of the kind Client that names the element and
quotes nothing; a rule that refuses is an answer with a Returkod. What fails here is a fault of the kind Server without
details. `?wsdl` and `?xsd` give the contract. Many threads may ask at once.
Elsewhere: the contract (wsdl/), what is answered (engine/producer.py). Source: domain.md §6, §5.11.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from contracts import envelope, xml
from contracts import scheduling as s
from contracts.errors import FaultCode, MessageUnreadable, ProducerFault
from contracts.identifiers import HsaId
from contracts.namespaces import TIDBRO, WSDL_SOAP, XML_SCHEMA
from contracts.producer import Caller
from scheduling_backends.engine.answers import ready_reasons_in
from scheduling_backends.engine.producer import Unanswered
from scheduling_backends.takecare import mapping, records, schema
from scheduling_backends.takecare.mapping import NAMESPACE, Operation, UnknownUnit, Untranslatable
from scheduling_backends.takecare.system import TakeCareSystem, code_of

log = logging.getLogger(__name__)

MOST_BYTES = 1024 * 1024
UNITS = "HamtaEnheter"
_XML = "text/xml; charset=utf-8"
_LIMITS = xml.Limits(max_bytes=MOST_BYTES)


class NotUnderstood(Exception):
    """A question that cannot be answered as it was asked; the sentence quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    content_type: str
    body: bytes


class Service:
    """The service of one record system, as a WSGI application."""

    def __init__(self, system: TakeCareSystem) -> None:
        self._system = system

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        reply = self._reply(environ)
        headers = [("Content-Type", reply.content_type), ("Content-Length", str(len(reply.body)))]
        start_response(f"{reply.status} {_PHRASES[reply.status]}", headers)
        return [reply.body]

    def _reply(self, environ: Mapping[str, Any]) -> Reply:
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "").lower()
        if method in ("GET", "HEAD"):
            return _contract(query, _url(environ))
        if method != "POST":
            return Reply(405, "text/plain", b"")
        if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != "text/xml":
            return Reply(415, "text/plain", b"")
        length = environ.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()) or int(length) > MOST_BYTES:
            return Reply(413, "text/plain", b"")
        return self.answer(environ["wsgi.input"].read(int(length)), environ["CONTENT_TYPE"])

    def answer(self, body: bytes, content_type: str = _XML) -> Reply:
        """The answer to a SOAP message: 200, or 500 with a fault."""
        try:
            message = envelope.read(body, envelope.charset_of(content_type), _LIMITS)
            return Reply(200, _XML, envelope.write_response(self._answered(message)))
        except MessageUnreadable:
            return _fault("Client", "the message is not a SOAP 1.1 envelope that can be read")
        except NotUnderstood as error:
            return _fault("Client", str(error))
        except Exception as error:
            # By its kind alone: what an error says of itself can quote the message.
            log.error("takecare_service_failed: %s", type(error).__name__)
            return _fault("Server", "the record system could not answer")

    def _answered(self, message: envelope.Message) -> xml.Element:
        payload, caller = message.payload, _caller(message.header)
        if payload is None or not schema.is_valid(payload):
            name = "Body" if payload is None else schema.first_fault(payload)
            raise NotUnderstood(f"the question breaks its schema at the element {name}")
        operation = etree.QName(payload).localname
        if operation == UNITS:
            return self._units()
        if operation not in mapping.BY_NAME:
            raise NotUnderstood("the message is not a question")
        return self._asked(mapping.BY_NAME[operation], payload, caller)

    def _units(self) -> xml.Element:
        answer = _begun(f"{UNITS}Svar", mapping.DONE)
        for clinic in self._system.clinics():
            unit = etree.SubElement(answer, f"{{{NAMESPACE}}}Enhet")
            told = {"Enhetskod": code_of(clinic), "HsaId": clinic.hsa_id.text, "Namn": clinic.settings.name}
            for name, text in told.items():
                etree.SubElement(unit, f"{{{NAMESPACE}}}{name}").text = text
        return answer

    def _asked(self, operation: Operation, payload: xml.Element, caller: Caller) -> xml.Element:
        units, name = self._system.units(), operation.answer_element
        try:
            question = records.read(operation.question, records.of_element(payload, operation.question), units)
        except UnknownUnit:
            return _begun(name, mapping.FAULT_CODES[Unanswered.UNKNOWN_FACILITY], Unanswered.UNKNOWN_FACILITY)
        except Untranslatable as error:
            raise NotUnderstood(str(error)) from None
        except ValueError:
            raise NotUnderstood("the question contradicts itself, or lacks a start, an end or an id") from None
        try:
            answer = getattr(self._system, operation.method)(question, caller)
        except ProducerFault as fault:
            return _begun(name, mapping.FAULT_CODES[fault.faultstring], fault.faultstring)
        told = _begun(name, _return_code(answer), getattr(answer, "result_text", None), _reason_word(answer))
        records.fill(told, records.write(operation.answer, answer, units), operation.answer)
        if operation.tells_ready_reasons:
            _add_ready_reasons(told, answer, units)
        return told


def _caller(header: xml.Element | None) -> Caller:
    block = None if header is None else header.find(f"{{{NAMESPACE}}}Anrop")
    if block is None or not schema.is_valid(block):
        raise NotUnderstood("the header Anrop is missing, or breaks its schema")
    said = {etree.QName(child).localname: xml.text_of(child) for child in block.iterchildren("*")}
    role = said.get("Roll")
    actor = None if role is None else s.Actor(said.get("RollId", ""), mapping.ACTOR_TYPES[role])
    return Caller(HsaId(said["Adressat"]), said["System"], said["Ursprung"], actor, said["KorrelationsId"])


def _begun(name: str, code: int, text: str | None = None, reason: str | None = None) -> xml.Element:
    answer = etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={None: NAMESPACE})
    etree.SubElement(answer, f"{{{NAMESPACE}}}Returkod").text = str(code)
    if text:
        etree.SubElement(answer, f"{{{NAMESPACE}}}Meddelande").text = xml.carriable(text)
    if reason:
        etree.SubElement(answer, f"{{{NAMESPACE}}}Skal").text = reason
    return answer


def _return_code(answer: object) -> int:
    result = getattr(answer, "result_code", "OK")
    if result == "ERROR":
        return mapping.RETURN_CODES[_told_beside(answer, "code")]
    return mapping.DONE_WITH_MESSAGE if result == "INFO" else mapping.DONE


def _add_ready_reasons(told: xml.Element, answer: object, units: mapping.Units) -> None:
    extensions: s.core.Extensions = getattr(answer, "extensions", ())
    for ready in ready_reasons_in(extensions):
        element = etree.SubElement(told, f"{{{NAMESPACE}}}{mapping.READY_REASONS_ELEMENT}")
        records.fill(element, records.write(mapping.READY_REASONS, ready, units), mapping.READY_REASONS)


def _reason_word(answer: object) -> str | None:
    """The Skal of a refusal."""
    is_refusal = getattr(answer, "result_code", "OK") == "ERROR"
    return mapping.REASON_WORDS[_told_beside(answer, "reason")] if is_refusal else None


def _told_beside(answer: object, name: str) -> str:
    """What the element `refusal` beside a refusal's text says. Raises LookupError where it says nothing."""
    extensions: s.core.Extensions = getattr(answer, "extensions", ())
    for one in extensions:
        found = xml.parse(one).find(f"{{{TIDBRO}}}{name}")
        if found is not None:
            return xml.text_of(found)
    raise LookupError(f"a refusal has no {name}")


def _fault(faultcode: FaultCode, sentence: str) -> Reply:
    return Reply(500, _XML, envelope.write_fault(faultcode, sentence))


def _contract(query: str, url: str) -> Reply:
    if query.startswith("wsdl"):
        root = xml.parse_file(schema.WSDL)
        for address in root.iter(f"{{{WSDL_SOAP}}}address"):
            address.set("location", url)
        for one in root.iter(f"{{{XML_SCHEMA}}}import"):
            one.set("schemaLocation", f"{url}?xsd")
        return Reply(200, _XML, xml.serialise(root))
    if query.startswith("xsd"):
        return Reply(200, _XML, schema.XSD.read_bytes())
    return Reply(404, "text/plain", b"")


def _url(environ: Mapping[str, Any]) -> str:
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return f"{environ['wsgi.url_scheme']}://{host}{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"


_PHRASES = {
    200: "OK",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    500: "Internal Server Error",
}

"""Calling through the platform from inside its trusted network, with messages that are written already.

For those who send what they have kept (an outbox), or put together what zeep does not know (the index, aggregating
services). The path chooses nothing on the platform, so one address serves all contracts.
Elsewhere: bookings as typed methods (consumer.py), how bytes travel (transport.py).
Source: contracts.md §2.5; platform.md §1, §5.2, §12, §21.3.
"""

from collections.abc import Callable, Mapping

from lxml import etree

from contracts import engagement_codec, envelope
from contracts.consumer import AnswerUnusable, InternalCaller
from contracts.errors import ContractViolation, MessageUnreadable, PlatformError, ProducerFault
from contracts.faults_read import error_of
from contracts.http_headers import CORRELATION_ID, INSTANCE_ID, SENDER_ID
from contracts.outbox import Letter, NotDelivered
from contracts.transport import HttpAnswer, NoAnswer, Transport

TRAFFIC_PATH = "/vp"
_XML = "text/xml; charset=UTF-8"


class PlatformClient:
    """Calls the platform at the base URL that `base_url` tells at the moment, as one system of its network."""

    def __init__(self, base_url: str | Callable[[], str], transport: Transport, caller: InternalCaller) -> None:
        self._base_url = base_url if callable(base_url) else lambda: base_url
        self._transport = transport
        self._headers = {SENDER_ID: caller.sender, INSTANCE_ID: caller.instance, "Content-Type": _XML}

    def call(
        self, contract: str, body: bytes, correlation_id: str, headers: Mapping[str, str] | None = None
    ) -> envelope.Message:
        """The answer to a whole envelope. Raises NoAnswer, AnswerUnusable, and the fault as error_of tells it."""
        interaction = contract.rsplit(":", 2)[-2].removesuffix("Responder")
        told = {**self._headers, CORRELATION_ID: correlation_id, "SOAPAction": f'"{contract}:{interaction}"'}
        address = self._base_url().rstrip("/") + TRAFFIC_PATH
        return read_answer(self._transport.post(address, body, {**told, **(headers or {})}))

    def deliver(self, letter: Letter) -> None:
        """Take an Update or a ProcessNotification to its receiver. Raises NotDelivered, never for good: the receiver's
        or the platform's settings may be mended (EI-9)."""
        try:
            answer = self.call(letter.contract, letter.body, letter.correlation_id)
        except (PlatformError, ProducerFault) as fault:
            raise NotDelivered(_sentence(fault)) from None
        except (NoAnswer, AnswerUnusable) as error:
            raise NotDelivered(str(error)) from None
        code, comment = _outcome(answer, letter.contract)
        if code == "ERROR":
            raise NotDelivered(f"ERROR: {comment or 'without a comment'}")


def read_answer(answer: HttpAnswer) -> envelope.Message:
    """The message that came back. Raises AnswerUnusable, and the fault that it holds."""
    try:
        message = envelope.read(answer.body, answer.charset)
    except MessageUnreadable as error:
        raise AnswerUnusable(f"HTTP {answer.status}: {error.detail}") from None
    if message.payload is None:
        raise AnswerUnusable(f"HTTP {answer.status}: the body of the envelope is empty")
    if etree.QName(message.payload).localname == "Fault":
        raise error_of(message.payload)
    if not 200 <= answer.status <= 299:
        raise AnswerUnusable(f"HTTP {answer.status}, but the body holds no fault")
    return message


def _outcome(answer: envelope.Message, contract: str) -> tuple[str, str | None]:
    form = engagement_codec.BY_CONTRACT[contract].response
    assert answer.payload is not None
    try:
        told = engagement_codec.decode(form, answer.payload)
    except ContractViolation as error:
        raise NotDelivered(f"the answer breaks its contract: {error.detail}") from None
    return told.result_code, told.comment


def _sentence(fault: PlatformError | ProducerFault) -> str:
    if isinstance(fault, ProducerFault):
        return fault.faultstring
    return f"{fault.code}: {fault.detail}"

"""What a source's answer is worth: the response element of the contract, or why there is none, with the code for it.

Codes are the real services': the HTTP status for a SOAP fault, 504 when the source was silent too long, 43000 for
anything else. Sentences quote nothing of a message but a fault's own string, in which person numbers are hidden.
Unpacking, parsing and validation take time, so this runs in threads of its own.
Elsewhere: getting the answer (calls.py), the header that tells of it (contracts/processing_status.py).
Source: platform.md §22.1, §22.2.
"""

import zlib
from dataclasses import dataclass, field

from lxml import etree

from contracts import envelope, xml
from contracts.catalogue import Interaction
from contracts.errors import MessageUnreadable
from contracts.identifiers import hide_persons
from contracts.transport import HttpAnswer
from contracts.validation import Validator

TOO_LATE = "504"
OTHER = "43000"
_LONGEST_TEXT = 2000


class CallFailed(Exception):
    """A source gave nothing: the code and the text of its ProcessingStatus."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = hide_persons(text)[:_LONGEST_TEXT]


@dataclass(frozen=True, slots=True)
class Judge:
    """Reads answers to one interaction. Without a `validator` only the kind of answer is looked at."""

    interaction: Interaction
    limits: xml.Limits
    validator: Validator | None = field(default=None, repr=False)

    def message(self, answer: HttpAnswer) -> envelope.Message:
        """The message whose payload is the response element. Raises CallFailed."""
        message = read(answer, self.limits)
        if message.payload is None or message.payload.tag != self.interaction.response:
            raise CallFailed(OTHER, f"the answer does not hold {etree.QName(self.interaction.response).localname}")
        broken = self.validator.check_response(message, self.interaction) if self.validator is not None else ()
        if broken:
            raise CallFailed(OTHER, f"the answer breaks its contract: {broken[0]}")
        return message


def read(answer: HttpAnswer, limits: xml.Limits) -> envelope.Message:
    """The message of an answer that is no fault. Raises CallFailed."""
    try:
        message = envelope.read(unpacked(answer, limits.max_bytes), answer.charset, limits)
    except MessageUnreadable as error:
        raise CallFailed(OTHER, f"HTTP {answer.status}: {error.detail}") from None
    if message.interaction == "Fault" and message.payload is not None:
        raise CallFailed(str(answer.status), fault_text(message.payload))
    if not 200 <= answer.status <= 299:
        raise CallFailed(OTHER, f"HTTP {answer.status}, but the body holds no fault")
    return message


def unpacked(answer: HttpAnswer, most: int) -> bytes:
    """The body without its content coding, which may be gzip alone, for nothing else was offered. Raises CallFailed."""
    coding = answer.headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        return answer.body
    if coding not in ("gzip", "x-gzip"):
        raise CallFailed(OTHER, f"HTTP {answer.status}: a content coding that was not offered")
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        body = stream.decompress(answer.body, most + 1)
    except zlib.error:
        raise CallFailed(OTHER, f"HTTP {answer.status}: the answer is not gzip, though it says so") from None
    if len(body) <= most and not stream.eof:
        raise CallFailed(OTHER, f"HTTP {answer.status}: the gzip of the answer ends too soon")
    return body


def fault_text(fault: xml.Element) -> str:
    """The fault string and, after a comma, what the detail says of the cause; of SOAP 1.2 the reason."""
    string = _said(fault, "faultstring") or _said(fault, "Reason")
    cause = _said(fault, "detail") or _said(fault, "Detail")
    return ", ".join(part for part in (string, cause) if part) or "a fault without a text"


def _said(fault: xml.Element, name: str) -> str:
    child = next(fault.iterchildren(f"{{*}}{name}"), None)
    return "" if child is None else " ".join("".join(map(str, child.itertext())).split())

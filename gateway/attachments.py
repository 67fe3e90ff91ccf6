"""The envelope out of a message with attachments (MTOM), and what becomes of the rest.

As the real platform does it: what stands from the first `<p:Envelope` to the last `</p:Envelope>` is the message, in
any letter case, with any prefix, but with one. Works on bytes, in one pass; nothing in the multipart is parsed.
Producers get plain XML without the attachments, so what refers to them would be broken: by default such a message is
refused. What had nothing but the envelope in it loses nothing.
Source: platform.md §8; §24 row 28; §25 row 15.
"""

import logging
import re
from dataclasses import dataclass

from contracts.errors import MessageUnreadable
from gateway.call import HttpRequest
from gateway.settings import Attachments

log = logging.getLogger(__name__)

NO_ENVELOPE = "Inkommande begäran är ej korrekt utformat och kan därför inte behandlas."

_MARK = "application/xop+xml"
_OPENING = re.compile(rb"<[^\s<>/:!?]+:envelope(?=[\s/>])", re.IGNORECASE)
_CLOSING = re.compile(rb"</[^\s<>/:!?]+:envelope\s*>", re.IGNORECASE)
_INCLUDE = b"http://www.w3.org/2004/08/xop/include"
_BOUNDARY = re.compile(rb"^--", re.MULTILINE)
_LAST_BOUNDARY = re.compile(rb"\s*(?:--[^\r\n]*--\s*)?")


@dataclass(frozen=True, slots=True)
class Extract:
    """The envelope's bytes, and a sentence about what was dropped, if anything was."""

    body: bytes
    warning: str = ""


def has_parts(request: HttpRequest) -> bool:
    """Whether a request says that its envelope is one part of several."""
    return _MARK in (request.header("content-type") or "").lower()


def envelope_in(body: bytes, attachments: Attachments) -> Extract:
    """The envelope in the parts. Raises MessageUnreadable for none, or for attachments that are to be refused."""
    start, end = _place(body)
    envelope = body[start:end]
    if _is_alone(body[:start], envelope, body[end:]):
        return Extract(envelope)
    if attachments == "refuse":
        raise MessageUnreadable("the message has attachments (MTOM), and attachments do not reach the producer")
    log.warning("attachments_dropped", extra={"dropped_bytes": len(body) - len(envelope)})
    return Extract(envelope, "The message had attachments (MTOM); they were dropped before it was sent on.")


def _place(body: bytes) -> tuple[int, int]:
    opening, last = _OPENING.search(body), None
    if opening is not None:
        for last in _CLOSING.finditer(body, opening.end()):  # noqa: B007  the last one is meant
            pass
    if opening is None or last is None:
        raise MessageUnreadable(NO_ENVELOPE)
    return opening.start(), last.end()


def _is_alone(before: bytes, envelope: bytes, after: bytes) -> bool:
    """Whether the envelope is the only part, and refers to no other."""
    is_last = _LAST_BOUNDARY.fullmatch(after) is not None
    return is_last and len(_BOUNDARY.findall(before)) <= 1 and _INCLUDE not in envelope

"""What a request says, as far as the gateway must know it: read whole, or scanned as the real platform does.

Which bytes are the message, in which encoding, and whether it can be read at all. What is not a message and can be
told by its headers gets a sentence about that; compressed bodies are never unpacked.
Elsewhere: parsing (contracts/xml.py), what stands in an envelope (contracts/envelope.py), attachments (attachments.py).
Source: platform.md §3, §8, §14.5; §25 rows 9, 10, 15.
"""

from dataclasses import dataclass
from functools import cache

from contracts import envelope
from contracts.envelope import Message
from contracts.errors import MessageUnreadable
from contracts.xml import Limits
from gateway import attachments
from gateway.call import HttpRequest
from gateway.settings import GatewaySettings

_GZIP = b"\x1f\x8b"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Reading:
    """A message, and sentences about what was not read of the request."""

    message: Message
    warnings: tuple[str, ...] = ()


def read(request: HttpRequest, settings: GatewaySettings) -> Reading:
    """The message in a request. Raises MessageUnreadable, and NoText for an address that holds an element (scan)."""
    if not settings.reads_forms and _is_form(request):
        raise MessageUnreadable(_FORM_SENTENCE)
    if not attachments.has_parts(request):
        return Reading(_message(request, request.body, settings))
    extract = attachments.envelope_in(request.body, settings.attachments)
    return Reading(_message(request, extract.body, settings), (extract.warning,) if extract.warning else ())


def _message(request: HttpRequest, body: bytes, settings: GatewaySettings) -> Message:
    read_one = envelope.scan if settings.reading == "scan" else envelope.read
    try:
        return read_one(body, request.charset, _limits(settings.max_message_bytes))
    except MessageUnreadable as error:
        raise MessageUnreadable(_sentence(request) or error.detail) from None


@cache
def _limits(max_bytes: int) -> Limits:
    return Limits(max_bytes=max_bytes)


_FORM_SENTENCE = f"the body is a web form ({_FORM}); a message is text/xml"


def _sentence(request: HttpRequest) -> str:
    """What the headers and the first bytes tell of a body that is not XML, in words that help; often nothing."""
    coding = (request.header("content-encoding") or "identity").strip().lower()
    if request.body.startswith(_GZIP) or (request.body and coding != "identity"):
        return "the body is compressed, and compressed requests are not read: send it without Content-Encoding"
    if request.body and _is_form(request):
        return _FORM_SENTENCE
    if request.body.lstrip().startswith(b"--") and (request.header("content-type") or "").lower().startswith(
        "multipart/"
    ):
        return "the body has several parts, and its Content-Type does not say that they are application/xop+xml"
    return ""


def _is_form(request: HttpRequest) -> bool:
    return (request.header("content-type") or "").strip().lower().startswith(_FORM)

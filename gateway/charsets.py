"""The request in UTF-8 for its producer, and the answer in the encoding that the request came in.

Pure. What came in UTF-8 keeps its bytes, and so does its answer.
Source: platform.md §8; §24 rows 26, 27.
"""

from lxml import etree

from contracts import envelope, xml
from contracts.envelope import Message
from contracts.errors import MessageUnreadable, PlatformError
from gateway.call import Answer


def in_utf_8(message: Message) -> bytes:
    """The message's own bytes, or the same document in UTF-8 when it is in another encoding.

    Raises PlatformError when it cannot be written anew: a scanned message may be broken further down (§2, step 12).
    """
    if _is_utf_8(message):
        return message.body
    try:
        return envelope.rewrite_as_utf_8(message)
    except MessageUnreadable as error:
        raise PlatformError(f"the message cannot be converted to UTF-8: {error.detail}") from None


def as_asked(answer: Answer, message: Message) -> Answer:
    """A producer's answer in the request's encoding, and Content-Type saying so.

    An answer that is neither XML nor text that fits into that encoding stays as it is.
    """
    if _is_utf_8(message):
        return answer
    body = _encoded(answer.body, message.encoding)
    if body is None:
        return answer
    told = Answer(answer.status, body, answer.headers)
    return told.with_headers(("Content-Type", f"text/xml; charset={message.encoding}"))


def _is_utf_8(message: Message) -> bool:
    return message.encoding.upper().startswith("UTF-8")


def _encoded(body: bytes, encoding: str) -> bytes | None:
    """`body` in another encoding: a document with a declaration that says so, a text as it is; None if it is neither.

    Characters that the encoding cannot carry become references in a document.
    """
    try:
        root = xml.parse(body, limits=xml.Limits(max_bytes=len(body) + 1))
    except MessageUnreadable:
        return _text_encoded(body, encoding)
    return etree.tostring(root.getroottree(), encoding=encoding, xml_declaration=True)


def _text_encoded(body: bytes, encoding: str) -> bytes | None:
    try:
        return body.decode().encode(encoding)
    except (UnicodeError, LookupError):
        return None

"""What may be logged of headers and bodies: everything that may be somebody's is `(hidden)`, so that nothing personal
stays, whoever wrote it.

A header that carries a certificate or a credential is `<filtered>`. In a body the text of every element is hidden but
for HSA-ids, codes, times and flags under the names that the contracts give them, and these only in their own form:
a name where a time should be is hidden too. Attributes are hidden but for a few flags; comments go. What cannot be
parsed is not shown at all, and neither is what is very long.
The real platform masks three certificate headers and nothing else; no setting here goes back to that.
Source: platform.md §19.3; §25 row 25; DESIGN decision 10 in docs/decisions.
"""

import re
import traceback
from collections.abc import Iterable

from lxml import etree

from contracts import xml
from contracts.errors import MessageUnreadable
from contracts.identifiers import hide_persons

FILTERED = "<filtered>"
HIDDEN = "(hidden)"

_CERTIFICATES = frozenset(("x-forwarded-tls-client-cert", "x-vp-auth-cert", "x-fk-auth-cert"))
_CREDENTIALS = re.compile(r".*(?:cookie|auth|token|secret|passw|api-?key|session|certificate).*", re.IGNORECASE)
_MOST_HEADER_CHARACTERS = 1000
_MOST_BODY_BYTES = 100_000
_MOST_FRAMES = 500

_HSA_ID = re.compile(r"SE\d{10}-[0-9A-Za-z]{1,20}|\*", re.ASCII)
_CODE = re.compile(r"[A-Z]{0,6}\d{1,4}[A-Z]?|OK|INFO|ERROR", re.ASCII)
_TIME = re.compile(r"\d{8}(?:\d{6})?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_FLAG = re.compile(r"true|false|[01]", re.ASCII)
_FORMS = {
    _HSA_ID: ("LogicalAddress", "To", "logicalAddress", "healthcare_facility", "sourceSystem"),
    _CODE: ("resultCode", "timeTypeId", "timeTypeID", "careTypeId", "careTypeID"),
    _TIME: (
        "startTimeInclusive", "endTimeExclusive", "startDateInclusive", "endDateInclusive", "startDate", "endDate",
        "date", "mostRecentContent", "creationTime", "updateTime", "pingDateTime",
    ),
    _FLAG: (
        "cancel_booking_allowed", "rebooking_allowed", "message_allowed", "isInvitation", "deleteFlag",
    ),
    re.compile("subject_of_care|subject_of_care_agent"): ("actorType",),
    re.compile(r"(?:[\w-]+:)?(?:Client|Server|VersionMismatch|MustUnderstand)", re.ASCII): ("faultcode",),
}  # fmt: skip
_SHOWN = {name: form for form, names in _FORMS.items() for name in names}
_SHOWN_ATTRIBUTES = frozenset(("mustUnderstand", "nil", "relay"))


def headers(rows: Iterable[tuple[str, str]], certificate_header: str) -> dict[str, str]:
    """The headers as a log may hold them; a name that comes several times has its values joined by commas."""
    told: dict[str, str] = {}
    for given, value in rows:
        name, shown = hide_persons(given), _header(given.lower(), value, certificate_header.lower())
        told[name] = f"{told[name]}, {shown}" if name in told else shown
    return told


def _header(name: str, value: str, certificate_header: str) -> str:
    if name in _CERTIFICATES or name == certificate_header or _CREDENTIALS.fullmatch(name):
        return FILTERED
    shown = hide_persons(value)
    return shown if len(shown) <= _MOST_HEADER_CHARACTERS else f"{shown[:_MOST_HEADER_CHARACTERS]}…"


def body(content: bytes, charset: str | None = None) -> str:
    """The body with everything that may be personal hidden; a sentence instead of one that cannot be shown."""
    if not content:
        return ""
    if len(content) > _MOST_BODY_BYTES:
        return f"({len(content)} bytes, not shown)"
    try:
        root = xml.parse(content, charset)
    except MessageUnreadable:
        return f"({len(content)} bytes that are not XML, not shown)"
    for element in list(root.iter()):
        _mask(element)
    return hide_persons(xml.serialise(root).decode())


def _mask(element: etree._Element) -> None:
    element.tail = _blank(element.tail)
    if not isinstance(element.tag, str):  # a comment or a processing instruction
        element.text = ""
        return
    name = etree.QName(element).localname
    form = _SHOWN.get(name)
    if form is None or len(element) or form.fullmatch((element.text or "").strip()) is None:
        element.text = _blank(element.text)
    for attribute, value in element.attrib.items():
        if etree.QName(attribute).localname not in _SHOWN_ATTRIBUTES or _FLAG.fullmatch(value) is None:
            element.set(attribute, HIDDEN)


def _blank(text: str | None) -> str | None:
    return text if text is None or not text.strip() else HIDDEN


def trace_of(error: BaseException | None) -> str:
    """Where an error happened and of what kind it is, with what led to it; never what it says of itself, for that may
    quote somebody's name or words."""
    told: list[str] = []
    while error is not None and len(told) < _MOST_FRAMES:
        told += [type(error).__name__, "\n", *traceback.format_tb(error.__traceback__)]
        error = error.__cause__ or error.__context__
    return "".join(told)

"""Header and body out of an envelope, in both RIV-TA profiles; envelopes, header blocks and faults into bytes.

Reading is lenient where real traffic is: the namespaces of Envelope, Header, Body and the address element are not
compared, header blocks come in any order, and unknown ones are passed over. `read` takes the document whole, and only
direct children of Header count; `scan` is the real platform's way: up to the body's first element, at any depth. What
is odd but routable is told by `oddities`, for validation to judge. Writing is strict: SOAP 1.1, UTF-8.
Elsewhere: turning one profile into the other (gateway/profiles.py), the texts of faults (gateway/faults.py).
Source: platform.md §3, §4.1, §12.1; contracts.md §2.5, §4.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from html import escape
from typing import Literal

from lxml import etree

from contracts import xml
from contracts.errors import FaultCode, Violation
from contracts.identifiers import HsaId
from contracts.namespaces import INTEROPERABILITY_HEADERS, REGISTRY_HEADERS, SOAP_12_ENVELOPE, SOAP_ENVELOPE
from contracts.scheduling.core import Actor, ActorType

Profile = Literal["rivtabp20", "rivtabp21"]

_LONGEST_REMEMBERED = 200
_SOAP_ENVELOPE_TAG = f"{{{SOAP_ENVELOPE}}}Envelope"
_ADDRESS_ELEMENTS: dict[str, Profile] = {"To": "rivtabp20", "LogicalAddress": "rivtabp21"}


@dataclass(frozen=True, slots=True)
class Document:
    """The elements of a message that was parsed whole."""

    root: xml.Element
    header: xml.Element | None
    payload: xml.Element | None


@dataclass(frozen=True, slots=True)
class Message:
    """A request as far as the platform must understand it to route it.

    `logical_address` is kept as it was written, blanks and all, and None when there is none or only blanks; `profile`
    follows from the element that carries it. `contract` and `interaction` are namespace and local name (`MakeBooking`)
    of the first element in the body, None when the body is empty. `encoding` is what the document is in or says that
    it is in; UTF-8 means that its bytes, `body`, can be passed on as they are.
    `document` gives the elements; of a scanned message it may raise MessageUnreadable, as do `root` and the others.
    """

    body: bytes = field(repr=False)
    profile: Profile | None
    logical_address: str | None
    contract: str | None
    interaction: str | None
    encoding: str
    document: Callable[[], Document] = field(repr=False, compare=False)

    @property
    def root(self) -> xml.Element:
        return self.document().root

    @property
    def header(self) -> xml.Element | None:
        return self.document().header

    @property
    def payload(self) -> xml.Element | None:
        """The first element in the body."""
        return self.document().payload


def charset_of(content_type: str) -> str | None:
    """What a Content-Type header says of the encoding; None when it says nothing."""
    return _charset_once(content_type) if len(content_type) <= _LONGEST_REMEMBERED else _charset(content_type)


def _charset(content_type: str) -> str | None:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    return None


_charset_once = lru_cache(maxsize=1024)(_charset)


def read(data: bytes, charset: str | None = None, limits: xml.Limits = xml.MESSAGE_LIMITS) -> Message:
    """The message in `data`. Raises MessageUnreadable when it is not XML; an odd envelope is read as far as it goes."""
    root = xml.parse(data, charset, limits)
    header, body = _header_and_body(root)
    profile, address = _address(header)
    payload = _first(body)
    document = Document(root, header, payload)
    return Message(data, profile, address, *_named(payload), xml.encoding_of(data, root, charset), lambda: document)


def scan(data: bytes, charset: str | None = None, limits: xml.Limits = xml.MESSAGE_LIMITS) -> Message:
    """The message in `data`, read up to the body's first element; the rest is parsed when somebody asks for it.

    Elements count at any depth from the first Header on, the last address is the one, and of its content only the
    first piece. Raises MessageUnreadable when it is not XML so far, xml.NoText when an element stands in an address.
    Source: platform.md §3.
    """
    (profile, address, contract, interaction), encoding = xml.scan(data, _scanned, charset, limits)
    document = cache(partial(_whole, data, charset, limits))
    return Message(data, profile, address, contract, interaction, encoding, document)


def _scanned(elements: Iterator[xml.Element]) -> tuple[Profile | None, str | None, str | None, str | None]:
    """Profile, address, contract and interaction. The addresses are looked into at the end, for then they are whole."""
    is_in_header = False
    addresses = []
    payload = None
    for element in elements:
        name = etree.QName(element).localname
        if name == "Body":
            payload = next(elements, None)
            break
        is_in_header = is_in_header or name == "Header"
        if is_in_header and name in _ADDRESS_ELEMENTS:
            addresses.append((_ADDRESS_ELEMENTS[name], element))
    told = [(profile, xml.first_text_of(element)) for profile, element in addresses]
    profile, address = told[-1] if told else (None, None)
    return profile, address if address and address.strip() else None, *_named(payload)


def _whole(data: bytes, charset: str | None, limits: xml.Limits) -> Document:
    """A scanned message, parsed: its header and payload are the elements that the scan came by."""
    root = xml.parse(data, charset, limits)
    elements = root.iter("*")
    has_body = any(etree.QName(element).localname == "Body" for element in elements)
    payload = next(elements, None) if has_body else None
    return Document(root, next(root.iter("{*}Header"), None), payload)


def _named(payload: xml.Element | None) -> tuple[str | None, str | None]:
    """Namespace and local name of the first element in the body."""
    return (None, None) if payload is None else _parts_of(payload)


def _parts_of(element: xml.Element) -> tuple[str | None, str]:
    """Namespace and local name. They are the same few with every call, and lxml's QName costs more than reading them;
    of a tag of a thousand signs, which nobody means, nothing is remembered.
    """
    tag = str(element.tag)
    return _split_once(tag) if len(tag) <= _LONGEST_REMEMBERED else _split(tag)


def _split(tag: str) -> tuple[str | None, str]:
    namespace, found, name = tag[1:].rpartition("}")
    return (namespace, name) if found else (None, tag)


_split_once = lru_cache(maxsize=1024)(_split)


def _header_and_body(root: xml.Element) -> tuple[xml.Element | None, xml.Element | None]:
    """The first child of each name. Plain loops here and below: lxml's filtering iterators cost more than they find."""
    header = body = None
    for child in root:
        name = _parts_of(child)[1] if isinstance(child.tag, str) else ""
        if name == "Header" and header is None:
            header = child
        elif name == "Body" and body is None:
            body = child
    return header, body


def _first(parent: xml.Element | None) -> xml.Element | None:
    """The first element in `parent`; comments and processing instructions are none."""
    for child in parent if parent is not None else ():
        if isinstance(child.tag, str):
            return child
    return None


def _address(header: xml.Element | None) -> tuple[Profile | None, str | None]:
    """Profile and address; of several address elements the last one counts, as on the real platform.

    What holds an element is no address: its schema allows text alone, and nobody could say which text is meant.
    """
    profile, address = None, None
    for block in header if header is not None else ():
        found = _ADDRESS_ELEMENTS.get(_parts_of(block)[1]) if isinstance(block.tag, str) else None
        if found is not None:
            profile, address = found, xml.text_of(block) if next(block.iterchildren("*"), None) is None else None
    return profile, address if address and address.strip() else None


def oddities(message: Message) -> tuple[Violation, ...]:
    """What in the envelope breaks SOAP 1.1 or the basic profile although it can be routed (BP 2.1 rules 1 and 7)."""
    found = []
    root, payload = message.root, message.payload
    if root.tag == f"{{{SOAP_12_ENVELOPE}}}Envelope":
        found.append(_odd(root, "BP21-1", "the envelope is SOAP 1.2; the contracts are SOAP 1.1"))
    elif root.tag != _SOAP_ENVELOPE_TAG:
        found.append(_odd(root, "BP21-1", "the document is not a SOAP 1.1 envelope"))
    if payload is not None and _has_element_after(payload):
        parent = payload.getparent()
        assert parent is not None
        found.append(_odd(parent, "BP21-7", "the body holds more than one element"))
    return tuple(found)


def _has_element_after(element: xml.Element) -> bool:
    after = element.getnext()
    while after is not None and not isinstance(after.tag, str):
        after = after.getnext()
    return after is not None


def _odd(element: xml.Element, rule: str, sentence: str) -> Violation:
    return Violation(etree.QName(element).localname, element.sourceline or 0, rule, sentence)


def read_actor(message: Message) -> Actor | None:
    """Who acts, by the Actor header; None when there is none or it names nobody. Unknown types are kept as None."""
    block = message.header.find(f"{{{INTEROPERABILITY_HEADERS}}}Actor") if message.header is not None else None
    if block is None:
        return None
    actor_id, kind = (_text_in(block, f"{{{INTEROPERABILITY_HEADERS}}}{name}") for name in ("actorId", "actorType"))
    known = ActorType(kind) if kind in {member.value for member in ActorType} else None
    return Actor(actor_id, known) if actor_id else None


def _text_in(block: xml.Element, tag: str) -> str:
    child = block.find(tag)
    return "" if child is None else xml.text_of(child).strip()


def write_request(payload: xml.Element, logical_address: HsaId, actor: Actor | None) -> bytes:
    """A RIV-TA 2.1 request envelope around `payload`, with its header blocks."""
    blocks = f'<r:LogicalAddress xmlns:r="{REGISTRY_HEADERS}">{escape(logical_address.text)}</r:LogicalAddress>'
    if actor is not None:
        kind = f"<h:actorType>{actor.actor_type.value}</h:actorType>" if actor.actor_type else ""
        told = f"<h:actorId>{escape(actor.actor_id)}</h:actorId>{kind}"
        blocks += f'<h:Actor xmlns:h="{INTEROPERABILITY_HEADERS}">{told}</h:Actor>'
    return _envelope(f"<soapenv:Header>{blocks}</soapenv:Header>".encode(), xml.serialise(payload))


def write_response(payload: xml.Element, blocks: bytes = b"") -> bytes:
    """A SOAP 1.1 envelope around an answer. Contracts define no header for answers (contracts.md §2.5); aggregating
    services add `blocks`, written elements, all the same (§11)."""
    header = b"<soapenv:Header>%b</soapenv:Header>" % blocks if blocks else b""
    return _envelope(header, xml.serialise(payload))


def _envelope(header: bytes, payload: bytes) -> bytes:
    opening = f'<soapenv:Envelope xmlns:soapenv="{SOAP_ENVELOPE}">'.encode()
    return b"".join((opening, header, b"<soapenv:Body>", payload, b"</soapenv:Body></soapenv:Envelope>"))


def write_fault(faultcode: FaultCode, faultstring: str, detail: str | None = None) -> bytes:
    """A SOAP 1.1 fault in the platform's exact skeleton (platform.md §12.1): no declaration, no faultactor.

    `detail` becomes `detail/detailString`; None leaves the detail out, as a producer's own fault does.
    Characters that XML cannot carry are replaced by U+FFFD.
    """
    told = "" if detail is None else f"<detail><detailString>{_text(detail)}</detailString></detail>"
    return (
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP_ENVELOPE}"><SOAP-ENV:Header/><SOAP-ENV:Body><SOAP-ENV:Fault>'
        f"<faultcode>SOAP-ENV:{faultcode}</faultcode><faultstring>{_text(faultstring)}</faultstring>{told}"
        "</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()


def _text(text: str) -> str:
    return escape(xml.carriable(text), quote=False)


def rewrite_as_utf_8(message: Message) -> bytes:
    """The whole message in UTF-8, with a declaration."""
    return b'<?xml version="1.0" encoding="UTF-8"?>' + xml.serialise(message.root)

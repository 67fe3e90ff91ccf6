"""The same request written otherwise: what XML, SOAP and HTTP let a consumer do, and what they do not.

Each function takes a request as the kit writes it and returns bytes that say the same (but for the broken ones at the
end, which say nothing). Other consumers' stacks write so: .NET puts default namespaces on every element, CXF declares
prefixes where it needs them, Java on Windows leaves a byte order mark.
"""

from collections.abc import Callable
from html import escape

from lxml import etree

from contracts import xml
from contracts.namespaces import (
    INTEROPERABILITY_HEADERS,
    REGISTRY_HEADERS,
    SOAP_ENVELOPE,
    WS_ADDRESSING,
)

_FOREIGN = "urn:example:conformance"
_EXTRA = f'<u:Unknown xmlns:u="{_FOREIGN}"><u:Inner>unknown</u:Inner></u:Unknown>'


def with_default_namespaces(request: bytes) -> bytes:
    """No prefix anywhere: each element that is in another namespace than its parent declares its own."""
    return _by_default(xml.parse(request), None).encode()


def _by_default(element: xml.Element, around: str | None) -> str:
    name = etree.QName(element)
    declared = "" if name.namespace == around else f' xmlns="{escape(name.namespace or "")}"'
    inside = _inside(element, lambda one: _by_default(one, name.namespace))
    return f"<{name.localname}{declared}>{inside}</{name.localname}>"


def with_other_prefixes(request: bytes) -> bytes:
    """Every namespace declared on the envelope, with prefixes that nobody expects."""
    root = xml.parse(request)
    found = dict.fromkeys(etree.QName(one).namespace or "" for one in root.iter("*"))
    prefixes = {namespace: f"q{number}" for number, namespace in enumerate(found, 1)}
    declared = "".join(f' xmlns:{prefix}="{escape(namespace)}"' for namespace, prefix in prefixes.items())
    return _prefixed(root, prefixes, declared).encode()


def _prefixed(element: xml.Element, prefixes: dict[str, str], declared: str = "") -> str:
    name = etree.QName(element)
    tag = f"{prefixes[name.namespace or '']}:{name.localname}"
    return f"<{tag}{declared}>{_inside(element, lambda one: _prefixed(one, prefixes))}</{tag}>"


def _inside(element: xml.Element, written: Callable[[xml.Element], str]) -> str:
    return escape(element.text or "", quote=False) + "".join(map(written, element.iterchildren("*")))


def with_declaration_and_comments(request: bytes) -> bytes:
    """An XML declaration, line breaks between the elements, and a comment wherever one may stand."""
    text = xml.indented(xml.parse(request)).replace(">\n", ">\n<!-- a comment -->\n")
    return f"<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n{text}".encode()


def with_byte_order_mark(request: bytes) -> bytes:
    return b"\xef\xbb\xbf" + b'<?xml version="1.0" encoding="UTF-8"?>' + request


def in_utf_16(request: bytes) -> bytes:
    """With its byte order mark and declaration."""
    return ('<?xml version="1.0" encoding="UTF-16"?>' + request.decode()).encode("utf-16")


def with_blocks_turned(request: bytes) -> bytes:
    """The blocks of the header in the opposite order."""
    root = xml.parse(request)
    header = root[0]
    header[:] = list(reversed(header))
    return xml.serialise(root)


def with_unknown_block(request: bytes) -> bytes:
    """A block in the header that no contract knows, before and after those that one does."""
    begun = request.replace(b"<soapenv:Header>", b"<soapenv:Header>" + _EXTRA.encode(), 1)
    return begun.replace(b"</soapenv:Header>", _EXTRA.encode() + b"</soapenv:Header>", 1)


def with_unknown_elements(request: bytes) -> bytes:
    """Elements of another namespace where the schemas have their extension points: the question's end, the Actor's."""
    root = xml.parse(request)
    question = root[-1][0]
    places = [question, *root.iter(f"{{{INTEROPERABILITY_HEADERS}}}Actor")]
    for place in places:
        place.append(xml.parse(_EXTRA.encode()))
    return xml.serialise(root)


def with_other_value(request: bytes, name: str, value: str) -> bytes:
    """Another text in every element of this local name."""
    root = xml.parse(request)
    for element in root.iter(f"{{*}}{name}"):
        element.text = value
    return xml.serialise(root)


def without_actor(request: bytes) -> bytes:
    root = xml.parse(request)
    for element in list(root.iter(f"{{{INTEROPERABILITY_HEADERS}}}Actor")):
        root[0].remove(element)
    return xml.serialise(root)


def in_profile_2_0(request: bytes) -> bytes:
    """The address as the profile before had it, in wsa:To; the Actor stays, for the contract is 1.1 all the same."""
    root = xml.parse(request)
    for element in root.iter(f"{{{REGISTRY_HEADERS}}}LogicalAddress"):
        element.tag = f"{{{WS_ADDRESSING}}}To"
    return xml.serialise(root)


def of_version_1_0(request: bytes) -> bytes:
    """What a consumer of 1.0 sends: wsa:To, no Actor, none of the elements that 1.1 added to the question."""
    root = xml.parse(without_actor(in_profile_2_0(request)))
    question = root[-1][0]
    for child in list(question):
        if (etree.QName(child).namespace or "").endswith(":1.1"):
            question.remove(child)
    return xml.serialise(root)


# Broken ones


def cut_off(request: bytes) -> bytes:
    """Not well-formed: it ends in the middle."""
    return request[: len(request) * 2 // 3]


def with_unbound_prefix(request: bytes) -> bytes:
    """Not well-formed by the namespaces: a prefix that stands for none."""
    return request.replace(b"<soapenv:Body>", b"<soapenv:Body><nobody:knows/>", 1)


def with_entity(request: bytes, value: str, entity: str) -> bytes:
    """A document type that declares the entity `e` (`entity` is its text or `SYSTEM "…"`) in the place of `value`."""
    kind = f'<?xml version="1.0"?><!DOCTYPE e [<!ENTITY e {entity}>]>'
    return kind.encode() + request.replace(f">{value}<".encode(), b">&e;<")


SOAP_WITHOUT_BODY = f'<soapenv:Envelope xmlns:soapenv="{SOAP_ENVELOPE}"><soapenv:Body/></soapenv:Envelope>'.encode()

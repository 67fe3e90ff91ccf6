"""Envelopes written out of pieces of others: an aggregating service adds nothing to what it passes on.

An element that moves into another document takes the namespaces around it along, so it means the same there.
Source: contracts.md §2.5; platform.md §4.1.
"""

from collections.abc import Iterable
from html import escape

from contracts import xml
from contracts.envelope import Message
from contracts.namespaces import INTEROPERABILITY_HEADERS, REGISTRY_HEADERS, SOAP_ENVELOPE

_ACTOR = f"{{{INTEROPERABILITY_HEADERS}}}Actor"


def written(text: str) -> str:
    """`text` as the content of an element."""
    return escape(xml.carriable(text), quote=False).replace("\r", "&#13;")


def request(logical_address: str, body: bytes, blocks: bytes = b"") -> bytes:
    """A RIV-TA 2.1 request around the element `body`; `blocks` are further header blocks."""
    address = f'<r:LogicalAddress xmlns:r="{REGISTRY_HEADERS}">{written(logical_address)}</r:LogicalAddress>'
    return around(address.encode() + blocks, body)


def actor_of(incoming: Message) -> bytes:
    """The Actor header block as it came; nothing when there is none."""
    block = None if incoming.header is None else incoming.header.find(_ACTOR)
    return b"" if block is None else xml.serialise(block)


def around(header: bytes, body: bytes) -> bytes:
    """A SOAP 1.1 envelope around header blocks and the element of the body."""
    opening = f'<soapenv:Envelope xmlns:soapenv="{SOAP_ENVELOPE}"><soapenv:Header>'.encode()
    return b"".join((opening, header, b"</soapenv:Header><soapenv:Body>", body, b"</soapenv:Body></soapenv:Envelope>"))


def one_after_another(answers: Iterable[xml.Element], name: str, contract: str, repeated: str) -> bytes:
    """One response element `name` with the contents of all: first what is `repeated` in the contract's own namespace,
    then what others have put at the extension point at the end, both in the order in which they came.

    Nothing is sorted, left out or joined; each element keeps its bytes but for the namespaces that it takes along.
    """
    rows: list[bytes] = []
    foreign: list[bytes] = []
    for answer in answers:
        for child in answer.iterchildren("*"):
            (rows if child.tag == f"{{{contract}}}{repeated}" else foreign).append(xml.serialise(child))
    opening = f'<m:{name} xmlns:m="{escape(contract)}">'.encode()
    return b"".join((opening, *rows, *foreign, f"</m:{name}>".encode()))

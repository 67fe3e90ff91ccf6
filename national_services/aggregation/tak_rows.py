"""The catalogue's rows, read from a TAK's SOAP service or from a platform's local copy, and written as such a copy.

A row is what an element of the service holds, texts by name. Both kinds of rows come whole or not at all.
Elsewhere: what rows mean (permissions.py), when they are fetched (catalogue_copy.py).
Source: platform.md §18, §20.4.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from contracts import envelope, xml
from contracts.errors import MessageUnreadable
from contracts.transport import NoAnswer, Transport
from national_services.aggregation.messages import around

NAMESPACE = "urn:skl:tp:vagvalsinfo:v2"
ROUTE, AUTHORISATION = "virtualiseringsInfo", "anropsBehorighetsInfo"
LARGEST_ANSWER = 500_000_000
_LIMITS = xml.Limits(max_bytes=LARGEST_ANSWER, max_tags=50_000_000)

Row = Mapping[str, str]


class CatalogueUnreadable(Exception):
    """A catalogue that cannot be used; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class TakRows:
    """All rows of a catalogue. Raises CatalogueUnreadable without rows of both kinds: empty counts as not loaded."""

    routes: tuple[Row, ...]
    authorisations: tuple[Row, ...]

    def __post_init__(self) -> None:
        for rows, kind in ((self.routes, "routes"), (self.authorisations, "authorisations")):
            if not rows:
                raise CatalogueUnreadable(f"The catalogue has no {kind}, so it counts as not loaded.")


Fetch = Callable[[], TakRows]
"""Gives the rows anew. Raises CatalogueUnreadable."""


def from_service(address: str, transport: Transport) -> Fetch:
    """The rows that a TAK serves at `address`, with or without `?wsdl`; routes are asked for first."""
    url = address.removesuffix("?wsdl")
    return lambda: TakRows(
        _asked(url, "hamtaAllaVirtualiseringar", ROUTE, transport),
        _asked(url, "hamtaAllaAnropsBehorigheter", AUTHORISATION, transport),
    )


def _asked(url: str, operation: str, name: str, transport: Transport) -> tuple[Row, ...]:
    question = around(b"", f'<v:{operation} xmlns:v="{NAMESPACE}"/>'.encode())
    told = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""', "User-Agent": "Tidbro"}
    try:
        answer = transport.post(url, question, told)
    except NoAnswer as error:
        raise CatalogueUnreadable(f"The catalogue gave no answer to {operation}: {error}.") from None
    except ValueError:
        raise CatalogueUnreadable("The catalogue's address is not one that can be called.") from None
    if answer.status != 200:
        raise CatalogueUnreadable(f"The catalogue answered {operation} with HTTP status {answer.status}.")
    try:
        payload = envelope.read(answer.body, answer.charset, _LIMITS).payload
    except MessageUnreadable as error:
        raise CatalogueUnreadable(f"The catalogue's answer to {operation} cannot be read: {error.detail}.") from None
    if payload is None or payload.tag != f"{{{NAMESPACE}}}{operation}Response":
        raise CatalogueUnreadable(f"The catalogue's answer to {operation} is something else.")
    return tuple(_row(item) for item in payload.iterchildren(f"{{{NAMESPACE}}}{name}"))


def _row(item: xml.Element) -> Row:
    return {etree.QName(child).localname: xml.text_of(child) for child in item.iterchildren("*")}


def from_file(path: Path) -> TakRows:
    """The rows in a platform's local copy, persistentCache XML. Raises CatalogueUnreadable."""
    try:
        root = xml.parse(path.read_bytes(), limits=_LIMITS)
    except OSError as error:
        raise CatalogueUnreadable(f"{path.name} cannot be read: {error.strerror}.") from None
    except MessageUnreadable as error:
        raise CatalogueUnreadable(f"{path.name}: {error.detail}.") from None
    if root.tag != "persistentCache":
        raise CatalogueUnreadable(f"{path.name}: the root element is not persistentCache.")
    return TakRows(tuple(map(_row, root.iterchildren(ROUTE))), tuple(map(_row, root.iterchildren(AUTHORISATION))))


def as_local_copy(rows: TakRows) -> bytes:
    """The rows as a real platform keeps them in its file (platform.md §18)."""
    root = etree.Element("persistentCache", nsmap={"ns2": NAMESPACE})
    for name, some in ((ROUTE, rows.routes), (AUTHORISATION, rows.authorisations)):
        for row in some:
            item = etree.SubElement(root, name)
            for child, text in row.items():
                etree.SubElement(item, f"{{{NAMESPACE}}}{child}").text = text
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)

"""Reading and writing records by the table: from values to nested texts by element name, to XML, and back.

Elsewhere: the table (mapping.py); checking XML against the schema comes before reading (service.py, link.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from contracts import xml
from scheduling_backends.takecare.mapping import ID, NAMESPACE, Kind, Record, Row, Units, Untranslatable

Told = Mapping[str, Any]
"""A record as nested texts: an element's name leads to a text, a record, or a list of either."""


def write(record: Record, value: object, units: Units) -> dict[str, Any]:
    """The value as a record; what has no value, or an empty text, is left out. Raises Untranslatable."""
    told: dict[str, Any] = {}
    for row in record.rows:
        held = getattr(value, row.field)
        if row.many and held:
            told[row.element] = [_written(row, one, units) for one in held]
        elif not row.many and held is not None and (held != "" or row.kind is ID):
            told[row.element] = _written(row, held, units)
    return told


def read(record: Record, told: Told, units: Units, **more: Any) -> Any:
    """The value that a record tells of, with `more` of its fields. Raises Untranslatable; ValueError where the values
    contradict each other, TypeError where one is missing."""
    values = dict(more)
    for row in record.rows:
        if row.many:
            values[row.field] = tuple(_read(row, one, units) for one in _many(told.get(row.element)))
        elif row.element in told:
            values[row.field] = _read(row, told[row.element], units)
    return record.of(**values)


def of_element(element: xml.Element, record: Record) -> Told:
    """A record out of its element, whose children are in the system's namespace."""
    told: dict[str, Any] = {}
    for row in record.rows:
        found = [_told(child, row) for child in element.iterchildren(f"{{{NAMESPACE}}}{row.element}")]
        if row.many:
            told[row.element] = found
        elif found:
            told[row.element] = found[0]
    return told


def fill(element: xml.Element, told: Told, record: Record) -> None:
    """Write a record into an element, in the schema's order."""
    for row in record.rows:
        for one in _many(told.get(row.element)):
            child = etree.SubElement(element, f"{{{NAMESPACE}}}{row.element}")
            if isinstance(row.kind, Record):
                fill(child, one, row.kind)
            else:
                child.text = xml.carriable(one)


def _written(row: Row, held: Any, units: Units) -> Any:
    return row.kind.write(held, units) if isinstance(row.kind, Kind) else write(row.kind, held, units)


def _read(row: Row, told: Any, units: Units) -> Any:
    if isinstance(row.kind, Record):
        return read(row.kind, told, units)
    try:
        return row.kind.read(told, units)
    except Untranslatable as error:
        raise type(error)(f"{row.element}: {error}") from None


def _told(element: xml.Element, row: Row) -> Any:
    return of_element(element, row.kind) if isinstance(row.kind, Record) else xml.text_of(element)


def _many(told: Any) -> Sequence[Any]:
    if told is None:
        return ()
    return told if isinstance(told, list | tuple) else (told,)

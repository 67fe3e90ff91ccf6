"""The schema of the service's messages, compiled once a thread; and what of a message breaks it.

Elsewhere: the files (wsdl/), what a message means (mapping.py).
"""

import re
import threading
from pathlib import Path

from contracts import xml
from scheduling_backends.takecare.mapping import NAMESPACE

FOLDER = Path(__file__).parent / "wsdl"
WSDL, XSD = FOLDER / "journalkalender.wsdl", FOLDER / "journalkalender.xsd"

_NAMED = re.compile(r"Element '(?:\{[^}]*\})?([\w.-]+)'", re.ASCII)
_of_thread = threading.local()


def is_valid(element: xml.Element) -> bool:
    """Whether the element is a message, or a header, as the schema has it."""
    return bool(_schema().validate(element))


def first_fault(element: xml.Element) -> str:
    """Where the element breaks the schema first: the name of the element there, never what it holds."""
    named = (_NAMED.match(entry.message) for entry in _schema().error_log)
    return next((found[1] for found in named if found), "?")


def _schema() -> xml.Schema:
    if not hasattr(_of_thread, "schema"):
        _of_thread.schema = xml.compile_schema({NAMESPACE: XSD}, FOLDER, lambda path, text: text)
    schema: xml.Schema = _of_thread.schema
    return schema

"""The one door for XML: every byte that is parsed comes through here, and every schema is compiled here.

What it keeps out: document types and entities of any kind, files and hosts named by a message, documents beyond the
limits. Size and number of tags are bounded before parsing (tags alone can cost 30 times their bytes in memory), depth
by libxml2's own limit of 256, attributes after. Parsers belong to a thread; so do compiled schemas, for their
error_log is part of the object.
What it never does: quote the message in an error. A document's text may be a person's.
Elsewhere: what stands in an envelope (envelope.py), whether a message keeps its contract (validation.py).
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from lxml import etree

from contracts.errors import MessageUnreadable

Element = etree._Element
Schema = etree.XMLSchema

_CHARSETS = frozenset(
    {"utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"}
)
_PROLOG_WITH_DOCTYPE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<\?(?:(?!\?>).)*+\?>\s*+|<!--(?:(?!-->).)*+-->\s*+)*+<!DOCTYPE", re.DOTALL
)
_PROLOG_LENGTH = 65_536
_UNCARRIABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a document may be. `max_bytes` is also what the door lets in (platform.md §14.4)."""

    max_bytes: int = 15_728_640
    max_tags: int = 200_000
    max_attributes: int = 20_000


MESSAGE_LIMITS = Limits()


def _parser(charset: str | None = None) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=charset,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        collect_ids=False,
    )


class _ThreadParsers(threading.local):
    def __init__(self) -> None:
        self.by_charset: dict[str | None, etree.XMLParser] = {}

    def get(self, charset: str | None) -> etree.XMLParser:
        if charset not in self.by_charset:
            self.by_charset[charset] = _parser(charset)
        return self.by_charset[charset]


_parsers = _ThreadParsers()


def parse(data: bytes, charset: str | None = None, limits: Limits = MESSAGE_LIMITS) -> Element:
    """The root element of the document in `data`.

    `charset` is what the transport says of the encoding; where the bytes do not fit it, what they say themselves
    decides (platform.md §8). Raises MessageUnreadable when it is not one well-formed document within `limits`, or has
    a document type.
    """
    _refuse_oversize(data, limits)
    _refuse_doctype(data)
    known = charset.lower() if charset and charset.lower() in _CHARSETS else None
    try:
        root = _parse(data, known)
    except MessageUnreadable:
        if known is None and not _claims_utf_16(data):
            raise
        root = _parse(data, "utf-8")
    _refuse_what_parsing_found(root, data, limits)
    return root


def _parse(data: bytes, charset: str | None) -> Element:
    try:
        return etree.fromstring(data, _parsers.get(charset))
    except etree.XMLSyntaxError as error:
        raise MessageUnreadable(_sentence(error)) from None
    except ValueError:
        raise MessageUnreadable("the message is not XML") from None


def _claims_utf_16(data: bytes) -> bool:
    head = data[:200]
    return head.startswith(b"<?xml") and b"UTF-16" in head.upper().split(b"?>", 1)[0]


def _refuse_oversize(data: bytes, limits: Limits) -> None:
    if not data.strip():
        raise MessageUnreadable("the message is empty")
    if len(data) > limits.max_bytes:
        raise MessageUnreadable(f"the message is larger than {limits.max_bytes} bytes")
    if data.count(b"<") > limits.max_tags:
        raise MessageUnreadable(f"the message has more than {limits.max_tags} tags")


def _refuse_doctype(data: bytes) -> None:
    head = data[:_PROLOG_LENGTH]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head[:4]:
        head = head.replace(b"\x00", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    if _PROLOG_WITH_DOCTYPE.match(head):
        raise MessageUnreadable("a document type is not allowed")


def _refuse_what_parsing_found(root: Element, data: bytes, limits: Limits) -> None:
    if root.getroottree().docinfo.doctype:
        raise MessageUnreadable("a document type is not allowed")
    if data.count(b"=") > limits.max_attributes:
        found = cast(float, root.xpath("count(//@*)"))
        if found > limits.max_attributes:
            raise MessageUnreadable(f"the message has more than {limits.max_attributes} attributes")


def _sentence(error: etree.XMLSyntaxError) -> str:
    """What libxml2 found and where, in its own kind's name: its messages quote the document, so they stay out."""
    entry = error.error_log.last_error if error.error_log else None
    kind = entry.type_name.removeprefix("ERR_").replace("_", " ").lower() if entry is not None else "syntax"
    line, column = error.position or (0, 0)
    return f"the message is not well-formed XML: {kind} at line {line}, column {column}"


def serialise(element: Element) -> bytes:
    """`element` and all in it as UTF-8, without declaration or what follows it."""
    return etree.tostring(element, encoding="utf-8", with_tail=False)


def carriable(text: str) -> str:
    """`text` with every character that XML 1.0 cannot carry replaced by U+FFFD."""
    return _UNCARRIABLE.sub("\ufffd", text)


def parse_file(path: Path) -> Element:
    """The root element of a file of ours: a WSDL, a schema, a catalogue. Raises MessageUnreadable, OSError."""
    return parse(path.read_bytes(), limits=Limits(max_tags=2_000_000, max_attributes=2_000_000))


Correction = Callable[[Path, bytes], bytes]
"""Takes a schema file's path and text, gives the text to use (the errata)."""


class SchemaBroken(Exception):
    """A schema that does not compile; the message says which file and why."""


class _FolderResolver(etree.Resolver):
    """Gives schema imports from one folder, corrected, and nothing else: no host, no file outside."""

    def __init__(self, folder: Path, correct: Correction) -> None:
        self._folder, self._correct = folder.resolve(), correct

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        path = Path((system_url or "").removeprefix("file://")).resolve()
        if not path.is_relative_to(self._folder) or not path.is_file():
            raise SchemaBroken(f"{path.name} is not a file of {self._folder.name}")
        text = self._correct(path, path.read_bytes())
        return self.resolve_string(text, context, base_url=str(path))


def compile_schema(imports: dict[str, Path], folder: Path, correct: Correction) -> etree.XMLSchema:
    """One schema of everything in `imports` (namespace → file, all inside `folder`), for use by one thread.

    Raises SchemaBroken when a file is missing, outside the folder, or does not compile without a single remark.
    """
    parser = _parser()
    parser.resolvers.add(_FolderResolver(folder, correct))
    rows = "".join(
        f'<xs:import namespace="{_attribute(namespace)}" schemaLocation="{_attribute(str(path.resolve()))}"/>'
        for namespace, path in imports.items()
    )
    wrapper = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{rows}</xs:schema>'
    for namespace, path in imports.items():
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise SchemaBroken(f"{path.name}, which declares {namespace}, is not a file of {folder.name}")
    try:
        schema = etree.XMLSchema(etree.fromstring(wrapper.encode(), parser))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError) as error:
        raise SchemaBroken(str(error)) from None
    if len(schema.error_log):
        raise SchemaBroken(str(schema.error_log))
    return schema


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")

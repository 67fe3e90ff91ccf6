"""The one door for XML: every byte that is parsed comes through here, and every schema is compiled here.

What it keeps out: document types and entities of any kind, files and hosts named by a message, documents beyond the
limits. Size, encoding and the number of tags and attributes are bounded before parsing (tags alone can cost 30 times
their bytes in memory, and an encoding that hides its tags would get by), depth by libxml2's own limit of 256,
attributes once more after. A document is parsed whole, or scanned: then its elements come one by one as they begin, and
nothing is parsed after the one that its reader stopped at. Parsers belong to a thread; so do compiled schemas, for
their error_log is part of the object.
What it never does: quote the message in an error. A document's text may be a person's.
Elsewhere: what stands in an envelope (envelope.py), whether a message keeps its contract (validation.py).
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from lxml import etree

from contracts.errors import MessageUnreadable

Element = etree._Element
Schema = etree.XMLSchema

_CHARSETS = frozenset(
    {"utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252"}
)
_DECLARED_ENCODING = re.compile(rb"<\?xml\s[^>]*?\sencoding\s*=\s*[\"']([^\"']*)[\"']")
_PROLOG = re.compile(rb"\s*+(?:<\?(?:(?!\?>).)*+\?>\s*+|<!--(?:(?!-->).)*+-->\s*+)*+", re.DOTALL)
_ELEMENT = re.compile(rb"<[^!?]")
_PROLOG_LENGTH = 65_536
_LONG_ENOUGH = 8_192  # for long names of namespaces to cost anything
_DECLARATION_LENGTH = 500
_LONG_NAMESPACE = re.compile(
    rb"""xmlns(?::[^\s=<>"']{2000}|(?::[^\s=<>"']{0,1999}+)?\s*+=\s*+(?:"[^"<]{2000}|'[^'<]{2000}))"""
)
_FIRST_PIECE = 16_384  # of a document that is scanned; each further piece is as long as all before it
_LONGEST_TEXT = 10_000_000  # in one piece, by libxml2's own limits
_DEEPEST = 256
_TOO_DEEP = f"the message has elements nested more than {_DEEPEST} deep"
_MOST_JUNK = 9  # characters before a file's declaration
_NO_NAME = re.compile(r"[^\w.-]")
_UNCARRIABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a document may be. `max_bytes` is also what the door lets in (platform.md §14.4).

    `max_tags` bounds tags and attributes together and `max_declarations` those of namespaces, before parsing, for
    libxml2 takes time with their square (4,000 of them cost some 30 ms); `max_attributes` the attributes, after it.
    """

    max_bytes: int = 15_728_640
    max_tags: int = 200_000
    max_attributes: int = 20_000
    max_declarations: int = 4_000


MESSAGE_LIMITS = Limits()


def _parser(charset: str | None = None, huge: bool = False) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=charset,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=huge,
    )  # never collect_ids=False: with it libxml2 loads external DTDs and entities after all


class _ThreadParsers(threading.local):
    def __init__(self) -> None:
        self.by_kind: dict[tuple[str | None, bool], etree.XMLParser] = {}

    def get(self, charset: str | None, huge: bool = False) -> etree.XMLParser:
        parser = self.by_kind.get((charset, huge))
        if parser is None:
            parser = self.by_kind[charset, huge] = _parser(charset, huge)
        return parser


_parsers = _ThreadParsers()


def parse(data: bytes, charset: str | None = None, limits: Limits = MESSAGE_LIMITS) -> Element:
    """The root element of the document in `data`.

    `charset` is what the transport says of the encoding; where the bytes do not fit it, what they say themselves
    decides, and UTF-8 where neither fits (platform.md §8). Raises MessageUnreadable when it is not one well-formed
    document within `limits` and in an encoding that is read here, or has a document type.
    """
    _refuse_oversize(data, limits)
    _refuse_much_markup(data, limits)
    head = _plain_head(data)
    _refuse_encoding(head)
    _refuse_prolog(head)
    root, _ = _in_turn(_attempts(charset, head, data), lambda attempt: _parse(data, attempt))
    _refuse_what_parsing_found(root, data, limits)
    return root


Found = TypeVar("Found")


def scan(
    data: bytes,
    read: Callable[[Iterator[Element]], Found],
    charset: str | None = None,
    limits: Limits = MESSAGE_LIMITS,
) -> tuple[Found, str]:
    """What `read` finds among the elements of the document in `data`, and the document's encoding.

    `read` gets the elements in their order, each when it has begun, and stops where it will: what comes later need not
    even be XML. An element that it got earlier may be looked into when a later one comes. In other respects as `parse`.
    """
    _refuse_oversize(data, limits)
    head = _plain_head(data)
    _refuse_encoding(head)
    _refuse_prolog(head)
    found, used = _in_turn(_attempts(charset, head, data), lambda attempt: read(_elements_begun(data, attempt, limits)))
    return found, _encoding(data, used or _declared(head) or "UTF-8")


def encoding_of(data: bytes, root: Element, charset: str | None) -> str:
    """The encoding that the document `data` says or shows that it has, with `root` parsed from it.

    `UTF-8` only when it is so and says nothing else, so that the bytes can be passed on as they are. `charset` is what
    the transport said.
    """
    if data[:1] == b"<" and data[1:2] not in (b"?", b"\x00") and (charset or "utf-8").lower() == "utf-8":
        return "UTF-8"  # by XML's own rule: no mark and no declaration; nearly every message
    return _encoding(data, root.getroottree().docinfo.encoding or "UTF-8")


def _encoding(data: bytes, used: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    declared = _declared(_plain_head(data[: 2 * _DECLARATION_LENGTH]))
    return (declared or used).upper() if used.upper() == "UTF-8" else used.upper()


def _attempts(charset: str | None, head: bytes, data: bytes) -> list[str | None]:
    """The encodings to try, in turn; None leaves it to what the bytes say.

    libxml2 knows UTF-16 by its mark or its declaration; without either, every other byte of `<x` still shows it.
    """
    attempts: list[str | None] = [charset.lower()] if charset and charset.lower() in _CHARSETS else []
    attempts.append(None)
    if data[:1] == b"\x00":
        attempts.append("utf-16be")
    elif data[1:2] == b"\x00":
        attempts.append("utf-16le")
    elif _declared(head).startswith("utf-16"):
        attempts.append("utf-8")
    return attempts


def _in_turn(attempts: list[str | None], read: Callable[[str | None], Found]) -> tuple[Found, str | None]:
    """What is read with the first encoding that can be read with, and that encoding."""
    for charset in attempts[:-1]:
        try:
            return read(charset), charset
        except MessageUnreadable:
            continue
    return read(attempts[-1]), attempts[-1]


def _parse(data: bytes, charset: str | None) -> Element:
    """A text may be longer than libxml2 takes by itself when the document is: then its depth is bounded here."""
    huge = len(data) > _LONGEST_TEXT
    try:
        root = etree.fromstring(data, _parsers.get(charset, huge))
    except etree.XMLSyntaxError as error:
        raise MessageUnreadable(_sentence(error)) from None
    except ValueError:
        raise MessageUnreadable("the message is not XML") from None
    if huge:
        _refuse_depth(root)
    return root


def _refuse_depth(root: Element) -> None:
    level = [root]
    for _ in range(_DEEPEST):
        level = [child for element in level for child in element.iterchildren("*")]
    if level:
        raise MessageUnreadable(_TOO_DEEP)


def _elements_begun(data: bytes, charset: str | None, limits: Limits) -> Iterator[Element]:
    """The elements in their order. What is wrong after an element is told when that element has been given.

    As in a document that is parsed whole, a node of a long one may be longer than libxml2 takes by itself; elements
    are no deeper for that.
    """
    parser = etree.XMLPullParser(
        events=("start",),
        encoding=charset,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=len(data) > _LONGEST_TEXT,
        strip_cdata=False,
    )
    try:
        yield from _begun(parser, data, limits)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise MessageUnreadable(_sentence(error)) from None
    finally:
        _let_go(parser)


def _begun(parser: "etree.XMLPullParser[Any]", data: bytes, limits: Limits) -> Iterator[Element]:
    end = 0
    above: list[Element] = []
    while end < len(data):
        start, end = end, max(2 * end, _FIRST_PIECE)
        _refuse_much_markup(data[:end], limits)
        wrong = _fed(parser, data[start:end])
        for _, begun in parser.read_events():
            element = cast(Element, begun)
            parent = element.getparent()
            while above and above[-1] is not parent:
                above.pop()
            above.append(element)
            if len(above) > _DEEPEST:
                raise MessageUnreadable(_TOO_DEEP)
            _refuse_unbound(element)
            yield element
        if wrong:
            raise MessageUnreadable(wrong)


def _let_go(parser: "etree.XMLPullParser[Any]") -> None:
    """A parser that has not come to its end is in circles with its document, and with the elements that nobody took:
    they would wait for the garbage collector, which hardly ever comes (tidbro/server.py).
    """
    with suppress(etree.XMLSyntaxError):
        parser.close()
    for _ in parser.read_events():
        pass


def _fed(parser: "etree.XMLPullParser[Any]", piece: bytes) -> str:
    """What is wrong with a piece; nothing when all is well."""
    try:
        parser.feed(piece)
    except etree.XMLSyntaxError as error:
        return _sentence(error)
    return ""


def _refuse_unbound(element: Element) -> None:
    """libxml2 tells of a prefix without a namespace only at the end, and takes it for part of the name until then."""
    if any(":" in name and name[0] != "{" for name in (str(element.tag), *map(str, element.keys()))):
        raise MessageUnreadable("the message is not well-formed XML: a prefix stands for no namespace")


def _refuse_oversize(data: bytes, limits: Limits) -> None:
    if not data.strip():
        raise MessageUnreadable("the message is empty")
    if len(data) > limits.max_bytes:
        raise MessageUnreadable(f"the message is larger than {limits.max_bytes} bytes")


def _refuse_much_markup(data: bytes, limits: Limits) -> None:
    """Counted as far as needed: an attribute and a declaration have an equals sign, but so may text."""
    tags, equals = data.count(b"<"), data.count(b"=")
    attributes = declarations = 0
    if equals > limits.max_declarations or tags + equals > limits.max_tags:
        compact = data.translate(None, b"\x00\t\n\r ")
        attributes, declarations = compact.count(b'="') + compact.count(b"='"), compact.count(b"xmlns")
    if tags + attributes > limits.max_tags:
        raise MessageUnreadable(f"the message has more than {limits.max_tags} tags and attributes")
    if declarations > limits.max_declarations:
        raise MessageUnreadable(f"the message has more than {limits.max_declarations} namespace declarations")
    _refuse_long_namespaces(data, limits)


def _refuse_long_namespaces(data: bytes, limits: Limits) -> None:
    """Each element in a namespace carries its whole name: together they could be a million times the document."""
    if len(data) < _LONG_ENOUGH:
        return
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:2]:
        data = data.replace(b"\x00", b"")
    if data.count(b"xmlns") > limits.max_declarations:
        raise MessageUnreadable(f"the message has more than {limits.max_declarations} namespace declarations")
    if _LONG_NAMESPACE.search(data):
        raise MessageUnreadable("the message has a namespace whose name is longer than 2000 characters")


def _plain_head(data: bytes) -> bytes:
    """The start of the document in an encoding in which `<` is one byte, without its byte order mark."""
    head = data[:_PROLOG_LENGTH]
    if head.startswith((b"\xfe\xff", b"\x00")):
        head = head.decode("utf-16-be", "ignore").encode()
    elif head.startswith(b"\xff\xfe") or head[1:2] == b"\x00":
        head = head.decode("utf-16-le", "ignore").encode()
    return head.removeprefix(b"\xef\xbb\xbf")


def _declared(head: bytes) -> str:
    match = _DECLARED_ENCODING.match(head)
    return match[1].decode("latin-1").lower() if match else ""


def _refuse_encoding(head: bytes) -> None:
    """Only encodings in which `<` is `<`: in others (UTF-7, EBCDIC) tags could not be counted before parsing."""
    if not head.lstrip().startswith(b"<") or (head.startswith(b"<?xml") and b"?>" not in head[:_DECLARATION_LENGTH]):
        raise MessageUnreadable("the message is not XML")
    if _declared(head) not in _CHARSETS | {""}:
        raise MessageUnreadable("the message is in an encoding that is not read here")


def _refuse_prolog(head: bytes) -> None:
    """The first element must come soon, so that no document type can hide behind what is before it."""
    match = _PROLOG.match(head)
    rest = head[match.end() if match else 0 :]
    if rest.startswith(b"<!DOCTYPE"):
        raise MessageUnreadable("a document type is not allowed")
    if not _ELEMENT.match(rest):
        raise MessageUnreadable(f"the message has no element within its first {_PROLOG_LENGTH} bytes")


def _refuse_what_parsing_found(root: Element, data: bytes, limits: Limits) -> None:
    if (b"DOCTYPE" in data or b"\x00" in data) and root.getroottree().docinfo.doctype:
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


def text_of(element: Element) -> str:
    """All text directly inside `element`, as a schema reads it.

    lxml's `text` ends at the first comment: with it, somebody could cut a number or an id short.
    """
    if not len(element):
        return element.text or ""
    return "".join((element.text or "", *(child.tail or "" for child in element)))


class NoText(Exception):
    """An element that was to hold text begins with something else."""


def first_text_of(element: Element) -> str | None:
    """The first piece of what is inside a scanned `element`: its text up to a comment, a CDATA section or an element.

    A comment or a CDATA section that comes first is that piece itself. None when there is nothing. Raises NoText when
    an element or an instruction comes first.
    """
    pieces = cast(list[Any], _FIRST_NODE(element))
    if not pieces:
        return None
    (piece,) = pieces
    if isinstance(piece, str):
        return piece
    if isinstance(piece, etree._Comment):
        return piece.text
    raise NoText("an element of the header that is to hold text holds something else")


_FIRST_NODE = etree.XPath("node()[1]", smart_strings=False)


_NAMES_OF_ATTRIBUTES = b"""<x:stylesheet version="1.0" xmlns:x="http://www.w3.org/1999/XSL/Transform">
<x:output method="text"/>
<x:template match="/"><x:for-each select="//@*"><x:value-of select="concat(name(), ' ')"/></x:for-each></x:template>
</x:stylesheet>"""


def attribute_names(root: Element) -> list[str]:
    """The names of all attributes of a document as they were written, prefix and all, in their order.

    lxml tells namespaces alone, and several prefixes may stand for one. XSLT goes by them all once.
    """
    return str(etree.XSLT(etree.fromstring(_NAMES_OF_ATTRIBUTES, _parsers.get(None)))(root)).split()


def serialise(element: Element) -> bytes:
    """`element` and all in it as UTF-8, without declaration or what follows it."""
    return etree.tostring(element, encoding="utf-8", with_tail=False)


def indented(element: Element) -> str:
    """`element` and all in it as text to be read by people, an element a line; its own blanks are lost."""
    etree.indent(element)
    return etree.tostring(element, encoding="unicode", with_tail=False)


def detached(element: Element) -> bytes:
    """`element` and all in it as a document of its own, canonical, so that equal elements give equal bytes.

    Of the namespaces around it those are kept that it uses, in names or in values (`xsi:type="p:Name"`). Raises
    ValueError for a namespace that is a relative reference: what it names depends on where the document stands.
    """
    values = " ".join(map(str, cast(list[str], element.xpath("descendant-or-self::*/@* | descendant::text()"))))
    before_colons = {_NO_NAME.split(piece)[-1] for piece in values.split(":")[:-1]}
    used = [prefix for prefix in element.nsmap if prefix and prefix in before_colons]
    try:
        return etree.tostring(
            element, method="c14n", exclusive=True, inclusive_ns_prefixes=used or None, with_comments=False
        )
    except etree.C14NError:
        raise ValueError("a namespace must not be a relative reference") from None


def carriable(text: str) -> str:
    """`text` with every character that XML 1.0 cannot carry replaced by U+FFFD."""
    return _UNCARRIABLE.sub("\ufffd", text)


def parse_file(path: Path) -> Element:
    """The root element of a file of ours: a WSDL, a schema, a catalogue. Raises MessageUnreadable, OSError."""
    return parse(read_file(path), limits=Limits(max_tags=2_000_000, max_attributes=2_000_000, max_declarations=20_000))


def read_file(path: Path) -> bytes:
    """The text of a file of ours, without what some editors leave before its declaration (platform.md §16.2)."""
    text = path.read_bytes()
    before = text[: text.find(b"<?xml", 0, 4 * _MOST_JUNK + 5) + 1][:-1]
    is_junk = b"<" not in before and len(before.decode("utf-8", "replace")) <= _MOST_JUNK
    return text[len(before) :] if is_junk else text


Correction = Callable[[Path, bytes], bytes]
"""Takes a schema file's path and text, gives the text to use (the errata)."""


class SchemaBroken(Exception):
    """A schema that does not compile; the message says which file and why."""


_compiling = threading.Lock()
_MOST_ATTEMPTS = 50
_LOCATION = re.compile(rb"schemaLocation\s*=\s*[\"']([^\"']*)[\"']")


class _FolderResolver(etree.Resolver):
    """Gives schema imports from one folder, corrected, and nothing else: no host, no file outside.

    `named` are the files that the schema needs, `served` those that came from here.
    """

    def __init__(self, folder: Path, correct: Correction, named: Iterable[Path]) -> None:
        self._folder, self._correct = folder.resolve(), correct
        self.named, self.served = set(named), set[Path]()
        self.refused = ""

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        path = Path((system_url or "").removeprefix("file://")).resolve()
        if not path.is_relative_to(self._folder) or not path.is_file():
            self.refused = f"{path.name} is not a file of {self._folder.name}"
            raise SchemaBroken(self.refused)
        text = self._correct(path, read_file(path))
        self.served.add(path)
        self.named |= {(path.parent / place.decode()).resolve() for place in _LOCATION.findall(text)}
        return self.resolve_string(text, context, base_url=str(path))


def compile_schema(imports: dict[str, Path], folder: Path, correct: Correction) -> etree.XMLSchema:
    """One schema of everything in `imports` (namespace → file, all inside `folder`), for use by one thread.

    Raises SchemaBroken when a file is missing, outside the folder, or does not compile without a single remark.

    lxml asks resolvers by way of one hook for the whole process, which another thread that compiles takes away for
    moments; libxml2 then reads files by itself, uncorrected and from anywhere. So one thread compiles at a time, and
    once more if anything was read past the resolver.
    """
    rows = "".join(
        f'<xs:import namespace="{_attribute(namespace)}" schemaLocation="{_attribute(str(path.resolve()))}"/>'
        for namespace, path in imports.items()
    )
    wrapper = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{rows}</xs:schema>'
    for namespace, path in imports.items():
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise SchemaBroken(f"{path.name}, which declares {namespace}, is not a file of {folder.name}")
    with _compiling:
        for _ in range(_MOST_ATTEMPTS):
            resolver = _FolderResolver(folder, correct, (path.resolve() for path in imports.values()))
            schema = _compiled(wrapper.encode(), resolver)
            if resolver.named <= resolver.served:
                return schema
    raise SchemaBroken(f"the schemas of {folder.name} could not be read undisturbed")


def _compiled(wrapper: bytes, resolver: _FolderResolver) -> etree.XMLSchema:
    parser = _parser()
    parser.resolvers.add(resolver)
    try:
        schema = etree.XMLSchema(etree.fromstring(wrapper, parser))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError) as error:
        raise SchemaBroken(resolver.refused or str(error)) from None
    if len(schema.error_log):
        raise SchemaBroken(str(schema.error_log))
    return schema


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")

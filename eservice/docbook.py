"""The DocBook that `purpose` may hold, as safe HTML: what is known is converted, and nothing is passed on as it came.

Lenient about order and nesting, so that nobody's invitation is lost: text and links anywhere become paragraphs. Strict
about names: with an element that is not known here it is no DocBook of ours.
Rules: contracts.md P-1 to P-5; domain.md §5.0 (headings from the third level, links to http and https).
Elsewhere: texts that are no DocBook (prose.py), which addresses become links (links.py).
"""

from collections.abc import Iterator

from lxml import etree
from markupsafe import Markup, escape

from contracts import xml
from contracts.errors import MessageUnreadable
from eservice.links import web_link

_KNOWN = frozenset({"article", "info", "title", "para", "section", "ulink", "itemizedlist", "listitem", "bibliography"})
_NAMESPACES = (None, "http://docbook.org/ns/docbook")
_LIMITS = xml.Limits(max_bytes=1_000_000, max_tags=5_000, max_attributes=5_000, max_declarations=100)
_DEEPEST = 32
_FIRST_HEADING, _LAST_HEADING = 3, 6


def as_html(text: str) -> Markup | None:
    """The document in `text`; None when it is none that is known here."""
    root = _document(text)
    if root is None or _name(root) != "article" or not _is_known(root):
        return None
    return Markup("\n").join(_blocks(root, _FIRST_HEADING))


def _document(text: str) -> xml.Element | None:
    if not text.lstrip().startswith("<"):
        return None
    try:
        return xml.parse(text.strip().encode("utf-8", "replace"), "utf-8", _LIMITS)
    except MessageUnreadable:
        return None


def _is_known(root: xml.Element) -> bool:
    is_deep = root.xpath(f"boolean(//*[count(ancestor::*) >= {_DEEPEST}])")
    return not is_deep and all(_name(element) in _KNOWN for element in root.iter("*"))


def _name(element: xml.Element) -> str:
    """The element's name; nothing for one of another vocabulary."""
    name = etree.QName(element)
    return name.localname if name.namespace in _NAMESPACES else ""


def _blocks(element: xml.Element, level: int) -> list[Markup]:
    """The headings, paragraphs and lists in `element`. Its own title is at `level`, those of its sections below."""
    blocks: list[Markup] = []
    line: list[Markup] = []
    below = level + 1 if _has_title(element) else level
    for piece in _pieces(element):
        if isinstance(piece, str):
            line.append(escape(piece))
        elif _name(piece) == "ulink":
            line.append(_link(piece))
        else:
            blocks += [*_paragraph(line), *_block(piece, level, below)]
            line = []
    return blocks + _paragraph(line)


def _block(element: xml.Element, level: int, below: int) -> list[Markup]:
    match _name(element):
        case "title":
            return _heading(_words(element), min(level, _LAST_HEADING))
        case "itemizedlist":
            return _list(element, below)
        case "info":
            return _blocks(element, level)
        case _:
            return _blocks(element, below)


def _heading(words: str, level: int) -> list[Markup]:
    return [Markup(f"<h{level}>%s</h{level}>") % words] if words else []  # noqa: S704  a number of ours


def _paragraph(line: list[Markup]) -> list[Markup]:
    inside = Markup("").join(line).strip()
    return [Markup("<p>%s</p>") % inside] if inside else []


def _list(element: xml.Element, level: int) -> list[Markup]:
    """What stands in a list outside its items, a title for one, comes before it."""
    before: list[Markup] = []
    items: list[Markup] = []
    for piece in _pieces(element):
        if isinstance(piece, str):
            before += _paragraph([escape(piece)])
        elif _name(piece) == "listitem":
            items.append(Markup("<li>%s</li>") % Markup("").join(_blocks(piece, level)))
        else:
            before += _paragraph([escape(_words(piece))])
    return [*before, Markup("<ul>%s</ul>") % Markup("").join(items)] if items else before


def _link(element: xml.Element) -> Markup:
    address = (element.get("url") or "").strip()
    return web_link(address, _words(element) or address)


def _has_title(element: xml.Element) -> bool:
    children = list(element.iterchildren("*"))
    within = [below for child in children if _name(child) == "info" for below in child.iterchildren("*")]
    return any(_name(child) == "title" for child in (*children, *within))


def _pieces(element: xml.Element) -> Iterator[str | xml.Element]:
    """Texts and elements in their order, without comments and instructions."""
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str):
            yield child
        yield child.tail or ""


def _words(element: xml.Element) -> str:
    """All text within, without its line breaks; lxml's `itertext` would give comments too."""
    return " ".join(str(element.xpath("string()")).split())

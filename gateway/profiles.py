"""RIV-TA 2.0 ↔ 2.1: whether a message must be rewritten for its producer, and the rewrite.

Pure. Where the profiles are equal, bytes pass untouched. The rewrite changes the address element and everything else
in its namespace, and nothing more: attributes, comments and other prefixes stay.
Source: platform.md §4.2, §4.3, codes VP001, VP005, VP012 of §12.2.
"""

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import cast

from lxml import etree

from contracts import xml
from contracts.envelope import Message, Profile
from contracts.errors import MessageUnreadable, ProfileMismatch, ProfileUnsupported, ResourceMissing
from contracts.namespaces import REGISTRY_HEADERS, WS_ADDRESSING

_ADDRESS = {"rivtabp20": (WS_ADDRESSING, "To"), "rivtabp21": (REGISTRY_HEADERS, "LogicalAddress")}
_XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"


def must_rewrite(came_in: Profile | None, route_profile: str) -> bool:
    """Whether the route wants the other profile. Raises ProfileUnsupported or ProfileMismatch."""
    if came_in is None:
        raise ProfileUnsupported("No RIV version configured")
    wanted = route_profile.lower()
    if wanted not in _ADDRESS:
        raise ProfileMismatch(f"No receiverId (logical address) with matching Riv-version found for {came_in}")
    return wanted != came_in


def in_other_profile(message: Message) -> bytes:
    """The message for a producer of the other profile. Raises ResourceMissing.

    A scanned message may be broken after its body's first element: that is found out here.
    """
    assert message.profile is not None
    try:
        return rewrite(message.root, message.profile)
    except MessageUnreadable as error:
        raise ResourceMissing(f"the message cannot be rewritten for the other profile: {error.detail}") from None


def rewrite(root: xml.Element, came_in: Profile) -> bytes:
    """The whole document in the other profile, as UTF-8 with a declaration. Raises ResourceMissing."""
    other = "rivtabp21" if came_in == "rivtabp20" else "rivtabp20"
    before = "".join(reversed([_comment(node) for node in root.itersiblings(tag=etree.Comment, preceding=True)]))
    try:
        text = before + "".join(_Rewrite(root, *_ADDRESS[came_in], *_ADDRESS[other]).write(root, _Scope(), ChainMap()))
    except ValueError as error:
        raise ResourceMissing(str(error)) from None
    return b'<?xml version="1.0" encoding="UTF-8"?>' + text.encode()


Prefixes = ChainMap[str | None, str]
"""Which namespace each prefix stands for, the nearest declaration first."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """The declarations in force in the message, both ways."""

    namespaces: Prefixes = field(default_factory=ChainMap)
    prefixes: ChainMap[str, str] = field(default_factory=ChainMap)

    def within(self, own: Mapping[str | None, str]) -> "_Scope":
        named = {uri: prefix for prefix, uri in own.items() if prefix is not None}
        return _Scope(self.namespaces.new_child(dict(own)), self.prefixes.new_child(named)) if own else self

    def prefix_of(self, namespace: str) -> str:
        """A prefix that stands for `namespace` here. The one found first may have been given to another since."""
        prefix = self.prefixes.get(namespace)
        if prefix is not None and self.namespaces[prefix] == namespace:
            return prefix
        return next(one for one, uri in self.namespaces.items() if one is not None and uri == namespace)


class _Rewrite:
    """One direction: everything in `from_namespace` goes to `to_namespace`, and its address element is renamed.

    lxml's `nsmap` gathers every declaration above an element each time; a message with thousands would hold up the
    gateway. So declarations are read once, and scopes are chains.
    """

    def __init__(self, root: xml.Element, from_namespace: str, from_name: str, to_namespace: str, to_name: str) -> None:
        self._declared = _declared_in(root)
        self._attribute_names = iter(xml.attribute_names(root)) if _has_synonyms(self._declared) else None
        self._from, self._from_name = from_namespace, from_name
        self._to, self._to_name = to_namespace, to_name

    def write(self, node: xml.Element, read: _Scope, written: Prefixes) -> Iterator[str]:
        """`node` as text; `read` and `written` are what the message and the output have declared above it."""
        namespace, name = etree.QName(node).namespace or "", etree.QName(node).localname
        namespace = self._to if namespace == self._from else namespace
        if namespace == self._to and name == self._from_name:
            name = self._to_name
        own = self._declared.get(node, {})
        new = self._new(own, namespace, name)
        if new.get(node.prefix, written.get(node.prefix, "")) != namespace:
            new[node.prefix] = namespace
        read = read.within(own)
        prefixed = f"{node.prefix}:{name}" if node.prefix else name
        yield f"<{prefixed}{_declarations(new)}{self._attributes(node, read)}"
        yield from self._content(node, read, written.new_child(new) if new else written, prefixed)

    def _new(self, own: Mapping[str | None, str], namespace: str, name: str) -> dict[str | None, str]:
        """The element's own declarations, moved only where the platform does (§4.3, 4)."""
        if name in ("Envelope", "Header") or (namespace, name) == (self._to, self._to_name):
            return {prefix: self._to if uri == self._from else uri for prefix, uri in own.items()}
        return dict(own)

    def _attributes(self, node: xml.Element, read: _Scope) -> str:
        """Each as it was written; where one prefix alone can stand for its namespace, that need not be looked up."""
        written = self._attribute_names
        return "".join(
            f' {next(written) if written else _attribute_name(etree.QName(str(name)), read)}="{_value(str(value))}"'
            for name, value in node.items()
        )

    def _content(self, node: xml.Element, read: _Scope, written: Prefixes, prefixed: str) -> Iterator[str]:
        if not len(node) and not node.text:
            yield "/>"
            return
        yield ">" + _text(node.text)
        for child in node:
            if isinstance(child, etree._Comment):
                yield _comment(child)
            elif isinstance(child.tag, str):
                yield from self.write(child, read, written)
            yield _text(child.tail)
        yield f"</{prefixed}>"


def _declared_in(root: xml.Element) -> dict[xml.Element, dict[str | None, str]]:
    """The namespace declarations that stand on each element; "" takes the default namespace away."""
    declared: dict[xml.Element, dict[str | None, str]] = {}
    waiting: dict[str | None, str] = {}
    for event, what in etree.iterwalk(root, events=("start-ns", "start")):
        if event == "start-ns":
            prefix, uri = cast(tuple[str, str], what)
            waiting[prefix or None] = uri
        elif waiting:
            declared[cast(xml.Element, what)], waiting = waiting, {}
    return declared


def _has_synonyms(declared: Mapping[xml.Element, Mapping[str | None, str]]) -> bool:
    """Whether several prefixes stand for one namespace anywhere."""
    prefixes: dict[str, str] = {}
    rows = (row for own in declared.values() for row in own.items())
    return any(prefix is not None and prefixes.setdefault(uri, prefix) != prefix for prefix, uri in rows)


def _declarations(new: Mapping[str | None, str]) -> str:
    return "".join(f' xmlns{":" + prefix if prefix else ""}="{_value(uri)}"' for prefix, uri in new.items())


def _comment(node: xml.Element) -> str:
    return f"<!--{node.text or ''}-->"


def _text(text: str | None) -> str:
    """Character data; a carriage return stays one only as a reference."""
    return escape(text or "", quote=False).replace("\r", "&#13;")


def _value(value: str) -> str:
    """An attribute's value; white space other than blanks stays what it is only as references."""
    return escape(value).translate({9: "&#9;", 10: "&#10;", 13: "&#13;"})


def _attribute_name(name: etree.QName, read: _Scope) -> str:
    """The attribute with a prefix of its own, which follows whatever that is bound to now (platform.md §4.3, 5)."""
    if name.namespace is None:
        return name.localname
    prefix = "xml" if name.namespace == _XML_NAMESPACE else read.prefix_of(name.namespace)
    return f"{prefix}:{name.localname}"

"""RIV-TA 2.0 ↔ 2.1: whether a message must be rewritten for its producer, and the rewrite.

Pure. Where the profiles are equal, bytes pass untouched. The rewrite changes the address element and everything else
in its namespace, and nothing more: attributes, comments and other prefixes stay.
Source: platform.md §4.2, §4.3, codes VP001, VP005, VP012 of §12.2.
"""

from collections.abc import Iterator
from html import escape

from lxml import etree

from contracts import xml
from contracts.envelope import Profile
from contracts.errors import ProfileMismatch, ProfileUnsupported, ResourceMissing
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


def rewrite(root: xml.Element, came_in: Profile) -> bytes:
    """The whole document in the other profile, as UTF-8 with a declaration. Raises ResourceMissing."""
    other = "rivtabp21" if came_in == "rivtabp20" else "rivtabp20"
    try:
        text = "".join(_Rewrite(*_ADDRESS[came_in], *_ADDRESS[other]).write(root, {}))
    except ValueError as error:
        raise ResourceMissing(str(error)) from None
    return b'<?xml version="1.0" encoding="UTF-8"?>' + text.encode()


class _Rewrite:
    """One direction: everything in `from_namespace` goes to `to_namespace`, and its address element is renamed."""

    def __init__(self, from_namespace: str, from_name: str, to_namespace: str, to_name: str) -> None:
        self._from, self._from_name = from_namespace, from_name
        self._to, self._to_name = to_namespace, to_name

    def write(self, node: xml.Element, inherited: dict[str | None, str]) -> Iterator[str]:
        """`node` as text; `inherited` are the prefixes that the output has declared so far."""
        namespace, name = etree.QName(node).namespace, etree.QName(node).localname
        namespace = self._to if namespace == self._from else namespace
        if namespace == self._to and name == self._from_name:
            name = self._to_name
        scope = self._scope(node, inherited, namespace, name)
        prefixed = f"{node.prefix}:{name}" if node.prefix else name
        yield f"<{prefixed}{_declarations(scope, inherited)}{_attributes(node)}"
        yield from self._content(node, scope, prefixed)

    def _scope(
        self, node: xml.Element, inherited: dict[str | None, str], namespace: str | None, name: str
    ) -> dict[str | None, str]:
        """The prefixes in force on the written element: its own declarations, moved only where the platform does."""
        parent = node.getparent()
        above = parent.nsmap if parent is not None else {}
        own = {prefix: uri for prefix, uri in node.nsmap.items() if above.get(prefix) != uri}
        if name in ("Envelope", "Header", self._to_name):
            own = {prefix: self._to if uri == self._from else uri for prefix, uri in own.items()}
        scope = {**inherited, **own}
        if scope.get(node.prefix, "") != (namespace or ""):
            scope[node.prefix] = namespace or ""
        return scope

    def _content(self, node: xml.Element, scope: dict[str | None, str], prefixed: str) -> Iterator[str]:
        if not len(node) and not node.text:
            yield "/>"
            return
        yield ">" + escape(node.text or "", quote=False)
        for child in node:
            if isinstance(child, etree._Comment):
                yield f"<!--{child.text}-->"
            elif isinstance(child.tag, str):
                yield from self.write(child, scope)
            yield escape(child.tail or "", quote=False)
        yield f"</{prefixed}>"


def _declarations(scope: dict[str | None, str], inherited: dict[str | None, str]) -> str:
    new = [(prefix, uri) for prefix, uri in scope.items() if inherited.get(prefix, "") != uri]
    return "".join(f' xmlns{":" + prefix if prefix else ""}="{escape(uri)}"' for prefix, uri in new)


def _attributes(node: xml.Element) -> str:
    return "".join(f' {_attribute_name(node, str(name))}="{escape(str(value))}"' for name, value in node.attrib.items())


def _attribute_name(node: xml.Element, name: str) -> str:
    """The attribute with its own prefix, which follows whatever the prefix is bound to now (platform.md §4.3, 5)."""
    qname = etree.QName(name)
    if qname.namespace is None:
        return name
    if qname.namespace == _XML_NAMESPACE:
        return f"xml:{qname.localname}"
    prefix = next(p for p, uri in node.nsmap.items() if p is not None and uri == qname.namespace)
    return f"{prefix}:{qname.localname}"

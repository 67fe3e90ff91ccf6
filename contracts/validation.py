"""Whether a message keeps its contract: the body against the interaction's XSD, errata applied.

Says what is broken without quoting the message: libxml2's own sentences carry the values, so each kind of error has a
sentence of ours. The dates that a pattern lets by (31 February) are the codec's business, where they become values.
A validator may be shared; each thread compiles its own schemas at first use, or all of them by `warm_up`.
Source: contracts.md §2.3; DESIGN decisions 4 and 5 in docs/decisions.
"""

import re
import threading
from collections.abc import Iterable

from lxml import etree

from contracts import envelope, xml
from contracts.catalogue import Catalogue, Interaction
from contracts.errors import Violation

_MOST_VIOLATIONS = 20
_NAMESPACE = re.compile(r"\{[^{}]*\}")
_EXPECTED = re.compile(r"\{([^{}]*)\}([^\s,()]+)")
_MISPLACED = {
    "SCHEMAV_CVC_COMPLEX_TYPE_2_1": ("content", "the element must be empty"),
    "SCHEMAV_CVC_COMPLEX_TYPE_2_2": ("content", "the element must hold text alone"),
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": ("content", "the element must hold elements alone, no text"),
    "SCHEMAV_CVC_TYPE_3_1_2": ("content", "the element must hold text alone"),
    "SCHEMAV_CVC_TYPE_3_1_1": ("attribute", "the contract declares no such attribute"),
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": ("attribute", "the contract declares no such attribute"),
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_2": ("attribute", "the contract declares no such attribute"),
    "SCHEMAV_CVC_COMPLEX_TYPE_4": ("attribute", "an attribute is missing"),
    "SCHEMAV_CVC_ELT_1": ("element", "the contract declares no such element"),
}
_LONG_NUMBER = re.compile(r"\d{6,}")
_STEP = re.compile(r"(?:(?P<prefix>[^:\[\]]+):)?(?P<name>[^:\[\]]+)(?:\[(?P<place>\d+)\])?")


class Validator:
    """Judges messages by the contracts of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._local = threading.local()

    def warm_up(self) -> None:
        """Compile every schema for the calling thread. Raises SchemaBroken for the first that doesn't compile."""
        for interaction in self._catalogue.interactions:
            self._schema(interaction)

    def check_request(self, message: envelope.Message) -> tuple[Violation, ...]:
        """What in a request breaks its contract; empty when it is valid or no contract of ours (not ours to judge)."""
        interaction = self._catalogue.find(message.contract, message.profile)
        if interaction is None or message.payload is None:
            return envelope.oddities(message)
        return envelope.oddities(message) + self._check(interaction, message.payload, interaction.request)

    def check_response(self, message: envelope.Message, interaction: Interaction) -> tuple[Violation, ...]:
        """What in an answer to `interaction` breaks its contract. A SOAP fault breaks none."""
        if message.payload is None:
            return (Violation("Body", message.root.sourceline or 0, "BP21-7", "the body is empty"),)
        if etree.QName(message.payload).localname == "Fault":
            return ()
        return envelope.oddities(message) + self._check(interaction, message.payload, interaction.response)

    def _schema(self, interaction: Interaction) -> xml.Schema:
        compiled: dict[int, xml.Schema] = self._local.__dict__.setdefault("schemas", {})
        if id(interaction) not in compiled:
            correct = self._catalogue.errata.correct
            compiled[id(interaction)] = xml.compile_schema(dict(interaction.schemas), interaction.folder, correct)
        return compiled[id(interaction)]

    def _check(self, interaction: Interaction, payload: xml.Element, wanted: str) -> tuple[Violation, ...]:
        if payload.tag != wanted:
            name = etree.QName(payload).localname
            sentence = f"the contract has no such element here; expected is {etree.QName(wanted).localname}"
            return (Violation(_masked(name), payload.sourceline or 0, "element", sentence),)
        schema = self._schema(interaction)
        return () if schema.validate(payload) else tuple(violations(schema.error_log, payload))


def violations(log: Iterable[etree._LogEntry], payload: xml.Element) -> Iterable[Violation]:
    """What a schema's log says of the element that was validated, told from that on."""
    for entry in list(log)[:_MOST_VIOLATIONS]:
        element = _element_at(entry.path or "", payload)
        yield Violation(_path(element, payload), entry.line, *_rule_and_sentence(entry, element))


def _rule_and_sentence(entry: etree._LogEntry, element: xml.Element) -> tuple[str, str]:
    """Rule name and sentence for a schema error; only what the schema itself says is taken from its message."""
    message, kind = entry.message, entry.type_name
    if kind == "SCHEMAV_CVC_PATTERN_VALID":
        return "pattern", f"the value does not match the pattern {_after(message, 'by the pattern ')}".rstrip()
    if kind == "SCHEMAV_CVC_ENUMERATION_VALID":
        return "enumeration", f"the value is not one of {_after(message, 'an element of the set ')}"
    if kind.startswith("SCHEMAV_CVC_DATATYPE_VALID"):
        return "type", f"the value is not of the type {_after(message, 'type ')}"
    if kind == "SCHEMAV_ELEMENT_CONTENT":
        missing = "Missing child element(s)" in message
        told = "child elements are missing" if missing else "this element is not expected here"
        expected = _after(message, "Expected is ")
        if not missing and (namespace := _namespace_of_its_twin(element, expected)):
            return "sequence", f"{told}; the contract has it in the namespace {namespace}, here it is in another one"
        return "sequence", f"{told}; expected is {_NAMESPACE.sub('', expected)}" if expected else told
    if kind in _MISPLACED:
        return _MISPLACED[kind]
    words = kind.removeprefix("SCHEMAV_").removeprefix("CVC_").replace("_", " ").lower()
    return words.replace(" ", "-"), f"the schema does not allow this ({words})"


def _namespace_of_its_twin(element: xml.Element, expected: str) -> str:
    """The namespace of the element that is expected and has this one's local name, where this one is in another."""
    for namespace, name in _EXPECTED.findall(expected):
        if name == etree.QName(element).localname and namespace != etree.QName(element).namespace:
            return str(namespace)
    return ""


def _after(message: str, marker: str) -> str:
    """What the schema says in the message, behind its last marker; nothing without one, for the rest is a value."""
    _, found, after = message.rpartition(marker)
    return after.strip().rstrip(".").strip("'") if found else ""


def _element_at(path: str, payload: xml.Element) -> xml.Element:
    """The element that a libxml2 node path names; the payload itself where the path leads nowhere.

    The path starts at the payload, for that is what was validated. The steps are `name`, `prefix:name` or `*` (an
    element in a default namespace), with a place among its likes.
    """
    current: xml.Element | None = None
    for step in path.strip("/").split("/"):
        match = _STEP.fullmatch(step)
        if match is None:
            return payload
        siblings = [payload] if current is None else list(current.iterchildren("*"))
        wanted = [e for e in siblings if match["name"] == "*" or _is_named(e, match)]
        place = int(match["place"] or 1) - 1
        if place >= len(wanted):
            return payload
        current = wanted[place]
    return payload if current is None else current


def _is_named(element: xml.Element, match: re.Match[str]) -> bool:
    return element.prefix == match["prefix"] and etree.QName(element).localname == match["name"]


def _path(element: xml.Element, payload: xml.Element) -> str:
    names = []
    current: xml.Element | None = element
    while current is not None and current is not payload.getparent():
        names.append(etree.QName(current).localname)
        current = current.getparent()
    return _masked("/".join(reversed(names)))


def _masked(name: str) -> str:
    """Element names come from the message too: a long number in one is hidden."""
    return _LONG_NUMBER.sub("…", name)

"""Whether a message's header keeps what the contracts' WSDLs declare: the address and the Actor, by their schemas.

Routing is lenient here, as real traffic needs: it takes local names in any namespace, the last address counts, and an
Actor is passed on as it is. This module tells what a strict reader would find. What SOAP itself allows on any block
(mustUnderstand, actor) is no finding, blocks that no contract declares are nobody's business, and an actorType that is
not known is advice and never more.
Elsewhere: the body (validation.py); what is done about it (the setting header_validation).
Source: platform.md §25 row 9; contracts.md §2.5.
"""

import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from lxml import etree

from contracts import xml
from contracts.catalogue import official_folder
from contracts.envelope import Message
from contracts.errors import Violation
from contracts.namespaces import (
    INTEROPERABILITY_HEADERS,
    REGISTRY_HEADERS,
    REGISTRY_HEADERS_2,
    SOAP_12_ENVELOPE,
    SOAP_ENVELOPE,
    WS_ADDRESSING,
)
from contracts.validation import violations

_MOST_FINDINGS = 10
_ACTOR = f"{{{INTEROPERABILITY_HEADERS}}}Actor"
_ACTOR_TYPE = "Header/Actor/actorType"
_NAMESPACES = {"To": (WS_ADDRESSING,), "LogicalAddress": (REGISTRY_HEADERS, REGISTRY_HEADERS_2)}
_SCHEMAS = {
    INTEROPERABILITY_HEADERS: ("crm_scheduling_1.1", "interoperability_headers_1.0.xsd"),
    REGISTRY_HEADERS: ("crm_scheduling_1.1", "itintegration_registry_1.0.xsd"),
    REGISTRY_HEADERS_2: ("infrastructure_itintegration_registry_2.0", "itintegration_registry_2.0.xsd"),
    WS_ADDRESSING: ("crm_scheduling_1.0", "ws-addressing-1.0.xsd"),
}

Findings = tuple[tuple[Violation, ...], tuple[Violation, ...]]
"""What breaks a schema, and what is only worth telling."""


class HeaderValidator:
    """Judges headers. May be shared; each thread compiles its own schemas, at first use."""

    def __init__(self) -> None:
        self._local = threading.local()

    def check(self, message: Message) -> Findings:
        """What is found in a message's header. Raises MessageUnreadable for a scanned one that cannot be parsed."""
        blocks = list(message.header.iterchildren("*")) if message.header is not None else []
        addresses = [one for one in blocks if etree.QName(one).localname in _NAMESPACES]
        actors = [one for one in blocks if one.tag == _ACTOR]
        found = [*_several(addresses, "address"), *_several(actors, "Actor")]
        for block in (*addresses[:_MOST_FINDINGS], *actors[:_MOST_FINDINGS]):
            found += self._of_block(block)
        advice = tuple(one for one in found if one.path == _ACTOR_TYPE and one.rule in ("enumeration", "type"))
        return tuple(one for one in found if one not in advice)[:_MOST_FINDINGS], advice[:1]

    def _of_block(self, block: xml.Element) -> Iterable[Violation]:
        name = etree.QName(block)
        if name.localname in _NAMESPACES and name.namespace not in _NAMESPACES[name.localname]:
            sentence = "no contract declares this address in its namespace"
            return [Violation(f"Header/{name.localname}", block.sourceline or 0, "namespace", sentence)]
        if name.localname in _NAMESPACES and not len(block) and not block.attrib:
            return []  # nearly every one; its schema allows any text
        schema = self._schema(name.namespace or "")
        if schema.validate(block):
            return []
        log = [entry for entry in schema.error_log if not _is_soaps_own(entry)]
        return [replace(one, path=f"Header/{one.path}") for one in violations(log, block)]

    def _schema(self, namespace: str) -> xml.Schema:
        compiled: dict[str, xml.Schema] = self._local.__dict__.setdefault("schemas", {})
        if namespace not in compiled:
            folder, file = _SCHEMAS[namespace]
            path = official_folder() / folder / "core_components" / file
            compiled[namespace] = xml.compile_schema({namespace: path}, official_folder() / folder, _as_it_stands)
        return compiled[namespace]


def _as_it_stands(path: Path, text: bytes) -> bytes:
    return text


def _several(blocks: list[xml.Element], what: str) -> list[Violation]:
    if len(blocks) < 2:
        return []
    counts = "the last one counts" if what == "address" else "the first one counts"
    path = f"Header/{etree.QName(blocks[-1]).localname}"
    sentence = f"the header holds more than one {what}; {counts}"
    return [Violation(path, blocks[-1].sourceline or 0, "one-of-a-kind", sentence)]


def _is_soaps_own(entry: etree._LogEntry) -> bool:
    """About an attribute that SOAP allows on every block of a header."""
    return any(f"attribute '{{{one}}}" in entry.message for one in (SOAP_ENVELOPE, SOAP_12_ENVELOPE))

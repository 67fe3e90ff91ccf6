"""What makes an entry of the index one and the same: its key, and the version that a source system may give it.

HSA-ids and the citizen's id are compared in any letter case, everything else exactly.
Our own extension: an element `version` in the namespace urn:tidbro:engagementindex:1 at the end of an engagement holds
a whole number that rises with each change of the thing it tells of. It lets the index see what comes too late. The
real index has no such thing, and ignores foreign elements.
Source: platform.md §21.2 (key); contracts.md EI-1, EI-9, G-8.
"""

import hashlib
from dataclasses import replace

from contracts import xml
from contracts.engagements import NOT_APPLICABLE, Engagement
from contracts.namespaces import TIDBRO_INDEX

VERSION = f"{{{TIDBRO_INDEX}}}version"
MOST_VERSION = 2**63 - 1


def key_of(one: Engagement) -> bytes:
    """SHA-256 over the parts of the key. They are told apart by a sign that no XML text can hold."""
    parts = (
        one.resident.upper(),
        one.service_domain,
        one.categorization,
        one.logical_address.lower(),
        one.business_object,
        one.source_system.lower(),
        one.data_controller,
        (one.owner or "").lower(),
        one.clinical_process or NOT_APPLICABLE,
    )
    return hashlib.sha256("\x00".join(parts).encode()).digest()


def version_of(one: Engagement) -> int | None:
    """The version that the engagement carries. None when there is none, or none that is a whole number in bounds."""
    for extension in one.extensions:
        element = xml.parse(extension)
        if element.tag == VERSION:
            text = xml.text_of(element).strip()
            if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MOST_VERSION:
                return int(text)
    return None


def with_version(one: Engagement, version: int) -> Engagement:
    """`one` with this version, for source systems that count."""
    return replace(one, extensions=(*one.extensions, f'<version xmlns="{TIDBRO_INDEX}">{version}</version>'.encode()))

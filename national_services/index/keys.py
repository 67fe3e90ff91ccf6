"""What makes an entry of the index one and the same: its key.

HSA-ids and the citizen's id are compared in any letter case, everything else exactly.
Elsewhere: reading the version that a source system may give an entry (contracts/engagement_codec.py).
Source: platform.md §21.2 (key); contracts.md EI-1, EI-9, G-8.
"""

import hashlib
from dataclasses import replace

from contracts.engagements import NOT_APPLICABLE, Engagement
from contracts.namespaces import TIDBRO_INDEX


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


def with_version(one: Engagement, version: int) -> Engagement:
    """`one` with this version, for source systems that count."""
    return replace(one, extensions=(*one.extensions, f'<version xmlns="{TIDBRO_INDEX}">{version}</version>'.encode()))

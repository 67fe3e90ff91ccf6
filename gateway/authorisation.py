"""Whether a consumer may call a logical address under a contract (anropsbehörighet).

Pure. It is the immediate caller that is asked about, never the original consumer, and the address of the message,
not the one that the route was found under. Nothing is open by default.
Source: platform.md §10, code VP007 of §12.2.
"""

from datetime import datetime

from contracts.errors import NotAuthorised
from gateway.tak.snapshot import TakSnapshot


def authorise(consumer: str, logical_address: str, contract: str, snapshot: TakSnapshot, now: datetime) -> str:
    """The trace of the look-ups, when the call is authorised. Raises NotAuthorised."""
    if not snapshot.authorises(consumer, logical_address, contract, now):
        asked = f"serviceNamespace: {contract}, receiverId: {logical_address}, senderId: {consumer}"
        raise NotAuthorised(f"Authorization missing for {asked}")
    return logical_address

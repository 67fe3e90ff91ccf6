"""Whether a call may be sent to its producer once more.

Pure. The real platform sends again whenever the connection failed, also a booking: if it is reset after the producer
has done its work, the booking may be made twice. Here a call that changes something is by default never sent twice; it
is tried again only when there was no connection at all, for then nothing was sent. A contract changes something unless
its name says that it asks.
Source: platform.md §14.2; §25 row 13; DESIGN decision 8 in docs/decisions.
"""

from functools import lru_cache

from gateway.producer_failures import Failure
from gateway.settings import GatewaySettings

_ASKING = ("Get", "Find", "Ping", "List", "Search")


@lru_cache(maxsize=4096)
def is_updating(contract: str) -> bool:
    """Whether calls under the contract, `urn:…:MakeBookingResponder:1`, may change something; unknown ones count so."""
    parts = contract.split(":")
    interaction = next((part for part in reversed(parts) if part.endswith("Responder")), "")
    return not interaction.startswith(_ASKING)


def may_be_sent_again(failure: Failure, updates: bool, settings: GatewaySettings) -> bool:
    """Whether this failure of one attempt allows another; how many there may be is told elsewhere."""
    if not failure.is_retried:
        return False
    return failure.is_before_sending or settings.retries_updates or not updates


def wants_fresh_connection(updates: bool, settings: GatewaySettings) -> bool:
    """Whether a call must not go on a kept-alive connection.

    The producer may close one at the very moment that it is used again, and nobody can then tell whether the call
    arrived. A call that may be sent again does not mind; one that may not must have a connection of its own.
    """
    return updates and not settings.retries_updates

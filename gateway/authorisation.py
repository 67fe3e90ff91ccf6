"""Whether a consumer may call a logical address under a contract (anropsbehörighet).

Pure. It is the immediate caller that is asked about, never the original consumer, and the address of the message,
not the one that the route was found under. Nothing is open by default.
An address of the old form VE#VG is authorised by one of its parts alone, and only for the contracts and senders that
may use that form; any other by itself, then by `*`, then by the units above it: not routing's order, which can be seen
in the trace and nowhere else. First come the look-ups, then the decision, so that a refusal can be explained as well.
Source: platform.md §10, codes VP002 and VP007 of §12.2; §25 rows 1 and 3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from contracts.errors import NotAuthorised, SenderUnknown
from gateway import look_ups
from gateway.hsa import HsaTree, climbs
from gateway.settings import GatewaySettings
from gateway.tak.snapshot import TakSnapshot

_MOST_PARTS = 2


@dataclass(frozen=True, slots=True)
class AuthorisationSearch:
    """What the look-ups found; `trace` tells the addresses that were looked up, in order."""

    consumer: str
    logical_address: str
    contract: str | None
    is_found: bool
    trace: str


def look_for_authorisation(
    consumer: str | None,
    logical_address: str,
    contract: str | None,
    snapshot: TakSnapshot,
    now: datetime,
    settings: GatewaySettings,
    tree: HsaTree,
) -> AuthorisationSearch:
    """Whether a look-up finds an authorisation in force. Raises SenderUnknown when nobody is known to call."""
    if consumer is None:
        asked = f"serviceNamespace: {contract or 'null'}, receiverId: {logical_address}, senderId: null"
        raise SenderUnknown(f"No sender ID (SERIALNUMBER) found in certificate. {asked}")
    sender = consumer

    def look_up(address: str) -> bool:
        return snapshot.authorises(sender, address, contract or "", now, settings.route_validity)

    parts = look_ups.parts_of(logical_address, settings.address_delimiter)
    found: bool | None
    if parts is None and look_up(logical_address):  # as nearly every call
        found, trace = True, logical_address
    elif parts is None:
        found, trace = look_ups.until_found(_steps(logical_address, contract or "", settings, tree), look_up)
    elif _may_use_parts(parts, contract or "", sender, settings):
        found, trace = look_ups.until_found(look_ups.leaves(parts), look_up)
    else:
        found, trace = None, "(leaf),Invalid parameters"
    return AuthorisationSearch(sender, logical_address, contract, bool(found), trace)


def _may_use_parts(parts: tuple[str, ...], contract: str, sender: str, settings: GatewaySettings) -> bool:
    """Both lists are compared with regard to letter case; an empty one lets everything by."""
    return (
        len(parts) <= _MOST_PARTS
        and (not settings.delimiter_contracts or contract in settings.delimiter_contracts)
        and (not settings.delimiter_senders or sender in settings.delimiter_senders)
    )


def _steps(address: str, contract: str, settings: GatewaySettings, tree: HsaTree) -> Iterator[look_ups.Step]:
    climbing = climbs(contract, settings.hsa_for_authorisation, settings.hsa_for_authorisation_except)
    above = look_ups.units_above(address, tree) if climbing else iter(())
    return chain(look_ups.itself(address), look_ups.standard(), above)


def demand_authorisation(search: AuthorisationSearch) -> None:
    """Raises NotAuthorised when nothing was found."""
    if not search.is_found:
        asked = f"serviceNamespace: {search.contract or 'null'}, receiverId: {search.logical_address}"
        raise NotAuthorised(f"Authorization missing for {asked}, senderId: {search.consumer}")

"""Choosing where a call goes (vägval).

Pure: takes a logical address, a contract, the catalogue, a moment and the tree of units. First come the look-ups, with
their trace; then the decision on what they found, so that a call that is refused can be explained as well.
An address of the old form VE#VG is looked up by its parts and by nothing else; any other by itself, then by the units
above it, then by `*`. Addresses and contracts match exactly, in any letter case. What the first fruitful look-up finds
is all that counts: several routes in force are an error even when they differ in profile alone.
Elsewhere: the steps (look_ups.py); whether the consumer may call (authorisation.py); reaching the producer
(producers.py).
Source: platform.md §9, codes VP003, VP004, VP006, VP010 of §12.2; §25 rows 1, 2 and 4.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from contracts.errors import LogicalAddressMissing, RouteAmbiguous, RouteMissing, RouteWithoutAddress
from gateway import look_ups
from gateway.hsa import HsaTree, climbs
from gateway.settings import GatewaySettings
from gateway.tak.model import Route
from gateway.tak.snapshot import TakSnapshot


@dataclass(frozen=True, slots=True)
class RouteSearch:
    """What the look-ups found; `trace` tells the addresses that were looked up, in order."""

    logical_address: str
    contract: str | None
    routes: tuple[Route, ...]
    trace: str


def look_for_routes(
    logical_address: str | None,
    contract: str | None,
    snapshot: TakSnapshot,
    now: datetime,
    settings: GatewaySettings,
    tree: HsaTree,
) -> RouteSearch:
    """The routes in force that the first fruitful look-up finds, or none. Raises LogicalAddressMissing."""
    if logical_address is None or not logical_address.strip():
        raise LogicalAddressMissing("No receiverId (logical address) found in message header. ")

    def look_up(address: str) -> tuple[Route, ...]:
        return snapshot.routes_to(address, contract or "", now, settings.route_validity)

    parts = look_ups.parts_of(logical_address, settings.address_delimiter)
    if parts is not None:
        found, trace = look_ups.until_found(look_ups.leaves(parts), look_up)
    elif found := look_up(logical_address):  # as nearly every call
        trace = logical_address
    else:
        found, trace = look_ups.until_found(_steps(logical_address, contract or "", settings, tree), look_up)
    return RouteSearch(logical_address, contract, found or (), trace)


def _steps(address: str, contract: str, settings: GatewaySettings, tree: HsaTree) -> Iterator[look_ups.Step]:
    climbing = climbs(contract, settings.hsa_for_routing, settings.hsa_for_routing_except)
    above = look_ups.units_above(address, tree) if climbing else iter(())
    return chain(look_ups.itself(address), above, look_ups.standard())


def choose_route(search: RouteSearch) -> Route:
    """The one route that was found. Raises RouteMissing, RouteAmbiguous or RouteWithoutAddress."""
    if len(search.routes) == 1 and search.routes[0].address.strip():
        return search.routes[0]
    asked = f"serviceNamespace: {search.contract or 'null'}, receiverId: {search.logical_address}"
    match search.routes:
        case []:
            hint = ". Whitespace detected in incoming request!" if _has_blank(search.logical_address) else ""
            raise RouteMissing(f"No receiverId (logical address) found for {asked}{hint}")
        case [_]:
            raise RouteWithoutAddress(f"Physical Address field is empty in Service Producer for {asked}")
        case _:
            raise RouteAmbiguous(
                f"More than one receiverId (logical address) with matching Riv-version found for {asked}"
            )


def _has_blank(text: str) -> bool:
    return any(map(str.isspace, text))

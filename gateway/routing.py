"""Choosing where a call goes (vägval).

Pure: takes a logical address, a contract, the catalogue and a moment; returns one route with the trace of the
look-ups, or raises. Addresses and contracts match exactly, in any letter case; several routes in force are an error
even when they differ in profile alone.
Elsewhere: whether the consumer may call (authorisation.py); reaching the producer (producers.py).
Source: platform.md §9, codes VP003, VP004, VP006, VP010 of §12.2.
"""

from dataclasses import dataclass
from datetime import datetime

from contracts.errors import LogicalAddressMissing, RouteAmbiguous, RouteMissing, RouteWithoutAddress
from gateway.tak.model import Route
from gateway.tak.snapshot import TakSnapshot


@dataclass(frozen=True, slots=True)
class RouteChoice:
    """The route and how it was found: the addresses looked up, in order, joined by commas."""

    route: Route
    trace: str


def choose_route(
    logical_address: str | None, contract: str | None, snapshot: TakSnapshot, now: datetime
) -> RouteChoice:
    """The one route in force. Raises LogicalAddressMissing, RouteMissing, RouteAmbiguous or RouteWithoutAddress."""
    if logical_address is None:
        raise LogicalAddressMissing("No receiverId (logical address) found in message header. ")
    asked = f"serviceNamespace: {contract or 'null'}, receiverId: {logical_address}"
    match snapshot.routes_to(logical_address, contract or "", now):
        case []:
            hint = ". Whitespace detected in incoming request!" if any(map(str.isspace, logical_address)) else ""
            raise RouteMissing(f"No receiverId (logical address) found for {asked}{hint}")
        case [route]:
            if not route.address.strip():
                raise RouteWithoutAddress(f"Physical Address field is empty in Service Producer for {asked}")
            return RouteChoice(route, logical_address)
        case _:
            raise RouteAmbiguous(
                f"More than one receiverId (logical address) with matching Riv-version found for {asked}"
            )

"""What stands in a catalogue without being used: by any route, by any authorisation, or by either.

Pure. A component is used by the routes that lead to an address of its, and by the authorisations that it has.
Source: platform.md §20.7 (reports "unmatched").
"""

from dataclasses import dataclass
from typing import Literal

from gateway.tak.publication import (
    Component,
    Contract,
    LogicalAddress,
    ProducerAddress,
    Publication,
    PublishedAuthorisation,
    PublishedRoute,
)

By = Literal["routes", "authorisations", "either"]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Things that nothing uses. Producer addresses are used by routes alone, and left out where those don't count."""

    logical_addresses: tuple[LogicalAddress, ...]
    contracts: tuple[Contract, ...]
    components: tuple[Component, ...]
    producer_addresses: tuple[ProducerAddress, ...]


def unmatched(publication: Publication, by: By) -> Unmatched:
    """What no route, no authorisation, or neither uses."""
    routes = publication.routes if by != "authorisations" else ()
    authorisations = publication.authorisations if by != "routes" else ()
    rows: tuple[PublishedRoute | PublishedAuthorisation, ...] = (*routes, *authorisations)
    addresses = {one.logical_address.id for one in rows}
    contracts = {one.contract.id for one in rows}
    producing = {one.producer_address.component.id for one in routes}
    components = producing | {one.consumer.id for one in authorisations}
    leading = {one.producer_address.id for one in routes}
    return Unmatched(
        tuple(one for one in publication.logical_addresses if one.id not in addresses),
        tuple(one for one in publication.contracts if one.id not in contracts),
        tuple(one for one in publication.components if one.id not in components),
        tuple(one for one in publication.producer_addresses if one.id not in leading) if by != "authorisations" else (),
    )

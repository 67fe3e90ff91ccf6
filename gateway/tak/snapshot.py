"""Routes and authorisations as they stood at one moment, indexed for look-ups that ignore case.

Frozen: a reload makes a new one. How the days of a row are read is the asker's to say (platform.md §9.2, model.py).
Source: platform.md §9.1, §10.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gateway.settings import RouteValidity
from gateway.tak.model import Authorisation, Route


@dataclass(frozen=True)
class TakSnapshot:
    """Everything that one catalogue says. Make it with `of`."""

    routes: tuple[Route, ...]
    authorisations: tuple[Authorisation, ...]
    _routes_by_key: dict[tuple[str, str], tuple[Route, ...]]
    _authorisations_by_key: dict[tuple[str, str, str], tuple[Authorisation, ...]]

    @classmethod
    def of(cls, routes: Iterable[Route], authorisations: Iterable[Authorisation]) -> "TakSnapshot":
        routes, authorisations = tuple(routes), tuple(authorisations)
        by_address = defaultdict(list)
        for route in routes:
            by_address[route.logical_address.lower(), route.contract.lower()].append(route)
        by_consumer = defaultdict(list)
        for one in authorisations:
            by_consumer[one.consumer.lower(), one.logical_address.lower(), one.contract.lower()].append(one)
        return cls(
            routes,
            authorisations,
            {key: tuple(found) for key, found in by_address.items()},
            {key: tuple(found) for key, found in by_consumer.items()},
        )

    def routes_to(
        self, logical_address: str, contract: str, now: datetime, reading: RouteValidity = "days"
    ) -> tuple[Route, ...]:
        """The routes in force; no trimming, no wildcards, any letter case (platform.md §9.1)."""
        found = self._routes_by_key.get((logical_address.lower(), contract.lower()), ())
        return tuple([route for route in found if route.validity.covers(now, reading)])

    def authorises(
        self, consumer: str, logical_address: str, contract: str, now: datetime, reading: RouteValidity = "days"
    ) -> bool:
        """Whether an authorisation is in force for exactly these three, in any letter case."""
        found = self._authorisations_by_key.get((consumer.lower(), logical_address.lower(), contract.lower()), ())
        return any(one.validity.covers(now, reading) for one in found)

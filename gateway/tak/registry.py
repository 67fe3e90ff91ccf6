"""What the two registries answer about a published version: which contracts, and which logical addresses.

Pure: takes a Publication, the question and the moment. Only authorisations count, not routes; no `*` and no unit above
stands in for an address. Consumers and addresses are compared in any letter case, contracts exactly.
The real GetSupportedServiceContracts ends an authorisation when its last day begins (`registry_last_day`); the real
GetLogicalAddresseesByServiceContract looks at no day at all (`registry_ignores_days`).
Elsewhere: how the questions come and the answers go (services.py).
Source: platform.md §20.4; §25 row 24; contracts.md §9, REG-1 to REG-4.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contracts.times import SWEDEN
from gateway.tak.publication import Filter, Publication, PublishedAuthorisation

NO_LOGICAL_ADDRESS = "LogicalAddress must not be empty or null"
NO_CONSUMER = "ServiceConsumerHsaId must not be empty or null"
NO_CONTRACT = "ServiceContractNamespece must not be empty or null"  # the platform's own spelling


class QuestionRefused(Exception):
    """A question without what it must have; the message is the fault string that the real registry gives."""


@dataclass(frozen=True, slots=True)
class LogicalAddressee:
    """One record of GetLogicalAddresseesByServiceContract."""

    logical_address: str
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Days:
    """How the registries read an authorisation's days, all in Swedish time."""

    last_day_counts: bool = True
    any_day_counts: bool = True  # for GetLogicalAddresseesByServiceContract alone

    def cover(self, one: PublishedAuthorisation, now: datetime) -> bool:
        """Whether an authorisation is in force. Without its last day, it still is at that day's first moment."""
        local = now.astimezone(SWEDEN).replace(tzinfo=None)
        ends_today = local.date() == one.last_day and (self.last_day_counts or local.time() == local.min.time())
        return one.first_day <= local.date() and (local.date() < one.last_day or ends_today)


def supported_contracts(
    publication: Publication, logical_address: str, consumer: str | None, now: datetime, days: Days
) -> tuple[str, ...]:
    """The contracts that a logical address can be called under now, each once, in the catalogue's order.

    `consumer` is whose authorisations count; None: everybody's. Raises QuestionRefused without an address.
    """
    if not logical_address:
        raise QuestionRefused(NO_LOGICAL_ADDRESS)
    found = (
        one.contract.namespace
        for one in _of_consumer(publication, consumer)
        if one.logical_address.hsa_id.lower() == logical_address.lower() and days.cover(one, now)
    )
    return tuple(dict.fromkeys(found))


def logical_addressees(
    publication: Publication, contract: str, consumer: str, now: datetime, days: Days
) -> tuple[LogicalAddressee, ...]:
    """A record for each authorisation of a consumer under a contract. Raises QuestionRefused without one of the two."""
    if not contract:
        raise QuestionRefused(NO_CONTRACT)
    if not consumer:
        raise QuestionRefused(NO_CONSUMER)
    return tuple(
        LogicalAddressee(one.logical_address.hsa_id, one.filters)
        for one in _of_consumer(publication, consumer)
        if one.contract.namespace == contract and (days.any_day_counts or days.cover(one, now))
    )


def _of_consumer(publication: Publication, consumer: str | None) -> Iterable[PublishedAuthorisation]:
    if consumer is None:
        return publication.authorisations
    return (one for one in publication.authorisations if one.consumer.hsa_id.lower() == consumer.lower())

"""Whom to ask: from what the index knows to one call for each logical address that may be called.

Pure. An engagement falls away when it is of another category than the contract's, when it stands at our own address,
for then we would ask ourselves, and when neither the sender nor the original consumer may call its address. Addresses
are compared without regard to case; of several engagements at one address the first gives the call its spelling.
Elsewhere: what the index says (index_look_up.py), who may call whom (catalogue_copy.py), what is asked (plugins.py).
Source: platform.md §22.1 steps 2 to 6; contracts.md AGG-2.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contracts.engagements import Engagement

MayCall = Callable[[str, str, str, datetime], bool]
"""Whether a logical address may be called by a consumer under a contract at a moment, and can be (address, consumer,
contract, now). Raises PermissionsUnknown when nobody can tell."""


class PermissionsUnknown(Exception):
    """There is no catalogue to tell who may call whom. To plan nothing would say that there is nothing."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call to make: to whom, and what the index said of it."""

    logical_address: str
    engagement: Engagement = field(repr=False)


def asked_categorization(categorizations: Sequence[str]) -> str | None:
    """What to ask the index for: the contract's one category; None when it has none or several."""
    return categorizations[0] if len(categorizations) == 1 else None


def plan(
    engagements: Iterable[Engagement],
    *,
    categorizations: Sequence[str],
    own_address: str,
    is_permitted: Callable[[str], bool],
) -> tuple[PlannedCall, ...]:
    """The calls to make, in the order in which the index named their addresses."""
    wanted = {one.lower() for one in categorizations} if len(categorizations) > 1 else None
    found: dict[str, PlannedCall] = {}
    for one in engagements:
        if wanted is None or one.categorization.lower() in wanted:
            found.setdefault(one.logical_address.lower(), PlannedCall(one.logical_address, one))
    found.pop(own_address.lower(), None)
    return tuple(call for call in found.values() if call.logical_address.strip() and is_permitted(call.logical_address))


def permission_of(consumers: Iterable[str], contract: str, may_call: MayCall, now: datetime) -> Callable[[str], bool]:
    """Whether at least one of the consumers may call an address under the contract now."""
    told = tuple(dict.fromkeys(consumers))
    return lambda address: any(may_call(address, consumer, contract, now) for consumer in told)

"""Which scheduling system is judged, for whom, and what may be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.people import TestPerson
from contracts.codec import SCHEDULING_INTERACTIONS
from contracts.identifiers import HsaId


@dataclass(frozen=True, slots=True)
class ProducerSettings:
    """The target and what may be done with it.

    `address` is a URL, with `{interaction}` where the interaction's name stands when each has its own. `facility` is
    the clinic's HSA-id, `logical_address` another one than the clinic's where calls must carry it. `time_type` limits
    what is booked to one time type. `offered` names optional interactions that the target is said to have: one that
    does not answer then fails, while one that nobody spoke of is not judged. `open_invitations` and `timed_invitations`
    are booking ids by the person whom they are for; using one is final. `refusable_bookings` are bookings that may not
    be cancelled or moved, by the person who has them: the kit tries, and a system that is wrong loses them.
    `other_facility` is another clinic, to which the kit may move a booking. `reason` is the contact reason to book
    with, where the clinic demands one. `weeks` is how far ahead to look for times. A ping goes to `ping_address` and
    `ping_logical_address` where those are others than the rest has.
    """

    address: str
    facility: HsaId
    persons: tuple[TestPerson, ...] = field(repr=False)
    logical_address: HsaId | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    time_type: str | None = None
    offered: tuple[str, ...] = ()
    open_invitations: tuple[tuple[TestPerson, str], ...] = ()
    timed_invitations: tuple[tuple[TestPerson, str], ...] = ()
    refusable_bookings: tuple[tuple[TestPerson, str], ...] = ()
    other_facility: HsaId | None = None
    reason: str | None = None
    weeks: int = 12
    duellists: int = 8
    ping_address: str | None = None
    ping_logical_address: HsaId | None = None

    def __post_init__(self) -> None:
        if not self.address.startswith(("http://", "https://")):
            raise ValueError("the address must begin with http:// or https://")
        if unknown := sorted(set(self.offered) - set(SCHEDULING_INTERACTIONS)):
            raise ValueError(f"there is no interaction {unknown[0]}; there are {', '.join(SCHEDULING_INTERACTIONS)}")
        if len({one.number for one in self.persons}) < 2:
            raise ValueError("two test persons are needed at least: one must not see the other's bookings")

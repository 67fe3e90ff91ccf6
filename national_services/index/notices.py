"""What a subscriber is told: its own part of the changes, as the ProcessNotification that goes to it.

Pure. A subscriber gets what its filters let by, and nothing that it owns itself: two indexes that subscribe to each
other would else send each other's news back.
Source: contracts.md EI-8, REG-4; platform.md §21.2, §21.3.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import envelope
from contracts.identifiers import HsaId

MOST_IN_A_LETTER = 1000


@dataclass(frozen=True, slots=True)
class Filter:
    """Lets by a service domain, in these categories or, when there are none, in all."""

    service_domain: str
    categorizations: tuple[str, ...] = ()

    def lets_by(self, one: e.Engagement) -> bool:
        if one.service_domain.lower() != self.service_domain.lower():
            return False
        wanted = {each.lower() for each in self.categorizations}
        return not wanted or one.categorization.lower() in wanted


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A system that is told, by its logical address. Without filters it is told everything."""

    logical_address: str
    filters: tuple[Filter, ...] = ()

    @property
    def lane(self) -> str:
        """Its queue's name: one for an address, however it is spelt."""
        return self.logical_address.lower()

    def wants(self, one: e.Engagement) -> bool:
        is_its_own = (one.owner or "").lower() == self.lane
        return not is_its_own and (not self.filters or any(each.lets_by(one) for each in self.filters))


def letters(changes: Sequence[e.EngagementTransaction], subscriber: Subscriber) -> Iterator[bytes]:
    """The envelopes that tell a subscriber of `changes`; none when none of them is for it."""
    wanted = [change for change in changes if subscriber.wants(change.engagement)]
    for first in range(0, len(wanted), MOST_IN_A_LETTER):
        told = e.ProcessNotification(tuple(wanted[first : first + MOST_IN_A_LETTER]))
        yield envelope.write_request(codec.encode(told), HsaId(subscriber.logical_address), None)

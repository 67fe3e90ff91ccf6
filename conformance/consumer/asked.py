"""A request that came in, read leniently: by local names, in any namespace and order.

Form is judged by messages.py alone; here a behaviour is read whatever the form. What no reading can make sense of is
None, never an exception.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from conformance.exchange import Exchange, HttpMessage, shown
from conformance.reading import Answer, Node, Slot
from contracts import xml

_WRITES = ("MakeBooking", "UpdateBooking", "CancelBooking")


@dataclass(frozen=True)
class Question:
    """What a consumer sent. Its elements' lines are those of the message as the evidence shows it."""

    request: HttpMessage

    @cached_property
    def root(self) -> xml.Element | None:
        return shown(self.request).root

    @cached_property
    def blocks(self) -> tuple[Node, ...]:
        """The header blocks."""
        header = self._part("Header")
        return () if header is None else tuple(header.children())

    @cached_property
    def contents(self) -> tuple[Node, ...]:
        """The elements in the body, of which there should be one."""
        body = self._part("Body")
        return () if body is None else tuple(body.children())

    @property
    def payload(self) -> Node | None:
        return next(iter(self.contents), None)

    @cached_property
    def interaction(self) -> str:
        return "" if self.payload is None else self.payload.name

    @property
    def contract(self) -> str:
        """The namespace of the body's element."""
        return "" if self.payload is None else etree.QName(self.payload.element).namespace or ""

    @property
    def logical_address(self) -> str:
        """The last address of either profile, as the platform reads it; empty without one."""
        found = [one.own_text for one in self.blocks if one.name in ("LogicalAddress", "To")]
        return next((text for text in reversed(found) if text), "")

    def text(self, name: str) -> str | None:
        return None if self.payload is None else self.payload.text(name)

    @property
    def slot(self) -> Slot | None:
        """The requestedTimeslot."""
        node = None if self.payload is None else self.payload.one("requestedTimeslot")
        return None if node is None else Slot(node.element)

    @property
    def facility(self) -> str:
        """The clinic that the body names; empty when it names none."""
        slot = self.slot
        return (slot.text("healthcare_facility") if slot else self.text("healthcare_facility")) or ""

    @property
    def booking_id(self) -> str | None:
        slot = self.slot
        return slot.booking_id if slot else self.text("bookingId")

    @property
    def changes_bookings(self) -> bool:
        return self.interaction in _WRITES

    def elements(self) -> Iterator[Node]:
        """Every element of the body's contents."""
        if self.payload is not None:
            yield from (Node(one) for one in self.payload.element.iter("*"))

    def _part(self, name: str) -> Node | None:
        return None if self.root is None else Node(self.root).one(name)


@dataclass(frozen=True)
class Asked(Question):
    """A request with what the kit answered. `number` is that of the exchange."""

    exchange: Exchange

    @classmethod
    def of(cls, exchange: Exchange) -> "Asked":
        return cls(exchange.request, exchange)

    @property
    def number(self) -> int:
        return self.exchange.number

    @cached_property
    def answer(self) -> Answer:
        return Answer(self.exchange)


def stamp(slot: Slot | None, name: str = "startTimeInclusive") -> str:
    """The digits of a time, whatever form it has: 14 where it is a time stamp."""
    return re.sub(r"\D", "", (slot.text(name) if slot else None) or "")[:14]


def is_same(one: str, other: str) -> bool:
    """Whether two HSA-ids are the same: case means nothing (G-8)."""
    return one.strip().lower() == other.strip().lower()

"""Answers, read leniently: by local names, in any order and namespace, empty elements as absent ones.

So a behaviour is judged whatever the form, and the form once, by the checks about form (producer/messages.py). What no
reading can make sense of is None, never an exception.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from lxml import etree

from conformance.exchange import Exchange, Shown, shown
from contracts import xml
from contracts.times import parse_dt, parse_ts

_ZONE = re.compile(r"(?:Z|[+-]\d\d:\d\d)$", re.ASCII)
_SEPARATOR = re.compile(r"[-:T ]|\.\d+", re.ASCII)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Node:
    """An element of an answer. `line` is its line in the message as the evidence shows it."""

    element: xml.Element

    @property
    def name(self) -> str:
        return str(self.element.tag).rpartition("}")[2]  # QName costs ten times as much, and there are many

    @property
    def line(self) -> int | None:
        return self.element.sourceline

    def all(self, name: str) -> tuple["Node", ...]:
        """The children of this name."""
        return tuple(map(Node, self.element.iterchildren(f"{{*}}{name}")))

    def one(self, name: str) -> "Node | None":
        child = next(self.element.iterchildren(f"{{*}}{name}"), None)
        return None if child is None else Node(child)

    def children(self) -> Iterator["Node"]:
        return (Node(child) for child in self.element.iterchildren("*"))

    def text(self, name: str) -> str | None:
        """The text of the first child of this name, without blanks around it; None when it is absent or empty."""
        child = self.one(name)
        return None if child is None else child.own_text

    @property
    def own_text(self) -> str | None:
        return xml.text_of(self.element).strip() or None

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(text for node in self.all(name) if (text := node.own_text))


class Slot(Node):
    """A TimeslotType: a time, free or booked."""

    @cached_property
    def start(self) -> datetime | None:
        """In Swedish time; None when it is absent or no time stamp."""
        return _moment(self.text("startTimeInclusive"))

    @cached_property
    def end(self) -> datetime | None:
        return _moment(self.text("endTimeExclusive"))

    @property
    def booking_id(self) -> str | None:
        return self.text("bookingId")

    def flag(self, name: str) -> bool | None:
        """What a boolean says; None when it is absent or no boolean. Absent means false (G-13)."""
        return _FLAGS.get(self.text(name) or "")

    @property
    def seat(self) -> tuple[str | None, ...]:
        """What tells one free time from another in a list of them."""
        names = ("startTimeInclusive", "endTimeExclusive", "bookingId", "performer", "resourceID", "timeTypeID")
        return tuple(self.text(name) for name in names)


@dataclass(frozen=True)
class Fault:
    """A SOAP fault as it was said."""

    code: str
    text: str
    line: int | None


@dataclass(frozen=True)
class Answer:
    """What came back for an exchange, whatever it is."""

    exchange: Exchange

    @property
    def number(self) -> int:
        return self.exchange.number

    @cached_property
    def _shown(self) -> Shown | None:
        return None if self.exchange.answer is None or self.exchange.failure else shown(self.exchange.answer)

    @property
    def root(self) -> xml.Element | None:
        return None if self._shown is None else self._shown.root

    @cached_property
    def payload(self) -> Node | None:
        """The first element in the body, faults too; None when there is none or nothing could be read."""
        if self.root is None:
            return None
        body = next((child for child in self.root.iterchildren("*") if _local(child) == "Body"), None)
        first = None if body is None else next(body.iterchildren("*"), None)
        return None if first is None else Node(first)

    @cached_property
    def fault(self) -> Fault | None:
        if self.payload is None or self.payload.name != "Fault":
            return None
        told = self.payload
        return Fault(told.text("faultcode") or "", told.text("faultstring") or "", told.line)

    @property
    def is_usable(self) -> bool:
        """Whether an answer to the question is there, whatever it says."""
        wanted = f"{self.exchange.interaction}Response"
        return self.payload is not None and self.payload.name == wanted

    def text(self, name: str) -> str | None:
        return self.payload.text(name) if self.is_usable and self.payload else None

    def all(self, name: str) -> tuple[Node, ...]:
        return self.payload.all(name) if self.is_usable and self.payload else ()

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(Slot(node.element) for node in self.all("timeslotDetail"))

    @property
    def result(self) -> str | None:
        """resultCode in capitals: OK, INFO, ERROR or what somebody else thought of."""
        return (self.text("resultCode") or "").upper() or None

    @property
    def is_done(self) -> bool:
        return self.result in ("OK", "INFO")

    @property
    def in_words(self) -> str:
        """What came back, for a sentence; quotes nothing of the message but codes."""
        if self.exchange.failure:
            return f"no answer ({self.exchange.failure.sentence.rstrip('.')})"
        status = self.exchange.answer.status if self.exchange.answer else None
        if self.fault:
            return f"HTTP {status} with a SOAP fault"
        if self.is_usable:
            return f"HTTP {status}, resultCode {self.result}" if self.result else f"HTTP {status} with an answer"
        if self._shown and self._shown.root is None:
            return f"HTTP {status} with something that cannot be read as XML ({self._shown.why})"
        if self.payload is None:
            return f"HTTP {status} with XML that is no SOAP envelope with something in its body"
        return f"HTTP {status} with <{self.payload.name[:40]}>, which is no {self.exchange.interaction}Response"


def _local(element: xml.Element) -> str:
    return etree.QName(element).localname


def _moment(text: str | None) -> datetime | None:
    try:
        return parse_ts(_bare(text))
    except ValueError:
        return None


def _bare(text: str | None) -> str:
    """A time without what it must not have, separators and a zone: that it has them is told by its own rule (G-3)."""
    return _SEPARATOR.sub("", _ZONE.sub("", text or ""))


def day_of(text: str | None) -> date | None:
    """The day of a DT; None when it is none."""
    try:
        return parse_dt(_bare(text))
    except ValueError:
        return None

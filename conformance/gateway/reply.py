"""What came back of a call, read leniently, and what the producers saw of it.

A fault is known by local names and its code by the beginning of its text, so that each row judges what it is about;
how a fault is written is judged once, over all of them (messages.py).
Source: platform.md §12.1, §13.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from conformance.exchange import Exchange
from conformance.gateway.producers import Seen
from conformance.reading import Answer, Node

_CODE = re.compile(r"\s*(VP\d{3}|EI\d{3})\b")


@dataclass(frozen=True)
class Reply:
    """One call. `seen` is what reached producers, attempt by attempt."""

    exchange: Exchange
    seen: tuple[Seen, ...] = ()

    @property
    def status(self) -> int | None:
        return self.exchange.answer.status if self.exchange.answer else None

    @property
    def body(self) -> bytes:
        return self.exchange.answer.body if self.exchange.answer else b""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def headers(self) -> Mapping[str, str]:
        return self.exchange.answer.headers if self.exchange.answer else {}

    def header(self, name: str) -> str | None:
        return self.headers.get(name.lower())

    @property
    def content_type(self) -> str:
        """As it stands, but for blanks and letter case."""
        return (self.header("content-type") or "").lower().replace(" ", "").replace('"', "")

    @cached_property
    def answer(self) -> Answer:
        return Answer(self.exchange)

    @property
    def is_delivered(self) -> bool:
        """Whether a producer got the call and its answer came back."""
        return self.status == 200 and bool(self.seen)

    @property
    def code(self) -> str | None:
        """The platform's code (VP004); None for anything but a fault with one."""
        found = _CODE.match(self.answer.fault.text) if self.answer.fault else None
        return found[1] if found else None

    @property
    def faultcode(self) -> str:
        """Client or Server, without its prefix."""
        return self.answer.fault.code.rpartition(":")[2] if self.answer.fault else ""

    @cached_property
    def detail(self) -> str:
        """The text of detailString, as it stands; empty when there is none."""
        fault = self.answer.payload
        detail = fault.one("detail") if fault is not None else None
        told = detail.one("detailString") if detail is not None else None
        return "".join(str(piece) for piece in told.element.itertext()) if told is not None else ""

    @property
    def fault_at(self) -> Node | None:
        return self.answer.payload if self.answer.fault else None

    @property
    def in_words(self) -> str:
        """What came back, for a sentence; quotes codes alone."""
        if self.exchange.failure:
            return self.exchange.failure.sentence.rstrip(".")
        if self.code:
            return f"HTTP {self.status} with {self.code}"
        if self.answer.fault:
            return f"HTTP {self.status} with a SOAP fault without a code of the platform"
        size = f"{len(self.body)} bytes" if self.body else "without a body"
        return f"HTTP {self.status}, {size}"

"""The messages of a run as lines for people, and the lines around what a finding points at.

Line numbers are those of the shown message (exchange.py), from 1. A finding that points at no line shows the beginning
of the message's body; one whose exchange is not part of the result shows nothing, and is told all the same.
"""

import re
from dataclasses import dataclass

from conformance.exchange import Exchange, HttpMessage, shown
from conformance.model import Finding, Part, RunResult
from conformance.reports.words import one_line, printable

AROUND = 3
_WITHOUT_A_LINE = 10
_BODY = re.compile(r"\s*<(?:[\w.-]+:)?Body[\s/>]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a message; `is_lit` when a finding points at it."""

    number: int
    text: str
    is_lit: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some lines of a message. `total` is how many it has, `lit` the number of the line that is pointed at."""

    exchange: Exchange
    part: Part
    lines: tuple[Line, ...]
    total: int
    lit: int | None

    @property
    def where(self) -> str:
        """`exchange 12, MakeBooking, answer, line 7`."""
        told = f"exchange {self.exchange.number}, {one_line(self.exchange.interaction)}, {self.part}"
        return f"{told}, line {self.lit}" if self.lit else told


class ShownTexts:
    """Messages as text, each read once, however often it came."""

    def __init__(self) -> None:
        self._texts: dict[tuple[bytes, str | None], str] = {}

    def of(self, message: HttpMessage) -> str:
        key = (message.body, message.charset)
        if key not in self._texts:
            self._texts[key] = shown(message).text
        return self._texts[key]


class Messages:
    """The messages of one result, each read once."""

    def __init__(self, result: RunResult) -> None:
        self._exchanges = {one.number: one for one in result.exchanges}
        self._lines: dict[tuple[int, Part], tuple[str, ...]] = {}

    def exchange(self, number: int | None) -> Exchange | None:
        return None if number is None else self._exchanges.get(number)

    def lines(self, exchange: Exchange, part: Part) -> tuple[str, ...]:
        """The message's lines, printable; none when there is no message or it is empty."""
        key = (exchange.number, part)
        if key not in self._lines:
            message = exchange.request if part == "request" else exchange.answer
            self._lines[key] = _lines_of(message)
        return self._lines[key]

    def excerpt(self, finding: Finding, around: int = AROUND) -> Excerpt | None:
        """The lines that show a finding; None when its exchange or its message is not there."""
        exchange = self.exchange(finding.exchange)
        lines = self.lines(exchange, finding.part) if exchange else ()
        if exchange is None or not lines:
            return None
        lit = finding.line if finding.line is not None and 1 <= finding.line <= len(lines) else None
        first, last = (lit - around, lit + around) if lit else _beginning(lines)
        chosen = range(max(1, first), min(len(lines), last) + 1)
        told = tuple(Line(number, lines[number - 1], number == lit) for number in chosen)
        return Excerpt(exchange, finding.part, told, len(lines), lit)


def _lines_of(message: HttpMessage | None) -> tuple[str, ...]:
    if message is None or not message.body:
        return ()
    text = shown(message).text.rstrip("\n")
    return tuple(printable(line.rstrip("\r").replace("\t", "    ")) for line in text.split("\n"))


def _beginning(lines: tuple[str, ...]) -> tuple[int, int]:
    body = next((number for number, line in enumerate(lines, 1) if _BODY.match(line)), 1)
    return body, body + _WITHOUT_A_LINE - 1


def without_indent(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines moved to the left by the blanks that all of them begin with."""
    common = min((len(one.text) - len(one.text.lstrip(" ")) for one in lines if one.text.strip()), default=0)
    return tuple(Line(one.number, one.text[common:], one.is_lit) for one in lines)


def came_of(exchange: Exchange) -> str:
    """`HTTP 200 after 0.12 s`, or why there is no answer."""
    told = [one_line(exchange.failure.sentence)] if exchange.failure else []
    if exchange.answer is not None:
        told.insert(0, f"HTTP {exchange.answer.status} after {exchange.seconds:.2f} s")
    return ". ".join(told) or "No answer."

"""What was sent and what came back: the evidence of a run, kept whole and shown so that a line can be pointed at.

A message is shown one element a line, whatever it looked like on the wire; what cannot be read as XML is shown as it
came. Line numbers of findings are those of the shown text. Numbers of people that are none of the run's test persons
are hidden when a report is written (reports/), not here.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from contracts import xml
from contracts.envelope import charset_of
from contracts.errors import MessageUnreadable

LIMITS = xml.Limits(max_tags=2_000_000, max_attributes=200_000, max_declarations=40_000)
"""How large a message may be for the kit to read it: larger than a platform would let in, for nobody is to be accused
of our own bounds. Some SOAP libraries declare a namespace on each element anew; of the size the carrier takes care."""

_CHARSETS = ("utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252")

FailureKind = Literal["not sent", "late", "broken off", "too large", "dropped"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer, in a sentence. `not sent` alone is sure not to have been carried out."""

    kind: FailureKind
    sentence: str


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """One message as it travelled. `status` is None for a request; `headers` have lower-case names."""

    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    status: int | None = None

    @property
    def charset(self) -> str | None:
        return charset_of(self.headers.get("content-type", ""))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it. `purpose` says in a sentence why it was sent; `check` for which check.

    `seconds` is how long the answer took, or the wait for none. Of `answer` and `failure` one is None, but for an
    answer that was cut off: then both are there.
    """

    number: int
    check: str
    purpose: str
    interaction: str
    address: str
    request: HttpMessage
    answer: HttpMessage | None
    failure: Failure | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as text for people, and its root parsed from that very text; None when it is not XML, with why."""

    text: str
    root: "xml.Element | None"
    why: str = ""


def shown(message: HttpMessage) -> Shown:
    """`message` one element a line. A line number of an element in `root` is a line of `text`."""
    try:
        text = xml.indented(xml.parse(message.body, message.charset, LIMITS))
        return Shown(text, xml.parse(text.encode(), limits=LIMITS))
    except MessageUnreadable as error:
        charset = (message.charset or "utf-8").lower()
        known = charset if charset in _CHARSETS else "utf-8"  # other names could be any of Python's codecs
        return Shown(message.body[:20_000].decode(known, "replace"), None, error.detail)


_GONE_AFTER = 3


class Evidence:
    """Collects exchanges; called from many threads at once. From them it can tell when to ask no more.

    `check` is the one under way. `ends` is when the run's time is over, by time.monotonic; `useless` is set by a bench
    that has found out why asking on is of no use.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []
        self._forgiven = 0
        self.check = ""
        self.ends: float | None = None
        self.useless = ""

    def add(
        self,
        purpose: str,
        interaction: str,
        address: str,
        request: HttpMessage,
        answer: HttpMessage | None,
        failure: Failure | None,
        seconds: float,
    ) -> Exchange:
        """Keep an exchange for the check that is under way."""
        with self._lock:
            number = len(self._exchanges) + 1
            kept = Exchange(number, self.check, purpose, interaction, address, request, answer, failure, seconds)
            self._exchanges.append(kept)
            return kept

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        with self._lock:
            return tuple(self._exchanges)

    def why_to_stop(self) -> str:
        """Why no more should be asked; empty when there is no reason."""
        if self.ends is not None and time.monotonic() > self.ends:
            return "The time for the run was over."
        if self.useless:
            return self.useless
        with self._lock:
            latest = [one.failure for one in self._exchanges[self._forgiven :][-_GONE_AFTER:]]
        failures = [one for one in latest if one is not None and one.kind != "dropped"]
        if len(failures) < _GONE_AFTER:
            return ""
        told = failures[-1].sentence
        return f"The target had stopped answering: {_GONE_AFTER} calls in a row without an answer. {told}"

    def forgive(self) -> None:
        """Count no failure until now: those of many calls at once do not mean that the target is gone."""
        with self._lock:
            self._forgiven = len(self._exchanges)

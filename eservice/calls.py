"""The SOAP calls behind a page, as they went over the line: for demos, where one wants to see what a page asks.

Kept in memory alone, for the visit that made them, the last pages of it and no more bytes than fit; never logged. They
hold persons' numbers, so only the setting `shows_calls` puts the recording transport in at all, and only the visit
whose calls they are can see them.
Elsewhere: when a page begins and ends, and how its calls are shown (call_pages.py).
Source: domain.md §5.0 ("Visa anropen bakom sidan").
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

from contracts.transport import HttpAnswer, NoAnswer, Transport

log = logging.getLogger(__name__)

MOST_PAGES = 20
"""How many pages of one visit are kept."""
MOST_BODY = 200_000
"""How many bytes of one message are kept."""
MOST_BYTES = 32_000_000
"""How many bytes are kept of all visits together."""

_of_this_page: ContextVar["list[Call] | None"] = ContextVar("calls_of_this_page", default=None)


@dataclass(frozen=True, slots=True)
class Call:
    """One question and its answer. `began` and `ended` are seconds of one clock; `status` is 0 where no answer came,
    and `failure` then says how. `is_cut` when a message was longer than is kept."""

    began: float
    ended: float
    request: bytes = field(repr=False)
    response: bytes = field(repr=False)
    status: int
    failure: str = ""
    is_cut: bool = False

    @property
    def size(self) -> int:
        return len(self.request) + len(self.response)


@dataclass(frozen=True, slots=True)
class Page:
    """The calls of one page in the order in which they began; `path` is the page's, `visit` names whose it is."""

    visit: str = field(repr=False)
    path: str
    calls: tuple[Call, ...]

    @property
    def size(self) -> int:
        return sum(one.size for one in self.calls)


def collect() -> list[Call]:
    """From now on the calls of this thread, and of those that carry its context on, go into the list."""
    calls: list[Call] = []
    _of_this_page.set(calls)
    return calls


def stop() -> None:
    """Collect no more in this thread."""
    _of_this_page.set(None)


class RecordingTransport:
    """A transport that notes each exchange for the page that it is made for, if there is one."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        calls = _of_this_page.get()
        if calls is None:
            return self._transport.post(address, body, headers)
        began = time.monotonic()
        try:
            answer = self._transport.post(address, body, headers)
        except NoAnswer as error:
            calls.append(_call(began, body, b"", 0, type(error).__name__))
            raise
        calls.append(_call(began, body, answer.body, answer.status))
        return answer


def _call(began: float, request: bytes, response: bytes, status: int, failure: str = "") -> Call:
    is_cut = max(len(request), len(response)) > MOST_BODY
    return Call(began, time.monotonic(), request[:MOST_BODY], response[:MOST_BODY], status, failure, is_cut)


class CallBook:
    """The pages that are kept; the oldest go first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, name: str, visit: str, path: str, calls: Sequence[Call]) -> None:
        """Keep the calls of the page `name`."""
        with self._lock:
            self._pages[name] = Page(visit, path, tuple(sorted(calls, key=lambda one: one.began)))
            mine = [other for other, page in self._pages.items() if page.visit == visit]
            for old in mine[:-MOST_PAGES]:
                del self._pages[old]
            while sum(page.size for page in self._pages.values()) > self._most_bytes:
                self._pages.popitem(last=False)

    def find(self, name: str, visit: str) -> Page | None:
        """The page of that name; None for one that is gone, and for another visit's."""
        with self._lock:
            page = self._pages.get(name)
        if page is not None and page.visit != visit:
            log.warning("calls_of_another_refused")
            return None
        return page

"""One call on its connection: the body as it arrives, and the answer in one write.

uvicorn's own cycle brings a request to an ASGI application by way of a scope, events and a task that waits for each
part; that costs more than the gateway's own work. A request on the traffic path is gathered here instead and given to
the door whole. To uvicorn's protocol a TrafficCycle is a cycle like its own: it keeps the same flags.
Elsewhere: HTTP itself (http_protocol.py), what the answer is (door.py).
Source: platform.md §2 (steps 0, 22), §14.4, §14.5; decision 2 in docs/decisions.
"""

import asyncio
import re
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol, cast

from contracts.errors import MessageUnreadable
from gateway.call import Answer, HttpRequest

MOST_DISCARDED_BYTES = 268_435_456  # of a body that is too large; then its sender is no longer listened to
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class MessageTooLarge(MessageUnreadable):
    """A body beyond the limit: one of the things that HTTP can tell without a fault."""


class Traffic(Protocol):
    """Who answers calls: the door."""

    @property
    def max_message_bytes(self) -> int: ...

    @property
    def request_timeout_seconds(self) -> float: ...

    async def answer(self, request: HttpRequest, unreadable: MessageUnreadable | None) -> Answer: ...


class Connection(Protocol):
    """What a cycle needs of its connection (http_protocol.py)."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    tasks: set["asyncio.Task[None]"]

    def on_response_complete(self) -> None: ...


class Body:
    """A request's body as it arrives, within bounds. What is too large is passed over, so that its sender hears why."""

    def __init__(self, headers: Mapping[str, str], most: int) -> None:
        announced = headers.get("content-length", "")
        self._announced = int(announced) if announced.isdecimal() else None
        self._most, self._size = most, 0
        self._parts: list[bytes] = []
        self.is_refused_at_once = "expect" in headers and (self._announced or 0) > most
        """Its sender waits to be asked for a body that is too large: it need not come."""

    @property
    def is_announced(self) -> bool:
        return self._announced is not None

    @property
    def is_too_large(self) -> bool:
        return max(self._size, self._announced or 0) > self._most

    @property
    def is_endless(self) -> bool:
        return self._size > MOST_DISCARDED_BYTES

    def add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self._most:
            self._parts.append(part)
        else:
            self._parts.clear()

    def whole(self) -> tuple[bytes, MessageUnreadable | None]:
        """The body, or what is wrong with it."""
        if self.is_too_large:
            return b"", MessageTooLarge(f"the message is larger than {self._most} bytes")
        if self._announced is not None and self._announced != self._size:
            told = f"the body has {self._size} bytes, but Content-Length says {self._announced}"
            return b"", MessageUnreadable(told)
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts), None


class MessageLate(MessageUnreadable):
    """A body that has not come in time: HTTP can tell that too."""


def left_early() -> MessageUnreadable:
    return MessageUnreadable("the caller left before the request was complete")


def cut_short() -> MessageUnreadable:
    return MessageUnreadable("the body ended before its last chunk")


def came_late(seconds: float) -> MessageUnreadable:
    return MessageLate(f"the request did not arrive within {seconds:g} seconds")


class _NothingMore:
    """Stands for a cycle that has answered: whatever is still told of its connection changes nothing."""

    def set(self) -> None:
        """Nothing."""

    def clear(self) -> None:
        """Nothing."""


_NOTHING_MORE = _NothingMore()


class TrafficCycle:
    """One request and its answer. The flags without a comment are uvicorn's, which its protocol reads and sets.

    While it answers, it is in circles with itself, its task and its connection; then it lets go of them, and of the
    request. In circles, every call's documents would wait for the garbage collector, and the collector's pauses would
    be other calls' delays; and a connection that only waits would hold the last body that came by it.
    """

    def __init__(
        self, connection: Connection, traffic: Traffic, request: HttpRequest, keep_alive: bool, is_1_0: bool
    ) -> None:
        self._connection, self._traffic, self._request = connection, traffic, request
        self._presence = request.presence
        self._tells_keep_alive = is_1_0  # HTTP/1.0 keeps a connection only when both have said so
        self._body = Body(request.headers, traffic.max_message_bytes)
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_answering = False
        self.keep_alive = keep_alive
        self.more_body = True
        self.response_complete = False
        self.message_event: TrafficCycle | _NothingMore = self
        if self._body.is_refused_at_once:
            self._start()
        elif "100-continue" in request.headers.get("expect", "").lower() and not is_1_0:
            connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def take(self, part: bytes) -> None:
        """A part of the body; of no interest once it is answered."""
        if self.response_complete:
            return
        self._body.add(part)
        if self._body.is_endless:
            self._start()

    def wait(self) -> None:
        """All that came has been read, and more shall come: not for ever."""
        if self._timer is None and not self._is_answering:
            late = self._connection.loop.call_later(self._traffic.request_timeout_seconds, self._late)
            self._timer = late

    def set(self) -> None:
        """What uvicorn's protocol calls when the flags have changed: the body is whole, or nobody will send more."""
        if self.disconnected and self.more_body:
            self._start(left_early())
        elif not self.more_body:
            self._start()

    def end(self) -> None:
        """Its sender says no more: what has come is all. A body in chunks is whole with its last chunk alone."""
        is_cut = self.more_body and not self._body.is_announced
        self._presence.has_closed_its_half = True
        self.more_body = self.keep_alive = False
        self._start(cut_short() if is_cut else None)

    def clear(self) -> None:
        """The end was none: the body goes on (after an offer of another protocol)."""
        if self._task is not None:
            self._task.cancel()
            self._connection.tasks.discard(self._task)  # which may never have begun, and then does not end either
        self._task, self._is_answering = None, False

    def _late(self) -> None:
        self._timer = None
        self._start(came_late(self._traffic.request_timeout_seconds))

    def _start(self, unreadable: MessageUnreadable | None = None) -> None:
        if self._is_answering:
            return
        self._is_answering = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._task = task = self._connection.loop.create_task(self._run(unreadable))
        self._connection.tasks.add(task)

    @property
    def disconnected(self) -> bool:
        return self._presence.has_left

    @disconnected.setter
    def disconnected(self, has_left: bool) -> None:
        self._presence.has_left = has_left

    async def _run(self, unreadable: MessageUnreadable | None) -> None:
        try:
            body, found = self._body.whole()
            unreadable = unreadable or found
            request = self._request if unreadable else self._request.with_body(body)
            self._finish(await self._traffic.answer(request, unreadable))
        finally:
            self._connection.tasks.discard(cast("asyncio.Task[None]", asyncio.current_task()))
            self.message_event, self._task = _NOTHING_MORE, None
            if self.response_complete:
                del self._connection, self._request, self._body

    def _finish(self, answer: Answer) -> None:
        if not self.disconnected and not self._connection.transport.is_closing():
            self._reply(answer)
        self.response_complete = True
        if not self.keep_alive:
            self._connection.transport.close()
        self._connection.on_response_complete()

    def _reply(self, answer: Answer) -> None:
        lines = []
        for name, value in rows_of(answer):
            if name != "connection":
                lines.append(f"{name}: {value}\r\n")
            elif "close" in value.lower():
                self.keep_alive = False
        if self.more_body:
            self.keep_alive = False
        if not self.keep_alive:
            lines.append("connection: close\r\n")
        elif self._tells_keep_alive:
            lines.append("connection: keep-alive\r\n")
        head = f"{_status_line(answer.status)}{''.join(lines)}content-length: {len(answer.body)}\r\n\r\n"
        body = b"" if self._request.method == "HEAD" else answer.body
        self._connection.transport.write(head.encode("latin-1", "replace") + body)


def rows_of(answer: Answer) -> list[tuple[str, str]]:
    """The answer's headers as they can be sent: names in lower case, no control characters, no bad names."""
    return [
        (lowered, value if value.isprintable() else _CONTROL.sub("?", value))
        for name, value in answer.headers
        if (lowered := _sendable_name(name))
    ]


@lru_cache(maxsize=4096)
def _sendable_name(name: str) -> str:
    return name.lower() if len(name) < 1000 and _NAME.fullmatch(name) else ""


@lru_cache(maxsize=600)
def _status_line(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n"

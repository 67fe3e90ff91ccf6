"""Calling many at once: an event loop in a thread of its own, on which a call that waits holds no thread.

Every call has its time to connect and its time to be silent; all of one question together have a deadline, after which
those that are missing have failed. How many may wait is bounded, in all and for one source, and whoever is over the
bound fails at once: nobody waits behind a source that hangs. A call is made once, follows no redirect, asks the
environment for nothing, keeps no cookies, and takes no more of an answer than it may be long.
Elsewhere: what answers say (answers.py), which calls there are (plan.py).
Source: platform.md §22.1 step 7, §22.2.
"""

import asyncio
import concurrent.futures
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp

from contracts.transport import HttpAnswer
from national_services.aggregation.answers import OTHER, TOO_LATE, CallFailed

_PORTION = 65_536
_KEEP_ALIVE_SECONDS = 2.0  # less than servers keep theirs: a call must not go out on a connection that is being closed
_LAST_TURNS = 10  # of the loop, in which connections that have been given up are really closed

Result = TypeVar("Result")


class NotRunning(Exception):
    """The loop is not there: not opened yet, or closed while somebody waited."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a connection, and for each portion of an answer."""

    connect_seconds: float
    read_seconds: float


class CallLoop:
    """The loop and the connections that live on it. `open` before the first call; `close` gives up what still waits."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._giving = threading.Lock()  # whoever gives the loop work does so before it is told to leave, or not at all
        self._loop: asyncio.AbstractEventLoop
        self._leave: asyncio.Event
        self.session: aiohttp.ClientSession

    def open(self) -> None:
        if self._thread is not None:
            return
        started: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live(started)), name="aggregation")
        self._thread.start()
        started.result()

    def close(self) -> None:
        with self._giving:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._loop.call_soon_threadsafe(self._leave.set)
        if thread is not None:
            thread.join()

    async def _live(self, started: "concurrent.futures.Future[None]") -> None:
        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        async with _session() as self.session:
            started.set_result(None)
            await self._leave.wait()
            waiting = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        for _ in range(_LAST_TURNS):
            await asyncio.sleep(0)

    async def run(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """What `work` gives, done on the loop while the caller's own loop goes on. Raises NotRunning."""
        with self._giving:
            if self._thread is None:
                raise NotRunning
            given = asyncio.run_coroutine_threadsafe(work(), self._loop)
        future = asyncio.wrap_future(given)
        try:
            return await future
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise  # the caller has left
            raise NotRunning from None


def _session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS)
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        raise_for_status=False,
    )


class Caller:
    """Posts messages on one loop, within bounds. Its methods belong on that loop."""

    def __init__(self, loop: CallLoop, *, most: int, most_to_one: int, max_bytes: int) -> None:
        self._loop = loop
        self._most, self._most_to_one = most, most_to_one
        self._max_bytes = max_bytes
        self._waiting: Counter[str | None] = Counter()

    @property
    def waiting(self) -> int:
        """How many calls wait for an answer."""
        return self._waiting.total()

    async def post(
        self, source: str | None, address: str, body: bytes, headers: Mapping[str, str], patience: Patience
    ) -> HttpAnswer:
        """The answer of `source`, asked at the URL `address`, whatever its status; None is somebody whom every question
        needs, for whom only the bound for all counts. Raises CallFailed.
        """
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=patience.connect_seconds, sock_read=patience.read_seconds
        )
        with self._place(source and source.lower()), _told():
            async with self._loop.session.post(
                address, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                told = {name.lower(): value for name, value in response.headers.items()}
                return HttpAnswer(response.status, told, await self._read(response))

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for portion in response.content.iter_chunked(_PORTION):
            body += portion
            if len(body) > self._max_bytes:
                response.close()
                raise CallFailed(OTHER, f"HTTP {response.status}: the answer is larger than {self._max_bytes} bytes")
        return bytes(body)

    @contextmanager
    def _place(self, source: str | None) -> Iterator[None]:
        """A place among the calls that wait. Raises CallFailed when there is none."""
        if self._waiting.total() >= self._most:
            raise CallFailed(OTHER, "too many calls are waiting for answers")
        if source is not None and self._waiting[source] >= self._most_to_one:
            raise CallFailed(OTHER, "too many calls are waiting for answers of this source")
        self._waiting[source] += 1
        try:
            yield
        finally:
            self._waiting[source] -= 1
            if not self._waiting[source]:
                del self._waiting[source]


@contextmanager
def _told() -> Iterator[None]:
    """The HTTP client's errors as CallFailed, by kind: their own sentences hold addresses and parts of answers."""
    try:
        yield
    except aiohttp.SocketTimeoutError:
        raise CallFailed(TOO_LATE, "Read timed out") from None
    except aiohttp.ConnectionTimeoutError:
        raise CallFailed(OTHER, "no connection could be made in time") from None
    except aiohttp.ClientConnectorError as error:
        raise CallFailed(OTHER, f"no connection could be made ({type(error).__name__})") from None
    except (aiohttp.ClientError, OSError) as error:
        kind = type(error).__name__
        raise CallFailed(OTHER, f"the connection broke before the whole answer had come ({kind})") from None
    except ValueError as error:
        raise CallFailed(OTHER, f"the call could not be sent ({type(error).__name__})") from None


async def within(seconds: float, calls: Iterable[Awaitable[Result]]) -> list[Result | BaseException | None]:
    """What each call gives or raises, in their order; None for those that have given nothing after `seconds`.

    All run at once. None of them runs on when this ends, however it ends.
    """
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        done = [task.done() for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    return [one if was_done else None for one, was_done in zip(ended, done, strict=True)]

"""How a consumer's message travels: over HTTP, or in process to an ASGI application without a socket.

A transport takes bytes to an address and brings an answer's bytes back; it neither writes nor reads messages. It never
sends twice, follows no redirect and asks the environment for nothing. When there is no answer it says what the caller
of an updating interaction must know (contracts.md MB-10): NotSent, so nothing has happened, or OutcomeUnknown.
Elsewhere: what is in the bytes (consumer.py); the gateway's own way to producers (gateway/forwarder.py).
Source: contracts.md §2.2, §2.6 rule 6; DESIGN.md decision 7.
"""

import asyncio
import concurrent.futures
import logging
import ssl
import threading
import weakref
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self
from urllib.parse import unquote, urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

from contracts import xml
from contracts.envelope import charset_of

log = logging.getLogger(__name__)

_PORTION = 65_536

AsgiEvent = MutableMapping[str, Any]
AsgiReceive = Callable[[], Awaitable[AsgiEvent]]
AsgiSend = Callable[[AsgiEvent], Awaitable[None]]
AsgiApplication = Callable[[MutableMapping[str, Any], AsgiReceive, AsgiSend], Awaitable[None]]


class NoAnswer(Exception):
    """The call got no answer at all. The sentence names the kind of failure, never the message.

    NoAnswer
    ├── NotSent          nothing left us: the call has not been carried out and may be made again
    └── OutcomeUnknown   the answer is late or the line broke: the call may have been carried out
    """

    outcome_unknown: ClassVar[bool]


class NotSent(NoAnswer):
    """Refused, unknown host, no connection in time, or an untrusted certificate."""

    outcome_unknown = False


class OutcomeUnknown(NoAnswer):
    """Late, or broken off once the message was on its way: look before trying again (contracts.md MB-10)."""

    outcome_unknown = True


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back: a status, headers by lower-case name, and the body's bytes.

    A body larger than a message may be is cut off one byte after the limit, so that reading it fails by size.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def charset(self) -> str | None:
        """What Content-Type says of the encoding."""
        return charset_of(self.headers.get("content-type", ""))


class Transport(Protocol):
    """Takes messages to addresses; called from many threads at once."""

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """The answer, whatever its status. Raises NotSent or OutcomeUnknown when there is none."""


class HttpTransport:
    """HTTP with kept-alive connections, one session a thread. A context manager; `close` lets all connections go.

    `connect_seconds` bounds the making of a connection, `read_seconds` each wait for bytes of the answer. For HTTPS,
    `authorities` is a PEM file of the CAs to trust (those of certifi when None), `certificate` a PEM file with our
    client certificate and its key (contracts.md §2.6 rule 6).
    """

    def __init__(
        self,
        *,
        connect_seconds: float = 5.0,
        read_seconds: float = 30.0,
        authorities: Path | None = None,
        certificate: Path | None = None,
        max_bytes: int = xml.MESSAGE_LIMITS.max_bytes,
    ) -> None:
        self._timeouts = (connect_seconds, read_seconds)
        self._authorities, self._certificate = authorities, certificate
        self._max_bytes = max_bytes
        self._local = threading.local()
        self._sessions: weakref.WeakSet[requests.Session] = weakref.WeakSet()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every thread's connections. A later call opens new ones."""
        with self._lock:
            for session in self._sessions:
                session.close()

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        try:
            with self._session().post(
                address, data=body, headers=headers, timeout=self._timeouts, stream=True, allow_redirects=False
            ) as response:
                told = {name.lower(): value for name, value in response.headers.items()}
                return HttpAnswer(response.status_code, told, self._read(response))
        except requests.RequestException as error:
            if isinstance(error, ValueError):  # an address or a header that cannot be: a mistake of the caller
                raise
            raise _no_answer(error) from None

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        for portion in response.iter_content(_PORTION):
            body += portion
            if len(body) > self._max_bytes:
                break
        return bytes(body[: self._max_bytes + 1])

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False  # no proxy, no .netrc, no CA bundle from outside the settings
            session.headers["User-Agent"] = "Tidbro"
            session.verify = str(self._authorities) if self._authorities else True
            session.cert = str(self._certificate) if self._certificate else None
            with self._lock:
                self._sessions.add(session)
        return session


def _no_answer(error: requests.RequestException) -> NoAnswer:
    """NotSent where that is certain, else OutcomeUnknown."""
    causes = list(_causes(error))
    kind = type(causes[-1]).__name__
    if any(isinstance(c, NewConnectionError | ConnectTimeoutError | ssl.SSLCertVerificationError) for c in causes):
        return NotSent(f"no connection could be made ({kind})")
    if any(isinstance(c, requests.Timeout | ReadTimeoutError) for c in causes):
        return OutcomeUnknown("the answer did not come in time")
    return OutcomeUnknown(f"the connection broke before the whole answer had come ({kind})")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and what lies under it: requests and urllib3 wrap as `args[0]` or as `reason`."""
    current: object = error
    while isinstance(current, BaseException):
        yield current
        current = getattr(current, "reason", None) or (current.args[0] if current.args else None)


class ApplicationNotStarted(Exception):
    """The ASGI application said that its start-up failed, and why."""


class InProcessTransport:
    """The same, without a socket: an ASGI application run on an event loop in a thread of its own.

    A context manager: entering it starts the loop and the application's lifespan, leaving it ends both. As over HTTP, a
    call that is given up after `read_seconds` is not taken back: the application learns that its caller has left.
    Raises ApplicationNotStarted on entry when the application's start-up fails.
    """

    def __init__(self, application: AsgiApplication, *, read_seconds: float = 30.0) -> None:
        self._application = application
        self._read_seconds = read_seconds
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._leave: asyncio.Event

    def __enter__(self) -> Self:
        started: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._live(started)), name="in-process-transport", daemon=True
        )
        self._thread.start()
        try:
            started.result()
        except ApplicationNotStarted:
            self._thread = None
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self._loop.call_soon_threadsafe(self._leave.set)
            thread.join()

    async def _live(self, started: concurrent.futures.Future[None]) -> None:
        """Start-up, then calls until somebody leaves, then shutdown; `started` tells the outcome of the first."""
        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        lifespan = _Lifespan(self._application)
        try:
            await lifespan.start()
        except ApplicationNotStarted as error:
            started.set_exception(error)
            return
        started.set_result(None)
        await self._leave.wait()
        await lifespan.end()

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        if self._thread is None:
            raise NotSent("the application is not running")
        exchange = _Exchange(address, body, headers)
        asyncio.run_coroutine_threadsafe(exchange.run(self._application), self._loop)
        try:
            return exchange.answer.result(self._read_seconds)
        except concurrent.futures.TimeoutError:
            self._loop.call_soon_threadsafe(exchange.abandon)
            raise OutcomeUnknown("the answer did not come in time") from None


class _Lifespan:
    """The application's start-up and shutdown; an application that knows no lifespan runs without one (ASGI)."""

    def __init__(self, application: AsgiApplication) -> None:
        self._inbox: asyncio.Queue[AsgiEvent] = asyncio.Queue()
        self._told: asyncio.Queue[AsgiEvent] = asyncio.Queue()
        self._task = asyncio.ensure_future(self._run(application))

    async def _run(self, application: AsgiApplication) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        try:
            await application(scope, self._inbox.get, self._told.put)
        except Exception:
            log.info("application_has_no_lifespan", exc_info=True)
        await self._told.put({"type": "lifespan.over"})

    async def start(self) -> None:
        await self._inbox.put({"type": "lifespan.startup"})
        told = await self._told.get()
        if told["type"] == "lifespan.startup.failed":
            raise ApplicationNotStarted(str(told.get("message", "")))

    async def end(self) -> None:
        await self._inbox.put({"type": "lifespan.shutdown"})
        await self._task
        while not self._told.empty():
            told = self._told.get_nowait()
            if told["type"] == "lifespan.shutdown.failed":
                log.error("application_shutdown_failed", extra={"reason": told.get("message", "")})


class _Exchange:
    """One request and its answer, as an ASGI server carries them."""

    def __init__(self, address: str, body: bytes, headers: Mapping[str, str]) -> None:
        self.answer: concurrent.futures.Future[HttpAnswer] = concurrent.futures.Future()
        self._url = urlsplit(address)
        self._requests: list[AsgiEvent] = [{"type": "http.request", "body": body, "more_body": False}]
        self._is_over = asyncio.Event()
        self._headers = {"host": self._url.netloc, **{n.lower(): v for n, v in headers.items()}}
        self._headers["content-length"] = str(len(body))
        self._head: AsgiEvent = {}
        self._parts: list[bytes] = []

    async def run(self, application: AsgiApplication) -> None:
        failure = None
        try:
            await application(self._scope(), self._receive, self._send)
        except Exception as error:
            failure = error
        finally:
            self._is_over.set()
            self._end(failure)

    def abandon(self) -> None:
        """The caller has left."""
        self._is_over.set()

    def _scope(self) -> MutableMapping[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": self._url.scheme,
            "path": unquote(self._url.path),
            "raw_path": self._url.path.encode(),
            "root_path": "",
            "query_string": self._url.query.encode(),
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self._headers.items()],
            "client": ("127.0.0.1", 0),
            "server": (self._url.hostname or "", self._url.port or 80),
            "state": {},
        }

    async def _receive(self) -> AsgiEvent:
        if self._requests:
            return self._requests.pop()
        await self._is_over.wait()
        return {"type": "http.disconnect"}

    async def _send(self, event: AsgiEvent) -> None:
        if event["type"] == "http.response.start":
            self._head = event
        elif event["type"] == "http.response.body":
            self._parts.append(event.get("body", b""))
            if not event.get("more_body") and not self.answer.done():
                self.answer.set_result(self._whole())
                self._is_over.set()

    def _whole(self) -> HttpAnswer:
        rows = self._head.get("headers", ())  # ASGI lets an application leave them out
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in rows}
        return HttpAnswer(self._head["status"], headers, b"".join(self._parts))

    def _end(self, failure: Exception | None) -> None:
        """The application is done; whoever still waits for its answer waits in vain."""
        if not self.answer.done():
            told = OutcomeUnknown("the application ended without an answer")
            told.__cause__ = failure
            self.answer.set_exception(told)

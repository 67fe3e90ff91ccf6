"""The ASGI door: what may come in, and that everything that goes out is well-formed.

Takes requests for the traffic path, reads their bodies within bounds of size and time, hands them to the pipeline;
answers what HTTP itself asks there (OPTIONS, TRACE), and 413 for a body that is too large, where it is to be told by
HTTP; serves WSDL and schemas; asks the pages it was given (admin.py, tak/services.py) for other paths, and lets the
rest through to the sites, if there are any. Opening and closing the gateway follows the ASGI lifespan.
Elsewhere: HTTP that is not HTTP (http_protocol.py); everything about the message (pipeline.py).
Source: platform.md §2 (steps 0, 1, 22), §14.4, §14.5, §16, §17.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from contracts.errors import MessageUnreadable
from contracts.http_headers import CORRELATION_ID
from gateway import faults, masking
from gateway.call import Answer, HttpRequest
from gateway.pipeline import Pipeline, correlation_id_of
from gateway.traffic import Body, MessageLate, MessageTooLarge, Traffic, came_late, left_early, rows_of
from gateway.wsdl_pages import WsdlPages, asks_for_contract

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApplication = Callable[[Scope, Receive, Send], Awaitable[None]]
Page = Callable[[HttpRequest], Awaitable[Answer | None]]
"""Answers a request of its own paths, None to all others. The body has been read, within the limits of a message."""

TRAFFIC_PATH = "/vp"
_NOT_FOUND = Answer(404, b"", (("Content-Type", "text/plain"),))
_OPTIONS = Answer(200, b"", (("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),))
_NO_TRACE = Answer(
    405, b"", (("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"), ("Content-Type", "text/plain"))
)
_TOO_LARGE = Answer(413, b"", (("Connection", "close"),))


class Door:
    """The ASGI application of one gateway; `sites` answers every path that is neither traffic nor one of `pages`.

    `pages` are by the beginnings of their paths, in lower case: `/status`, `/tak-services`. `host` is what the listener
    was told to listen on.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        pages: Mapping[str, Page],
        sites: AsgiApplication | None = None,
        traffic_path: str = TRAFFIC_PATH,
        host: str = "localhost",
    ) -> None:
        self._pipeline = pipeline
        self._contracts = WsdlPages(pipeline.catalogue, pipeline.settings, host)
        self._pages = pages
        self._sites = sites
        self._traffic_path = traffic_path.rstrip("/").lower()

    def traffic_at(self, port: int, path: str) -> Traffic | None:
        """Who answers calls at a path: the door itself, or None for what is no call."""
        return self if _is_below(path.lower(), self._traffic_path) else None

    @property
    def max_message_bytes(self) -> int:
        return self._pipeline.settings.max_message_bytes

    @property
    def request_timeout_seconds(self) -> float:
        return self._pipeline.settings.request_timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        for step, name in ((self._pipeline.open, "startup"), (self._pipeline.close, "shutdown")):
            await receive()
            try:
                await step()
            except Exception as error:
                log.exception("gateway_%s_failed", name)
                await send({"type": f"lifespan.{name}.failed", "message": f"{type(error).__name__}: {error}"})
                return
            await send({"type": f"lifespan.{name}.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].lower()
        if _is_below(path, self._traffic_path):
            request = _head(scope)
            body, unreadable = await self._read(request, receive)
            await _reply(send, await self.answer(request.with_body(body), unreadable))
        elif (page := self._page_at(path)) is not None:
            await _reply(send, await self._page(page, scope, receive))
        elif self._sites is not None:
            await self._sites(scope, receive, send)
        else:
            await _reply(send, _NOT_FOUND)

    def _page_at(self, path: str) -> Page | None:
        return next((page for start, page in self._pages.items() if _is_below(path, start)), None)

    async def _page(self, page: Page, scope: Scope, receive: Receive) -> Answer:
        request = _head(scope)
        body, unreadable = await self._read(request, receive, passes_over=False)
        try:
            if unreadable is not None:
                return _unread(unreadable)
            return await page(request.with_body(body)) or _NOT_FOUND
        except Exception as error:
            log.error("page_failed: %s", masking.trace_of(error))
            own = self._pipeline.settings
            return faults.internal_fault(error, own.instance_name, own.tells_internal_errors)

    async def answer(self, request: HttpRequest, unreadable: MessageUnreadable | None) -> Answer:
        """The answer on the traffic path; whatever goes wrong here, it is a fault.

        `unreadable` is what was found wrong with the body, which is then empty.
        """
        try:
            return await self._answer(request, unreadable)
        except Exception as error:
            log.error("door_failed: %s", masking.trace_of(error))
            own = self._pipeline.settings
            return faults.internal_fault(error, own.instance_name, own.tells_internal_errors)

    async def _answer(self, request: HttpRequest, unreadable: MessageUnreadable | None) -> Answer:
        if request.method in ("OPTIONS", "TRACE"):
            return _OPTIONS if request.method == "OPTIONS" else _NO_TRACE
        if asks_for_contract(request):
            answer = self._contracts.answer(request)
            return answer.with_headers((CORRELATION_ID, correlation_id_of(request)))
        if isinstance(unreadable, MessageTooLarge) and self._pipeline.settings.http_refusals:
            log.warning("http_request_refused: %s", unreadable.detail)
            return _TOO_LARGE
        answer = await self._pipeline.answer(request, unreadable)
        return answer.with_headers(("Connection", "close")) if unreadable is not None else answer

    async def _read(
        self, request: HttpRequest, receive: Receive, passes_over: bool = True
    ) -> tuple[bytes, MessageUnreadable | None]:
        """The body, or what is wrong with it, as any ASGI server gives it; on our own connections see traffic.py.

        What is too large is passed over to its end, if it is to be, so that its sender hears of it.
        """
        seconds = self.request_timeout_seconds
        body = Body(request.headers, self.max_message_bytes)
        try:
            async with asyncio.timeout(seconds):
                while not (body.is_refused_at_once or body.is_endless or (body.is_too_large and not passes_over)):
                    event = await receive()
                    if event["type"] == "http.disconnect":
                        return b"", left_early()
                    body.add(event.get("body", b""))
                    if not event.get("more_body"):
                        break
        except TimeoutError:
            return b"", came_late(seconds)
        return body.whole()


def _unread(unreadable: MessageUnreadable) -> Answer:
    """A page's answer to a body that could not be read. Pages are no calls: HTTP tells it, not a fault."""
    status = 413 if isinstance(unreadable, MessageTooLarge) else 408 if isinstance(unreadable, MessageLate) else 400
    sentence = f"{unreadable.detail}\n".encode()
    return Answer(status, sentence, (("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")))


def _is_below(path: str, start: str) -> bool:
    return path == start or path.startswith(start + "/")


def _head(scope: Scope) -> HttpRequest:
    """The request without its body. A header that comes several times is joined with commas."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    client = scope.get("client")
    return HttpRequest(
        method=scope["method"],
        path=scope["path"],
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=headers,
        peer=client[0] if client else "",
        scheme=scope.get("scheme", "http"),
        port=(scope.get("server") or ("", 0))[1] or 0,
        certificate=scope.get("state", {}).get("client_certificate"),
    )


async def _reply(send: Send, answer: Answer) -> None:
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in rows_of(answer)]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})

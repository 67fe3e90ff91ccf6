"""Answering SOAP requests at paths of one's own: an ASGI application for services that stand behind the gateway.

Takes a message within bounds, gives it to the service of its path, and writes what comes back: an envelope with 200, or
a SOAP 1.1 fault with 500, in the form that the real services give theirs. Ordinary functions run in a pool of threads,
coroutines on the loop. Pages for operators stand beside the services. Who may ask is a list of peers: nobody who is not
on it gets anything, for the sender's name in the headers is believed here.
Elsewhere: what the answers are (the index, aggregation, subscribers).
Source: contracts.md §2.2; platform.md §5.2 (internal calls), §21.1, §22.1.
"""

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import escape
from inspect import iscoroutinefunction
from typing import Any

from contracts import envelope, xml
from contracts.errors import FaultCode, MessageUnreadable
from contracts.namespaces import SOAP_ENVELOPE
from contracts.transport import AsgiReceive, AsgiSend

log = logging.getLogger(__name__)

LOOPBACK = ("127.0.0.0/8", "::1/128")
_XML = "text/xml; charset=UTF-8"


class ServiceFault(Exception):
    """The service answers with a SOAP fault; its sentence quotes nothing of the message."""

    def __init__(self, faultstring: str, faultcode: FaultCode = "Server", detail: str | None = None) -> None:
        super().__init__(faultstring)
        self.faultstring, self.faultcode, self.detail = faultstring, faultcode, detail


@dataclass(frozen=True, slots=True)
class Question:
    """A request to a service. Header names are in lower case."""

    message: envelope.Message
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """A service's answer that has HTTP headers of its own: the whole envelope, and the headers by name."""

    envelope: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What a page for operators answers."""

    status: int
    body: bytes = field(repr=False)
    content_type: str = "text/plain; charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for a page."""

    method: str
    path: str
    query: str = ""


Told = bytes | Reply
Answer = Callable[[Question], Told] | Callable[[Question], Awaitable[Told]]
"""A service: the whole envelope of its answer, with headers if it has any. Raises ServiceFault."""
Page = Callable[[PageRequest], PageAnswer]


class SoapServices:
    """Services and pages by their paths, compared without regard to case. `close` when there are no more questions.

    A lifespan is answered, for servers that insist, and means nothing here: what a service needs its owner opens.
    """

    def __init__(
        self,
        services: Mapping[str, Answer],
        pages: Mapping[str, Page] | None = None,
        *,
        peers: Iterable[str] = LOOPBACK,
        threads: int = 8,
        limits: xml.Limits = xml.MESSAGE_LIMITS,
    ) -> None:
        self._services = {path.lower(): service for path, service in services.items()}
        self._pages = {path.lower(): page for path, page in (pages or {}).items()}
        self._peers = tuple(ipaddress.ip_network(peer, strict=False) for peer in peers)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="service")
        self._limits = limits

    @property
    def paths(self) -> tuple[str, ...]:
        return (*self._services, *self._pages)

    def close(self) -> None:
        """Let the threads go, when their last answers are given."""
        self._pool.shutdown()

    async def __call__(self, scope: Any, receive: AsgiReceive, send: AsgiSend) -> None:
        if scope["type"] == "lifespan":
            return await _live(receive, send)
        path = scope["path"].rstrip("/").lower()
        service, page = self._services.get(path), self._pages.get(path)
        if not self._is_known(scope.get("client")):
            await _reply(send, PageAnswer(403, b"This address may not ask."))
        elif service is not None:
            await _reply(send, await self._served(service, scope, receive))
        elif page is not None:
            request = PageRequest(scope["method"], path, scope.get("query_string", b"").decode("latin-1"))
            await _reply(send, await self._shown(page, request))
        else:
            await _reply(send, PageAnswer(404, b""))
        return None

    def _is_known(self, client: Any) -> bool:
        try:
            peer = ipaddress.ip_address(client[0] if client else "")
        except ValueError:
            return False
        peer = getattr(peer, "ipv4_mapped", None) or peer
        return any(peer in network for network in self._peers)

    async def _served(self, service: Answer, scope: Any, receive: AsgiReceive) -> PageAnswer:
        if scope["method"] != "POST":
            return PageAnswer(405, b"")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _body(receive, self._limits.max_bytes)
        if body is None:
            return PageAnswer(413, b"")
        return await self.answer(service, body, headers)

    async def _shown(self, page: Page, request: PageRequest) -> PageAnswer:
        try:
            shown: PageAnswer = await self._run(page, request)
        except Exception as error:
            log.error("page_failed: %s", type(error).__name__)
            return PageAnswer(500, b"The page could not be made.")
        return shown

    async def answer(self, service: Answer, body: bytes, headers: Mapping[str, str]) -> PageAnswer:
        """A service's answer to a message, or its fault."""
        try:
            message = envelope.read(body, envelope.charset_of(headers.get("content-type", "")), self._limits)
            told: Told = await self._run(service, Question(message, headers))
            reply = told if isinstance(told, Reply) else Reply(told)
            return PageAnswer(200, reply.envelope, _XML, reply.headers)
        except MessageUnreadable as error:
            return _fault(ServiceFault("The message cannot be read.", "Client", error.detail))
        except ServiceFault as fault:
            return _fault(fault)
        except Exception as error:
            # By its kind alone: what an error says of itself can quote the message.
            log.error("service_failed: %s", type(error).__name__)
            return _fault(ServiceFault("The service could not answer."))

    async def _run(self, function: Callable[[Any], Any], question: Any) -> Any:
        if iscoroutinefunction(function):
            return await function(question)
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, question)


async def _live(receive: AsgiReceive, send: AsgiSend) -> None:
    """The lifespan of an application that needs none."""
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


async def _body(receive: AsgiReceive, most: int) -> bytes | None:
    """The request's body; None when it is larger than it may be, or its sender has left."""
    body = bytearray()
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        body += event.get("body", b"")
        if len(body) > most:
            return None
        if not event.get("more_body"):
            return bytes(body)


def _fault(fault: ServiceFault) -> PageAnswer:
    return PageAnswer(500, write_fault(fault).encode(), _XML)


def write_fault(fault: ServiceFault) -> str:
    """A fault's envelope; its faultcode is `soap:Server` or `soap:Client` (platform.md §21.2)."""
    told = f"<faultcode>soap:{fault.faultcode}</faultcode><faultstring>{_text(fault.faultstring)}</faultstring>"
    if fault.detail is not None:
        told += f"<detail><detailString>{_text(fault.detail)}</detailString></detail>"
    body = f"<soap:Body><soap:Fault>{told}</soap:Fault></soap:Body>"
    return f'<soap:Envelope xmlns:soap="{SOAP_ENVELOPE}">{body}</soap:Envelope>'


def _text(text: str) -> str:
    return escape(xml.carriable(text), quote=False)


async def _reply(send: AsgiSend, answer: PageAnswer) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    headers += [(b"content-type", answer.content_type.encode()), (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})

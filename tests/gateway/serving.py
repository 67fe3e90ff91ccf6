"""A gateway really served by uvicorn on loopback, and raw sockets to call it with."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import uvicorn

from gateway.door import Door, Page
from gateway.http_protocol import protocol_for
from gateway.pipeline import Pipeline
from tests.gateway.builders import INTERNAL, Fault, pages_of, read_fault, sample


@dataclass(frozen=True)
class Reply:
    """One HTTP answer, read off the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def fault(self) -> Fault:
        """The fault in it; fails unless HTTP, headers and SOAP are as a fault's must be (platform.md §12.1)."""
        assert self.status == 500
        assert self.headers["content-type"] == "text/xml; charset=UTF-8"
        assert b"Traceback" not in self.body
        return read_fault(self.body)


@dataclass(frozen=True)
class ServedGateway:
    """A gateway that answers on a port of loopback."""

    port: int

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def told(self, raw: bytes, half_close: bool = False) -> bytes:
        """All that comes back until the gateway closes the connection."""
        with self.connect() as connection:
            return talk(connection, raw, half_close)

    def sent(self, raw: bytes, half_close: bool = False) -> Reply:
        """The one answer to raw bytes, after which the gateway must close the connection."""
        reply, rest = split_reply(self.told(raw, half_close))
        assert rest == b""
        return reply

    def posted(self, body: bytes, *headers: str, path: str = "/vp/x") -> Reply:
        return self.sent(a_post(body, *headers, "Connection: close", path=path))

    def still_answers(self) -> bool:
        """Whether the next good call gets its answer."""
        reply = self.posted(sample())
        return reply.status == 200 and b"GetAllCareTypesResponse" in reply.body


def talk(connection: socket.socket, raw: bytes, half_close: bool = False) -> bytes:
    with suppress(OSError):  # the answer and the end may come before all is sent
        connection.sendall(raw)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
    return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def read_reply(connection: socket.socket) -> Reply:
    """The next answer on a connection that stays open."""
    raw = b""
    while True:
        part = connection.recv(65_536)
        assert part, f"closed after {raw!r}"
        raw += part
        head, found, body = raw.partition(b"\r\n\r\n")
        if found and len(body) >= int(headers_of(head).get("content-length", 0)):
            reply, rest = split_reply(raw)
            assert rest == b""
            return reply


def headers_of(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def split_reply(raw: bytes) -> tuple[Reply, bytes]:
    """The first answer in `raw`, and what follows it."""
    head, found, rest = raw.partition(b"\r\n\r\n")
    assert found, f"no HTTP answer: {raw[:200]!r}"
    assert head.startswith(b"HTTP/1.1 ")
    headers = headers_of(head)
    length = int(headers["content-length"])
    assert len(rest) >= length
    return Reply(int(head.split()[1]), headers, rest[:length]), rest[length:]


def a_post(body: bytes, *headers: str, path: str = "/vp/x", length: object = None) -> bytes:
    """A POST with the internal headers, written as bytes; `length` is what Content-Length says."""
    identity = [f"{name}: {value}" for name, value in INTERNAL.items()]
    announced = [] if length is False else [f"Content-Length: {len(body) if length is None else length}"]
    head = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: text/xml", *identity, *announced, *headers]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


@contextmanager
def served(
    pipeline: Pipeline, head_timeout_seconds: float = 20.0, pages: Mapping[str, Page] | None = None
) -> Iterator[ServedGateway]:
    """The gateway, served on a free port in a thread until the block ends; with `pages` besides its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    door = Door(pipeline, {**pages_of(pipeline), **(pages or {})})
    own = pipeline.settings
    protocol = protocol_for(
        own.instance_name,
        head_timeout_seconds,
        own.max_request_line_bytes,
        own.max_head_bytes,
        own.http_refusals,
        own.max_message_bytes,
    )
    config = uvicorn.Config(  # as tidbro/server.py has it: middleware around the door would hide it from the protocol
        door, http=protocol, loop="uvloop", ws="none", lifespan="on", log_config=None, proxy_headers=False
    )
    server = uvicorn.Server(config)
    started = threading.Event()
    startup = server.startup

    async def told_startup(sockets: list[socket.socket] | None = None) -> None:
        try:
            await startup(sockets)
        finally:
            started.set()

    server.startup = told_startup
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    started.wait(30)
    try:
        yield ServedGateway(listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
        listening.close()

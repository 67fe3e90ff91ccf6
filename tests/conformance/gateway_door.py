"""A door in front of a good gateway that makes it misbehave: what comes and goes passes through a twist, whole."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Asked:
    """A request on its way to the gateway; a twist changes it in place."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Told:
    """An answer on its way back, and what was asked."""

    asked: Asked
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GatewayTwist:
    """One wrong behaviour; as it stands, none. Names of headers are in lower case."""

    of_request: Callable[[Asked], None] = lambda asked: None
    of_answer: Callable[[Told], None] = lambda told: None


class GatewayDoor:
    """Behaves as `twist` says, which may be changed between calls."""

    def __init__(self, upstream_port: int) -> None:
        self.upstream_port = upstream_port
        self.twist = GatewayTwist()
        self.port = 0

    def carry(self, method: str, asked: Asked) -> Told:
        self.twist.of_request(asked)
        upstream = http.client.HTTPConnection("127.0.0.1", self.upstream_port, timeout=40)
        try:
            headers = {**asked.headers, "content-length": str(len(asked.body))} if asked.body else asked.headers
            upstream.request(method, asked.path, asked.body or None, headers)
            got = upstream.getresponse()
            told = Told(asked, got.status, got.read(), {name.lower(): value for name, value in got.getheaders()})
        finally:
            upstream.close()
        self.twist.of_answer(told)
        return told


@contextmanager
def a_door(upstream_port: int) -> Iterator[GatewayDoor]:
    """A door to the gateway at this port, until the block ends."""
    door = GatewayDoor(upstream_port)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told = door.carry(self.command, Asked(self.path, headers, body))
            self.send_response_only(told.status)
            for name, value in {**told.headers, "content-length": str(len(told.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        door.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="gateway-door")
        thread.start()
        try:
            yield door
        finally:
            server.shutdown()
            thread.join()

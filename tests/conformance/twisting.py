"""A door in front of a good system that makes it misbehave: what comes and goes passes through a `Twist`."""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar

import requests

from contracts.errors import MessageUnreadable


@dataclass
class Reply:
    """What is sent back; a twist changes it in place."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Twist:
    """One wrong behaviour. As it stands: none. A twist may keep state; calls come from many threads."""

    def request(self, interaction: str, body: bytes) -> bytes:
        """What the system gets to see of a request."""
        return body

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        """What the caller gets to see of an answer."""
        return reply

    def instead(self, interaction: str, request: bytes) -> Reply | None:
        """An answer without the system being asked; None asks it."""
        return None

    def refusal(self, interaction: str, headers: Mapping[str, str]) -> Reply | None:
        """The same, by the headers of HTTP, whose names are in lower case."""
        return None

    def page(self, path: str, reply: Reply) -> Reply:
        """What the caller gets to see of something that it fetched with GET, a WSDL or a schema."""
        return reply


class Replacing(Twist):
    """Replaces a regular expression in the answers of some interactions, in all for none."""

    def __init__(self, pattern: str, by: str, *interactions: str) -> None:
        self._pattern, self._by, self._interactions = pattern, by, interactions

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        if not self._interactions or interaction in self._interactions:
            reply.body = self._replaced(reply.body)
        return reply

    def _replaced(self, body: bytes) -> bytes:
        """What is no UTF-8 (an answer in UTF-16) stays as it is."""
        text = body.decode(errors="surrogateescape")
        return re.sub(self._pattern, self._by, text, flags=re.DOTALL).encode(errors="surrogateescape")


_INTERACTION = re.compile(rb"<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)", re.DOTALL)
Result = TypeVar("Result")
_KEPT = ("content-type", "soapaction")


def unless_unreadable(otherwise: Result, hook: Callable[..., Result], *told: object) -> Result:
    """What a twist makes of a message; what it cannot read passes by as it is, for a run sends such messages too."""
    try:
        return hook(*told)
    except MessageUnreadable:
        return otherwise


@contextmanager
def twisted(upstream: str, twist: Twist) -> Iterator[str]:
    """The base URL of `upstream` seen through `twist`, until the block ends."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            found = _INTERACTION.search(body)
            interaction = found[1].decode() if found else ""
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = twist.refusal(interaction, headers) or unless_unreadable(None, twist.instead, interaction, body)
            if reply is None:
                reply = self._asked(interaction, body)
            self._send(reply)

        def do_GET(self) -> None:
            got = session.get(upstream + self.path, headers={"host": self.headers["host"]}, timeout=60)
            reply = Reply(got.status_code, got.content, {"content-type": got.headers.get("content-type", "")})
            self._send(twist.page(self.path, reply))

        def _asked(self, interaction: str, body: bytes) -> Reply:
            told = {name: value for name, value in self.headers.items() if name.lower() in _KEPT or name[:2] == "x-"}
            asked = unless_unreadable(body, twist.request, interaction, body)
            got = requests.post(upstream + self.path, asked, headers=told, timeout=60)
            reply = Reply(got.status_code, got.content, {"content-type": got.headers["content-type"]})
            return unless_unreadable(reply, twist.answer, interaction, body, reply)

        def _send(self, reply: Reply) -> None:
            try:
                self.send_response(reply.status)
                for name, value in {**reply.headers, "content-length": str(len(reply.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                self.close_connection = True  # the kit hung up, as it may

        def log_message(self, format: str, *args: object) -> None:
            pass

    with requests.Session() as session, ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="twisted-door")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()

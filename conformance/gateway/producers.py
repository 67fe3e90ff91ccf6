"""Mock producers that do what each call's case tells them to, and remember to the byte what they saw.

Which case a request belongs to is told by a function: by the header `x-case`, which is one of those that a platform
passes on (platform.md §7.2), or, for a gateway that is still to be judged, by what the body says (`rows.case_in_body`).
What happens before a head is read has a port of its own. Sockets and threads alone: a library would mend what must be
seen, and could not misbehave as a producer must.
"""

import socket
import ssl
import struct
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

SECONDS = 30
"""How long anything may take before it is given up; nothing waits for it to pass."""

CASE = "x-case"


@dataclass(frozen=True)
class Seen:
    """A request as a producer saw it."""

    line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    shown: bytes = b""
    """The certificate that the gateway showed, as DER; empty without one."""
    protocol: str = ""
    cipher: str = ""

    def all(self, name: str) -> list[str]:
        return [value for one, value in self.headers if one.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    def told(self, name: str) -> str | None:
        """The header's values, joined as HTTP joins them; None when it did not come."""
        values = self.all(name)
        return ", ".join(values) if values else None

    @property
    def names(self) -> set[str]:
        return {name.lower() for name, _ in self.headers}

    @property
    def path(self) -> str:
        return self.line.partition(" ")[2].partition(" ")[0]


Behaviour = Callable[[socket.socket, Seen], None]
"""Answers one request; the connection is closed when it returns."""


# Behaviours


def replies(status: str, body: bytes, *headers: str, length: int | None = None) -> Behaviour:
    """An answer whose Content-Length may lie."""
    rows = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", "Connection: close"]
    return writes("\r\n".join([*rows, *headers]).encode("latin-1") + b"\r\n\r\n" + body)


def writes(raw: bytes) -> Behaviour:
    """These bytes, then the end."""

    def behave(connection: socket.socket, seen: Seen) -> None:
        connection.sendall(raw)

    return behave


def resets(connection: socket.socket, seen: Seen) -> None:
    """The connection is reset after the request has been read."""
    _reset(connection)


def waits(until: threading.Event, then: Behaviour) -> Behaviour:
    """Does what `then` says when the test has come so far."""

    def behave(connection: socket.socket, seen: Seen) -> None:
        assert until.wait(SECONDS)
        then(connection, seen)

    return behave


def closes(connection: socket.socket, seen: Seen) -> None:
    """The connection is closed without an answer."""


def hangs(connection: socket.socket, seen: Seen) -> None:
    """Never answers; ends when the caller has left."""
    connection.settimeout(None)
    while connection.recv(1024):
        pass


def drips(parts: list[bytes], pause_seconds: float) -> Behaviour:
    """These pieces, with as long a wait for the caller to leave between them."""

    def behave(connection: socket.socket, seen: Seen) -> None:
        connection.settimeout(pause_seconds)
        for part in parts:
            connection.sendall(part)
            with suppress(TimeoutError):
                if not connection.recv(1):
                    return

    return behave


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# Ports


class Port:
    """A listening port whose connections each get a thread; 0 takes a free one. Raises OSError where it is taken."""

    def __init__(self, context: ssl.SSLContext | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._context = context
        self._listening = socket.create_server((host, port), backlog=256)
        self.port: int = self._listening.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(SECONDS)
        with suppress(OSError):
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            self.serve(connection)
        connection.close()

    def serve(self, connection: socket.socket) -> None:
        """What happens with a connection, which is closed afterwards."""
        raise NotImplementedError


class ResettingPort(Port):
    """Resets each connection before anything is read."""

    def serve(self, connection: socket.socket) -> None:
        _reset(connection)


def case_in_header(seen: Seen) -> str:
    return seen.header(CASE) or ""


class Producer(Port):
    """Does what the case says: the nth behaviour at its nth attempt, the last one ever after."""

    def __init__(
        self,
        standard: Behaviour,
        context: ssl.SSLContext | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        case_of: Callable[[Seen], str] = case_in_header,
    ) -> None:
        self._standard, self._case_of = standard, case_of
        self._told: dict[str, tuple[Behaviour, ...]] = {}
        self._seen: defaultdict[str, list[Seen]] = defaultdict(list)
        self._arrived = threading.Condition()
        super().__init__(context, host=host, port=port)

    @property
    def scheme(self) -> str:
        return "http" if self._context is None else "https"

    def url(self, path: str = "/producer", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def tell(self, case: str, behaviours: tuple[Behaviour, ...]) -> None:
        self._told[case] = behaviours

    def await_requests(self, case: str, count: int) -> None:
        """Come back when so many requests of a case are here."""
        assert self.has_seen(lambda: len(self._seen[case]) >= count, SECONDS)

    def has_seen(self, enough: Callable[[], bool], seconds: float) -> bool:
        """Whether `enough` becomes true within so long; it is asked again after each request."""
        with self._arrived:
            return self._arrived.wait_for(enough, seconds)

    def seen(self, case: str) -> list[Seen]:
        """The requests of a case, in their order."""
        return list(self._seen[case])

    def serve(self, connection: socket.socket) -> None:
        seen = read_request(connection)
        if isinstance(connection, ssl.SSLSocket):
            seen = replace(seen, **_agreed(connection))
        case = self._case_of(seen)
        with self._arrived:
            self._seen[case].append(seen)
            count = len(self._seen[case])
            self._arrived.notify_all()
        behaviours = self._told.get(case) or (self._standard,)
        behaviours[min(count, len(behaviours)) - 1](connection, seen)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_WR)


def _agreed(connection: ssl.SSLSocket) -> dict[str, Any]:
    """What the two ends agreed on, and what the gateway showed."""
    cipher = connection.cipher()
    return {
        "shown": connection.getpeercert(binary_form=True) or b"",
        "protocol": connection.version() or "",
        "cipher": cipher[0] if cipher else "",
    }


def read_request(connection: socket.socket) -> Seen:
    """One request; a consumer's announcements by Content-Length and by chunks are both understood."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += _more(connection)
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    seen = Seen(line, tuple((name, value) for name, _, value in (one.partition(": ") for one in lines)), b"")
    if "chunked" in seen.all("transfer-encoding"):
        return Seen(line, seen.headers, _read_chunks(connection, body))
    while len(body) < int(seen.header("content-length") or 0):
        body += _more(connection)
    return Seen(line, seen.headers, body)


def _read_chunks(connection: socket.socket, raw: bytes) -> bytes:
    body = b""
    while True:
        while b"\r\n" not in raw:
            raw += _more(connection)
        size, _, raw = raw.partition(b"\r\n")
        while len(raw) < int(size, 16) + 2:
            raw += _more(connection)
        if int(size, 16) == 0:
            return body
        body, raw = body + raw[: int(size, 16)], raw[int(size, 16) + 2 :]


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(262_144)
    if not part:
        raise ConnectionError("the caller left")
    return part

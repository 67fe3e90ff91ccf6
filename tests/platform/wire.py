"""HTTP as bytes on a socket: what is sent is what the test wrote, and what came is told exactly.

Knows no client library, which would mend what a test must see.
"""

import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

SECONDS = 30
"""How long anything may take before a test fails; nothing waits for it to pass."""

Headers = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """One HTTP answer as it came; `rest` is what followed it on the connection."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    rest: bytes = b""
    case: str = ""
    """Names the call at the producers."""
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(name.lower() for name, _ in self.headers))

    def header(self, name: str) -> str | None:
        """The header's value; fails when it came more than once."""
        values = [value for one, value in self.headers if one.lower() == name.lower()]
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None


def connect(port: int, context: ssl.SSLContext | None = None) -> socket.socket:
    plain = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if context is None:
        return plain
    try:
        return context.wrap_socket(plain, server_hostname="localhost")
    except BaseException:
        plain.close()
        raise


def request(method: str, path: str, headers: Headers, body: bytes = b"") -> bytes:
    """A request's bytes; Host and Content-Length are added where they are not given."""
    rows = list(headers.items() if isinstance(headers, Mapping) else headers)
    given = {name.lower() for name, _ in rows}
    if "host" not in given:
        rows.insert(0, ("Host", "localhost"))
    if body and not given & {"content-length", "transfer-encoding"}:
        rows.append(("Content-Length", str(len(body))))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in rows)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def talk(connection: socket.socket, raw: bytes, half_close: bool = False) -> bytes:
    """All that comes back for `raw` until the other side closes."""
    with suppress(OSError):  # the answer and the end may come before all is sent
        connection.sendall(raw)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
    return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    parts = []
    with suppress(ConnectionResetError, ssl.SSLError):
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def read_reply(connection: socket.socket, method: str = "POST") -> Reply:
    """The next answer on a connection that may stay open."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += _part(connection, raw)
    while (reply := split(raw, method)) is None:
        raw += _part(connection, raw)
    return reply


def _part(connection: socket.socket, so_far: bytes) -> bytes:
    part = connection.recv(65_536)
    assert part, f"closed after {so_far[:300]!r}"
    return part


def split(raw: bytes, method: str = "POST") -> Reply | None:
    """The first answer in `raw`, or None when it is not whole yet. Interim answers (1xx) are passed over."""
    head, found, rest = raw.partition(b"\r\n\r\n")
    assert raw.startswith(b"HTTP/1."), f"no HTTP answer: {raw[:300]!r}"
    if not found:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    status, _, reason = first.split(" ", 1)[1].partition(" ")
    if status.startswith("1"):
        return split(rest, method) if rest else None
    rows = tuple((name, value) for name, _, value in (line.partition(": ") for line in lines))
    named = {name.lower(): value for name, value in rows}
    if named.get("transfer-encoding", "").lower() == "chunked":
        return _split_chunked(Reply(int(status), reason, rows, b""), rest)
    length = 0 if method == "HEAD" else int(named.get("content-length", len(rest)))
    if len(rest) < length:
        return None
    return Reply(int(status), reason, rows, rest[:length], rest[length:])


def _split_chunked(head: Reply, rest: bytes) -> Reply | None:
    body = b""
    while True:
        size, found, rest = rest.partition(b"\r\n")
        if not found or len(rest) < (length := int(size, 16)) + 2:
            return None
        body, rest = body + rest[:length], rest[length + 2 :]
        if length == 0:
            return Reply(head.status, head.reason, head.headers, body, rest)

"""The producer behind what is measured: the same bytes to every question, as fast as Python can.

`python -m bench.stub PORT FILE` answers with FILE. A path that ends in /hang gets no answer until somebody asks for
/release, which closes every connection that hangs. Knows as much HTTP as gateway and HAProxy send: Content-Length.
"""

import asyncio
import re
import sys
from pathlib import Path
from typing import cast

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)


class Stub(asyncio.Protocol):
    """One connection."""

    hanging: set["Stub"] = set()  # noqa: RUF012  shared by all connections

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.hanging.discard(self)

    def data_received(self, data: bytes) -> None:
        data = self._unread + data
        while (end := data.find(b"\r\n\r\n") + 4) > 3:
            length = _LENGTH.search(data, 0, end)
            whole = end + (int(length[1]) if length else 0)
            if len(data) < whole:
                break
            self._take(data[:end].split(b" ", 2)[1])
            data = data[whole:]
        self._unread = data

    def _take(self, path: bytes) -> None:
        if path.endswith(b"/hang"):
            self.hanging.add(self)
            return
        if path.endswith(b"/release"):
            for one in tuple(self.hanging):
                one._transport.abort()
        self._transport.write(self._answer)


async def _serve(port: int, body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=UTF-8\r\nContent-Length: {len(body)}\r\n\r\n"
    whole = head.encode() + body
    server = await asyncio.get_running_loop().create_server(lambda: Stub(whole), "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))

"""An SMTP server in the process, on loopback, for the demo's mailbox: it takes a message whole or says why not.

One thread with a loop of its own. It relays nothing, knows no accounts and no TLS: nobody but this machine reaches it.
Its library's own log is silenced: it would quote addresses and messages.
Elsewhere: what is kept (demo_mailbox.py). Source: RFC 5321.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

log = logging.getLogger(__name__)

MESSAGE_BYTES = 65_536
"""The longest message that is taken."""
REFUSED_MAILBOX = "finns-inte"
"""Who has this name at any domain is refused, so that a refusal can be seen."""

_HOST, _IDLE_SECONDS, _MOST_RECIPIENTS = "127.0.0.1", 60.0, 20
_LIBRARY_LOG = "mail.log"

Take = Callable[[tuple[str, ...], bytes], None]
"""Keeps a message for its recipients; called in a thread. Raises ValueError for what is no message."""


class DemoSmtp:
    """The server; between `open` and `close` it listens at `port`, a free one unless one is asked for."""

    def __init__(self, take: Take, port: int = 0, **parameters: Any) -> None:
        self._take, self._wanted_port = take, port
        self._parameters = {"data_size_limit": MESSAGE_BYTES, "timeout": _IDLE_SECONDS, **parameters}
        self.port = 0
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        logging.getLogger(_LIBRARY_LOG).setLevel(logging.CRITICAL)
        listening = socket.create_server((_HOST, self._wanted_port))
        self.port = listening.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening, ready), name="demo-smtp", daemon=True)
        self._thread.start()
        ready.wait()

    def close(self) -> None:
        """Stop listening, and part from whoever is connected; nothing where it isn't open."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._is_over.set)
            self._thread.join()
            self._thread = None

    def _run(self, listening: socket.socket, ready: threading.Event) -> None:
        try:
            asyncio.run(self._serve(listening, ready))
        finally:
            ready.set()

    async def _serve(self, listening: socket.socket, ready: threading.Event) -> None:
        self._loop, self._is_over = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(self._connected, sock=listening)
        ready.set()
        await self._is_over.wait()
        server.close()

    def _connected(self) -> SMTP:
        return SMTP(_Conversation(self._take), hostname="localhost", ident="Tidbro", **self._parameters)


class _Conversation:
    """What the server answers to one client, by the library's names."""

    def __init__(self, take: Take) -> None:
        self._take = take

    async def handle_RCPT(  # noqa: N802  the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.rpartition("@")[0].lower() == REFUSED_MAILBOX:
            return "550 5.1.1 No such mailbox"
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        try:
            await asyncio.to_thread(
                self._take, tuple(envelope.rcpt_tos), content if isinstance(content, bytes) else b""
            )
        except ValueError:
            return "554 5.6.0 Not a message"
        return "250 2.0.0 Kept"

    async def handle_exception(self, error: Exception) -> str:
        log.error("demo_smtp_failed: %s", type(error).__name__)
        return "451 4.3.0 Try again later"

"""A server on real HTTPS listeners in a thread, certificates for it and its callers, and calls over TLS."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.door import AsgiApplication, Door
from gateway.listener_tls import ListenerTls
from gateway.pipeline import Pipeline
from gateway.settings import GatewaySettings
from tests.gateway.builders import pages_of, sample
from tests.gateway.serving import Reply, a_post, read_reply
from tidbro import pki_demo
from tidbro.server import Listener, RegionServer, listen, server_for

ESERVICE = pki_demo.ESERVICE


@dataclass(frozen=True)
class Certificates:
    """A folder as `tidbro pki demo` makes it."""

    folder: Path

    @property
    def tls_files(self) -> dict[str, Path]:
        return {
            "certificate_file": self.folder / "server.pem",
            "key_file": self.folder / "server.key",
            "client_ca_file": self.folder / "ca.pem",
        }

    @property
    def tls(self) -> ListenerTls:
        return ListenerTls(**self.tls_files)

    def bundle(self, name: str) -> Path:
        return self.folder / f"{name}-bundle.pem"

    def client(self, name: str | None = ESERVICE) -> ssl.SSLContext:
        """A caller that trusts this folder's authority and shows the certificate of that name, or none."""
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        if name is not None:
            context.load_cert_chain(self.bundle(name))
        return context


def certificates_in(folder: Path) -> Certificates:
    pki_demo.make(folder, datetime.now(UTC))
    return Certificates(folder)


@dataclass(frozen=True)
class ServedTls:
    """A server that runs in a thread; `port` is that of its last listener, usually HTTPS."""

    server: RegionServer
    loop: asyncio.AbstractEventLoop

    @property
    def port(self) -> int:
        return self.server.listeners[-1].socket.getsockname()[1]

    def raw(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def connected(self, client: ssl.SSLContext, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
        raw = self.raw()
        try:
            return client.wrap_socket(raw, server_hostname="localhost", session=session)
        except OSError:
            raw.close()
            raise

    def called(self, client: ssl.SSLContext, *headers: str, body: bytes | None = None) -> Reply:
        with self.connected(client) as connection:
            connection.sendall(a_bare_post(*headers, body=body))
            return read_reply(connection)

    def hears_nothing(self, client: ssl.SSLContext, session: ssl.SSLSession | None = None) -> bool:
        """Whether this caller gets no byte of HTTP back: its handshake fails, which TLS 1.3 tells only after it."""
        try:
            with self.connected(client, session) as connection:
                connection.sendall(a_bare_post("Connection: close"))
                return connection.recv(65_536) == b""
        except (ssl.SSLError, ConnectionError):
            return True

    def renew(self) -> None:
        """Let the server look at its certificates now."""
        asyncio.run_coroutine_threadsafe(self.server.renew_certificates(), self.loop).result(30)


def a_bare_post(*headers: str, body: bytes | None = None) -> bytes:
    """A call that says nothing of who calls."""
    head, _, sent = a_post(sample() if body is None else body, *headers).partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"x-vp-sender", b"x-vp-instance"))]
    own = [line.encode() for line in headers]
    return b"\r\n".join([*kept, *(line for line in own if line not in kept)]) + b"\r\n\r\n" + sent


@contextmanager
def served(
    application: AsgiApplication, *tls: ListenerTls | None, settings: GatewaySettings | None = None
) -> Iterator[ServedTls]:
    """The application on a free port for each of `tls`, plain HTTP for None, until the block ends."""
    listeners = [Listener(listen("127.0.0.1", 0), one) for one in tls]
    server = server_for(application, settings or GatewaySettings(), listeners)
    server.last_notified = float("inf")  # no look at the certificates but those that a test asks for
    started, loops = threading.Event(), []
    startup = server.startup

    async def told_startup(sockets: list[socket.socket] | None = None) -> None:
        loops.append(asyncio.get_running_loop())
        try:
            await startup(sockets)
        finally:
            started.set()

    server.startup = told_startup
    thread = threading.Thread(target=server.run)
    thread.start()
    started.wait(30)
    try:
        yield ServedTls(server, loops[0])
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def served_gateway(pipeline: Pipeline, *tls: ListenerTls | None) -> Iterator[ServedTls]:
    """A gateway on HTTPS, or on each of these listeners."""
    with served(Door(pipeline, pages_of(pipeline)), *tls, settings=pipeline.settings) as one:
        yield one

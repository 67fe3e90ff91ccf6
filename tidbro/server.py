"""Serving a gateway with uvicorn: its listeners, HTTP and HTTPS, on sockets that are ours before anything else starts.

One server accepts on them all; which one a call came by is told by its port and scheme. The certificates of a listener
change without a restart, by SIGHUP or when the files have other contents: a new server object with a new context takes
over the same listening socket, so that no connect is refused, and the connections there are go on as they were. Files
that cannot serve change nothing but the log. What else has certificates to renew is asked at the same moments.
Elsewhere: what the certificates must be (gateway/listener_tls.py); one connection (gateway/http_protocol.py).
Source: platform.md §1 (listeners), §15 "Incoming".
"""

import asyncio
import gc
import logging
import resource
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from gateway.door import AsgiApplication
from gateway.http_protocol import Handshaken, protocol_for
from gateway.listener_tls import ListenerTls
from gateway.settings import GatewaySettings, SettingsRefused
from gateway.tls_events import TlsEvents
from tidbro import logs
from tidbro.wiring import Region

log = logging.getLogger(__name__)

CERTIFICATES_LOOKED_AT_EVERY_SECONDS = 5
_HANDSHAKE_SECONDS = 20.0
_TLS_NAME = "listener"  # what its contexts are called in logs


@dataclass(frozen=True)
class Listener:
    """A bound socket to accept calls on, with certificates when they come by HTTPS; `path` ends its address.

    `gateway` are the settings of the gateway that answers there, where it is not the one that the server is for.
    """

    socket: socket.socket
    tls: ListenerTls | None = None
    path: str = "/"
    gateway: GatewaySettings | None = None

    @property
    def url(self) -> str:
        """Where it answers, as far as this machine knows."""
        return f"{'https' if self.tls else 'http'}://{self.address}{self.path}"

    @property
    def address(self) -> str:
        """Host and port."""
        host, port = self.socket.getsockname()[:2]
        return f"{f'[{host}]' if ':' in host else host}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises SettingsRefused when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise SettingsRefused(f"port {port} on host {host} cannot be used: {error.strerror}.") from None
    return taken


class _Accepting:
    """One listener at work: the server object that accepts on a copy of its socket, and the files it was made of."""

    def __init__(self, listener: Listener, server: "RegionServer") -> None:
        self._listener = listener
        self._backlog = server.config.backlog
        own = listener.gateway or server.gateway
        self._tls_events = TlsEvents(own)
        self._protocol_factory = server.protocol_factory(own, self._handshaken if self._tls_events.is_on else None)
        self._fingerprint = ""

    def _handshaken(self, agreed: ssl.SSLObject) -> None:
        self._tls_events.completed(_TLS_NAME, agreed, self._listener.address)

    async def start(self) -> asyncio.Server:
        """A server object that accepts with the files as they are now. Raises SettingsRefused for files that cannot."""
        tls = self._listener.tls
        self._fingerprint = tls.fingerprint() if tls else ""  # first: what changes meanwhile is then seen as changed
        context = tls.context() if tls else None
        server = await asyncio.get_running_loop().create_server(
            self._protocol_factory,
            sock=self._listener.socket.dup(),
            ssl=context,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS if context else None,
            backlog=self._backlog,
        )
        if context is not None:
            self._tls_events.registered(_TLS_NAME, context, self._listener.address)
        return server

    async def renewed(self) -> asyncio.Server | None:
        """A new server object if the files have changed and can serve; else None, and the old one goes on."""
        tls = self._listener.tls
        if tls is None or tls.fingerprint() == self._fingerprint:
            return None
        try:
            server = await self.start()
        except (SettingsRefused, OSError, ValueError) as error:
            log.error("certificates_not_changed: %s", error, extra={"listener": self._listener.url})
            return None
        log.warning("certificates_changed", extra={"listener": self._listener.url})
        return server


class RegionServer(uvicorn.Server):
    """uvicorn's server on several listeners, which says on stdout where it answers, once it does."""

    gateway = GatewaySettings()
    """Those of the gateway that answers on the listeners that name no other."""
    listeners: tuple[Listener, ...] = ()
    renews_too: tuple[Callable[[], object], ...] = ()
    """What else looks whether its certificates have changed, each in a thread: those towards producers."""
    says_where = False
    _hears_sighup = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then accept: on the listeners, or else on plain `sockets`."""
        await super().startup(sockets=[])
        self.listeners = self.listeners or tuple(Listener(one) for one in sockets or ())
        self._renewal = asyncio.Lock()
        self._accepting = [_Accepting(one, self) for one in self.listeners]
        self.servers = [await one.start() for one in self._accepting]
        if self.renews_too or any(one.tls for one in self.listeners):
            self._watch_certificates()
        calm_collector()
        if self.started and self.says_where:
            places = " and ".join(one.url for one in self.listeners)
            sys.stdout.write(f"Tidbro answers on {places} (stop with Ctrl-C)\n")
            sys.stdout.flush()

    def protocol_factory(
        self, own: GatewaySettings, handshaken: Handshaken | None = None
    ) -> Callable[[], asyncio.Protocol]:
        """Makes the protocol of each connection to a gateway with these settings."""
        kind = protocol_for(
            own.instance_name,
            own.request_timeout_seconds,
            own.max_request_line_bytes,
            own.max_head_bytes,
            own.http_refusals,
            own.max_message_bytes,
            handshaken,
        )
        return lambda: kind(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    def _watch_certificates(self) -> None:
        self.config.callback_notify = self.renew_certificates
        if threading.current_thread() is threading.main_thread():
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._renew_soon)
            self._hears_sighup = True

    def _renew_soon(self) -> None:
        self._asked_for = asyncio.get_running_loop().create_task(self.renew_certificates())

    async def renew_certificates(self) -> None:
        """Take over every listener whose certificates have changed; called on SIGHUP and every few seconds."""
        async with self._renewal:
            for renew in self.renews_too:
                await asyncio.to_thread(renew)
            for place, one in enumerate(self._accepting):
                if not self.should_exit and (server := await one.renewed()) is not None:
                    before, self.servers[place] = self.servers[place], server
                    before.close()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets=[one.socket for one in self.listeners])
        if self._hears_sighup:
            asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)


def server_of(region: Region, listeners: Sequence[Listener] = ()) -> RegionServer:
    """A server for the region on these listeners, not yet running."""
    own = region.settings.gateway
    server = server_for(region.application, own, listeners)
    if own.tls_file:
        server.renews_too = (region.pipeline.producers.renew_certificates,)
    return server


def server_for(application: AsgiApplication, own: GatewaySettings, listeners: Sequence[Listener] = ()) -> RegionServer:
    """A server for an application that is a gateway's, by the settings of the gateway."""
    config = uvicorn.Config(
        application,
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=own.keep_alive_seconds,
        timeout_graceful_shutdown=30,
        timeout_notify=CERTIFICATES_LOOKED_AT_EVERY_SECONDS,
    )
    server = RegionServer(config)
    server.gateway = own
    server.listeners = tuple(listeners)
    return server


def calm_collector() -> None:
    """What the start made stays, and calls leave nothing in circles: the garbage collector may look seldom.

    Each look stops every call. One at the young takes a few milliseconds when they are five thousand, and fifty when a
    thousand waiting calls have made a hundred thousand; one at all that such calls hold takes longer still. So it looks
    when little is new, and almost never at the rest.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 1_000, 100)


def raise_file_limit() -> None:
    """Let the process hold as many sockets as the system lets it: a thousand calls may wait for one producer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def serve(region: Region, listeners: Sequence[Listener] = ()) -> int:
    """Serve until stopped; the exit code. The data directory must be there.

    Without listeners it is plain HTTP at the host and port of the settings.
    """
    settings = region.settings
    raise_file_limit()
    listeners = listeners or [Listener(listen(settings.host, settings.port))]
    has_events = settings.gateway.log_style == "ecs"
    logs.set_up(Path(settings.data_directory), has_events=has_events, has_regional=settings.regional)
    server = server_of(region, listeners)
    server.says_where = True
    server.run()
    return 0 if server.started else 1

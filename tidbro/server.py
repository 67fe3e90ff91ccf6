"""Serving a region with uvicorn, on a socket that is ours before anything else starts."""

import gc
import resource
import socket
import sys
from pathlib import Path

import uvicorn

from gateway.http_protocol import protocol_for
from gateway.settings import SettingsRefused
from tidbro import logs
from tidbro.wiring import Region


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


class RegionServer(uvicorn.Server):
    """uvicorn's server, which says on stdout where the region answers, once it does."""

    url = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        # What the start made stays, and calls leave nothing in circles: the collector may look seldom. At its usual
        # pace it walks all that a thousand waiting calls hold, and stops the others for tens of milliseconds.
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        if self.started and self.url:
            sys.stdout.write(f"Tidbro answers on {self.url} (stop with Ctrl-C)\n")
            sys.stdout.flush()


def server_of(region: Region) -> RegionServer:
    """A server for the region, not yet running."""
    own = region.settings.gateway
    config = uvicorn.Config(
        region.application,
        http=protocol_for(own.instance_name, own.request_timeout_seconds),
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=30,
    )
    return RegionServer(config)


def raise_file_limit() -> None:
    """Let the process hold as many sockets as the system lets it: a thousand calls may wait for one producer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def serve(region: Region) -> int:
    """Serve until stopped; the exit code. The data directory must be there."""
    settings = region.settings
    raise_file_limit()
    listening = listen(settings.host, settings.port)
    logs.set_up(Path(settings.data_directory))
    server = server_of(region)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    server.url = f"http://{host}:{listening.getsockname()[1]}/"
    server.run(sockets=[listening])
    return 0 if server.started else 1

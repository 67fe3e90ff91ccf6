"""Serving a region with uvicorn, on a socket that is ours before anything else starts."""

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


def server_of(region: Region) -> uvicorn.Server:
    """A server for the region, not yet running."""
    config = uvicorn.Config(
        region.application,
        http=protocol_for(region.settings.gateway.instance_name),
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=30,
    )
    return uvicorn.Server(config)


def serve(region: Region) -> int:
    """Serve until stopped; the exit code. Says on stdout where it answers, once it does."""
    settings = region.settings
    Path(settings.data_directory).mkdir(parents=True, exist_ok=True)
    listening = listen(settings.host, settings.port)
    logs.set_up(Path(settings.data_directory))
    server = server_of(region)
    port = listening.getsockname()[1]
    sys.stdout.write(f"Tidbro answers on http://{settings.host}:{port}/ (stop with Ctrl-C)\n")
    sys.stdout.flush()
    server.run(sockets=[listening])
    return 0 if server.started else 1

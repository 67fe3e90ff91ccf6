"""`tidbro takecare`: the record system in a process of its own, its SOAP service at /service and its pages at /.

A region reaches it by the setting `service_url` of its adapter. The service asks nobody who they are: it listens on
this machine alone unless told otherwise, and belongs on a network that only the gateway can reach.
Elsewhere: the system itself (scheduling_backends/takecare/), the pages of a region (sites.py). Source: DESIGN §4.
"""

import argparse
import socket
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.settings import SettingsRefused

if TYPE_CHECKING:
    import uvicorn

    from scheduling_backends.takecare.system import TakeCareSystem
    from tidbro.server import Listener

SERVICE = "/service"


def add(commands: Any) -> None:
    """The command `takecare`."""
    takecare = commands.add_parser("takecare", help="the record system alone, with its SOAP service and staff pages")
    takecare.add_argument("--data", type=Path, default=Path("var"), metavar="DIR", help="folder of its database (var)")
    takecare.add_argument("--database", default="", metavar="URL", help="another database, such as postgresql://…")
    takecare.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    takecare.add_argument("--port", type=int, default=8081, metavar="N", help="port (8081; 0 takes a free one)")
    takecare.add_argument("--demo", action="store_true", help="plant the demo's units, and sign in by choosing a card")
    takecare.add_argument("--clock", default="", metavar="MOMENT", help="start a virtual clock, as 2026-12-12T08:00")
    takecare.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Serve the record system until it is stopped; the exit code. Raises SettingsRefused."""
    from scheduling_backends.takecare.settings import TakeCareSettings
    from scheduling_backends.takecare.system import TakeCareSystem
    from tidbro import demo, logs, server, sites
    from tidbro.clock import clock_of
    from tidbro.wiring import make_folder

    make_folder(parsed.data)
    logs.set_up(parsed.data)
    try:
        clock = clock_of(parsed.clock)
    except ValueError:
        raise SettingsRefused("clock must be a moment such as 2026-12-12T08:00, in Swedish time.") from None
    given = {"database_url": parsed.database, "data_directory": parsed.data, "emulated_sign_in": parsed.demo}
    system = TakeCareSystem(TakeCareSettings.from_mapping(given), clock)
    listener = server.Listener(server.listen(parsed.host, parsed.port))
    if parsed.demo:
        demo.plant_system(system)
    system.open()
    try:
        running = server_of(system, sites.secret_in(parsed.data), listener)
        running.run(sockets=[listener.socket])
    finally:
        system.close()
    return 0 if running.started else 1


def server_of(system: "TakeCareSystem", secret: bytes, listener: "Listener") -> "uvicorn.Server":
    """A server for the open system, which says on stdout where it answers; not yet running."""
    import uvicorn
    from a2wsgi import WSGIMiddleware

    from tidbro.sites import THREADS

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                url = listener.url.rstrip("/")
                sys.stdout.write(f"The record system answers on {url}{SERVICE}, staff on {url}/ (stop with Ctrl-C)\n")
                sys.stdout.flush()

    application: Any = WSGIMiddleware(application_of(system, secret), workers=THREADS)
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=30,
    )
    return Server(config)


def application_of(system: "TakeCareSystem", secret: bytes) -> Callable[..., Iterable[bytes]]:
    """The WSGI application of a record system that is open."""
    from scheduling_backends.takecare.service import Service
    from scheduling_backends.takecare.staff import site

    service, pages = Service(system), site(system, secret)

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        is_service = environ.get("PATH_INFO", "").rstrip("/") == SERVICE
        return service(environ, start_response) if is_service else pages(environ, start_response)

    return answer

"""The web sites and services of a region, each under its own path, and the page at `/` for the rest.

A site is a WSGI application and runs in a pool of threads of its own (a2wsgi), so that a slow page holds up no call.
Which sites there are follows from the scheduling systems in the process. Their cookies are signed with a secret that
is made once in the data directory, for its owner alone.
Elsewhere: the sites themselves (scheduling_backends/*/staff/), the page at `/` (home.py).
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from a2wsgi import WSGIMiddleware

from contracts.producer import SchedulingProducer
from gateway.door import AsgiApplication, Receive, Scope, Send
from scheduling_backends.takecare import staff as takecare_staff
from scheduling_backends.takecare.adapter import TakeCare
from scheduling_backends.timebook import staff as timebook_staff
from scheduling_backends.timebook.adapter import Timebook

THREADS = 8
_SECRET_FILE = "sites.key"  # noqa: S105  its name
_SECRET_BYTES = 32


class Sites:
    """The ASGI application of everything that is neither traffic nor administration."""

    def __init__(
        self, home: AsgiApplication, sites: Mapping[str, Any], services: Mapping[str, AsgiApplication] | None = None
    ) -> None:
        self._home = home
        self._services = {path.lower(): service for path, service in (services or {}).items()}
        self._sites = {path: WSGIMiddleware(site, workers=THREADS) for path, site in sites.items()}

    @property
    def paths(self) -> tuple[str, ...]:
        """Where the sites are."""
        return tuple(f"{path}/" for path in self._sites)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        first = "/" + path.split("/", 2)[1]
        site: Any = self._sites.get(first)
        service = self._services.get(first.lower())
        if service is not None:
            await service(scope, receive, send)
        elif site is None:
            await self._home(scope, receive, send)
        elif path == first:
            await _redirect(f"{first}/", send)
        else:
            await site({**scope, "root_path": first}, receive, send)


def of_systems(adapters: Mapping[str, SchedulingProducer], data_directory: Path) -> dict[str, Any]:
    """The staff's sites of the scheduling systems among the adapters, by path."""
    record_system = adapters.get("takecare")
    found: dict[str, Any] = {}
    timebook = adapters.get("timebook")
    if isinstance(timebook, Timebook):
        found["/timebook"] = timebook_staff.site(timebook, secret_in(data_directory))
    if isinstance(record_system, TakeCare) and record_system.system is not None:
        found["/takecare"] = takecare_staff.site(record_system.system, secret_in(data_directory))
    return found


def secret_in(folder: Path) -> bytes:
    """The secret of the folder; made where there is none yet. Of two who make it at once, one wins."""
    path = folder / _SECRET_FILE
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_SECRET_BYTES))
    except FileExistsError:
        pass
    found = path.read_bytes()
    return found if len(found) >= _SECRET_BYTES else secrets.token_bytes(_SECRET_BYTES)


async def _redirect(place: str, send: Send) -> None:
    headers = [(b"location", place.encode()), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 308, "headers": headers})
    await send({"type": "http.response.body", "body": b""})

"""Where a region listens: the HTTP port, the HTTPS port, and ports of their own for pages that were given one.

Sockets are opened here, before anything starts; which door a call reaches is told by the port that it came by. The
HTTPS port carries calls and nothing else; a port that a page was given carries that page and nothing else, and the
page is then at no other port.
Elsewhere: accepting on the sockets (server.py), the settings that name the places (settings.py).
Source: platform.md §1, §17, §23; §25 row 18.
"""

import socket
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.call import Answer, HttpRequest
from gateway.door import AsgiApplication, Door, Page, Receive, Scope, Send
from gateway.listener_tls import ListenerTls
from gateway.traffic import Traffic
from tidbro.server import Listener, listen
from tidbro.settings import RegionSettings, place_of
from tidbro.wiring import Region

_NOT_FOUND = [(b"content-type", b"text/plain"), (b"content-length", b"0")]
_OWN_PLACES = {"status_url": "/status", "reset_url": "/resetcache", "reset_hsa_url": "/resethsacache"}


class ByPort:
    """Leads each request to the application of the port that it came by; `first` has the others, and the lifespan."""

    def __init__(self, first: AsgiApplication, others: Mapping[int, AsgiApplication]) -> None:
        self._first = first
        self._others = others

    def traffic_at(self, port: int, path: str) -> Traffic | None:
        return _traffic(self._others.get(port, self._first), port, path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        port = (scope.get("server") or ("", 0))[1]
        await self._others.get(port, self._first)(scope, receive, send)


def _traffic(application: AsgiApplication, port: int, path: str) -> Traffic | None:
    """Who answers calls at a port and a path, if the application takes calls at all (gateway/http_protocol.py)."""
    traffic_at = getattr(application, "traffic_at", None)
    found: Traffic | None = traffic_at(port, path) if traffic_at else None
    return found


class PagesAlone:
    """Lets requests of these paths through to a door; everything else is not found."""

    def __init__(self, door: Door, paths: Mapping[str, Page]) -> None:
        self._door = door
        self._paths = tuple(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].lower()
        if any(path == one or path.startswith(f"{one}/") for one in self._paths):
            await self._door(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 404, "headers": _NOT_FOUND})
        await send({"type": "http.response.body", "body": b""})


@dataclass(frozen=True)
class Sockets:
    """What is open: the HTTP port, the HTTPS port if there is one, and the ports that pages have to themselves."""

    first: socket.socket
    secure: Listener | None
    own: tuple[tuple[socket.socket, tuple[str, ...]], ...]  # with the settings of the pages

    @property
    def port(self) -> int:
        """Of HTTP."""
        return _port(self.first)


def opened(settings: RegionSettings, stack: ExitStack) -> Sockets:
    """Open all that the settings name; `stack` closes it if the start fails. Raises SettingsRefused."""
    first = stack.enter_context(listen(settings.host, settings.port))
    secure = None
    if settings.tls_port >= 0:
        listening = stack.enter_context(listen(settings.tls_host or settings.host, settings.tls_port))
        secure = Listener(listening, _tls(settings))
    own = []
    for (host, port), names in _own_ports(settings).items():
        shares_first = port == _port(first)
        own.append((first if shares_first else stack.enter_context(listen(host, port)), tuple(names)))
    return Sockets(first, secure, tuple(own))


def endpoints(settings: RegionSettings, sockets: Sockets) -> tuple[str, ...]:
    """The URLs of plain HTTP, as the status page tells them (platform.md §17.1)."""
    traffic = Listener(sockets.first, path=settings.traffic_path).url
    own = [
        Listener(one, path=place_of(name, getattr(settings, name)).path).url
        for one, names in sockets.own
        for name in names
        if name in _OWN_PLACES
    ]
    return (traffic, *own)


def placed(region: Region, sockets: Sockets) -> tuple[Region, tuple[Listener, ...]]:
    """The region with a door for each of its ports, and the listeners to serve it on."""
    settings, pages = region.settings, dict(region.pages)
    others: dict[int, AsgiApplication] = {}
    listeners = [Listener(sockets.first)]
    if sockets.secure is not None:
        path = settings.tls_traffic_path or settings.traffic_path
        listeners.append(sockets.secure)
        host = settings.tls_host or settings.host
        others[_port(sockets.secure.socket)] = Door(region.pipeline, {}, traffic_path=path, host=host)
    for one, names in sockets.own:
        moved = dict(_moved(settings, names, pages))
        if one is sockets.first:
            pages |= moved
            continue
        listeners.append(Listener(one, path=next(iter(moved))))
        others[_port(one)] = PagesAlone(Door(region.pipeline, moved), moved)
    door = Door(region.pipeline, pages, region.sites, settings.traffic_path, settings.host)
    return replace(region, application=ByPort(door, others)), tuple(listeners)


def joined(
    region: Region, listeners: tuple[Listener, ...], second: Region, listener: Listener
) -> tuple[Region, tuple[Listener, ...]]:
    """The region with a second one in its process, which answers on a listener of its own and lives as long."""
    region.pipeline.companions.append(second.pipeline)
    door = ByPort(region.application, {_port(listener.socket): second.application})
    return replace(region, application=door), (*listeners, listener)


def _own_ports(settings: RegionSettings) -> dict[tuple[str, int], list[str]]:
    """The settings of the pages that have a place of their own, by host and port."""
    by_port: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for name in _OWN_PLACES:
        if url := getattr(settings, name):
            place = place_of(name, url)
            by_port[place.host, place.port].append(name)
    if settings.actuator_port >= 0:
        by_port[settings.host, settings.actuator_port].append("actuator_port")
    return by_port


def _port(opened: socket.socket) -> int:
    port: int = opened.getsockname()[1]
    return port


def _tls(settings: RegionSettings) -> ListenerTls:
    files = (Path(settings.tls_certificate), Path(settings.tls_key), Path(settings.tls_client_ca))
    return ListenerTls(*files, settings.tls_minimum)


def _moved(settings: RegionSettings, names: Iterable[str], pages: dict[str, Page]) -> Iterator[tuple[str, Page]]:
    """The pages of these settings at their own paths, taken out of `pages`."""
    for name in names:
        if name == "actuator_port":
            yield "/actuator", pages.pop("/actuator")
        else:
            usual = _OWN_PLACES[name]
            yield place_of(name, getattr(settings, name)).path.lower(), _as_if_at(usual, pages.pop(usual))


def _as_if_at(path: str, page: Page) -> Page:
    """The page, which knows itself by its usual path, for a path of its own."""

    async def answer(request: HttpRequest) -> Answer | None:
        return await page(replace(request, path=path))

    return answer

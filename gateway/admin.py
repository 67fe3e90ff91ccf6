"""Pages for those who run the gateway: health, status, and reloading the catalogue and the tree of units.

Who may reload is a list of addresses, on which all that proxies tell of the way must be too, and no page of another
site that somebody there has open in a browser; everybody may look. A reload reads files and asks other systems, so it
runs in a thread of its own and calls go on meanwhile; the caches see to it that one reload waits for the other. The
lines of the answers are the platform's, for its monitoring reads them; it answers 200 whatever came of it, and so does
this unless told otherwise.
Elsewhere: what is looked at (status.py), what is reloaded (tak/cache.py, hsa.py).
Source: platform.md §17; §24 rows 51, 52, 59 and 60; §25 rows 18, 21, 22.
"""

import asyncio
import json
import socket
from html import escape
from typing import Any
from urllib.parse import parse_qs

from contracts.times import SWEDEN
from gateway import senders
from gateway.call import Answer, HttpRequest
from gateway.hsa import HsaCache, HsaRefresh
from gateway.status import Group, Status
from gateway.tak.cache import Refresh, TakCache

_GROUPS: dict[str, Group] = {
    "/actuator/health": "",
    "/actuator/health/liveness": "liveness",
    "/actuator/health/readiness": "readiness",
}
_PLAIN = (("Content-Type", "text/plain; charset=utf-8"),)
_REFUSED = Answer(403, b"This address may not reset caches; the setting reset_callers says which may.", _PLAIN)
_OF_ANOTHER_SITE = Answer(403, b"A page of another site may not reset caches.", _PLAIN)
_NOT_THAT_WAY = Answer(405, b"Caches are reset by GET or POST.", (*_PLAIN, ("Allow", "GET, POST")))


class AdminPages:
    """Answers requests for the administrative paths of one gateway; a cache that is not given cannot be reset."""

    def __init__(self, status: Status, tak: TakCache | None = None, hsa: HsaCache | None = None) -> None:
        self._status = status
        self._tak, self._hsa = tak, hsa

    async def answer(self, request: HttpRequest) -> Answer | None:
        """The page at a path; None when it is not one of these."""
        path = request.path.lower().rstrip("/")
        if path == "/status":
            return _json(200, self._told(request))
        if path == "/health" or path in _GROUPS:
            return await self._health(path)
        if path == "/resetcache" and self._tak is not None:
            return _refusal(request, self._status) or await self._reset_tak(self._tak)
        if path == "/resethsacache" and self._hsa is not None:
            return _refusal(request, self._status) or await self._reset_hsa(self._hsa)
        return None

    def _told(self, request: HttpRequest) -> dict[str, Any]:
        asked = parse_qs(request.query, keep_blank_values=True)
        return self._status.memory() if "netty" in asked else self._status.status("memory" in asked)

    async def _health(self, path: str) -> Answer:
        """Asking an adapter may take its time, so it is done in a thread."""
        if path == "/health":
            is_ready, told = await asyncio.to_thread(self._status.health)
        else:
            is_ready, told = await asyncio.to_thread(self._status.actuator_health, _GROUPS[path])
        return _json(200 if is_ready else 503, told)

    async def _reset_tak(self, cache: TakCache) -> Answer:
        asked_at = self._status.clock().astimezone(SWEDEN)
        refresh = await asyncio.to_thread(cache.reload)
        lines = [f"Host: {socket.gethostname()}", f"Time: {asked_at:%Y-%m-%d %H:%M:%S}", *_tak_lines(refresh)]
        body = "".join(f"<br>{escape(line, quote=False)}" for line in lines)
        return self._reset(refresh.is_successful, body, "text/html;")

    async def _reset_hsa(self, cache: HsaCache) -> Answer:
        refresh = await asyncio.to_thread(cache.reload)
        files = ", ".join(map(str, cache.files))
        body = f"Start a reset of HSA cache using files: [{files}]\n{_hsa_sentence(refresh)}"
        return self._reset(refresh.is_successful, body, "text/plain; charset=utf-8")

    def _reset(self, is_successful: bool, body: str, content_type: str) -> Answer:
        status = 200 if is_successful else self._status.settings.failed_reset_status
        return Answer(status, body.encode(), (("Content-Type", content_type), ("Cache-Control", "no-store")))


def _refusal(request: HttpRequest, status: Status) -> Answer | None:
    if not senders.comes_from_listed(request, status.settings.reset_callers, status.settings):
        return _REFUSED
    if request.header("sec-fetch-site") in ("cross-site", "same-site"):
        return _OF_ANOTHER_SITE
    return None if request.method in ("GET", "POST") else _NOT_THAT_WAY


def _tak_lines(refresh: Refresh) -> list[str]:
    return [
        "Initialize TAK cache resources...",
        *refresh.lines,
        f"Init TAK cache loaded number of permissions: {refresh.authorisations}",
        f"Init TAK cache loaded number of virtualizations: {refresh.routes}",
        f"Init done, was successful: {'true' if refresh.is_successful else 'false'}",
    ]


def _hsa_sentence(refresh: HsaRefresh) -> str:
    if not refresh.is_successful:
        return f"Reset HSA cache failed. {refresh.reason}"
    if refresh.new_count <= 1:
        return f"Warning: HSA cache reset to {refresh.new_count}. Was {refresh.old_count} entries!"
    counts = f"HSA cache size was: {refresh.old_count} \nHSA cache now is: {refresh.new_count}."
    return f"Successfully reset HSA cache. \n{counts}"


def _json(status: int, told: dict[str, Any]) -> Answer:
    body = json.dumps(told, ensure_ascii=False, indent=1).encode()
    return Answer(status, body, (("Content-Type", "application/json"),))

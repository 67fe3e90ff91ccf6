"""Pages for those who run the gateway: health, status, and reloading the catalogue and the tree of units.

Source: platform.md §17; §25 rows 18, 21, 22.
"""

import json
from typing import Any

from gateway.call import Answer, HttpRequest
from gateway.status import Status


class AdminPages:
    """Answers requests for the administrative paths of one gateway."""

    def __init__(self, status: Status) -> None:
        self._status = status

    async def answer(self, request: HttpRequest) -> Answer | None:
        """The page at a path; None when it is not one of these."""
        path = request.path.lower()
        if path == "/health":
            is_ready, told = self._status.health()
            return _json(200 if is_ready else 503, told)
        return _json(200, self._status.status()) if path == "/status" else None


def _json(status: int, told: dict[str, Any]) -> Answer:
    body = json.dumps(told, ensure_ascii=False, indent=1).encode()
    return Answer(status, body, (("Content-Type", "application/json"),))

"""The index's pages for operators: how it stands, who subscribes, what could not be delivered, the write lock.

JSON, and names no citizen. As on the real index a GET is enough; only sending dead letters again takes a POST. A page
that cannot be made, for the database is away, answers 503.
Source: platform.md §21.3.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qs

from contracts.soap_service import Page, PageAnswer, PageRequest

log = logging.getLogger(__name__)

BASE = "/skltp-ei"


class Operated(Protocol):
    """What the pages need of the index (app.py)."""

    def refresh_subscribers(self) -> bool: ...
    def lock_writing(self) -> None: ...
    def unlock_writing(self) -> None: ...
    @property
    def is_write_locked(self) -> bool: ...
    def dead_letters(self) -> Sequence[Any]: ...
    def send_dead_again(self, lane: str | None = None) -> int: ...
    def subscriber_status(self) -> Sequence[Any]: ...
    def status(self) -> Any: ...


def pages(index: Operated) -> Mapping[str, Page]:
    """The pages by their paths."""

    def status(request: PageRequest) -> PageAnswer:
        return _json(asdict(index.status()))

    def reset(request: PageRequest) -> PageAnswer:
        has_answered = index.refresh_subscribers()
        return _json({"refreshed": has_answered, "subscribers": index.status().subscribers})

    def subscribers(request: PageRequest) -> PageAnswer:
        return _json({"subscribers": [asdict(one) for one in index.subscriber_status()]})

    def lock(request: PageRequest) -> PageAnswer:
        index.lock_writing()
        return lock_status(request)

    def unlock(request: PageRequest) -> PageAnswer:
        index.unlock_writing()
        return lock_status(request)

    def lock_status(request: PageRequest) -> PageAnswer:
        return _json({"writeLock": index.is_write_locked})

    def dead_letters(request: PageRequest) -> PageAnswer:
        return _json({"deadLetters": [asdict(one) for one in index.dead_letters()]})

    def resend(request: PageRequest) -> PageAnswer:
        if request.method != "POST":
            return PageAnswer(405, b"This page takes a POST.")
        lane = parse_qs(request.query).get("lane", [None])[0]
        return _json({"sentAgain": index.send_dead_again(None if lane is None else lane.lower())})

    made = {
        f"{BASE}/status": status,
        f"{BASE}/resetcache": reset,
        f"{BASE}/subscriber/status": subscribers,
        f"{BASE}/writelock/enable": lock,
        f"{BASE}/writelock/disable": unlock,
        f"{BASE}/writelock/status": lock_status,
        f"{BASE}/deadletters": dead_letters,
        f"{BASE}/deadletters/resend": resend,
    }
    return {path: _guarded(page) for path, page in made.items()}


def _guarded(page: Page) -> Page:
    def guarded(request: PageRequest) -> PageAnswer:
        try:
            return page(request)
        except Exception as error:  # by its kind alone
            log.error("index_page_failed: %s", type(error).__name__)
            return _json({"failure": type(error).__name__}, 503)

    return guarded


def _json(told: Mapping[str, Any], status: int = 200) -> PageAnswer:
    body = json.dumps(told, default=_moment, indent=1).encode()
    return PageAnswer(status, body, "application/json")


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")

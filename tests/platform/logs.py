"""What a gateway wrote of a call, read from the files in its data directory as an operator would.

Both files are written before the answer leaves, so that what belongs to an answer is there when it has come.
Source: platform.md §19.
"""

import json
from pathlib import Path
from typing import Any

from tests.platform.wire import Reply
from tests.platform.world import Gateway

MESSAGE_LOG, EVENTS = "message-log.jsonl", "ecs.jsonl"

Row = dict[str, Any]


def lines_of(gateway: Gateway, name: str) -> list[Row]:
    """The records of one of its files, in their order."""
    path: Path = gateway.process.data / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def record_of(gateway: Gateway, reply: Reply) -> Row:
    """The one record of a call in the message log."""
    named = reply.header("x-skltp-correlation-id")
    (found,) = (one for one in lines_of(gateway, MESSAGE_LOG) if one["correlation_id"] == named)
    return found


def events_of(gateway: Gateway, reply: Reply) -> list[Row]:
    """The real platform's events of a call, in their order."""
    named = reply.header("x-skltp-correlation-id")
    return [one for one in lines_of(gateway, EVENTS) if one.get("trace.id") == named]


def event_of(gateway: Gateway, reply: Reply, action: str) -> Row:
    (found,) = (one for one in events_of(gateway, reply) if one["event.action"] == action)
    return found


def actions(events: list[Row]) -> list[str]:
    return [one["event.action"] for one in events]

"""One record for each call, from which it can be explained: who, what, where to, every look-up, times and sizes.

No bodies, no header values but identifiers, and nothing that looks like a person's number. Records go to the logger
`tidbro.message_log` as one JSON object a line; where that leads is the operator's choice.
Source: platform.md §19; DESIGN decision 10 in docs/decisions.
"""

import json
import logging
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from contracts.errors import Violation
from contracts.identifiers import hide_persons
from gateway.call import Answer, Call

log = logging.getLogger("tidbro.message_log")

_MOST_VIOLATIONS = 5
_MOST_CHARACTERS = 1000
_encode = json.JSONEncoder(ensure_ascii=False).encode


def write(call: Call, answer: Answer) -> None:
    """Record a call that has been answered."""
    if log.isEnabledFor(logging.INFO):
        log.info(_encode(record_of(call, answer)))


def record_of(call: Call, answer: Answer) -> dict[str, Any]:
    """The record, without what is unknown or empty. Milliseconds are of a monotonic clock, since the call came."""
    ended_at = time.monotonic()
    message, route = call.message, call.route
    facts = {
        "event": "call_answered",
        "at": call.now.isoformat(timespec="milliseconds"),
        "correlation_id": _shortened(call.correlation_id),
        "method": call.request.method,
        "sender": _told(call.sender),
        "identity": call.identity_source,
        "original_consumer": _told(call.original_consumer),
        "contract": _told(message.contract) if message else None,
        "interaction": _told(message.interaction) if message else None,
        "logical_address": _told(message.logical_address) if message else None,
        "profile": message.profile if message else None,
        "routing": _told(call.routing_trace),
        "authorisation": _told(call.authorisation_trace),
        "address": route.address if route else None,
        "status": answer.status,
        "error": call.error_code,
        "error_origin": call.error_origin,
        "error_detail": _shortened(call.error_detail),
        "request_violations": _listed(call.request_violations),
        "answer_violations": _listed(call.answer_violations),
        "request_bytes": len(call.request.body),
        "answer_bytes": len(answer.body),
        "sent_after_ms": _since(call, call.sent_at),
        "answered_after_ms": _since(call, call.answered_at),
        "replied_after_ms": _since(call, ended_at),
    }
    return {name: value for name, value in facts.items() if value not in (None, "", [])}


def _listed(violations: Sequence[Violation]) -> list[str]:
    return [hide_persons(str(one)) for one in violations[:_MOST_VIOLATIONS]]


def _told(text: str | None) -> str | None:
    """What the record may say of an identifier. One of a megabyte is somebody's joke: it is neither kept nor told."""
    if text is None or len(text) > _MOST_CHARACTERS:
        return text and _shortened(text)
    return _hidden(text)


def _shortened(text: str) -> str:
    told = hide_persons(text)
    return told if len(told) <= _MOST_CHARACTERS else f"{told[:_MOST_CHARACTERS]}…"


@lru_cache(maxsize=4096)
def _hidden(text: str) -> str:
    """The same few identifiers come with every call."""
    return hide_persons(text)


def _since(call: Call, moment: float | None) -> float | None:
    return None if moment is None else round((moment - call.received_at) * 1000, 3)

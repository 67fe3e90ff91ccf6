"""One record for each call, from which it can be explained: who, what, where to, every look-up, times and sizes.

No bodies, no header values but identifiers, and nothing that looks like a person's number. Records go to the logger
`tidbro.message_log` as one JSON object a line; where that leads is the operator's choice. The texts that come again
with every call of a consumer are masked and encoded once: this runs for every call.
Elsewhere: the real platform's events (ecs_log.py).
Source: platform.md §19; DESIGN decision 10 in docs/decisions.
"""

import json
import logging
import re
import time
from collections.abc import Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from contracts.errors import Violation
from contracts.identifiers import hide_persons
from gateway import log_records
from gateway.call import Answer, Call

log = logging.getLogger("tidbro.message_log")

_MOST_VIOLATIONS = 5
_MOST_CHARACTERS = 1000
_KNOWN = (
    "method",
    "sender",
    "identity",
    "sender_address",
    "original_consumer",
    "contract",
    "interaction",
    "logical_address",
    "profile",
    "routing",
    "authorisation",
    "address",
    "tls_context",
)
"""The facts that come again: the values of `_known_facts`, in its order."""
_SIX_DIGITS = re.compile(r"\d{6}", re.ASCII)  # in every person's number there are so many in a row
_CREDENTIALS = re.compile(r"(?<=//)[^/?#\s]*@")


def write(call: Call, answer: Answer, log: logging.Logger = log) -> None:
    """Record a call that has been answered; `log` is another for a gateway with a log of its own."""
    if log.isEnabledFor(logging.INFO):
        log_records.tell(log, line_of(call, answer))


def record_of(call: Call, answer: Answer) -> dict[str, Any]:
    """The record as it is read back, without what is unknown or empty."""
    record: dict[str, Any] = json.loads(line_of(call, answer))
    return record


def line_of(call: Call, answer: Answer) -> str:
    """The record as JSON, on one line. Milliseconds are of a monotonic clock, since the call came."""
    began_at, ended_at = call.received_at, time.monotonic()
    parts = [
        f'{{"event": "call_answered", "at": "{call.now.isoformat(timespec="milliseconds")}"',
        f'"correlation_id": {encode_basestring(shortened(call.correlation_id))}',
        _known_facts(call),
        f'"status": {answer.status}',
        *_what_happened(call),
        f'"request_bytes": {len(call.request.body)}, "answer_bytes": {len(answer.body)}',
    ]
    if call.sent_at is not None:
        parts.append(f'"sent_after_ms": {(call.sent_at - began_at) * 1000:.3f}')
    if call.answered_at is not None:
        parts.append(f'"answered_after_ms": {(call.answered_at - began_at) * 1000:.3f}')
    parts.append(f'"replied_after_ms": {(ended_at - began_at) * 1000:.3f}}}')
    return ", ".join(parts)


def _known_facts(call: Call) -> str:
    """The facts that the same consumers, contracts and clinics bring with every call, as JSON without braces.

    A text of a megabyte is somebody's joke: it is shortened before anything is kept of it.
    """
    message, route = call.message, call.route
    facts = (
        call.request.method,
        call.sender,
        call.identity_source,
        call.sender_address,
        call.original_consumer,
        message.contract if message else None,
        message.interaction if message else None,
        message.logical_address if message else None,
        message.profile if message else None,
        call.routing_trace,
        call.authorisation_trace,
        route.address if route else None,
        call.tls_context,
    )
    if sum(map(len, filter(None, facts))) > _MOST_CHARACTERS:
        return _encoded(tuple(shortened(fact) if fact else fact for fact in facts))
    return _encoded_once(facts)


def _encoded(facts: tuple[str | None, ...]) -> str:
    told = zip(_KNOWN, facts, strict=True)
    return ", ".join(
        f'"{name}": {encode_basestring(shortened(without_credentials(fact)))}' for name, fact in told if fact
    )


_encoded_once = lru_cache(maxsize=4096)(_encoded)


def _what_happened(call: Call) -> list[str]:
    """What only some calls have, as JSON without braces."""
    went_wrong = call.error_code or call.error_detail or call.error_origin or call.lost_answer or call.attempts > 1
    if not (went_wrong or call.request_violations or call.answer_violations or call.warnings):
        return []
    facts: dict[str, Any] = {
        "error": call.error_code,
        "error_origin": call.error_origin,
        "error_detail": shortened(without_credentials(call.error_detail)) if call.error_detail else "",
        "request_violations": _listed(call.request_violations),
        "answer_violations": _listed(call.answer_violations),
        "lost_answer": shortened(call.lost_answer) if call.lost_answer else "",
        "warnings": [shortened(one) for one in call.warnings],
        "attempts": call.attempts if call.attempts > 1 else 0,
    }
    return [f'"{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in facts.items() if value]


def _listed(violations: Sequence[Violation]) -> list[str]:
    return [shortened(str(one)) for one in violations[:_MOST_VIOLATIONS]]


def shortened(text: str) -> str:
    """`text` without persons, and of a length that a log can bear."""
    told = hide_persons(text) if _SIX_DIGITS.search(text) else text
    return told if len(told) <= _MOST_CHARACTERS else f"{told[:_MOST_CHARACTERS]}…"


def without_credentials(text: str) -> str:
    """`text` without the user and the password that a URL in it may hold."""
    return _CREDENTIALS.sub("", text) if "@" in text else text

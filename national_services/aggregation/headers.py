"""Which HTTP headers a call must have, which go on to the sources, and which come back.

Pure. Names are in lower case. A source is asked with the headers of the incoming call, so that the platform sees the
same sender, original consumer and correlation id; what belongs to one connection stays on it (RFC 9110 §7.6.1). The
real services give the incoming headers back with the answer, less most of them (§22.1); of what is left only the
correlation id means something, so that is what comes back here.
Source: platform.md §5.2, §22.1 steps 1, 7.
"""

from collections.abc import Mapping

from contracts.http_headers import CORRELATION_ID, INSTANCE_ID, ORIGINAL_CONSUMER, SENDER_ID

MANDATORY = (SENDER_ID, ORIGINAL_CONSUMER, CORRELATION_ID)

_NOT_PASSED_ON = frozenset(("soapaction", "x-skltp-prt", "server", "host"))
_OF_ONE_CONNECTION = frozenset(
    ("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "content-length",
     "content-encoding", "content-type", "accept-encoding")
)  # fmt: skip


def missing(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The mandatory headers that are not there, or are empty."""
    return tuple(name for name in MANDATORY if not headers.get(name, "").strip())


def told_missing(names: tuple[str, ...]) -> str:
    """The fault string for headers that are missing: a line for each."""
    return "\n".join(f"Mandatory HTTP header {name} is missing" for name in names)


def to_source(incoming: Mapping[str, str], instance_id: str, soap_action: str) -> dict[str, str]:
    """The headers of a call to a source: those that came, and what a message of ours needs.

    Without the platform's own id, which it trusts the sender by, the call would be taken for one from outside.
    """
    named = {name.strip().lower() for name in incoming.get("connection", "").split(",")}
    stays = _NOT_PASSED_ON | _OF_ONE_CONNECTION | named
    kept = {
        name: value
        for name, value in incoming.items()
        if name not in stays and not name.startswith("proxy-") and _is_sendable(name, value)
    }
    return {INSTANCE_ID: instance_id, "user-agent": "Tidbro", **kept, **_of_message(soap_action)}


def to_index(sender: str, instance_id: str, correlation_id: str, soap_action: str) -> dict[str, str]:
    """The headers of a question to the index, which the services ask in their own name."""
    return {
        SENDER_ID: sender,
        INSTANCE_ID: instance_id,
        CORRELATION_ID: correlation_id,
        "user-agent": "Tidbro",
        **_of_message(soap_action),
    }


def to_consumer(incoming: Mapping[str, str]) -> dict[str, str]:
    """The headers of the answer, besides those that describe it."""
    return {CORRELATION_ID: incoming[CORRELATION_ID]}


def _of_message(soap_action: str) -> dict[str, str]:
    return {
        "content-type": "text/xml; charset=UTF-8",
        "soapaction": f'"{soap_action}"',
        "accept-encoding": "gzip",
    }


def _is_sendable(name: str, value: str) -> bool:
    return name.isascii() and value.isascii() and value.replace("\t", " ").isprintable()

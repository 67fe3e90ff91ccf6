"""Which HTTP headers go on to the producer, and which come back to the consumer.

Pure. The platform sets its own headers, removes by the patterns of the settings, and what belongs to one connection
(RFC 9110 §7.6.1) stays on it. A producer over HTTP stands inside the platform and learns who calls; over HTTPS it sees
a certificate instead. Host, Content-Length and the like are written by who sends (producer_client.py).
Source: platform.md §7.2, §7.3; §25 rows 14, 16.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl

from contracts.http_headers import CORRELATION_ID, INSTANCE_ID, ORIGINAL_CONSUMER, ROUTING_HISTORY, SENDER_ID
from contracts.identifiers import hide_persons
from gateway.call import XML_CONTENT_TYPE, Call
from gateway.settings import GatewaySettings, SettingsRefused

PRODUCER_TIME = "x-skltp-prt"
OURS = "x-tidbro-"
WARNING = f"{OURS}warning"

_OF_ONE_CONNECTION = re.compile(
    r"connection|keep-alive|proxy-.*|te|expect|date|via|warning|pragma|cache-control|trailer|upgrade|host|"
    r"content-length|transfer-encoding|content-encoding|camel.*",
    re.IGNORECASE,
)
_SET_BY_US = frozenset((SENDER_ID, INSTANCE_ID, CORRELATION_ID, ORIGINAL_CONSUMER, "user-agent", "content-type"))
_NOT_RETURNED = frozenset(
    ("content-type", "content-length", "connection", "keep-alive", "transfer-encoding", "date", "trailer", "upgrade",
     CORRELATION_ID, PRODUCER_TIME)
)  # fmt: skip
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_REMEMBERED = 100

Rows = tuple[tuple[str, str], ...]


class HeaderRules:
    """The rules of one gateway. What is decided about a header's name is decided once.

    Raises SettingsRefused for a setting that cannot be sent as a header.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        for name in ("user_agent", "content_type", "instance_id"):
            _demand_one_line(name, getattr(settings, name))
        self._settings = settings
        self._removed = re.compile(settings.request_headers_removed)
        self._kept = re.compile(settings.request_headers_kept)
        self._not_returned = re.compile(settings.response_headers_removed)
        self._goes_out_cached = lru_cache(maxsize=1024)(self._decide_out)
        self._comes_back_cached = lru_cache(maxsize=1024)(self._decide_back)

    def to_producer(self, call: Call, is_tls: bool) -> Rows:
        """The headers of the request to a producer: the consumer's, less what is between it and us, and our own."""
        own = self._own(call, is_tls)
        goes_out = self._goes_out
        theirs = [row for row in call.request.headers.items() if row[0] not in _SET_BY_US and row[0] not in own]
        if self._settings.query_becomes_headers and call.request.query:
            theirs += _of_query(call.request.query, {*call.request.headers, *own})
        return tuple([row for row in (*theirs, *own.items()) if goes_out(row[0])])

    def to_consumer(self, rows: Iterable[tuple[str, str]], milliseconds: int) -> Rows:
        """The headers of a producer's answer that the consumer gets, with the time that the producer took."""
        kept = [row for row in rows if self._comes_back(row[0])]
        return (("Content-Type", XML_CONTENT_TYPE), *kept, (PRODUCER_TIME, str(milliseconds)))

    def _own(self, call: Call, is_tls: bool) -> dict[str, str]:
        own = {
            ORIGINAL_CONSUMER: call.original_consumer or call.known_sender,
            "user-agent": self._settings.user_agent,
            "content-type": self._settings.content_type,
        }
        if call.routing_history:
            own[ROUTING_HISTORY] = call.routing_history
        if not is_tls or self._settings.correlation_id_to_https:
            own[CORRELATION_ID] = call.correlation_id
        if not is_tls:
            own |= {SENDER_ID: call.known_sender, INSTANCE_ID: self._settings.instance_id}
        return own

    def _goes_out(self, name: str) -> bool:
        return self._goes_out_cached(name) if len(name) <= _LONGEST_REMEMBERED else self._decide_out(name)

    def _comes_back(self, name: str) -> bool:
        return self._comes_back_cached(name) if len(name) <= _LONGEST_REMEMBERED else self._decide_back(name)

    def _decide_out(self, name: str) -> bool:
        if _OF_ONE_CONNECTION.fullmatch(name) or name == self._settings.certificate_header.lower():
            return False
        return bool(self._kept.fullmatch(name)) or not self._removed.fullmatch(name)

    def _decide_back(self, name: str) -> bool:
        """What is told in our name is told by us alone."""
        lowered = name.lower()
        is_ours = lowered in _NOT_RETURNED or lowered.startswith(OURS)
        return not is_ours and not self._not_returned.fullmatch(name)


def _demand_one_line(name: str, value: str) -> None:
    if not value.isascii() or _CONTROL.search(value):
        raise SettingsRefused(f"{name} must be one line of ASCII, for it is sent as a header.")


def producer_time(call: Call) -> tuple[str, str]:
    """The header that says how long the platform waited for a producer that is an adapter."""
    seconds = (call.answered_at or 0.0) - (call.sent_at or 0.0)
    return PRODUCER_TIME, str(max(int(seconds * 1000), 0))


def warnings_of(call: Call, settings: GatewaySettings) -> list[tuple[str, str]]:
    """What the caller's developers are told beside the answer; the real platform tells its log alone."""
    if settings.is_skltp:
        return []
    return [(WARNING, _CONTROL.sub(" ", hide_persons(sentence))) for sentence in call.warnings]


def _of_query(query: str, taken: Mapping[str, str] | set[str]) -> list[tuple[str, str]]:
    """The parameters of a query as headers. What was sent or is set as a header counts before them."""
    rows = ((name.lower(), _CONTROL.sub(" ", value)) for name, value in parse_qsl(query, keep_blank_values=True))
    return [row for row in rows if _NAME.fullmatch(row[0]) and row[0] not in taken and row[0] not in _SET_BY_US]

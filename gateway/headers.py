"""Which HTTP headers go on to the producer, and which come back to the consumer.

Pure. Source: platform.md §7.2, §7.3.
"""

import re
from collections.abc import Iterable, Mapping

from contracts.http_headers import CORRELATION_ID, INSTANCE_ID, ORIGINAL_CONSUMER, ROUTING_HISTORY, SENDER_ID
from gateway.call import XML_CONTENT_TYPE, Call
from gateway.settings import GatewaySettings

PRODUCER_TIME = "x-skltp-prt"

_NOT_FORWARDED = re.compile(
    r"x-vp.*|peer_certificates|x-forwarded.*|mule_.*|x-mule_.*|connection|accept-encoding|keep-alive|proxy-.*|te|"
    r"expect|date|via|warning|pragma|cache-control|trailer|upgrade|host|content-length|transfer-encoding|camel.*|"
    r"content-encoding"
)
_NOT_RETURNED = re.compile(
    r"soapaction|mule_.*|x-mule_.*|local_certificate|peer_certificates|http\.method|content-type|content-length|"
    r"connection|keep-alive|transfer-encoding|date|trailer|upgrade|x-skltp-correlation-id|x-skltp-prt"
)


def to_producer(call: Call, settings: GatewaySettings, is_tls: bool) -> dict[str, str]:
    """The headers of the request to a producer: the consumer's, less what is between it and us, and our own."""
    kept = {name: value for name, value in call.request.headers.items() if not _NOT_FORWARDED.fullmatch(name)}
    kept.pop(settings.certificate_header.lower(), None)
    kept |= {
        ORIGINAL_CONSUMER: call.original_consumer or call.known_sender,
        "user-agent": settings.user_agent,
        "content-type": "text/xml;charset=UTF-8",
    }
    if call.routing_history:
        kept[ROUTING_HISTORY] = call.routing_history
    if is_tls:
        kept.pop(CORRELATION_ID, None)
        return kept
    return kept | {
        SENDER_ID: call.known_sender,
        INSTANCE_ID: settings.instance_id,
        CORRELATION_ID: call.correlation_id,
    }


def to_consumer(
    headers: Mapping[str, str] | Iterable[tuple[str, str]], milliseconds: int
) -> tuple[tuple[str, str], ...]:
    """The headers of a producer's answer that the consumer gets, with the time that the producer took."""
    rows = headers.items() if isinstance(headers, Mapping) else headers
    kept = tuple((name, value) for name, value in rows if not _NOT_RETURNED.fullmatch(name.lower()))
    return (("Content-Type", XML_CONTENT_TYPE), *kept, (PRODUCER_TIME, str(milliseconds)))

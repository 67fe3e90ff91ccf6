"""What a SOAP fault stands for: the platform's error by its code, or the producer's own fault.

Source: platform.md §12.2; contracts.md G-14.
"""

import re
from collections.abc import Mapping
from typing import cast

from contracts import xml
from contracts.errors import (
    FaultCode,
    LogicalAddressMissing,
    MessageUnreadable,
    NotAuthorised,
    OriginalConsumerRefused,
    PlatformError,
    ProducerFault,
    ProducerUnreachable,
    ProfileMismatch,
    ProfileUnsupported,
    ResourceMissing,
    RouteAmbiguous,
    RouteMissing,
    RouteWithoutAddress,
    RoutingLoop,
    SenderUnknown,
    TakUnavailable,
    TransportRefused,
)
from contracts.identifiers import hide_persons

_PLATFORM_FAULT = re.compile(r"\s*(VP\d{3})\b", re.ASCII)

_BY_CODE: Mapping[str, type[PlatformError]] = {
    kind.code: kind
    for kind in (
        ProfileUnsupported,
        SenderUnknown,
        LogicalAddressMissing,
        RouteMissing,
        ProfileMismatch,
        RouteAmbiguous,
        NotAuthorised,
        TakUnavailable,
        ProducerUnreachable,
        RouteWithoutAddress,
        TransportRefused,
        ResourceMissing,
        OriginalConsumerRefused,
        RoutingLoop,
        MessageUnreadable,
    )
}


def by_code(code: str) -> type[PlatformError]:
    """The error that a platform's code stands for; PlatformError itself for a code that we don't know."""
    return _BY_CODE.get(code, PlatformError)


def error_of(fault: xml.Element) -> PlatformError | ProducerFault:
    """The error that a SOAP fault stands for; what looks like a person's number is hidden in it."""
    told = {name: hide_persons(_said(fault, name)) for name in ("faultcode", "faultstring", "detail")}
    platform = _PLATFORM_FAULT.match(told["faultstring"])
    if platform is not None:
        return by_code(platform[1])(told["detail"] or told["faultstring"])
    kind = told["faultcode"].rpartition(":")[2].partition(".")[0]
    faultcode: FaultCode = "Client" if kind == "Client" else "Server"
    return ProducerFault(told["faultstring"], faultcode)


def _said(fault: xml.Element, name: str) -> str:
    """The text of a fault's child and all in it; SOAP 1.1 gives these children no namespace, some senders do."""
    child = next(fault.iterchildren(f"{{*}}{name}"), None)
    return "" if child is None else cast(str, child.xpath("string()")).strip()

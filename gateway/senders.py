"""Who calls: the sender's identity on the HTTP listener, the original consumer, and whether a loop is under way.

Pure: takes the request and the settings. The HTTP listener trusts its white list alone. A caller on it names itself
by the internal headers, when it names this platform too, or by the certificate header that a TLS proxy set. In demo
mode a loopback caller without any identity counts as the demo's e-service, and is told so.
Elsewhere: the HTTPS listener with client certificates (not built yet).
Source: platform.md §5.2, §6, codes VP002, VP011, VP013, VP014 of §12.2; §25 rows 5 and 6.
"""

import base64
import ipaddress
import logging
import re
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509

from contracts.errors import OriginalConsumerRefused, RoutingLoop, SenderUnknown, TransportRefused
from contracts.http_headers import INSTANCE_ID, ORIGINAL_CONSUMER, ROUTING_HISTORY, SENDER_ID
from contracts.identifiers import hide_persons
from gateway.call import HttpRequest
from gateway.settings import GatewaySettings

FORWARDED_FOR = "x-forwarded-for"

log = logging.getLogger(__name__)

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sender:
    """The calling system. `source` tells how it was known: internal, certificate or demo."""

    id: str
    source: str
    routing_history: str | None


def identify(request: HttpRequest, settings: GatewaySettings) -> Sender:
    """Who calls. Raises TransportRefused, SenderUnknown or RoutingLoop."""
    _demand_listed(request.peer, "peer address", settings)
    history = request.header(ROUTING_HISTORY)
    if request.header(SENDER_ID) and request.header(INSTANCE_ID) == settings.instance_id:
        forwarded = request.header(FORWARDED_FOR)
        if forwarded is not None:
            _demand_listed(forwarded, "X-Forwarded-For", settings)
        return Sender(request.headers[SENDER_ID], "internal", history)
    header = request.header(settings.certificate_header.lower())
    if header is None and settings.demo_consumer and _is_loopback(request.peer):
        return Sender(settings.demo_consumer, "demo", _next_history(settings.demo_consumer, history, settings))
    sender = _sender_of_certificate(header, settings)
    return Sender(sender, "certificate", _next_history(sender, history, settings))


def original_consumer(sender: Sender, request: HttpRequest, settings: GatewaySettings) -> str:
    """For whom the call is made: the header's consumer, or the sender. Raises OriginalConsumerRefused.

    Who may name another consumer is a list of senders; internal calls may. It is what the call was identified by that
    makes it internal, not a header that anybody can send (platform.md §6, §25 row 7).
    """
    named = request.header(ORIGINAL_CONSUMER)
    if named is None:
        return sender.id
    allowed = settings.original_consumer_senders
    if sender.source != "internal" and allowed and sender.id not in allowed:
        if settings.refuses_original_consumers:
            raise OriginalConsumerRefused(f"Sender is not approved to set header {ORIGINAL_CONSUMER}.")
        log.warning("original_consumer_not_approved", extra={"sender": hide_persons(sender.id)})
    return named or sender.id


def _demand_listed(address: str, where: str, settings: GatewaySettings) -> None:
    if not any(_is_within(address.strip(), entry) for entry in settings.ip_whitelist):
        raise TransportRefused(
            "Caller was not on the white list of accepted IP-addresses.  "
            f"IP-address: {address}. HTTP header that caused checking: {where}"
        )


def _is_within(address: str, entry: str) -> bool:
    """An entry is a prefix of the address's text, as on the real platform, or a CIDR block.

    Of several addresses (X-Forwarded-For) the first decides.
    """
    if "/" not in entry:
        return bool(address) and address.startswith(entry)
    try:
        return ipaddress.ip_address(address.split(",", 1)[0].strip()) in _network(entry)
    except ValueError:
        return False


@lru_cache(maxsize=64)
def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(entry, strict=False)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _next_history(sender: str, history: str | None, settings: GatewaySettings) -> str:
    if not history:
        return f"{sender}#{settings.instance_id}"
    if settings.instance_id in (part.strip() for part in history.split("#")):
        raise RoutingLoop("")
    return f"{history}#{settings.instance_id}"


def _sender_of_certificate(header: str | None, settings: GatewaySettings) -> str:
    name = settings.certificate_header
    if header is None:
        raise SenderUnknown(f"No certificate found in httpheader {name}")
    if pem := _PEM.search(header):
        encoded = pem[1]
    elif header.startswith("MII"):
        encoded = header.split(",", 1)[0]
    else:
        raise SenderUnknown(f"Exception, unkown certificate type found in httpheader {name}")
    sender = _sender_of(encoded, name, settings.sender_id_pattern)
    if sender is None:
        raise SenderUnknown("No senderId found in Certificate")
    return sender


@lru_cache(maxsize=1024)
def _sender_of(encoded: str, header_name: str, pattern: str) -> str | None:
    """The sender id in a certificate's subject, the last part first as RFC 2253 has it; None when there is none.

    The pattern is matched from the start of each part: what looks like a serial number inside a name is a name.
    """
    try:
        subject = x509.load_der_x509_certificate(base64.b64decode("".join(encoded.split()), validate=True)).subject
        parts = [f"{one.rfc4514_attribute_name}={one.value!s}" for one in subject]
    except (ValueError, x509.InvalidVersion):
        raise SenderUnknown(f"Exception occured parsing certificate in httpheader {header_name}") from None
    found = (re.match(pattern, part) for part in reversed(parts))
    return next((match[1] for match in found if match), None)

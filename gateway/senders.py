"""Who calls: the sender's identity on the HTTP listener, the original consumer, and whether a loop is under way.

Pure: takes the request and the settings. The HTTP listener trusts its white list alone. A caller on it names itself
by the internal headers, when it names this platform too, or by the certificate header that a TLS proxy set. In demo
mode a loopback caller without any identity counts as the demo's e-service, and is told so.
Elsewhere: the HTTPS listener with client certificates (not built yet).
Source: platform.md §5.2, §6, codes VP002, VP011, VP014 of §12.2; §25 rows 5 and 6.
"""

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from contracts.errors import RoutingLoop, SenderUnknown, TransportRefused
from gateway.call import HttpRequest
from gateway.settings import GatewaySettings

SENDER_ID = "x-vp-sender-id"
INSTANCE_ID = "x-vp-instance-id"
FORWARDED_FOR = "x-forwarded-for"
ORIGINAL_CONSUMER = "x-rivta-original-serviceconsumer-hsaid"
ROUTING_HISTORY = "x-rivta-routing-history"

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


def _demand_listed(address: str, where: str, settings: GatewaySettings) -> None:
    if not any(_is_within(address.strip(), entry) for entry in settings.ip_whitelist):
        raise TransportRefused(
            "Caller was not on the white list of accepted IP-addresses.  "
            f"IP-address: {address}. HTTP header that caused checking: {where}"
        )


@lru_cache(maxsize=4096)
def _is_within(address: str, entry: str) -> bool:
    """An entry is a prefix of the address's text, as on the real platform, or a CIDR block."""
    if "/" not in entry:
        return bool(address) and address.startswith(entry)
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False


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
    """The sender id in a certificate's subject, read by OID and then by the pattern; None when there is none."""
    try:
        subject = x509.load_der_x509_certificate(base64.b64decode("".join(encoded.split()), validate=True)).subject
    except (ValueError, binascii.Error):
        raise SenderUnknown(f"Exception occured parsing certificate in httpheader {header_name}") from None
    rendered = ",".join(
        f"{'2.5.4.5' if one.oid == NameOID.SERIAL_NUMBER else one.rfc4514_attribute_name}={one.value!s}"
        for one in subject
    )
    found = re.search(pattern, rendered)
    return found[1] if found else None

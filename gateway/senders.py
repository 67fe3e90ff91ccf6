"""Who calls: the sender's identity, where the call came from, the original consumer, and whether a loop is under way.

Pure: takes the request and the settings. On the HTTPS listener the client certificate is the identity, whatever the
headers say. The HTTP listener trusts its white list alone: a caller on it names itself by the internal headers, when it
names this platform too, or by the certificate header that a TLS proxy set. In demo mode a loopback caller without any
identity counts as the demo's e-service, and is told so.
Elsewhere: what stands in a certificate (certificates.py); that the handshake demands one (listener_tls.py).
Source: platform.md §5, §6, codes VP002, VP011, VP013, VP014 of §12.2; §25 rows 5 to 8.
"""

import ipaddress
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from contracts.errors import OriginalConsumerRefused, RoutingLoop, SenderUnknown, TransportRefused
from contracts.http_headers import INSTANCE_ID, ORIGINAL_CONSUMER, ROUTING_HISTORY, SENDER_ID
from contracts.identifiers import hide_persons
from gateway import certificates
from gateway.call import HttpRequest
from gateway.settings import GatewaySettings
from gateway.subjects import CertificateUnreadable, shown, subject_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sender:
    """The calling system. `source` tells how it was known: tls, internal, certificate (a proxy's header) or demo."""

    id: str
    source: str
    routing_history: str | None


def identify(request: HttpRequest, settings: GatewaySettings) -> Sender:
    """Who calls. Raises TransportRefused, SenderUnknown or RoutingLoop."""
    return _by_handshake(request, settings) if request.scheme == "https" else _by_trust(request, settings)


def sender_address(request: HttpRequest, settings: GatewaySettings) -> str:
    """Where a call came from, for the logs: all that a proxy tells of it, or the peer. Not told on HTTPS (§5.1)."""
    if request.scheme == "https":
        return ""
    forwarded = request.header(settings.forwarded_for_header.lower())
    return request.peer if forwarded is None else forwarded


def _by_handshake(request: HttpRequest, settings: GatewaySettings) -> Sender:
    """The sender that the client certificate of the TLS handshake names (§5.1)."""
    if request.certificate is None:
        raise SenderUnknown("No client certificate was shown")
    try:
        sender = _sender_in(request.certificate, settings, is_rfc_2253=False)
    except CertificateUnreadable:
        raise SenderUnknown("No senderId found in Certificate: unreadable") from None
    if sender is None:
        raise SenderUnknown(f"No senderId found in Certificate: {shown(subject_of(request.certificate))}")
    history = request.header(ROUTING_HISTORY)
    if settings.routing_history_on_https:
        history = _next_history(sender, history, settings)
    return Sender(sender, "tls", history)


def _by_trust(request: HttpRequest, settings: GatewaySettings) -> Sender:
    """The sender that a peer on the white list names (§5.2)."""
    _demand_listed(request.peer, "CamelNettyRemoteAddress" if settings.is_skltp else "peer address", settings)
    history = request.header(ROUTING_HISTORY)
    if request.header(SENDER_ID) and request.header(INSTANCE_ID) == settings.instance_id:
        forwarded = request.header(settings.forwarded_for_header.lower())
        if forwarded is not None:
            _demand_listed(forwarded, settings.forwarded_for_header, settings)
        return Sender(request.headers[SENDER_ID], "internal", history)
    header = request.header(settings.certificate_header.lower())
    if header is None and settings.demo_consumer and _is_loopback(request.peer):
        return Sender(settings.demo_consumer, "demo", _next_history(settings.demo_consumer, history, settings))
    sender = _sender_of_header(header, settings)
    return Sender(sender, "certificate", _next_history(sender, history, settings))


def original_consumer(sender: Sender, request: HttpRequest, settings: GatewaySettings) -> str:
    """For whom the call is made: the header's consumer, or the sender. Raises OriginalConsumerRefused.

    Who may name another consumer is a list of senders; internal calls may. It is what the call was identified by that
    makes it internal, not a header that anybody can send, unless the settings trust that (§6, §25 row 7).
    """
    named = request.header(ORIGINAL_CONSUMER)
    if named is None:
        return sender.id
    allowed = {one.strip() for one in settings.original_consumer_senders}
    if allowed and sender.id.strip() not in allowed and not _is_internal(sender, request, settings):
        if settings.refuses_original_consumers:
            raise OriginalConsumerRefused(f"Sender is not approved to set header {ORIGINAL_CONSUMER}.")
        log.warning("original_consumer_not_approved", extra={"sender": hide_persons(sender.id)})
    return named or sender.id


def _is_internal(sender: Sender, request: HttpRequest, settings: GatewaySettings) -> bool:
    says_so = settings.trusts_instance_header and request.header(INSTANCE_ID) == settings.instance_id
    return sender.source == "internal" or says_so


def _demand_listed(address: str, where: str, settings: GatewaySettings) -> None:
    if not is_listed(address, settings.ip_whitelist):
        raise TransportRefused(
            "Caller was not on the white list of accepted IP-addresses.  "
            f"IP-address: {address}. HTTP header that caused checking: {where}"
        )


def comes_from_listed(request: HttpRequest, entries: Iterable[str], settings: GatewaySettings) -> bool:
    """Whether a request for a page comes from a white list: its peer, and every address that proxies tell of its way.

    Every one, for what stands first may be the caller's own word. (For calls it decides: that is the platform's way.)
    """
    told = request.header(settings.forwarded_for_header.lower())
    return all(is_listed(one, entries) for one in (request.peer, *(told.split(",") if told is not None else ())))


def is_listed(address: str, entries: Iterable[str]) -> bool:
    """Whether an address is on a white list, which is written as the setting ip_whitelist; an empty list has nobody."""
    return _is_listed(address, tuple(entries))


@lru_cache(maxsize=1024)
def _is_listed(address: str, entries: tuple[str, ...]) -> bool:
    return any(_is_within(_plain(address), entry) for entry in entries)


def _plain(address: str) -> str:
    """An address without blanks; one of IPv4 that came to a socket for both kinds, ::ffff:10.2.3.4, as of IPv4."""
    trimmed = address.strip()
    try:
        parsed = ipaddress.ip_address(trimmed)
    except ValueError:
        return trimmed
    return str(getattr(parsed, "ipv4_mapped", None) or trimmed)


def _is_within(address: str, entry: str) -> bool:
    """An entry is a prefix of the address's text, as on the real platform, or a CIDR block.

    Of several addresses (X-Forwarded-For) the first decides.
    """
    if "/" not in entry:
        return bool(address) and address.startswith(entry)
    try:
        return ipaddress.ip_address(_plain(address.split(",", 1)[0])) in _network(entry)
    except ValueError:
        return False


@lru_cache(maxsize=64)
def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(entry, strict=False)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(_plain(address)).is_loopback
    except ValueError:
        return False


def _next_history(sender: str, history: str | None, settings: GatewaySettings) -> str | None:
    """The platforms passed, with this one; what came in where the settings leave that to others. Raises RoutingLoop."""
    if not settings.uses_routing_history:
        return history
    if not history:
        return f"{sender}#{settings.instance_id}"
    if settings.instance_id in (part.strip() for part in history.split("#")):
        raise RoutingLoop("")
    return f"{history}#{settings.instance_id}"


def _sender_of_header(header: str | None, settings: GatewaySettings) -> str:
    name = settings.certificate_header
    if header is None:
        raise SenderUnknown(f"No certificate found in httpheader {name}")
    try:
        certificate = certificates.certificate_in(header)
        sender = _sender_in(certificate, settings, is_rfc_2253=True) if certificate is not None else None
    except CertificateUnreadable:
        raise SenderUnknown(f"Exception occured parsing certificate in httpheader {name}") from None
    if certificate is None:
        raise SenderUnknown(f"Exception, unkown certificate type found in httpheader {name}")
    if sender is None:
        raise SenderUnknown("No senderId found in Certificate")
    return sender


def _sender_in(certificate: bytes, settings: GatewaySettings, is_rfc_2253: bool) -> str | None:
    if settings.finds_sender_anywhere:
        return certificates.sender_id_anywhere(certificate, settings.sender_id_pattern, is_rfc_2253)
    return certificates.sender_id_by_attribute(certificate, settings.sender_id_pattern)

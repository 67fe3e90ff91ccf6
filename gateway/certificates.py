"""What a client certificate says of who calls: the sender id in its subject, and the certificate in a proxy's header.

Pure. The sender id is looked for in one of two ways. By attribute (the usual): each attribute of the subject is tried
on its own, so that nothing inside a name can pass for a serial number, and a value is whole whatever signs it has.
Anywhere (the real platform's): the pattern is searched for in the subject as one line, `SERIALNUMBER=…, CN=…` on the
HTTPS listener and RFC 2253, where a serial number is `2.5.4.5=#13…`, on the HTTP listener. Either way the last part of
the subject comes first.
Elsewhere: reading and writing the subject (subjects.py); what follows for a call (senders.py); whether the certificate
is to be trusted (listener_tls.py, the proxy).
Source: platform.md §5.1, §5.2 (4).
"""

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache

from cryptography import x509

from gateway.subjects import (
    FRIENDLY_KEYWORDS,
    Attribute,
    CertificateUnreadable,
    Subject,
    in_friendly_form,
    in_rfc_2253,
    subject_of,
)

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_TYPE_AND_LENGTH = len("#1314")  # of a value in hex: they are dropped unread


def certificate_in(header: str) -> bytes | None:
    """The first certificate in the value of a proxy's header, in DER; None for a form that is of an unknown kind.

    Raises CertificateUnreadable. Known are PEM, with or without its line breaks, and bare base64 that begins with MII,
    up to the first comma.
    """
    if pem := _PEM.search(header):
        return _decoded(pem[1])
    return _decoded(header.split(",", 1)[0]) if header.startswith("MII") else None


@lru_cache(maxsize=1024)
def _decoded(encoded: str) -> bytes:
    try:
        certificate = base64.b64decode("".join(encoded.split()), validate=True)
        x509.load_der_x509_certificate(certificate)
    except (ValueError, x509.InvalidVersion):
        raise CertificateUnreadable("not a certificate") from None
    return certificate


@lru_cache(maxsize=1024)
def sender_id_by_attribute(certificate: bytes, pattern: str) -> str | None:
    """The first sender id that an attribute holds, None when none does. Raises CertificateUnreadable.

    The pattern must fit from the start of `TYPE=value`, where TYPE is the number or the keyword. A group that ends at a
    comma ends there because commas part attributes in one line; here it is a sign like others.
    """
    for one in _from_last(subject_of(certificate)):
        for name in (one.type, FRIENDLY_KEYWORDS.get(one.type, one.type)):
            text = f"{name}={one.text or ''}"
            if (found := re.match(pattern, text)) and _is_id(sender := _to_the_end(found, text)):
                return sender
    return None


@lru_cache(maxsize=1024)
def sender_id_anywhere(certificate: bytes, pattern: str, is_rfc_2253: bool) -> str | None:
    """The sender id in the subject as one line of text, None when there is none. Raises CertificateUnreadable."""
    subject = subject_of(certificate)
    return sender_id_in(in_rfc_2253(subject) if is_rfc_2253 else in_friendly_form(subject), pattern)


def sender_id_in(subject: str, pattern: str) -> str | None:
    """The first group of the first hit; what begins with `#` is a value in hex, of which ASCII can be read."""
    found = re.search(pattern, subject)
    sender = found[1] if found else None
    if sender is not None and sender.startswith("#"):
        sender = _out_of_hex(sender)
    return sender if _is_id(sender) else None


def _from_last(subject: Subject) -> Iterator[Attribute]:
    for part in reversed(subject):
        yield from part


def _to_the_end(found: "re.Match[str]", text: str) -> str:
    is_cut = found.end() == found.end(1) and text[found.end() : found.end() + 1] == ","
    return text[found.start(1) :] if is_cut else found[1]


def _is_id(sender: str | None) -> bool:
    """Whether it can be anybody's id: a line break in one would begin a header of its own at the producer."""
    return sender is not None and sender.strip() != "" and sender.isprintable()


def _out_of_hex(value: str) -> str | None:
    try:
        return binascii.unhexlify(value[_TYPE_AND_LENGTH:]).decode("ascii")
    except ValueError:
        return None

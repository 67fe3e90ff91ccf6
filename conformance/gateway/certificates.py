"""Test certificates for consumers, producers and listeners: one authority, and the odd ones that must be refused.

Source: platform.md §5.1 (where the HSA-id stands), §15.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_PEM = serialization.Encoding.PEM
_USES = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
ORGANISATION = ((NameOID.COMMON_NAME, "a function of ours"), (NameOID.COUNTRY_NAME, "SE"))


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, also as files."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    certificate_file: Path
    key_file: Path
    bundle_file: Path

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(_PEM).decode()

    @property
    def pem_on_one_line(self) -> str:
        """As a proxy writes it into a header, where line breaks cannot be."""
        return self.pem.strip().replace("\n", " ")

    @property
    def bare(self) -> str:
        """Base 64 without the lines around it, as Traefik sends it."""
        return base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()


class Authority:
    """Issues certificates into a folder; itself one of them."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(((NameOID.COMMON_NAME, f"Test {name}"),))
        built = _builder(subject, subject, self._key, _now() - timedelta(days=900), _now() + timedelta(days=900))
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        built = built.add_extension(usage, critical=True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        built = built.add_extension(identifier, critical=False)
        self._identifier = identifier
        self.certificate = built.sign(self._key, hashes.SHA256())
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self.certificate.public_bytes(_PEM))

    def consumer(self, sender: str) -> Issued:
        """A function certificate with this HSA-id as serialNumber."""
        return self.issue(sender, ((NameOID.SERIAL_NUMBER, sender), *ORGANISATION))

    def issue(
        self,
        name: str,
        subject: Sequence[tuple[x509.ObjectIdentifier, str]] = ORGANISATION,
        hosts: Sequence[str] = (),
        last_moment: timedelta = timedelta(days=30),
        is_self_signed: bool = False,
    ) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        end = _now() + last_moment
        issuer = _name(subject) if is_self_signed else self.certificate.subject
        built = _builder(_name(subject), issuer, key, end - timedelta(days=60), end)
        built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        built = built.add_extension(x509.ExtendedKeyUsage(_USES), critical=False)
        if not is_self_signed:
            authority_key = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier)
            built = built.add_extension(authority_key, critical=False)
        if hosts:
            built = built.add_extension(x509.SubjectAlternativeName([_host(one) for one in hosts]), critical=False)
        return self._written(name, built.sign(key if is_self_signed else self._key, hashes.SHA256()), key)

    def _written(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Issued:
        paths = [self._folder / f"{name}{end}" for end in (".crt", ".key", ".bundle")]
        key_text = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        texts = (certificate.public_bytes(_PEM), key_text, key_text + certificate.public_bytes(_PEM))
        for path, text in zip(paths, texts, strict=True):
            path.write_bytes(text)
        return Issued(certificate, key, *paths)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _name(attributes: Sequence[tuple[x509.ObjectIdentifier, str]]) -> x509.Name:
    """The names of a subject; what no PrintableString can say is said in UTF-8."""
    kinds = (None if value.isascii() else _ASN1Type.UTF8String for _, value in attributes)
    return x509.Name([x509.NameAttribute(*one, kind) for one, kind in zip(attributes, kinds, strict=True)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return made.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)

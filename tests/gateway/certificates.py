"""Certificates for tests of TLS: an authority, and what it or nobody signed. Keys are elliptic, for they are quick."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self, password: bytes | None = None) -> bytes:
        how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)

    def bundle(self, path: Path, *chain: "Issued", password: bytes | None = None) -> Path:
        """A PEM file of key, certificate and chain."""
        certificates = [self.certificate_pem, *(one.certificate_pem for one in chain)]
        path.write_bytes(b"".join([self.key_pem(password), *certificates]))
        return path


@cache
def an_authority(name: str = "Test CA", above: Issued | None = None) -> Issued:
    """An authority, signed by itself or by the one `above`."""
    return _issue(name, above, is_authority=True)


def a_certificate(
    authority: Issued | None, *hosts: str, name: str = "producer", days: tuple[int, int] = (-1, 30)
) -> Issued:
    """A certificate for hosts (names or addresses), good between two days from now; without authority it signs itself."""
    return _issue(name, authority, hosts, days=days)


def _issue(
    name: str,
    issuer: Issued | None,
    hosts: tuple[str, ...] = (),
    days: tuple[int, int] = (-1, 30),
    is_authority: bool = False,
) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOW + timedelta(days=days[0]))
        .not_valid_after(_NOW + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(one) for one in hosts]), critical=False)
    return Issued(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)

"""A test authority that issues function certificates in HSA style: what stands in them, and the files they are kept in.

Made for demos and tests, and each certificate says so. A function certificate names a system: its HSA-id is the
subject's serial number, as in SITHS. Keys are EC P-256 and readable by their owner alone; certificates hold what strict
verifiers demand. A folder holds one authority (`ca.pem`, `ca.key`) and what it issued, by name.
Elsewhere: the command (pki_command.py); how the gateway reads a sender id (gateway/certificates.py).
Source: platform.md §5.1, §15; RIV-TA Basic Profile 2.1 rule 6; domain.md §10.1 (HSA-ids).
"""

import ipaddress
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from contracts.identifiers import HsaId, hide_persons
from gateway.settings import SettingsRefused

AUTHORITY = "ca"
FOR_TESTS = "Tidbro (for tests only)"
CLIENTS, SERVERS = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH

_AUTHORITY_DAYS = 3650
_MOST_BYTES = 64  # of a common name
_BEFORE = timedelta(hours=1)  # for clocks that are behind


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, and the authority that signed it; None when it signed itself."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    authority: x509.Certificate | None = None

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def a_name(*parts: tuple[ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def function_name(hsa_id: str, name: str) -> x509.Name:
    """The subject of a function certificate."""
    return a_name(
        (NameOID.COUNTRY_NAME, "SE"), (NameOID.ORGANIZATION_NAME, FOR_TESTS), (NameOID.COMMON_NAME, name),
        (NameOID.SERIAL_NUMBER, hsa_id),
    )  # fmt: skip


def demand_system(hsa_id: str, name: str) -> None:
    """Raises SettingsRefused for what is no HSA-id or no name, or looks like a person's number."""
    if not HsaId(hsa_id or "?").is_well_formed or hide_persons(hsa_id) != hsa_id:
        raise SettingsRefused(f"{hide_persons(hsa_id)!r} is no HSA-id as SE2321009991-ET01.")
    demand_name(name)


def demand_name(name: str) -> None:
    """Raises SettingsRefused for what is no name, or looks like a person's number."""
    if not name.strip() or len(name.encode()) > _MOST_BYTES or not name.isprintable() or hide_persons(name) != name:
        raise SettingsRefused(f"--name must be a text of 1 to {_MOST_BYTES} bytes, and name no person.")


def new_authority(name: str, now: datetime) -> Issued:
    """A root that may sign certificates of systems, and no further authorities."""
    subject = a_name((NameOID.COUNTRY_NAME, "SE"), (NameOID.ORGANIZATION_NAME, FOR_TESTS), (NameOID.COMMON_NAME, name))
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(subject, subject, key, now - _BEFORE, now + timedelta(days=_AUTHORITY_DAYS))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(is_authority=True), critical=True)
    return Issued(builder.sign(key, hashes.SHA256()), key)


def issue(
    authority: Issued | None,
    subject: x509.Name,
    first: datetime,
    last: datetime,
    hosts: Iterable[str] = (),
    purposes: Sequence[ObjectIdentifier] = (CLIENTS, SERVERS),
) -> Issued:
    """A certificate of a system; without an authority it signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate.subject if authority else subject
    signing_key = authority.key if authority else key
    builder = _builder(subject, issuer, key, first, last, signing_key)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(is_authority=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if names := [_host(one) for one in hosts]:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Issued(builder.sign(signing_key, hashes.SHA256()), key, authority.certificate if authority else None)


def write(issued: Issued, folder: Path, name: str) -> tuple[Path, ...]:
    """The files `NAME.pem`, `NAME.key` and, of a system, both in `NAME-bundle.pem`; those there are, are replaced.

    Each file is replaced in one step, the key first. Raises SettingsRefused when the folder cannot be written to.
    """
    files = {f"{name}.key": (issued.key_pem, 0o600), f"{name}.pem": (issued.certificate_pem, 0o644)}
    if name != AUTHORITY:
        files[f"{name}-bundle.pem"] = (issued.certificate_pem + issued.key_pem, 0o600)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file, (content, mode) in files.items():
            _replace(folder / file, content, mode)
    except OSError as error:
        raise SettingsRefused(f"{error.filename or folder} cannot be written: {error.strerror}.") from None
    return tuple(folder / file for file in files)


def read_authority(folder: Path) -> Issued:
    """The authority that a folder holds. Raises SettingsRefused."""
    certificate, key = folder / f"{AUTHORITY}.pem", folder / f"{AUTHORITY}.key"
    try:
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        authority = x509.load_pem_x509_certificate(certificate.read_bytes())
    except OSError as error:
        raise SettingsRefused(f"{folder} holds no authority ({error.filename}: {error.strerror}).") from None
    except (ValueError, TypeError):
        raise SettingsRefused(f"{certificate} and {key} are no PEM certificate with its key.") from None
    if not isinstance(loaded, ec.EllipticCurvePrivateKey) or loaded.public_key() != authority.public_key():
        raise SettingsRefused(f"{key} is not the key of {certificate}.")
    return Issued(authority, loaded)


def read_certificate(path: Path) -> x509.Certificate:
    """The first certificate of a PEM or DER file. Raises SettingsRefused."""
    try:
        content = path.read_bytes()
        is_pem = b"-----BEGIN CERTIFICATE-----" in content
        return x509.load_pem_x509_certificate(content) if is_pem else x509.load_der_x509_certificate(content)
    except OSError as error:
        raise SettingsRefused(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, x509.InvalidVersion):
        raise SettingsRefused(f"{path} holds no certificate.") from None


def hosts_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """The hosts that a certificate is for."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(str(one.value) for one in names if isinstance(one, x509.DNSName | x509.IPAddress))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    first: datetime,
    last: datetime,
    signing_key: ec.EllipticCurvePrivateKey | None = None,
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(first).not_valid_after(last)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key((signing_key or key).public_key())
    return builder.add_extension(signer, critical=False)


def _key_usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        if not name.strip():
            raise ValueError
        return x509.DNSName(name)
    except ValueError:
        raise SettingsRefused(f"A host must be a name in ASCII or an address, not {name!r}.") from None


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Write a file that nobody sees half of, and that was never open to more than `mode` says."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    os.replace(unfinished, path)

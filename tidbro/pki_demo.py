"""The demo's set of certificates: a gateway's, the e-service's, and odd ones to try the listener with.

The odd ones stand in a folder of their own, each named for what is wrong or strange about it. All tell the e-service's
HSA-id where they tell any, so that nothing but the oddity decides what happens.
Source: platform.md §5.1, §15; domain.md §10.1 (HSA-ids).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from tidbro import pki

GATEWAY, ESERVICE = "SE2321009991-TP01", "SE2321009991-ET01"
_VALID = timedelta(days=365)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Maker:
    """Issues with one authority, from an hour ago to a year ahead."""

    authority: pki.Issued
    now: datetime

    def valid(self, subject: x509.Name, hosts: tuple[str, ...] = ()) -> pki.Issued:
        return pki.issue(self.authority, subject, self.now - timedelta(hours=1), self.now + _VALID, hosts)


def make(folder: Path, now: datetime) -> tuple[Path, ...]:
    """Write the set, with the folder's own authority if there is one; the files. Raises SettingsRefused."""
    written: list[Path] = []
    if (folder / f"{pki.AUTHORITY}.key").exists():
        authority = pki.read_authority(folder)
    else:
        authority = pki.new_authority("Tidbro test authority", now)
        written += pki.write(authority, folder, pki.AUTHORITY)
    maker = Maker(authority, now)
    gateway = maker.valid(pki.function_name(GATEWAY, "localhost"), _LOOPBACK)
    written += pki.write(gateway, folder, "server")
    written += pki.write(maker.valid(pki.function_name(ESERVICE, "e-service")), folder, ESERVICE)
    for name, issued in _odd(maker):
        written += pki.write(issued, folder / "odd", name)
    return tuple(written)


def _odd(maker: Maker) -> Iterator[tuple[str, pki.Issued]]:
    first, last = maker.now - timedelta(hours=1), maker.now + _VALID
    usual = pki.function_name(ESERVICE, "e-service")
    yesterday = maker.now - timedelta(days=1)
    yield "expired", pki.issue(maker.authority, usual, yesterday - _VALID, yesterday)
    yield "not-valid-yet", pki.issue(maker.authority, usual, maker.now + timedelta(days=7), last)
    yield "other-authority", pki.issue(pki.new_authority("Another test authority", maker.now), usual, first, last)
    yield "self-signed", pki.issue(None, usual, first, last)
    yield "for-servers-only", pki.issue(maker.authority, usual, first, last, purposes=[pki.SERVERS])
    for name, subject in _odd_subjects():
        yield name, maker.valid(subject)


def _odd_subjects() -> Iterator[tuple[str, x509.Name]]:
    """Subjects that are hard to read: no sender, a false one in a name, two, two in one part."""
    common, serial = NameOID.COMMON_NAME, NameOID.SERIAL_NUMBER
    yield "without-serial-number", pki.a_name((NameOID.ORGANIZATION_NAME, pki.FOR_TESTS), (common, "nobody"))
    yield "imitating-name", pki.a_name((serial, ESERVICE), (common, "x, SERIALNUMBER=SE2321009991-TP01, y"))
    yield "two-serial-numbers", pki.a_name((serial, GATEWAY), (common, "e-service"), (serial, ESERVICE))
    joined = [x509.NameAttribute(common, "e-service"), x509.NameAttribute(serial, ESERVICE)]
    yield "parts-joined", x509.Name([x509.RelativeDistinguishedName(joined)])

"""`tidbro pki`: make a test authority, let it issue certificates in HSA style, show what the gateway reads in one.

Elsewhere: the certificates (pki.py); the odd ones of the demo's set (pki_demo.py).
Source: DESIGN §4; platform.md §5.1, §15.
"""

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.identifiers import hide_persons
from gateway.settings import GatewaySettings, SettingsRefused

_FOLDER = Path("pki")


def add(commands: Any) -> None:
    """Add the command to those of `tidbro`."""
    pki = commands.add_parser("pki", help="a test authority that issues certificates in HSA style")
    actions = pki.add_subparsers(title="actions", required=True, metavar="ACTION")
    _add_new(actions)
    _add_issue(actions)
    show = actions.add_parser("show", help="what stands in a certificate, and which sender the gateway reads")
    show.add_argument("file", type=Path, metavar="FILE")
    show.set_defaults(run=_show)
    demo = actions.add_parser("demo", help="all that a demo of mutual TLS needs, and odd ones that are refused")
    demo.add_argument("folder", type=Path, metavar="DIR")
    demo.set_defaults(run=_demo)


def _add_new(actions: Any) -> None:
    new = actions.add_parser("new", help="make an authority: ca.pem and ca.key")
    new.add_argument("folder", type=Path, metavar="DIR")
    new.add_argument("--name", default="Tidbro test authority", help="name of the authority")
    new.set_defaults(run=_new)


def _add_issue(actions: Any) -> None:
    issue = actions.add_parser("issue", help="issue a system's certificate: its HSA-id is the sender id")
    issue.add_argument("hsa_id", metavar="HSA-ID")
    issue.add_argument("--dir", dest="folder", type=Path, default=_FOLDER, help=f"folder of the authority ({_FOLDER})")
    issue.add_argument("--name", help="name of the system (its HSA-id)")
    issue.add_argument("--host", dest="hosts", action="append", default=[], help="host it answers on; repeatable")
    issue.add_argument("--days", type=int, default=365, metavar="N", help="how long it is valid (365)")
    issue.add_argument("--expired", action="store_true", help="as if issued that long ago: it ended yesterday")
    issue.set_defaults(run=_issue)


def _new(parsed: argparse.Namespace) -> int:
    from tidbro import pki

    if (parsed.folder / f"{pki.AUTHORITY}.key").exists():
        raise SettingsRefused(f"{parsed.folder} holds an authority already; choose another folder.")
    pki.demand_name(parsed.name)
    _tell(pki.write(pki.new_authority(parsed.name, _now()), parsed.folder, pki.AUTHORITY))
    return 0


def _issue(parsed: argparse.Namespace) -> int:
    from tidbro import pki

    if not 1 <= parsed.days <= 3650:
        raise SettingsRefused(f"--days must be between 1 and 3650, not {parsed.days}.")
    name = parsed.hsa_id if parsed.name is None else parsed.name
    pki.demand_system(parsed.hsa_id, name)
    last = _now() - timedelta(days=1) if parsed.expired else _now() + timedelta(days=parsed.days)
    first = last - timedelta(days=parsed.days, hours=1)
    subject = pki.function_name(parsed.hsa_id, name)
    issued = pki.issue(pki.read_authority(parsed.folder), subject, first, last, parsed.hosts)
    _tell(pki.write(issued, parsed.folder, parsed.hsa_id))
    return 0


def _demo(parsed: argparse.Namespace) -> int:
    from tidbro import pki_demo

    _tell(pki_demo.make(parsed.folder, _now()))
    return 0


def _show(parsed: argparse.Namespace) -> int:
    for label, value in _shown(parsed.file, _now()):
        sys.stdout.write(f"{label + ':':<14}{value}\n")
    return 0


def _shown(path: Path, now: datetime) -> Iterable[tuple[str, str]]:
    from cryptography.hazmat.primitives.serialization import Encoding

    from gateway import certificates, subjects
    from tidbro import pki

    certificate = pki.read_certificate(path)
    encoded = certificate.public_bytes(Encoding.DER)
    pattern = GatewaySettings().sender_id_pattern
    try:
        yield "subject", subjects.shown(subjects.subject_of(encoded))
        sender = certificates.sender_id_by_attribute(encoded, pattern)
        yield "sender id", "none (VP002)" if sender is None else hide_persons(sender)
        real = certificates.sender_id_anywhere(encoded, pattern, is_rfc_2253=False)
        if real != sender:
            yield "with skltp", "none (VP002)" if real is None else hide_persons(real)
        yield "issuer", subjects.shown(subjects.issuer_of(encoded))
    except subjects.CertificateUnreadable as error:
        raise SettingsRefused(f"{path}: {error}.") from None
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    state = "not valid yet" if now < first else "EXPIRED" if now > last else "valid now"
    yield "valid", f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC ({state})"
    yield "hosts", ", ".join(pki.hosts_of(certificate)) or "none"


def _tell(paths: Iterable[Path]) -> None:
    for path in paths:
        sys.stdout.write(f"{path}\n")


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)

"""Who vouches for a report, and whether anything was changed since: a signed file, checked without any network.

    {"schema": "tidbro-conformance-signed-report", "version": 1,
     "report": the report as json_report.py writes it,
     "signature": {"algorithm": "Ed25519", "signed": the moment, "public_key": the 32 bytes in base64,
                   "fingerprint": "SHA256:…", "digest": SHA-256 of what was signed, in hex, "value": base64}}

Signed are the bytes of `_PURPOSE` and after it {"public_key", "report", "signed"} as canonical JSON: names sorted,
nothing between tokens, ASCII alone with \\u escapes, numbers as Python writes them. So the moment and the key are held
by the signature too. The digest tells an altered report from an altered signature; it proves nothing by itself.

A signature proves that the holder of a key said so. Whose key it is nobody can read out of a file: only a key that the
reader was given beforehand makes a plain "ok". Library: cryptography (RFC 8032).
"""

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from conformance.model import RunResult
from conformance.reports import json_report
from conformance.reports.json_report import ReportUnreadable, VersionUnknown
from conformance.reports.words import moment

SCHEMA = "tidbro-conformance-signed-report"
VERSION = 1

_PURPOSE = b"tidbro-conformance-signed-report 1\n"
_ALGORITHM = "Ed25519"


class KeyUnusable(Exception):
    """A key file that cannot be made or used; the message says which and why."""


class Trust(Enum):
    """What a file proves to its reader. OK alone is whole: an unaltered report, signed by the key that is trusted."""

    OK = "ok"
    KEY_NOT_TRUSTED = "unaltered, signed with a key that nobody said to trust"
    OTHER_KEY = "unaltered, signed with another key than the trusted one"
    REPORT_ALTERED = "the report was altered after it was signed"
    SIGNATURE_ALTERED = "the signature does not fit"
    UNSIGNED = "a report without a signature"
    NOT_A_REPORT = "not a report"
    VERSION_UNKNOWN = "a version that is not read here"


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of looking at a file, in a word and a sentence.

    `fingerprint` and `signed` are of the signature, only when it fits; `result` is the run, None when nothing could be
    read, or what was read was altered.
    """

    trust: Trust
    sentence: str
    fingerprint: str = ""
    signed: datetime | None = None
    result: RunResult | None = None

    @property
    def is_ok(self) -> bool:
        return self.trust is Trust.OK

    @property
    def exit_code(self) -> int:
        """0 for a plain ok, else 1."""
        return 0 if self.is_ok else 1


# Keys


def make_key_pair(private: Path) -> str:
    """Write a new private key to `private` (PEM, mode 0600) and its public key beside it, `.pub` added to the name.

    Gives the public key's fingerprint. Raises KeyUnusable when one of the files is there already, or cannot be written.
    """
    key, public = Ed25519PrivateKey.generate(), public_beside(private)
    if public.exists():
        raise KeyUnusable(f"{public} is there already; a key is never overwritten.")
    _write_new(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    _write_new(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    return fingerprint_of(key.public_key())


def public_beside(private: Path) -> Path:
    return private.with_name(f"{private.name}.pub")


def _write_new(path: Path, text: bytes, mode: int) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(text)
    except FileExistsError:
        raise KeyUnusable(f"{path} is there already; a key is never overwritten.") from None
    except OSError as error:
        raise KeyUnusable(f"{path} cannot be written: {error.strerror}.") from None


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Raises KeyUnusable."""
    try:
        key = load_pem_private_key(_read(path), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyUnusable(f"{path} holds no private key in PEM without a password.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path} holds a private key of another kind than Ed25519.")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Raises KeyUnusable."""
    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        raise KeyUnusable(f"{path} holds no public key in PEM.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnusable(f"{path} holds a public key of another kind than Ed25519.")
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyUnusable(f"{path} cannot be read: {error.strerror}.") from None


def fingerprint_of(key: Ed25519PublicKey) -> str:
    """SHA-256 of the key's 32 bytes as `SHA256:` and base64 without padding: what two people read to each other."""
    digest = hashlib.sha256(key.public_bytes_raw()).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


# Signing


def sign(result: RunResult, key: Ed25519PrivateKey, signed: datetime) -> str:
    """The signed file. `signed` is the moment of signing, aware."""
    report, public = json_report.as_rows(result), key.public_key()
    told = {"public_key": _base64(public.public_bytes_raw()), "report": report, "signed": signed.isoformat()}
    content = _canonical(told)
    signature = {
        "algorithm": _ALGORITHM,
        "signed": told["signed"],
        "public_key": told["public_key"],
        "fingerprint": fingerprint_of(public),
        "digest": hashlib.sha256(content).hexdigest(),
        "value": _base64(key.sign(content)),
    }
    return json.dumps({"schema": SCHEMA, "version": VERSION, "signature": signature, "report": report}, indent=1) + "\n"


def _canonical(rows: Any) -> bytes:
    return _PURPOSE + json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


# Verifying


@dataclass(frozen=True, slots=True)
class _Signature:
    """A signature as it stands in a file, well-formed; whether it fits is another question."""

    key: Ed25519PublicKey
    signed: datetime
    digest: str
    value: bytes


def verify(file: str | bytes, trusted: Ed25519PublicKey | None = None) -> Verification:
    """What `file` proves to somebody who trusts `trusted`, or nobody. Never raises for what stands in the file."""
    try:
        rows = json_report.read_json(file)
        if not isinstance(rows, dict) or rows.get("schema") != SCHEMA:
            return _unsigned(json_report.of_rows(rows))
        if rows.get("version") != VERSION or isinstance(rows["version"], bool):
            raise VersionUnknown(f"The signed file is in a version that is not read here; this kit reads {VERSION}.")
        return _verified(rows, trusted)
    except VersionUnknown as error:
        return Verification(Trust.VERSION_UNKNOWN, str(error))
    except ReportUnreadable as error:
        return Verification(Trust.NOT_A_REPORT, str(error))
    except RecursionError:
        return Verification(Trust.NOT_A_REPORT, "This has more levels than any report.")


def _unsigned(result: RunResult) -> Verification:
    sentence = "This is a report that nobody signed: it may say anything."
    return Verification(Trust.UNSIGNED, sentence, result=result)


def _verified(rows: dict[str, Any], trusted: Ed25519PublicKey | None) -> Verification:
    signature = _signature(rows.get("signature"))
    if signature is None:
        sentence = "The signature is not whole, or was altered: it proves nothing."
        return Verification(Trust.SIGNATURE_ALTERED, sentence)
    told = {
        "public_key": rows["signature"]["public_key"],
        "report": rows.get("report"),
        "signed": rows["signature"]["signed"],
    }
    content = _canonical(told)
    if hashlib.sha256(content).hexdigest() != signature.digest:
        sentence = "The report, or when and by which key it says to be signed, was altered after the signing."
        return Verification(Trust.REPORT_ALTERED, sentence)
    try:
        signature.key.verify(signature.value, content)
    except InvalidSignature:
        sentence = "The signature does not fit the report: it was altered, or made for something else."
        return Verification(Trust.SIGNATURE_ALTERED, sentence)
    return _trusted(signature, json_report.of_rows(rows.get("report")), trusted)


def _trusted(signature: _Signature, result: RunResult, trusted: Ed25519PublicKey | None) -> Verification:
    name, when = fingerprint_of(signature.key), moment(signature.signed)
    who = f"signed on {when} with the key {name}"
    if trusted is None:
        trust = Trust.KEY_NOT_TRUSTED
        sentence = (
            f"The report is unaltered and was {who}. Whose key that is cannot be told from the file: ask for the"
            " signer's public key by another way, and verify with it."
        )
    elif trusted.public_bytes_raw() != signature.key.public_bytes_raw():
        trust = Trust.OTHER_KEY
        sentence = f"The report is unaltered but was {who}, which is not the trusted one, {fingerprint_of(trusted)}."
    else:
        trust, sentence = Trust.OK, f"The report is unaltered, and was {who}, which is the trusted one."
    return Verification(trust, sentence, name, signature.signed, result)


def _signature(row: Any) -> _Signature | None:
    """None for what is not whole, or says another fingerprint than its key's."""
    try:
        if row["algorithm"] != _ALGORITHM:
            return None
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(row["public_key"], validate=True))
        signed = datetime.fromisoformat(row["signed"])
        value = base64.b64decode(row["value"], validate=True)
        is_whole = row["fingerprint"] == fingerprint_of(key) and isinstance(row["digest"], str)
    except (KeyError, TypeError, ValueError):
        return None
    return _Signature(key, signed, row["digest"], value) if is_whole else None

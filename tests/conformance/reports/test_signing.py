"""A signed report: by whom, when, and that nothing was changed."""

import base64
import hashlib
import json
import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from conformance.model import RunResult
from conformance.reports import json_report
from conformance.reports.hiding import hidden
from conformance.reports.signing import (
    KeyUnusable,
    Trust,
    fingerprint_of,
    make_key_pair,
    public_beside,
    read_private_key,
    read_public_key,
    sign,
    verify,
)
from tests.conformance.reports import strategies
from tests.conformance.reports.results import with_three_failures

WHEN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
NAME = "SHA256:Vkdap1RjR0wChd9dvyvKtz2mUTWIOem3dIGy6rEHcIw"
SIGNED = sign(with_three_failures(), KEY, WHEN)


def changed(change: Callable[[dict], object]) -> str:
    told = json.loads(SIGNED)
    change(told)
    return json.dumps(told)


def signed_again(told: dict, key: Ed25519PrivateKey) -> None:
    """What somebody else would do: everything right, but by another key."""
    told.update(json.loads(sign(json_report.of_rows(told["report"]), key, WHEN)))


def test_an_unaltered_report_by_the_trusted_key_is_ok() -> None:
    found = verify(SIGNED, KEY.public_key())
    assert (found.trust, found.is_ok, found.exit_code) == (Trust.OK, True, 0)
    assert (found.fingerprint, found.signed, found.result) == (NAME, WHEN, with_three_failures())
    assert found.sentence == (
        f"The report is unaltered, and was signed on 2026-11-24 09:00:00 +00:00 with the key {NAME}, which is the"
        " trusted one."
    )


def test_a_key_that_nobody_said_to_trust_is_never_plainly_ok() -> None:
    found = verify(SIGNED)
    assert (found.trust, found.is_ok, found.exit_code) == (Trust.KEY_NOT_TRUSTED, False, 1)
    assert (found.fingerprint, found.signed, found.result) == (NAME, WHEN, with_three_failures())


def test_another_key_than_the_trusted_one_is_told() -> None:
    found = verify(SIGNED, OTHER.public_key())
    assert (found.trust, found.exit_code) == (Trust.OTHER_KEY, 1)
    assert NAME in found.sentence
    assert fingerprint_of(OTHER.public_key()) in found.sentence


def test_a_report_that_somebody_else_signed_again_is_not_the_trusted_ones() -> None:
    assert verify(changed(lambda told: signed_again(told, OTHER)), KEY.public_key()).trust is Trust.OTHER_KEY


@pytest.mark.parametrize("trusted", [KEY.public_key(), OTHER.public_key(), None])
@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["report"].update(target="http://other/"),
        lambda told: told["report"]["results"][1].update(outcome="passed"),
        lambda told: told["report"]["bodies"][0].update(text="<a/>"),
        lambda told: told["report"].update(more="something"),
        lambda told: told["report"].update(version=7),
        lambda told: told.update(report=None),
        lambda told: told["signature"].update(signed="2027-01-01T00:00:00+00:00"),
    ],
)
def test_an_altered_report_is_told_and_not_shown(change, trusted: Ed25519PublicKey | None) -> None:
    found = verify(changed(change), trusted)
    assert (found.trust, found.result, found.exit_code) == (Trust.REPORT_ALTERED, None, 1)


def with_digest_mended(told: dict) -> None:
    """An altered report whose digest somebody made to fit."""
    told["report"]["target"] = "http://other/"
    signature = told["signature"]
    content = {"public_key": signature["public_key"], "report": told["report"], "signed": signature["signed"]}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    signature["digest"] = hashlib.sha256(b"tidbro-conformance-signed-report 1\n" + canonical).hexdigest()


@pytest.mark.parametrize("trusted", [KEY.public_key(), OTHER.public_key(), None])
@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["signature"].update(value=base64.b64encode(bytes(64)).decode()),
        lambda told: told["signature"].update(value="AAAA"),
        lambda told: told["signature"].update(value="no base64"),
        lambda told: told["signature"].update(fingerprint=fingerprint_of(OTHER.public_key())),
        lambda told: told["signature"].update(algorithm="none"),
        lambda told: told["signature"].update(public_key="AAAA"),
        lambda told: told["signature"].pop("digest"),
        lambda told: told["signature"].update(signed=7),
        lambda told: told.update(signature=None),
        lambda told: told.update(signature={}),
        lambda told: told.pop("signature"),
        with_digest_mended,
    ],
)
def test_an_altered_signature_is_told(change, trusted: Ed25519PublicKey | None) -> None:
    found = verify(changed(change), trusted)
    assert (found.trust, found.result, found.exit_code) == (Trust.SIGNATURE_ALTERED, None, 1)


def test_another_key_cannot_be_put_in_place_of_the_signers() -> None:
    def put(told: dict) -> None:
        told["signature"]["public_key"] = base64.b64encode(OTHER.public_key().public_bytes_raw()).decode()
        told["signature"]["fingerprint"] = fingerprint_of(OTHER.public_key())

    assert verify(changed(put), OTHER.public_key()).trust is Trust.REPORT_ALTERED


def test_an_unsigned_report_is_told_so() -> None:
    found = verify(json_report.to_json(with_three_failures()), KEY.public_key())
    assert (found.trust, found.result, found.exit_code) == (Trust.UNSIGNED, with_three_failures(), 1)


@pytest.mark.parametrize("text", ["", "{}", "[]", "<html>", '{"schema": "other"}', "[" * 100_000, b"\xff\x00"])
def test_what_is_no_report_is_told_so(text: str | bytes) -> None:
    assert verify(text, KEY.public_key()).trust is Trust.NOT_A_REPORT


def test_something_else_that_was_signed_is_no_report() -> None:
    rows = json.loads(SIGNED)
    content = {"public_key": rows["signature"]["public_key"], "report": {}, "signed": rows["signature"]["signed"]}
    canonical = (
        b"tidbro-conformance-signed-report 1\n"
        + json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    )
    value = base64.b64encode(KEY.sign(canonical)).decode()
    rows["signature"].update(digest=hashlib.sha256(canonical).hexdigest(), value=value)
    assert verify(json.dumps({**rows, "report": {}}), KEY.public_key()).trust is Trust.NOT_A_REPORT


@pytest.mark.parametrize("version", [0, 2, "1", True, None])
def test_another_version_is_told_so(version: object) -> None:
    assert verify(changed(lambda told: told.update(version=version))).trust is Trust.VERSION_UNKNOWN
    report = {**json.loads(SIGNED)["report"], "version": version}
    assert verify(json.dumps(report)).trust is Trust.VERSION_UNKNOWN


def test_a_file_that_is_only_laid_out_otherwise_is_unaltered() -> None:
    text = json.dumps(json.loads(SIGNED), indent=7, ensure_ascii=False, sort_keys=True)
    assert verify(text, KEY.public_key()).is_ok


def test_a_name_that_stands_twice_is_refused() -> None:
    text = SIGNED.replace('"target"', '"target": "http://other/", "target"', 1)
    assert verify(text, KEY.public_key()).trust is Trust.NOT_A_REPORT


@strategies.of_results
@given(strategies.results, strategies.aware)
def test_any_report_can_be_signed(result: RunResult, when: datetime) -> None:
    found = verify(sign(result, KEY, when), KEY.public_key())
    assert found.is_ok
    assert found.result == hidden(result)
    assert found.signed == when


@given(st.data())
def test_a_file_with_any_character_changed_is_not_ok_or_the_same(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(SIGNED) - 1))
    text = SIGNED[:place] + data.draw(st.text(max_size=1)) + SIGNED[place + 1 :]
    found = verify(text, KEY.public_key())
    assert not found.is_ok or found.result == with_three_failures()


# Keys


def test_a_key_pair_is_made_and_read(tmp_path: Path) -> None:
    private = tmp_path / "key.pem"
    name = make_key_pair(private)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert fingerprint_of(read_public_key(public_beside(private))) == name
    signed = sign(with_three_failures(), read_private_key(private), WHEN)
    assert verify(signed, read_public_key(tmp_path / "key.pem.pub")).is_ok


@pytest.mark.parametrize("there", ["key.pem", "key.pem.pub"])
def test_a_key_is_never_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("precious")
    with pytest.raises(KeyUnusable, match="never overwritten"):
        make_key_pair(tmp_path / "key.pem")
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "precious"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="cannot be written"):
        make_key_pair(tmp_path / "nowhere" / "key.pem")


def test_what_is_no_key_is_told(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    for read in (read_private_key, read_public_key):
        with pytest.raises(KeyUnusable, match="cannot be read"):
            read(path)
    path.write_text("no key")
    for read in (read_private_key, read_public_key):
        with pytest.raises(KeyUnusable, match="holds no"):
            read(path)


def test_a_key_of_another_kind_is_told(tmp_path: Path) -> None:
    path, key = tmp_path / "key.pem", rsa.generate_private_key(65537, 2048)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(KeyUnusable, match="another kind"):
        read_private_key(path)
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(KeyUnusable, match="another kind"):
        read_public_key(path)


@given(strategies.texts)
def test_no_text_makes_verify_raise(text: str) -> None:
    with suppress(UnicodeEncodeError):
        verify(text.encode())
    assert not verify(text).is_ok

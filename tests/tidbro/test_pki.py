"""tidbro/pki.py and `tidbro pki`: a test authority, its certificates in HSA style, and what the gateway reads in them
(DESIGN §4; platform.md §5.1, §15)."""

import re
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.listener_tls import ListenerTls
from tests.gateway.builders import CONSUMER, Stub, a_pipeline
from tests.people import PEOPLE
from tests.tidbro.tls_serving import Certificates, served_gateway
from tidbro.cli import main


def lines_of(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> list[str]:
    """What a command that succeeds prints."""
    assert main(["pki", *map(str, arguments)]) == 0
    return capsys.readouterr().out.splitlines()


def refusal_of(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert main(["pki", *map(str, arguments)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    return told.err


def certificate_of(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.fixture
def authority(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "pki"
    assert lines_of(capsys, "new", folder, "--name", "Prov CA") == [f"{folder}/ca.key", f"{folder}/ca.pem"]
    return folder


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "pki"
    assert main(["pki", "demo", str(folder)]) == 0
    return folder


# An authority


def test_an_authority_says_that_it_is_for_tests_and_may_sign_systems_alone(authority: Path) -> None:
    made = certificate_of(authority / "ca.pem")
    assert made.subject == made.issuer
    assert made.subject.rfc4514_string() == "CN=Prov CA,O=Tidbro (for tests only),C=SE"
    limits = made.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (limits.critical, limits.value) == (True, x509.BasicConstraints(ca=True, path_length=0))


def test_an_authority_is_not_made_over_another(authority: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (authority / "ca.key").read_bytes()
    told = refusal_of(capsys, "new", authority)
    assert told == f"tidbro: {authority} holds an authority already; choose another folder.\n"
    assert (authority / "ca.key").read_bytes() == before


# A system's certificate


def test_a_systems_certificate_has_its_hsa_id_as_serial_number(
    authority: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """platform.md §5.1: as SITHS function certificates."""
    printed = lines_of(
        capsys, "issue", CONSUMER, "--dir", authority, "--name", "Tidbok", "--host", "tidbok.example.com",
        "--host", "127.0.0.1", "--host", "::1", "--days", "3",
    )  # fmt: skip
    assert printed == [f"{authority}/{CONSUMER}{end}" for end in (".key", ".pem", "-bundle.pem")]
    made = certificate_of(authority / f"{CONSUMER}.pem")
    assert [(one.oid, one.value) for one in made.subject] == [
        (NameOID.COUNTRY_NAME, "SE"), (NameOID.ORGANIZATION_NAME, "Tidbro (for tests only)"),
        (NameOID.COMMON_NAME, "Tidbok"), (NameOID.SERIAL_NUMBER, CONSUMER),
    ]  # fmt: skip
    purposes = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    hosts = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(one.value) for one in hosts] == ["tidbok.example.com", "127.0.0.1", "::1"]
    assert timedelta(days=2) < made.not_valid_after_utc - datetime.now(UTC) < timedelta(days=4)
    made.verify_directly_issued_by(certificate_of(authority / "ca.pem"))


def test_keys_are_for_their_owner_alone_and_a_bundle_holds_both(
    authority: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines_of(capsys, "issue", CONSUMER, "--dir", authority)
    modes = {path.name: f"{path.stat().st_mode & 0o777:o}" for path in authority.iterdir()}
    assert modes == {
        "ca.key": "600", "ca.pem": "644", f"{CONSUMER}.key": "600", f"{CONSUMER}.pem": "644",
        f"{CONSUMER}-bundle.pem": "600",
    }  # fmt: skip
    bundle = (authority / f"{CONSUMER}-bundle.pem").read_bytes()
    key = serialization.load_pem_private_key(bundle, None)
    assert x509.load_pem_x509_certificate(bundle).public_key() == key.public_key()


def test_a_certificate_that_has_expired_can_be_asked_for(authority: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines_of(capsys, "issue", CONSUMER, "--dir", authority, "--expired")
    made = certificate_of(authority / f"{CONSUMER}.pem")
    assert made.not_valid_before_utc < made.not_valid_after_utc < datetime.now(UTC)


def test_a_certificate_is_issued_anew_over_the_old(authority: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """So that a listener's can be changed while it runs."""
    for _ in range(2):
        lines_of(capsys, "issue", CONSUMER, "--dir", authority, "--host", "localhost")
    ListenerTls(authority / f"{CONSUMER}.pem", authority / f"{CONSUMER}.key", authority / "ca.pem")
    assert not [path for path in authority.iterdir() if path.name.endswith(".new")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["tidbok"], "'tidbok' is no HSA-id as SE2321009991-ET01."),
        ([""], "'' is no HSA-id as SE2321009991-ET01."),
        (["../SE2321009991-ET01"], "'../SE2321009991-ET01' is no HSA-id as SE2321009991-ET01."),
        ([f"SE2321009991-{PEOPLE[0].number}"], "'SE2321009991-(hidden)' is no HSA-id as SE2321009991-ET01."),
        ([CONSUMER, "--days", "0"], "--days must be between 1 and 3650, not 0."),
        ([CONSUMER, "--name", ""], "--name must be a text of 1 to 64 bytes, and name no person."),
        ([CONSUMER, "--name", "x" * 65], "--name must be a text of 1 to 64 bytes, and name no person."),
        ([CONSUMER, "--name", "å" * 33], "--name must be a text of 1 to 64 bytes, and name no person."),
        ([CONSUMER, "--name", f"x {PEOPLE[0].number}"], "--name must be a text of 1 to 64 bytes, and name no person."),
        ([CONSUMER, "--host", "å"], "A host must be a name in ASCII or an address, not 'å'."),
        ([CONSUMER, "--host", " "], "A host must be a name in ASCII or an address, not ' '."),
    ],
)
def test_what_cannot_be_issued_is_told_in_a_sentence(
    authority: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert refusal_of(capsys, "issue", *arguments, "--dir", authority) == f"tidbro: {sentence}\n"
    assert sorted(path.name for path in authority.iterdir()) == ["ca.key", "ca.pem"]


def test_without_an_authority_nothing_is_issued(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = refusal_of(capsys, "issue", CONSUMER, "--dir", tmp_path)
    assert told == f"tidbro: {tmp_path} holds no authority ({tmp_path}/ca.key: No such file or directory).\n"


def test_an_authority_with_another_key_issues_nothing(
    authority: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines_of(capsys, "new", tmp_path / "other")
    (tmp_path / "other" / "ca.key").replace(authority / "ca.key")
    told = refusal_of(capsys, "issue", CONSUMER, "--dir", authority)
    assert told == f"tidbro: {authority}/ca.key is not the key of {authority}/ca.pem.\n"


# Show


def test_show_tells_what_the_gateway_reads(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(capsys, "show", demo / "server.pem")
    assert lines[:3] == [
        "subject:      SERIALNUMBER=SE2321009991-TP01, CN=localhost, O=Tidbro (for tests only), C=SE",
        "sender id:    SE2321009991-TP01",
        "issuer:       CN=Tidbro test authority, O=Tidbro (for tests only), C=SE",
    ]
    assert re.fullmatch(r"valid:        [\d-]{10} [\d:]{5} to [\d-]{10} [\d:]{5} UTC \(valid now\)", lines[3])
    assert lines[4:] == ["hosts:        localhost, 127.0.0.1, ::1"]


def test_show_tells_where_the_real_platform_reads_another_sender(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """platform.md §5.1."""
    lines = lines_of(capsys, "show", demo / "odd" / "imitating-name.pem")
    assert lines[1:3] == ["sender id:    SE2321009991-ET01", "with skltp:   SE2321009991-TP01"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("expired", "(EXPIRED)"),
        ("not-valid-yet", "(not valid yet)"),
        ("without-serial-number", "sender id:    none (VP002)"),
        ("other-authority", "issuer:       CN=Another test authority, O=Tidbro (for tests only), C=SE"),
    ],
)
def test_show_tells_what_is_wrong(demo: Path, capsys: pytest.CaptureFixture[str], name: str, line: str) -> None:
    assert any(line in shown for shown in lines_of(capsys, "show", demo / "odd" / f"{name}.pem"))


def test_show_reads_bundles_and_der_too(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    binary = tmp_path / "certificate.der"
    binary.write_bytes(ssl.PEM_cert_to_DER_cert((demo / f"{CONSUMER}.pem").read_text()))
    shown = lines_of(capsys, "show", binary)
    assert shown[1] == f"sender id:    {CONSUMER}"
    assert lines_of(capsys, "show", demo / f"{CONSUMER}-bundle.pem") == shown


def test_show_of_no_certificate_is_a_sentence(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, missing = demo / "server.key", demo / "missing.pem"
    assert refusal_of(capsys, "show", key) == f"tidbro: {key} holds no certificate.\n"
    assert refusal_of(capsys, "show", missing) == f"tidbro: {missing} cannot be read: No such file or directory.\n"


# The demo's set


def test_the_demos_set_is_enough_for_mutual_tls(demo: Path) -> None:
    """platform.md §24 row 1: over IPv4 and the host's name, with strict verification of the gateway."""
    made = Certificates(demo)
    client = made.client()
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    stub = Stub()
    with served_gateway(a_pipeline(adapters={"stub": stub}), made.tls) as gateway:
        assert gateway.called(client).status == 200
    assert stub.asked[-1][1].consumer == CONSUMER


def test_the_demos_set_is_made_again_with_the_same_authority(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (demo / "ca.pem").read_bytes()
    printed = lines_of(capsys, "demo", demo)
    assert (demo / "ca.pem").read_bytes() == before
    assert f"{demo}/ca.pem" not in printed
    assert {Path(line) for line in printed} == {path for path in demo.rglob("*.*") if path.name[:3] != "ca."}


def test_the_folder_of_a_set_is_for_its_owner_alone(demo: Path) -> None:
    assert [f"{path.stat().st_mode & 0o777:o}" for path in (demo, demo / "odd")] == ["700", "700"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    told = refusal_of(capsys, "demo", tmp_path / "file" / "pki")
    assert told == f"tidbro: {tmp_path}/file/pki cannot be written: Not a directory.\n"

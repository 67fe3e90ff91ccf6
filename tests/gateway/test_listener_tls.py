"""gateway/listener_tls.py: who gets through the handshake, and which files the listener takes (platform.md §5.1, §15)."""

import logging
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from gateway.listener_tls import ListenerTls
from gateway.settings import SettingsRefused
from tests.gateway.builders import (
    CONSUMER,
    INTERNAL,
    Gate,
    Stub,
    a_pipeline,
    a_route,
    a_snapshot,
    an_authorisation,
    sample,
)
from tests.gateway.serving import read_reply, talk
from tests.tidbro.tls_serving import Certificates, ServedTls, a_bare_post, certificates_in, served_gateway

OURS = INTERNAL["x-vp-instance-id"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates_in(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def stub() -> Stub:
    return Stub()


@pytest.fixture(scope="module")
def gateway(made: Certificates, stub: Stub) -> Iterator[ServedTls]:
    with served_gateway(a_pipeline(adapters={"stub": stub}), made.tls) as one:
        yield one


# Who gets through


def test_a_client_certificate_is_the_identity(gateway: ServedTls, made: Certificates, stub: Stub) -> None:
    """platform.md §24 row 1, §5.1: the sender id is the serial number of the certificate in the handshake."""
    reply = gateway.called(made.client())
    assert reply.status == 200
    assert b"GetAllCareTypesResponse" in reply.body
    assert stub.asked[-1][1].consumer == CONSUMER


REFUSALS = [
    (None, "CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE"),
    ("odd/expired", "CERTIFICATE_EXPIRED"),
    ("odd/not-valid-yet", "BAD_CERTIFICATE"),
    ("odd/self-signed", "UNKNOWN_CA"),
    ("odd/other-authority", "UNKNOWN_CA"),
    ("odd/for-servers-only", "UNSUPPORTED_CERTIFICATE"),
]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(("name", "alert"), REFUSALS)
def test_any_other_handshake_fails_without_an_http_answer_and_is_told_why(
    gateway: ServedTls, made: Certificates, stub: Stub, name: str | None, alert: str, version: ssl.TLSVersion
) -> None:
    """platform.md §5.1: without a certificate there is no HTTP answer; nor with one that is not to be trusted."""
    client = made.client(name)
    client.minimum_version = client.maximum_version = version
    asked = len(stub.asked)
    with pytest.raises(ssl.SSLError, match=alert):
        gateway.called(client)  # TLS 1.3 tells it after the handshake, so it may be reading that fails
    assert len(stub.asked) == asked
    assert gateway.called(made.client()).status == 200


def test_what_a_refused_caller_goes_on_to_send_is_not_kept(made: Certificates) -> None:
    """It has been told why; until it or the time limit ends the connection, nothing more is held in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = made.tls.context().wrap_bio(to_server, to_client, server_side=True)
    client = made.client("odd/expired").wrap_bio(to_client, to_server, server_hostname="localhost")
    for side in (client, server, client, server):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    to_server.write(b"x" * 1_000_000)
    with pytest.raises(ssl.SSLWantReadError):
        server.do_handshake()
    assert to_server.pending == 0
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_EXPIRED"):
        client.read(1)


def test_a_caller_that_speaks_no_tls_gets_no_http_answer(gateway: ServedTls) -> None:
    """platform.md §15."""
    with gateway.raw() as connection:
        assert b"HTTP" not in talk(connection, a_bare_post("Connection: close"))


def test_headers_name_nobody_on_https(gateway: ServedTls, made: Certificates, stub: Stub) -> None:
    """platform.md §5.1: no x-vp-sender-id, no certificate header, no white list."""
    reply = gateway.called(
        made.client(), "x-vp-sender-id: SE2321009991-TC01", f"x-vp-instance-id: {OURS}", "x-vp-auth-cert: nonsense",
        "X-Forwarded-For: 203.0.113.9",
    )  # fmt: skip
    assert reply.status == 200
    assert stub.asked[-1][1].consumer == CONSUMER


def test_a_certificate_without_a_sender_is_told_with_its_subject(gateway: ServedTls, made: Certificates) -> None:
    """platform.md §5.1, §12.2: VP002."""
    fault = gateway.called(made.client("odd/without-serial-number")).fault
    assert (fault.code, fault.faultcode) == ("VP002", "SOAP-ENV:Client")
    assert fault.detail == "No senderId found in Certificate: CN=nobody, O=Tidbro (for tests only)"


@pytest.mark.parametrize("name", ["imitating-name", "two-serial-numbers", "parts-joined"])
def test_the_sender_is_found_in_every_form_of_subject(
    gateway: ServedTls, made: Certificates, stub: Stub, name: str
) -> None:
    """platform.md §5.1: by the type 2.5.4.5, wherever it stands."""
    assert gateway.called(made.client(f"odd/{name}")).status == 200
    assert stub.asked[-1][1].consumer == CONSUMER


def test_the_real_platforms_search_finds_a_sender_inside_a_name(made: Certificates) -> None:
    """platform.md §5.1, `finds_sender_anywhere`: the first hit in the subject as one line."""
    false = an_authorisation(consumer="SE2321009991-TP01")
    pipeline = a_pipeline(snapshot=a_snapshot(a_route(), authorisations=(false,)), finds_sender_anywhere=True)
    with served_gateway(pipeline, made.tls) as gateway:
        assert gateway.called(made.client("odd/imitating-name")).status == 200
        assert gateway.called(made.client()).fault.code == "VP007"


def test_several_calls_on_one_connection_keep_the_identity(gateway: ServedTls, made: Certificates, stub: Stub) -> None:
    with gateway.connected(made.client()) as connection:
        for _ in range(3):
            connection.sendall(a_bare_post())
            assert read_reply(connection).status == 200
            assert stub.asked[-1][1].consumer == CONSUMER


def test_a_large_message_comes_through_whole(gateway: ServedTls, made: Certificates) -> None:
    """platform.md §24 row 29, over TLS."""
    padded = sample().replace(b"</soap:Envelope>", b"<!--" + b"x" * 3_000_000 + b"--></soap:Envelope>")
    assert len(padded) > 3_000_000
    assert gateway.called(made.client(), body=padded).status == 200


def test_a_caller_that_ends_tls_before_its_answer_disturbs_nobody(
    made: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    """TLS has no end of one way alone; the producer is asked all the same, and the log keeps quiet."""
    gate = Gate()
    with served_gateway(a_pipeline(adapters={"stub": Stub(gate)}), made.tls) as gateway:
        with gateway.connected(made.client()) as connection:
            connection.sendall(a_bare_post())
            gate.reached.acquire()
            assert connection.unwrap().recv(1) == b""
        gate.let_on()
        assert gateway.called(made.client()).status == 200
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []


# Loops


def test_a_loop_is_seen_on_https_too(gateway: ServedTls, made: Certificates) -> None:
    """platform.md §25 row 8: `routing_history_on_https`."""
    fault = gateway.called(made.client(), f"x-rivta-routing-history: SE1#{OURS}").fault
    assert (fault.code, fault.faultcode, fault.detail) == ("VP014", "SOAP-ENV:Server", "")


def test_as_the_real_platform_it_is_not(made: Certificates) -> None:
    """platform.md §5.1: not done on HTTPS."""
    with served_gateway(a_pipeline(routing_history_on_https=False), made.tls) as gateway:
        assert gateway.called(made.client(), f"x-rivta-routing-history: SE1#{OURS}").status == 200


# What is spoken


def test_old_tls_is_not_spoken(made: Certificates) -> None:
    """platform.md §15: TLS 1.2 at least, 1.3 when told so."""
    assert made.tls.context().minimum_version == ssl.TLSVersion.TLSv1_2
    client = made.client()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    with served_gateway(a_pipeline(), replace(made.tls, minimum_version="TLSv1.3")) as gateway:
        assert gateway.hears_nothing(client)
        assert gateway.called(made.client()).status == 200


def test_http_1_1_is_what_is_agreed(gateway: ServedTls, made: Certificates) -> None:
    client = made.client()
    client.set_alpn_protocols(["h2", "http/1.1"])
    with gateway.connected(client) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"
        assert connection.compression() is None


def test_a_connection_of_tls_1_3_is_never_a_resumed_one(gateway: ServedTls, made: Certificates) -> None:
    """Each shows its certificate anew; no session is offered to resume."""
    client = made.client()
    client.minimum_version = ssl.TLSVersion.TLSv1_3
    with gateway.connected(client) as first:
        first.sendall(a_bare_post())
        assert read_reply(first).status == 200
        assert first.session is None or not first.session.has_ticket


# Files


def told(**changes: Path | str) -> str:
    with pytest.raises(SettingsRefused) as refused:
        ListenerTls(**changes)
    return str(refused.value)


@pytest.mark.parametrize("name", ["certificate_file", "key_file", "client_ca_file"])
def test_a_missing_file_stops_the_start(made: Certificates, tmp_path: Path, name: str) -> None:
    missing = tmp_path / "missing.pem"
    sentence = f"The TLS file {missing} cannot be read: No such file or directory."
    assert told(**{**made.tls_files, name: missing}) == sentence


def test_a_key_of_another_certificate_stops_the_start(made: Certificates) -> None:
    files = made.tls_files | {"key_file": made.folder / f"{CONSUMER}.key"}
    assert told(**files) == (
        f"The key in {files['key_file']} does not belong to the certificate in {files['certificate_file']}."
    )


def test_a_key_with_a_password_stops_the_start_and_asks_nobody(made: Certificates, tmp_path: Path) -> None:
    key = serialization.load_pem_private_key((made.folder / "server.key").read_bytes(), None)
    encrypted = tmp_path / "encrypted.key"
    encrypted.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
        )
    )
    sentence = f"The key in {encrypted} is encrypted; it must be without a password."
    assert told(**made.tls_files | {"key_file": encrypted}) == sentence


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
@pytest.mark.parametrize("name", ["certificate_file", "key_file", "client_ca_file"])
def test_a_file_without_what_it_should_hold_stops_the_start(
    made: Certificates, tmp_path: Path, name: str, content: bytes
) -> None:
    spoilt = tmp_path / "spoilt.pem"
    spoilt.write_bytes(content)
    assert str(spoilt) in told(**made.tls_files | {name: spoilt})


def test_callers_certificates_are_no_authorities(made: Certificates) -> None:
    """A bundle without any authority would let nobody in."""
    leaf = made.folder / f"{CONSUMER}.pem"
    assert told(**made.tls_files | {"client_ca_file": leaf}) == (
        f"{leaf} holds no certificate of an authority: no caller could come."
    )


def test_an_unknown_version_stops_the_start(made: Certificates) -> None:
    """platform.md §15: TLS 1.0 and 1.1, which the real platform's file allows, cannot be had."""
    for version in ("TLSv1", "TLSv1.1", "SSLv3", ""):
        sentence = f"The oldest TLS must be one of TLSv1.2, TLSv1.3, not {version!r}."
        assert told(**made.tls_files, minimum_version=version) == sentence

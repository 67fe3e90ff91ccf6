"""gateway/producer_tls.py: which certificates go to which producer, in real handshakes on loopback (platform.md §15)."""

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from gateway.call import Answer
from gateway.producer_tls import ProducerTls
from gateway.settings import SettingsRefused
from tests.gateway.builders import (
    HttpProducer,
    a_pipeline,
    a_request,
    a_route,
    carried,
    fault_in,
    http_reply,
    opened,
    sample,
)
from tests.gateway.certificates import Issued, a_certificate, an_authority

GOOD = sample("GetAllCareTypes", "response")


def a_file(folder: Path, text: str) -> str:
    path = folder / "tls.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def an_override(name: str, match: str = "", more: str = "") -> str:
    return f'[[overrides]]\nname = "{name}"\n{match}\n{more}\n'


def chosen(tmp_path: Path, text: str, host: str, port: int | None = None) -> str:
    return ProducerTls.load(a_file(tmp_path, text), True).context_for(host, port)[0]


# Which entry counts

DEFAULT = '[default-config]\nname = "usual"\n'


@pytest.mark.parametrize(
    ("match", "host", "port", "fits"),
    [
        ('match.domain-name = "a.example.com"', "a.example.com", None, True),
        ('match.domain-name = "A.Example.com"', "a.eXAMPLE.com", 8443, True),
        ('match.domain-name = "example.com"', "a.example.com", None, False),
        ('match.domain-suffix = ".example.com"', "a.example.com", None, True),
        ('match.domain-suffix = ".EXAMPLE.com"', "a.b.Example.com", None, True),
        ('match.domain-suffix = ".example.com"', "example.com", None, False),
        ('match.domain-suffix = "example.com"', "a.example.org", None, False),
        ('match.domain-name = "a.example.com"\nmatch.port = 443', "a.example.com", None, True),
        ('match.domain-name = "a.example.com"\nmatch.port = 443', "a.example.com", 443, True),
        ('match.domain-name = "a.example.com"\nmatch.port = 443', "a.example.com", 8443, False),
        ('match.domain-suffix = "example.com"\nmatch.port = 8443', "a.example.com", 8443, True),
        ('match.domain-suffix = "example.com"\nmatch.port = 8443', "a.example.com", None, False),
        # the name is looked at instead of the suffix, not beside it
        ('match.domain-name = "b.example.com"\nmatch.domain-suffix = "example.com"', "a.example.com", None, False),
        ("match.port = 443", "a.example.com", 443, False),
        ("", "a.example.com", 443, False),
        ("[overrides.match]", "a.example.com", 443, False),
        ('match.domain-name = ""', "", 443, False),
    ],
)
def test_an_entry_matches_by_its_domain_and_its_port(
    tmp_path: Path, match: str, host: str, port: int | None, fits: bool
) -> None:
    """platform.md §15: domain rule and port rule; without a domain nothing matches; no port counts as 443."""
    assert chosen(tmp_path, DEFAULT + an_override("special", match), host, port) == ("special" if fits else "usual")


def test_the_first_entry_that_matches_counts(tmp_path: Path) -> None:
    """platform.md §15."""
    text = DEFAULT + "".join(
        an_override(name, f'match.domain-suffix = "{suffix}"')
        for name, suffix in (("one", ".b.example.com"), ("two", ".example.com"), ("three", "a.b.example.com"))
    )
    assert chosen(tmp_path, text, "a.b.example.com") == "one"
    assert chosen(tmp_path, text, "c.example.com") == "two"
    assert chosen(tmp_path, text, "example.org") == "usual"


def test_without_a_file_or_a_default_the_systems_authorities_count(tmp_path: Path) -> None:
    """platform.md §15: the old settings on the real platform."""
    name, context = ProducerTls.load("", True).context_for("example.com", None)
    assert (name, context.verify_mode, context.check_hostname) == ("default", ssl.CERT_REQUIRED, True)
    assert chosen(tmp_path, an_override("special", 'match.domain-name = "a"'), "b") == "default"


@pytest.mark.parametrize("checks_host", [True, False])
def test_only_the_hosts_name_may_go_unchecked_never_the_certificate(tmp_path: Path, checks_host: bool) -> None:
    """platform.md §14.3; §23 (producer.https.hostnameVerification)."""
    for path in ("", a_file(tmp_path, DEFAULT)):
        context = ProducerTls.load(path, checks_host).context_for("example.com", None)[1]
        assert (context.check_hostname, context.verify_mode) == (checks_host, ssl.CERT_REQUIRED)


def test_a_choice_is_made_once_for_a_host_and_port(tmp_path: Path) -> None:
    tls = ProducerTls.load(a_file(tmp_path, DEFAULT), True)
    assert tls.context_for("a", None)[1] is tls.context_for("A", 443)[1]


# What the file may hold


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(SettingsRefused) as told:
        ProducerTls.load(a_file(tmp_path, text), True)
    assert str(told.value).startswith("tls_file cannot be used: ")
    return str(told.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[default-config]", "an entry has no name"),
        ("default-config = 5", "each entry must be a table"),
        ("overrides = 5", "overrides must be a list"),
        ("[vp]", "there is no vp"),
        ("[[overrides]", "is not TOML"),
        (an_override("a") + an_override("a"), "two entries called a"),
        (DEFAULT + an_override("usual"), "two entries called usual"),
        (an_override("a", more="bundle = 'x'"), "a has no bundle"),
        (an_override("a", "match.host = 'x'"), "a has no host"),
        (an_override("a", "match = 5"), "match of a must be a table"),
        (an_override("a", "match.port = 0"), "match.port of a"),
        (an_override("a", "match.port = true"), "match.port of a"),
        (an_override("a", "match.port = '443'"), "match.port of a"),
        (an_override("a", "match.domain-name = 5"), "domain-name of a must be a text"),
        (an_override("a", more="certificate-bundle = 'nosuch.pem'"), "certificate-bundle of a"),
        (an_override("a", more="certificate-bundle = 'tls.toml'"), "certificate-bundle of a"),
        (an_override("a", more="ca-bundle = 'nosuch.pem'"), "ca-bundle of a"),
        (an_override("a", more="ca-bundle = 'tls.toml'"), "ca-bundle of a"),
        (an_override("a", more="ca-bundle = 5"), "ca-bundle of a must be a text"),
        (an_override("a", more="protocols-include = 'TLSv1.2'"), "protocols-include of a must be a list"),
        (an_override("a", more="protocols-include = ['TLSv1.4']"), "names the protocol TLSv1.4"),
        (an_override("a", more="protocols-include = ['TLSv1.1']"), "a leaves no protocol"),
        (an_override("a", more="protocols-exclude = ['TLSv1.2', 'TLSv1.3']"), "a leaves no protocol"),
        (
            an_override("a", more="protocols-include = ['TLSv1.2']\nprotocols-exclude = ['TLSv1.3']"),
            "which are alternatives",
        ),
        (an_override("a", more="cipher-suites-include = ['X']\ncipher-suites-exclude = ['Y']"), "alternatives"),
        (an_override("a", more="cipher-suites-include = ['RC4-MD5']"), "names the cipher suite RC4-MD5"),
        (an_override("a", more="cipher-suites-include = ['TLS_AES_128_GCM_SHA256']"), "all cipher suites of TLS 1.3"),
        (
            an_override(
                "a",
                more="protocols-include = ['TLSv1.3']\n"
                "cipher-suites-include = ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384']",
            ),
            "leaves no cipher suite",
        ),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused_with_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    """platform.md §15: unique names, include and exclude as alternatives."""
    assert sentence in refused(tmp_path, text)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"tls_file cannot be used: .*nosuch\.toml cannot be read"):
        ProducerTls.load(str(tmp_path / "nosuch.toml"), True)


def test_a_key_with_a_password_is_refused_and_asked_for_by_nobody(tmp_path: Path) -> None:
    a_certificate(an_authority(), "localhost").bundle(tmp_path / "mine.pem", password=b"secret")
    sentence = refused(tmp_path, an_override("a", more="certificate-bundle = 'mine.pem'"))
    assert "a private key without password" in sentence


def context_of(tmp_path: Path, more: str) -> ssl.SSLContext:
    text = an_override("a", 'match.domain-name = "a"', more)
    return ProducerTls.load(a_file(tmp_path, text), True).context_for("a", None)[1]


@pytest.mark.parametrize(
    ("more", "least", "most"),
    [
        ("", "TLSv1_2", "TLSv1_3"),
        ("protocols-include = ['TLSv1.2']", "TLSv1_2", "TLSv1_2"),
        ("protocols-include = ['TLSv1', 'TLSv1.1', 'TLSv1.2']", "TLSv1_2", "TLSv1_2"),
        ("protocols-exclude = ['TLSv1.2']", "TLSv1_3", "TLSv1_3"),
        ("protocols-exclude = ['SSLv3', 'TLSv1', 'TLSv1.1']", "TLSv1_2", "TLSv1_3"),
        ("cipher-suites-include = ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384']", "TLSv1_2", "TLSv1_2"),
    ],
)
def test_protocols_are_chosen_and_nothing_older_than_tls_1_2(tmp_path: Path, more: str, least: str, most: str) -> None:
    context = context_of(tmp_path, more)
    if not more:
        least = context.minimum_version.name  # whatever the machine's OpenSSL has as its least
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert context.maximum_version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.MAXIMUM_SUPPORTED)
        return
    assert (context.minimum_version.name, context.maximum_version.name) == (least, most)


def test_cipher_suites_go_by_either_of_their_names(tmp_path: Path) -> None:
    names = "'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES128-GCM-SHA256'"
    names += ", 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256'"
    included = {one["name"] for one in context_of(tmp_path, f"cipher-suites-include = [{names}]").get_ciphers()}
    wanted = {
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-AES128-SHA256",
    }
    assert {one for one in included if not one.startswith("TLS_")} == wanted
    excluded = {one["name"] for one in context_of(tmp_path, f"cipher-suites-exclude = [{names}]").get_ciphers()}
    assert excluded
    assert not wanted & excluded


# Real handshakes


@asynccontextmanager
async def a_tls_producer(context: ssl.SSLContext) -> AsyncIterator[HttpProducer]:
    """A producer over TLS on loopback that reads a request, answers well and closes; counts its connections."""
    writers = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            producer.heads.append(head)
            producer.bodies.append(await reader.readexactly(int(producer.header("content-length") or 0)))
            writer.write(http_reply("200 OK", GOOD))
            await writer.drain()
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    producer = HttpProducer(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/producer")
    try:
        yield producer
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()


def serving(issued: Issued, folder: Path, client_authority: Issued | None = None) -> ssl.SSLContext:
    """The producer's context."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.bundle(folder / "server.pem"))
    if client_authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=client_authority.certificate_pem.decode())
    return context


def called(
    folder: Path, server: ssl.SSLContext, more: str = "", with_default: bool = True, **settings: object
) -> tuple[Answer, HttpProducer]:
    """What the consumer got, and what the producer saw; the test authority is trusted unless told otherwise."""
    (folder / "ca.pem").write_bytes(an_authority().certificate_pem)
    text = f'{DEFAULT}ca-bundle = "ca.pem"\n{more}' if with_default else ""
    made: dict[str, object] = {"tls_file": a_file(folder, text), "retry_delay_seconds": 0, **settings}

    async def ask() -> tuple[Answer, HttpProducer]:
        async with (
            a_tls_producer(server) as producer,
            opened(a_pipeline(a_route(address=producer.url), **made)) as pipeline,
        ):
            return await pipeline.answer(a_request()), producer

    return asyncio.run(ask())


def tls_fault(told: tuple[Answer, HttpProducer]) -> str:
    """The detail of a VP009 about TLS. The producer saw no request."""
    answer, producer = told
    fault = fault_in(answer)
    assert fault.code == "VP009"
    assert producer.heads == []
    return fault.detail


def test_a_producer_with_a_trusted_certificate_is_called(tmp_path: Path) -> None:
    answer, producer = called(tmp_path, serving(a_certificate(an_authority(), "127.0.0.1"), tmp_path))
    assert (answer.status, answer.body) == (200, GOOD)
    assert producer.header("x-vp-sender-id") is None  # platform.md §7.2: over https it is told nothing of that
    assert producer.header("host") == producer.url.removeprefix("https://").removesuffix("/producer")


@pytest.mark.parametrize("mode", ["tidbro", "skltp"])
def test_an_untrusted_certificate_is_vp009(tmp_path: Path, mode: str) -> None:
    """platform.md §13, in both platforms' words."""
    server = serving(a_certificate(None, "127.0.0.1"), tmp_path)
    detail = tls_fault(called(tmp_path, server, compatibility=mode))
    kind = "TlsError: The TLS connection failed" if mode == "tidbro" else "javax.net.ssl.SSLHandshakeException"
    assert f"({kind}: self-signed certificate" in detail


def test_a_certificate_of_another_authority_is_not_trusted(tmp_path: Path) -> None:
    other = an_authority("Other CA")
    detail = tls_fault(called(tmp_path, serving(a_certificate(other, "127.0.0.1"), tmp_path)))
    assert "unable to get local issuer certificate" in detail


def test_without_a_file_only_the_systems_authorities_are_trusted(tmp_path: Path) -> None:
    server = serving(a_certificate(an_authority(), "127.0.0.1"), tmp_path)
    assert "TlsError" in tls_fault(called(tmp_path, server, with_default=False))


def test_an_expired_certificate_is_vp009(tmp_path: Path) -> None:
    server = serving(a_certificate(an_authority(), "127.0.0.1", days=(-9, -1)), tmp_path)
    assert "certificate has expired" in tls_fault(called(tmp_path, server))


def test_a_certificate_for_another_host_is_vp009_by_default(tmp_path: Path) -> None:
    """platform.md §13, §14.3: host names are checked here."""
    server = serving(a_certificate(an_authority(), "elsewhere.example.com"), tmp_path)
    assert "IP address mismatch" in tls_fault(called(tmp_path, server))


@pytest.mark.parametrize("settings", [{"compatibility": "skltp"}, {"checks_producer_host": False}])
def test_a_certificate_for_another_host_is_accepted_where_the_setting_says_so(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    """platform.md §14.3: the real platform's default."""
    server = serving(a_certificate(an_authority(), "elsewhere.example.com"), tmp_path)
    assert called(tmp_path, server, **settings)[0].status == 200


def test_a_client_certificate_is_shown_with_its_chain_to_a_producer_that_asks(tmp_path: Path) -> None:
    """platform.md §15: key, certificate and chain from one bundle."""
    between = an_authority("Between", an_authority())
    a_certificate(between, name="Tidbro").bundle(tmp_path / "mine.pem", between)
    server = serving(a_certificate(an_authority(), "127.0.0.1"), tmp_path, client_authority=an_authority())
    assert called(tmp_path, server, 'certificate-bundle = "mine.pem"\n')[0].status == 200


@contextmanager
def a_refusing_producer(context: ssl.SSLContext) -> Iterator[tuple[str, list[int]]]:
    """A producer that ends every connection by its TLS rules, and sees to it that its reason arrives; its attempts."""
    attempts: list[int] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                raw, _ = listening.accept()
                attempts.append(1)
                tls = context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
                with suppress(ssl.SSLError):
                    tls.do_handshake()
                with socket.socket(fileno=tls.detach()) as left:  # closed with bytes unread it would be a reset
                    left.shutdown(socket.SHUT_WR)
                    while left.recv(65_536):
                        pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}/producer", attempts
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def refused_by(folder: Path, server: ssl.SSLContext, more: str = "", **settings: object) -> tuple[str, int]:
    """The detail of the VP009, and how often the producer was tried."""
    (folder / "ca.pem").write_bytes(an_authority().certificate_pem)
    path = a_file(folder, f'{DEFAULT}ca-bundle = "ca.pem"\n{more}')
    with a_refusing_producer(server) as (url, attempts):
        pipeline = a_pipeline(a_route(address=url), tls_file=path, retry_delay_seconds=0, **settings)
        return fault_in(carried(pipeline)).detail, len(attempts)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("mode", ["tidbro", "skltp"])
def test_a_missing_client_certificate_is_vp009_and_not_tried_again(
    tmp_path: Path, version: ssl.TLSVersion, mode: str
) -> None:
    """platform.md §13, §14.2. With TLS 1.3 the refusal comes after the handshake, and is no reset for all that."""
    server = serving(a_certificate(an_authority(), "127.0.0.1"), tmp_path, client_authority=an_authority())
    server.minimum_version = server.maximum_version = version
    detail, attempts = refused_by(tmp_path, server, compatibility=mode)
    assert ("(TlsError: " if mode == "tidbro" else "(javax.net.ssl.SSLHandshakeException: ") in detail
    assert "alert" in detail
    assert attempts == 1


def test_no_protocol_in_common_is_vp009_and_not_tried_again(tmp_path: Path) -> None:
    """platform.md §13, §14.2."""
    server = serving(a_certificate(an_authority(), "127.0.0.1"), tmp_path)
    server.minimum_version = ssl.TLSVersion.TLSv1_3
    detail, attempts = refused_by(tmp_path, server, "protocols-include = ['TLSv1.2']\n")
    assert "alert protocol version" in detail
    assert attempts == 1


def test_a_producer_that_speaks_no_tls_is_vp009(tmp_path: Path) -> None:
    """platform.md §13: a handshake failure, once."""
    attempts = []

    async def ask() -> Answer:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            attempts.append(1)
            await reader.read(10)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        async with opened(a_pipeline(a_route(address=url), retry_delay_seconds=0)) as pipeline:
            answer = await pipeline.answer(a_request())
        server.close()
        return answer

    assert "TlsError" in fault_in(asyncio.run(ask())).detail
    assert len(attempts) == 1


def test_a_connection_closed_in_the_handshake_is_a_tls_error_and_no_reset() -> None:
    """platform.md §13, §14.2: not tried again."""
    attempts = []

    async def ask() -> Answer:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            attempts.append(1)
            await reader.read(10)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        async with opened(a_pipeline(a_route(address=url), retry_delay_seconds=0)) as pipeline:
            answer = await pipeline.answer(a_request())
        server.close()
        return answer

    assert "the connection was closed during the handshake" in fault_in(asyncio.run(ask())).detail
    assert len(attempts) == 1


def test_a_call_knows_which_configuration_it_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tidbro.message_log")
    called(tmp_path, serving(a_certificate(an_authority(), "127.0.0.1"), tmp_path))
    assert '"tls_context": "usual"' in caplog.text


# Reloading


def test_a_file_that_has_changed_is_taken_and_a_broken_one_changes_nothing_but_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §15."""
    tls = ProducerTls.load(a_file(tmp_path, DEFAULT), True)
    first = tls.context_for("a", None)
    assert first[0] == "usual"
    a_file(tmp_path, DEFAULT + an_override("special", 'match.domain-name = "a"'))
    assert tls.context_for("a", None) == first
    assert tls.renew()
    second = tls.context_for("a", None)
    assert second[0] == "special"
    a_file(tmp_path, "broken")
    assert not tls.renew()
    assert not tls.renew()
    assert tls.context_for("a", None) == second
    assert caplog.text.count("producer_certificates_not_changed") == 1


@pytest.mark.parametrize("bundle", ["ca-bundle", "certificate-bundle"])
def test_a_bundle_that_has_changed_makes_new_contexts_and_one_that_is_the_same_does_not(
    tmp_path: Path, bundle: str
) -> None:
    """platform.md §15."""
    a_certificate(an_authority(), "a").bundle(tmp_path / "ours.pem")
    tls = ProducerTls.load(
        a_file(tmp_path, an_override("one", 'match.domain-name = "a"', f'{bundle} = "ours.pem"')), True
    )
    first = tls.context_for("a", None)
    (tmp_path / "ours.pem").touch()
    assert not tls.renew()
    assert tls.context_for("a", None) == first
    a_certificate(an_authority(), "a").bundle(tmp_path / "ours.pem")
    assert tls.renew()
    assert tls.context_for("a", None) != first


def test_without_a_file_there_is_nothing_to_renew() -> None:
    assert not ProducerTls.load("", True).renew()


def test_after_a_change_a_producer_sees_the_new_certificate_on_a_new_connection(tmp_path: Path) -> None:
    """platform.md §15: a connection kept from before, with the old certificate, is not used again."""
    (tmp_path / "ca.pem").write_bytes(an_authority().certificate_pem)
    ours = [a_certificate(an_authority(), name=name) for name in ("before", "after")]
    ours[0].bundle(tmp_path / "ours.pem")
    settings = a_file(tmp_path, f'{DEFAULT}ca-bundle = "ca.pem"\ncertificate-bundle = "ours.pem"\n')
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(GOOD), GOOD))
        writer.close()

    async def ask() -> None:
        context = serving(a_certificate(an_authority(), "127.0.0.1"), tmp_path, an_authority())
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        async with opened(a_pipeline(a_route(address=url), tls_file=settings)) as pipeline:
            for _ in range(2):
                assert (await pipeline.answer(a_request())).status == 200
            assert len(seen) == 1  # the second call came on the connection of the first
            ours[1].bundle(tmp_path / "ours.pem")
            assert pipeline.producers.renew_certificates()
            assert (await pipeline.answer(a_request())).status == 200
        server.close()

    asyncio.run(ask())
    assert seen == [ssl.PEM_cert_to_DER_cert(one.certificate_pem.decode()) for one in ours]


# The documentation's example


def test_the_example_in_the_documentation_works(tmp_path: Path) -> None:
    """docs/operations.md, TLS towards producers."""
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    example = page.partition("## TLS towards producers")[2].partition("```toml\n")[2].partition("```")[0]
    a_certificate(an_authority(), "tidbro").bundle(tmp_path / "tidbro.pem")
    for name in ("sithskedja.pem", "test-ca.pem"):
        (tmp_path / name).write_bytes(an_authority().certificate_pem)
    tls = ProducerTls.load(a_file(tmp_path, example), True)
    assert tls.context_for("a.test.example.com", 8443)[0] == "test producers"
    assert tls.context_for("a.test.example.com", 443)[0] == "sjunet"

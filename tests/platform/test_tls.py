"""TLS at both ends of a gateway: protocols, certificates by a producer's domain and port, what stops the start
(platform.md §14.3, §15)."""

import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from conformance.gateway.certificates import Issued
from conformance.gateway.producers import Producer, replies
from tests.platform import catalogue, wire
from tests.platform.catalogue import AuthorisationRow, RouteRow
from tests.platform.letter import detail_of
from tests.platform.logs import record_of
from tests.platform.messages import ANSWER, a_message
from tests.platform.test_properties import refused
from tests.platform.wire import SECONDS, Reply
from tests.platform.world import Gateway, World


def der(issued: Issued) -> bytes:
    return issued.certificate.public_bytes(serialization.Encoding.DER)


def entry(world: World, name: str, shows: Issued | None = None, match: str = "", more: str = "") -> str:
    """An entry of a TLS file: an override where it says when it counts, else the default."""
    head = "[[overrides]]" if match else "[default-config]"
    bundle = f'certificate-bundle = "{shows.bundle_file}"\n' if shows else ""
    criteria = f"match = {{ {match} }}\n" if match else ""
    return f'{head}\nname = "{name}"\n{bundle}ca-bundle = "{world.authority.file}"\n{more}\n{criteria}\n'


@pytest.fixture
def producer(world: World) -> Iterator[Producer]:
    """A producer that takes a certificate of the gateway's and does not demand one, under three names of its host."""
    own = world.authority.issue("takes-any", hosts=("localhost", "127.0.0.1"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate_file, own.key_file)
    context.load_verify_locations(world.authority.file)
    context.verify_mode = ssl.CERT_OPTIONAL
    made = Producer(replies("200 OK", ANSWER), context)
    yield made
    made.close()


@pytest.fixture
def behind(world: World, producer: Producer, tmp_path: Path) -> "Behind":
    return Behind(world, producer, tmp_path)


class Behind:
    """Starts gateways whose one producer is `producer`, with the TLS file of a test."""

    def __init__(self, world: World, producer: Producer, folder: Path) -> None:
        self.world, self.producer, self._folder = world, producer, folder

    def start(self, *entries: str, mode: str = "skltp", **given: object) -> Gateway:
        file = self._folder / "tls.toml"
        file.write_text("".join(sorted(entries, key=lambda one: one.startswith("[["))), encoding="utf-8")
        port = self.producer.port
        rows = [
            RouteRow("LOCALHOST", f"https://localhost:{port}/p"),
            RouteRow("LOUD", f"HTTPS://LOCALHOST:{port}/p"),
            RouteRow("NUMBER", f"https://127.0.0.1:{port}/p"),
            RouteRow("NO-PORT", "https://localhost/p"),
        ]
        tak = self._folder / "tak.xml"
        allowed = [AuthorisationRow(row.address) for row in rows]
        tak.write_text(catalogue.persistent_cache(rows, allowed), encoding="utf-8")
        return self.world.start(mode, {"tls_file": file, **given}, tak=tak)

    def choice(self, gateway: Gateway, address: str = "LOCALHOST") -> tuple[str, bytes]:
        """The entry that counted for a call, and the certificate that the producer was shown."""
        reply = gateway.call(a_message(address))
        assert reply.body == ANSWER, reply.body[:500]
        (seen,) = self.producer.seen(reply.case)
        return record_of(gateway, reply)["tls_context"], seen.shown


def context_of(gateway: Gateway, reply: Reply) -> str:
    told: str = record_of(gateway, reply)["tls_context"]
    return told


# Which entry counts


def test_15_the_certificate_of_the_first_entry_that_matches_is_shown(world: World, behind: Behind) -> None:
    """platform.md §15: an ordered list; the default where none matches."""
    first, second, usual = (world.authority.issue(f"shown-{name}") for name in ("first", "second", "usual"))
    gateway = behind.start(
        entry(world, "usual", usual),
        entry(world, "never", usual, 'domain-name = "example.com"'),
        entry(world, "first", first, 'domain-suffix = "host"'),
        entry(world, "second", second, 'domain-name = "localhost"'),
    )
    assert behind.choice(gateway) == ("first", der(first))
    assert behind.choice(gateway, "NUMBER") == ("usual", der(usual))


MATCHES = {
    "name": ('domain-name = "localhost"', True),
    "name_in_other_letters": ('domain-name = "LocalHost"', True),
    "name_is_whole": ('domain-name = "host"', False),
    "suffix": ('domain-suffix = "HOST"', True),
    "another_suffix": ('domain-suffix = ".host"', False),
    "name_instead_of_suffix": ('domain-name = "b.localhost", domain-suffix = "localhost"', False),
    "name_and_port": ('domain-name = "localhost", port = {port}', True),
    "name_and_another_port": ('domain-name = "localhost", port = 443', False),
    "suffix_and_port": ('domain-suffix = "host", port = {port}', True),
    "port_alone": ("port = {port}", False),
}


@pytest.mark.parametrize(("match", "fits"), MATCHES.values(), ids=MATCHES.keys())
def test_15_an_entry_matches_by_domain_and_port_and_never_by_a_port_alone(
    world: World, behind: Behind, match: str, fits: bool
) -> None:
    """platform.md §15, the first row of its table: letter case is not compared."""
    special = world.authority.issue("special")
    told = match.replace("{port}", str(behind.producer.port))
    gateway = behind.start(entry(world, "usual", world.consumer), entry(world, "special", special, told))
    wanted = ("special", der(special)) if fits else ("usual", der(world.consumer))
    assert behind.choice(gateway) == wanted
    assert behind.choice(gateway, "LOUD") == wanted


def test_15_an_address_without_port_counts_as_443(world: World, behind: Behind) -> None:
    """platform.md §15: whether or not anybody answers there, the record tells what was chosen."""
    gateway = behind.start(
        entry(world, "usual"), entry(world, "at-443", world.consumer, 'domain-name = "localhost", port = 443')
    )
    assert context_of(gateway, gateway.call(a_message("NO-PORT"))) == "at-443"
    assert context_of(gateway, gateway.call(a_message("LOCALHOST"))) == "usual"


def test_15_the_choice_is_remembered_by_host_and_not_for_another(world: World, behind: Behind) -> None:
    """platform.md §15: the same host gets the same entry again, another host its own."""
    gateway = behind.start(entry(world, "usual"), entry(world, "special", world.consumer, 'domain-name = "localhost"'))
    names = [behind.choice(gateway, address)[0] for address in ("LOCALHOST", "NUMBER", "LOUD", "LOCALHOST", "NUMBER")]
    assert names == ["special", "usual", "special", "special", "usual"]


def test_15_without_a_default_the_systems_authorities_count(world: World, behind: Behind) -> None:
    """platform.md §15: its old settings on the real platform; here nobody unknown is trusted, nothing is shown."""
    gateway = behind.start(entry(world, "special", world.consumer, 'domain-name = "localhost"'))
    assert behind.choice(gateway)[0] == "special"
    reply = gateway.call(a_message("NUMBER"))
    assert "SSLHandshakeException" in detail_of(reply, "VP009")
    assert context_of(gateway, reply) == "default"


def test_15_a_producer_that_asks_for_no_certificate_is_called_without(world: World, behind: Behind) -> None:
    """platform.md §15: an entry without bundle of its own."""
    assert behind.choice(behind.start(entry(world, "usual"))) == ("usual", b"")


# What an entry offers


@pytest.mark.parametrize(
    ("more", "protocol"),
    [
        ("", "TLSv1.3"),
        ('protocols-include = ["TLSv1.2"]', "TLSv1.2"),
        ('protocols-include = ["TLSv1", "TLSv1.1", "TLSv1.2"]', "TLSv1.2"),
        ('protocols-exclude = ["TLSv1.3"]', "TLSv1.2"),
        ('protocols-exclude = ["TLSv1.2"]', "TLSv1.3"),
        ('protocols-include = ["TLSv1.3"]', "TLSv1.3"),
    ],
)
def test_15_protocols_are_included_or_excluded(world: World, behind: Behind, more: str, protocol: str) -> None:
    """platform.md §15: older ones than 1.2 are named in vain."""
    gateway = behind.start(entry(world, "usual", more=more))
    (seen,) = behind.producer.seen(gateway.call(a_message("LOCALHOST")).case)
    assert seen.protocol == protocol


def test_15_cipher_suites_are_included_or_excluded(world: World, behind: Behind) -> None:
    """platform.md §15: by the standards' names or OpenSSL's."""
    suite = "ECDHE-ECDSA-AES128-GCM-SHA256"
    for more in (
        'cipher-suites-include = ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]',
        f'cipher-suites-include = ["{suite}"]',
    ):
        gateway = behind.start(entry(world, "usual", more=more))
        (seen,) = behind.producer.seen(gateway.call(a_message("LOCALHOST")).case)
        assert (seen.protocol, seen.cipher) == ("TLSv1.2", suite)
    more = 'protocols-include = ["TLSv1.2"]\ncipher-suites-exclude = ["ECDHE-ECDSA-AES256-GCM-SHA384"]'
    gateway = behind.start(entry(world, "usual", more=more))
    (seen,) = behind.producer.seen(gateway.call(a_message("LOCALHOST")).case)
    assert seen.cipher not in ("", "ECDHE-ECDSA-AES256-GCM-SHA384")


def test_15_no_protocol_in_common_is_no_producer_and_not_tried_again(world: World, tmp_path: Path) -> None:
    """platform.md §14.2, §15."""
    own = world.authority.issue("only-1-2", hosts=("localhost",))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate_file, own.key_file)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    producer = Producer(replies("200 OK", ANSWER), context)
    behind = Behind(world, producer, tmp_path)
    gateway = behind.start(entry(world, "usual", more='protocols-include = ["TLSv1.3"]'))
    assert "SSLHandshakeException" in detail_of(gateway.call(a_message("LOCALHOST")), "VP009")
    assert producer.connections == 1
    producer.close()


# What stops the start


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ('[default-config]\nname = "a"\n[[overrides]]\nname = "a"\n', "two entries called a"),
        ('[[overrides]]\nname = "a"\n[[overrides]]\nname = "a"\n', "two entries called a"),
        ('[default-config]\nname = "a"\nprotocols-include = ["TLSv1.2"]\nprotocols-exclude = ["TLSv1.3"]', "alternatives"),
        ('[default-config]\nname = "a"\ncipher-suites-include = ["X"]\ncipher-suites-exclude = ["Y"]', "alternatives"),
        ('[default-config]\nname = "a"\ncertificate-bundle = "nowhere.pem"', "certificate-bundle of a"),
        ("[default-config]", "an entry has no name"),
    ],
)  # fmt: skip
def test_15_a_file_that_does_not_fit_stops_the_start(tmp_path: Path, entries: str, told: str) -> None:
    """platform.md §15: names are unique; include and exclude are alternatives."""
    file = tmp_path / "tls.toml"
    file.write_text(entries, encoding="utf-8")
    assert told in refused("--data", str(tmp_path), "--set", f"tls_file={file}")


def test_15_the_properties_of_java_key_stores_are_refused_with_the_setting_that_does_it(tmp_path: Path) -> None:
    """platform.md §15: nobody may believe in a protection that is not there."""
    told = refused("--data", str(tmp_path), "--set", "tp.tls.store.location=/certificates")
    assert "tls_" in told


def test_15_what_has_no_meaning_here_is_told_and_does_not_stop_the_start(world: World) -> None:
    """platform.md §15 vp.tls.mtls-verification-enabled, §14.3 producer.http(s).workers."""
    given = {"vp.tls.mtls-verification-enabled": "true", "producer.http.workers": 50, "producer.https.workers": 150}
    gateway = world.start("skltp", given)
    logged = gateway.process.logged()
    assert all(name in logged for name in given)
    assert gateway.still_answers()


# The listener


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_15_the_listener_speaks_1_2_and_1_3(gateway: Gateway, version: ssl.TLSVersion) -> None:
    """platform.md §15; older ones: tests/faults, `TLS 1.0` and `TLS 1.1`."""
    context = gateway.world.client_context(gateway.world.consumer)
    context.minimum_version = context.maximum_version = version
    with gateway.connected_over_tls(context) as connection:
        assert connection.version() == version.name.replace("_", ".")


def test_15_the_oldest_protocol_of_the_listener_is_a_setting(world: World) -> None:
    """platform.md §15 tp.tls.allowedIncomingProtocols, here tls_minimum."""
    gateway = world.start("skltp", {"tls_minimum": "TLSv1.3"}, with_tls=True)
    context = world.client_context(world.consumer)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        gateway.connected_over_tls(context)
    assert gateway.call(shown=world.consumer).status == 200


def test_15_the_authorities_of_callers_may_change_while_it_runs(world: World, tmp_path: Path) -> None:
    """platform.md §15: PEM files; connections are judged by the new ones once they are taken over."""
    authorities = tmp_path / "callers.pem"
    authorities.write_bytes(world.authority.file.read_bytes())
    gateway = world.start("skltp", {"tls_client_ca": authorities}, with_tls=True)
    assert is_let_in(gateway, world.consumer)
    authorities.write_bytes(world.stranger_authority.file.read_bytes())
    gateway.process.look_for_certificates()
    end = time.monotonic() + SECONDS
    while is_let_in(gateway, world.consumer):
        assert time.monotonic() < end
    assert is_let_in(gateway, world.of_another_authority)


def is_let_in(gateway: Gateway, shown: Issued) -> bool:
    """Whether a caller with this certificate gets an answer; TLS 1.3 tells a refusal at the first read."""
    raw = wire.request("POST", "/vp/x", {"Connection": "close", "Content-Type": "text/xml"}, a_message())
    try:
        with gateway.connected_over_tls(gateway.world.client_context(shown)) as connection:
            connection.sendall(raw)
            return connection.recv(12).startswith(b"HTTP/1.1 200")
    except OSError:
        return False

"""tidbro/server.py: several listeners in one server, and certificates that change while calls go on."""

import asyncio
import logging
import os
import shutil
import signal
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.door import Receive, Scope, Send
from gateway.listener_tls import ListenerTls
from gateway.settings import GatewaySettings, SettingsRefused
from tests.gateway.builders import Gate, Stub, a_pipeline
from tests.gateway.serving import read_reply
from tests.tidbro.starting import a_gateway, running
from tests.tidbro.tls_serving import Certificates, a_bare_post, certificates_in, served, served_gateway
from tidbro import pki, pki_demo
from tidbro.listeners import opened
from tidbro.server import Listener, listen, server_for
from tidbro.settings import read_region


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates_in(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def own(made: Certificates, tmp_path: Path) -> Certificates:
    """Files of the test's own, to be changed."""
    return Certificates(Path(shutil.copytree(made.folder, tmp_path / "pki")))


def change_server(files: Certificates) -> bytes:
    """Replace the listener's certificate with a new one of the same authority; the new one, in DER."""
    now = datetime.now(UTC)
    maker = pki_demo.Maker(pki.read_authority(files.folder), now)
    issued = maker.valid(pki.function_name(pki_demo.GATEWAY, "localhost"), ("localhost", "127.0.0.1"))
    pki.write(issued, files.folder, "server")
    return ssl.PEM_cert_to_DER_cert(issued.certificate_pem.decode())


class Echo:
    """Tells by which scheme and port it was called."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for name in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{name}.complete"})
            return
        told = f"{scope['scheme']} {scope['server'][1]}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(told))]})
        await send({"type": "http.response.body", "body": told})


# Listeners


def test_one_server_answers_on_http_and_https_and_tells_them_apart(made: Certificates) -> None:
    """platform.md §1: a plain and a TLS listener; the application learns the scheme and the port."""
    with served(Echo(), None, made.tls) as server:
        plain, secure = server.server.listeners
        assert server.called(made.client()).body == f"https {server.port}".encode()
        with socket.create_connection(plain.socket.getsockname()) as connection:
            connection.sendall(a_bare_post())
            assert read_reply(connection).body == f"http {plain.socket.getsockname()[1]}".encode()
        assert plain.url.startswith("http://127.0.0.1:")
        assert secure.url == f"https://127.0.0.1:{server.port}/"


def test_an_address_of_ipv6_is_written_in_brackets() -> None:
    with closing(listen("::1", 0)) as taken:
        assert Listener(taken, path="/vp").url == f"http://[::1]:{taken.getsockname()[1]}/vp"


def test_a_port_that_is_taken_stops_the_start_with_a_sentence() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsRefused, match=f"^port {port} on host 127.0.0.1 cannot be used: Address already"):
            listen("127.0.0.1", port)


def test_after_the_end_nobody_listens_on_any_port(own: Certificates) -> None:
    with served(Echo(), None, own.tls) as server:
        ports = [one.socket.getsockname()[1] for one in server.server.listeners]
        change_server(own)
        server.renew()
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def test_an_idle_connection_is_kept_as_long_as_the_setting_says(tmp_path: Path) -> None:
    """Who pools connections should rarely meet one that has closed."""
    settings = a_gateway(tmp_path, "--set", "keep_alive_seconds=1")
    with running(settings, is_gateway_alone=True) as gateway, gateway_connection(gateway.url) as connection:
        for _ in range(2):
            connection.sendall(b"GET /zzz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_reply(connection).status == 404
        answered = time.monotonic()
        assert connection.recv(1) == b""
        assert 0.5 < time.monotonic() - answered < 5
    assert GatewaySettings().keep_alive_seconds == 75


def gateway_connection(url: str) -> socket.socket:
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_the_start_says_every_place(made: Certificates, capsys: pytest.CaptureFixture[str]) -> None:
    listeners = [Listener(listen("127.0.0.1", 0)), Listener(listen("127.0.0.1", 0), made.tls)]
    server = server_for(Echo(), GatewaySettings(), listeners)
    server.says_where = True
    urls = [one.url for one in listeners]
    server.should_exit = True  # as soon as it has started
    server.run()
    assert capsys.readouterr().out == f"Tidbro answers on {urls[0]} and {urls[1]} (stop with Ctrl-C)\n"


def test_the_oldest_tls_of_a_region_is_a_setting(made: Certificates) -> None:
    """platform.md §15: tp.tls.allowedIncomingProtocols, as far as it is safe."""
    files = made.tls_files
    given = {"port": 0, "tls_port": 0, "tls_certificate": str(files["certificate_file"])}
    given |= {"tls_key": str(files["key_file"]), "tls_client_ca": str(files["client_ca_file"])}
    with pytest.raises(SettingsRefused, match=r"^tls_minimum must be one of TLSv1.2, TLSv1.3, not 'TLSv1.1'"):
        read_region(None, {**given, "tls_minimum": "TLSv1.1"})
    with ExitStack() as stack:
        sockets = opened(read_region(None, {**given, "tls_minimum": "TLSv1.3"}), stack)
        assert sockets.secure.tls == ListenerTls(**made.tls_files, minimum_version="TLSv1.3")


# Certificates that change


def test_new_connections_see_the_new_certificate_and_old_ones_go_on(own: Certificates) -> None:
    """platform.md §15: a hot change."""
    with served_gateway(a_pipeline(), own.tls) as gateway, gateway.connected(own.client()) as kept:
        before = kept.getpeercert(binary_form=True)
        changed = change_server(own)
        gateway.renew()
        with gateway.connected(own.client()) as fresh:
            assert fresh.getpeercert(binary_form=True) == changed != before
        kept.sendall(a_bare_post())
        assert read_reply(kept).status == 200
        kept.sendall(a_bare_post())
        assert read_reply(kept).status == 200


def test_a_call_under_way_is_answered_across_the_change(own: Certificates) -> None:
    """platform.md §15: a hot change, with a producer that is slow."""
    gate = Gate()
    pipeline = a_pipeline(adapters={"stub": Stub(gate)})
    with served_gateway(pipeline, own.tls) as gateway, gateway.connected(own.client()) as waiting:
        waiting.sendall(a_bare_post())
        gate.reached.acquire()
        changed = change_server(own)
        gateway.renew()
        with gateway.connected(own.client()) as fresh:
            assert fresh.getpeercert(binary_form=True) == changed
        gate.let_on()
        assert read_reply(waiting).status == 200


def test_no_connect_is_refused_while_certificates_change(own: Certificates) -> None:
    """platform.md §15: 200 connects and more during ten changes."""
    done = threading.Event()

    def connect_until_done() -> int:
        count = 0
        while count < 50 or not done.is_set():
            assert gateway.called(client).status == 200
            count += 1
        return count

    with served_gateway(a_pipeline(), own.tls) as gateway, ThreadPoolExecutor(4) as pool:
        client = own.client()
        counts = [pool.submit(connect_until_done) for _ in range(4)]
        servers = set()
        for _ in range(10):
            change_server(own)
            gateway.renew()
            servers.add(id(gateway.server.servers[0]))
        done.set()
        assert sum(one.result() for one in counts) >= 200
        assert len(servers) > 1


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_authorities_are_replaced_too(own: Certificates, version: ssl.TLSVersion) -> None:
    """platform.md §15: who was trusted before is not for connections after the change, resumed ones included."""
    client = own.client()
    client.minimum_version = client.maximum_version = version
    with served_gateway(a_pipeline(), own.tls) as gateway:
        with gateway.connected(client) as before:
            before.sendall(a_bare_post())
            assert read_reply(before).status == 200
            session = before.session
        newcomer = trust_another(own)
        gateway.renew()
        assert gateway.hears_nothing(client)
        assert gateway.hears_nothing(client, session)
        assert gateway.called(newcomer).status == 200


def trust_another(files: Certificates) -> ssl.SSLContext:
    """Make another authority the only one for callers; a caller with a certificate of it."""
    now = datetime.now(UTC)
    other = pki.new_authority("Another", now)
    pki.write(pki_demo.Maker(other, now).valid(pki.function_name(pki_demo.ESERVICE, "x")), files.folder, "newcomer")
    newcomer = files.client("newcomer")
    (files.folder / "ca.pem").write_bytes(other.certificate_pem)
    return newcomer


@pytest.mark.parametrize("spoilt", ["server.pem", "server.key", "ca.pem"])
def test_files_that_cannot_serve_change_nothing_but_the_log(
    own: Certificates, spoilt: str, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §15: and the next good files are taken."""
    content = (own.folder / spoilt).read_bytes()
    client = own.client()
    with served_gateway(a_pipeline(), own.tls) as gateway:
        (own.folder / spoilt).write_text("nonsense")
        gateway.renew()
        assert gateway.called(client).status == 200
        assert [one.levelname for one in caplog.records if "certificates_not_changed" in one.getMessage()] == ["ERROR"]
        (own.folder / spoilt).write_bytes(content)
        changed = change_server(own)
        gateway.renew()
        with gateway.connected(client) as fresh:
            assert fresh.getpeercert(binary_form=True) == changed


def test_files_that_are_the_same_change_nothing(own: Certificates) -> None:
    with served_gateway(a_pipeline(), own.tls) as gateway:
        before = gateway.server.servers[0]
        (own.folder / "server.pem").touch()
        gateway.renew()
        assert gateway.server.servers[0] is before


def test_the_files_are_looked_at_every_few_seconds(own: Certificates) -> None:
    """The server's own tick, with the last look long ago."""
    with served_gateway(a_pipeline(), own.tls) as gateway:
        changed = change_server(own)
        gateway.server.last_notified = 0.0
        asyncio.run_coroutine_threadsafe(gateway.server.on_tick(0), gateway.loop).result(30)
        assert gateway.server.last_notified > time.time() - 3600
        with gateway.connected(own.client()) as fresh:
            assert fresh.getpeercert(binary_form=True) == changed


def test_certificates_towards_producers_are_looked_at_as_those_of_listeners_are(tmp_path: Path) -> None:
    """platform.md §15: by the server's own tick, also where no listener has any."""
    tls_file = tmp_path / "tls.toml"
    tls_file.write_text('[default-config]\nname = "before"\n')
    changed = Told("producer_certificates_changed")
    log = logging.getLogger("gateway.producer_tls")
    log.addHandler(changed)
    try:
        with running(a_gateway(tmp_path, "--set", f"tls_file={tls_file}"), is_gateway_alone=True) as gateway:
            tls_file.write_text('[default-config]\nname = "after"\n')
            gateway.server.last_notified = 0.0
            assert changed.heard.wait(30)
    finally:
        log.removeHandler(changed)


def test_sighup_takes_the_new_certificate(own: Certificates) -> None:
    """A signal reaches the main thread alone, so the server runs here and the caller in a thread."""
    listener = Listener(listen("127.0.0.1", 0), own.tls)
    server = server_for(Echo(), GatewaySettings(), [listener])
    renewed, started = Told("certificates_changed"), threading.Event()
    startup = server.startup

    async def told_startup(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        server.config.callback_notify = None  # the signal alone
        started.set()

    def change_and_ask() -> bool:
        try:
            started.wait(30)
            changed = change_server(own)
            os.kill(os.getpid(), signal.SIGHUP)
            renewed.heard.wait(30)
            return seen_on(listener, own.client()) == changed
        finally:
            server.should_exit = True

    server.startup = told_startup
    log = logging.getLogger("tidbro.server")
    log.addHandler(renewed)
    before, level = signal.getsignal(signal.SIGHUP), log.level
    log.setLevel(logging.INFO)
    try:
        with ThreadPoolExecutor(1) as pool:
            seen = pool.submit(change_and_ask)
            server.run()
            assert seen.result()
        assert signal.getsignal(signal.SIGHUP) == before
    finally:
        log.removeHandler(renewed)
        log.setLevel(level)


def seen_on(listener: Listener, client: ssl.SSLContext) -> bytes | None:
    """The certificate that a new connection sees."""
    raw = socket.create_connection(listener.socket.getsockname())
    with client.wrap_socket(raw, server_hostname="localhost") as connection:
        return connection.getpeercert(binary_form=True)


class Told(logging.Handler):
    """Waits for an event of the log."""

    def __init__(self, event: str) -> None:
        super().__init__()
        self.event = event
        self.heard = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if self.event in record.getMessage():
            self.heard.set()

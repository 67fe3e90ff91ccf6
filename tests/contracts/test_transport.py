"""How messages travel: what a transport promises over real sockets and in process, and what it says without an answer."""

import http.server
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contracts.transport import HttpTransport, InProcessTransport, NotSent, OutcomeUnknown

Handler = http.server.BaseHTTPRequestHandler


class Server(http.server.ThreadingHTTPServer):
    """Answers on loopback as `answer` says, and counts the connections made to it."""

    daemon_threads = True

    def __init__(self, answer: Callable[[Handler], None]) -> None:
        self.connections = 0

        class OneConnection(Handler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                self.server.connections += 1

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                answer(self)

            def log_message(self, *_: object) -> None:
                """Nothing on stderr."""

        super().__init__(("127.0.0.1", 0), OneConnection)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that leaves is what some tests are about."""


@contextmanager
def serving(answer: Callable[[Handler], None], tls: ssl.SSLContext | None = None) -> Iterator[tuple[Server, str]]:
    server = Server(answer)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server, f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/x"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def tell(handler: Handler, body: bytes, status: int = 200, *, announced: int | None = None, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if announced is None else announced))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def say_hello(handler: Handler) -> None:
    tell(handler, b"hello", Kind="A")


def test_an_answer_comes_with_its_status_its_headers_in_lower_case_and_its_bytes():
    with serving(lambda handler: tell(handler, b"busy", 503, Kind="A")) as (_, url), HttpTransport() as transport:
        answer = transport.post(url, b"?", {})
    assert (answer.status, answer.headers["kind"], answer.body) == (503, "A", b"busy")


def test_a_thread_keeps_its_connection_and_shares_it_with_no_other():
    with serving(say_hello) as (server, url), HttpTransport() as transport:
        for _ in range(3):
            transport.post(url, b"?", {})
        assert server.connections == 1
        with ThreadPoolExecutor(1) as other_thread:
            other_thread.submit(transport.post, url, b"?", {}).result()
        assert server.connections == 2


def test_a_closed_transport_has_let_its_connections_go_and_makes_new_ones():
    with serving(say_hello) as (server, url), HttpTransport() as transport:
        transport.post(url, b"?", {})
        transport.close()
        assert transport.post(url, b"?", {}).body == b"hello"
        assert server.connections == 2


def test_a_redirect_is_an_answer_like_any_other():
    """To follow it would turn the POST into a GET somewhere else."""
    with serving(lambda handler: tell(handler, b"", 302, Location="/y")) as (server, url), HttpTransport() as transport:
        assert transport.post(url, b"?", {}).status == 302
        assert server.connections == 1


def test_the_environment_names_no_proxy(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
    with serving(say_hello) as (_, url), HttpTransport() as transport:
        assert transport.post(url, b"?", {}).body == b"hello"


def test_an_answer_beyond_the_limit_is_cut_off_just_after_it():
    with serving(lambda handler: tell(handler, b"x" * 5_000_000)) as (_, url), HttpTransport(max_bytes=9) as transport:
        assert transport.post(url, b"?", {}).body == b"x" * 10


@pytest.mark.parametrize(("url", "headers"), [("no-url", {}), ("http://127.0.0.1:1/", {"x": "two\r\nlines"})])
def test_an_address_or_a_header_that_cannot_be_is_the_callers_mistake(url, headers):
    with HttpTransport() as transport, pytest.raises(ValueError):
        transport.post(url, b"?", headers)


def test_a_connection_that_is_not_made_in_time_means_that_nothing_was_sent():
    with ExitStack() as opened:
        listening = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # fill the queue of those who wait to be let in
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        url, began = f"http://127.0.0.1:{listening.getsockname()[1]}/", monotonic()
        with HttpTransport(connect_seconds=0.1) as transport, pytest.raises(NotSent):
            transport.post(url, b"?", {})
        assert monotonic() - began < 5


def test_an_answer_that_stops_halfway_leaves_the_outcome_unknown():
    may_go = threading.Event()

    def stop_halfway(handler: Handler) -> None:
        tell(handler, b"half", announced=8)
        may_go.wait(5)
        handler.wfile.write(b"half")

    with serving(stop_halfway) as (_, url), HttpTransport(read_seconds=0.2) as transport:
        with pytest.raises(OutcomeUnknown, match="in time"):
            transport.post(url, b"?", {})
        may_go.set()


def test_an_answer_that_ends_before_its_length_leaves_the_outcome_unknown():
    def hang_up_halfway(handler: Handler) -> None:
        tell(handler, b"half", announced=8)
        handler.close_connection = True

    broke = pytest.raises(OutcomeUnknown, match="broke")
    with serving(hang_up_halfway) as (_, url), HttpTransport() as transport, broke:
        transport.post(url, b"?", {})


def a_certificate(folder: Path, name: str) -> Path:
    """A PEM file with a self-signed certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, pkcs8, plain)
    path = folder / f"{name}.pem"
    path.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls(tmp_path) -> tuple[ssl.SSLContext, Path, Path]:
    """A server that demands a client certificate; its own, and the one that it demands."""
    own, demanded = a_certificate(tmp_path, "producer"), a_certificate(tmp_path, "consumer")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    context.load_verify_locations(demanded)
    context.verify_mode = ssl.CERT_REQUIRED
    return context, own, demanded


def test_over_https_both_sides_show_their_certificates(tls):
    """contracts.md §2.6 rule 6."""
    context, authorities, certificate = tls
    transport = HttpTransport(authorities=authorities, certificate=certificate)
    with serving(say_hello, context) as (_, url), transport:
        assert transport.post(url, b"?", {}).body == b"hello"


def test_nothing_is_sent_to_a_producer_whose_certificate_is_not_trusted(tls):
    context, _, certificate = tls
    transport = HttpTransport(certificate=certificate)
    with serving(say_hello, context) as (_, url), transport, pytest.raises(NotSent):
        transport.post(url, b"?", {})


URL = "http://platform.example:8080/a%20b?c=d"


class Application:
    """An ASGI application that does with a request what it is told, and remembers what it learnt."""

    def __init__(self, answer) -> None:
        self._answer = answer
        self.scope: dict = {}
        self.events: list[str] = []
        self.is_reached, self.has_learnt_that_the_caller_left = threading.Event(), threading.Event()

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                self.events.append((await receive())["type"])
                await send({"type": f"lifespan.{step}.complete"})
        else:
            self.scope = scope
            self.is_reached.set()
            await self._answer(self, receive, send)


async def greet(_, receive, send) -> None:
    asked = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"Kind", b"A")]})
    await send({"type": "http.response.body", "body": b"hello ", "more_body": True})
    await send({"type": "http.response.body", "body": asked})


async def wait_for_the_caller_to_leave(application, receive, _) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    application.has_learnt_that_the_caller_left.set()


async def fail(*_) -> None:
    raise LookupError("no such clinic")


async def say_nothing(*_) -> None:
    pass


def test_in_process_an_application_is_told_what_a_server_would_tell_it_and_its_answer_comes_back_whole():
    application = Application(greet)
    with InProcessTransport(application) as transport:
        answer = transport.post(URL, b"Anna", {"SOAPAction": '"urn:x"'})
    assert (answer.status, answer.headers, answer.body) == (200, {"kind": "A"}, b"hello Anna")
    scope = application.scope
    assert (scope["type"], scope["method"], scope["path"], scope["query_string"]) == ("http", "POST", "/a b", b"c=d")
    assert dict(scope["headers"]) == {
        b"host": b"platform.example:8080", b"soapaction": b'"urn:x"', b"content-length": b"4",
    }  # fmt: skip
    assert scope["client"][0] == "127.0.0.1"


def test_in_process_the_application_starts_before_the_first_call_and_ends_after_the_last():
    application = Application(greet)
    with InProcessTransport(application) as transport:
        assert application.events == ["lifespan.startup"]
        transport.post(URL, b"", {})
    assert application.events == ["lifespan.startup", "lifespan.shutdown"]


def test_in_process_a_late_answer_leaves_the_outcome_unknown_and_the_application_learns_that_its_caller_left():
    application = Application(wait_for_the_caller_to_leave)
    with InProcessTransport(application, read_seconds=0.05) as transport:
        with pytest.raises(OutcomeUnknown, match="in time"):
            transport.post(URL, b"", {})
        assert application.has_learnt_that_the_caller_left.wait(5)


@pytest.mark.parametrize(("answer", "cause"), [(fail, LookupError), (say_nothing, type(None))])
def test_in_process_an_application_that_ends_without_an_answer_leaves_the_outcome_unknown(answer, cause):
    with InProcessTransport(Application(answer)) as transport, pytest.raises(OutcomeUnknown) as raised:
        transport.post(URL, b"", {})
    assert type(raised.value.__cause__) is cause
    assert "clinic" not in str(raised.value)


def test_in_process_nothing_is_sent_to_an_application_that_is_not_running():
    transport = InProcessTransport(Application(greet))
    with pytest.raises(NotSent):
        transport.post(URL, b"", {})
    with transport:
        assert transport.post(URL, b"", {}).status == 200
    with pytest.raises(NotSent):
        transport.post(URL, b"", {})


def test_in_process_who_waits_when_the_application_is_ended_is_told_at_once():
    application = Application(wait_for_the_caller_to_leave)
    with ThreadPoolExecutor(1) as pool:
        with InProcessTransport(application) as transport:
            waiting = pool.submit(transport.post, URL, b"", {})
            assert application.is_reached.wait(5)
        with pytest.raises(OutcomeUnknown):
            waiting.result(5)


def test_in_process_an_application_that_knows_no_lifespan_or_sends_no_headers_answers_too():
    async def plain(scope, _, send) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    with InProcessTransport(plain) as transport:
        answer = transport.post(URL, b"", {})
    assert (answer.status, answer.headers, answer.body) == (204, {}, b"")

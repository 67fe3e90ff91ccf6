"""Targets that hang, break, lie or flood: a run ends all the same, with one finding and nothing broken.

Each target is a socket of its own. What bounds a run is its settings and the number of calls, so nothing here measures
time; a run without an end would hang.
"""

import gzip
import socket
import ssl
import struct
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from conformance.carrier import Bounds, Carrier, Tls
from conformance.exchange import HttpMessage
from conformance.model import Outcome
from conformance.producer.bench import ProducerBench
from conformance.producer.settings import ProducerSettings
from conformance.producer.suite import load
from conformance.run import Carried, run_checks
from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from tests.conformance.judging import ADULTS, TIMEBOOK, a_bench, chosen
from tests.conformance.mutants_refuse import text_of
from tests.conformance.twisting import Reply, Twist
from tests.serving import Served, SetClock
from tidbro import pki

SHORT = Bounds(connect_seconds=0.4, answer_seconds=0.4, max_bytes=200_000)
FIRST = "basics.schedule-is-answered"

Behaviour = Callable[[socket.socket, threading.Event], None]


@contextmanager
def target(behave: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The URL of a socket that treats each connection so; `behave` ends when its event is set."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0), backlog=50)

    def serve(connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(5)
                with tls.wrap_socket(connection, server_side=True) if tls else connection as line:
                    behave(line, over)
        except OSError:
            pass  # the kit hung up, as it may

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=serve, args=(connection,), name="hard-target")
            threads.append(thread)
            thread.start()

    threads: list[threading.Thread] = []
    accepting = threading.Thread(target=accept, name="hard-target-accepting")
    accepting.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join()
        for thread in threads:
            thread.join()


def asked(line: socket.socket) -> None:
    """Read a request, as far as one piece of it."""
    line.recv(65_536)


def answering(head: str | bytes, body: bytes = b"") -> Behaviour:
    def behave(line: socket.socket, over: threading.Event) -> None:
        asked(line)
        line.sendall((head.encode() if isinstance(head, str) else head) + b"\r\n\r\n" + body)

    return behave


def plain(status: str, body: bytes, kind: str = "text/xml; charset=utf-8", more: str = "") -> Behaviour:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close{more}"
    return answering(head, body)


def flooding(head: bytes, piece: bytes) -> Behaviour:
    """The same piece for ever."""

    def behave(line: socket.socket, over: threading.Event) -> None:
        asked(line)
        line.sendall(head)
        while not over.is_set():
            line.sendall(piece)

    return behave


def hangs(line: socket.socket, over: threading.Event) -> None:
    asked(line)
    over.wait()


def never_reads(line: socket.socket, over: threading.Event) -> None:
    over.wait()


def resets(line: socket.socket, over: threading.Event) -> None:
    asked(line)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closes(line: socket.socket, over: threading.Event) -> None:
    asked(line)


def drips(line: socket.socket, over: threading.Event) -> None:
    asked(line)
    for letter in b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5000\r\n\r\n" + b"<" * 5000:
        if over.wait(0.01):
            return
        line.sendall(bytes([letter]))


_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
_OTHER = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><CancelBookingResponse'
    b' xmlns="urn:riv:crm:scheduling:CancelBookingResponder:1"><resultCode>OK</resultCode></CancelBookingResponse>'
    b"</s:Body></s:Envelope>"
)
_DEEP = b"<a>" * 60_000

HARD: dict[str, Behaviour] = {
    "hangs": hangs,
    "never reads": never_reads,
    "resets": resets,
    "closes without a word": closes,
    "drips": drips,
    "garbage": answering("\x00\x01\x02 no HTTP at all \x7f"),
    "another protocol": answering("SSH-2.0-OpenSSH_9.6"),
    "a status of its own": answering("HTTP/1.1 abc OK\r\nContent-Length: 0"),
    "a version of its own": answering("HTTP/9.9 200 OK\r\nContent-Length: 0"),
    "50 MB": flooding(_OK + b"Content-Length: 50000000\r\n\r\n", b" " * 65_536),
    "a body without an end": flooding(_OK + b"\r\n", b"<x/>" * 10_000),
    "chunks without an end": flooding(_OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 1000),
    "chunks that are none": answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", b"zz\r\n"),
    "headers without an end": flooding(_OK, b"X-More: and more\r\n" * 1000),
    "a header without an end": flooding(_OK + b"X-Long: ", b"a" * 10_000),
    "a status line without an end": flooding(b"HTTP/1.1 200 ", b"a" * 10_000),
    "100 Continue for ever": flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "a body that is cut off": answering("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 999", b"<a>"),
    "a gzip bomb": plain("200 OK", gzip.compress(b" " * 50_000_000), more="\r\nContent-Encoding: gzip"),
    "HTML 404": plain("404 Not Found", b"<html><body><p>Not Found<br></body></html>", "text/html"),
    "HTML 200": plain("200 OK", b"<!DOCTYPE html><html><body>Welcome</body></html>", "text/html"),
    "an empty body": plain("200 OK", b""),
    "no content": answering("HTTP/1.1 204 No Content"),
    "a redirect": plain("302 Found", b"", more="\r\nLocation: /elsewhere"),
    "another interaction": plain("200 OK", _OTHER),
    "an unknown charset": plain("200 OK", b"\xff\xfe\x00", "text/xml; charset=klingon"),
    "a charset that refuses": plain("200 OK", b"\xff\xfe\x00", "text/xml; charset=undefined"),
    "a charset of bytes": plain("200 OK", b"\xff\xfe\x00", "text/xml; charset=base64"),
    "a charset with a zero in it": plain("200 OK", b"<a/>", 'text/xml; charset="utf\x00-8"'),
    "headers that are no text": answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Odd: \xff\xfe"),
    "depth": plain("200 OK", _DEEP),
    "entities": plain("200 OK", b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 1000 + b'">]><a>' + b"&b;" * 1000 + b"</a>"),
}


def judged(url: str, bounds: Bounds = SHORT, tls: Tls | None = None, **how: float) -> tuple[Carried, ProducerBench]:
    """A run of all suites that ask the target."""
    settings = ProducerSettings(url, HsaId(TIMEBOOK), ADULTS)
    clock = SetClock(datetime(2026, 11, 24, 7, 30, tzinfo=SWEDEN))
    checks = [one for one in load().all if one.suite != "messages"]
    with Carrier(bounds, tls) as carrier:
        bench = ProducerBench(settings, carrier, clock)
        return run_checks(bench, checks, **how), bench


def demand_one_finding(came: Carried, bench: ProducerBench) -> None:
    first, *rest = came.results
    assert first.check == FIRST
    assert first.outcome is Outcome.FAILED, first
    assert [one.rule for one in first.findings] == ["IMP-1"]
    assert {one.outcome for one in rest} == {Outcome.NOT_JUDGED}
    assert all(one.reason for one in rest)
    assert len(bench.evidence.exchanges) == 2
    assert not came.left_behind


@pytest.mark.parametrize("kind", HARD)
def test_a_hard_target_is_one_finding_and_the_rest_is_not_judged(kind: str) -> None:
    with target(HARD[kind]) as url:
        came, bench = judged(url)
    demand_one_finding(came, bench)


def test_a_port_that_is_closed_is_one_finding() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    came, bench = judged(url)
    demand_one_finding(came, bench)
    assert "port is closed" in failure_of(bench)


def failure_of(bench: ProducerBench) -> str:
    failure = bench.evidence.exchanges[0].failure
    assert failure is not None
    return failure.sentence


@pytest.mark.parametrize("kind", ["50 MB", "a body without an end", "chunks without an end", "headers without an end"])
def test_a_flood_is_not_kept(kind: str) -> None:
    with target(HARD[kind]) as url, Carrier(SHORT) as carrier:
        tracemalloc.start()
        try:
            carrier.call(url, HttpMessage({}, b"<a/>"))
            assert tracemalloc.get_traced_memory()[1] < 20_000_000
        finally:
            tracemalloc.stop()


def test_what_is_kept_of_a_flood_is_its_beginning() -> None:
    with target(HARD["50 MB"]) as url, Carrier(SHORT) as carrier:
        got = carrier.call(url, HttpMessage({}, b"<a/>"))
    assert got.failure is not None
    assert got.failure.kind == "too large"
    assert got.answer is not None
    assert len(got.answer.body) < 50_000


def test_headers_that_are_no_text_can_be_written_down() -> None:
    with target(HARD["headers that are no text"]) as url, Carrier(SHORT) as carrier:
        got = carrier.call(url, HttpMessage({}, b"<a/>"))
    assert got.answer is not None
    assert got.answer.headers["x-odd"].encode()


# -- TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`ca.pem`, a server's certificate for this host and one for another."""
    folder, now = tmp_path_factory.mktemp("certificates"), datetime.now(SWEDEN)
    authority = pki.new_authority("Conformance", now)
    pki.write(authority, folder, "ca")
    for name, host in (("right", "127.0.0.1"), ("other", "somewhere.example.com")):
        subject = pki.function_name("SE2321009991-TP01", name)
        first, last = now - timedelta(days=1), now + timedelta(days=1)
        pki.write(pki.issue(authority, subject, first, last, [host]), folder, name)
    return folder


def server_side(folder: Path, name: str, demands_client: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.pem")
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    context.verify_mode = ssl.CERT_REQUIRED if demands_client else ssl.CERT_NONE
    return context


def test_a_target_that_speaks_no_tls_is_one_finding() -> None:
    with target(HARD["HTML 404"]) as url:
        came, bench = judged(url.replace("http:", "https:"))
    demand_one_finding(came, bench)
    assert "TLS failed" in failure_of(bench)


def test_a_target_that_never_shakes_hands_is_one_finding() -> None:
    with target(never_reads) as url:
        came, bench = judged(url.replace("http:", "https:"))
    demand_one_finding(came, bench)


@pytest.mark.parametrize(("name", "trusted"), [("right", False), ("other", True)])
def test_a_certificate_that_is_wrong_is_one_finding(certificates: Path, name: str, trusted: bool) -> None:
    with target(HARD["another interaction"], server_side(certificates, name)) as url:
        came, bench = judged(url, tls=Tls(authorities=certificates / "ca.pem") if trusted else None)
    demand_one_finding(came, bench)
    assert "certificate is not trusted, or is another host's" in failure_of(bench)


def test_a_client_certificate_that_is_missing_is_one_finding(certificates: Path) -> None:
    with target(HARD["another interaction"], server_side(certificates, "right", demands_client=True)) as url:
        came, bench = judged(url, tls=Tls(authorities=certificates / "ca.pem"))
    demand_one_finding(came, bench)
    assert "client certificate?" in failure_of(bench)


def test_a_client_certificate_is_shown(certificates: Path) -> None:
    mine = Tls(certificates / "ca.pem", certificates / "right.pem", certificates / "right.key")
    with target(HARD["another interaction"], server_side(certificates, "right", demands_client=True)) as url:
        _, bench = judged(url, tls=mine)
    assert bench.evidence.exchanges[0].answer is not None


# -- In the middle of a run


class Dying(Twist):
    """A good system that hangs up on everybody once it has confirmed a booking."""

    def __init__(self) -> None:
        self.booking_id, self.number = "", ""

    def instead(self, interaction: str, request: bytes) -> Reply | None:
        if self.booking_id:
            raise ConnectionAbortedError
        return None

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        if interaction == "MakeBooking":
            self.booking_id = text_of("bookingId", reply.body)
            self.number = text_of("subject_of_care", request)
        return reply


def test_a_target_that_dies_in_the_midst_is_told_and_so_is_what_it_may_still_hold(region: Served) -> None:
    dying = Dying()
    with a_bench(region, twist=dying) as bench:
        came = run_checks(bench, chosen("basics", "booking", "refusals"))
    with a_bench(region) as bench:
        (booker,) = (one for one in ADULTS if one.number == dying.number)
        assert bench.cancel(dying.booking_id, booker, "Put back what could not be.").is_done
    outcomes = [one.outcome for one in came.results]
    assert Outcome.BROKEN not in outcomes
    assert outcomes[0] is Outcome.PASSED
    assert outcomes[-1] is Outcome.NOT_JUDGED
    assert "stopped answering" in came.results[-1].reason
    assert len(came.left_behind) == 1
    assert "not known" in came.left_behind[0]

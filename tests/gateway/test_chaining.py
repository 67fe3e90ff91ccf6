"""A regional platform behind a national one, and in front of it: two real gateways on loopback (platform.md §1, §5, §6,
§7.2; §24 rows 42, 44)."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from contracts.http_headers import CORRELATION_ID, INSTANCE_ID, ORIGINAL_CONSUMER, ROUTING_HISTORY, SENDER_ID
from contracts.namespaces import responder
from tests.gateway.builders import CLINIC, CONSUMER, Fault, read_fault, sample
from tests.tidbro.starting import Running, running
from tidbro import pki
from tidbro.settings import read_region

NATIONAL, REGIONAL = "SE2321009991-TP01", "SE2321009991-FT01"
ON_BEHALF = "x-rivta-acting-on-behalf-of-hsaid"
ANSWER = sample("GetAllCareTypes", "response")
TAK = """
[[route]]
logical_addresses = ["{clinic}"]
contracts = ["{contract}"]
address = "{address}"
[[authorisation]]
consumers = {consumers}
logical_addresses = ["{clinic}"]
contracts = ["{contract}"]
"""
TLS = """
[default-config]
name = "between-platforms"
certificate-bundle = "{name}-bundle.pem"
ca-bundle = "ca.pem"
"""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One authority's certificates for the consumer and both platforms, and the files by which they use them."""
    folder, now = tmp_path_factory.mktemp("pki"), datetime.now(UTC)
    authority = pki.new_authority("Tests", now)
    pki.write(authority, folder, "ca")
    for name in (CONSUMER, NATIONAL, REGIONAL):
        first, last = now - timedelta(hours=1), now + timedelta(days=1)
        pki.write(pki.issue(authority, pki.function_name(name, "system"), first, last, ["127.0.0.1"]), folder, name)
        (folder / f"{name}.toml").write_text(TLS.format(name=name))
    return folder


@dataclass(frozen=True)
class Producer:
    """A system at the end of the chain; `headers` are those of the last call, by their names in lower case."""

    url: str
    headers: dict[str, str]


@contextmanager
def a_producer() -> Iterator[Producer]:
    seen: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.clear()
            seen.update((name.lower(), value) for name, value in self.headers.items())
            self.send_response(200)
            self.send_header("Content-Length", str(len(ANSWER)))
            self.end_headers()
            self.wfile.write(ANSWER)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Producer(f"http://127.0.0.1:{server.server_port}/x", seen)
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Platform:
    """A gateway that runs, and the file of the catalogue by which its one route leads wherever a test wants it."""

    running: Running
    tak_file: Path

    @property
    def secure_url(self) -> str:
        return f"{self.running.urls[1]}vp"

    @property
    def plain_url(self) -> str:
        return f"{self.running.url}/vp"

    def lead(self, address: str) -> None:
        write_tak(self.tak_file, address)
        assert self.running.region.tak.reload().is_successful


def write_tak(path: Path, address: str) -> None:
    consumers = json.dumps([CONSUMER, NATIONAL, REGIONAL])
    contract = responder("GetAllCareTypes")
    path.write_text(TAK.format(clinic=CLINIC, contract=contract, address=address, consumers=consumers))


class Platforms:
    """Starts gateways with certificates, each once: starting one takes seconds."""

    def __init__(self, certificates: Path, data: Path, stack: ExitStack) -> None:
        self.certificates, self._data, self._stack = certificates, data, stack
        self._running: dict[str, Platform] = {}

    def __getitem__(self, name: str) -> Platform:
        """The national or the regional platform, with the usual settings."""
        return self.a_platform(name)

    def a_platform(self, name: str, **gateway: object) -> Platform:
        key = json.dumps([name, gateway])
        if key not in self._running:
            self._running[key] = self._started(name, gateway)
        return self._running[key]

    def _started(self, name: str, gateway: dict[str, object]) -> Platform:
        own, files = self._data / str(len(self._running)), self.certificates
        own.mkdir()
        write_tak(own / "tak.toml", "http://127.0.0.1:9/nowhere")
        tls = {"tls_certificate": f"{name}.pem", "tls_key": f"{name}.key", "tls_client_ca": "ca.pem"}
        of_gateway = {"instance_id": name, "instance_name": name, "tls_file": str(files / f"{name}.toml"), **gateway}
        given = {"port": 0, "tls_port": 0, "data_directory": str(own), "tak_file": str(own / "tak.toml")}
        given |= {setting: str(files / file) for setting, file in tls.items()}
        settings = read_region(None, {**given, "gateway": of_gateway})
        started = self._stack.enter_context(running(settings, is_gateway_alone=True))
        return Platform(started, own / "tak.toml")

    def call(self, platform: Platform, caller: str = CONSUMER, **headers: str) -> requests.Response:
        """A call over HTTPS with the caller's certificate."""
        files = self.certificates
        certificate = (str(files / f"{caller}.pem"), str(files / f"{caller}.key"))
        trusted = str(files / "ca.pem")
        return requests.post(
            platform.secure_url, sample(), headers=headers, cert=certificate, verify=trusted, timeout=60
        )

    def certificate_of(self, name: str) -> str:
        """A certificate as a proxy hands it on in a header."""
        return (self.certificates / f"{name}.pem").read_text().replace("\n", "")


@pytest.fixture(scope="module")
def platforms(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platforms]:
    with ExitStack() as stack:
        yield Platforms(certificates, tmp_path_factory.mktemp("platforms"), stack)


@pytest.fixture
def producer() -> Iterator[Producer]:
    with a_producer() as made:
        yield made


def chained(in_front: Platform, behind: Platform, end: str, is_tls: bool = True) -> None:
    """Let the one in front lead to the one behind, and that one to `end`."""
    behind.lead(end)
    in_front.lead(behind.secure_url if is_tls else behind.plain_url)


def fault_in(answer: requests.Response) -> Fault:
    assert answer.status_code == 500
    return read_fault(answer.content)


BOTH_WAYS = pytest.mark.parametrize(("first", "second"), [(NATIONAL, REGIONAL), (REGIONAL, NATIONAL)])


@BOTH_WAYS
def test_a_call_through_two_platforms_tells_the_producer_who_asked_and_whom_it_passed(
    first: str, second: str, platforms: Platforms, producer: Producer
) -> None:
    """platform.md §6 (absent: the sender), §5.2 and §25 row 8 (routing history), §7.1 (on behalf); §24 rows 42, 44."""
    chained(platforms[first], platforms[second], producer.url)
    answer = platforms.call(platforms[first], **{ON_BEHALF: "SE2321009991-TC01"})
    assert (answer.status_code, answer.content) == (200, ANSWER)
    assert producer.headers[ORIGINAL_CONSUMER] == CONSUMER
    assert producer.headers[ROUTING_HISTORY] == f"{CONSUMER}#{first}#{second}"
    assert producer.headers[ON_BEHALF] == "SE2321009991-TC01"
    assert (producer.headers[SENDER_ID], producer.headers[INSTANCE_ID]) == (first, second)


STRICT = {"correlation_id_to_https": True, "original_consumer_senders": [NATIONAL]}


def test_the_correlation_id_goes_all_the_way_when_it_is_told_over_https(
    platforms: Platforms, producer: Producer
) -> None:
    """platform.md §7.2, propagate.correlation.id.for.https; §24 row 41."""
    telling = platforms.a_platform(REGIONAL, **STRICT)
    chained(telling, platforms[NATIONAL], producer.url)
    answer = platforms.call(telling, **{CORRELATION_ID: "errand-1"})
    assert answer.headers[CORRELATION_ID] == producer.headers[CORRELATION_ID] == "errand-1"


def test_the_consumer_has_its_correlation_id_back_also_when_it_is_not_told(
    platforms: Platforms, producer: Producer
) -> None:
    """platform.md §7.2, §7.3; §24 row 41."""
    chained(platforms[NATIONAL], platforms[REGIONAL], producer.url)
    answer = platforms.call(platforms[NATIONAL], **{CORRELATION_ID: "errand-1"})
    assert answer.headers[CORRELATION_ID] == "errand-1"
    assert producer.headers[CORRELATION_ID] != "errand-1"


def test_the_original_consumer_that_a_platform_was_told_is_kept(platforms: Platforms, producer: Producer) -> None:
    """platform.md §6: the caller's word is passed on when it may give it."""
    chained(platforms[NATIONAL], platforms[REGIONAL], producer.url)
    platforms.call(platforms[NATIONAL], **{ORIGINAL_CONSUMER: "SE2321009991-TC01"})
    assert producer.headers[ORIGINAL_CONSUMER] == "SE2321009991-TC01"


def test_a_platform_can_demand_that_only_the_other_one_speaks_for_others(
    platforms: Platforms, producer: Producer
) -> None:
    """platform.md §6, VP013."""
    strict = platforms.a_platform(REGIONAL, **STRICT)
    chained(platforms[NATIONAL], strict, producer.url)
    assert platforms.call(platforms[NATIONAL]).status_code == 200
    assert fault_in(platforms.call(strict, **{ORIGINAL_CONSUMER: "SE2321009991-TC01"})).code == "VP013"


def test_it_is_the_platform_in_front_that_the_one_behind_authorises(
    platforms: Platforms, producer: Producer, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §10: the immediate caller is checked, never the original consumer."""
    caplog.set_level(logging.INFO, "tidbro.message_log")
    chained(platforms[NATIONAL], platforms[REGIONAL], producer.url)
    platforms.call(platforms[NATIONAL])
    behind, in_front = (json.loads(one.getMessage()) for one in caplog.records if one.name == "tidbro.message_log")
    assert (behind["sender"], behind["original_consumer"]) == (NATIONAL, CONSUMER)
    assert (in_front["sender"], in_front["tls_context"]) == (CONSUMER, "between-platforms")


def test_over_http_another_platforms_word_for_the_sender_does_not_count(
    platforms: Platforms, producer: Producer
) -> None:
    """platform.md §5.2 (3, 4), §24 row 7: a foreign instance id is ignored, and there is no certificate."""
    chained(platforms[NATIONAL], platforms[REGIONAL], producer.url, is_tls=False)
    fault = fault_in(platforms.call(platforms[NATIONAL]))
    assert fault.faultstring.startswith(f"VP002 [{REGIONAL}]")
    assert fault.detail == "No certificate found in httpheader x-vp-auth-cert"
    assert producer.headers == {}


def test_over_http_a_proxy_that_hands_on_the_certificate_makes_it_count(
    platforms: Platforms, producer: Producer
) -> None:
    """platform.md §5.2 (4): the sender is the certificate's, whatever the internal headers of another platform say."""
    behind = platforms[REGIONAL]
    behind.lead(producer.url)
    told = {SENDER_ID: CONSUMER, INSTANCE_ID: NATIONAL, ROUTING_HISTORY: f"a#{NATIONAL}"}
    headers = {"x-vp-auth-cert": platforms.certificate_of(NATIONAL), **told}
    assert requests.post(behind.plain_url, sample(), headers=headers, timeout=60).status_code == 200
    assert producer.headers[SENDER_ID] == NATIONAL
    assert producer.headers[ROUTING_HISTORY] == f"a#{NATIONAL}#{REGIONAL}"


@BOTH_WAYS
def test_a_loop_ends_at_the_platform_that_it_came_from(first: str, second: str, platforms: Platforms) -> None:
    """platform.md §5.2 (5), VP014; §25 row 8: on HTTPS too. The fault goes back through both, as it is."""
    chained(platforms[first], platforms[second], platforms[first].secure_url)
    fault = fault_in(platforms.call(platforms[first]))
    assert fault.faultstring.startswith(f"VP014 [{first}] Anropsförmedlingen")
    assert (fault.faultcode, fault.detail) == ("SOAP-ENV:Server", "")


def test_a_loop_over_http_ends_in_skltp_too(platforms: Platforms) -> None:
    """platform.md §24 row 44: the history is read on the HTTP listener in either mode."""
    real = platforms.a_platform(REGIONAL, compatibility="skltp")
    history = f"{CONSUMER}#{REGIONAL}#{NATIONAL}"
    headers = {"x-vp-auth-cert": platforms.certificate_of(NATIONAL), ROUTING_HISTORY: history}
    assert fault_in(requests.post(real.plain_url, sample(), headers=headers, timeout=60)).code == "VP014"


def test_the_real_platform_reads_no_history_on_https(platforms: Platforms, producer: Producer) -> None:
    """platform.md §5.1, §25 row 8: the history is neither checked nor changed there."""
    real = platforms.a_platform(REGIONAL, compatibility="skltp")
    real.lead(producer.url)
    history = f"{CONSUMER}#{REGIONAL}"
    assert platforms.call(real, **{ROUTING_HISTORY: history}).status_code == 200
    assert producer.headers[ROUTING_HISTORY] == history


def test_a_refusal_behind_is_told_in_the_words_of_the_platform_that_refused(platforms: Platforms) -> None:
    """platform.md §13: another platform's fault is passed on unchanged."""
    chained(platforms[NATIONAL], platforms[REGIONAL], "")
    fault = fault_in(platforms.call(platforms[NATIONAL]))
    assert fault.faultstring.startswith(f"VP010 [{REGIONAL}]")

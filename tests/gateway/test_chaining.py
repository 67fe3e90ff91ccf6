"""A regional platform behind a national one, and in front of it: two real gateways on loopback (platform.md §1, §5, §6,
§7.2; §24 rows 42, 44)."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
from tidbro.settings import RegionSettings, read_region

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
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Producer(f"http://127.0.0.1:{server.server_port}/x", seen)
        finally:
            server.shutdown()
            thread.join()


class Platforms:
    """Makes gateways with certificates, and leads their one route wherever a test wants it."""

    def __init__(self, certificates: Path, data: Path) -> None:
        self.certificates, self._data = certificates, data

    def settings(self, name: str, **gateway: object) -> RegionSettings:
        own, files = self._data / name, self.certificates
        own.mkdir()
        self.lead(name, "http://127.0.0.1:9/nowhere")
        return read_region(
            None,
            {
                "port": 0, "data_directory": str(own), "tak_file": str(own / "tak.toml"), "tls_port": 0,
                "tls_certificate": str(files / f"{name}.pem"), "tls_key": str(files / f"{name}.key"),
                "tls_client_ca": str(files / "ca.pem"),
                "gateway": {
                    "instance_id": name, "instance_name": name, "tls_file": str(files / f"{name}.toml"), **gateway,
                },
            },
        )  # fmt: skip

    def lead(self, name: str, address: str, at: Running | None = None) -> None:
        """Let the platform's route lead to an address; `at` takes it over."""
        consumers = json.dumps([CONSUMER, NATIONAL, REGIONAL])
        text = TAK.format(clinic=CLINIC, contract=responder("GetAllCareTypes"), address=address, consumers=consumers)
        (self._data / name / "tak.toml").write_text(text)
        if at is not None:
            assert at.region.tak.reload().is_successful

    def call(self, platform: Running, caller: str = CONSUMER, **headers: str) -> requests.Response:
        """A call over HTTPS with the caller's certificate."""
        files = self.certificates
        certificate = (str(files / f"{caller}.pem"), str(files / f"{caller}.key"))
        url, trusted = f"{platform.urls[1]}vp/x", str(files / "ca.pem")
        return requests.post(url, sample(), headers=headers, cert=certificate, verify=trusted, timeout=60)


@pytest.fixture
def platforms(certificates: Path, tmp_path: Path) -> Platforms:
    return Platforms(certificates, tmp_path)


@contextmanager
def a_chain(
    platforms: Platforms,
    end: str,
    is_tls: bool = True,
    first: str = NATIONAL,
    second: str = REGIONAL,
    **settings: object,
) -> Iterator[tuple[Running, Running]]:
    """The first platform in front of the second, which leads to `end`."""
    with (
        running(platforms.settings(second, **settings), is_gateway_alone=True) as behind,
        running(platforms.settings(first, **settings), is_gateway_alone=True) as in_front,
    ):
        platforms.lead(second, end, behind)
        platforms.lead(first, f"{behind.urls[1 if is_tls else 0]}vp", in_front)
        yield in_front, behind


def fault_in(answer: requests.Response) -> Fault:
    assert answer.status_code == 500
    return read_fault(answer.content)


BOTH_WAYS = pytest.mark.parametrize(("first", "second"), [(NATIONAL, REGIONAL), (REGIONAL, NATIONAL)])


@BOTH_WAYS
def test_a_call_through_two_platforms_tells_the_producer_who_asked_and_whom_it_passed(
    first: str, second: str, platforms: Platforms
) -> None:
    """platform.md §6 (absent: the sender), §5.2 and §25 row 8 (routing history), §7.1 (on behalf); §24 rows 42, 44."""
    with a_producer() as producer, a_chain(platforms, producer.url, first=first, second=second) as (in_front, _):
        answer = platforms.call(in_front, **{ON_BEHALF: "SE2321009991-TC01"})
        assert (answer.status_code, answer.content) == (200, ANSWER)
        assert producer.headers[ORIGINAL_CONSUMER] == CONSUMER
        assert producer.headers[ROUTING_HISTORY] == f"{CONSUMER}#{first}#{second}"
        assert producer.headers[ON_BEHALF] == "SE2321009991-TC01"
        assert (producer.headers[SENDER_ID], producer.headers[INSTANCE_ID]) == (first, second)


@pytest.mark.parametrize("is_told", [True, False])
def test_the_correlation_id_goes_all_the_way_when_it_is_told_over_https(is_told: bool, platforms: Platforms) -> None:
    """platform.md §7.2, propagate.correlation.id.for.https; §24 row 41. The consumer has its own back either way."""
    with a_producer() as producer, a_chain(platforms, producer.url, correlation_id_to_https=is_told) as (in_front, _):
        answer = platforms.call(in_front, **{CORRELATION_ID: "errand-1"})
        assert answer.headers[CORRELATION_ID] == "errand-1"
        assert (producer.headers[CORRELATION_ID] == "errand-1") is is_told


def test_the_original_consumer_that_a_platform_was_told_is_kept(platforms: Platforms) -> None:
    """platform.md §6: the caller's word is passed on when it may give it."""
    with a_producer() as producer, a_chain(platforms, producer.url) as (in_front, _):
        platforms.call(in_front, **{ORIGINAL_CONSUMER: "SE2321009991-TC01"})
        assert producer.headers[ORIGINAL_CONSUMER] == "SE2321009991-TC01"


def test_a_regional_platform_can_demand_to_know_who_may_speak_for_others(platforms: Platforms) -> None:
    """platform.md §6, VP013: the list names the national platform, which then is the only one that may."""
    only_national = {"original_consumer_senders": [NATIONAL]}
    with a_producer() as producer, a_chain(platforms, producer.url, **only_national) as (in_front, behind):
        assert platforms.call(in_front).status_code == 200
        assert fault_in(platforms.call(behind, **{ORIGINAL_CONSUMER: "SE2321009991-TC01"})).code == "VP013"


def test_it_is_the_platform_in_front_that_the_one_behind_authorises(
    platforms: Platforms, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §10: the immediate caller is checked, never the original consumer."""
    caplog.set_level(logging.INFO, "tidbro.message_log")
    with a_producer() as producer, a_chain(platforms, producer.url) as (in_front, _):
        platforms.call(in_front)
    behind, in_front_record = (
        json.loads(one.getMessage()) for one in caplog.records if one.name == "tidbro.message_log"
    )
    assert (behind["sender"], behind["original_consumer"]) == (NATIONAL, CONSUMER)
    assert (in_front_record["sender"], in_front_record["tls_context"]) == (CONSUMER, "between-platforms")


def test_over_http_another_platforms_word_for_the_sender_does_not_count(platforms: Platforms) -> None:
    """platform.md §5.2 (3, 4), §24 row 7: a foreign instance id is ignored, and there is no certificate."""
    with a_producer() as producer, a_chain(platforms, producer.url, is_tls=False) as (in_front, _):
        fault = fault_in(platforms.call(in_front))
        assert fault.faultstring.startswith(f"VP002 [{REGIONAL}]")
        assert fault.detail == "No certificate found in httpheader x-vp-auth-cert"
        assert producer.headers == {}


def test_over_http_a_proxy_that_hands_on_the_certificate_makes_it_count(platforms: Platforms) -> None:
    """platform.md §5.2 (4): the sender is the certificate's, whatever the internal headers of another platform say."""
    with a_producer() as producer, a_chain(platforms, producer.url) as (_, behind):
        pem = (platforms.certificates / f"{NATIONAL}.pem").read_text().replace("\n", "")
        headers = {"x-vp-auth-cert": pem, SENDER_ID: CONSUMER, INSTANCE_ID: NATIONAL, ROUTING_HISTORY: f"a#{NATIONAL}"}
        assert requests.post(f"{behind.url}/vp/x", sample(), headers=headers, timeout=60).status_code == 200
        assert producer.headers[SENDER_ID] == NATIONAL
        assert producer.headers[ROUTING_HISTORY] == f"a#{NATIONAL}#{REGIONAL}"


@BOTH_WAYS
def test_a_loop_ends_at_the_platform_that_it_came_from(first: str, second: str, platforms: Platforms) -> None:
    """platform.md §5.2 (5), VP014; §25 row 8: on HTTPS too. The fault goes back through both, as it is."""
    with a_chain(platforms, "http://127.0.0.1:9/x", first=first, second=second) as (in_front, behind):
        platforms.lead(second, f"{in_front.urls[1]}vp", behind)
        fault = fault_in(platforms.call(in_front))
        assert fault.faultstring.startswith(f"VP014 [{first}] Anropsförmedlingen")
        assert (fault.faultcode, fault.detail) == ("SOAP-ENV:Server", "")


@BOTH_WAYS
def test_a_loop_over_http_ends_too_when_certificates_are_handed_on(
    first: str, second: str, platforms: Platforms
) -> None:
    """platform.md §24 row 44: the history is read on the HTTP listener in either mode."""
    with a_chain(platforms, "http://127.0.0.1:9/x", first=first, second=second, compatibility="skltp") as (in_front, _):
        pem = (platforms.certificates / f"{second}.pem").read_text().replace("\n", "")
        headers = {"x-vp-auth-cert": pem, ROUTING_HISTORY: f"{CONSUMER}#{first}#{second}"}
        answer = requests.post(f"{in_front.url}/vp/x", sample(), headers=headers, timeout=60)
        assert fault_in(answer).code == "VP014"


def test_the_real_platform_reads_no_history_on_https(platforms: Platforms) -> None:
    """platform.md §5.1, §25 row 8: the history is neither checked nor changed there."""
    with a_producer() as producer, a_chain(platforms, producer.url, compatibility="skltp") as (_, behind):
        history = f"{CONSUMER}#{REGIONAL}"
        assert platforms.call(behind, **{ROUTING_HISTORY: history}).status_code == 200
        assert producer.headers.get(ROUTING_HISTORY) == history


def test_a_refusal_behind_is_told_in_the_words_of_the_platform_that_refused(platforms: Platforms) -> None:
    """platform.md §13: another platform's fault is passed on unchanged."""
    with a_chain(platforms, "") as (in_front, _):
        fault = fault_in(platforms.call(in_front))
        assert fault.faultstring.startswith(f"VP010 [{REGIONAL}]")

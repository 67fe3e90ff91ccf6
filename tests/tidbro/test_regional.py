"""`tidbro serve --demo --regional`: a clinic group that is reached through a second platform, really served
(platform.md §1, §5, §6, §7.2; domain.md §10.1)."""

import json
import logging
import re
import socket
import ssl
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from contracts.consumer import SchedulingConsumer
from contracts.identifiers import HsaId
from contracts.transport import HttpTransport
from gateway.settings import SettingsRefused
from gateway.tak import exchange
from tests.gateway.builders import read_fault, sample
from tests.gateway.serving import read_reply
from tests.people import DAN
from tests.tidbro.starting import Running, a_demo, running
from tests.town import E_SERVICE, Visitor
from tidbro import catalogue, demo_catalogue
from tidbro.regional import INSTANCE_ID, INSTANCE_NAME, made

NORRA, SODRA, TORGET = (HsaId(f"SE2321009991-{end}") for end in ("2B02", "2B03", "2B01"))
CORRELATION = "x-skltp-correlation-id"


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(a_demo(tmp_path_factory.mktemp("regional"), regional=True)) as served:
        yield served


def records(caplog: pytest.LogCaptureFixture, platform: str = "") -> list[dict[str, object]]:
    name = f"tidbro.message_log{platform}"
    return [json.loads(one.getMessage()) for one in caplog.records if one.name == name]


@pytest.fixture
def visitor(region: Running) -> Iterator[Visitor]:
    """Dan at Södra, through both platforms."""
    with HttpTransport(read_seconds=60) as transport:
        consumer = SchedulingConsumer(region.url, transport, caller=E_SERVICE)
        yield Visitor(consumer, DAN, SODRA, region.region.clock().date())


def test_both_platforms_addresses_are_printed(region: Running) -> None:
    national, regional = region.urls
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", national)
    assert re.fullmatch(r"https://127\.0\.0\.1:\d+/vp", regional)


def test_a_call_to_the_group_passes_both_platforms_and_is_one_errand(
    region: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """The second knows the first by its certificate, and for whom it asks; the errand keeps its id. Each platform has
    a message log of its own."""
    caplog.set_level(logging.INFO, "tidbro.message_log")
    answer = requests.post(f"{region.url}/vp/x", sample(), headers={CORRELATION: "errand-1"}, timeout=60)
    assert answer.status_code == 200
    (in_front,), (behind,) = records(caplog), records(caplog, ".regional")
    assert {behind["correlation_id"], in_front["correlation_id"]} == {"errand-1"}
    assert (in_front["sender"], in_front["address"]) == ("SE2321009991-ET01", region.urls[1])
    assert (behind["sender"], behind["identity"]) == ("SE2321009991-TP01", "tls")
    assert (behind["original_consumer"], behind["address"]) == ("SE2321009991-ET01", "adapter:timebook")


def test_clinics_outside_the_group_are_reached_without_it(region: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tidbro.message_log")
    body = sample().replace(NORRA.text.encode(), TORGET.text.encode())
    assert requests.post(f"{region.url}/vp/x", body, timeout=60).status_code == 200
    (record,) = records(caplog)
    assert record["address"] == "adapter:timebook"
    assert records(caplog, ".regional") == []


def test_a_booking_is_made_and_cancelled_through_both(visitor: Visitor) -> None:
    """domain.md §10.5 scenario 2."""
    answer = visitor.book(visitor.times("PROV10")[0])
    assert answer.result_code == "INFO"
    assert answer.booking_id in {one.booking_id for one in visitor.schedule()}
    assert visitor.cancel(answer.booking_id).result_code == "OK"
    assert answer.booking_id not in {one.booking_id for one in visitor.schedule()}


def test_without_a_certificate_the_regional_platform_answers_nobody(region: Running) -> None:
    """platform.md §5.1."""
    authority = str(Path(region.region.settings.data_directory) / "regional" / "ca.pem")
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.post(f"{region.urls[1]}/x", sample(), verify=authority, timeout=30)


def test_what_is_no_http_is_told_by_the_platform_that_it_came_to(region: Running) -> None:
    """platform.md §12.1: the name in brackets, also in a fault that the protocol makes."""
    national, regional = (urlsplit(url) for url in region.urls)
    folder = Path(region.region.settings.data_directory) / "regional"
    client = ssl.create_default_context(cafile=folder / "ca.pem")
    client.load_cert_chain(folder / "SE2321009991-TP01-bundle.pem")
    with (
        socket.create_connection((regional.hostname, regional.port), timeout=30) as raw,
        client.wrap_socket(raw, server_hostname="localhost") as connection,
    ):
        assert told_of_nonsense(connection).startswith(f"VP015 [{INSTANCE_NAME}]")
    with socket.create_connection((national.hostname, national.port), timeout=30) as connection:
        assert told_of_nonsense(connection).startswith("VP015 [Tidbro]")


def told_of_nonsense(connection: socket.socket) -> str:
    connection.sendall(b"nonsense\r\n\r\n")
    return read_fault(read_reply(connection).body).faultstring


def test_the_regional_platform_lets_nobody_but_the_national_one_through(region: Running) -> None:
    """It has a catalogue of its own: the e-service is not in it (platform.md §10)."""
    own = exchange.load(Path(str(files("tidbro") / "demo_regional_tak.toml")))
    assert {one.consumer for one in own.authorisations} == {region.region.pipeline.settings.instance_id}


def test_the_home_page_says_where_the_group_is_reached(region: Running) -> None:
    page = requests.get(f"{region.url}/", timeout=30).text
    assert f"({INSTANCE_ID})" in page
    assert f"<code>{region.urls[1]}</code>" in page


def test_the_home_page_says_nothing_of_it_otherwise(town) -> None:
    assert INSTANCE_ID not in requests.get(f"{town.served.url}/", timeout=30).text


def test_the_registries_and_ping_answer_through_the_gateway(region: Running) -> None:
    """platform.md §20.4, by routes in the TAK."""
    for folder, name in (
        ("itintegration_monitoring_1.0", "PingForConfiguration"),
        ("itintegration_registry_1.0", "GetSupportedServiceContracts"),
        ("infrastructure_itintegration_registry_2.0", "GetSupportedServiceContracts"),
        ("infrastructure_itintegration_registry_2.0", "GetLogicalAddresseesByServiceContract"),
    ):
        body = re.sub(rb"(LogicalAddress>)[^<]*", rb"\1SE2321009991-TP01", sample(name, contract_set=folder), count=1)
        answer = requests.post(f"{region.url}/vp/x", body, timeout=60)
        assert f"{name}Response" in answer.text, answer.text
        assert answer.status_code == 200


def test_a_ping_at_the_regional_platforms_own_id_is_answered_by_itself(
    region: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """contracts.md §8: the component that is asked about answers, and not the one in front of it."""
    caplog.set_level(logging.INFO, "tidbro.message_log")
    body = sample("PingForConfiguration", contract_set="itintegration_monitoring_1.0")
    body = re.sub(rb"(LogicalAddress>)[^<]*", rb"\1" + INSTANCE_ID.encode(), body, count=1)
    answer = requests.post(f"{region.url}/vp/x", body, timeout=60)
    assert answer.status_code == 200, answer.text
    assert f"<p:name>Instans</p:name><p:value>{INSTANCE_ID}</p:value>" in answer.text
    assert f"<p:value>{INSTANCE_NAME}</p:value>" in answer.text
    (in_front,), (behind,) = records(caplog), records(caplog, ".regional")
    assert (in_front["address"], behind["address"]) == (region.urls[1], "platform:")


def test_the_published_catalogue_tells_the_same_routes_as_the_gateway_uses(region: Running) -> None:
    publication = catalogue.Versions(region.region.settings, region.region.clock).current()
    led = {one.address for one in publication.snapshot().routes if one.logical_address in demo_catalogue.CLINIC_GROUP}
    assert led == {region.urls[1]}


def test_a_start_without_it_leads_the_group_back_and_publishes_that(tmp_path: Path) -> None:
    with running(a_demo(tmp_path, regional=True)) as region:
        led = {one.address for one in region.region.tak.snapshot().routes if one.logical_address == NORRA.text}
        assert led == {region.urls[1]}
    with running(a_demo(tmp_path)) as region:
        led = {one.address for one in region.region.tak.snapshot().routes if one.logical_address == NORRA.text}
        assert led == {"adapter:timebook"}
        with catalogue.store_of(region.region.settings, region.region.clock) as store:
            assert [one.number for one in store.history()] == [2, 1]


def test_it_is_about_the_demo_alone(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="needs demo"):
        a_demo(tmp_path, regional=True, demo=False)


def test_it_makes_the_file_of_certificates_itself(tmp_path: Path) -> None:
    settings = a_demo(tmp_path, regional=True, gateway={"tls_file": "mine.toml"})
    with pytest.raises(SettingsRefused, match="regional needs tls_file to be empty"):
        made(settings, lambda: None)


def test_the_keys_are_for_their_owner_alone(region: Running) -> None:
    folder = Path(region.region.settings.data_directory) / "regional"
    assert {path.stat().st_mode & 0o077 for path in (*folder.glob("*.key"), *folder.glob("*-bundle.pem"))} == {0}


def test_an_unrouted_clinic_is_refused_by_the_national_platform(region: Running) -> None:
    fault = read_fault(requests.post(f"{region.url}/vp/x", sample().replace(b"2B02", b"2B77"), timeout=30).content)
    assert fault.faultstring.startswith("VP004 [Tidbro]")

"""`tidbro gateway`: the gateway alone, from the real platform's files and properties (DESIGN §4; platform.md §17, §18,
§23)."""

import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from contracts.catalogue import official_folder
from contracts.namespaces import responder
from gateway.settings import SettingsRefused
from tests.gateway.builders import CLINIC, CONSUMER, SAMPLES, read_fault, sample
from tests.tidbro.starting import Running, a_gateway, running
from tidbro.cli import main

HERE = ("--instance-id", "SE2321009991-TP01", "--instance-name", "Prov")
INTERNAL = {"x-vp-sender-id": CONSUMER, "x-vp-instance-id": "SE2321009991-TP01"}
ROUTE = """<virtualiseringsInfo><ns2:virtualiseringsInfoId>1</ns2:virtualiseringsInfoId>
<ns2:receiverId>{address}</ns2:receiverId><ns2:rivProfil>RIVTABP21</ns2:rivProfil>
<ns2:tjansteKontrakt>{contract}</ns2:tjansteKontrakt><ns2:fromTidpunkt>2020-01-01T00:00:00.000</ns2:fromTidpunkt>
<ns2:tomTidpunkt>2099-12-31T00:00:00.000</ns2:tomTidpunkt><ns2:adress>{url}</ns2:adress></virtualiseringsInfo>"""
AUTHORISATION = """<anropsBehorighetsInfo><ns2:anropsBehorighetsInfoId>a</ns2:anropsBehorighetsInfoId>
<ns2:receiverId>{address}</ns2:receiverId><ns2:senderId>{consumer}</ns2:senderId>
<ns2:tjansteKontrakt>{contract}</ns2:tjansteKontrakt><ns2:fromTidpunkt>2020-01-01T00:00:00.000</ns2:fromTidpunkt>
<ns2:tomTidpunkt>2099-12-31T00:00:00.000</ns2:tomTidpunkt></anropsBehorighetsInfo>"""


def a_cache(path: Path, url: str = "http://127.0.0.1:9/x", address: str = CLINIC) -> Path:
    """A real platform's local copy, with one route and its authorisation."""
    facts = {"address": address, "contract": responder("GetAllCareTypes"), "consumer": CONSUMER, "url": url}
    rows = ROUTE.format(**facts) + AUTHORISATION.format(**facts)
    path.write_text(f'<persistentCache xmlns:ns2="urn:skl:tp:vagvalsinfo:v2">{rows}</persistentCache>')
    return path


def posted(to: Running, body: bytes | None = None, path: str = "/vp/x", **headers: str) -> requests.Response:
    return requests.post(f"{to.url}{path}", data=body or sample(), headers={**INTERNAL, **headers}, timeout=30)


def code_of(answer: requests.Response) -> str:
    return read_fault(answer.content).code


# -- The command itself


def test_it_prints_where_it_answers_and_answers_there(tmp_path: Path) -> None:
    """DESIGN §4, as somebody starts it."""
    flags = ["--port", "0", "--data", str(tmp_path), *HERE, "--tak-cache", str(a_cache(tmp_path / "cache.xml"))]
    command = [sys.executable, "-m", "tidbro.cli", "gateway", *flags]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as started:
        try:
            line = started.stdout.readline()
            found = re.match(r"Tidbro answers on (http://127\.0\.0\.1:\d+)/", line)
            assert found, line
            answer = requests.get(f"{found[1]}/status", timeout=30)
            assert answer.json()["ManagementName"] == "SE2321009991-TP01"
        finally:
            started.terminate()
            started.communicate(timeout=30)
    assert started.returncode in (0, -signal.SIGTERM)


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--set", "vp.instance.ids=1"], "near it: vp.instance.id"),
        (["--set", "vp.instance.id"], "--set must be given NAME=VALUE"),
        (["--set", "=1"], "--set must be given NAME=VALUE"),
        (["--set", "vp.instance.id="], "instance_id must not be empty"),
        (["--set", "vp.producer.retry.delay=soon"], "vp.producer.retry.delay must be a number of milliseconds"),
        (["--set", "compatibility=mule"], "compatibility must be one of"),
        (["--set", "demo=true"], "There is no property or setting demo"),
        (["--set", "vp.status.url=localhost"], "status_url must be a URL"),
        (["--set", "tp.tls.store.location=x"], "tls_certificate"),
        (["--port", "70000"], "port must be between"),
        (["--tls-port", "0"], "tls_port needs tls_certificate"),
        (["--wsdl-dir", "nowhere"], "contract_folders names nowhere"),
    ],
)
def test_what_does_not_fit_stops_the_start_with_one_sentence(
    flags: list[str], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """platform.md §25 row 20: an unknown setting is refused."""
    assert main(["gateway", "--data", str(tmp_path), *flags]) == 2
    told = capsys.readouterr().err
    assert named in told
    assert told.count("\n") == 1


def without_schema(folder: Path) -> str:
    (missing,) = folder.glob("interactions/*/UpdateResponder_*.xsd")
    missing.unlink()
    return missing.name


def with_a_schema_outside(folder: Path) -> str:
    (schema,) = folder.glob("interactions/*/UpdateResponder_*.xsd")
    outside = folder.parent / "outside.xsd"
    shutil.copy(next(folder.glob("core_components/*.xsd")), outside)
    text = re.sub(rb'schemaLocation="[^"]*"', b'schemaLocation="../../../outside.xsd"', schema.read_bytes())
    schema.write_bytes(text)
    return outside.name


def with_a_broken_schema(folder: Path) -> str:
    (schema,) = folder.glob("interactions/*/UpdateResponder_*.xsd")
    schema.write_text("<broken")
    return "UpdateInteraction_1.0_RIVTABP21.wsdl"


@pytest.mark.parametrize("spoilt", [without_schema, with_a_schema_outside, with_a_broken_schema])
def test_a_domain_folder_whose_schemas_cannot_be_used_stops_the_start_with_one_sentence(
    spoilt: Callable[[Path], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(official_folder() / "itintegration_engagementindex_1.0", tmp_path / "domain")
    named = spoilt(folder)
    assert main(["gateway", "--data", str(tmp_path), "--port", "0", "--wsdl-dir", str(folder)]) == 2
    (told,) = [line for line in capsys.readouterr().err.splitlines() if " catalogue_" not in line]
    assert "contract_folders cannot be used: " in told
    assert named in told


def test_flags_go_before_set(tmp_path: Path) -> None:
    settings = a_gateway(
        tmp_path, "--instance-id", "A", "--set", "vp.instance.id=B", "--set", "vp.http.route.url=http://0.0.0.0:1/x"
    )
    assert (settings.gateway.instance_id, settings.port, settings.host) == ("A", 0, "0.0.0.0")
    assert settings.traffic_path == "/x"


def test_a_properties_file_is_read_and_what_is_set_goes_before_it(tmp_path: Path) -> None:
    file = tmp_path / "gateway.properties"
    file.write_text("vp.instance.name=Of the file\nvp.producer.retry.delay=70\n")
    told = ["--properties", str(file), "--set", "vp.instance.name=Set"]
    own = a_gateway(tmp_path, *told).gateway
    assert (own.instance_name, own.retry_delay_seconds) == ("Set", 0.07)
    with pytest.raises(SettingsRefused, match="nowhere"):
        a_gateway(tmp_path, "--properties", str(tmp_path / "nowhere"))


def test_the_preset_changes_defaults_and_what_is_set_counts(tmp_path: Path) -> None:
    """DESIGN decision 8."""
    settings = a_gateway(tmp_path, "--set", "compatibility=skltp", "--set", "validation=warn").gateway
    assert (settings.validation, settings.reading) == ("warn", "scan")


# -- The catalogue


def test_it_starts_without_a_catalogue_and_answers_vp008(tmp_path: Path) -> None:
    """platform.md §18; §24 row 50; DESIGN §4."""
    with running(a_gateway(tmp_path), is_gateway_alone=True) as gateway:
        assert code_of(posted(gateway)) == "VP008"
        assert requests.get(f"{gateway.url}/health", timeout=30).status_code == 503


@pytest.mark.parametrize("content", [b"", b"<persistentCache>", b"<other/>", b"<persistentCache/>", b"\x00\xff", None])
def test_a_cache_file_that_cannot_be_read_does_not_stop_it(
    content: bytes | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §18: REFRESH_FAILED, every call VP008; the log says so."""
    cache = tmp_path / "cache.xml"
    if content is not None:
        cache.write_bytes(content)
    with running(a_gateway(tmp_path, "--tak-cache", str(cache)), is_gateway_alone=True) as gateway:
        assert code_of(posted(gateway)) == "VP008"
    assert any("catalogue_missing" in one.getMessage() for one in caplog.records)


def test_a_real_platforms_cache_file_routes_its_calls_and_a_reset_reads_it_again(tmp_path: Path) -> None:
    """platform.md §18 (the file), §17.3 (reset)."""
    cache = a_cache(tmp_path / "cache.xml", url="adapter:none")
    with running(a_gateway(tmp_path, "--tak-cache", str(cache)), is_gateway_alone=True) as gateway:
        assert code_of(posted(gateway)) == "VP009"
        a_cache(cache, address="SE2321009991-2B01")
        requests.get(f"{gateway.url}/resetcache", timeout=30)
        assert code_of(posted(gateway)) == "VP004"


def test_a_cache_file_that_breaks_later_leaves_the_last_good_copy_in_force_also_after_a_start(tmp_path: Path) -> None:
    """platform.md §18; §24 rows 50, 51."""
    cache = a_cache(tmp_path / "cache.xml", url="adapter:none")
    settings = a_gateway(tmp_path, "--tak-cache", str(cache))
    with running(settings, is_gateway_alone=True):
        cache.write_text("<broken")
    with running(settings, is_gateway_alone=True) as gateway:
        assert code_of(posted(gateway)) == "VP009"
        assert "RESTORED_FROM_LOCAL_CACHE" in requests.get(f"{gateway.url}/status", timeout=30).text


def test_a_tak_that_is_away_leaves_the_named_local_copy_in_force(tmp_path: Path) -> None:
    """platform.md §18, takcache.endpoint.address beside takcache.persistent.file.name; §24 row 50."""
    cache = a_cache(tmp_path / "cache.xml", url="adapter:none")
    endpoint = "takcache.endpoint.address=http://127.0.0.1:9/tak-services/SokVagvalsInfo/v2"
    settings = a_gateway(tmp_path, "--set", endpoint, "--set", f"takcache.persistent.file.name={cache}")
    with running(settings, is_gateway_alone=True) as gateway:
        assert code_of(posted(gateway)) == "VP009"


def test_the_catalogue_is_loaded_from_another_gateways_tak_services(tmp_path: Path) -> None:
    """DESIGN §4: takcache.endpoint.address makes it load from a TAK's SOAP service."""
    from tests.tidbro.starting import a_demo

    with running(a_demo(tmp_path / "demo")) as region:
        endpoint = f"takcache.endpoint.address={region.url}/tak-services/SokVagvalsInfo/v2"
        with running(a_gateway(tmp_path / "alone", "--set", endpoint), is_gateway_alone=True) as gateway:
            refresh = gateway.region.tak.last_refresh
            assert (refresh.status, refresh.routes, refresh.authorisations) == ("REFRESH_OK", 144, 144)


# -- What it is alone


def test_it_has_no_sites_and_opens_nothing_for_a_caller_without_identity(tmp_path: Path) -> None:
    """platform.md §24 rows 4, 57."""
    with running(a_gateway(tmp_path), is_gateway_alone=True) as gateway:
        assert requests.get(f"{gateway.url}/", timeout=30).status_code == 404
        assert code_of(requests.post(f"{gateway.url}/vp", data=sample(), timeout=30)) == "VP002"
        assert gateway.region.pipeline.producers.adapters == {}


def test_a_catalogue_that_routes_to_an_adapter_brings_the_adapter(tmp_path: Path) -> None:
    cache = a_cache(tmp_path / "cache.xml", url="adapter:timebook")
    with running(a_gateway(tmp_path, "--tak-cache", str(cache)), is_gateway_alone=True) as gateway:
        assert list(gateway.region.pipeline.producers.adapters) == ["timebook"]


def test_domain_folders_are_served_and_validated(tmp_path: Path) -> None:
    """DESIGN §4, --wsdl-dir; platform.md §16."""
    folder = shutil.copytree(official_folder() / "itintegration_engagementindex_1.0", tmp_path / "domain")
    with running(a_gateway(tmp_path, "--wsdl-dir", str(folder)), is_gateway_alone=True) as gateway:
        path = "/vp/itintegration/engagementindex/Update/1/rivtabp21?wsdl"
        assert requests.get(f"{gateway.url}{path}", timeout=30).status_code == 200


def test_time_outs_are_those_of_the_file(tmp_path: Path) -> None:
    """platform.md §14.1."""
    contract, file = responder("GetAllCareTypes"), tmp_path / "timeouts.json"
    entries = [
        {"tjanstekontrakt": contract, "producertimeout": 1500},
        {"tjanstekontrakt": "usual", "producertimeout": 9},
    ]
    file.write_text(json.dumps(entries))
    name = "timeout.json.file.default.tjanstekontrakt.name=usual"
    with running(a_gateway(tmp_path, "--timeouts", str(file), "--set", name), is_gateway_alone=True) as gateway:
        time_outs = gateway.region.pipeline.producers._time_outs
        assert (time_outs.producer_seconds(contract), time_outs.producer_seconds("x")) == (1.5, 0.009)


# -- Places of their own (platform.md §17, §23)


def test_pages_answer_at_the_urls_that_the_properties_give_them_and_nowhere_else(tmp_path: Path) -> None:
    """platform.md §17.1, §17.3, §17.4, vp.status.url and the two reset URLs."""
    names = ("vp.status.url=http://localhost:0/stat", "vp.reset.cache.url=http://127.0.0.1:0/a",
             "vp.hsa.reset.cache.url=http://127.0.0.1:0/b")  # fmt: skip
    flags = [flag for name in names for flag in ("--set", name)]
    with running(a_gateway(tmp_path, *flags), is_gateway_alone=True) as gateway:
        main_url, own_url = gateway.urls
        own = own_url.removesuffix("/stat")
        found = {path: requests.get(f"{own}{path}", timeout=30).status_code for path in ("/stat", "/STAT", "/a", "/b")}
        assert found == {"/stat": 200, "/STAT": 200, "/a": 200, "/b": 200}
        assert requests.post(f"{own}/vp", data=sample(), headers=INTERNAL, timeout=30).status_code == 404
        gone = [requests.get(f"{main_url}{path}", timeout=30).status_code for path in ("status", "resetcache", "stat")]
        assert gone == [404, 404, 404]
        assert requests.get(f"{main_url}health", timeout=30).status_code == 503


def test_calls_are_answered_below_the_path_of_the_route_url(tmp_path: Path) -> None:
    """platform.md §23, vp.http.route.url; §14.5: other paths are not found."""
    settings = a_gateway(tmp_path, "--set", "vp.http.route.url=http://127.0.0.1:1/tp/virt")
    with running(settings, is_gateway_alone=True) as gateway:
        assert code_of(posted(gateway, path="/TP/virt/x")) == "VP008"
        assert posted(gateway, path="/vp/x").status_code == 404


def test_the_actuator_has_the_port_that_server_port_gives_it(tmp_path: Path) -> None:
    """platform.md §17.2."""
    settings = a_gateway(tmp_path, "--set", "server.port=0")
    with running(settings, is_gateway_alone=True) as gateway:
        main_url, own_url = gateway.urls
        assert requests.get(f"{own_url}/health", timeout=30).status_code == 503
        assert requests.get(f"{main_url}actuator/health", timeout=30).status_code == 404


# -- Warnings and logs


def test_dead_properties_are_warned_about_in_the_log(tmp_path: Path) -> None:
    """platform.md §25 row 20."""
    from tidbro.cli import _parser
    from tidbro.gateway_command import settings_of

    parsed = _parser().parse_args(["gateway", "--data", str(tmp_path), "--set", "messageLoggerMethod=ecs"])
    _, (warning,) = settings_of(parsed)
    assert "vp.logging.style" in warning


def test_the_samples_of_the_contracts_reach_it_through_the_files(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §19: with vp.logging.style=ECS the events are there."""
    caplog.set_level(logging.INFO, "tidbro.ecs")
    with running(a_gateway(tmp_path, "--set", "vp.logging.style=ECS"), is_gateway_alone=True) as gateway:
        posted(gateway, (SAMPLES / "crm_scheduling_1.1/MakeBooking/request.xml").read_bytes())
    actions = [json.loads(one.getMessage())["event.action"] for one in caplog.records if one.name == "tidbro.ecs"]
    assert actions == ["req-in", "error", "resp-out"]

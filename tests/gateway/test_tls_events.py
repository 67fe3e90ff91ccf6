"""gateway/tls_events.py: contexts and handshakes in the Elastic common schema (platform.md §19.2, TLS events)."""

import json
import logging
import ssl
import sys
from pathlib import Path

import pytest

from gateway.settings import GatewaySettings
from gateway.tls_events import TlsEvents
from tests.gateway.builders import a_pipeline
from tests.gateway.certificates import a_certificate, an_authority
from tests.gateway.test_producer_tls import called, serving
from tests.tidbro.tls_serving import certificates_in, served_gateway

Events = list[dict[str, object]]
# OpenSSL sends a caller's issuer along when it knows it; Python tells of more than the first from 3.13 on.
_SHOWN = "2" if sys.version_info >= (3, 13) else "1"


def told(caplog: pytest.LogCaptureFixture) -> Events:
    lines = [json.loads(one.getMessage()) for one in caplog.records if one.name == "tidbro.ecs"]
    return [one for one in lines if one["event.module"] == "skltp-tls"]


@pytest.fixture(autouse=True)
def at_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tidbro.ecs")


def test_a_producers_contexts_are_told_at_the_start_and_its_handshake_when_it_is_made(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §19.2."""
    a_certificate(an_authority(), "tidbro").bundle(tmp_path / "ours.pem")
    server = serving(a_certificate(an_authority(), "127.0.0.1"), tmp_path, an_authority())
    _, producer = called(tmp_path, server, 'certificate-bundle = "ours.pem"\n', log_style="ecs")
    registered, completed = told(caplog)
    assert registered["event.action"] == registered["message"] == "ssl-context-register"
    assert registered["event.category"] == ["configuration", "network"]
    assert (registered["event.kind"], registered["service.name"]) == ("event", "tidbro")
    assert (registered["labels.protocols"], registered["labels.protocolCount"]) == ("TLSv1.2,TLSv1.3", "2")
    suites = str(registered["labels.cipherSuites"]).split(",")
    assert registered["labels.cipherSuiteCount"] == str(len(suites))
    assert "TLS_AES_256_GCM_SHA384" in suites
    assert registered["labels.clientCertCount"] == "1"
    assert completed["event.action"] == "tls-handshake-complete"
    assert (completed["tls.version_protocol"], completed["tls.version"]) == ("tls", "1.3")
    assert completed["tls.cipher"] in suites
    assert completed["tls.established"] == "true"
    assert completed["server.address"] == producer.url.split("/")[2]
    assert registered["labels.sslContextId"] == completed["labels.sslContextId"] == "usual"


def test_a_listeners_context_and_its_callers_handshakes_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §19.2: at the start, at each connection, and again when certificates have changed."""
    files = certificates_in(tmp_path)
    with served_gateway(a_pipeline(log_style="ecs"), files.tls) as gateway:
        place = f"127.0.0.1:{gateway.port}"
        assert gateway.called(files.client()).status == 200
        with (tmp_path / "ca.pem").open("a") as authorities:
            authorities.write("\n")
        gateway.renew()
    registered, completed, again = told(caplog)
    assert [one["event.action"] for one in (registered, completed, again)] == [
        "ssl-context-register",
        "tls-handshake-complete",
        "ssl-context-register",
    ]
    assert {one["server.address"] for one in (registered, completed, again)} == {place}
    assert completed["labels.clientCertCount"] == _SHOWN
    assert "labels.clientCertCount" not in registered
    assert "ET01" not in json.dumps(completed)  # who came is the message events' to tell


def test_a_refused_handshake_is_not_told_as_complete(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = certificates_in(tmp_path)
    with served_gateway(a_pipeline(log_style="ecs"), files.tls) as gateway:
        assert gateway.hears_nothing(files.client(None))
    assert [one["event.action"] for one in told(caplog)] == ["ssl-context-register"]


def test_certificates_that_change_towards_producers_are_told_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tls_file = tmp_path / "tls.toml"
    tls_file.write_text('[default-config]\nname = "before"\n')
    pipeline = a_pipeline(tls_file=str(tls_file), log_style="ecs")
    tls_file.write_text('[default-config]\nname = "after"\nprotocols-include = ["TLSv1.3"]\n')
    assert pipeline.producers.renew_certificates()
    (registered,) = told(caplog)
    assert (registered["labels.sslContextId"], registered["labels.protocols"]) == ("after", "TLSv1.3")


def test_nothing_is_told_unless_the_schema_is_asked_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """platform.md §19.1: `vp.logging.style` chooses."""
    called(tmp_path, serving(a_certificate(an_authority(), "127.0.0.1"), tmp_path))
    files = certificates_in(tmp_path / "pki")
    with served_gateway(a_pipeline(), files.tls) as gateway:
        assert gateway.called(files.client()).status == 200
    assert told(caplog) == []


def test_the_real_platforms_name_stands_where_its_compatibility_does(caplog: pytest.LogCaptureFixture) -> None:
    TlsEvents(GatewaySettings(log_style="ecs", compatibility="skltp")).registered("x", ssl.create_default_context())
    assert told(caplog)[0]["service.name"] == "vp-services"

"""The services where they stand in reality: behind the gateway, and asking everybody through it (platform.md §22)."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn

from contracts import engagement_codec, processing_status
from contracts import scheduling as s
from contracts.catalogue import Catalogue
from contracts.consumer import InternalCaller, SchedulingConsumer
from contracts.identifiers import HsaId
from contracts.platform_client import read_answer
from contracts.transport import HttpTransport
from national_services.aggregation.app import Aggregation
from national_services.aggregation.settings import AggregationSettings
from tests.gateway import builders
from tests.gateway.serving import served
from tests.national_services.aggregation.asking import HEADERS, NOW, OWN, PATH, SENDER, a_question
from tests.national_services.aggregation.network import (
    CONTRACT,
    INDEX,
    Network,
    answers,
    engagement,
    faults,
    hangs,
    times,
)
from tests.people import ANNA

WELL, SHUT, SLOW, GONE, CLOSED, ODD = (f"SE2321009991-K{number}" for number in range(6))
NOBODY = "http://127.0.0.1:1/"
CATALOGUE = Catalogue(
    tuple(one for one in builders.OFFICIAL.interactions if one.contract in (CONTRACT, engagement_codec.FIND_CONTENT.contract)),
    builders.OFFICIAL.errata,
)  # fmt: skip


@contextmanager
def listening(application) -> Iterator[str]:
    """The application served on a free port in a thread until the block ends."""
    port = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, lifespan="on", log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, args=([port],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{port.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        port.close()


def a_snapshot(network: Network, own_address: str):
    clinics = {
        OWN: own_address,
        WELL: network.url,
        SHUT: network.url,
        SLOW: network.url,
        GONE: NOBODY,
        ODD: network.url,
    }
    routes = [builders.a_route(logical_address=to, address=at, contract=CONTRACT) for to, at in clinics.items()]
    find = engagement_codec.FIND_CONTENT.contract
    routes.append(builders.a_route(logical_address=INDEX, address=network.url, contract=find))
    may = [builders.an_authorisation(logical_address=to, contract=CONTRACT, consumer=SENDER) for to in clinics]
    may.append(builders.an_authorisation(logical_address=INDEX, contract=find, consumer=OWN))
    return builders.a_snapshot(*routes, authorisations=tuple(may))


@pytest.fixture(scope="module")
def region() -> Iterator[tuple[str, Network]]:
    """The gateway's base URL, and who stands behind it."""
    clinics = {
        WELL: answers(times(WELL, "1", "2")),
        SHUT: faults("Systemet är stängt"),
        SLOW: hangs,
        ODD: answers(b"<html>", 500),
    }
    told: list[str] = []
    settings = AggregationSettings(logical_address=OWN, index_sender=OWN, index_logical_address=INDEX, read_seconds=3.0)
    with Network(clinics) as network:
        network.engagements = [engagement(one) for one in (WELL, SHUT, SLOW, GONE, CLOSED, ODD, OWN)]

        def may_call(address, consumer, contract, now):
            return snapshot.authorises(consumer, address, contract, now) and bool(
                snapshot.routes_to(address, contract, now)
            )

        services = Aggregation(settings, lambda: NOW, may_call, platform_url=lambda: told[0])
        with services, listening(services.application) as own:
            snapshot = a_snapshot(network, own + PATH)
            pipeline = builders.a_pipeline(snapshot=snapshot, catalogue=CATALOGUE, adapters={})
            with served(pipeline) as gateway:
                told.append(f"http://127.0.0.1:{gateway.port}")
                yield told[0], network
                network.release()


def test_a_consumer_gets_everybodys_times_and_who_gave_none(region):
    url, network = region
    with HttpTransport() as transport:
        headers = {**HEADERS, "x-rivta-original-serviceconsumer-hsaid": SENDER}
        http = transport.post(f"{url}/vp", a_question(), headers)
    answer = read_answer(http)
    sources = {one.logical_address: one for one in processing_status.read(answer)}
    assert http.status == 200
    assert [one.text for one in answer.payload.iter("{*}bookingId")] == ["1", "2"]
    codes = {address: one.error.code if one.error else "" for address, one in sources.items()}
    assert codes == {WELL: "", SHUT: "500", SLOW: "504", GONE: "500", ODD: "500"}
    assert sources[SHUT].error.text == "Systemet är stängt"
    assert all(sources[one].error.text.startswith("VP009") for one in (GONE, ODD))
    assert CLOSED not in {one.logical_address for one in network.seen}
    assert {one.headers["x-skltp-correlation-id"] for one in network.seen} == {HEADERS["x-skltp-correlation-id"]}
    assert {one.headers["x-rivta-original-serviceconsumer-hsaid"] for one in network.seen} == {SENDER}


def test_an_ordinary_consumer_reads_the_merged_answer_as_any_other(region):
    url, _ = region
    with HttpTransport() as transport:
        consumer = SchedulingConsumer(url, transport, caller=InternalCaller(SENDER, "SE2321009991-TP01"))
        request = s.GetSubjectOfCareSchedule(HsaId(OWN), ANNA.identity)
        schedule = consumer.get_subject_of_care_schedule(request, actor=ANNA.actor)
    assert [slot.booking_id for slot in schedule.timeslots] == ["1", "2"]

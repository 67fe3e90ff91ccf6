"""gateway/ping.py: PingForConfiguration at each adapter and at the platform itself (contracts.md §8)."""

from collections.abc import Mapping
from importlib import metadata

import pytest
from lxml import etree

from contracts import envelope
from contracts.producer import Health
from contracts.validation import Validator
from gateway import ping
from gateway.call import Answer, HttpRequest
from tests.gateway.builders import (
    CLINIC,
    FEW,
    OFFICIAL,
    Stub,
    a_pipeline,
    a_request,
    a_route,
    a_snapshot,
    carried,
    fault_in,
    payload_of,
    sample,
)
from tests.people import ANNA

PLATFORM_ID = "SE2321009991-TP01"
P = f"{{{ping.CONTRACT}}}"


def a_ping(logical_address: str, name: str = "request") -> HttpRequest:
    message = envelope.read(sample("PingForConfiguration", name, "itintegration_monitoring_1.0"))
    assert message.header is not None
    next(message.header.iterchildren("*")).text = logical_address
    return a_request(etree.tostring(message.root))


def pinged(address: str, logical_address: str = CLINIC, adapters: Mapping[str, Stub] | None = None) -> Answer:
    route = a_route(contract=ping.CONTRACT, logical_address=logical_address, address=address)
    return carried(a_pipeline(route, adapters=adapters, answer_validation="refuse"), a_ping(logical_address))


def facts(answer: Answer) -> dict[str, str]:
    rows = payload_of(answer).findall(f"{P}configuration")
    return {row.findtext(f"{P}name"): row.findtext(f"{P}value") for row in rows}


def test_an_adapter_is_pinged_by_a_route_to_it() -> None:
    """contracts.md PING-1, PING-2: the answer shows that the system behind works."""
    answer = pinged("adapter:stub")
    payload = payload_of(answer)
    assert payload.tag == f"{P}PingForConfigurationResponse"
    assert payload.findtext(f"{P}version") == metadata.version("tidbro")
    assert payload.findtext(f"{P}pingDateTime") == "20261201120000"
    assert facts(answer)["Applikation"] == "adapter:stub"
    assert facts(answer)["Status"] == "All is well."


def test_a_ping_asks_the_adapter_for_its_health_and_for_nothing_else() -> None:
    """contracts.md PING-5: no side effects."""
    stub = Stub()
    pinged("adapter:stub", adapters={"stub": stub})
    assert stub.asked == []


def test_an_adapter_that_is_not_ready_answers_with_a_fault_in_its_own_words() -> None:
    """contracts.md PING-2: the answer shows whether the services work; its schema has no room for "ill"."""
    fault = fault_in(pinged("adapter:stub", adapters={"stub": Stub(is_ready=False)}))
    assert (fault.faultcode, fault.faultstring) == (
        "SOAP-ENV:Server",
        "The adapter stub is not ready: The database is away.",
    )


def test_nothing_that_looks_like_a_person_is_told_of_an_adapters_health() -> None:
    class Talkative(Stub):
        def health(self) -> Health:
            return Health(True, f"Booked for {ANNA.number}.")

    answer = pinged("adapter:stub", adapters={"stub": Talkative()})
    assert facts(answer)["Status"] == "Booked for (hidden)."


def test_an_adapter_tells_the_version_of_the_package_that_it_comes_in() -> None:
    """contracts.md §8: version of the answering component."""
    (point,) = metadata.entry_points(group="tidbro.scheduling_backends", name="timebook")
    assert point.dist is not None
    assert ping.version_of("timebook") == point.dist.version


def test_the_platform_itself_is_pinged_at_its_own_id() -> None:
    """contracts.md PING-1: every component that publishes services publishes this one."""
    answer = pinged("platform:", PLATFORM_ID)
    assert facts(answer)["Applikation"] == "tidbro-gateway"
    assert (facts(answer)["Instans"], facts(answer)["Namn"]) == (PLATFORM_ID, "Tidbro")
    assert payload_of(answer).findtext(f"{P}pingDateTime") == "20261201120000"


def test_the_platform_offers_nothing_else_at_that_address() -> None:
    fault = fault_in(carried(a_pipeline(a_route(address="platform:"))))
    assert fault.code == "VP009"
    assert "does not offer this contract" in fault.detail


def test_a_ping_of_the_platform_is_authorised_as_any_other_call() -> None:
    """platform.md §10: deny by default."""
    route = a_route(contract=ping.CONTRACT, logical_address=PLATFORM_ID, address="platform:")
    snapshot = a_snapshot(route, authorisations=())
    assert fault_in(carried(a_pipeline(snapshot=snapshot), a_ping(PLATFORM_ID))).code == "VP007"


def test_without_a_route_the_platform_does_not_answer_for_itself() -> None:
    """platform.md §9: its id is an address like any other."""
    assert fault_in(carried(a_pipeline(), a_ping(PLATFORM_ID))).code == "VP004"


@pytest.mark.parametrize("address", ["platform:", "adapter:stub"])
def test_every_answer_keeps_the_contract(address: str) -> None:
    """contracts.md §8."""
    interaction = OFFICIAL.find(ping.CONTRACT, "rivtabp21")
    assert interaction is not None
    assert Validator(FEW).check_response(envelope.read(pinged(address).body), interaction) == ()


def test_a_ping_of_profile_2_0_is_answered_too() -> None:
    """contracts.md §8: the contract has a WSDL for both profiles."""
    request = a_ping(CLINIC, "request-rivtabp20")
    route = a_route(contract=ping.CONTRACT, profile="RIVTABP20")
    assert facts(carried(a_pipeline(route), request))["Applikation"] == "adapter:stub"

"""gateway/spyne_host.py: one contained Spyne application per contract (DESIGN decision 1)."""

import asyncio
import gc

import pytest

from contracts.errors import RouteMissing
from gateway.call import Answer, Call
from gateway.spyne_host import SpyneHost
from tests.gateway.builders import OFFICIAL, a_call, sample


def answered(call: Call, carry: object) -> Answer:
    return asyncio.run(SpyneHost(OFFICIAL.interactions, carry).answer(call))


async def echo(call: Call) -> Answer:
    return Answer(200, call.request.body)


def test_each_contract_has_an_application_of_its_own() -> None:
    host = SpyneHost(OFFICIAL.interactions, echo)
    assert {server.app.tns for server in host._servers.values()} == OFFICIAL.contracts
    assert {len(server.app.interface.service_method_map) for server in host._servers.values()} == {1}


@pytest.mark.parametrize("body", [sample(), b"<a/>", b"<e xmlns='urn:x'><Body><y xmlns='urn:y'/></Body></e>"])
def test_answers_pass_through_byte_for_byte_whatever_the_contract(body: bytes) -> None:
    assert answered(a_call(body), echo).body == body


def test_what_the_pipeline_raises_comes_out_as_it_is() -> None:
    async def refuse(call: Call) -> Answer:
        raise RouteMissing("no route")

    with pytest.raises(RouteMissing, match="no route"):
        answered(a_call(), refuse)


def test_calls_under_way_together_do_not_mix() -> None:
    async def in_turn(call: Call) -> Answer:
        await asyncio.sleep(0)
        return Answer(200, call.correlation_id.encode())

    async def ask() -> list[Answer]:
        host = SpyneHost(OFFICIAL.interactions, in_turn)
        return await asyncio.gather(*(host.answer(a_call(correlation_id=str(number))) for number in range(50)))

    assert [int(answer.body) for answer in asyncio.run(ask())] == list(range(50))


def test_a_gateway_that_is_gone_is_not_kept_by_spyne() -> None:
    """Spyne lists every application for the process's life; ours take themselves off the list."""
    from spyne.util.appreg import applications

    SpyneHost(OFFICIAL.interactions, echo)
    gc.collect()
    assert [key for key in applications if str(key[0]).startswith("urn:")] == []

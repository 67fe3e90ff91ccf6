"""gateway/producers.py: adapters in threads of their own (contracts/producer.py; platform.md §13; DESIGN decision 2)."""

import asyncio
import sys
import threading
from collections.abc import Callable

import pytest

from contracts import scheduling
from contracts.errors import NotAuthorised, ProducerFault, ProducerUnreachable
from contracts.identifiers import HsaId
from gateway import producers
from gateway.call import Answer
from gateway.pipeline import Pipeline
from tests.gateway.builders import (
    CLINIC,
    CONSUMER,
    CONTRACT,
    Gate,
    Stub,
    a_pipeline,
    a_request,
    a_route,
    a_snapshot,
    carried,
    fault_in,
    opened,
    payload_of,
    sample,
    with_headers,
)
from tests.people import ANNA

OTHER = "SE2321009991-1A01"
ADDRESS = "Error connecting to service producer at address adapter:stub. "


def answered(before: Callable[[], object] = lambda: None, **stub: object) -> Answer:
    return carried(a_pipeline(adapters={"stub": Stub(before=before, **stub)}))


def raising(error: BaseException) -> Callable[[], object]:
    def explode() -> None:
        raise error

    return explode


def test_an_adapter_gets_a_typed_question_and_who_asks() -> None:
    stub = Stub()
    answer = carried(a_pipeline(adapters={"stub": stub}), with_headers({"x-skltp-correlation-id": "my-id"}))
    ((question, caller),) = stub.asked
    assert question == scheduling.GetAllCareTypes(HsaId(CLINIC), ANNA.identity)
    assert (caller.logical_address, caller.consumer, caller.correlation_id) == (HsaId(CLINIC), CONSUMER, "my-id")
    assert caller.actor == ANNA.actor
    assert b"Provtagning" in answer.body


def test_an_adapter_learns_the_original_consumer() -> None:
    """platform.md §6, §7.2."""
    stub = Stub()
    carried(a_pipeline(adapters={"stub": stub}), with_headers({"x-rivta-original-serviceconsumer-hsaid": "SE9"}))
    assert (stub.asked[0][1].consumer, stub.asked[0][1].original_consumer) == (CONSUMER, "SE9")


def test_a_call_without_an_actor_reaches_the_adapter_without_one() -> None:
    """DESIGN decision 8: the adapter refuses by its own rule."""
    stub = Stub()
    body = sample()
    start, end = body.index(b"<h:Actor>"), body.index(b"</h:Actor>") + len(b"</h:Actor>")
    payload_of(carried(a_pipeline(adapters={"stub": stub}), a_request(body[:start] + body[end:])))
    assert stub.asked[0][1].actor is None


def test_a_message_of_profile_2_0_reaches_an_adapter_too() -> None:
    stub = Stub()
    body = sample().replace(b"urn:riv:itintegration:registry:1", b"http://www.w3.org/2005/08/addressing")
    payload_of(carried(a_pipeline(adapters={"stub": stub}), a_request(body.replace(b"reg:LogicalAddress", b"reg:To"))))
    assert stub.asked[0][1].logical_address == HsaId(CLINIC)


def test_adapters_are_opened_before_the_first_question_and_closed_after_the_last() -> None:
    stub = Stub()
    carried(a_pipeline(adapters={"stub": stub}))
    assert stub.told == ["open", "close"]


# What an adapter does instead of answering


def test_an_adapters_own_fault_is_passed_on() -> None:
    """contracts.md G-14."""
    fault = fault_in(answered(raising(ProducerFault("The database is locked."))))
    assert (fault.faultstring, fault.faultcode) == ("The database is locked.", "SOAP-ENV:Server")


@pytest.mark.parametrize("error", [ProducerUnreachable("The line is dead."), NotAuthorised("no")])
def test_a_platform_error_of_an_adapter_is_its_row(error: ProducerUnreachable) -> None:
    fault = fault_in(answered(raising(error)))
    assert (fault.code, fault.detail) == (error.code, error.detail)


@pytest.mark.parametrize(
    "error",
    [ValueError("secret"), KeyError("secret"), LookupError("secret"), RecursionError("secret"), MemoryError("secret"),
     UnicodeDecodeError("utf-8", b"x", 0, 1, "secret"), NotImplementedError("secret"), ExceptionGroup("secret", [ValueError("secret")])],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_an_unexpected_exception_is_vp009_without_traceback_or_message(error: Exception) -> None:
    """STYLE §6; contracts/producer.py."""
    answer = answered(raising(error))
    fault = fault_in(answer)
    assert fault.code == "VP009"
    assert b"secret" not in answer.body
    assert b"Traceback" not in answer.body
    assert type(error).__name__ in fault.detail


@pytest.mark.parametrize(
    "error", [StopIteration("secret"), SystemExit("secret"), KeyboardInterrupt(), GeneratorExit(), asyncio.CancelledError()],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_what_would_hang_the_call_or_end_the_server_is_an_ordinary_error(error: BaseException) -> None:
    """asyncio cannot carry a StopIteration out of a thread, and lets a SystemExit end the event loop."""
    pipeline = a_pipeline(adapters={"stub": Stub(before=raising(error))}, adapter_threads=1, adapter_queue=1)

    async def ask_often() -> list[Answer]:
        async with opened(pipeline):
            return [await pipeline.answer(a_request()) for _ in range(5)]

    for answer in asyncio.run(ask_often()):
        assert fault_in(answer).detail == "An internal error stopped the call: RuntimeError. It has been logged."


def test_a_call_to_sys_exit_in_an_adapter_does_not_end_the_gateway() -> None:
    assert fault_in(answered(lambda: sys.exit(3))).code == "VP009"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (None, "NoneType"),
        ("text", "str"),
        (scheduling.GetAllTimeTypesResponse(), "GetAllTimeTypesResponse"),
        ({}, "dict"),
    ],
)
def test_an_answer_of_the_wrong_type_is_vp009(answer: object, kind: str) -> None:
    fault = fault_in(answered(answer=answer))
    assert fault.code == "VP009"
    assert fault.detail == f"The adapter at adapter:stub answered with a {kind}"


@pytest.mark.parametrize(
    "answer",
    [
        scheduling.GetAllCareTypesResponse(("no care type",)),
        scheduling.GetAllCareTypesResponse(5),
    ],
)
def test_an_answer_that_cannot_be_written_is_vp009(answer: object) -> None:
    assert fault_in(answered(answer=answer)).code == "VP009"


def test_characters_that_xml_cannot_carry_do_not_break_an_answer() -> None:
    answer = answered(answer=scheduling.GetAllCareTypesResponse((scheduling.CareType("\x00", "a\x0b\ud800<&"),)))
    assert payload_of(answer) is not None


def test_an_adapter_that_does_not_exist_is_vp009_with_its_address() -> None:
    fault = fault_in(carried(a_pipeline(a_route(address="adapter:nosuch"))))
    assert (fault.code, fault.detail.split(". ")[0]) == (
        "VP009",
        "Error connecting to service producer at address adapter:nosuch",
    )
    assert "(AdapterMissing: There is no adapter of that name.)" in fault.detail


def test_a_contract_that_adapters_do_not_have_is_vp009() -> None:
    body = sample().replace(b"GetAllCareTypes", b"GetOthers")
    pipeline = a_pipeline(a_route(contract=CONTRACT.replace("GetAllCareTypes", "GetOthers")))
    assert "The adapter does not offer this contract." in fault_in(carried(pipeline, a_request(body))).detail


# The pool


def two_adapters(slow: Stub, quick: Stub, **settings: object) -> Pipeline:
    routes = (a_route(address="adapter:slow"), a_route(address="adapter:quick", logical_address=OTHER))
    return a_pipeline(*routes, adapters={"slow": slow, "quick": quick}, **settings)


def to_other() -> bytes:
    return sample().replace(b"LogicalAddress>" + CLINIC.encode(), b"LogicalAddress>" + OTHER.encode())


def test_one_more_call_than_fits_is_told_so_at_once() -> None:
    """DESIGN decision 2: overload answers at once, and the others are still answered."""
    gate = Gate()
    pipeline = a_pipeline(adapters={"stub": Stub(before=gate)}, adapter_threads=2, adapter_queue=3)

    async def overload() -> tuple[list[Answer], list[Answer]]:
        async with opened(pipeline):
            waiting = [asyncio.create_task(pipeline.answer(a_request())) for _ in range(5)]
            await asyncio.to_thread(gate.reached.acquire)
            refused = [await pipeline.answer(a_request()) for _ in range(3)]
            assert not any(task.done() for task in waiting)
            gate.let_on()
            return await asyncio.gather(*waiting), refused

    answered_, refused = asyncio.run(overload())
    assert [answer.status for answer in answered_] == [200] * 5
    for answer in refused:
        fault = fault_in(answer)
        assert (fault.code, fault.faultcode) == ("VP009", "SOAP-ENV:Server")
        assert "Too many calls are waiting for the producer." in fault.detail


def test_after_an_overload_there_is_room_again() -> None:
    gate = Gate()
    pipeline = a_pipeline(adapters={"stub": Stub(before=gate)}, adapter_threads=1, adapter_queue=1)

    async def overload_twice() -> list[int]:
        async with opened(pipeline):
            waiting = [asyncio.create_task(pipeline.answer(a_request())) for _ in range(9)]
            await asyncio.to_thread(gate.reached.acquire)
            gate.let_on()
            await asyncio.gather(*waiting)
            return [(await pipeline.answer(a_request())).status for _ in range(5)]

    assert asyncio.run(overload_twice()) == [200] * 5


def test_a_hanging_adapter_times_out_while_others_are_answered() -> None:
    """DESIGN decision 2; platform.md §13: the sentence that consumers know."""
    gate, quick = Gate(), Stub()
    pipeline = two_adapters(Stub(before=gate), quick, producer_timeout_seconds=0.2)

    async def hang() -> tuple[Answer, list[Answer]]:
        async with opened(pipeline):
            hanging = asyncio.create_task(pipeline.answer(a_request()))
            await asyncio.to_thread(gate.reached.acquire)
            others = [await pipeline.answer(a_request(to_other())) for _ in range(5)]
            late = await hanging
            gate.let_on()
            return late, others

    late, others = asyncio.run(hang())
    assert [answer.status for answer in others] == [200] * 5
    fault = fault_in(late)
    assert fault.code == "VP009"
    assert fault.detail.startswith("Error connecting to service producer at address adapter:slow. ")
    assert "Timeout when waiting on response from producer." in fault.detail


def test_calls_that_hang_count_until_their_threads_are_free() -> None:
    """A thread that hangs holds its place, so that hanging calls cannot pile up without bound."""
    gate = Gate()
    pipeline = a_pipeline(
        adapters={"stub": Stub(before=gate)}, adapter_threads=1, adapter_queue=1, producer_timeout_seconds=0.05
    )

    async def pile_up() -> list[Answer]:
        async with opened(pipeline):
            late = [await pipeline.answer(a_request()) for _ in range(4)]
            gate.let_on()
            return late

    told = [fault_in(answer).detail for answer in asyncio.run(pile_up())]
    assert ["Timeout when waiting" in one for one in told] == [True, True, False, False]
    assert ["Too many calls" in one for one in told] == [False, False, True, True]


def test_an_answer_that_comes_too_late_has_nobody_left_to_tell() -> None:
    gate = Gate()

    def late() -> None:
        gate()
        raise ValueError("too late")

    pipeline = a_pipeline(adapters={"stub": Stub(before=late)}, producer_timeout_seconds=0.05)

    async def ask() -> Answer:
        async with opened(pipeline):
            answer = await pipeline.answer(a_request())
            gate.let_on()
            return answer

    assert "Timeout" in fault_in(asyncio.run(ask())).detail


def test_an_adapter_that_cannot_open_keeps_the_gateway_from_starting() -> None:
    class Closed(Stub):
        def open(self) -> None:
            raise ConnectionError("no database")

    async def start() -> None:
        await a_pipeline(adapters={"stub": Closed()}).open()

    with pytest.raises(ConnectionError, match="no database"):
        asyncio.run(start())


def test_a_snapshot_of_no_authorisations_reaches_no_adapter() -> None:
    stub = Stub()
    snapshot = a_snapshot(a_route(), authorisations=())
    assert fault_in(carried(a_pipeline(snapshot=snapshot, adapters={"stub": stub}))).code == "VP007"
    assert stub.asked == []


@pytest.mark.parametrize("hanging", ["close", "a call"])
def test_an_adapter_that_hangs_does_not_hold_up_the_end(
    hanging: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its threads are such that the process does not wait for them either."""
    monkeypatch.setattr(producers, "CLOSE_SECONDS", 0.1)
    gate = Gate()

    class Hanging(Stub):
        def close(self) -> None:
            if hanging == "close":
                gate()

    async def live() -> list[threading.Thread]:
        pipeline = a_pipeline(adapters={"stub": Hanging(before=gate)}, producer_timeout_seconds=0.1)
        await pipeline.producers.open()
        if hanging == "a call":
            await pipeline.answer(a_request())
        await pipeline.close()
        return [one for one in threading.enumerate() if one.name.startswith("adapter")]

    left = asyncio.run(live())
    gate.let_on()
    assert any(one.getMessage().startswith("adapter") for one in caplog.records if one.levelname == "ERROR")
    assert left
    assert all(one.daemon for one in left)

"""Hundreds of questions at once, and one source that hangs: it holds neither a thread nor the others' places."""

import asyncio
import socket
import threading
from contextlib import ExitStack

from tests.national_services.aggregation.asking import aggregation, ask, asking
from tests.national_services.aggregation.network import Network, answers, engagement, hangs, hangs_then, times

STUCK, WELL = "SE2321009991-STUCK", "SE2321009991-WELL"
MANY = 200


def well(address: str):
    return answers(times(address, address))


def test_two_hundred_questions_wait_for_one_source_and_another_question_is_answered():
    before = threading.active_count()
    with Network({STUCK: hangs_then(well(STUCK))}) as network, aggregation(network, reading_threads=1) as service:
        network.clinics[WELL] = well(WELL)

        async def crowd():
            waiting = [asyncio.ensure_future(asking(service)) for _ in range(MANY)]
            await asyncio.to_thread(network.wait_until_hanging, MANY)
            threads = threading.active_count() - before
            network.engagements = [engagement(WELL)]
            another = await asking(service)
            assert not any(task.done() for task in waiting)
            network.release()
            return another, await asyncio.gather(*waiting), threads

        another, answered, threads = asyncio.run(crowd())
    assert (another.status, another.booking_ids) == (200, [WELL])
    assert [one.booking_ids for one in answered] == [[STUCK]] * MANY
    assert threads < 20


def test_one_source_takes_no_more_places_than_it_may():
    with (
        Network({STUCK: hangs_then(well(STUCK)), WELL: well(WELL)}) as network,
        aggregation(network, most_calls_to_one_source=3) as service,
    ):

        async def crowd():
            waiting = [asyncio.ensure_future(asking(service)) for _ in range(3)]
            await asyncio.to_thread(network.wait_until_hanging, 3)
            over = await asking(service)
            network.release()
            return over, await asyncio.gather(*waiting)

        over, answered = asyncio.run(crowd())
        again = ask(service)
    assert over.codes == {STUCK: "43000", WELL: ""}
    assert over.text_of(STUCK) == "too many calls are waiting for answers of this source"
    assert {tuple(one.codes.values()) for one in (*answered, again)} == {("", "")}


def test_more_calls_than_may_wait_at_all_fail_at_once():
    clinics = {f"SE2321009991-K{number}": hangs for number in range(5)}
    with Network(clinics) as network, aggregation(network, most_calls_at_once=3, total_seconds=1.0) as service:
        answer = ask(service)
    texts = [answer.text_of(address) for address in clinics]
    assert texts == ["Unknown error"] * 3 + ["too many calls are waiting for answers"] * 2


def test_closing_gives_up_what_waits_with_a_fault():
    with Network({STUCK: hangs}) as network:
        service = aggregation(network)
        service.open()

        async def leave():
            waiting = asyncio.ensure_future(asking(service))
            await asyncio.to_thread(network.wait_until_hanging, 1)
            await asyncio.to_thread(service.close)
            return await waiting

        assert asyncio.run(leave()).faultstring == "The service is not running."


def test_a_consumer_that_leaves_takes_its_calls_along():
    with Network({STUCK: hangs}) as network, aggregation(network) as service:

        async def leave():
            waiting = asyncio.ensure_future(asking(service))
            await asyncio.to_thread(network.wait_until_hanging, 1)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            return waiting.cancelled()

        assert asyncio.run(leave())
        network.clinics[STUCK] = well(STUCK)
        assert ask(service).codes == {STUCK: ""}


def test_it_may_be_closed_twice_and_opened_twice():
    with Network({WELL: well(WELL)}) as network:
        service = aggregation(network)
        service.open()
        service.open()
        assert ask(service).codes == {WELL: ""}
        service.close()
        service.close()


def test_a_platform_that_takes_no_connection_in_time_is_told_so():
    """Its queue of connections is full, so that nobody who tries comes further."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as opened:
        for _ in range(8):
            one = opened.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        with Network() as network, aggregation(network, platform_url=url, index_connect_seconds=0.2) as service:
            assert "no connection could be made in time" in ask(service).faultstring


def test_whoever_asks_while_it_closes_gets_an_answer_or_a_fault():
    for _ in range(5):
        with Network({WELL: well(WELL)}) as network:
            service = aggregation(network)
            service.open()

            async def crowd(service=service):
                waiting = [asyncio.ensure_future(asking(service)) for _ in range(20)]
                await asyncio.gather(asyncio.to_thread(service.close), *waiting)
                return [one.result().status for one in waiting]

            assert set(asyncio.run(crowd())) <= {200, 500}

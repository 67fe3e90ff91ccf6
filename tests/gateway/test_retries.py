"""gateway/retries.py and the attempts that a call gets (platform.md §14.2; §24 rows 36–38; §25 row 13)."""

import asyncio
import socket
import struct

import pytest

from contracts.namespaces import responder
from gateway import producer_failures as failures
from gateway.call import Answer
from gateway.forwarder import Forwarder
from gateway.producer_tls import ProducerTls
from gateway.retries import is_updating, may_be_sent_again
from gateway.settings import GatewaySettings, read_settings
from gateway.time_outs import TimeOuts
from tests.gateway.builders import (
    Behaviour,
    a_call,
    a_pipeline,
    a_request,
    a_route,
    carried,
    fault_in,
    forwarded,
    http_reply,
    opened,
    sample,
)

GOOD = sample("GetAllCareTypes", "response")
BOOKED = sample("MakeBooking", "response")
BOOKING = sample("MakeBooking")
AT_ONCE = {"retry_delay_seconds": 0}


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def failing(times: int, good: bytes = GOOD) -> Behaviour:
    """Resets so many calls, and answers the one after them."""
    left = [times]

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left[0] -= 1
        if left[0] >= 0:
            await reset(reader, writer)
        else:
            writer.write(http_reply("200 OK", good))

    return behave


def a_closed_port() -> str:
    """An address on which nobody listens; the port stays taken while the socket lives."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    _TAKEN.append(taken)
    return f"http://127.0.0.1:{taken.getsockname()[1]}/x"


_TAKEN: list[socket.socket] = []


@pytest.fixture(autouse=True)
def _ports_are_given_back():
    yield
    while _TAKEN:
        _TAKEN.pop().close()


# Which calls


@pytest.mark.parametrize(
    ("name", "updates"),
    [
        ("GetAvailableDates", False),
        ("FindContent", False),
        ("PingForConfiguration", False),
        ("ListThings", False),
        ("SearchThings", False),
        ("MakeBooking", True),
        ("UpdateBooking", True),
        ("CancelBooking", True),
        ("ProcessNotification", True),
        ("ResetGet", True),
    ],
)
def test_a_contract_changes_something_unless_its_name_says_that_it_asks(name: str, updates: bool) -> None:
    assert is_updating(responder(name)) is updates


@pytest.mark.parametrize("contract", ["", "urn:riv:a:b", "nonsense", "urn:riv:GetX:1"])
def test_a_contract_that_is_not_understood_counts_as_changing_something(contract: str) -> None:
    assert is_updating(contract)


CONNECTING = [failures.CONNECT_ERROR, failures.CONNECT_TIMEOUT, failures.HOST_UNKNOWN]
NEVER = [failures.READ_TIMEOUT, failures.TLS_FAILED, failures.ANSWER_UNREADABLE, failures.ANSWER_TOO_LARGE]


@pytest.mark.parametrize("updates", [True, False])
@pytest.mark.parametrize("mode", ["tidbro", "skltp"])
def test_what_kind_of_failure_is_tried_again(updates: bool, mode: str) -> None:
    """platform.md §14.2: socket errors are, everything else is not; §25 row 13 for what changes something."""
    settings = read_settings({"compatibility": mode})
    assert all(may_be_sent_again(one, updates, settings) for one in CONNECTING)
    assert not any(may_be_sent_again(one, updates, settings) for one in NEVER)
    assert may_be_sent_again(failures.CONNECTION_BROKEN, updates, settings) is (mode == "skltp" or not updates)


# What is seen


def test_a_question_whose_connection_was_reset_is_sent_again() -> None:
    """platform.md §24 row 38: 200, the producer saw two attempts."""
    answer, producer = forwarded(None, behave=failing(1), **AT_ONCE)
    assert (answer.status, answer.body, len(producer.heads)) == (200, GOOD, 2)
    assert producer.bodies[0] == producer.bodies[1] == sample()


@pytest.mark.parametrize("mode", ["tidbro", "skltp"])
@pytest.mark.parametrize("sign", ["has_left", "has_closed_its_half"])
def test_a_call_whose_caller_may_have_left_is_not_sent_again(sign: str, mode: str) -> None:
    """Nobody would hear the answer; a producer that hangs would otherwise be asked for ever more."""
    request = a_request()
    setattr(request.presence, sign, True)
    _, producer = forwarded(None, request, behave=failing(1), compatibility=mode, **AT_ONCE)
    assert len(producer.heads) == 1


def test_two_resets_are_one_too_many() -> None:
    answer, producer = forwarded(None, behave=failing(2), **AT_ONCE)
    assert "ConnectionBroken" in fault_in(answer).detail
    assert len(producer.heads) == 2


@pytest.mark.parametrize(("attempts", "seen"), [(0, 1), (3, 4), (-1, 6)])
def test_how_often_a_call_is_sent_again_is_a_setting_and_below_zero_is_for_ever(attempts: int, seen: int) -> None:
    """platform.md §14.2."""
    _, producer = forwarded(None, behave=failing(5), retry_attempts=attempts, **AT_ONCE)
    assert len(producer.heads) == seen


def test_a_booking_is_never_sent_twice_by_default() -> None:
    """platform.md §25 row 13; DESIGN decision 8: the producer may have made the booking before the reset."""
    answer, producer = forwarded(None, a_request(BOOKING), behave=failing(1), retry_attempts=5, **AT_ONCE)
    assert "ConnectionBroken" in fault_in(answer).detail
    assert len(producer.heads) == 1


def test_a_booking_is_sent_again_where_the_setting_says_so() -> None:
    """platform.md §14.2: as the real platform does."""
    request = a_request(BOOKING)
    answer, producer = forwarded(None, request, behave=failing(1, BOOKED), compatibility="skltp", **AT_ONCE)
    assert (answer.status, answer.body, len(producer.heads)) == (200, BOOKED, 2)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_the_http_library_sends_nothing_again_by_itself(method: str) -> None:
    """It would repeat what HTTP calls idempotent; a booking sent by PUT is still a booking."""
    request = a_request(BOOKING, method=method)
    _, producer = forwarded(None, request, behave=failing(1), retry_attempts=0)
    assert len(producer.heads) == 1


@pytest.mark.parametrize(
    "reply", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<a/>"]
)
def test_a_connection_closed_during_the_call_counts_as_reset(reply: bytes) -> None:
    """platform.md §13."""
    answer, producer = forwarded(reply, **AT_ONCE)
    assert "ConnectionBroken" in fault_in(answer).detail
    assert len(producer.heads) == 2


@pytest.mark.parametrize(
    "status", ["500 Internal Server Error", "503 Service Unavailable", "404 Not Found", "302 Found"]
)
def test_an_answer_with_a_status_is_not_asked_for_again(status: str) -> None:
    """platform.md §14.2."""
    _, producer = forwarded(http_reply(status, b"x"), **AT_ONCE)
    assert len(producer.heads) == 1


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize("mode", ["tidbro", "skltp"])
def test_a_silent_producer_is_asked_once(mode: str) -> None:
    """platform.md §24 row 36."""
    _, producer = forwarded(None, behave=hang, producer_timeout_seconds=0.1, compatibility=mode, **AT_ONCE)
    assert len(producer.heads) == 1


# The wait


class Waits:
    """Instead of sleeping: what was asked for."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def attempts_at_a_closed_port(settings: GatewaySettings, body: bytes, seconds: float = 29) -> tuple[list[float], int]:
    """The waits and the attempts of a call to a producer that is not there."""
    waits, call = Waits(), a_call(body)

    async def ask() -> None:
        forwarder = Forwarder(settings, TimeOuts(seconds), ProducerTls(), waits)
        await forwarder.open()
        try:
            with pytest.raises(Exception, match="Cannot connect"):
                await forwarder.send(call, a_closed_port(), body)
        finally:
            await forwarder.close()

    asyncio.run(ask())
    return waits.seconds, call.attempts


@pytest.mark.parametrize("mode", ["tidbro", "skltp"])
@pytest.mark.parametrize("body", [sample(), BOOKING], ids=["question", "booking"])
def test_a_refused_connection_is_tried_once_more_after_two_seconds(mode: str, body: bytes) -> None:
    """platform.md §24 row 37. A booking too: without a connection nothing was sent."""
    assert attempts_at_a_closed_port(read_settings({"compatibility": mode}), body) == ([2.0], 2)


def test_no_attempt_begins_after_the_time_for_the_whole_answer() -> None:
    """platform.md §25 row 27: by default a call has an end; on the real platform delays come on top."""
    few = {"retry_attempts": 3, "retry_delay_seconds": 5}
    assert attempts_at_a_closed_port(read_settings(few), sample(), seconds=4) == ([], 1)
    skltp = read_settings({"compatibility": "skltp", **few})
    assert attempts_at_a_closed_port(skltp, sample(), seconds=4) == ([5, 5, 5], 4)


def test_a_call_that_is_tried_for_ever_ends_when_it_is_cancelled() -> None:
    """platform.md §14.2: below zero."""

    async def ask() -> None:
        tried = asyncio.Event()

        async def wait(seconds: float) -> None:
            tried.set()
            await asyncio.Event().wait()

        settings = read_settings({"retry_attempts": -1, "bounds_whole_answer": False})
        forwarder = Forwarder(settings, TimeOuts(), ProducerTls(), wait)
        await forwarder.open()
        task = asyncio.create_task(forwarder.send(a_call(), a_closed_port(), sample()))
        await tried.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await forwarder.close()

    asyncio.run(ask())


def test_a_refused_connection_is_told_with_host_and_port_in_the_real_platforms_words() -> None:
    """platform.md §13."""
    url = a_closed_port()
    pipeline = a_pipeline(a_route(address=url), compatibility="skltp", **AT_ONCE)
    place = url.removeprefix("http://").removesuffix("/x")
    assert fault_in(carried(pipeline)).detail.endswith(
        f"Exception Caught by Camel when contacting producer. Exception information: "
        f"(java.net.ConnectException: Cannot connect to {place})"
    )


# Kept-alive connections


async def keep(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connections: list[int], closes: bool
) -> None:
    """Answers every call of a connection; one that `closes` answers the first and drops the connection at the second."""
    calls = 0
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.decode().split("\r\n") if line.lower().startswith("content-length"))
        await reader.readexactly(int(length.split(": ")[1]))
        calls += 1
        connections.append(id(writer))
        if closes and calls > 1:
            return
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(GOOD)}\r\n\r\n".encode() + GOOD)


def connections_of(bodies: list[bytes], closes: bool = False, **settings: object) -> tuple[list[Answer], list[int]]:
    """What is answered to calls one after the other, and the connection that each attempt came on."""
    connections: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await keep(reader, writer, connections, closes)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            _SEEN.append(writer)  # so that no two connections get one id

    async def ask() -> list[Answer]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        routes = [a_route(address=url), a_route(address=url, contract=responder("MakeBooking"))]
        async with opened(a_pipeline(*routes, answer_validation="off", **AT_ONCE, **settings)) as pipeline:
            answers = [await pipeline.answer(a_request(body)) for body in bodies]
        server.close()
        return answers

    answers = asyncio.run(ask())
    _SEEN.clear()
    return answers, connections


_SEEN: list[asyncio.StreamWriter] = []


def test_questions_share_a_connection_that_is_kept() -> None:
    """platform.md §14.3: keepAlive true."""
    answers, connections = connections_of([sample()] * 3)
    assert [answer.status for answer in answers] == [200] * 3
    assert len(set(connections)) == 1


def test_without_keep_alive_each_call_has_a_connection() -> None:
    """platform.md §14.3: keepAlive false."""
    _, connections = connections_of([sample()] * 3, producer_keep_alive=False)
    assert len(set(connections)) == 3


def test_a_booking_never_goes_on_a_connection_that_the_producer_may_be_closing() -> None:
    """It is sent once, so a connection that closes as it is used again would cost the booking."""
    answers, connections = connections_of([sample(), BOOKING], closes=True)
    assert [answer.status for answer in answers] == [200, 200]
    assert len(set(connections)) == 2


def test_a_booking_that_may_be_sent_again_uses_what_is_kept_and_survives_by_its_retry() -> None:
    """platform.md §14.2, as the real platform does it."""
    answers, connections = connections_of([sample(), BOOKING], closes=True, compatibility="skltp")
    assert [answer.status for answer in answers] == [200, 200]
    assert (len(connections), len(set(connections))) == (3, 2)


def test_a_question_on_a_connection_that_closed_is_asked_again() -> None:
    answers, connections = connections_of([sample(), sample()], closes=True)
    assert [answer.status for answer in answers] == [200, 200]
    assert (len(connections), len(set(connections))) == (3, 2)


@pytest.mark.parametrize(
    ("settings", "warnings"),
    [({}, 0), ({"compatibility": "skltp"}, 1), ({"compatibility": "skltp", "retry_attempts": 0}, 0)],
)
def test_a_gateway_that_sends_changes_twice_says_so_at_its_start(
    settings: dict[str, object], warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §25 row 13: copied, with a warning."""

    async def start() -> None:
        pipeline = a_pipeline(**settings)
        await pipeline.open()
        await pipeline.close()

    asyncio.run(start())
    assert sum("updates_are_sent_again" in one.getMessage() for one in caplog.records) == warnings

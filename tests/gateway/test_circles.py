"""A call that has been answered is gone: nothing of it waits for the garbage collector, whose pauses delay others."""

import gc
import socket
import time
from collections.abc import Callable

import pytest

from gateway.traffic import Body
from tests.gateway.builders import a_pipeline, sample
from tests.gateway.serving import ServedGateway, a_post, read_reply, served

CALLS = 20


@pytest.fixture
def collector():
    """Collects when it is asked to, and not before."""
    gc.collect()
    gc.disable()
    yield gc.collect
    gc.enable()


@pytest.mark.parametrize("reading", ["whole", "scan"])
@pytest.mark.parametrize("body", [sample(), b"<no message/>", b"<broken"])
def test_calls_on_a_connection_leave_nothing_in_circles(body: bytes, reading: str, collector) -> None:
    with served(a_pipeline(reading=reading)) as gateway, gateway.connect() as connection:
        for _ in range(3):  # what is made once, in caches and first uses
            connection.sendall(a_post(body))
            read_reply(connection)
        collector()
        for _ in range(CALLS):
            connection.sendall(a_post(body))
            read_reply(connection)
        assert collector() < CALLS


def left_at_once(gateway: ServedGateway, body: bytes) -> None:
    """The caller goes when it has sent half of what it announced."""
    with gateway.connect() as connection:
        connection.sendall(a_post(body, length=2 * len(body)))


def cut_short(gateway: ServedGateway, body: bytes) -> None:
    gateway.sent(a_post(body, length=2 * len(body)), half_close=True)


def answered(gateway: ServedGateway, body: bytes) -> None:
    gateway.posted(body)


@pytest.mark.parametrize("reading", ["whole", "scan"])
@pytest.mark.parametrize("call", [answered, left_at_once, cut_short])
@pytest.mark.parametrize("body", [sample(), b"<no message/>", b"<broken"])
def test_a_connection_that_has_closed_leaves_nothing_in_circles(
    body: bytes, call: Callable[[ServedGateway, bytes], None], reading: str, collector
) -> None:
    """Whoever calls: a body of many megabytes would stay for each connection, without any identity."""
    with served(a_pipeline(reading=reading)) as gateway, gateway.connect() as other:
        for _ in range(3):
            call(gateway, body)
        in_turn(other)
        collector()
        for _ in range(CALLS):
            call(gateway, body)
        in_turn(other)
        assert collector() < CALLS


def in_turn(connection: socket.socket) -> None:
    """When this is answered, the gateway has heard of everything before it."""
    for _ in range(3):
        connection.sendall(a_post(b"<no message/>"))
        read_reply(connection)


def test_a_connection_that_waits_for_its_next_call_does_not_hold_the_last_one(collector) -> None:
    with served(a_pipeline()) as gateway, gateway.connect() as connection:
        in_turn(connection)
        deadline = time.monotonic() + 10  # the answer comes a moment before all is let go of
        while any(isinstance(one, Body) for one in gc.get_objects()) and time.monotonic() < deadline:
            pass
        assert [one for one in gc.get_objects() if isinstance(one, Body)] == []

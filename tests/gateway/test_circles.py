"""A call that has been answered is gone: nothing of it waits for the garbage collector, whose pauses delay others."""

import gc

import pytest

from tests.gateway.builders import a_pipeline, sample
from tests.gateway.serving import a_post, read_reply, served

CALLS = 20


@pytest.fixture
def collector():
    """Collects when it is asked to, and not before."""
    gc.collect()
    gc.disable()
    yield gc.collect
    gc.enable()


@pytest.mark.parametrize("body", [sample(), b"<no message/>", b"<broken"])
def test_calls_on_a_connection_leave_nothing_in_circles(body: bytes, collector) -> None:
    with served(a_pipeline()) as gateway, gateway.connect() as connection:
        for _ in range(3):  # what is made once, in caches and first uses
            connection.sendall(a_post(body))
            read_reply(connection)
        collector()
        for _ in range(CALLS):
            connection.sendall(a_post(body))
            read_reply(connection)
        assert collector() < CALLS

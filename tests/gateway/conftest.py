"""One gateway for all tests that need a real socket: starting it compiles every schema."""

from collections.abc import Iterator

import pytest

from contracts.namespaces import responder
from tests.gateway.builders import a_pipeline, a_route
from tests.gateway.serving import ServedGateway, served


@pytest.fixture(scope="session")
def gateway() -> Iterator[ServedGateway]:
    """A gateway with a stub adapter behind four contracts, and short time-outs."""
    names = ("GetAllCareTypes", "GetAvailableDates", "MakeBooking")
    routes = [a_route(contract=responder(name)) for name in names]
    pipeline = a_pipeline(*routes, a_route(contract="urn:riv:other:domain:AskResponder:1"), request_timeout_seconds=2)
    with served(pipeline) as one:
        yield one

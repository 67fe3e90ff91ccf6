"""The gateways of one test, and each of the two ways of being set in turn."""

from collections.abc import Iterator

import pytest

from tests.platform.world import Gateway, World


@pytest.fixture(autouse=True)
def _gateways_of_one_test_end_with_it(world: World) -> Iterator[None]:
    yield
    world.end_test()


@pytest.fixture(params=("like_skltp", "by_default"))
def gateway(request: pytest.FixtureRequest) -> Gateway:
    """Each of the two in turn, for what both do."""
    found: Gateway = request.getfixturevalue(request.param)
    return found

"""Each of the two ways of being set in turn, for what both do."""

import pytest

from tests.platform.world import Gateway


@pytest.fixture(params=("like_skltp", "by_default"))
def gateway(request: pytest.FixtureRequest) -> Gateway:
    """Each of the two in turn, for what both do."""
    found: Gateway = request.getfixturevalue(request.param)
    return found

"""The gateways that tests share: one process for each way of being set, started when it is first asked for."""

from collections.abc import Iterator

import pytest

from tests.platform.world import Gateway, World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Producers, certificates and files."""
    made = World(tmp_path_factory.mktemp("platform"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def like_skltp(world: World) -> Gateway:
    """A gateway that is as the real platform."""
    return world.share("skltp", with_tls=True)


@pytest.fixture(scope="session")
def by_default(world: World) -> Gateway:
    """A gateway with the safer defaults."""
    return world.share("tidbro", with_tls=True)

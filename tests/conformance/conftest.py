"""The demo region, served once for all tests of a run that only look or put back what they book."""

from collections.abc import Iterator

import pytest

from tests.serving import Served, demo_region


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with demo_region(tmp_path_factory.mktemp("region")) as served:
        yield served

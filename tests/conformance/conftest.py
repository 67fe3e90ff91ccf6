"""The demo region, served once for all tests of this folder that only look or put back what they book."""

from collections.abc import Iterator

import pytest

from tests.serving import Served, demo_region


@pytest.fixture(scope="package")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with demo_region(tmp_path_factory.mktemp("region")) as served:
        yield served

"""The record system shows through its adapter what every adapter must show: in one process, and over HTTP."""

import pytest

from tests.scheduling_backends.takecare.conftest import a_record_system
from tests.scheduling_backends.timebook.test_contract import TestTimebook as _TestTimebook


class TestTakeCare(_TestTimebook):
    """In this process, with nothing but the message between."""


class TestTakeCareOverHttp(_TestTimebook):
    """As a process of its own would be reached."""

    @pytest.fixture
    def world(self, tmp_path):
        with a_record_system(tmp_path, over_http=True) as world:
            yield world

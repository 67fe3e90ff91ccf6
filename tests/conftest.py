"""Fixtures that every folder of tests may use, and what holds for all property tests."""

from hypothesis import settings

pytest_plugins = ["tests.town", "tests.platform.fixtures"]

settings.register_profile("tidbro", deadline=None)  # no test depends on a time: the machine may be busy
settings.load_profile("tidbro")

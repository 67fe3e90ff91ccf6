"""Fixtures that every folder of tests may use."""

pytest_plugins = ["tests.town", "tests.platform.fixtures"]

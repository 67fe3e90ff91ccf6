"""What the timebook answers to a question the record system answers too, through its own words: the same tests."""

from tests.scheduling_backends.timebook.test_contract_rules import *  # noqa: F403

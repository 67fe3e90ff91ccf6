"""What the timebook's adapter answers the record system's answers too: who may ask, the audit log, odd questions."""

from tests.scheduling_backends.timebook.test_adapter import *  # noqa: F403

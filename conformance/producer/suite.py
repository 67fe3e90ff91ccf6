"""Where the producer's checks are registered; `load` imports every module that has some, in the order of a run."""

from importlib import import_module

from conformance.checks import Suites

SUITES = Suites("producer")

_MODULES = (
    "basics",
    "basics_ping",
    "wsdl",
    "headers",
    "directory",
    "availability",
    "booking",
    "moving",
    "cancelling",
    "invitations",
    "refusals",
    "strangers",
    "malformed",
    "repeats",
    "duel",
    "messages",
    "messages_schema",
    "messages_values",
    "messages_times",
)


def load() -> Suites:
    """All checks of a producer."""
    for name in _MODULES:
        import_module(f"conformance.producer.{name}")
    SUITES.arrange(_MODULES)
    return SUITES

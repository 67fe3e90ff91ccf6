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
    modules = [f"{__package__}.{name}" for name in _MODULES]
    for name in modules:
        import_module(name)
    SUITES.arrange(modules)
    return SUITES

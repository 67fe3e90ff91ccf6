"""Where the consumer's checks are registered; `load` imports every module that has some, in the order of a run."""

from importlib import import_module

from conformance.checks import Suites

SUITES = Suites("consumer")

_MODULES = (
    "seeing",
    "making",
    "offers",
    "unanswered",
    "moving",
    "cancelling",
    "invitations",
    "texts",
    "messages",
)


def load() -> Suites:
    """All checks of a consumer."""
    for name in _MODULES:
        import_module(f"conformance.consumer.{name}")
    return SUITES

"""Where the gateway's checks are registered; `load` imports every module that has some, in the order of a run."""

from importlib import import_module

from conformance.checks import Suites

SUITES = Suites("gateway")

_MODULES = (
    "identity",
    "routing",
    "profiles",
    "reading",
    "outcomes",
    "failures",
    "headers",
    "pages",
    "catalogue",
    "log",
    "aggregation",
    "index",
    "messages",
)


def load() -> Suites:
    """All checks of a gateway."""
    for name in _MODULES:
        import_module(f"conformance.gateway.{name}")
    return SUITES

"""What a contract must say of itself to be aggregated, and finding those who say it.

A plug-in is small: which category of the index counts, how a question is asked of one source, how answers become one.
Calling, time-outs, permissions and ProcessingStatus are the same for all contracts. A plug-in's methods are called from
several threads, keep nothing between calls and reach nobody.
Elsewhere: the plug-in of GetSubjectOfCareSchedule (schedule.py), envelopes for plug-ins (messages.py).
Source: platform.md §22.
"""

from collections.abc import Iterable, Sequence
from pkgutil import resolve_name
from typing import Protocol, cast

from contracts import envelope, xml
from contracts.engagements import Engagement


class Plugin(Protocol):
    """One aggregated contract."""

    @property
    def contract(self) -> str:
        """Namespace of the request element, as routes and authorisations name it."""

    @property
    def path(self) -> str:
        """Where the aggregating service of the contract answers, `/GetAggregated…/service/v1`."""

    @property
    def service_domain(self) -> str:
        """The domain to ask the index for."""

    @property
    def categorizations(self) -> tuple[str, ...]:
        """The categories of the domain that count; empty: all."""

    def resident_of(self, request: xml.Element) -> str:
        """Whom the index is asked about. Raises ServiceFault when the request, the body's element, names nobody."""

    def request_for(self, address: str, engagement: Engagement, incoming: envelope.Message) -> bytes:
        """The whole envelope for one source; `engagement` is what the index said of it."""

    def merge(self, answers: Sequence[xml.Element]) -> bytes:
        """The body's element of the merged answer, of those that came, in the order of the plan; often of none.

        Each is the response element of the contract. The element that is written must not rely on namespaces around it.
        """


def load(names: Iterable[str]) -> tuple[Plugin, ...]:
    """The plug-ins that functions named `module:create` make. Raises ValueError naming the one that cannot be had."""
    return tuple(_loaded(name) for name in names)


def _loaded(name: str) -> Plugin:
    try:
        return cast(Plugin, resolve_name(name)())
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"The plug-in {name} cannot be loaded: {type(error).__name__}.") from error

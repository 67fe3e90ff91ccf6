"""How long a producer may take, by contract, from the real platform's JSON file.

Source: platform.md §14.1; §25 row 19.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TimeOuts:
    """Seconds by contract; `default_seconds` is for all others."""

    default_seconds: float = 29.0
    by_contract: Mapping[str, float] = field(default_factory=dict)

    def producer_seconds(self, contract: str | None) -> float:
        return self.by_contract.get(contract or "", self.default_seconds)

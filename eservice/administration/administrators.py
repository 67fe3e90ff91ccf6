"""Who administers which clinics.

Elsewhere: who sits at the screen (desk.py), where they come from (whoever knows the region).
Source: domain.md §8, §3.2 (HSA-ids).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts.identifiers import HsaId


@dataclass(frozen=True, slots=True)
class Administrator:
    """A member of staff who decides for some clinics."""

    hsa_id: HsaId
    name: str
    clinics: tuple[HsaId, ...]

    def decides_for(self, clinic: HsaId) -> bool:
        return clinic in self.clinics


class Administrators:
    """Those that the e-service knows, by their HSA-ids."""

    def __init__(self, administrators: Iterable[Administrator]) -> None:
        self._known: Mapping[HsaId, Administrator] = {one.hsa_id: one for one in administrators}

    @property
    def everybody(self) -> tuple[Administrator, ...]:
        return tuple(self._known.values())

    def administrator(self, hsa_id: HsaId) -> Administrator | None:
        return self._known.get(hsa_id)

    def name_of(self, hsa_id: HsaId) -> str:
        """The name; for somebody who is not an administrator any more the HSA-id."""
        known = self._known.get(hsa_id)
        return hsa_id.text if known is None else known.name

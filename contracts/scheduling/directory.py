"""What is offered: care types, clinics, performers and time types.

Source: contracts.md §5.3–5.6. In every request an empty filter means all.
"""

from dataclasses import dataclass, field

from contracts.identifiers import HsaId, PersonIdentity
from contracts.scheduling.core import CareType, Extensions, FacilityInfo, PerformerInfo, TimeType


@dataclass(frozen=True, slots=True)
class GetAllCareTypes:
    """Which kinds of care can this citizen book at the facility?"""

    healthcare_facility: HsaId
    subject_of_care: PersonIdentity
    time_type_ids: tuple[str, ...] = ()
    performers: tuple[HsaId, ...] = ()
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetAllCareTypesResponse:
    """One for each kind of care; empty means none (GCT-1)."""

    care_types: tuple[CareType, ...] = ()
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetAllHealthcareFacilities:
    """Which clinics can the citizen choose, for a new booking or, with `booking_id`, for moving that very booking?"""

    healthcare_facility: HsaId
    subject_of_care: PersonIdentity
    booking_id: str | None = None
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetAllHealthcareFacilitiesResponse:
    """The clinics, the asked one among them only if it offers times (GHF-5); empty for an unknown booking (GHF-2)."""

    facilities: tuple[FacilityInfo, ...] = ()
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetAllPerformers:
    """Whom can this citizen book a time with at the facility?"""

    healthcare_facility: HsaId
    subject_of_care: PersonIdentity
    time_type_ids: tuple[str, ...] = ()
    care_type_ids: tuple[str, ...] = ()
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetAllPerformersResponse:
    """One for each performer; empty means that there is nobody to choose (GP-1)."""

    performers: tuple[PerformerInfo, ...] = ()
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetAllTimeTypes:
    """Which kinds of time can this citizen book at the facility?"""

    healthcare_facility: HsaId
    subject_of_care: PersonIdentity
    care_type_ids: tuple[str, ...] = ()
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetAllTimeTypesResponse:
    """One for each kind of time, in the order to show them; empty means none (GTT-1)."""

    time_types: tuple[TimeType, ...] = ()
    extensions: Extensions = field(default=(), repr=False)

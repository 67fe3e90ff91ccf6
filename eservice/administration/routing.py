"""Whether the platform leads to a clinic, for what a service needs: a service without it cannot be switched on.

Elsewhere: asking the registry (eservice/platform.py). Source: domain.md §8, §4 (which calls feed which pages).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from eservice import visits
from eservice.clinic_settings import Service
from eservice.clinics import Clinic

NEEDED: Mapping[Service, tuple[str, ...]] = {
    "book": ("GetAllTimeTypes", "GetAvailableDates", "GetAvailableTimeslots", "MakeBooking", "GetBookingDetails"),
    "booked": ("GetSubjectOfCareSchedule", "GetBookingDetails"),
}
"""Without these a service is none."""
USED: Mapping[Service, tuple[str, ...]] = {
    "book": ("GetAllHealthcareFacilities", "GetAllCareTypes", "GetAllPerformers"),
    "booked": ("UpdateBooking", "CancelBooking", "GetAllHealthcareFacilities"),
}
"""Without these it offers less."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Whether the platform leads to the clinic, and for which interactions there is no authorisation.

    `is_known` is False when it did not answer.
    """

    is_known: bool
    is_routed: bool = False
    missing: tuple[str, ...] = ()

    def needed(self, service: Service) -> tuple[str, ...]:
        """What is missing without which the service cannot be switched on."""
        return tuple(one for one in NEEDED[service] if one in self.missing)

    def used(self, service: Service) -> tuple[str, ...]:
        """What is missing that it can do without."""
        return tuple(one for one in USED[service] if one in self.missing)

    def lead_to(self, service: Service) -> bool:
        return self.is_known and self.is_routed and not self.needed(service)


def ways_to(clinic: Clinic) -> Ways:
    """The platform's word now."""
    asked, platform = {one for told in (*NEEDED.values(), *USED.values()) for one in told}, visits.eservice().platform
    missing = platform.missing(clinic.hsa_id, sorted(asked))
    is_routed = None if missing is None else platform.leads_to(clinic.hsa_id)
    return Ways(False) if missing is None or is_routed is None else Ways(True, is_routed, missing)

"""The plug-in seam: what a scheduling system implements to answer behind the gateway.

An adapter is found by entry point (group `tidbro.scheduling_backends`, value `module:create`) and reached by the TAK
address `adapter:NAME`. Life cycle: `create(settings)` makes it, without side effects; `open` connects; then the eleven
methods are called from many threads at once; `close` ends it. `health` may be asked at any time between.

How to answer: a refusal by a rule is a result (resultCode ERROR and a text for the citizen); a question that finds
nothing is an empty answer; what cannot be answered at all raises ProducerFault (your own SOAP fault) or a
PlatformError. Anything else that is raised is logged with its traceback and answered with VP009, without it.
The shared tests that every adapter must pass: scheduling_backends/testing.py.
Source: contracts.md §3, §5; DESIGN decisions 6 to 9 in docs/decisions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from contracts import scheduling as s
from contracts.identifiers import HsaId

ENTRY_POINT_GROUP = "tidbro.scheduling_backends"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks and on whose behalf, as the gateway established it.

    `consumer` is the calling system's HSA-id, `original_consumer` the one it calls for, often the same; `actor` the
    person who acts, None when the header is missing (adapters that need it refuse by their own rule).
    `correlation_id` ties the call to the message log.
    """

    logical_address: HsaId
    consumer: str
    original_consumer: str
    actor: s.Actor | None
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the system can answer now, and a sentence for operations staff that says why or why not."""

    is_ready: bool
    sentence: str


class SchedulingProducer(Protocol):
    """What a scheduling system answers; one method for each interaction of crm:scheduling 1.1."""

    def open(self) -> None:
        """Connect to what is behind; called once, before any question. Raises what makes the start fail."""

    def close(self) -> None:
        """Let go of what `open` took; called once, after the last answer."""

    def health(self) -> Health:
        """Whether questions can be answered now; must be quick and never raise."""

    def get_all_care_types(self, request: s.GetAllCareTypes, caller: Caller) -> s.GetAllCareTypesResponse: ...

    def get_all_healthcare_facilities(
        self, request: s.GetAllHealthcareFacilities, caller: Caller
    ) -> s.GetAllHealthcareFacilitiesResponse: ...

    def get_all_performers(self, request: s.GetAllPerformers, caller: Caller) -> s.GetAllPerformersResponse: ...

    def get_all_time_types(self, request: s.GetAllTimeTypes, caller: Caller) -> s.GetAllTimeTypesResponse: ...

    def get_available_dates(self, request: s.GetAvailableDates, caller: Caller) -> s.GetAvailableDatesResponse: ...

    def get_available_timeslots(
        self, request: s.GetAvailableTimeslots, caller: Caller
    ) -> s.GetAvailableTimeslotsResponse: ...

    def get_booking_details(self, request: s.GetBookingDetails, caller: Caller) -> s.GetBookingDetailsResponse: ...

    def get_subject_of_care_schedule(
        self, request: s.GetSubjectOfCareSchedule, caller: Caller
    ) -> s.GetSubjectOfCareScheduleResponse: ...

    def make_booking(self, request: s.MakeBooking, caller: Caller) -> s.MakeBookingResponse: ...

    def update_booking(self, request: s.UpdateBooking, caller: Caller) -> s.UpdateBookingResponse: ...

    def cancel_booking(self, request: s.CancelBooking, caller: Caller) -> s.CancelBookingResponse: ...


AdapterSettings = Mapping[str, Any]
"""An adapter's own table of the settings file; unknown names must be refused by `create` with a ValueError."""

CreateAdapter = Callable[[AdapterSettings], SchedulingProducer]
"""What the entry point names."""

"""The eleven interactions of crm:scheduling 1.1 as typed, frozen messages.

One module for each question that a citizen has: `directory` (what is offered, where and by whom), `availability`
(when is there a free time), `booking` (book, move, cancel), `schedule` (what is booked); `core` holds the parts they
share. A request is named as its interaction, its answer `…Response`. Field names are the field's own words; how the
schema spells them is codec.py's business.

Rules that every message keeps: collections are tuples; an absent optional value is None and is left out on the wire
(contracts.md G-11); moments are aware datetimes in Swedish time; `extensions` are the foreign elements that the sender
put at the end, each a document of its own in canonical form, written again with the message. A message's repr names no
person and quotes no text, so it may stand in a log.
"""

from contracts.scheduling.availability import (
    DateAvailability,
    GetAvailableDates,
    GetAvailableDatesResponse,
    GetAvailableTimeslots,
    GetAvailableTimeslotsResponse,
)
from contracts.scheduling.booking import (
    CancelBooking,
    CancelBookingResponse,
    MakeBooking,
    MakeBookingResponse,
    UpdateBooking,
    UpdateBookingResponse,
)
from contracts.scheduling.core import (
    Actor,
    ActorType,
    CareType,
    FacilityInfo,
    PerformerInfo,
    ResultCode,
    SubjectOfCareInfo,
    Timeslot,
    TimeType,
)
from contracts.scheduling.directory import (
    GetAllCareTypes,
    GetAllCareTypesResponse,
    GetAllHealthcareFacilities,
    GetAllHealthcareFacilitiesResponse,
    GetAllPerformers,
    GetAllPerformersResponse,
    GetAllTimeTypes,
    GetAllTimeTypesResponse,
)
from contracts.scheduling.schedule import (
    GetBookingDetails,
    GetBookingDetailsResponse,
    GetSubjectOfCareSchedule,
    GetSubjectOfCareScheduleResponse,
)

__all__ = [
    "Actor",
    "ActorType",
    "CancelBooking",
    "CancelBookingResponse",
    "CareType",
    "DateAvailability",
    "FacilityInfo",
    "GetAllCareTypes",
    "GetAllCareTypesResponse",
    "GetAllHealthcareFacilities",
    "GetAllHealthcareFacilitiesResponse",
    "GetAllPerformers",
    "GetAllPerformersResponse",
    "GetAllTimeTypes",
    "GetAllTimeTypesResponse",
    "GetAvailableDates",
    "GetAvailableDatesResponse",
    "GetAvailableTimeslots",
    "GetAvailableTimeslotsResponse",
    "GetBookingDetails",
    "GetBookingDetailsResponse",
    "GetSubjectOfCareSchedule",
    "GetSubjectOfCareScheduleResponse",
    "MakeBooking",
    "MakeBookingResponse",
    "PerformerInfo",
    "ResultCode",
    "SubjectOfCareInfo",
    "TimeType",
    "Timeslot",
    "UpdateBooking",
    "UpdateBookingResponse",
]

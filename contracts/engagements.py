"""The engagement index's messages as typed, frozen values: who has a time where, told, asked for and passed on.

An engagement says that one citizen has one thing (for scheduling: a booking or an invitation) at one logical address.
Fields are texts as they were sent, blanks and all, for the index judges them by rules of its own (EI004) and passes
them on unchanged; time stamps are TS, 14 digits of Swedish time. A repr names no citizen, so it may stand in a log.
Elsewhere: their XML (engagement_codec.py), the index's rules (national_services/index/rules.py), what a scheduling
system tells and when (scheduling_backends/engine/notices.py).
Source: contracts.md §7, §10; platform.md §21.1, §21.4.
"""

from dataclasses import dataclass, field
from typing import Literal

from contracts.scheduling.core import Extensions, ResultCode

DOMAIN = "riv:crm:scheduling"
"""The service domain of bookings, as real traffic and the aggregating service write it (contracts.md D-11)."""
BOOKING, INVITATION = "Booking", "Invitation"
"""The categories of bookings (EIU-5)."""
NOT_APPLICABLE = "NA"
"""What a part of the key says that a domain has no use for."""

InteractionName = Literal["Update", "ProcessNotification", "FindContent", "GetUpdates"]


@dataclass(frozen=True, slots=True)
class Engagement:
    """One entry of the index; its parts in the schema's order. All but the times and the `owner` are demanded."""

    resident: str = field(default="", repr=False)  # registeredResidentIdentification, 12 characters
    service_domain: str = ""
    categorization: str = ""
    logical_address: str = ""
    business_object: str = ""  # businessObjectInstanceIdentifier: for scheduling the booking's id
    clinical_process: str = ""  # clinicalProcessInterestId
    most_recent_content: str | None = None  # TS: for a booking its start
    source_system: str = ""  # HSA-id
    creation_time: str | None = None  # TS, set by the index
    update_time: str | None = None  # TS, set by the index
    data_controller: str = ""
    owner: str | None = None  # HSA-id of the index that was told first
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class EngagementTransaction:
    """One change: an engagement that is there now, or with `is_deletion` no longer."""

    is_deletion: bool
    engagement: Engagement
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Update:
    """A source system tells the index what has changed: 1 to 1,000 transactions."""

    transactions: tuple[EngagementTransaction, ...] = ()
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ProcessNotification:
    """An index tells a subscriber, or another index, what has changed."""

    transactions: tuple[EngagementTransaction, ...] = ()
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class UpdateResponse:
    """Whether the changes were taken."""

    result_code: ResultCode
    comment: str | None = None
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ProcessNotificationResponse:
    """Whether the changes were taken."""

    result_code: ResultCode
    comment: str | None = None
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class FindContent:
    """Which engagements does this citizen have in the domain? Every other field that is given must be equal, but for
    `most_recent_content`: at or after it."""

    resident: str = field(default="", repr=False)
    service_domain: str = ""
    categorization: str | None = None
    logical_address: str | None = None
    business_object: str | None = None
    clinical_process: str | None = None
    most_recent_content: str | None = None
    source_system: str | None = None
    data_controller: str | None = None
    owner: str | None = None
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class FindContentResponse:
    """The engagements found; empty when there are none."""

    engagements: tuple[Engagement, ...] = ()
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetUpdates:
    """Which citizens have changed in the domain at or after `time_stamp` (TS)?

    `last_fetched` is the last citizen of an answer that was not complete.
    """

    service_domain: str = ""
    time_stamp: str = ""
    last_fetched: str | None = field(default=None, repr=False)
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ResidentEngagements:
    """All that one citizen has in the domain; nothing means that everything is gone (EI-12)."""

    resident: str = field(default="", repr=False)
    engagements: tuple[Engagement, ...] = ()
    extensions: Extensions = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class GetUpdatesResponse:
    """The citizens that have changed, each with all that they have; more of them remain unless `is_complete`."""

    is_complete: bool = True
    residents: tuple[ResidentEngagements, ...] = ()
    extensions: Extensions = field(default=(), repr=False)

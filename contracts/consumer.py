"""Asking a scheduling system: the eleven interactions as typed methods, called by zeep.

zeep writes the envelope, its header blocks and SOAPAction from the WSDL files on disk; the values come from the
codec's tables. The answer is taken raw and read by our own XML door and codec, so that foreign elements survive.
A consumer may be shared between threads: it holds no state of a call.

What a call may raise, and what is then known of a booking, a move or a cancellation (`may_have_happened`):

    PlatformError's subclass for the code   a fault of the platform, `VP004 […] …`      not done, but for VP009
    ProducerFault                           the scheduling system's own fault           unknown
    AnswerUnusable                          an answer that is no valid message          unknown
    NotSent, OutcomeUnknown (NoAnswer)      no answer at all                            not done; unknown

A refusal by a booking rule is no error: the answer says resultCode ERROR (contracts.md G-15).
Elsewhere: how bytes travel (transport.py), what the messages hold (scheduling/).
Source: contracts.md §2.1, §2.2, §2.5, §3 (G-14, MB-10), §4; platform.md §5.2, §12.
"""

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Required, TypedDict, TypeVar, Unpack, cast

import zeep
from lxml import etree

from contracts import codec, envelope, processing_status, xml
from contracts import scheduling as s
from contracts.catalogue import Catalogue, Errata, Interaction, official_folder
from contracts.codec import SCHEDULING_INTERACTIONS, Form, InteractionForms
from contracts.errors import (
    ContractViolation,
    MessageUnreadable,
    PlatformError,
    ProducerUnreachable,
    Violation,
)
from contracts.faults_read import error_of
from contracts.http_headers import CORRELATION_ID, INSTANCE_ID, ORIGINAL_CONSUMER, SENDER_ID
from contracts.identifiers import HsaId
from contracts.processing_status import SourceStatus
from contracts.transport import HttpAnswer, NoAnswer, NotSent, OutcomeUnknown, Transport

__all__ = [
    "AggregatedSchedule",
    "AnswerUnusable",
    "CallOptions",
    "InternalCaller",
    "NoAnswer",
    "NotSent",
    "OutcomeUnknown",
    "PLATFORM_PATH",
    "SchedulingConsumer",
    "may_have_happened",
]

PLATFORM_PATH = "/vp/crm/scheduling/{interaction}/1/rivtabp21"
"""Where the platform serves an interaction, after its base URL."""

ANSWER_LIMITS = replace(xml.MESSAGE_LIMITS, max_declarations=20_000)
"""What an answer may hold. Some SOAP libraries (Node's `soap`) declare a namespace on each element, and a list of 1,600
times then passes the limit of a request; the worst that this lets in takes a thread less than a second."""

_CONTRACT_SET = "crm_scheduling_1.1"

_BY_REQUEST: Mapping[type, InteractionForms] = {f.request.type: f for f in SCHEDULING_INTERACTIONS.values()}

Request = (
    s.CancelBooking
    | s.GetAllCareTypes
    | s.GetAllHealthcareFacilities
    | s.GetAllPerformers
    | s.GetAllTimeTypes
    | s.GetAvailableDates
    | s.GetAvailableTimeslots
    | s.GetBookingDetails
    | s.GetSubjectOfCareSchedule
    | s.MakeBooking
    | s.UpdateBooking
)
Response = TypeVar("Response")


class AnswerUnusable(Exception):
    """An answer came that is no fault and no valid message; whether the call was carried out is unknown.

    `violations` says what in it breaks the contract, empty when it could not be read at all. Nothing is quoted.
    """

    def __init__(self, sentence: str, violations: Sequence[Violation] = ()) -> None:
        super().__init__(sentence)
        self.violations = tuple(violations)


def may_have_happened(error: Exception) -> bool:
    """Whether the call that ended in `error` may have been carried out all the same.

    Decides, after MakeBooking, UpdateBooking or CancelBooking, if one must look before trying again (contracts.md
    MB-10). VP009 counts as maybe: it is also what the platform says when the producer was late.
    """
    if isinstance(error, NoAnswer):
        return error.outcome_unknown
    return not (isinstance(error, PlatformError) and error.code != ProducerUnreachable.code)


@dataclass(frozen=True, slots=True)
class InternalCaller:
    """How a system inside the platform's trusted network names itself on plain HTTP (platform.md §5.2).

    `sender` is its HSA-id; `instance` names the platform called, which trusts the sender only when it is its own.
    """

    sender: str
    instance: str


class CallOptions(TypedDict, total=False):
    """What each method takes besides the request.

    `actor` is who acts; None leaves the header out, and so does an Actor without a known type (its schema has no room
    for one). `logical_address` is whom the call is addressed to, otherwise the request's facility, which for
    MakeBooking and UpdateBooking is the time's. `correlation_id` ties the call to an earlier one; a new one is made
    otherwise.
    `original_consumer` is the HSA-id of the system on whose behalf the call is made, otherwise the consumer's own.
    """

    actor: Required[s.Actor | None]
    logical_address: HsaId | None
    correlation_id: str | None
    original_consumer: str | None


@dataclass(frozen=True, slots=True)
class AggregatedSchedule:
    """A citizen's times at all clinics. `sources` tells which clinics were asked and which gave nothing (PS-2); it is
    empty when the service says nothing of them."""

    schedule: s.GetSubjectOfCareScheduleResponse
    sources: tuple[SourceStatus, ...]


class SchedulingConsumer:
    """Calls scheduling systems, usually through the platform at `base_url`, `http://127.0.0.1:8080`.

    `path` is what follows the base URL, with `{interaction}` where the interaction's name stands; with another one than
    the platform's a producer is called directly. `caller` and `original_consumer` go along as HTTP headers. Making one
    opens no connection; an interaction's WSDL files are read from disk when it is first called. Raises ValueError for a
    base URL that is not http(s).
    """

    def __init__(
        self,
        base_url: str,
        transport: Transport,
        *,
        path: str = PLATFORM_PATH,
        caller: InternalCaller | None = None,
        original_consumer: str | None = None,
    ) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError("the base URL must begin with http:// or https://")
        headers = {} if caller is None else {SENDER_ID: caller.sender, INSTANCE_ID: caller.instance}
        self._headers: Mapping[str, str] = headers
        self._original_consumer = original_consumer
        self._carrier, self._url = ZeepTransport(transport), base_url.rstrip("/") + path
        self._services: dict[str, ZeepService] = {}
        self._making = threading.Lock()

    def get_all_care_types(
        self, request: s.GetAllCareTypes, **options: Unpack[CallOptions]
    ) -> s.GetAllCareTypesResponse:
        return self._call(request, s.GetAllCareTypesResponse, **options)

    def get_all_healthcare_facilities(
        self, request: s.GetAllHealthcareFacilities, **options: Unpack[CallOptions]
    ) -> s.GetAllHealthcareFacilitiesResponse:
        return self._call(request, s.GetAllHealthcareFacilitiesResponse, **options)

    def get_all_performers(
        self, request: s.GetAllPerformers, **options: Unpack[CallOptions]
    ) -> s.GetAllPerformersResponse:
        return self._call(request, s.GetAllPerformersResponse, **options)

    def get_all_time_types(
        self, request: s.GetAllTimeTypes, **options: Unpack[CallOptions]
    ) -> s.GetAllTimeTypesResponse:
        return self._call(request, s.GetAllTimeTypesResponse, **options)

    def get_available_dates(
        self, request: s.GetAvailableDates, **options: Unpack[CallOptions]
    ) -> s.GetAvailableDatesResponse:
        return self._call(request, s.GetAvailableDatesResponse, **options)

    def get_available_timeslots(
        self, request: s.GetAvailableTimeslots, **options: Unpack[CallOptions]
    ) -> s.GetAvailableTimeslotsResponse:
        return self._call(request, s.GetAvailableTimeslotsResponse, **options)

    def get_booking_details(
        self, request: s.GetBookingDetails, **options: Unpack[CallOptions]
    ) -> s.GetBookingDetailsResponse:
        return self._call(request, s.GetBookingDetailsResponse, **options)

    def get_subject_of_care_schedule(
        self, request: s.GetSubjectOfCareSchedule, **options: Unpack[CallOptions]
    ) -> s.GetSubjectOfCareScheduleResponse:
        return self._call(request, s.GetSubjectOfCareScheduleResponse, **options)

    def get_aggregated_schedule(
        self, request: s.GetSubjectOfCareSchedule, **options: Unpack[CallOptions]
    ) -> "AggregatedSchedule":
        """The same question to an aggregating service, with its word on which of its sources have answered."""
        message, forms = self._ask(request, **options)
        return AggregatedSchedule(_decoded(message, forms), processing_status.read(message) or ())

    def make_booking(self, request: s.MakeBooking, **options: Unpack[CallOptions]) -> s.MakeBookingResponse:
        return self._call(request, s.MakeBookingResponse, **options)

    def update_booking(self, request: s.UpdateBooking, **options: Unpack[CallOptions]) -> s.UpdateBookingResponse:
        return self._call(request, s.UpdateBookingResponse, **options)

    def cancel_booking(self, request: s.CancelBooking, **options: Unpack[CallOptions]) -> s.CancelBookingResponse:
        return self._call(request, s.CancelBookingResponse, **options)

    def _call(self, request: Request, wanted: type[Response], **options: Unpack[CallOptions]) -> Response:
        return cast(Response, _decoded(*self._ask(request, **options)))

    def _ask(
        self,
        request: Request,
        *,
        actor: s.Actor | None,
        logical_address: HsaId | None = None,
        correlation_id: str | None = None,
        original_consumer: str | None = None,
    ) -> tuple[envelope.Message, InteractionForms]:
        forms = _BY_REQUEST[type(request)]
        headers = {**self._headers, CORRELATION_ID: correlation_id or str(uuid.uuid4())}
        if speaks_for := original_consumer or self._original_consumer:
            headers[ORIGINAL_CONSUMER] = speaks_for
        blocks = _header_blocks(logical_address or facility_of(request), actor)
        service = self._service(forms.name)
        with service.client.settings(extra_http_headers=headers):  # zeep keeps these by thread
            answer = service.proxy[forms.name](_soapheaders=blocks, **_values(forms.request, request))
        return _read(cast(HttpAnswer, answer), forms), forms

    def _service(self, name: str) -> "ZeepService":
        with self._making:
            if name not in self._services:
                self._services[name] = zeep_service(_interactions()[name], self._carrier, self._url)
            return self._services[name]


@cache
def _interactions() -> Mapping[str, Interaction]:
    found = Catalogue.load([official_folder() / _CONTRACT_SET], Errata()).interactions
    return {one.name: one for one in found}


def facility_of(request: Request) -> HsaId:
    """Whose schedule a request concerns, and so whom it is addressed to unless somebody says otherwise."""
    if isinstance(request, s.MakeBooking | s.UpdateBooking):
        return request.timeslot.healthcare_facility
    return request.healthcare_facility


def _header_blocks(logical_address: HsaId, actor: s.Actor | None) -> dict[str, Any]:
    """The header blocks by the names of their WSDL parts."""
    blocks: dict[str, Any] = {"LogicalAddress": logical_address.text}
    if actor is not None and actor.actor_type is not None:
        blocks["actor"] = {"actorId": actor.actor_id, "actorType": actor.actor_type.value}
    return blocks


def _values(form: Form, message: object) -> dict[str, Any]:
    """What zeep is to write, by XML name. Foreign elements go by zeep's own name for what any schema may add."""
    told: dict[str, Any] = {}
    for part in form.parts:
        holds = part.holds
        written = [
            _values(holds, held) if isinstance(holds, Form) else holds.write(held)
            for held in codec.held_by(message, part)
        ]
        if written:
            told[part.name] = written if part.many else written[0]
    if extensions := getattr(message, "extensions", ()):
        told["_value_1"] = [xml.parse(extension) for extension in extensions]
    return told


@dataclass(frozen=True, slots=True)
class ZeepService:
    """zeep's client of one interaction, and its operations at our address."""

    client: Any
    proxy: Any


def zeep_service(interaction: Interaction, carrier: "ZeepTransport", url_template: str) -> ZeepService:
    settings = zeep.Settings(raw_response=True, forbid_dtd=True, forbid_external=True)
    client: Any = zeep.Client(str(interaction.wsdl), transport=carrier, settings=settings)  # type: ignore[no-untyped-call]
    (binding,) = client.wsdl.bindings
    return ZeepService(client, client.create_service(binding, url_template.replace("{interaction}", interaction.name)))


class ZeepTransport:
    """What zeep asks of a transport: files when it reads a WSDL, from disk alone; a POST when it calls."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def load(self, url: str) -> bytes:
        return Path(url).read_bytes()

    def post_xml(self, address: str, message: xml.Element, headers: Mapping[str, str]) -> HttpAnswer:
        return self._transport.post(address, xml.serialise(message), headers)


def _read(answer: HttpAnswer, forms: InteractionForms) -> envelope.Message:
    """The message with the interaction's answer in it. Raises the fault that it holds, or AnswerUnusable."""
    try:
        message = envelope.read(answer.body, answer.charset, ANSWER_LIMITS)
    except MessageUnreadable as error:
        raise AnswerUnusable(f"HTTP {answer.status}: {error.detail}") from None
    payload = message.payload
    if payload is None:
        raise AnswerUnusable(f"HTTP {answer.status}: the body of the envelope is empty")
    if etree.QName(payload).localname == "Fault":
        raise error_of(payload)
    if not 200 <= answer.status <= 299:
        raise AnswerUnusable(f"HTTP {answer.status}, but the body holds no fault")
    wanted = f"{{{forms.contract}}}{forms.name}Response"
    if payload.tag != wanted:
        raise AnswerUnusable(f"the body does not hold {forms.name}Response")
    return message


def _decoded(message: envelope.Message, forms: InteractionForms) -> Any:
    """The typed answer. Raises AnswerUnusable where it breaks its contract."""
    payload = message.payload
    assert payload is not None
    try:
        return codec.decode(forms.response, payload)
    except ContractViolation as error:
        raise AnswerUnusable(f"the answer breaks its contract: {error.detail}", error.violations) from None

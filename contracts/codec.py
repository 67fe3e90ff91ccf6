"""Typed messages ↔ XML elements: the only place where the schema's own spelling is written (`perfomer` and all).

Each type has a Form, a table of its elements in schema order. Reading takes elements by name in any order, trims text,
takes an empty optional element for an absent one, keeps foreign elements, and turns what is no value (31 February)
into a ContractViolation with path and line. Writing keeps the schema's order and leaves out what is None or blank.
Elsewhere: whether the XML keeps its schema (validation.py).
Source: contracts.md §5, §6; the order of elements is the XSD's.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from lxml import etree

from contracts import scheduling as s
from contracts import xml
from contracts.errors import ContractViolation, Violation
from contracts.identifiers import HsaId, PersonIdentity
from contracts.namespaces import ENGAGEMENT_INDEX, SCHEDULING, SCHEDULING_EXT, responder
from contracts.times import format_dt, format_ts, parse_dt, parse_ts

Message = TypeVar("Message")

_MOST_FOREIGN = 1000
_RULE_AT_END = re.compile(r"(?P<sentence>.*) \((?P<rule>[A-Z]+-\d+)\)")


@dataclass(frozen=True, slots=True)
class Scalar:
    """How one kind of value is read from text and written to it; `read` raises ValueError for what is no value."""

    read: Callable[[str], Any]
    write: Callable[[Any], str]
    rule: str = "value"
    keeps_blanks: bool = False  # around the text: for who judges them by a rule of its own


def _read_flag(text: str) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise ValueError("not a truth value: true, false, 1 or 0")
    return text in ("true", "1")


def _read_code(text: str) -> str:
    if text not in ("OK", "INFO", "ERROR"):
        raise ValueError("not a result code: OK, INFO or ERROR")
    return text


TEXT = Scalar(str, xml.carriable)
HSA_ID = Scalar(HsaId, str, "G-7")
PERSON = Scalar(PersonIdentity, lambda person: person.number, "G-9")
DAY = Scalar(parse_dt, format_dt, "G-5")
MOMENT = Scalar(parse_ts, format_ts, "G-5")
FLAG = Scalar(_read_flag, lambda flag: "true" if flag else "false")
CODE = Scalar(_read_code, str, "G-16")


@dataclass(frozen=True, slots=True)
class Part:
    """One element of a type: its XML name, the field it fills, and what it holds."""

    name: str
    field: str
    holds: "Scalar | Form"
    required: bool = False
    many: bool = False
    namespace: str = ""  # only where it is not the type's own


@dataclass(frozen=True)
class Form:
    """The elements of one complex type, in schema order. An `open_ended` type ends in foreign elements."""

    type: type
    namespace: str
    parts: tuple[Part, ...]
    open_ended: bool = True

    def tag(self, part: Part) -> str:
        return f"{{{part.namespace or self.namespace}}}{part.name}"


TIMESLOT = Form(
    s.Timeslot,
    SCHEDULING,
    (
        Part("startTimeInclusive", "start", MOMENT),
        Part("endTimeExclusive", "end", MOMENT),
        Part("healthcare_facility", "healthcare_facility", HSA_ID, required=True),
        Part("performer", "performer", HSA_ID),
        Part("bookingId", "booking_id", TEXT),
        Part("subject_of_care", "subject_of_care", PERSON),
        Part("purpose", "purpose", TEXT),
        Part("reason", "reason", TEXT),
        Part("resourceName", "resource_name", TEXT),
        Part("healthcare_facility_name", "healthcare_facility_name", TEXT),
        Part("performerName", "performer_name", TEXT),
        Part("resourceID", "resource_id", TEXT),
        Part("timeTypeName", "time_type_name", TEXT),
        Part("timeTypeID", "time_type_id", TEXT),
        Part("careTypeName", "care_type_name", TEXT),
        Part("careTypeID", "care_type_id", TEXT),
        Part("cancel_booking_allowed", "cancel_booking_allowed", FLAG),
        Part("rebooking_allowed", "rebooking_allowed", FLAG),
        Part("message_allowed", "message_allowed", FLAG),
        Part("isInvitation", "is_invitation", FLAG, namespace=SCHEDULING_EXT),
    ),
    open_ended=False,
)
SUBJECT_OF_CARE_INFO = Form(
    s.SubjectOfCareInfo,
    SCHEDULING,
    (
        Part("phone", "phone", TEXT),
        Part("email", "email", TEXT),
        Part("address", "address", TEXT),
        Part("coaddress", "coaddress", TEXT),
        Part("firstName", "first_name", TEXT, required=True, namespace=SCHEDULING_EXT),
        Part("middleName", "middle_name", TEXT, namespace=SCHEDULING_EXT),
        Part("lastName", "last_name", TEXT, required=True, namespace=SCHEDULING_EXT),
    ),
)
TIME_TYPE = Form(
    s.TimeType,
    SCHEDULING,
    (Part("timeTypeName", "name", TEXT, required=True), Part("timeTypeId", "time_type_id", TEXT, required=True)),
)
CARE_TYPE = Form(
    s.CareType,
    SCHEDULING,
    (Part("careTypeName", "name", TEXT, required=True), Part("careTypeId", "care_type_id", TEXT, required=True)),
)
PERFORMER_INFO = Form(
    s.PerformerInfo,
    SCHEDULING,
    (
        Part("perfomer", "performer", HSA_ID, required=True),
        Part("firstName", "first_name", TEXT, required=True),
        Part("lastName", "last_name", TEXT, required=True),
        Part("title", "title", TEXT),
    ),
)
FACILITY_INFO = Form(
    s.FacilityInfo,
    SCHEDULING,
    (
        Part("healthcare_facility", "healthcare_facility", HSA_ID, required=True),
        Part("healthcare_facility_name", "name", TEXT),
    ),
)

_FACILITY = Part("healthcare_facility", "healthcare_facility", HSA_ID, required=True)
_PERSON = Part("subject_of_care", "subject_of_care", PERSON, required=True)
_BOOKING_ID = Part("bookingId", "booking_id", TEXT)
_NAMED_KINDS = (
    Part("timeTypeName", "time_type_name", TEXT),
    Part("timeTypeID", "time_type_id", TEXT),
    Part("careTypeName", "care_type_name", TEXT),
    Part("careTypeID", "care_type_id", TEXT),
)
_NOTIFICATION = Part("notification", "notification", TEXT)
_OUTCOME = (Part("resultCode", "result_code", CODE, required=True), Part("resultText", "result_text", TEXT))
_TIMESLOTS = Part("timeslotDetail", "timeslots", TIMESLOT, many=True)


def _availability_question(interaction: str) -> tuple[Part, ...]:
    return (
        _FACILITY,
        _BOOKING_ID,
        Part("startDateInclusive", "start_date", DAY, required=True),
        Part("endDateInclusive", "end_date", DAY, required=True),
        Part("performer", "performers", HSA_ID, many=True),
        *_NAMED_KINDS,
        _person_of_extension(interaction),
    )


def _person_of_extension(interaction: str) -> Part:
    """1.1 added the citizen to three 1.0 questions, in a namespace of its own (contracts.md §2.4)."""
    namespace = responder(interaction) + ".1"
    return Part("subject_of_care", "subject_of_care", PERSON, required=True, namespace=namespace)


_DATE_AVAILABILITY = Form(
    s.DateAvailability,
    responder("GetAvailableDates"),
    (
        _FACILITY,
        Part("performer", "performer", HSA_ID),
        Part("date", "day", DAY, required=True),
        Part("resourceName", "resource_name", TEXT),
        Part("resourceID", "resource_id", TEXT),
        *_NAMED_KINDS,
    ),
)


@dataclass(frozen=True, slots=True)
class InteractionForms:
    """The two messages of an interaction, and the adapter's method that turns one into the other."""

    name: str
    method: str
    request: Form
    response: Form

    @property
    def contract(self) -> str:
        return responder(self.name)

    @property
    def changes_bookings(self) -> bool:
        """Whether a call may change something: such a call is never sent twice."""
        return self.name in ("MakeBooking", "UpdateBooking", "CancelBooking")


def _forms(
    name: str, method: str, request: type, asked: tuple[Part, ...], response: type, told: tuple[Part, ...]
) -> InteractionForms:
    namespace = responder(name)
    return InteractionForms(name, method, Form(request, namespace, asked), Form(response, namespace, told))


_ALL = (
    _forms(
        "CancelBooking", "cancel_booking",
        s.CancelBooking,
        (_FACILITY, Part("bookingId", "booking_id", TEXT, required=True), Part("message", "message", TEXT)),
        s.CancelBookingResponse, _OUTCOME,
    ),
    _forms(
        "GetAllCareTypes", "get_all_care_types",
        s.GetAllCareTypes,
        (
            _FACILITY,
            Part("timeTypeIDs", "time_type_ids", TEXT, many=True),
            Part("performer", "performers", HSA_ID, many=True),
            _PERSON,
        ),
        s.GetAllCareTypesResponse, (Part("careTypes", "care_types", CARE_TYPE, many=True),),
    ),
    _forms(
        "GetAllHealthcareFacilities", "get_all_healthcare_facilities",
        s.GetAllHealthcareFacilities, (_FACILITY, _PERSON, _BOOKING_ID),
        s.GetAllHealthcareFacilitiesResponse,
        (Part("healthcareFacilityInfos", "facilities", FACILITY_INFO, many=True),),
    ),
    _forms(
        "GetAllPerformers", "get_all_performers",
        s.GetAllPerformers,
        (
            _FACILITY,
            Part("timeTypeIDs", "time_type_ids", TEXT, many=True),
            Part("careTypeIDs", "care_type_ids", TEXT, many=True),
            _PERSON,
        ),
        s.GetAllPerformersResponse, (Part("performerInfos", "performers", PERFORMER_INFO, many=True),),
    ),
    _forms(
        "GetAllTimeTypes", "get_all_time_types",
        s.GetAllTimeTypes,
        (
            _FACILITY,
            Part("careTypeIDs", "care_type_ids", TEXT, many=True, namespace=responder("GetAllTimeTypes") + ".1"),
            _person_of_extension("GetAllTimeTypes"),
        ),
        s.GetAllTimeTypesResponse, (Part("ListOfTimeTypes", "time_types", TIME_TYPE, many=True),),
    ),
    _forms(
        "GetAvailableDates", "get_available_dates",
        s.GetAvailableDates, _availability_question("GetAvailableDates"),
        s.GetAvailableDatesResponse,
        (Part("performerAvailabilityByDate", "availabilities", _DATE_AVAILABILITY, many=True),),
    ),
    _forms(
        "GetAvailableTimeslots", "get_available_timeslots",
        s.GetAvailableTimeslots, _availability_question("GetAvailableTimeslots"),
        s.GetAvailableTimeslotsResponse, (_TIMESLOTS,),
    ),
    _forms(
        "GetBookingDetails", "get_booking_details",
        s.GetBookingDetails, (_FACILITY, Part("bookingId", "booking_id", TEXT, required=True)),
        s.GetBookingDetailsResponse, (Part("timeslotDetail", "timeslot", TIMESLOT, required=True),),
    ),
    _forms(
        "GetSubjectOfCareSchedule", "get_subject_of_care_schedule",
        s.GetSubjectOfCareSchedule, (_FACILITY, _PERSON),
        s.GetSubjectOfCareScheduleResponse, (_TIMESLOTS,),
    ),
    _forms(
        "MakeBooking", "make_booking",
        s.MakeBooking,
        (
            Part("healthcare_facility_med", "healthcare_facility_med", HSA_ID, required=True),
            Part("requestedTimeslot", "timeslot", TIMESLOT, required=True),
            Part("subject_of_care_info", "subject_of_care_info", SUBJECT_OF_CARE_INFO, required=True),
            _NOTIFICATION,
        ),
        s.MakeBookingResponse, (_BOOKING_ID, *_OUTCOME),
    ),
    _forms(
        "UpdateBooking", "update_booking",
        s.UpdateBooking,
        (
            Part("requestedTimeslot", "timeslot", TIMESLOT, required=True),
            Part("subject_of_care_info", "subject_of_care_info", SUBJECT_OF_CARE_INFO),
            _NOTIFICATION,
        ),
        s.UpdateBookingResponse, _OUTCOME,
    ),
)  # fmt: skip

SCHEDULING_INTERACTIONS: Mapping[str, InteractionForms] = {forms.name: forms for forms in _ALL}
"""The eleven interactions of crm:scheduling 1.1 by name."""

BY_CONTRACT: Mapping[str, InteractionForms] = {forms.contract: forms for forms in _ALL}
"""The same by contract, `urn:riv:crm:scheduling:MakeBookingResponder:1`."""

_BY_MESSAGE: Mapping[type, tuple[str, Form]] = {
    form.type: (f"{{{forms.contract}}}{name}", form)
    for forms in _ALL
    for name, form in ((forms.name, forms.request), (f"{forms.name}Response", forms.response))
}


_PREFIX_NAMES = {SCHEDULING: "core", SCHEDULING_EXT: "ext", ENGAGEMENT_INDEX: "core"}


def _namespaces(form: Form) -> Iterable[str]:
    for part in form.parts:
        yield part.namespace or form.namespace
        if isinstance(part.holds, Form):
            yield from _namespaces(part.holds)


@cache
def _prefixes(form: Form) -> dict[str | None, str]:
    """The message's own namespace without a prefix, the others that it may use with one."""
    others = sorted(set(_namespaces(form)) - {form.namespace})
    return {None: form.namespace} | {_PREFIX_NAMES.get(one, "added"): one for one in others}


def decode(form: Form, element: xml.Element) -> Any:
    """The value of `form` that `element` holds. Raises ContractViolation for what is missing, unknown or no value."""
    return _decode(form, element, etree.QName(element).localname)


def _decode(form: Form, element: xml.Element, path: str) -> Any:
    values, foreign = _sort_children(form, element, path)
    fields: dict[str, Any] = {}
    for part in form.parts:
        found = [_value(part, child, path) for child in values.get(form.tag(part), [])]
        present = tuple(value for value in found if value is not None)
        if part.required and not present:
            raise _violation(element, path, "G-11", f"{part.name} is missing or empty")
        if part.many:
            fields[part.field] = present
        elif present:
            fields[part.field] = present[-1]
    if form.open_ended and foreign:
        fields["extensions"] = tuple(foreign)
    try:
        return form.type(**fields)
    except ValueError as error:
        raise _violation(element, path, "value", str(error)) from None


def _sort_children(form: Form, element: xml.Element, path: str) -> tuple[dict[str, list[xml.Element]], list[bytes]]:
    known = {form.tag(part) for part in form.parts}
    values: dict[str, list[xml.Element]] = {}
    foreign: list[bytes] = []
    for child in element.iterchildren("*"):
        if child.tag in known:
            values.setdefault(child.tag, []).append(child)
        elif etree.QName(child).namespace not in (form.namespace, None):
            foreign.append(_foreign(child, path, len(foreign)))
        else:
            raise _violation(child, path, "sequence", "an element that the type does not have")
    return values, foreign


def _foreign(child: xml.Element, path: str, before: int) -> bytes:
    if before >= _MOST_FOREIGN:
        raise _violation(child, path, "sequence", f"more than {_MOST_FOREIGN} elements of other namespaces")
    try:
        return xml.detached(child)
    except ValueError as error:
        raise _violation(child, path, "namespace", str(error)) from None


def _value(part: Part, element: xml.Element, path: str) -> Any:
    """The value of one element; None when it is empty (contracts.md G-11 forbids that; we read leniently)."""
    if isinstance(part.holds, Form):
        return _decode(part.holds, element, f"{path}/{part.name}")
    text = xml.text_of(element)
    text = text if part.holds.keeps_blanks else text.strip()
    if not text:
        return None
    try:
        return part.holds.read(text)
    except ValueError as error:
        raise _violation(element, f"{path}/{part.name}", part.holds.rule, str(error)) from None


def _violation(element: xml.Element, path: str, rule: str, sentence: str) -> ContractViolation:
    told = _RULE_AT_END.fullmatch(sentence)
    if told is not None:
        sentence, rule = told["sentence"], told["rule"]
    return ContractViolation([Violation(path, element.sourceline or 0, rule, sentence)])


def encode(message: object) -> xml.Element:
    """The root element of a request or an answer. Raises KeyError for a value that is no message."""
    tag, form = _BY_MESSAGE[type(message)]
    return encode_as(tag, form, message)


def encode_as(tag: str, form: Form, value: object) -> xml.Element:
    """The root element named `tag` ({namespace}name) that holds `value` by `form`: for other domains' messages."""
    root = etree.Element(tag, nsmap=_prefixes(form))
    _fill(root, form, value)
    return root


def _fill(element: xml.Element, form: Form, value: object) -> None:
    for part in form.parts:
        for held in held_by(value, part):
            child = etree.SubElement(element, form.tag(part))
            if isinstance(part.holds, Form):
                _fill(child, part.holds, held)
            else:
                child.text = part.holds.write(held)
    for extension in cast(Iterable[bytes], getattr(value, "extensions", ())):
        element.append(xml.parse(extension))


def held_by(message: object, part: Part) -> Sequence[Any]:
    """What `message` has to write for `part`: nothing for None, nor for a blank text that may be left out (G-11)."""
    value = getattr(message, part.field)
    values = value if part.many else () if value is None else (value,)
    return [held for held in values if part.required or not _is_blank(held)]


def _is_blank(held: object) -> bool:
    return isinstance(held, str) and not held.strip()

"""The one table between the record system's words and the national contracts': every translation, both ways.

The record system writes persons as ÅÅÅÅMMDD-NNNC, moments as `2026-12-01 08:20` in Swedish time, yes and no as J and N,
units by codes of its own, and outcomes as numbers. The service reads questions and writes answers by this table, the
adapter writes questions and reads answers by it; what is not in it is not said.
Elsewhere: reading and writing by the table (records.py), the schema of it (wsdl/), who asks (link.py, service.py).
Source: contracts.md §5, §6 (the contracts' side), domain.md §5.11 (codes); the other side is this system's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts import scheduling as s
from contracts import xml
from contracts.identifiers import HsaId, PersonIdentity
from contracts.times import SWEDEN
from scheduling_backends.engine.answers import ReadyReasons
from scheduling_backends.engine.producer import Unanswered
from scheduling_backends.engine.refusals import Reason

NAMESPACE = "urn:demolan:journalkalender:2"


class Untranslatable(ValueError):
    """A value that the other side has no way to say."""


class UnknownUnit(Untranslatable):
    """A unit that the record system does not have."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of value is written and read; both raise Untranslatable. `units` know codes and HSA-ids."""

    write: Callable[[Any, "Units"], str]
    read: Callable[[str, "Units"], Any]


class Units:
    """Unit codes and HSA-ids, both ways. A unit without a code of its own goes by its HSA-id."""

    def __init__(self, codes: Mapping[str, HsaId]) -> None:
        self._by_code = dict(codes)
        self._by_id = {hsa_id: code for code, hsa_id in codes.items()}

    def code(self, hsa_id: HsaId) -> str:
        """Raises UnknownUnit for one that the record system does not have."""
        if hsa_id not in self._by_id:
            raise UnknownUnit("the record system has no such unit")
        return self._by_id[hsa_id]

    def hsa_id(self, code: str) -> HsaId:
        if code not in self._by_code:
            raise UnknownUnit("no unit has that code")
        return self._by_code[code]

    def has_code(self, code: str) -> bool:
        return code in self._by_code

    def __contains__(self, hsa_id: HsaId) -> bool:
        return hsa_id in self._by_id


# -- Kinds of value


def _write_person(person: PersonIdentity, units: Units) -> str:
    return person.displayed


def _read_person(text: str, units: Units) -> PersonIdentity:
    born, hyphen, rest = text.partition("-")
    try:
        if not hyphen or len(born) != 8:
            raise ValueError
        return PersonIdentity(born + rest)
    except ValueError:
        raise Untranslatable("not a person's number") from None


def _write_moment(moment: datetime, units: Units) -> str:
    local = moment.astimezone(SWEDEN)
    if local.second or local.microsecond:
        raise Untranslatable("the record system's times are whole minutes")
    return f"{local:%Y-%m-%d %H:%M}"


def _read_moment(text: str, units: Units) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SWEDEN)
    except ValueError:
        raise Untranslatable("not a moment of the form 2026-12-01 08:20") from None


def _read_day(text: str, units: Units) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Untranslatable("not a day of the form 2026-12-01") from None


def _read_flag(text: str, units: Units) -> bool:
    if text not in ("J", "N"):
        raise Untranslatable("neither J nor N")
    return text == "J"


NO_ID = "-"
"""What stands for an empty id, which names nothing."""

TEXT = Kind(lambda value, units: xml.carriable(value), lambda text, units: text)
ID = Kind(lambda value, units: xml.carriable(value) or NO_ID, lambda text, units: text)
PERSON = Kind(_write_person, _read_person)
MOMENT = Kind(_write_moment, _read_moment)
DAY = Kind(lambda value, units: value.isoformat(), _read_day)
FLAG = Kind(lambda value, units: "J" if value else "N", _read_flag)
UNIT = Kind(lambda value, units: units.code(value), lambda text, units: units.hsa_id(text))
HSA_ID = Kind(lambda value, units: value.text, lambda text, units: HsaId(text))


# -- Records: our fields under the record system's names


@dataclass(frozen=True, slots=True)
class Row:
    """One of our fields and its element; `many` for a tuple, an element each."""

    field: str
    element: str
    kind: "Kind | Record"
    many: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """What one of our values is as a record: its rows, in the schema's order."""

    of: type
    rows: tuple[Row, ...]


TIME_TYPE = Record(s.TimeType, (Row("time_type_id", "Kod", TEXT), Row("name", "Namn", TEXT)))
CARE_TYPE = Record(s.CareType, (Row("care_type_id", "Kod", TEXT), Row("name", "Namn", TEXT)))
PERFORMER = Record(
    s.PerformerInfo,
    (
        Row("performer", "UtforarId", HSA_ID),
        Row("first_name", "Fornamn", TEXT),
        Row("last_name", "Efternamn", TEXT),
        Row("title", "Titel", TEXT),
    ),
)
UNIT_RECORD = Record(
    s.FacilityInfo,
    (Row("healthcare_facility", "Enhetskod", UNIT), Row("name", "Namn", TEXT)),
)
CONTACT = Record(
    s.SubjectOfCareInfo,
    (
        Row("first_name", "Fornamn", TEXT),
        Row("middle_name", "Mellannamn", TEXT),
        Row("last_name", "Efternamn", TEXT),
        Row("phone", "Telefon", TEXT),
        Row("email", "Epost", TEXT),
        Row("address", "Adress", TEXT),
        Row("coaddress", "CoAdress", TEXT),
    ),
)
_KIND_OF_TIME = (
    Row("time_type_id", "TidtypKod", TEXT),
    Row("time_type_name", "TidtypNamn", TEXT),
    Row("care_type_id", "VardtypKod", TEXT),
    Row("care_type_name", "VardtypNamn", TEXT),
)
DAY_RECORD = Record(
    s.DateAvailability,
    (
        Row("healthcare_facility", "Enhetskod", UNIT),
        Row("day", "Datum", DAY),
        *_KIND_OF_TIME,
        Row("performer", "UtforarId", HSA_ID),
        Row("resource_id", "ResursKod", TEXT),
        Row("resource_name", "ResursNamn", TEXT),
    ),
)
TIME = Record(
    s.Timeslot,
    (
        Row("healthcare_facility", "Enhetskod", UNIT),
        Row("healthcare_facility_name", "Enhetsnamn", TEXT),
        Row("booking_id", "TidId", ID),
        Row("subject_of_care", "PatientId", PERSON),
        Row("start", "Fran", MOMENT),
        Row("end", "Till", MOMENT),
        *_KIND_OF_TIME,
        Row("performer", "UtforarId", HSA_ID),
        Row("performer_name", "UtforarNamn", TEXT),
        Row("resource_id", "ResursKod", TEXT),
        Row("resource_name", "ResursNamn", TEXT),
        Row("purpose", "Ovrigt", TEXT),
        Row("reason", "Orsak", TEXT),
        Row("cancel_booking_allowed", "FarAvbokas", FLAG),
        Row("rebooking_allowed", "FarOmbokas", FLAG),
        Row("message_allowed", "FarMotiveras", FLAG),
        Row("is_invitation", "ArKallelse", FLAG),
    ),
)


# -- Operations: a question and its answer


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the service: which of the contracts' questions it is, and the records of both messages.

    The answer's element is the operation's name followed by `Svar`; it begins with Returkod and Meddelande.
    """

    name: str
    method: str  # of SchedulingProducer
    question: Record
    answer: Record

    @property
    def answer_element(self) -> str:
        return f"{self.name}Svar"

    @property
    def changes(self) -> bool:
        """Whether it can be refused by a rule; then its answer has room for a Skal."""
        return self.method in ("make_booking", "update_booking", "cancel_booking")

    @property
    def tells_ready_reasons(self) -> bool:
        """Whether its answer ends with READY_REASONS, an element `FardigaOrsaker` for each kind of time."""
        return self.method == "get_available_timeslots"


READY_REASONS = Record(
    ReadyReasons,
    (
        Row("time_type_id", "TidtypKod", TEXT),
        Row("reasons", "Orsak", TEXT, many=True),
        Row("is_required", "ArObligatorisk", FLAG),
    ),
)
READY_REASONS_ELEMENT = "FardigaOrsaker"

_PATIENT = (Row("healthcare_facility", "Enhetskod", UNIT), Row("subject_of_care", "PatientId", PERSON))
_SEARCH = (
    *_PATIENT,
    Row("start_date", "FranDatum", DAY),
    Row("end_date", "TillDatum", DAY),
    Row("booking_id", "TidId", ID),
    *_KIND_OF_TIME,
    Row("performers", "UtforarId", HSA_ID, many=True),
)

OPERATIONS = (
    Operation(
        "HamtaVardtyper",
        "get_all_care_types",
        Record(
            s.GetAllCareTypes,
            (
                *_PATIENT,
                Row("time_type_ids", "TidtypKod", TEXT, many=True),
                Row("performers", "UtforarId", HSA_ID, many=True),
            ),
        ),
        Record(s.GetAllCareTypesResponse, (Row("care_types", "Vardtyp", CARE_TYPE, many=True),)),
    ),
    Operation(
        "HamtaValbaraEnheter",
        "get_all_healthcare_facilities",
        Record(s.GetAllHealthcareFacilities, (*_PATIENT, Row("booking_id", "TidId", ID))),
        Record(s.GetAllHealthcareFacilitiesResponse, (Row("facilities", "Enhet", UNIT_RECORD, many=True),)),
    ),
    Operation(
        "HamtaUtforare",
        "get_all_performers",
        Record(
            s.GetAllPerformers,
            (
                *_PATIENT,
                Row("time_type_ids", "TidtypKod", TEXT, many=True),
                Row("care_type_ids", "VardtypKod", TEXT, many=True),
            ),
        ),
        Record(s.GetAllPerformersResponse, (Row("performers", "Utforare", PERFORMER, many=True),)),
    ),
    Operation(
        "HamtaTidtyper",
        "get_all_time_types",
        Record(s.GetAllTimeTypes, (*_PATIENT, Row("care_type_ids", "VardtypKod", TEXT, many=True))),
        Record(s.GetAllTimeTypesResponse, (Row("time_types", "Tidtyp", TIME_TYPE, many=True),)),
    ),
    Operation(
        "SokLedigaDagar",
        "get_available_dates",
        Record(s.GetAvailableDates, _SEARCH),
        Record(s.GetAvailableDatesResponse, (Row("availabilities", "Dag", DAY_RECORD, many=True),)),
    ),
    Operation(
        "SokLedigaTider",
        "get_available_timeslots",
        Record(s.GetAvailableTimeslots, _SEARCH),
        Record(s.GetAvailableTimeslotsResponse, (Row("timeslots", "Tid", TIME, many=True),)),
    ),
    Operation(
        "VisaBokning",
        "get_booking_details",
        Record(
            s.GetBookingDetails,
            (Row("healthcare_facility", "Enhetskod", UNIT), Row("booking_id", "TidId", ID)),
        ),
        Record(s.GetBookingDetailsResponse, (Row("timeslot", "Tid", TIME),)),
    ),
    Operation(
        "HamtaPatientensTider",
        "get_subject_of_care_schedule",
        Record(s.GetSubjectOfCareSchedule, _PATIENT),
        Record(s.GetSubjectOfCareScheduleResponse, (Row("timeslots", "Tid", TIME, many=True),)),
    ),
    Operation(
        "BokaTid",
        "make_booking",
        Record(
            s.MakeBooking,
            (
                Row("healthcare_facility_med", "MedicinskEnhet", HSA_ID),
                Row("timeslot", "Tid", TIME),
                Row("subject_of_care_info", "Kontakt", CONTACT),
            ),
        ),
        Record(s.MakeBookingResponse, (Row("booking_id", "TidId", ID),)),
    ),
    Operation(
        "FlyttaTid",
        "update_booking",
        Record(s.UpdateBooking, (Row("timeslot", "Tid", TIME), Row("subject_of_care_info", "Kontakt", CONTACT))),
        Record(s.UpdateBookingResponse, ()),
    ),
    Operation(
        "AvbokaTid",
        "cancel_booking",
        Record(
            s.CancelBooking,
            (
                Row("healthcare_facility", "Enhetskod", UNIT),
                Row("booking_id", "TidId", ID),
                Row("message", "Orsak", TEXT),
            ),
        ),
        Record(s.CancelBookingResponse, ()),
    ),
)
BY_NAME: Mapping[str, Operation] = {one.name: one for one in OPERATIONS}
BY_METHOD: Mapping[str, Operation] = {one.method: one for one in OPERATIONS}


# -- Outcomes

DONE, DONE_WITH_MESSAGE, MISUNDERSTOOD = 0, 1, 900
REFUSALS: Mapping[int, str] = {
    101: "REQUESTED_TIME_IS_ALREADY_RESERVED",
    102: "REQUESTED_TIME_HAS_ALREADY_PASSED",
    103: "REQUESTED_TIME_IS_NO_LONGER_AVAILABLE",
    104: "TOO_LATE_TO_MAKE_APPOINTMENT",
    105: "USER_IS_ALREADY_OCCUPIED",
    106: "APPOINTMENT_IS_NOT_ALLOWED",
    107: "MAX_BOOKINGS_REACHED",
    108: "REASON_REQUIRED",
    109: "REASON_TOO_LONG",
    201: "TOO_LATE_TO_UPDATE_APPOINTMENT",
    202: "TOO_LATE_TO_CANCEL_APPOINTMENT",
    203: "UPDATE_APPOINTMENT_IS_NOT_ALLOWED",
    204: "CANCEL_IS_NOT_ALLOWED",
    205: "APPOINTMENT_IS_ALREADY_CANCELED",
    206: "APPOINTMENT_IS_ALREADY_UPDATED",
    301: "APPOINTMENT_DOES_NOT_EXIST",
}
"""Refusals by rule: the record system's Returkod, and the internal code of domain.md §5.11."""
REASONS: Mapping[str, Reason] = {
    "STANGD": Reason.CLOSED,
    "TIDTYP_STANGD": Reason.TYPE_CLOSED,
    "BARA_VARDEN": Reason.CARE_ONLY,
    "SKYDDAD_TIDTYP": Reason.PROTECTED,
    "UNDERLAG": Reason.BASIS,
    "ALDER": Reason.AGE,
    "KON": Reason.SEX,
    "LISTNING": Reason.LISTED,
    "FRAMFORHALLNING": Reason.LEAD_TIME,
    "HORISONT": Reason.HORIZON,
    "GRANS": Reason.RELEASE,
    "PASSERAD": Reason.PASSED,
    "MAX_TIDTYP": Reason.TYPE_LIMIT,
    "MAX_ENHET": Reason.CLINIC_LIMIT,
    "TAGEN": Reason.TAKEN,
    "UPPTAGEN": Reason.OCCUPIED,
    "INTERVALL": Reason.INTERVAL,
    "ORSAK_SAKNAS": Reason.REASON_MISSING,
    "ORSAK_FOR_LANG": Reason.REASON_LENGTH,
    "KOMMENTAR_SAKNAS": Reason.COMMENT_MISSING,
    "KOMMENTAR_FOR_LANG": Reason.COMMENT_LENGTH,
    "AVBOKAS_EJ": Reason.CANCELLING,
    "SEN_AVBOKNING": Reason.CANCELLING_CUT_OFF,
    "OMBOKAS_EJ": Reason.REBOOKING,
    "SEN_OMBOKNING": Reason.REBOOKING_CUT_OFF,
    "MAX_OMBOKNINGAR": Reason.REBOOKING_LIMIT,
    "BEHALLS": Reason.KEPT,
    "ANNAN_GRUPP": Reason.GROUP,
    "VIRTUELL_ENHET": Reason.VIRTUAL,
    "KALLELSE_ANVAND": Reason.INVITATION_USED,
    "KALLELSE_UTGANGEN": Reason.INVITATION_EXPIRED,
    "KALLELSE_ANNAN_ENHET": Reason.INVITATION_ELSEWHERE,
    "AKTOR": Reason.ACTOR,
    "OKAND_BOKNING": Reason.UNKNOWN_BOOKING,
    "EJ_TILLATET": Reason.NOT_ALLOWED,
    "BORTA": Reason.GONE,
    "REDAN_AVBOKAD": Reason.ALREADY_CANCELLED,
    "REDAN_FLYTTAD": Reason.ALREADY_MOVED,
}
"""Why a rule refuses: the record system's Skal, and the reason that goes out beside the code."""
FAULTS: Mapping[int, Unanswered] = {
    901: Unanswered.UNKNOWN_FACILITY,
    902: Unanswered.UNKNOWN_BOOKING,
    903: Unanswered.NOT_THE_CITIZEN,
    904: Unanswered.ACTOR_MISSING,
}
"""Questions that get no answer at all: the Returkod, and the fault that the contracts' side raises."""
RETURN_CODES: Mapping[str, int] = {code: number for number, code in REFUSALS.items()}
REASON_WORDS: Mapping[str, str] = {reason.value: word for word, reason in REASONS.items()}
FAULT_CODES: Mapping[str, int] = {fault.value: number for number, fault in FAULTS.items()}


# -- Who asks

ROLES: Mapping[s.ActorType | None, str] = {
    s.ActorType.SUBJECT_OF_CARE: "PATIENT",
    s.ActorType.SUBJECT_OF_CARE_AGENT: "OMBUD",
    None: "ANNAN",
}
"""In which role somebody acts; ANNAN is a role that the contracts do not know."""
ACTOR_TYPES: Mapping[str, s.ActorType | None] = {text: actor_type for actor_type, text in ROLES.items()}

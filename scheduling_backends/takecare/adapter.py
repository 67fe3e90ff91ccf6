"""The record system as a plug-in: the contracts' questions in its words, its answers in the contracts'.

The adapter knows the system by its SOAP service alone, also where both are in one process. A refusal by a rule comes
back with the record system's own sentence, the internal code that its Returkod stands for and the reason that its Skal
stands for; a Returkod that is in no
table is an answer that cannot be used. Unit codes are learnt from the service, and asked for again when a unit is new.
Elsewhere: the table (mapping.py), the call (link.py). Source: contracts.md §5; domain.md §5.11, §6.
"""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from contracts import scheduling as s
from contracts import xml
from contracts.errors import ProducerFault, ProducerUnreachable
from contracts.identifiers import HsaId
from contracts.producer import Caller, Health
from contracts.times import Clock, system_clock
from scheduling_backends.engine.answers import extension, ready_extension
from scheduling_backends.engine.producer import Unanswered
from scheduling_backends.engine.refusals import Reason, Situation, refuse
from scheduling_backends.takecare import mapping, records
from scheduling_backends.takecare.link import Link
from scheduling_backends.takecare.mapping import NAMESPACE, Operation, Units, Untranslatable
from scheduling_backends.takecare.service import Service
from scheduling_backends.takecare.settings import TakeCareSettings
from scheduling_backends.takecare.system import TakeCareSystem


def create(
    settings: Mapping[str, Any], *, clock: Clock = system_clock, data_directory: Path = Path("data")
) -> "TakeCare":
    """The adapter with these settings (TakeCareSettings' names), not open yet.

    Without `service_url` it has a record system of its own in this process, which goes by `clock`. Raises ValueError
    for an unknown setting.
    """
    return TakeCare(TakeCareSettings.from_mapping({"data_directory": data_directory, **settings}), clock)


class TakeCare:
    """A SchedulingProducer whose answers come from a record system's SOAP service.

    `system` is the record system where it is in this process, None where it is reached over HTTP.
    """

    def __init__(self, settings: TakeCareSettings, clock: Clock) -> None:
        self.system = None if settings.service_url else TakeCareSystem(settings, clock)
        self._link = Link(settings, None if self.system is None else Service(self.system))
        self._units = Units({})
        self._learning = threading.Lock()

    # -- Life cycle

    def open(self) -> None:
        if self.system is not None:
            self.system.open()
        self._link.open()

    def close(self) -> None:
        self._link.close()
        if self.system is not None:
            self.system.close()

    def health(self) -> Health:
        try:
            self._link.units()
        except ProducerUnreachable as error:
            return Health(False, error.detail)
        except Exception as error:  # the answer is no, whatever it was
            return Health(False, f"the record system cannot be asked: {type(error).__name__}")
        return Health(True, "the record system answers")

    # -- What is offered

    def get_all_care_types(self, request: s.GetAllCareTypes, caller: Caller) -> s.GetAllCareTypesResponse:
        return cast(s.GetAllCareTypesResponse, self._ask("get_all_care_types", request, caller))

    def get_all_healthcare_facilities(
        self, request: s.GetAllHealthcareFacilities, caller: Caller
    ) -> s.GetAllHealthcareFacilitiesResponse:
        answer = self._ask("get_all_healthcare_facilities", request, caller)
        return cast(s.GetAllHealthcareFacilitiesResponse, answer)

    def get_all_performers(self, request: s.GetAllPerformers, caller: Caller) -> s.GetAllPerformersResponse:
        return cast(s.GetAllPerformersResponse, self._ask("get_all_performers", request, caller))

    def get_all_time_types(self, request: s.GetAllTimeTypes, caller: Caller) -> s.GetAllTimeTypesResponse:
        return cast(s.GetAllTimeTypesResponse, self._ask("get_all_time_types", request, caller))

    # -- What is free

    def get_available_dates(self, request: s.GetAvailableDates, caller: Caller) -> s.GetAvailableDatesResponse:
        return cast(s.GetAvailableDatesResponse, self._ask("get_available_dates", request, caller))

    def get_available_timeslots(
        self, request: s.GetAvailableTimeslots, caller: Caller
    ) -> s.GetAvailableTimeslotsResponse:
        return cast(s.GetAvailableTimeslotsResponse, self._ask("get_available_timeslots", request, caller))

    # -- What is booked

    def get_booking_details(self, request: s.GetBookingDetails, caller: Caller) -> s.GetBookingDetailsResponse:
        return cast(s.GetBookingDetailsResponse, self._ask("get_booking_details", request, caller))

    def get_subject_of_care_schedule(
        self, request: s.GetSubjectOfCareSchedule, caller: Caller
    ) -> s.GetSubjectOfCareScheduleResponse:
        answer = self._ask("get_subject_of_care_schedule", request, caller)
        return cast(s.GetSubjectOfCareScheduleResponse, answer)

    # -- What changes

    def make_booking(self, request: s.MakeBooking, caller: Caller) -> s.MakeBookingResponse:
        answer = self._change("make_booking", request, request.timeslot.healthcare_facility, caller)
        return cast(s.MakeBookingResponse, answer)

    def update_booking(self, request: s.UpdateBooking, caller: Caller) -> s.UpdateBookingResponse:
        answer = self._change("update_booking", request, request.timeslot.healthcare_facility, caller)
        return cast(s.UpdateBookingResponse, answer)

    def cancel_booking(self, request: s.CancelBooking, caller: Caller) -> s.CancelBookingResponse:
        return cast(
            s.CancelBookingResponse, self._change("cancel_booking", request, request.healthcare_facility, caller)
        )

    # -- Private

    def _ask(self, method: str, request: Any, caller: Caller) -> object:
        """The answer to a question. Raises ProducerFault for what is not here."""
        operation, units = mapping.BY_METHOD[method], self._units_with(request.healthcare_facility)
        if request.healthcare_facility not in units:
            raise ProducerFault(Unanswered.UNKNOWN_FACILITY.value, "Client")
        answer = self._told(operation, request, units, caller)
        code, _ = _outcome(answer)
        if code in mapping.FAULTS:
            raise ProducerFault(mapping.FAULTS[code].value, "Client")
        if code != mapping.DONE:
            raise _unusable(code)
        return _read(operation, answer, self._units_in(answer, units), {})

    def _change(self, method: str, request: Any, facility: HsaId, caller: Caller) -> object:
        """What came of a change; a unit or a time that the record system cannot have is a refusal."""
        operation, units = mapping.BY_METHOD[method], self._units_with(facility)
        try:
            answer = self._told(operation, request, units, caller)
        except Untranslatable:
            return _no_such_thing(operation, facility in units)
        code, text = _outcome(answer)
        if code in mapping.FAULTS:
            return _no_such_thing(operation, facility in units)
        if code in mapping.REFUSALS:
            if text is None:
                raise ProducerUnreachable("the record system: it refuses without a sentence")
            return _error(operation, mapping.REFUSALS[code], text, _reason(answer))
        if code not in (mapping.DONE, mapping.DONE_WITH_MESSAGE):
            raise _unusable(code)
        result = {"result_code": "INFO" if code == mapping.DONE_WITH_MESSAGE else "OK", "result_text": text}
        return _read(operation, answer, units, result)

    def _told(self, operation: Operation, request: object, units: Units, caller: Caller) -> xml.Element:
        return self._link.ask(operation.name, records.write(operation.question, request, units), caller)

    def _units_with(self, hsa_id: HsaId) -> Units:
        """The units, asked for again if this one is not among them."""
        if hsa_id not in self._units:
            self._learn()
        return self._units

    def _units_in(self, answer: xml.Element, units: Units) -> Units:
        """The units, asked for again if the answer names one that is not among them."""
        codes = [xml.text_of(element) for element in answer.iter(f"{{{NAMESPACE}}}Enhetskod")]
        if all(units.has_code(code) for code in codes):
            return units
        self._learn()
        return self._units

    def _learn(self) -> None:
        with self._learning:
            self._units = Units({code: HsaId(text) for code, text in self._link.units().items()})


def _outcome(answer: xml.Element) -> tuple[int, str | None]:
    code, text = (answer.find(f"{{{NAMESPACE}}}{name}") for name in ("Returkod", "Meddelande"))
    assert code is not None  # the schema demands it
    return int(xml.text_of(code)), None if text is None else xml.text_of(text)


def _read(operation: Operation, answer: xml.Element, units: Units, result: Mapping[str, Any]) -> object:
    """The contracts' answer. Raises ProducerUnreachable for one that contradicts itself."""
    record = operation.answer
    more = {"extensions": _ready_reasons(answer, units)} if operation.tells_ready_reasons else {}
    try:
        found = records.read(record, records.of_element(answer, record), units, **result, **more)
    except (ValueError, TypeError):
        raise ProducerUnreachable("the record system: its answer contradicts itself") from None
    return found


def _ready_reasons(answer: xml.Element, units: Units) -> s.core.Extensions:
    record = mapping.READY_REASONS
    told = answer.iterchildren(f"{{{NAMESPACE}}}{mapping.READY_REASONS_ELEMENT}")
    return tuple(ready_extension(records.read(record, records.of_element(one, record), units)) for one in told)


def _unusable(code: int) -> ProducerUnreachable:
    return ProducerUnreachable(f"the record system: the Returkod {code} is in no table")


def _reason(answer: xml.Element) -> Reason | None:
    """Why it is refused; None where the record system does not say, or says it in a word that we do not know."""
    word = answer.find(f"{{{NAMESPACE}}}Skal")
    return None if word is None else mapping.REASONS.get(xml.text_of(word))


def _error(operation: Operation, code: str, text: str, reason: Reason | None) -> object:
    return operation.answer.of(result_code="ERROR", result_text=text, extensions=(extension(code, reason),))


def _no_such_thing(operation: Operation, is_known: bool) -> object:
    """What the engine itself says of a unit, or a time, that is not there."""
    situation = Situation.GONE if is_known else Situation.NOT_ALLOWED
    refusal = refuse(Situation.UNKNOWN_BOOKING if operation.method == "cancel_booking" else situation)
    return _error(operation, refusal.code, refusal.text, refusal.reason)

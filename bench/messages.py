"""The one question and the one answer of the comparison, made from typed messages: 0.7 KB and about 15 KB.

Both keep their contract, so that validation has its full work to do.
"""

from datetime import date, datetime, timedelta

from bench import people
from contracts import codec, envelope
from contracts import scheduling as s
from contracts.identifiers import HsaId
from contracts.scheduling.core import Actor, ActorType
from contracts.times import SWEDEN

CLINIC = HsaId("SE2321009991-2B02")
HANGING_CLINIC = HsaId("SE2321009991-2B99")
CONSUMER = "SE2321009991-ET01"
HEADERS = {
    "Content-Type": "text/xml; charset=UTF-8",
    "SOAPAction": '"urn:riv:crm:scheduling:GetAvailableTimeslotsResponder:1:GetAvailableTimeslots"',
    "x-vp-sender-id": CONSUMER,
    "x-vp-instance-id": "SE2321009991-TP01",
}
_CITIZEN = next(people.citizens())
_SLOTS = 23


def request(clinic: HsaId = CLINIC) -> bytes:
    """GetAvailableTimeslots for a week."""
    question = s.GetAvailableTimeslots(
        healthcare_facility=clinic,
        subject_of_care=_CITIZEN,
        start_date=date(2026, 12, 14),
        end_date=date(2026, 12, 18),
        time_type_id="PROV10",
    )
    return envelope.write_request(codec.encode(question), clinic, Actor(_CITIZEN.number, ActorType.SUBJECT_OF_CARE))


def answer() -> bytes:
    """The free times of two days."""
    return envelope.write_response(codec.encode(s.GetAvailableTimeslotsResponse(tuple(map(_slot, range(_SLOTS))))))


def _slot(number: int) -> s.Timeslot:
    days, place = divmod(number, 14)
    start = datetime(2026, 12, 14, 8, 0, tzinfo=SWEDEN) + timedelta(days=days, minutes=20 * place)
    return s.Timeslot(
        healthcare_facility=CLINIC,
        start=start,
        end=start + timedelta(minutes=20),
        performer=HsaId("SE2321009991-P002"),
        healthcare_facility_name="Provtagningen Bron",
        performer_name="Sköterska Ek",
        resource_name="Rum 4",
        time_type_name="Blodprov",
        time_type_id="PROV10",
        care_type_name="Provtagning",
        care_type_id="PROV",
    )

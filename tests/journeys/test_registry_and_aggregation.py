"""What an e-service asks beside bookings: which contracts a clinic has (REG-1), and all clinics at once (PS-1, PS-2)."""

import pytest

from contracts import scheduling as s
from contracts.consumer import AnswerUnusable, InternalCaller
from contracts.errors import NotAuthorised, RouteMissing
from contracts.identifiers import HsaId
from contracts.namespaces import responder
from contracts.registry_consumer import RegistryConsumer
from contracts.transport import HttpAnswer, HttpTransport
from tests.journeys.test_national_services import settled
from tests.people import ANNA, GRETA
from tests.town import E_SERVICE
from tidbro.demo_mode import Mode, set_mode

PLATFORM = HsaId("SE2321009991-TP01")
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


@pytest.fixture
def registry(town):
    with HttpTransport(read_seconds=30) as transport:
        yield RegistryConsumer(town.served.url, transport, PLATFORM, E_SERVICE)


def test_the_registry_tells_the_contracts_of_a_clinic_in_any_letter_case(registry):
    told = registry.supported_contracts(HsaId("SE2321009991-2B06"))
    assert responder("MakeBooking") in told
    assert responder("GetAllPerformers") in told
    assert registry.supported_contracts(HsaId("SE2321009991-2b06")) == told


def test_the_registry_tells_nothing_of_an_address_that_it_does_not_know(registry):
    assert registry.supported_contracts(HsaId("SE2321009991-9X99")) == frozenset()


def test_whoever_may_not_ask_the_registry_hears_the_platforms_fault(town):
    stranger = InternalCaller("SE2321009991-FT01", "SE2321009991-TP01")
    with HttpTransport(read_seconds=30) as transport:
        asked = RegistryConsumer(town.served.url, transport, PLATFORM, stranger)
        with pytest.raises(NotAuthorised):
            asked.supported_contracts(HsaId("SE2321009991-2B02"))
        elsewhere = RegistryConsumer(town.served.url, transport, HsaId("SE2321009991-9X99"), E_SERVICE)
        with pytest.raises(RouteMissing):
            elsewhere.supported_contracts(HsaId("SE2321009991-2B02"))


@pytest.mark.parametrize(
    "body", [b"no XML", f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body/></e:Envelope>'.encode()], ids=["text", "empty"]
)
def test_an_answer_of_the_registry_that_cannot_be_used_is_said_to_be_so(body):
    class Fixed:
        def post(self, address, sent, headers):
            return HttpAnswer(200, {"content-type": "text/xml; charset=UTF-8"}, body)

    with pytest.raises(AnswerUnusable):
        RegistryConsumer("http://127.0.0.1:1", Fixed(), PLATFORM, E_SERVICE).supported_contracts(PLATFORM)


def test_one_question_brings_the_times_of_all_clinics_and_tells_which_have_answered(town):
    settled(town)
    told = town.consumer.get_aggregated_schedule(
        s.GetSubjectOfCareSchedule(PLATFORM, ANNA.identity), actor=ANNA.actor, logical_address=PLATFORM
    )
    clinics = {one.healthcare_facility.key for one in told.schedule.timeslots}
    assert clinics == {"se2321009991-1a01", "se2321009991-2b02"}
    assert {one.logical_address.lower() for one in told.sources if one.has_answered} == clinics


def test_a_clinic_that_fails_is_named_beside_the_others_times(town):
    settled(town)
    set_mode(town.served.data, Mode.FAULT)
    told = town.consumer.get_aggregated_schedule(
        s.GetSubjectOfCareSchedule(PLATFORM, GRETA.identity), actor=GRETA.actor, logical_address=PLATFORM
    )
    assert told.schedule.timeslots
    assert [one.logical_address for one in told.sources if not one.has_answered] == ["SE2321009991-2B07"]


def test_a_clinic_asked_by_itself_names_no_sources(town):
    clinic = HsaId("SE2321009991-2B02")
    told = town.consumer.get_aggregated_schedule(
        s.GetSubjectOfCareSchedule(clinic, ANNA.identity), actor=ANNA.actor, logical_address=clinic
    )
    assert (len(told.schedule.timeslots), told.sources) == (1, ())

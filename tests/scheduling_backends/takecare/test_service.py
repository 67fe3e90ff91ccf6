"""takecare/service.py: the record system's SOAP service, asked by raw messages and by zeep as a stranger would."""

import logging
import urllib.request
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest
import zeep

from scheduling_backends.engine.models import AuditRow
from scheduling_backends.takecare.service import MOST_BYTES, Service
from tests.people import ANNA
from tests.scheduling_backends.takecare.conftest import served
from tests.scheduling_backends.timebooks import NORTH, World

NS = "urn:demolan:journalkalender:2"
HEADER = (
    "<j:Anrop><j:System>SE2321009991-ET01</j:System><j:Ursprung>SE2321009991-ET01</j:Ursprung>"
    f"<j:Adressat>{NORTH.text}</j:Adressat><j:KorrelationsId>c-1</j:KorrelationsId>"
    "<j:Roll>PATIENT</j:Roll><j:RollId>197912129280</j:RollId></j:Anrop>"
)
TYPES = "<j:HamtaTidtyper><j:Enhetskod>PNOR</j:Enhetskod><j:PatientId>19791212-9280</j:PatientId></j:HamtaTidtyper>"


def a_message(body: str, header: str = HEADER) -> bytes:
    return (
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:j="{NS}">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


@pytest.fixture
def system(clinic: World) -> World:
    """The clinic Norra with the code PNOR, and twelve times."""
    from dataclasses import replace

    from tests.scheduling_backends.timebooks import GROUP

    with clinic.timebook.desk() as desk:
        desk.change_clinic(NORTH, replace(GROUP, unit_code="PNOR"))
    return clinic


@pytest.fixture
def address(system: World) -> Iterator[str]:
    with served(Service(system.timebook.system)) as address:
        yield address


def asked(address: str, body: bytes | None, method: str = "POST", kind: str = "text/xml") -> tuple[int, str]:
    request = urllib.request.Request(address, body, {"Content-Type": kind}, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_a_question_is_answered_in_the_record_systems_words(address: str) -> None:
    status, answer = asked(address, a_message(TYPES))
    assert status == 200
    assert f'<HamtaTidtyperSvar xmlns="{NS}"><Returkod>0</Returkod><Tidtyp><Kod>BES</Kod>' in answer


def test_units_are_told_with_their_codes(address: str) -> None:
    _, answer = asked(address, a_message("<j:HamtaEnheter/>"))
    assert f"<Enhetskod>PNOR</Enhetskod><HsaId>{NORTH.text}</HsaId><Namn>Norra</Namn>" in answer


def test_an_unknown_unit_is_a_return_code(address: str) -> None:
    _, answer = asked(address, a_message(TYPES.replace("PNOR", "NONE")))
    assert "<Returkod>901</Returkod>" in answer


def test_a_look_at_a_citizens_times_is_in_the_audit_log(address: str, system: World) -> None:
    """domain.md §6.3."""
    question = TYPES.replace("HamtaTidtyper", "HamtaPatientensTider")
    asked(address, a_message(question))
    (line,) = system.rows(AuditRow)
    assert (line.action, line.subject_of_care, line.correlation_id) == ("read schedule", ANNA.number, "c-1")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "the message is not a SOAP 1.1 envelope that can be read"),
        (b"<broken", "the message is not a SOAP 1.1 envelope that can be read"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "the message is not a SOAP 1.1 envelope that can be read"),
        (a_message(""), "the question breaks its schema at the element Body"),
        (a_message(TYPES, ""), "the header Anrop is missing, or breaks its schema"),
        (a_message(TYPES, HEADER.replace("PATIENT", "KATT")), "the header Anrop is missing, or breaks its schema"),
        (a_message("<j:Nagot/>"), "the question breaks its schema at the element Nagot"),
        (
            a_message("<x:HamtaTidtyper xmlns:x='urn:x'/>"),
            "the question breaks its schema at the element HamtaTidtyper",
        ),
        (
            a_message(TYPES.replace("19791212-9280", "hemligt")),
            "the question breaks its schema at the element PatientId",
        ),
        (
            a_message("<j:HamtaEnheterSvar><j:Returkod>0</j:Returkod></j:HamtaEnheterSvar>"),
            "the message is not a question",
        ),
    ],
)
def test_what_cannot_be_understood_is_a_fault_that_quotes_nothing(address: str, body: bytes, sentence: str) -> None:
    status, answer = asked(address, body)
    assert status == 500
    assert f"<faultcode>SOAP-ENV:Client</faultcode><faultstring>{sentence}</faultstring>" in answer
    assert "hemligt" not in answer


def test_a_day_that_is_none_is_a_fault(address: str) -> None:
    search = (
        "<j:SokLedigaDagar><j:Enhetskod>PNOR</j:Enhetskod><j:PatientId>19791212-9280</j:PatientId>"
        "<j:FranDatum>2026-02-30</j:FranDatum><j:TillDatum>2026-12-01</j:TillDatum></j:SokLedigaDagar>"
    )
    status, answer = asked(address, a_message(search))
    assert status == 500
    assert "FranDatum: not a day of the form 2026-12-01" in answer


@pytest.mark.parametrize(
    ("method", "kind", "status"), [("PUT", "text/xml", 405), ("POST", "application/json", 415), ("POST", "", 415)]
)
def test_other_methods_and_content_types_are_refused(address: str, method: str, kind: str, status: int) -> None:
    assert asked(address, b"x", method, kind)[0] == status


def test_a_message_that_is_too_large_is_refused(system: World) -> None:
    told: list[str] = []
    environ = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": "text/xml", "CONTENT_LENGTH": str(MOST_BYTES + 1)}
    Service(system.timebook.system)(environ, lambda status, headers: told.append(status))
    assert told == ["413 Content Too Large"]


def test_a_failure_of_the_system_tells_nothing(system: World, caplog: pytest.LogCaptureFixture) -> None:
    service = Service(system.timebook.system)
    system.timebook.system.close()
    with caplog.at_level(logging.ERROR):
        reply = service.answer(a_message(TYPES))
    assert (reply.status, b"the record system could not answer" in reply.body) == (500, True)
    assert "takecare_service_failed: RuntimeError" in caplog.text
    assert ANNA.number not in caplog.text


def test_a_stranger_books_by_the_wsdl_alone(address: str) -> None:
    client = zeep.Client(f"{address}?wsdl")
    header = {
        "anrop": {
            "System": "SE2321009991-ET01",
            "Ursprung": "SE2321009991-ET01",
            "Adressat": NORTH.text,
            "KorrelationsId": "c-2",
            "Roll": "PATIENT",
            "RollId": "197912129280",
        }
    }
    person = {"Enhetskod": "PNOR", "PatientId": "19791212-9280"}
    days = {"FranDatum": "2026-12-01", "TillDatum": "2026-12-02"}
    free = client.service.SokLedigaTider(**person, **days, _soapheaders=header)
    time = free.Tid[0]
    assert (time.Fran, time.FarAvbokas, time.TidtypNamn) == ("2026-12-01 09:00", "J", "Besök hos oss")
    wanted = {**person, "TidId": time.TidId, "Fran": time.Fran, "Till": time.Till}
    contact = {"Fornamn": "Anna", "Efternamn": "Provbäck"}
    booked = client.service.BokaTid(MedicinskEnhet=NORTH.text, Tid=wanted, Kontakt=contact, _soapheaders=header)
    assert booked.Returkod == 0
    again = client.service.BokaTid(MedicinskEnhet=NORTH.text, Tid=wanted, Kontakt=contact, _soapheaders=header)
    assert (again.Returkod, again.Meddelande[:22]) == (107, "Du har redan en bokad ")
    gone = client.service.AvbokaTid(Enhetskod="PNOR", TidId=booked.TidId, _soapheaders=header)
    assert gone.Returkod == 0


def test_the_schema_and_other_pages(address: str) -> None:
    assert asked(f"{address}?xsd", None, "GET")[1].count("targetNamespace") == 1
    assert f'location="{address}"' in asked(f"{address}?wsdl", None, "GET")[1]
    assert asked(address, None, "GET")[0] == 404

"""takecare/link.py, adapter.py: what becomes of a record system that is late, broken or says what it may not."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from contracts.errors import ProducerFault, ProducerUnreachable
from contracts.identifiers import HsaId
from scheduling_backends.takecare.adapter import TakeCare, create
from scheduling_backends.takecare.mapping import NAMESPACE
from tests.people import ANNA, BERTIL
from tests.scheduling_backends.takecare.conftest import a_record_system, served
from tests.scheduling_backends.timebooks import GROUP, NORTH, World, a_caller, a_type

UNITS = (
    f'<HamtaEnheterSvar xmlns="{NAMESPACE}"><Returkod>0</Returkod><Enhet><Enhetskod>PNOR</Enhetskod>'
    f"<HsaId>{NORTH.text}</HsaId><Namn>Norra</Namn></Enhet></HamtaEnheterSvar>"
)


def an_envelope(payload: str) -> bytes:
    start = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    return f"{start}{payload}</s:Body></s:Envelope>".encode()


def an_answer(operation: str, inside: str) -> bytes:
    return an_envelope(f'<{operation}Svar xmlns="{NAMESPACE}">{inside}</{operation}Svar>')


@contextmanager
def a_system_that_answers(
    body: bytes, status: str = "200 OK", kind: str = "text/xml"
) -> Iterator[tuple[TakeCare, list]]:
    """An adapter at a service that knows its units, and answers everything else like this; and what it was asked."""
    asked: list[bytes] = []

    def application(environ: dict, start_response: Callable) -> list[bytes]:
        question = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        if b"HamtaEnheter" in question:
            start_response("200 OK", [("Content-Type", "text/xml")])
            return [an_envelope(UNITS)]
        asked.append(question)
        start_response(status, [("Content-Type", kind)])
        return [body]

    with served(application) as address:
        adapter = create({"service_url": address})
        adapter.open()
        yield adapter, asked
        adapter.close()


FAULT = (
    '<s:Fault xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><faultcode>s:Server</faultcode>'
    "<faultstring>patient 19791212-9280 lost</faultstring></s:Fault>"
)
BROKEN = {
    "HTML": (b"<html><body>Hello", "200 OK", "HTTP 200, and no SOAP envelope"),
    "nothing": (b"", "200 OK", "HTTP 200, and no SOAP envelope"),
    "an empty body": (an_envelope(""), "200 OK", "HTTP 200, with a fault or nothing in it"),
    "a fault": (an_envelope(FAULT), "500 Error", "HTTP 500, with a fault or nothing in it"),
    "another answer": (an_envelope(UNITS), "200 OK", "HTTP 200, and not the answer to the question"),
    "a status": (an_answer("HamtaTidtyper", "<Returkod>0</Returkod>"), "503 Busy", "HTTP 503, and not the answer"),
    "a broken form": (
        an_answer("HamtaTidtyper", "<Returkod>0</Returkod><Tidtyp><Kod>A</Kod></Tidtyp>"),
        "200 OK",
        "its answer breaks the schema at Tidtyp",
    ),
    "a code of no table": (an_answer("HamtaTidtyper", "<Returkod>77</Returkod>"), "200 OK", "the Returkod 77 is in no"),
    "a refusal of a question": (
        an_answer("HamtaTidtyper", "<Returkod>101</Returkod>"),
        "200 OK",
        "the Returkod 101 is",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_answer_that_cannot_be_used_is_an_unreachable_producer(name: str) -> None:
    body, status, sentence = BROKEN[name]
    with a_system_that_answers(body, status) as (adapter, _), pytest.raises(ProducerUnreachable) as caught:
        adapter.get_all_time_types(_types(), a_caller())
    assert caught.value.detail.startswith(f"the record system: {sentence}")
    assert ANNA.number not in caught.value.detail
    assert "19791212" not in caught.value.detail


def test_a_made_booking_without_an_id_contradicts_itself() -> None:
    """contracts.md MB-1."""
    with (
        a_system_that_answers(an_answer("BokaTid", "<Returkod>0</Returkod>")) as (adapter, asked),
        pytest.raises(ProducerUnreachable, match="contradicts itself"),
    ):
        adapter.make_booking(_booking(), a_caller())
    assert len(asked) == 1


def test_a_refusal_comes_back_with_its_sentence_and_the_internal_code() -> None:
    """domain.md §5.11."""
    inside = "<Returkod>101</Returkod><Meddelande>Någon annan hann före.</Meddelande>"
    with a_system_that_answers(an_answer("BokaTid", inside)) as (adapter, _):
        answer = adapter.make_booking(_booking(), a_caller())
    assert (answer.result_code, answer.result_text) == ("ERROR", "Någon annan hann före.")
    assert b"REQUESTED_TIME_IS_ALREADY_RESERVED" in answer.extensions[0]


def test_a_refusal_without_a_sentence_cannot_be_used() -> None:
    """contracts.md G-17."""
    with (
        a_system_that_answers(an_answer("AvbokaTid", "<Returkod>204</Returkod>")) as (adapter, _),
        pytest.raises(ProducerUnreachable),
    ):
        adapter.cancel_booking(_cancelling(), a_caller())


def test_who_listens_nowhere_is_unreachable_and_not_ready() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        adapter = create({"service_url": f"http://127.0.0.1:{taken.getsockname()[1]}/service"})
        adapter.open()
        health = adapter.health()
        with pytest.raises(ProducerUnreachable, match="no connection could be made"):
            adapter.get_all_time_types(_types(), a_caller())
        adapter.close()
    assert not health.is_ready
    assert "no connection could be made" in health.sentence


def test_who_does_not_answer_in_time_is_unreachable_and_asked_once() -> None:
    never = threading.Event()
    asked: list[int] = []

    def application(environ: dict, start_response: Callable) -> list[bytes]:
        question = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        start_response("200 OK", [("Content-Type", "text/xml")])
        if b"HamtaEnheter" in question:
            return [an_envelope(UNITS)]
        asked.append(1)
        never.wait()
        return []

    with served(application) as address:
        adapter = create({"service_url": address, "read_timeout_seconds": 0.2})
        adapter.open()
        with pytest.raises(ProducerUnreachable, match="did not come in time"):
            adapter.make_booking(_booking(), a_caller())
        never.set()
        adapter.close()
    assert asked == [1]


def test_a_unit_that_is_new_is_learnt(world: World) -> None:
    with pytest.raises(ProducerFault):
        world.timebook.get_all_time_types(_types(), a_caller())
    world.add_clinic(NORTH, GROUP, a_type())
    assert world.timebook.get_all_time_types(_types(), a_caller()).time_types


def test_a_unit_elsewhere_is_a_fault_for_questions_and_a_refusal_for_changes(clinic: World) -> None:
    stranger = HsaId("SE2321009991-9Z99")
    with pytest.raises(ProducerFault, match="not in this system"):
        clinic.timebook.get_all_time_types(_types(stranger), a_caller(address=stranger))
    answer = clinic.timebook.make_booking(_booking(stranger), a_caller(address=stranger))
    assert b"APPOINTMENT_IS_NOT_ALLOWED" in answer.extensions[0]


def test_a_time_that_the_record_system_cannot_say_is_gone(clinic: World) -> None:
    from datetime import timedelta

    answer = clinic.timebook.make_booking(_booking(later=timedelta(seconds=30)), a_caller())
    assert b"REQUESTED_TIME_IS_NO_LONGER_AVAILABLE" in answer.extensions[0]


@pytest.mark.parametrize("over_http", [False, True])
def test_two_citizens_want_one_seat_and_one_gets_it(tmp_path, over_http: bool) -> None:
    """domain.md R15."""
    with a_record_system(tmp_path, over_http) as world:
        world.add_clinic(NORTH, GROUP, a_type())
        world.add_times()
        (slot, *_) = world.ask().free_times()
        barrier, answers = threading.Barrier(2), []

        def book(person) -> None:
            questions = world.ask(person)
            barrier.wait()
            answers.append(questions.make(slot).result_code)

        threads = [threading.Thread(target=book, args=(person,)) for person in (ANNA, BERTIL)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == ["ERROR", "OK"]


@pytest.mark.parametrize(
    "settings",
    [
        {"service_url": "ftp://example.com"},
        {"service_url": 8},
        {"read_timeout_seconds": 0},
        {"read_timeout_seconds": True},
        {"connect_timeout_seconds": "2"},
        {"actor_required": "yes"},
        {"unheard_of": 1},
    ],
)
def test_settings_that_cannot_be_stop_the_start(settings: dict) -> None:
    with pytest.raises(ValueError, match="the record system"):
        create(settings)


def _types(facility: HsaId = NORTH):
    from contracts import scheduling as s

    return s.GetAllTimeTypes(facility, ANNA.identity)


def _booking(facility: HsaId = NORTH, later=None):
    from datetime import timedelta

    from contracts import scheduling as s
    from tests.scheduling_backends.timebooks import at

    start = at(1, 9) + (later or timedelta())
    slot = s.Timeslot(facility, start, start + timedelta(minutes=30), subject_of_care=ANNA.identity)
    return s.MakeBooking(facility, slot, ANNA.info)


def _cancelling():
    from contracts import scheduling as s

    return s.CancelBooking(NORTH, "B-1")

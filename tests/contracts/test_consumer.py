"""The typed consumer: what it puts on the wire, over HTTP and in process, and what it makes of every kind of answer."""

import http.server
import socket
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import envelope, errors
from contracts import scheduling as s
from contracts.catalogue import Catalogue
from contracts.codec import SCHEDULING_INTERACTIONS, decode
from contracts.consumer import (
    AnswerUnusable,
    InternalCaller,
    NotSent,
    OutcomeUnknown,
    SchedulingConsumer,
    may_have_happened,
)
from contracts.faults_read import by_code
from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from contracts.transport import ApplicationNotStarted, HttpTransport, InProcessTransport
from contracts.validation import Validator
from tests.contracts.messages import messages
from tests.people import ANNA

SAMPLES = Path(__file__).parents[1] / "samples" / "crm_scheduling_1.1"
CLINIC = HsaId("SE2321009991-2B02")
START = datetime(2026, 12, 14, 8, 10, tzinfo=SWEDEN)
SLOT = s.Timeslot(CLINIC, START, START + timedelta(minutes=10), booking_id="T-1", subject_of_care=ANNA.identity)
DAYS = (START.date(), START.date() + timedelta(days=7))
QUESTIONS = {
    "CancelBooking": s.CancelBooking(CLINIC, "B-1", "Hinner inte"),
    "GetAllCareTypes": s.GetAllCareTypes(CLINIC, ANNA.identity, ("PROV10",), (HsaId("SE2321009991-P001"),)),
    "GetAllHealthcareFacilities": s.GetAllHealthcareFacilities(CLINIC, ANNA.identity, "B-1"),
    "GetAllPerformers": s.GetAllPerformers(CLINIC, ANNA.identity, ("PROV10", "GLUK120"), ("PROV",)),
    "GetAllTimeTypes": s.GetAllTimeTypes(CLINIC, ANNA.identity, ("PROV",)),
    "GetAvailableDates": s.GetAvailableDates(CLINIC, ANNA.identity, *DAYS, time_type_id="PROV10"),
    "GetAvailableTimeslots": s.GetAvailableTimeslots(CLINIC, ANNA.identity, *DAYS, booking_id="B-1"),
    "GetBookingDetails": s.GetBookingDetails(CLINIC, "B-1"),
    "GetSubjectOfCareSchedule": s.GetSubjectOfCareSchedule(CLINIC, ANNA.identity),
    "MakeBooking": s.MakeBooking(CLINIC, SLOT, ANNA.info, extensions=(b'<v:x xmlns:v="urn:v">1</v:x>',)),
    "UpdateBooking": s.UpdateBooking(SLOT),
}
VALIDATOR = Validator(Catalogue.official())


class Stub:
    """A platform that answers every call alike, and keeps what it was sent."""

    def __init__(self, status: int = 200, body: bytes | None = None) -> None:
        self.status, self.body = status, body
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.hangs, self.may_go = threading.Event(), threading.Event()

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        self.calls.append((path, headers, body))
        if self.hangs.is_set():
            self.may_go.wait()
        name = path.split("/")[-3]
        return self.status, self.body if self.body is not None else (SAMPLES / name / "response.xml").read_bytes()

    @property
    def sent(self) -> envelope.Message:
        return envelope.read(self.calls[-1][2])

    async def __call__(self, scope, receive, send) -> None:
        """The same as an ASGI application."""
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
            return
        body = (await receive())["body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, answer = self.answer(scope["path"], headers, body)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/xml")]})
        await send({"type": "http.response.body", "body": answer})


@contextmanager
def http_platform(stub: Stub) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = stub.answer(self.path, {n.lower(): v for n, v in self.headers.items()}, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        stub.may_go.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module", params=["http", "in process"])
def connected(request):
    """A stub, and a consumer of it: over a socket, and without one. Reading the WSDL files takes its time."""
    stub = Stub()
    if request.param == "http":
        with http_platform(stub) as url, HttpTransport() as transport:
            yield stub, SchedulingConsumer(url, transport)
    else:
        with InProcessTransport(stub) as transport:
            yield stub, SchedulingConsumer("http://platform.example", transport)


@pytest.fixture
def platform(connected):
    """The same, with a stub that answers 200 with each interaction's sample."""
    stub, _ = connected
    stub.status, stub.body = 200, None
    stub.calls.clear()
    return connected


@pytest.fixture(scope="module")
def in_process():
    """The same without a socket, for many questions; its stub is only ever looked at for the last one."""
    stub = Stub()
    with InProcessTransport(stub) as transport:
        yield stub, SchedulingConsumer("http://platform.example", transport)


def ask(consumer: SchedulingConsumer, name: str, **options):
    return getattr(consumer, SCHEDULING_INTERACTIONS[name].method)(QUESTIONS[name], **{"actor": ANNA.actor, **options})


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_sent_is_valid_says_what_was_meant_and_goes_to_the_interactions_address(platform, name):
    stub, consumer = platform
    answer = ask(consumer, name)
    path, headers, _ = stub.calls[-1]
    forms = SCHEDULING_INTERACTIONS[name]
    assert path == f"/vp/crm/scheduling/{name}/1/rivtabp21"
    assert headers["soapaction"] == f'"{forms.contract}:{name}"'
    assert headers["content-type"].startswith("text/xml")
    assert VALIDATOR.check_request(stub.sent) == ()
    assert decode(forms.request, stub.sent.payload) == QUESTIONS[name]
    assert (stub.sent.logical_address, stub.sent.profile) == (CLINIC.text, "rivtabp21")
    assert envelope.read_actor(stub.sent) == ANNA.actor
    assert answer == decode(forms.response, envelope.read((SAMPLES / name / "response.xml").read_bytes()).payload)


def test_another_logical_address_a_correlation_id_and_the_original_consumer_go_along_when_given(platform):
    stub, consumer = platform
    ask(
        consumer, "UpdateBooking", logical_address=HsaId("SE2321009991-2B03"), correlation_id="c-1",
        original_consumer="SE2321009991-ET01",
    )  # fmt: skip
    headers = stub.calls[-1][1]
    assert stub.sent.logical_address == "SE2321009991-2B03"
    assert headers["x-skltp-correlation-id"] == "c-1"
    assert headers["x-rivta-original-serviceconsumer-hsaid"] == "SE2321009991-ET01"


@pytest.mark.parametrize("name", QUESTIONS)
@given(data=st.data())
def test_whatever_is_asked_zeep_writes_it_valid_and_loses_nothing(name, data, in_process):
    """Every optional field, foreign elements at every place that has room for them, any text."""
    stub, consumer = in_process
    forms = SCHEDULING_INTERACTIONS[name]
    question = data.draw(messages(forms.request))
    getattr(consumer, forms.method)(question, actor=None)
    assert VALIDATOR.check_request(stub.sent) == ()
    assert decode(forms.request, stub.sent.payload) == question


def test_each_call_has_a_correlation_id_of_its_own(platform):
    stub, consumer = platform
    ask(consumer, "GetBookingDetails")
    ask(consumer, "GetBookingDetails")
    first, second = (uuid.UUID(headers["x-skltp-correlation-id"]) for _, headers, _ in stub.calls)
    assert first != second


def test_the_consumers_own_original_consumer_goes_along_unless_the_call_names_another():
    stub = Stub()
    with InProcessTransport(stub) as transport:
        consumer = SchedulingConsumer("http://platform.example", transport, original_consumer="SE2321009991-ET01")
        ask(consumer, "GetBookingDetails")
        ask(consumer, "GetBookingDetails", original_consumer="SE2321009991-ET02")
    named = [headers["x-rivta-original-serviceconsumer-hsaid"] for _, headers, _ in stub.calls]
    assert named == ["SE2321009991-ET01", "SE2321009991-ET02"]


def test_without_a_caller_or_an_original_consumer_no_identity_is_claimed(platform):
    stub, consumer = platform
    ask(consumer, "GetBookingDetails")
    assert [name for name in stub.calls[-1][1] if name.startswith(("x-vp-", "x-rivta-"))] == []


def test_a_booking_is_addressed_to_the_clinic_of_the_time_not_to_the_one_with_the_medical_responsibility(platform):
    stub, consumer = platform
    consumer.make_booking(s.MakeBooking(HsaId("SE2321009991-2B99"), SLOT, ANNA.info), actor=ANNA.actor)
    assert stub.sent.logical_address == CLINIC.text


def test_an_agent_is_named_as_one(platform):
    stub, consumer = platform
    agent = s.Actor("SE2321009991-P001", s.ActorType.SUBJECT_OF_CARE_AGENT)
    ask(consumer, "GetBookingDetails", actor=agent)
    assert envelope.read_actor(stub.sent) == agent


@pytest.mark.parametrize("actor", [None, s.Actor(ANNA.number, None)], ids=["nobody", "of an unknown type"])
def test_without_an_actor_of_a_known_type_there_is_no_actor_block(platform, actor):
    """The header's schema demands a type (contracts.md §4); what it does not know cannot be sent."""
    stub, consumer = platform
    ask(consumer, "GetBookingDetails", actor=actor)
    assert envelope.read_actor(stub.sent) is None
    assert VALIDATOR.check_request(stub.sent) == ()


def test_making_a_consumer_opens_no_connection(monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    with HttpTransport() as transport:
        monkeypatch.setattr(socket.socket, "connect", refuse)
        SchedulingConsumer("http://platform.example", transport)


def test_an_internal_caller_names_itself_and_the_platform():
    stub = Stub()
    with InProcessTransport(stub) as transport:
        caller = InternalCaller("SE2321009991-ET01", "SE2321009991-TP01")
        ask(SchedulingConsumer("http://platform.example/", transport, caller=caller), "GetBookingDetails")
    headers = stub.calls[-1][1]
    assert (headers["x-vp-sender-id"], headers["x-vp-instance-id"]) == ("SE2321009991-ET01", "SE2321009991-TP01")


def test_a_producer_can_be_called_at_an_address_of_its_own():
    stub = Stub()
    with InProcessTransport(stub) as transport:
        consumer = SchedulingConsumer("http://clinic.example", transport, path="/own/{interaction}/x/y")
        ask(consumer, "GetBookingDetails")
    assert stub.calls[-1][0] == "/own/GetBookingDetails/x/y"


@pytest.mark.parametrize(
    "kind",
    [
        errors.ProfileUnsupported, errors.SenderUnknown, errors.LogicalAddressMissing, errors.RouteMissing,
        errors.ProfileMismatch, errors.RouteAmbiguous, errors.NotAuthorised, errors.TakUnavailable,
        errors.ProducerUnreachable, errors.RouteWithoutAddress, errors.TransportRefused, errors.ResourceMissing,
        errors.OriginalConsumerRefused, errors.RoutingLoop, errors.MessageUnreadable,
    ],
)  # fmt: skip
def test_a_fault_of_the_platform_is_the_error_of_its_code_with_its_detail(platform, kind):
    stub, consumer = platform
    stub.status, stub.body = 500, envelope.write_fault(kind.faultcode, f"{kind.code} [Prov] Fel.", "what and where")
    with pytest.raises(kind) as raised:
        ask(consumer, "GetBookingDetails")
    assert type(raised.value) is by_code(kind.code)
    assert raised.value.detail == "what and where"


def test_a_fault_of_the_platform_without_a_detail_tells_its_sentence_and_shows_no_number(platform):
    stub, consumer = platform
    stub.status, stub.body = 500, envelope.write_fault("Client", f"VP004 No receiver for {ANNA.number}")
    with pytest.raises(errors.RouteMissing, match="VP004 No receiver") as raised:
        ask(consumer, "GetBookingDetails")
    assert ANNA.number not in raised.value.detail


def test_a_code_that_we_do_not_know_is_a_platform_error_that_may_have_happened(platform):
    stub, consumer = platform
    stub.status, stub.body = 500, envelope.write_fault("Server", "VP099 [Prov] Nytt fel.", "what and where")
    with pytest.raises(errors.PlatformError) as raised:
        ask(consumer, "GetBookingDetails")
    assert type(raised.value) is errors.PlatformError
    assert may_have_happened(raised.value)


def test_a_fault_is_a_fault_whatever_the_http_status_and_wherever_its_children_stand(platform):
    stub, consumer = platform
    fault = envelope.write_fault("Server", "database is locked")
    stub.body = fault.replace(b"<faultstring>", b'<faultstring xmlns="urn:odd">')
    with pytest.raises(errors.ProducerFault, match="database is locked"):
        ask(consumer, "GetBookingDetails")


def test_what_content_type_says_of_the_encoding_counts():
    body = (SAMPLES / "GetAllTimeTypes/response.xml").read_text().partition("?>")[2].replace("Blodprov", "Blodprövning")

    async def latin(scope, receive, send) -> None:
        assert scope["type"] == "http"
        kind = [(b"content-type", b"text/xml; charset=ISO-8859-1")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": body.encode("latin-1")})

    with InProcessTransport(latin) as transport:
        answer = ask(SchedulingConsumer("http://platform.example", transport), "GetAllTimeTypes")
    assert "Blodprövning" in [kind.name for kind in answer.time_types]


def test_foreign_elements_of_an_answer_reach_the_caller(platform):
    """contracts.md §2.3."""
    stub, consumer = platform
    stub.body = (SAMPLES / "GetBookingDetails/response-extension.xml").read_bytes()
    (directions,) = ask(consumer, "GetBookingDetails").extensions
    assert b"Port 3" in directions


def test_a_long_list_of_a_library_that_declares_a_namespace_on_each_element_is_read():
    """As Node's `soap` writes."""
    core, own = "urn:riv:crm:scheduling:1", "urn:riv:crm:scheduling:GetAvailableTimeslotsResponder:1"
    elements = {"startTimeInclusive": "20261214081000", "endTimeExclusive": "20261214082000"}
    elements |= {"healthcare_facility": CLINIC.text, "bookingId": "T-1"}
    slot = "".join(f'<{name} xmlns="{core}">{text}</{name}>' for name, text in elements.items())
    slots = f'<timeslotDetail xmlns="{own}">{slot}</timeslotDetail>' * 1600
    body = f'<GetAvailableTimeslotsResponse xmlns="{own}">{slots}</GetAvailableTimeslotsResponse>'
    envelope_namespace = "http://schemas.xmlsoap.org/soap/envelope/"
    written = f'<e:Envelope xmlns:e="{envelope_namespace}"><e:Body>{body}</e:Body></e:Envelope>'
    with InProcessTransport(Stub(body=written.encode())) as transport:
        consumer = SchedulingConsumer("http://platform.example", transport)
        answer = consumer.get_available_timeslots(QUESTIONS["GetAvailableTimeslots"], actor=ANNA.actor)
    assert len(answer.timeslots) == 1600


def test_a_fault_of_the_scheduling_system_is_a_producer_fault_and_shows_no_number(platform):
    stub, consumer = platform
    stub.status, stub.body = 500, envelope.write_fault("Client", f"no booking of {ANNA.number}")
    with pytest.raises(errors.ProducerFault) as raised:
        ask(consumer, "GetBookingDetails")
    assert raised.value.faultcode == "Client"
    assert ANNA.number not in raised.value.faultstring


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>busy"),
        (200, b""),
        (404, b"not here"),
        (200, b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>'),
        (200, (SAMPLES / "MakeBooking/response.xml").read_bytes()),
        (503, (SAMPLES / "GetBookingDetails/response.xml").read_bytes()),
        (200, (SAMPLES / "GetBookingDetails/response.xml").read_bytes().replace(b"20261", b"20269")),
    ],
)
def test_an_answer_that_is_no_valid_message_is_unusable_and_not_quoted(platform, status, body):
    stub, consumer = platform
    stub.status, stub.body = status, body
    with pytest.raises(AnswerUnusable) as raised:
        ask(consumer, "GetBookingDetails")
    assert may_have_happened(raised.value)
    assert "busy" not in str(raised.value)
    assert ANNA.number not in str(raised.value)


def test_a_late_answer_leaves_the_outcome_unknown():
    """MB-10: look before trying again."""
    stub = Stub()
    stub.hangs.set()
    with http_platform(stub) as url, HttpTransport(read_seconds=0.2) as transport:
        with pytest.raises(OutcomeUnknown) as raised:
            ask(SchedulingConsumer(url, transport), "MakeBooking")
        assert may_have_happened(raised.value)
        stub.may_go.set()


def test_a_refused_connection_means_that_nothing_was_sent():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with HttpTransport() as transport, pytest.raises(NotSent) as raised:
            ask(SchedulingConsumer(url, transport), "MakeBooking")
    assert not may_have_happened(raised.value)


def test_a_connection_that_breaks_after_sending_leaves_the_outcome_unknown():
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(100)

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with HttpTransport() as transport, pytest.raises(OutcomeUnknown):
            ask(SchedulingConsumer(url, transport), "MakeBooking")
        thread.join()


def test_only_what_the_platform_stopped_before_the_producer_has_surely_not_happened():
    assert not may_have_happened(errors.RouteMissing())
    assert not may_have_happened(errors.ContractViolation([]))
    assert may_have_happened(errors.ProducerUnreachable())
    assert may_have_happened(errors.ProducerFault("down"))


def test_eight_threads_share_one_consumer_and_no_call_gets_what_is_anothers(platform):
    stub, consumer = platform
    all_ready = threading.Barrier(8)

    def ask_all(thread: int) -> list[type]:
        all_ready.wait(10)
        return [
            type(ask(consumer, name, logical_address=HsaId(f"SE1-{thread}"), correlation_id=f"{thread} {name}"))
            for name in QUESTIONS
        ]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask_all, range(8)))
    assert answers == [[SCHEDULING_INTERACTIONS[name].response.type for name in QUESTIONS]] * 8
    sent = {(headers["x-skltp-correlation-id"], _told(body)) for _, headers, body in stub.calls}
    assert sent == {(f"{thread} {name}", (f"SE1-{thread}", name)) for thread in range(8) for name in QUESTIONS}


def _told(body: bytes) -> tuple[str | None, str | None]:
    message = envelope.read(body)
    return message.logical_address, message.interaction


def test_an_application_that_cannot_start_says_so_on_entry():
    async def broken(scope, receive, send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(ApplicationNotStarted, match="no database"), InProcessTransport(broken):
        pass


def test_an_address_that_is_no_url_is_refused_when_the_consumer_is_made():
    with HttpTransport() as transport, pytest.raises(ValueError, match="http://"):
        SchedulingConsumer("127.0.0.1:8080", transport)

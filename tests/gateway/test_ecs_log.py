"""gateway/ecs_log.py: the real platform's message events (platform.md §19; §24 rows 61, 62)."""

import asyncio
import json
import logging
import re

import pytest

from gateway.call import Answer, HttpRequest
from gateway.ecs_log import EcsLog
from gateway.faults import FAULT_TEXTS
from gateway.settings import read_settings
from tests.gateway.builders import (
    CLINIC,
    CONSUMER,
    CONTRACT,
    INTERNAL,
    Stub,
    a_call,
    a_pipeline,
    a_request,
    a_route,
    a_snapshot,
    carried,
    forwarded,
    http_reply,
    sample,
    with_headers,
)
from tests.people import ANNA

ANSWER = sample("GetAllCareTypes", "response")
SOAP_FAULT = (
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server</faultcode>'
    b"<faultstring>%s</faultstring><detail><x>Anna</x></detail></e:Fault></e:Body></e:Envelope>"
)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> "Told":
    caplog.set_level(logging.INFO, "tidbro.ecs")
    return Told(caplog)


class Told:
    """The events that were written, in their order."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    @property
    def events(self) -> list[dict[str, object]]:
        return [json.loads(one.getMessage()) for one in self._caplog.records if one.name == "tidbro.ecs"]

    @property
    def actions(self) -> list[object]:
        return [one["event.action"] for one in self.events]

    @property
    def text(self) -> str:
        return "\n".join(one.getMessage() for one in self._caplog.records if one.name == "tidbro.ecs")

    def __getitem__(self, action: str) -> dict[str, object]:
        (found,) = (one for one in self.events if one["event.action"] == action)
        return found


def call_forwarded(request: HttpRequest | None = None, reply: bytes | None = None, **settings: object) -> Answer:
    """What the consumer got from an HTTP producer, with the events on."""
    good = http_reply("200 OK", ANSWER, "X-Custom: 1", "Set-Cookie: id=secret")
    return forwarded(good if reply is None else reply, request, log_style="ecs", **settings)[0]


# -- Which events, and in which order


def test_a_call_leaves_its_four_events_in_their_order_once_each(told: Told) -> None:
    """platform.md §19.1; §24 row 61."""
    call_forwarded()
    assert told.actions == ["req-in", "req-out", "resp-in", "resp-out"]


def test_nothing_is_written_unless_it_is_asked_for(told: Told) -> None:
    """platform.md §19.1: the real platform's default is its older form, which is not written here."""
    forwarded(http_reply("200 OK", ANSWER))
    forwarded(http_reply("200 OK", ANSWER), compatibility="skltp")
    assert told.events == []


@pytest.mark.parametrize(
    ("request_", "actions"),
    [
        (a_request(headers={}), ["error", "resp-out"]),
        (a_request(b"<no"), ["error", "resp-out"]),
        (a_request(sample().replace(CLINIC.encode(), b"SE1")), ["req-in", "error", "resp-out"]),
    ],
    ids=["no identity", "unreadable", "no route"],
)
def test_a_fault_is_told_by_error_and_resp_out_and_nothing_before_the_message_was_read(
    request_: HttpRequest, actions: list[str], told: Told
) -> None:
    """platform.md §2, §19.1; §24 row 62."""
    carried(a_pipeline(log_style="ecs"), request_)
    assert told.actions == actions


def test_who_may_not_name_another_consumer_was_never_let_in(told: Told) -> None:
    """platform.md §2: VP013 is step 5, and `req-in` is written at step 6."""
    pipeline = a_pipeline(log_style="ecs", original_consumer_senders="SE2", demo_consumer=CONSUMER)
    carried(pipeline, a_request(headers={"x-rivta-original-serviceconsumer-hsaid": "SE1"}))
    assert told.actions == ["error", "resp-out"]
    assert told["error"]["labels.errorCode"] == "VP013"


@pytest.mark.parametrize(
    ("reply", "actions"),
    [
        (http_reply("500 Internal Server Error", SOAP_FAULT % b"no"), ["req-in", "req-out", "error", "resp-out"]),
        (http_reply("404 Not Found", b"no"), ["req-in", "req-out", "error", "resp-out"]),
        (http_reply("200 OK", b""), ["req-in", "req-out", "resp-in", "error", "resp-out"]),
    ],
    ids=["a fault passed on", "another status", "empty"],
)
def test_resp_in_is_for_an_answer_that_came_well_and_a_producers_fault_is_an_error(
    reply: bytes, actions: list[str], told: Told
) -> None:
    """platform.md §19.1; §2: what came is logged (step 17) before it is found empty (step 19)."""
    call_forwarded(reply=reply)
    assert told.actions == actions


@pytest.mark.parametrize(("profile", "code"), [("RIVTABP99", "VP005"), ("RIVTABP20", "VP012")])
def test_what_cannot_be_put_into_the_routes_profile_was_never_sent(profile: str, code: str, told: Told) -> None:
    """platform.md §2: profiles are step 10, and `req-out` is written at step 14."""
    route = a_route(address="http://producer.example/x", profile=profile)
    pipeline = a_pipeline(route, log_style="ecs", reading="scan", validation="off")
    carried(pipeline, a_request(sample().replace(b"</soap:Envelope>", b"")))
    assert told.actions == ["req-in", "error", "resp-out"]
    assert told["error"]["labels.errorCode"] == code


def test_a_call_that_is_sent_twice_is_told_once(told: Told) -> None:
    """platform.md §14.2: only the step of sending is repeated."""
    left = [b"", http_reply("200 OK", ANSWER)]

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0))

    forwarded(None, behave=behave, log_style="ecs", retry_delay_seconds=0)
    assert (left, told.actions) == ([], ["req-in", "req-out", "resp-in", "resp-out"])


def test_an_event_is_written_once_however_often_it_is_reported(told: Told) -> None:
    log, call = EcsLog(read_settings({"log_style": "ecs"})), a_call()
    for _ in range(3):
        log.write("resp-out", call, Answer(200, b"x"))
    assert told.actions == ["resp-out"]


# -- Fields


def test_the_events_of_a_call_share_trace_and_transaction_and_pair_their_spans(told: Told) -> None:
    """platform.md §19.2; §24 row 61."""
    call_forwarded(with_headers({"x-skltp-correlation-id": "my-id"}))
    assert {one["trace.id"] for one in told.events} == {"my-id"}
    assert len({one["transaction.id"] for one in told.events}) == 1
    assert len({one["event.id"] for one in told.events}) == 4
    outer, inner = told["req-in"]["span.id"], told["req-out"]["span.id"]
    assert [one["span.id"] for one in told.events] == [outer, inner, inner, outer]
    assert outer != inner
    assert [one.get("labels.parent.id") for one in told.events] == [None, outer, outer, None]
    assert all(UUID.fullmatch(str(one[name])) for one in told.events for name in ("event.id", "span.id"))


def test_the_request_that_came_in_is_told_with_all_its_labels(told: Told) -> None:
    """platform.md §19.2."""
    headers = {
        "host": "vp.example.com", "x-rivta-original-serviceconsumer-hsaid": "SE2321009991-FT01",
        "x-rivta-acting-on-behalf-of-hsaid": "SE2321009991-TC01", "x-vp-forwarded-host": "h", "x-vp-forwarded-port": "1",
        "x-vp-forwarded-proto": "https", "content-length": "17",
    }  # fmt: skip
    call_forwarded(with_headers(headers))
    event = told["req-in"]
    wanted = {
        "log.logger": "se.skl.tp.vp.logging.req.in", "log.level": "INFO", "event.kind": "event",
        "event.category": ["web"], "event.module": "skltp-messages", "event.type": ["access", "start"],
        "message": f"req-in {CONSUMER} -> {CLINIC}", "url.full": "http://vp.example.com/vp/x",
        "http.request.method": "POST", "http.request.body.bytes": "17", "source.address": "127.0.0.1",
        "source.ip": "127.0.0.1", "labels.route": "vp-http-route", "labels.senderid": CONSUMER,
        "labels.receiverid": CLINIC, "labels.servicecontract_namespace": CONTRACT, "labels.rivversion": "rivtabp21",
        "labels.wsdl_namespace": "urn:riv:crm:scheduling:GetAllCareTypes:1:rivtabp21",
        "labels.originalServiceconsumerHsaid": "SE2321009991-FT01",
        "labels.originalServiceconsumerHsaid_in": "SE2321009991-FT01",
        "labels.actingOnBehalfOfHsaid": "SE2321009991-TC01", "labels.httpXForwardedProto": "https",
        "labels.httpXForwardedHost": "h", "labels.httpXForwardedPort": "1",
    }  # fmt: skip
    assert {name: event.get(name) for name in wanted} == wanted
    assert "event.duration" not in event
    assert event["host.hostname"]
    assert [one for one in told.events[1:] if "labels.httpXForwardedHost" in one] == []


def test_the_request_that_goes_out_is_told_with_its_own_headers_and_its_producer(told: Told) -> None:
    """platform.md §19.2: url.original, destination; the headers are those that the producer sees."""
    call_forwarded(with_headers({"x-custom": "1", "x-forwarded-for": "127.0.0.1"}))
    event = told["req-out"]
    address = str(event["url.original"])
    port = address.split(":")[2].split("/", maxsplit=1)[0]
    assert (event["destination.address"], event["destination.domain"]) == (f"127.0.0.1:{port}", "127.0.0.1")
    assert event["destination.port"] == port
    headers = json.loads(str(event["http.request.headers"]))
    assert headers["x-custom"] == "1"
    assert headers["user-agent"] == "Tidbro"
    assert "x-forwarded-for" not in headers
    assert (event["labels.routerVagvalTrace"], event["labels.routerBehorighetTrace"]) == (CLINIC, CLINIC)


def test_answers_tell_status_headers_and_how_long_it_took(told: Told) -> None:
    """platform.md §19.2: the producer's time with six zeros, else the time since the call arrived."""
    answer = call_forwarded()
    came, went = told["resp-in"], told["resp-out"]
    milliseconds = dict(answer.headers)["x-skltp-prt"]
    assert came["event.duration"] == f"{milliseconds}000000"
    assert int(str(went["event.duration"])) >= int(milliseconds) * 1_000_000
    assert (came["http.response.status_code"], went["http.response.status_code"]) == ("200", "200")
    assert json.loads(str(went["http.response.headers"]))["X-Custom"] == "1"
    assert went["http.response.body.bytes"] == str(len(answer.body))
    assert went["event.type"] == ["access", "end"]


def test_all_values_are_texts_but_the_two_lists_and_nothing_is_null(told: Told) -> None:
    """platform.md §19.2."""
    call_forwarded()
    for event in told.events:
        assert {name for name, value in event.items() if not isinstance(value, str)} == {"event.category", "event.type"}
        assert "" not in event.values()


def test_after_a_rewrite_the_profile_is_in_the_catalogues_spelling(told: Told) -> None:
    """platform.md §4.2: RIVTABP20 after the rewrite, rivtabp21 before it."""
    forwarded(http_reply("200 OK", ANSWER), profile="RIVTABP20", log_style="ecs")
    spelled = [one["labels.rivversion"] for one in told.events]
    assert spelled == ["rivtabp21", "RIVTABP20", "RIVTABP20", "RIVTABP20"]


def test_the_request_that_goes_out_is_told_as_the_producer_gets_it(told: Told) -> None:
    """platform.md §19.2: in the route's profile, with its own length."""
    _, producer = forwarded(http_reply("200 OK", ANSWER), profile="RIVTABP20", log_style="ecs", log_payloads=True)
    assert told["req-out"]["http.request.body.bytes"] == str(len(producer.bodies[0]))
    assert "http://www.w3.org/2005/08/addressing" in str(told["req-out"]["http.request.body.content"])
    assert "http://www.w3.org/2005/08/addressing" not in str(told["req-in"]["http.request.body.content"])


def test_a_platform_fault_is_told_with_its_code_and_sentence(told: Told) -> None:
    """platform.md §19.2: sessionStatus, errorCode, statusCode."""
    carried(a_pipeline(snapshot=a_snapshot(a_route(), authorisations=()), log_style="ecs"))
    for event in (told["error"], told["resp-out"]):
        assert event["labels.sessionStatus"] == "true"
        assert event["labels.errorCode"] == "VP007"
        assert event["labels.statusCode"] == "500 Internal Server Error"
        assert str(event["labels.sessionErrorDescription"]).startswith("Authorization missing for serviceNamespace")
        assert str(event["labels.sessionErrorTechnicalDescription"]).startswith("NotAuthorised: Authorization")
    assert told["error"]["log.level"] == "ERROR"
    assert told["error"]["error.type"] == "NotAuthorised"
    assert str(told["error"]["labels.routerBehorighetTrace"]).startswith(CLINIC)


def test_vp009_is_described_by_its_own_sentence(told: Told) -> None:
    """platform.md §19.2, sessionErrorDescription."""
    call_forwarded(reply=http_reply("404 Not Found", b"no"))
    assert told["error"]["labels.sessionErrorDescription"] == FAULT_TEXTS["VP009"]
    assert "VP_PRODUCER_EXCEPTION_HTTP_STATUS=404" in str(told["error"]["error.message"])


def test_another_platforms_fault_is_told_in_its_own_words_and_a_systems_by_its_code_alone(told: Told) -> None:
    """platform.md §19.2, faultCode and faultString; a producer's words are a body's words, and may name a patient."""
    words = f"VP004 [RTjP] {FAULT_TEXTS['VP004']}"
    call_forwarded(reply=http_reply("500 x", SOAP_FAULT % words.encode()))
    assert (told["error"]["labels.faultCode"], told["error"]["labels.faultString"]) == ("Server", words)
    assert "labels.sessionStatus" not in told["error"]


def test_what_a_producer_says_of_a_patient_is_not_told(told: Told) -> None:
    call_forwarded(reply=http_reply("500 x", SOAP_FAULT % b"Anna Provb\xc3\xa4ck finns inte"))
    assert told["error"]["labels.faultString"] == "(hidden)"
    assert "Anna" not in told.text


def test_a_fault_that_cannot_be_read_is_told_as_unknown(told: Told) -> None:
    """platform.md §19.2."""
    call_forwarded(reply=http_reply("500 x", b"<x http://schemas.xmlsoap.org/soap/envelope/"))
    assert str(told["error"]["labels.faultString"]).startswith("Unknown SOAPFault (")


def test_an_internal_errors_frames_are_told_without_its_message(told: Told) -> None:
    def explode() -> None:
        raise LookupError(f"no patient {ANNA.first_name} {ANNA.number}")

    carried(a_pipeline(adapters={"stub": Stub(before=explode)}, log_style="ecs"))
    assert "in explode" in str(told["error"]["error.stack_trace"])
    assert ANNA.number not in told.text
    assert "no patient Anna" not in told.text


def test_the_service_has_the_real_platforms_name_in_skltp_and_ours_otherwise(told: Told) -> None:
    """platform.md §19.2, service.name."""
    call_forwarded()
    call_forwarded(compatibility="skltp")
    assert [one["service.name"] for one in told.events] == ["tidbro"] * 4 + ["vp-services"] * 4


def test_the_https_listener_is_another_route_and_tells_no_sender_address(told: Told) -> None:
    """platform.md §19.2: source.address on the HTTP listener only."""
    log = EcsLog(read_settings({"log_style": "ecs"}))
    call = a_call(sender_address="10.0.0.1")
    call.request = HttpRequest("POST", "/vp/x", headers=dict(INTERNAL), scheme="https")
    log.write("req-in", call)
    assert told["req-in"]["labels.route"] == "vp-https-route"
    assert "source.address" not in told["req-in"]


# -- Masking


def test_certificates_cookies_and_credentials_are_filtered_wherever_they_stand(told: Told) -> None:
    """platform.md §19.3, and cookies and Authorization beyond it; §24 row 61."""
    secrets = {
        "x-vp-auth-cert": "MIIsecret", "x-fk-auth-cert": "MIIsecret", "x-forwarded-tls-client-cert": "MIIsecret",
        "authorization": "Basic secret", "cookie": "id=secret", "x-api-key": "secret",
    }  # fmt: skip
    call_forwarded(with_headers(secrets))
    headers = json.loads(str(told["req-in"]["http.request.headers"]))
    assert {headers[name] for name in secrets} == {"<filtered>"}
    assert json.loads(str(told["resp-in"]["http.response.headers"]))["Set-Cookie"] == "<filtered>"
    assert "secret" not in told.text


def test_a_certificate_header_of_another_name_is_filtered_too(told: Told) -> None:
    call_forwarded(with_headers({"x-klient": "MIIsecret"}), certificate_header="X-Klient")
    assert "secret" not in told.text


def test_no_persons_number_is_in_an_event_whatever_the_call_says(told: Told) -> None:
    """platform.md §25 row 25; DESIGN decision 10."""
    request = a_request(
        sample().replace(CLINIC.encode(), ANNA.number.encode()),
        headers={**INTERNAL, "x-custom": ANNA.identity.displayed, "x-skltp-correlation-id": ANNA.number},
        query=f"p={ANNA.number}",
    )
    carried(a_pipeline(log_style="ecs"), request)
    assert told.actions == ["req-in", "error", "resp-out"]
    assert ANNA.number not in told.text
    assert ANNA.identity.displayed not in told.text


def test_bodies_are_told_only_when_that_is_asked_for(told: Told) -> None:
    """platform.md §19.1 (DEBUG), §25 row 25: never on by default, in either mode."""
    call_forwarded()
    call_forwarded(compatibility="skltp")
    assert "body.content" not in told.text


def test_bodies_that_are_asked_for_are_masked(told: Told) -> None:
    body = sample("GetAllCareTypes", "request-full")
    call_forwarded(a_request(body), log_payloads=True)
    content = str(told["req-in"]["http.request.body.content"])
    assert told["req-in"]["log.level"] == "DEBUG"
    assert f">{CLINIC}<" in content
    assert "(hidden)" in content
    assert ANNA.number not in told.text
    assert "http.response.body.content" in told["resp-out"]


def test_calls_at_once_keep_their_events_apart(told: Told) -> None:
    async def ask() -> None:
        pipeline = a_pipeline(log_style="ecs")
        await pipeline.producers.open()
        calls = [pipeline.answer(with_headers({"x-skltp-correlation-id": f"c{n}"})) for n in range(20)]
        await asyncio.gather(*calls)
        await pipeline.close()

    asyncio.run(ask())
    for number in range(20):
        of_call = [one["event.action"] for one in told.events if one["trace.id"] == f"c{number}"]
        assert of_call == ["req-in", "req-out", "resp-in", "resp-out"]

"""Each event of a call, read from the file it is written to (platform.md §2, §4.2, §19)."""

import json

import pytest

from conformance.gateway.producers import replies, resets
from tests.people import ANNA
from tests.platform import logs
from tests.platform.catalogue import CONSUMER, STRANGER
from tests.platform.letter import SENTENCES, a_fault, detail_of
from tests.platform.logs import Row, event_of, events_of
from tests.platform.messages import ADDRESSING, GET, SOAP, SOAP_FAULT, a_message, a_message_20, official
from tests.platform.world import Gateway, World

ECS = {"vp.logging.style": "ECS"}
NOT_TEXTS = {"event.category", "event.type"}


@pytest.fixture(scope="session")
def real_with_events(world: World) -> Gateway:
    return world.share("skltp", ECS, with_tls=True)


@pytest.fixture(scope="session")
def ours_with_events(world: World) -> Gateway:
    return world.share("tidbro", ECS, with_tls=True)


@pytest.fixture(params=("real_with_events", "ours_with_events"))
def telling(request: pytest.FixtureRequest) -> Gateway:
    """Each of the two ways of being set in turn, with its events written."""
    found: Gateway = request.getfixturevalue(request.param)
    return found


def labels(event: Row, *names: str) -> dict[str, object]:
    return {name: event.get(f"labels.{name}") for name in names}


# Which, and when


def test_19_1_by_default_no_events_are_written_in_either_mode(gateway: Gateway) -> None:
    """platform.md §19.1: its own default is the old text form, which is not written here; our record always is."""
    reply = gateway.call()
    assert logs.lines_of(gateway, logs.EVENTS) == []
    record = logs.record_of(gateway, reply)
    assert (record["sender"], record["logical_address"], record["status"]) == (CONSUMER, "A", 200)


def test_19_4_the_old_text_form_is_accepted_and_not_written(world: World) -> None:
    """platform.md §19.4."""
    gateway = world.start("skltp", {"vp.logging.style": "LEGACY"})
    gateway.call()
    assert logs.lines_of(gateway, logs.EVENTS) == []
    assert "logEvent-info.start" not in gateway.process.logged()


def test_19_1_an_empty_answer_came_before_it_was_found_empty(telling: Gateway) -> None:
    """platform.md §19.1, §2 steps 17 and 19."""
    reply = telling.call(None, (), replies("200 OK", b""))
    detail_of(reply, "VP009")
    assert logs.actions(events_of(telling, reply)) == ["req-in", "req-out", "resp-in", "error", "resp-out"]


def test_19_1_what_cannot_be_put_into_the_routes_profile_was_never_sent(telling: Gateway) -> None:
    """platform.md §19.1, §2 steps 10 and 14."""
    reply = telling.call(a_message("ROUTE-99"))
    detail_of(reply, "VP005")
    assert logs.actions(events_of(telling, reply)) == ["req-in", "error", "resp-out"]


def test_19_1_what_cannot_be_rewritten_was_never_sent(real_with_events: Gateway) -> None:
    """platform.md §19.1, §4.3: VP012."""
    reply = real_with_events.call(a_message_20("A").replace(b"</soap:Body>", b"<broken"))
    detail_of(reply, "VP012")
    assert logs.actions(events_of(real_with_events, reply)) == ["req-in", "error", "resp-out"]


def test_2_step_6_whoever_may_not_name_another_consumer_was_never_let_in(world: World) -> None:
    """platform.md §2 steps 5 and 6: VP013."""
    given = {**ECS, "sender.id.allowed.list": STRANGER, "throw.vp013.when.originalconsumer.not.allowed": "true"}
    gateway = world.start("skltp", given)
    reply = gateway.call(headers={"x-rivta-original-serviceconsumer-hsaid": "SE-FIRST"})
    detail_of(reply, "VP013")
    assert logs.actions(events_of(gateway, reply)) == ["error", "resp-out"]


def test_14_2_a_call_that_is_sent_twice_is_told_once(telling: Gateway) -> None:
    """platform.md §14.2, §2 step 21: only the step of sending is repeated."""
    reply = telling.call(None, (), resets, replies("200 OK", b"<a/>"))
    assert len(telling.attempts(reply)) == 2
    assert logs.actions(events_of(telling, reply)) == ["req-in", "req-out", "resp-in", "resp-out"]


def test_2_step_1_a_wsdl_leaves_no_event_and_no_record(telling: Gateway) -> None:
    """platform.md §2 step 1: no message log."""
    reply = telling.get("/vp/crm/scheduling/MakeBooking/1/rivtabp21?wsdl", {"x-skltp-correlation-id": "wsdl-only"})
    assert reply.status == 200
    for name in (logs.EVENTS, logs.MESSAGE_LOG):
        assert not [one for one in logs.lines_of(telling, name) if "wsdl-only" in json.dumps(one)]


# Fields


def test_19_2_all_values_are_texts_but_two_lists_and_none_is_empty(telling: Gateway) -> None:
    """platform.md §19.2: nulls are left out."""
    called = [telling.call(), telling.call(a_message("NOWHERE")), telling.call(a_message("TLS"))]
    for event in (one for reply in called for one in events_of(telling, reply)):
        assert {name for name, value in event.items() if not isinstance(value, str)} == NOT_TEXTS
        assert "" not in event.values()


def test_19_2_the_request_that_came_in_is_told_with_what_a_proxy_told(telling: Gateway) -> None:
    """platform.md §19.2, §2 step 3: the URL that was asked; forwarded parts once a call; ids in and out."""
    sent = {
        "Host": "vp.example.com", "X-VP-Forwarded-Proto": "https", "X-VP-Forwarded-Host": "proxy.example.com",
        "X-VP-Forwarded-Port": "444", "x-rivta-original-serviceconsumer-hsaid": "SE-FIRST",
        "x-rivta-acting-on-behalf-of-hsaid": "SE-BEHALF",
    }  # fmt: skip
    events = events_of(telling, telling.call(headers=sent, path="/vp/some/path"))
    first, *others = events
    assert first["url.full"] == "http://vp.example.com/vp/some/path"
    assert first["http.request.method"] == "POST"
    assert first["http.request.body.bytes"] == str(len(a_message()))
    forwarded = ("httpXForwardedProto", "httpXForwardedHost", "httpXForwardedPort")
    assert labels(first, *forwarded) == dict(zip(forwarded, ("https", "proxy.example.com", "444"), strict=True))
    assert not any(f"labels.{name}" in one for one in others for name in forwarded)
    wanted = {
        "route": "vp-http-route", "senderid": CONSUMER, "receiverid": "A", "servicecontract_namespace": GET,
        "wsdl_namespace": "urn:riv:test:platform:GetThing:1:rivtabp21", "rivversion": "rivtabp21",
        "originalServiceconsumerHsaid": "SE-FIRST", "originalServiceconsumerHsaid_in": "SE-FIRST",
        "actingOnBehalfOfHsaid": "SE-BEHALF",
    }  # fmt: skip
    for event in events:
        assert labels(event, *wanted) == wanted


def test_19_2_where_a_call_came_from_is_all_that_the_proxy_tells(telling: Gateway) -> None:
    """platform.md §19.2, §5.2 step 2: all of X-Forwarded-For, else the peer."""
    told = event_of(telling, telling.call(headers={"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}), "req-in")
    assert told["source.address"] == told["source.ip"] == "192.0.2.1, 192.0.2.2"
    assert event_of(telling, telling.call(), "req-in")["source.address"] == "127.0.0.1"


def test_19_2_over_https_it_is_another_route_without_a_senders_address(telling: Gateway) -> None:
    """platform.md §19.2: sender IP on the HTTP listener only."""
    for event in events_of(telling, telling.call(shown=telling.world.consumer)):
        assert event["labels.route"] == "vp-https-route"
        assert event["url.full"].startswith("https://")
        assert not {"source.address", "source.ip"} & event.keys()


def test_19_2_the_request_that_goes_out_is_told_with_its_producer_and_its_own_headers(telling: Gateway) -> None:
    """platform.md §19.2: url.original, destination.*; the headers are those that the producer sees."""
    reply = telling.call(headers={"X-Custom": "1", "X-Forwarded-Proto": "https"})
    event, port = event_of(telling, reply, "req-out"), str(telling.world.http.port)
    assert event["url.original"] == telling.world.places.http
    told = (event["destination.address"], event["destination.domain"], event["destination.port"])
    assert told == (f"127.0.0.1:{port}", "127.0.0.1", port)
    names = {name.lower(): value for name, value in json.loads(event["http.request.headers"]).items()}
    seen = telling.seen(reply)
    assert names["x-custom"] == "1"
    assert names["user-agent"] == seen.header("user-agent")
    assert "x-forwarded-proto" not in names
    assert event["http.request.body.bytes"] == seen.header("content-length")


def test_19_2_after_a_rewrite_body_and_profile_are_those_of_the_route(telling: Gateway) -> None:
    """platform.md §4.2: the catalogue's spelling after the rewrite, lower case before it and without one."""
    reply = telling.call(a_message("ROUTE-20"))
    events = events_of(telling, reply)
    assert [one["labels.rivversion"] for one in events] == ["rivtabp21", "RIVTABP20", "RIVTABP20", "RIVTABP20"]
    assert events[1]["http.request.body.bytes"] == str(len(telling.seen(reply).body))
    plain = events_of(telling, telling.call(a_message("LOWER-PROFILE")))
    assert {one["labels.rivversion"] for one in plain} == {"rivtabp21"}


def test_19_2_traces_and_the_choice_of_certificates_are_labels(telling: Gateway) -> None:
    """platform.md §19.2: routerVagvalTrace, routerBehorighetTrace, sslContextId; §2 step 15."""
    events = events_of(telling, telling.call(a_message("CHILD")))
    traces = ("routerVagvalTrace", "routerBehorighetTrace")
    wanted = ("CHILD,(parent),PARENT", "CHILD,(default),*,(parent),PARENT")
    assert tuple(labels(events[1], *traces).values()) == wanted
    over_tls = telling.call(a_message("TLS"))
    assert event_of(telling, over_tls, "resp-in")["labels.sslContextId"] == "blackbox"
    assert logs.record_of(telling, over_tls)["tls_context"] == "blackbox"
    assert "labels.sslContextId" not in event_of(telling, telling.call(), "resp-in")


def test_19_2_the_service_and_the_machine_are_named(real_with_events: Gateway, ours_with_events: Gateway) -> None:
    """platform.md §19.2: service.name, host.*."""
    for telling, name in ((real_with_events, "vp-services"), (ours_with_events, "tidbro")):
        for event in events_of(telling, telling.call()):
            assert event["service.name"] == name
            assert event["host.hostname"]
            assert event["host.os.platform"] == "linux"


def test_19_2_a_fault_of_the_platform_is_told_with_code_and_status(telling: Gateway) -> None:
    """platform.md §19.2: sessionStatus, errorCode, statusCode and the descriptions; error.type and error.message."""
    reply = telling.call(a_message("UNPERMITTED"))
    detail = detail_of(reply, "VP007")
    for event in events_of(telling, reply)[1:]:
        told = labels(event, "sessionStatus", "errorCode", "statusCode", "sessionErrorDescription")
        assert list(told.values()) == ["true", "VP007", "500 Internal Server Error", detail]
        assert event["labels.sessionErrorTechnicalDescription"].endswith(detail)
    error = event_of(telling, reply, "error")
    assert (error["log.level"], error["error.message"]) == ("ERROR", detail)
    assert error["error.type"]


def test_19_2_vp009_is_described_by_its_own_sentence(telling: Gateway) -> None:
    """platform.md §19.2, sessionErrorDescription."""
    reply = telling.call(None, (), replies("404 Not Found", b"no"))
    error = event_of(telling, reply, "error")
    assert error["labels.sessionErrorDescription"] == SENTENCES["VP009"][1]
    assert error["error.message"].endswith("VP_PRODUCER_EXCEPTION_HTTP_STATUS=404")


def test_19_2_an_error_without_a_code_is_told_as_vp009(real_with_events: Gateway) -> None:
    """platform.md §12.4, §19.2 error.type."""
    error = event_of(real_with_events, real_with_events.call(a_message("NO-PROFILE")), "error")
    assert error["labels.errorCode"] == "VP009"
    assert error["error.type"]


def a_soap_fault(words: str) -> bytes:
    return a_fault("Server", words, "the detail").encode()


def test_19_2_a_platforms_fault_that_is_passed_on_is_told_in_its_words(telling: Gateway) -> None:
    """platform.md §19.2: faultCode, faultString, faultDetail; a producer's own words may name a patient."""
    words = f"VP004 [RTjP] {SENTENCES['VP004'][1]}"
    reply = telling.call(None, (), replies("500 Oops", a_soap_fault(words)))
    told = labels(event_of(telling, reply, "error"), "faultCode", "faultString", "sessionStatus")
    assert told == {"faultCode": "Server", "faultString": words, "sessionStatus": None}
    hidden = telling.call(None, (), replies("500 Oops", a_soap_fault(f"{ANNA.first_name} finns inte")))
    error = event_of(telling, hidden, "error")
    assert labels(error, "faultCode", "faultString") == {"faultCode": "Server", "faultString": "(hidden)"}
    assert ANNA.first_name not in json.dumps(error)


def test_19_2_a_fault_that_cannot_be_read_is_told_as_unknown(telling: Gateway) -> None:
    """platform.md §19.2."""
    reply = telling.call(None, (), replies("500 Oops", f"<x {SOAP}".encode()))
    assert event_of(telling, reply, "error")["labels.faultString"].startswith("Unknown SOAPFault (")


# Payload


def test_19_1_bodies_are_told_when_that_is_asked_for_and_masked(world: World) -> None:
    """platform.md §19.1 (DEBUG), §25 row 25: of a body ids and codes are left; without the setting nothing."""
    body = official(name="request-full")
    assert ANNA.number.encode() in body
    for mode in ("skltp", "tidbro"):
        gateway = world.start(mode, {**ECS, "log_payloads": "true"})
        event = event_of(gateway, gateway.call(body), "req-in")
        assert event["log.level"] == "DEBUG"
        assert ">SE2321009991-2B02<" in event["http.request.body.content"]
        assert "(hidden)" in event["http.request.body.content"]
        assert ANNA.number not in gateway.process.logged()
        rewritten = event_of(gateway, gateway.call(a_message("ROUTE-20")), "req-out")
        assert ADDRESSING in rewritten["http.request.body.content"]


def test_19_1_bodies_are_not_told_unless_that_is_asked_for(telling: Gateway) -> None:
    """platform.md §19.1 (INFO)."""
    for reply in (telling.call(), telling.call(None, (), replies("500 Oops", SOAP_FAULT))):
        assert not any("body.content" in name for event in events_of(telling, reply) for name in event)


# TLS events


def test_19_2_contexts_are_told_at_the_start_and_handshakes_when_they_are_made(telling: Gateway) -> None:
    """platform.md §19.2: ssl-context-register and tls-handshake-complete, at the listener and towards producers."""
    telling.call(a_message("TLS"), shown=telling.world.consumer)
    told = [one for one in logs.lines_of(telling, logs.EVENTS) if one["event.module"] == "skltp-tls"]
    assert {one["event.action"] for one in told} == {"ssl-context-register", "tls-handshake-complete"}
    assert all(one["event.category"] == ["configuration", "network"] for one in told)
    registered = [one for one in told if one["event.action"] == "ssl-context-register"]
    assert [one["labels.sslContextId"] for one in registered] == ["blackbox", "listener"]
    assert [labels(one, "protocols", "protocolCount")["protocolCount"] for one in registered] == ["2", "2"]
    assert registered[0]["labels.clientCertCount"] == "1"
    assert registered[0]["labels.cipherSuiteCount"] == str(registered[0]["labels.cipherSuites"].count(",") + 1)
    made = [one for one in told if one["event.action"] == "tls-handshake-complete"]
    places = {one["labels.sslContextId"]: one["server.address"] for one in made}
    wanted = {
        "blackbox": f"localhost:{telling.world.https.port}",
        "listener": f"127.0.0.1:{telling.process.ports['https']}",
    }
    assert places == wanted
    for one in made:
        assert (one["tls.version_protocol"], one["tls.version"], one["tls.established"]) == ("tls", "1.3", "true")
        assert one["tls.cipher"] in registered[0]["labels.cipherSuites"].split(",")

"""Services behind the gateway: who may ask, what is let in, what comes back, and what faults never tell."""

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import envelope, xml
from contracts.soap_service import PageAnswer, PageRequest, Question, Reply, ServiceFault, SoapServices
from contracts.transport import InProcessTransport
from tests.people import ANNA

XML_TYPE = "text/xml; charset=UTF-8"
MESSAGE = envelope.write_response(xml.parse(b"<q:Ask xmlns:q='urn:q'>now</q:Ask>"))
ANSWER = envelope.write_response(xml.parse(b"<Told/>"))
SMALL = xml.Limits(max_bytes=2000)


def echo(question: Question) -> bytes:
    assert question.message.payload is not None
    return envelope.write_response(question.message.payload)


def told(_: Question) -> bytes:
    return ANSWER


class Sent:
    """What an application sent back."""

    def __init__(self, events):
        start, *bodies = events
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        self.body = b"".join(event["body"] for event in bodies)

    @property
    def fault(self) -> xml.Element:
        payload = envelope.read(self.body).payload
        assert payload is not None
        assert payload.tag.endswith("}Fault")
        return payload

    def said(self, name: str) -> str:
        return self.fault.findtext(f".//{name}") or ""


def ask(services, path="/x", body=MESSAGE, *, method="POST", client=("127.0.0.1", 5), headers=None, parts=1, query=b""):
    """What the services send back to one request, whose body comes in so many parts."""
    given_headers = {"content-type": XML_TYPE, **(headers or {})}
    scope = {
        "type": "http",
        "path": path,
        "method": method,
        "client": client,
        "query_string": query,
        "headers": [(name.encode(), value.encode()) for name, value in given_headers.items()],
    }
    size = -(-len(body) // parts) or 1
    portions = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
    waiting = [
        {"type": "http.request", "body": one, "more_body": number < len(portions)}
        for number, one in enumerate(portions, start=1)
    ]
    events = []

    async def receive():
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(event):
        events.append(event)

    try:
        asyncio.run(services(scope, receive, send))
    finally:
        services.close()
    return Sent(events)


# Answers


def test_an_answer_is_an_envelope_with_200_and_its_length():
    sent = ask(SoapServices({"/x": told}))
    assert (sent.status, sent.body) == (200, ANSWER)
    assert sent.headers == {"content-type": XML_TYPE, "content-length": str(len(ANSWER))}


def test_a_service_may_be_a_coroutine():
    async def later(question: Question) -> bytes:
        await asyncio.sleep(0)
        return echo(question)

    assert b"<q:Ask" in ask(SoapServices({"/x": later})).body


def test_an_answer_may_have_headers_of_its_own():
    sent = ask(SoapServices({"/x": lambda _: Reply(ANSWER, {"X-Kind": "a"})}))
    assert (sent.status, sent.body, sent.headers["x-kind"]) == (200, ANSWER, "a")


def test_a_service_sees_the_message_and_its_headers_in_lower_case():
    seen = []

    def look(question: Question) -> bytes:
        seen.append((question.message.contract, question.message.interaction, question.headers["x-sender"]))
        return ANSWER

    ask(SoapServices({"/x": look}), headers={"X-Sender": "A"})
    assert seen == [("urn:q", "Ask", "A")]


def test_the_charset_of_the_content_type_counts():
    body = "<Envelope><Body><Ask>å</Ask></Body></Envelope>".encode("latin-1")
    sent = ask(SoapServices({"/x": echo}), body=body, headers={"content-type": "text/xml; charset=iso-8859-1"})
    assert "å".encode() in sent.body


@pytest.mark.parametrize("path", ["/x", "/X", "/x/", "/x//"])
def test_paths_are_compared_without_regard_to_case_or_a_slash_at_the_end(path):
    assert ask(SoapServices({"/x": told}), path).status == 200


def test_a_message_may_come_in_many_parts():
    assert b"now" in ask(SoapServices({"/x": echo}), parts=7).body


# What is not let in


@pytest.mark.parametrize("path", ["/", "/y", "/x/y", ""])
def test_an_unknown_path_is_404_with_nothing_in_it(path):
    sent = ask(SoapServices({"/x": told}), path)
    assert (sent.status, sent.body) == (404, b"")


def test_another_method_than_post_is_405():
    assert ask(SoapServices({"/x": told}), method="GET").status == 405


@pytest.mark.parametrize("client", [("192.0.2.1", 5), ("2001:db8::1", 5), ("nonsense", 5), None, ("", 0)])
@pytest.mark.parametrize("path", ["/x", "/page", "/unknown"])
def test_who_is_not_on_the_list_of_peers_gets_nothing_anywhere(client, path):
    services = SoapServices({"/x": told}, {"/page": lambda _: PageAnswer(200, b"seen")})
    sent = ask(services, path, client=client)
    assert sent.status == 403
    assert ANSWER not in sent.body


@pytest.mark.parametrize("client", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_the_own_machine_may_ask_by_any_of_its_addresses(client):
    assert ask(SoapServices({"/x": told}), client=(client, 5)).status == 200


def test_the_list_of_peers_takes_addresses_and_networks():
    for client, status in (("192.0.2.77", 200), ("198.51.100.4", 200), ("127.0.0.1", 403)):
        services = SoapServices({"/x": told}, peers=["192.0.2.1/24", "198.51.100.4"])
        assert ask(services, client=(client, 5)).status == status


def test_a_body_that_is_too_large_is_413_and_the_rest_of_it_is_not_read():
    services = SoapServices({"/x": told}, limits=SMALL)
    scope = {"type": "http", "path": "/x", "method": "POST", "client": ("::1", 1), "headers": []}
    reads, events = [], []

    async def receive():
        reads.append(1)
        return {"type": "http.request", "body": b" " * 1500, "more_body": True}

    async def send(event):
        events.append(event)

    asyncio.run(services(scope, receive, send))
    services.close()
    assert (events[0]["status"], len(reads)) == (413, 2)


def test_a_body_of_just_the_right_size_is_let_in():
    padded = MESSAGE + b" " * (SMALL.max_bytes - len(MESSAGE))
    assert ask(SoapServices({"/x": told}, limits=SMALL), body=padded).status == 200
    assert ask(SoapServices({"/x": told}, limits=SMALL), body=padded + b" ").status == 413


# Faults


def test_a_services_fault_is_500_with_its_code_sentence_and_detail():
    def refuse(_: Question) -> bytes:
        raise ServiceFault("Not like this.", "Client", "line 3")

    sent = ask(SoapServices({"/x": refuse}))
    assert (sent.status, sent.headers["content-type"]) == (500, XML_TYPE)
    assert (sent.said("faultcode"), sent.said("faultstring")) == ("soap:Client", "Not like this.")
    assert sent.said("detailString") == "line 3"


def test_a_coroutines_fault_is_told_alike():
    async def refuse(_: Question) -> bytes:
        raise ServiceFault("Not now.")

    assert ask(SoapServices({"/x": refuse})).said("faultcode") == "soap:Server"


@pytest.mark.parametrize(
    "body", [b"", b"no xml", b"<a>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"], ids=["empty", "text", "open", "dtd"]
)
def test_what_cannot_be_read_is_the_callers_fault_and_no_service_sees_it(body):
    sent = ask(SoapServices({"/x": told}), body=body)
    assert (sent.status, sent.said("faultcode")) == (500, "soap:Client")
    assert sent.said("faultstring") == "The message cannot be read."


@given(st.binary(max_size=200))
def test_any_bytes_are_answered_with_an_envelope(body):
    sent = ask(SoapServices({"/x": told}), body=body)
    assert sent.status in (200, 500)
    assert envelope.read(sent.body).payload is not None


def test_nothing_personal_is_in_the_fault_or_the_log_of_a_service_that_breaks(caplog):
    def breaks(_: Question) -> bytes:
        raise RuntimeError(f"no row for {ANNA.number}")

    with caplog.at_level(logging.DEBUG):
        sent = ask(SoapServices({"/x": breaks}))
    assert (sent.status, sent.said("faultstring")) == (500, "The service could not answer.")
    assert ANNA.number not in sent.body.decode() + caplog.text
    assert "RuntimeError" in caplog.text


def test_nothing_personal_is_in_the_fault_for_a_message_that_is_no_xml():
    sent = ask(SoapServices({"/x": told}), body=f"<a>{ANNA.number}</b {ANNA.number}>".encode())
    assert sent.status == 500
    assert ANNA.number.encode() not in sent.body


# Pages


def test_a_page_is_shown_with_its_status_and_kind():
    seen = []

    def page(request: PageRequest) -> PageAnswer:
        seen.append(request)
        return PageAnswer(503, b"{}", "application/json")

    sent = ask(SoapServices({}, {"/Status": page}), "/status/", method="GET", query=b"a=b")
    assert (sent.status, sent.body, sent.headers["content-type"]) == (503, b"{}", "application/json")
    assert seen == [PageRequest("GET", "/status", "a=b")]


def test_a_page_that_breaks_is_500_and_tells_nothing(caplog):
    def page(_: PageRequest) -> PageAnswer:
        raise RuntimeError(ANNA.number)

    sent = ask(SoapServices({}, {"/status": page}), "/status", method="GET")
    assert sent.status == 500
    assert ANNA.number not in sent.body.decode() + caplog.text


def test_paths_are_told():
    services = SoapServices({"/A": told}, {"/B": lambda _: PageAnswer(200, b"")})
    services.close()
    assert services.paths == ("/a", "/b")


# As an application


def test_it_runs_where_a_server_insists_on_a_lifespan(caplog):
    services = SoapServices({"/x": echo})
    with caplog.at_level(logging.INFO), InProcessTransport(services) as transport:
        answer = transport.post("http://here/x", MESSAGE, {"Content-Type": XML_TYPE})
    services.close()
    assert answer.status == 200
    assert caplog.text == ""


def test_a_caller_that_leaves_before_its_message_is_whole_reaches_no_service():
    asked = []
    services = SoapServices({"/x": lambda question: asked.append(question) or ANSWER})
    scope = {"type": "http", "path": "/x", "method": "POST", "client": ("::1", 1), "headers": []}
    waiting = [{"type": "http.request", "body": MESSAGE[:9], "more_body": True}, {"type": "http.disconnect"}]

    async def receive():
        return waiting.pop(0)

    async def send(event):
        """Nobody is there."""

    asyncio.run(services(scope, receive, send))
    services.close()
    assert asked == []

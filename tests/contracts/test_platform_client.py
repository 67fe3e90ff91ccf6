"""contracts/platform_client.py: letters through a platform, and what each kind of answer means for them."""

import pytest

from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import envelope
from contracts.consumer import AnswerUnusable, InternalCaller
from contracts.errors import NotAuthorised, ProducerFault
from contracts.http_headers import CORRELATION_ID, INSTANCE_ID, SENDER_ID
from contracts.identifiers import HsaId
from contracts.outbox import Letter, NotDelivered
from contracts.platform_client import PlatformClient
from contracts.transport import HttpAnswer, NoAnswer, NotSent, OutcomeUnknown
from tests.contracts.test_subscriber import a_notice
from tests.serving import MORNING

INDEX = HsaId("SE2321009991-EI01")
CALLER = InternalCaller("SE2321009991-FT01", "SE2321009991-TP01")
OK = envelope.write_response(codec.encode(e.UpdateResponse("OK")))


class Line:
    """A transport whose other end answers with what it was given."""

    def __init__(self, answer: HttpAnswer | NoAnswer) -> None:
        self.answer = answer
        self.posted: list[tuple[str, bytes, dict[str, str]]] = []

    def post(self, address, body, headers):
        self.posted.append((address, body, dict(headers)))
        if isinstance(self.answer, NoAnswer):
            raise self.answer
        return self.answer


def a_letter() -> Letter:
    body = envelope.write_request(codec.encode(e.Update(a_notice("B-1").transactions)), INDEX, None)
    return Letter(1, "a", codec.UPDATE.contract, INDEX.text, "c-1", body, MORNING)


def client(answer: HttpAnswer | NoAnswer) -> tuple[PlatformClient, Line]:
    line = Line(answer)
    return PlatformClient(lambda: "http://127.0.0.1:1/", line, CALLER), line


def http(body: bytes, status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, {"content-type": "text/xml; charset=UTF-8"}, body)


def test_a_letter_goes_to_the_platform_with_the_names_of_who_sends_it():
    platform, line = client(http(OK))
    platform.deliver(a_letter())
    ((address, body, headers),) = line.posted
    assert address == "http://127.0.0.1:1/vp"
    assert body == a_letter().body
    assert (headers[SENDER_ID], headers[INSTANCE_ID], headers[CORRELATION_ID]) == (
        CALLER.sender,
        CALLER.instance,
        "c-1",
    )
    assert headers["SOAPAction"] == f'"{codec.UPDATE.contract}:Update"'


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (NotSent("no connection could be made"), "no connection could be made"),
        (OutcomeUnknown("the answer did not come in time"), "the answer did not come in time"),
        (http(envelope.write_fault("Server", "VP007 [x] text", "Authorization missing"), 500), "VP007: Authorization missing"),
        (http(envelope.write_fault("Server", "EI003: wrong"), 500), "EI003: wrong"),
        (http(b"<html/>", 404), "HTTP 404"),
        (http(b"no XML"), "HTTP 200"),
        (http(OK, 404), "holds no fault"),
        (http(OK.replace(b">OK<", b">ERROR<")), "ERROR: without a comment"),
        (http(OK.replace(b">OK<", b">JA<")), "breaks its contract"),
    ],
)  # fmt: skip
def test_a_letter_that_is_not_taken_says_why_and_may_be_tried_again(answer, sentence):
    platform, _ = client(answer)
    with pytest.raises(NotDelivered, match=sentence) as raised:
        platform.deliver(a_letter())
    assert not raised.value.is_final


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (http(envelope.write_fault("Server", "VP007 [x] text", "no"), 500), NotAuthorised),
        (http(envelope.write_fault("Server", "EI003: wrong"), 500), ProducerFault),
        (http(b"<html/>", 404), AnswerUnusable),
        (NotSent("no"), NotSent),
    ],
)
def test_a_call_raises_what_stopped_it(answer, kind):
    platform, _ = client(answer)
    with pytest.raises(kind):
        platform.call(codec.UPDATE.contract, a_letter().body, "c-1")


def test_a_call_brings_the_message_that_came_back():
    platform, _ = client(http(OK))
    message = platform.call(codec.UPDATE.contract, a_letter().body, "c-1", {"x-more": "1"})
    assert message.interaction == "UpdateResponse"

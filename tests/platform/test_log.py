"""What the gateway logs of a call: the platform's events, and never anything personal (platform.md §19; §24 rows 61,
62)."""

import json
from typing import Any

import pytest

from conformance.gateway.producers import replies
from tests.people import ANNA
from tests.platform.catalogue import CONSUMER
from tests.platform.letter import detail_of
from tests.platform.messages import SOAP_FAULT, a_message, official
from tests.platform.wire import Headers, Reply
from tests.platform.world import Gateway, World


def told(row: dict[str, Any], name: str) -> Any:
    """A field of an event, written flat or nested."""
    if name in row:
        return row[name]
    found: Any = row
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


@pytest.fixture
def logging(world: World) -> Gateway:
    """A real platform that writes its events."""
    return world.start("skltp", {"vp.logging.style": "ECS"})


def events_of(gateway: Gateway, reply: Reply) -> list[dict[str, Any]]:
    """The events of a call, in their order; the gateway is stopped, so that all are written."""
    gateway.process.stop()
    rows = []
    for line in gateway.process.logged().splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            if told(row, "event.action") and told(row, "trace.id") == reply.header("x-skltp-correlation-id"):
                rows.append(row)
    return rows


def actions(events: list[dict[str, Any]]) -> list[str]:
    return [told(one, "event.action") for one in events]


def test_24_row_61_a_call_is_four_events(logging: Gateway) -> None:
    """platform.md §24 row 61, §19.1, §19.2, §19.3."""
    reply = logging.call()
    events = events_of(logging, reply)
    assert actions(events) == ["req-in", "req-out", "resp-in", "resp-out"]
    assert len({told(one, "transaction.id") for one in events}) == 1
    spans = [told(one, "span.id") for one in events]
    assert spans[0] == spans[3] != spans[1] == spans[2]
    assert [told(one, "labels.senderid") for one in events] == [CONSUMER] * 4
    assert [told(one, "labels.receiverid") for one in events] == ["A"] * 4
    request = told(events[0], "http.request.headers")
    assert "<filtered>" in request
    assert logging.world.consumer.bare[:60] not in logging.process.logged()


def test_19_2_types_categories_and_durations(logging: Gateway) -> None:
    """platform.md §19.2."""
    reply = logging.call()
    events = events_of(logging, reply)
    assert {told(one, "event.kind") for one in events} == {"event"}
    assert {told(one, "event.module") for one in events} == {"skltp-messages"}
    assert [told(one, "event.type") for one in events] == [["access", "start"]] * 2 + [["access", "end"]] * 2
    assert [told(one, "event.duration") is not None for one in events] == [False, False, True, True]
    assert int(told(events[2], "event.duration")) == int(reply.header("x-skltp-prt")) * 1_000_000
    assert told(events[0], "message") == f"req-in {CONSUMER} -> A"


FAULTS = {
    "VP004": (a_message("NOWHERE"), ["req-in", "error", "resp-out"]),
    "VP007": (a_message("UNPERMITTED"), ["req-in", "error", "resp-out"]),
    "VP015": (b"<Soap", ["error", "resp-out"]),
}


@pytest.mark.parametrize(("code", "body", "wanted"), [(code, *rest) for code, rest in FAULTS.items()], ids=FAULTS)
def test_24_row_62_a_fault_is_an_error_and_an_answer_once_each(
    logging: Gateway, code: str, body: bytes, wanted: list[str]
) -> None:
    """platform.md §24 row 62, §2, §19.1: what is refused before it is read was never let in."""
    reply = logging.call(body)
    detail_of(reply, code)
    events = events_of(logging, reply)
    assert actions(events) == wanted
    assert told(events[-2], "labels.errorCode") == code
    assert told(events[-2], "labels.sessionStatus") == "true"


def test_2_a_caller_who_is_nobody_was_never_let_in(logging: Gateway) -> None:
    """platform.md §2, the first consequence: the event req-in is never logged."""
    reply = logging.call(identity={})
    detail_of(reply, "VP002")
    assert actions(events_of(logging, reply)) == ["error", "resp-out"]


def test_24_row_62_a_fault_of_the_producer_is_an_error_too(logging: Gateway) -> None:
    """platform.md §19.1: after req-out, and without resp-in, which is for 2xx."""
    reply = logging.call(None, (), replies("500 Oops", SOAP_FAULT))
    assert actions(events_of(logging, reply)) == ["req-in", "req-out", "error", "resp-out"]


SECRETS: Headers = {"Cookie": "session=secret-1", "Authorization": "Bearer secret-2"}


@pytest.mark.parametrize("compatibility", ["skltp", "tidbro"])
def test_25_row_25_nothing_personal_is_logged(world: World, compatibility: str) -> None:
    """platform.md §25 row 25; DESIGN decision 10: no person's number, no body, no cookie, in no file."""
    gateway = world.start(compatibility, {"vp.logging.style": "ECS"})
    body = official()
    assert ANNA.number.encode() in body
    for broken in (body, body[:-30], body.replace(b"2B02", ANNA.number.encode())):
        gateway.call(broken, SECRETS)
        gateway.call(broken, {**SECRETS, "SOAPAction": ANNA.number, "x-skltp-correlation-id": ANNA.number})
    gateway.process.stop()
    logged = gateway.process.logged()
    assert "call_answered" in logged
    assert ANNA.number not in logged
    assert ANNA.identity.displayed not in logged
    assert "secret-1" not in logged
    assert "secret-2" not in logged

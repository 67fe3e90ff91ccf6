"""gateway/message_log.py: one record a call, and nobody's number in it (DESIGN decision 10; platform.md §19)."""

import json
import logging
from datetime import datetime

import pytest

from contracts.errors import Violation
from gateway import message_log
from gateway.call import Answer, Call
from gateway.tak.snapshot import TakSnapshot
from tests.gateway.builders import (
    CLINIC,
    CONSUMER,
    CONTRACT,
    NOW,
    Stub,
    a_call,
    a_pipeline,
    a_request,
    a_route,
    a_snapshot,
    carried,
    sample,
    with_headers,
)
from tests.people import ANNA, PEOPLE

ANSWER = Answer(200, b"12345")


def records(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(one.getMessage()) for one in caplog.records if one.name == "tidbro.message_log"]


def test_a_call_leaves_one_record_from_which_it_can_be_explained(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tidbro.message_log")
    answer = carried(a_pipeline(), with_headers({"x-skltp-correlation-id": "my-id"}))
    (record,) = records(caplog)
    times = {name: record.pop(name) for name in ("sent_after_ms", "answered_after_ms", "replied_after_ms")}
    assert record == {
        "event": "call_answered",
        "at": NOW.isoformat(timespec="milliseconds"),
        "correlation_id": "my-id",
        "method": "POST",
        "sender": CONSUMER,
        "identity": "internal",
        "sender_address": "127.0.0.1",
        "original_consumer": CONSUMER,
        "contract": CONTRACT,
        "interaction": "GetAllCareTypes",
        "logical_address": CLINIC,
        "profile": "rivtabp21",
        "routing": CLINIC,
        "authorisation": CLINIC,
        "address": "adapter:stub",
        "status": 200,
        "request_bytes": len(sample()),
        "answer_bytes": len(answer.body),
    }
    assert 0 <= times["sent_after_ms"] <= times["answered_after_ms"] <= times["replied_after_ms"]


@pytest.mark.parametrize(
    ("body", "code"), [(b"", "VP015"), (b"<a/>", "VP003"), (sample().replace(CLINIC.encode(), b"SE1"), "VP004")]
)
def test_a_stopped_call_tells_its_error_and_leaves_out_what_is_unknown(
    body: bytes, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tidbro.message_log")
    carried(a_pipeline(), a_request(body))
    (record,) = records(caplog)
    assert (record["error"], record["error_origin"], record["status"]) == (code, "platform", 500)
    assert record["error_detail"]
    assert "address" not in record
    assert "sent_after_ms" not in record


@pytest.mark.parametrize(
    ("snapshot", "code", "routing", "authorisation"),
    [
        (a_snapshot(a_route(logical_address="other")), "VP004", f"{CLINIC},(parent),SE,(default),*", None),
        (
            a_snapshot(a_route(), authorisations=()),
            "VP007",
            CLINIC,
            f"{CLINIC},(default),*,(parent),SE",
        ),
    ],
)
def test_a_refused_calls_record_has_every_look_up_that_was_made(
    snapshot: TakSnapshot, code: str, routing: str, authorisation: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §9.3, §10: the traces explain a refusal."""
    caplog.set_level(logging.INFO, "tidbro.message_log")
    carried(a_pipeline(snapshot=snapshot))
    (record,) = records(caplog)
    assert (record["error"], record["routing"], record.get("authorisation")) == (code, routing, authorisation)


def test_what_happened_on_the_way_is_in_the_record() -> None:
    call = a_call(attempts=2, warnings=(f"dropped {ANNA.number}",), tls_context="regional", sender_address="10.0.0.1")
    record = message_log.record_of(call, ANSWER)
    assert (record["attempts"], record["warnings"]) == (2, ["dropped (hidden)"])
    assert (record["tls_context"], record["sender_address"]) == ("regional", "10.0.0.1")


def test_a_password_in_a_producers_address_is_not_recorded() -> None:
    call = a_call(route=a_route(address="https://user:secret@example.com/x"), error_detail="at https://u:secret@x/y")
    assert "secret" not in message_log.line_of(call, ANSWER)
    assert message_log.record_of(call, ANSWER)["address"] == "https://example.com/x"


@pytest.mark.parametrize("odd", ['"', "\\", "\n", "\x00", "å", "\u2028", "\ud800"])
def test_any_text_leaves_a_line_that_is_json(odd: str) -> None:
    call = a_call(correlation_id=odd, sender=odd, routing_trace=odd, error_detail=odd)
    record = json.loads(message_log.line_of(call, ANSWER))
    assert (record["correlation_id"], record["sender"], record["error_detail"]) == (odd, odd, odd)
    assert "\n" not in message_log.line_of(call, ANSWER)


def test_identifiers_moments_and_sizes_are_never_taken_for_a_person() -> None:
    """A record is masked fact by fact: two that stand side by side never make a number, nor does a time."""
    call = a_call(
        sender="SE2321009991-ET01", original_consumer="2912", routing_trace="19791212", authorisation_trace="9280"
    )
    assert "(hidden)" not in message_log.line_of(call, ANSWER)


def test_a_record_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tidbro.message_log")
    carried(a_pipeline(), a_request(sample().replace(CLINIC.encode(), b"\n" + CLINIC.encode())))
    (one,) = (one for one in caplog.records if one.name == "tidbro.message_log")
    assert "\n" not in one.getMessage()


def test_nothing_is_made_when_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "tidbro.message_log")
    carried(a_pipeline())
    assert records(caplog) == []


def with_a_person_everywhere() -> Call:
    """A call whose every text is somebody's number, as a confused consumer might send it."""
    body = (
        sample()
        .replace(CLINIC.encode(), ANNA.number.encode())
        .replace(b"GetAllCareTypes>", b"p%s>" % ANNA.number.encode())
    )
    body = body.replace(b"urn:riv:crm:scheduling:GetAllCareTypesResponder:1", b"urn:%s" % ANNA.number.encode())
    violations = (Violation(f"x{ANNA.number}", 1, ANNA.number, ANNA.identity.displayed),)
    given = {
        "sender": ANNA.number, "original_consumer": ANNA.identity.displayed, "correlation_id": ANNA.number,
        "routing_trace": ANNA.number, "authorisation_trace": ANNA.number, "error_detail": f"no {ANNA.number}",
        "request_violations": violations, "answer_violations": violations,
    }  # fmt: skip
    return a_call(body, **given)


def test_no_person_is_in_a_record_whatever_the_call_says() -> None:
    told = json.dumps(message_log.record_of(with_a_person_everywhere(), ANSWER))
    assert ANNA.number not in told
    assert ANNA.identity.displayed not in told
    assert told.count("(hidden)") >= 10


def test_at_most_five_violations_are_recorded() -> None:
    call = a_call(request_violations=tuple(Violation("A", n, "x", "y") for n in range(9)))
    assert len(message_log.record_of(call, ANSWER)["request_violations"]) == 5


def test_what_is_absurdly_long_is_cut_off_after_hiding() -> None:
    long = "S" * 995 + ANNA.number + "S" * 1_000_000
    body = sample().replace(CLINIC.encode(), b"S" * 100_000)
    record = message_log.record_of(a_call(body, error_detail=long, correlation_id=long, sender=long), ANSWER)
    assert len(json.dumps(record)) < 10_000
    assert ANNA.number[:8] not in json.dumps(record)


def explode() -> None:
    raise LookupError(f"no patient {ANNA.number} in row {ANNA.identity.displayed}")


@pytest.mark.parametrize(
    ("request_", "before"),
    [
        (a_request(), lambda: None),
        (a_request(), explode),
        (with_headers({"x-skltp-correlation-id": ANNA.number}), explode),
        (a_request(sample().replace(b"</soap:Envelope>", ANNA.number.encode())), lambda: None),
        (a_request(sample().replace(ANNA.number.encode(), ANNA.number.encode()[:8] + b"-" + ANNA.number.encode()[8:])), lambda: None),
        (a_request(sample().replace(b"r:GetAllCareTypes>", b"r:p%s>" % ANNA.number.encode())), lambda: None),
        (a_request(sample().replace(CLINIC.encode(), ANNA.number.encode())), lambda: None),
        (a_request(b"<p%s/>" % ANNA.number.encode()), lambda: None),
        (with_headers({"x-vp-sender-id": ANNA.number}), lambda: None),
    ],
    ids=["a good call", "a failing adapter", "as correlation id", "not XML", "against the contract", "as an element",
         "as the address", "as the root", "as the sender"],
)  # fmt: skip
def test_no_person_is_in_any_log_or_fault(request_: object, before: object, caplog: pytest.LogCaptureFixture) -> None:
    """DESIGN decision 10: logs, errors. Tracebacks too, for a system's own messages may name its patients."""
    caplog.set_level(logging.DEBUG)
    answer = carried(a_pipeline(adapters={"stub": Stub(before=before)}), request_)
    formatter = logging.Formatter()
    told = [formatter.format(one) + repr({k: v for k, v in vars(one).items() if k != "args"}) for one in caplog.records]
    forms = {form for one in PEOPLE for form in (one.number, one.identity.displayed)}
    if before is explode:
        assert any("LookupError" in text and "in explode" in text for text in told)
    assert [form for form in forms if any(form in text for text in told) or form.encode() in answer.body] == []


def test_a_generated_correlation_id_is_never_hidden_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tidbro.message_log")
    answer = carried(a_pipeline())
    assert records(caplog)[0]["correlation_id"] == dict(answer.headers)["x-skltp-correlation-id"]


def test_times_are_told_in_milliseconds_since_the_call_came() -> None:
    call = a_call(sent_at=0.0015, answered_at=0.0421)
    record = message_log.record_of(call, ANSWER)
    assert (record["sent_after_ms"], record["answered_after_ms"]) == (1.5, 42.1)
    assert datetime.fromisoformat(record["at"]) == NOW

"""What is done about a header that breaks its schemas (platform.md §25 row 9)."""

import json
import logging

import pytest

from gateway.call import Answer
from gateway.headers import WARNING
from gateway.settings import read_settings
from tests.gateway.builders import a_pipeline, a_request, carried, fault_in, forwarded, http_reply, sample

TWO_ACTORS = sample().replace(b"</h:Actor>", b"</h:Actor><h:Actor><h:bogus/></h:Actor>")
ROBOT = sample().replace(b">subject_of_care<", b">robot<")
BOGUS = "line 11, Header/Actor/bogus: this element is not expected here; expected is ( actorId ) [sequence]"


def warnings_of(answer: Answer) -> list[str]:
    return [value for name, value in answer.headers if name == WARNING]


def asked(body: bytes, **settings: object) -> Answer:
    return carried(a_pipeline(**settings), a_request(body))


def test_a_header_that_breaks_its_schema_is_told_of_refused_or_let_be(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tidbro.message_log")
    warned = asked(TWO_ACTORS)
    (record,) = [json.loads(one.getMessage()) for one in caplog.records if one.name == "tidbro.message_log"]
    assert (warned.status, warnings_of(warned)[1:]) == (200, [BOGUS])
    assert "more than one Actor" in warnings_of(warned)[0]
    assert record["warnings"] == warnings_of(warned)

    refused = fault_in(asked(TWO_ACTORS, header_validation="refuse"))
    assert (refused.code, refused.faultcode) == ("VP015", "SOAP-ENV:Client")
    assert BOGUS in refused.detail

    let_be = asked(TWO_ACTORS, header_validation="off")
    assert (let_be.status, warnings_of(let_be)) == (200, [])


@pytest.mark.parametrize("strictness", ["warn", "refuse"])
def test_an_unknown_actor_type_never_stops_a_call(strictness: str) -> None:
    answer = asked(ROBOT, header_validation=strictness)
    (told,) = warnings_of(answer)
    assert answer.status == 200
    assert "Header/Actor/actorType" in told


@pytest.mark.parametrize("strictness", ["warn", "refuse"])
def test_a_good_header_is_not_mentioned(strictness: str) -> None:
    answer = asked(sample(), header_validation=strictness)
    assert (answer.status, warnings_of(answer)) == (200, [])


@pytest.mark.parametrize(("strictness", "status"), [("warn", 200), ("refuse", 500)])
def test_only_who_has_headers_refused_has_every_scanned_message_parsed_to_its_end(strictness: str, status: int) -> None:
    broken_late = TWO_ACTORS.replace(b"</soap:Body>", b"")
    settings = {"reading": "scan", "validation": "off", "header_validation": strictness}
    answer, _ = forwarded(http_reply("200 OK", b"<a/>"), a_request(broken_late), **settings)
    assert answer.status == status


def test_the_real_platform_never_looks_at_them() -> None:
    assert read_settings({"compatibility": "skltp"}).header_validation == "off"

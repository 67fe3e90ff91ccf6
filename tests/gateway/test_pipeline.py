"""gateway/pipeline.py: the steps in the platform's own order, seen from outside (platform.md §2, §12.2)."""

import asyncio
import itertools
import uuid
from dataclasses import dataclass, replace
from datetime import date

import pytest

from contracts import envelope
from contracts.errors import MessageUnreadable
from gateway.call import Answer, HttpRequest
from gateway.pipeline import Pipeline
from gateway.settings import GatewaySettings
from gateway.tak.model import Validity
from tests.gateway.builders import (
    CLINIC,
    CONSUMER,
    CONTRACT,
    INTERNAL,
    NOW,
    OFFICIAL,
    SETTINGS,
    Stub,
    a_pipeline,
    a_request,
    a_route,
    a_snapshot,
    an_authorisation,
    carried,
    fault_in,
    forwarded,
    http_reply,
    opened,
    payload_of,
    sample,
    with_headers,
)

OTHER = "SE2321009991-1A01"
GOOD = sample()
BROKEN_BODY = GOOD.replace(b"r:healthcare_facility>", b"r:clinic>")
TO_20 = GOOD.replace(b"urn:riv:itintegration:registry:1", b"http://www.w3.org/2005/08/addressing").replace(
    b"reg:LogicalAddress", b"reg:To"
)


def without_tak() -> Pipeline:
    return Pipeline(SETTINGS, OFFICIAL, lambda: None, {}, lambda: NOW)


def addressed(address: bytes, body: bytes = GOOD) -> bytes:
    return body.replace(b"LogicalAddress>" + CLINIC.encode(), b"LogicalAddress>" + address)


# One fault for each code


@dataclass(frozen=True)
class Row:
    """How a code is provoked, and what its fault says (platform.md §12.2)."""

    faultcode: str
    detail: str
    request: HttpRequest = a_request()
    routes: tuple[object, ...] = (a_route(),)
    authorisations: tuple[object, ...] | None = None


ASKED = f"serviceNamespace: {CONTRACT}, receiverId: {CLINIC}"
ROWS = {
    "VP002": Row("Client", "No certificate found in httpheader x-vp-auth-cert", replace(a_request(), headers={})),
    "VP003": Row("Client", "No receiverId (logical address) found in message header. ", a_request(addressed(b" "))),
    "VP004": Row(
        "Client",
        f"No receiverId (logical address) found for serviceNamespace: {CONTRACT}, receiverId: {CLINIC} . "
        "Whitespace detected in incoming request!",
        a_request(addressed(CLINIC.encode() + b" ")),
    ),
    "VP005": Row(
        "Client",
        "No receiverId (logical address) with matching Riv-version found for rivtabp21",
        routes=(a_route(profile="RIVTABP99"),),
    ),
    "VP006": Row(
        "Server",
        f"More than one receiverId (logical address) with matching Riv-version found for {ASKED}",
        routes=(a_route(), a_route(address="adapter:other")),
    ),
    "VP007": Row("Server", f"Authorization missing for {ASKED}, senderId: {CONSUMER}", authorisations=()),
    "VP010": Row(
        "Server", f"Physical Address field is empty in Service Producer for {ASKED}", routes=(a_route(address=""),)
    ),
    "VP011": Row(
        "Client",
        "Caller was not on the white list of accepted IP-addresses.  IP-address: 10.20.30.40. "
        "HTTP header that caused checking: peer address",
        a_request(peer="10.20.30.40"),
    ),
    "VP015": Row("Client", "the message is empty", a_request(b"")),
}


@pytest.mark.parametrize("code", ROWS)
def test_each_code_comes_with_its_faultcode_and_detail(code: str) -> None:
    """platform.md §12.2. (The whole bytes: test_faults.py. VP009: test_forwarder.py, test_producers.py.)"""
    row = ROWS[code]
    snapshot = a_snapshot(*row.routes, authorisations=row.authorisations)
    fault = fault_in(carried(a_pipeline(snapshot=snapshot), row.request))
    assert (fault.code, fault.faultcode, fault.detail) == (code, f"SOAP-ENV:{row.faultcode}", row.detail)


def test_without_a_catalogue_every_call_is_vp008() -> None:
    """platform.md §18."""
    fault = fault_in(carried(without_tak()))
    assert (fault.code, fault.faultcode) == ("VP008", "SOAP-ENV:Server")
    assert (
        fault.detail == "No contact with TAK at startup, and no local cache to fallback on, not possible to route call"
    )


def test_a_call_that_was_here_before_is_vp014() -> None:
    history = {"x-rivta-routing-history": SETTINGS.instance_id}
    demo = a_pipeline(demo_consumer=CONSUMER)
    fault = fault_in(carried(demo, a_request(headers=history)))
    assert (fault.code, fault.faultcode, fault.detail) == ("VP014", "SOAP-ENV:Server", "")


# Which error wins


BAD = {
    "VP011": lambda r: replace(r, peer="10.20.30.40"),
    "VP002": lambda r: replace(r, headers={"x-vp-auth-cert": "nonsense"}),
    "VP015": lambda r: replace(r, body=b"<Soap"),
    "VP013": lambda r: replace(r, headers={**r.headers, "x-rivta-original-serviceconsumer-hsaid": OTHER}),
    "VP003": lambda r: replace(r, body=r.body.replace(b"reg:LogicalAddress", b"reg:Nothing")),
    "VP004": lambda r: replace(r, body=r.body.replace(CLINIC.encode(), OTHER.encode())),
    "VP006": None, "VP010": None, "VP007": None,
    "contract": lambda r: replace(r, body=r.body.replace(b"r:healthcare_facility>", b"r:clinic>")),
    "VP005": None, "VP009": None,
}  # fmt: skip
"""The order of platform.md §2, with validation (ours) after authorisation. None: wrong in the catalogue."""


def with_all_wrong(wrong: set[str]) -> tuple[str, str]:
    """The code and detail of a call in which all of these are wrong at once. Its sender is known by the demo's rule,
    for an internal call may name another original consumer."""
    request = a_request(headers={})
    for name, spoil in BAD.items():
        if name in wrong and spoil is not None:
            request = spoil(request)
    address = "" if "VP010" in wrong else "adapter:nosuch" if "VP009" in wrong else "adapter:stub"
    route = a_route(address=address, profile="RIVTABP99" if "VP005" in wrong else "RIVTABP21")
    routes = (route, route) if "VP006" in wrong else (route,)
    snapshot = a_snapshot(*routes, authorisations=() if "VP007" in wrong else (an_authorisation(),))
    pipeline = a_pipeline(snapshot=snapshot, demo_consumer=CONSUMER, original_consumer_senders=("SE1",))
    fault = fault_in(carried(pipeline, request))
    return fault.code, fault.detail


@pytest.mark.parametrize(("first", "second"), [*itertools.pairwise(BAD)])
def test_of_two_errors_the_earlier_step_wins(first: str, second: str) -> None:
    """platform.md §2, precedence of errors."""
    code, _ = with_all_wrong({first, second})
    assert code == ("VP015" if first == "contract" else first)


def test_of_all_errors_at_once_the_first_wins_and_so_on_down() -> None:
    order = list(BAD)
    for number, name in enumerate(order):
        code, _ = with_all_wrong(set(order[number:]))
        assert code == ("VP015" if name == "contract" else name)


def test_vp008_goes_before_vp003_and_after_vp013() -> None:
    """platform.md §2."""
    assert fault_in(carried(without_tak(), a_request(b"<a/>"))).code == "VP008"
    settings = GatewaySettings(original_consumer_senders=("SE1",), demo_consumer=CONSUMER)
    pipeline = Pipeline(settings, OFFICIAL, lambda: None, {}, lambda: NOW)
    request = a_request(headers={"x-rivta-original-serviceconsumer-hsaid": OTHER})
    assert fault_in(carried(pipeline, request)).code == "VP013"


def test_an_unauthorised_caller_learns_that_there_is_no_route() -> None:
    """platform.md §10: routing runs first."""
    snapshot = a_snapshot(a_route(logical_address=OTHER), authorisations=())
    assert fault_in(carried(a_pipeline(snapshot=snapshot))).code == "VP004"


def test_who_is_not_known_is_told_so_even_when_the_body_did_not_arrive() -> None:
    """platform.md §2: VP002 goes before VP015, whatever the door found."""

    async def ask(request: HttpRequest) -> Answer:
        return await a_pipeline().answer(request, MessageUnreadable("too large"))

    assert fault_in(asyncio.run(ask(a_request(headers={})))).code == "VP002"
    assert fault_in(asyncio.run(ask(a_request()))).detail == "too large"


# What routes


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<a/>", "VP003"),
        (b"<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'/>", "VP003"),
        (b"<Envelope><Header><LogicalAddress>SE1</LogicalAddress></Header></Envelope>", "VP004"),
        (b"<Envelope><Header><LogicalAddress>SE1</LogicalAddress></Header><Body/></Envelope>", "VP004"),
    ],
)
def test_an_envelope_without_an_address_or_a_body_is_told_by_routing(body: bytes, code: str) -> None:
    """platform.md §3."""
    fault = fault_in(carried(a_pipeline(), a_request(body)))
    assert fault.code == code
    if code == "VP004":
        assert "serviceNamespace: null, receiverId: SE1" in fault.detail


def test_the_path_soapaction_and_operation_do_not_route() -> None:
    """platform.md §1: any path, any SOAPAction."""
    request = a_request(path="/vp/no/such/service", headers={**INTERNAL, "soapaction": "urn:nonsense"})
    assert payload_of(carried(a_pipeline(), request)) is not None


def test_a_contract_that_no_wsdl_of_ours_describes_is_routed_all_the_same() -> None:
    """DESIGN decision 3."""
    contract = "urn:riv:other:domain:AskResponder:1"
    body = addressed(CLINIC.encode()).replace(CONTRACT.encode(), contract.encode())

    answer, producer = forwarded(http_reply("200 OK", b"<a/>"), a_request(body))
    assert (answer.status, answer.body) == (200, b"<a/>")
    assert producer.bodies == [body]


@pytest.mark.parametrize("attribute", ['soap:mustUnderstand="1"', 'soap:mustUnderstand="0"'])
def test_must_understand_on_the_headers_that_we_know_is_accepted(attribute: str) -> None:
    """DESIGN §4."""
    body = GOOD.replace(b"<reg:LogicalAddress>", f"<reg:LogicalAddress {attribute}>".encode())
    body = body.replace(b"<h:Actor>", f"<h:Actor {attribute}>".encode())
    assert payload_of(carried(a_pipeline(), a_request(body))) is not None


def test_routing_follows_the_clock() -> None:
    """A catalogue that changes over the year, without being loaded anew."""
    spring = a_route(validity=Validity.of_days(date(2026, 1, 1), date(2026, 6, 30)), address="")
    autumn = a_route(validity=Validity.of_days(date(2026, 7, 1), date(2026, 12, 31)))
    assert carried(a_pipeline(spring, autumn)).status == 200
    july = a_pipeline(spring, autumn, now=NOW.replace(month=6))
    assert fault_in(carried(july)).code == "VP010"


# Validation


def test_a_body_that_breaks_its_contract_is_refused_before_the_producer_sees_it() -> None:
    """DESIGN decision 8: validation is on."""
    stub = Stub()
    fault = fault_in(carried(a_pipeline(adapters={"stub": stub}), a_request(BROKEN_BODY)))
    assert (fault.code, fault.faultcode) == ("VP015", "SOAP-ENV:Client")
    assert fault.detail.startswith("line 15, GetAllCareTypes/clinic: this element is not expected here; ")
    assert stub.asked == []


@pytest.mark.parametrize("settings", [{"validation": "warn"}, {"validation": "off"}, {"compatibility": "skltp"}])
def test_where_validation_does_not_refuse_the_bytes_go_on(settings: dict[str, str]) -> None:
    """platform.md §1: the real platform never looks."""
    answer, producer = forwarded(http_reply("200 OK", b"<a/>"), a_request(BROKEN_BODY), **settings)
    assert answer.status == 200
    assert producer.bodies == [BROKEN_BODY]


def test_strict_reading_refuses_every_real_id() -> None:
    """DESIGN decision 4."""
    strict = Pipeline(GatewaySettings(), OFFICIAL.official(strict=True), lambda: a_snapshot(a_route()), {}, lambda: NOW)
    assert "[pattern]" in fault_in(carried(strict)).detail


@pytest.mark.parametrize(("strictness", "passes"), [("off", True), ("warn", True), ("refuse", False)])
def test_an_answer_that_breaks_its_contract_passes_unless_it_shall_be_refused(
    strictness: str, passes: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """DESIGN decision 8: warn for answers."""
    bad = sample("GetAllCareTypes", "response").replace(b"careTypeName", b"careTypeNome")
    answer, producer = forwarded(http_reply("200 OK", bad), answer_validation=strictness)
    warned = [one for one in caplog.records if one.getMessage() == "answer_breaks_contract"]
    assert bool(warned) == (strictness != "off")
    if passes:
        assert (answer.status, answer.body) == (200, bad)
    else:
        assert "ContractViolation" in fault_in(answer).detail
        assert producer.url in fault_in(answer).detail


def test_a_good_answer_and_a_fault_are_not_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    forwarded(http_reply("200 OK", sample("GetAllCareTypes", "response")), answer_validation="refuse")
    forwarded(http_reply("500 X", envelope.write_fault("Server", "x")), answer_validation="refuse")
    assert [one for one in caplog.records if one.name == "gateway.pipeline"] == []


# Headers of the answer


def test_the_callers_correlation_id_comes_back_on_every_answer() -> None:
    """platform.md §7.3; §24 row 41."""
    for body in (GOOD, b"", BROKEN_BODY):
        answer = carried(a_pipeline(), replace(with_headers({"x-skltp-correlation-id": "my-id"}), body=body))
        assert dict(answer.headers)["x-skltp-correlation-id"] == "my-id"


@pytest.mark.parametrize("given", [{}, {"x-skltp-correlation-id": ""}])
def test_without_one_each_call_gets_a_uuid(given: dict[str, str]) -> None:
    ids = {dict(carried(a_pipeline(), with_headers(given)).headers)["x-skltp-correlation-id"] for _ in range(3)}
    assert len({uuid.UUID(one) for one in ids}) == 3


def test_who_is_taken_for_the_demos_consumer_is_told_so() -> None:
    """DESIGN §4."""
    answer = carried(a_pipeline(demo_consumer=CONSUMER), a_request(headers={}))
    assert dict(answer.headers)["x-tidbro-identity"] == f"demo {CONSUMER}"
    assert "x-tidbro-identity" not in dict(carried(a_pipeline(demo_consumer=CONSUMER)).headers)


def test_a_fault_of_ours_carries_nothing_but_content_type_and_correlation_id() -> None:
    """platform.md §7.3."""
    assert [name for name, _ in carried(a_pipeline(), a_request(b"")).headers] == [
        "Content-Type",
        "x-skltp-correlation-id",
    ]


# Profiles


def test_a_message_of_1_0_reaches_a_producer_of_1_1_with_its_address_moved_and_nothing_added() -> None:
    """platform.md §4.3; §24 row 22."""
    body = sample("MakeBooking", contract_set="crm_scheduling_1.0")
    answer, producer = forwarded(http_reply("200 OK", b"<a/>"), a_request(body))
    assert answer.status == 200
    got = envelope.read(producer.bodies[0])
    assert (got.profile, got.logical_address) == ("rivtabp21", CLINIC)
    assert envelope.read_actor(got) is None


def test_a_message_in_its_routes_profile_keeps_its_bytes_in_either_profile() -> None:
    """platform.md §4.2."""
    for body, profile in ((TO_20, "rivtabp20"), (GOOD, "RIVTABP21")):
        assert forwarded(http_reply("200 OK", b"<a/>"), a_request(body), profile=profile)[1].bodies == [body]


def test_many_calls_at_once_get_each_their_own_answer() -> None:
    pipeline = a_pipeline()

    async def ask() -> list[Answer]:
        async with opened(pipeline):
            requests = [with_headers({"x-skltp-correlation-id": str(number)}) for number in range(100)]
            return await asyncio.gather(*(pipeline.answer(request) for request in requests))

    answers = asyncio.run(ask())
    assert [dict(answer.headers)["x-skltp-correlation-id"] for answer in answers] == [str(n) for n in range(100)]
    assert {answer.status for answer in answers} == {200}

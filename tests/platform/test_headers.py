"""Which HTTP headers go on, and which come back (platform.md §7; §24 rows 41, 45–49; §25 row 16)."""

import re
import uuid

import pytest

from conformance.gateway.producers import replies, resets
from tests.platform.catalogue import CONSUMER, INSTANCE
from tests.platform.letter import detail_of
from tests.platform.messages import ANSWER, a_message
from tests.platform.wire import Reply
from tests.platform.world import Gateway, World

CORRELATION = "x-skltp-correlation-id"


def over(gateway: Gateway, scheme: str, headers: dict[str, str] | None = None) -> Reply:
    return gateway.call(a_message("A" if scheme == "http" else "TLS"), headers or {})


both = pytest.mark.parametrize("scheme", ["http", "https"])


# Correlation id


def test_24_row_41_the_consumers_correlation_id_comes_back_and_goes_on(gateway: Gateway) -> None:
    """platform.md §24 row 41, §7.1, §7.2."""
    reply = gateway.call(headers={CORRELATION: "my id åäö".encode().decode("latin-1")})
    assert reply.header(CORRELATION) == "my id åäö".encode().decode("latin-1")
    assert gateway.seen(reply).header(CORRELATION) == reply.header(CORRELATION)


@pytest.mark.parametrize("given", [{}, {CORRELATION: ""}], ids=["absent", "empty"])
def test_24_row_41_without_one_it_is_a_new_uuid(gateway: Gateway, given: dict[str, str]) -> None:
    """platform.md §24 row 41, §2 step 0."""
    ids = [gateway.call(headers=given).header(CORRELATION) for _ in range(2)]
    assert len({str(uuid.UUID(one)) for one in ids}) == 2


def test_24_row_41_a_producer_over_https_is_not_told_it(gateway: Gateway) -> None:
    """platform.md §24 row 41, §7.2: not even when the consumer sent one."""
    for given in ({}, {CORRELATION: "mine"}):
        assert gateway.seen(over(gateway, "https", given)).header(CORRELATION) is None


def test_24_row_41_but_when_it_is_configured(world: World) -> None:
    """platform.md §24 row 41, §23 propagate.correlation.id.for.https."""
    gateway = world.start("skltp", {"propagate.correlation.id.for.https": "true"})
    assert gateway.seen(over(gateway, "https", {CORRELATION: "mine"})).header(CORRELATION) == "mine"


def test_7_3_it_is_on_every_answer(gateway: Gateway) -> None:
    """platform.md §7.3: faults and WSDL answers too; the producer's own is overwritten."""
    told = {CORRELATION: "mine"}
    assert gateway.call(a_message("NOWHERE"), told).header(CORRELATION) == "mine"
    assert gateway.call(None, told, replies("200 OK", ANSWER, f"{CORRELATION}: theirs")).header(CORRELATION) == "mine"
    assert gateway.get("/vp/x?wsdl", told).header(CORRELATION) == "mine"


# To the producer


@both
@pytest.mark.parametrize(
    "name",
    [
        "x-rivta-acting-on-behalf-of-hsaid",
        "X-RIVTA-Whatever",
        "SOAPAction",
        "Accept",
        "Authorization",
        "Cookie",
        "X-Custom",
    ],
)
def test_24_row_45_headers_that_reach_the_producer(gateway: Gateway, scheme: str, name: str) -> None:
    """platform.md §24 row 45, §7.2."""
    assert gateway.seen(over(gateway, scheme, {name: '"a b"; c'})).header(name) == '"a b"; c'


NOT_PASSED = [
    "Accept-Encoding", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Tls-Client-Cert", "x-vp-anything", "X-VP-Auth-Cert2",
    "MULE_X", "X-MULE_X", "PEER_CERTIFICATES", "X-VP-Forwarded-Host", "Date", "Via", "Warning", "Pragma", "Cache-Control",
    "Trailer", "Upgrade", "CamelHttpPath",
]  # fmt: skip


@both
def test_24_row_46_headers_that_do_not_reach_the_producer(gateway: Gateway, scheme: str) -> None:
    """platform.md §24 row 46, §7.2."""
    given = dict.fromkeys(NOT_PASSED, "127.0.0.1")
    names = gateway.seen(over(gateway, scheme, given)).names
    assert names & {*(name.lower() for name in NOT_PASSED), "x-vp-auth-cert"} == set()


def test_7_2_what_is_removed_is_configured(world: World) -> None:
    """platform.md §7.2, §23: full match on the name."""
    given = {
        "headers.reg.exp.requestHeadersToRemove": "(?i)x-mine.*|accept-encoding|connection",
        "headers.reg.exp.requestHeadersToKeep": "(?i)x-mine-kept",
        "headers.reg.exp.responseHeadersToRemove": "(?i)x-gone",
    }
    gateway = world.start("skltp", given)
    sent = {"X-Mine-1": "1", "X-Mine-Kept": "2", "A-X-Mine": "3", "MULE_X": "4"}
    reply = gateway.call(None, sent, replies("200 OK", ANSWER, "X-Gone: 1", "X-Gone-Not: 2", "MULE_Y: 3"))
    assert gateway.seen(reply).names & {"x-mine-1", "x-mine-kept", "a-x-mine", "mule_x"} == {
        "x-mine-kept",
        "a-x-mine",
        "mule_x",
    }
    assert reply.names & {"x-gone", "x-gone-not", "mule_y"} == {"x-gone-not", "mule_y"}


def test_24_row_47_a_producer_over_http_is_told_who_calls(gateway: Gateway) -> None:
    """platform.md §24 row 47, §7.2."""
    seen = gateway.seen(over(gateway, "http"))
    assert (seen.header("x-vp-sender-id"), seen.header("x-vp-instance-id")) == (CONSUMER, INSTANCE)


def test_24_row_47_a_producer_over_https_is_not(gateway: Gateway) -> None:
    """platform.md §24 row 47, §7.2: not even what the consumer sent."""
    sent = {"x-vp-sender-id": "SE-X", "x-vp-instance-id": "SE-Y"}
    assert gateway.seen(over(gateway, "https", sent)).names & {"x-vp-sender-id", "x-vp-instance-id"} == set()


@both
def test_24_row_49_the_user_agent_is_the_configured_one(like_skltp: Gateway, world: World, scheme: str) -> None:
    """platform.md §24 row 49, §7.2, §23 vp.header.user.agent and its default."""
    assert like_skltp.seen(over(like_skltp, scheme, {"User-Agent": "mine"})).header("user-agent") == "SKLTP VP/4.3.x"


def test_24_row_49_by_default_it_says_what_it_is(by_default: Gateway) -> None:
    """platform.md §7.2."""
    assert by_default.seen(over(by_default, "http", {"User-Agent": "mine"})).header("user-agent").startswith("Tidbro")


def test_23_user_agent_and_content_type_can_be_set(world: World) -> None:
    """platform.md §23 vp.header.user.agent, vp.header.content.type."""
    gateway = world.start("skltp", {"vp.header.user.agent": "Ours/1", "vp.header.content.type": "application/soap+xml"})
    seen = gateway.seen(over(gateway, "http"))
    assert (seen.header("user-agent"), seen.header("content-type")) == ("Ours/1", "application/soap+xml")


@both
def test_7_2_what_the_platform_writes_itself(gateway: Gateway, scheme: str) -> None:
    """platform.md §7.2: Content-Type, Host with its port, Content-Length, no word of the consumer's connection."""
    seen = gateway.seen(over(gateway, scheme, {"Content-Type": "text/xml", "Host": "somewhere.example.com"}))
    port = (gateway.world.http if scheme == "http" else gateway.world.https).port
    assert seen.header("host") == f"{'127.0.0.1' if scheme == 'http' else 'localhost'}:{port}"
    assert seen.header("content-type") == "text/xml;charset=UTF-8"
    assert seen.header("content-length") == str(len(seen.body))
    assert "transfer-encoding" not in seen.names
    assert (seen.header("connection") or "keep-alive").lower() == "keep-alive"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_7_2_original_consumer_and_history_reach_both_kinds_of_producers(gateway: Gateway, scheme: str) -> None:
    """platform.md §7.2, the rows of x-rivta-original-serviceconsumer-hsaid and x-rivta-routing-history."""
    address = "A" if scheme == "http" else "TLS"
    sent = {"x-rivta-original-serviceconsumer-hsaid": "SE-FIRST", "x-rivta-routing-history": "SE1#SE2"}
    seen = gateway.seen(gateway.call(a_message(address), headers=sent))
    assert seen.header("x-rivta-original-serviceconsumer-hsaid") == "SE-FIRST"
    assert seen.header("x-rivta-routing-history") == f"SE1#SE2#{INSTANCE}"


def test_7_3_which_headers_do_not_come_back_is_configured(world: World) -> None:
    """platform.md §7.3, §2 step 20, §23 headers.reg.exp.responseHeadersToRemove: full match, in any letter case."""
    gateway = world.start("skltp", {"headers.reg.exp.responseHeadersToRemove": "(?i)x-secret|x-part"})
    reply = gateway.call(None, (), replies("200 OK", ANSWER, "X-SECRET: 1", "X-Parting: 2", "SOAPAction: 3"))
    assert "x-secret" not in reply.names
    assert {"x-parting", "soapaction"} <= reply.names


def test_7_2_requests_can_go_in_chunks(world: World) -> None:
    """platform.md §7.2, §23 producer.chunked.encoding."""
    gateway = world.start("skltp", {"producer.chunked.encoding": "true"})
    seen = gateway.seen(gateway.call())
    assert seen.header("transfer-encoding") == "chunked"
    assert "content-length" not in seen.names
    assert seen.body == a_message()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_7_2_the_method_is_passed_on(like_skltp: Gateway, method: str) -> None:
    """platform.md §7.2, §14.5: methods are not restricted."""
    reply = like_skltp.call(method=method)
    assert like_skltp.seen(reply).line.startswith(f"{method} ")


def test_25_row_16_on_the_real_platform_query_parameters_become_headers(like_skltp: Gateway) -> None:
    """platform.md §25 row 16, §7.2 [D]: and the query takes the place of the route's own."""
    seen = like_skltp.seen(like_skltp.call(a_message("QUERY"), path="/vp/x?colour=red"))
    assert seen.header("colour") == "red"
    assert seen.line.split(" ")[1] == "/producer?colour=red"


def test_25_row_16_by_default_the_query_stays_behind(by_default: Gateway) -> None:
    """platform.md §25 row 16."""
    seen = by_default.seen(by_default.call(a_message("QUERY"), path="/vp/x?colour=red"))
    assert seen.header("colour") is None
    assert seen.line.split(" ")[1] == "/producer?of=route"


def test_7_2_without_one_the_routes_own_query_is_used(gateway: Gateway) -> None:
    """platform.md §7.2."""
    assert gateway.seen(gateway.call(a_message("QUERY"))).line.split(" ")[1] == "/producer?of=route"


def test_7_2_headers_go_along_at_the_second_attempt_too(gateway: Gateway) -> None:
    """platform.md §14.2: only the step of sending is repeated."""
    reply = gateway.call(None, {"SOAPAction": '"x"', CORRELATION: "one"}, resets, replies("200 OK", ANSWER))
    first, second = gateway.attempts(reply)
    assert first.headers == second.headers


# To the consumer


def test_24_row_48_headers_of_answers_that_are_removed(gateway: Gateway) -> None:
    """platform.md §24 row 48, §7.3."""
    removed = ["SOAPAction", "MULE_X", "X-MULE_X", "LOCAL_CERTIFICATE", "PEER_CERTIFICATES", "http.method"]
    sent = [f"{name}: x" for name in [*removed, "MyRandomHeader"]]
    reply = gateway.call(None, (), replies("200 OK", ANSWER, *sent))
    assert reply.header("MyRandomHeader") == "x"
    assert reply.names & {name.lower() for name in removed} == set()


def test_7_3_other_headers_of_answers_are_passed(gateway: Gateway) -> None:
    """platform.md §7.3: a header that comes twice stays two."""
    sent = ["Set-Cookie: a=1", "Set-Cookie: b=2", "Server: theirs", "x-rivta-something: y", "X-Vp-Something: z"]
    reply = gateway.call(None, (), replies("200 OK", ANSWER, *sent))
    assert [value for name, value in reply.headers if name.lower() == "set-cookie"] == ["a=1", "b=2"]
    assert (reply.header("server"), reply.header("x-rivta-something")) == ("theirs", "y")


def test_7_3_nothing_of_the_request_is_echoed(gateway: Gateway) -> None:
    """platform.md §7.3; nor is there a Date or a Server of the platform's own."""
    reply = gateway.call(headers={"X-Custom": "1", "Cookie": "a", "SOAPAction": '"x"'})
    own = {"content-type", "content-length", CORRELATION, "x-skltp-prt", "connection"}
    assert reply.names - own == set()


def test_7_3_the_producers_time_is_absent_from_faults_of_the_platform(gateway: Gateway) -> None:
    """platform.md §7.3."""
    detail_of(gateway.call(None, (), replies("404 Not Found", b"x", "X-Producer: 1")), "VP009")
    assert re.fullmatch(r"\d+", gateway.call().header("x-skltp-prt"))

"""gateway/headers.py: which headers go to the producer and which come back (platform.md §7.2, §7.3)."""

import asyncio

import pytest

from gateway.headers import HeaderRules, warnings_of
from gateway.settings import GatewaySettings, SettingsRefused, read_settings
from tests.gateway.builders import (
    CONSUMER,
    SETTINGS,
    a_call,
    a_pipeline,
    a_request,
    a_route,
    an_http_producer,
    carried,
    http_reply,
    opened,
    sample,
    with_headers,
)
from tests.people import ANNA

GOOD = sample("GetAllCareTypes", "response")
SKLTP = read_settings({"compatibility": "skltp"})


def rows(
    headers: dict[str, str],
    is_tls: bool = False,
    settings: GatewaySettings = SETTINGS,
    query: str = "",
    **call: object,
) -> list[tuple[str, str]]:
    request = a_request(headers=headers, query=query)
    return list(HeaderRules(settings).to_producer(a_call(request=request, **call), is_tls))


def sent(headers: dict[str, str], is_tls: bool = False, **given: object) -> dict[str, str]:
    told = rows(headers, is_tls, **given)
    assert len({name for name, _ in told}) == len(told), "a header was sent twice"
    return dict(told)


def returned(given: list[tuple[str, str]], **settings: object) -> list[tuple[str, str]]:
    return list(HeaderRules(read_settings(settings)).to_consumer(given, 41))


# To the producer


def test_a_producer_over_http_learns_who_calls_and_from_where() -> None:
    """platform.md §7.2; §24 rows 42, 44, 47."""
    headers = sent({"x-vp-sender-id": "SE-FORGED", "x-skltp-correlation-id": "other"}, routing_history="SE1#SE2")
    assert headers == {
        "x-vp-sender-id": CONSUMER,
        "x-vp-instance-id": SETTINGS.instance_id,
        "x-skltp-correlation-id": "correlation-1",
        "x-rivta-original-serviceconsumer-hsaid": CONSUMER,
        "x-rivta-routing-history": "SE1#SE2",
        "user-agent": "Tidbro",
        "content-type": "text/xml;charset=UTF-8",
    }


OWN = {"x-vp-sender-id": "x", "x-vp-instance-id": "y", "x-skltp-correlation-id": "z"}


@pytest.mark.parametrize("settings", [SETTINGS, SKLTP], ids=["tidbro", "skltp"])
def test_a_producer_over_https_does_not(settings: GatewaySettings) -> None:
    """platform.md §7.2; §24 row 47: sender, instance and correlation id stay inside, also what the consumer sent."""
    headers = sent(OWN, is_tls=True, settings=settings)
    assert not OWN.keys() & headers.keys()
    assert headers["x-rivta-original-serviceconsumer-hsaid"] == CONSUMER


def test_the_correlation_id_goes_to_https_producers_where_the_setting_says_so() -> None:
    """platform.md §7.2 (propagate.correlation.id.for.https); §24 row 41."""
    headers = sent(OWN, is_tls=True, settings=read_settings({"correlation_id_to_https": True}))
    assert headers["x-skltp-correlation-id"] == "correlation-1"
    assert "x-vp-sender-id" not in headers


@pytest.mark.parametrize(
    "name",
    ["soapaction", "x-rivta-acting-on-behalf-of-hsaid", "x-rivta-other", "accept", "authorization", "cookie", "my-header"],
)  # fmt: skip
@pytest.mark.parametrize("is_tls", [True, False])
def test_the_consumers_own_headers_are_passed(name: str, is_tls: bool) -> None:
    """platform.md §7.2; §24 row 45."""
    assert sent({name: "value"}, is_tls)[name] == "value"


@pytest.mark.parametrize(
    "name",
    ["x-vp-anything", "x-vp-auth-cert", "peer_certificates", "x-forwarded-for", "x-forwarded-tls-client-cert", "mule_x",
     "x-mule_x", "connection", "accept-encoding", "expect", "date", "via", "warning", "pragma", "cache-control", "trailer",
     "upgrade", "camelhttppath", "host", "content-length", "transfer-encoding", "te", "keep-alive", "proxy-authorization"],
)  # fmt: skip
@pytest.mark.parametrize("is_tls", [True, False])
def test_what_is_between_consumer_and_platform_stays_there(name: str, is_tls: bool) -> None:
    """platform.md §7.2, §24 row 46, and the hop-by-hop headers of HTTP."""
    assert name not in sent({name: "value"}, is_tls)


def test_the_header_of_the_certificate_stays_whatever_it_is_called() -> None:
    settings = read_settings({"certificate_header": "My-Certificate"})
    assert "my-certificate" not in sent({"my-certificate": "PEM"}, settings=settings)


def test_what_is_removed_and_kept_are_settings_that_count_for_our_own_headers_too() -> None:
    """platform.md §7.2: own headers are set first, then the patterns remove, on whole names."""
    settings = read_settings({"request_headers_removed": "(?i)secret.*|x-vp.*", "request_headers_kept": "secret-not"})
    headers = sent({"secret-a": "1", "secret-not": "2", "a-secret": "3", "mule_x": "4"}, settings=settings)
    assert not {"secret-a", "x-vp-sender-id", "x-vp-instance-id"} & headers.keys()
    assert {"secret-not", "a-secret", "mule_x"} <= headers.keys()


@pytest.mark.parametrize(
    ("settings", "user_agent", "content_type"),
    [
        ({}, "Tidbro", "text/xml;charset=UTF-8"),
        ({"compatibility": "skltp"}, "SKLTP VP/4.3.x", "text/xml;charset=UTF-8"),
        ({"user_agent": "Region X", "content_type": "text/xml"}, "Region X", "text/xml"),
    ],
)
def test_user_agent_and_content_type_are_the_platforms(
    settings: dict[str, str], user_agent: str, content_type: str
) -> None:
    """platform.md §7.2; §24 row 49."""
    headers = sent({"user-agent": "curl", "content-type": "text/xml; charset=UTF-16"}, settings=read_settings(settings))
    assert (headers["user-agent"], headers["content-type"]) == (user_agent, content_type)


def test_the_original_consumer_is_passed_on() -> None:
    """platform.md §6, §24 row 43."""
    assert sent({}, original_consumer="SE9")["x-rivta-original-serviceconsumer-hsaid"] == "SE9"


def test_a_routing_history_that_was_not_touched_is_passed_on() -> None:
    """platform.md §5.2: that of an internal call is neither checked nor changed."""
    assert sent({"x-rivta-routing-history": "SE1#SE2"})["x-rivta-routing-history"] == "SE1#SE2"


def test_headers_keep_their_order() -> None:
    names = [name for name, _ in rows({"z-one": "1", "a-two": "2", "m-three": "3"})]
    assert names[:3] == ["z-one", "a-two", "m-three"]


def test_a_header_with_a_name_of_kilobytes_is_judged_like_others() -> None:
    assert "x-vp" + "p" * 5000 not in sent({"x-vp" + "p" * 5000: "1"})
    assert "y" * 5000 in sent({"y" * 5000: "1"})
    long = "MULE_" + "x" * 5000
    assert long not in dict(returned([(long, "1")]))


@pytest.mark.parametrize("name", ["user_agent", "content_type", "instance_id"])
@pytest.mark.parametrize("value", ["a\r\nX: y", "Å"])
def test_a_setting_that_cannot_be_a_header_keeps_the_gateway_from_starting(name: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=name):
        a_pipeline(**{name: value})


# The query


def test_a_query_does_not_become_headers() -> None:
    """platform.md §25 row 16: not copied by default."""
    assert "case" not in sent({}, query="case=1")


def test_a_query_becomes_headers_where_the_setting_says_so() -> None:
    """platform.md §7.2, as the real platform has it; what the platform sets itself cannot be overruled so."""
    query = "Case=a%20b&empty=&case-two=%C3%A5&user-agent=x&x-vp-sender-id=SE-FORGED&MULE_x=1&b%20c=1&accept=2&d=1%0D%0AX:%202"
    headers = sent({"accept": "1"}, settings=SKLTP, query=query)
    assert (headers["case"], headers["empty"], headers["case-two"]) == ("a b", "", "å")
    assert (headers["user-agent"], headers["x-vp-sender-id"]) == ("SKLTP VP/4.3.x", CONSUMER)
    assert headers["accept"] == "1"
    assert not {"mule_x", "b c"} & headers.keys()
    assert headers["d"] == "1  X: 2"


@pytest.mark.parametrize(
    ("mode", "query", "line"),
    [
        ("tidbro", "a=1&b=2", b"POST /producer?own=1 HTTP/1.1"),
        ("skltp", "a=1&b=2", b"POST /producer?a=1&b=2 HTTP/1.1"),
        ("skltp", "", b"POST /producer?own=1 HTTP/1.1"),
    ],
)
def test_the_consumers_query_takes_the_place_of_the_addresss(mode: str, query: str, line: bytes) -> None:
    """platform.md §7.2; §25 row 16."""

    async def ask() -> bytes:
        async with an_http_producer(http_reply("200 OK", GOOD)) as producer:
            route = a_route(address=f"{producer.url}?own=1")
            async with opened(a_pipeline(route, compatibility=mode)) as pipeline:
                await pipeline.answer(a_request(query=query))
                return producer.heads[0]

    assert asyncio.run(ask()).startswith(line)


# Back to the consumer


@pytest.mark.parametrize(
    "name",
    ["SOAPAction", "MULE_X", "mule_x", "X-MULE_X", "LOCAL_CERTIFICATE", "PEER_CERTIFICATES", "http.method",
     "Content-Length", "Connection", "Transfer-Encoding", "Keep-Alive", "Date", "x-skltp-correlation-id"],
)  # fmt: skip
def test_what_a_producer_says_for_the_platform_alone_does_not_come_back(name: str) -> None:
    """platform.md §7.3; §24 row 48."""
    assert name not in dict(returned([(name, "value")]))


def test_every_other_header_of_the_producer_comes_back_with_the_time_it_took() -> None:
    """platform.md §7.3; row 48 of §24. Content-Type is always the platform's (§25 row 14)."""
    given = [
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("Server", "x"),
        ("Content-Type", "text/plain"),
        ("Content-Encoding", "gzip"),
        ("x-rivta-y", "z"),
        ("x-skltp-prt", "9999"),
    ]
    assert returned(given) == [
        ("Content-Type", "text/xml; charset=UTF-8"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("Server", "x"),
        ("Content-Encoding", "gzip"),
        ("x-rivta-y", "z"),
        ("x-skltp-prt", "41"),
    ]


def test_which_headers_do_not_come_back_is_a_setting() -> None:
    """platform.md §7.3 (headers.reg.exp.responseHeadersToRemove): a pattern for whole names."""
    told = dict(returned([("Server", "x"), ("X-Server", "y"), ("SOAPAction", "z")], response_headers_removed="Server"))
    assert "Server" not in told
    assert {"X-Server", "SOAPAction"} <= told.keys()


def test_a_producers_headers_of_our_own_names_do_not_come_back() -> None:
    """They would be taken for the gateway's."""
    told = dict(returned([("x-tidbro-warning", "1"), ("X-Tidbro-Identity", "2"), ("X-Tidbro", "3")]))
    assert told.keys() & {"x-tidbro-warning", "X-Tidbro-Identity", "X-Tidbro"} == {"X-Tidbro"}


# Warnings


def test_what_was_dropped_is_told_to_the_callers_developers() -> None:
    """Ours: the real platform tells its log alone (platform.md §25 row 15)."""
    call = a_call(warnings=("An attachment was dropped.", f"Of {ANNA.number}\r\nX: y"))
    assert warnings_of(call, SETTINGS) == [
        ("x-tidbro-warning", "An attachment was dropped."),
        ("x-tidbro-warning", "Of (hidden)  X: y"),
    ]
    assert warnings_of(call, SKLTP) == []


@pytest.mark.parametrize(("mode", "is_told"), [("tidbro", True), ("skltp", False)])
def test_a_warning_comes_with_the_answer(mode: str, is_told: bool) -> None:
    """platform.md §25 row 15: a message whose attachments were dropped."""
    part = b"--b\r\nContent-Type: application/xop+xml\r\n\r\n"
    body = part + sample() + b"\r\n--b\r\nContent-Type: image/png\r\n\r\nPNG\r\n--b--\r\n"
    request = with_headers({"content-type": 'multipart/related; type="application/xop+xml"; boundary=b'}, body)
    answer = carried(a_pipeline(compatibility=mode, attachments="drop"), request)
    assert answer.status == 200
    assert ("x-tidbro-warning" in dict(answer.headers)) is is_told

"""gateway/headers.py: which headers go to the producer and which come back (platform.md §7.2, §7.3)."""

import pytest

from gateway.call import HttpRequest
from gateway.headers import to_consumer, to_producer
from tests.gateway.builders import CONSUMER, SETTINGS, a_call, a_request


def sent(headers: dict[str, str], is_tls: bool = False, **call: object) -> dict[str, str]:
    request: HttpRequest = a_request(headers=headers)
    return to_producer(a_call(request=request, **call), SETTINGS, is_tls)


def test_a_producer_over_http_learns_who_calls_and_from_where() -> None:
    """platform.md §7.2."""
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


def test_a_producer_over_https_does_not() -> None:
    """platform.md §7.2: sender, instance and correlation id stay inside."""
    headers = sent({"x-vp-sender-id": "x", "x-vp-instance-id": "y", "x-skltp-correlation-id": "z"}, is_tls=True)
    assert not {"x-vp-sender-id", "x-vp-instance-id", "x-skltp-correlation-id"} & headers.keys()
    assert headers["x-rivta-original-serviceconsumer-hsaid"] == CONSUMER


@pytest.mark.parametrize(
    "name",
    [
        "soapaction",
        "x-rivta-acting-on-behalf-of-hsaid",
        "x-rivta-other",
        "accept",
        "authorization",
        "cookie",
        "my-header",
    ],
)
def test_the_consumers_own_headers_are_passed(name: str) -> None:
    assert sent({name: "value"})[name] == "value"


@pytest.mark.parametrize(
    "name",
    ["x-vp-anything", "x-vp-auth-cert", "peer_certificates", "x-forwarded-for", "x-forwarded-tls-client-cert", "mule_x",
     "x-mule_x", "connection", "accept-encoding", "expect", "date", "via", "warning", "pragma", "cache-control", "trailer",
     "upgrade", "camelhttppath", "host", "content-length", "transfer-encoding", "te", "keep-alive", "proxy-authorization"],
)  # fmt: skip
@pytest.mark.parametrize("is_tls", [True, False])
def test_what_is_between_consumer_and_platform_stays_there(name: str, is_tls: bool) -> None:
    """platform.md §7.2, and the hop-by-hop headers of HTTP."""
    assert name not in sent({name: "value"}, is_tls)


def test_user_agent_and_content_type_are_the_platforms() -> None:
    headers = sent({"user-agent": "curl", "content-type": "text/xml; charset=UTF-16"})
    assert (headers["user-agent"], headers["content-type"]) == ("Tidbro", "text/xml;charset=UTF-8")


def test_the_original_consumer_is_passed_on() -> None:
    assert sent({}, original_consumer="SE9")["x-rivta-original-serviceconsumer-hsaid"] == "SE9"


@pytest.mark.parametrize(
    "name",
    ["SOAPAction", "MULE_X", "X-MULE_X", "LOCAL_CERTIFICATE", "PEER_CERTIFICATES", "http.method", "Content-Length",
     "Connection", "Transfer-Encoding", "Keep-Alive", "Date", "x-skltp-correlation-id"],
)  # fmt: skip
def test_what_a_producer_says_for_the_platform_alone_does_not_come_back(name: str) -> None:
    """platform.md §7.3."""
    assert name not in dict(to_consumer({name: "value"}, 5))


def test_every_other_header_of_the_producer_comes_back_with_the_time_it_took() -> None:
    """platform.md §7.3; row 48 of §24. Content-Type is always the platform's (§25 row 14)."""
    given = [
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("Server", "x"),
        ("Content-Type", "text/plain"),
        ("x-rivta-y", "z"),
    ]
    assert to_consumer(given, 41) == (
        ("Content-Type", "text/xml; charset=UTF-8"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("Server", "x"),
        ("x-rivta-y", "z"),
        ("x-skltp-prt", "41"),
    )

"""Bad input on a real socket: always a well-formed SOAP 1.1 fault, never something naked, and the next good call is
answered (platform.md §3, §14.4, §14.5; DESIGN decisions 1, 2, 5)."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from contracts.namespaces import responder
from tests.gateway.builders import CLINIC, CONTRACT, INTERNAL, Gate, Stub, a_pipeline, a_route, read_fault, sample
from tests.gateway.serving import ServedGateway, a_post, headers_of, read_all, read_reply, served, split_reply, talk
from tests.people import ANNA, PEOPLE

GOOD = sample()
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
LAUGHS = b'<!DOCTYPE a [<!ENTITY l0 "ha">' + b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10)
)


@pytest.fixture(autouse=True)
def _the_next_good_call_is_answered(gateway: ServedGateway) -> object:
    yield
    assert gateway.still_answers()


def an_envelope(body: str, header: str = "", namespace: str = SOAP) -> bytes:
    address = f'<r:LogicalAddress xmlns:r="urn:riv:itintegration:registry:1">{CLINIC}</r:LogicalAddress>'
    return f'<e:Envelope xmlns:e="{namespace}"><e:Header>{header or address}</e:Header><e:Body>{body}</e:Body></e:Envelope>'.encode()


def replaced(old: str, new: str, body: bytes = GOOD) -> bytes:
    assert old.encode() in body
    return body.replace(old.encode(), new.encode())


# Bodies

BODIES: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "VP015", "the message is empty"),
    "blanks": (b" \r\n", "VP015", "the message is empty"),
    "text": (b"hello", "VP015", "not XML"),
    "JSON": (b'{"a": 1}', "VP015", "not XML"),
    "HTML": (b"<html><br></html>", "VP015", "not well-formed XML"),
    "binary": (bytes(range(256)), "VP015", "not XML"),
    "gzip": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "VP015", "the body is compressed"),
    "cut off": (GOOD[:-40], "VP015", "not well-formed XML"),
    "cut off in the Body tag": (GOOD[: GOOD.index(b"Body>")], "VP015", "not well-formed XML"),
    "two documents": (GOOD + GOOD, "VP015", "not well-formed XML"),
    "a NUL": (replaced(CLINIC, "\x00"), "VP015", "not well-formed XML"),
    "a document type": (b"<!DOCTYPE x>" + GOOD.split(b"?>", 1)[1], "VP015", "a document type is not allowed"),
    "entities": (LAUGHS + b"]><a>&l9;</a>", "VP015", "a document type is not allowed"),
    "entities out of sight": (b"<!--" + b"x" * 70_000 + b"-->" + LAUGHS + b"]><a>&l9;</a>", "VP015", "no element within"),
    "an external entity": (
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', "VP015", "a document type is not allowed",
    ),
    "an unknown entity": (replaced(CLINIC, "&nosuch;"), "VP015", "not well-formed XML"),
    "UTF-7": (b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-', "VP015", "encoding"),
    "an attachment": (
        b"--x\r\nContent-Type: application/xop+xml\r\n\r\n" + GOOD + b"\r\n--x--", "VP015", "not XML",
    ),
    "depth 10,000": (b"<a>" * 10_000 + b"</a>" * 10_000, "VP015", "resource limit"),
    "a million attributes": (
        b"<a " + b" ".join(b'b%x=""' % n for n in range(1_000_000)) + b"/>", "VP015", "tags and attributes",
    ),
    "a million tags": (b"<a>" + b"<b/>" * 1_000_000 + b"</a>", "VP015", "tags and attributes"),
    "16 MB": (b"<a>" + b"x" * 16_000_000 + b"</a>", "VP015", "larger than 15728640 bytes"),
    "no envelope": (b"<a/>", "VP003", "No receiverId"),
    "no header": (f'<e:Envelope xmlns:e="{SOAP}"><e:Body/></e:Envelope>'.encode(), "VP003", "No receiverId"),
    "no address": (an_envelope("", header="<x/>"), "VP003", "No receiverId (logical address) found in message header. "),
    "an empty address": (replaced(f"LogicalAddress>{CLINIC}", "LogicalAddress>"), "VP003", "No receiverId"),
    "an empty Body": (
        an_envelope(""), "VP004", f"No receiverId (logical address) found for serviceNamespace: null, receiverId: {CLINIC}",
    ),
    "text in the Body": (an_envelope("hello"), "VP004", "serviceNamespace: null"),
    "no Body": (
        f'<e:Envelope xmlns:e="{SOAP}"><e:Header><LogicalAddress>SE1</LogicalAddress></e:Header></e:Envelope>'.encode(),
        "VP004", "serviceNamespace: null, receiverId: SE1",
    ),
    "a Body without namespace": (an_envelope("<GetAllCareTypes/>"), "VP004", "serviceNamespace: null"),
    "an unknown contract": (
        replaced(CONTRACT, "urn:riv:crm:scheduling:GetNothingResponder:1"), "VP004", "GetNothingResponder:1, receiverId",
    ),
    "an unknown address": (replaced(f"LogicalAddress>{CLINIC}", "LogicalAddress>SE1"), "VP004", "receiverId: SE1"),
    "a blank in the address": (
        replaced(f"LogicalAddress>{CLINIC}", f"LogicalAddress>{CLINIC} "), "VP004", "Whitespace detected in incoming request!",
    ),
    "a very long address": (replaced(f"LogicalAddress>{CLINIC}", "LogicalAddress>" + "S" * 100_000), "VP004", "SSS"),
    "an unknown operation": (
        replaced("r:GetAllCareTypes>", "r:GetNothing>"), "VP015", "line 14, GetNothing: the contract has no such element here",
    ),
    "a response": (replaced("r:GetAllCareTypes>", "r:GetAllCareTypesResponse>"), "VP015", "no such element here"),
    "a fault": (an_envelope(f'<e:Fault xmlns:e="{SOAP}"/>'), "VP004", f"serviceNamespace: {SOAP}"),
    "two children": (
        replaced("</soap:Body>", f'<r:GetAllCareTypes xmlns:r="{CONTRACT}"/></soap:Body>'), "VP015", "more than one element",
    ),
    "SOAP 1.2": (replaced(SOAP, "http://www.w3.org/2003/05/soap-envelope"), "VP015", "the envelope is SOAP 1.2"),
    "another envelope": (replaced(SOAP, "urn:nonsense"), "VP015", "not a SOAP 1.1 envelope"),
    "a missing element": (
        replaced(f"<r:healthcare_facility>{CLINIC}</r:healthcare_facility>", ""), "VP015", "not expected here",
    ),
    "a person id with a hyphen": (
        replaced(f"<r:subject_of_care>{ANNA.number}", f"<r:subject_of_care>{ANNA.identity.displayed}"), "VP015", "[pattern]",
    ),
    "a wrong date": (
        replaced("20261214<", "2026-12-14<", sample("GetAvailableDates")), "VP015", "GetAvailableDates/startDateInclusive",
    ),
    "an impossible date": (
        replaced("20261214<", "20260231<", sample("GetAvailableDates")), "VP015", "GetAvailableDates/startDateInclusive",
    ),
    "an impossible time": (
        replaced("20261214081000", "20260231081000", sample("MakeBooking")), "VP015", "MakeBooking/requestedTimeslot",
    ),
    "a time that spring skips": (
        replaced("20261214081000", "20260329023000", sample("MakeBooking")), "VP015", "the clocks skip",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "code", "detail"), BODIES.values(), ids=BODIES.keys())
def test_a_bad_body_is_answered_with_its_fault(gateway: ServedGateway, body: bytes, code: str, detail: str) -> None:
    reply = gateway.posted(body)
    assert (reply.fault.code, reply.fault.faultcode) == (code, "SOAP-ENV:Client")
    assert detail in reply.fault.detail
    assert reply.headers["x-skltp-correlation-id"]


@pytest.mark.parametrize(("body", "code", "detail"), BODIES.values(), ids=BODIES.keys())
def test_no_fault_quotes_a_person(gateway: ServedGateway, body: bytes, code: str, detail: str) -> None:
    """DESIGN decision 10."""
    if len(body) < 1_000_000:
        answer = gateway.posted(body).body.decode()
        forms = [form for one in PEOPLE for form in (one.number, one.identity.displayed)]
        assert [form for form in forms if form in answer] == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "latin-1", "utf-8-sig"])
def test_a_good_call_is_answered_in_every_encoding_that_says_what_it_is(gateway: ServedGateway, encoding: str) -> None:
    """platform.md §8; §24 row 26."""
    name = {"utf-8-sig": "UTF-8", "latin-1": "ISO-8859-1"}.get(
        encoding, encoding.upper().replace("-LE", "LE").replace("-BE", "BE")
    )
    body = GOOD.decode().replace('encoding="UTF-8"', f'encoding="{name}"').encode(encoding)
    assert gateway.posted(body).status == 200


# Lengths


@pytest.mark.parametrize("by", [2, 10, len(GOOD) - 1])
def test_a_content_length_that_is_too_small_is_a_fault(gateway: ServedGateway, by: int) -> None:
    """The rest of the body reads like a second request that is none."""
    raw = gateway.told(a_post(GOOD, length=len(GOOD) - by))
    reply, rest = split_reply(raw)
    assert reply.fault.code == "VP015"
    assert rest == b""


def test_what_follows_a_whole_request_does_not_cost_it_its_answer(gateway: ServedGateway) -> None:
    """A booking that was made must be told as made, even if the sender wrote a line too many."""
    for rest in (b"\r\n", b"garbage\r\n\r\n", b"\x00" * 100, b"</soap:Envelope>"):
        reply, _ = split_reply(gateway.told(a_post(GOOD) + rest, half_close=True))
        assert reply.status == 200


def test_garbage_that_comes_while_a_call_waits_does_not_cost_it_its_answer() -> None:
    gate = Gate()
    with served(a_pipeline(adapters={"stub": Stub(before=gate)})) as one, one.connect() as connection:
        connection.sendall(a_post(GOOD))
        gate.reached.acquire()
        for _ in range(5):
            connection.sendall(b"garbage\r\n\r\n" * 100)
        gate.let_on()
        assert read_reply(connection).status == 200


def test_a_body_that_ends_too_early_is_a_fault_at_once_when_its_sender_has_said_all(gateway: ServedGateway) -> None:
    reply = gateway.sent(a_post(GOOD, length=len(GOOD) + 100), half_close=True)
    assert reply.fault.detail == f"the body has {len(GOOD)} bytes, but Content-Length says {len(GOOD) + 100}"


@pytest.mark.parametrize("cut_bytes", [1, 2, 4, 5, 7])
def test_chunks_that_end_before_the_last_are_a_fault_though_the_xml_is_whole(
    gateway: ServedGateway, cut_bytes: int
) -> None:
    """With reading = "scan" nobody would see that the rest is missing."""
    raw = a_chunked_post(chunked(GOOD))[:-cut_bytes]
    assert gateway.sent(raw, half_close=True).fault.detail == "the body ended before its last chunk"


def test_a_body_that_ends_too_early_is_a_fault_when_the_time_is_out(gateway: ServedGateway) -> None:
    reply = gateway.sent(a_post(GOOD, length=len(GOOD) + 100))
    assert reply.fault.detail == "the request did not arrive within 2 seconds"


@pytest.mark.parametrize(
    "length", ["x", "", "-1", "+5", "1e3", "0x10", "5, 5", "5 5", "99999999999999999999999999", "²", "1.5"]
)
def test_a_content_length_that_is_no_number_is_a_fault(gateway: ServedGateway, length: str) -> None:
    assert gateway.sent(a_post(GOOD, length=length), half_close=True).fault.code == "VP015"


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5",),
        (f"Content-Length: {len(GOOD)}",),
        ("Transfer-Encoding: chunked",),
        ("Transfer-Encoding: gzip",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    ],
)
def test_two_opinions_of_the_length_are_a_fault(gateway: ServedGateway, headers: tuple[str, ...]) -> None:
    """Request smuggling starts with those."""
    assert gateway.sent(a_post(GOOD, *headers), half_close=True).fault.code == "VP015"


def test_a_body_without_a_length_is_no_body(gateway: ServedGateway) -> None:
    raw = gateway.told(a_post(GOOD, length=False), half_close=True)
    assert split_reply(raw)[0].fault.code == "VP015"


def chunked(body: bytes, size: int = 100) -> bytes:
    chunks = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def a_chunked_post(body: bytes) -> bytes:
    return a_post(b"", "Transfer-Encoding: chunked", "Connection: close", length=False) + body


@pytest.mark.parametrize("size", [1, 100, 100_000])
def test_a_chunked_request_is_accepted(gateway: ServedGateway, size: int) -> None:
    """platform.md §14.5."""
    assert gateway.sent(a_chunked_post(chunked(GOOD, size))).status == 200


@pytest.mark.parametrize(
    "body",
    [b"zz\r\nabc\r\n0\r\n\r\n", b"-1\r\n", b"fffffffffffffffff\r\n", b"5\r\nabc", b"5\r\nabcdefgh\r\n0\r\n\r\n", b"", b"5;" + b"x" * 100_000,
     chunked(GOOD)[:-5] + b"0\r\n" + b"X-Trailer: 1\r\n" * 50_000, b"1;" + b"x" * 80_000 + b"\r\na\r\n0\r\n\r\n"],
    ids=["no number", "negative", "too large a number", "cut off", "too long", "nothing", "endless extension", "endless trailers", "long extension"],
)  # fmt: skip
def test_bad_chunks_are_a_fault(gateway: ServedGateway, body: bytes) -> None:
    assert gateway.sent(a_chunked_post(body), half_close=True).fault.code == "VP015"


def test_a_chunked_body_that_is_too_large_is_a_fault(gateway: ServedGateway) -> None:
    reply = gateway.sent(a_chunked_post(chunked(b"x" * 16_000_000, 1_000_000)))
    assert reply.fault.detail == "the message is larger than 15728640 bytes"


# What is no HTTP


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
        b"GET /vp\r\n\r\n",
        b"GET /vp HTTP/0.9\r\n\r\n",
        b"GET /vp HTTP/9.9\r\n\r\n",
        b"POST /vp HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /vp HTTP/1.1\r\nX Y: 1\r\n\r\n",
        b"POST /vp HTTP/1.1\r\n folded: 1\r\n\r\n",
        b"POST /vp HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
        b"POST /vp HTTP/1.1\r\nX: a\x00b\r\n\r\n",
        b"POST /vp HTTP/1.1\r\nX: a\x7fb\r\n\r\n",
        b"POST /vp HTTP/1.1\nHost: x\n\n",
        b"POST /v\xe5p HTTP/1.1\r\n\r\n",
        b"POST  /vp HTTP/1.1\r\n\r\n",
        b"POST vp HTTP/1.1\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"BREW /vp HTTP/1.1\r\n\r\n",
        b"\x00" * 1000,
        b"(" * 1000,
    ],
)
def test_what_is_no_http_is_a_fault(gateway: ServedGateway, raw: bytes) -> None:
    """platform.md §14.5 [D] answers 400; never something naked here."""
    reply, _ = split_reply(gateway.told(raw, half_close=True))
    assert reply.fault.code in ("VP015", "VP002")


@pytest.mark.parametrize(
    "raw", [b"POST /vp HTTP/1.1\r\nHost: loc", b"PO", b"POST /vp HTTP/1.1\r\n", b"POST /vp HTTP/1.1\r\nHost: x\r\n"]
)
def test_a_request_that_ends_before_its_head_does_is_a_fault(gateway: ServedGateway, raw: bytes) -> None:
    assert gateway.sent(raw, half_close=True).fault.detail == "the request ended before its head did"


def test_who_says_nothing_is_told_nothing(gateway: ServedGateway) -> None:
    assert gateway.told(b"", half_close=True) == b""


def test_a_head_that_does_not_arrive_in_time_is_a_fault_and_silence_is_closed() -> None:
    with served(a_pipeline(), head_timeout_seconds=0.3) as one:
        assert one.sent(b"POST /vp HTTP/1.1\r\nHost: x").fault.detail == "the request did not arrive within 0.3 seconds"
        assert one.told(b"") == b""
        with one.connect() as connection:
            connection.sendall(a_post(GOOD))
            assert read_reply(connection).status == 200
            assert split_reply(talk(connection, b"POST /vp HT"))[0].fault.code == "VP015"


@pytest.mark.parametrize(
    "raw",
    [
        a_post(b"")[:-2] + b"X: " + b"x" * 200_000,
        a_post(b"")[:-2] + b"X: 1\r\n" * 100_000,
        b"POST /" + b"x" * 200_000,
        b"x" * 200_000,
        a_post(b"")[:-2] + b"x" * 200_000,
    ],
    ids=["one long header", "many headers", "a long path", "a long method", "a long header name"],
)
def test_a_head_without_end_is_cut_off_before_it_fills_the_memory(gateway: ServedGateway, raw: bytes) -> None:
    """platform.md §14.4 [D]: 4096 and 8192 bytes; here 65,536 each."""
    assert gateway.sent(raw).fault.code == "VP015"


def test_a_large_head_that_ends_is_accepted(gateway: ServedGateway) -> None:
    """A certificate and its chain come in a header."""
    assert gateway.posted(GOOD, "X-Large: " + "x" * 30_000).status == 200


# What HTTP refuses

BARE = {
    "no host": (b"POST /vp HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "the request has no Host header"),
    "a bad request line": (b"hello\r\n\r\n", "the request is not well-formed HTTP"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "the request is not well-formed HTTP"),
    "a request line of 4097 bytes": (
        b"GET /" + b"x" * 4083 + b" HTTP/1.1\r\nHost: x\r\n\r\n", "the request line is longer than 4096 bytes",
    ),
    "headers of 8193 bytes": (
        b"GET /vp HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 8179 + b"\r\n\r\n", "the headers are longer than 8192 bytes",
    ),
    "a head without end": (b"GET /vp HTTP/1.1\r\nX: " + b"x" * 20_000, "the head of the request is larger than 12288 bytes"),
}  # fmt: skip


@pytest.fixture(scope="module", params=[True, False], ids=["by status", "by fault"])
def narrow(request: pytest.FixtureRequest) -> Iterator[tuple[bool, ServedGateway]]:
    """A gateway with the real platform's limits of a head, which refuses in one way or the other."""
    limits = {"max_request_line_bytes": 4096, "max_head_bytes": 8192, "max_message_bytes": 10_000}
    with served(a_pipeline(http_refusals=request.param, **limits)) as one:
        yield request.param, one


@pytest.mark.parametrize(("raw", "detail"), BARE.values(), ids=BARE.keys())
def test_what_http_refuses_is_400_without_a_body_or_a_fault(
    narrow: tuple[bool, ServedGateway], raw: bytes, detail: str
) -> None:
    """platform.md §14.4, §14.5 [D]; setting http_refusals."""
    by_status, one = narrow
    reply, _ = split_reply(one.told(raw, half_close=True))
    if by_status:
        assert (reply.status, reply.body, reply.headers["connection"]) == (400, b"", "close")
    else:
        assert (reply.fault.code, reply.fault.detail) == ("VP015", detail)
    assert one.still_answers()


@pytest.mark.parametrize("headers", [(), ("Expect: 100-continue",)])
@pytest.mark.parametrize("identity", [True, False])
def test_a_message_that_is_too_large_is_413_without_a_body_or_a_fault(
    narrow: tuple[bool, ServedGateway], identity: bool, headers: tuple[str, ...]
) -> None:
    """platform.md §14.4; §24 row 30. By HTTP it is refused before anybody asks who calls."""
    by_status, one = narrow
    raw = a_post(b"x" * 10_001, *headers)
    reply, _ = split_reply(one.told(raw if identity else raw.replace(b"x-vp-sender-id", b"x-nobody")))
    if by_status:
        assert (reply.status, reply.body, reply.headers["connection"]) == (413, b"", "close")
    else:
        assert reply.fault.code == ("VP015" if identity else "VP002")


@pytest.mark.parametrize(("line", "headers"), [(4096, 100), (100, 8192), (4096, 8192)])
def test_a_head_that_just_fits_is_taken(narrow: tuple[bool, ServedGateway], line: int, headers: int) -> None:
    """platform.md §14.4 [D]."""
    raw = a_post(GOOD, "Connection: close", path="/vp/?" + "x" * (line - 19))
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.partition(b"\r\n")[2]
    missing = headers - len(lines) - 2 - len("X: \r\n")
    padded = head + b"\r\nX: " + b"x" * missing if missing > 0 else head
    assert len(padded.partition(b"\r\n")[0]) == line
    _, one = narrow
    assert split_reply(one.told(padded + b"\r\n\r\n" + body))[0].status == 200


# Methods, paths, connections


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_another_method_without_a_body_is_a_fault(gateway: ServedGateway, method: str) -> None:
    """platform.md §14.5."""
    identity = "".join(f"{name}: {value}\r\n" for name, value in INTERNAL.items())
    reply = gateway.sent(f"{method} /vp/x HTTP/1.1\r\nHost: x\r\n{identity}Connection: close\r\n\r\n".encode())
    assert (reply.fault.code, reply.fault.detail) == ("VP015", "the message is empty")


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 200), ("TRACE", 405)])
def test_options_tells_the_methods_and_trace_is_not_one_of_them(
    gateway: ServedGateway, method: str, status: int
) -> None:
    """platform.md §14.5 [D]."""
    reply = gateway.sent(f"{method} /vp/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert (reply.status, reply.body) == (status, b"")
    assert "POST" in reply.headers["allow"]
    assert "TRACE" not in reply.headers["allow"]


def test_another_method_with_a_message_is_carried(gateway: ServedGateway) -> None:
    """platform.md §14.5: the method is not restricted."""
    for method in (b"PUT", b"GET", b"PATCH"):
        assert gateway.sent(a_post(GOOD, "Connection: close").replace(b"POST", method, 1)).status == 200


def test_head_gets_a_head_alone(gateway: ServedGateway) -> None:
    raw = gateway.told(b"HEAD /vp HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 500 ")
    assert body == b""


def test_a_caller_without_identity_is_vp002_whatever_it_sends(gateway: ServedGateway) -> None:
    """platform.md §2."""
    reply = gateway.sent(b"POST /vp HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n<a")
    assert reply.fault.code == "VP002"


@pytest.mark.parametrize(
    "path",
    ["/vp", "/VP/x", "/vp/..", "/vp/../../../etc/passwd", "/vp/%2e%2e/%2e%2e/etc/passwd", "/vp/%00", "/vp/%ff%fe", "/vp/%", "/vp//x",
     "/vp/x;y=z", "/vp/x?a=b", "/vp/x?%ff", "/vp/" + "x" * 5000, "http://elsewhere.example/vp/x", "/vp/<script>"],
)  # fmt: skip
def test_any_path_below_vp_is_the_traffic_path(gateway: ServedGateway, path: str) -> None:
    """platform.md §1, §14.5: the path does not route."""
    assert gateway.posted(GOOD, path=path).status == 200


@pytest.mark.parametrize("path", ["/", "/vp2", "/../vp", "/%2e%2e/vp", "//vp", "*", "/etc/passwd"])
def test_any_other_path_is_404_and_empty(gateway: ServedGateway, path: str) -> None:
    """platform.md §14.5; §24 row 57."""
    reply = gateway.posted(GOOD, path=path)
    assert (reply.status, reply.body) == (404, b"")


def test_a_connection_serves_many_calls_good_and_bad(gateway: ServedGateway) -> None:
    """platform.md §14.5: keep-alive."""
    with gateway.connect() as connection:
        for body, status in ((GOOD, 200), (b"", 500), (GOOD, 200), (b"<a", 500), (GOOD, 200)):
            connection.sendall(a_post(body))
            assert read_reply(connection).status == status


def test_pipelined_calls_are_answered_in_turn(gateway: ServedGateway) -> None:
    posts = [a_post(body, f"x-skltp-correlation-id: {n}") for n, body in enumerate((GOOD, b"", GOOD))]
    raw = gateway.told(b"".join(posts[:-1]) + a_post(GOOD, "x-skltp-correlation-id: 2", "Connection: close"))
    seen = []
    while raw:
        reply, raw = split_reply(raw)
        seen.append((reply.headers["x-skltp-correlation-id"], reply.status))
    assert seen == [("0", 200), ("1", 500), ("2", 200)]


def test_a_broken_request_does_not_cost_the_one_before_it_its_answer() -> None:
    """The first is waiting for its producer when the second turns out to be none (platform.md §14.5)."""
    gate = Gate()
    with served(a_pipeline(adapters={"stub": Stub(before=gate)})) as one, one.connect() as connection:
        connection.sendall(a_post(GOOD) + a_chunked_post(b"zz\r\n"))
        gate.reached.acquire()
        gate.let_on()
        reply, rest = split_reply(read_all(connection))
        assert (reply.status, rest) == (200, b"")


def test_a_thousand_offers_of_another_protocol_are_passed_over_one_by_one(gateway: ServedGateway) -> None:
    offer = b"GET /vp HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
    assert gateway.told(offer * 2000, half_close=True).count(b"HTTP/1.1 500 ") == 2000


def test_a_client_that_offers_http_2_is_answered_in_http_1(gateway: ServedGateway) -> None:
    """Java's own client offers h2c with its first request; platform.md §14.5: HTTP/2 is not supported."""
    offer = (
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    )
    with gateway.connect() as connection:
        for _ in range(3):
            connection.sendall(a_post(GOOD, *offer))
            assert read_reply(connection).status == 200
        head, body = a_post(GOOD, *offer).split(b"\r\n\r\n", 1)
        for part in (head, b"\r\n\r\n", body[:100], body[100:]):
            connection.sendall(part)
        assert read_reply(connection).status == 200
        connection.sendall(a_chunked_post(chunked(GOOD)).replace(b"Connection: close", "\r\n".join(offer).encode()))
        assert read_reply(connection).status == 200
        connection.sendall(a_post(GOOD))
        assert read_reply(connection).status == 200


@pytest.mark.parametrize("offer", ["websocket", "TLS/1.0", "nonsense"])
def test_no_other_protocol_is_changed_to(gateway: ServedGateway, offer: str) -> None:
    raw = f"GET /vp HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: {offer}\r\n\r\n".encode()
    assert gateway.sent(raw, half_close=True).fault.code == "VP002"


def test_expect_100_continue_is_granted(gateway: ServedGateway) -> None:
    """platform.md §14.5."""
    head, body = a_post(GOOD, "Expect: 100-continue", "Connection: close").split(b"\r\n\r\n", 1)
    with gateway.connect() as connection:
        connection.sendall(head + b"\r\n\r\n")
        granted = b""
        while not granted.endswith(b"\r\n\r\n"):
            granted += connection.recv(1000)
        assert granted == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert split_reply(read_all(connection))[0].status == 200


def test_http_1_0_is_not_asked_to_continue(gateway: ServedGateway) -> None:
    """RFC 9110 §10.1.1: it does not know what that is."""
    raw = a_post(GOOD, "Expect: 100-continue").replace(b"HTTP/1.1", b"HTTP/1.0")
    assert gateway.sent(raw).status == 200


def test_expect_100_continue_is_refused_when_the_message_would_be_too_large(gateway: ServedGateway) -> None:
    """Its sender waits before it sends the body, so it need not."""
    reply = gateway.sent(a_post(b"", "Expect: 100-continue", length=15_728_641))
    assert reply.fault.detail == "the message is larger than 15728640 bytes"


def test_http_1_0_keeps_its_connection_when_it_asks_for_that(gateway: ServedGateway) -> None:
    """platform.md §14.5 [D]: HTTP/1.0 only on request."""
    old = a_post(GOOD, "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0")
    with gateway.connect() as connection:
        for _ in range(2):
            connection.sendall(old)
            reply = read_reply(connection)
            assert (reply.status, reply.headers["connection"]) == (200, "keep-alive")


def test_http_1_0_is_answered_and_closed(gateway: ServedGateway) -> None:
    """platform.md §14.5 [D]."""
    assert gateway.sent(a_post(GOOD).replace(b"HTTP/1.1", b"HTTP/1.0")).status == 200


def test_a_reset_in_the_middle_disturbs_nobody(gateway: ServedGateway) -> None:
    for at in (10, 200, 400):
        with gateway.connect() as connection:
            connection.sendall(a_post(GOOD)[:at])


def test_a_caller_that_leaves_before_its_answer_disturbs_nobody(gateway: ServedGateway) -> None:
    for _ in range(20):
        with gateway.connect() as connection:
            connection.sendall(a_post(GOOD))


@pytest.mark.parametrize("value", ["å", "\x80\xff", "a" * 10_000, "<script>", "%0d%0aX-Injected: 1", "{}", "'\""])
def test_a_correlation_id_comes_back_as_it_was_and_breaks_nothing(gateway: ServedGateway, value: str) -> None:
    reply = gateway.posted(GOOD, f"x-skltp-correlation-id: {value}")
    assert (reply.status, reply.headers["x-skltp-correlation-id"]) == (200, value)
    assert "x-injected" not in reply.headers


def test_a_header_that_names_a_file_to_a_producer_does_not_break_the_call(gateway: ServedGateway) -> None:
    assert gateway.posted(GOOD, "SOAPAction: å\x80", "X-Odd: \xff", "Cookie: " + "a=b; " * 1000).status == 200


# Adapters


def broken(before: Callable[[], object]) -> ServedGateway:
    return served(a_pipeline(a_route(contract=responder("GetAllCareTypes")), adapters={"stub": Stub(before=before)}))


@pytest.mark.parametrize(
    "error", [ValueError(f"no patient {ANNA.number}"), StopIteration(), SystemExit(1), MemoryError()]
)
def test_a_broken_adapter_is_a_fault_and_the_server_goes_on(error: BaseException) -> None:
    def explode() -> None:
        raise error

    with broken(explode) as one:
        for _ in range(3):
            fault = one.posted(GOOD).fault
            assert (fault.code, fault.faultcode) == ("VP009", "SOAP-ENV:Server")
            assert ANNA.number not in fault.detail


def test_the_fault_written_below_the_application_is_the_platforms_own(gateway: ServedGateway) -> None:
    """http_protocol.py answers what never reaches the door; it must look the same."""
    below, (above, _) = gateway.sent(b"hello\r\n\r\n"), split_reply(gateway.told(a_post(b"", "Connection: close")))
    assert read_fault(below.body).faultstring == read_fault(above.body).faultstring
    assert below.headers["content-type"] == above.headers["content-type"]
    assert headers_of(b"x\r\nConnection: close")["connection"] == below.headers["connection"]


# Bodies that are no call's


@pytest.fixture(scope="module")
def hasty() -> Iterator[ServedGateway]:
    """A gateway that waits for nothing long and takes little."""
    with served(a_pipeline(request_timeout_seconds=0.2, max_message_bytes=10_000), head_timeout_seconds=0.2) as one:
        yield one


@pytest.mark.parametrize("body", [b"", b"x"])
@pytest.mark.parametrize(("path", "status"), [("/zzz", 404), ("/status", 408), ("/health", 408)])
def test_a_body_that_does_not_come_ends_the_connection_wherever_it_was_for(
    hasty: ServedGateway, path: str, status: int, body: bytes
) -> None:
    raw = hasty.told(a_post(body, path=path, length=5_000))
    assert raw.startswith(b"HTTP/1.1 %d " % status)
    assert b"Fault" not in raw


@pytest.mark.parametrize("length", [100_000_000, None])
@pytest.mark.parametrize(("path", "status"), [("/zzz", 404), ("/status", 413)])
def test_a_body_that_is_too_large_is_not_listened_to_to_its_end(
    hasty: ServedGateway, path: str, status: int, length: int | None
) -> None:
    """What does not fit into the buffers on the way is not sent: the connection has closed."""
    size = 100_000_000
    announced = () if length else ("Transfer-Encoding: chunked",)
    head = a_post(b"", *announced, path=path, length=length or False)
    with hasty.connect() as connection:
        connection.sendall(head)
        sent = 0
        with suppress(OSError):
            while sent < size:
                part = b"x" * 65_536
                connection.sendall(part if length else b"10000\r\n" + part + b"\r\n")
                sent += 65_536
        assert sent < size
        assert read_all(connection)[:13] in (b"HTTP/1.1 %d " % status, b"")  # a reset may be faster than the answer


def test_a_body_that_comes_late_behind_another_call_does_not_cost_that_its_answer(hasty: ServedGateway) -> None:
    raw = hasty.told(a_post(GOOD) + a_post(b"x", path="/status", length=50))
    assert raw.count(b"HTTP/1.1 200 ") == 1


def test_a_page_keeps_its_connection_when_the_body_has_come(hasty: ServedGateway) -> None:
    with hasty.connect() as connection:
        for path, status in (("/zzz", 404), ("/status", 200), ("/zzz", 404)):
            connection.sendall(a_post(b"abc", path=path))
            assert read_reply(connection).status == status

"""Whatever comes, there is an answer or an error of ours: the door, the XML door and the catalogue reader
(DESIGN decisions 1, 5; STYLE §11)."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts import envelope, xml
from contracts.errors import MessageUnreadable
from contracts.http_headers import CORRELATION_ID
from contracts.namespaces import responder
from gateway import profiles
from gateway.door import Door
from gateway.tak.exchange import read_persistent_cache, read_toml
from gateway.tak.snapshot import TakSnapshot
from tests.gateway.builders import INTERNAL, NOW, OFFICIAL, SAMPLES, a_pipeline, a_route, pages_of
from tests.gateway.tak.test_exchange import CACHE, TOML
from tests.people import PEOPLE

REQUESTS = [path.read_bytes() for path in sorted(SAMPLES.glob("crm_scheduling_1.*/*/request*.xml"))]
CONTRACTS = sorted({envelope.read(body).contract for body in REQUESTS})
PIECES = [
    b"<", b">", b"</", b"/>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?", b"?>", b"&", b"&#0;", b"&#x10ffff;", b"&lt;", b"\x00",
    b"\xff\xfe", b"\xef\xbb\xbf", b"xmlns", b"xmlns=''", b":", b"=", b"'", b'"', b"<!DOCTYPE a>", b"encoding='UTF-16'", b" ", b"\n",
    b"soap:mustUnderstand='1'", b"99999999999999999999", b"20260231", "å".encode(), "å".encode("latin-1"), b"<a xmlns='urn:x'/>",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid sample in which a few things have gone wrong."""
    body = draw(st.sampled_from(REQUESTS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.sampled_from([0, 0, 1, 2, 10, 300])))
        kind = draw(st.sampled_from(["replace", "double", "encode"]))
        if kind == "replace":
            body = body[:start] + draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=8))) + body[end:]
        elif kind == "double":
            body = body[:end] + body[start:]
        elif start % 7 == 0:
            body = body.decode("utf-8", "replace").encode(
                draw(st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "latin-1", "utf-7"])), "replace"
            )
    return body


bodies = st.one_of(st.binary(max_size=200), mutated(), st.lists(st.sampled_from(PIECES), max_size=20).map(b"".join))
names = st.sampled_from(
    [
        "content-type",
        "content-length",
        CORRELATION_ID,
        "x-rivta-routing-history",
        "host",
        "x-vp-auth-cert",
        "x-forwarded-for",
        "wsdl",
        *INTERNAL,
    ]
)
values = st.one_of(
    st.sampled_from(
        ["", "text/xml; charset=UTF-16", "text/xml;charset=", "a;b;charset='x", "MII", "127.0.0.1", *INTERNAL.values()]
    ),
    st.text(st.characters(max_codepoint=255), max_size=20),
)


@pytest.fixture(scope="module")
def door() -> Iterator[tuple[Door, asyncio.AbstractEventLoop]]:
    """A door whose every contract has an adapter behind it, and the event loop it lives in."""
    pipeline = a_pipeline(*(a_route(contract=contract) for contract in CONTRACTS), catalogue=OFFICIAL)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(pipeline.open())
    yield Door(pipeline, pages_of(pipeline)), loop
    loop.run_until_complete(pipeline.close())
    loop.close()


Sent = tuple[int, dict[bytes, bytes], bytes]


def reply_of(
    one: tuple[Door, asyncio.AbstractEventLoop], body: bytes, headers: dict[str, str], **scope: object
) -> Sent:
    sent: list[dict[str, object]] = []

    async def take() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event: dict[str, object]) -> None:
        sent.append(event)

    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    whole = {
        "type": "http",
        "method": "POST",
        "path": "/vp",
        "headers": raw,
        "client": ("127.0.0.1", 1),
        "query_string": b"",
        **scope,
    }
    one[1].run_until_complete(one[0](whole, take, send))
    start, end = sent
    return start["status"], dict(start["headers"]), end["body"]


def is_proper(sent: Sent) -> bool:
    """An answer with HTTP 200, or the platform's fault; well-formed either way."""
    status, headers, body = sent
    message = envelope.read(body)
    # A question in UTF-16 is answered in UTF-16 (platform.md §8).
    assert headers[b"content-type"].lower().startswith(b"text/xml; charset=utf-")
    assert headers[b"content-length"] == str(len(body)).encode()
    assert b"Traceback" not in body
    assert b"An internal error" not in body  # nothing in a message is a surprise
    if status == 500:
        assert message.interaction == "Fault"
        assert message.payload.findtext("faultstring").startswith("VP0")
        assert message.payload.findtext("faultcode") in ("SOAP-ENV:Client", "SOAP-ENV:Server")
    return status in (200, 500)


@settings(max_examples=400, deadline=None)
@given(bodies)
@example(b"")
@example(b"<a xmlns:a=''/>")
def test_any_body_gets_an_answer_or_a_fault(door: tuple[Door, asyncio.AbstractEventLoop], body: bytes) -> None:
    assert is_proper(reply_of(door, body, INTERNAL))


@settings(max_examples=150, deadline=None)
@given(bodies, st.dictionaries(names, values, max_size=6))
def test_any_headers_get_an_answer_or_a_fault(
    door: tuple[Door, asyncio.AbstractEventLoop], body: bytes, headers: dict[str, str]
) -> None:
    status, sent, answer = reply_of(door, body, headers)
    if "wsdl" in headers:  # a list of paths, as the real platform writes it
        assert (status, sent[b"content-type"]) == (500, b"text/plain; charset=UTF-8")
    else:
        assert is_proper((status, sent, answer))
    assert not any(sign < 32 or sign == 127 for sign in sent[CORRELATION_ID.encode()] if sign != 9)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["/vp", "/vp/crm/scheduling/MakeBooking/1/rivtabp21", "/VP/\x00å"]),
    st.binary(max_size=30).map(lambda query: query.replace(b"\n", b"")),
    st.sampled_from(
        [b"wsdl", b"xsd=", b"xsd=../../core_components/crm_scheduling_1.1.xsd", b"xsd=../../../../errata.toml&"]
    ),
)
def test_any_question_for_a_contract_is_answered(
    door: tuple[Door, asyncio.AbstractEventLoop], path: str, rest: bytes, query: bytes
) -> None:
    status, headers, body = reply_of(door, b"", {"host": "x"}, path=path, query_string=query + rest, method="GET")
    assert status in (200, 500)
    assert b"[[erratum]]" not in body
    if headers[b"content-type"].startswith(b"text/xml"):
        assert xml.parse(body) is not None


@settings(max_examples=300, deadline=None)
@given(mutated())
def test_no_fault_quotes_a_person_however_the_message_is_broken(
    door: tuple[Door, asyncio.AbstractEventLoop], body: bytes
) -> None:
    """DESIGN decision 10. (The answer of the stub names nobody.)"""
    _, _, answer = reply_of(door, body, INTERNAL)
    assert [one for one in PEOPLE if one.number.encode() in answer] == []


@settings(max_examples=500, deadline=None)
@given(bodies, st.sampled_from([None, "utf-8", "UTF-16", "utf-16le", "iso-8859-1", "us-ascii", "nonsense", "\x00"]))
def test_any_bytes_are_a_document_or_unreadable(data: bytes, charset: str | None) -> None:
    with suppress(MessageUnreadable):
        root = xml.parse(data, charset)
        assert root.getroottree().docinfo.doctype == ""
        assert xml.encoding_of(data, root, None)
        assert xml.parse(xml.serialise(root)).tag == root.tag


@settings(max_examples=300, deadline=None)
@given(mutated(), st.sampled_from(["rivtabp20", "rivtabp21"]))
def test_what_can_be_read_can_be_rewritten_for_the_other_profile(data: bytes, profile: envelope.Profile) -> None:
    """platform.md §4.3."""
    try:
        root = xml.parse(data)
    except MessageUnreadable:
        return
    there = xml.parse(profiles.rewrite(root, profile))
    assert len(list(there.iter())) <= len(list(root.iter()))  # instructions go
    assert "".join(there.itertext("*")) == "".join(root.itertext("*"))


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=100),
        st.builds(lambda at, piece: TOML[:at] + piece + TOML[at:], st.integers(0, len(TOML)), st.text(max_size=10)),
    )
)
@example("route = 1")
@example("[" * 20_000)
@example("[[route]]\nlogical_addresses=['a']\ncontracts=['a']\naddress='a'\nlast_day=9999-12-31")
@example("[[route]]\nlogical_addresses=['a']\ncontracts=['a']\naddress='a'\nfirst_day=0001-01-01")
def test_any_text_is_a_catalogue_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        snapshot = read_toml(text)
        assert isinstance(snapshot, TakSnapshot)
        snapshot.routes_to("a", responder("a"), NOW)


@settings(max_examples=300, deadline=None)
@given(
    st.builds(
        lambda at, piece: CACHE[:at] + piece + CACHE[at:],
        st.integers(0, len(CACHE)),
        st.sampled_from([one.decode("latin-1") for one in PIECES]),
    )
)
def test_any_text_is_a_local_copy_or_an_error_of_ours(text: str) -> None:
    with suppress(ValueError, MessageUnreadable):
        assert isinstance(read_persistent_cache(text.encode()), TakSnapshot)

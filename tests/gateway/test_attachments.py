"""gateway/attachments.py: the envelope out of a message with attachments (platform.md §8; §24 row 28; §25 row 15)."""

import logging

import pytest

from contracts.errors import MessageUnreadable
from gateway.attachments import NO_ENVELOPE, envelope_in
from gateway.call import HttpRequest
from gateway.reading import read
from gateway.settings import read_settings
from tests.gateway.builders import CONTRACT, a_pipeline, carried, fault_in, sample, with_headers
from tests.gateway.sending import sent_on
from tests.people import ANNA

GOOD = sample()
ENVELOPE = GOOD.split(b"?>", 1)[1].strip()
TYPE = 'multipart/related; type="application/xop+xml"; start="<root>"; start-info="text/xml"; boundary="x"'
ROOT = b'Content-Type: application/xop+xml; type="text/xml"; charset=UTF-8\r\nContent-ID: <root>\r\n\r\n'
ATTACHMENT = (
    b"--x\r\nContent-Type: image/png\r\nContent-ID: <a>\r\n\r\n\x89PNG\x00\xff" + ANNA.number.encode() + b"\r\n"
)
XOP = b'<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:a"/>'


def parts(envelope: bytes = GOOD, *others: bytes, before: bytes = b"") -> bytes:
    return before + b"--x\r\n" + ROOT + envelope + b"\r\n" + b"".join(others) + b"--x--\r\n"


def a_multipart(body: bytes, content_type: str = TYPE) -> HttpRequest:
    return with_headers({"content-type": content_type}, body)


def refusal(body: bytes) -> str:
    with pytest.raises(MessageUnreadable) as told:
        envelope_in(body, "refuse")
    return told.value.detail


def test_the_real_platform_drops_attachments_and_we_refuse_them() -> None:
    """platform.md §25 row 15."""
    assert read_settings({"compatibility": "skltp"}).attachments == "drop"
    assert read_settings({}).attachments == "refuse"


# What is dropped


def test_a_message_with_an_attachment_reaches_the_producer_as_its_envelope_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """platform.md §8; §24 row 28: as text/xml, with a warning in the log."""
    with caplog.at_level(logging.WARNING):
        answer, producer = sent_on(a_multipart(parts(GOOD, ATTACHMENT)), attachments="drop")
    assert (answer.status, producer.bodies) == (200, [ENVELOPE])
    assert producer.header("content-type") == "text/xml;charset=UTF-8"
    (warning,) = [one for one in caplog.records if one.message == "attachments_dropped"]
    assert warning.dropped_bytes > len(ATTACHMENT)
    assert ANNA.number not in f"{warning.__dict__}"


def test_who_asks_is_warned_that_something_was_dropped() -> None:
    """platform.md §25 row 15."""
    dropped = read(a_multipart(parts(GOOD, ATTACHMENT)), read_settings({"attachments": "drop"}))
    assert dropped.warnings == ("The message had attachments (MTOM); they were dropped before it was sent on.",)
    assert read(a_multipart(parts()), read_settings({"attachments": "drop"})).warnings == ()
    assert read(a_multipart(parts()), read_settings({})).warnings == ()


def test_everything_around_the_envelope_is_dropped_and_all_within_is_kept() -> None:
    """platform.md §8: from the first opening tag to the last closing one."""
    inner = b"<e:Envelope><e:Body>1</e:Body></e:Envelope>"
    body = b"preamble <Envelope> " + inner + b" between " + inner + b"</Envelope> after"
    assert envelope_in(body, "drop").body == inner + b" between " + inner


@pytest.mark.parametrize(
    "envelope",
    [
        b"<s:Envelope></s:Envelope>",
        b"<SOAP-ENV:ENVELOPE a='b'>x</soap-env:envelope>",
        "<å.1:enVELOPE\n>å</å.1:enVELOPE >".encode(),
    ],
)
def test_an_envelope_is_found_in_any_letter_case_with_any_prefix(envelope: bytes) -> None:
    """platform.md §8."""
    assert envelope_in(parts(envelope), "refuse").body == envelope


@pytest.mark.parametrize("marker", ["application/xop+xml", "Application/XOP+XML; charset=utf-8", TYPE, TYPE.upper()])
def test_the_marker_may_stand_anywhere_in_the_content_type(marker: str) -> None:
    """platform.md §8: any letter case."""
    request = a_multipart(parts(), marker)
    assert read(request, read_settings({})).message.contract == CONTRACT


# What is refused


@pytest.mark.parametrize("attachments", ["drop", "refuse"])
@pytest.mark.parametrize(
    "body",
    [b"", b"--x--", parts(b"<Envelope></Envelope>"), parts(b"<s:Envelope>"), parts(b"</s:Envelope>"), parts(b"<s:Envelopes></s:Envelopes>"),
     b"</s:Envelope><s:Envelope>", GOOD.decode().encode("utf-16")],
    ids=["nothing", "no part", "no prefix", "no end", "no start", "another name", "the wrong way round", "UTF-16"],
)  # fmt: skip
def test_parts_without_an_envelope_are_vp015_in_the_platforms_words(attachments: str, body: bytes) -> None:
    """platform.md §8: a prefix is required."""
    fault = fault_in(carried(a_pipeline(attachments=attachments), a_multipart(body)))
    assert (fault.code, fault.faultcode, fault.detail) == ("VP015", "SOAP-ENV:Client", NO_ENVELOPE)
    assert NO_ENVELOPE == "Inkommande begäran är ej korrekt utformat och kan därför inte behandlas."


@pytest.mark.parametrize("attachments", ["drop", "refuse"])
def test_parts_without_the_marker_are_vp015(attachments: str) -> None:
    """platform.md §8."""
    request = a_multipart(parts(), 'multipart/related; type="text/xml"; boundary=x')
    assert fault_in(carried(a_pipeline(attachments=attachments), request)).code == "VP015"


@pytest.mark.parametrize(
    "body",
    [
        parts(GOOD, ATTACHMENT),
        parts(GOOD.replace(b"<r:healthcare_facility>", XOP + b"<r:healthcare_facility>")),
        ATTACHMENT + parts(),
        parts() + b"something more",
    ],
    ids=["a part after", "a reference", "a part before", "an end that is none"],
)
def test_a_message_with_attachments_is_refused_and_says_so(body: bytes) -> None:
    """platform.md §25 row 15: what refers to an attachment would reach the producer without it."""
    assert refusal(body) == "the message has attachments (MTOM), and attachments do not reach the producer"
    assert envelope_in(body, "drop").warning


@pytest.mark.parametrize(
    "body",
    [
        parts(),
        parts(before=b"\r\n"),
        parts(before=b"preamble\r\n"),
        GOOD,
        ENVELOPE,
        parts(GOOD + b"\r\n \r\n"),
        parts().strip(),
    ],
)
def test_a_message_whose_parts_are_its_envelope_alone_is_taken_as_it_is(body: bytes) -> None:
    """Clients with MTOM switched on send all their calls like this."""
    answer, producer = sent_on(a_multipart(body))
    assert (answer.status, producer.bodies) == (200, [ENVELOPE])


@pytest.mark.parametrize(
    "body",
    [b"<" * 5_000_000, b"<a" * 2_500_000, b"</a:envelope " * 400_000, b"<a:envelope>" + b" " * 5_000_000, b"<a:b" * 1_200_000,
     b"<a:envelope></a:envelope>--" + b"-- " * 1_500_000 + b"x", b"\n--" * 1_500_000 + b"<a:envelope></a:envelope>",
     b"<a:envelope></a:envelope>" + b" " * 5_000_000 + b"x", b"<a:envelope>" + b"</a:envelope" + b" " * 5_000_000],
)  # fmt: skip
def test_looking_for_an_envelope_takes_time_with_the_body_not_with_its_square(body: bytes) -> None:
    """5 MB each; with a square in it, any of these took hours."""
    with pytest.raises(MessageUnreadable):
        envelope_in(body, "refuse")

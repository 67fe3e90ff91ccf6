"""gateway/reading.py: whole or scanned, and what is no message at all (platform.md §3, §8, §14.5)."""

import asyncio
import gzip
import re
import threading
import zlib
from collections.abc import Awaitable, Callable

import pytest

from contracts.errors import MessageUnreadable
from gateway.call import Answer
from gateway.reading import read
from gateway.settings import read_settings
from gateway.workers import LARGE_BYTES, work_on
from tests.gateway.builders import (
    CLINIC,
    CONTRACT,
    Fault,
    Stub,
    a_pipeline,
    a_request,
    carried,
    fault_in,
    opened,
    payload_of,
    sample,
    with_headers,
)
from tests.gateway.sending import sent_on
from tests.people import ANNA

GOOD = sample()
BROKEN_LATE = GOOD.replace(b"</r:GetAllCareTypes>", b"</wrong>")
REGISTRY = "urn:riv:itintegration:registry:1"
FORM = "application/x-www-form-urlencoded"


def a_message(address: str = CLINIC, body: str | None = None) -> bytes:
    asked = (
        f"<r:healthcare_facility>{CLINIC}</r:healthcare_facility><r:subject_of_care>{ANNA.number}</r:subject_of_care>"
    )
    question = f'<r:GetAllCareTypes xmlns:r="{CONTRACT}">{asked}</r:GetAllCareTypes>'
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'
        f'<a:LogicalAddress xmlns:a="{REGISTRY}">{address}</a:LogicalAddress></s:Header>'
        f"<s:Body>{question if body is None else body}</s:Body></s:Envelope>"
    ).encode()


def answered(body: bytes, reading: str, **settings: object) -> Answer:
    """By a gateway without validation, so that the reading alone decides."""
    return carried(a_pipeline(reading=reading, validation="off", **settings), a_request(body))


def refused(body: bytes, reading: str, **settings: object) -> Fault:
    return fault_in(answered(body, reading, **settings))


def refusal(body: bytes, content_type: str = "text/xml", coding: str = "", **settings: object) -> str:
    """What is wrong with a request by its body and headers."""
    headers = {"content-type": content_type} | ({"content-encoding": coding} if coding else {})
    with pytest.raises(MessageUnreadable) as told:
        read(with_headers(headers, body), read_settings(settings))
    return told.value.detail


# The two readings, as they are seen from outside


def test_the_real_platforms_reading_is_a_scan_and_ours_is_whole() -> None:
    """platform.md §25 rows 9, 10."""
    assert read_settings({}).reading == "whole"
    assert read_settings({"compatibility": "skltp"}).reading == "scan"


def test_what_is_malformed_after_the_first_element_goes_on_as_it_is_when_scanned() -> None:
    """platform.md §3."""
    answer, producer = sent_on(a_request(BROKEN_LATE), reading="scan", validation="off")
    assert (answer.status, producer.bodies) == (200, [BROKEN_LATE])


def test_what_is_malformed_anywhere_is_vp015_when_read_whole() -> None:
    """platform.md §3; §24 row 25."""
    fault = refused(BROKEN_LATE, "whole")
    assert (fault.code, fault.faultcode) == ("VP015", "SOAP-ENV:Client")
    assert fault.detail.startswith("the message is not well-formed XML: ")


@pytest.mark.parametrize("reading", ["scan", "whole"])
@pytest.mark.parametrize("body", [b"<Soap", b"", b" \r\n", GOOD.replace(b"<soap:Body>", b"<soap:Body s>")])
def test_what_is_malformed_before_it_is_vp015_in_both_readings(reading: str, body: bytes) -> None:
    """platform.md §3; §24 row 25; SoapUI 2.12.2."""
    fault = refused(body, reading)
    assert (fault.code, fault.faultcode) == ("VP015", "SOAP-ENV:Client")


@pytest.mark.parametrize(
    ("address", "scan", "whole"),
    [
        (f" {CLINIC}", "VP004", "VP004"),
        ("", "VP003", "VP003"),
        (" \n", "VP003", "VP003"),
        (f"<!-- c -->{CLINIC}", "VP004", "ok"),
        (f"{CLINIC[:5]}<![CDATA[{CLINIC[5:]}]]>", "VP004", "ok"),
        (f"{CLINIC[:5]}<!-- c -->{CLINIC[5:]}", "VP004", "ok"),
        (CLINIC.replace("-", "&#45;"), "ok", "ok"),
    ],
)
def test_the_receivers_rules_are_those_of_the_reading(address: str, scan: str, whole: str) -> None:
    """platform.md §3; §24 rows 8 to 10."""
    for reading, code in (("scan", scan), ("whole", whole)):
        answer = answered(a_message(address), reading)
        assert "ok" if answer.status == 200 else fault_in(answer).code == code


def test_a_blank_in_the_address_is_told_in_both_readings() -> None:
    """platform.md §3, §12.2; §24 row 10."""
    for reading in ("scan", "whole"):
        told = refused(a_message(f"{CLINIC} "), reading).detail
        assert told.endswith(f"receiverId: {CLINIC} . Whitespace detected in incoming request!")


def test_an_element_in_the_address_is_an_internal_error_when_scanned() -> None:
    """platform.md §3 [D], §12.4."""
    body = a_message(f"<x>{CLINIC}</x>")
    assert answered(body, "scan").status == 500
    assert refused(body, "scan", tells_internal_errors=False).code == "VP009"
    assert "logged" not in refused(body, "scan", tells_internal_errors=False).detail
    told = refused(body, "scan", tells_internal_errors=True)
    assert re.match(r"class [\w.]+ cannot be cast to class [\w.]+$", told.faultstring)
    assert told.detail == f"java.lang.ClassCastException: {told.faultstring}"
    assert refused(body, "whole").code == "VP003"


@pytest.mark.parametrize(
    "address", ["<x/>{}", "{}<x/>", "{}<x>zzz</x>", "SE<x/>{}", "<!-- c --><x>{}</x>", "<x>{}</x>"]
)
def test_wherever_an_element_stands_in_the_address_there_is_no_receiver(address: str) -> None:
    """platform.md §3; docs/fidelity.md."""
    assert refused(a_message(address.format(CLINIC)), "whole").code == "VP003"


@pytest.mark.parametrize("reading", ["scan", "whole"])
@pytest.mark.parametrize(
    "body", [a_message(body=""), a_message(body=" text "), a_message().split(b"<s:Body>")[0] + b"</s:Envelope>"],
    ids=["empty", "text", "none"],
)  # fmt: skip
def test_without_an_element_in_the_body_the_contract_is_null(reading: str, body: bytes) -> None:
    """platform.md §3."""
    fault = refused(body, reading)
    assert fault.code == "VP004"
    assert fault.detail == f"No receiverId (logical address) found for serviceNamespace: null, receiverId: {CLINIC}"


def test_an_address_further_down_counts_when_scanned_alone() -> None:
    """platform.md §3; §25 row 10."""
    body = a_message("SE1").replace(b"</s:Header>", f'<x><To xmlns="urn:any">{CLINIC}</To></x></s:Header>'.encode())
    answer, producer = sent_on(a_request(body), profile="RIVTABP20", reading="scan", validation="off")
    assert (answer.status, producer.bodies) == (200, [body])
    assert "receiverId: SE1" in refused(body, "whole").detail


# What a scan leaves for later


def test_an_adapter_gets_a_scanned_message_whole() -> None:
    stub = Stub()
    answer = carried(a_pipeline(adapters={"stub": stub}, reading="scan", validation="off"), a_request(GOOD))
    assert payload_of(answer).tag == f"{{{CONTRACT}}}GetAllCareTypesResponse"
    (question, caller) = stub.asked[0]
    assert (question.healthcare_facility.text, caller.actor is not None) == (CLINIC, True)


def test_an_adapter_gets_no_broken_message() -> None:
    stub = Stub()
    pipeline = a_pipeline(adapters={"stub": stub}, reading="scan", validation="off")
    assert fault_in(carried(pipeline, a_request(BROKEN_LATE))).code == "VP015"
    assert stub.asked == []


def test_validation_finds_what_a_scan_passed_over() -> None:
    pipeline = a_pipeline(reading="scan", validation="refuse")
    assert fault_in(carried(pipeline, a_request(BROKEN_LATE))).code == "VP015"


def test_what_a_rewrite_cannot_read_is_vp012() -> None:
    """platform.md §4.3, §12.2."""
    answer, producer = sent_on(a_request(BROKEN_LATE), profile="RIVTABP20", reading="scan", validation="off")
    fault = fault_in(answer)
    assert (fault.code, fault.faultcode, producer.bodies) == ("VP012", "SOAP-ENV:Server", [])
    assert fault.detail.startswith(
        "the message cannot be rewritten for the other profile: the message is not well-formed"
    )


def test_what_a_conversion_cannot_read_is_vp009() -> None:
    """platform.md §2, step 12."""
    body = BROKEN_LATE.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    answer, producer = sent_on(a_request(body), reading="scan", validation="off")
    assert (fault_in(answer).code, producer.bodies) == ("VP009", [])


# What is no message


@pytest.mark.parametrize("reading", ["scan", "whole"])
@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_gzipped_request_is_refused_with_a_sentence_that_helps(reading: str, coding: str) -> None:
    """platform.md §8 [D]."""
    told = refusal(gzip.compress(GOOD), coding=coding, reading=reading)
    assert told == "the body is compressed, and compressed requests are not read: send it without Content-Encoding"


@pytest.mark.parametrize("coding", ["deflate", "br", "gzip, gzip"])
def test_any_coding_that_is_announced_is_told(coding: str) -> None:
    """platform.md §8 [D]."""
    assert refusal(zlib.compress(GOOD), coding=coding).startswith("the body is compressed")


def test_a_coding_that_is_announced_and_not_there_is_passed_over() -> None:
    """platform.md §8: the platform neither compresses nor decompresses, so it does not ask."""
    for coding in ("gzip", "identity"):
        assert read(with_headers({"content-encoding": coding}, GOOD), read_settings({})).message.contract == CONTRACT


def test_a_web_form_is_refused_as_what_it_is() -> None:
    """platform.md §14.5."""
    told = f"the body is a web form ({FORM}); a message is text/xml"
    assert refusal(b"a=b&c=d", FORM) == told
    assert refusal(GOOD, f"{FORM}; charset=UTF-8", reads_forms=False) == told


def test_a_message_that_says_it_is_a_web_form_is_read_by_default() -> None:
    """curl says so when it isn't told better; platform.md §14.5 [D] fails oddly."""
    request = with_headers({"content-type": FORM}, GOOD)
    assert read(request, read_settings({})).message.contract == CONTRACT
    assert not read_settings({"compatibility": "skltp"}).reads_forms
    assert fault_in(carried(a_pipeline(compatibility="skltp"), request)).code == "VP015"


def test_parts_that_are_not_said_to_be_xop_are_refused() -> None:
    """platform.md §8."""
    body = b"--x\r\nContent-Type: text/xml\r\n\r\n" + GOOD + b"\r\n--x--\r\n"
    assert refusal(body, "multipart/related; boundary=x") == (
        "the body has several parts, and its Content-Type does not say that they are application/xop+xml"
    )
    assert "not XML" in refusal(body)


# Large messages


async def _held(released: threading.Event, calls: Callable[[], Awaitable[None]]) -> None:
    """Do `calls` while every thread for large messages is taken."""
    taken = [asyncio.create_task(work_on(LARGE_BYTES + 1, released.wait, 30)) for _ in range(2)]
    try:
        await calls()
    finally:
        released.set()
        await asyncio.gather(*taken)


@pytest.mark.parametrize("reading", ["scan", "whole"])
def test_a_large_message_is_read_elsewhere_and_holds_up_no_small_one(reading: str) -> None:
    large = GOOD.replace(b"<soap:Header>", b"<!--" + b"x" * 1_000_000 + b"--><soap:Header>")
    released = threading.Event()

    async def ask() -> None:
        async with opened(a_pipeline(reading=reading)) as pipeline:

            async def calls() -> None:
                waiting = asyncio.create_task(pipeline.answer(a_request(large)))
                for _ in range(5):
                    assert (await pipeline.answer(a_request(GOOD))).status == 200
                assert not waiting.done()
                released.set()
                assert (await waiting).status == 200

            await _held(released, calls)

    asyncio.run(ask())


def test_only_work_on_large_messages_goes_to_another_thread() -> None:
    """There and back costs more than reading a small one."""

    async def ask() -> list[int]:
        return [await work_on(size, threading.get_ident) for size in (0, LARGE_BYTES, LARGE_BYTES + 1)]

    threads = asyncio.run(ask())
    assert [one == threading.get_ident() for one in threads] == [True, True, False]


def test_what_goes_wrong_with_a_large_message_is_the_same_fault() -> None:
    large = BROKEN_LATE + b" " * LARGE_BYTES
    assert refused(large, "whole").detail == refused(BROKEN_LATE, "whole").detail

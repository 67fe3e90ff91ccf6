"""What the checks that only look at answers say of odd ones: no socket, the evidence is made by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.carrier import Carrier
from conformance.exchange import Exchange, Failure, HttpMessage
from conformance.model import CheckResult, Outcome
from conformance.producer.bench import ProducerBench
from conformance.producer.messages import untrue_charset
from conformance.producer.messages_times import wrong_in_docbook
from conformance.producer.settings import ProducerSettings
from conformance.run import run_checks
from contracts import codec, envelope
from contracts.identifiers import HsaId
from contracts.namespaces import SOAP_ENVELOPE
from tests.conformance.judging import ADULTS, chosen, red
from tests.people import ANNA

SAMPLES = Path(__file__).parents[1] / "samples" / "crm_scheduling_1.1"
SCHEDULE, FREE, DETAILS = "GetSubjectOfCareSchedule", "GetAvailableTimeslots", "GetBookingDetails"
XML = "text/xml; charset=UTF-8"
HTML = b"<html><body>Bad Request</body></html>"


@pytest.fixture
def bench() -> Iterator[ProducerBench]:
    with Carrier() as carrier:
        yield ProducerBench(ProducerSettings("http://localhost:9/", HsaId("SE2321009991-2B02"), ADULTS), carrier)


def a_request(bench: ProducerBench, interaction: str = SCHEDULE) -> bytes:
    bench._by_need = bench.settings.persons
    question = bench.plain_question(interaction)
    payload = codec.encode(question) if question is not None else codec.encode(bench.plain_question(SCHEDULE))
    return envelope.write_request(payload, bench.settings.facility, ADULTS[0].actor)


def a_sample(interaction: str) -> bytes:
    return (SAMPLES / interaction / "response.xml").read_bytes()


def told(
    bench: ProducerBench,
    body: bytes,
    *,
    interaction: str = SCHEDULE,
    status: int = 200,
    kind: str = XML,
    request: bytes | None = None,
    seconds: float = 0.1,
    failure: Failure | None = None,
    check: str = "",
) -> Exchange:
    """An exchange of the run, as if it had been made."""
    action = f'"urn:riv:crm:scheduling:{interaction}Responder:1:{interaction}"'
    sent = HttpMessage({"content-type": XML, "soapaction": action}, request or a_request(bench, interaction))
    bench.evidence.check = check
    answer = HttpMessage({"content-type": kind}, body, status)
    return bench.evidence.add("A test.", interaction, "http://localhost:9/", sent, answer, failure, seconds)


def judged(bench: ProducerBench, *names: str) -> dict[str, CheckResult]:
    return {one.check: one for one in run_checks(bench, chosen(*(names or ("messages",)))).results}


def an_envelope(inside: str) -> bytes:
    return f'<s:Envelope xmlns:s="{SOAP_ENVELOPE}"><s:Body>{inside}</s:Body></s:Envelope>'.encode()


def a_fault(inside: str = "<faultcode>s:Server</faultcode><faultstring>No.</faultstring>") -> bytes:
    return an_envelope(f"<s:Fault>{inside}</s:Fault>")


def test_without_answers_nothing_is_judged(bench: ProducerBench) -> None:
    assert {one.outcome for one in judged(bench).values()} == {Outcome.NOT_JUDGED}


@pytest.mark.parametrize("interaction", sorted(path.name for path in SAMPLES.iterdir()))
def test_the_samples_are_in_order(bench: ProducerBench, interaction: str) -> None:
    told(bench, a_sample(interaction), interaction=interaction)
    assert red(judged(bench)) == {}


def test_three_hundred_equal_mistakes_are_one_finding_with_a_count(bench: ProducerBench) -> None:
    slot = "<c:healthcare_facility>SE2321009991-2B02</c:healthcare_facility>"
    times = "<c:startTimeInclusive>20261201100000</c:startTimeInclusive>"
    end = "<c:endTimeExclusive>2026-12-01</c:endTimeExclusive>"
    items = f"<r:timeslotDetail>{times}{end}{slot}</r:timeslotDetail>" * 300
    names = f'xmlns:r="urn:riv:crm:scheduling:{FREE}Responder:1" xmlns:c="urn:riv:crm:scheduling:1"'
    told(bench, an_envelope(f"<r:{FREE}Response {names}>{items}</r:{FREE}Response>"), interaction=FREE)
    results = judged(bench)
    (finding,) = results["messages.times-are-ts"].findings
    assert "300 times in this answer" in finding.sentence
    assert "9999-99-99" in finding.sentence
    assert finding.line == 6
    assert set(red(results)) == {"messages.times-are-ts"}


def test_http_may_refuse_what_is_no_plain_request(bench: ProducerBench) -> None:
    told(bench, a_sample(SCHEDULE))
    told(bench, HTML, status=400, kind="text/html", request=b"no XML")
    told(bench, HTML, status=415, kind="text/html", request=a_request(bench).decode().encode("utf-16"))
    assert red(judged(bench)) == {}


def test_a_plain_request_is_not_refused_by_http_alone(bench: ProducerBench) -> None:
    told(bench, a_sample(SCHEDULE))
    told(bench, HTML, status=400, kind="text/html")
    assert red(judged(bench)) == {"messages.faults-are-soap-1.1": {"H-3"}}


def test_what_nobody_offers_may_answer_as_it_likes(bench: ProducerBench) -> None:
    told(bench, HTML, status=404, kind="text/html", interaction="GetAllPerformers")
    told(bench, HTML, status=200, kind="text/html", interaction="GetAllCareTypes")
    assert red(judged(bench)) == {}


def test_an_html_page_with_200_is_no_envelope(bench: ProducerBench) -> None:
    told(bench, a_sample(SCHEDULE))
    told(bench, HTML, kind="text/html")
    assert red(judged(bench)) == {"messages.answers-are-envelopes": {"H-1"}}


def test_an_answer_that_was_cut_off_is_not_looked_at(bench: ProducerBench) -> None:
    told(bench, a_sample(SCHEDULE))
    told(bench, b"<half", failure=Failure("too large", "It was too large."))
    assert red(judged(bench)) == {}


@pytest.mark.parametrize(
    ("inside", "wrong"),
    [
        ("<faultcode>s:Client</faultcode><faultstring/><detail>x</detail>", 0),
        ("<faultcode>Client</faultcode><faultstring xml:lang='sv'>Nej.</faultstring>", 0),
        ("<faultcode>s:Client</faultcode>", 1),
        ("<s:faultcode>s:Client</s:faultcode><s:faultstring>No.</s:faultstring>", 2),
    ],
)
def test_a_fault_has_its_two_elements_without_a_namespace(bench: ProducerBench, inside: str, wrong: int) -> None:
    told(bench, a_fault(inside), status=500)
    assert len(judged(bench)["messages.faults-are-soap-1.1"].findings) == wrong


def test_a_fault_is_well_formed_whatever_was_asked(bench: ProducerBench) -> None:
    told(bench, a_fault(), status=200, request=b"no XML")
    assert red(judged(bench)) == {"messages.faults-are-soap-1.1": {"H-3"}}


def test_what_an_erratum_made_valid_is_noted_and_no_finding(bench: ProducerBench) -> None:
    told(bench, a_sample(SCHEDULE))
    told(bench, a_sample(SCHEDULE))
    judged(bench)
    (note,) = bench.notes
    assert note.startswith("2 answers keep their schema with the erratum E1 alone: ")


def test_extension_elements_at_the_end_of_an_answer_are_valid(bench: ProducerBench) -> None:
    end = f"</r:{SCHEDULE}Response>"
    empty = f'<r:{SCHEDULE}Response xmlns:r="urn:riv:crm:scheduling:{SCHEDULE}Responder:1">'
    told(bench, an_envelope(f'{empty}<x:more xmlns:x="urn:x"><x:reason/></x:more>{end}'))
    assert red(judged(bench)) == {}


def test_an_answers_own_header_blocks_are_nobodys_business(bench: ProducerBench) -> None:
    header = b'<s:Header><x:Trace xmlns:x="urn:x">1</x:Trace></s:Header><s:Body>'
    told(
        bench,
        an_envelope(f'<r:{SCHEDULE}Response xmlns:r="urn:riv:crm:scheduling:{SCHEDULE}Responder:1"/>').replace(
            b"<s:Body>", header
        ),
    )
    assert red(judged(bench)) == {}


@pytest.mark.parametrize(
    ("charset", "body", "is_true"),
    [
        (None, "<a>å</a>".encode("latin-1"), True),
        ("UTF-8", "<a>å</a>".encode(), True),
        ("utf-8", b"\xef\xbb\xbf<a/>", True),
        ("ISO-8859-1", "<a>å</a>".encode("latin-1"), True),
        ("iso-8859-1", b"<a>only ASCII</a>", True),
        ("utf-16", "<a>å</a>".encode("utf-16"), True),
        ("utf-16", "<a>å</a>".encode("utf-16-le"), True),
        ("UTF-8", "<a>å</a>".encode("latin-1"), False),
        ("iso-8859-1", "<a>å</a>".encode(), False),
        ("us-ascii", "<a>å</a>".encode(), False),
        ("utf-16", b"<a>text</a>", False),
        ("klingon", b"<a/>", False),
    ],
)
def test_a_charset_is_true_when_the_bytes_can_be_in_it(charset: str | None, body: bytes, is_true: bool) -> None:
    assert (untrue_charset(charset, body) == "") is is_true


def test_an_answer_that_its_false_charset_makes_unreadable_is_told_by_the_charset(bench: ProducerBench) -> None:
    told(bench, a_sample(SCHEDULE))
    told(bench, a_sample(DETAILS).decode().replace("</", "å</", 1).encode("latin-1"), interaction=DETAILS)
    assert judged(bench)["messages.content-type-is-true"].outcome is Outcome.FAILED


DECLARED = '<?xml version="1.0" encoding="UTF-8"?>'


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("Kom fastande.", []),
        ("<3 till dig som kommer", []),
        ("Tid < en timme", []),
        (f"{DECLARED}<article><info><title>Kallelse</title></info><para>Kom.</para></article>", []),
        (
            f"{DECLARED}<article><section><title>A</title><para>B</para></section><bibliography><x/></bibliography></article>",
            [],
        ),
        (f"{DECLARED}<article><para>Kom.</para></article><!-- seen in real traffic -->", []),
        ("<article><para>Kom.</para></article>", ["P-2"]),
        (f"{DECLARED}<article><para>Kom", ["P-2"]),
        (f"{DECLARED}<article><para><emphasis>Kom</emphasis></para></article>", ["P-2"]),
        (f'{DECLARED}<article xmlns="http://docbook.org/ns/docbook"><para>Kom.</para></article>', ["P-2"]),
        (f"{DECLARED}<!DOCTYPE article><article/>", ["P-2"]),
        ("<p>Kom <b>fastande</b></p>", ["P-1"]),
    ],
)
def test_a_purpose_is_plain_or_of_the_allowed_elements(text: str, rules: list[str]) -> None:
    assert [rule for rule, _ in wrong_in_docbook(text)] == rules


def a_slot(inside: str, interaction: str = DETAILS) -> bytes:
    core = f'xmlns="urn:riv:crm:scheduling:1" xmlns:e="urn:riv:crm:scheduling:1.1" xmlns:r="urn:riv:crm:scheduling:{interaction}Responder:1"'
    return an_envelope(
        f"<r:{interaction}Response {core}><r:timeslotDetail>{inside}</r:timeslotDetail></r:{interaction}Response>"
    )


FACILITY = "<healthcare_facility>SE2321009991-2B02</healthcare_facility>"
WHO = f"<bookingId>1</bookingId><subject_of_care>{ANNA.number}</subject_of_care>"
PURPOSE = "<purpose>Kom.</purpose>"
FLAGS = "".join(f"<{one}> 1 </{one}>" for one in ("cancel_booking_allowed", "rebooking_allowed", "message_allowed"))
START, END = (
    "<startTimeInclusive>20261201100000</startTimeInclusive>",
    "<endTimeExclusive>20261201101500</endTimeExclusive>",
)
INVITED = "<e:isInvitation>1</e:isInvitation>"


@pytest.mark.parametrize(
    ("slot", "interaction", "rules"),
    [
        (f"{FACILITY}{WHO}{PURPOSE}{FLAGS}{INVITED}", DETAILS, set()),  # an open invitation
        (f"{START}{END}{FACILITY}{WHO}{FLAGS}", DETAILS, set()),
        (f"{START}{END}{FACILITY}{WHO}{FLAGS}{INVITED}", DETAILS, {"GBD-4"}),
        (f"{START}{END}{FACILITY}{WHO}{INVITED}", SCHEDULE, {"TS-GSS"}),
        (f"{FACILITY}{WHO}{FLAGS}", DETAILS, {"I-2"}),
        (f"{FACILITY}{WHO}", SCHEDULE, {"TS-GSS"}),
        (f"{START}{FACILITY}{WHO}", SCHEDULE, {"I-2"}),
        (f"{FACILITY}{WHO}{PURPOSE}{INVITED}", SCHEDULE, {"GSS-1"}),
        (f"{START}{END}{FACILITY}<subject_of_care>{ANNA.number}</subject_of_care>", SCHEDULE, {"GSS-2"}),
        (f"{END}{FACILITY}", FREE, {"TS-GAT"}),
        (f"{START}{END}{FACILITY}<performer/>", FREE, {"G-11"}),
        (f"{START}{END}{FACILITY}<purpose>{FACILITY}</purpose>", FREE, {"P-3"}),
        (f"{START}{END}{FACILITY}<purpose>&amp;lt;article/></purpose>", FREE, {"P-3"}),
        (f"{START}{END}{FACILITY.replace('<h', chr(10) + '<h').replace('>S', '> S')}", FREE, {"G-7"}),
        (f"{START.replace('20261201', '20260329').replace('100000', '023000')}{END}{FACILITY}", FREE, {"G-5"}),
        (f"{START.replace('2026', ' 2026')}{END}{FACILITY}", FREE, {"G-3"}),
        (f"{END.replace('endTimeExclusive', 'startTimeInclusive')}{START.replace('startTimeInclusive', 'endTimeExclusive')}{FACILITY}", FREE, {"G-6"}),
    ],
)  # fmt: skip
def test_a_timeslot_has_what_its_interaction_demands(
    bench: ProducerBench, slot: str, interaction: str, rules: set[str]
) -> None:
    told(bench, a_slot(slot, interaction), interaction=interaction)
    assert set().union(*red(judged(bench)).values()) == rules


def a_result(inside: str) -> bytes:
    name = "urn:riv:crm:scheduling:MakeBookingResponder:1"
    return an_envelope(f'<MakeBookingResponse xmlns="{name}">{inside}</MakeBookingResponse>')


@pytest.mark.parametrize(
    ("inside", "rules"),
    [
        ("<bookingId>1</bookingId><resultCode>OK</resultCode>", set()),
        ("<resultCode>ERROR</resultCode><resultText>Tagen.</resultText>", set()),
        ("<resultCode>OK</resultCode>", {"MB-1"}),
        ("<bookingId/><resultCode>OK</resultCode>", {"MB-1"}),
        ("<bookingId>1</bookingId><resultCode>ERROR</resultCode><resultText>Tagen.</resultText>", {"MB-1"}),
        ("<resultCode>ERROR</resultCode>", {"G-17"}),
        ("<resultCode>ERROR</resultCode><resultText> </resultText>", {"G-17"}),
        ("<bookingId>1</bookingId><resultCode>OK</resultCode><resultText/>", {"G-11"}),
        ("<bookingId>1</bookingId><resultCode>Ok</resultCode>", {"X-1"}),
    ],
)
def test_a_result_says_what_was_done(bench: ProducerBench, inside: str, rules: set[str]) -> None:
    told(bench, a_result(inside), interaction="MakeBooking")
    assert set().union(*red(judged(bench)).values()) == rules


@pytest.mark.parametrize(
    ("slow", "all_of_them", "check", "outcome"),
    [
        (1, 20, "", Outcome.PASSED),
        (2, 20, "", Outcome.FAILED),
        (5, 100, "", Outcome.PASSED),
        (1, 19, "", Outcome.NOT_JUDGED),
        (20, 40, "duel.one-wins", Outcome.PASSED),
    ],
)
def test_one_call_in_twenty_may_be_slow(
    bench: ProducerBench, slow: int, all_of_them: int, check: str, outcome: Outcome
) -> None:
    for number in range(all_of_them):
        is_slow = number < slow
        told(bench, a_sample(SCHEDULE), seconds=3.5 if is_slow else 0.1, check=check if is_slow else "")
    assert judged(bench)["messages.answers-come-in-time"].outcome in (
        outcome,
        {Outcome.FAILED: Outcome.WARNED}.get(outcome),
    )

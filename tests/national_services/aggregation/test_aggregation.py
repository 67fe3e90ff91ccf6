"""A question to everybody, over real HTTP: whose times come back, and what is told of those who gave none.

platform.md §22, §24 rows 63 to 66; contracts.md §11.
"""

import gzip
import logging

import pytest

from contracts import envelope, xml
from contracts.catalogue import Errata, official_folder
from contracts.namespaces import INTEROPERABILITY_HEADERS
from tests.national_services.aggregation.asking import (
    CORRELATION,
    HEADERS,
    ORIGINAL,
    OWN,
    SENDER,
    a_question,
    aggregation,
    ask,
)
from tests.national_services.aggregation.network import (
    CONTRACT,
    INDEX,
    Network,
    answers,
    answers_gzipped,
    breaks_off,
    engagement,
    enveloped,
    faults,
    hangs,
    resets,
    times,
    trickles,
)
from tests.people import ANNA, BERTIL

FOLDER = official_folder() / "crm_scheduling_1.1"
CLINICS = [f"SE2321009991-K{number:03d}" for number in range(20)]
A, B, C = CLINICS[:3]
HTML = b"<html><body><p>Oops</body></html>"
LIES = enveloped(
    "<m:timeslotDetail><c:healthcare_facility xmlns:c='urn:riv:crm:scheduling:1'>x</c:healthcare_facility>"
    f"<c:subject_of_care xmlns:c='urn:riv:crm:scheduling:1'>nobody {ANNA.number}</c:subject_of_care></m:timeslotDetail>"
)


def well(address: str):
    return answers(times(address, f"{address}-1", f"{address}-2"))


def ids(*addresses: str) -> list[str]:
    return [f"{address}-{number}" for address in addresses for number in (1, 2)]


def only(address: str, behaviour, **changes):
    """The answer when there is one clinic, which behaves so."""
    with Network({address: behaviour}) as network, aggregation(network, **changes) as service:
        return ask(service)


def header_errors(answer, errata: Errata) -> str:
    """What the official schema says of the ProcessingStatus."""
    path = FOLDER / "core_components" / "interoperability_headers_1.0.xsd"
    schema = xml.compile_schema({INTEROPERABILITY_HEADERS: path}, FOLDER, errata.correct)
    block = answer.message.header.find(f"{{{INTEROPERABILITY_HEADERS}}}ProcessingStatus")
    schema.validate(xml.parse(xml.serialise(block)))
    return str(schema.error_log)


# The whole


def test_of_twenty_clinics_all_times_come_that_were_given_and_every_other_clinic_is_told_of():
    slow, broken, reset, liar = CLINICS[3], CLINICS[7], CLINICS[11], CLINICS[13]
    clinics = {address: well(address) for address in CLINICS}
    clinics |= {slow: hangs, broken: answers(HTML, 500), reset: resets, liar: answers(LIES)}
    with Network(clinics) as network, aggregation(network, read_seconds=3.0) as service:
        answer = ask(service)
    good = [address for address in CLINICS if address not in (slow, broken, reset, liar)]
    assert answer.status == 200
    assert answer.booking_ids == ids(*good)
    assert answer.codes == {**dict.fromkeys(CLINICS, ""), slow: "504", broken: "43000", reset: "43000", liar: "43000"}
    assert [one.logical_address for one in answer.sources] == CLINICS
    assert {one.is_from_cache for one in answer.sources} == {False}
    for one in answer.sources:
        moments = (one.last_successful, one.last_unsuccessful)
        assert moments == (("20261201120000", None) if one.logical_address in good else (None, "20261201120000"))
        assert one.is_in_synch is (one.logical_address in good)
    assert {one.error.causing_agent for one in answer.sources if one.error} == {"virtualization_platform"}


def test_three_units_one_of_which_times_out_row_63():
    with Network({A: well(A), B: hangs, C: well(C)}) as network, aggregation(network, read_seconds=2.0) as service:
        answer = ask(service)
    assert (answer.status, answer.booking_ids) == (200, ids(A, C))
    assert answer.codes == {A: "", B: "504", C: ""}
    assert [one.status_code for one in answer.sources] == ["DataFromSource", "NoDataSynchFailed", "DataFromSource"]


def test_none_in_the_index_is_an_empty_body_and_an_empty_status_row_64():
    with Network() as network, aggregation(network) as service:
        answer = ask(service)
    assert (answer.status, answer.booking_ids, answer.sources) == (200, [], ())
    assert len(answer.payload) == 0


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (faults("VP009 nobody there"), "VP009 nobody there"),
        (answers(HTML, 502), "HTTP 502"),
        (answers(b""), "empty"),
        (resets, "broke"),
        (answers(enveloped("")), "FindContentResponse"),
        (answers(enveloped("<m:engagement/>", "FindContentResponse", "urn:x")), "FindContentResponse"),
    ],
    ids=["fault", "html", "nothing", "reset", "another answer", "another namespace"],
)
def test_an_index_that_is_down_is_a_fault_row_65(behaviour, reason):
    with Network({A: well(A)}, index=behaviour) as network, aggregation(network) as service:
        answer = ask(service)
        assert network.seen == []
    assert answer.faultstring.startswith("The engagement index could not be asked: ")
    assert reason in answer.faultstring


def test_an_index_that_is_late_is_a_fault():
    with Network({A: well(A)}, index=hangs) as network, aggregation(network, index_read_seconds=0.1) as service:
        assert "Read timed out" in ask(service).faultstring


def test_an_index_that_is_never_done_is_a_fault():
    with (
        Network({A: well(A)}, index=trickles) as network,
        aggregation(network, index_read_seconds=0.2, index_connect_seconds=0.1) as service,
    ):
        assert "in time" in ask(service).faultstring


def test_a_platform_that_is_not_there_is_a_fault():
    with Network() as network:
        gone = network.url
    with aggregation(network, platform_url=gone) as service:
        assert "no connection could be made" in ask(service).faultstring


def test_a_unit_that_neither_sender_nor_original_consumer_may_call_is_not_called_and_has_no_row_row_66():
    def may_call(address, consumer, contract, now):
        return (address, consumer) in ((A, SENDER), (C, ORIGINAL)) and contract == CONTRACT

    with Network({A: well(A), B: well(B), C: well(C)}) as network, aggregation(network, may_call) as service:
        answer = ask(service)
        assert {one.logical_address for one in network.seen} == {A, C}
    assert answer.booking_ids == ids(A, C)
    assert answer.codes == {A: "", C: ""}


def test_nobody_left_to_ask_is_an_empty_answer():
    with Network({A: well(A)}) as network, aggregation(network, lambda *_: False) as service:
        answer = ask(service)
        assert network.seen == []
    assert (answer.status, answer.booking_ids, answer.sources) == (200, [], ())


def test_when_all_fail_the_answer_is_empty_and_tells_of_each():
    with Network({A: faults("no"), B: answers(HTML, 500), C: resets}) as network, aggregation(network) as service:
        answer = ask(service)
    assert (answer.status, answer.booking_ids) == (200, [])
    assert answer.codes == {A: "500", B: "43000", C: "43000"}


# What is told of a failure (§22.2)


def test_a_fault_is_told_by_its_http_status_its_string_and_its_cause():
    answer = only(A, faults("VP009 Fel vid kontakt", "SocketException"))
    assert (answer.codes[A], answer.text_of(A)) == ("500", "VP009 Fel vid kontakt, SocketException")


def test_a_fault_without_a_cause_is_its_string_alone():
    assert only(A, faults("Systemet är stängt")).text_of(A) == "Systemet är stängt"


@pytest.mark.parametrize("status", [200, 400, 404, 503])
def test_a_fault_with_another_http_status_has_that_as_its_code(status):
    assert only(A, faults("no", status=status)).codes == {A: str(status)}


def test_a_fault_of_soap_1_2_is_a_fault():
    body = (
        b"<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body><e:Fault><e:Code/><e:Reason><e:Text>"
        b"stop</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>"
    )
    answer = only(A, answers(body, 500))
    assert (answer.codes[A], answer.text_of(A)) == ("500", "stop")


def test_silence_is_504():
    answer = only(A, hangs, read_seconds=0.1)
    assert (answer.codes[A], answer.text_of(A)) == ("504", "Read timed out")


def test_who_is_missing_when_the_total_wait_ends_is_an_unknown_error():
    answer = only(A, hangs, total_seconds=0.2)
    assert (answer.codes[A], answer.text_of(A)) == ("43000", "Unknown error")


def test_who_is_never_silent_and_never_done_is_missing_when_the_total_wait_ends():
    answer = only(A, trickles, total_seconds=0.3, read_seconds=5.0)
    assert (answer.codes[A], answer.text_of(A)) == ("43000", "Unknown error")


def test_what_others_gave_is_kept_when_the_total_wait_ends():
    with Network({A: well(A), B: trickles, C: well(C)}) as network, aggregation(network, total_seconds=3.0) as service:
        answer = ask(service)
    assert (answer.booking_ids, answer.codes) == (ids(A, C), {A: "", B: "43000", C: ""})


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (answers(HTML, 500), "HTTP 500"),
        (answers(HTML), "HTTP 200"),
        (answers(b""), "empty"),
        (answers(b"", 202), "HTTP 202"),
        (answers(times(A, "x"), 500), "HTTP 500, but the body holds no fault"),
        (answers(b"", 302, Location="http://127.0.0.1:1/"), "HTTP 302"),
        (answers(envelope.write_response(xml.parse(b"<other/>"))), "does not hold GetSubjectOfCareScheduleResponse"),
        (answers(b"<Envelope><Body/></Envelope>"), "does not hold"),
        (resets, "broke"),
        (breaks_off, "broke"),
        (answers(b"no gzip", Content_Encoding="gzip"), "not gzip"),
        (answers(b"what", Content_Encoding="br"), "not offered"),
    ],
    ids=["html-500", "html-200", "empty", "empty-202", "status", "redirect", "other", "no-body", "reset", "half", "gzip", "br"],
)  # fmt: skip
def test_anything_else_is_43000(behaviour, reason):
    answer = only(A, behaviour)
    assert (answer.codes, answer.booking_ids) == ({A: "43000"}, [])
    assert reason in answer.text_of(A)


def test_an_answer_that_breaks_its_schema_has_failed_and_the_text_says_by_which_rule_and_quotes_nothing():
    answer = only(A, answers(LIES))
    assert answer.codes == {A: "43000"}
    assert answer.text_of(A).startswith("the answer breaks its contract: line 1, GetSubjectOfCareScheduleResponse/")
    assert "[pattern]" in answer.text_of(A)
    assert ANNA.number not in answer.body.decode()
    assert "nobody" not in answer.body.decode()


def test_without_validation_it_is_merged_as_the_real_services_do():
    answer = only(A, answers(LIES), validates_answers=False)
    assert answer.codes == {A: ""}
    assert len(answer.payload) == 1


def test_what_is_not_even_the_contracts_answer_has_failed_without_validation_too():
    assert only(A, answers(envelope.write_response(xml.parse(b"<x/>"))), validates_answers=False).codes == {A: "43000"}


@pytest.mark.parametrize("person", [ANNA, BERTIL], ids=lambda person: person.first_name)
def test_no_persons_number_is_in_the_text_of_a_fault(person, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = only(A, faults(f"{person.number} is unknown", f"see {person.identity.displayed}"))
    assert person.number not in answer.body.decode() + caplog.text
    assert person.identity.displayed not in answer.body.decode() + caplog.text
    assert answer.text_of(A) == "(hidden) is unknown, see (hidden)"


def test_a_text_is_bounded():
    assert len(only(A, faults("x" * 100_000)).text_of(A)) == 2000


# The header


def mixed():
    with Network({A: well(A), B: faults("no"), C: resets}) as network:
        for fills_in in (False, True):
            with aggregation(network, fills_in_missing_synch=fills_in) as service:
                yield ask(service)


def test_the_header_keeps_its_schema_but_for_the_real_platforms_gap():
    answer, filled = mixed()
    assert "lastSuccessfulSynch" in header_errors(answer, Errata())
    assert header_errors(answer, Errata.load(official_folder() / "errata.toml")) == ""
    assert header_errors(filled, Errata()) == ""
    assert answer.sources == filled.sources


# What sources are asked


def test_a_source_is_asked_about_itself_for_the_citizen_that_the_index_named():
    with Network({A: well(A), B: well(B)}) as network, aggregation(network) as service:
        network.engagements[1] = engagement(B, resident=BERTIL.number)
        ask(service, a_question(facility="SE2321009991-ELSE"))
        asked = {one.logical_address: one for one in network.seen}
    assert {address: one.said("healthcare_facility") for address, one in asked.items()} == {A: A, B: B}
    assert {address: one.said("subject_of_care") for address, one in asked.items()} == {
        A: ANNA.number,
        B: BERTIL.number,
    }
    assert {one.message.contract for one in asked.values()} == {CONTRACT}
    assert {one.message.profile for one in asked.values()} == {"rivtabp21"}
    assert {one.path for one in asked.values()} == {"/vp"}


def test_the_actor_is_passed_on_unchanged():
    block = (
        '<p:Actor xmlns:p="urn:riv:interoperability:headers:1"><p:actorId>'
        f"{BERTIL.number}</p:actorId><!-- as it came --><p:actorType>someone_else</p:actorType>"
        '<x:more xmlns:x="urn:x" xmlns:q="urn:q" kind="q:r">å</x:more></p:Actor>'
    )
    question = a_question(actor=None).replace(b"</soapenv:Header>", block.encode() + b"</soapenv:Header>")
    with Network({A: well(A)}) as network, aggregation(network) as service:
        ask(service, question)
        (asked,) = network.seen
    came = xml.parse(xml.serialise(asked.message.header.find("{*}Actor")))
    assert xml.detached(came) == xml.detached(xml.parse(block.encode()))
    assert block.encode().split(b">", 1)[1] in asked.message.body


def test_without_an_actor_none_is_sent():
    with Network({A: well(A)}) as network, aggregation(network) as service:
        ask(service, a_question(actor=None))
        assert b"Actor" not in network.seen[0].message.body


def test_one_call_goes_to_addresses_that_differ_in_case_and_to_several_bookings():
    with Network({A: well(A)}) as network, aggregation(network) as service:
        network.engagements = [engagement(A, "1"), engagement(A.lower(), "2"), engagement(A, "3")]
        answer = ask(service)
        assert len(network.seen) == 1
    assert answer.codes == {A: ""}


def test_the_services_own_address_is_not_asked():
    with Network({A: well(A)}) as network, aggregation(network) as service:
        network.engagements += [engagement(OWN), engagement(OWN.lower())]
        assert ask(service).codes == {A: ""}


def test_the_index_is_asked_for_the_citizen_in_the_domain_by_the_services_themselves():
    with Network() as network, aggregation(network) as service:
        ask(service)
        (asked,) = network.asked_index
    assert asked.logical_address == INDEX
    assert [(child.tag.rpartition("}")[2], child.text) for child in asked.message.payload] == [
        ("registeredResidentIdentification", ANNA.number),
        ("serviceDomain", "riv:crm:scheduling"),
    ]
    told = {name: asked.headers[name] for name in ("x-vp-sender-id", "x-vp-instance-id", "x-skltp-correlation-id")}
    assert list(told.values()) == [OWN, "SE2321009991-TP01", CORRELATION]
    assert "x-rivta-original-serviceconsumer-hsaid" not in asked.headers


# HTTP headers


def test_headers_go_on_to_the_sources_but_for_those_of_one_connection():
    sent = {
        "SOAPAction": '"urn:mine"', "x-skltp-prt": "7", "Server": "s", "Host": "h", "X-Case": "12", "User-Agent": "me",
        "Connection": "x-near, close", "X-Near": "1", "Accept-Encoding": "br", "Cookie": "a=b",
    }  # fmt: skip
    with Network({A: well(A)}) as network, aggregation(network) as service:
        ask(service, headers=sent)
        told = network.seen[0].headers
    passed = {name.lower(): value for name, value in HEADERS.items() if name.startswith("x-")}
    assert {name: told[name] for name in passed} == passed
    assert (told["x-case"], told["user-agent"], told["cookie"]) == ("12", "me", "a=b")
    assert told["host"] == network.url.removeprefix("http://")
    assert told["soapaction"] == f'"{CONTRACT}:GetSubjectOfCareSchedule"'
    assert told["accept-encoding"] == "gzip"
    assert not {"x-skltp-prt", "server", "x-near", "connection"} & set(told)


def test_a_caller_that_names_no_platform_is_passed_on_as_one_of_its_network():
    with Network({A: well(A)}) as network, aggregation(network) as service:
        ask(service, headers={"x-vp-instance-id": None})
        assert network.seen[0].headers["x-vp-instance-id"] == "SE2321009991-TP01"


def test_the_answer_has_the_correlation_id_and_nothing_of_what_is_removed():
    answer = only(A, answers(times(A, "x"), Server="s", x_vp_sender_id="me", x_other="1"))
    assert set(answer.headers) == {"x-skltp-correlation-id", "content-type", "content-length"}
    assert answer.headers["x-skltp-correlation-id"] == CORRELATION


@pytest.mark.parametrize("value", [None, "", "  "])
def test_every_missing_header_is_a_line_of_the_fault(value):
    names = ["x-vp-sender-id", "x-rivta-original-serviceconsumer-hsaid", "x-skltp-correlation-id"]
    with Network() as network, aggregation(network) as service:
        answer = ask(service, headers=dict.fromkeys(names, value))
        one = ask(service, headers={names[1]: value})
        assert network.asked_index == []
    assert answer.faultstring.split("\n") == [f"Mandatory HTTP header {name} is missing" for name in names]
    assert one.faultstring == f"Mandatory HTTP header {names[1]} is missing"


def test_the_soap_action_is_looked_at_only_when_told_to():
    right, wrong = f'"{CONTRACT}:GetSubjectOfCareSchedule"', '"urn:other"'
    with Network({A: well(A)}) as network:
        with aggregation(network) as service:
            assert ask(service, headers={"SOAPAction": wrong}).status == 200
        with aggregation(network, validates_soap_action=True) as service:
            assert ask(service, headers={"SOAPAction": right}).status == 200
            assert "SOAPAction" in ask(service, headers={"SOAPAction": wrong}).faultstring
            assert "SOAPAction" in ask(service).faultstring


# What cannot be asked


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (envelope.write_response(xml.parse(b"<other/>")), "The message is no GetSubjectOfCareSchedule."),
        (b"<Envelope><Body/></Envelope>", "The message is no GetSubjectOfCareSchedule."),
        (a_question().replace(ANNA.number.encode(), b" "), "The message names no subject_of_care."),
        (b"<<<", "The message cannot be read."),
    ],
)
def test_a_message_that_asks_nothing_is_the_callers_fault(body, said):
    with Network() as network, aggregation(network) as service:
        answer = ask(service, body)
        assert network.asked_index == []
    assert answer.faultstring == said
    assert answer.payload.findtext("faultcode") == "soap:Client"


def test_a_question_before_the_start_or_after_the_end_is_a_fault():
    with Network() as network:
        service = aggregation(network)
        assert ask(service).faultstring == "The service is not running."
        service.open()
        assert ask(service).status == 200
        service.close()
        assert ask(service).faultstring == "The service is not running."


# Sizes


def test_an_answer_that_is_too_large_has_failed():
    with (
        Network({A: answers(times(A, "x" * 5000)), B: answers_gzipped(times(B, "x" * 5000)), C: well(C)}) as network,
        aggregation(network, max_answer_bytes=4000) as service,
    ):
        answer = ask(service)
    assert answer.codes == {A: "43000", B: "43000", C: ""}
    assert "larger than 4000 bytes" in answer.text_of(A)
    assert "larger than 4000 bytes" in answer.text_of(B)


def test_those_that_would_make_the_whole_too_large_have_failed_and_the_others_have_not():
    with (
        Network({A: answers(times(A, "x" * 2000)), B: answers(times(B, "x" * 2000)), C: well(C)}) as network,
        aggregation(network, max_answer_bytes=4300) as service,
    ):
        answer = ask(service)
    assert answer.codes == {A: "", B: "43000", C: ""}
    assert "all together" in answer.text_of(B)


def test_it_is_what_an_answer_holds_that_counts_not_how_it_was_packed():
    large = {one: answers_gzipped(times(one, "x" * 3000)) for one in (A, B)}
    with Network(large) as network, aggregation(network, max_answer_bytes=5000) as service:
        assert ask(service).codes == {A: "", B: "43000"}


def test_gzip_is_understood():
    answer = only(A, answers_gzipped(times(A, *ids(A))))
    assert (answer.booking_ids, answer.codes) == (ids(A), {A: ""})


def test_gzip_that_ends_too_soon_has_failed():
    half = gzip.compress(times(A, *(str(number) for number in range(500))))
    assert "ends too soon" in only(A, answers(half[: len(half) // 2], Content_Encoding="gzip")).text_of(A)


def test_an_encoding_that_the_content_type_names_is_understood():
    body = times(A, "å").decode().encode("latin-1")
    answer = only(A, answers(body, Content_Type="text/xml; charset=iso-8859-1"))
    assert answer.booking_ids == ["å"]

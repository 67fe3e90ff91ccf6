"""How a consumer is brought to act, and what the kit makes of one that does not come or hangs."""

import os
import select
import sys

import pytest
import requests

from conformance.consumer.bench import ConsumerBench
from conformance.consumer.drivers import DriveFailed, Seen, by_command, by_hand
from conformance.consumer.judge import judge_consumer
from conformance.consumer.scenarios import PLOTS, stage
from conformance.consumer.settings import ConsumerSettings
from conformance.exchange import shown
from conformance.gateway.certificates import Authority
from conformance.model import Outcome
from conformance.schemas import Schemas
from contracts import codec, envelope, xml
from contracts import scheduling as s
from contracts.consumer import InternalCaller
from contracts.identifiers import HsaId
from contracts.registry_consumer import RegistryConsumer
from contracts.transport import HttpTransport
from tests.conformance.judging import a_test_person
from tests.conformance.scripted_consumer import Consumer
from tests.conformance.test_consumer_mutants import FULL, PLAIN, settings
from tests.people import DAN
from tests.serving import MORNING

TODAY = MORNING.date()
BOOK = stage("book", settings(), TODAY).scenario


def test_every_scenario_has_a_weekday_of_its_own_and_tells_no_number_in_its_instruction() -> None:
    staged = [stage(one.name, settings(), TODAY).scenario for one in PLOTS]
    days = [one.facts["START"][:8] for one in staged]
    assert len(set(days)) == len(days)
    assert not any(DAN.number in one.instruction for one in staged)
    assert not any("{" in one.instruction or "  " in one.instruction for one in staged)


# -- Drivers


def test_a_command_gets_the_facts_and_what_it_prints_is_what_the_citizen_saw() -> None:
    told = "import os; print(os.environ['TIDBRO_SCENARIO'], os.environ['TIDBRO_START'], 'ö')"
    seen = by_command(f'{sys.executable} -X utf8 -c "{told}"')(BOOK)
    assert seen.text == f"book {BOOK.facts['START']} ö\n"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (f"{sys.executable} -c 'raise SystemExit(3)'", "ended with code 3"),
        ("/no/such/driver", "could not be started"),
    ],
)
def test_a_command_that_fails_says_how(command: str, why: str) -> None:
    with pytest.raises(DriveFailed, match=why):
        by_command(command)(BOOK)


def test_a_command_that_hangs_is_killed_with_all_that_it_started(tmp_path) -> None:
    pipe = tmp_path / "held"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(DriveFailed, match="was killed"):
        by_command(f"sh -c 'sleep 1000 > {pipe} & wait'", timeout_seconds=0.5)(BOOK)
    assert _is_let_go(reader)
    os.close(reader)


def _is_let_go(reader: int) -> bool:
    """Whether nobody holds the other end of the pipe, waiting ten seconds at most."""
    for _ in range(100):
        try:
            return os.read(reader, 1) == b""
        except BlockingIOError:
            select.select([reader], [], [], 0.1)
    return False


def test_a_command_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        by_command(" ")


def test_a_person_is_told_what_to_do_and_may_say_what_was_seen() -> None:
    shown: list[str] = []
    assert by_hand(shown.append, lambda: "Klart! \n")(BOOK) == Seen("Klart!")
    assert by_hand(shown.append, lambda: "\n")(BOOK) == Seen(None)
    assert BOOK.instruction in shown[0]
    assert DAN.number in shown[0]


def test_nobody_at_the_terminal_ends_the_scenario() -> None:
    def read() -> str:
        raise EOFError

    with pytest.raises(DriveFailed, match="Nobody is there"):
        by_hand(lambda text: None, read)(BOOK)


# -- Runs


def test_a_consumer_that_never_comes_is_given_up_after_two_scenarios_and_nothing_is_judged() -> None:
    played: list[str] = []

    def drive(scenario):
        played.append(scenario.name)
        return Seen()

    result = judge_consumer(settings(), drive, clock=lambda: MORNING)
    assert {one.outcome for one in result.results} == {Outcome.NOT_JUDGED}
    assert len(played) == 2
    assert not result.is_passed
    assert result.results[0].reason == f"In the scenario see nothing came to {result.target}."


def test_a_driver_that_breaks_leaves_its_scenario_unjudged_and_quotes_nothing() -> None:
    def drive(scenario):
        raise RuntimeError(scenario.person.number)

    result = judge_consumer(settings(), drive, suites=("seeing",), clock=lambda: MORNING)
    assert "its driver failed (RuntimeError)" in result.results[0].reason
    assert DAN.number not in repr(result)


def test_a_run_tells_its_address_first_and_the_evidence_has_each_request_with_its_answer() -> None:
    made: list[Consumer] = []

    def drive(scenario):
        return made[0](scenario)

    result = judge_consumer(
        settings(),
        drive,
        suites=("seeing", "messages"),
        announce=lambda bench: made.append(Consumer(bench.url, TODAY)),
        clock=lambda: MORNING,
    )
    made[0].close()
    assert result.is_passed
    assert (result.role, result.facility, result.left_behind) == ("consumer", FULL.text, ())
    first = result.exchanges[0]
    assert first.interaction == "GetSubjectOfCareSchedule"
    assert b"GetSubjectOfCareScheduleResponse" in first.answer.body
    assert first.purpose.startswith("Scenario see: Show the test person's booked times")


def test_texts_are_not_judged_where_nobody_tells_what_was_seen() -> None:
    made: list[Consumer] = []

    def drive(scenario):
        made[0](scenario)
        return Seen()

    result = judge_consumer(
        settings(),
        drive,
        suites=("texts",),
        announce=lambda bench: made.append(Consumer(bench.url, TODAY)),
        clock=lambda: MORNING,
    )
    made[0].close()
    assert {one.outcome for one in result.results} == {Outcome.NOT_JUDGED}
    assert {one.reason for one in result.results} == {"What the citizen saw is not known: have the driver print it."}


def test_two_clinics_are_needed_and_a_taken_port_is_told() -> None:
    with pytest.raises(ValueError, match="two clinics"):
        ConsumerSettings(FULL, FULL, a_test_person(DAN))
    with ConsumerBench(settings(), lambda scenario: Seen(), lambda: MORNING) as bench:
        port = int(bench.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            ConsumerBench(settings(port=port), lambda scenario: Seen(), lambda: MORNING)


# -- The socket


def a_question() -> bytes:
    question = s.GetSubjectOfCareSchedule(FULL, DAN.identity)
    return envelope.write_request(codec.encode(question), FULL, DAN.actor)


def test_a_chunked_request_in_utf_16_is_read_at_any_path() -> None:
    with ConsumerBench(settings(), lambda scenario: Seen(), lambda: MORNING) as bench:
        body = a_question().decode().encode("utf-16")
        headers = {"Content-Type": "text/xml; charset=UTF-16"}
        got = requests.post(f"{bench.url}/any/path", iter((body[:50], body[50:])), headers=headers, timeout=10)
        assert got.status_code == 200
        (exchange,) = bench.evidence.exchanges
        assert exchange.request.body == body
        assert exchange.request.headers["transfer-encoding"] == "chunked"


def test_what_cannot_be_answered_gets_a_fault_and_what_is_no_post_nothing() -> None:
    with ConsumerBench(settings(), lambda scenario: Seen(), lambda: MORNING) as bench:
        assert requests.get(f"{bench.url}/", timeout=10).status_code == 405
        for body in (b"", b"<x/>", b"no xml", a_question().replace(b"GetSubjectOfCareSchedule", b"GetSomething")):
            got = requests.post(f"{bench.url}/", body, timeout=10)
            assert (got.status_code, b"faultcode" in got.content) == (500, True)


@pytest.mark.parametrize(("clinic", "count"), [(FULL, 11), (PLAIN, 9), (HsaId("SE2321009991-NONE"), 0)])
def test_the_registry_tells_what_each_clinic_offers(clinic: HsaId, count: int) -> None:
    with (
        ConsumerBench(settings(), lambda scenario: Seen(), lambda: MORNING) as bench,
        HttpTransport(read_seconds=10) as transport,
    ):
        caller = InternalCaller("SE2321009991-ET09", "SE2321009991-TP01")
        registry = RegistryConsumer(bench.url, transport, HsaId("SE2321009991-TP01"), caller)
        told = registry.supported_contracts(clinic)
        (exchange,) = bench.evidence.exchanges
    assert len(told) == count
    contract = "urn:riv:infrastructure:itintegration:registry:GetSupportedServiceContractsResponder:2"
    assert Schemas().judge(shown(exchange.answer), contract, "answer").is_valid


def test_a_ping_is_answered_by_its_schema() -> None:
    contract = "urn:riv:itintegration:monitoring:PingForConfigurationResponder:1"
    told = f"<serviceContractNamespace>{contract}</serviceContractNamespace><logicalAddress>x</logicalAddress>"
    question = xml.parse(f'<PingForConfiguration xmlns="{contract}">{told}</PingForConfiguration>'.encode())
    with ConsumerBench(settings(), lambda scenario: Seen(), lambda: MORNING) as bench:
        requests.post(f"{bench.url}/", envelope.write_request(question, FULL, None), timeout=10)
        (exchange,) = bench.evidence.exchanges
    assert exchange.answer.status == 200
    assert Schemas().judge(shown(exchange.answer), contract, "answer").is_valid


def test_secrets_of_headers_are_not_in_the_evidence() -> None:
    with ConsumerBench(settings(), lambda scenario: Seen(), lambda: MORNING) as bench:
        requests.post(f"{bench.url}/", a_question(), headers={"Authorization": "Bearer abc"}, timeout=10)
        assert bench.evidence.exchanges[0].request.headers["authorization"] == "(hidden)"


def test_the_kit_answers_by_https_where_it_is_given_a_certificate(tmp_path) -> None:
    authority = Authority(tmp_path)
    issued = authority.issue("clinic", hosts=("127.0.0.1",))
    with ConsumerBench(settings(certificate=issued.bundle_file), lambda scenario: Seen(), lambda: MORNING) as bench:
        assert bench.url.startswith("https://")
        assert requests.post(f"{bench.url}/", a_question(), verify=str(authority.file), timeout=10).status_code == 200

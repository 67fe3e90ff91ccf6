"""How a run goes when it is stopped, when the kit itself fails, and when what was booked cannot be put back."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from conformance.checks import Check, Findings, NotJudged
from conformance.exchange import Evidence, Failure, HttpMessage
from conformance.model import CheckResult, Finding, Outcome
from conformance.people import TestPerson
from conformance.producer import supply
from conformance.producer.bench import ProducerBench
from conformance.run import Carried, run_checks
from tests.conformance.judging import a_bench
from tests.conformance.mutants_refuse import an_answer
from tests.conformance.twisting import Reply, Twist
from tests.people import DAN
from tests.serving import Served

FOUND = Finding("G-16", "It was so.", "Make it otherwise.")


@dataclass
class Nothing:
    """A bench that asks nobody. `cleaning` is what happens when it is to put things back."""

    cleaning: Callable[[], Sequence[str]] = tuple
    evidence: Evidence = field(default_factory=Evidence)

    def clean_up(self) -> Sequence[str]:
        return self.cleaning()


def a_check(run: Callable[..., Findings], id: str = "made.up") -> Check:
    return Check(id, "producer", ("G-16",), "Something made up", run)


def passes(bench: object) -> Findings:
    return ()


def finds(bench: object) -> Findings:
    yield FOUND


def is_stopped(bench: object) -> Findings:
    yield FOUND
    raise KeyboardInterrupt


def outcomes(came: Carried) -> list[Outcome]:
    return [one.outcome for one in came.results]


# -- What comes of a check


def test_a_check_that_finds_nothing_passes_and_one_that_finds_something_fails() -> None:
    assert outcomes(run_checks(Nothing(), [a_check(passes), a_check(finds)])) == [Outcome.PASSED, Outcome.FAILED]


def test_what_was_found_before_the_ground_was_missing_is_kept() -> None:
    def loses_ground(bench: object) -> Findings:
        yield FOUND
        raise NotJudged("There was no more to see.")

    (result,) = run_checks(Nothing(), [a_check(loses_ground)]).results
    assert result.outcome is Outcome.FAILED
    assert result.findings == (FOUND,)
    assert result.reason == "There was no more to see."


def test_a_check_without_ground_says_why() -> None:
    def has_no_ground(bench: object) -> Findings:
        raise NotJudged("There is no free time.")

    (result,) = run_checks(Nothing(), [a_check(has_no_ground)]).results
    assert (result.outcome, result.reason) == (Outcome.NOT_JUDGED, "There is no free time.")


def test_a_check_that_breaks_is_our_fault_and_its_reason_quotes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def breaks(bench: object) -> Findings:
        yield FOUND
        raise ValueError(f"<subject_of_care>{DAN.number}</subject_of_care>")

    broken, after = run_checks(Nothing(), [a_check(breaks), a_check(passes)]).results
    assert broken.outcome is Outcome.BROKEN
    assert broken.findings == (FOUND,)
    assert "ValueError in test_run.py, line " in broken.reason
    assert DAN.number not in broken.reason + caplog.text
    assert after.outcome is Outcome.PASSED


def test_of_very_many_findings_the_first_are_told() -> None:
    def finds_many(bench: object) -> Findings:
        yield from [FOUND] * 500

    (result,) = run_checks(Nothing(), [a_check(finds_many)]).results
    assert len(result.findings) == 10
    assert "500 findings" in result.reason


# -- Stopped


def test_a_stopped_run_keeps_what_it_has_cleans_up_and_skips_the_rest() -> None:
    came = run_checks(Nothing(lambda: ("Something is left.",)), [a_check(one) for one in (finds, is_stopped, passes)])
    assert came.interrupted
    assert outcomes(came) == [Outcome.FAILED, Outcome.FAILED, Outcome.NOT_JUDGED]
    assert came.results[1].findings == (FOUND,)
    assert {one.reason for one in came.results[1:]} == {"The run was stopped."}
    assert came.left_behind == ("Something is left.",)


def test_what_only_looks_at_the_evidence_is_judged_in_a_stopped_run_too() -> None:
    came = run_checks(Nothing(), [a_check(is_stopped), a_check(finds, "messages.form")])
    assert outcomes(came)[1] is Outcome.FAILED
    assert came.results[1].findings == (FOUND,)
    assert not came.results[1].reason


@pytest.mark.parametrize("when", ["begins", "ends"])
def test_a_run_can_be_stopped_while_progress_is_told(when: str) -> None:
    told: list[str] = []

    def progress(check: Check, result: CheckResult | None) -> None:
        told.append(check.id)
        if len(told) < 7 and (result is None) is (when == "begins"):
            raise KeyboardInterrupt

    came = run_checks(Nothing(), [a_check(passes, f"made.up-{number}") for number in range(4)], progress)
    assert came.interrupted
    assert [one.check for one in came.results] == [f"made.up-{number}" for number in range(4)]


def test_stopping_the_cleaning_too_ends_the_run_and_says_so() -> None:
    def stopped() -> Sequence[str]:
        raise KeyboardInterrupt

    came = run_checks(Nothing(stopped), [a_check(is_stopped)])
    assert came.interrupted
    assert "may still stand" in came.left_behind[0]


def test_cleaning_that_breaks_ends_the_run_and_quotes_nothing() -> None:
    def breaks() -> Sequence[str]:
        raise ValueError(DAN.number)

    (left,) = run_checks(Nothing(breaks), [a_check(passes)]).left_behind
    assert "may still stand" in left
    assert DAN.number not in left


# -- When to stop by itself


def test_a_run_whose_time_is_over_judges_no_more() -> None:
    came = run_checks(Nothing(), [a_check(passes), a_check(passes)], most_seconds=-1)
    assert {(one.outcome, one.reason) for one in came.results} == {
        (Outcome.NOT_JUDGED, "The time for the run was over.")
    }


def fail(evidence: Evidence, kind: str) -> None:
    evidence.add("", "GetBookingDetails", "", HttpMessage({}, b""), None, Failure(kind, "It is so."), 0.0)  # type: ignore[arg-type]


def test_three_calls_in_a_row_without_an_answer_are_enough() -> None:
    evidence = Evidence()
    fail(evidence, "late")
    fail(evidence, "broken off")
    assert not evidence.why_to_stop()
    fail(evidence, "not sent")
    assert "stopped answering" in evidence.why_to_stop()


def test_answers_that_the_kit_lost_itself_do_not_count() -> None:
    evidence = Evidence()
    for kind in ("late", "dropped", "late", "dropped"):
        fail(evidence, kind)
    assert not evidence.why_to_stop()


def test_failures_of_many_at_once_are_forgiven() -> None:
    evidence = Evidence()
    for _ in range(5):
        fail(evidence, "broken off")
    evidence.forgive()
    assert not evidence.why_to_stop()


# -- On a real system


def books_and_is_stopped(bench: ProducerBench) -> Findings:
    bench.make(bench.free()[0], bench.person, "A booking that nobody puts back.")
    raise KeyboardInterrupt


class NeverCancels(Twist):
    """Refuses to cancel; what it refused is cancelled by the test, at the system itself."""

    def instead(self, interaction: str, request: bytes) -> Reply | None:
        if interaction == "CancelBooking":
            return an_answer(interaction, "<resultCode>ERROR</resultCode><resultText>Nej.</resultText>")
        return None


def test_what_was_booked_is_cancelled_when_the_run_is_stopped(region: Served) -> None:
    with a_bench(region) as bench:
        before = bench.ids_of(bench.person)
        came = run_checks(bench, [a_check(books_and_is_stopped)])
        assert came.interrupted
        assert not came.left_behind
        assert "CancelBooking" in [one.interaction for one in bench.evidence.exchanges]
    with a_bench(region) as bench:
        assert bench.ids_of(bench.person) == before


def test_a_booking_that_cannot_be_cancelled_is_named(region: Served) -> None:
    with a_bench(region, twist=NeverCancels()) as bench:
        came = run_checks(bench, [a_check(books_and_is_stopped)])
        person = bench.person
    put_back(region, came.left_behind, person)
    (sentence,) = came.left_behind
    assert "still stands" in sentence
    assert "ERROR" in sentence


def put_back(region: Served, left_behind: Sequence[str], person: TestPerson) -> None:
    """Cancel what the sentences name, as somebody would who reads them."""
    with a_bench(region) as bench:
        for sentence in left_behind:
            booking_id = sentence.removeprefix("The booking ").partition(",")[0]
            assert bench.cancel(booking_id, person, "Put back what could not be.").is_done


def test_a_second_stop_names_what_may_be_left(region: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*given: object, **named: object) -> object:
        raise KeyboardInterrupt

    with a_bench(region) as bench:
        person = bench.person
        monkeypatch.setattr(bench, "cancel", stopped)
        came = run_checks(bench, [a_check(books_and_is_stopped)])
        named, summary = came.left_behind
        put_back(region, [named], person)
    assert "may still stand" in named
    assert "1 test person" in summary


def test_what_a_person_had_before_is_never_cancelled(region: Served) -> None:
    with a_bench(region) as bench:
        mine = supply.book(bench, bench.free()[0], bench.person)
    with a_bench(region, persons=(mine.person, *(one for one in bench.persons if one != mine.person))) as second:
        second.remember(mine.person)
        assert second.clean_up() == ()
        assert mine.id in second.ids_of(mine.person)
        assert second.cancel(mine.id, mine.person, "Put back.").is_done


class HidesSchedules(Twist):
    def instead(self, interaction: str, request: bytes) -> Reply | None:
        return Reply(500, b"", {}) if interaction == "GetSubjectOfCareSchedule" else None


def test_nothing_is_booked_for_whom_nobody_can_say_what_they_had(region: Served) -> None:
    with a_bench(region, twist=HidesSchedules()) as bench:
        bench.offers("GetAvailableDates")  # something that is answered, so that the target is taken for one
        with pytest.raises(NotJudged, match="books nothing for them"):
            bench.remember(bench.person)
        assert bench.clean_up() == ()


def test_the_time_of_a_run_ends_it_in_the_midst_of_a_check(region: Served) -> None:
    def asks_for_ever(bench: ProducerBench) -> Findings:
        while True:
            bench.schedule(bench.person, "Once more.")
            bench.evidence.ends = time.monotonic() - 1
            yield FOUND

    with a_bench(region) as bench:
        (result,) = run_checks(bench, [a_check(asks_for_ever)]).results
    assert result.reason == "The time for the run was over."
    assert result.findings == (FOUND,)

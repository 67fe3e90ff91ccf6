"""The checks that all others rest on, where the target answers in part."""

from conformance.model import Outcome
from tests.conformance.judging import TIMEBOOK, a_bench, judged, red
from tests.conformance.mutants_form import SCHEDULE, a_fault
from tests.conformance.twisting import Reply, Twist
from tests.serving import Served


class WithoutEmptySchedules(Twist):
    """A fault in the place of an empty schedule."""

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        return a_fault() if interaction == SCHEDULE and b"timeslotDetail" not in reply.body else reply


class Silent(Twist):
    """Answers nothing but faults."""

    def instead(self, interaction: str, request: bytes) -> Reply | None:
        return a_fault()


def test_an_empty_schedule_is_an_answer_and_no_fault(region: Served) -> None:
    with a_bench(region, twist=WithoutEmptySchedules()) as bench:
        assert red(judged(bench, "basics.schedule-is-answered")) == {"basics.schedule-is-answered": {"GSS-3"}}


def test_who_answers_no_schedule_at_all_does_not_offer_it(region: Served) -> None:
    with a_bench(region, twist=Silent()) as bench:
        assert red(judged(bench, "basics.schedule-is-answered")) == {"basics.schedule-is-answered": {"IMP-1"}}


def test_other_forms_are_not_judged_where_the_plain_one_is_not_answered(region: Served) -> None:
    with a_bench(region, twist=Silent()) as bench:
        assert {one.outcome for one in judged(bench, "headers").values()} == {Outcome.NOT_JUDGED}


def test_a_ping_that_a_platform_stopped_is_not_judged(region: Served) -> None:
    with a_bench(region, TIMEBOOK, ping_logical_address=None) as bench:
        result = judged(bench, "basics.ping-is-answered")["basics.ping-is-answered"]
    assert result.outcome is Outcome.NOT_JUDGED
    assert "(VP004)" in result.reason

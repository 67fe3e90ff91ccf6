"""Does the target answer at all, and what does it offer?

The rest of a run rests on this suite: an interaction that does not answer a plain question is told here, once, and the
checks that need it are not judged.
"""

from conformance.checks import Findings, NotJudged
from conformance.producer.bench import REQUIRED, ProducerBench
from conformance.producer.suite import SUITES

_FOR_BOOKING = ("GetAvailableDates", "GetAvailableTimeslots")
_REMEDY = "Answer the plain question shown in the evidence with {0}Response; the sentence above says what came instead."


@SUITES.check(
    "basics.schedule-is-answered",
    rules=("IMP-1",),
    title="GetSubjectOfCareSchedule, which everybody must offer, answers a plain question",
)
def schedule_is_answered(bench: ProducerBench) -> Findings:
    interaction = REQUIRED[0]
    answer = bench.ask(bench.plain_question(interaction), "What has the first test person booked?")
    if not answer.is_usable:
        sentence = f"{interaction} gave {answer.in_words}."
        yield bench.finding("IMP-1", sentence, _REMEDY.format(interaction), answer)


@SUITES.check(
    "basics.availability-is-answered",
    rules=("IMP-2",),
    title="GetAvailableDates and GetAvailableTimeslots answer a plain question where times can be booked",
)
def availability_is_answered(bench: ProducerBench) -> Findings:
    for interaction in _FOR_BOOKING:
        answer = bench.ask(bench.plain_question(interaction), f"Does {interaction} answer?")
        if not answer.is_usable:
            sentence = f"{interaction} gave {answer.in_words}."
            yield bench.finding("IMP-2", sentence, _REMEDY.format(interaction), answer)


@SUITES.check(
    "basics.offered-is-answered",
    rules=("IMP-6",),
    title="What the target is said to offer beyond that answers a plain question",
)
def offered_is_answered(bench: ProducerBench) -> Findings:
    asked = [one for one in bench.settings.offered if bench.plain_question(one) is not None]
    if not asked:
        raise NotJudged("Nothing is said to be offered; name optional interactions with --offers.")
    for interaction in asked:
        answer = bench.ask(bench.plain_question(interaction), f"Does {interaction} answer?")
        if not answer.is_usable:
            sentence = f"{interaction} is said to be offered, and gave {answer.in_words}."
            yield bench.finding("IMP-6", sentence, _REMEDY.format(interaction), answer)

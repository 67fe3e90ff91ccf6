"""When a booking gets no answer: look before trying again, and never send it twice blindly.

MakeBooking has no request id and no reservation: sent twice it may book twice, and what came of the first can only be
seen in the schedule.
Source: contracts.md MB-10; §12 (idempotence: none).
"""

from itertools import pairwise

from conformance.checks import Findings, NotJudged
from conformance.consumer.asked import Asked, stamp
from conformance.consumer.bench import ConsumerBench, Played
from conformance.consumer.suite import SUITES

_LOOK = ("GetSubjectOfCareSchedule",)
_REMEDY = (
    "After a fault or no answer, ask GetSubjectOfCareSchedule, and send MakeBooking again only when the booking is not"
    " there. Switch off automatic re-sending in the HTTP client for calls that change something."
)


@SUITES.check(
    "unanswered.looks-before-trying-again",
    rules=("MB-10",),
    title="After MakeBooking got no answer or a fault, the schedule is looked at before it is sent again",
)
def looks_before_trying_again(bench: ConsumerBench) -> Findings:
    is_seen = False
    for name in ("book-lost-done", "book-lost-undone", "book-fault"):
        try:
            played = bench.played(name)
            played.demand("MakeBooking")
        except NotJudged as error:
            why = error.reason
            continue
        is_seen = True
        yield from _blind(bench, played)
    if not is_seen:
        raise NotJudged(why)


@SUITES.check(
    "unanswered.slow-is-waited-for",
    rules=("MB-10",),
    title="While a slow answer is waited for, MakeBooking is not sent again",
)
def slow_is_waited_for(bench: ConsumerBench) -> Findings:
    played = bench.played("book-slow")
    played.demand("MakeBooking")
    yield from _blind(bench, played)


def _blind(bench: ConsumerBench, played: Played) -> Findings:
    """Each MakeBooking that came after another without a look in between, or against what the look had shown."""
    made = played.all("MakeBooking")
    for earlier, later in pairwise(made):
        looks = [one for one in played.before(later, *_LOOK) if one.number > earlier.number and one.answer.is_usable]
        if earlier.answer.is_usable and not _is_late(earlier):
            continue  # an answer came: a refusal, for one, may be followed by another try
        if not looks:
            sentence = "MakeBooking was sent again after no usable answer, without a look at the citizen's schedule."
            yield bench.finding("MB-10", sentence, _REMEDY, later)
        elif _shows(looks[-1], later):
            sentence = (
                "The schedule had shown that the time is booked for this citizen, and MakeBooking was sent again."
            )
            yield bench.finding("MB-10", sentence, _REMEDY, later)


def _is_late(asked: Asked) -> bool:
    return asked.exchange.seconds > 0


def _shows(look: Asked, made: Asked) -> bool:
    return any(stamp(one) == stamp(made.slot) for one in look.answer.slots)

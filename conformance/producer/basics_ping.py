"""PingForConfiguration: whether it is there, quick and true, and leaves everything as it was.

Part of the suite `basics`. Where ping has another address than the rest, the bench's settings say so. Behind a platform
it may be the platform that answers.
Source: contracts.md §8.
"""

import re
from datetime import timedelta

from conformance.checks import Findings, NotJudged
from conformance.producer.bench import ProducerBench, contract_of
from conformance.producer.suite import SUITES
from conformance.reading import Answer
from contracts import envelope, xml
from contracts.times import parse_ts

_PING = "PingForConfiguration"
_BY_PLATFORM = re.compile(r"\bVP00[347]\b")
"""No address, no route, no permission: nothing of it is the target's doing."""
_QUICK_SECONDS = 0.5
_TRIES = 5
_APART = timedelta(minutes=10)


def _question(bench: ProducerBench) -> bytes:
    """A ping of the contract that everybody offers, with the unit as the address meant."""
    namespace = contract_of(_PING)
    body = (
        f'<p:{_PING} xmlns:p="{namespace}">'
        f"<p:serviceContractNamespace>{contract_of('GetSubjectOfCareSchedule')}</p:serviceContractNamespace>"
        f"<p:logicalAddress>{bench.settings.facility}</p:logicalAddress></p:{_PING}>"
    )
    whom = bench.settings.ping_logical_address or bench.settings.logical_address or bench.settings.facility
    return envelope.write_request(xml.parse(body.encode()), whom, None)


def _pinged(bench: ProducerBench, purpose: str) -> Answer:
    return bench.send(_PING, _question(bench), purpose)


def _usable(bench: ProducerBench, purpose: str) -> Answer:
    answer = _pinged(bench, purpose)
    if not answer.is_usable:
        raise NotJudged(f"{_PING} gave {answer.in_words}; see the check basics.ping-is-answered.")
    return answer


@SUITES.check(
    "basics.ping-is-answered",
    rules=("PING-1", "IMP-7", "BP-21"),
    title="PingForConfiguration, which every component must offer, answers",
)
def ping_is_answered(bench: ProducerBench) -> Findings:
    answer = _pinged(bench, "Does the target answer a ping?")
    if answer.fault and (code := _BY_PLATFORM.search(answer.fault.text)):
        raise NotJudged(
            f"A platform refused the ping before the target saw it ({code[0]}): name the logical address or the address"
            f" that {_PING} has, or order a route to it."
        )
    if not answer.is_usable:
        sentence = f"{_PING} at {bench.address_of(_PING)} gave {answer.in_words}."
        remedy = f"Offer {_PING} beside the other interactions, or name its address if it has another one."
        yield bench.finding("PING-1", sentence, remedy, answer)


@SUITES.check(
    "basics.ping-is-quick-and-true",
    rules=("PING-4",),
    title="A ping is answered within half a second, and tells the time at which it was answered",
)
def ping_is_quick_and_true(bench: ProducerBench) -> Findings:
    """The quickest of some tries counts, for the way to the target and a busy machine cost time too."""
    for _ in range(_TRIES):
        answer = _usable(bench, "How long does a ping take?")
        if answer.exchange.seconds < _QUICK_SECONDS:
            break
    else:
        sentence = f"The quickest of {_TRIES} pings took longer than {_QUICK_SECONDS:g} seconds, as seen from here."
        yield bench.finding("PING-4", sentence, "Let a ping do so little that it is answered at once.", answer)
    yield from _of_its_clock(bench, answer)


def _of_its_clock(bench: ProducerBench, answer: Answer) -> Findings:
    try:
        told = parse_ts(answer.text("pingDateTime") or "")
    except ValueError:
        return  # its form is told by the suite `messages`
    apart = told - bench.clock()
    if abs(apart) <= _APART:
        return
    minutes = round(abs(apart).total_seconds() / 60)
    way = "ahead of" if apart > timedelta() else "behind"
    zone = " That looks like another time zone: Swedish local time is meant." if minutes % 60 in (0, 1, 59) else ""
    sentence = f"pingDateTime is {minutes} minutes {way} the kit's clock when the answer was made.{zone}"
    remedy = "Tell the moment of the answer, in Swedish local time."
    yield bench.finding("PING-4", sentence, remedy, answer, answer.payload and answer.payload.one("pingDateTime"))


@SUITES.check(
    "basics.ping-changes-nothing",
    rules=("PING-5",),
    title="A ping changes nothing",
)
def ping_changes_nothing(bench: ProducerBench) -> Findings:
    before = bench.ids_of(bench.person)
    _usable(bench, "Does a ping change the schedule?")
    answer = bench.schedule(bench.person, "Is the schedule as it was before the ping?")
    if frozenset(one.booking_id for one in answer.slots if one.booking_id) != before:
        sentence = "The test person's schedule was another one after a ping than before."
        yield bench.finding("PING-5", sentence, "Let a ping read, and change nothing.", answer)

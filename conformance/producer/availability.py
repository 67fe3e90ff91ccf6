"""When there is a free time: days, times, intervals, filters; the same to both questions.

All is asked about ten days at a time, of one kind of time (`listing.window`). What others book between two questions is
no finding: what seems wrong is asked once more, and a day whose listing changed meanwhile is left alone.
An unknown code narrows a list to nothing; a fault for it is no finding here.
Elsewhere: the lists of codes to filter by (directory.py); form (messages.py).
Source: contracts.md §5.7, §5.8, G-6, G-19, G-22, A-3.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from conformance.checks import Findings, NotJudged
from conformance.model import Finding
from conformance.producer import listing
from conformance.producer.bench import ProducerBench
from conformance.producer.directory import AGENT_REMEDY, unlike
from conformance.producer.listing import UNKNOWN, days_with_times, future, listed_days, same_id
from conformance.producer.suite import SUITES
from conformance.reading import Answer, Node, day_of
from contracts.identifiers import HsaId

_ONE_DAY = timedelta(days=1)
_A_MINUTE = timedelta(minutes=1)


@SUITES.check(
    "availability.days-and-times-agree",
    rules=("GAD-1", "GAT-1"),
    title="Each day that GetAvailableDates lists has a time in GetAvailableTimeslots, and the other way round",
)
def days_and_times_agree(bench: ProducerBench) -> Findings:
    found = listing.window(bench)
    if not any(found.disagreeing(bench)):
        return
    again = listing.asked_again(bench, found.kind, found.first)
    before, now = found.disagreeing(bench), again.disagreeing(bench)
    for day in sorted(before[0].keys() & now[0].keys()):
        sentence = f"GetAvailableDates lists {day}, but GetAvailableTimeslots has no time on that day, asked alike."
        remedy = "List a day exactly when the person can book a time on it, by the same rules as the times."
        yield bench.finding("GAD-1", sentence, remedy, again.days, now[0][day])
    for day in sorted(before[1].keys() & now[1].keys()):
        sentence = (
            f"GetAvailableTimeslots has times on {day}, a day that GetAvailableDates, asked alike, does not list."
        )
        remedy = "List every day on which the person can book a time."
        yield bench.finding("GAD-1", sentence, remedy, again.times, now[1][day])


@SUITES.check(
    "availability.both-ends-are-included",
    rules=("GAD-4", "GAT-4", "G-6"),
    title="An interval includes its first day and its last, and no day outside; one day is an interval too",
)
def both_ends_are_included(bench: ProducerBench) -> Findings:
    found = listing.window(bench)
    agreed = found.agreed(bench)
    wrong: list[Finding] = []
    for first, last in dict.fromkeys(((agreed[0], agreed[-1]), (agreed[0], agreed[0]))):
        for ask, read, rule in _BOTH:
            answer = ask(bench, _of_days(first, last), first, last, time_type_id=found.kind)
            if answer.is_usable:
                wrong += _ends_of(bench, rule, answer, read(bench, answer), first, last)
    if wrong and {agreed[0], agreed[-1]} <= set(listing.asked_again(bench, found.kind, found.first).agreed(bench)):
        yield from wrong


def _ends_of(
    bench: ProducerBench, rule: str, answer: Answer, read: dict[date, Any], first: date, last: date
) -> Iterator[Finding]:
    name = answer.exchange.interaction
    for day, end in dict.fromkeys(((first, "first"), (last, "last" if last > first else "first"))):
        if day not in read:
            sentence = (
                f"{name} from {first} to {last} finds nothing on {day}, the interval's {end} day, where it found times"
                " when more days were asked for: both ends belong to the interval."
            )
            yield bench.finding(rule, sentence, "Include startDateInclusive and endDateInclusive.", answer)
    outside = next((day for day in sorted(read) if not first <= day <= last), None)
    if outside:
        sentence = f"{name} from {first} to {last} lists {outside}, which is outside of the interval."
        yield bench.finding(rule, sentence, "List only what lies within the interval.", answer, read[outside])


@SUITES.check(
    "availability.impossible-interval-finds-nothing",
    rules=("GAD-4", "GAT-4"),
    title="An interval that ends before it begins, or is over, finds nothing that can be booked",
)
def impossible_interval_finds_nothing(bench: ProducerBench) -> Findings:
    found = listing.window(bench)
    inside = found.agreed(bench)[0]
    over = bench.today - 14 * _ONE_DAY, bench.today - 7 * _ONE_DAY
    for first, last in ((inside + 5 * _ONE_DAY, inside - _ONE_DAY), over):
        for ask, read, rule in _BOTH:
            answer = ask(bench, _of_days(first, last), first, last, time_type_id=found.kind)
            listed = read(bench, answer)
            if listed:
                name = answer.exchange.interaction
                sentence = f"{name} from {first} to {last} lists {min(listed)}; no such day is in it."
                remedy = "Answer such an interval with an empty list."
                yield bench.finding(rule, sentence, remedy, answer, listed[min(listed)])


@SUITES.check(
    "availability.nothing-in-the-past",
    rules=("G-22", "GAD-3", "GAT-3"),
    title="Times that have passed are not listed as free",
)
def nothing_in_the_past(bench: ProducerBench) -> Findings:
    found = listing.window(bench)
    first = bench.today - 7 * _ONE_DAY
    answer = listing.times(bench, "Is anything free that has passed?", first, bench.today, time_type_id=found.kind)
    earliest = bench.clock() - _A_MINUTE
    passed = next((slot for slot in answer.slots if slot.start and slot.start < earliest), None)
    remedy = "Leave out what has begun; compare with Swedish local time."
    if passed and passed.start:
        sentence = f"A time on {passed.start:%Y-%m-%d at %H:%M} is listed as free, and has passed."
        yield bench.finding("G-22", sentence, remedy, answer, passed.one("startTimeInclusive"))
    by_day = listing.days(bench, "Is any day free that has passed?", first, bench.today, time_type_id=found.kind)
    for node in by_day.all("performerAvailabilityByDate"):
        day = day_of(node.text("date"))
        if day and day < earliest.date():
            sentence = f"The day {day} is listed as having free times, and has passed."
            yield bench.finding("G-22", sentence, remedy, by_day, node.one("date"))
            return


# -- Filters


@SUITES.check(
    "availability.time-type-narrows",
    rules=("GAD-1", "GAT-1"),
    title="Asked for one time type, days and times are of that time type alone",
)
def time_type_narrows(bench: ProducerBench) -> Findings:
    found = listing.window(bench)
    day = found.agreed(bench)[0]
    for ask, rule in ((listing.days, "GAD-1"), (listing.times, "GAT-1")):
        unknown = ask(bench, "Is anything free of a time type that does not exist?", day, day, time_type_id=UNKNOWN)
        yield from _narrowed(bench, rule, unknown, "timeTypeID", None)
    if found.kind:
        for answer, rule in ((found.days, "GAD-1"), (found.times, "GAT-1")):
            yield from _narrowed(bench, rule, answer, "timeTypeID", found.kind)


@SUITES.check(
    "availability.performer-narrows",
    rules=("GAD-1", "GAT-1"),
    title="Asked for one performer, days and times are with that performer alone",
)
def performer_narrows(bench: ProducerBench) -> Findings:
    found = listing.window(bench)
    agreed = found.agreed(bench)
    first, last = agreed[0], agreed[min(len(agreed), 3) - 1]
    there = [slot for slot in future(bench, found.times) if slot.start and slot.start.date() in agreed]
    whom = next((text for slot in there if (text := slot.text("performer"))), None)
    if whom is None:
        raise NotJudged("No time tells a performer, so there is none to ask for.")
    for ask, read, _ in _BOTH:
        rule = "GAD-1" if ask is listing.days else "GAT-1"
        asked = {"time_type_id": found.kind, "performers": (listing.nobody_in_particular(bench),)}
        unknown = ask(bench, "Is anything free with a performer who does not exist?", first, last, **asked)
        yield from _narrowed(bench, rule, unknown, "performer", None)
        asked["performers"] = (HsaId(whom),)
        answer = ask(bench, "What is free with this performer?", first, found.last, **asked)
        yield from _narrowed(bench, rule, answer, "performer", whom)
        if answer.is_usable and not read(bench, answer):
            sentence = f"{answer.exchange.interaction} finds nothing with performer {whom}, whose times it listed."
            yield bench.finding(rule, sentence, "Find the times of the performer who is asked for.", answer)


@SUITES.check(
    "availability.care-type-narrows",
    rules=("G-19", "G-20"),
    title="Where care types are offered, days and times can be asked for by care type",
)
def care_type_narrows(bench: ProducerBench) -> Findings:
    bench.demand("GetAllCareTypes")
    answer = bench.ask(bench.plain_question("GetAllCareTypes"), "Which care types are there?")
    codes = [text for node in answer.all("careTypes") if (text := node.text("careTypeId"))]
    if not codes:
        raise NotJudged("GetAllCareTypes lists nothing.")
    day = listing.window(bench).agreed(bench)[0]
    for ask in (listing.days, listing.times):
        unknown = ask(bench, "Is anything free of a care type that does not exist?", day, day, care_type_id=UNKNOWN)
        yield from _narrowed(bench, "G-19", unknown, "careTypeID", None)
        known = ask(bench, f"What is free of care type {codes[0]}?", day, day, care_type_id=codes[0])
        yield from _narrowed(bench, "G-19", known, "careTypeID", codes[0])
        if not known.is_usable:
            sentence = f"{known.exchange.interaction}, asked with a care type that is listed, gave {known.in_words}."
            yield bench.finding("G-20", sentence, "Accept the codes that GetAllCareTypes gives.", known)


def _narrowed(bench: ProducerBench, rule: str, answer: Answer, name: str, wanted: str | None) -> Iterator[Finding]:
    """What an answer has beyond what it was asked for by the filter `name`; None is a code that does not exist."""
    listed: tuple[Node, ...] = future(bench, answer) or answer.all("performerAvailabilityByDate")
    for node in listed:
        told = node.text(name)
        if wanted is None:
            sentence = (
                f"{answer.exchange.interaction}, asked with a {name} that does not exist, lists {len(listed)} items all"
                " the same: the filter was not used."
            )
        elif told and not same_id(told, wanted):
            sentence = f"{answer.exchange.interaction}, asked with {name} {wanted}, lists what is of {name} {told}."
        else:
            continue
        yield bench.finding(
            rule, sentence, f"List only what is of the {name} asked for.", answer, node.one(name) or node
        )
        return


# -- Rebooking, and agents


@SUITES.check(
    "availability.rebooking-keeps-the-time-type",
    rules=("GAD-2", "GAT-2"),
    title="Asked with a bookingId, days and times are those that the booking can be moved to: of its time type",
)
def rebooking_keeps_the_time_type(bench: ProducerBench) -> Findings:
    with bench.booked(slot=bench.free(fit=lambda slot: slot.flag("rebooking_allowed") is not False)[0]) as booking:
        kind, start = booking.slot.text("timeTypeID"), booking.slot.start
        if kind is None or start is None:
            raise NotJudged("The free times tell no time type, so there is nothing to compare with.")
        first, last = max(start.date() - 6 * _ONE_DAY, bench.today), start.date()
        seen = False
        for ask, rule in ((listing.days, "GAD-2"), (listing.times, "GAT-2")):
            answer = ask(bench, "Where can the booking be moved to?", first, last, booking_id=booking.id)
            listed: tuple[Node, ...] = answer.all("performerAvailabilityByDate") or future(bench, answer)
            seen = seen or bool(listed)
            other = next((node for node in listed if node.text("timeTypeID") not in (None, kind)), None)
            if other:
                sentence = (
                    f"{answer.exchange.interaction}, asked with the bookingId of a booking of time type {kind}, lists"
                    f" time type {other.text('timeTypeID')}: a bookingId means rebooking, and the booking's own time"
                    " type decides."
                )
                remedy = "With a bookingId, list only times that this very booking can be moved to."
                yield bench.finding(rule, sentence, remedy, answer, other.one("timeTypeID"))
        if not seen:
            raise NotJudged("No time is listed that the booking could be moved to.")


@SUITES.check(
    "availability.agents-get-one-list-for-all",
    rules=("A-3", "GAD-5", "GAT-5"),
    title="An agent gets the same days and times whichever patient is named",
)
def agents_get_one_list_for_all(bench: ProducerBench) -> Findings:
    day = listing.window(bench).agreed(bench)[0]
    judged = False
    for ask, read, rule in (
        (listing.days, _all_days, "GAD-5"),
        (listing.times, _all_times, "GAT-5"),
    ):
        answers = [_for_agent(bench, ask, day, person) for person in unlike(bench)]
        judged = judged or all(one.is_usable for one in answers)
        odd = [one for one in answers if one.is_usable and read(one) != read(answers[0])]
        if not odd or not answers[0].is_usable:
            continue
        again = _for_agent(bench, ask, day, unlike(bench)[0])
        if read(again) == read(answers[0]):  # or else somebody booked meanwhile
            sentence = f"An agent who asks {odd[0].exchange.interaction} gets different answers for different patients."
            yield bench.finding(rule, sentence, AGENT_REMEDY, odd[0])
    if not judged:
        raise NotJudged("The target gives agents no days or times.")


def _for_agent(bench: ProducerBench, ask: "_Asking", day: date, person: Any) -> Answer:
    actor = listing.an_agent(bench)
    return ask(bench, "What does an agent get?", day, day + 2 * _ONE_DAY, person=person, actor=actor)


def _all_days(answer: Answer) -> list[tuple[str | None, ...]]:
    names = ("date", "timeTypeID", "performer", "resourceID")
    return sorted((tuple(map(node.text, names)) for node in answer.all("performerAvailabilityByDate")), key=str)


def _all_times(answer: Answer) -> list[tuple[str | None, ...]]:
    return sorted(map(listing.place, answer.slots), key=str)


def _of_days(first: date, last: date) -> str:
    return f"What is free from {first} to {last}?"


_Asking = Callable[..., Answer]
_Reading = Callable[[ProducerBench, Answer], dict[date, Any]]
_BOTH: tuple[tuple[_Asking, _Reading, str], ...] = (
    (listing.days, listed_days, "GAD-4"),
    (listing.times, days_with_times, "GAT-4"),
)

"""What the target lists as free, under which filters: the questions and readings that several suites share.

A time that has passed is left out of every reading here: that it is listed at all is told once, by
availability.nothing-in-the-past. Times are compared by what they are, not by the id that a system gives a free time.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from conformance.checks import NotJudged
from conformance.people import TestPerson
from conformance.producer.bench import Nobody, ProducerBench
from conformance.reading import Answer, Node, Slot, day_of
from contracts import scheduling as s
from contracts.identifiers import HsaId

UNKNOWN = "finns-inte-4711"
"""An id that no system has given to anything."""

_WINDOW_DAYS = 10
_KINDS = 10


def an_agent(bench: ProducerBench) -> s.Actor:
    """Somebody who helps citizens to book: an HSA-id of the clinic's own organisation."""
    organisation = bench.settings.facility.text.partition("-")[0]
    return s.Actor(f"{organisation}-OMBUD1", s.ActorType.SUBJECT_OF_CARE_AGENT)


def nobody_in_particular(bench: ProducerBench) -> HsaId:
    """A performer whom no clinic has."""
    organisation = bench.settings.facility.text.partition("-")[0]
    return HsaId(f"{organisation}-FINNSINTE4711")


def days(
    bench: ProducerBench,
    purpose: str,
    first: date,
    last: date,
    *,
    person: TestPerson | None = None,
    actor: s.Actor | Nobody | None = None,
    at: HsaId | None = None,
    **filters: Any,
) -> Answer:
    """GetAvailableDates; `filters` are its optional fields, `at` another clinic than the one that is judged."""
    return _ask(bench, s.GetAvailableDates, purpose, first, last, person, actor, at, filters)


def times(
    bench: ProducerBench,
    purpose: str,
    first: date,
    last: date,
    *,
    person: TestPerson | None = None,
    actor: s.Actor | Nobody | None = None,
    at: HsaId | None = None,
    **filters: Any,
) -> Answer:
    """GetAvailableTimeslots, likewise."""
    return _ask(bench, s.GetAvailableTimeslots, purpose, first, last, person, actor, at, filters)


def _ask(
    bench: ProducerBench,
    form: type[s.GetAvailableDates] | type[s.GetAvailableTimeslots],
    purpose: str,
    first: date,
    last: date,
    person: TestPerson | None,
    actor: s.Actor | Nobody | None,
    at: HsaId | None,
    filters: dict[str, Any],
) -> Answer:
    who = person or bench.person
    question = form(at or bench.settings.facility, who.identity, first, last, **filters)
    return bench.ask(question, purpose, person=who, actor=actor, logical_address=address_of(bench, at))


def address_of(bench: ProducerBench, at: HsaId | None) -> HsaId | None:
    """The logical address of a call to another clinic; None for the usual one."""
    return None if bench.settings.logical_address else at


# -- Reading


def future(bench: ProducerBench, answer: Answer) -> tuple[Slot, ...]:
    """The times of an answer that have not passed."""
    now = bench.clock()
    return tuple(slot for slot in answer.slots if slot.start and slot.start >= now)


def listed_days(bench: ProducerBench, answer: Answer) -> dict[date, Node]:
    """The days of GetAvailableDates' answer that have not passed, each with the first element that names it."""
    found: dict[date, Node] = {}
    for node in answer.all("performerAvailabilityByDate"):
        day = day_of(node.text("date"))
        if day is not None and day >= bench.today:
            found.setdefault(day, node)
    return found


def days_with_times(bench: ProducerBench, answer: Answer) -> dict[date, Slot]:
    """The days of the times of an answer that have not passed, each with its first."""
    found: dict[date, Slot] = {}
    for slot in future(bench, answer):
        if slot.start:
            found.setdefault(slot.start.date(), slot)
    return found


def place(slot: Slot) -> tuple[str | None, ...]:
    """What a time is, whatever id it has: when, with whom, where and for what."""
    names = ("startTimeInclusive", "endTimeExclusive", "performer", "resourceID", "timeTypeID")
    return tuple(text.lower() if (text := slot.text(name)) else None for name in names)


def same_id(one: str | None, other: str | None) -> bool:
    """Whether two HSA-ids are one (G-8)."""
    return (one or "").lower() == (other or "").lower()


# -- Where to look


@dataclass(frozen=True)
class Window:
    """Ten days with free times of one kind, and what both questions say about them. `first` and `last` were asked."""

    kind: str | None
    first: date
    last: date
    days: Answer
    times: Answer

    def disagreeing(self, bench: ProducerBench) -> tuple[dict[date, Node], dict[date, Slot]]:
        """The days that only the one question lists, and those that only the other does; the ends are left out, for
        whether they belong to an interval is another question."""
        by_day, by_time = listed_days(bench, self.days), days_with_times(bench, self.times)
        without_times = {day: node for day, node in by_day.items() if day not in by_time and self._is_inside(day)}
        unlisted = {day: slot for day, slot in by_time.items() if day not in by_day and self._is_inside(day)}
        return without_times, unlisted

    def agreed(self, bench: ProducerBench) -> tuple[date, ...]:
        """The days inside that both list. Raises NotJudged when they disagree, or list none."""
        without_times, unlisted = self.disagreeing(bench)
        if without_times or unlisted:
            raise NotJudged("Days and times do not agree; see availability.days-and-times-agree.")
        found = sorted(day for day in listed_days(bench, self.days) if self._is_inside(day))
        if not found:
            raise NotJudged("No day with free times was found to ask about.")
        return tuple(found)

    def _is_inside(self, day: date) -> bool:
        return self.first < day < self.last


def window(bench: ProducerBench) -> Window:
    """Where to look, learnt once. Raises NotJudged when no day is listed for any kind of time."""
    return bench.once("window", lambda: _window(bench))


def _window(bench: ProducerBench) -> Window:
    tomorrow, end = bench.today + timedelta(days=1), bench.today + timedelta(weeks=bench.settings.weeks)
    for kind in bench.kinds()[:_KINDS]:
        answer = days(bench, "On which days is anything free?", tomorrow, end, time_type_id=kind)
        found = [day for day in sorted(listed_days(bench, answer)) if day >= tomorrow]
        if found:
            return asked_again(bench, kind, found[0] - timedelta(days=1))
    raise NotJudged("GetAvailableDates lists no day with a free time, for any time type; open some times.")


def asked_again(bench: ProducerBench, kind: str | None, first: date) -> Window:
    """A window from `first` on, as it is now."""
    last = first + timedelta(days=_WINDOW_DAYS)
    by_day = days(bench, "Which days have free times?", first, last, time_type_id=kind)
    by_time = times(bench, "Which times are free on the same days?", first, last, time_type_id=kind)
    return Window(kind, first, last, by_day, by_time)

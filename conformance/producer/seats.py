"""Whether a time is in the list of free times, before and after something happened to it.

A time is looked for in the list of its day, as somebody who saw it there before: who never saw it proves nothing. A
time that is still listed after a booking may hold several; so somebody else tries to book it, and only a time that is
listed and refused is wrongly listed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.checks import NotJudged
from conformance.model import Finding
from conformance.people import TestPerson
from conformance.producer import listing
from conformance.producer.bench import Booking, ProducerBench
from conformance.reading import Answer, Slot


@dataclass(frozen=True)
class Watched:
    """A time and somebody who saw it free, `often` times over (chairs that nothing tells apart)."""

    slot: Slot
    observer: TestPerson
    often: int


def watch(bench: ProducerBench, slot: Slot, person: TestPerson) -> Watched:
    """Find who sees the time: rather somebody else than `person`, for whom it is. Raises NotJudged when nobody does."""
    others = [one for one in bench.persons if one != person][:2]
    for observer in (*others, person):
        often = _how_often(bench, slot, observer)[1]
        if often:
            return Watched(slot, observer, often)
    raise NotJudged("The time is in nobody's list of its own day.")


def still_listed(bench: ProducerBench, watched: Watched, booked_by: TestPerson) -> Iterator[Finding]:
    """What is wrong when a time that was taken is listed as before."""
    answer, often = _how_often(bench, watched.slot, watched.observer)
    if not answer.is_usable or often < watched.often:
        return
    if watched.observer == booked_by:
        raise NotJudged("The time is still listed, but it may hold several, and nobody else may book it.")
    tried = bench.make(watched.slot, watched.observer, "Is the time that is still listed still free?")
    if tried.is_done:
        bench.put_back(Booking(tried.text("bookingId") or "", watched.observer, watched.slot, tried))
        raise NotJudged("The time holds several, so it is listed when one has booked it.")
    if tried.result == "ERROR":
        sentence = (
            "The time was taken, and is still listed as free by GetAvailableTimeslots; booking it is refused, as it"
            " must be."
        )
        remedy = "Leave a time out of the free ones from the moment that it is taken."
        yield bench.finding("G-21", sentence, remedy, answer, _found(answer, watched.slot))


def listed_again(bench: ProducerBench, watched: Watched) -> tuple[Answer, bool]:
    """Whether a time that was let go is listed as it was before anybody took it; and the list."""
    answer, often = _how_often(bench, watched.slot, watched.observer)
    if not answer.is_usable:
        raise NotJudged(f"GetAvailableTimeslots gave {answer.in_words}.")
    return answer, often >= watched.often


def _how_often(bench: ProducerBench, slot: Slot, person: TestPerson) -> tuple[Answer, int]:
    if slot.start is None:
        raise NotJudged("The time has no start that can be read.")
    day, kind = slot.start.date(), slot.text("timeTypeID") or bench.settings.time_type
    answer = listing.times(bench, "Is the time listed as free?", day, day, person=person, time_type_id=kind)
    wanted = listing.place(slot)
    return answer, sum(listing.place(one) == wanted for one in answer.slots)


def _found(answer: Answer, slot: Slot) -> Slot | None:
    return next((one for one in answer.slots if listing.place(one) == listing.place(slot)), None)

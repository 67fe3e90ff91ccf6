"""MakeBooking on SQLite through the gateway: how many a second, and that no seat is ever sold twice.

The demo region in a process of its own. First every caller books times of its own, as fast as the region answers; then
groups of callers want the same time at the same moment, and exactly as many may get it as it has seats. Bookings are
counted by the answers: OK with a booking id that nobody else got.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http.client import HTTPConnection
from itertools import islice
from typing import Any

from bench import people
from bench.generator import WrongAnswer
from bench.report import Figure, Section, percentile
from bench.servers import Server
from contracts import codec, envelope
from contracts import scheduling as s
from contracts.identifiers import HsaId, PersonIdentity
from contracts.scheduling.core import Actor, ActorType
from contracts.times import SWEDEN

BAR_A_SECOND, BAR_SECONDS = 150, 2.0
_CLINIC, _TIME_TYPE = HsaId("SE2321009991-2B02"), "PROV10"
_CALLERS = 8
_ALONE, _WANTED, _RIVALS = 1200, 40, 8
_WEEKS = 12
_QUESTIONS = 100


@dataclass(frozen=True, slots=True)
class Booking:
    """What came of it. `refused` are answers ERROR where a time was wanted by one caller alone."""

    start_seconds: float
    bookings: int
    refused: int
    seconds: float
    contested: int
    sold: int
    sold_twice: int
    question_milliseconds: tuple[float, ...]

    @property
    def per_second(self) -> float:
        return self.bookings / self.seconds


class Consumer:
    """A connection to the region for one thread."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, question: Any, citizen: PersonIdentity) -> Any:
        """The typed answer. Raises WrongAnswer for a fault."""
        actor = Actor(citizen.number, ActorType.SUBJECT_OF_CARE)
        body = envelope.write_request(codec.encode(question), _CLINIC, actor)
        self._connection.request("POST", "/vp", body, {"Content-Type": "text/xml; charset=UTF-8"})
        response = self._connection.getresponse()
        answered = response.read()
        if response.status != 200:
            raise WrongAnswer(f"the region answered {type(question).__name__} with status {response.status}")
        payload = envelope.read(answered).payload
        assert payload is not None
        return codec.decode(codec.BY_CONTRACT[_contract(str(payload.tag))].response, payload)

    def free_times(self, citizen: PersonIdentity, weeks: int) -> tuple[s.Timeslot, ...]:
        today = datetime.now(SWEDEN).date()
        last = today + timedelta(weeks=weeks)
        question = s.GetAvailableTimeslots(_CLINIC, citizen, today, last, time_type_id=_TIME_TYPE)
        found: tuple[s.Timeslot, ...] = self.ask(question, citizen).timeslots
        return found

    def book(self, slot: s.Timeslot, citizen: PersonIdentity) -> s.MakeBookingResponse:
        flags = ("cancel_booking_allowed", "rebooking_allowed", "message_allowed", "is_invitation")
        absent: dict[str, Any] = dict.fromkeys(flags)
        wanted = replace(slot, subject_of_care=citizen, **absent)
        answer: s.MakeBookingResponse = self.ask(
            s.MakeBooking(_CLINIC, wanted, s.SubjectOfCareInfo("Last", "Prov")), citizen
        )
        return answer


def _contract(tag: str) -> str:
    return tag[1:].partition("}")[0]


def measure(region: Server) -> Booking:
    """Book at a demo region that has just been started."""
    began_at, citizens = time.monotonic(), people.citizens()
    free = Consumer(region.port).free_times(next(citizens), _WEEKS)
    start_seconds = region.seconds_to_start + time.monotonic() - began_at
    if len(free) < _ALONE + _WANTED:
        raise WrongAnswer(f"the demo region has {len(free)} free times; the measurement needs {_ALONE + _WANTED}")
    taken, alone = _timed_bookings(region, free[:_ALONE], citizens)
    contested = [_rivals(region, slot, list(islice(citizens, _RIVALS))) for slot in free[_ALONE : _ALONE + _WANTED]]
    ids = Counter(one.booking_id for some in (alone, *contested) for one in some if one.booking_id is not None)
    winners = [sum(one.booking_id is not None for one in some) for some in contested]
    return Booking(
        start_seconds=start_seconds,
        bookings=sum(one.booking_id is not None for one in alone),
        refused=sum(one.booking_id is None for one in alone),
        seconds=taken,
        contested=len(contested),
        sold=sum(count == 1 for count in winners),
        sold_twice=sum(count > 1 for count in (*winners, *ids.values())),
        question_milliseconds=_questions(region, next(citizens)),
    )


def _timed_bookings(
    region: Server, slots: Sequence[s.Timeslot], citizens: Iterator[PersonIdentity]
) -> tuple[float, list[s.MakeBookingResponse]]:
    mine = threading.local()

    def book(work: tuple[s.Timeslot, PersonIdentity]) -> s.MakeBookingResponse:
        if not hasattr(mine, "consumer"):
            mine.consumer = Consumer(region.port)
        answer: s.MakeBookingResponse = mine.consumer.book(*work)
        return answer

    pairs = list(zip(slots, citizens, strict=False))
    with ThreadPoolExecutor(_CALLERS) as callers:
        began_at = time.monotonic()
        answers = list(callers.map(book, pairs))
        return time.monotonic() - began_at, answers


def _rivals(region: Server, slot: s.Timeslot, citizens: Sequence[PersonIdentity]) -> list[s.MakeBookingResponse]:
    ready = threading.Barrier(len(citizens))

    def book(citizen: PersonIdentity) -> s.MakeBookingResponse:
        consumer = Consumer(region.port)
        ready.wait()
        return consumer.book(slot, citizen)

    with ThreadPoolExecutor(len(citizens)) as callers:
        return list(callers.map(book, citizens))


def _questions(region: Server, citizen: PersonIdentity) -> tuple[float, ...]:
    consumer, taken = Consumer(region.port), []
    for _ in range(_QUESTIONS):
        began_at = time.perf_counter()
        consumer.free_times(citizen, weeks=1)
        taken.append((time.perf_counter() - began_at) * 1000)
    return tuple(taken)


def section(found: Booking) -> Section:
    asked, speed, start = found.question_milliseconds, found.per_second, found.start_seconds
    sold = f"{found.sold} of {found.contested}, {found.sold_twice} twice"
    return Section(
        "Bookings on SQLite",
        f"`tidbro serve --demo`; {_CALLERS} callers with a connection each, every one with times of its own; then "
        f"{found.contested} times, each wanted by {_RIVALS} callers at the same moment. A time here has one seat.",
        (
            Figure("start to first valid answer, s", f"{start:.1f}", f"≤ {BAR_SECONDS:g}", start <= BAR_SECONDS),
            Figure("MakeBooking/s", f"{speed:.0f}", f"≥ {BAR_A_SECOND}", speed >= BAR_A_SECOND),
            Figure("times of one's own: booked / refused", f"{found.bookings} / {found.refused}"),
            Figure(
                "contested times sold", sold, "all, none twice", found.sold == found.contested and not found.sold_twice
            ),
            Figure("GetAvailableTimeslots of a week, p50 / p99 ms", f"{_of(asked, 50)} / {_of(asked, 99)}"),
        ),
    )


def _of(milliseconds: Sequence[float], percent: float) -> str:
    return f"{percentile(milliseconds, percent):.1f}"

"""A million times in one scheduling system: free dates for a month, free times for a day, the calendar page.

Forty clinics, each with twenty performers who have twenty-five times a day for fifty working days; four of five are
booked, each by a citizen of its own among 76,000. Questions go straight to the adapters, each in this process: the
timebook's own, and the record system's with its SOAP service and zeep between. Clinics, days and citizens differ from
question to question, so that no cache answers. The page is the record system's day for all twenty performers.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from bench import people
from bench.generator import WrongAnswer
from bench.report import Figure, Section, percentile
from contracts import scheduling as s
from contracts.database import Database
from contracts.identifiers import HsaId, PersonIdentity
from contracts.producer import Caller, SchedulingProducer
from contracts.times import SWEDEN
from scheduling_backends.engine.models import BOOKINGS, HISTORY, SLOTS, SeatRow
from scheduling_backends.engine.offer import BookableBy, ClinicSettings, ReasonMode, TimeTypeSettings
from scheduling_backends.engine.states import BookingState, Happening, Initiative, Role, SlotState
from scheduling_backends.engine.working_days import working_day_rule
from scheduling_backends.takecare import adapter as takecare
from scheduling_backends.takecare.staff import site
from scheduling_backends.takecare.system import TakeCareSystem
from scheduling_backends.timebook import adapter as timebook
from tidbro.server import calm_collector

BAR_QUESTION_MILLISECONDS, BAR_PAGE_MILLISECONDS = 50, 300
CLINICS, PERFORMERS, TIMES_A_DAY, WORKING_DAYS = 40, 20, 25, 50
MINUTES = 15
NOW = datetime(2026, 11, 24, 7, 30, tzinfo=SWEDEN)
CHIEF = HsaId("SE2321009991-S001")
QUESTIONS, PAGES = 200, 40

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Slots:
    """Milliseconds of each question and page, by what was asked; how many times there are and how many are free."""

    times: int
    free: int
    filling_seconds: float
    milliseconds: dict[str, tuple[float, ...]]
    page_kilobytes: float


def measure(folder: Path) -> Slots:
    """Fill a database, ask. Raises WrongAnswer when an answer has no times."""
    url = f"sqlite:///{folder / 'slots.sqlite'}"
    began = time.perf_counter()
    free = _filled(url)
    filling = time.perf_counter() - began
    own = timebook.create({"database_url": url}, clock=lambda: NOW)
    record = takecare.create({"database_url": url, "emulated_sign_in": True}, clock=lambda: NOW)
    calm_collector()  # as in the process that serves
    taken: dict[str, tuple[float, ...]] = {}
    for name, producer in (("timebook", own), ("record system", record)):
        producer.open()
        taken[f"free dates for a month, {name}"] = _timed(producer, _dates)
        taken[f"free times for a day, {name}"] = _timed(producer, _times)
    assert record.system is not None
    pages, kilobytes = _pages(record.system)
    taken["calendar page of a day"] = pages
    for one in (own, record):
        one.close()
    total = CLINICS * PERFORMERS * TIMES_A_DAY * WORKING_DAYS
    return Slots(total, free, filling, taken, kilobytes)


# -- Filling


def _filled(url: str) -> int:
    """A million times and their bookings; how many seats are free."""
    system = timebook.create({"database_url": url}, clock=lambda: NOW)
    system.open()
    with system.desk() as desk:
        for clinic in range(CLINICS):
            hsa_id = _clinic(clinic)
            desk.add_clinic(hsa_id, ClinicSettings(f"Mottagning {clinic}", unit_code=f"M{clinic}"))
            desk.add_time_type(hsa_id, _KIND)
            for number in range(PERFORMERS):
                desk.add_performer(_performer(clinic, number), "Utförare", f"{clinic}.{number}")
        desk.add_staff(CHIEF, "Karin Region")
        desk.give_role(CHIEF, Role.SUPERADMIN)
    system.close()
    engine, free = Database(url).engine, 0
    for clinic in range(1, CLINICS + 1):
        slots = list(_slots(clinic))
        booked = [slot for slot in slots if slot["id"] % 5]
        free += len(slots) - len(booked)
        with engine.begin() as connection:
            connection.execute(insert(SLOTS), slots)
            connection.execute(insert(BOOKINGS), list(_bookings(booked)))
            connection.execute(insert(SeatRow), [_seat(slot) for slot in slots])
            connection.execute(insert(HISTORY), [_line(slot) for slot in booked])
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()
    return free


def _clinic(number: int) -> HsaId:
    return HsaId(f"SE2321009991-M{number:03}")


def _performer(clinic: int, number: int) -> HsaId:
    return HsaId(f"SE2321009991-X{clinic:03}{number:02}")


def _days() -> Sequence[date]:
    is_working_day = working_day_rule(with_eves=True)
    days = (NOW.date() + timedelta(days=n) for n in range(1, 365))
    return list(islice(filter(is_working_day, days), WORKING_DAYS))


def _slots(clinic: int) -> Iterator[Row]:
    """The times of the clinic with this row id, each with an id of its own."""
    number = (clinic - 1) * PERFORMERS * TIMES_A_DAY * WORKING_DAYS
    for day in _days():
        opens = datetime(day.year, day.month, day.day, 8, tzinfo=SWEDEN).astimezone(UTC)
        for turn in range(TIMES_A_DAY):
            start = opens + timedelta(minutes=MINUTES * turn)
            for performer in range(PERFORMERS):
                number += 1
                yield {
                    "id": number,
                    "clinic_id": clinic,
                    "time_type_id": clinic,
                    "performer_id": (clinic - 1) * PERFORMERS + performer + 1,
                    "start": start,
                    "end": start + timedelta(minutes=MINUTES),
                    "day": day,
                    "capacity": 1,
                    "state": SlotState.PUBLISHED,
                }


def _bookings(slots: Sequence[Row]) -> Iterator[Row]:
    for slot, citizen in zip(slots, cycle(_BOOKED), strict=False):
        made_at = _made_at(slot)
        yield {
            "id": _booking_id(slot),
            "clinic_id": slot["clinic_id"],
            "time_type_id": slot["time_type_id"],
            "slot_id": slot["id"],
            "state": BookingState.BOOKED,
            "is_invitation": False,
            "booked_by": Initiative.CITIZEN,
            "subject_of_care": citizen.number,
            "first_name": "Test",
            "last_name": "Testsson",
            "reason": "Kontroll",
            "made_at": made_at,
            "moves": 0,
        }


def _booking_id(slot: Row) -> str:
    return f"B-{slot['id']:030}"


def _made_at(slot: Row) -> datetime:
    """Spread over the fifty days until now."""
    return NOW - timedelta(seconds=slot["id"] * 7919 % (50 * 86400))


def _seat(slot: Row) -> Row:
    return {"slot_id": slot["id"], "number": 1, "booking_id": _booking_id(slot) if slot["id"] % 5 else None}


def _line(slot: Row) -> Row:
    return {
        "booking_id": _booking_id(slot),
        "at": _made_at(slot),
        "done_by": "citizen",
        "what": Happening.BOOKED,
        "to_slot_id": slot["id"],
    }


# -- Asking


def _timed(producer: SchedulingProducer, ask: Callable[[SchedulingProducer, int], int]) -> tuple[float, ...]:
    """Milliseconds of each question. Raises WrongAnswer for one that found nothing."""
    taken = []
    for turn in range(QUESTIONS):
        began = time.perf_counter()
        found = ask(producer, turn)
        taken.append((time.perf_counter() - began) * 1000)
        if not found:
            raise WrongAnswer("there were no free times where some are")
    return tuple(taken)


def _dates(producer: SchedulingProducer, turn: int) -> int:
    clinic, citizen, first = _clinic(turn % CLINICS), _ASKING[turn], _days()[turn % 20]
    question = s.GetAvailableDates(clinic, citizen, first, first + timedelta(days=30), time_type_id=_KIND.code)
    return len(producer.get_available_dates(question, _caller(clinic, citizen)).availabilities)


def _times(producer: SchedulingProducer, turn: int) -> int:
    clinic, citizen, day = _clinic(turn % CLINICS), _ASKING[turn], _days()[turn % WORKING_DAYS]
    question = s.GetAvailableTimeslots(clinic, citizen, day, day, time_type_id=_KIND.code)
    return len(producer.get_available_timeslots(question, _caller(clinic, citizen)).timeslots)


def _caller(clinic: HsaId, citizen: PersonIdentity) -> Caller:
    actor = s.Actor(citizen.number, s.ActorType.SUBJECT_OF_CARE)
    return Caller(clinic, "SE2321009991-ET01", "SE2321009991-ET01", actor, "bench")


def _pages(system: TakeCareSystem) -> tuple[tuple[float, ...], float]:
    """Milliseconds of each page, and kilobytes of the largest."""
    taken, largest = [], 0
    application = site(system, b"a secret for this run alone")
    with application.test_client() as browser:
        page = browser.get("/logga-in/mottagning", query_string={"staff": CHIEF.text}).get_data(as_text=True)
        token = re.search('name="csrf_token" value="([^"]+)"', page)
        if token is None:
            raise WrongAnswer("the page for signing in has no form")
        browser.post("/logga-in", data={"csrf_token": token[1], "staff": CHIEF.text, "clinic": "1"})
        for turn in range(PAGES):
            day = _days()[turn % WORKING_DAYS]
            began = time.perf_counter()
            answer = browser.get("/kalender", query_string={"dag": day.isoformat()})
            body = answer.get_data()
            taken.append((time.perf_counter() - began) * 1000)
            largest = max(largest, len(body))
            if answer.status_code != 200 or body.count(b"Test Testsson") < PERFORMERS * TIMES_A_DAY * 4 // 5:
                raise WrongAnswer("the calendar does not show who is booked")
    return tuple(taken), largest / 1024


_KIND = TimeTypeSettings(
    "BES15",
    "Besök 15",
    "Besök",
    length_minutes=MINUTES,
    bookable_by=BookableBy.BOTH,
    opens_days_before=120,
    booking_reason=ReasonMode.OPTIONAL,
)
_BOOKED = list(islice(people.citizens(), 1000, None))
_ASKING = list(islice(people.citizens(), QUESTIONS))


def section(measured: Slots) -> Section:
    """What the report says."""
    figures = []
    for what, values in measured.milliseconds.items():
        bar = BAR_PAGE_MILLISECONDS if what.startswith("calendar") else BAR_QUESTION_MILLISECONDS
        worst = percentile(values, 99)
        figures.append(
            Figure(f"{what}: p99", f"{worst:.1f} ms (p50 {percentile(values, 50):.1f})", f"{bar} ms", worst <= bar)
        )
    remarks = (
        f"{measured.times:,} times, {measured.free:,} of them free, made in {measured.filling_seconds:.0f} s; "
        f"the page shows {PERFORMERS * TIMES_A_DAY} times and is {measured.page_kilobytes:,.0f} KB.",
    )
    return Section("A million times", str(__doc__).partition("\n\n")[2].strip(), tuple(figures), remarks)

"""Many at once for one seat: the database decides, and everybody gets an answer (domain.md §9.3; DESIGN decision 9).

There are more threads than people: seventeen published test numbers, so some of the rivals are one citizen twice.
"""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from scheduling_backends.engine.models import BookingRow, HistoryRow, SeatRow
from scheduling_backends.engine.offer import CutOff
from scheduling_backends.engine.states import BookingState
from scheduling_backends.timebook.adapter import create
from tests.people import ANNA, BERTIL, DAN, ELIN, PEOPLE
from tests.scheduling_backends.timebooks import GROUP, NORTH, OFFICE, SOUTH, a_type

RIVALS = 40


def at_once(*jobs):
    """What the jobs return, all let go at the same moment, each in a thread of its own."""
    barrier = threading.Barrier(len(jobs))

    def run(job):
        barrier.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def taken(world):
    """The bookings that sit on a seat."""
    return [seat.booking_id for seat in world.rows(SeatRow) if seat.booking_id]


def booked(world):
    return [row.id for row in world.rows(BookingRow) if row.state is BookingState.BOOKED]


def rush(world, slot):
    """Forty wishes for one time: how many got which answer."""
    rivals = [world.ask(PEOPLE[n % len(PEOPLE)]) for n in range(RIVALS)]
    answers = at_once(*(lambda ask=ask: ask.make(slot) for ask in rivals))
    assert all(answer.result_text for answer in answers if answer.result_code == "ERROR")
    return Counter(answer.result_code for answer in answers)


@pytest.mark.parametrize("capacity", [1, 4])
def test_r15_r17_of_forty_at_once_as_many_get_a_seat_as_there_are(world, capacity):
    world.add_clinic(NORTH, GROUP, a_type(capacity=capacity))
    world.add_times()
    assert rush(world, world.ask().free_times()[0]) == {"OK": capacity, "ERROR": RIVALS - capacity}
    assert len(taken(world)) == len(booked(world)) == len(world.rows(HistoryRow)) == capacity
    assert set(taken(world)) == set(booked(world))


def test_r15_two_processes_share_the_database_and_not_the_seat(world):
    """The second timebook knows nothing of the first one's locks: only the database stands between them."""
    world.add_clinic(NORTH, GROUP, a_type())
    world.add_times()
    slot = world.ask().free_times()[0]
    second = create({"database_url": world.url}, clock=world.clock)
    second.open()
    asks = [world.ask(who) if n % 2 else replace(world.ask(who), producer=second) for n, who in enumerate(PEOPLE)]
    answers = at_once(*(lambda ask=ask: ask.make(slot) for ask in asks))
    second.close()
    assert Counter(answer.result_code for answer in answers) == {"OK": 1, "ERROR": len(PEOPLE) - 1}
    assert len(taken(world)) == 1


def test_r13_one_citizen_in_many_windows_books_once(world):
    world.add_clinic(NORTH, GROUP, a_type())
    world.add_times()
    slots = world.ask().free_times()
    answers = at_once(*(lambda slot=slot: world.ask().make(slot) for slot in slots))
    assert Counter(answer.result_code for answer in answers) == {"OK": 1, "ERROR": len(slots) - 1}
    assert len(taken(world)) == 1


def test_r15_one_citizen_is_not_booked_in_two_places_at_once(world):
    world.add_clinic(NORTH, GROUP, a_type(max_simultaneous=0))
    with world.timebook.desk() as desk:
        for room in ("R1", "R2", "R3"):
            desk.add_resource(NORTH, room, room)
    for room in ("R1", "R2", "R3"):
        world.add_times(resource=room)
    slots = world.ask().free_times()[:3]
    assert len({slot.start for slot in slots}) == 1
    answers = at_once(*(lambda slot=slot: world.ask().make(slot) for slot in slots))
    assert Counter(answer.result_code for answer in answers) == {"OK": 1, "ERROR": 2}


@pytest.mark.parametrize("_", range(5))
def test_r34_booking_against_cancelling_leaves_the_seat_with_one_or_none(world, _):
    world.add_clinic(NORTH, GROUP, a_type())
    world.add_times()
    slot = world.ask().free_times()[0]
    booking_id = world.ask().booked(slot)
    cancelled, *made = at_once(
        lambda: world.ask().cancel(booking_id),
        *(lambda who=who: world.ask(who).make(slot) for who in (BERTIL, DAN, ELIN)),
    )
    assert cancelled.result_code == "OK"
    got = [answer.booking_id for answer in made if answer.booking_id]
    assert len(got) <= 1
    assert taken(world) == booked(world) == got


def test_two_cancellings_of_one_booking_one_is_told_it_was_done_already(world):
    world.add_clinic(NORTH, GROUP, a_type())
    world.add_times()
    booking_id = world.ask().booked(world.ask().free_times()[0])
    answers = at_once(*(lambda: world.ask().cancel(booking_id) for _ in range(8)))
    assert Counter(answer.result_code for answer in answers) == {"OK": 1, "ERROR": 7}
    assert len(world.rows(HistoryRow)) == 2


def test_of_many_moves_to_one_time_one_gets_there_and_the_others_stay(world):
    world.add_clinic(NORTH, GROUP, a_type(cancel_own=CutOff(0)))
    world.add_times()
    *old, goal = world.ask().free_times()
    asks = [world.ask(who) for who in PEOPLE[: len(old)]]
    ids = [ask.booked(slot) for ask, slot in zip(asks, old, strict=True)]
    answers = at_once(*(lambda ask=ask, one=one: ask.move(one, goal) for ask, one in zip(asks, ids, strict=True)))
    assert Counter(answer.result_code for answer in answers) == {"OK": 1, "ERROR": len(old) - 1}
    starts = [ask.schedule()[0].start for ask in asks]
    assert [start == goal.start for start in starts] == [answer.result_code == "OK" for answer in answers]
    expected = [
        goal.start if answer.result_code == "OK" else slot.start for answer, slot in zip(answers, old, strict=True)
    ]
    assert starts == expected
    assert sorted(taken(world)) == sorted(ids)


@pytest.mark.parametrize("_", range(5))
def test_two_who_want_to_change_places_end_on_two_seats(world, _):
    world.add_clinic(NORTH, GROUP, a_type())
    world.add_times()
    first, second = world.ask().free_times()[:2]
    anna, bertil = world.ask(ANNA), world.ask(BERTIL)
    hers, his = anna.booked(first), bertil.booked(second)
    at_once(lambda: anna.move(hers, second), lambda: bertil.move(his, first))
    assert sorted(taken(world)) == sorted([hers, his])
    assert anna.schedule()[0].start != bertil.schedule()[0].start


def test_moves_between_two_clinics_lose_and_double_nobody(world):
    for clinic in (NORTH, SOUTH):
        world.add_clinic(clinic, GROUP, a_type())
        world.add_times(clinic)
    goal = world.ask(facility=SOUTH).free_times()[0]
    slots = world.ask().free_times()
    people = PEOPLE[: len(slots)]
    ids = [world.ask(who).booked(slot) for who, slot in zip(people, slots, strict=True)]
    moves = [(world.ask(who, SOUTH), one) for who, one in zip(people, ids, strict=True)]
    answers = at_once(*(lambda ask=ask, one=one: ask.move(one, goal) for ask, one in moves))
    assert Counter(answer.result_code for answer in answers) == {"OK": 1, "ERROR": len(slots) - 1}
    assert len(taken(world)) == len(slots)
    assert sorted(taken(world)) == sorted(booked(world))


def test_r32_one_invitation_in_many_windows_is_used_once(world):
    kind = a_type(code="SCR15", is_protected=True, max_simultaneous=0)
    world.add_clinic(OFFICE, replace(GROUP, is_virtual=True), kind)
    world.add_clinic(NORTH, GROUP, kind)
    world.add_times(code="SCR15")
    with world.timebook.desk() as desk:
        invitation = desk.invite(OFFICE, "SCR15", ELIN.identity, "Välkommen.", [NORTH])
    ask = world.ask(ELIN, code="SCR15")
    slots = ask.free_times(booking_id=invitation)
    answers = at_once(*(lambda slot=slot: ask.make(replace(slot, booking_id=invitation)) for slot in slots))
    assert Counter(answer.result_code for answer in answers) == {"OK": 1, "ERROR": len(slots) - 1}
    assert len(taken(world)) == 1

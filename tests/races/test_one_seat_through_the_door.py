"""Many hands on one time, through the real door: the database decides, and every caller is told the truth."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

import pytest

from tests.people import PEOPLE

THREADS = 40


@pytest.mark.parametrize(("time_type", "seats"), [("OST15", 1), ("GRUPP", 4)])
def test_of_forty_who_want_a_time_exactly_as_many_get_it_as_it_has_seats(town, time_type, seats):
    """R15, R17; MB-9: nobody is told OK without a seat, nobody refused while one is free."""
    town.add_group_times()
    visitors = [town.visitor(person, "2B07") for person in islice(cycle(PEOPLE), THREADS)]
    slot = next(one for one in visitors[1].times(time_type) if one.time_type_id == time_type)
    ready = threading.Barrier(THREADS)

    def try_to_book(visitor):
        ready.wait()
        return visitor.person, visitor.book(slot)

    with ThreadPoolExecutor(THREADS) as pool:
        told = list(pool.map(try_to_book, visitors))
    winners = [(person, answer) for person, answer in told if answer.result_code == "OK"]
    assert len(winners) == seats
    assert all(answer.result_text for _, answer in told if answer.result_code == "ERROR")
    assert {answer.result_code for _, answer in told} == {"OK", "ERROR"}
    for person, answer in winners:
        booked = town.visitor(person, "2B07").details(answer.booking_id)
        assert (booked.start, booked.subject_of_care) == (slot.start, person.identity)

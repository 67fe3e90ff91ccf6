"""Duels where a time has several seats, by the list or unknown to it, and where there are too few to fight."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from conformance.model import Outcome
from conformance.people import TestPerson
from conformance.producer import supply
from conformance.producer.bench import ProducerBench
from conformance.producer.duel import at_once
from tests.conformance.judging import ADULTS, TIMEBOOK, a_bench, a_test_person, judged, red
from tests.conformance.mutants_refuse import Rush
from tests.people import GRETA, HULDA, KARIN, LARS
from tests.serving import Served

GROUP_CLINIC, GROUP_TIME = "SE2321009991-2B01", "VAC65"
"""Four people get one such time, and the list has one entry for it as long as there is a seat left."""
ELDERLY = tuple(map(a_test_person, (LARS, KARIN, GRETA, HULDA)))
DUELS = ("duel.many-for-one-time", "duel.lost-answers")


@contextmanager
def a_group_bench(region: Served, persons: tuple[TestPerson, ...] = ELDERLY) -> Iterator[ProducerBench]:
    with a_bench(region, GROUP_CLINIC, persons=persons, time_type=GROUP_TIME, weeks=12) as bench:
        yield bench


def test_works_begin_at_once_and_their_answers_come_in_order() -> None:
    assert at_once([lambda number=number: number for number in range(8)]) == list(range(8))


def test_entries_of_a_list_are_seats_where_a_booking_takes_one_away(region: Served) -> None:
    with a_bench(region) as bench:
        moments = [supply.take(bench) for _ in range(8)]
        for number in {len(one.slots) for one in moments}:
            moment = next(one for one in moments if len(one.slots) == number)
            assert supply.seats_at(bench, moment, bench.person) == number


def test_an_entry_that_stays_after_a_booking_says_nothing_of_seats(region: Served) -> None:
    with a_group_bench(region) as bench:
        assert supply.seats_at(bench, supply.take(bench), bench.person) is None


@pytest.mark.parametrize("duel", DUELS)
def test_a_duel_for_a_time_of_unknown_seats_is_judged_by_what_stands(region: Served, duel: str) -> None:
    with a_group_bench(region) as bench:
        before = [bench.ids_of(one) for one in ELDERLY]
        assert judged(bench, duel)[duel].outcome is Outcome.PASSED
        assert [bench.ids_of(one) for one in ELDERLY] == before


def test_a_booking_that_vanishes_is_seen_where_seats_are_unknown(region: Served) -> None:
    def under_another_name(answer: Any) -> Any:
        return replace(answer, booking_id="B-nowhere") if answer.booking_id else answer

    with Rush("make_booking").changing(under_another_name), a_group_bench(region) as bench:
        assert red(judged(bench, DUELS[0])) == {DUELS[0]: {"G-21"}}


def test_two_cannot_fight_a_duel(region: Served) -> None:
    with a_bench(region, TIMEBOOK, persons=ADULTS[:2]) as bench:
        result = judged(bench, DUELS[0])[DUELS[0]]
    assert result.outcome is Outcome.NOT_JUDGED
    assert "3 test persons" in result.reason


def test_all_is_put_back_after_every_duel(region: Served) -> None:
    with a_bench(region) as bench:
        before = [bench.ids_of(one) for one in ADULTS]
        assert red(judged(bench, "duel", "repeats")) == {}
        assert [bench.ids_of(one) for one in ADULTS] == before

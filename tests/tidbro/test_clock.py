"""The virtual clock: cut-offs, birthdays and clock changes can be tried without waiting for them."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.times import SWEDEN, system_clock
from tidbro.clock import clock_of


def test_an_empty_setting_is_the_machines_own_clock():
    assert clock_of("") is system_clock


def test_a_virtual_clock_starts_at_its_moment_and_never_runs_backwards():
    clock = clock_of("2026-12-12T08:00")
    first, second = clock(), clock()
    assert datetime(2026, 12, 12, 8, tzinfo=SWEDEN) <= first <= second


def test_a_virtual_clock_shows_swedish_time_on_both_sides_of_a_clock_change():
    before = clock_of("2027-03-28T01:59:59")()
    assert before.utcoffset() == timedelta(hours=1)
    assert clock_of("2027-03-28T03:00")().utcoffset() == timedelta(hours=2)


def test_a_moment_with_a_zone_is_that_moment():
    assert clock_of("2026-12-12T07:00+00:00")() - datetime(2026, 12, 12, 7, tzinfo=UTC) < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["soon", "2026-02-31T08:00", "2027-03-28T02:30"])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError):
        clock_of(text)

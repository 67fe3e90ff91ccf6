"""scheduling_backends/engine/schedules.py: domain.md §7.3 items 1 and 3, §3.3."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.times import SWEDEN, exists, is_ambiguous
from scheduling_backends.engine.schedules import Period, holidays_skipped, moments

EVERY_DAY = frozenset(range(7))


def a_day(day, opens, closes, length=30, **more):
    return Period(day, day, opens, closes, length, weekdays=EVERY_DAY, **more)


def clock_times(period):
    return [m.start.astimezone(SWEDEN).strftime("%H%M") for m in moments(period, eves_are_holidays=True)]


def test_times_follow_each_other_until_the_day_closes():
    assert clock_times(a_day(date(2026, 12, 1), time(9), time(10, 45))) == ["0900", "0930", "1000"]


def test_a_pause_lies_between_two_times():
    assert clock_times(a_day(date(2026, 12, 1), time(9), time(11), pause_minutes=10)) == ["0900", "0940", "1020"]


def test_no_time_touches_a_break():
    lunch = ((time(12), time(13)),)
    period = a_day(date(2026, 12, 1), time(11), time(14), 40, breaks=lunch)
    assert clock_times(period) == ["1100", "1300"]


def test_every_other_week_counts_from_the_first():
    period = Period(date(2026, 12, 1), date(2026, 12, 20), time(9), time(9, 30), 30, every_weeks=2)
    days = [moment.day.day for moment in moments(period, eves_are_holidays=True)]
    assert days == [1, 2, 3, 4, 14, 15, 16, 17, 18]


def test_holidays_are_left_out_and_told():
    period = Period(date(2026, 12, 21), date(2026, 12, 31), time(9), time(9, 30), 30)
    assert [m.day.day for m in moments(period, eves_are_holidays=True)] == [21, 22, 23, 28, 29, 30]
    assert [day.day for day in holidays_skipped(period, eves_are_holidays=True)] == [24, 25, 31]
    assert [day.day for day in holidays_skipped(period, eves_are_holidays=False)] == [25]


def test_a_clinic_may_keep_open_on_holidays():
    assert clock_times(a_day(date(2026, 12, 25), time(9), time(9, 30), keeps_holidays=True)) == ["0900"]


def test_no_time_touches_the_hour_that_spring_skips():
    period = a_day(date(2026, 3, 29), time(0, 30), time(4), keeps_holidays=True)
    assert clock_times(period) == ["0030", "0100", "0300", "0330"]


def test_no_time_touches_the_hour_that_autumn_has_twice():
    period = a_day(date(2026, 10, 25), time(1), time(4), keeps_holidays=True)
    assert clock_times(period) == ["0100", "0300", "0330"]


@given(
    day=st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 1), date(2027, 3, 28)]),
    opens=st.integers(0, 20),
    length=st.integers(1, 180),
)
def test_every_time_exists_once_and_is_as_long_as_its_kind(day, opens, length):
    period = a_day(day, time(opens), time(opens + 3), length, keeps_holidays=True)
    for moment in moments(period, eves_are_holidays=True):
        for end in (moment.start, moment.end):
            assert exists(end.astimezone(SWEDEN))
            assert not is_ambiguous(end.astimezone(SWEDEN))
        assert moment.start.tzinfo is UTC
        clock_length = moment.end.astimezone(SWEDEN) - moment.start.astimezone(SWEDEN)
        assert clock_length == timedelta(minutes=length)


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_day": date(2026, 11, 30)},
        {"closes": time(9)},
        {"length_minutes": 0},
        {"pause_minutes": -1},
        {"every_weeks": 9},
        {"weekdays": frozenset({7})},
    ],
)
def test_a_period_that_cannot_be_is_not_made(wrong):
    right = {
        "first_day": date(2026, 12, 1),
        "last_day": date(2026, 12, 1),
        "opens": time(9),
        "closes": time(10),
        "length_minutes": 30,
    }
    assert next(moments(Period(**right), eves_are_holidays=True)).start == datetime(2026, 12, 1, 8, tzinfo=UTC)
    with pytest.raises(ValueError):
        Period(**(right | wrong))

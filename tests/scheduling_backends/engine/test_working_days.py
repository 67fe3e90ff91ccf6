"""scheduling_backends/engine/working_days.py: domain.md §9.4 and §7.3 item 3."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.times import SWEDEN
from scheduling_backends.engine.offer import CutOff, LimitUnit
from scheduling_backends.engine.working_days import holidays_of, is_holiday, last_moment, working_day_rule

WORKING = working_day_rule(with_eves=True)


def swedish(year, month, day, hour=0, minute=0):
    return datetime(year, month, day, hour, minute, tzinfo=SWEDEN)


def days(count):
    return CutOff(count, LimitUnit.WORKING_DAYS)


def test_all_thirteen_holidays_of_2026_are_known():
    assert holidays_of(2026, with_eves=False) == {
        date(2026, 1, 1),  # nyårsdagen
        date(2026, 1, 6),  # trettondedag jul
        date(2026, 4, 3),  # långfredagen
        date(2026, 4, 5),  # påskdagen
        date(2026, 4, 6),  # annandag påsk
        date(2026, 5, 1),  # första maj
        date(2026, 5, 14),  # Kristi himmelsfärdsdag
        date(2026, 5, 24),  # pingstdagen
        date(2026, 6, 6),  # nationaldagen
        date(2026, 6, 20),  # midsommardagen
        date(2026, 10, 31),  # alla helgons dag
        date(2026, 12, 25),  # juldagen
        date(2026, 12, 26),  # annandag jul
    }


@pytest.mark.parametrize("eve", [date(2026, 4, 4), date(2026, 6, 19), date(2026, 12, 24), date(2026, 12, 31)])
def test_the_four_eves_are_holidays_only_where_the_clinic_says_so(eve):
    assert is_holiday(eve, with_eves=True)
    assert not is_holiday(eve, with_eves=False)


@pytest.mark.parametrize("day", [date(2026, 1, 5), date(2026, 4, 30), date(2026, 5, 15), date(2026, 5, 17)])
def test_half_days_squeezed_days_and_plain_sundays_are_no_holidays(day):
    assert not is_holiday(day, with_eves=True)


@pytest.mark.parametrize(
    ("start", "limit", "last"),
    [
        # a Tuesday's visit, one working day: Monday at the same time
        (swedish(2026, 12, 1, 10), 1, swedish(2026, 11, 30, 10)),
        # Monday's: Friday at the same time
        (swedish(2026, 11, 30, 10), 1, swedish(2026, 11, 27, 10)),
        # three working days before the Tuesday after Easter: Maundy Thursday, Wednesday, Tuesday
        (swedish(2026, 4, 7, 10), 1, swedish(2026, 4, 2, 10)),
        (swedish(2026, 4, 7, 10), 3, swedish(2026, 3, 31, 10)),
        # the Monday after New Year: Epiphany's week
        (swedish(2026, 1, 7, 8), 1, swedish(2026, 1, 5, 8)),
        # a Saturday's visit reckons from Saturday 00:00: the whole of Friday lies between
        (swedish(2026, 11, 28, 10), 1, swedish(2026, 11, 27)),
        (swedish(2026, 11, 29, 10), 1, swedish(2026, 11, 27)),
        # none at all: until the start
        (swedish(2026, 11, 28, 10), 0, swedish(2026, 11, 28, 10)),
    ],
)
def test_r24_working_days_skip_saturdays_sundays_and_holidays(start, limit, last):
    assert last_moment(start, days(limit), WORKING) == last


def test_r24_hours_are_elapsed_hours_over_the_night_when_clocks_go_forward():
    assert last_moment(swedish(2026, 3, 29, 10), CutOff(24), WORKING) == swedish(2026, 3, 28, 9)


def test_r24_hours_are_elapsed_hours_over_the_night_when_clocks_go_back():
    assert last_moment(swedish(2026, 10, 25, 10), CutOff(24), WORKING) == swedish(2026, 10, 24, 11)


def test_r24_a_working_day_is_the_same_clock_time_whatever_the_clocks_did():
    assert last_moment(swedish(2026, 3, 30, 10), days(1), WORKING) == swedish(2026, 3, 27, 10)
    assert last_moment(swedish(2026, 10, 26, 10), days(1), WORKING) == swedish(2026, 10, 23, 10)


# Weeks around both clock changes, Easter and Christmas of several years.
_FIRST = st.sampled_from([date(y, m, d) for y in range(2024, 2030) for m, d in ((3, 20), (4, 1), (10, 20), (12, 18))])
STARTS = st.builds(
    lambda first, day, hour, minute: (
        datetime(first.year, first.month, first.day, hour, minute, tzinfo=SWEDEN) + timedelta(days=day)
    ),
    _FIRST,
    st.integers(0, 20),
    st.integers(5, 22),
    st.sampled_from([0, 15, 40]),
)


@given(STARTS, st.integers(0, 200))
def test_r24_so_many_hours_lie_between_the_last_moment_and_the_start(start, hours):
    elapsed = start.timestamp() - last_moment(start, CutOff(hours), WORKING).timestamp()
    assert elapsed == hours * 3600


@given(STARTS, st.integers(1, 10))
def test_r24_so_many_whole_working_days_lie_between_the_last_moment_and_the_start(start, count):
    last = last_moment(start, days(count), WORKING).astimezone(SWEDEN)
    assert WORKING(last.date())
    between = [last.date() + timedelta(days=n) for n in range(1, (start.date() - last.date()).days)]
    whole = sum(map(WORKING, between))
    if WORKING(start.date()):
        # the rest of the first day and the beginning of the last make one
        assert (whole + 1, last.time()) == (count, start.time())
    else:
        assert (whole + 1, last.hour, last.minute) == (count, 0, 0)


@given(STARTS, st.integers(0, 9), st.sampled_from(LimitUnit))
def test_r24_a_longer_limit_is_never_later(start, count, unit):
    longer = last_moment(start, CutOff(count + 1, unit), WORKING)
    assert longer <= last_moment(start, CutOff(count, unit), WORKING) <= start


@given(STARTS, STARTS, st.integers(0, 5), st.sampled_from(LimitUnit))
def test_r24_a_later_visit_may_be_changed_at_least_as_long(one, other, count, unit):
    earlier, later = sorted((one, other))
    limit = CutOff(count, unit)
    assert last_moment(earlier, limit, WORKING) <= last_moment(later, limit, WORKING)

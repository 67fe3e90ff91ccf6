"""eservice/months.py: the calendar of days with times (domain.md §5.4 A4, §5.12)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eservice.months import Day, Month, grid, weeks

DECEMBER = Month(2026, 12)
months = st.dates(date(2000, 1, 1), date(2999, 12, 31)).map(Month.of)


def test_a_month_knows_its_days_and_its_neighbours() -> None:
    assert (DECEMBER.first, DECEMBER.last) == (date(2026, 12, 1), date(2026, 12, 31))
    assert (DECEMBER.next, DECEMBER.previous) == (Month(2027, 1), Month(2026, 11))
    assert Month(2028, 2).last == date(2028, 2, 29)


def test_a_month_is_written_as_addresses_have_it() -> None:
    assert (DECEMBER.text, Month.parse("2026-12")) == ("2026-12", DECEMBER)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "2026-1", "1926-12", "9999-12", "2026-12\n", "２026-12"]
)
def test_what_names_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Month.parse(text)


@given(st.text(max_size=8))
def test_any_text_is_a_month_or_a_value_error(text: str) -> None:
    try:
        month = Month.parse(text)
    except ValueError:
        return
    assert month.text == text


@given(months)
def test_months_follow_each_other_without_gaps(month: Month) -> None:
    assert month.next.first - month.last == timedelta(days=1)
    assert month.next.previous == month == Month.parse(month.text)
    assert month.previous < month < month.next


def test_weeks_begin_on_mondays_and_leave_out_days_of_other_months() -> None:
    first, *_, last = weeks(DECEMBER)  # 1 December 2026 is a Tuesday
    assert first == (None, *(date(2026, 12, day) for day in range(1, 7)))
    assert last == (*(date(2026, 12, day) for day in range(28, 32)), None, None, None)


@given(months)
def test_weeks_hold_every_day_of_the_month_once_under_its_weekday(month: Month) -> None:
    table = weeks(month)
    days = [day for week in table for day in week if day]
    assert days == [month.first + timedelta(days=n) for n in range((month.last - month.first).days + 1)]
    assert all(day is None or day.weekday() == place for week in table for place, day in enumerate(week))
    assert {len(week) for week in table} == {7}


def test_the_table_tells_which_days_have_times_and_how_many_where_it_is_known() -> None:
    """GetAvailableDates gives days; numbers come from GetAvailableTimeslots alone (domain.md §5.4 A4)."""
    first, second, third = (date(2026, 12, day) for day in (1, 2, 3))
    week = grid(DECEMBER, {first: 5, second: None}, chosen=first, today=third)[0]
    assert week[:4] == (
        None,
        Day(first, 5, is_chosen=True, is_over=True),
        Day(second, None, is_over=True),
        Day(third, 0, is_today=True),
    )
    assert [day.has_times for day in week[1:4] if day] == [True, True, False]


def test_a_day_that_became_full_has_no_times() -> None:
    assert not Day(date(2026, 12, 1), 0).has_times

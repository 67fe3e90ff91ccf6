"""gateway/tak/model.py: between which moments a row is in force (platform.md §9.2, §25 row 4)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.times import SWEDEN
from gateway.tak.model import Validity

MICROSECOND = timedelta(microseconds=1)


def sweden(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SWEDEN)


def test_days_are_whole_swedish_days_with_both_ends_in() -> None:
    validity = Validity.of_days(date(2026, 3, 1), date(2026, 10, 31))
    assert validity.covers(sweden(2026, 3, 1))
    assert validity.covers(sweden(2026, 10, 31, 23, 59, 59, 999_999))
    assert not validity.covers(sweden(2026, 3, 1) - MICROSECOND)
    assert not validity.covers(sweden(2026, 11, 1))


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_day_of_23_or_25_hours_is_a_whole_day_too(day: date) -> None:
    validity = Validity.of_days(day, day)
    midnight = datetime(day.year, day.month, day.day, tzinfo=SWEDEN)
    after = (midnight + timedelta(days=1)).astimezone(UTC)
    assert validity.covers(midnight.astimezone(UTC))
    assert validity.covers(after - MICROSECOND)
    assert not validity.covers(after)


def test_the_last_day_that_there_is_can_be_the_last_day() -> None:
    """Catalogues write 9999-12-31 for "until further notice"."""
    for validity in (
        Validity.of_days(date(1, 1, 1), date(9999, 12, 31)),
        Validity.of_stamps("0001-01-01T00:00:00", "9999-12-31T00:00:00"),
        Validity.of_stamps("0001-01-01", "9999-12-31T23:59:59.9999999"),
        Validity.of_stamps("2026-01-01T00:00:00Z", "9999-12-31T00:00:00+01:00"),
    ):
        assert validity.covers(sweden(2026, 12, 1))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-01-01T00:00:00.000", "2026-12-31T00:00:00.000"),
        ("2026-01-01T00:00:00", "2026-12-31T00:00:00"),
        ("2026-01-01", " 2026-12-31\n"),
    ],
)
def test_unzoned_midnights_are_whole_days(first: str, last: str) -> None:
    """platform.md §9.2: TAK stores whole dates; §25 row 4: inclusive local dates."""
    assert Validity.of_stamps(first, last) == Validity.of_days(date(2026, 1, 1), date(2026, 12, 31))


def test_an_unzoned_time_of_day_is_swedish_time() -> None:
    validity = Validity.of_stamps("2026-01-01T08:00:00", "2026-12-31T17:30:00.5")
    assert validity.start == sweden(2026, 1, 1, 8)
    assert validity.end == sweden(2026, 12, 31, 17, 30, 0, 500_000)


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("2026-12-31T00:00:00Z", datetime(2026, 12, 31, tzinfo=UTC)),
        ("2026-12-31T00:00:00+01:00", datetime(2026, 12, 30, 23, tzinfo=UTC)),
        ("2026-12-31T23:59:59.25-05:00", datetime(2027, 1, 1, 4, 59, 59, 250_000, tzinfo=UTC)),
        ("2026-12-31Z", datetime(2026, 12, 31, tzinfo=UTC)),
    ],
)
def test_a_zoned_time_is_that_moment(stamp: str, moment: datetime) -> None:
    """platform.md §9.2: the comparison is exact."""
    validity = Validity.of_stamps("2026-01-01T00:00:00Z", stamp)
    assert validity.end == moment
    assert validity.covers(moment)
    assert not validity.covers(moment + MICROSECOND)


@pytest.mark.parametrize(
    "stamp",
    ["", "soon", "2026-02-31", "2026-13-01T00:00:00", "2026-01-01T25:00:00", "2026-01-01T00:00", "20260101",
     "2026-01-01T00:00:00+99:00", "2026-01-01T00:00:00 CET", "0000-01-01", "٢٠٢٦-01-01"],
)  # fmt: skip
def test_what_is_no_stamp_is_refused(stamp: str) -> None:
    with pytest.raises(ValueError):
        Validity.of_stamps(stamp, "2026-12-31")
    with pytest.raises(ValueError):
        Validity.of_stamps("2026-01-01", stamp)


def test_a_row_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        Validity.of_days(date(2026, 1, 2), date(2026, 1, 1))
    with pytest.raises(ValueError, match="ends before it begins"):
        Validity.of_stamps("2026-01-01T12:00:00Z", "2026-01-01T11:59:59Z")


@given(st.text(alphabet="0123456789-T:.Z+ ", max_size=32), st.text(alphabet="0123456789-T:.Z+ ", max_size=32))
def test_any_two_texts_are_a_validity_or_a_value_error(first: str, last: str) -> None:
    try:
        validity = Validity.of_stamps(first, last)
    except ValueError:
        return
    assert validity.start <= validity.end

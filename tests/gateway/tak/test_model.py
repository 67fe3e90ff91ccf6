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


# The real platform's reading


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-01-01T00:00:00.000", "2026-12-31T00:00:00.000"), ("2026-01-01", "2026-12-31")],
)
def test_the_band_is_14_hours_on_both_sides_of_unzoned_midnights(first: str, last: str) -> None:
    """platform.md §9.2: from 00:00 UTC − 14 h to 00:00 UTC + 14 h, both included; in Sweden 11:00 and 15:00 in winter."""
    for validity in (Validity.of_stamps(first, last), Validity.of_days(date(2026, 1, 1), date(2026, 12, 31))):
        opens, closes = datetime(2025, 12, 31, 10, tzinfo=UTC), datetime(2026, 12, 31, 14, tzinfo=UTC)
        assert (opens, closes) == (sweden(2025, 12, 31, 11), sweden(2026, 12, 31, 15))
        assert validity.covers(opens, "band")
        assert validity.covers(closes.astimezone(SWEDEN), "band")
        assert not validity.covers(opens - MICROSECOND, "band")
        assert not validity.covers(closes + MICROSECOND, "band")


def test_the_two_readings_differ_at_both_ends() -> None:
    """platform.md §9.2, §25 row 4."""
    validity = Validity.of_days(date(2026, 1, 1), date(2026, 12, 31))
    for moment in (sweden(2025, 12, 31, 12), sweden(2026, 12, 31, 16)):
        assert validity.covers(moment, "band") != validity.covers(moment, "days")
        assert validity.covers(moment, "days") == validity.covers(moment)


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        (date(2026, 3, 29), sweden(2026, 3, 28, 11), sweden(2026, 3, 29, 16)),
        (date(2026, 7, 1), sweden(2026, 6, 30, 12), sweden(2026, 7, 1, 16)),
        (date(2026, 10, 25), sweden(2026, 10, 24, 12), sweden(2026, 10, 25, 15)),
    ],
)
def test_the_band_knows_no_summer_time(day: date, opens: datetime, closes: datetime) -> None:
    """platform.md §9.2: it is reckoned from midnight UTC, so in Sweden it moves with the clocks."""
    validity = Validity.of_days(day, day)
    for inside, outside in ((opens, opens - MICROSECOND), (closes, closes + MICROSECOND)):
        assert validity.covers(inside, "band")
        assert not validity.covers(outside, "band")


def test_an_unzoned_time_of_day_has_its_band_too() -> None:
    """platform.md §9.2: any xs:dateTime without a zone; by days it is Swedish time."""
    validity = Validity.of_stamps("2026-07-01T08:00:00", "2026-07-02T17:30:00")
    for moment in (sweden(2026, 7, 1, 8), sweden(2026, 7, 2, 17, 30)):
        assert validity.covers(moment)
    assert not validity.covers(sweden(2026, 7, 1, 8) - MICROSECOND)
    assert not validity.covers(sweden(2026, 7, 2, 17, 30) + MICROSECOND)
    opens, closes = datetime(2026, 6, 30, 18, tzinfo=UTC), datetime(2026, 7, 3, 7, 30, tzinfo=UTC)
    assert validity.covers(opens, "band")
    assert validity.covers(closes, "band")
    assert not validity.covers(opens - MICROSECOND, "band")
    assert not validity.covers(closes + MICROSECOND, "band")


def test_ends_with_a_zone_have_no_band() -> None:
    """platform.md §9.2: with zoned times the comparison is exact; each end for itself."""
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
    both = Validity.of_stamps("2026-01-01T00:00:00Z", "2026-12-31T01:00:00+01:00")
    only_last = Validity.of_stamps("2026-01-01T00:00:00", "2026-12-31T00:00:00Z")
    for reading in ("days", "band"):
        assert both.covers(start, reading)
        assert both.covers(end, reading)
        assert not both.covers(start - MICROSECOND, reading)
        assert not both.covers(end + MICROSECOND, reading)
        assert not only_last.covers(end + MICROSECOND, reading)
    assert only_last.covers(start - timedelta(hours=14), "band")


def test_the_band_ends_with_time_itself() -> None:
    """Catalogues write 9999-12-31 for "until further notice"."""
    assert Validity.of_days(date(1, 1, 1), date(9999, 12, 31)).covers(sweden(2026, 12, 1), "band")
    validity = Validity.of_stamps("0001-01-01", "9999-12-31T23:59:59.9999999")
    for moment in (datetime.min, datetime.max):
        assert validity.covers(moment.replace(tzinfo=UTC), "band")


def test_the_doubled_hour_of_autumn_is_told_apart() -> None:
    """An end in it is its first passing, as on the wire (contracts/times.py); the second one is later."""
    validity = Validity.of_stamps("2026-10-01T00:00:00", "2026-10-25T02:30:00")
    first = sweden(2026, 10, 25, 2, 30)
    assert validity.covers(first)
    assert not validity.covers(first + MICROSECOND)
    assert not validity.covers(sweden(2026, 10, 25, 2, 10).replace(fold=1))


# Forms


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

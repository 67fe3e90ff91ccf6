"""show.py: Swedish days, hours and counts, in Swedish time (domain.md §3.3)."""

from datetime import UTC, date, datetime, time, timedelta

from webpages import show

WINTER, SUMMER = datetime(2026, 12, 1, 7, 20, tzinfo=UTC), datetime(2026, 6, 30, 22, 5, tzinfo=UTC)


def test_days() -> None:
    assert (show.day(date(2026, 12, 1)), show.short_day(date(2026, 12, 1))) == ("tisdag 1 december 2026", "tis 1 dec")
    assert show.week(date(2026, 12, 31)) == "vecka 53, 2026"


def test_moments_are_in_swedish_time_summer_and_winter() -> None:
    assert (show.moment(WINTER), show.short_moment(WINTER)) == ("tisdag 1 december 2026 kl. 08.20", "2026-12-01 08.20")
    assert (show.moment(SUMMER), show.short_moment(SUMMER)) == ("onsdag 1 juli 2026 kl. 00.05", "2026-07-01 00.05")


def test_hours_and_clock_times() -> None:
    assert show.hours(WINTER, WINTER + timedelta(minutes=20)) == "08.20–08.40"
    assert show.clock(time(8, 5)) == "08.05"


def test_counts_have_a_narrow_space_between_thousands() -> None:
    assert (show.count(999), show.count(1234567)) == (
        "999",
        "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567",
    )

"""contracts/times.py: Swedish local time on the wire (contracts.md G-2 to G-6; domain.md §3.3)."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.times import (
    SWEDEN,
    exists,
    format_dt,
    format_ts,
    is_ambiguous,
    parse_dt,
    parse_ts,
    parse_xsd_moment,
    start_of_day,
    system_clock,
)

SPRING_2026 = datetime(2026, 3, 29, 2, 0, tzinfo=SWEDEN)  # 02:00 becomes 03:00
AUTUMN_2026 = datetime(2026, 10, 25, 2, 0, tzinfo=SWEDEN)  # 03:00 becomes 02:00

moments = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)).map(
    lambda naive: naive.replace(microsecond=0, tzinfo=UTC).astimezone(SWEDEN)
)
around_the_changes = st.builds(
    lambda start, seconds: (start.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(SWEDEN),
    st.sampled_from([SPRING_2026, AUTUMN_2026]),
    st.integers(-3 * 3600, 3 * 3600),
)


@given(st.one_of(moments, around_the_changes))
def test_a_moment_that_is_shown_once_survives_the_wire(moment: datetime) -> None:
    """contracts.md G-3, G-4."""
    back = parse_ts(format_ts(moment))
    if is_ambiguous(moment):
        assert back == moment.replace(fold=0)
    else:
        assert back == moment
    assert format_ts(back) == format_ts(moment)


@given(st.dates())
def test_a_day_survives_the_wire(day: date) -> None:
    """contracts.md G-2."""
    if day.year >= 1000:
        assert parse_dt(format_dt(day)) == day


@pytest.mark.parametrize("text", ["20260329020000", "20260329023000", "20260329025959"])
def test_the_hour_that_spring_skips_is_refused(text: str) -> None:
    """domain.md §3.3."""
    with pytest.raises(ValueError, match="the clocks skip"):
        parse_ts(text)


@pytest.mark.parametrize("text", ["20260329015959", "20260329030000"])
def test_the_moments_beside_springs_gap_are_there(text: str) -> None:
    assert format_ts(parse_ts(text)) == text


def test_springs_night_is_an_hour_shorter() -> None:
    before, after = parse_ts("20260329015959"), parse_ts("20260329030000")
    assert after.astimezone(UTC) - before.astimezone(UTC) == timedelta(seconds=1)


def test_autumns_doubled_hour_is_its_first_passing() -> None:
    moment = parse_ts("20261025023000")
    assert moment.utcoffset() == timedelta(hours=2)
    assert moment.astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert is_ambiguous(moment)


def test_both_passings_of_autumns_hour_read_alike_on_the_wire() -> None:
    """The wire has no way to tell them apart."""
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert format_ts(first) == format_ts(first + timedelta(hours=1)) == "20261025023000"


def test_an_ordinary_moment_is_neither_skipped_nor_doubled() -> None:
    moment = datetime(2026, 12, 1, 8, 20, tzinfo=SWEDEN)
    assert exists(moment)
    assert not is_ambiguous(moment)
    assert not exists(SPRING_2026)
    assert not is_ambiguous(SPRING_2026)


def test_a_moment_of_another_zone_is_told_in_swedish_time_without_fractions() -> None:
    assert format_ts(datetime(2026, 7, 1, 6, 0, 0, 999_999, tzinfo=UTC)) == "20260701080000"
    assert format_ts(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "20270101003000"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        format_ts(datetime(2026, 12, 1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-12-01",
        "2026121",
        "202612010",
        "20260231",
        "20261200",
        "20261301",
        "2026120a",
        "٢٠٢٦١٢٠١",
        "00000101",
        "09991231",
    ],
)
def test_what_is_no_day_is_refused_without_being_quoted(text: str) -> None:
    """contracts.md G-5: 31 February and day 00 pass the pattern."""
    with pytest.raises(ValueError) as told:
        parse_dt(text)
    assert not text or text not in str(told.value)


@pytest.mark.parametrize(
    "text",
    [
        "", "20261201", "2026120108200", "202612010820000", "20260231080000", "20261201240000", "20261201086000",
        "20261201080060", "2026-12-01T08:20", "20261201 82000", "00010101000000", "00000000000000", "٢٠٢٦١٢٠١٠٨٢٠٠٠",
    ],
)  # fmt: skip
def test_what_is_no_time_stamp_is_refused_without_being_quoted(text: str) -> None:
    """contracts.md G-3, G-5."""
    with pytest.raises(ValueError) as told:
        parse_ts(text)
    assert not text or text not in str(told.value)


@pytest.mark.parametrize("text", ["10000101000000", "99991231235959"])
def test_the_first_and_the_last_year_of_the_schema_can_be_read(text: str) -> None:
    """contracts.md G-5: the pattern lets the years 1000 to 9999 by."""
    assert format_ts(parse_ts(text)) == text


@given(
    st.one_of(st.text(max_size=20), st.from_regex(r"\d{8}", fullmatch=True), st.from_regex(r"\d{14}", fullmatch=True))
)
def test_any_text_is_a_day_a_moment_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert parse_ts(text).tzinfo is SWEDEN
    with suppress(ValueError):
        assert format_dt(parse_dt(text)) == text


def test_a_day_starts_at_midnight_in_sweden() -> None:
    assert start_of_day(date(2026, 7, 1)).astimezone(UTC) == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_the_system_clock_tells_swedish_time() -> None:
    assert system_clock().tzinfo is SWEDEN


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-01", datetime(2026, 12, 1)),
        (" 2026-12-01T08:00:00.25 ", datetime(2026, 12, 1, 8, 0, 0, 250_000)),
        ("2026-12-01T08:00:00Z", datetime(2026, 12, 1, 8, tzinfo=UTC)),
        ("2026-12-01T08:00:00+01:00", datetime(2026, 12, 1, 8, tzinfo=SWEDEN)),
    ],
)
def test_a_catalogue_s_moment_has_the_zone_that_it_says_and_no_other(text, moment):
    read = parse_xsd_moment(text)
    assert (read, read.tzinfo is None) == (moment, moment.tzinfo is None)


@pytest.mark.parametrize("text", ["", "20261201", "2026-12-01T08:00", "2026-02-30", "2026-12-01 08:00:00"])
def test_what_is_no_catalogue_s_moment_is_refused(text):
    with pytest.raises(ValueError, match=r"not a date|day is out of range|must be in"):
        parse_xsd_moment(text)

"""eservice/icalendar.py: calendar files (RFC 5545; domain.md §5.10)."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from dateutil.tz import tzical
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.identifiers import HsaId
from contracts.times import SWEDEN
from eservice.icalendar import Event, calendar_file, uid_of

CLINIC = HsaId("SE2321009991-1HZ5")
EVENT = Event(
    uid=uid_of(CLINIC, "B-17"),
    sequence=0,
    start=datetime(2026, 12, 1, 7, 20, tzinfo=UTC),
    end=datetime(2026, 12, 1, 7, 40, tzinfo=UTC),
    location="Storgatan 1, Östersund",
    stamped=datetime(2026, 11, 20, 9, 0, tzinfo=SWEDEN),
)


def lines(event: Event = EVENT, method: str = "PUBLISH") -> list[str]:
    """The file's lines, put together where they were folded."""
    text = calendar_file(event, method).decode()
    assert text.endswith("\r\n")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def read_back(event: Event) -> icalendar.Event:
    return icalendar.Calendar.from_ical(calendar_file(event, "PUBLISH")).walk("VEVENT")[0]


def test_a_booked_time_is_written_in_swedish_time() -> None:
    assert {
        "METHOD:PUBLISH", "STATUS:CONFIRMED", "SEQUENCE:0", "SUMMARY:Vårdbesök", f"UID:{EVENT.uid}", "CLASS:PRIVATE",
        "DTSTART;TZID=Europe/Stockholm:20261201T082000", "DTEND;TZID=Europe/Stockholm:20261201T084000",
        "DTSTAMP:20261120T080000Z", "LOCATION:Storgatan 1\\, Östersund",
    } <= set(lines())  # fmt: skip


def test_what_is_not_told_is_left_out() -> None:
    names = {line.partition(":")[0].partition(";")[0] for line in lines(replace(EVENT, end=None, location=""))}
    assert names.isdisjoint({"DTEND", "LOCATION", "DESCRIPTION", "ORGANIZER", "ATTENDEE", "URL"})


def test_a_cancelled_time_has_the_uid_that_it_was_booked_under() -> None:
    cancelled = lines(replace(EVENT, sequence=2), "CANCEL")
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:2", f"UID:{EVENT.uid}"} <= set(cancelled)


def test_the_uid_is_the_same_each_time_and_tells_no_id() -> None:
    uid = uid_of(HsaId("se2321009991-1hz5"), "B-17")
    assert uid == EVENT.uid
    assert len({uid, uid_of(CLINIC, "B-18"), uid_of(HsaId("SE2321009991-1HZ6"), "B-17")}) == 3
    assert uid.endswith("@tidbro.invalid")
    assert "B-17" not in uid
    assert "1hz5" not in uid.lower()


@pytest.mark.parametrize("year", range(2025, 2041))
def test_the_zone_in_the_file_changes_its_clocks_when_sweden_does(year: int) -> None:
    """Read by dateutil, told by the time zone database: each half hour of the days around both changes."""
    text = "\n".join(lines())
    zone = tzical(io.StringIO(text[text.index("BEGIN:VTIMEZONE") : text.index("BEGIN:VEVENT")])).get()
    starts = [datetime(year, 3, 24, tzinfo=UTC), datetime(year, 10, 24, tzinfo=UTC)]
    moments = [start + timedelta(minutes=30 * n) for start in starts for n in range(48 * 9)]
    told = {moment.astimezone(SWEDEN).utcoffset() for moment in moments}
    assert len(told) == 2
    assert [one for one in moments if one.astimezone(zone).utcoffset() != one.astimezone(SWEDEN).utcoffset()] == []


@given(st.text(max_size=200))
@example("a\r\nATTENDEE:mailto:b@example.com\r\nEND:VEVENT")
@example("å" * 100 + "\x00\x1b\u2028b")
def test_any_text_stays_in_its_line_and_is_read_back(text: str) -> None:
    event = replace(EVENT, location=text, description=text, summary=f"Besök {text}")
    content = calendar_file(event, "PUBLISH")
    raw = content.split(b"\r\n")
    assert max(map(len, raw)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in raw)
    assert [line.decode() for line in raw], "no sign is cut in two"
    assert len(lines(event)) <= len(lines()) + 1
    kept = "".join(sign for sign in "\n".join(text.splitlines()) if sign in "\n\t" or not is_control(sign))
    assert str(read_back(event)["summary"]) == f"Besök {kept}"


def is_control(sign: str) -> bool:
    return ord(sign) < 32 or 127 <= ord(sign) < 160


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": datetime(2026, 12, 1, 8, 20)},
        {"stamped": datetime(2026, 12, 1, 8, 20)},
        {"end": EVENT.start},
        {"sequence": -1},
    ],
)
def test_a_time_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        replace(EVENT, **wrong)

"""The flags at the very minute of a cut-off: over both nights when clocks change, over Easter, Christmas, midsummer.

Through GetBookingDetails, CancelBooking and UpdateBooking, in both scheduling systems: what the flags say a second
before, at, and a minute after the last moment, and that the call that follows is answered accordingly
(domain.md §9.4, R19, R23–R25). The last moments are written out, by the almanac, not computed.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from contracts.times import SWEDEN
from scheduling_backends.engine.offer import CutOff, ReasonMode
from scheduling_backends.engine.schedules import Period
from tests.scheduling_backends.takecare.conftest import a_record_system
from tests.scheduling_backends.timebooks import GROUP, NORTH, World, a_type, a_world, empty_database

ONE_MINUTE = timedelta(minutes=1)


def swedish(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SWEDEN)


# start, limit, last moment
CASES = {
    "plain hours": ("2026-12-08T10:00", "24 hours", "2026-12-07T10:00"),
    "hours over the night when clocks go forward": ("2027-03-28T10:00", "24 hours", "2027-03-27T09:00"),
    "hours into the night when clocks go forward": ("2028-03-27T02:30", "24 hours", "2028-03-26T01:30"),
    "hours over the night when clocks go back": ("2027-10-31T10:00", "24 hours", "2027-10-30T11:00"),
    "three hours over the hour that comes twice": ("2027-10-31T04:00", "3 hours", "2027-10-31T02:00"),
    "a working day over the night when clocks go forward": ("2028-03-27T10:00", "1 working days", "2028-03-24T10:00"),
    "a working day over the night when clocks go back": ("2027-11-01T10:00", "1 working days", "2027-10-29T10:00"),
    "hours over Easter": ("2027-03-30T08:00", "72 hours", "2027-03-27T07:00"),
    "a working day over Easter": ("2027-03-30T08:00", "1 working days", "2027-03-25T08:00"),
    "three working days over Easter": ("2027-03-30T08:00", "3 working days", "2027-03-23T08:00"),
    "a working day over Christmas": ("2027-12-27T13:00", "1 working days", "2027-12-23T13:00"),
    "a working day over the New Year": ("2027-01-04T13:00", "1 working days", "2026-12-30T13:00"),
    "a working day over midsummer": ("2027-06-28T09:00", "1 working days", "2027-06-24T09:00"),
    "a working day over Ascension Day": ("2027-05-07T09:00", "1 working days", "2027-05-05T09:00"),
    "a Saturday's visit": ("2026-12-12T10:00", "1 working days", "2026-12-11T00:00"),
}


@pytest.fixture(params=["timebook", "takecare"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        if request.param == "timebook":
            world = stack.enter_context(a_world(empty_database(tmp_path)))
        else:
            world = stack.enter_context(a_record_system(tmp_path))
        yield world
        for database in world.databases:
            database.close()


def booked(world: World, start: datetime, **settings: object) -> tuple[str, object]:
    """A booking at `start`, made three weeks before; and another time an hour later to move it to."""
    kind = a_type(opens_days_before=60, closes_hours_before=0, **settings)
    world.clock.now = start - timedelta(days=21)
    world.add_clinic(NORTH, GROUP, kind)
    local = start.astimezone(SWEDEN)
    for moment in (local, local + timedelta(hours=1)):
        end = moment.replace(tzinfo=None) + timedelta(minutes=30)
        every_day = {"weekdays": frozenset(range(7)), "keeps_holidays": True}
        with world.timebook.desk() as desk:
            desk.add_slots(
                NORTH, "BES", Period(moment.date(), moment.date(), moment.time(), end.time(), 30, **every_day)
            )
    first, second = world.ask().free_times()
    assert first.start == start
    return world.ask().booked(first), second


@pytest.mark.parametrize("name", CASES)
def test_r24_r25_the_flags_turn_after_the_very_minute_of_the_cut_off(opened: World, name: str) -> None:
    start, limit, last = CASES[name]
    limit_, last_ = CutOff.from_text(limit), swedish(last)
    booking_id, goal = booked(opened, swedish(start), cancel_own=limit_, rebook_own=limit_)
    ask = opened.ask()
    seen = {}
    for moment in (last_ - ONE_MINUTE, last_, last_ + ONE_MINUTE):
        opened.clock.now = moment
        details = ask.details(booking_id)
        (listed,) = ask.schedule()
        flags = (details.cancel_booking_allowed, details.rebooking_allowed, details.message_allowed)
        assert flags == (listed.cancel_booking_allowed, listed.rebooking_allowed, listed.message_allowed)
        seen[moment] = flags
    assert list(seen.values()) == [(True, True, True), (True, True, True), (False, False, False)]
    assert ask.move(booking_id, goal).result_code == "ERROR"
    assert ask.cancel(booking_id).result_code == "ERROR"
    opened.clock.now = last_
    assert ask.cancel(booking_id).result_code == "OK"


@pytest.mark.parametrize("name", ["plain hours", "a working day over Easter"])
def test_r24_the_flags_before_booking_say_what_they_will_say_after(opened: World, name: str) -> None:
    """contracts.md GAT-7."""
    start, limit, last = CASES[name]
    booking_id, _ = booked(opened, swedish(start), cancel_own=CutOff.from_text(limit), rebook_own=None)
    ask = opened.ask()
    assert ask.cancel(booking_id).result_code == "OK"
    for moment, is_open in ((swedish(last), True), (swedish(last) + ONE_MINUTE, False)):
        opened.clock.now = moment
        free = next(one for one in ask.free_times() if one.start == swedish(start))
        assert (free.cancel_booking_allowed, free.rebooking_allowed) == (is_open, False)
        made = ask.booked(free)
        details = ask.details(made)
        assert (details.cancel_booking_allowed, details.rebooking_allowed) == (is_open, False)
        if is_open:
            ask.cancel(made)


@pytest.mark.parametrize(
    ("cancelling", "rebooking", "told"),
    [
        (ReasonMode.OPTIONAL, ReasonMode.NO, [True, True, False]),
        (ReasonMode.NO, ReasonMode.REQUIRED, [True, False, False]),
        (ReasonMode.NO, ReasonMode.NO, [False, False, False]),
    ],
)
def test_r19_a_comment_is_asked_for_as_long_as_a_change_takes_one(
    opened: World, cancelling: ReasonMode, rebooking: ReasonMode, told: list[bool]
) -> None:
    """Rebooking ends a day before, cancelling two hours before: before both, between, after both."""
    start = swedish("2026-12-08T10:00")
    limits = {"cancel_own": CutOff(2), "rebook_own": CutOff(24)}
    booking_id, _ = booked(opened, start, cancelling_reason=cancelling, rebooking_reason=rebooking, **limits)
    seen = []
    for hours in (48, 12, 1):
        opened.clock.now = start - timedelta(hours=hours)
        seen.append(opened.ask().details(booking_id).message_allowed)
    assert seen == told

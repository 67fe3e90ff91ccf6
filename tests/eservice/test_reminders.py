"""When reminders are due and what they say: no more than day and clock time (domain.md §5.10)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies

from contracts.times import SWEDEN
from eservice.reminders import LEADS, due_of, leads_left
from eservice.reminding import good_until, letter_text


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SWEDEN)


@pytest.mark.parametrize(
    ("start", "lead", "due"),
    [
        (at(2026, 12, 1, 8, 20), "2h", at(2026, 12, 1, 6, 20)),
        (at(2026, 12, 1, 8, 20), "1d", at(2026, 11, 30, 8, 20)),
        (at(2026, 12, 1, 8, 20), "7d", at(2026, 11, 24, 8, 20)),
        # Clocks go back on 25 October 2026 at 3 and forward on 28 March 2027 at 2: the clock time stays.
        (at(2026, 10, 25, 8, 20), "1d", at(2026, 10, 24, 8, 20)),
        (at(2027, 3, 28, 8, 20), "1d", at(2027, 3, 27, 8, 20)),
        (at(2027, 4, 1, 8, 20), "7d", at(2027, 3, 25, 8, 20)),
        # Two hours have passed on no clock then.
        (at(2026, 10, 25, 4, 0), "2h", at(2026, 10, 25, 2, 0).replace(fold=1)),
        (at(2027, 3, 28, 4, 0), "2h", at(2027, 3, 28, 1, 0)),
        # A clock time that the day before doesn't have, and one that it has twice.
        (at(2027, 3, 29, 2, 30), "1d", at(2027, 3, 28, 3, 30)),
        (at(2026, 10, 26, 2, 30), "1d", at(2026, 10, 25, 2, 30)),
    ],
)
def test_a_reminder_is_due_at_the_same_clock_time_a_day_or_a_week_before_or_two_hours_before(start, lead, due):
    assert due_of(start, lead) == due.astimezone(UTC)
    assert due_of(start.astimezone(UTC), lead) == due_of(start, lead)


def test_what_would_come_too_late_is_not_offered():
    start = at(2026, 12, 1, 8, 20)
    assert leads_left(start, at(2026, 11, 24, 8, 19)) == ("7d", "1d", "2h")
    assert leads_left(start, at(2026, 11, 24, 8, 20)) == ("1d", "2h")
    assert leads_left(start, at(2026, 12, 1, 6, 19)) == ("2h",)
    assert leads_left(start, at(2026, 12, 1, 6, 20)) == ()


@pytest.mark.parametrize(
    ("now", "when"),
    [
        (at(2026, 12, 1, 0, 0), "i dag kl. 08.20"),
        (at(2026, 11, 30, 23, 59), "i morgon kl. 08.20"),
        (at(2026, 11, 30, 8, 20), "i morgon kl. 08.20"),
        (at(2026, 11, 24, 8, 20), "om en vecka, tisdag 1 december kl. 08.20"),
        (at(2026, 11, 29, 8, 20), "tisdag 1 december kl. 08.20"),
    ],
)
def test_the_text_tells_the_day_as_it_is_when_it_is_sent(now, when):
    start = at(2026, 12, 1, 8, 20)
    assert letter_text(start, now) == f"Påminnelse: du har en bokad tid {when}. Logga in för att se mer."
    assert letter_text(start.astimezone(UTC), now.astimezone(UTC)) == letter_text(start, now)


def test_a_clinic_is_named_only_when_it_is_given_and_a_guardian_hears_of_the_child():
    start, now = at(2026, 12, 1, 8, 20), at(2026, 11, 30, 8, 20)
    assert "i morgon kl. 08.20 hos Rehab Ån. Logga in" in letter_text(start, now, "Rehab Ån")
    assert letter_text(start, now, is_for_child=True).startswith("Påminnelse: ditt barn har en bokad tid i morgon")
    assert "ditt barn har en bokad tid i morgon kl. 08.20 hos Rehab Ån." in letter_text(start, now, "Rehab Ån", True)


@given(
    start=strategies.datetimes(datetime(2026, 1, 2), datetime(2028, 1, 1)),
    before=strategies.timedeltas(timedelta(minutes=1), timedelta(days=8)),
)
def test_a_letter_is_of_use_no_longer_than_its_words_are_true(start, before):
    visit = start.replace(tzinfo=SWEDEN).astimezone(UTC)
    now = visit - before
    until = good_until(visit, now)
    assert now < until <= visit
    last = until - timedelta(microseconds=1)
    assert letter_text(visit, last) == letter_text(visit, now)


@given(start=strategies.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)))
def test_reminders_come_in_the_order_of_their_leads_and_before_the_visit(start):
    visit = start.replace(tzinfo=SWEDEN)
    moments = [*(due_of(visit, lead) for lead in LEADS), visit.astimezone(UTC)]
    assert moments == sorted(moments)

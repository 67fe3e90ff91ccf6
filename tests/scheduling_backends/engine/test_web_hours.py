"""scheduling_backends/engine/web_hours.py: what a time is for the web, the same as the rules say of a booking."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_backends.engine import rules
from scheduling_backends.engine.offer import BookableBy, ClinicSettings, Release
from scheduling_backends.engine.rules import BookingCase, Errand, SlotFacts
from scheduling_backends.engine.states import SlotState
from scheduling_backends.engine.web_hours import Standing, standing, web_hours
from tests.people import ANNA
from tests.scheduling_backends.timebooks import NOW, a_type, at

CLINIC = ClinicSettings("Norra")
SLOT = SlotFacts(at(1, 9), at(1, 9, 30))
LAST_HOURS = Release(8, BookableBy.CARE, BookableBy.BOTH)


@pytest.mark.parametrize(
    ("clinic", "kind", "slot", "found"),
    [
        ({}, {}, {}, Standing.OPEN),
        ({}, {"bookable_by": BookableBy.CARE}, {}, Standing.CARE),
        ({}, {"is_hidden": True}, {}, Standing.CARE),
        ({}, {"is_protected": True}, {}, Standing.INVITATION),
        ({}, {"valid_to": date(2026, 11, 30)}, {}, Standing.CARE),
        ({}, {"release": LAST_HOURS}, {}, Standing.OPENS_LATER),
        ({}, {"opens_days_before": 3}, {}, Standing.OPENS_LATER),
        ({}, {"min_days_ahead": 5}, {}, Standing.CLOSED),
        ({"is_open": False}, {}, {}, Standing.CLOSED),
        ({}, {}, {"state": SlotState.DRAFT}, Standing.DRAFT),
        ({}, {}, {"state": SlotState.BLOCKED}, Standing.BLOCKED),
        ({}, {}, {"published_from": at(28, 8, month=11)}, Standing.RELEASED_LATER),
        ({}, {}, {"start": NOW - timedelta(hours=1), "end": NOW}, Standing.PASSED),
        ({}, {}, {"start": NOW + timedelta(hours=1), "end": NOW + timedelta(hours=2)}, Standing.CLOSED),
    ],
)
def test_what_a_time_is_for_the_web(clinic, kind, slot, found):
    assert standing(replace(CLINIC, **clinic), a_type(**kind), replace(SLOT, **slot), NOW) is found


def test_times_of_the_last_hours_open_those_hours_before():
    """domain.md §6.1 (före/efter gräns): AKUT15."""
    assert web_hours(a_type(release=LAST_HOURS), SLOT).opens == at(1, 1)


WHO = st.sampled_from(BookableBy)
RELEASES = st.none() | st.builds(Release, st.integers(0, 200), WHO, WHO)
KINDS = st.builds(
    a_type,
    bookable_by=WHO,
    release=RELEASES,
    opens_days_before=st.integers(0, 30),
    closes_hours_before=st.integers(0, 100),
    min_days_ahead=st.integers(0, 10),
    is_protected=st.booleans(),
    is_hidden=st.booleans(),
    valid_to=st.none() | st.just(date(2026, 11, 30)),
)
SLOTS = st.builds(
    lambda hours, state, released: SlotFacts(
        NOW + timedelta(hours=hours), NOW + timedelta(hours=hours + 1), state, released
    ),
    st.integers(-30, 900),
    st.sampled_from(SlotState),
    st.none() | st.sampled_from([at(27, 9, month=11), at(29, 9, month=11)]),
)


@given(KINDS, SLOTS, st.booleans())
def test_a_time_is_open_on_the_web_when_the_rules_let_a_citizen_book_it(kind, slot, is_open):
    clinic = replace(CLINIC, is_open=is_open)
    case = BookingCase(clinic, kind, slot, ANNA.identity, Errand.NEW, NOW)
    may_book = rules.refuse_booking(case) is None
    assert (standing(clinic, kind, slot, NOW) is Standing.OPEN) == may_book

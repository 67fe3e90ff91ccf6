"""Whom to ask: one call for each address that may be called, none to ourselves (platform.md §22.1 steps 2 to 6)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from national_services.aggregation.plan import asked_categorization, permission_of, plan
from tests.national_services.aggregation.network import engagement

NOW = datetime(2026, 12, 1, tzinfo=UTC)
OWN = "SE2321009991-AG01"
addresses = st.text("aAbB-1 ", max_size=3) | st.sampled_from([OWN, OWN.lower()])
categories = st.sampled_from(["Booking", "booking", "Invitation", "NA", ""])
engagements = st.lists(
    st.builds(lambda address, kind: engagement(address, categorization=kind), addresses, categories), max_size=12
)


def planned(found, categorizations=(), permitted=lambda _: True):
    return plan(found, categorizations=categorizations, own_address=OWN, is_permitted=permitted)


@given(engagements, st.sets(addresses))
def test_each_address_is_called_once_and_only_those_that_may_be(found, permitted):
    calls = planned(found, permitted=permitted.__contains__)
    keys = [call.logical_address.lower() for call in calls]
    assert len(set(keys)) == len(keys)
    assert OWN.lower() not in keys
    assert {call.logical_address for call in calls} <= permitted
    assert all(call.engagement in found for call in calls)
    assert all(call.logical_address == call.engagement.logical_address for call in calls)


@given(engagements)
def test_every_address_that_may_be_called_is_in_the_order_of_the_index(found):
    keys = [one.logical_address.lower() for one in found if one.logical_address.strip()]
    wanted = [key for key in dict.fromkeys(keys) if key != OWN.lower()]
    assert [call.logical_address.lower() for call in planned(found)] == wanted


@given(engagements)
def test_a_plan_of_a_plans_engagements_is_the_same(found):
    calls = planned(found)
    assert planned([call.engagement for call in calls]) == calls


@given(engagements)
def test_of_several_categories_only_those_count_without_regard_to_case(found):
    calls = planned(found, ("BOOKING", "invitation"))
    assert {call.engagement.categorization.lower() for call in calls} <= {"booking", "invitation"}


def test_the_index_has_looked_at_the_category_when_there_is_one():
    found = [engagement("A", categorization="Other")]
    assert len(planned(found, ("Booking",))) == len(planned(found, ())) == 1
    assert planned(found, ("Booking", "Invitation")) == ()


@pytest.mark.parametrize(
    ("categorizations", "asked"), [((), None), (("Booking",), "Booking"), (("Booking", "Invitation"), None)]
)
def test_the_index_is_asked_for_the_one_category(categorizations, asked):
    assert asked_categorization(categorizations) == asked


def test_an_engagement_of_another_category_hides_no_other_at_its_address():
    (call,) = planned([engagement("A", "1", categorization="Other"), engagement("a", "2")], ("Booking", "Invitation"))
    assert call.engagement.business_object == "2"


@pytest.mark.parametrize(("who", "may"), [("sender", True), ("original", True), ("neither", False)])
def test_either_consumer_will_do(who, may):
    asked = []

    def may_call(address, consumer, contract, now):
        asked.append((address, consumer, contract, now))
        return consumer == who

    assert permission_of(["sender", "original", "sender"], "urn:x", may_call, NOW)("A") is may
    assert set(asked) <= {("A", "sender", "urn:x", NOW), ("A", "original", "urn:x", NOW)}
    assert len(asked) <= 2


def test_a_planned_call_names_no_citizen():
    (call,) = planned([engagement("A")])
    assert call.engagement.resident
    assert call.engagement.resident not in repr(call)

"""Who may call whom, by the copy of the catalogue: exact or `*`, in force today (platform.md §22.1 step 5, §9.2)."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.times import SWEDEN
from national_services.aggregation.permissions import Permissions, Validity
from national_services.aggregation.tak_rows import CatalogueUnreadable, TakRows
from tests.national_services.aggregation.catalogues import NOON, a_route, an_authorisation

CONTRACT = "urn:riv:crm:scheduling:GetSubjectOfCareScheduleResponder:1"


def permits(routes, authorisations, address="A", consumer="C", contract=CONTRACT, now=NOON) -> bool:
    permissions = Permissions.of(TakRows(tuple(routes), tuple(authorisations)))
    return permissions.permit(address, consumer, contract, now)


@pytest.mark.parametrize(
    ("route", "authorisation", "may"),
    [
        ("A", "A", True), ("a", "A", True), ("A", "a", True), ("*", "A", True), ("A", "*", True), ("*", "*", True),
        ("B", "A", False), ("A", "B", False), ("B", "B", False), ("A ", "A", False), ("SE", "SE", False),
    ],
)  # fmt: skip
def test_the_address_itself_or_the_standard_one_needs_a_route_and_an_authorisation(route, authorisation, may):
    assert permits([a_route(route)], [an_authorisation(authorisation)]) is may


def test_neither_a_delimiter_nor_a_unit_above_counts():
    rows = [a_route("VG")], [an_authorisation("VG")]
    assert not permits(*rows, address="VE#VG")
    assert not permits(*rows, address="VG#VE")


def test_consumer_and_contract_are_compared_without_regard_to_case():
    rows = [a_route("A")], [an_authorisation("A")]
    assert permits(*rows, address="a", consumer="c", contract=CONTRACT.upper())
    assert not permits(*rows, consumer="D")
    assert not permits(*rows, contract="urn:x")


def test_a_catalogue_of_another_contract_permits_nothing():
    assert not permits([a_route("A", tjansteKontrakt="urn:x")], [an_authorisation("A")])


@pytest.mark.parametrize(
    ("first", "last", "now", "covers"),
    [
        ("2026-12-01T00:00:00.000", "2026-12-01T00:00:00.000", "2026-12-01T00:00:00+01:00", True),
        ("2026-12-01T00:00:00.000", "2026-12-01T00:00:00.000", "2026-12-01T23:59:59+01:00", True),
        ("2026-12-01", "2026-12-01", "2026-12-01T22:59:59+00:00", True),
        ("2026-12-01T00:00:00.000", "2026-12-01T00:00:00.000", "2026-12-02T00:00:00+01:00", False),
        ("2026-12-01T00:00:00.000", "2026-12-01T00:00:00.000", "2026-11-30T23:59:59+01:00", False),
        ("2026-12-01T00:00:00Z", "2026-12-01T12:00:00+01:00", "2026-12-01T11:00:00Z", True),
        ("2026-12-01T00:00:00Z", "2026-12-01T12:00:00+01:00", "2026-12-01T11:00:01Z", False),
        ("2026-12-01T08:30:00", "2026-12-01T09:00:00", "2026-12-01T08:29:00+01:00", False),
        ("2026-12-01T08:30:00", "2026-12-01T09:00:00", "2026-12-01T09:00:00+01:00", True),
        ("0001-01-01T00:00:00", "9999-12-31T00:00:00", "2026-12-01T09:00:00+01:00", True),
    ],
)
def test_days_are_whole_swedish_days_and_moments_are_moments(first, last, now, covers):
    assert Validity.of_stamps(first, last).covers(datetime.fromisoformat(now)) is covers


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_texts_are_a_validity_or_a_value_error(first, last):
    try:
        valid = Validity.of_stamps(first, last)
    except ValueError:
        return
    assert valid.start <= valid.end


@given(st.dates(), st.dates(), st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)))
def test_a_day_counts_from_its_first_moment_to_its_last(first, last, now):
    if last < first:
        with pytest.raises(ValueError, match="ends before"):
            Validity.of_stamps(first.isoformat(), last.isoformat())
        return
    valid = Validity.of_stamps(first.isoformat(), last.isoformat())
    assert valid.covers(now.replace(tzinfo=SWEDEN)) is (first <= now.date() <= last)


@pytest.mark.parametrize("name", ["receiverId", "tjansteKontrakt", "senderId", "fromTidpunkt", "tomTidpunkt"])
@pytest.mark.parametrize("value", ["", None])
def test_a_row_without_what_it_needs_is_named(name, value):
    row = {**an_authorisation("A"), name: value}
    with pytest.raises(CatalogueUnreadable, match=f"anropsBehorighetsInfo number 2 has no {name}"):
        permits([a_route("A")], [an_authorisation("A"), {key: text for key, text in row.items() if text is not None}])


def test_a_row_whose_days_do_not_fit_is_named():
    with pytest.raises(CatalogueUnreadable, match="virtualiseringsInfo number 1: it ends before it begins"):
        permits([a_route("A", tomTidpunkt="2020-01-01")], [an_authorisation("A")])


@pytest.mark.parametrize(
    ("routes", "authorisations"), [((), ()), ((a_route("A"),), ()), ((), (an_authorisation("A"),))]
)
def test_a_catalogue_without_rows_of_both_kinds_is_none(routes, authorisations):
    with pytest.raises(CatalogueUnreadable, match="counts as not loaded"):
        TakRows(routes, authorisations)

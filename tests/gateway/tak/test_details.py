"""What a file keeps beyond routes and authorisations, and what it has no place for (platform.md §20.1, §20.4)."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.namespaces import responder
from gateway.tak.details import beyond_a_local_copy, described_version, details_of
from gateway.tak.exchange import read_persistent_cache, read_toml, write_persistent_cache
from gateway.tak.importing import import_into
from gateway.tak.publication import Filter, Publication
from gateway.tak.store import Store
from gateway.tak.toml_file import write_toml
from tests.gateway.tak.catalogues import ANNA

TODAY = date(2026, 12, 1)
FULL = """
[[route]]
address = "https://a.example.com/x"
component = "SE-PRODUCER"
logical_addresses = ["SE1", "SE2"]
contracts = ["MakeBooking"]

[[route]]
address = "https://a.example.com/x"
component = "SE-OTHER-PRODUCER"
logical_addresses = ["SE3"]
contracts = ["MakeBooking"]

[[authorisation]]
consumers = ["SE-CONSUMER"]
logical_addresses = ["SE1"]
contracts = ["MakeBooking"]
agreement = "A 17"
filters = [{ domain = "riv:crm:scheduling", categories = ["Booking", "Recall"] }, { domain = "riv:x", categories = [] }]

[[authorisation]]
consumers = ["SE-CONSUMER"]
logical_addresses = ["SE2"]
contracts = ["MakeBooking"]

[[contract]]
namespace = "urn:riv:crm:scheduling:MakeBookingResponder:1"
minor = 1
description = "Makes a booking"

[[contract]]
namespace = "urn:riv:x:y:UnusedResponder:2"
major = 3

[[component]]
hsa_id = "SE-CONSUMER"
description = "The e-service"

[[component]]
hsa_id = "SE-UNUSED"

[[logical_address]]
hsa_id = "SE1"
description = "A clinic"

[[profile]]
name = "RIVTABP20"
description = "Basic profile 2.0"
"""
MAKE = responder("MakeBooking")


@pytest.fixture
def version(store: Store) -> Publication:
    """The full catalogue, imported and published."""
    with store.editing(ANNA) as editing:
        import_into(editing, read_toml(FULL))
    return store.publish(ANNA)


def test_everything_that_a_file_says_is_in_the_version_that_it_becomes(version: Publication) -> None:
    owners = {one.logical_address.hsa_id: one.producer_address.component.hsa_id for one in version.routes}
    assert owners == {"SE1": "SE-PRODUCER", "SE2": "SE-PRODUCER", "SE3": "SE-OTHER-PRODUCER"}
    first, second = version.authorisations
    assert (first.agreement, second.agreement) == ("A 17", "")
    filters = [(one.service_domain, one.categories) for one in first.filters]
    assert filters == [("riv:crm:scheduling", ("Booking", "Recall")), ("riv:x", ())]
    contracts = {one.namespace: (one.major, one.minor, one.description) for one in version.contracts}
    assert contracts == {MAKE: (1, 1, "Makes a booking"), "urn:riv:x:y:UnusedResponder:2": (3, 0, "")}
    assert {one.hsa_id for one in version.components} >= {"SE-UNUSED", "SE-CONSUMER"}
    assert {one.name: one.description for one in version.profiles}["RIVTABP20"] == "Basic profile 2.0"


def test_a_version_written_as_toml_becomes_the_same_version_elsewhere(version: Publication) -> None:
    text = write_toml(described_version(version), TODAY)
    again = Store("sqlite://")
    again.open()
    with again.editing(ANNA) as editing:
        import_into(editing, read_toml(text))
    other = again.publish(ANNA)
    again.close()
    assert write_toml(described_version(other), TODAY) == text
    for told in ('agreement = "A 17"', 'component = "SE-PRODUCER"', "minor = 1", '"Recall"', "The e-service"):
        assert told in text


def test_a_local_copy_keeps_filters_in_the_form_of_the_service(version: Publication) -> None:
    """platform.md §20.4: filterInfo* { serviceDomain, categorization* }."""
    text = write_persistent_cache(described_version(version))
    assert text.count(b"filterInfo>") == 4
    again = read_persistent_cache(text)
    (row,) = details_of(again).filters
    assert details_of(again).filters[row] == (("riv:crm:scheduling", ("Booking", "Recall")), ("riv:x", ()))
    assert row.logical_address == "SE1"


def test_what_a_local_copy_has_no_place_for_is_counted(version: Publication) -> None:
    wanted = ["3 components of routes", "1 integration agreements", "4 descriptions", "2 versions of contracts"]
    assert beyond_a_local_copy(version) == wanted
    bare = replace(
        version, routes=(), authorisations=(), contracts=(), components=(), logical_addresses=(), profiles=()
    )
    assert beyond_a_local_copy(bare) == []


def test_a_filter_alone_is_carried_by_a_local_copy(version: Publication) -> None:
    one = replace(version.authorisations[1], filters=(Filter(9, "riv:y", ("C",)),))
    assert b"riv:y" in write_persistent_cache(described_version(replace(version, authorisations=(one,))))


ROUTE = '[[route]]\naddress = "x:y:z"\nlogical_addresses = ["SE1"]\ncontracts = ["MakeBooking"]\n'
ALLOWED = '[[authorisation]]\nconsumers = ["SE1"]\nlogical_addresses = ["SE1"]\ncontracts = ["MakeBooking"]\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{ROUTE}component = 5", "component must be a text"),
        (f"{ROUTE}agreement = 'x'", "route number 1 must have"),
        (f"{ALLOWED}agreement = 5", "agreement must be a text"),
        (f"{ALLOWED}filters = 'x'", "filters must be a list of tables"),
        (f"{ALLOWED}filters = [{{ category = 'x' }}]", "filters must be a list of tables"),
        (f"{ALLOWED}filters = [{{ domain = 5 }}]", "a filter must have a text as its domain"),
        (f"{ALLOWED}filters = [{{ domain = 'x', categories = 'y' }}]", "a filter must have a text as its domain"),
        ("[contract]\nnamespace = 'x'", "contract must be a list of tables"),
        ("[[contract]]\nminor = 1", "contract number 1 must have namespace"),
        ("[[contract]]\nnamespace = 'x:y'\nminor = '1'", "minor must be a number"),
        ("[[component]]\nhsa_id = 5", "hsa_id must be a text"),
        ("[[profile]]\nname = 'x'\nurl = 'y'", "profile number 1 must have name"),
    ],
)
def test_what_does_not_fit_is_told_by_its_row(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_toml(text)

"""`tidbro tak add`, `change` and `remove`, as somebody types them (platform.md §20.1, §20.2, §20.7)."""

import json

import pytest

from gateway.tak.store import Store
from tests.tidbro.test_tak_command import CLINIC, CONSUMER, planted, tak

__all__ = ["planted", "tak"]

OTHER = "https://other.example.com/riv"


def rows(tak, kind, *more):
    return json.loads(tak("list", kind, "--json", *more))


def published(tak, number):
    store = Store(f"sqlite:///{tak.folder / 'tak.db'}")
    store.open()
    try:
        return store.publication(number)
    finally:
        store.close()


# Changing


def test_days_of_a_route_can_be_changed_and_are_pending_until_published(planted):
    told = planted("change", "route", "1", "--from", "2026-01-01", "--until", "2026-12-31")
    assert "Changed the route" in told
    assert "pending until you publish" in told
    route = rows(planted, "routes")[0]
    assert (route["first_day"], route["last_day"]) == ("2026-01-01", "2026-12-31")
    assert rows(planted, "routes", "--published")[0]["last_day"] != "2026-12-31"
    assert "~ route" in planted("preview")
    planted("publish")
    assert rows(planted, "routes", "--published")[0]["last_day"] == "2026-12-31"


def test_a_change_that_breaks_a_rule_is_refused_and_changes_nothing(planted):
    before = rows(planted, "routes")
    told = planted("change", "route", "1", "--from", "2026-12-31", "--until", "2026-01-01", code=1)
    assert "is before the first" in told
    assert rows(planted, "routes") == before
    planted("change", "route", "1", "--until", "2026-12-31")
    assert "anna" in planted("change", "route", "1", "--until", "2027-12-31", user="bo", code=1)


def test_days_and_agreement_of_an_authorisation_can_be_changed(planted):
    planted("change", "authorisation", "1", "--until", "2026-06-30", "--agreement", "A 17")
    found = rows(planted, "authorisations")[0]
    assert (found["last_day"], found["agreement"]) == ("2026-06-30", "A 17")


def test_a_route_can_lead_elsewhere_in_another_profile(planted):
    planted("change", "route", "1", "--to", OTHER, "--profile", "RIVTABP20")
    first, second = rows(planted, "routes")
    assert (first["address"], first["profile"]) == (OTHER, "RIVTABP20")
    assert (second["address"], second["profile"]) == ("adapter:timebook", "RIVTABP21")
    assert OTHER in planted("preview")
    planted("publish")
    assert rows(planted, "routes", "--published", "--to", "other.example")[0]["logical_address"] == CLINIC


def test_a_producer_address_can_be_moved_with_every_route_to_it(planted):
    planted("change", "producer-address", "1", "--to", OTHER)
    assert {one["address"] for one in rows(planted, "routes")} == {OTHER}
    owner = rows(planted, "producer-addresses")[0]["component"]
    planted("add", "producer-address", "adapter:takecare", "--component", owner)
    told = planted("change", "producer-address", "1", "--to", "adapter:takecare", code=1)
    assert "is there already" in told


@pytest.mark.parametrize("kind", ["contract", "component", "address", "profile"])
def test_what_a_thing_is_can_be_told_by_its_key_or_its_number(planted, kind):
    listed = {"contract": "contracts", "component": "components", "address": "addresses", "profile": "profiles"}[kind]
    row = rows(planted, listed)[0]
    key = next(value for name, value in row.items() if name not in ("number", "description"))
    planted("change", kind, key, "--description", "By its key")
    assert rows(planted, listed)[0]["description"] == "By its key"
    planted("change", kind, row["number"], "--description", "By its number")
    assert rows(planted, listed)[0]["description"] == "By its number"


def test_the_versions_of_a_contract_can_be_told(planted):
    planted("add", "contract", "urn:riv:x:y:AskResponder:2", "--major", "2", "--minor", "1")
    planted("change", "contract", "MakeBooking", "--minor", "3")
    planted("publish")
    versions = {one.namespace: (one.major, one.minor) for one in published(planted, 2).contracts}
    assert versions["urn:riv:x:y:AskResponder:2"] == (2, 1)
    assert versions["urn:riv:crm:scheduling:MakeBookingResponder:1"] == (1, 3)


@pytest.mark.parametrize("kind", ["route", "authorisation", "contract", "producer-address", "filter"])
def test_who_names_nothing_to_change_is_told_so(planted, kind):
    assert "Say what to change" in planted("change", kind, "1", code=2)


def test_what_is_not_there_cannot_be_changed(planted):
    assert "There is no route number 99" in planted("change", "route", "99", "--until", "2026-12-31", code=1)
    assert "must be the number" in planted("change", "route", CLINIC, "--until", "2026-12-31", code=2)


# Profiles, addresses of producers, filters


def test_a_profile_can_be_added_and_removed(planted):
    planted("add", "profile", "RIVTABP20", "--description", "Basic profile 2.0")
    assert "RIVTABP20" in [one["profile"] for one in rows(planted, "profiles")]
    planted("remove", "profile", "RIVTABP20")
    assert "RIVTABP20" not in [one["profile"] for one in rows(planted, "profiles")]
    assert "is used by" in planted("remove", "profile", "RIVTABP21", code=1)


def test_an_address_of_a_producer_can_be_added_and_removed(planted):
    planted("add", "component", "SE9")
    planted("add", "producer-address", OTHER, "--component", "SE9")
    made = next(one for one in rows(planted, "producer-addresses") if one["address"] == OTHER)
    assert (made["profile"], made["component"]) == ("RIVTABP21", "SE9")
    assert "is there already" in planted("add", "producer-address", OTHER, "--component", "SE9", code=1)
    planted("remove", "producer-address", made["number"])
    assert OTHER not in [one["address"] for one in rows(planted, "producer-addresses")]
    assert "is used by" in planted("remove", "producer-address", "1", code=1)


def test_a_filter_comes_changes_and_goes_with_its_categories(planted):
    planted("add", "filter", "1", "riv:crm:scheduling", "--category", "Booking", "--category", "Recall")
    (made,) = rows(planted, "filters")
    assert (made["authorisation"], made["consumer"]) == (1, CONSUMER)
    assert (made["service_domain"], made["categories"]) == ("riv:crm:scheduling", ["Booking", "Recall"])
    assert "Booking, Recall" in planted("list", "filters")
    assert "is there already" in planted("add", "filter", "1", "riv:crm:scheduling", code=1)
    planted("publish")
    assert "is used by the filter" in planted("remove", "authorisation", "1", code=1)
    planted(
        "change", "filter", made["number"], "--domain", "riv:x", "--add-category", "C", "--remove-category", "Recall"
    )
    assert "has no category" in planted("change", "filter", made["number"], "--remove-category", "Recall", code=1)
    planted("publish")
    (kept,) = published(planted, 3).authorisations[0].filters
    assert (kept.service_domain, kept.categories) == ("riv:x", ("Booking", "C"))
    planted("remove", "filter", made["number"])
    planted("publish")
    assert published(planted, 4).authorisations[0].filters == ()
    planted("remove", "authorisation", "1")


def test_every_kind_of_address_is_told_where_one_is_asked_for(planted, capsys):
    for words in (("add", "route"), ("add", "producer-address"), ("change", "route")):
        with pytest.raises(SystemExit):
            planted(*words, "--help")
        told = capsys.readouterr().out
        assert "adapter:NAME" in told
        assert "platform:" in told


# What an export keeps


def test_an_export_keeps_all_of_a_version_or_says_what_its_form_cannot(planted):
    planted("change", "authorisation", "1", "--agreement", "A 17")
    planted("add", "filter", "1", "riv:crm:scheduling", "--category", "Booking")
    planted("change", "contract", "MakeBooking", "--minor", "1", "--description", "Makes a booking")
    planted("publish")
    told = planted("export", "--format", "xml", "--output", planted.folder / "localCache")
    assert "no place for 2 components of routes, 1 integration agreements, 1 descriptions, 1 versions" in told
    assert "riv:crm:scheduling" in (planted.folder / "localCache").read_text()
    told = planted("export", "--format", "toml", "--output", planted.folder / "again.toml")
    assert "no place" not in told
    text = (planted.folder / "again.toml").read_text()
    for kept in ('agreement = "A 17"', "riv:crm:scheduling", "minor = 1", "Makes a booking", "component = "):
        assert kept in text
    for form in ("json", "snapshot"):
        assert "no place" not in planted("export", "--format", form, "--output", planted.folder / "x")

"""gateway/tak/orders.py: orders in JSON, rule by rule.

Source: platform.md §20.7 (JSON order and its rules table).
"""

import json
from datetime import date

import pytest

from gateway.tak import orders
from gateway.tak.entities import AuthorisationRow, RouteRow
from gateway.tak.refusals import OrderRefused
from tests.gateway.tak.catalogues import (
    ANNA,
    BO,
    CLINIC,
    COMPONENT,
    CONSUMER,
    CONTRACT,
    URL,
    a_route,
    an_authorisation,
    published,
    to,
)

PLATFORM = "SKLTP-TEST"
FROM, TO = date(2026, 6, 1), date(2126, 6, 1)
RIGHT = {"logiskAdress": CLINIC, "tjanstekontrakt": CONTRACT, "tjanstekonsument": CONSUMER}
ROUTE = {
    "adress": URL,
    "logiskAdress": CLINIC,
    "tjanstekontrakt": CONTRACT,
    "rivtaprofil": "RIVTABP21",
    "tjanstekomponent": COMPONENT,
}
OTHER_URL = "https://other.example.com/riv"


def an_order(included=None, excluded=None, **changes):
    order = {
        "plattform": PLATFORM,
        "formatVersion": 1.0,
        "version": 1,
        "bestallningsTidpunkt": "2026-01-21T13:00:01+0000",
        "genomforandeTidpunkt": "2026-06-01T14:00:00+0000",
        "utforare": "name",
        "kommentar": "text",
        "inkludera": included or {},
        "exkludera": excluded or {},
    } | changes
    return json.dumps(order)


def carried_out(store, text, user=ANNA):
    """The order confirmed and done, and what was told of it."""
    plan = orders.preview(store, text, PLATFORM, user)
    return orders.carry_out(store, text, PLATFORM, user, plan.confirmation)


def refused(store, text, user=ANNA, platform=PLATFORM):
    """Why an order is refused; nothing is pending afterwards that was not before."""
    before = store.pending()
    with pytest.raises(OrderRefused) as told:
        orders.preview(store, text, platform, user)
    assert store.pending() == before
    return told.value.reasons


def rights(store):
    return sorted(
        (one.consumer.hsa_id, one.first_day, one.last_day, one.agreement) for one in store.working_copy().authorisations
    )


def routes(store):
    return sorted((one.first_day, one.last_day, one.producer_address.url) for one in store.working_copy().routes)


def parts(store):
    """A store with contract, address, components and profile, but no route and no authorisation."""
    with store.editing(ANNA) as editing:
        editing.add_contract(CONTRACT)
        editing.add_logical_address(CLINIC)
        editing.add_component(CONSUMER)
        editing.add_component(COMPONENT)
        editing.add_profile("RIVTABP21")
    store.publish(ANNA)
    return store


# Platform and form


@pytest.mark.parametrize("told", [None, "", " ", 5])
def test_the_platform_must_be_told(store, told):
    """platform.md §20.7: plattform is mandatory."""
    assert refused(store, an_order(plattform=told)) == ("Plattform måste anges i beställningen.",)


def test_the_platform_must_be_this_one(store):
    """platform.md §20.7: plattform must equal the server's tak.platform."""
    assert refused(store, an_order(), platform="NTJP-PROD") == (
        "Beställningen gäller plattform 'SKLTP-TEST', inte NTJP-PROD.",
    )


@pytest.mark.parametrize("text", ["", "[]", "5", "{", "[" * 100_000])
def test_what_is_no_json_is_refused(store, text):
    assert refused(store, text) == ("Beställningen är inte giltig JSON.",)


@pytest.mark.parametrize("moment", [None, "", "2026-06-01", "2026-13-01T00:00:00+0000", "9990-01-01T00:00:00+0000"])
def test_a_moment_that_cannot_be_read_is_refused(store, moment):
    (reason,) = refused(store, an_order(genomforandeTidpunkt=moment))
    assert reason.startswith("Beställningens genomforandeTidpunkt måste anges")


@pytest.mark.parametrize(
    ("included", "reason"),
    [
        ({"vagvall": []}, "inkludera får bara innehålla listorna"),
        ([1], "inkludera får bara innehålla listorna"),
        ({"vagval": 5}, "vagval i inkludera måste vara en lista av objekt."),
        ({"vagval": [5]}, "vagval i inkludera måste vara en lista av objekt."),
        ({"logiskadresser": [{"beskrivning": "x"}]}, "hsaId måste anges för varje logiskadresser i beställningen."),
        ({"logiskadresser": [{"hsaId": 5}]}, "hsaId måste vara en text."),
        ({"tjanstekontrakt": [{"namnrymd": "a:b", "majorVersion": "x"}]}, "majorVersion måste vara ett heltal"),
        ({"tjanstekontrakt": [{"namnrymd": "a:b", "majorVersion": True}]}, "majorVersion måste vara ett heltal"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(store, included, reason):
    assert refused(store, an_order(included))[0].startswith(reason)


def test_another_format_version_is_refused(store):
    assert refused(store, an_order(formatVersion=2)) == ("Beställningens formatVersion måste vara 1.",)


@pytest.mark.parametrize(
    ("name", "item", "field"),
    [
        ("logiskadresser", {"hsaId": "SE 1"}, "hsaId"),
        ("tjanstekomponenter", {"hsaId": "SÅ1"}, "hsaId"),
        ("tjanstekontrakt", {"namnrymd": "urn:a/b"}, "namnrymd"),
        ("vagval", {**ROUTE, "adress": "https://x/å"}, "adress"),
        ("vagval", {**ROUTE, "adress": "x"}, "adress"),
        ("vagval", {**ROUTE, "rivtaprofil": "rivtabp21"}, "rivtaprofil"),
        ("anropsbehorigheter", {**RIGHT, "tjanstekonsument": "*"}, "tjanstekonsument"),
    ],
)
def test_invalid_characters_refuse_the_whole_order_in_swedish(store, name, item, field):
    """platform.md §20.7: invalid characters → whole order rejected."""
    (reason,) = refused(store, an_order({name: [item], "tjanstekomponenter": [{"hsaId": "SE9"}]} | {name: [item]}))
    assert reason.startswith(f"{name}: {field} ")
    assert reason.endswith("innehåller ogiltiga tecken eller har fel längd.")


# Contracts, addresses, components


def test_contracts_addresses_and_components_that_are_missing_are_made(store):
    """platform.md §20.7: created if missing."""
    included = {
        "tjanstekontrakt": [{"namnrymd": "urn:a", "beskrivning": "A", "majorVersion": 2}],
        "logiskadresser": [{"hsaId": "SE1", "beskrivning": "One"}],
        "tjanstekomponenter": [{"hsaId": "SE2", "beskrivning": "Two"}],
    }
    plan = carried_out(store, an_order(included))
    assert plan.lines == (
        "Skapar tjänstekontrakt: urn:a",
        "Skapar logisk adress: SE1",
        "Skapar tjänstekomponent: SE2",
    )
    made = store.working_copy()
    assert (made.contracts[0].major, made.logical_addresses[0].description) == (2, "One")
    assert {one.owner for one in store.pending()} == {ANNA}


def test_those_that_are_there_are_neither_changed_nor_deleted(store):
    """platform.md §20.7: existing ones are neither changed nor deleted by an order."""
    with store.editing(ANNA) as editing:
        editing.add_component("SE2", "As it was")
    store.publish(ANNA)
    carried_out(store, an_order({"tjanstekomponenter": [{"hsaId": "SE2", "beskrivning": "New"}]}))
    plan = carried_out(store, an_order(None, {"tjanstekomponenter": [{"hsaId": "SE2"}]}))
    assert plan.lines == ("Tjänstekomponenten SE2 tas inte bort av en beställning.",)
    assert [one.description for one in store.working_copy().components] == ["As it was"]
    assert store.pending() == ()


def test_hsa_ids_are_upper_cased(store):
    """platform.md §20.7."""
    parts(store)
    carried_out(store, an_order({"logiskadresser": [{"hsaId": "se1-abc"}]}))
    assert "SE1-ABC" in [one.hsa_id for one in store.working_copy().logical_addresses]
    carried_out(store, an_order({"anropsbehorigheter": [{name: value.lower() for name, value in RIGHT.items()}]}))
    assert rights(store) == [(CONSUMER, FROM, TO, "AUTOTAKNING")]


# Authorisations


def test_an_authorisation_that_is_missing_is_made_for_a_hundred_years(store):
    """platform.md §20.7: period from genomforandeTidpunkt's date; created with integrationsavtal AUTOTAKNING."""
    carried_out(parts(store), an_order({"anropsbehorigheter": [RIGHT]}))
    assert rights(store) == [(CONSUMER, FROM, TO, "AUTOTAKNING")]


@pytest.mark.parametrize(
    ("moment", "first_day"),
    [("2026-06-01T21:59:59+0000", FROM), ("2026-06-01T22:00:00+0000", date(2026, 6, 2))],
)
def test_the_date_is_the_swedish_one(store, moment, first_day):
    carried_out(parts(store), an_order({"anropsbehorigheter": [RIGHT]}, genomforandeTidpunkt=moment))
    assert rights(store)[0][1] == first_day


def test_a_hundred_years_from_a_leap_day_end_on_a_day_that_there_is(store):
    moment = "2000-02-29T12:00:00+0100"
    carried_out(parts(store), an_order({"anropsbehorigheter": [RIGHT]}, genomforandeTidpunkt=moment))
    assert rights(store)[0][2] == date(2100, 2, 28)


@pytest.mark.parametrize(("first_day", "expected"), [(date(2026, 1, 1), date(2026, 1, 1)), (date(2026, 9, 1), FROM)])
def test_one_that_overlaps_is_moved_to_the_new_end_and_begins_earlier_if_the_order_does(store, first_day, expected):
    """platform.md §20.7: exactly one → its tom is moved to the new tom, and its from too if the order starts earlier."""
    parts(store)
    with store.editing(ANNA) as editing:
        an_authorisation(editing, first_day=first_day, last_day=date(2026, 12, 31))
    carried_out(store, an_order({"anropsbehorigheter": [RIGHT]}))
    assert rights(store) == [(CONSUMER, expected, TO, "")]


def test_one_that_ends_before_the_order_stays_and_a_new_one_is_made(store):
    """platform.md §20.7: none overlapping the period → created."""
    parts(store)
    with store.editing(ANNA) as editing:
        an_authorisation(editing, first_day=date(2026, 1, 1), last_day=date(2026, 5, 31))
    carried_out(store, an_order({"anropsbehorigheter": [RIGHT]}))
    assert len(rights(store)) == 2


def two_of(add, editing):
    add(editing, first_day=date(2026, 6, 1), last_day=date(2026, 6, 30))
    add(editing, first_day=date(2026, 8, 1), last_day=date(2026, 8, 31))


@pytest.mark.parametrize(
    ("add", "included", "reason"),
    [
        (
            an_authorisation,
            {"anropsbehorigheter": [RIGHT]},
            f"Skapa Anropsbehörighet: [{CLINIC}, {CONTRACT}, {CONSUMER}] finns flera gånger under perioden.",
        ),
        (
            a_route,
            {"vagval": [ROUTE]},
            f"Skapa Vägval: [{CLINIC}, {CONTRACT}] finns flera gånger under perioden.",
        ),
    ],
)
def test_several_that_overlap_are_an_error(store, add, included, reason):
    """platform.md §20.7: several → error."""
    parts(store)
    with store.editing(ANNA) as editing:
        two_of(add, editing)
    assert refused(store, an_order(included)) == (reason,)


# Routes


def test_a_route_that_is_missing_is_made_with_its_producer_s_address(store):
    """platform.md §20.7: the producer address object is created if missing."""
    plan = carried_out(parts(store), an_order({"vagval": [ROUTE]}))
    assert routes(store) == [(FROM, TO, URL)]
    assert plan.lines[0] == f"Skapar anropsadress: {URL} (RIVTABP21, {COMPONENT})"


def test_a_route_to_the_same_place_is_extended(store):
    """platform.md §20.7: same URL + profile + component → existing row extended in the same way."""
    published(store)
    carried_out(store, an_order({"vagval": [ROUTE]}))
    assert routes(store) == [(date(2026, 1, 1), TO, URL)]


@pytest.mark.parametrize("changes", [{"adress": OTHER_URL}, {"rivtaprofil": "RIVTABP20"}, {"tjanstekomponent": "SE9"}])
def test_a_route_to_another_place_closes_the_one_before_the_day_before(store, changes):
    """platform.md §20.7: different URL, profile or component → closed the day before `from`, a new row is created."""
    published(store)
    with store.editing(ANNA) as editing:
        editing.add_component("SE9")
        editing.add_profile("RIVTABP20")
    carried_out(store, an_order({"vagval": [{**ROUTE, **changes}]}))
    assert [one[:2] for one in routes(store)] == [(date(2026, 1, 1), date(2026, 5, 31)), (FROM, TO)]
    assert len(store.working_copy().producer_addresses) == 2


def test_one_that_had_not_begun_is_deleted_with_its_address_when_nothing_else_uses_that(store):
    """platform.md §20.7: deleted instead if it had not begun; its producer address too if nothing else uses it."""
    parts(store)
    with store.editing(ANNA) as editing:
        a_route(editing, first_day=date(2026, 6, 1), last_day=date(2026, 12, 31))
    plan = carried_out(store, an_order({"vagval": [{**ROUTE, "adress": OTHER_URL}]}))
    assert routes(store) == [(FROM, TO, OTHER_URL)]
    assert [one.url for one in store.working_copy().producer_addresses] == [OTHER_URL]
    assert any(line.startswith("Tar bort anropsadress: ") for line in plan.lines)


def test_its_address_stays_when_another_route_uses_it(store):
    """platform.md §20.7."""
    parts(store)
    with store.editing(ANNA) as editing:
        a_route(editing, first_day=date(2026, 6, 1), last_day=date(2026, 12, 31))
        a_route(editing, address="SE9")
    carried_out(store, an_order({"vagval": [{**ROUTE, "adress": OTHER_URL}]}))
    assert {one.url for one in store.working_copy().producer_addresses} == {URL, OTHER_URL}


# Excluding


@pytest.mark.parametrize(
    ("add", "excluded", "seen"),
    [
        (an_authorisation, {"anropsbehorigheter": [RIGHT]}, lambda store: [one[1:3] for one in rights(store)]),
        (a_route, {"vagval": [ROUTE]}, lambda store: [one[:2] for one in routes(store)]),
    ],
)
def test_what_is_excluded_is_closed_the_day_before_or_deleted_if_it_has_not_begun(store, add, excluded, seen):
    """platform.md §20.7: permission or route, exclude."""
    parts(store)
    with store.editing(ANNA) as editing:
        add(editing, first_day=date(2026, 1, 1), last_day=date(2026, 6, 30))
        add(editing, first_day=date(2026, 7, 1), last_day=date(2026, 12, 31))
    store.publish(ANNA)
    carried_out(store, an_order(None, excluded))
    assert seen(store) == [(date(2026, 1, 1), date(2026, 5, 31))]


def test_what_is_missing_is_excluded_without_an_error(store):
    """platform.md §20.7: missing → no error."""
    assert carried_out(store, an_order(None, {"anropsbehorigheter": [RIGHT], "vagval": [ROUTE]})).lines == ()


def test_an_excluded_route_that_leads_elsewhere_stays(store):
    published(store)
    carried_out(store, an_order(None, {"vagval": [{**ROUTE, "adress": OTHER_URL}]}))
    assert routes(store)[0][1] == date(2026, 12, 31)
    carried_out(
        store, an_order(None, {"vagval": [{name: ROUTE[name] for name in ("logiskAdress", "tjanstekontrakt")}]})
    )
    assert routes(store)[0][1] == date(2026, 5, 31)


# Refused whole


def test_the_same_route_twice_is_refused_in_the_real_platform_s_words(store):
    """platform.md §20.7: same object twice in one order."""
    parts(store)
    order = an_order({"vagval": [ROUTE]}, {"vagval": [ROUTE]})
    assert refused(store, order) == (
        f"Vägvalet [{CLINIC}, {CONTRACT}] får inte finnas på flera ställen i beställningen.",
    )


@pytest.mark.parametrize(
    ("name", "item", "told"),
    [
        ("anropsbehorigheter", RIGHT, f"Anropsbehörigheten [{CLINIC}, {CONTRACT}, {CONSUMER}]"),
        ("tjanstekontrakt", {"namnrymd": "urn:a"}, "Tjänstekontraktet [urn:a]"),
        ("logiskadresser", {"hsaId": "SE1"}, "Den logiska adressen [SE1]"),
        ("tjanstekomponenter", {"hsaId": "se1"}, "Tjänstekomponenten [SE1]"),
    ],
)
def test_any_object_twice_is_refused_in_that_form(store, name, item, told):
    """platform.md §20.7."""
    (reason,) = refused(store, an_order({name: [item, item, item]}))
    assert reason == f"{told} får inte finnas på flera ställen i beställningen."


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tjanstekontrakt": "urn:x"}, "Skapa Vägval: Tjänstekontrakt med namnrymd = urn:x finns inte."),
        ({"logiskAdress": "SE9"}, "Skapa Vägval: Logisk adress med HSA-id = SE9 finns inte."),
        ({"tjanstekomponent": "SE9"}, "Skapa Vägval: Tjänstekomponent med HSA-id = SE9 finns inte."),
        ({"rivtaprofil": "RIVTABP99"}, "Skapa Vägval: RIV-TA-profil med namn = RIVTABP99 finns inte."),
    ],
)
def test_a_relation_that_is_missing_refuses_the_whole_order(store, changes, reason):
    """platform.md §20.7: missing relation → whole order rejected."""
    parts(store)
    included = {"vagval": [{**ROUTE, **changes}], "logiskadresser": [{"hsaId": "SE-NEW"}]}
    assert refused(store, an_order(included)) == (reason,)


def test_a_relation_that_another_user_has_not_published_refuses_the_whole_order(store):
    """platform.md §20.7: relation unpublished by another user."""
    parts(store)
    with store.editing(BO) as editing:
        editing.add_logical_address("SE9")
    order = an_order({"anropsbehorigheter": [{**RIGHT, "logiskAdress": "SE9"}]})
    assert refused(store, order) == (
        "Skapa Anropsbehörighet: Logisk adress med HSA-id = SE9 är inte publicerad av bo.",
    )
    assert carried_out(store, order, BO).lines


def test_a_row_with_another_user_s_pending_change_refuses_the_whole_order(store):
    """platform.md §20.2, §20.7."""
    published(store)
    with store.editing(BO) as editing:
        editing.change(editing.row(AuthorisationRow, 1), agreement="IA")
        editing.change(editing.row(RouteRow, 1), last_day=date(2026, 11, 30))
    reasons = refused(store, an_order({"anropsbehorigheter": [RIGHT], "vagval": [ROUTE]}))
    assert [reason.endswith("har en opublicerad ändring av en annan användare, bo.") for reason in reasons] == [
        True
    ] * 2


# Confirming


def test_nothing_is_saved_before_it_is_confirmed(store):
    """platform.md §20.7: a confirmation page shows what will happen."""
    plan = orders.preview(parts(store), an_order({"vagval": [ROUTE]}), PLATFORM, ANNA)
    assert len(plan.lines) == 2
    assert store.pending() == ()


def test_saving_requires_the_hash_of_what_was_confirmed(store):
    """platform.md §20.7: save requires the hash of what was confirmed."""
    parts(store)
    order = an_order({"vagval": [ROUTE]})
    confirmed = orders.preview(store, order, PLATFORM, ANNA).confirmation
    for text, user, given in (
        (order, ANNA, ""),
        (order, ANNA, "0" * 64),
        (an_order({"vagval": [{**ROUTE, "adress": OTHER_URL}]}), ANNA, confirmed),
        (order, BO, confirmed),
    ):
        with pytest.raises(OrderRefused, match="bekräfta den på nytt"):
            orders.carry_out(store, text, PLATFORM, user, given)
    assert store.pending() == ()
    assert orders.carry_out(store, order, PLATFORM, ANNA, confirmed).lines


def test_a_catalogue_that_has_changed_meanwhile_must_be_confirmed_anew(store):
    """platform.md §20.7."""
    parts(store)
    order = an_order({"vagval": [ROUTE]})
    confirmed = orders.preview(store, order, PLATFORM, ANNA).confirmation
    with store.editing(ANNA) as editing:
        to(editing)
    with pytest.raises(OrderRefused, match="bekräfta den på nytt"):
        orders.carry_out(store, order, PLATFORM, ANNA, confirmed)


def test_what_was_ordered_is_published_separately(store):
    """platform.md §20.7: changes are pending; publication is a separate step."""
    carried_out(parts(store), an_order({"vagval": [ROUTE]}))
    assert store.current().routes == ()
    assert len(store.publish(ANNA).routes) == 1


def test_the_standard_address_can_be_ordered_and_nothing_else_beyond_hsa_ids(store):
    """platform.md §20.1: a logical address may also be exactly `*`."""
    assert carried_out(store, an_order({"logiskadresser": [{"hsaId": "*"}]})).lines == ("Skapar logisk adress: *",)
    for name, wrong in (("logiskadresser", "**"), ("logiskadresser", "SE*"), ("tjanstekomponenter", "*")):
        with pytest.raises(OrderRefused, match="innehåller ogiltiga tecken"):
            orders.preview(store, an_order({name: [{"hsaId": wrong}]}), PLATFORM, ANNA)

"""gateway/tak/changes.py, unmatched.py: which rows differ, and who can now reach what.

Source: platform.md §9.1, §9.3, §10, §20.2, §20.7.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts.namespaces import responder
from gateway.tak.changes import ahead, between, lines, opened, row_lines
from gateway.tak.importing import publication_of
from gateway.tak.model import Authorisation, Route, Validity
from gateway.tak.publication import Component, LogicalAddress
from gateway.tak.snapshot import TakSnapshot
from gateway.tak.unmatched import unmatched

MAKE, CANCEL = responder("MakeBooking"), responder("CancelBooking")
YEAR = Validity.of_days(date(2026, 1, 1), date(2026, 12, 31))
NEXT = Validity.of_days(date(2027, 1, 1), date(2027, 12, 31))
DAY = date(2026, 12, 31)
NOTHING = TakSnapshot.of((), ())


def a_route(address="SE1", contract=MAKE, url="https://one", validity=YEAR):
    return Route(address, contract, url, "RIVTABP21", validity)


def allowed(address="SE1", consumer="SE-ET", contract=MAKE, validity=YEAR):
    return Authorisation(consumer, address, contract, validity)


def told(old, new, day=DAY):
    return list(lines(between(old, new, day)))


def of(*rows):
    return TakSnapshot.of(
        (row for row in rows if isinstance(row, Route)), (row for row in rows if isinstance(row, Authorisation))
    )


# Who reaches what


def test_a_route_with_an_authorisation_opens_and_without_it_closes():
    """platform.md §9, §10: both must be in force."""
    both = of(a_route(), allowed())
    assert told(NOTHING, both) == ["+ SE-ET can now call MakeBooking at SE1 (https://one)"]
    assert told(both, NOTHING) == ["- SE-ET can no longer call MakeBooking at SE1"]
    assert told(NOTHING, of(a_route())) == []
    assert told(NOTHING, of(allowed())) == []
    assert told(both, both) == []


def test_a_route_that_leads_elsewhere_is_told_as_such():
    assert told(of(a_route(), allowed()), of(a_route(url="https://two"), allowed())) == [
        "~ SE-ET calling MakeBooking at SE1 is now answered by https://two, not https://one"
    ]


def test_a_contract_of_another_domain_is_told_in_full():
    rows = (a_route(contract="urn:riv:a:b:AskResponder:2"), allowed(contract="urn:riv:a:b:AskResponder:2"))
    assert told(NOTHING, of(*rows)) == ["+ SE-ET can now call urn:riv:a:b:AskResponder:2 at SE1 (https://one)"]


@pytest.mark.parametrize(
    ("day", "opens"), [(date(2025, 12, 31), 0), (date(2026, 1, 1), 1), (date(2026, 12, 31), 1), (date(2027, 1, 1), 0)]
)
def test_only_what_is_in_force_on_the_day_counts_and_both_days_are_in_force(day, opens):
    """platform.md §9.2, §25 row 4."""
    assert len(told(NOTHING, of(a_route(), allowed()), day)) == opens


def test_a_prolonged_row_opens_on_its_new_days_alone():
    old, new = of(a_route(), allowed()), of(a_route(validity=Validity.of_days(date(2026, 1, 1), date(2027, 6, 30))))
    new = TakSnapshot.of(new.routes, [allowed(), allowed(validity=NEXT)])
    assert told(old, new) == []
    assert told(old, new, date(2027, 6, 30)) == ["+ SE-ET can now call MakeBooking at SE1 (https://one)"]


def test_an_authorisation_for_the_standard_address_opens_every_address_with_a_route():
    """platform.md §10: exact, then `*`."""
    old = of(a_route(), a_route("SE2"), a_route("SE3", CANCEL))
    new = of(*old.routes, allowed("*"))
    assert told(old, new) == [
        "+ SE-ET can now call MakeBooking at SE1 (https://one)",
        "+ SE-ET can now call MakeBooking at SE2 (https://one)",
    ]


def test_a_standard_route_opens_every_address_without_a_route_of_its_own():
    """platform.md §9.3: `*` is tried when nothing was found."""
    old = of(a_route(), allowed(), allowed("SE2"))
    assert told(old, of(*old.routes, a_route("*", url="https://all"), *old.authorisations)) == [
        "+ SE-ET can now call MakeBooking at SE2 (https://all)"
    ]


def test_where_both_are_for_the_standard_address_every_other_address_is_told():
    new = of(a_route("*"), allowed("*"))
    assert told(NOTHING, new) == ["+ SE-ET can now call MakeBooking at every other address (*) (https://one)"]


def test_a_route_of_its_own_takes_an_address_from_the_standard_route():
    """platform.md §9.3: the first look-up that finds something is used."""
    old = of(a_route("*", url="https://all"), allowed("*"))
    assert told(old, of(*old.routes, a_route(), *old.authorisations)) == [
        "~ SE-ET calling MakeBooking at SE1 is now answered by https://one, not https://all"
    ]


def test_an_authorisation_that_another_covers_changes_nothing():
    old = of(a_route(), allowed("*"))
    assert told(old, of(a_route(), allowed("*"), allowed())) == []


def test_letter_case_makes_no_difference():
    """platform.md §9.1."""
    assert told(of(a_route("se1"), allowed("SE1")), of(a_route("SE1"), allowed("se1", "se-et", MAKE.lower()))) == []


@pytest.mark.parametrize(
    ("added", "why"),
    [
        ([a_route(url="https://two")], "2 routes at once: VP006"),
        ([a_route(url="https://one")], "2 routes at once: VP006"),
    ],
)
def test_a_second_route_closes_what_the_first_had_opened(added, why):
    """platform.md §9.3, §25 row 2: more than one is VP006."""
    old = of(a_route(), allowed())
    assert told(old, of(*old.routes, *added, *old.authorisations)) == [
        f"- SE-ET can no longer call MakeBooking at SE1 ({why})"
    ]


def test_a_route_without_an_address_leads_nowhere():
    """platform.md §9.3: VP010."""
    old = of(a_route(), allowed())
    assert told(old, of(a_route(url=" "), allowed())) == [
        "- SE-ET can no longer call MakeBooking at SE1 (a route without an address: VP010)"
    ]


def test_one_row_changed_in_a_hundred_thousand_is_found():
    routes = [a_route(f"SE{number}", responder(f"Ask{kind}")) for number in range(500) for kind in range(100)]
    rights = [allowed(f"SE{number}", contract=responder(f"Ask{kind}")) for number in range(500) for kind in range(100)]
    old, new = TakSnapshot.of(routes, rights), TakSnapshot.of(routes, rights[1:])
    assert told(old, new) == ["- SE-ET can no longer call Ask0 at SE0"]


def test_what_a_file_opens_by_itself_is_told():
    assert [one.after for one in opened(of(a_route(), allowed()), DAY).reach] == ["https://one"]


# Rows


@pytest.mark.parametrize(
    ("validity", "happening"),
    [
        (Validity.of_days(date(2025, 1, 1), date(2027, 1, 1)), "prolonged"),
        (Validity.of_days(date(2026, 2, 1), date(2026, 12, 31)), "shortened"),
        (Validity.of_days(date(2026, 2, 1), date(2027, 12, 31)), "moved"),
    ],
)
def test_a_row_of_other_days_is_prolonged_shortened_or_moved(validity, happening):
    for old, new in ((a_route(), a_route(validity=validity)), (allowed(), allowed(validity=validity))):
        (change,) = between(of(old), of(new), DAY).rows
        assert change.happening == happening


def test_rows_that_came_went_or_lead_elsewhere_are_told():
    old = of(a_route(), allowed("SE2"))
    new = of(a_route(url="https://two"), a_route("SE2"))
    assert list(row_lines(between(old, new, DAY))) == [
        "route readdressed: SE1, MakeBooking: 2026-01-01 – 2026-12-31 to https://one (RIVTABP21) → "
        "2026-01-01 – 2026-12-31 to https://two (RIVTABP21)",
        "route added: SE2, MakeBooking: 2026-01-01 – 2026-12-31 to https://one (RIVTABP21)",
        "authorisation removed: SE-ET at SE2, MakeBooking: 2026-01-01 – 2026-12-31",
    ]


def test_a_route_that_follows_another_is_added_and_the_other_stays():
    (change,) = between(of(a_route()), of(a_route(), a_route(validity=NEXT)), DAY).rows
    assert (change.happening, change.before) == ("added", "")


def test_the_same_can_be_read_by_a_program():
    found = between(NOTHING, of(a_route(), allowed()), DAY).as_json()
    assert found["day"] == "2026-12-31"
    assert found["reach"] == [
        {"consumer": "SE-ET", "contract": MAKE, "logical_address": "SE1", "before": "", "after": "https://one",
         "hindered": ""}
    ]  # fmt: skip
    assert [one["kind"] for one in found["rows"]] == ["route", "authorisation"]


# Unmatched


def test_what_no_route_no_authorisation_or_neither_uses_is_told():
    """platform.md §20.7: unmatched, by vägval, by anropsbehörighet, by any."""
    catalogue = publication_of(of(a_route("SE1"), allowed("SE2")), "SE-P")
    catalogue = replace(
        catalogue,
        logical_addresses=(*catalogue.logical_addresses, LogicalAddress(9, "SE9")),
        components=(*catalogue.components, Component(9, "SE-9")),
    )

    def names(by):
        found = unmatched(catalogue, by)
        return [one.hsa_id for one in (*found.logical_addresses, *found.components)]

    assert names("routes") == ["SE2", "SE9", "SE-ET", "SE-9"]
    assert names("authorisations") == ["SE1", "SE9", "SE-P", "SE-9"]
    assert names("either") == ["SE9", "SE-9"]
    assert unmatched(catalogue, "either").contracts == ()


# Later than today


def days(first, last):
    return Validity.of_days(DAY + timedelta(days=first), DAY + timedelta(days=last))


def told_later(old, new):
    return [((one.day - DAY).days, [change.line for change in one.reach]) for one in ahead(old, new, DAY)]


OPEN = allowed(validity=days(-900, 900))


def test_what_takes_effect_later_is_told_by_its_day():
    """The day on which it ends is none: from then on all is as it would have been."""
    new = of(a_route(validity=days(2, 30)), OPEN)
    assert told_later(NOTHING, new) == [(2, ["+ SE-ET can now call MakeBooking at SE1 (https://one)"])]
    assert told(NOTHING, new) == []


def test_what_is_shortened_is_told_by_the_day_after_its_last():
    old, new = (of(a_route(validity=days(-3, last)), OPEN) for last in (90, 10))
    assert told_later(old, new) == [(11, ["- SE-ET can no longer call MakeBooking at SE1 (no route: VP004)"])]


def test_of_what_is_in_force_today_nothing_is_told_again():
    new = of(a_route(validity=days(0, 30)), OPEN)
    assert len(told(NOTHING, new)) == 1
    assert told_later(NOTHING, new) == []
    assert told_later(new, new) == []


def test_one_address_after_another_is_told_day_by_day():
    old = of(a_route(validity=days(-9, 90)), OPEN)
    steps = ((-9, 4, "https://one"), (5, 9, "https://two"), (10, 90, "https://three"))
    new = of(*(a_route(url=url, validity=days(first, last)) for first, last, url in steps), OPEN)
    line = "~ SE-ET calling MakeBooking at SE1 is now answered by {}, not https://one"
    assert told_later(old, new) == [(5, [line.format("https://two")]), (10, [line.format("https://three")])]


def test_the_last_day_there_is_has_none_after_it():
    assert told_later(NOTHING, of(a_route(validity=Validity.of_days(DAY, date.max)), OPEN)) == []

"""gateway/authorisation.py: who may call whom under which contract (platform.md §10; VP002, VP007 of §12.2)."""

from datetime import date, datetime

import pytest

from contracts.errors import NotAuthorised, SenderUnknown
from contracts.times import SWEDEN
from gateway.authorisation import AuthorisationSearch, demand_authorisation, look_for_authorisation
from gateway.hsa import NO_TREE, HsaTree
from gateway.settings import read_settings
from gateway.tak.model import Authorisation, Validity
from tests.gateway.builders import (
    CLINIC,
    CONSUMER,
    CONTRACT,
    NOW,
    a_pipeline,
    a_route,
    a_snapshot,
    an_authorisation,
    carried,
    fault_in,
    with_headers,
)

A_UNDER_P = HsaTree({"A": "P1", "P1": "P2"})


def search(
    *authorisations: Authorisation,
    consumer: str | None = CONSUMER,
    address: str = CLINIC,
    contract: str | None = CONTRACT,
    tree: HsaTree = NO_TREE,
    now: datetime = NOW,
    **settings: object,
) -> AuthorisationSearch:
    snapshot = a_snapshot(authorisations=authorisations)
    return look_for_authorisation(consumer, address, contract, snapshot, now, read_settings(settings), tree)


def to(logical_address: str) -> Authorisation:
    return an_authorisation(logical_address=logical_address)


def test_who_is_authorised_gets_the_trace_of_the_look_up() -> None:
    found = search(an_authorisation())
    demand_authorisation(found)
    assert found.trace == CLINIC


def test_all_three_match_in_any_letter_case() -> None:
    """platform.md §10."""
    one = an_authorisation(consumer=CONSUMER.lower(), logical_address=CLINIC.lower(), contract=CONTRACT.upper())
    assert search(one, consumer=CONSUMER.upper(), address=CLINIC.upper(), contract=CONTRACT.lower()).is_found


@pytest.mark.parametrize(
    "change",
    [
        {"consumer": "SE2321009991-ET02"},
        {"logical_address": "SE2321009991-1A01"},
        {"contract": CONTRACT + "1"},
        {"validity": Validity.of_days(date(2026, 1, 1), date(2026, 11, 30))},
        {"validity": Validity.of_days(date(2026, 12, 2), date(2026, 12, 31))},
    ],
)
def test_nothing_is_open_by_default(change: dict[str, object]) -> None:
    """DESIGN decision 11; platform.md §12.2, §24 row 15: VP007's detail."""
    with pytest.raises(NotAuthorised) as told:
        demand_authorisation(search(an_authorisation(**change)))
    assert told.value.detail == (
        f"Authorization missing for serviceNamespace: {CONTRACT}, receiverId: {CLINIC}, senderId: {CONSUMER}"
    )
    assert told.value.faultcode == "Server"


def test_one_authorisation_in_force_among_expired_ones_is_enough() -> None:
    expired = an_authorisation(validity=Validity.of_days(date(2025, 1, 1), date(2025, 12, 31)))
    assert search(expired, an_authorisation(), expired).is_found


@pytest.mark.parametrize(("settings", "is_found"), [({}, True), ({"compatibility": "skltp"}, False)])
def test_days_are_read_as_those_of_routes(settings: dict[str, str], is_found: bool) -> None:
    """platform.md §10: the same date rules; §25 row 4."""
    assert search(an_authorisation(), now=datetime(2026, 12, 31, 20, tzinfo=SWEDEN), **settings).is_found is is_found


def test_without_a_sender_it_is_told_who_could_not_be_found() -> None:
    """platform.md §12.2: VP002 from the permission step."""
    with pytest.raises(SenderUnknown) as told:
        search(an_authorisation(), consumer=None)
    assert told.value.detail == (
        f"No sender ID (SERIALNUMBER) found in certificate. serviceNamespace: {CONTRACT}, receiverId: {CLINIC}, "
        "senderId: null"
    )


# The order of look-ups


@pytest.mark.parametrize(
    ("authorised", "is_found", "trace"),
    [
        ("A", True, "A"),
        ("*", True, "A,(default),*"),
        ("P1", True, "A,(default),*,(parent),P1"),
        ("SE", True, "A,(default),*,(parent),P1,P2,SE"),
        ("B", False, "A,(default),*,(parent),P1,P2,SE"),
    ],
)
def test_the_standard_address_comes_before_the_units_above(authorised: str, is_found: bool, trace: str) -> None:
    """platform.md §10 b to d, §24 rows 16 and 17, §25 row 1: not routing's order."""
    found = search(to(authorised), address="A", tree=A_UNDER_P)
    assert (found.is_found, found.trace) == (is_found, trace)


@pytest.mark.parametrize(
    ("settings", "climbs"),
    [
        ({}, True),
        ({"hsa_for_authorisation": False}, False),
        ({"hsa_for_authorisation_except": CONTRACT}, False),
        ({"hsa_for_authorisation": False, "hsa_for_authorisation_except": "urn:riv:crm"}, True),
        ({"hsa_for_routing": False}, True),
    ],
)
def test_climbing_has_a_switch_of_its_own(settings: dict[str, object], climbs: bool) -> None:
    """platform.md §11, §24 row 17: with the contract excepted the unit above does not authorise."""
    found = search(to("P1"), address="A", tree=A_UNDER_P, **settings)
    assert found.is_found is climbs
    assert ("(parent)" in found.trace) is climbs


# The old form VE#VG


@pytest.mark.parametrize(
    ("authorised", "address", "is_found", "trace"),
    [
        ("Second", "First#Second", True, "(leaf),Second"),
        ("First", "First#Second", True, "(leaf),Second,First"),
        ("X", "X#X", True, "(leaf),X"),
        ("X", "#X#", True, "(leaf),X"),
        ("A", "A#B#A", True, "(leaf),B,A"),
        ("*", "First#Second", False, "(leaf),Second,First"),
        ("First#Second", "First#Second", False, "(leaf),Second,First"),
        ("P1", "B#A", False, "(leaf),A,B"),
        ("C", "A#B#C", False, "(leaf),Invalid parameters"),
        ("A", "#", False, ""),
    ],
)
def test_one_of_two_parts_authorises_and_nothing_else_does(
    authorised: str, address: str, is_found: bool, trace: str
) -> None:
    """platform.md §10 a, §24 rows 20 and 21."""
    found = search(to(authorised), address=address, tree=A_UNDER_P)
    assert (found.is_found, found.trace) == (is_found, trace)


@pytest.mark.parametrize(
    ("settings", "may"),
    [
        ({"delimiter_contracts": CONTRACT}, True),
        ({"delimiter_contracts": f"urn:other,{CONTRACT}", "delimiter_senders": CONSUMER}, True),
        ({"delimiter_contracts": "urn:other"}, False),
        ({"delimiter_contracts": CONTRACT.upper()}, False),
        ({"delimiter_senders": "SE2321009991-ET02"}, False),
        ({"delimiter_senders": CONSUMER.lower()}, False),
        ({"delimiter_contracts": CONTRACT, "delimiter_senders": "SE2321009991-ET02"}, False),
    ],
)
def test_who_may_use_that_form_and_for_what_can_be_listed(settings: dict[str, object], may: bool) -> None:
    """platform.md §10 a, §24 row 20: both lists are case-sensitive, and both must let the call by."""
    found = search(to("VG"), address="VE#VG", **settings)
    assert (found.is_found, found.trace) == ((True, "(leaf),VG") if may else (False, "(leaf),Invalid parameters"))
    assert search(to("VG"), address="VG", **settings).is_found


def test_without_a_delimiter_the_form_is_nothing_special() -> None:
    assert search(to("A#B"), address="A#B", address_delimiter="").trace == "A#B"


# In the pipeline


def test_the_address_of_the_message_counts_not_the_one_that_the_route_was_found_under() -> None:
    """platform.md §10, notes; §24 row 19: an address without a route is VP004, whoever is authorised to `*`."""
    everywhere = (to("*"),)
    routed = a_snapshot(a_route(logical_address="SE"), authorisations=(to("SE2321009991-1A01"),))
    assert fault_in(carried(a_pipeline(snapshot=routed))).code == "VP007"
    routed = a_snapshot(a_route(logical_address="*"), authorisations=everywhere)
    assert carried(a_pipeline(snapshot=routed)).status == 200
    unrouted = a_snapshot(a_route(logical_address="SE2321009991-1A01"), authorisations=everywhere)
    assert fault_in(carried(a_pipeline(snapshot=unrouted))).code == "VP004"


def test_it_is_the_immediate_caller_that_is_checked_never_the_original_consumer() -> None:
    """platform.md §10, notes."""
    other = "SE2321009991-ET02"
    request = with_headers({"x-rivta-original-serviceconsumer-hsaid": other})
    authorised = a_snapshot(a_route(), authorisations=(an_authorisation(consumer=other),))
    assert fault_in(carried(a_pipeline(snapshot=authorised), request)).detail.endswith(f"senderId: {CONSUMER}")
    assert carried(a_pipeline(), request).status == 200

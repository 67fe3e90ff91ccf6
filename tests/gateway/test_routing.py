"""gateway/routing.py and tak/snapshot.py: choosing where a call goes (platform.md §9; VP003, VP004, VP006, VP010)."""

from datetime import date, datetime, timedelta

import pytest

from contracts.errors import LogicalAddressMissing, RouteAmbiguous, RouteMissing, RouteWithoutAddress
from contracts.times import SWEDEN
from gateway.routing import choose_route
from gateway.tak.model import Route, Validity
from tests.gateway.builders import CLINIC, CONTRACT, NOW, a_route, a_snapshot


def chosen(*routes: Route, logical_address: str | None = CLINIC, contract: str | None = CONTRACT) -> Route:
    return choose_route(logical_address, contract, a_snapshot(*routes), NOW).route


def test_the_one_route_in_force_is_chosen_with_its_trace() -> None:
    route = a_route()
    choice = choose_route(CLINIC, CONTRACT, a_snapshot(route, a_route(logical_address="SE2321009991-1A01")), NOW)
    assert choice.route is route
    assert choice.trace == CLINIC


def test_addresses_and_contracts_match_in_any_letter_case() -> None:
    """platform.md §9.1, §9.6 row 1."""
    route = a_route(logical_address=CLINIC.lower(), contract=CONTRACT.upper())
    assert chosen(route, logical_address=CLINIC.upper(), contract=CONTRACT.lower()) is route


@pytest.mark.parametrize("address", [f" {CLINIC}", f"{CLINIC} ", CLINIC[:-1], f"{CLINIC}1", "*", "SE"])
def test_nothing_is_trimmed_and_no_part_of_an_address_matches(address: str) -> None:
    """platform.md §9.1: no trimming, no wildcards, no prefix matching."""
    with pytest.raises(RouteMissing):
        chosen(a_route(), logical_address=address)


def test_an_expired_route_is_as_if_absent() -> None:
    """platform.md §9.2, §9.6 row 2 (without a standard route)."""
    expired = a_route(validity=Validity.of_days(date(2026, 1, 1), date(2026, 11, 30)))
    with pytest.raises(RouteMissing):
        chosen(expired)
    assert chosen(expired, a_route(address="adapter:other")).address == "adapter:other"


def test_a_route_is_used_on_its_first_and_its_last_day_to_the_end() -> None:
    """platform.md §25 row 4: inclusive local dates."""
    route = a_route(validity=Validity.of_days(NOW.date(), NOW.date()))
    snapshot = a_snapshot(route)
    for moment in (datetime(2026, 12, 1, tzinfo=SWEDEN), datetime(2026, 12, 1, 23, 59, 59, 999_999, tzinfo=SWEDEN)):
        assert choose_route(CLINIC, CONTRACT, snapshot, moment).route is route
        for outside in (moment - timedelta(days=1), moment + timedelta(days=1)):
            with pytest.raises(RouteMissing):
                choose_route(CLINIC, CONTRACT, snapshot, outside)


def test_two_routes_are_ambiguous_even_when_they_differ_in_profile_alone() -> None:
    """platform.md §9.3, §9.6 row 7, §25 row 2: VP006."""
    with pytest.raises(RouteAmbiguous) as told:
        chosen(a_route(profile="RIVTABP20"), a_route())
    assert told.value.detail == (
        "More than one receiverId (logical address) with matching Riv-version found for "
        f"serviceNamespace: {CONTRACT}, receiverId: {CLINIC}"
    )


def test_without_a_logical_address_there_is_nothing_to_look_up() -> None:
    """platform.md §12.2: VP003, with its trailing blank."""
    with pytest.raises(LogicalAddressMissing) as told:
        chosen(a_route(), logical_address=None)
    assert told.value.detail == "No receiverId (logical address) found in message header. "


def test_a_missing_route_is_told_with_contract_and_address() -> None:
    """platform.md §12.2: VP004."""
    with pytest.raises(RouteMissing) as told:
        chosen(a_route(), logical_address="SE1")
    assert told.value.detail == (
        f"No receiverId (logical address) found for serviceNamespace: {CONTRACT}, receiverId: SE1"
    )


@pytest.mark.parametrize("address", ["SE1 ", " SE1", "S E1", "SE1\n", "SE\t1"])
def test_white_space_in_the_address_is_hinted_at(address: str) -> None:
    """platform.md §12.2: VP004's second sentence."""
    with pytest.raises(RouteMissing) as told:
        chosen(a_route(), logical_address=address)
    assert told.value.detail.endswith(f"receiverId: {address}. Whitespace detected in incoming request!")


def test_without_a_contract_null_is_told() -> None:
    """platform.md §3."""
    with pytest.raises(RouteMissing, match="serviceNamespace: null, receiverId: "):
        chosen(a_route(), contract=None)


@pytest.mark.parametrize("address", ["", " ", "\n"])
def test_a_route_without_an_address_is_told(address: str) -> None:
    """platform.md §9.3, §12.2: VP010."""
    with pytest.raises(RouteWithoutAddress) as told:
        chosen(a_route(address=address))
    assert told.value.detail == (
        f"Physical Address field is empty in Service Producer for serviceNamespace: {CONTRACT}, receiverId: {CLINIC}"
    )

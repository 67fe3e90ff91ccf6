"""gateway/routing.py, look_ups.py and tak/snapshot.py: choosing where a call goes (platform.md §9; VP003, VP004, VP006,
VP010 of §12.2)."""

import json
from datetime import date, datetime, timedelta

import pytest

from contracts.errors import LogicalAddressMissing, PlatformError, RouteAmbiguous, RouteMissing, RouteWithoutAddress
from contracts.times import SWEDEN
from gateway.hsa import NO_TREE, HsaTree
from gateway.pipeline import Pipeline
from gateway.routing import RouteSearch, choose_route, look_for_routes
from gateway.settings import read_settings
from gateway.tak.model import Route, Validity
from tests.gateway.builders import CLINIC, CONTRACT, FEW, NOW, a_route, a_snapshot, carried

ONE_DAY = timedelta(days=1)
A_UNDER_P = HsaTree({"A": "P"})
EXPIRED = Validity.of_days(date(2026, 1, 1), date(2026, 11, 29))


def search(
    *routes: Route,
    logical_address: str | None = CLINIC,
    contract: str | None = CONTRACT,
    tree: HsaTree = NO_TREE,
    now: datetime = NOW,
    **settings: object,
) -> RouteSearch:
    return look_for_routes(logical_address, contract, a_snapshot(*routes), now, read_settings(settings), tree)


def chosen(*routes: Route, **asked: object) -> Route:
    return choose_route(search(*routes, **asked))


def to(logical_address: str, address: str, **changes: object) -> Route:
    return a_route(logical_address=logical_address, address=address, **changes)


# One look-up


def test_the_one_route_in_force_is_chosen_with_its_trace() -> None:
    route = a_route()
    found = search(route, a_route(logical_address="SE2321009991-1A01"))
    assert choose_route(found) is route
    assert found.trace == CLINIC


def test_addresses_and_contracts_match_in_any_letter_case() -> None:
    """platform.md §9.1, §9.6 row 1, §24 row 11."""
    route = a_route(logical_address=CLINIC.lower(), contract=CONTRACT.upper())
    assert chosen(route, logical_address=CLINIC.upper(), contract=CONTRACT.lower()) is route


@pytest.mark.parametrize("address", [f" {CLINIC}", f"{CLINIC} ", CLINIC[:-1], f"{CLINIC}1", "*", "SE"])
def test_nothing_is_trimmed_and_no_part_of_an_address_matches(address: str) -> None:
    """platform.md §9.1: no trimming, no wildcards, no prefix matching."""
    with pytest.raises(RouteMissing):
        chosen(a_route(), logical_address=address)


def test_an_expired_route_is_as_if_absent() -> None:
    """platform.md §9.2, §9.6 row 2 (without a standard route), §24 row 12."""
    expired = a_route(validity=EXPIRED)
    with pytest.raises(RouteMissing):
        chosen(expired)
    assert chosen(expired, a_route(address="adapter:other")).address == "adapter:other"


def test_a_route_is_used_on_its_first_and_its_last_day_to_the_end() -> None:
    """platform.md §25 row 4: inclusive local dates."""
    route = a_route(validity=Validity.of_days(NOW.date(), NOW.date()))
    for moment in (datetime(2026, 12, 1, tzinfo=SWEDEN), datetime(2026, 12, 1, 23, 59, 59, 999_999, tzinfo=SWEDEN)):
        assert chosen(route, now=moment) is route
        for outside in (moment - ONE_DAY, moment + ONE_DAY):
            with pytest.raises(RouteMissing):
                chosen(route, now=outside)


@pytest.mark.parametrize(
    ("settings", "is_found"), [({}, True), ({"route_validity": "band"}, False), ({"compatibility": "skltp"}, False)]
)
def test_on_the_evening_of_its_last_day_a_route_is_used_unless_the_band_is_read(
    settings: dict[str, str], is_found: bool
) -> None:
    """platform.md §9.2, §25 row 4: the real platform's last day ends at 15:00 in winter."""
    last_evening = datetime(2026, 12, 31, 20, tzinfo=SWEDEN)
    assert bool(search(a_route(), now=last_evening, **settings).routes) is is_found
    assert search(a_route(), now=last_evening.replace(hour=15), **settings).routes


# The order of look-ups


@pytest.mark.parametrize(
    ("routes", "address", "settings", "result", "trace"),
    [
        ([to("A", "u1")], "a", {}, "u1", "a"),
        ([to("A", "u1", validity=EXPIRED), to("*", "u9")], "A", {}, "u9", "A,(parent),P,SE,(default),*"),
        ([to("P", "u2"), to("*", "u9")], "A", {}, "u2", "A,(parent),P"),
        ([to("P", "u2"), to("*", "u9")], "A", {"hsa_for_routing": False}, "u9", "A,(default),*"),
        ([to("P", "u2")], "A", {"hsa_for_routing_except": CONTRACT}, "VP004", "A,(default),*"),
        ([to("SE", "u3")], "B", {}, "u3", "B,(parent),SE"),
        ([to("A", "u1", profile="RIVTABP20"), to("A", "u2")], "A", {}, "VP006", "A"),
        ([to("VG", "u4")], "VE#VG", {}, "u4", "(leaf),VG"),
        ([to("VG", "u4"), to("*", "u9")], "X#Y", {}, "VP004", "(leaf),Y,X"),
    ],
    ids=[f"row {number}" for number in range(1, 10)],
)
def test_the_platforms_own_examples(
    routes: list[Route], address: str, settings: dict[str, object], result: str, trace: str
) -> None:
    """platform.md §9.6, all nine rows, with the traces of §9.3; §24 row 18."""
    found = search(*routes, logical_address=address, tree=A_UNDER_P, **settings)
    try:
        told = choose_route(found).address
    except PlatformError as error:
        told = error.code
    assert (told, found.trace) == (result, trace)


def test_the_nearest_unit_above_that_has_a_route_is_used() -> None:
    """platform.md §9.3 c: the parent, its parent, and so on up to and with SE."""
    tree = HsaTree({"A": "P1", "P1": "P2"})
    found = search(to("P2", "u2"), to("SE", "u3"), logical_address="A", tree=tree)
    assert (choose_route(found).address, found.trace) == ("u2", "A,(parent),P1,P2")
    assert search(logical_address="A", tree=tree).trace == "A,(parent),P1,P2,SE,(default),*"


def test_the_address_itself_comes_before_the_units_above_it() -> None:
    """platform.md §9.3 b."""
    assert chosen(to("A", "u1"), to("P", "u2"), to("*", "u9"), logical_address="A", tree=A_UNDER_P).address == "u1"


def test_units_are_known_by_their_exact_letters_but_routes_to_them_are_not() -> None:
    """platform.md §11: look-up of ids in the tree is case-sensitive; §9.1: in the catalogue it is not."""
    assert search(to("p", "u2"), logical_address="A", tree=A_UNDER_P).trace == "A,(parent),P"
    assert search(to("p", "u2"), logical_address="a", tree=A_UNDER_P).trace == "a,(parent),SE,(default),*"


@pytest.mark.parametrize(
    ("settings", "climbs"),
    [
        ({}, True),
        ({"hsa_for_routing_except": "urn:riv:crm:"}, False),
        ({"hsa_for_routing_except": "urn:riv:other,urn:riv:crm:scheduling"}, False),
        ({"hsa_for_routing_except": "riv:crm,URN:RIV:CRM"}, True),
        ({"hsa_for_routing": False, "hsa_for_routing_except": "urn:riv:crm:"}, True),
        ({"hsa_for_routing": False, "hsa_for_routing_except": "urn:riv:other"}, False),
        ({"hsa_for_authorisation": False}, True),
    ],
)
def test_a_contract_that_begins_as_an_exception_does_is_climbed_for_the_other_way(
    settings: dict[str, object], climbs: bool
) -> None:
    """platform.md §11, the climbing switch."""
    assert bool(search(to("P", "u2"), logical_address="A", tree=A_UNDER_P, **settings).routes) is climbs


def test_what_the_first_fruitful_look_up_finds_is_all_that_counts() -> None:
    """platform.md §9.3: two routes at a unit above are ambiguous although the standard route is one."""
    routes = (to("P", "u1"), to("P", "u2"), to("*", "u9"))
    with pytest.raises(RouteAmbiguous, match=r"receiverId: A$"):
        chosen(*routes, logical_address="A", tree=A_UNDER_P)


# The old form VE#VG


@pytest.mark.parametrize(
    ("address", "trace"),
    [
        ("First#Second", "(leaf),Second,First"),
        ("A#B#C", "(leaf),C,B,A"),
        ("##A##B#", "(leaf),B,A"),
        ("X#X", "(leaf),X"),
        ("A#B#A", "(leaf),B,A"),
        ("x#X", "(leaf),X,x"),
        ("#", ""),
    ],
)
def test_parts_are_tried_from_the_last_to_the_first_each_once(address: str, trace: str) -> None:
    """platform.md §9.4, §24 row 21."""
    assert search(logical_address=address).trace == trace


def test_of_parts_with_routes_the_last_one_wins() -> None:
    """platform.md §9.4, §24 row 20: VE#VG is VG's, then VE's."""
    found = search(to("VE", "u1"), to("VG", "u2"), logical_address="VE#VG")
    assert (choose_route(found).address, found.trace) == ("u2", "(leaf),VG")
    found = search(to("VE", "u1"), logical_address="VE#VG")
    assert (choose_route(found).address, found.trace) == ("u1", "(leaf),VG,VE")


def test_parts_are_neither_climbed_from_nor_is_the_whole_address_looked_up() -> None:
    """platform.md §9.4: no HSA climbing, no standard route, nothing else is tried."""
    with pytest.raises(RouteMissing):
        chosen(to("P", "u2"), to("*", "u9"), to("B#A", "u3"), logical_address="B#A", tree=A_UNDER_P)


@pytest.mark.parametrize(("delimiter", "trace"), [("", "A#B"), ("$", "A#B"), ("#", "(leaf),B")])
def test_the_delimiter_can_be_another_or_none(delimiter: str, trace: str) -> None:
    """platform.md §9.3 a."""
    routes = (to("A#B", "u1"), to("B", "u2"))
    assert search(*routes, logical_address="A#B", address_delimiter=delimiter).trace == trace
    assert search(*routes, logical_address="A$B", address_delimiter="$").trace == "(leaf),B"


def test_an_address_of_very_many_parts_is_bounded() -> None:
    address = "#".join(map(str, range(100_000)))
    assert search(logical_address=address).trace.count(",") == 100


# What is told


def test_two_routes_are_ambiguous_even_when_they_differ_in_profile_alone() -> None:
    """platform.md §9.3, §9.6 row 7, §24 row 13, §25 row 2: VP006."""
    with pytest.raises(RouteAmbiguous) as told:
        chosen(a_route(profile="RIVTABP20"), a_route())
    assert told.value.detail == (
        "More than one receiverId (logical address) with matching Riv-version found for "
        f"serviceNamespace: {CONTRACT}, receiverId: {CLINIC}"
    )


@pytest.mark.parametrize("address", [None, "", "  ", "\n"])
def test_without_a_logical_address_there_is_nothing_to_look_up(address: str | None) -> None:
    """platform.md §12.2, §24 row 8: VP003, with its trailing blank."""
    with pytest.raises(LogicalAddressMissing) as told:
        chosen(a_route(), logical_address=address)
    assert told.value.detail == "No receiverId (logical address) found in message header. "


def test_a_missing_route_is_told_with_contract_and_address() -> None:
    """platform.md §12.2, §24 row 9: VP004."""
    with pytest.raises(RouteMissing) as told:
        chosen(a_route(), logical_address="SE1")
    assert told.value.detail == (
        f"No receiverId (logical address) found for serviceNamespace: {CONTRACT}, receiverId: SE1"
    )


@pytest.mark.parametrize("address", ["SE1 ", " SE1", "S E1", "SE1\n", "SE\t1", "A #B"])
def test_white_space_in_the_address_is_hinted_at(address: str) -> None:
    """platform.md §12.2, §24 row 10: VP004's second sentence."""
    with pytest.raises(RouteMissing) as told:
        chosen(a_route(), logical_address=address)
    assert told.value.detail.endswith(f"receiverId: {address}. Whitespace detected in incoming request!")


def test_without_a_contract_null_is_told() -> None:
    """platform.md §3."""
    with pytest.raises(RouteMissing, match="serviceNamespace: null, receiverId: "):
        chosen(a_route(), contract=None)


@pytest.mark.parametrize("address", ["", " ", "\n"])
def test_a_route_without_an_address_is_told(address: str) -> None:
    """platform.md §9.3, §12.2, §24 row 14: VP010."""
    with pytest.raises(RouteWithoutAddress) as told:
        chosen(a_route(address=address))
    assert told.value.detail == (
        f"Physical Address field is empty in Service Producer for serviceNamespace: {CONTRACT}, receiverId: {CLINIC}"
    )


# In the pipeline


def refused(caplog: pytest.LogCaptureFixture, *routes: Route, authorised: bool = True) -> tuple[str, str, str]:
    """Code, routing trace and authorisation trace in the record of a call that does not get through."""
    snapshot = a_snapshot(*routes, authorisations=None if authorised else ())
    tree = HsaTree({CLINIC: "P"})
    caplog.set_level("INFO", "tidbro.message_log")
    carried(Pipeline(read_settings({}), FEW, lambda: snapshot, {}, lambda: NOW, hsa=lambda: tree))
    record = json.loads(caplog.messages[-1])
    return record["error"], record["routing"], record.get("authorisation", "")


def test_the_record_of_a_refused_call_has_the_trace_of_its_look_ups(caplog: pytest.LogCaptureFixture) -> None:
    """platform.md §9.3, §10: traces are logged, with VP004, VP006, VP010 and VP007 too."""
    everything = f"{CLINIC},(parent),P,SE,(default),*"
    assert refused(caplog) == ("VP004", everything, "")
    assert refused(caplog, to("P", "u1"), to("P", "u2")) == ("VP006", f"{CLINIC},(parent),P", "")
    assert refused(caplog, a_route(address="")) == ("VP010", CLINIC, "")
    asked_whom = f"{CLINIC},(default),*,(parent),P,SE"
    assert refused(caplog, to("*", "adapter:stub"), authorised=False) == ("VP007", everything, asked_whom)

"""Where a call goes, and who may make it (platform.md §9, §10, §11; §24 rows 8–21; §25 rows 1–4)."""

import pytest

from tests.platform.catalogue import CONSUMER, STRANGER
from tests.platform.letter import detail_of
from tests.platform.messages import (
    EXCEPTED,
    GET,
    MAKE,
    STANDARD,
    a_message,
    an_envelope,
    header_20,
    header_21,
    payload,
)
from tests.platform.wire import Reply
from tests.platform.world import CERTIFICATE, Gateway, World

NO_ADDRESS = "No receiverId (logical address) found in message header. "
ROOT = "urn:riv:test:platform:GetRootResponder:1"
UNROUTED = "urn:riv:test:platform:GetNothingResponder:1"


def no_route(address: str, contract: str = GET) -> str:
    return f"No receiverId (logical address) found for serviceNamespace: {contract}, receiverId: {address}"


def not_authorised(address: str, contract: str = GET, sender: str = CONSUMER) -> str:
    return f"Authorization missing for serviceNamespace: {contract}, receiverId: {address}, senderId: {sender}"


def path_reached(gateway: Gateway, reply: Reply) -> str:
    """The last part of the path that the producer was called at."""
    assert reply.status == 200, reply.body
    return gateway.seen(reply).line.split(" ")[1].rsplit("/", 1)[1]


# The address


@pytest.mark.parametrize("header", ["", header_21(""), header_21(" \n "), header_20(""), "<riv:x xmlns:riv='urn:x'/>"])
def test_24_row_8_without_logical_address_there_is_vp003(gateway: Gateway, header: str) -> None:
    """platform.md §24 row 8, §3, §12.2: with a trailing blank in the detail."""
    reply = gateway.call(an_envelope(header, payload()).encode())
    assert detail_of(reply, "VP003") == NO_ADDRESS


def test_24_row_9_an_unknown_address_has_no_route(gateway: Gateway) -> None:
    """platform.md §24 row 9, §12.2."""
    assert detail_of(gateway.call(a_message("NOWHERE")), "VP004") == no_route("NOWHERE")


@pytest.mark.parametrize("address", [" A", "A ", "A\t", "A B"])
def test_24_row_10_a_blank_in_the_address_is_told(gateway: Gateway, address: str) -> None:
    """platform.md §24 row 10, §3, §12.2: blanks are kept, and hinted at."""
    detail = detail_of(gateway.call(a_message(address)), "VP004")
    assert detail == f"{no_route(address)}. Whitespace detected in incoming request!"


@pytest.mark.parametrize(
    ("address", "contract"), [("a", GET), ("A", GET.lower()), ("A", GET.upper())], ids=["address", "lower", "upper"]
)
def test_24_row_11_letter_case_does_not_matter(gateway: Gateway, address: str, contract: str) -> None:
    """platform.md §24 row 11, §9.1."""
    body = an_envelope(header_21(address), f'<GetThing xmlns="{contract}"/>').encode()
    assert gateway.call(body).status == 200


def test_9_1_nothing_is_matched_by_its_beginning(gateway: Gateway) -> None:
    """platform.md §9.1: no wildcards, no prefixes."""
    assert detail_of(gateway.call(a_message("AA")), "VP004") == no_route("AA")
    assert detail_of(gateway.call(a_message("A*")), "VP004") == no_route("A*")
    assert detail_of(gateway.call(a_message("*")), "VP004") == no_route("*")


# Validity


@pytest.mark.parametrize("address", ["EXPIRED", "FUTURE", "ZONED-OVER", "ZONED-AHEAD"])
def test_24_row_12_a_route_out_of_its_time_is_no_route(gateway: Gateway, address: str) -> None:
    """platform.md §24 row 12, §9.2."""
    assert detail_of(gateway.call(a_message(address)), "VP004") == no_route(address)


def test_24_row_12_the_standard_route_stands_in_for_an_expired_one(gateway: Gateway) -> None:
    """platform.md §24 row 12, §9.6."""
    assert path_reached(gateway, gateway.call(a_message("EXPIRED", STANDARD))) == "standard"


def test_9_2_of_an_old_and_a_new_route_the_one_in_force_counts(gateway: Gateway) -> None:
    """platform.md §9.2: rows that are not valid now are skipped as if absent."""
    assert path_reached(gateway, gateway.call(a_message("RENEWED"))) == "new"


def test_9_2_a_moment_with_zone_is_compared_exactly(gateway: Gateway) -> None:
    """platform.md §9.2."""
    assert gateway.call(a_message("ZONED")).status == 200


def test_9_2_the_first_day_counts(gateway: Gateway) -> None:
    """platform.md §9.2: today is in force from 11:00 of the day before on the real platform."""
    assert gateway.call(a_message("FIRST-DAY")).status == 200


def test_25_row_4_by_default_the_last_day_is_included(by_default: Gateway) -> None:
    """platform.md §25 row 4."""
    assert by_default.call(a_message("LAST-DAY")).status == 200


def test_25_row_4_by_default_days_are_swedish_days(by_default: Gateway) -> None:
    """platform.md §25 row 4: what only the band makes valid is not."""
    assert detail_of(by_default.call(a_message("BAND")), "VP004") == no_route("BAND")


def test_25_row_4_the_real_platform_has_a_band_of_14_hours(like_skltp: Gateway) -> None:
    """platform.md §25 row 4, §9.2: an indeterminate comparison counts as valid."""
    assert like_skltp.call(a_message("BAND")).status == 200


def test_25_row_4_authorisations_are_read_like_routes(like_skltp: Gateway, by_default: Gateway) -> None:
    """platform.md §10: the same date rules."""
    assert like_skltp.call(a_message("BAND-PERMITTED")).status == 200
    detail = detail_of(by_default.call(a_message("BAND-PERMITTED")), "VP007")
    assert detail == not_authorised("BAND-PERMITTED")


# What is wrong with routes


@pytest.mark.parametrize("address", ["TWICE", "TWO-PROFILES"])
def test_24_row_13_two_routes_are_no_choice(gateway: Gateway, address: str) -> None:
    """platform.md §24 row 13, §25 row 2, §9.3: the profile does not choose."""
    detail = detail_of(gateway.call(a_message(address)), "VP006")
    told = "More than one receiverId (logical address) with matching Riv-version found for "
    assert detail == f"{told}serviceNamespace: {GET}, receiverId: {address}"


@pytest.mark.parametrize("address", ["NO-URL", "BLANK-URL"])
def test_24_row_14_a_route_without_url_leads_nowhere(gateway: Gateway, address: str) -> None:
    """platform.md §24 row 14, §12.2."""
    detail = detail_of(gateway.call(a_message(address)), "VP010")
    told = "Physical Address field is empty in Service Producer for "
    assert detail == f"{told}serviceNamespace: {GET}, receiverId: {address}"


# Authorisation


@pytest.mark.parametrize("address", ["UNPERMITTED", "OVER-PERMITTED"])
def test_24_row_15_without_authorisation_there_is_vp007(gateway: Gateway, address: str) -> None:
    """platform.md §24 row 15, §25 row 3, §10, §12.2: its fault code is Server."""
    assert detail_of(gateway.call(a_message(address)), "VP007") == not_authorised(address)


def test_24_row_15_another_consumers_authorisation_does_not_help(gateway: Gateway) -> None:
    """platform.md §10; it is the caller that is looked up, and not the original consumer."""
    identity = {CERTIFICATE: gateway.world.stranger.pem_on_one_line}
    reply = gateway.call(headers={"x-rivta-original-serviceconsumer-hsaid": CONSUMER}, identity=identity)
    assert detail_of(reply, "VP007") == not_authorised("A", sender=STRANGER)


def test_24_row_16_an_authorisation_at_the_star_is_enough(gateway: Gateway) -> None:
    """platform.md §24 row 16, §10 step c."""
    assert path_reached(gateway, gateway.call(a_message("A", STANDARD))) == "producer"


def test_24_row_17_an_authorisation_of_the_unit_above_is_enough(gateway: Gateway) -> None:
    """platform.md §24 row 17, §10 step d, §11."""
    assert gateway.call(a_message("CHILD-ROUTED")).status == 200


@pytest.fixture(scope="session")
def with_exceptions(world: World) -> Gateway:
    """A real platform that does not climb the tree for one contract, and knows whom VE#VG is for."""
    given = {
        "hsa.lookup.vagval.exceptedNamespaces": "urn:riv:test:platform:GetEx",
        "hsa.lookup.behorighet.exceptedNamespaces": "urn:riv:test:platform:GetEx",
        "defaultrouting.allowedContracts": GET,
        "defaultrouting.allowedSenderIds": CONSUMER,
    }
    return world.share("skltp", given)


def test_24_row_17_but_not_for_an_excepted_contract(gateway: Gateway, with_exceptions: Gateway) -> None:
    """platform.md §24 row 17, §11: an entry that the contract starts with turns the default."""
    assert gateway.call(a_message("CHILD-ROUTED", EXCEPTED)).status == 200
    detail = detail_of(with_exceptions.call(a_message("CHILD-ROUTED", EXCEPTED)), "VP007")
    assert detail == not_authorised("CHILD-ROUTED", EXCEPTED)


def test_9_6_nor_are_routes_of_the_unit_above_for_it(gateway: Gateway, with_exceptions: Gateway) -> None:
    """platform.md §9.6, the fifth row."""
    assert path_reached(gateway, gateway.call(a_message("CHILD", EXCEPTED))) == "parent"
    detail = detail_of(with_exceptions.call(a_message("CHILD", EXCEPTED)), "VP004")
    assert detail == no_route("CHILD", EXCEPTED)


def test_24_row_18_the_unit_above_comes_before_the_standard_route(gateway: Gateway) -> None:
    """platform.md §24 row 18, §9.3 steps c and d."""
    assert path_reached(gateway, gateway.call(a_message("CHILD", STANDARD))) == "parent"


def test_9_3_the_units_above_are_climbed_over_gaps_in_the_tree(gateway: Gateway) -> None:
    """platform.md §11: the parent is the nearest ancestor that exists."""
    assert path_reached(gateway, gateway.call(a_message("GRANDCHILD"))) == "parent"


def test_11_ids_are_looked_up_by_letter_case_in_the_tree(gateway: Gateway) -> None:
    """platform.md §11: an id that is not found has the root SE above it alone."""
    assert detail_of(gateway.call(a_message("child")), "VP004") == no_route("child")


def test_9_6_an_unknown_unit_is_below_the_root(gateway: Gateway) -> None:
    """platform.md §9.6, the sixth row, §11."""
    assert path_reached(gateway, gateway.call(a_message("WHOEVER", ROOT))) == "root"


def test_24_row_19_an_authorisation_alone_leads_nowhere(gateway: Gateway) -> None:
    """platform.md §24 row 19, §10: routing runs first."""
    assert detail_of(gateway.call(a_message("UNKNOWN")), "VP004") == no_route("UNKNOWN")


def test_9_6_without_its_own_route_the_standard_route_is_taken(gateway: Gateway) -> None:
    """platform.md §9.3 step d."""
    assert path_reached(gateway, gateway.call(a_message("NOWHERE", STANDARD))) == "standard"


# The old form VE#VG


def test_24_row_20_an_address_of_two_parts_is_routed_by_the_last(gateway: Gateway) -> None:
    """platform.md §24 row 20, §9.4, §10 step a."""
    assert path_reached(gateway, gateway.call(a_message("VE#VG"))) == "vg"
    assert path_reached(gateway, gateway.call(a_message("VG#NOWHERE"))) == "vg"
    assert path_reached(gateway, gateway.call(a_message("VE#VG", MAKE))) == "vg"


def test_24_row_20_three_parts_are_routed_but_not_authorised(gateway: Gateway) -> None:
    """platform.md §24 row 20, §10 step a."""
    assert detail_of(gateway.call(a_message("X#Y#VG")), "VP007") == not_authorised("X#Y#VG")


def test_24_row_20_the_contract_must_be_on_its_list(with_exceptions: Gateway) -> None:
    """platform.md §24 row 20, §10 step a."""
    assert path_reached(with_exceptions, with_exceptions.call(a_message("VE#VG"))) == "vg"
    detail = detail_of(with_exceptions.call(a_message("VE#VG", MAKE)), "VP007")
    assert detail == not_authorised("VE#VG", MAKE)


def test_24_row_21_a_part_that_comes_twice_counts_once(gateway: Gateway) -> None:
    """platform.md §24 row 21, §9.4; also one that is empty."""
    assert path_reached(gateway, gateway.call(a_message("VG#VG"))) == "vg"
    assert path_reached(gateway, gateway.call(a_message("#VG#VG#"))) == "vg"


def test_9_4_neither_the_tree_nor_the_standard_route_is_tried_for_it(gateway: Gateway) -> None:
    """platform.md §9.4, §9.6, the last row."""
    assert detail_of(gateway.call(a_message("X#Y", STANDARD)), "VP004") == no_route("X#Y", STANDARD)
    assert detail_of(gateway.call(a_message("X#CHILD")), "VP004") == no_route("X#CHILD")


def test_10_the_list_of_senders_is_compared_by_letter_case(world: World) -> None:
    """platform.md §10, "Allow-list comparisons"; §23 defaultrouting.allowedSenderIds, .delimiter."""
    given = {"defaultrouting.allowedSenderIds": CONSUMER.lower(), "defaultrouting.delimiter": "!"}
    gateway = world.start("skltp", given)
    assert detail_of(gateway.call(a_message("VE!VG")), "VP007") == not_authorised("VE!VG")
    assert detail_of(gateway.call(a_message("VE#VG")), "VP004") == no_route("VE#VG")
    assert gateway.call(a_message("VG")).status == 200


def test_11_the_tree_can_be_left_out_but_for_some_contracts(world: World) -> None:
    """platform.md §11: the excepted contracts turn the default, separately for routes and authorisations."""
    given = {
        "hsa.lookup.vagval.defaultEnabled": "false",
        "hsa.lookup.vagval.exceptedNamespaces": EXCEPTED,
    }
    gateway = world.start("skltp", given)
    assert detail_of(gateway.call(a_message("CHILD")), "VP004") == no_route("CHILD")
    assert path_reached(gateway, gateway.call(a_message("CHILD", EXCEPTED))) == "parent"
    assert gateway.call(a_message("CHILD-ROUTED")).status == 200


# The contract


def test_1_the_path_and_the_action_choose_nothing(gateway: Gateway) -> None:
    """platform.md §1, §24 row 58: only the body's namespace and the address do."""
    reply = gateway.call(headers={"SOAPAction": '"urn:riv:x:y:ZResponder:1:Z"'}, path="/vp/no/such/Service/9/rivtabp99")
    assert reply.status == 200


def test_1_the_operation_is_not_looked_at(like_skltp: Gateway) -> None:
    """platform.md §1: neither is the body element's local name."""
    body = a_message().replace(b"t:GetThing", b"t:Whatever")
    assert like_skltp.call(body).status == 200


def test_3_a_body_without_element_has_no_contract(gateway: Gateway) -> None:
    """platform.md §3."""
    reply = gateway.call(an_envelope(header_21("A"), "").encode())
    assert detail_of(reply, "VP004") == no_route("A", "null")


def test_12_2_a_contract_without_routes_has_no_route(gateway: Gateway) -> None:
    """platform.md §12.2."""
    assert detail_of(gateway.call(a_message("A", UNROUTED)), "VP004") == no_route("A", UNROUTED)

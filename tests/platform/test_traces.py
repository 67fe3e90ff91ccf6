"""Which addresses are looked up for a call and in which order, as the message log tells it (platform.md §9.3, §9.4,
§9.6, §10)."""

import pytest

from tests.platform import catalogue
from tests.platform.catalogue import CONSUMER, EXPIRED, AuthorisationRow, RouteRow
from tests.platform.letter import detail_of
from tests.platform.logs import record_of
from tests.platform.messages import EXCEPTED, GET, MAKE, STANDARD, a_message
from tests.platform.wire import Reply
from tests.platform.world import Gateway, World


def numbered(number: int) -> str:
    """The contract of one example; those whose name begins with Flat are not climbed for."""
    kind = "Flat" if number in (4, 5) else "Example"
    return f"urn:riv:test:platform:{kind}{number}Responder:1"


# platform.md §9.6: the routes as (address, what its URL ends in, period, profile); what is asked; what comes of it.
_A, _P, _STAR = ("A", "u1"), ("P", "u2"), ("*", "u9")
EXAMPLES: list[tuple[list[tuple[str, ...]], str, str, str]] = [
    ([_A], "a", "u1", "a"),
    ([("A", "u1", "expired"), _STAR], "A", "u9", "A,(parent),P,SE,(default),*"),
    ([_P, _STAR], "A", "u2", "A,(parent),P"),
    ([_P, _STAR], "A", "u9", "A,(default),*"),
    ([_P], "A", "VP004", "A,(default),*"),
    ([("SE", "u3")], "B", "u3", "B,(parent),SE"),
    ([("A", "u1", "", "RIVTABP20"), ("A", "u2")], "A", "VP006", "A"),
    ([("VG", "u4")], "VE#VG", "u4", "(leaf),VG"),
    ([("VG", "u4"), _STAR], "X#Y", "VP004", "(leaf),Y,X"),
]


@pytest.fixture(scope="session", params=("skltp", "tidbro"))
def with_examples(request: pytest.FixtureRequest, world: World) -> Gateway:
    """A gateway whose catalogue is the nine examples, each with a contract of its own; A is below P."""
    routes, allowed = [], []
    for number, (rows, *_) in enumerate(EXAMPLES, 1):
        for address, end, *more in rows:
            period = EXPIRED if "expired" in more else catalogue.ALWAYS
            profile = more[1] if len(more) > 1 else "RIVTABP21"
            routes.append(RouteRow(address, f"{world.places.http}/{end}", numbered(number), profile, period))
        allowed += [AuthorisationRow(address, numbered(number)) for address in ("*", "VG")]
    text = catalogue.persistent_cache(routes, allowed)
    units = catalogue.hsa_units({"P": "ou=P,o=Region,c=SE", "A": "ou=A,ou=P,o=Region,c=SE"})
    given = {
        "hsa.lookup.vagval.exceptedNamespaces": "urn:riv:test:platform:Flat",
        "hsa.files": world.write("examples-hsa.xml", units),
    }
    return world.share(request.param, given, tak=world.write(f"examples-{request.param}.xml", text))


def reached(gateway: Gateway, reply: Reply) -> str:
    return gateway.seen(reply).line.split(" ")[1].rsplit("/", 1)[1]


@pytest.mark.parametrize("number", range(1, 10))
def test_9_6_the_nine_examples(with_examples: Gateway, number: int) -> None:
    """platform.md §9.6, each with the trace of §9.3."""
    _, asked, result, trace = EXAMPLES[number - 1]
    reply = with_examples.call(a_message(asked, numbered(number)))
    if result.startswith("VP"):
        detail_of(reply, result)
    else:
        assert reached(with_examples, reply) == result
    assert record_of(with_examples, reply)["routing"] == trace


TRACES = {
    "the_address_itself": ("A", GET, "A", "A"),
    "a_unit_above": ("CHILD", GET, "CHILD,(parent),PARENT", "CHILD,(default),*,(parent),PARENT"),
    "over_gaps": ("GRANDCHILD", GET, "GRANDCHILD,(parent),CHILD,PARENT", "GRANDCHILD,(default),*,(parent),CHILD,PARENT"),
    "routed_itself_authorised_above": ("CHILD-ROUTED", GET, "CHILD-ROUTED", "CHILD-ROUTED,(default),*,(parent),PARENT"),
    "the_standard_route": ("NOWHERE", STANDARD, "NOWHERE,(parent),SE,(default),*", "NOWHERE,(default),*"),
    "the_standard_authorisation_before_those_above": ("CHILD", STANDARD, "CHILD,(parent),PARENT", "CHILD,(default),*"),
    "two_parts": ("VE#VG", GET, "(leaf),VG", "(leaf),VG"),
    "two_parts_of_which_the_first_counts": ("VG#NOWHERE", GET, "(leaf),NOWHERE,VG", "(leaf),NOWHERE,VG"),
    "the_same_part_twice": ("VG#VG", MAKE, "(leaf),VG", "(leaf),VG"),
}  # fmt: skip


@pytest.mark.parametrize(("address", "contract", "routing", "allowed"), TRACES.values(), ids=TRACES.keys())
def test_9_3_and_10_the_look_ups_of_a_call_are_in_its_record(
    gateway: Gateway, address: str, contract: str, routing: str, allowed: str
) -> None:
    """platform.md §9.3, §10: addresses in the order of their look-up; authorisation asks * before the units above."""
    reply = gateway.call(a_message(address, contract))
    assert reply.status == 200
    record = record_of(gateway, reply)
    assert (record["routing"], record["authorisation"]) == (routing, allowed)


REFUSED = {
    "no_route": ("NOWHERE", GET, "VP004", "NOWHERE,(parent),SE,(default),*", None),
    "no_route_for_parts": ("X#Y", STANDARD, "VP004", "(leaf),Y,X", None),
    "a_blank": (" A", GET, "VP004", " A,(parent),SE,(default),*", None),
    "two_routes": ("TWICE", GET, "VP006", "TWICE", None),
    "no_authorisation": ("UNPERMITTED", GET, "VP007", "UNPERMITTED", "UNPERMITTED,(default),*,(parent),SE"),
    "three_parts": ("X#Y#VG", GET, "VP007", "(leaf),VG", "(leaf),Invalid parameters"),
}  # fmt: skip


@pytest.mark.parametrize(("address", "contract", "code", "routing", "allowed"), REFUSED.values(), ids=REFUSED.keys())
def test_9_3_and_10_a_refused_call_has_its_look_ups_too(
    gateway: Gateway, address: str, contract: str, code: str, routing: str, allowed: str | None
) -> None:
    """platform.md §9.3, §10: by which somebody who was refused can be helped."""
    reply = gateway.call(a_message(address, contract))
    detail_of(reply, code)
    record = record_of(gateway, reply)
    assert (record.get("routing"), record.get("authorisation"), record["error"]) == (routing, allowed, code)


def test_9_3_step_b_the_address_itself_comes_before_the_units_above(world: World) -> None:
    """platform.md §9.3 b: and before the standard route."""
    http = world.places.http
    rows = [RouteRow("CHILD", f"{http}/own"), RouteRow("PARENT", f"{http}/parent"), RouteRow("*", f"{http}/standard")]
    text = catalogue.persistent_cache(rows, [AuthorisationRow("CHILD")])
    gateway = world.start("skltp", tak=world.write("own-first.xml", text))
    assert reached(gateway, gateway.call(a_message("CHILD"))) == "own"


def test_9_3_step_a_an_address_with_the_delimiter_is_its_parts_and_nothing_else(world: World) -> None:
    """platform.md §9.3 a: a route to the whole of it is not looked up; without delimiter it is an address."""
    http = world.places.http
    rows = [RouteRow("CHILD#X", f"{http}/whole"), RouteRow("PARENT", f"{http}/parent")]
    text = catalogue.persistent_cache(rows, [AuthorisationRow("CHILD#X")])
    file = world.write("whole.xml", text)
    gateway = world.start("skltp", tak=file)
    reply = gateway.call(a_message("CHILD#X"))
    detail_of(reply, "VP004")
    assert record_of(gateway, reply)["routing"] == "(leaf),X,CHILD"
    without = world.start("skltp", {"defaultrouting.delimiter": ""}, tak=file)
    reply = without.call(a_message("CHILD#X"))
    assert (reached(without, reply), record_of(without, reply)["routing"]) == ("whole", "CHILD#X")


def test_10_the_address_of_the_message_counts_and_not_the_one_of_the_route(world: World) -> None:
    """platform.md §10: the unit above has the route and the authorisation; without climbing for authorisations
    that does not help."""
    given = {"hsa.lookup.behorighet.defaultEnabled": "false"}
    gateway = world.start("skltp", given)
    reply = gateway.call(a_message("CHILD", EXCEPTED))
    detail = detail_of(reply, "VP007")
    assert detail == f"Authorization missing for serviceNamespace: {EXCEPTED}, receiverId: CHILD, senderId: {CONSUMER}"
    record = record_of(gateway, reply)
    assert (record["routing"], record["authorisation"]) == ("CHILD,(parent),PARENT", "CHILD,(default),*")

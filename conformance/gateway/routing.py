"""Where a call goes, and who may make it (rows 8–21).

Source: platform.md §9, §10, §11, §24.
"""

from conformance.checks import Findings
from conformance.gateway.bench import GatewayBench
from conformance.gateway.expecting import delivered, reached, refused
from conformance.gateway.rows import (
    CONSUMER,
    EXCEPTED,
    GET,
    MAKE,
    PERMITTED,
    STANDARD,
    UNKNOWN,
    A,
    a_message,
    an_envelope,
    header_21,
    payload,
)
from conformance.gateway.suite import SUITES

_LOOKED_UP = "Look routes up by logical address and contract, then at the units above, then at *."


def _no_route(address: str, contract: str = GET) -> str:
    return f"No receiverId (logical address) found for serviceNamespace: {contract}, receiverId: {address}"


@SUITES.check("routing.pv-8-no-address", rules=("PV-8",), title="A message without logical address is VP003")
def no_address(bench: GatewayBench) -> Findings:
    detail = "No receiverId (logical address) found in message header. "
    cases = {"is empty": header_21(""), "is blank": header_21(" \n "), "is missing": ""}
    for how, header in cases.items():
        reply = bench.call(f"A message whose logical address {how}.", an_envelope(header, payload()))
        wrong = list(refused(bench, reply, "PV-8", "VP003", f"The logical address {how}.", detail=detail))
        yield from wrong
        if wrong:
            return


@SUITES.check("routing.pv-9-unknown-address", rules=("PV-9",), title="An unknown logical address is VP004")
def unknown_address(bench: GatewayBench) -> Findings:
    reply = bench.call("A call to a logical address that nobody knows.", a_message("KIT-NOWHERE"))
    because = "No route leads to this logical address."
    yield from refused(bench, reply, "PV-9", "VP004", because, detail=_no_route("KIT-NOWHERE"))


@SUITES.check(
    "routing.pv-10-blank-in-address", rules=("PV-10",), title="A blank beside a logical address is kept and hinted at"
)
def blank_in_address(bench: GatewayBench) -> Findings:
    for address in (f" {A}", f"{A} "):
        reply = bench.call("A known logical address with a blank beside it.", a_message(address))
        because = "Logical addresses are not trimmed, so this one is unknown."
        wrong = list(refused(bench, reply, "PV-10", "VP004", because))
        if not wrong and not reply.detail.endswith(". Whitespace detected in incoming request!"):
            sentence = "The detail does not end with '. Whitespace detected in incoming request!'; nobody sees a blank."
            wrong = [
                bench.finding("PV-10", sentence, "Add the hint when the address has a blank.", reply, reply.fault_at)
            ]
        yield from wrong
        if wrong:
            return


@SUITES.check(
    "routing.pv-11-letter-case", rules=("PV-11",), title="Letter case of address and contract does not matter"
)
def letter_case(bench: GatewayBench) -> Findings:
    contract = GET.upper()
    for what, message in (
        ("address", a_message(A.lower())),
        ("contract", an_envelope(header_21(A), payload().replace(GET, contract))),
    ):
        reply = bench.call(f"A call whose {what} is written in other letter case.", message)
        remedy = "Compare addresses and contracts without regard to letter case, for routes and authorisations."
        yield from delivered(bench, reply, "PV-11", f"The {what} differs from its row by letter case alone.", remedy)


@SUITES.check("routing.pv-12-expired-route", rules=("PV-12",), title="A route that ended two days ago is none")
def expired_route(bench: GatewayBench) -> Findings:
    reply = bench.call("A call to an address whose route has ended.", a_message("KIT-EXPIRED"))
    yield from refused(bench, reply, "PV-12", "VP004", "The only route ended two days ago.")
    other = bench.call("The same where there is a standard route.", a_message("KIT-EXPIRED", STANDARD))
    because = "The address's own route ended two days ago, and there is a route at *."
    yield from reached(bench, other, "PV-12", because, "/standard", "Skip rows that are not valid now as if absent.")


@SUITES.check("routing.pv-13-two-routes", rules=("PV-13",), title="Two valid routes are VP006, a fault of the platform")
def two_routes(bench: GatewayBench) -> Findings:
    reply = bench.call("A call to an address that has two routes.", a_message("KIT-TWICE"))
    told = "More than one receiverId (logical address) with matching Riv-version found for "
    detail = f"{told}serviceNamespace: {GET}, receiverId: KIT-TWICE"
    yield from refused(bench, reply, "PV-13", "VP006", "Two valid routes lead to different producers.", detail=detail)


@SUITES.check("routing.pv-14-no-url", rules=("PV-14",), title="A route without URL is VP010, a fault of the platform")
def no_url(bench: GatewayBench) -> Findings:
    reply = bench.call("A call to an address whose route has no URL.", a_message("KIT-NO-URL"))
    told = "Physical Address field is empty in Service Producer for "
    detail = f"{told}serviceNamespace: {GET}, receiverId: KIT-NO-URL"
    yield from refused(bench, reply, "PV-14", "VP010", "The route's URL is empty.", detail=detail)


@SUITES.check(
    "routing.pv-15-not-authorised", rules=("PV-15",), title="Who is not authorised gets VP007, as a Server fault"
)
def not_authorised(bench: GatewayBench) -> Findings:
    reply = bench.call("A call to an address that the consumer has no authorisation for.", a_message("KIT-UNPERMITTED"))
    detail = f"Authorization missing for serviceNamespace: {GET}, receiverId: KIT-UNPERMITTED, senderId: {CONSUMER}"
    yield from refused(bench, reply, "PV-15", "VP007", "The consumer has no authorisation here.", detail=detail)


@SUITES.check("routing.pv-16-authorised-at-star", rules=("PV-16",), title="An authorisation at * is enough")
def authorised_at_star(bench: GatewayBench) -> Findings:
    reply = bench.call("A call that only an authorisation at * allows.", a_message(A, PERMITTED))
    because = "The consumer is authorised for the contract at *."
    yield from delivered(bench, reply, "PV-16", because, "Look authorisations up at * after the address itself.")


@SUITES.check(
    "routing.pv-17-authorised-above",
    rules=("PV-17",),
    title="An authorisation of the unit above is enough, but for excepted contracts",
)
def authorised_above(bench: GatewayBench) -> Findings:
    reply = bench.call("A call that only an authorisation of the unit above allows.", a_message("KIT-CHILD-ROUTED"))
    remedy = "Look authorisations up at the units above by the HSA tree (hsa.files)."
    yield from delivered(bench, reply, "PV-17", "The consumer is authorised at the unit above.", remedy)
    other = bench.call("The same for an excepted contract.", a_message("KIT-CHILD-ROUTED", EXCEPTED))
    because = "The contract is on hsa.lookup.behorighet.exceptedNamespaces, so units above do not count."
    yield from refused(bench, other, "PV-17", "VP007", because)


@SUITES.check(
    "routing.pv-18-above-before-star", rules=("PV-18",), title="The unit above comes before the standard route"
)
def above_before_star(bench: GatewayBench) -> Findings:
    reply = bench.call("A call where the unit above and * have routes.", a_message("KIT-CHILD", STANDARD))
    yield from reached(bench, reply, "PV-18", "The unit above has a route, and * has one.", "/parent", _LOOKED_UP)


@SUITES.check(
    "routing.pv-19-authorised-without-route", rules=("PV-19",), title="An authorisation at * alone leads nowhere"
)
def authorised_without_route(bench: GatewayBench) -> Findings:
    reply = bench.call("A call that is authorised at * and has no route.", a_message(UNKNOWN, PERMITTED))
    yield from refused(bench, reply, "PV-19", "VP004", "The consumer is authorised at *, but there is no route.")


@SUITES.check(
    "routing.pv-20-two-parts",
    rules=("PV-20",),
    title="VE#VG is routed by VG; three parts and other contracts are VP007",
)
def two_parts(bench: GatewayBench) -> Findings:
    reply = bench.call("A call to KIT-VE#KIT-VG.", a_message("KIT-VE#KIT-VG"))
    because = "Route and authorisation are at KIT-VG."
    remedy = "Split the address at # and look up its parts, the last one first."
    yield from reached(bench, reply, "PV-20", because, "/vg", remedy)
    three = bench.call("A call to three different parts.", a_message("KIT-X#KIT-Y#KIT-VG"))
    yield from refused(bench, three, "PV-20", "VP007", "An address of three parts has a route and is never authorised.")
    other = bench.call("A contract that is not on the allow-list.", a_message("KIT-VE#KIT-VG", MAKE))
    because = "The contract is not on defaultrouting.allowedContracts."
    yield from refused(bench, other, "PV-20", "VP007", because)


@SUITES.check("routing.pv-21-same-part-twice", rules=("PV-21",), title="X#X is routed as X")
def same_part_twice(bench: GatewayBench) -> Findings:
    reply = bench.call("A call to KIT-VG#KIT-VG.", a_message("KIT-VG#KIT-VG"))
    remedy = "Drop parts that come twice before they are looked up and counted."
    yield from reached(bench, reply, "PV-21", "Both parts are the same.", "/vg", remedy)

"""The two profiles: a message of one reaches a producer of the other (rows 22–24).

Source: platform.md §4, §24.
"""

from conformance.checks import Findings
from conformance.gateway.bench import GatewayBench
from conformance.gateway.expecting import delivered, refused
from conformance.gateway.rows import A, a_message, a_message_20
from conformance.gateway.suite import SUITES
from contracts import xml
from contracts.errors import MessageUnreadable
from contracts.namespaces import REGISTRY_HEADERS, WS_ADDRESSING

_EXTRA = "<text attribute='1'>Åre &lt;</text><!-- kept --><empty/>"
_21, _20 = f"{{{REGISTRY_HEADERS}}}LogicalAddress", f"{{{WS_ADDRESSING}}}To"


@SUITES.check(
    "profiles.pv-22-from-20-to-21", rules=("PV-22",), title="A message in profile 2.0 reaches a producer of 2.1 in 2.1"
)
def from_20_to_21(bench: GatewayBench) -> Findings:
    yield from _rewritten(bench, "PV-22", a_message_20(A), _20, _21, "2.0 to a producer of 2.1")


@SUITES.check(
    "profiles.pv-23-from-21-to-20", rules=("PV-23",), title="A message in profile 2.1 reaches a producer of 2.0 in 2.0"
)
def from_21_to_20(bench: GatewayBench) -> Findings:
    yield from _rewritten(bench, "PV-23", a_message("KIT-PROFILE-20"), _21, _20, "2.1 to a producer of 2.0")


def _rewritten(bench: GatewayBench, rule: str, message: str, before: str, after: str, what: str) -> Findings:
    sent = message.replace("</id>", f"</id>{_EXTRA}")
    reply = bench.call(f"A message in profile {what}.", sent)
    remedy = "Rename the address element and its namespace as platform.md §4.3 tells, and leave the rest as it is."
    wrong = list(delivered(bench, reply, rule, f"A message in profile {what} is rewritten.", remedy))
    yield from wrong
    if wrong:
        return
    seen = reply.seen[-1].body
    wanted = xml.parse(sent.encode())
    address = next(wanted.iter(before))
    address.tag = after
    try:
        got = xml.parse(seen)
    except MessageUnreadable:
        yield bench.finding(rule, "What reached the producer is no XML.", remedy, reply)
        return
    if next(got.iter(after), None) is None:
        yield bench.finding(
            rule, f"What reached the producer has no {after}, which its profile demands.", remedy, reply
        )
    elif not _is_same(got, wanted, reply.seen[-1].body):
        sentence = "Beside the address something of the message was changed on its way to the producer."
        yield bench.finding(rule, sentence, remedy, reply)


def _is_same(got: xml.Element, wanted: xml.Element, body: bytes) -> bool:
    """Whether two documents say the same; the name of the call is not known here and not compared."""
    ours, theirs = list(wanted.iter("*")), list(got.iter("*"))
    if [one.tag for one in ours] != [one.tag for one in theirs]:
        return False
    pairs = zip(ours, theirs, strict=True)
    kept = all(dict(a.attrib) == dict(b.attrib) and (a.text == b.text or str(a.tag) == "id") for a, b in pairs)
    return kept and b"<!-- kept -->" in body


@SUITES.check("profiles.pv-24-other-profile", rules=("PV-24",), title="A route of another profile is VP005")
def other_profile(bench: GatewayBench) -> Findings:
    reply = bench.call("A call to an address whose route has the profile RIVTABP99.", a_message("KIT-PROFILE-99"))
    detail = "No receiverId (logical address) with matching Riv-version found for rivtabp21"
    yield from refused(bench, reply, "PV-24", "VP005", "No message can be rewritten to RIVTABP99.", detail=detail)

"""Each wrong behaviour of a gateway is caught by the row about it, and no check of another row turns red.

A mutant is a twist in a door in front of our good gateway, or a gateway that is configured otherwise than the set-up
says. The checks that start gateways of their own are not judged here: they would be started good.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree

from conformance.exchange import Evidence
from conformance.gateway.bench import GatewayBench
from conformance.gateway.fault_texts import SENTENCES
from conformance.gateway.suite import load
from contracts import xml
from contracts.errors import PlatformError
from tests.conformance.gateway_door import Asked, GatewayDoor, GatewayTwist, Told, a_door
from tests.conformance.gateways import TIDBRO, InProcess, a_gateway_bench, a_setup, judged_gateway
from tests.conformance.judging import red


@contextmanager
def a_running_gateway(folder: Path, more: str = "") -> Iterator[tuple[GatewayBench, GatewayDoor]]:
    """Our gateway behind a door, with what more its command says, and a bench that may start no other."""
    ports = a_setup(folder).gateway
    places = {"dir": str(folder), "shared": str(folder)}
    log = str(folder / "events.jsonl")
    with ExitStack() as stack:
        door = stack.enter_context(a_door(ports.http))
        url = f"http://127.0.0.1:{door.port}/vp"
        bench = stack.enter_context(a_gateway_bench(folder, "", http=url, log=log))
        stack.callback(InProcess(f"{TIDBRO} {more}", places, "127.0.0.1", ports.http, 60.0).stop)
        yield bench, door


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GatewayBench, GatewayDoor]]:
    with a_running_gateway(tmp_path_factory.mktemp("gateway")) as running:
        yield running


def found_in(bench: GatewayBench) -> dict[str, set[str]]:
    """What is red, but for the log: a gateway in the process of the tests writes none."""
    bench.evidence = Evidence()
    return red(judged_gateway(bench, *(one for one in load().names if one != "log")))


def test_the_door_itself_changes_nothing(good: tuple[GatewayBench, GatewayDoor]) -> None:
    assert found_in(good[0]) == {}


# Twists


def replacing(find: str, by: str, *, only: str = "", asked: str = "") -> GatewayTwist:
    """Replaces a regular expression in answers that hold `only`, to requests that hold `asked`."""

    def twist(told: Told) -> None:
        if only.encode() in told.body and asked.encode() in told.asked.body:
            told.body = re.sub(find.encode(), by.encode(), told.body)

    return GatewayTwist(of_answer=twist)


def answering(change: Callable[[Told], None]) -> GatewayTwist:
    return GatewayTwist(of_answer=change)


def asking(change: Callable[[Asked], None]) -> GatewayTwist:
    return GatewayTwist(of_request=change)


def is_fault(told: Told) -> bool:
    return b"<faultstring>VP" in told.body


def serialised(told: Told) -> None:
    if told.status == 200 and b"GetThingResponse" in told.body and told.body.startswith(b"<"):
        told.body = etree.tostring(xml.parse(told.body), encoding="utf-8")


def in_utf_8(told: Told) -> None:
    if "utf-16" in told.headers.get("content-type", "").lower():
        told.body = told.body.decode("utf-16").encode()
        told.headers["content-type"] = "text/xml; charset=UTF-8"


def as_200(told: Told) -> None:
    if is_fault(told):
        told.status = 200


def declared(told: Told) -> None:
    if is_fault(told):
        told.body = b'<?xml version="1.0"?>' + told.body


def without_rewrite(told: Told) -> None:
    if "x-vp-forwarded-host" not in told.asked.headers:
        told.body = re.sub(rb'(address location=)"[^"]*"', rb'\1"http://producer.example.com/x"', told.body)


def plain_as_it_was(told: Told) -> None:
    if told.body == b"hello":
        told.headers["content-type"] = "text/plain"


def with_servers_header(told: Told) -> None:
    if is_fault(told):
        told.headers["server"] = "a producer's"


def trimmed(asked: Asked) -> None:
    asked.body = re.sub(rb"(LogicalAddress[^>]*>) *([^ <]*) *<", rb"\1\2<", asked.body)


def sender_as_original(asked: Asked) -> None:
    asked.headers.pop("x-rivta-original-serviceconsumer-hsaid", None)


def with_xml_mended(told: Told) -> None:
    """VP015 becomes another fault of the caller's."""
    try:
        if b"VP015" in told.body:
            xml.parse(told.body)
            told.body = told.body.replace(b"SOAP-ENV:Client", b"SOAP-ENV:Server")
    except PlatformError:
        return


WRONG = f"VP006 [Conformance] {SENTENCES['VP006'][1]}"


@dataclass(frozen=True)
class Mutant:
    """`name` says what is wrong; `check` and `rule` who must see it; `kin` other checks that may see it too."""

    name: str
    check: str
    rule: str
    twist: GatewayTwist
    kin: tuple[str, ...] = ()


TWISTED = (
    Mutant("an unknown address is told as two routes", "routing.pv-9-unknown-address", "PV-9",
           replacing("<faultstring>VP004[^<]*", f"<faultstring>{WRONG}", asked="KIT-NOWHERE")),
    Mutant("VP007 is the client's fault", "routing.pv-15-not-authorised", "PV-15",
           replacing("SOAP-ENV:Server", "SOAP-ENV:Client", only="VP007 [")),
    Mutant("VP015 is the server's fault", "reading.pv-25-unreadable", "PV-25", answering(with_xml_mended)),
    Mutant("the detail of VP004 has other words", "routing.pv-9-unknown-address", "PV-9",
           replacing("No receiverId .logical address. found for", "No receiver found for", only="VP004 [")),
    Mutant("a time-out is told in other words", "failures.pv-36-silence", "PV-36",
           replacing("Timeout when waiting on response from producer", "late", only="VP009 [")),
    Mutant("an error does not tell the producer's status", "outcomes.pv-34-other-status", "PV-34",
           replacing("VP_PRODUCER_EXCEPTION_HTTP_STATUS=(?!500)", "status ", only="VP009 [")),
    Mutant("an empty answer is told as any other", "outcomes.pv-35-empty-answer", "PV-35",
           replacing("Empty message when[^<]*", "no answer", only="VP009 [")),
    Mutant("answers are written anew", "identity.pv-2-certificate-header", "PV-2", answering(serialised),
           kin=("outcomes.pv-40-short-answer",)),
    Mutant("UTF-16 is answered in UTF-8", "reading.pv-26-utf-16", "PV-26", answering(in_utf_8)),
    Mutant("faults come with 200", "messages.h-3-faults-are-500", "H-3", answering(as_200)),
    Mutant("faults have a declaration", "messages.pv-f1-fault-skeleton", "PV-F1", answering(declared)),
    Mutant("faults are told in English", "messages.pv-f2-fault-strings", "PV-F2",
           replacing("Fel vid kontakt med tj", "Error ", only="VP009 [")),
    Mutant("a producer's header comes with faults", "messages.pv-f3-fault-headers", "PV-F3",
           answering(with_servers_header)),
    Mutant("no correlation id comes back", "headers.pv-41-correlation-id", "PV-41",
           answering(lambda told: told.headers.pop("x-skltp-correlation-id", None))),
    Mutant("the producer's time is not told", "outcomes.pv-32-producers-fault", "PV-32",
           answering(lambda told: told.headers.pop("x-skltp-prt", None))),
    Mutant("a WSDL leads to the producer", "pages.pv-53-wsdl", "PV-53", answering(without_rewrite)),
    Mutant("what a proxy tells is not in the WSDL", "pages.pv-54-forwarded", "PV-54",
           asking(lambda asked: asked.headers.pop("x-vp-forwarded-port", None))),
    Mutant("the producer's Content-Type comes back", "outcomes.pv-39-plain-text", "PV-39", answering(plain_as_it_was)),
    Mutant("SOAPAction stays behind", "headers.pv-45-passed-on", "PV-45",
           asking(lambda asked: asked.headers.pop("soapaction", None))),
    Mutant("addresses are trimmed", "routing.pv-10-blank-in-address", "PV-10", asking(trimmed)),
    Mutant("the sender stands in for the original consumer", "identity.pv-43-original-consumer-passed", "PV-43",
           asking(sender_as_original)),
)  # fmt: skip


@pytest.mark.parametrize("mutant", TWISTED, ids=lambda one: one.name)
def test_a_twist_is_caught_by_its_row_alone(good: tuple[GatewayBench, GatewayDoor], mutant: Mutant) -> None:
    bench, door = good
    door.twist = mutant.twist
    try:
        found = found_in(bench)
    finally:
        door.twist = GatewayTwist()
    assert mutant.rule in found.get(mutant.check, set()), found
    assert set(found) <= {mutant.check, *mutant.kin}, found


CONFIGURED = {
    "headers are let through": (
        "'headers.reg.exp.requestHeadersToRemove=(?i)x-vp.*|Connection|X-MULE_.*'", {"headers.pv-46-not-passed-on"}),
    "answers' headers are let through": (
        "headers.reg.exp.responseHeadersToRemove=none", {"headers.pv-48-answers"}),
    "history is not kept": (
        "vp.use.routing.history=false", {"identity.pv-44-routing-history", "identity.pv-44-loop"}),
    "nothing is tried again": (
        "vp.producer.retry.attempts=0", {"failures.pv-37-closed-port", "failures.pv-38-reset-then-well"}),
    "it is tried too often": ("vp.producer.retry.attempts=3", {"failures.pv-37-closed-port"}),
    "attachments are refused": ("attachments=refuse", {"reading.pv-28-attachments"}),
    "short answers are refused": ("accepts_short_answers=false", {"outcomes.pv-40-short-answer"}),
    "the tree is not climbed": ("hsa.lookup.behorighet.defaultEnabled=false", {"routing.pv-17-authorised-above"}),
    "producers over HTTPS are told the correlation id": (
        "propagate.correlation.id.for.https=true", {"headers.pv-41-correlation-id-goes-on"}),
}  # fmt: skip


@pytest.mark.parametrize(("setting", "checks"), CONFIGURED.values(), ids=CONFIGURED.keys())
def test_another_configuration_is_caught_by_its_row_alone(tmp_path: Path, setting: str, checks: set[str]) -> None:
    with a_running_gateway(tmp_path, f"--set {setting}") as (bench, _):
        found = found_in(bench)
    assert set(found) == checks
    for check, rules in found.items():
        assert rules == {"-".join(check.partition(".")[2].split("-")[:2]).upper()}


# Rows for which the kit starts gateways of its own


@pytest.mark.parametrize(
    ("setting", "check"),
    [
        ("ip.whitelist=127.0.0.1", "identity.pv-5-peer-not-listed"),
        ("throw.vp013.when.originalconsumer.not.allowed=false", "identity.pv-43-original-consumer-refused"),
    ],
)
def test_a_gateway_that_does_not_heed_a_property_is_caught(tmp_path: Path, setting: str, check: str) -> None:
    a_setup(tmp_path)
    with a_gateway_bench(tmp_path, f"{TIDBRO} --set {setting}") as bench:
        found = red(judged_gateway(bench, "identity"))
    assert set(found) == {check}


# The log


def logging(bench: GatewayBench, *actions: str, secret: str = "<filtered>") -> GatewayTwist:
    """Writes these events of each call."""

    def twist(told: Told) -> None:
        named = told.headers["x-skltp-correlation-id"]
        rows = [{"event": {"action": one}, "trace.id": named, "http.request.headers": secret} for one in actions]
        log = bench.settings.folder / "events.jsonl"
        log.write_text("".join(f"{json.dumps(row)}\n" for row in rows))

    return GatewayTwist(of_answer=twist)


FOUR = ("req-in", "req-out", "resp-in", "resp-out")
LOGS = {
    "what is there twice": ((*FOUR[:3], "error", "error", "resp-out"), {"log.pv-61-four-events", "log.pv-62-fault-events"}),
    "what is missing": (("req-in", "error", "resp-out"), {"log.pv-61-four-events"}),
    "a fault without its error": (FOUR, {"log.pv-62-fault-events"}),
}  # fmt: skip


@pytest.mark.parametrize(("actions", "checks"), LOGS.values(), ids=LOGS.keys())
def test_events_of_a_log_are_counted(
    good: tuple[GatewayBench, GatewayDoor], actions: tuple[str, ...], checks: set[str]
) -> None:
    bench, door = good
    door.twist = logging(bench, *actions)
    try:
        assert set(red(judged_gateway(bench, "log"))) == checks
    finally:
        door.twist = GatewayTwist()


def test_a_certificate_in_the_log_is_caught(good: tuple[GatewayBench, GatewayDoor]) -> None:
    bench, door = good
    door.twist = logging(bench, *FOUR, secret=bench.certificate("consumer"))
    try:
        assert "log.pv-61-four-events" in red(judged_gateway(bench, "log.pv-61-four-events"))
    finally:
        door.twist = GatewayTwist()

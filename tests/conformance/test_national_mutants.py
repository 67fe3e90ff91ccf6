"""Wrong aggregating services and indexes behind a good gateway are caught by the row about each wrong, alone."""

import re
from collections.abc import Iterator

import pytest

from conformance.gateway.bench import GatewayBench
from conformance.gateway.rows import UNIT_WITHOUT_PERMISSION
from tests.conformance.gateway_door import Asked, GatewayDoor, GatewayTwist, Told
from tests.conformance.gateways import a_gateway_bench, judged_gateway
from tests.conformance.judging import red
from tests.conformance.national_services import Neighbours

Behind = tuple[GatewayBench, GatewayDoor, GatewayDoor]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """A bench, and the doors in front of the aggregating service and the index."""
    neighbours = Neighbours(tmp_path_factory.mktemp("gateway"))
    with a_gateway_bench(neighbours.folder) as bench:
        assert bench.gateway
        with neighbours.open() as index:
            assert index.refresh_subscribers()
            yield bench, *neighbours.doors


def replacing(find: str, by: str) -> GatewayTwist:
    def twist(told: Told) -> None:
        told.body = re.sub(find.encode(), by.encode(), told.body, flags=re.DOTALL)

    return GatewayTwist(of_answer=twist)


def faults_are_empty(told: Told) -> None:
    if told.status == 500:
        told.status, told.body = 200, b"<a/>"


TOLD_OF = (
    f"<h:ProcessingStatusList><h:logicalAddress>{UNIT_WITHOUT_PERMISSION}</h:logicalAddress></h:ProcessingStatusList>"
)
AGGREGATING = {
    "a late unit counts as answered": (
        replacing("NoDataSynchFailed", "DataFromSource"), "aggregation.pv-63-one-unit-is-late", "PV-63"),
    "an empty status is left out": (
        replacing(r"<h:ProcessingStatus [^>]*(/>|></h:ProcessingStatus>)", ""),
        "aggregation.pv-64-nobody-in-the-index", "PV-64"),
    "no fault without the index": (
        GatewayTwist(of_answer=faults_are_empty), "aggregation.pv-65-index-is-down", "PV-65"),
    "a unit that may not be called is told of": (
        replacing(r"(KIT-UNIT-1</h:logicalAddress>((?!KIT-UNIT-2).)*)</h:ProcessingStatus>", rf"\1{TOLD_OF}</h:ProcessingStatus>"),
        "aggregation.pv-66-no-permission", "PV-66"),
}  # fmt: skip


def as_another_row() -> GatewayTwist:
    """The second time that an Update comes it is about another process, so that its row is new."""
    known: set[bytes] = set()

    def twist(asked: Asked) -> None:
        if b"Update" in asked.body and b"<" in asked.body:
            again = asked.body in known
            known.add(asked.body)
            if again:
                asked.body = asked.body.replace(b">NA<", b">NB<")

    return GatewayTwist(of_request=twist)


INDEX = {
    "one key twice is another error": (replacing("EI002", "EI004"), "index.pv-67-same-key-twice", "PV-67"),
    "a wrong address is another error": (replacing("EI003", "EI000"), "index.pv-68-wrong-address", "PV-68"),
    "what is the same is told again": (as_another_row(), "index.pv-70-notified-once", "PV-70"),
}


@pytest.mark.parametrize(("twist", "check", "rule"), AGGREGATING.values(), ids=AGGREGATING.keys())
def test_a_wrong_aggregating_service_is_caught(behind: Behind, twist: GatewayTwist, check: str, rule: str) -> None:
    assert found(behind, behind[1], twist) == {check: {rule}}


@pytest.mark.parametrize(("twist", "check", "rule"), INDEX.values(), ids=INDEX.keys())
def test_a_wrong_index_is_caught(behind: Behind, twist: GatewayTwist, check: str, rule: str) -> None:
    assert found(behind, behind[2], twist) == {check: {rule}}


def found(behind: Behind, door: GatewayDoor, twist: GatewayTwist) -> dict[str, set[str]]:
    door.twist = twist
    try:
        return red(judged_gateway(behind[0], "aggregation" if door is behind[1] else "index"))
    finally:
        door.twist = GatewayTwist()

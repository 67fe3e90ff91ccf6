"""What a WSDL says is read whatever it looks like, and what a target serves is judged by that alone."""

import pytest

from conformance.model import Outcome
from conformance.producer import wsdl
from conformance.wsdl_reading import described
from contracts import xml
from tests.conformance.judging import a_bench, judged
from tests.conformance.mutants_form import Page
from tests.conformance.twisting import Reply, Twist
from tests.serving import Served

CARE_TYPES = "GetAllCareTypes"


def the_official(interaction: str) -> bytes:
    one = wsdl.schemas().interaction(wsdl.contract_of(interaction))
    assert one is not None
    return one.wsdl.read_bytes()


@pytest.mark.parametrize("interaction", wsdl._ALL)
def test_the_official_files_say_what_the_rules_say(interaction: str) -> None:
    told = wsdl.official(interaction)
    assert told.definitions == f"{interaction}Interaction"
    assert told.port_type == f"{interaction}ResponderInterface"
    assert told.soap_action == f"{wsdl.contract_of(interaction)}:{interaction}"
    assert (told.operations, told.faults) == ("1", "0")
    assert told.style == "document/literal over http://schemas.xmlsoap.org/soap/http"


def test_the_order_of_parts_is_no_difference() -> None:
    text = the_official(CARE_TYPES).decode()
    actor, address = (
        '<wsdl:part name="actor" element="headers:Actor"/>',
        '<wsdl:part name="LogicalAddress" element="registry:LogicalAddress"/>',
    )
    turned = text.replace(actor, "@@").replace(address, actor).replace("@@", address)
    assert turned != text
    assert described([xml.parse(turned.encode())], wsdl.request_of(CARE_TYPES)) == wsdl.official(CARE_TYPES)


def test_a_description_in_two_documents_is_one() -> None:
    text = the_official(CARE_TYPES).decode()
    begin, binding = text.split("<wsdl:binding", 1)
    head = begin[: begin.index("<wsdl:types>")]
    both = [
        f"{head}<wsdl:import namespace='x' location='abstract.wsdl'/><wsdl:binding{binding}",
        f"{begin}</wsdl:definitions>",
    ]
    assert described([xml.parse(one.encode()) for one in both], wsdl.request_of(CARE_TYPES)) == wsdl.official(
        CARE_TYPES
    )


def test_another_contracts_description_is_none_of_this() -> None:
    assert described([xml.parse(the_official(CARE_TYPES))], wsdl.request_of("MakeBooking")) is None


class Landing(Twist):
    """A friendly page in the place of a WSDL."""

    def page(self, path: str, reply: Reply) -> Reply:
        return Reply(200, b"<html><body>Welcome</body></html>", {"content-type": "text/html"})


@pytest.mark.parametrize("twist", [Page("", None), Landing()])
def test_who_serves_no_wsdl_is_not_judged(region: Served, twist: Twist) -> None:
    with a_bench(region, twist=twist) as bench:
        results = judged(bench, "wsdl")
    assert results.pop("wsdl.address-follows-the-profile").outcome is Outcome.PASSED
    assert {one.outcome for one in results.values()} == {Outcome.NOT_JUDGED}


def test_other_hosts_are_left_alone(region: Served) -> None:
    with a_bench(region, twist=Page(r"http://127.0.0.1:\d+(/[^\"]*\?xsd=)", r"http://elsewhere.invalid\1")) as bench:
        assert judged(bench, "wsdl.imports-can-be-had")["wsdl.imports-can-be-had"].outcome is Outcome.PASSED
        assert len(bench.evidence.exchanges) == len(wsdl._ALL)
        assert set(wsdl.elsewhere(bench)) == set(wsdl._ALL)


def test_a_wsdl_of_another_contract_is_told(region: Served) -> None:
    with a_bench(region, twist=Page("MakeBookingResponder:1", "CancelBookingResponder:1")) as bench:
        found = judged(bench, "wsdl.describes-the-contract")["wsdl.describes-the-contract"].findings
    assert any("no operation whose input is" in one.sentence for one in found)

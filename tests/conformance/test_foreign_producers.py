"""Two scheduling systems that are not ours, judged whole by the kit: what is red for each, and why.

`producers/plain` is of Python's standard library alone; docs/conformance.md takes it from its first draft to green
(tests/docs/test_conformance_page.py). `producers/node` is by Node's `soap`, and stays red where that library decides.
"""

from pathlib import Path

import pytest

from conformance.exchange import HttpMessage, shown
from conformance.model import RunResult
from conformance.producer.judge import judge_producer
from conformance.producer.settings import ProducerSettings
from contracts.identifiers import HsaId
from tests.clients.node import node_packages
from tests.conformance.judging import ADULTS, red
from tests.conformance.producers.running import NODE_CLINIC, PLAIN_CLINIC, node, plain

PATH = "/{interaction}/1/rivtabp21"

OF_NODE_S_SOAP = {
    # Its author has read the scheduling contracts alone; ping is a domain of its own.
    "basics.ping-is-answered": {"PING-1"},
    # `soap` serves the WSDL by itself, and the schemas that it imports not at all.
    "wsdl.imports-can-be-had": {"WSDL-1"},
    # It looks for the operation by SOAPAction when there is one.
    "headers.soap-action-does-not-decide": {"H-5"},
    # It reads every request as UTF-8, and gives the answer the request's Content-Type.
    "headers.utf-16-is-read": {"H-6"},
    "messages.content-type-is-true": {"H-4"},
    # An error of its own is told in SOAP 1.2's form (Code, Reason), one while it reads as plain text.
    "messages.faults-are-soap-1.1": {"H-3"},
}


@pytest.fixture(scope="module")
def node_folder(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Node's packages as the lock file has them."""
    return node_packages(pytestconfig, tmp_path_factory)


def judged(url: str, clinic: str, *suites: str) -> RunResult:
    return judge_producer(ProducerSettings(url, HsaId(clinic), ADULTS), suites=suites)


def found_red(result: RunResult) -> dict[str, set[str]]:
    return red({one.check: one for one in result.results})


def test_a_system_of_plain_python_is_green() -> None:
    with plain() as url:
        result = judged(url, PLAIN_CLINIC)
    assert found_red(result) == {}
    assert result.is_passed
    assert result.left_behind == ()


def test_a_system_by_node_s_soap_is_red_where_its_library_decides(node_folder: Path) -> None:
    with node(node_folder) as url:
        result = judged(url + PATH, NODE_CLINIC)
    assert found_red(result) == OF_NODE_S_SOAP
    assert result.left_behind == ()


def test_node_s_soap_by_itself_puts_all_elements_into_one_namespace_and_is_told_so(node_folder: Path) -> None:
    with node(node_folder, "unmended") as url:
        result = judged(url + PATH, NODE_CLINIC, "booking", "messages")
    assert found_red(result) == {"messages.answers-are-valid": {"X-1"}}
    sentences = [finding.sentence for one in result.failed for finding in one.findings]
    assert all("the contract has it in the namespace urn:riv:crm:scheduling:1" in sentence for sentence in sentences)


def test_an_answer_that_declares_a_namespace_on_each_element_is_read() -> None:
    """As Node's soap writes a clinic's 400 free times; the door of a platform lets fewer in (contracts.xml.Limits)."""
    elements = "<c:a xmlns:c='urn:riv:crm:scheduling:1'/>" * 5_000
    message = shown(HttpMessage({}, f"<all>{elements}</all>".encode()))
    assert message.root is not None
    assert len(message.root) == 5_000

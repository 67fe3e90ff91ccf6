"""Two validators judge each message, by one text, errata named."""

from pathlib import Path

import pytest

from conformance.exchange import HttpMessage, Shown, shown
from conformance.schemas import Schemas, Verdict
from contracts.codec import SCHEDULING_INTERACTIONS

SAMPLES = Path(__file__).parents[1] / "samples" / "crm_scheduling_1.1"
INTERACTIONS = sorted(path.name for path in SAMPLES.iterdir())


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas()


def a_message(interaction: str, name: str, find: str = "", by: str = "") -> Shown:
    text = (SAMPLES / interaction / name).read_text("utf-8")
    assert find in text
    return shown(HttpMessage({}, text.replace(find, by, 1).encode()))


def judged(schemas: Schemas, message: Shown, interaction: str, direction: str = "answer") -> Verdict:
    return schemas.judge(message, SCHEDULING_INTERACTIONS[interaction].contract, direction)  # type: ignore[arg-type]


@pytest.mark.parametrize("interaction", INTERACTIONS)
def test_both_validators_let_the_samples_by(schemas: Schemas, interaction: str) -> None:
    assert judged(schemas, a_message(interaction, "response.xml"), interaction).is_valid
    assert judged(schemas, a_message(interaction, "request.xml"), interaction, "request").is_valid


def test_a_message_that_an_erratum_made_valid_names_it(schemas: Schemas) -> None:
    verdict = judged(schemas, a_message("GetSubjectOfCareSchedule", "response.xml"), "GetSubjectOfCareSchedule")
    assert verdict.is_valid
    assert verdict.errata_needed == ("E1",)


def test_a_broken_element_is_told_by_its_line_in_the_shown_message(schemas: Schemas) -> None:
    message = a_message("CancelBooking", "response.xml", ">OK<", ">JA<")
    (violation,) = judged(schemas, message, "CancelBooking").first
    assert ">JA<" in message.text.splitlines()[violation.line - 1]


def test_the_second_validator_sees_what_the_first_sees(schemas: Schemas) -> None:
    message = a_message("CancelBooking", "response.xml", ">OK<", ">JA<")
    interaction = schemas.interaction(SCHEDULING_INTERACTIONS["CancelBooking"].contract)
    assert interaction is not None
    payload = message.root.find(f".//{interaction.response}")
    assert payload is not None
    assert not schemas.second_opinion(interaction).is_valid(payload)

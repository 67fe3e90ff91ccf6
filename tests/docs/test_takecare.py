"""docs/takecare.md has the tables that the code has."""

from scheduling_backends.engine.refusals import RULES
from scheduling_backends.takecare import mapping
from tests.docs.pages import ROOT, rows

PAGE = ROOT / "docs" / "takecare.md"
ROWS = rows(PAGE.read_text(encoding="utf-8"))


def test_it_names_every_operation_and_its_interaction() -> None:
    told = {name.strip("`"): what for name, what, *rest in ROWS if not rest and name.startswith("`")}
    assert told.pop("HamtaEnheter").startswith("none")
    assert told == {one.name: one.question.of.__name__ for one in mapping.OPERATIONS}


def test_it_names_every_code_and_what_it_becomes() -> None:
    told = {int(code): what for code, what, *rest in ROWS if not rest and code.isdigit()}
    refusals = {number: f"resultCode ERROR, `{code}`" for number, code in mapping.REFUSALS.items()}
    assert told == refusals | {number: f"a SOAP fault: {fault.value}" for number, fault in mapping.FAULTS.items()}


def test_it_names_every_word_for_a_reason_and_its_rule() -> None:
    told = {
        cells[0].strip("`"): (cells[1].strip("`"), cells[2]) for cells in ROWS if len(cells) == 3 and "`" in cells[0]
    }
    known = {word: (reason.value, RULES.get(reason, "–")) for word, reason in mapping.REASONS.items()}
    assert {word: told.get(word) for word in known} == known

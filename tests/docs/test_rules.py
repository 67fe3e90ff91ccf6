"""docs/rules.md says what the code does: every rule, its settings and codes, and where it is tested."""

import re
from dataclasses import fields
from datetime import date

import pytest

from scheduling_backends.engine.offer import ClinicSettings, TimeTypeSettings
from scheduling_backends.engine.refusals import RULES, Reason, catalogue
from scheduling_backends.engine.working_days import working_day_rule
from tests.docs.pages import ROOT, rows

PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
ROWS = {
    cells[0]: cells[1:]
    for line in PAGE.splitlines()
    if len(cells := [cell.strip() for cell in line.strip("| ").split("|")]) == 4 and re.fullmatch(r"R\d+", cells[0])
}
TABLE = (ROOT / "tests" / "journeys" / "test_rule_table.py").read_text(encoding="utf-8")
OF_THE_E_SERVICE = {"R2", "R36", "R42"}


def ticked(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


def test_every_rule_of_the_table_has_its_row_in_order() -> None:
    assert list(ROWS) == [f"R{n}" for n in range(1, 45)]


@pytest.mark.parametrize("rule", list(ROWS))
def test_each_rule_is_in_the_rule_table_test_or_is_the_e_services(rule: str) -> None:
    is_tested = re.search(rf"^def test_{rule.lower()}_", TABLE, re.MULTILINE) is not None
    assert is_tested != (rule in OF_THE_E_SERVICE)
    assert (ROWS[rule][1] == "the e-service's") == (rule in OF_THE_E_SERVICE)


def test_settings_are_fields_and_each_that_decides_something_is_named() -> None:
    known = {one.name for kind in (ClinicSettings, TimeTypeSettings) for one in fields(kind)}
    named = set().union(*(ticked(cells[1]) for cells in ROWS.values()))
    assert named <= known
    says_nothing = {
        "address", "care_type", "code", "colour", "internal_name", "length_minutes", "list_order", "name", "phone",
        "resource_group", "unit_code", "web_name",
    }  # fmt: skip
    assert known - named - says_nothing == {"eves_are_holidays", "has_extended_rules"}
    assert {"eves_are_holidays", "has_extended_rules"} <= ticked(PAGE)


def test_codes_are_those_of_the_refusals_and_none_is_left_out() -> None:
    codes = {entry["code"] for entry in catalogue().values()}
    assert {one for one in ticked(PAGE) if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", one)} - set(Reason) == codes


def test_every_reason_has_its_row_and_its_rule() -> None:
    told = {cells[0].strip("`"): cells[1] for cells in rows(PAGE) if len(cells) == 3 and cells[0].startswith("`")}
    assert told == {reason.value: RULES.get(reason, "–") for reason in Reason}


def test_the_rules_that_are_the_e_services_are_named_as_the_exception() -> None:
    told = " ".join(PAGE.split())
    assert "All but R2, R36 and R42: they are the e-service's" in told


def test_the_eves_count_as_the_page_says() -> None:
    """domain.md §9.4, §7.3 item 3: where the setting is on, an eve is no working day."""
    assert "where the clinic counts them as holidays (`eves_are_holidays`)" in " ".join(PAGE.split())
    assert ClinicSettings("Norra").eves_are_holidays
    assert not working_day_rule(True)(date(2026, 12, 24))
    assert working_day_rule(False)(date(2026, 12, 24))

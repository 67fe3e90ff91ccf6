"""docs/fidelity.md says what is so: its sections are there, its tests and settings exist, each rule names its proof.

Tests are found by reading the files, not by importing them. Whether a test shows its row, only its reader can tell.
"""

import ast
import re
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from gateway.properties import PROPERTIES
from gateway.settings import GatewaySettings, preset, read_settings
from tests.docs.pages import ROOT, blocks, rows
from tidbro.settings import RegionSettings

PAGE = ROOT / "docs" / "fidelity.md"
SETTING_COLUMN = 3
QUIRKS = 27
STATES = ("built", "part", "not yet")

_TEST = re.compile(r"`(tests/[\w/]+\.py)::((?:\w+::)?test_\w+)`")


def sections() -> dict[int, str]:
    """What stands under each heading of the page that names sections of platform.md, by their numbers."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found: dict[int, str] = {}
    for heading, text in zip(parts[::2], parts[1::2], strict=True):
        for number in re.findall(r"§(\d+)", heading):
            found[int(number)] = found.get(int(number), "") + text
    return found


def rules() -> list[list[str]]:
    """The rows of the tables that tell rules: their last column names tests."""
    tables = re.split(r"\n\s*\n", PAGE.read_text(encoding="utf-8"))
    return [
        row for table in tables if table.lstrip().partition("\n")[0].endswith("| Shown by |") for row in rows(table)
    ]


@cache
def named_in(path: Path) -> frozenset[str]:
    """The names of the tests in a file; of one in a class with the class before it."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    return frozenset(_functions(body) | {f"{one.name}::{name}" for one in classes for name in _functions(one.body)})


def _functions(body: list[ast.stmt]) -> set[str]:
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_that_is_named_exists():
    named = set(_TEST.findall(PAGE.read_text(encoding="utf-8")))
    assert len(named) > 100
    missing = {file for file, _ in named if not (ROOT / file).is_file()}
    assert missing == set()
    assert [f"{file}::{name}" for file, name in sorted(named) if name not in named_in(ROOT / file)] == []


def test_a_test_is_never_named_in_another_way():
    """So that none escapes the look above."""
    text = PAGE.read_text(encoding="utf-8")
    assert len(re.findall(r"\btest_\w+(?!\.py|\w)", _TEST.sub("", text))) == 0


@pytest.mark.parametrize("number", range(2, 21))
def test_every_section_has_its_rules(number):
    assert len([row for row in rows(sections()[number]) if _TEST.search(row[-1])]) >= 3


def test_every_rule_names_what_shows_it():
    assert len(rules()) > 150
    assert [row[0] for row in rules() if not _TEST.search(row[-1])] == []


def test_every_rule_of_the_gateway_is_shown_from_outside_or_says_that_it_cannot_be():
    """Sections 2 to 19: by a gateway that runs as a process."""
    numbered = ((re.match(r"§(\d+)", row[0]), row) for row in rules())
    of_gateway = [row for found, row in numbered if found and 2 <= int(found[1]) <= 19]
    assert len(of_gateway) > 300
    outside = re.compile("`tests/(platform|faults)/|^Cannot be seen from outside: ")
    assert [row[0] for row in of_gateway if not outside.search(row[-1])] == []


def test_every_setting_that_is_named_exists():
    known = {one.name for kind in (GatewaySettings, RegionSettings) for one in fields(kind)}
    known |= {one.name for one in PROPERTIES}
    named = {word for row in rules() if len(row) > SETTING_COLUMN + 1 for word in in_setting_cell(row[SETTING_COLUMN])}
    assert len(named) > 30
    assert named - known == set()


def in_setting_cell(cell: str) -> list[str]:
    """The names in a cell such as "`reading` (`whole`; skltp: `scan`), `validation`": values stand in brackets."""
    words = re.findall(r"`([^`]+)`", re.sub(r"\([^()]*\)", "", cell))
    return [word.partition("=")[0].strip() for word in words if not word.startswith("--")]


def test_the_names_in_a_cell_are_told_from_its_values():
    assert in_setting_cell("`reading` (`whole`; skltp: `scan`), `vp.instance.id`") == ["reading", "vp.instance.id"]
    assert in_setting_cell("—") == []


def test_every_default_that_the_preset_changes_is_in_a_row():
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in preset("skltp") if f"`{name}`" not in text] == []


def test_the_commands_choose_settings_that_there_are():
    commands = "".join(blocks(PAGE, "sh"))
    given = dict(re.findall(r"--set (\w+)=(\w+)", commands))
    assert set(given) >= {"compatibility", "route_validity"}
    read_settings(given)


def test_every_quirk_is_there_with_its_state():
    """platform.md §25: rows 1 to 27 are its own, those after them ours; numbers stay what they are."""
    quirks = [row for row in rows(sections()[25]) if row[0].isdigit()]
    assert [int(row[0]) for row in quirks] == list(range(1, len(quirks) + 1))
    assert len(quirks) >= QUIRKS
    assert [row[0] for row in quirks if not any(cell.lower().startswith(STATES) for cell in row[2:])] == []

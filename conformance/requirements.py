"""The requirements as data: every numbered rule of the contracts and of the platform, and who verifies it.

There is one file per theme in `requirements/`. Each row:

    id        the rule's id, as in contracts.md and platform.md (G-4, MB-9, PV-15); ours where those have none
    source    the document, schema or table that the rule is from
    level     must, should or may; what is told for explanation alone is `may`
    binds     whom: producer, consumer, gateway, or something that the kit does not judge; several joined by blanks
    text      the rule in one sentence
    reason    why no check can tell, empty where one does

Which check verifies a rule is told by the checks themselves. What is wrong with the two together is told by
coverage.py, and stops the build (tests/conformance/test_requirements.py).
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import cast

from conformance.checks import Check
from conformance.model import Level

BOUND = ("producer", "consumer", "gateway", "index", "registry", "aggregator", "platform", "vendor")
"""Whom a rule can bind; the first three are judged."""

_COLUMNS = ("id", "source", "level", "binds", "text", "reason")
_LEVELS = ("must", "should", "may")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One rule. Raises ValueError for a level that there is not, for one that binds nobody and for an empty text."""

    id: str
    source: str
    level: Level
    binds: tuple[str, ...]
    text: str
    reason: str = ""

    def __post_init__(self) -> None:
        if self.level not in _LEVELS or not self.binds or not self.text.strip() or not self.source.strip():
            raise ValueError(f"requirement {self.id}: a level, a source, a text and somebody whom it binds are needed")
        if unknown := set(self.binds) - set(BOUND):
            raise ValueError(f"requirement {self.id} binds {', '.join(sorted(unknown))}; there are {', '.join(BOUND)}")

    @property
    def family(self) -> str:
        """What stands before the number: MB of MB-9."""
        return self.id.partition("-")[0]

    @property
    def number(self) -> int | None:
        """The number in the id; None for those of ours that have a word there."""
        number = self.id.partition("-")[2]
        return int(number) if number.isdecimal() else None


@cache
def requirements() -> Mapping[str, Requirement]:
    """All rules by id, in the order of the files. Raises ValueError for an id that stands twice."""
    return by_id(one for rules in themes().values() for one in rules)


def by_id(rules: Iterable[Requirement]) -> Mapping[str, Requirement]:
    """The rules in their order. Raises ValueError for an id that stands twice."""
    found: dict[str, Requirement] = {}
    for one in rules:
        if one.id in found:
            raise ValueError(f"requirement {one.id} stands twice")
        found[one.id] = one
    return found


@cache
def themes() -> Mapping[str, tuple[Requirement, ...]]:
    """The rules of each file, by its name without the ending. Raises ValueError for a row that is no rule."""
    folder = resources.files(__package__) / "requirements"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".csv")), key=lambda file: file.name)
    return {file.name.removesuffix(".csv"): read(file.read_text("utf-8")) for file in files}


def read(text: str) -> tuple[Requirement, ...]:
    """The rules of one file's text. Raises ValueError, also for a row with a cell too many or too few."""
    rows = list(csv.reader(text.splitlines(), strict=True))
    if not rows or tuple(rows[0]) != _COLUMNS:
        raise ValueError(f"the columns must be {', '.join(_COLUMNS)}")
    return tuple(_requirement(row) for row in rows[1:])


def _requirement(row: Sequence[str]) -> Requirement:
    if len(row) != len(_COLUMNS):
        raise ValueError(f"requirement {row[0] if row else '?'} has {len(row)} cells instead of {len(_COLUMNS)}")
    name, source, level, binds, text, reason = row
    return Requirement(name, source, cast(Level, level), tuple(binds.split()), text, reason)


def verified_by(checks: Iterable[Check]) -> Mapping[str, tuple[str, ...]]:
    """The ids of the checks that verify a rule, by the rule's id."""
    found: dict[str, list[str]] = {}
    for one in checks:
        for rule in one.rules:
            found.setdefault(rule, []).append(one.id)
    return {rule: tuple(ids) for rule, ids in found.items()}


def level_of(rule: str) -> Level:
    """How binding a rule is; an unknown one binds fully, so that a slip of ours cannot hide a finding."""
    known = requirements().get(rule)
    return known.level if known else "must"
